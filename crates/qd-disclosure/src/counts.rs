//! Counts of people on their way out. So far only for recipients who may have them exactly.

use crate::table::{ClearedColumn, ClearedTable, batch};
use arrow::array::{ArrayRef, Int64Array, StringViewArray};
use arrow::datatypes::Field;
use qd_model::pipeline::Recipient;
use qd_model::{Class, FieldType, Refusal};
use qd_table::arrow_type;
use std::sync::Arc;

/// A column of a table of counts.
#[derive(Debug, Clone)]
pub struct CountColumn {
    /// Its name.
    pub name: String,
    /// A title for people.
    pub title: String,
    /// What stands in it.
    pub values: CountValues,
}

/// What stands in a column of a table of counts.
#[derive(Debug, Clone)]
pub enum CountValues {
    /// Words of the pipeline or of a code list: what is counted. Never a partner's own text.
    Words(Vec<Option<String>>),
    /// Numbers of distinct people.
    People(Vec<Option<u64>>),
    /// Numbers that say nothing about people, such as targets.
    Numbers(Vec<Option<u64>>),
}

impl CountValues {
    fn len(&self) -> usize {
        match self {
            Self::Words(words) => words.len(),
            Self::People(numbers) | Self::Numbers(numbers) => numbers.len(),
        }
    }
}

/// Counts that may leave, in the order given. Refused for a recipient who is not allowed exact counts
/// (`exact_counts`, with the reason), since small numbers cannot be protected yet. All columns must
/// be of one length.
pub fn clear_counts(name: &str, columns: Vec<CountColumn>, recipient: &Recipient) -> Result<ClearedTable, Refusal> {
    if recipient.exact_counts.as_ref().is_none_or(|reason| reason.trim().is_empty()) {
        return Err(Refusal::new(format!("counts of people cannot go to `{}`", recipient.code))
            .because("small numbers are not protected yet, and the recipient is not allowed exact counts")
            .hint("give the recipient `exact_counts = \"the reason why\"`, or leave the counts out of its returns"));
    }
    let rows = columns.first().map_or(0, |column| column.values.len());
    let (mut cleared, mut fields, mut arrays) = (Vec::new(), Vec::new(), Vec::<ArrayRef>::new());
    for column in columns {
        let (field_type, treatment) = match &column.values {
            CountValues::Words(_) => (FieldType::String, "words"),
            CountValues::People(_) => (FieldType::Integer, "count"),
            CountValues::Numbers(_) => (FieldType::Integer, "number"),
        };
        fields.push(Field::new(&column.name, arrow_type(field_type), true));
        arrays.push(match column.values {
            CountValues::Words(words) => Arc::new(words.into_iter().collect::<StringViewArray>()),
            CountValues::People(numbers) | CountValues::Numbers(numbers) => {
                let whole = |number: u64| i64::try_from(number).expect("fewer people than 2^63");
                Arc::new(numbers.into_iter().map(|number| number.map(whole)).collect::<Int64Array>())
            }
        });
        cleared.push(ClearedColumn {
            field: column.name.clone(),
            name: column.name,
            title: column.title,
            description: None,
            field_type,
            categories: Vec::new(),
            treatment: treatment.to_owned(),
            class: Class::None,
        });
    }
    Ok(ClearedTable::new(name, cleared, batch(fields, arrays, rows)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    fn columns() -> Vec<CountColumn> {
        let column = |name: &str, values| CountColumn { name: name.to_owned(), title: name.to_uppercase(), values };
        vec![
            column("label", CountValues::Words(vec![Some("All".to_owned()), None])),
            column("period", CountValues::People(vec![Some(398), None])),
            column("target", CountValues::Numbers(vec![None, Some(500)])),
        ]
    }

    #[test]
    fn counts_leave_for_recipients_who_may_have_them() {
        let pipeline = samples::pipeline();
        let table = clear_counts("indicators", columns(), pipeline.recipient("funder").unwrap()).unwrap();
        assert_eq!((table.rows(), table.name()), (2, "indicators"));
        let treatments: Vec<&str> = table.columns().iter().map(|column| column.treatment.as_str()).collect();
        assert_eq!(treatments, ["words", "count", "number"]);
        assert_eq!(samples::texts(&table, "period"), [Some("398".to_owned()), None]);
    }

    #[test]
    fn counts_are_refused_for_everybody_else() {
        let pipeline = samples::pipeline();
        let refusal = clear_counts("indicators", columns(), pipeline.recipient("study").unwrap()).unwrap_err();
        assert!(refusal.what.contains("`study`") && !refusal.hints.is_empty(), "{refusal}");
    }
}
