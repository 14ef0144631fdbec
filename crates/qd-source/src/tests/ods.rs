//! `OpenDocument` spreadsheets that no program at hand writes: formulas without a result.

use super::read_bytes;
use crate::Request;
use std::io::Write;

/// A spreadsheet of one sheet with these rows below its headings.
fn spreadsheet(rows: &str) -> Vec<u8> {
    let cell = |text: &str| {
        format!("<table:table-cell office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>")
    };
    let headings = ["Ref", "Hours", "Start"].map(cell).concat();
    let content = format!(
        "<office:document-content><office:body><office:spreadsheet><table:table table:name=\"Data\">\
         <table:table-row>{headings}</table:table-row>{rows}</table:table></office:spreadsheet></office:body>\
         </office:document-content>"
    );
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, text) in [("mimetype", "application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", &*content)] {
        archive.start_file(name, stored).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// The cells of a row after its reference, and what is found.
fn check(cells: &str, table: &str, findings: &[&str], said: &str) {
    let reference = "<table:table-cell office:value-type=\"string\"><text:p>A</text:p></table:table-cell>";
    let rows = format!("<table:table-row>{reference}{cells}</table:table-row>");
    let read = read_bytes(&spreadsheet(&rows), &Request::default(), None);
    assert_eq!(read.findings, findings, "{cells}: {}", read.messages);
    assert_eq!(read.table(), format!("1: Ref|Hours|Start\n{table}"), "{cells}");
    assert!(read.messages.contains(said), "{cells}: {}", read.messages);
}

#[test]
fn a_formula_without_a_result_is_told() {
    let result = "<table:table-cell table:formula=\"of:=1+1\" office:value-type=\"float\" office:value=\"2\"><text:p>2</text:p></table:table-cell>";
    let empty_text =
        "<table:table-cell table:formula=\"of:=T(1)\" office:value-type=\"string\" office:string-value=\"\"/>";
    check(result, "2: A|2|~", &[], "");
    check(empty_text, "2: A|~|~", &[], "");
    let told: &[&str] = &["- - uncalculated"];
    let none = "<table:table-cell table:formula=\"of:=1+1\"/>";
    check(none, "2: A|~|~", told, "1 formula of which no result");
    let open = "<table:table-cell table:formula=\"of:=1+1\"></table:table-cell>";
    check(open, "2: A|~|~", told, "1 formula of which no result");
    let comment = "<table:table-cell table:formula=\"of:=1+1\"><office:annotation><text:p>why</text:p></office:annotation></table:table-cell>";
    check(comment, "2: A|~|~", told, "1 formula of which no result");
    let twice =
        "<table:table-cell table:number-columns-repeated=\"2\" table:formula=\"of:=1+1\" office:value-type=\"float\"/>";
    check(twice, "2: A|~|~", told, "2 formulas of which no result");
    // What a program wrote as the result's words is read.
    let words = "<table:table-cell table:formula=\"of:=1+1\"><text:p>2</text:p></table:table-cell>";
    check(words, "2: A|2|~", &[], "");
}
