//! A return in its recipient's own template: what a pipeline puts where, checked when it is loaded and
//! filled when the return is made.

mod upset;

pub(crate) use upset::{note, warnings};

use super::{Content, Maker};
use crate::load::{Loaded, heading, plain, released_names};
use qd_disclosure::ClearedTable;
use qd_model::mistake::{At, Mistake};
use qd_model::pipeline::{Arrangement, FileSpec, Indicator, NamedFigure, Part, Recipient, ReturnSpec};
use qd_model::{Refusal, words};
use qd_return::{Fill, ReturnError, Template};

/// The labels of what every cover says, and in a template whether it is a draft.
pub(crate) const LABELS: [&str; 15] = [
    STATUS,
    "Project",
    "Lead partner",
    "Recipient",
    "Period",
    "As of",
    "Lawful basis",
    "Retention",
    "People this period",
    "People in the project so far",
    "Rows received",
    "Rows accepted",
    "Rows held",
    "In this return",
    "Not included",
];
const STATUS: &str = "Status";

impl Maker<'_> {
    /// The template with the return's figures and rows, as a draft and as it will be sent.
    pub(super) fn template(
        &self,
        file: &FileSpec,
        content: &mut Content,
    ) -> Result<Result<[Vec<u8>; 2], ReturnError>, Refusal> {
        let tables = self.tables(file, content)?;
        let (people, rows) = (content.people.len(), content.rows);
        let path = file.template.as_ref().map(|template| template.value.as_str()).unwrap_or_default();
        let bytes = self.making.loaded.templates.get(path).expect("templates were read when loading");
        let filled = |is_draft: bool| {
            let mut covers: Vec<Vec<(&str, String)>> = Vec::new();
            for part in &file.parts {
                let Part::Cover(cover) = part else { continue };
                let mut lines = self.cover_lines(cover, file, people, rows);
                lines.push((STATUS.to_owned(), self.status(is_draft)));
                let text = |label: &String| lines.iter().find(|(own, _)| own == label).map(|(_, text)| text.clone());
                covers
                    .push(cover.cells.iter().filter_map(|(cell, label)| Some((cell.as_str(), text(label)?))).collect());
            }
            let mut fills: Vec<Fill<'_>> =
                covers.iter().flatten().map(|(cell, text)| Fill::Text { cell, text: text.as_str() }).collect();
            for (part, table) in file.parts.iter().zip(&tables) {
                match (part, table) {
                    (Part::Indicators(indicators), Some(table)) => {
                        fills.extend(indicators.cells.iter().filter_map(|cell| {
                            let row = line_of(table, cell)?;
                            Some(Fill::Figure { cell: &cell.name, table, row, column: cell.column.name() })
                        }));
                    }
                    (Part::Rows(rows), Some(table)) => {
                        fills.push(Fill::Columns { sheet: &rows.name, table, columns: &rows.columns });
                    }
                    _ => {}
                }
            }
            Template::open(bytes.clone())?.filled(&fills)
        };
        // A form has no place of ours for the word, so that a draft says it in the workbook's properties; on
        // its sheets it stands only where the pipeline gives it a cell.
        let covers =
            file.parts.iter().filter_map(|part| if let Part::Cover(cover) = part { Some(cover) } else { None });
        let shows_status = covers.flat_map(|cover| &cover.cells).any(|(_, label)| label == STATUS);
        let both = || {
            let sent = filled(false)?;
            let draft = if shows_status { filled(true)? } else { sent.clone() };
            Ok([qd_return::as_draft(draft)?, sent])
        };
        Ok(both())
    }

    fn status(&self, is_draft: bool) -> String {
        let mut status = if is_draft { "DRAFT: not yet sent" } else { "Final" }.to_owned();
        if self.making.loaded.pipeline.demonstration {
            status = format!("{status}. {}", qd_return::DEMONSTRATION);
        }
        status
    }
}

/// The line of a table of counts of which a cell gets a figure. A breakdown has a line for people of whom
/// nothing is recorded only where there are such.
fn line_of(table: &ClearedTable, cell: &NamedFigure) -> Option<usize> {
    use arrow::array::{Array, AsArray};
    let batch = table.batch();
    let column = |name: &str| table.index_of(name).map(|index| batch.column(index));
    let levels = column("level")?.as_primitive::<arrow::datatypes::Int64Type>();
    let is = |name: &str, row: usize, text: &str| {
        column(name).is_some_and(|words| !words.is_null(row) && words.as_string_view().value(row) == text)
    };
    let headline = (0..table.rows())
        .find(|row| levels.value(*row) == 0 && (is("code", *row, &cell.of) || is("label", *row, &cell.of)))?;
    match &cell.part {
        None => Some(headline),
        Some(part) => {
            let mut below = (headline + 1..table.rows()).take_while(|row| levels.value(*row) > 0);
            below.find(|row| is("label", *row, part))
        }
    }
}

/// Reads every template that a return is written into.
pub(crate) fn read(loaded: &mut Loaded, mistakes: &mut Vec<Mistake>) {
    let files = loaded.pipeline.returns.iter().flat_map(|spec| &spec.files);
    for template in files.filter_map(|file| file.template.as_ref()) {
        let path = loaded.resolve(&template.value);
        match std::fs::read(&path) {
            Ok(bytes) => {
                loaded.templates.insert(template.value.clone(), bytes);
            }
            Err(error) => {
                let what = format!("the template {} cannot be read: {}", path.display(), plain(&error));
                mistakes.push(Mistake::new(&template.at, what).hint("paths are relative to the pipeline file"));
            }
        }
    }
}

/// What is wrong with what a return puts into its template.
pub(crate) fn check(loaded: &Loaded, spec: &ReturnSpec, recipient: &Recipient, mistakes: &mut Vec<Mistake>) {
    for file in &spec.files {
        let Some(path) = &file.template else {
            outside(file, mistakes);
            continue;
        };
        if file.format != "xlsx" {
            mistakes.push(Mistake::new(&path.at, "a template is filled as a workbook: its format is \"xlsx\""));
            continue;
        }
        let Some(bytes) = loaded.templates.get(&path.value) else { continue };
        let mut template = match Template::open(bytes.clone()) {
            Ok(template) => template,
            Err(wrong) => {
                let what = format!("the template \"{}\" cannot be filled: {wrong}", path.value);
                mistakes.push(Mistake::new(&path.at, what).hint("a template is a workbook that ends in .xlsx"));
                continue;
            }
        };
        for part in &file.parts {
            match part {
                Part::Cover(cover) => {
                    for (cell, label) in &cover.cells {
                        mistakes.extend(not_there(&file.at, template.check_cell(cell)));
                        let own = cover.lines.iter().map(|(label, _)| label.as_str());
                        if !LABELS.into_iter().chain(own.clone()).any(|known| known == label) {
                            let mistake = Mistake::new(&file.at, format!("a cover says nothing of \"{label}\""));
                            mistakes.push(mistake.hint(format!("it says: {}", words::list(&LABELS))));
                        }
                    }
                }
                Part::Indicators(indicators) if indicators.arrangement == Arrangement::Lines => {
                    for cell in &indicators.cells {
                        mistakes.extend(not_there(&cell.at, template.check_cell(&cell.name)));
                        mistakes.extend(figure_mistake(loaded, &indicators.rows, cell));
                    }
                }
                Part::Rows(rows) => {
                    let headings: Vec<&str> = match (rows.columns.as_slice(), recipient.release_of(&rows.table)) {
                        ([], Some(release)) => released_names(release).collect(),
                        (columns, _) => columns.iter().map(heading).collect(),
                    };
                    mistakes.extend(not_there(&rows.at, template.check_headings(&rows.name, &headings)));
                }
                Part::Indicators(_) | Part::ByPeriod(_) | Part::Open(_) | Part::Contacts(_) => {
                    let what = "a template takes a cover, indicators and rows only";
                    mistakes.push(Mistake::new(&file.at, what).hint("give the other parts a file of their own"));
                }
            }
        }
    }
}

/// What a template lacks, as a mistake of the pipeline that asks for it.
fn not_there(at: &At, answer: Result<(), ReturnError>) -> Option<Mistake> {
    let wrong = answer.err()?;
    let hint = "open the template, and name its cells, sheets and headings as they are there";
    Some(Mistake::new(at, wrong.to_string()).hint(hint))
}

/// Names of cells mean nothing in a workbook of our own.
fn outside(file: &FileSpec, mistakes: &mut Vec<Mistake>) {
    let names_cells = |part: &Part| match part {
        Part::Cover(cover) => !cover.cells.is_empty(),
        Part::Indicators(indicators) | Part::ByPeriod(indicators) => !indicators.cells.is_empty(),
        _ => false,
    };
    if file.parts.iter().any(names_cells) {
        let mistake = Mistake::new(&file.at, "`cells` are those of a template, and the file has none");
        mistakes.push(mistake.hint("name it: template = \"theirs.xlsx\""));
    }
}

fn figure_mistake(loaded: &Loaded, rows: &[Indicator], cell: &NamedFigure) -> Option<Mistake> {
    let is_meant = |row: &&Indicator| row.code.as_ref() == Some(&cell.of) || row.label == cell.of;
    let Some(row) = rows.iter().find(is_meant) else {
        let what = format!("no indicator of this part has the code or label \"{}\"", cell.of);
        return Some(Mistake::new(&cell.at, what));
    };
    let part = cell.part.as_ref()?;
    let known: Vec<String> = row.by.iter().flat_map(|by| crate::indicators::part_labels(loaded, by)).collect();
    if known.contains(part) {
        return None;
    }
    let mistake = Mistake::new(&cell.at, format!("\"{}\" is not broken down into \"{part}\"", row.label));
    let near = words::nearest(part, known.iter().map(String::as_str));
    Some(match near {
        Some(near) => mistake.hint(format!("did you mean \"{near}\"?")),
        None => mistake.hint("write the label of one of its lines, as in \"Sex: Female\""),
    })
}
