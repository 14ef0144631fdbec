//! Laws that hold for any table: one bad cell is one finding, and chunks do not matter.

use crate::common::{Case, chunk, lines, schema};
use proptest::prelude::*;
use qd_check::Judged;
use qd_model::Hit;
use qd_table::{Chunk, TextColumn, Typed};

const TOML: &str = "
uniqueKeys = [['sex', 'date', 'hours']]
primaryKey = 'id'
[quarterday]
[[fields]]
name = 'id'
constraints = { required = true }
[[fields]]
name = 'date'
type = 'date'
format = '%d/%m/%Y'
constraints = { minimum = '2000-01-01' }
[[fields]]
name = 'hours'
type = 'number'
constraints = { maximum = 80 }
[[fields]]
name = 'sex'
categories = [{ value = 'F', label = 'Female' }, { value = 'M', label = 'Male' }]
[[fields]]
name = 'flag'
type = 'boolean'
constraints = { required = true }
[[fields]]
name = 'postcode'
quarterday = { kind = 'uk-postcode' }
[[fields]]
name = 'remark'
constraints = { maxLength = 20, pattern = '[^!]*' }
";
const HEADINGS: [&str; 7] = ["id", "date", "hours", "sex", "flag", "postcode", "remark"];

/// Bad cells by column, with the code that each raises.
const BAD: [(usize, &str, &str); 11] = [
    (0, "", "primary-key"),
    (1, "31/02/2022", "type"),
    (1, "31/12/1999", "minimum"),
    (2, "eighty", "type"),
    (2, "80.5", "maximum"),
    (2, "#REF!", "cell-error"),
    (3, "X", "enum"),
    (4, "", "required"),
    (4, "perhaps", "type"),
    (5, "AAA", "uk-postcode"),
    (6, "no!", "pattern"),
];

fn case() -> Case {
    Case::new(&schema(TOML), &HEADINGS.map(str::to_owned))
}

/// A row without a fault, told from all others by its number.
fn good_row() -> impl Strategy<Value = Vec<String>> {
    let date = (1u8..=28, 1u8..=12, 2000u16..2030).prop_map(|(day, month, year)| format!("{day:02}/{month:02}/{year}"));
    let sex = prop::sample::select(vec!["F", "Male", "female", ""]);
    let flag = prop::sample::select(vec!["yes", "No", "true", "0"]);
    let postcode = prop::sample::select(vec!["B1 1AA", "sw1a1aa", "ZZ99 9ZZ", ""]);
    (date, 0u32..800, sex, flag, postcode, "[a-zé ]{0,20}").prop_map(|(date, hours, sex, flag, postcode, remark)| {
        let hours = format!("{}.{}", hours / 10, hours % 10);
        [String::new(), date, hours, sex.to_owned(), flag.to_owned(), postcode.to_owned(), remark].to_vec()
    })
}

/// Rows that differ in their key; hours are made to differ so that no unique key is met.
fn good_rows() -> impl Strategy<Value = Vec<Vec<String>>> {
    prop::collection::vec(good_row(), 1..30).prop_map(|mut rows| {
        for (number, row) in rows.iter_mut().enumerate() {
            row[0] = format!("id {number}");
            row[2] = format!("{number}.{}", row[2].len());
        }
        rows
    })
}

/// Rows with anything in them, much of it twice.
fn any_rows() -> impl Strategy<Value = Vec<Vec<String>>> {
    let cells = [
        vec!["1", "2", "", " 1"],
        vec!["01/01/2022", "1/1/2022", "1999-01-01", "x", ""],
        vec!["1", "1.0", "81", "x", "", "#N/A"],
        vec!["F", "female", "X", ""],
        vec!["y", "n", "perhaps", ""],
        vec!["b11aa", "B1 1AA", "AAA", ""],
        vec!["a remark of some length", "short ", "no!", "a\u{a0}b", ""],
    ];
    let row = cells.map(|cells| prop::sample::select(cells).prop_map(str::to_owned));
    prop::collection::vec(row.prop_map(|row| row.to_vec()), 0..40)
}

/// The chunk cut before each of the rows named.
fn cut(whole: &Chunk, cuts: &[usize]) -> Vec<Chunk> {
    let mut bounds: Vec<usize> = cuts.iter().map(|at| at % (whole.rows.len() + 1)).collect();
    bounds.extend([0, whole.rows.len()]);
    bounds.sort_unstable();
    let pieces = bounds.windows(2).map(|bounds| {
        let (from, to) = (bounds[0], bounds[1]);
        let columns = whole.columns.iter().map(|column| TextColumn {
            text: column.text.slice(from, to - from),
            stored: column.stored.as_ref().map(|stored| stored[from..to].to_vec()),
        });
        Chunk { rows: whole.rows[from..to].to_vec(), columns: columns.collect() }
    });
    pieces.collect()
}

fn sorted(mut hits: Vec<Hit>) -> Vec<Hit> {
    hits.sort_by_key(|hit| (hit.row, hit.fault));
    hits
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn one_bad_cell_is_one_finding(rows in good_rows(), at in any::<prop::sample::Index>(), bad in 0..BAD.len()) {
        let case = case();
        let (_, hits) = case.judge(&chunk(&rows, 7));
        prop_assert_eq!(lines(case.checker.faults(), &hits), [""; 0]);
        let (column, text, code) = BAD[bad];
        let row = at.index(rows.len());
        let mut rows = rows;
        rows[row][column] = text.to_owned();
        let (judged, hits) = case.judge(&chunk(&rows, 7));
        let letter = ["A", "B", "C", "D", "E", "F", "G"][column];
        let mut expected = vec![format!("{} {letter} {code}", row + 2)];
        if column == 0 {
            expected.push(format!("{} {letter} required", row + 2));
        }
        prop_assert_eq!(lines(case.checker.faults(), &hits), expected);
        let is_null = matches!(code, "type" | "enum" | "uk-postcode" | "cell-error");
        prop_assert_eq!(judged.typed.unreadable[column].is_some(), is_null);
        prop_assert_eq!(arrow::array::Array::is_null(judged.typed.column(column), row), is_null || text.is_empty());
    }

    #[test]
    fn chunks_do_not_matter(rows in any_rows(), cuts in prop::collection::vec(any::<usize>(), 0..4)) {
        let case = case();
        let whole = chunk(&rows, 7);
        let (expected, expected_hits) = case.judge(&whole);
        let parts: Vec<Judged> = cut(&whole, &cuts).iter().map(|part| case.checker.chunk(part)).collect();
        let keys: Vec<_> = parts.iter().map(|part| part.keys.clone()).collect();
        let mut hits: Vec<Hit> = parts.iter().flat_map(|part| part.hits.clone()).collect();
        hits.extend(case.checker.keys(&keys));
        prop_assert_eq!(sorted(hits), sorted(expected_hits));
        let typed: Vec<Typed> = parts.into_iter().map(|part| part.typed).collect();
        let joined = Typed::concat(&Typed::arrow_schema(&case.schema), &typed);
        prop_assert_eq!(&joined.batch, &expected.typed.batch);
        prop_assert_eq!(&joined.rows, &expected.typed.rows);
        prop_assert_eq!(&joined.unreadable, &expected.typed.unreadable);
    }
}
