//! Rules that no row can meet or break: found by trying every row that can make a difference.

use super::{Compiled, RowRules};
use crate::Constants;
use crate::expression::Literal;
use arrow::array::{
    Array, ArrayRef, BooleanArray, Date32Array, Float64Array, Int32Array, Int64Array, RecordBatch, RecordBatchOptions,
    StringViewArray, UInt32Array, new_null_array,
};
use qd_model::schema::Over;
use qd_model::{Field, FieldType, Mistake};
use qd_table::Typed;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Beyond so many rows a rule is not tried.
const ROWS: usize = 20_000;

/// A text that no rule names.
const OTHER: &str = "\u{1}";

/// One value of a field; none is a blank.
type Value = Option<Literal>;

impl RowRules {
    /// What a person should look at: rules whose `when` no row meets, and rules that no row breaks.
    /// Only rules that compare fields with literals are tried.
    pub fn warnings(&self) -> Vec<Mistake> {
        let rules = self.schema.rules.iter().zip(self.rules.iter());
        let plain = rules.filter(|(rule, _)| rule.over == Over::Source && rule.group.is_empty());
        let tried = plain.filter_map(|(rule, compiled)| {
            let (meets, breaks) = self.tried(compiled.as_ref()?)?;
            if !meets {
                let at = rule.when.as_ref().map_or(&rule.check.at, |when| &when.at);
                return Some(Mistake::new(at, format!("no row can meet the `when` of the rule `{}`", rule.code)));
            }
            let what = format!("no row can break the rule `{}`", rule.code);
            (!breaks).then(|| Mistake::new(&rule.check.at, what))
        });
        tried.collect()
    }

    /// Whether any row meets the rule's condition, and whether any such row breaks it.
    fn tried(&self, compiled: &Compiled) -> Option<(bool, bool)> {
        let mut literals = compiled.check.literals()?;
        for (field, more) in
            compiled.when.as_ref().map_or_else(|| Some(BTreeMap::new()), crate::Expression::literals)?
        {
            literals.entry(field).or_default().extend(more);
        }
        let values: Option<Vec<(usize, Vec<Value>)>> = literals
            .into_iter()
            .map(|(field, literals)| Some((field, values(&self.schema.fields[field], &literals)?)))
            .collect();
        let values = values?;
        let rows = values.iter().try_fold(1usize, |rows, (_, values)| rows.checked_mul(values.len()));
        let rows = rows.filter(|rows| *rows <= ROWS && *rows > 0)?;
        let typed = self.product(&values, rows);
        let none = Constants::default();
        let is_met = match &compiled.when {
            Some(when) => when.filter(&self.schema, &typed, &none),
            None => BooleanArray::from(vec![true; rows]),
        };
        let holds = compiled.check.evaluate(&self.schema, &typed, &none);
        let breaks = (0..rows).any(|row| is_met.value(row) && holds.is_valid(row) && !holds.value(row));
        Some((is_met.true_count() > 0, breaks))
    }

    /// Every combination of the values, a row each; other fields are blank.
    fn product(&self, values: &[(usize, Vec<Value>)], rows: usize) -> Typed {
        let schema = Typed::arrow_schema(&self.schema);
        let mut each = rows;
        let mut columns: Vec<ArrayRef> =
            schema.fields().iter().map(|field| new_null_array(field.data_type(), rows)).collect();
        for (field, values) in values {
            each /= values.len();
            let column: Vec<Value> = (0..rows).map(|row| values[row / each % values.len()].clone()).collect();
            columns[*field] = array(self.schema.fields[*field].field_type, &column);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(schema, columns, &options);
        Typed {
            batch: batch.expect("every column has its field's type"),
            rows: UInt32Array::from_iter_values(0..rows as u32),
            unreadable: vec![None; self.schema.fields.len()],
            reasons: Typed::no_reasons(self.schema.fields.len()),
            person: None,
        }
    }
}

/// The values of a field between which the literals tell, as far as the field's own constraints let
/// them through; nothing where the field is of a type that is not tried.
fn values(field: &Field, literals: &[Literal]) -> Option<Vec<Value>> {
    let mut values: Vec<Value> = match field.field_type {
        FieldType::Boolean => vec![Some(Literal::Whole(0)), Some(Literal::Whole(1))],
        FieldType::Integer | FieldType::Year | FieldType::Date | FieldType::Number if field.categories.is_empty() => {
            around(field, literals)
        }
        FieldType::Integer => {
            field.categories.iter().filter_map(|code| code.value.parse().ok()).map(Literal::Whole).map(Some).collect()
        }
        FieldType::String if field.kind.is_none() && field.constraints.enumeration.is_none() => {
            if field.categories.is_empty() {
                let texts = literals.iter().filter(|literal| matches!(literal, Literal::Text(_))).cloned();
                texts.chain([Literal::Text(OTHER.to_owned())]).map(Some).collect()
            } else {
                field.categories.iter().map(|code| Some(Literal::Text(code.value.clone()))).collect()
            }
        }
        _ => return None,
    };
    if !field.constraints.required {
        values.push(None);
    }
    Some(values)
}

/// Each literal, and what lies just below and above it, within the field's limits.
fn around(field: &Field, literals: &[Literal]) -> Vec<Value> {
    let step = if field.field_type == FieldType::Number { 1e-6 } else { 1.0 };
    let number = |literal: &Literal| match literal {
        Literal::Whole(whole) => *whole as f64,
        Literal::Number(number) => *number,
        Literal::Text(_) => 0.0,
    };
    // Limits of dates are written as dates, and are left out of account.
    let limit = |set: &Option<qd_model::schema::Placed<String>>| set.as_ref()?.value.parse::<f64>().ok();
    let constraints = &field.constraints;
    let least = limit(&constraints.minimum).unwrap_or(f64::NEG_INFINITY);
    let most = limit(&constraints.maximum).unwrap_or(f64::INFINITY);
    let all = literals.iter().map(number).flat_map(|value| [value - step, value, value + step]);
    let all = all.chain(if literals.is_empty() { Some(least.max(0.0).min(most)) } else { None });
    let within = all.filter(|value| (least..=most).contains(value));
    let whole = |value: f64| {
        if field.field_type == FieldType::Number {
            Literal::Number(value)
        } else {
            Literal::Whole(value.round() as i64)
        }
    };
    within.map(whole).map(Some).collect()
}

fn array(field_type: FieldType, values: &[Value]) -> ArrayRef {
    let whole = |value: &Value| match value {
        Some(Literal::Whole(whole)) => Some(*whole),
        _ => None,
    };
    let narrow = |value: &Value| whole(value).and_then(|value| i32::try_from(value).ok());
    match field_type {
        FieldType::Boolean => {
            Arc::new(values.iter().map(|value| whole(value).map(|it| it == 1)).collect::<BooleanArray>())
        }
        FieldType::Integer => Arc::new(values.iter().map(whole).collect::<Int64Array>()),
        FieldType::Year => Arc::new(values.iter().map(narrow).collect::<Int32Array>()),
        FieldType::Date => Arc::new(values.iter().map(narrow).collect::<Date32Array>()),
        FieldType::Number => Arc::new(
            values
                .iter()
                .map(|value| match value {
                    Some(Literal::Number(number)) => Some(*number),
                    _ => None,
                })
                .collect::<Float64Array>(),
        ),
        _ => Arc::new(
            values
                .iter()
                .map(|value| match value {
                    Some(Literal::Text(text)) => Some(text.as_str()),
                    _ => None,
                })
                .collect::<StringViewArray>(),
        ),
    }
}
