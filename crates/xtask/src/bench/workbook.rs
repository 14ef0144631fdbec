//! Workbooks: a return of typed cells, and the answer to a file with many findings, each beside the
//! library that people know writing as many plain cells row by row.

use super::measure::{self, median};
use super::{data, folder};
use qd_book::{About, Book, Cell, Column, Kind, Layout};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A cell of the input, as a person would have typed it.
pub(super) enum Typed {
    Empty,
    Text(String),
    Number(f64),
    /// Days since 1 January 1970.
    Date(i32),
}

/// Columns with dates, and with numbers.
pub(super) const DATES: [usize; 5] = [4, 15, 16, 17, 20];
pub(super) const NUMBERS: [usize; 5] = [21, 22, 23, 24, 25];
/// Excel's number for 1 January 1970.
pub(super) const EPOCH: i32 = 25_569;
/// The share of the cells that are faulty, at which there are about as many findings as rows.
const FAULTY: f64 = 0.036;

/// What is asked for.
pub(super) struct Asked {
    pub(super) rows: u64,
    pub(super) rounds: usize,
    /// The program that is measured.
    pub(super) program: PathBuf,
}

/// What is measured: its name, and what answers seconds by the clock and of all processors together.
type Runner<'a> = (&'a str, Box<dyn Fn() -> Result<(f64, f64), String> + 'a>);

/// Measures in turn, and answers medians and ratios.
pub(super) fn compare(root: &Path, asked: &Asked) -> Result<String, String> {
    let folder = folder(root).join("workbook");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let csv = folder.join(format!("in-{}.csv", asked.rows));
    if !csv.exists() {
        data::write(asked.rows, FAULTY, &csv).map_err(|error| format!("{}: {error}", csv.display()))?;
    }
    let (headings, rows) = read(&csv)?;
    let input = folder.join(format!("in-{}.xlsx", asked.rows));
    theirs(&headings, &rows, &input, Strings::Inline)?;
    let schema = root.join("crates/xtask/bench/wcsv.toml");
    // Two files are answered by a findings workbook, one by its marked-up copy.
    let second = folder.join("second.csv");
    fs::write(&second, format!("{}\n", headings.join(",")))
        .map_err(|error| format!("{}: {error}", second.display()))?;
    let validate = |files: &[&Path], format: &str, out: &Path| -> Result<(f64, f64), String> {
        let mut command = Command::new(&asked.program);
        command.arg("validate").args(files).arg("--schema").arg(&schema).args(["--format", format]);
        let cost = measure::run(command.arg("--output").arg(out), &out.with_extension("log"), &[0, 1])?;
        Ok((cost.wall, cost.cpu))
    };
    let findings = folder.join("findings.csv");
    validate(&[&input], "csv", &findings)?;
    let (columns, listed) = read(&findings)?;
    let runners: [Runner<'_>; 7] = [
        (
            "rust_xlsxwriter: the sheet",
            Box::new(|| theirs(&headings, &rows, &folder.join("theirs.xlsx"), Strings::Inline)),
        ),
        ("ours: the sheet", Box::new(|| ours(&headings, &rows, &folder.join("ours.xlsx")))),
        (
            "rust_xlsxwriter: the findings",
            Box::new(|| theirs(&columns, &listed, &folder.join("listed.xlsx"), Strings::Inline)),
        ),
        ("validate, findings as csv", Box::new(|| validate(&[&input], "csv", &findings))),
        (
            "validate, findings workbook",
            Box::new(|| validate(&[&input, &second], "workbook", &folder.join("findings.xlsx"))),
        ),
        ("validate, marked-up copy of xlsx", Box::new(|| validate(&[&input], "workbook", &folder.join("marked.xlsx")))),
        ("validate, marked-up copy of csv", Box::new(|| validate(&[&csv], "workbook", &folder.join("anew.xlsx")))),
    ];
    let mut seconds: Vec<Vec<(f64, f64)>> = vec![Vec::new(); runners.len()];
    // The first round warms everything up and is not counted.
    for round in 0..=asked.rounds {
        for (place, (name, run)) in runners.iter().enumerate() {
            let (wall, cpu) = run()?;
            eprintln!("round {round}: {name} {wall:.2} s, {cpu:.2} s of processors");
            if round > 0 {
                seconds[place].push((wall, cpu));
            }
        }
    }
    let names: Vec<&str> = runners.iter().map(|(name, _)| *name).collect();
    Ok(told(&names, &seconds, rows.len(), listed.len()))
}

/// A ratio, given what was measured at each place of a round.
type OfRound<'a> = dyn Fn(&dyn Fn(usize) -> f64) -> f64 + 'a;

fn told(names: &[&str], seconds: &[Vec<(f64, f64)>], rows: usize, findings: usize) -> String {
    let mut text =
        format!("{rows} rows, {findings} findings\n\n| what | seconds (least-most) | of processors |\n|---|---|---|");
    for (name, seconds) in names.iter().zip(seconds) {
        let walls = || seconds.iter().map(|(wall, _)| *wall);
        let (least, most) = (walls().fold(f64::INFINITY, f64::min), walls().fold(0.0, f64::max));
        let cpu = median(seconds.iter().map(|(_, cpu)| *cpu).collect());
        let _ = write!(text, "\n| {name} | {:.2} ({least:.2}-{most:.2}) | {cpu:.2} |", median(walls().collect()));
    }
    let rounds = seconds[0].len();
    // Each ratio is of what was measured in the same round, by the clock and of all processors.
    let ratio = |of: &OfRound<'_>| {
        let wall = (0..rounds).map(|round| of(&|place| seconds[place][round].0)).collect();
        let cpu = (0..rounds).map(|round| of(&|place| seconds[place][round].1)).collect();
        format!("{:.2} ({:.2} of processors)", median(wall), median(cpu))
    };
    let _ = write!(
        text,
        "\n\nOur return writer ÷ rust_xlsxwriter in constant memory, the same cells: {}\n\
         Writing the findings workbook ÷ rust_xlsxwriter, the findings' plain cells: {}\n\
         Writing the findings workbook ÷ rust_xlsxwriter, the sheet alone: {}\n\
         Writing the marked-up copy ÷ rust_xlsxwriter, the sheet alone: {}\n\
         Writing the marked-up copy ÷ rust_xlsxwriter, the sheet and the findings: {}\n\
         (what writing costs is what the command takes beyond the same command with findings as csv)",
        ratio(&|of| of(1) / of(0)),
        ratio(&|of| (of(4) - of(3)) / of(2)),
        ratio(&|of| (of(4) - of(3)) / of(0)),
        ratio(&|of| (of(5) - of(3)) / of(0)),
        ratio(&|of| (of(5) - of(3)) / (of(0) + of(2))),
    );
    text
}

/// Headings and rows of a file, with dates and numbers as what they are.
pub(super) fn read(path: &Path) -> Result<(Vec<String>, Vec<Vec<Typed>>), String> {
    let said = |error: csv::Error| format!("{}: {error}", path.display());
    let mut reader = csv::Reader::from_path(path).map_err(said)?;
    let headings: Vec<String> = reader.headers().map_err(said)?.iter().map(str::to_owned).collect();
    let is_input = headings.first().is_some_and(|heading| heading == "partner_code");
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(said)?;
        rows.push(record.iter().enumerate().map(|(column, text)| typed(column, text, is_input)).collect());
    }
    Ok((headings, rows))
}

fn typed(column: usize, text: &str, is_input: bool) -> Typed {
    let date = |text: &str| {
        let mut parts = text.split('/');
        let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
        let date = jiff::civil::Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
        Some(Typed::Date(qd_model::period::days(date)))
    };
    match text {
        "" => Typed::Empty,
        _ if is_input && DATES.contains(&column) => date(text).unwrap_or_else(|| Typed::Text(text.to_owned())),
        _ if is_input && NUMBERS.contains(&column) => {
            text.parse().map_or_else(|_| Typed::Text(text.to_owned()), Typed::Number)
        }
        _ => Typed::Text(text.to_owned()),
    }
}

/// Where a workbook keeps its texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strings {
    /// In the cells.
    Inline,
    /// In a table of their own, as Excel does.
    Shared,
}

/// Writes the cells with the library, row by row, and answers how long that took. The same cells give the
/// same bytes.
pub(super) fn theirs(
    headings: &[String],
    rows: &[Vec<Typed>],
    out: &Path,
    strings: Strings,
) -> Result<(f64, f64), String> {
    let write = || -> Result<(), rust_xlsxwriter::XlsxError> {
        let date = Format::new().set_num_format("dd/mm/yyyy");
        let mut book = Workbook::new();
        let made = ExcelDateTime::from_ymd(2026, 1, 1)?;
        book.set_properties(&DocProperties::new().set_creation_datetime(&made));
        let sheet = match strings {
            Strings::Inline => book.add_worksheet_with_constant_memory()?,
            Strings::Shared => book.add_worksheet_with_low_memory()?,
        };
        for (column, heading) in (0u16..).zip(headings) {
            sheet.write_string(0, column, heading)?;
        }
        for (row, cells) in (1u32..).zip(rows) {
            for (column, cell) in (0u16..).zip(cells) {
                match cell {
                    Typed::Empty => {}
                    Typed::Text(text) => {
                        sheet.write_string(row, column, text)?;
                    }
                    Typed::Number(number) => {
                        sheet.write_number(row, column, *number)?;
                    }
                    Typed::Date(days) => {
                        sheet.write_number_with_format(row, column, f64::from(days + EPOCH), &date)?;
                    }
                }
            }
        }
        book.save(out)
    };
    measure::inside(|| write().map_err(|error| error.to_string()))
}

/// Writes the cells as a return is written, and answers how long that took.
fn ours(headings: &[String], rows: &[Vec<Typed>], out: &Path) -> Result<(f64, f64), String> {
    let write = || -> Result<(), Box<dyn std::error::Error>> {
        let kind = |column: usize| match column {
            column if DATES.contains(&column) => Kind::Date,
            column if NUMBERS.contains(&column) => Kind::Number,
            _ => Kind::Text,
        };
        let columns = headings.iter().enumerate().map(|(column, heading)| Column::new(heading, kind(column)));
        let mut book = Book::new(About::default());
        let mut sheet = book.table("Participants", Layout { columns: columns.collect(), ..Layout::default() })?;
        let mut line = Vec::with_capacity(headings.len());
        for cells in rows {
            line.clear();
            line.extend(cells.iter().map(|cell| match cell {
                Typed::Empty => Cell::Empty,
                Typed::Text(text) => Cell::Text(text),
                Typed::Number(number) => Cell::Number(*number),
                Typed::Date(days) => Cell::Date(*days),
            }));
            sheet.row(&line)?;
        }
        sheet.finish()?;
        fs::write(out, book.finish()?)?;
        Ok(())
    };
    measure::inside(|| write().map_err(|error| error.to_string()))
}
