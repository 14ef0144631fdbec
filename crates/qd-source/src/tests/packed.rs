//! Tables in packed files: one is read, several are named, and none unfolds without end.

use super::{corpora, read_bytes, read_file, schema};
use crate::Request;
use std::io::{Cursor, Write};

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let mut archive = zip::ZipWriter::new(&mut bytes);
    for (name, content) in files {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap();
    bytes.into_inner()
}

fn gzipped(content: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    out.write_all(content).unwrap();
    out.finish().unwrap()
}

fn check(bytes: &[u8], table: &str, findings: &[&str], says: &str) {
    let read = read_bytes(bytes, &Request::default(), None);
    assert_eq!(read.findings, findings, "{}", read.messages);
    assert!(read.messages.contains(says), "{}", read.messages);
    if findings.is_empty() {
        assert_eq!(read.table(), table);
    }
}

#[test]
fn one_table_in_a_packed_file_is_read() {
    let (text, table) = (b"a,b\n1,2\n".as_slice(), "1: a|b\n2: 1|2");
    check(&gzipped(text), table, &[], "");
    check(&[gzipped(b"a,b\n"), gzipped(b"1,2\n")].concat(), table, &[], "");
    check(&zipped(&[("a.csv", text)]), table, &[], "");
    check(&zipped(&[("folder/a.csv", text), ("__MACOSX/folder/._a.csv", b"x"), (".DS_Store", b"x")]), table, &[], "");
    check(&zipped(&[("a.csv", text), ("guide.pdf", b"%PDF-1.7")]), table, &[], "");
    check(&gzipped(&zipped(&[("a.csv", text)])), table, &[], "");
}

#[test]
fn what_a_packed_workbook_hides_is_told() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (row, text) in (0u32..).zip(["a", "1", "2"]) {
        sheet.write_string(row, 0, text).unwrap();
    }
    sheet.set_row_hidden(1).unwrap();
    let bytes = book.save_to_buffer().unwrap();
    check(&zipped(&[("a.xlsx", &bytes)]), "", &["- - hidden"], "");
    let several = zipped(&[("a.xlsx", &bytes), ("b.csv", b"c,d\n3,4\n")]);
    let read = read_bytes(&several, &Request { sheet: Some("a"), ..Request::default() }, None);
    assert_eq!(read.findings, ["- - hidden"], "{}", read.messages);
}

#[test]
fn what_is_not_one_table_is_said() {
    let reject = &["- - unreadable"][..];
    let text = b"a,b\n1,2\n".as_slice();
    check(&zipped(&[("guide.pdf", b"%PDF-1.7")]), "", reject, "without a table in it");
    check(&zipped(&[]), "", reject, "without a table in it");
    check(&gzipped(b"%PDF-1.7"), "", reject, "is a PDF");
    let whole = gzipped(&text.repeat(100));
    check(&whole[..whole.len() / 2], "", reject, "is a gzip file that is truncated");
    let mut deep = text.to_vec();
    for _ in 0..4 {
        deep = gzipped(&deep);
    }
    check(&deep, "", &["- - too-large"], "packed more than 3 times over");
}

#[test]
fn one_of_several_tables_is_chosen_and_never_the_first_silently() {
    let text = b"a,b\n1,2\n".as_slice();
    let several =
        zipped(&[("a.csv", text), ("more/b.csv", b"c,d\n3,4\n"), ("broken.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")]);
    check(&several, "", &["- - several-sheets"], "\"a.csv\" and \"b.csv\"");
    for name in ["b.csv", "b", "B.CSV"] {
        let read = read_bytes(&several, &Request { sheet: Some(name), ..Request::default() }, None);
        assert_eq!(read.table(), "1: c|d\n2: 3|4", "{}", read.messages);
    }
    let missing = read_bytes(&several, &Request { sheet: Some("c.csv"), ..Request::default() }, None);
    assert_eq!(missing.findings, ["- - sheet-not-found"]);
    let schema = schema("[quarterday]\n[[fields]]\nname = \"c\"\nconstraints = { required = true }");
    let read = read_bytes(&several, &Request { schema: Some(&schema), ..Request::default() }, None);
    assert_eq!(read.table(), "1: c|d\n2: 3|~", "{}", read.messages);
    assert!(read.messages.contains("\"broken.xls\" was passed over"), "{}", read.messages);
}

#[test]
fn passwords_are_named() {
    let Some(folder) = corpora("qsv") else { return };
    for name in ["password-protected-password123.ods", "password-protected-password123.xlsx"] {
        let read = read_file(&folder.join(name), &Request::default());
        assert!(read.messages.contains("is a password-protected workbook"), "{name}: {}", read.messages);
    }
}
