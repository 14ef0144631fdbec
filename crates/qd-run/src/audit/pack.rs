//! One folder with all that an auditor needs to follow a return: its files, what partners sent, the
//! definitions, and a list that leads from each figure to people, files, sheets and rows.

use super::lineage;
use super::opened::{Opened, Side};
use super::places::Place;
use super::trace::counted;
use crate::by_period;
use crate::load::plain;
use crate::place::{NewFile, Staging};
use qd_model::Refusal;
use qd_model::pipeline::{Arrangement, Part, Span};
use std::path::{Path, PathBuf};

/// What is asked.
#[derive(Debug, Clone)]
pub struct PackRequest<'a> {
    /// The folder of one return, drafted or sent.
    pub folder: &'a Path,
    /// The folder of what never leaves.
    pub state: &'a Path,
}

/// What was packed.
#[derive(Debug, Clone)]
pub struct PackOutcome {
    /// Where it stands: in the private folder, since it holds what partners sent.
    pub folder: PathBuf,
    /// How many lines lead from a figure or a row to where it came from.
    pub lines: usize,
    /// How many files there are.
    pub files: usize,
    /// What could not be put in.
    pub notes: Vec<String>,
}

/// Packs a return for its auditor, into `private/<pipeline>/packs/`.
pub fn pack(request: &PackRequest<'_>) -> Result<PackOutcome, Refusal> {
    let opened = Opened::open(request.folder, request.state)?;
    let mut files = Vec::new();
    add(&opened.folder, "return/", &mut files)?;
    add(&opened.papers.join("definitions"), "definitions/", &mut files)?;
    add(&opened.home.sources(&opened.period.label), "sources/", &mut files)?;
    let (lines, bytes) = lineage_csv(&opened)?;
    files.push(NewFile { path: "lineage.csv".to_owned(), bytes });
    files.push(NewFile { path: "READ ME FIRST.txt".to_owned(), bytes: guide(&opened).into_bytes() });
    let stage = opened.version.map_or_else(|| "draft".to_owned(), |version| format!("v{version}"));
    let name = format!("{}-{}-{stage}", opened.period.label, opened.name);
    let folder = opened.home.private.join("packs").join(name);
    let mut staging = Staging::begin(&opened.home.private)?;
    staging.add(&folder, &files)?;
    staging.put_in_place()?;
    Ok(PackOutcome { folder, lines, files: files.len(), notes: opened.notes })
}

/// Adds every file of a folder, under another name.
fn add(folder: &Path, under: &str, files: &mut Vec<NewFile>) -> Result<(), Refusal> {
    let fault = |path: &Path, error: &std::io::Error| {
        Refusal::new("nothing was packed").because(format!("{}: {}", path.display(), plain(error)))
    };
    let mut names = Vec::new();
    crate::verify::list(folder, "", &mut names).map_err(|error| fault(folder, &error))?;
    names.sort_unstable();
    for name in names {
        let path = folder.join(&name);
        let bytes = std::fs::read(&path).map_err(|error| fault(&path, &error))?;
        files.push(NewFile { path: format!("{under}{name}"), bytes });
    }
    Ok(())
}

const HEADINGS: [&str; 11] = [
    "file",
    "sheet",
    "figure",
    "counted_over",
    "person",
    "period",
    "partner",
    "table",
    "source",
    "source_sheet",
    "row",
];

/// One line for each figure and row behind it, and for each row of the return.
fn lineage_csv(opened: &Opened) -> Result<(usize, Vec<u8>), Refusal> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(HEADINGS).expect("writing to memory cannot fail");
    let mut lines = 0;
    let mut line = |at: [&str; 4], place: &Place| {
        let (row, sheet) = (place.row.to_string(), place.sheet.as_deref().unwrap_or(""));
        let rest: [&str; 7] = [&place.person, &place.period, &place.partner, &place.table, &place.file, sheet, &row];
        writer.write_record(at.iter().chain(&rest)).expect("writing to memory cannot fail");
        lines += 1;
    };
    let periods = opened.periods();
    for file in &opened.spec()?.files {
        let path = file.path.replace("{period}", &opened.period.label);
        for part in &file.parts {
            if let Part::ByPeriod(indicators) = part {
                let lines = opened.lines_by_period(indicators)?;
                for (known, of) in lines.iter().filter_map(|line| Some((line, line.of.as_ref()?))) {
                    let counted = &indicators.rows[of.indicator].counts;
                    for (side, over) in [(Side::Reported, by_period::REPORTED), (Side::Known, by_period::KNOWN)] {
                        let over = format!("{} {}", of.period, over.to_lowercase());
                        for place in opened.rows_of_period(of, counted, side) {
                            line([&path, &indicators.name, &known.label, &over], &place);
                        }
                    }
                }
            }
            let Part::Indicators(indicators) = part else { continue };
            for number in 0..periods.sheet(indicators).lines.len() {
                for (span, over) in [(Span::Period, opened.period.label.as_str()), (Span::Project, "project so far")] {
                    if matches!(indicators.arrangement, Arrangement::TwoWay(own) if own != span) {
                        continue;
                    }
                    let Some((label, places)) = counted(opened, &periods, indicators, number, span) else { continue };
                    for place in &places {
                        line([&path, &indicators.name, &label, over], place);
                    }
                }
            }
        }
    }
    for row in lineage::read(&opened.lineage(), &opened.period.label, &opened.files)? {
        line([&row.file, &row.part, "", ""], &row.place);
    }
    Ok((lines, writer.into_inner().expect("writing to memory cannot fail")))
}

fn guide(opened: &Opened) -> String {
    let pipeline = &opened.loaded.pipeline;
    let stage = opened.version.map_or_else(|| "a draft".to_owned(), |version| format!("version {version}"));
    let title = opened.spec().map_or_else(|_| opened.name.clone(), |spec| spec.title.clone());
    let mut text = format!(
        "{title}\n{}, {}: {stage}\nLead partner: {}\n\n\
         This folder holds people's own data. It stays with the lead partner.\n\n\
         return/       the return as it stands, with its manifest (a digest of each file)\n\
         sources/      what partners sent, as it came; sources.json has their digests\n\
         definitions/  the pipeline and the schemas that the return was made with\n\
         lineage.csv   open it in a spreadsheet and filter it: each line leads from a figure, or from a row of the \
         return,\n              to the person (by the lead's own pseudonym), and to the file, sheet and row that a \
         partner sent\n\n\
         To follow a figure: filter `figure` and `counted_over` in lineage.csv. Each person is counted once, however many\n\
         lines they have. Open the file named under `source` in sources/, and go to the sheet and row.\n\
         A file that held data nobody may collect is not among the sources: no copy of it was kept.\n",
        pipeline.title, opened.period, pipeline.lead,
    );
    if opened.manifest["rows"].is_null() {
        text.push_str(
            "The recipient's counts are protected: they were rounded, or not shown, after they were counted.\n",
        );
    }
    for note in &opened.notes {
        text.push_str(note);
        text.push('\n');
    }
    text
}
