//! What can be wrong with the constraints and formats of a schema file.

use crate::checks::{self, Subject};
use crate::read::Reader;
use qd_model::{Field, Mistake, Schema};

/// Everything about formats and constraints that can be wrong in a schema file: a pattern that does
/// not compile, a limit that is not of the field's type, an entry of a list that cannot be read.
pub fn mistakes(schema: &Schema) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    for field in &schema.fields {
        let reader = match Reader::compile(field, schema.is_ours) {
            Ok(reader) => reader,
            Err(what) => {
                mistakes.push(Mistake::new(&field.at, format!("field `{}`: {what}", field.name)));
                continue;
            }
        };
        let subject = Subject { field, is_ours: schema.is_ours, reader: &reader, settings: &reader };
        mistakes.extend(checks::ALL.iter().filter_map(|check| check.compile(&subject).err()));
    }
    mistakes.sort_by(|a, b| a.at.cmp(&b.at));
    mistakes
}

/// What is wrong with a format that a partner's column is said to have, as a sentence without a
/// full stop; nothing where it can be used.
pub fn format_fault(schema: &Schema, field: &Field, format: &str) -> Option<String> {
    Reader::compile(&with_format(field, format), schema.is_ours).err()
}

/// The field with a source's own format.
pub(crate) fn with_format(field: &Field, format: &str) -> Field {
    Field { format: Some(format.to_owned()).filter(|format| format != "default"), ..field.clone() }
}
