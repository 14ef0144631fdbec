//! The sample schemas' good rows: one fault planted in any of them raises exactly its finding.

use crate::common::{Case, chunk, lines, records};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use qd_model::{Field, FieldType, Schema, Syntax, words};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

/// A schema with rows in which nothing is wrong; headings are the names of its fields.
struct Sample {
    name: String,
    case: Case,
    /// The field of each column.
    fields: Vec<usize>,
    rows: Vec<Vec<String>>,
    before: BTreeSet<String>,
}

static SAMPLES: LazyLock<Vec<Sample>> = LazyLock::new(|| {
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas"));
    let sorted = |folder: &PathBuf| {
        let mut paths: Vec<PathBuf> =
            std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("readable").path()).collect();
        paths.sort();
        paths
    };
    let schemas = sorted(&root).into_iter().filter(|path| path.is_dir()).flat_map(|folder| sorted(&folder));
    schemas
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .filter_map(|path| sample(&path))
        .collect()
});

fn sample(path: &PathBuf) -> Option<Sample> {
    let good = std::fs::read_to_string(path.with_extension("").join("good.csv")).ok()?;
    let text = std::fs::read_to_string(path).expect("readable");
    let schema = Arc::new(Schema::parse(&text, Syntax::Toml, "sample").expect("a good schema"));
    let mut rows = records(good.trim_start_matches('\u{feff}').replace("\r\n", "\n").as_str());
    let headings = rows.remove(0);
    let field_of = |heading: &String| {
        let is_it = |word: &str| words::fold(word) == words::fold(heading);
        schema.fields.iter().position(|field: &Field| {
            is_it(&field.name)
                || field.title.as_deref().is_some_and(is_it)
                || field.aliases.iter().any(|alias| is_it(alias))
        })
    };
    let fields: Option<Vec<usize>> = headings.iter().map(field_of).collect();
    let fields = fields?;
    let names: Vec<String> = fields.iter().map(|field| schema.fields[*field].name.clone()).collect();
    let case = Case::new(&schema, &names);
    let (_, hits) = case.judge(&chunk(&rows, names.len()));
    let before = lines(case.checker.faults(), &hits).into_iter().collect();
    Some(Sample { name: path.display().to_string(), case, fields, rows, before })
}

impl Sample {
    /// The findings that are there only with the fault.
    fn new_findings(&self, rows: &[Vec<String>]) -> BTreeSet<String> {
        let (_, hits) = self.case.judge(&chunk(rows, self.fields.len()));
        lines(self.case.checker.faults(), &hits).into_iter().filter(|line| !self.before.contains(line)).collect()
    }

    /// One bad cell, and the codes that it raises.
    fn planted(&self, column: usize, mutation: usize) -> Option<(String, Vec<&'static str>)> {
        let schema = &self.case.schema;
        let field = &schema.fields[self.fields[column]];
        let is_scalar = field.kind.is_none() && field.categories.is_empty();
        let is_text = is_scalar && field.field_type == FieldType::String && field.constraints.pattern.is_none();
        match mutation {
            0 => {
                let mut codes = Vec::new();
                codes.extend(schema.primary_key.contains(&self.fields[column]).then_some("primary-key"));
                codes.extend(field.constraints.required.then_some("required"));
                Some((String::new(), codes))
            }
            1 if !field.categories.is_empty() => Some(("no such code".to_owned(), vec!["enum"])),
            2 if field.kind.is_some_and(|kind| kind.check(&kind.normalise("?")).is_err()) => {
                Some(("?".to_owned(), vec![field.kind.expect("it was looked for").name()]))
            }
            3 if is_scalar && field.field_type == FieldType::Date => Some(("31/02/2022".to_owned(), vec!["type"])),
            3 if is_scalar
                && matches!(field.field_type, FieldType::Integer | FieldType::Number | FieldType::Boolean) =>
            {
                Some(("perhaps twelve".to_owned(), vec!["type"]))
            }
            4 if is_scalar => beyond(field, field.constraints.minimum.as_ref(), -1).map(|text| (text, vec!["minimum"])),
            5 if is_scalar => beyond(field, field.constraints.maximum.as_ref(), 1).map(|text| (text, vec!["maximum"])),
            6 if is_text => {
                field.constraints.max_length.map(|most| ("a".repeat(most as usize + 1), vec!["max-length"]))
            }
            7 if is_text => {
                let least = field.constraints.min_length.filter(|least| *least > 1)?;
                Some(("a".repeat(least as usize - 1), vec!["min-length"]))
            }
            8 if is_scalar && field.constraints.pattern.is_some() && field.constraints.max_length.is_none() => {
                Some(("no pattern has this: \u{2603}".to_owned(), vec!["pattern"]))
            }
            _ => None,
        }
    }
}

/// A value on the wrong side of a limit.
fn beyond(field: &Field, limit: Option<&qd_model::schema::Placed<String>>, step: i32) -> Option<String> {
    let limit = &limit?.value;
    match field.field_type {
        FieldType::Integer | FieldType::Number | FieldType::Year => {
            Some((limit.parse::<f64>().ok()? + f64::from(step)).to_string())
        }
        FieldType::Date => {
            let day = qd_model::period::days(limit.parse().ok()?) + step;
            qd_model::period::from_days(day).map(|day| day.to_string())
        }
        _ => None,
    }
}

fn letter(column: usize) -> String {
    qd_model::finding::column_letters(column as u32)
}

fn check(sample: &Sample, row: usize, column: usize, mutation: usize) -> TestCaseResult {
    if let Some((text, codes)) = sample.planted(column, mutation) {
        let mut rows = sample.rows.clone();
        rows[row][column] = text;
        let line = |code: &str| format!("{} {} {code}", row + 2, letter(column));
        let expected: BTreeSet<String> = codes.into_iter().map(line).collect();
        prop_assert_eq!(sample.new_findings(&rows), expected, "{}, column {}", &sample.name, letter(column));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_planted_fault_raises_exactly_its_finding(
        sample in any::<prop::sample::Index>(),
        row in any::<prop::sample::Index>(),
        column in any::<prop::sample::Index>(),
        mutation in 0usize..9,
    ) {
        let sample = sample.get(&SAMPLES);
        check(sample, row.index(sample.rows.len()), column.index(sample.fields.len()), mutation)?;
    }

    #[test]
    fn a_row_sent_twice_is_named_twice(sample in any::<prop::sample::Index>(), row in any::<prop::sample::Index>()) {
        let sample = sample.get(&SAMPLES);
        let schema = &sample.case.schema;
        let row = row.index(sample.rows.len());
        let mut rows = sample.rows.clone();
        rows.push(rows[row].clone());
        let found = sample.new_findings(&rows);
        let column = |field: usize| sample.fields.iter().position(|known| *known == field);
        let last = sample.rows.len();
        let is_blank = |field: usize| column(field).is_none_or(|column| rows[row][column].trim().is_empty());
        if !schema.primary_key.is_empty() && !schema.primary_key.iter().any(|field| is_blank(*field)) {
            let place = match schema.primary_key.as_slice() {
                [field] => column(*field).map_or("-".to_owned(), letter),
                _ => "-".to_owned(),
            };
            for row in [row, last] {
                let line = format!("{} {place} primary-key", row + 2);
                prop_assert!(found.contains(&line), "{}: {line} is not among {found:?}", sample.name);
            }
        }
        let other = |line: &&String| !["primary-key", "unique", "unique-keys"].contains(&line.rsplit(' ').next().unwrap_or(""));
        prop_assert_eq!(found.iter().find(other), None, "{}", &sample.name);
    }
}

#[test]
fn every_good_row_and_every_column_is_there_to_be_broken() {
    let columns: usize = SAMPLES.iter().map(|sample| sample.fields.len()).sum();
    assert!(SAMPLES.len() >= 5 && columns >= 70, "{} samples with {columns} columns", SAMPLES.len());
}
