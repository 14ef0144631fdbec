//! What is written as RFC 4180 reads back equal, however it is cut into blocks.

use super::{Row, read_bytes};
use crate::Request;
use proptest::prelude::*;

/// A file of these rows below a heading row, and what must be read: rows that are wholly blank count
/// and are no data.
fn written(rows: &[Vec<String>], end: &str, always_quoted: bool) -> (String, Vec<Row>) {
    let width = rows[0].len();
    let mut text = (0..width).map(|column| format!("heading {column}")).collect::<Vec<_>>().join(",") + end;
    let mut expected = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let cells = row.iter().map(|cell| {
            let needs = cell.contains([',', '"', '\r', '\n', '\t', ';', '|']);
            if always_quoted || needs { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.clone() }
        });
        text += &(cells.collect::<Vec<_>>().join(",") + end);
        if row.iter().any(|cell| !cell.is_empty()) {
            expected.push((index as u32 + 2, row.iter().cloned().map(Some).collect()));
        }
    }
    (text, expected)
}

/// No piece is a sentence: one that stands alone in a last row is a note below the table, and no data.
fn cell() -> impl Strategy<Value = String> {
    let pieces = ["a", "é", "\u{1f642}", ",", "\"", "\n", "\r\n", "\r", " ", "1", "longer-than-twelve-bytes", ";"];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..4).prop_map(|pieces| pieces.concat())
}

fn table() -> impl Strategy<Value = Vec<Vec<String>>> {
    (2usize..5).prop_flat_map(|width| prop::collection::vec(prop::collection::vec(cell(), width), 1..12))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_table_reads_back_equal(
        rows in table(),
        end in prop::sample::select(vec!["\n", "\r\n", "\r"]),
        quoted in any::<bool>(),
        block in prop::sample::select(vec![1usize, 2, 3, 5, 8, 13, 64, 4096]),
    ) {
        // The heading row is what this law does not test: a declared delimiter keeps it simple.
        let (text, expected) = written(&rows, end, quoted);
        let read = read_bytes(format!("sep=,{end}{text}").as_bytes(), &Request::default(), Some(block));
        prop_assume!(read.heading_row == 1);
        prop_assert_eq!(read.rows, expected);
        prop_assert!(read.findings.iter().all(|finding| finding.ends_with("no-rows")));
    }

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        read_bytes(&bytes, &Request::default(), None);
    }

    #[test]
    fn blocks_do_not_change_what_is_read(
        text in prop::collection::vec(prop::sample::select(vec!["a", ",", "\"", "\n", "\r", "é", "\u{fffd}"]), 0..60),
        block in 1usize..20,
    ) {
        // What stands below a table is looked for in the last block only, and so it ends with a record.
        let bytes = format!("x,y\n1,2\n{}\n9,9\n", text.concat());
        let (small, large) = (
            read_bytes(bytes.as_bytes(), &Request::default(), Some(block)),
            read_bytes(bytes.as_bytes(), &Request::default(), Some(1 << 20)),
        );
        let ends = |read: &super::Read| read.findings.iter().any(|finding| finding.contains("unclosed"));
        prop_assert_eq!(ends(&small), ends(&large));
        if !ends(&small) {
            prop_assert_eq!(small.table(), large.table());
            prop_assert_eq!(small.findings, large.findings);
        }
    }
}
