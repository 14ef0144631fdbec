//! Small cleared tables for this room's tests, made the only way there is: through a profile.

use crate::package::{Package, PackageVersion, Resource};
use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringViewArray, UInt32Array,
};
use jiff::civil::date;
use qd_disclosure::{
    Clearance, ClearedTable, CountColumn, CountValues, Key, KeyUse, Lookups, NoPassphrase, Reasons, Rows,
};
use qd_model::pipeline::{CountRule, FieldRelease, Recipient, TableRelease};
use qd_model::schema::Placed;
use qd_model::{At, Schema, Syntax, period};
use qd_table::Typed;
use std::sync::Arc;

const SCHEMA: &str = r#"
[quarterday]
name = "programme/people"
[[fields]]
name = "name"
title = "Name"
quarterday = { class = "direct" }
[[fields]]
name = "born"
title = "Date of birth"
type = "date"
[[fields]]
name = "route"
title = "Route"
description = "How a person came."
categories = [{ value = "-1", label = "Entry 1" }, { value = "2" }]
[[fields]]
name = "hours"
title = "Hours"
type = "integer"
[[fields]]
name = "pay"
title = "Pay"
type = "number"
[[fields]]
name = "consent"
title = "Consent"
type = "boolean"
[[fields]]
name = "month"
title = "Month"
type = "yearmonth"
[[fields]]
name = "note"
title = "Note"
quarterday = { class = "none" }
"#;

fn at() -> At {
    At::Line { line: 1, column: 1 }
}

fn typed(schema: &Schema) -> Typed {
    let texts = |texts: [Option<&str>; 2]| Arc::new(texts.into_iter().collect::<StringViewArray>()) as ArrayRef;
    let july = period::days(date(2022, 7, 1));
    let columns: Vec<ArrayRef> = vec![
        texts([Some("=SUM(A1)"), Some("Zoë")]),
        Arc::new(Date32Array::from(vec![Some(period::days(date(1990, 2, 28))), None])),
        texts([Some("-1"), None]),
        Arc::new(Int64Array::from(vec![Some(12), None])),
        Arc::new(Float64Array::from(vec![Some(9.5), None])),
        Arc::new(BooleanArray::from(vec![Some(true), None])),
        Arc::new(Date32Array::from(vec![Some(july), None])),
        texts([Some("said \"yes\",\nthen left"), Some("+44 20")]),
    ];
    Typed {
        batch: RecordBatch::try_new(Typed::arrow_schema(schema), columns).expect("the columns fit"),
        rows: UInt32Array::from(vec![2, 3]),
        unreadable: vec![None; schema.fields.len()],
        reasons: Typed::no_reasons(schema.fields.len()),
        person: Some(UInt32Array::from(vec![0, 1])),
    }
}

fn released(fields: &[(&str, &str)]) -> ClearedTable {
    made(fields, Reasons::Left)
}

fn made(fields: &[(&str, &str)], reasons: Reasons) -> ClearedTable {
    let schema = Schema::parse(SCHEMA, Syntax::Toml, "people").expect("the sample is good");
    let typed = typed(&schema);
    let reason = vec![("reason".to_owned(), vec!["a test".to_owned()])];
    let fields = fields
        .iter()
        .map(|(field, treatment)| FieldRelease {
            field: (*field).to_owned(),
            released_as: (*field).to_owned(),
            treatment: (*treatment).to_owned(),
            settings: reason.clone(),
            at: at(),
        })
        .collect();
    let release = TableRelease { table: "people".to_owned(), fields };
    assert_eq!(qd_disclosure::mistakes(&release, &schema, &Lookups::default()), []);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("sample.key");
    Key::create(&path, KeyUse::Demonstration, None).expect("created");
    let key = Key::read(&path, KeyUse::Demonstration, &[], &NoPassphrase).expect("readable");
    let key = key.for_recipient("programme", "study", 1);
    let clearance = Clearance {
        schema: &schema,
        release: &release,
        key: &key,
        period: (date(2022, 7, 1), date(2022, 9, 30)),
        lookups: &Lookups::default(),
        reasons,
    };
    let rows = [Rows { partner: "north", period: "2022-Q3", typed: &typed, records: None }];
    qd_disclosure::clear(&clearance, &rows, &["p1".to_owned(), "p2".to_owned()])
}

/// Two rows with a column of every usual type, in which one row is mostly blank.
pub(crate) fn table() -> ClearedTable {
    let fields = ["name", "born", "route", "hours", "pay", "consent", "month", "note"];
    released(&fields.map(|field| (field, "identified")))
}

/// The same rows with the reasons for what is blank beside each column.
pub(crate) fn with_reasons() -> ClearedTable {
    let fields = ["name", "born", "route", "hours", "pay", "consent", "month", "note"];
    let mut fields = fields.map(|field| (field, "identified")).to_vec();
    fields.insert(0, ("person", "pseudonym"));
    made(&fields, Reasons::Beside)
}

/// The same people under pseudonyms.
pub(crate) fn pseudonymised() -> ClearedTable {
    released(&[("person", "pseudonym"), ("hours", "identified")])
}

/// A headline and a part of it.
pub(crate) fn counts() -> ClearedTable {
    let column =
        |name: &str, title: &str, values| CountColumn { name: name.to_owned(), title: title.to_owned(), values };
    let words = |words: [Option<&str>; 2]| CountValues::Words(words.map(|word| word.map(str::to_owned)).to_vec());
    let columns = vec![
        column("level", "Level", CountValues::Numbers(vec![Some(0), Some(1)])),
        column("code", "Code", words([Some("C2"), None])),
        column("label", "Indicator", words([Some("People helped"), Some("Sex: Female")])),
        column("this_period", "2022-Q3", CountValues::People(vec![Some(1796), Some(900)])),
        column("target", "Target", CountValues::Numbers(vec![Some(1164), None])),
    ];
    let recipient = Recipient {
        code: "funder".to_owned(),
        name: "A funder".to_owned(),
        country: Placed { value: "GB".to_owned(), at: at() },
        epoch: 1,
        basis: None,
        exact_counts: Some("the funder asks for them".to_owned()),
        counts: CountRule::default(),
        floor: None,
        salt: None,
        seal: None,
        release: Vec::new(),
    };
    qd_disclosure::clear_counts("counts", columns, &recipient).expect("allowed")
}

/// An extract of one table.
pub(crate) fn package(table: &ClearedTable) -> Package<'_> {
    Package {
        name: "programme-study-2022-Q3".to_owned(),
        title: "An extract",
        recipient: "A study",
        demonstration: true,
        key_id: "abc".to_owned(),
        epoch: 1,
        normaliser_version: "1".to_owned(),
        notes: vec![("Period".to_owned(), "2022-Q3 | July to September".to_owned())],
        version: Some(PackageVersion {
            number: 2,
            supersedes: Some((1, "11ee".to_owned())),
            changes: Some([1, 2, 3, 1]),
            withdrawn: Vec::new(),
        }),
        resources: vec![Resource { path: "people.parquet", table, blake3: "00ff".to_owned() }],
    }
}
