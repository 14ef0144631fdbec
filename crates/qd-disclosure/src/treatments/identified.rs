//! `identified`: the value itself, for recipients who must know it.

use super::{Asked, Cells, Released, Subject, Treatment};
use arrow::array::ArrayRef;
use qd_model::{Class, FieldType, Mistake};

/// The value as it is. Special category data and free text need a `reason`.
pub(super) struct Identified;

impl Treatment for Identified {
    fn name(&self) -> &'static str {
        "identified"
    }

    fn mistakes(&self, asked: &Asked<'_>) -> Vec<Mistake> {
        without_reason(asked).into_iter().collect()
    }

    fn released(&self, asked: &Asked<'_>) -> Released {
        let categories = asked.subject.field().map_or(Vec::new(), |field| field.categories.clone());
        Released { categories, ..Released::new(asked.subject.label(), asked.subject.field_type()) }
    }

    fn apply(&self, asked: &Asked<'_>, cells: &Cells<'_>) -> ArrayRef {
        cells.values(asked.subject)
    }
}

/// Text that no list, kind or pattern holds to anything.
fn is_free_text(field: &qd_model::Field) -> bool {
    let is_text = matches!(
        field.field_type,
        FieldType::String | FieldType::Any | FieldType::List | FieldType::Object | FieldType::Array
    );
    let is_held = !field.categories.is_empty()
        || field.kind.is_some()
        || field.constraints.enumeration.is_some()
        || field.constraints.pattern.is_some();
    is_text && !is_held && field.class != Class::None
}

/// The mistake of special category data or free text that leaves as it is without a `reason`.
pub(super) fn without_reason(asked: &Asked<'_>) -> Option<Mistake> {
    let Subject::Field(_, field) = asked.subject else { return None };
    if field.class == Class::Special {
        return special_without_reason(asked);
    }
    let name = &asked.release.field;
    let what = format!("`{name}` is free text, which may hold anything, and is released without a `reason`");
    (is_free_text(field) && !has_reason(asked)).then(|| Mistake::new(&asked.release.at, what).hint(HINT))
}

/// The mistake of special category data that leaves without a `reason`.
pub(super) fn special_without_reason(asked: &Asked<'_>) -> Option<Mistake> {
    let name = &asked.release.field;
    let what = format!("`{name}` is special category data, and is released as it is without a `reason`");
    (!has_reason(asked)).then(|| Mistake::new(&asked.release.at, what).hint(HINT))
}

fn has_reason(asked: &Asked<'_>) -> bool {
    asked.release.setting("reason").is_some_and(|reason| !reason.trim().is_empty())
}

const HINT: &str = "say why, for example `reason = \"grant agreement, annex 2\"`, or choose another treatment";
