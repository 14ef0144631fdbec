//! Explanations of queries: a CSV file beside the pipeline, one line per query that somebody has
//! looked into and found to be right.

use crate::codes::fault;
use crate::compute::{Context, Source};
use crate::load::{Loaded, plain};
use jiff::civil::Date;
use qd_model::finding::SourceFindings;
use qd_model::report::SourceReport;
use qd_model::{Refusal, Severity, words};
use std::path::PathBuf;

const HEADINGS: [&str; 9] = ["period", "partner", "table", "rule", "record", "reason_code", "words", "by", "date"];

/// The explanations of a pipeline.
#[derive(Default)]
pub(crate) struct Explanations {
    lines: Vec<Explanation>,
    /// Digest of the file, blank where there is none.
    pub(crate) digest: String,
}

struct Explanation {
    line: u64,
    period: String,
    partner: String,
    table: String,
    rule: String,
    record: String,
    reason_code: String,
}

/// Where a pipeline's explanations stand: beside it, under its name.
fn path(loaded: &Loaded) -> PathBuf {
    loaded.path.with_extension("explanations.csv")
}

/// Reads the explanations of a pipeline, if there are any.
pub(crate) fn read(loaded: &Loaded) -> Result<Explanations, Refusal> {
    let path = path(loaded);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Explanations::default()),
        Err(error) => {
            return Err(Refusal::new("the explanations cannot be read")
                .because(format!("{}: {}", path.display(), plain(&error)))
                .hint("close the file where it is open"));
        }
    };
    let lines = parse(&bytes).map_err(|(line, what)| {
        Refusal::new("the explanations file has a mistake")
            .because(format!("{}, line {line}: {what}", path.display()))
            .hint(format!("its columns are {}", words::list(&HEADINGS)))
    })?;
    for line in &lines {
        let periods: Vec<&str> = loaded.pipeline.whole_periods().map(|period| period.label.as_str()).collect();
        let partners: Vec<&str> = loaded.pipeline.partners.iter().map(|partner| partner.code.as_str()).collect();
        let tables: Vec<&str> = loaded.tables.iter().map(|table| table.name.as_str()).collect();
        for (what, name, known) in
            [("period", &line.period, periods), ("partner", &line.partner, partners), ("table", &line.table, tables)]
        {
            if !name.is_empty() && !known.contains(&name.as_str()) {
                let hint = words::nearest(name, known.iter().copied()).map(|near| format!("did you mean \"{near}\"?"));
                return Err(Refusal::new("the explanations file has a mistake")
                    .because(format!("{}, line {}: there is no {what} \"{name}\"", path.display(), line.line))
                    .hint(hint.unwrap_or_else(|| format!("it is one of {}", words::list(&known)))));
            }
        }
    }
    Ok(Explanations { lines, digest: blake3::hash(&bytes).to_hex().to_string() })
}

fn parse(bytes: &[u8]) -> Result<Vec<Explanation>, (u64, String)> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::Reader::from_reader(bytes);
    let headings = reader.headers().map_err(|_| (1, "the headings cannot be read".to_owned()))?.clone();
    let mut columns = [0; HEADINGS.len()];
    for (wanted, column) in HEADINGS.iter().zip(&mut columns) {
        let found = headings.iter().position(|heading| heading.trim() == *wanted);
        *column = found.ok_or_else(|| (1, format!("there is no column `{wanted}`")))?;
    }
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| {
            let what = match error.kind() {
                csv::ErrorKind::Utf8 { .. } => "the file is not text in UTF-8; save it as CSV UTF-8",
                _ => "the line has another number of cells than the headings",
            };
            (error.position().map_or(1, csv::Position::line), what.to_owned())
        })?;
        let line = record.position().map_or(1, csv::Position::line);
        let cell = |at: usize| record.get(columns[at]).unwrap_or("").trim().to_owned();
        for at in [0, 1, 3, 5, 7, 8] {
            if cell(at).is_empty() {
                return Err((line, format!("`{}` is blank", HEADINGS[at])));
            }
        }
        if cell(8).parse::<Date>().is_err() {
            return Err((line, "`date` is not a date such as 2022-10-04".to_owned()));
        }
        lines.push(Explanation {
            line,
            period: cell(0),
            partner: cell(1),
            table: cell(2),
            rule: cell(3),
            record: cell(4),
            reason_code: cell(5),
        });
    }
    Ok(lines)
}

impl Explanations {
    /// Marks the queries that are explained, and notes explanations that fit none.
    pub(crate) fn apply(&self, context: &Context<'_>, sources: &mut [Source], general: &mut Vec<SourceReport>) {
        let loaded = context.loaded;
        for line in self.lines.iter().filter(|line| line.period == context.period.label) {
            let mut used = false;
            for source in sources.iter_mut() {
                if line.is_about(Some(&source.partner), Some(&loaded.tables[source.table].name)) {
                    used |= line.explain(&mut source.judged.findings);
                }
            }
            for report in general.iter_mut() {
                if line.is_about(report.partner.as_deref(), report.table.as_deref()) {
                    used |= line.explain(&mut report.findings);
                }
            }
            if !used {
                general.push(unused(context, line));
            }
        }
    }
}

impl Explanation {
    fn is_about(&self, partner: Option<&str>, table: Option<&str>) -> bool {
        partner == Some(&self.partner) && (self.table.is_empty() || table == Some(&self.table))
    }

    /// Explains the queries that fit, and answers whether there was any. A line without a record
    /// explains findings about the column or the file; one with a record, findings of its rows.
    fn explain(&self, findings: &mut SourceFindings) -> bool {
        let mut fitting = Vec::new();
        for hit in &findings.hits {
            let fault = &findings.faults[hit.fault as usize];
            let record = findings.records.get(&hit.row).map_or("", String::as_str);
            // A row without a record key cannot be named, so no line can explain it.
            if hit.row > 0 && record.is_empty() {
                continue;
            }
            if fault.severity == Severity::Query && *fault.code == *self.rule && record == self.record {
                fitting.push((hit.row, hit.fault));
            }
        }
        let any = !fitting.is_empty();
        findings.explained.extend(fitting.into_iter().map(|place| (place, self.reason_code.clone())));
        any
    }
}

fn unused(context: &Context<'_>, line: &Explanation) -> SourceReport {
    let mut report = SourceReport { partner: Some(line.partner.clone()), ..SourceReport::default() };
    if context.loaded.pipeline.table(&line.table).is_some() {
        report.table = Some(line.table.clone());
    }
    report.findings.add(fault(
        "unused-explanation",
        &context.loaded.pipeline.severities,
        format!("An explanation for `{}` fits no query of {}", line.rule, context.period.label),
        "explanations fit no query",
        "take the line out of the explanations file, or correct it",
    ));
    report
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_placed_at_its_line() {
        let check = |text: &str, expected: Result<usize, (u64, &str)>| {
            let got = parse(text.as_bytes()).map(|lines| lines.len());
            assert_eq!(got, expected.map_err(|(line, what)| (line, what.to_owned())), "{text}");
        };
        let head = "period,partner,table,rule,record,reason_code,words,by,date\n";
        check(head, Ok(0));
        check(&format!("{head}Q1,north,t,r,abc,checked,,AB,2022-10-04\n"), Ok(1));
        check(
            &format!("{head}Q1,north,t,r,abc,checked,,AB,4 October\n"),
            Err((2, "`date` is not a date such as 2022-10-04")),
        );
        check(&format!("{head}Q1,north,t,r,abc,,words,AB,2022-10-04\n"), Err((2, "`reason_code` is blank")));
        check("period,partner\n", Err((1, "there is no column `table`")));
    }
}
