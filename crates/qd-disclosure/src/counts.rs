//! Counts of people on their way out: protected ones for everybody, exact ones for those who may have them.

use crate::figures::{ReleasedCount, ReleasedMean, ReleasedShare};
use crate::table::{ClearedColumn, ClearedTable, batch, schema_of};
use arrow::array::{ArrayRef, Float64Array, Int64Array, StringViewArray};
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
    /// Exact numbers of distinct people.
    People(Vec<Option<u64>>),
    /// Numbers of distinct people, suppressed, rounded and audited.
    Protected(Vec<Option<ReleasedCount>>),
    /// Shares of such numbers.
    Shares(Vec<Option<ReleasedShare>>),
    /// Means over people.
    Means(Vec<Option<ReleasedMean>>),
    /// Numbers that say nothing about people, such as targets.
    Numbers(Vec<Option<u64>>),
}

impl CountValues {
    fn len(&self) -> usize {
        match self {
            Self::Words(words) => words.len(),
            Self::People(numbers) | Self::Numbers(numbers) => numbers.len(),
            Self::Protected(counts) => counts.len(),
            Self::Shares(shares) => shares.len(),
            Self::Means(means) => means.len(),
        }
    }

    fn treatment(&self) -> &'static str {
        match self {
            Self::Words(_) => "words",
            Self::People(_) | Self::Protected(_) => "count",
            Self::Shares(_) => "share",
            Self::Means(_) => "mean",
            Self::Numbers(_) => "number",
        }
    }
}

/// The treatment of a column that says why the column before it is empty in a row: `[c]`, `[low]`, `[z]`.
pub const SIGN: &str = "sign";
/// What stands for a number that is suppressed.
const HIDDEN: &str = "[c]";
/// What stands for a number of nobody.
const NOT_APPLICABLE: &str = "[z]";

/// Counts that may leave, in the order given. Exact counts are refused for a recipient who is not allowed
/// them (`exact_counts`, with the reason). All columns must be of one length.
pub fn clear_counts(name: &str, columns: Vec<CountColumn>, recipient: &Recipient) -> Result<ClearedTable, Refusal> {
    let has_exact = columns.iter().any(|column| matches!(column.values, CountValues::People(_)));
    if has_exact && recipient.exact_counts.as_ref().is_none_or(|reason| reason.trim().is_empty()) {
        return Err(Refusal::new(format!("exact counts of people cannot go to `{}`", recipient.code))
            .because("the recipient is not allowed them, and small numbers would not be protected")
            .hint("give the recipient `exact_counts = \"the reason why\"`, or let its counts be protected"));
    }
    let rows = columns.first().map_or(0, |column| column.values.len());
    let (mut cleared, mut fields, mut arrays) = (Vec::new(), Vec::new(), Vec::<ArrayRef>::new());
    let mut add = |name: String, title: String, treatment: &str, field: &str, field_type, array: ArrayRef| {
        fields.push(Field::new(&name, arrow_type(field_type), true));
        arrays.push(array);
        cleared.push(ClearedColumn {
            field: field.to_owned(),
            name,
            title,
            description: None,
            field_type,
            categories: Vec::new(),
            treatment: treatment.to_owned(),
            class: Class::None,
        });
    };
    for column in columns {
        let treatment = column.values.treatment();
        let (field_type, array, signs) = arrays_of(column.values);
        add(column.name.clone(), column.title.clone(), treatment, &column.name, field_type, array);
        if let Some(signs) = signs {
            let (name, title) = (format!("{}_{SIGN}", column.name), format!("{}: sign", column.title));
            add(name, title, SIGN, &column.name, FieldType::String, Arc::new(signs));
        }
    }
    Ok(ClearedTable::new(name, cleared, batch(schema_of(fields), arrays, rows)))
}

/// The values of a column, and the signs that stand for those it cannot hold.
fn arrays_of(values: CountValues) -> (FieldType, ArrayRef, Option<StringViewArray>) {
    let whole = |number: u64| i64::try_from(number).expect("fewer people than 2^63");
    match values {
        CountValues::Words(words) => {
            (FieldType::String, Arc::new(words.into_iter().collect::<StringViewArray>()), None)
        }
        CountValues::People(numbers) | CountValues::Numbers(numbers) => {
            let numbers: Int64Array = numbers.into_iter().map(|number| number.map(whole)).collect();
            (FieldType::Integer, Arc::new(numbers), None)
        }
        CountValues::Protected(counts) => {
            let numbers: Int64Array =
                counts.iter().map(|count| count.and_then(ReleasedCount::number).map(whole)).collect();
            let sign = |count: &Option<ReleasedCount>| count.filter(|c| c.number().is_none()).map(|c| c.to_string());
            (FieldType::Integer, Arc::new(numbers), Some(counts.iter().map(sign).collect()))
        }
        CountValues::Shares(shares) => {
            let (numbers, signs): (Vec<Option<f64>>, Vec<Option<&str>>) = shares
                .into_iter()
                .map(|share| match share {
                    None => (None, None),
                    Some(ReleasedShare::Percent(percent)) => (Some(percent as f64 / 100.0), None),
                    Some(ReleasedShare::Hidden) => (None, Some(HIDDEN)),
                    Some(ReleasedShare::NotApplicable) => (None, Some(NOT_APPLICABLE)),
                })
                .unzip();
            (FieldType::Number, Arc::new(Float64Array::from(numbers)), Some(signs.into_iter().collect()))
        }
        CountValues::Means(means) => {
            let (numbers, signs): (Vec<Option<f64>>, Vec<Option<&str>>) = means
                .into_iter()
                .map(|mean| match mean {
                    None => (None, None),
                    Some(ReleasedMean::Value(value)) => (Some(value), None),
                    Some(ReleasedMean::Hidden) => (None, Some(HIDDEN)),
                    Some(ReleasedMean::NotApplicable) => (None, Some(NOT_APPLICABLE)),
                })
                .unzip();
            (FieldType::Number, Arc::new(Float64Array::from(numbers)), Some(signs.into_iter().collect()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::{Gathered, release};
    use crate::samples;
    use qd_model::pipeline::CountRule;

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
    fn protected_counts_leave_for_everybody_with_their_signs() {
        let rule = CountRule::default();
        let mut gathered = Gathered::default();
        let entries = [31, 4, 0].map(|count| gathered.open(&format!("{count} people"), count, rule));
        let released = release(gathered.figures()).unwrap();
        let counts: Vec<ReleasedCount> = entries.iter().map(|entry| released.count(*entry)).collect();
        let shares = counts.iter().map(|count| Some(count.share_of(counts[0]))).collect();
        let column = |name: &str, values| CountColumn { name: name.to_owned(), title: name.to_uppercase(), values };
        let columns = vec![
            column("now", CountValues::Protected(counts.into_iter().map(Some).collect())),
            column("share", CountValues::Shares(shares)),
        ];
        let table = clear_counts("counts", columns, samples::pipeline().recipient("study").unwrap()).unwrap();
        let texts = |name| samples::texts(&table, name).into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>();
        assert_eq!(texts("now"), ["30", "", "0"]);
        assert_eq!(texts("now_sign"), ["", "[c]", ""]);
        assert_eq!(texts("share"), ["1.0", "", "0.0"]);
        assert_eq!(texts("share_sign"), ["", "[c]", ""]);
    }

    #[test]
    fn exact_counts_are_refused_for_everybody_else() {
        let pipeline = samples::pipeline();
        let refusal = clear_counts("indicators", columns(), pipeline.recipient("study").unwrap()).unwrap_err();
        assert!(refusal.what.contains("`study`") && !refusal.hints.is_empty(), "{refusal}");
    }
}
