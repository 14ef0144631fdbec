//! Real files of every format, damaged in many places: each is answered.

use super::read_bytes;
use crate::Request;
use std::path::Path;

/// How many damaged copies are made of each file.
const COPIES: usize = 60;

#[test]
fn damaged_files_of_every_format_are_answered() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sample-data/formats");
    let files = [
        "people-libreoffice.xls",
        "people-xlwt.xls",
        "people.xlsb",
        "people-odfpy.ods",
        "people.parquet",
        "people-timestamps-dictionary.parquet",
        "people.csv.gz",
        "people-csv.zip",
        "people-xlsx.zip",
        "people.xlsx",
    ];
    for name in files {
        let whole = std::fs::read(folder.join(name)).unwrap();
        assert!(read_bytes(&whole, &Request::default(), None).rows.len() >= 12, "{name}");
        for copy in 0..COPIES {
            // Places and values are spread over the file by odd steps, the same on every machine.
            let mut bytes = whole.clone();
            for change in 0..=copy % 3 {
                let at = (copy * 7919 + change * 104_729) % bytes.len();
                bytes[at] = [0x00, 0xff, 0x7f, bytes[at] ^ 0x10][(copy + change) % 4];
            }
            read_bytes(&bytes, &Request::default(), None);
            read_bytes(&whole[..whole.len() * copy / COPIES], &Request::default(), None);
        }
    }
}

#[test]
fn a_row_that_repeats_without_end_is_not_read() {
    let read = read_bytes(
        &ods(
            "table:number-rows-repeated=\"1048576\"",
            "<table:table-cell office:value-type=\"float\" office:value=\"1\" table:number-columns-repeated=\"16384\"/>",
        ),
        &Request::default(),
        None,
    );
    assert_eq!(read.findings, ["- - too-large"], "{}", read.messages);
}

#[test]
fn cells_of_an_opendocument_are_read_as_they_are_stored() {
    let cells = concat!(
        "<table:table-cell office:value-type=\"string\"><office:annotation><text:p>a comment</text:p></office:annotation>",
        "<text:p>one<text:s text:c=\"2\"/>&amp; <text:span>two</text:span></text:p><text:p>three</text:p></table:table-cell>",
        "<table:table-cell office:value-type=\"time\" office:time-value=\"PT09H30M00S\"/>",
        "<table:table-cell office:value-type=\"percentage\" office:value=\"0.050\"/>",
        "<table:covered-table-cell table:number-columns-repeated=\"2\"/>",
        "<table:table-cell office:value-type=\"boolean\" office:boolean-value=\"true\"/>",
        "<table:table-cell office:value-type=\"string\" calcext:value-type=\"error\"><text:p>#REF!</text:p></table:table-cell>",
    );
    let read = read_bytes(&ods("table:number-rows-repeated=\"2\"", cells), &Request::default(), None);
    let row = "one  & two\nthree|09:30:00|0.05|~|~|true|#REF!";
    assert_eq!(read.table(), format!("1: a|b|c|d|e|f|g\n2: {row}\n3: {row}"));
}

/// A spreadsheet with a heading row and one more row.
fn ods(row: &str, cells: &str) -> Vec<u8> {
    use std::io::Write;
    let headings: String = ["a", "b", "c", "d", "e", "f", "g"]
        .map(|name| {
            format!("<table:table-cell office:value-type=\"string\"><text:p>{name}</text:p></table:table-cell>")
        })
        .concat();
    let content = format!(
        "<office:document-content><office:body><office:spreadsheet><table:table table:name=\"Data\">\
         <table:table-row>{headings}</table:table-row><table:table-row {row}>{cells}</table:table-row>\
         </table:table></office:spreadsheet></office:body></office:document-content>"
    );
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut archive = zip::ZipWriter::new(&mut bytes);
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    archive.start_file("mimetype", stored).unwrap();
    archive.write_all(b"application/vnd.oasis.opendocument.spreadsheet").unwrap();
    archive.start_file("content.xml", stored).unwrap();
    archive.write_all(content.as_bytes()).unwrap();
    archive.finish().unwrap();
    bytes.into_inner()
}
