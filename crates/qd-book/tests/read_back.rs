//! What was written reads back as what it was, and the same values give the same bytes.

use calamine::{Data, Reader, Xlsx};
use proptest::prelude::*;
use qd_book::{About, Book, BookError, Cell, Column, Cover, Kind, Layout, Overlong, RowStyle, Section, Tone, Value};
use std::io::{Cursor, Read};

const RISKY: [&str; 8] = ["=1+1", "+44 20", "-5", "@name", "\tx", "\rx", "\nx", "=HYPERLINK(\"x\")"];

fn about() -> About {
    About {
        title: "Quarter & year".to_owned(),
        draft: true,
        banner: Some("Demonstration: invented people".to_owned()),
        ..About::default()
    }
}

fn layout() -> Layout {
    let columns =
        [("=Heading", Kind::Text), ("Started", Kind::Date), ("People", Kind::Count), ("Share", Kind::Percent)];
    let columns = columns.into_iter().map(|(heading, kind)| Column::new(heading, kind)).collect();
    Layout { columns, lines: vec!["A note above".to_owned()], ..Layout::default() }
}

fn everything() -> Vec<u8> {
    let mut book = Book::new(about());
    let lines = vec![("=Label".to_owned(), Value::from("-5")), ("Rows".to_owned(), Value::from(1796))];
    let cover = Cover {
        mark: None,
        name: "Cover".to_owned(),
        title: "+Title".to_owned(),
        subtitle: Some("@subtitle".to_owned()),
        sections: vec![Section { heading: Some("=Part".to_owned()), lines }],
        notes: vec!["=note".to_owned()],
    };
    book.cover(&cover).expect("written");
    let mut table = book.table("Table", layout()).expect("begun");
    for text in RISKY {
        table.row(&[Cell::Text(text), Cell::Date(19_265), Cell::Integer(1796), Cell::Number(0.5)]).expect("written");
    }
    let toned = Cell::Toned(Tone::Query, "=toned");
    table.styled_row(RowStyle::Group, &[toned, Cell::Empty, Cell::Empty, Cell::Empty]).expect("written");
    table.finish().expect("finished");
    book.finish().expect("written")
}

fn part(bytes: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("a zip");
    let mut text = String::new();
    archive.by_name(name).expect("the part is there").read_to_string(&mut text).expect("text");
    text
}

#[test]
fn text_is_text_and_never_a_formula() {
    let bytes = everything();
    for sheet in ["xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"] {
        assert!(!part(&bytes, sheet).contains("<f>"), "{sheet} has a formula");
    }
    assert!(part(&bytes, "xl/styles.xml").contains("quotePrefix=\"1\""));
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(&bytes)).expect("a workbook");
    let range = book.worksheet_range("Table").expect("the sheet");
    let first: Vec<String> = range.rows().map(|row| row[0].to_string()).collect();
    assert_eq!(first[..4], ["Demonstration: invented people", "A note above", "", "=Heading"]);
    let written: Vec<String> = RISKY.into_iter().map(|text| text.replace('\r', "␍")).collect();
    assert_eq!(first[4..12], written);
    assert_eq!(first[12], "=toned");
    let Data::DateTime(date) = &range.rows().nth(4).expect("a row")[1] else { panic!("not a date") };
    assert_eq!(date.to_ymd_hms_milli(), (2022, 9, 30, 0, 0, 0, 0));
    assert_eq!(range.rows().nth(4).expect("a row")[2], Data::Float(1796.0));
}

#[test]
fn the_same_values_give_the_same_bytes() {
    assert_eq!(everything(), everything());
    assert!(part(&everything(), "docProps/core.xml").contains("2000-01-01T00:00:00Z"));
}

#[test]
fn a_printed_page_says_what_it_is() {
    let sheet = part(&everything(), "xl/worksheets/sheet2.xml");
    assert!(sheet.contains("DRAFT"), "{sheet}");
    assert!(sheet.contains("&amp;RDemonstration: invented people"), "{sheet}");
    assert!(sheet.contains("&amp;LQuarter &amp;&amp; year&amp;R&amp;A, page &amp;P of &amp;N"), "{sheet}");
    for setting in
        ["fitToHeight=\"0\"", "orientation=\"landscape\"", "state=\"frozen\"", "<autoFilter ref=\"A4:D13\"/>"]
    {
        assert!(sheet.contains(setting), "no {setting} in {sheet}");
    }
    assert!(part(&everything(), "xl/workbook.xml").contains("Table!$4:$4"));
}

#[test]
fn a_text_too_long_for_a_cell_is_cut_only_where_that_is_allowed() {
    let long = "é".repeat(32_768);
    let write = |overlong| -> Result<Vec<u8>, BookError> {
        let columns = vec![Column::new("A", Kind::Text), Column::new("B", Kind::Text)];
        let mut book = Book::new(About::default());
        let mut table = book.table("Long", Layout { columns, overlong, ..Layout::default() })?;
        table.row(&[Cell::Empty, Cell::Text(&long)])?;
        table.finish()?;
        book.finish()
    };
    let refused = write(Overlong::Refuse).expect_err("too long").to_string();
    assert!(refused.contains("sheet \"Long\", cell B2"), "{refused}");
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(write(Overlong::Cut).expect("cut"))).expect("a workbook");
    let range = book.worksheet_range("Long").expect("the sheet");
    let cell = range.get_value((1, 1)).expect("a cell").to_string();
    assert_eq!(cell.chars().count(), 32_767);
    assert!(cell.ends_with("é…"));
}

#[test]
fn many_rows_are_all_there_and_the_same_on_any_number_of_threads() {
    const ROWS: usize = 30_000;
    let write = || {
        let columns = [("Number", Kind::Integer), ("Words", Kind::Text), ("Place", Kind::Text), ("Day", Kind::Date)];
        let columns = columns.into_iter().map(|(heading, kind)| Column::new(heading, kind)).collect();
        let mut book = Book::new(About::default());
        let mut table = book.table("Many", Layout { columns, ..Layout::default() }).expect("begun");
        for number in 0..ROWS {
            let words = format!("row {number} \u{e9}\u{1f600}, with enough words that it is made higher than one line");
            let place = format!("A{}", number + 1);
            let cells = [
                Cell::Integer(number as i64),
                Cell::Text(&words),
                Cell::Link(&place, "Many", &place),
                Cell::Date(number as i32),
            ];
            table.row(&cells).expect("written");
        }
        table.finish().expect("finished");
        book.finish().expect("written")
    };
    let on = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool").install(write);
    let bytes = on(1);
    assert!(bytes == on(3), "three threads write what one does");
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(&bytes)).expect("a workbook");
    let range = book.worksheet_range("Many").expect("the sheet");
    assert_eq!(range.height(), ROWS + 1);
    for (number, row) in range.rows().skip(1).enumerate() {
        assert_eq!(row[0], Data::Float(number as f64));
        assert!(row[1].to_string().starts_with(&format!("row {number} \u{e9}\u{1f600},")), "{:?}", row[1]);
        assert_eq!(row[2].to_string(), format!("A{}", number + 1));
        assert!(matches!(row[3], Data::DateTime(_)), "{:?}", row[3]);
    }
    let sheet = part(&bytes, "xl/worksheets/sheet1.xml");
    assert!(sheet.contains("<dimension ref=\"A1:D30001\"/>") && sheet.contains("<autoFilter ref=\"A1:D30001\"/>"));
    assert_eq!(sheet.matches("customHeight=\"1\"").count(), ROWS);
}

#[test]
fn a_row_of_another_shape_is_refused() {
    let mut book = Book::new(About::default());
    let mut table = book.table("Table", layout()).expect("begun");
    assert!(matches!(table.row(&[Cell::Empty]), Err(BookError::RowOfAnotherShape { cells: 1, columns: 4, .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn any_text_reads_back_as_it_can_be_shown(texts in proptest::collection::vec(any::<String>(), 1..6)) {
            let mut book = Book::new(About::default());
            let columns = vec![Column::new("Text", Kind::Text), Column::new("End", Kind::Text)];
            let mut table = book.table("Any", Layout { columns, ..Layout::default() }).expect("begun");
            for text in &texts {
                table.row(&[Cell::Text(text), Cell::Text("end")]).expect("written");
            }
            table.finish().expect("finished");
            let mut read: Xlsx<_> = Xlsx::new(Cursor::new(book.finish().expect("written"))).expect("a workbook");
            let range = read.worksheet_range("Any").expect("the sheet");
            let back: Vec<String> = range.rows().skip(1).map(|row| row[0].to_string()).collect();
            let shown: Vec<String> = texts.iter().map(|text| qd_book::printable(text).into_owned()).collect();
            prop_assert_eq!(back, shown);
    }
}
