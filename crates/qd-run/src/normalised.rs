//! What was tidied before it was judged, counted by kind and column: a note each, and never a value.

use crate::codes::fault;
use qd_model::finding::{Fault, SourceFindings};
use qd_model::{Schema, Severity, words};
use qd_table::Shape;
use std::collections::BTreeMap;

/// In how many cells something was tidied: by field and by the word of the schema's `normalise`.
pub(crate) type Tidied = BTreeMap<(usize, &'static str), u64>;

/// Adds what another block came to.
pub(crate) fn add(tidied: &mut Tidied, more: Tidied) {
    for (what, cells) in more {
        *tidied.entry(what).or_default() += cells;
    }
}

/// One note for each column in which anything was tidied.
pub(crate) fn notes(
    schema: &Schema,
    shape: &Shape,
    severities: &BTreeMap<String, Severity>,
    tidied: &Tidied,
) -> SourceFindings {
    let mut columns: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for ((field, word), cells) in tidied {
        columns.entry(*field).or_default().push(format!("{word} in {}", words::count(*cells as usize, "cell")));
    }
    let mut findings = SourceFindings::default();
    for (index, kinds) in columns {
        let field = &schema.fields[index];
        let column = shape.columns.iter().find(|column| column.field.as_deref() == Some(&field.name));
        let heading = column.map_or(field.name.as_str(), |column| column.heading.trim());
        let message = format!("\"{heading}\" was normalised before it was judged: {}", words::list(&kinds));
        let note = fault(
            "normalised",
            severities,
            message,
            "columns were normalised before they were judged",
            "nothing: the cells were read as if they had been typed tidily",
        );
        findings.add(Fault {
            field: Some(field.name.as_str().into()),
            column: column.map(|column| column.column),
            heading: column.map(|column| column.heading.as_str().into()),
            class: field.class,
            ..note
        });
    }
    findings
}
