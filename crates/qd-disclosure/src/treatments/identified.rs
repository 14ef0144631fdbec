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
        let release = asked.release;
        let Subject::Field(_, field) = asked.subject else { return Vec::new() };
        let has_reason = release.setting("reason").is_some_and(|reason| !reason.trim().is_empty());
        if has_reason {
            return Vec::new();
        }
        let what = if field.class == Class::Special {
            format!("`{}` is special category data, and is released as it is without a `reason`", release.field)
        } else if is_free_text(field) {
            format!("`{}` is free text, which may hold anything, and is released without a `reason`", release.field)
        } else {
            return Vec::new();
        };
        vec![
            Mistake::new(&release.at, what)
                .hint("say why, for example `reason = \"grant agreement, annex 2\"`, or choose another treatment"),
        ]
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
