//! A small table, pipeline and key for this room's tests.

use crate::{ClearedTable, Lookups};
use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringViewArray,
    TimestampMicrosecondArray, UInt32Array,
};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use jiff::civil::Date;
use qd_model::kinds::{Kind, Slip};
use qd_model::pipeline::{FieldRelease, TableRelease};
use qd_model::{At, Class, Pipeline, Schema, Syntax, period};
use qd_table::Typed;
use std::borrow::Cow;
use std::sync::Arc;

/// A kind whose values are told apart by their letters and digits, in capitals, up to a dot.
#[derive(Debug)]
pub(crate) struct Number {
    name: &'static str,
    is_check_only: bool,
}

impl Kind for Number {
    fn name(&self) -> &'static str {
        self.name
    }

    fn class(&self) -> Class {
        Class::Direct
    }

    fn is_check_only(&self) -> bool {
        self.is_check_only
    }

    fn normalise<'a>(&self, text: &'a str) -> Cow<'a, str> {
        Cow::Owned(text.trim().to_uppercase())
    }

    fn check(&self, _normal: &str) -> Result<(), &'static Slip> {
        Ok(())
    }

    fn slips(&self) -> &'static [&'static Slip] {
        &[]
    }

    fn link_key<'a>(&self, normal: &'a str) -> &'a str {
        normal.split('.').next().unwrap_or_default()
    }

    fn expects(&self) -> &'static str {
        "a number"
    }

    fn page(&self) -> &'static str {
        ""
    }
}

static NUMBER: Number = Number { name: "number", is_check_only: false };
static CODE: Number = Number { name: "code", is_check_only: true };
static POSTCODE: Number = Number { name: "uk-postcode", is_check_only: false };

const SCHEMA: &str = r#"
[quarterday]
name = "table"
[[fields]]
name = "ref"
quarterday = { class = "direct" }
[[fields]]
name = "number"
[[fields]]
name = "postcode"
[[fields]]
name = "born"
title = "Date of birth"
type = "date"
[[fields]]
name = "start"
type = "date"
quarterday = { class = "none" }
[[fields]]
name = "left"
type = "date"
[[fields]]
name = "seen"
type = "datetime"
[[fields]]
name = "health"
categories = [{ value = "a", label = "Able" }, { value = "b", label = "Brittle" }]
quarterday = { class = "special" }
[[fields]]
name = "notes"
[[fields]]
name = "hours"
type = "integer"
quarterday = { class = "none" }
[[fields]]
name = "score"
type = "integer"
[[fields]]
name = "pay"
type = "number"
[[fields]]
name = "consent"
type = "boolean"
[[fields]]
name = "code"
"#;

/// The schema of the table.
pub(crate) fn schema() -> Schema {
    let mut schema = Schema::parse(SCHEMA, Syntax::Toml, "table").expect("the sample is good");
    for (name, kind) in [("number", &NUMBER), ("postcode", &POSTCODE), ("code", &CODE)] {
        let index = schema.index_of(name).unwrap();
        schema.fields[index].kind = Some(kind);
    }
    schema
}

/// One row of the table, as texts.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Row {
    pub(crate) person: Option<u32>,
    pub(crate) reference: Option<String>,
    pub(crate) number: Option<String>,
    pub(crate) postcode: Option<String>,
    pub(crate) born: Option<Date>,
    pub(crate) start: Option<Date>,
    pub(crate) health: Option<String>,
    pub(crate) hours: Option<i64>,
    pub(crate) left: Option<Date>,
    pub(crate) score: Option<i64>,
    pub(crate) pay: Option<f64>,
}

/// Rows as the other rooms hand them over.
pub(crate) fn typed(rows: &[Row]) -> Typed {
    let texts = |of: &dyn Fn(&Row) -> Option<String>| -> ArrayRef {
        Arc::new(rows.iter().map(of).collect::<StringViewArray>())
    };
    let days = |of: &dyn Fn(&Row) -> Option<Date>| -> ArrayRef {
        Arc::new(rows.iter().map(|row| of(row).map(period::days)).collect::<Date32Array>())
    };
    let seen = rows.iter().map(|row| Some(i64::from(period::days(row.start?)) * 86_400_000_000 + 3_600_000_000));
    let columns: Vec<ArrayRef> = vec![
        texts(&|row| row.reference.clone()),
        texts(&|row| row.number.clone()),
        texts(&|row| row.postcode.clone()),
        days(&|row| row.born),
        days(&|row| row.start),
        days(&|row| row.left),
        Arc::new(seen.collect::<TimestampMicrosecondArray>()),
        texts(&|row| row.health.clone()),
        texts(&|row| row.reference.clone()),
        Arc::new(rows.iter().map(|row| row.hours).collect::<Int64Array>()),
        Arc::new(rows.iter().map(|row| row.score).collect::<Int64Array>()),
        Arc::new(rows.iter().map(|row| row.pay).collect::<Float64Array>()),
        Arc::new(rows.iter().map(|row| row.hours.map(|hours| hours > 1)).collect::<BooleanArray>()),
        texts(&|row| row.number.clone()),
    ];
    let schema = Typed::arrow_schema(&schema());
    Typed {
        unreadable: vec![None; columns.len()],
        reasons: Typed::no_reasons(columns.len()),
        batch: RecordBatch::try_new(schema, columns).expect("the columns are the schema's"),
        rows: (0..rows.len() as u32).map(|row| row + 2).collect(),
        person: Some(rows.iter().map(|row| row.person).collect::<UInt32Array>()),
    }
}

/// The profile of one table: `field treatment setting=value,value …`, one field a line; a field may
/// be followed by `>` and the name that it is released as. A comma inside a value is written `;`.
pub(crate) fn release(lines: &[&str]) -> TableRelease {
    let field = |(index, line): (usize, &&str)| {
        let mut words = line.split(' ');
        let (field, treatment) = (words.next().unwrap(), words.next().unwrap());
        let (field, released_as) = field.split_once('>').unwrap_or((field, field));
        let settings = words.map(|word| word.split_once('=').unwrap());
        FieldRelease {
            field: field.to_owned(),
            released_as: released_as.to_owned(),
            treatment: treatment.to_owned(),
            settings: settings
                .map(|(k, v)| (k.to_owned(), v.split(',').map(|text| text.replace(';', ",")).collect()))
                .collect(),
            at: At::Line { line: index as u32 + 1, column: 1 },
        }
    };
    TableRelease { table: "table".to_owned(), fields: lines.iter().enumerate().map(field).collect() }
}

/// The tables that the tests look values up in.
pub(crate) fn lookups() -> Lookups {
    let mut lookups = Lookups::default();
    let districts = "# invented\noutward,district,name\nZZ1,D1,North\nZZ2,D1,North\nZZ99,D2,South\n";
    lookups.add("districts.csv", districts).unwrap();
    lookups.add("itself.csv", "code,same\na,1\nb,2\n").unwrap();
    lookups.add("groups.csv", "code,group\na,1\nb,1\n").unwrap();
    lookups
}

/// The texts of a released column, whatever its type.
pub(crate) fn texts(table: &ClearedTable, column: &str) -> Vec<Option<String>> {
    let column = table.batch().column(table.index_of(column).expect("the column is released"));
    let column = cast(column, &DataType::Utf8View).unwrap();
    assert_eq!(column.len(), table.rows());
    column.as_string_view().iter().map(|text| text.map(str::to_owned)).collect()
}

/// A pipeline with two tables and two recipients, of which the first may have exact counts.
pub(crate) fn pipeline() -> Pipeline {
    let text = r#"
name = "programme"
title = "A programme"
lead = "The lead"
period = "one"
[[periods]]
label = "one"
from = 2022-07-01
to = 2022-09-30
folder = "one"
[tables.people]
schema = "people.toml"
[tables.visits]
schema = "visits.toml"
record = "client"
[people]
table = "people"
record = "ref"
[recipients.funder]
name = "The funder"
country = "GB"
exact_counts = "the grant agreement asks for them"
[recipients.funder.release.people]
ref = "identified"
born = "identified"
[recipients.study]
name = "The study"
country = "GB"
[recipients.study.release.people]
ref = "pseudonym"
[recipients.study.release.visits]
ref = "identified"
"#;
    Pipeline::parse(text, Syntax::Toml).unwrap_or_else(|mistakes| panic!("{mistakes:?}"))
}
