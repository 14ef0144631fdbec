//! Cells against what a schema asks of them, column by column, and equal keys.

use crate::{ROWS, mixed};
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use qd_check::{Checker, Settings};
use qd_model::finding::ShowValues;
use qd_model::report::ColumnReport;
use qd_model::{Schema, Syntax};
use qd_table::{Chunk, Shape, TextColumn};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a column holds.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Email,
    Postcode,
    Identifier,
    Listed,
    Date,
    Number,
    Words,
}

impl Kind {
    const ALL: [Self; 7] =
        [Self::Email, Self::Postcode, Self::Identifier, Self::Listed, Self::Date, Self::Number, Self::Words];

    /// What a schema says of it.
    fn field(self) -> &'static str {
        match self {
            Self::Email => "constraints = { pattern = '^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\\.[A-Za-z]{2,}$' }",
            Self::Postcode => "constraints = { pattern = '^[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}$' }",
            Self::Identifier => "constraints = { pattern = '^[A-Z]{2}[0-9]{7}$' }",
            Self::Listed => "constraints = { enum = ['SOC_RENT', 'PRIV_RENT', 'HOSTEL', 'OWNER', 'NFA'] }",
            Self::Date => "type = \"date\"\nformat = \"%d/%m/%Y\"\nconstraints = { minimum = \"1930-01-01\" }",
            Self::Number => "type = \"number\"\nconstraints = { minimum = 0, maximum = 400 }",
            Self::Words => "",
        }
    }

    fn cell(self, row: usize) -> String {
        let x = mixed(row);
        let letter = |from: u64| char::from(b'A' + (from % 26) as u8);
        match self {
            Self::Email => format!("amina.haile{}@example.org", x % 1000),
            Self::Postcode => format!("{}{} {}{}{}", letter(x), x % 10, x % 9, letter(x / 7), letter(x / 11)),
            Self::Identifier => format!("{}{}{:07}", letter(x), letter(x / 5), x % 10_000_000),
            Self::Listed => ["SOC_RENT", "PRIV_RENT", "HOSTEL", "OWNER", "NFA"][(x % 5) as usize].to_owned(),
            Self::Date => format!("{:02}/{:02}/{}", x % 28 + 1, x % 12 + 1, x % 60 + 1940),
            Self::Number => format!("{}.{}", x % 400, x % 10),
            Self::Words => format!("attends weekly, week {}", x % 50),
        }
    }
}

/// Some columns of a table, and what checks them.
fn table(columns: &[(&str, Vec<String>)], rest: &str) -> (Checker, Chunk) {
    let text = format!(
        "{rest}\n[quarterday]\nnormalise = []\n{}",
        columns.iter().map(|(field, _)| *field).collect::<String>()
    );
    let schema = Schema::parse(&text, Syntax::Toml, "bench").unwrap_or_else(|wrong| panic!("{wrong:?} in\n{text}"));
    let schema = Arc::new(schema);
    let heading = |(column, field): (usize, &qd_model::Field)| ColumnReport {
        column: column as u32,
        heading: field.name.clone(),
        field: Some(field.name.clone()),
    };
    let shape =
        Shape { heading_row: 1, columns: schema.fields.iter().enumerate().map(heading).collect(), ..Shape::default() };
    let severities = BTreeMap::new();
    let settings = Settings { formats: &[], severities: &severities, show: ShowValues::Plain };
    let rows = columns.first().map_or(0, |(_, cells)| cells.len()) as u32;
    let column = |(_, cells): &(&str, Vec<String>)| TextColumn { text: cells.iter().map(Some).collect(), stored: None };
    let chunk = Chunk { rows: (2..rows + 2).collect(), columns: columns.iter().map(column).collect() };
    (Checker::new(&schema, &shape, &settings), chunk)
}

fn of_kind(kind: Kind, faulty: usize) -> (Checker, Chunk) {
    let cell = |row| if faulty > 0 && row % faulty == 0 { format!("{} ", kind.cell(row)) } else { kind.cell(row) };
    let field = format!("[[fields]]\nname = \"cell\"\n{}\nquarterday = {{ class = \"direct\" }}\n", kind.field());
    table(&[(field.as_str(), (0..ROWS).map(cell).collect())], "")
}

/// Cells that are as they should be.
#[divan::bench(args = Kind::ALL)]
fn good_cells(bencher: Bencher<'_, '_>, kind: Kind) {
    let (checker, chunk) = of_kind(kind, 0);
    assert!(checker.chunk(&chunk).hits.is_empty(), "{kind:?}");
    bencher.counter(ItemsCount::new(ROWS)).bench_local(|| black_box(checker.chunk(black_box(&chunk))));
}

/// One cell in five has a space too much.
#[divan::bench(args = [Kind::Email, Kind::Postcode, Kind::Identifier, Kind::Listed, Kind::Date, Kind::Number])]
fn faulty_cells(bencher: Bencher<'_, '_>, kind: Kind) {
    let (checker, chunk) = of_kind(kind, 5);
    assert_eq!(checker.chunk(&chunk).hits.len(), ROWS.div_ceil(5), "{kind:?}");
    bencher.counter(ItemsCount::new(ROWS)).bench_local(|| black_box(checker.chunk(black_box(&chunk))));
}

/// Two columns that make a key: their digests, and which of them are equal.
#[divan::bench]
fn equal_keys(bencher: Bencher<'_, '_>) {
    let field = |name: &str| format!("[[fields]]\nname = \"{name}\"\nquarterday = {{ class = \"direct\" }}\n");
    let (one, two) = (field("partner"), field("number"));
    let partner = |row| format!("P{:02}", mixed(row) % 40);
    let number = |row| Kind::Identifier.cell(if row % 100 == 99 { row - 1 } else { row });
    let columns = [
        (one.as_str(), (0..ROWS).map(|row| partner(row - usize::from(row % 100 == 99))).collect()),
        (two.as_str(), (0..ROWS).map(number).collect()),
    ];
    let (checker, chunk) = table(&columns, "uniqueKeys = [[\"partner\", \"number\"]]");
    bencher.counter(ItemsCount::new(ROWS)).bench_local(|| {
        let keys = checker.chunk(black_box(&chunk)).keys;
        let hits = checker.keys(&[keys]);
        assert_eq!(hits.len(), 2 * (ROWS / 100));
        hits
    });
}
