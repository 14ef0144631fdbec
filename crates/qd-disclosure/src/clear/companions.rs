//! The companion of a released column: why a value is not there, as far as anybody knows.

use crate::table::ClearedColumn;
use crate::treatments::{Asked, Cells, Subject, Treatment, needed};
use arrow::array::{Array, ArrayRef, StringViewBuilder};
use qd_model::schema::Category;
use qd_model::{Class, FieldType, Reason};
use std::sync::Arc;

/// What is put behind a column's name.
const ENDING: &str = "_missing";

/// Whether a column can be blank at all, and for a reason that a reader could use. An answer that every
/// accepted row has is there where it is released as it is.
pub(super) fn has_one(asked: &Asked<'_>, treatment: &dyn Treatment) -> bool {
    let Subject::Field(_, field) = asked.subject else { return false };
    let is_always_there = field.constraints.required && treatment.name() == "identified";
    !is_always_there && !["flag", "pseudonym", "open-pseudonymiser"].contains(&treatment.name())
}

/// What the companion is.
pub(super) fn column(of: &ClearedColumn) -> ClearedColumn {
    let category = |reason: Reason| Category { value: reason.as_str().to_owned(), label: None };
    ClearedColumn {
        name: format!("{}{ENDING}", of.name),
        title: format!("{}: why there is no value", of.title),
        description: None,
        field_type: FieldType::String,
        categories: Reason::ALL.into_iter().map(category).collect(),
        treatment: "reason".to_owned(),
        class: Class::None,
        field: of.field.clone(),
    }
}

/// The reason of each blank value. Blank where there is a value, or where nobody said why there is none.
pub(super) fn reasons(asked: &Asked<'_>, cells: &[Cells<'_>], released: &ArrayRef) -> ArrayRef {
    let needed = needed(asked);
    let mut out = StringViewBuilder::with_capacity(released.len());
    let mut start = 0;
    for cells in cells {
        for row in 0..cells.typed.len() {
            let reason = released.is_null(start + row).then(|| reason(&needed, cells, row)).flatten();
            out.append_option(reason.map(Reason::as_str));
        }
        start += cells.typed.len();
    }
    Arc::new(out.finish())
}

/// Why nothing was released of a row whose values were needed.
fn reason(needed: &[usize], cells: &Cells<'_>, row: usize) -> Option<Reason> {
    let typed = cells.typed;
    let Some(blank) = needed.iter().find(|field| typed.column(**field).is_null(row)) else {
        return Some(Reason::Withheld);
    };
    if typed.unreadable[*blank].as_ref().is_some_and(|bits| bits.value(row)) {
        return Some(Reason::Held);
    }
    typed.reasons[*blank].as_ref().and_then(|reasons| Reason::from_number(reasons.value(row)))
}
