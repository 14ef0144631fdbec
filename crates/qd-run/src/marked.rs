//! A partner's own file with its cells marked: changed where it stands if it is an Excel workbook,
//! else written anew as one, sheet by sheet, with the values as they were read.

use crate::load::plain;
use qd_book::package::Package;
use qd_book::{BookError, CopiedBook, Plain, Tones};
use qd_model::Refusal;
use qd_model::report::{Report, SourceReport};
use qd_report::{About, Original};
use qd_source::WholeSheet;
use qd_table::Stored;
use std::path::Path;

/// The code of a finding about a column that must not arrive.
const NOT_COLLECTED: &str = "not-collected";

/// A file's marked copy.
pub struct MarkedUp {
    /// The workbook.
    pub bytes: Vec<u8>,
    /// Whether it holds macros, so that programs open it only as `.xlsm`.
    pub has_macros: bool,
    /// Whether it holds the file's values; a file that cannot be read is answered by findings alone.
    pub has_values: bool,
}

/// Marks up a file. `report` holds the findings about this file only.
pub fn mark_up(path: &Path, report: &Report, about: &About<'_>) -> Result<MarkedUp, Refusal> {
    let bytes = std::fs::read(path).map_err(|error| {
        Refusal::new(format!("{} cannot be read", path.display()))
            .because(plain(&error))
            .hint("close the file where it is open")
    })?;
    let refuse = |error: BookError| Refusal::new("the marked-up workbook cannot be written").because(error);
    match in_place(path, bytes, report, about) {
        Ok(marked) => return Ok(marked),
        Err(BookError::NotToBeChanged) => {}
        Err(error) => return Err(refuse(error)),
    }
    if let Some(marked) = anew(path, report, about).map_err(refuse)? {
        return Ok(marked);
    }
    let bytes = qd_report::findings_book(report, about).map_err(refuse)?;
    Ok(MarkedUp { bytes, has_macros: false, has_values: false })
}

/// The columns of a source that must not arrive.
fn quarantined(source: &SourceReport) -> Vec<u32> {
    let faults = source.findings.faults.iter().filter(|fault| *fault.code == *NOT_COLLECTED);
    faults.filter_map(|fault| fault.column).collect()
}

/// Marks an Excel workbook up where it stands.
fn in_place(path: &Path, bytes: Vec<u8>, report: &Report, about: &About<'_>) -> Result<MarkedUp, BookError> {
    let package = Package::open(bytes)?;
    let has_macros = package.has_macros();
    let quarantined: Vec<Vec<u32>> = report.sources.iter().map(quarantined).collect();
    if package.may_hold_copies() && quarantined.iter().any(|columns| !columns.is_empty()) {
        return Err(BookError::NotToBeChanged);
    }
    let earlier: Vec<String> = qd_source::own_sheets(path).into_iter().map(|(name, _)| name).collect();
    let places = report.sources.iter().map(|source| source.sheet.clone()).collect();
    let changed = Vec::new();
    let original = Original { package, places, quarantined, earlier: &earlier, changed, is_toned: false };
    Ok(MarkedUp { bytes: qd_report::marked_up(report, about, original)?, has_macros, has_values: true })
}

/// Writes a file anew as an Excel workbook, and marks that up. Nothing where the file cannot be read.
fn anew(path: &Path, report: &Report, about: &About<'_>) -> Result<Option<MarkedUp>, BookError> {
    let Ok(mut whole) = qd_source::whole(path) else { return Ok(None) };
    let own = qd_source::own_sheets(path);
    let mut book = CopiedBook::new(about.partner);
    let mut names: Vec<(Option<String>, String)> = Vec::new();
    let mut is_cut = false;
    let quarantined: Vec<Vec<u32>> = report.sources.iter().map(quarantined).collect();
    let is_own = |sheet: &WholeSheet| own.iter().any(|(own, _)| Some(own) == sheet.name.as_ref());
    let sheets: Vec<(usize, WholeSheet)> =
        whole.sheets().into_iter().enumerate().filter(|(_, sheet)| !is_own(sheet)).collect();
    // A text file's only sheet has no name, and a report may call an only sheet by another one.
    let is_only = sheets.len() == 1;
    for (index, WholeSheet { name, is_hidden }) in sheets {
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let on_it = report.sources.iter().filter(|source| is_only || source.sheet == name);
        let mut tones = Tones::new();
        for (place, tone) in on_it.flat_map(qd_report::tones) {
            tones.entry(place).and_modify(|own| *own = own.worse(tone)).or_insert(tone);
        }
        let mut sheet = book.sheet(name.as_deref().unwrap_or(&stem), tones)?;
        if is_hidden {
            sheet.hide();
        }
        // What must not arrive is not even written.
        let withheld: Vec<(u32, u32)> = (report.sources.iter().zip(&quarantined))
            .filter(|(source, _)| source.sheet == name)
            .flat_map(|(source, columns)| columns.iter().map(|column| (*column, source.heading_row.unwrap_or(0))))
            .collect();
        let read = whole.cells(index, &mut |row, column, text, stored| {
            if !withheld.iter().any(|(own, below)| *own == column && row > *below) {
                sheet.cell(row, column, value(text, stored));
            }
        });
        if read.is_err() {
            return Ok(None);
        }
        names.push((name, sheet.name().to_owned()));
        is_cut |= sheet.finish()?;
    }
    if names.is_empty() {
        return Ok(None);
    }
    let place = |source: &SourceReport| {
        let found = names.iter().find(|(name, _)| *name == source.sheet);
        found.or_else(|| names.first().filter(|_| names.len() == 1)).map(|(_, name)| name.clone())
    };
    let mut changed = vec![
        "Your file is of another kind than this workbook: the values are here as we read them, and their look is ours."
            .to_owned(),
    ];
    if is_cut {
        changed.push("What a workbook has no room for was left out here.".to_owned());
    }
    let places = report.sources.iter().map(place).collect();
    let package = Package::of(book)?;
    let original = Original { package, places, quarantined, earlier: &[], changed, is_toned: true };
    let bytes = qd_report::marked_up(report, about, original)?;
    Ok(Some(MarkedUp { bytes, has_macros: false, has_values: true }))
}

fn value(text: &str, stored: Stored) -> Plain<'_> {
    match stored {
        Stored::Text | Stored::Error => Plain::Text(text),
        Stored::Number => Plain::Number(text),
        Stored::Date => Plain::Date(text),
        Stored::Boolean => Plain::Boolean(text == "true"),
    }
}
