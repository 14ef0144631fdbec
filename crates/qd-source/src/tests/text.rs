//! Text files: grammar, encodings, headings, and what is said of each.

use super::{read_bytes, schema};
use crate::Request;

/// Reads without a schema, in the usual block and in blocks as small as a record.
fn check(bytes: impl AsRef<[u8]>, table: &str, findings: &[&str]) {
    for block in [None, Some(1), Some(7)] {
        let read = read_bytes(bytes.as_ref(), &Request::default(), block);
        assert_eq!(read.table(), table, "block {block:?}");
        assert_eq!(read.findings, findings, "block {block:?}");
    }
}

#[test]
fn the_grammar_is_rfc_4180_read_generously() {
    check("a,b\n1,2\n", "1: a|b\n2: 1|2", &[]);
    check("a,b\n1,2", "1: a|b\n2: 1|2", &[]);
    check("a,b\r\n1,\r\n", "1: a|b\n2: 1|", &[]);
    check("a,b\r1,2\r3,4\r", "1: a|b\n2: 1|2\n3: 3|4", &[]);
    check("a,b\n\"1\n1\",\"x \"\"y\"\"\"\n3,4\n", "1: a|b\n2: 1\n1|x \"y\"\n3: 3|4", &[]);
    check("a,b\r\n\"1\r\n1\",2\r\n3,4", "1: a|b\n2: 1\r\n1|2\n3: 3|4", &[]);
    check("a,b\n5\" pipe,6\n7,8\n", "1: a|b\n2: 5\" pipe|6\n3: 7|8", &[]);
    check("a,b\n1,x\0y\n", "1: a|b\n2: 1|x\0y", &["2 - undecodable"]);
    check("a,b\n1,\"x\" y\n2,z\n", "1: a|b\n2: 1|x y\n3: 2|z", &["2 - stray-quote"]);
    check("a,b\n\"x \\\"y\\\", z\",2\n\"\n\",4\n", "1: a|b\n2: x \"y\", z|2\n3: \n|4", &[]);
    check("a, b\n\"1, 2\", \"3\"\n\"4\", \"5\"\n", "1: a|b\n2: 1, 2|3\n3: 4|5", &[]);
    check("'a','b'\n'1, 2','it''s'\n'4','5'\n", "1: a|b\n2: 1, 2|it's\n3: 4|5", &[]);
}

#[test]
fn blank_lines_count_and_are_no_data() {
    check("a,b\n\n1,2\n,\n\n3,4\n\n", "1: a|b\n3: 1|2\n6: 3|4", &[]);
    check("\n\na,b\n1,2\n", "3: a|b\n4: 1|2", &[]);
}

#[test]
fn delimiters_are_found() {
    check("a;b\n1,5;2\n", "1: a|b\n2: 1,5|2", &[]);
    check("a\tb\n1\t2\n", "1: a|b\n2: 1|2", &[]);
    check("a|b\n1|2\n", "1: a|b\n2: 1|2", &[]);
    check("sep=|\r\na|b,c\r\n1|2\r\n", "1: a|b,c\n2: 1|2", &[]);
    check("name\nx\ny\n", "1: name\n2: x\n3: y", &[]);
}

#[test]
fn encodings_are_found() {
    let text = "naïve,b\nZoë,2\n";
    check(text, "1: naïve|b\n2: Zoë|2", &[]);
    check(["\u{feff}", text].concat(), "1: naïve|b\n2: Zoë|2", &[]);
    check(["\u{feff}\u{feff}", text, "\x1a"].concat(), "1: naïve|b\n2: Zoë|2", &[]);
    let row = "Żółć gęślą jaźń,świętość źdźbło mężczyzna\n";
    let polish =
        read_bytes(&encoding_rs::WINDOWS_1250.encode(&["a,b\n", &row.repeat(6)].concat()).0, &Request::default(), None);
    assert!(polish.table().ends_with("7: Żółć gęślą jaźń|świętość źdźbło mężczyzna"), "{}", polish.messages);
    let japanese = encoding_rs::SHIFT_JIS.encode("a,b\n日本語の注釈です,東京都\nこれはテスト,大阪府\n").0.into_owned();
    check(japanese, "1: a|b\n2: 日本語の注釈です|東京都\n3: これはテスト|大阪府", &["- - encoding"]);
    check(b"na\xefve,b\nZo\xeb,2\n", "1: naïve|b\n2: Zoë|2", &["- - encoding"]);
    let wide =
        |mark: &str, to: fn(u16) -> [u8; 2]| format!("{mark}{text}").encode_utf16().flat_map(to).collect::<Vec<u8>>();
    for mark in ["\u{feff}", ""] {
        check(wide(mark, u16::to_le_bytes), "1: naïve|b\n2: Zoë|2", &["- - encoding"]);
        check(wide(mark, u16::to_be_bytes), "1: naïve|b\n2: Zoë|2", &["- - encoding"]);
    }
}

#[test]
fn bytes_that_are_no_characters_stay_visible() {
    check(b"\xef\xbb\xbfa,b\nZo\xc3,2\nx,y\n", "1: a|b\n2: Zo\u{fffd}|2\n3: x|y", &["2 - undecodable"]);
    let mostly = "é".repeat(20).into_bytes();
    let bytes = [b"a,b\n".as_slice(), &mostly, b",\xe9\n1,2\n"].concat();
    let expected = format!("1: a|b\n2: {}|\u{fffd}\n3: 1|2", "é".repeat(20));
    check(bytes, &expected, &["2 - undecodable"]);
}

#[test]
fn ragged_rows_are_held_and_not_shifted() {
    check(
        "a,b,c\n1,2\n3,4,5\n6,7,8,9\n",
        "1: a|b|c|\n2: 1|2|~|~\n3: 3|4|5|~\n4: 6|7|8|9",
        &["2 - ragged-row", "4 - ragged-row"],
    );
    check("a,b,,\n1,2\n3,4,,\n5,6,\n7\n", "1: a|b\n2: 1|2\n3: 3|4\n4: 5|6\n5: 7|~", &["5 - ragged-row"]);
}

#[test]
fn an_empty_table_is_a_nil_return() {
    check("name,start\n", "1: name|start", &["- - no-rows"]);
    check("name,start\r\n\r\n", "1: name|start", &["- - no-rows"]);
}

#[test]
fn title_rows_are_passed_over() {
    let text = "Return for the quarter\n\nname,start,strand\na,2022-07-01,x\nb,2022-07-02,y\n";
    check(text, "3: name|start|strand\n4: a|2022-07-01|x\n5: b|2022-07-02|y", &[]);
}

/// Reads with a schema.
fn check_with(toml: &str, headings: &[(&str, &str)], text: &str, table: &str, findings: &[&str]) {
    let schema = schema(toml);
    let headings: Vec<(String, String)> = headings.iter().map(|(a, b)| ((*a).into(), (*b).into())).collect();
    let request = Request { schema: Some(&schema), headings: &headings, ..Request::default() };
    let read = read_bytes(text.as_bytes(), &request, None);
    assert_eq!(read.findings, findings, "{text:?}: {}", read.messages);
    if !table.is_empty() {
        assert_eq!(read.table(), table);
    }
}

const OURS: &str = r#"
[quarterday]
not_collected = ["Religion or belief"]
[[fields]]
name = "ref"
title = "Client ref"
constraints = { required = true }
[[fields]]
name = "start"
quarterday = { aliases = ["Date joined"] }
"#;

#[test]
fn headings_find_their_fields() {
    check_with(OURS, &[], "ref,start\nA,B\n", "1: ref|start\n2: A|B", &[]);
    check_with(OURS, &[], "CLIENT-REF:,date  joined\nA,B\n", "1: CLIENT-REF:|date  joined\n2: A|B", &[]);
    check_with(OURS, &[("Nr", "ref")], "nr,start\nA,B\n", "1: nr|start\n2: A|B", &[]);
    check_with(OURS, &[], "Title,,\nref,start,shoe\nA,B,44\n", "2: ref|start|shoe\n3: A|B|~", &["- C unknown-column"]);
}

#[test]
fn a_mapping_wins_over_the_schemas_words() {
    let found = ["- B unknown-column"];
    check_with(OURS, &[("Nr", "ref")], "Nr,ref,start\nA,B,C\n", "1: Nr|ref|start\n2: A|~|C", &found);
    check_with(OURS, &[], "ref,Client ref\nA,B\n", "", &["- B duplicate-heading"]);
}

#[test]
fn missing_columns_suggest_a_near_heading() {
    check_with(OURS, &[], "Clientref2,start\nA,B\n", "", &["- - missing-column", "- A unknown-column"]);
    let schema = schema(OURS);
    let request = Request { schema: Some(&schema), ..Request::default() };
    let read = read_bytes(b"Client reff,start\nA,B\n", &request, None);
    assert!(read.messages.contains("the heading \"Client reff\": is that it?"), "{}", read.messages);
}

#[test]
fn what_must_not_arrive_is_not_read() {
    let schema = schema(OURS);
    let request = Request { schema: Some(&schema), ..Request::default() };
    let read = read_bytes(b"ref,Religion or Belief,start\nA,secret,B\n", &request, None);
    assert_eq!(read.table(), "1: ref|Religion or Belief|start\n2: A|~|B");
    assert_eq!((read.findings, read.quarantined), (vec!["- B not-collected".to_owned()], vec![1]));
}

#[test]
fn columns_without_a_heading_are_said() {
    check_with(OURS, &[], "ref,,start\nA,,B\n", "1: ref|start\n2: A|B", &[]);
    check_with(OURS, &[], "ref,,start\nA,x,B\nC,y,D\n", "1: ref|start\n2: A|B\n3: C|D", &["- B blank-heading"]);
}

#[test]
fn plain_schemas_behave_as_the_standard_says() {
    let plain = |fields_match: &str| {
        format!("fieldsMatch = \"{fields_match}\"\nfields = [{{ name = \"a\" }}, {{ name = \"b\" }}]\n")
    };
    for (word, text, findings) in [
        ("exact", "a,b\n1,2\n", &[][..]),
        ("exact", "b,a\n1,2\n", &["- A column-order"][..]),
        ("exact", "A,b\n1,2\n", &["- - missing-column", "- A unknown-column"][..]),
        ("equal", "b,a\n1,2\n", &[][..]),
        ("equal", "a,b,c\n1,2,3\n", &["- C unknown-column"][..]),
        ("subset", "a,b,c\n1,2,3\n", &["- C unknown-column"][..]),
        ("subset", "a,c\n1,2\n", &["- - missing-column", "- B unknown-column"][..]),
        ("superset", "a\n1\n", &[][..]),
        ("superset\"\nprimaryKey = \"b", "a\n1\n", &["- - missing-column"][..]),
        ("superset", "a,c\n1,2\n", &["- B unknown-column"][..]),
        ("partial", "a,c\n1,2\n", &["- B unknown-column"][..]),
        ("partial", "c,d\n1,2\n", &["- - wrong-template"][..]),
        ("exact", "title\na,b\n1,2\n", &["- - wrong-template"][..]),
    ] {
        check_with(&plain(word), &[], text, "", findings);
    }
}

#[test]
fn a_rejected_file_still_has_its_rows_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, "start\nA\nB\n").unwrap();
    let schema = schema(OURS);
    let request = Request { schema: Some(&schema), ..Request::default() };
    let crate::Opened::Rejected(rejection) = crate::open(&path, &request) else {
        panic!("a required column is missing")
    };
    assert_eq!(rejection.rows, 2);
}

#[test]
fn an_unclosed_quote_names_its_row() {
    for block in [1, 1000] {
        let read = read_bytes(b"a,b\n1,2\n3,\"4\n5,6\n", &Request::default(), Some(block));
        assert_eq!(read.findings, ["- - unclosed-quote"]);
        assert!(read.messages.contains("in row 3 "), "{}", read.messages);
    }
}

#[test]
fn strangers_are_named() {
    for (bytes, what) in [
        (&b""[..], "is empty"),
        (b"%PDF-1.7\n%", "is a PDF"),
        (b"<!DOCTYPE html><table>", "is an HTML page"),
        (b"\xef\xbb\xbf  <html xmlns", "is an HTML page"),
        (b"PK\x03\x04half a file", "is truncated"),
        (b"\x1f\x8b\x08\x00", "is a gzip file that is truncated"),
        (b"{\"a\": 1}", "is JSON"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1E\0n\0c\0r\0y\0p\0t\0i\0o\0n\0I\0n\0f\0o\0", "password-protected"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1W\0o\0r\0k\0b\0o\0o\0k\0", "it is an old Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1W\0o\0r\0d\0D\0o\0c\0u\0m\0e\0n\0t\0", "old Word document"),
        (b"\x00\x01\x02\x03\x04\x05\x06\x07", "neither a workbook nor text"),
        (b"\n\n", "holds no cell"),
    ] {
        let read = read_bytes(bytes, &Request::default(), None);
        assert_eq!(read.findings, ["- - unreadable"], "{what}");
        assert!(read.messages.contains(what), "{} is not {what}", read.messages);
    }
}

#[test]
fn a_sentence_below_the_records_is_left_out_only_where_it_cannot_be_one() {
    let sentence = "Hours are those that the tutors wrote down";
    let head = "Ref,Hours,Remarks\nA,1,\n";
    let read = |tail: &str, rows: &str, findings: &[&str]| {
        let rows = if rows.is_empty() { String::new() } else { format!("\n{rows}") };
        let read = read_bytes(format!("{head}{tail}").as_bytes(), &Request::default(), None);
        assert_eq!(read.table(), format!("1: Ref|Hours|Remarks\n2: A|1|{rows}"));
        assert_eq!(read.findings, findings);
    };
    // Nobody knows: it is read, and held.
    read(&format!("{sentence},,\n"), &format!("3: {sentence}||"), &["3 - lone-sentence"]);
    read(&format!(",,{sentence}\n"), &format!("3: ||{sentence}"), &["3 - lone-sentence"]);
    read("Noted that the client came late,,\n", "3: Noted that the client came late||", &["3 - lone-sentence"]);
    // It says itself that it is a note, or stands apart.
    read("Note: hours are rounded,,\n", "", &["3 - below-table"]);
    read("* provisional figures,,\n", "", &["3 - below-table"]);
    read(&format!(",,\n{sentence},,\n{sentence},,\n"), "", &["4 - below-table", "5 - below-table"]);
    read(&format!("Total,1,\n{sentence},,\n"), "", &["3 - below-table", "4 - below-table"]);
    // What is not alone is a record, and so is what is no sentence.
    read(&format!("{sentence},2,\n"), &format!("3: {sentence}|2|"), &[]);
    read("B,,\n", "3: B||", &[]);
}

#[test]
fn what_stands_at_the_end_is_seen_wherever_blocks_end() {
    let rows: String = (0..40).map(|row| format!("A{row},{row},x\n")).collect::<Vec<_>>().concat();
    let text = format!("Ref,Hours,Remarks\n{rows}Total,780,\n");
    for block in 1..text.len() + 2 {
        let read = read_bytes(text.as_bytes(), &Request::default(), Some(block));
        assert_eq!(read.findings, ["42 - below-table"], "block {block}");
        assert_eq!(read.rows.len(), 40, "block {block}");
    }
}

#[test]
fn files_that_were_put_together_repeat_their_mark_with_their_headings() {
    let one = "\u{feff}Ref,Hours,Remarks\nA,1,x\n";
    check(one.repeat(2), "1: Ref|Hours|Remarks\n2: A|1|x\n4: A|1|x", &["3 - repeated-heading"]);
}

#[test]
fn a_separator_at_the_end_of_every_record_but_the_headings_is_no_cell() {
    check("Ref,Hours\nA,1,\nB,2,\n", "1: Ref|Hours\n2: A|1\n3: B|2", &[]);
    // One that only some have may be a cell that has moved.
    check("Ref,Hours\nA,1,\nB,2\n", "1: Ref|Hours\n2: A|1\n3: B|2", &["2 - ragged-row"]);
    check("Ref,Hours\nA,1,\nB,2,,\n", "1: Ref|Hours\n2: A|1\n3: B|2", &["2 - ragged-row", "3 - ragged-row"]);
}

#[test]
fn rows_of_one_cell_that_are_not_recognised_say_so() {
    let schema = schema(OURS);
    let request = Request { schema: Some(&schema), ..Request::default() };
    let read = read_bytes(b"Ref  Start\nA    x\n", &request, None);
    assert_eq!(read.findings, ["- - wrong-template"]);
    assert!(read.messages.contains("rows have one cell each"), "{}", read.messages);
}
