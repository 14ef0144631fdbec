//! `map`: what the headings of a partner's file mean, proposed for a person to decide, and kept in the
//! pipeline. A near heading is proposed here and used nowhere.

mod book;
mod keep;

use crate::load::Loaded;
use crate::validate::pipeline_jobs;
use qd_model::finding::column_letters;
use qd_model::pipeline::SourceSpec;
use qd_model::report::ColumnReport;
use qd_model::{Refusal, Schema, words};
use qd_source::{Opened, Request};
use std::path::{Path, PathBuf};

/// What is asked of `map`.
pub struct MapRequest<'a> {
    /// The partner's file.
    pub file: &'a Path,
    /// The pipeline.
    pub loaded: &'a Loaded,
    /// The partner's code.
    pub partner: &'a str,
    /// The table, where the file's name does not tell.
    pub table: Option<&'a str>,
    /// The sheet of a workbook.
    pub sheet: Option<&'a str>,
    /// A workbook in which a person has decided, instead of the proposals.
    pub decided: Option<&'a Path>,
}

/// What the headings of a file mean.
#[derive(Debug)]
pub struct Mapping {
    /// The table.
    pub table: String,
    /// The sheet, for workbooks.
    pub sheet: Option<String>,
    /// Every heading of the file, in order.
    pub lines: Vec<Line>,
    /// Headings of the mapping that the file does not have, with the fields that they meant.
    pub vanished: Vec<(String, String)>,
    /// Required fields that no heading means, by what they are called.
    pub missing: Vec<String>,
    pipeline: PathBuf,
    partner: String,
    file: String,
}

/// What one heading means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The column's letters.
    pub column: String,
    /// The heading as typed.
    pub heading: String,
    /// The field's name.
    pub field: Option<String>,
    /// How that is known.
    pub how: How,
}

/// How it is known what a heading means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// The schema's own words say so.
    Known,
    /// The partner's mapping says so.
    Mapped,
    /// It is proposed, since the words are near, and not used until it is kept.
    Proposed,
    /// A person has decided so.
    Decided,
    /// Nothing is known of it.
    Unknown,
    /// It is of data that must not arrive.
    NotCollected,
}

impl How {
    /// In a word, as people read it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::Mapped => "mapped",
            Self::Proposed => "proposed",
            Self::Decided => "decided",
            Self::Unknown => "unknown",
            Self::NotCollected => "not collected",
        }
    }
}

/// Looks at a file's headings. Runs on the pool that it is called on.
pub fn map(request: &MapRequest<'_>) -> Result<Mapping, Refusal> {
    let MapRequest { file, loaded, partner, table, sheet, decided } = *request;
    if !file.is_file() {
        return Err(Refusal::new(format!("{} is not there, or is no file", file.display())).hint("check the path"));
    }
    let job = pipeline_jobs(loaded, Some(partner), table, file, sheet)?.into_iter().next();
    let job = job.expect("a file is read as one table at least");
    let schema = &job.table.schema;
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let spec = spec(loaded, partner, &job.table.name, &name).ok_or_else(|| {
        Refusal::new(format!("`{partner}` sends no table {}", job.table.name))
            .because(format!("no source of it in {} names that table", loaded.path.display()))
            .hint("add the source to the pipeline, or name another table with --table")
    })?;
    let (sheet, columns) = headings(
        &Request {
            schema: Some(schema),
            headings: job.headings,
            sheet: job.sheet,
            formats: job.formats,
            place: job.place,
            ..Request::default()
        },
        file,
    )?;
    let mut lines: Vec<Line> = columns.iter().map(|column| line(column, spec, schema)).collect();
    propose(&mut lines, schema);
    if let Some(decided) = decided {
        book::take(&mut lines, schema, decided)?;
    }
    let is_there = |heading: &str| lines.iter().any(|line| words::fold(&line.heading) == words::fold(heading));
    let vanished = spec.headings.iter().filter(|(heading, _)| !is_there(heading)).cloned().collect();
    let has = |name: &str| lines.iter().any(|line| line.field.as_deref() == Some(name));
    let required = schema.fields.iter().filter(|field| field.constraints.required && !has(&field.name));
    Ok(Mapping {
        missing: required.map(|field| field.label().to_owned()).collect(),
        table: job.table.name.clone(),
        sheet,
        lines,
        vanished,
        pipeline: loaded.path.clone(),
        partner: partner.to_owned(),
        file: spec.file.clone(),
    })
}

/// The partner's source for a table: the one of which the pattern fits the file, else its first.
fn spec<'a>(loaded: &'a Loaded, partner: &str, table: &str, file: &str) -> Option<&'a SourceSpec> {
    let partner = loaded.pipeline.partners.iter().find(|known| known.code == partner)?;
    let mut specs = partner.sources.iter().filter(|spec| spec.table == table);
    specs.clone().find(|spec| crate::discover::fits(&spec.file, file)).or_else(|| specs.next())
}

/// The sheet and the headings of the table; by evidence where the schema recognises none.
fn headings(request: &Request<'_>, file: &Path) -> Result<(Option<String>, Vec<ColumnReport>), Refusal> {
    let shape = |opened: Opened| match opened {
        Opened::Table(source) => Ok(source.shape),
        Opened::Rejected(rejection) => {
            let said = rejection.findings.iter().next().map(|finding| finding.fault.message.to_string());
            rejection.shape.filter(|shape| !shape.columns.is_empty()).ok_or(said.unwrap_or_default())
        }
    };
    let found = shape(qd_source::open(file, request))
        .or_else(|_| shape(qd_source::open(file, &Request { schema: None, headings: &[], ..*request })));
    let shape = found.map_err(|said| {
        Refusal::new(format!("no headings were found in {}", file.display()))
            .because(said)
            .hint("look at the file with `quarterday read`; name the sheet with --sheet")
    })?;
    Ok((shape.sheet, shape.columns.into_iter().filter(|column| !column.heading.trim().is_empty()).collect()))
}

fn line(column: &ColumnReport, spec: &SourceSpec, schema: &Schema) -> Line {
    let folded = words::fold(&column.heading);
    let is_mapped = spec.headings.iter().any(|(heading, _)| words::fold(heading) == folded);
    let is_not_collected = schema.not_collected.iter().any(|heading| words::fold(heading) == folded);
    let how = match &column.field {
        Some(_) if is_mapped => How::Mapped,
        Some(_) => How::Known,
        None if is_not_collected => How::NotCollected,
        None => How::Unknown,
    };
    Line { column: column_letters(column.column), heading: column.heading.clone(), field: column.field.clone(), how }
}

/// Proposes a field for each unknown heading that is near one that is free: by letters, then by
/// words. No field is proposed twice.
fn propose(lines: &mut [Line], schema: &Schema) {
    for near in [by_letters as fn(&str, &[&str]) -> bool, by_words] {
        for index in 0..lines.len() {
            if lines[index].how != How::Unknown {
                continue;
            }
            let is_free = |name: &str| lines.iter().all(|line| line.field.as_deref() != Some(name));
            let mut fits = schema.fields.iter().filter(|field| is_free(&field.name)).filter(|field| {
                let mut labels = vec![field.label(), field.name.as_str()];
                labels.extend(field.aliases.iter().map(String::as_str));
                near(&lines[index].heading, &labels)
            });
            // Two that fit are a question, and no proposal.
            if let (Some(field), None) = (fits.next(), fits.next()) {
                let name = field.name.clone();
                (lines[index].field, lines[index].how) = (Some(name), How::Proposed);
            }
        }
    }
}

fn by_letters(heading: &str, labels: &[&str]) -> bool {
    words::nearest(heading, labels.iter().copied()).is_some()
}

/// Whether all words of the shorter one are words of the longer one, and they are at least half of
/// it: "Date started" and "Start date", "Participant postcode" and "Postcode".
fn by_words(heading: &str, labels: &[&str]) -> bool {
    let own = stems(heading);
    labels.iter().map(|label| stems(label)).any(|other| {
        let (short, long) = if own.len() <= other.len() { (&own, &other) } else { (&other, &own) };
        !short.is_empty() && short.len() * 2 >= long.len() && short.iter().all(|word| long.contains(word))
    })
}

/// The words of a heading, without their endings.
fn stems(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase);
    let words = words.filter(|word| !word.is_empty() && !["of", "the", "a", "s"].contains(&word.as_str()));
    words
        .map(|word| {
            let stem = ["ed", "ing", "s"].iter().find_map(|ending| word.strip_suffix(ending));
            stem.filter(|stem| stem.chars().count() > 2).map_or_else(|| word.clone(), str::to_owned)
        })
        .collect()
}

impl Mapping {
    /// How many headings a person still has to look at: those proposed and those unknown.
    pub fn is_settled(&self) -> bool {
        self.missing.is_empty() && self.lines.iter().all(|line| line.how != How::Proposed)
    }

    /// Keeps what is proposed or decided in the pipeline file, and its comments as they are. Answers
    /// how many headings were written.
    pub fn keep(&self) -> Result<usize, Refusal> {
        keep::keep(&self.pipeline, &self.partner, &self.table, &self.file, &self.lines)
    }

    /// Writes a workbook of one sheet, in which a person fills in what each heading means.
    pub fn workbook(&self, schema: &Schema) -> Result<Vec<u8>, Refusal> {
        book::write(self, schema)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use qd_model::Syntax;

    fn proposed(headings: &[&str]) -> Vec<Option<String>> {
        let toml = "[quarterday]\n\
            [[fields]]\nname = \"client_ref\"\ntitle = \"Client reference\"\n\
            [[fields]]\nname = \"start_date\"\ntitle = \"Start date\"\n\
            [[fields]]\nname = \"end_date\"\ntitle = \"End date\"\n\
            [[fields]]\nname = \"postcode\"\ntitle = \"Postcode\"\n";
        let schema = Schema::parse(toml, Syntax::Toml, "programme/table").expect("a schema");
        let line = |heading: &&str| Line {
            column: String::new(),
            heading: (*heading).to_owned(),
            field: None,
            how: How::Unknown,
        };
        let mut lines: Vec<Line> = headings.iter().map(line).collect();
        propose(&mut lines, &schema);
        lines.into_iter().map(|line| line.field).collect()
    }

    #[test]
    fn near_headings_are_proposed_and_doubtful_ones_are_not() {
        let check = |heading: &str, expected: Option<&str>| {
            assert_eq!(proposed(&[heading])[0].as_deref(), expected, "{heading}");
        };
        check("Client referense", Some("client_ref"));
        check("Date started", Some("start_date"));
        check("Participant's postcode", Some("postcode"));
        check("Date", None);
        check("Remarks", None);
    }

    #[test]
    fn no_field_is_proposed_twice() {
        assert_eq!(proposed(&["Postcod", "Post code 1"]), [Some("postcode".to_owned()), None]);
    }
}
