//! A schema with a field of every kind, and rows of it written as text.

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Float64Array, Int32Array, Int64Array, RecordBatch, StringViewArray,
    Time64MicrosecondArray, TimestampMicrosecondArray, UInt32Array,
};
use jiff::civil::{Date, DateTime, Time, date};
use qd_model::{FieldType, Schema, Syntax, period};
use qd_rules::Constants;
use qd_table::Typed;
use std::sync::Arc;

const DAY: i64 = 86_400_000_000;

/// The schema's fields; rules are added behind.
pub(crate) const FIELDS: &str = r#"
[quarterday]
version = "1"

[[fields]]
name = "name"
type = "string"
quarterday = { class = "direct" }

[[fields]]
name = "sex"
type = "string"
categories = [{ value = "F", label = "Female" }, { value = "M", label = "Male" }, { value = "X", label = "Other" }]
quarterday = { class = "indirect" }

[[fields]]
name = "hours"
type = "integer"
quarterday = { class = "none" }

[[fields]]
name = "weeks"
type = "integer"

[[fields]]
name = "pay"
type = "number"

[[fields]]
name = "cost"
type = "number"

[[fields]]
name = "employed"
type = "boolean"

[[fields]]
name = "willing"
type = "boolean"

[[fields]]
name = "born"
type = "date"

[[fields]]
name = "start_date"
type = "date"

[[fields]]
name = "leave_date"
type = "date"

[[fields]]
name = "seen"
type = "datetime"

[[fields]]
name = "clock"
type = "time"

[[fields]]
name = "joined"
type = "year"

[[fields]]
name = "Post code"
type = "string"

[[fields]]
name = "needs"
type = "list"
delimiter = ";"
categories = ["E", "W", "H"]

[[fields]]
name = "month"
type = "yearmonth"

[[fields]]
name = "band"
type = "integer"
categories = [1, 2, 3]
"#;

/// The schema, with rules as TOML tables under `[[quarterday.rules]]`.
pub(crate) fn schema(rules: &str) -> Arc<Schema> {
    let text = format!("{FIELDS}\n{rules}");
    Arc::new(Schema::parse(&text, Syntax::Toml, "test").unwrap_or_else(|mistakes| panic!("{mistakes:?}")))
}

/// The third quarter of 2022, judged on its last day.
pub(crate) fn quarter() -> Constants {
    let (from, to) = (date(2022, 7, 1), date(2022, 9, 30));
    Constants { period: Some((from, to)), as_of: Some(to) }
}

/// Rows written as "field=value, field=value"; what is not written is null.
pub(crate) fn typed(schema: &Schema, rows: &[&str]) -> Typed {
    let rows: Vec<Vec<(&str, &str)>> = rows
        .iter()
        .map(|row| {
            let cells = row.split(", ").filter(|cell| !cell.trim().is_empty());
            cells.map(|cell| cell.split_once('=').expect("field=value")).map(|(a, b)| (a.trim(), b)).collect()
        })
        .collect();
    for (name, _) in rows.iter().flatten() {
        assert!(schema.field(name).is_some(), "the test names a field `{name}` that is not there");
    }
    let columns: Vec<ArrayRef> = schema
        .fields
        .iter()
        .map(|field| {
            let cells: Vec<Option<&str>> = rows
                .iter()
                .map(|row| row.iter().find(|(name, _)| *name == field.name).map(|(_, value)| *value))
                .collect();
            column(field.field_type, &cells)
        })
        .collect();
    let batch = RecordBatch::try_new(Typed::arrow_schema(schema), columns).expect("columns fit the schema");
    Typed {
        rows: UInt32Array::from_iter_values((0..rows.len() as u32).map(|row| row + 2)),
        unreadable: vec![None; schema.fields.len()],
        reasons: Typed::no_reasons(schema.fields.len()),
        person: None,
        batch,
    }
}

fn column(field_type: FieldType, cells: &[Option<&str>]) -> ArrayRef {
    fn parsed<T: std::str::FromStr>(cells: &[Option<&str>]) -> Vec<Option<T>> {
        cells.iter().map(|cell| cell.map(|text| text.parse().ok().expect("a value of the type"))).collect()
    }
    let days = |date: Date| period::days(date);
    let micros = |time: Time| {
        let seconds = (i64::from(time.hour()) * 60 + i64::from(time.minute())) * 60 + i64::from(time.second());
        seconds * 1_000_000
    };
    match field_type {
        FieldType::Integer => Arc::new(Int64Array::from(parsed(cells))),
        FieldType::Year => Arc::new(Int32Array::from(parsed(cells))),
        FieldType::Number => Arc::new(Float64Array::from(parsed(cells))),
        FieldType::Boolean => Arc::new(BooleanArray::from(parsed::<bool>(cells))),
        FieldType::Yearmonth => {
            let first = |text: &&str| days(format!("{text}-01").parse().expect("a month"));
            Arc::new(cells.iter().map(|cell| cell.as_ref().map(first)).collect::<Date32Array>())
        }
        FieldType::Date => {
            Arc::new(parsed::<Date>(cells).into_iter().map(|date| date.map(days)).collect::<Date32Array>())
        }
        FieldType::Datetime => {
            let moment = |at: DateTime| i64::from(days(at.date())) * DAY + micros(at.time());
            let all = parsed::<DateTime>(cells).into_iter().map(|at| at.map(moment));
            Arc::new(all.collect::<TimestampMicrosecondArray>())
        }
        FieldType::Time => {
            let all = parsed::<Time>(cells).into_iter().map(|time| time.map(micros));
            Arc::new(all.collect::<Time64MicrosecondArray>())
        }
        _ => Arc::new(StringViewArray::from(cells.to_vec())),
    }
}
