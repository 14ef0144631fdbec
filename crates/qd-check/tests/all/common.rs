//! A schema and some data as text, judged, for the tests of this room.

use arrow::array::StringViewArray;
use qd_check::{Checker, Judged, Settings};
use qd_model::finding::{ShowValues, column_letters};
use qd_model::report::ColumnReport;
use qd_model::{Fault, Hit, Schema, Syntax};
use qd_table::{Chunk, Shape, Stored, TextColumn};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a workbook shows where a formula failed; in these tests such a cell is stored as an error.
const ERRORS: [&str; 4] = ["#REF!", "#N/A", "#DIV/0!", "#VALUE!"];

pub(crate) struct Case {
    pub(crate) schema: Arc<Schema>,
    pub(crate) shape: Shape,
    pub(crate) checker: Checker,
}

pub(crate) fn schema(toml: &str) -> Arc<Schema> {
    let schema = Schema::parse(toml, Syntax::Toml, "table").expect("a good schema");
    assert_eq!(qd_check::mistakes(&schema), []);
    Arc::new(schema)
}

impl Case {
    /// Headings are names of fields.
    pub(crate) fn new(schema: &Arc<Schema>, headings: &[String]) -> Self {
        let columns = headings.iter().zip(0..).map(|(heading, column)| ColumnReport {
            column,
            heading: heading.clone(),
            field: schema.field(heading).map(|field| field.name.clone()),
        });
        let shape = Shape { heading_row: 1, columns: columns.collect(), ..Shape::default() };
        let severities = BTreeMap::new();
        let settings = Settings { formats: &[], severities: &severities, show: ShowValues::Plain };
        let checker = Checker::new(schema, &shape, &settings);
        Self { schema: schema.clone(), shape, checker }
    }

    pub(crate) fn judge(&self, chunk: &Chunk) -> (Judged, Vec<Hit>) {
        let judged = self.checker.chunk(chunk);
        let mut hits = judged.hits.clone();
        hits.extend(self.checker.keys(std::slice::from_ref(&judged.keys)));
        (judged, hits)
    }
}

/// Rows of cells as a chunk whose first row is the spreadsheet's second.
pub(crate) fn chunk(rows: &[Vec<String>], columns: usize) -> Chunk {
    let columns = (0..columns).map(|column| {
        let cells = || rows.iter().map(|row| row.get(column).map_or("", String::as_str));
        let is_error = |text: &str| ERRORS.contains(&text);
        let stored = cells()
            .any(is_error)
            .then(|| cells().map(|text| if is_error(text) { Stored::Error } else { Stored::Text }).collect());
        TextColumn { text: StringViewArray::from_iter_values(cells()), stored }
    });
    Chunk { rows: (2..).take(rows.len()).collect(), columns: columns.collect() }
}

/// `row column code`, sorted; a finding without a column has `-`.
pub(crate) fn lines(faults: &[Fault], hits: &[Hit]) -> Vec<String> {
    let mut lines: Vec<(u32, String, String)> = hits
        .iter()
        .map(|hit| {
            let fault = &faults[hit.fault as usize];
            (hit.row, fault.column.map_or("-".to_owned(), column_letters), fault.code.to_string())
        })
        .collect();
    lines.sort();
    lines.into_iter().map(|(row, column, code)| format!("{row} {column} {code}")).collect()
}

/// Records of a small CSV text, quotes and line breaks inside them included.
pub(crate) fn records(text: &str) -> Vec<Vec<String>> {
    let mut records = vec![vec![String::new()]];
    let mut is_quoted = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let record = records.last_mut().expect("there is always one");
        let cell = record.last_mut().expect("there is always one");
        match letter {
            '"' if is_quoted && letters.next_if_eq(&'"').is_some() => cell.push('"'),
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => record.push(String::new()),
            '\n' if !is_quoted => records.push(vec![String::new()]),
            other => cell.push(other),
        }
    }
    records.pop_if(|last| last.len() == 1 && last[0].is_empty());
    records
}

/// A schema and a CSV text, judged whole.
pub(crate) fn judge(toml: &str, csv: &str) -> (Case, Judged, Vec<String>) {
    let mut records = records(csv);
    let headings = records.remove(0);
    let case = Case::new(&schema(toml), &headings);
    let (judged, hits) = case.judge(&chunk(&records, headings.len()));
    let mut lines = lines(case.checker.faults(), &hits);
    for key in &case.schema.foreign_keys {
        let typed = std::slice::from_ref(&judged.typed);
        let rows = qd_check::foreign_key(&case.schema, key, typed, &case.schema, &[&judged.typed]);
        let severities = BTreeMap::new();
        let settings = Settings { formats: &[], severities: &severities, show: ShowValues::Plain };
        let fault = qd_check::foreign_key_fault(&case.schema, key, &case.shape, &settings);
        let column = fault.column.map_or("-".to_owned(), column_letters);
        lines.extend(rows.iter().map(|row| format!("{row} {column} {}", fault.code)));
    }
    (case, judged, lines)
}
