//! Excel workbooks: sheets, places, types, limits and damage.

use super::{read_bytes, schema};
use crate::{Opened, Request, open};
use qd_table::Stored;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

const OURS: &str = r#"
[quarterday]
[[fields]]
name = "ref"
constraints = { required = true }
[[fields]]
name = "start"
constraints = { required = true }
"#;

/// A workbook with these sheets; a name that begins with "~" is of a hidden sheet.
fn workbook(sheets: &[(&str, &[&[&str]])]) -> Vec<u8> {
    let mut book = Workbook::new();
    for (name, rows) in sheets {
        let sheet = book.add_worksheet();
        sheet.set_name(name.trim_start_matches('~')).unwrap();
        sheet.set_hidden(name.starts_with('~'));
        for (row, cells) in (0u32..).zip(rows.iter()) {
            for (column, cell) in (0u16..).zip(cells.iter()).filter(|(_, cell)| !cell.is_empty()) {
                sheet.write_string(row, column, *cell).unwrap();
            }
        }
    }
    book.save_to_buffer().unwrap()
}

fn check(bytes: &[u8], sheet: Option<&str>, with_schema: bool, table: &str, findings: &[&str]) {
    let schema = schema(OURS);
    let request = Request { schema: with_schema.then_some(&schema), headings: &[], sheet, ..Request::default() };
    let read = read_bytes(bytes, &request, None);
    assert_eq!(read.findings, findings, "{}", read.messages);
    if !table.is_empty() {
        assert_eq!(read.table(), table);
    }
}

const TABLE: &[&[&str]] = &[&["Title"], &[], &["Ref", "Start", "Notes"], &["A", "x", "n"], &[], &["B"]];

#[test]
fn a_table_keeps_its_places() {
    let book = workbook(&[("Data", TABLE)]);
    check(&book, None, true, "3: Ref|Start|Notes\n4: A|x|~\n6: B|~|~", &["- C unknown-column"]);
    check(&book, None, false, "3: Ref|Start|Notes\n4: A|x|n\n6: B|~|~", &[]);
}

#[test]
fn the_sheet_whose_headings_fit_is_taken() {
    let lists: &[&[&str]] = &[&["Code", "Label"], &["1", "one"]];
    let small: &[&[&str]] = &[&["Ref", "Start"], &["A", "x"]];
    let read = "1: Ref|Start\n2: A|x";
    check(&workbook(&[("Lists", lists), ("Data", small)]), None, true, read, &[]);
    check(&workbook(&[("Data", small), ("~Old", small)]), None, true, read, &["- - hidden"]);
    check(&workbook(&[("Lists", lists), ("~Old", small)]), Some("Old"), true, read, &["- - hidden"]);
    check(&workbook(&[("Data", small), ("More", small)]), None, true, "", &["- - several-sheets"]);
    check(&workbook(&[("Data", small), ("More", small)]), Some(" data "), true, read, &[]);
    check(&workbook(&[("Data", small)]), Some("Date"), true, "", &["- - sheet-not-found"]);
    check(&workbook(&[("Lists", lists)]), None, true, "", &["- - wrong-template"]);
    check(&workbook(&[("Data", small), ("More", lists)]), None, false, "", &["- - several-sheets"]);
    check(&workbook(&[("Data", small), ("Empty", &[])]), None, false, read, &[]);
    for other in [&[][..], lists] {
        check(&workbook(&[("Else", other), ("~Data", small)]), None, true, "", &["- - sheet-not-found"]);
    }
    check(&workbook(&[("Else", &[]), ("~Data", small)]), None, false, "", &["- - sheet-not-found"]);
    check(&workbook(&[("Empty", &[])]), None, true, "", &["- - unreadable"]);
    check(&workbook(&[("Data", &[&["Ref", "Start"]])]), None, true, "1: Ref|Start", &["- - no-rows"]);
}

#[test]
fn cells_are_typed_by_how_they_are_stored() {
    let mut book = Workbook::new();
    let date = Format::new().set_num_format("dd/mm/yyyy");
    let sheet = book.add_worksheet();
    for (column, heading) in (0u16..).zip(["number", "date", "flag", "text", "moment"]) {
        sheet.write_string(0, column, heading).unwrap();
    }
    sheet.write_number(1, 0, 97442).unwrap();
    sheet.write_datetime_with_format(1, 1, ExcelDateTime::from_ymd(2022, 7, 1).unwrap(), &date).unwrap();
    sheet.write_boolean(1, 2, true).unwrap();
    sheet.write_string(1, 3, "00012").unwrap();
    let moment = ExcelDateTime::from_ymd(2022, 7, 1).unwrap().and_hms(9, 30, 0).unwrap();
    sheet.write_datetime_with_format(1, 4, moment, &date).unwrap();
    sheet.write_blank(2, 0, &date).unwrap();
    sheet.write_formula(3, 0, rust_xlsxwriter::Formula::new("=1+1").set_result("2")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("named.csv");
    book.save(&path).unwrap();

    let Opened::Table(mut source) = open(&path, &Request::default()) else {
        panic!("a workbook is read under any name")
    };
    let read = source.blocks().next().unwrap().read();
    assert_eq!(read.chunk.rows, [2, 4]);
    let cells: Vec<(&str, Stored)> =
        read.chunk.columns.iter().map(|column| (column.text.value(0), column.stored(0))).collect();
    assert_eq!(
        cells,
        [
            ("97442", Stored::Number),
            ("2022-07-01", Stored::Date),
            ("true", Stored::Boolean),
            ("00012", Stored::Text),
            ("2022-07-01T09:30:00", Stored::Date),
        ]
    );
    assert_eq!(read.chunk.columns[0].text.value(1), "2");
}

#[test]
fn a_stray_cell_far_away_costs_nothing() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (column, heading) in (0u16..).zip(["Ref", "Start"]) {
        sheet.write_string(0, column, heading).unwrap();
        sheet.write_string(1, column, "x").unwrap();
    }
    sheet.write_string(60_000, 400, "stray").unwrap();
    sheet.write_blank(1_000_000, 2, &Format::new().set_bold()).unwrap();
    let bytes = book.save_to_buffer().unwrap();
    check(&bytes, None, true, "1: Ref|Start\n2: x|x", &["- - blank-heading"]);
    check(&bytes, None, false, "1: Ref|Start\n2: x|x", &["- - blank-heading"]);
}

#[test]
fn many_rows_come_in_blocks_and_in_order() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_string(0, 0, "name").unwrap();
    for row in 1..10_000u32 {
        sheet.write_string(row, 0, format!("n{row}")).unwrap();
    }
    let read = read_bytes(&book.save_to_buffer().unwrap(), &Request::default(), None);
    assert_eq!(read.rows.len(), 9_999);
    assert!(read.rows.iter().all(|(row, cells)| cells[0].as_deref() == Some(&format!("n{}", row - 1))));
}

#[test]
fn damage_is_a_finding_wherever_it_strikes() {
    let whole = workbook(&[("Data", TABLE)]);
    for end in (0..whole.len()).step_by(97) {
        let read = read_bytes(&whole[..end], &Request::default(), None);
        assert_eq!(read.findings, ["- - unreadable"], "cut at {end}");
    }
    for at in (0..whole.len()).step_by(41) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        // Some damage does no harm; what counts is that there is an answer.
        read_bytes(&bytes, &Request::default(), None);
    }
}

#[test]
fn a_part_that_unfolds_without_end_is_not_read() {
    use std::io::Write;
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut archive = zip::ZipWriter::new(&mut bytes);
    let options = zip::write::SimpleFileOptions::default();
    archive.start_file("xl/workbook.xml", options).unwrap();
    let zeros = vec![b' '; 1 << 20];
    for _ in 0..129 {
        archive.write_all(&zeros).unwrap();
    }
    archive.finish().unwrap();
    let read = read_bytes(&bytes.into_inner(), &Request::default(), None);
    assert_eq!(read.findings, ["- - too-large"]);
    assert!(read.messages.contains("128 MiB"), "{}", read.messages);
}

#[test]
fn what_stands_at_the_end_is_seen_wherever_blocks_end() {
    // A block has 4,096 rows: the total is its last row, or the first of the next; or cells that are only
    // formatted follow, in a sheet that is read in pieces.
    for (records, blank) in [(4095, 0), (4096, 0), (4097, 0), (40_000, 120_000)] {
        let mut book = Workbook::new();
        let bold = Format::new().set_bold();
        let sheet = book.add_worksheet();
        for (column, heading) in (0u16..).zip(["ref", "hours", "remarks"]) {
            sheet.write_string(0, column, heading).unwrap();
        }
        for row in 1..=records {
            sheet.write_string(row, 0, format!("A{row}")).unwrap();
            sheet.write_number(row, 1, row).unwrap();
            sheet.write_string(row, 2, "x").unwrap();
        }
        sheet.write_string(records + 1, 0, "Total").unwrap();
        sheet.write_number(records + 1, 1, 7).unwrap();
        for row in records + 2..records + 2 + blank {
            sheet.write_blank(row, 0, &bold).unwrap();
        }
        let read = read_bytes(&book.save_to_buffer().unwrap(), &Request::default(), None);
        assert_eq!(read.findings, [format!("{} - below-table", records + 2)], "{records} {blank}");
        assert_eq!(read.rows.len() as u32, records);
    }
}

#[test]
fn what_a_large_sheet_hides_is_told_however_it_is_written() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_string(0, 0, "ref").unwrap();
    sheet.write_string(0, 1, "start").unwrap();
    for row in 1..30_000 {
        sheet.write_number(row, 0, row).unwrap();
        sheet.write_number(row, 1, row).unwrap();
    }
    sheet.set_row_hidden(7).unwrap();
    sheet.merge_range(3, 8, 4, 9, "", &Format::new()).unwrap();
    let bytes = book.save_to_buffer().unwrap();
    // As openpyxl writes it, without a declaration; and with a comment, after which it is not cut.
    for said in ["<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>", "", "<!-- ours -->"] {
        let bytes =
            rewritten(&bytes, "sheet1.xml", |text| format!("{said}{}", &text[text.find("<worksheet").unwrap()..]));
        let read = read_bytes(&bytes, &Request::default(), None);
        assert_eq!(read.findings, ["- - hidden", "- - merged"], "{said}");
        assert_eq!(read.rows.len(), 29_999, "{said}");
    }
}

/// A workbook with one of its parts written otherwise.
fn rewritten(bytes: &[u8], ending: &str, write: impl Fn(&str) -> String) -> Vec<u8> {
    use std::io::{Cursor, Read, Write};
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).unwrap();
        let name = part.name().unwrap().into_owned();
        let mut text = String::new();
        part.read_to_string(&mut text).unwrap();
        if name.ends_with(ending) {
            text = write(&text);
        }
        out.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        out.write_all(text.as_bytes()).unwrap();
    }
    out.finish().unwrap().into_inner()
}

#[test]
fn rows_that_stand_out_of_order_come_in_the_order_of_their_numbers() {
    let rows: &[&[&str]] = &[&["Ref", "Start"], &["A", "x"], &["B"], &["C", "z"]];
    let turned = |said: &str| {
        rewritten(&workbook(&[("Data", rows)]), "sheet1.xml", |text| {
            let from = text.find("<row r=\"2\"").unwrap();
            let to = text.find("</sheetData>").unwrap();
            let mut rows: Vec<&str> = text[from..to].split_inclusive("</row>").collect();
            rows.reverse();
            format!("{}{said}{}{}", &text[..from], rows.concat(), &text[to..])
        })
    };
    // As we read it, and, after a comment, as the library does.
    for said in ["", "<!-- ours -->"] {
        check(&turned(said), None, true, "1: Ref|Start\n2: A|x\n3: B|~\n4: C|z", &[]);
    }
}

#[test]
fn no_room_is_made_for_texts_that_cannot_be_there() {
    let whole = workbook(&[("Data", TABLE)]);
    let said = |count: &str| {
        rewritten(&whole, "sharedStrings.xml", |text| {
            let (head, rest) = text.split_once("uniqueCount=\"").unwrap();
            format!("{head}uniqueCount=\"{count}\"{}", rest.split_once('"').unwrap().1)
        })
    };
    check(&said("4294967296"), None, true, "", &["- - unreadable"]);
    check(&said("99999999999999999999"), None, true, "", &["- - unreadable"]);
    // A number that some program never counted is no reason.
    check(&said("65536"), None, true, "3: Ref|Start|Notes\n4: A|x|~\n6: B|~|~", &["- C unknown-column"]);
    let far = rewritten(&whole, "sharedStrings.xml", |text| {
        text.replacen("<sst", &format!("<!--{}--><sst", "x".repeat(70_000)), 1)
    });
    check(&far, None, true, "", &["- - unreadable"]);
}

#[test]
fn a_cell_beyond_the_last_row_or_column_is_damage() {
    let whole = workbook(&[("Data", TABLE)]);
    let moved = |to: &str| rewritten(&whole, "sheet1.xml", |text| text.replacen("r=\"B4\"", &format!("r=\"{to}\""), 1));
    check(&moved("XFD4"), None, true, "", &["- - blank-heading", "- C unknown-column"]);
    for to in ["XFE4", "ZZZZZ4", "B1048577"] {
        check(&moved(to), None, true, "", &["- - unreadable"]);
    }
}
