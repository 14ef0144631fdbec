//! Workbooks that were changed, read back by a library that is not ours.

use super::*;
use crate::{About, Book, Cell, Column, Kind, Layout, Tone};
use calamine::{Data, Reader, Xlsx};
use std::io::Cursor;

/// A workbook of one sheet with a text, a number and a blank row, some of it formatted.
fn sample() -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let format = rust_xlsxwriter::Format::new().set_num_format("dd/mm/yyyy").set_bold();
    let sheet = book.add_worksheet().set_name("O'Hara & Co").expect("a name");
    sheet.write_string(0, 0, "Name").expect("written");
    sheet.write_string(0, 1, "Born").expect("written");
    sheet.write_string(1, 0, "Ann").expect("written");
    sheet.write_number_with_format(1, 1, 44_743.0, &format).expect("written");
    sheet.write_string(3, 0, "Bob").expect("written");
    sheet.write_string(3, 3, "private word").expect("written");
    sheet.insert_note(1, 1, &rust_xlsxwriter::Note::new("theirs")).expect("written");
    sheet.autofilter(0, 0, 3, 1).expect("set");
    book.add_worksheet().set_name("Lists").expect("a name").write_string(0, 0, "private word").expect("written");
    book.define_name("Local", "=Lists!$A$1").expect("defined");
    book.save_to_buffer().expect("written")
}

fn note(text: &str) -> Note {
    Note { title: "Error".to_owned(), text: text.to_owned() }
}

fn read(bytes: &[u8]) -> Xlsx<Cursor<&[u8]>> {
    Xlsx::new(Cursor::new(bytes)).expect("a workbook")
}

/// A cell by row and column, both from 0.
fn cell(book: &mut Xlsx<Cursor<&[u8]>>, sheet: &str, row: u32, column: u32) -> Data {
    let range = book.worksheet_range(sheet).expect("the sheet is there");
    range.get_value((row, column)).cloned().unwrap_or_default()
}

fn part(bytes: &[u8], name: &str) -> String {
    let mut archive = Archive::open(bytes.to_vec()).expect("a package");
    String::from_utf8(archive.bytes(name).unwrap_or_else(|| panic!("{name} is there"))).expect("text")
}

fn front(package: &Package) -> Book {
    let mut book = Book::in_front_of(package, About::default());
    for (name, text) in [("Lists", "blank & <bad>"), ("More", "more of it")] {
        let layout = Layout { columns: vec![Column::new("Found", Kind::Text)], ..Layout::default() };
        let mut sheet = book.table(name, layout).expect("begun");
        sheet.row(&[Cell::Toned(Tone::Error, text)]).expect("written");
        sheet.finish().expect("finished");
    }
    book
}

#[test]
fn cells_are_marked_added_and_emptied_and_the_rest_stays() {
    let mut package = Package::open(sample()).expect("a workbook");
    let toned = CellEdit { tone: Some(Tone::Error), ..CellEdit::default() };
    let text = CellEdit { content: Content::Write(Written::Text(" =x".to_owned())), ..CellEdit::default() };
    let cells =
        [((1, 2), toned.clone()), ((2, 1), toned.clone()), ((3, 1), toned.clone()), ((4, 0), text), ((4, 1), toned)];
    let notes = BTreeMap::from([((2, 1), note("kept theirs")), ((3, 1), note("ours"))]);
    let emptied = vec![Emptied { column: 3, below: 1 }];
    assert!(package.edit("O'Hara & Co", SheetEdits { cells: cells.into(), notes, emptied }));
    assert!(!package.edit("Nobody", SheetEdits::default()));
    let front = front(&package);
    package.put_in_front(front).expect("put");
    let bytes = package.finish().expect("written");

    let mut book = read(&bytes);
    assert_eq!(book.sheet_names(), ["Lists (2)", "More", "O'Hara & Co", "Lists"]);
    assert_eq!(cell(&mut book, "O'Hara & Co", 1, 0), Data::String("Ann".to_owned()));
    assert!(matches!(cell(&mut book, "O'Hara & Co", 1, 1), Data::DateTime(_)), "the date's format stays");
    assert_eq!(cell(&mut book, "O'Hara & Co", 3, 0), Data::String(" =x".to_owned()));
    assert_eq!(cell(&mut book, "O'Hara & Co", 3, 3), Data::Empty);
    assert_eq!(cell(&mut book, "Lists", 0, 0), Data::String("private word".to_owned()), "shared with another sheet");
    assert_eq!(cell(&mut book, "Lists (2)", 1, 0), Data::String("blank & <bad>".to_owned()));

    let sheet = part(&bytes, "xl/worksheets/sheet1.xml");
    let row = |number: u32| sheet.find(&format!("<row r=\"{number}\"")).expect("the row is there");
    assert!(row(2) < row(3) && row(3) < row(4), "rows are in order: {sheet}");
    assert!(!sheet.contains("tabSelected"), "only our first sheet is selected: {sheet}");
    let words = part(&bytes, "xl/comments1.xml");
    assert!(words.contains("theirs") && words.contains("ours") && !words.contains("kept theirs"), "{words}");
    let workbook = part(&bytes, "xl/workbook.xml");
    assert!(workbook.contains("localSheetId=\"2\" hidden=\"1\""), "the filter moved with its sheet: {workbook}");
    let drawing = part(&bytes, "xl/drawings/vmlDrawing1.vml");
    assert_eq!(drawing.matches("<v:shape ").count(), 2, "{drawing}");
}

#[test]
fn a_text_of_emptied_cells_alone_is_gone_from_the_file() {
    let mut package = Package::open(sample()).expect("a workbook");
    let emptied = vec![Emptied { column: 3, below: 1 }];
    package.edit("O'Hara & Co", SheetEdits { emptied: emptied.clone(), ..SheetEdits::default() });
    assert!(part(&package.finish().expect("written"), "xl/sharedStrings.xml").contains("private word"));

    let mut package = Package::open(sample()).expect("a workbook");
    package.edit("O'Hara & Co", SheetEdits { emptied, ..SheetEdits::default() });
    package.edit("Lists", SheetEdits { emptied: vec![Emptied { column: 0, below: 0 }], ..SheetEdits::default() });
    let bytes = package.finish().expect("written");
    assert!(!part(&bytes, "xl/sharedStrings.xml").contains("private word"));
    assert_eq!(cell(&mut read(&bytes), "O'Hara & Co", 3, 0), Data::String("Bob".to_owned()));
}

#[test]
fn an_answer_to_an_answer_takes_the_first_one_off() {
    let marked = |bytes: Vec<u8>, place: (u32, u32), earlier: &[String]| {
        let mut package = Package::open(bytes).expect("a workbook");
        package.take_off_answer(earlier);
        let cells = BTreeMap::from([(place, CellEdit { tone: Some(Tone::Query), ..CellEdit::default() })]);
        let notes = BTreeMap::from([(place, note("look here"))]);
        package.edit("O'Hara & Co", SheetEdits { cells, notes, ..SheetEdits::default() });
        let front = front(&package);
        package.put_in_front(front).expect("put");
        package.finish().expect("written")
    };
    let first = marked(sample(), (2, 0), &[]);
    let second = marked(first.clone(), (4, 0), &["Lists (2)".to_owned(), "More".to_owned()]);
    assert_eq!(read(&second).sheet_names(), ["Lists (2)", "More", "O'Hara & Co", "Lists"]);
    for (sheet, text) in [("Lists (2)", "blank & <bad>"), ("More", "more of it")] {
        assert_eq!(cell(&mut read(&second), sheet, 1, 0), Data::String(text.to_owned()));
    }
    let places = |bytes: &[u8]| {
        let words = Document::parse(part(bytes, "xl/comments1.xml").as_bytes()).expect("whole");
        let list = words.root.child("commentList").expect("notes").clone();
        list.elements().map(|comment| comment.get("ref").expect("a place").into_owned()).collect::<Vec<_>>()
    };
    assert_eq!(places(&first), ["B2", "A2"].map(str::to_owned).into_iter().rev().collect::<Vec<_>>());
    assert_eq!(places(&second), ["B2", "A4"]);
    let sheet = part(&second, "xl/worksheets/sheet1.xml");
    let styles = Document::parse(part(&second, "xl/styles.xml").as_bytes()).expect("whole");
    let style_of = |name: &str| {
        let (_, after) = sheet.split_once(&format!("<c r=\"{name}\"")).expect("the cell is there");
        let tag = after.split('>').next().expect("a tag");
        tag.split_once(" s=\"")
            .map_or(0, |(_, style)| style.split('"').next().expect("a number").parse().expect("a number"))
    };
    let fill_of = |name: &str| {
        let format =
            styles.root.child("cellXfs").expect("styles").elements().nth(style_of(name)).expect("a style").clone();
        format.number("fillId").expect("a fill")
    };
    assert_eq!(fill_of("A2"), 0, "the first answer's background is off");
    assert!(fill_of("A4") > 1, "the second's is on");
}

#[test]
fn rows_out_of_order_are_changed_and_none_is_added() {
    let mut package = Package::open(sample()).expect("a workbook");
    let sheet = part(&sample(), "xl/worksheets/sheet1.xml");
    let (start, end) = (sheet.find("<row").expect("rows"), sheet.find("</sheetData>").expect("rows"));
    let mut rows: Vec<&str> = sheet[start..end].split_inclusive("</row>").collect();
    rows.reverse();
    let turned = format!("{}{}{}", &sheet[..start], rows.concat(), &sheet[end..]);
    let mut out = Vec::new();
    let cells = [(2, 0), (3, 0)].map(|place| (place, CellEdit { tone: Some(Tone::Note), ..CellEdit::default() }));
    let edits = SheetEdits { cells: cells.into(), ..SheetEdits::default() };
    let mut plan = Plan { edits: &edits, notes: None, adds: true, unmarks: false, recomputes: false, counts: false };
    let texts = &mut Texts::default();
    let answer = sheet::copy(turned.as_bytes(), &mut out, &plan, &mut package.styles, texts);
    assert_eq!(answer, Err(Trouble::Unordered));
    plan.adds = false;
    out.clear();
    assert_eq!(sheet::copy(turned.as_bytes(), &mut out, &plan, &mut package.styles, texts), Ok(()));
    let out = String::from_utf8(out).expect("text");
    assert!(!out.contains("<row r=\"3\""), "{out}");
    assert_eq!(out.matches("<c r=\"A2\"").count(), 1, "{out}");
}
