//! Explanations of queries: a CSV file beside the pipeline, one line per query that somebody has
//! looked into and found to be right. One that is about a record is carried from period to period
//! while the values behind the query stay as they were.

mod file;
mod scan;

pub use file::{TakenIn, TypedExplanation, take_in};

use crate::codes::fault;
use crate::compute::{Context, Source};
use crate::load::{Loaded, plain};
use crate::people::cell_text;
use file::parse;
use qd_model::finding::SourceFindings;
use qd_model::report::SourceReport;
use qd_model::{Class, Refusal, Severity, words};
use std::path::PathBuf;

/// The explanations of a pipeline.
#[derive(Default)]
pub(crate) struct Explanations {
    lines: Vec<Explanation>,
    /// Digest of the file, blank where there is none.
    pub(crate) digest: String,
}

/// One line of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Explanation {
    line: u64,
    period: String,
    partner: String,
    table: String,
    rule: String,
    /// Keyed digest of the record key; blank where the query is about a column or a file.
    record: String,
    /// Keyed digest of the values behind the query; blank where it holds for whatever stands there.
    value: String,
    reason_code: String,
    words: String,
    by: String,
    date: String,
}

/// An explanation that was in force in a period, to be carried on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct InForce {
    /// The partner's code.
    pub(crate) partner: String,
    /// The table.
    pub(crate) table: String,
    /// The code of the query.
    pub(crate) rule: String,
    /// Keyed digest of the record key.
    pub(crate) record: String,
    /// Keyed digest of the values behind the query.
    pub(crate) value: String,
    /// Why the values are right.
    pub(crate) reason_code: String,
    /// The period for which it was given.
    pub(crate) given_for: String,
    /// Role or initials of who gave it.
    pub(crate) by: String,
    /// When.
    pub(crate) date: String,
}

impl InForce {
    const HEADINGS: [&'static str; 9] =
        ["partner", "table", "rule", "record", "value", "reason_code", "given_for", "by", "date"];
}

/// What was in force, as a file.
pub(crate) fn to_csv(explanations: &[InForce]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(InForce::HEADINGS).expect("writing to memory cannot fail");
    for it in explanations {
        let cells =
            [&it.partner, &it.table, &it.rule, &it.record, &it.value, &it.reason_code, &it.given_for, &it.by, &it.date];
        writer.write_record(cells).expect("writing to memory cannot fail");
    }
    writer.into_inner().expect("writing to memory cannot fail")
}

/// What [`to_csv`] wrote, or nothing where it is something else.
pub(crate) fn from_csv(bytes: &[u8]) -> Option<Vec<InForce>> {
    let mut all = Vec::new();
    for record in csv::Reader::from_reader(bytes).into_records() {
        let record = record.ok()?;
        let cell = |at: usize| record.get(at).map(str::to_owned);
        all.push(InForce {
            partner: cell(0)?,
            table: cell(1)?,
            rule: cell(2)?,
            record: cell(3)?,
            value: cell(4)?,
            reason_code: cell(5)?,
            given_for: cell(6)?,
            by: cell(7)?,
            date: cell(8)?,
        });
    }
    Some(all)
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
            .hint(format!("its columns are {}", words::list(&file::HEADINGS)))
    })?;
    for line in &lines {
        line.check(loaded).map_err(|(what, hint)| {
            let refusal = Refusal::new("the explanations file has a mistake").because(format!(
                "{}, line {}: {what}",
                path.display(),
                line.line
            ));
            refusal.hint(hint)
        })?;
    }
    Ok(Explanations { lines, digest: blake3::hash(&bytes).to_hex().to_string() })
}

impl Explanations {
    /// Marks the queries that are explained, by the file's lines for this period and by what was in
    /// force in the period before; notes explanations that fit none and those that hold no longer.
    /// Answers what is in force now.
    pub(crate) fn apply(
        &self,
        context: &Context<'_>,
        sources: &mut [Source],
        general: &mut Vec<SourceReport>,
    ) -> Result<Vec<InForce>, Refusal> {
        let loaded = context.loaded;
        let mut in_force = Vec::new();
        for line in self.lines.iter().filter(|line| line.period == context.period.label) {
            let (mut fits, mut reopened) = (false, false);
            for source in sources.iter_mut() {
                let table = &loaded.tables[source.table];
                if !line.is_about(Some(&source.partner), Some(&table.name)) {
                    continue;
                }
                let explained = line.explain(&mut source.judged.findings);
                for (row, _) in &explained.places {
                    line.says_nobodys_name(loaded, source, *row)?;
                }
                fits |= !explained.places.is_empty();
                reopened |= explained.is_reopened;
                in_force.extend(explained.places.into_iter().filter_map(|(row, fault)| {
                    let value = source.judged.findings.digests.get(&(row, fault))?.clone();
                    Some(line.in_force(table.name.clone(), value))
                }));
            }
            for report in general.iter_mut() {
                if line.is_about(report.partner.as_deref(), report.table.as_deref()) {
                    fits |= !line.explain(&mut report.findings).places.is_empty();
                }
            }
            if reopened {
                general.push(note(
                    context,
                    &line.partner,
                    &line.table,
                    "explanation-reopened",
                    &reopened_text(&line.rule),
                ));
            } else if !fits {
                let what = format!("An explanation for `{}` fits no query of {}", line.rule, context.period.label);
                general.push(note(context, &line.partner, &line.table, "unused-explanation", &what));
            }
        }
        carry_on(context, sources, general, &mut in_force);
        in_force.sort();
        in_force.dedup();
        Ok(in_force)
    }
}

/// What was in force in the period before still is, where the values behind the query are the same.
fn carry_on(
    context: &Context<'_>,
    sources: &mut [Source],
    general: &mut Vec<SourceReport>,
    in_force: &mut Vec<InForce>,
) {
    let Some(previous) = context.previous else { return };
    for before in &previous.explanations {
        let mut is_reopened = false;
        for source in sources.iter_mut() {
            if source.partner != before.partner || context.loaded.tables[source.table].name != before.table {
                continue;
            }
            let findings = &mut source.judged.findings;
            for hit in &findings.hits {
                let place = (hit.row, hit.fault);
                let fault = &findings.faults[hit.fault as usize];
                let is_it = fault.severity == Severity::Query
                    && *fault.code == *before.rule
                    && findings.record_of(hit) == Some(&before.record)
                    && !findings.explained.contains_key(&place);
                let Some(value) = findings.digests.get(&place).filter(|_| is_it) else { continue };
                if *value == before.value {
                    findings.explained.insert(place, before.reason_code.clone());
                    in_force.push(before.clone());
                } else {
                    is_reopened = true;
                }
            }
        }
        if is_reopened {
            let text = reopened_text(&before.rule);
            general.push(note(context, &before.partner, &before.table, "explanation-reopened", &text));
        }
    }
}

fn reopened_text(rule: &str) -> String {
    format!("A query of `{rule}` that was explained is open again, since its values have changed")
}

/// What a line explains.
#[derive(Default)]
struct Explained {
    /// Rows and faults.
    places: Vec<(u32, u32)>,
    /// Whether there is a query of the record whose values are not those that were explained.
    is_reopened: bool,
}

impl Explanation {
    /// Names that the pipeline does not have, and words that must not be kept: what is wrong, and
    /// what to do.
    fn check(&self, loaded: &Loaded) -> Result<(), (String, String)> {
        let periods: Vec<&str> = loaded.pipeline.whole_periods().map(|period| period.label.as_str()).collect();
        let partners: Vec<&str> = loaded.pipeline.partners.iter().map(|partner| partner.code.as_str()).collect();
        let tables: Vec<&str> = loaded.tables.iter().map(|table| table.name.as_str()).collect();
        for (what, name, known) in
            [("period", &self.period, periods), ("partner", &self.partner, partners), ("table", &self.table, tables)]
        {
            if !name.is_empty() && !known.contains(&name.as_str()) {
                let hint = words::nearest(name, known.iter().copied()).map(|near| format!("did you mean \"{near}\"?"));
                return Err((
                    format!("there is no {what} \"{name}\""),
                    hint.unwrap_or_else(|| format!("it is one of {}", words::list(&known))),
                ));
            }
        }
        if !qd_model::answer::is_reason_code(&self.reason_code) {
            let hint = "write it with small letters and hyphens, for example checked-against-form".to_owned();
            return Err(("`reason_code` is not a code".to_owned(), hint));
        }
        match scan::identifier_in(&self.words).or_else(|| scan::identifier_in(&self.by)) {
            Some(noun) => Err((
                format!("the explanation holds what looks like {noun}"),
                "say what was checked and how, and leave out whom it is about".to_owned(),
            )),
            None => Ok(()),
        }
    }

    /// Refuses words in which the row's own names or identifiers stand.
    fn says_nobodys_name(&self, loaded: &Loaded, source: &Source, row: u32) -> Result<(), Refusal> {
        let schema = &loaded.tables[source.table].schema;
        let direct = (0..schema.fields.len()).filter(|field| schema.fields[*field].class == Class::Direct);
        for typed in &source.judged.typed {
            let Some(index) = typed.rows.values().iter().position(|known| *known == row) else { continue };
            for field in direct.clone() {
                if scan::holds(&self.words, &cell_text(typed, field, index)) {
                    let what = "an explanation names the person whom it is about";
                    return Err(Refusal::new(what)
                        .because(format!(
                            "{}, line {}: what stands under `{}` of its record is in `words`",
                            path(loaded).display(),
                            self.line,
                            schema.fields[field].name
                        ))
                        .hint("say what was checked and how, and leave out whom it is about"));
                }
            }
        }
        Ok(())
    }

    fn is_about(&self, partner: Option<&str>, table: Option<&str>) -> bool {
        partner == Some(&self.partner) && (self.table.is_empty() || table == Some(&self.table))
    }

    fn in_force(&self, table: String, value: String) -> InForce {
        InForce {
            partner: self.partner.clone(),
            table,
            rule: self.rule.clone(),
            record: self.record.clone(),
            value,
            reason_code: self.reason_code.clone(),
            given_for: self.period.clone(),
            by: self.by.clone(),
            date: self.date.clone(),
        }
    }

    /// Explains the queries that fit. A line without a record explains findings about the column or
    /// the file; one with a record, findings of its rows, and where it names the values too, only
    /// while they are the same.
    fn explain(&self, findings: &mut SourceFindings) -> Explained {
        let mut explained = Explained::default();
        for hit in &findings.hits {
            let fault = &findings.faults[hit.fault as usize];
            let record = findings.record_of(hit).unwrap_or("");
            // A row without a record key cannot be named, so no line can explain it.
            if hit.row > 0 && record.is_empty() {
                continue;
            }
            if fault.severity != Severity::Query || *fault.code != *self.rule || record != self.record {
                continue;
            }
            let place = (hit.row, hit.fault);
            if self.value.is_empty() || findings.digests.get(&place) == Some(&self.value) {
                explained.places.push(place);
            } else {
                explained.is_reopened = true;
            }
        }
        findings.explained.extend(explained.places.iter().map(|place| (*place, self.reason_code.clone())));
        explained
    }
}

/// A note about an explanation.
fn note(context: &Context<'_>, partner: &str, table: &str, code: &str, what: &str) -> SourceReport {
    let mut report = SourceReport { partner: Some(partner.to_owned()), ..SourceReport::default() };
    if context.loaded.pipeline.table(table).is_some() {
        report.table = Some(table.to_owned());
    }
    let (many, fix) = match code {
        "unused-explanation" => {
            ("explanations fit no query", "take the line out of the explanations file, or correct it")
        }
        _ => {
            ("explained queries are open again, since their values have changed", "correct the row, or explain it anew")
        }
    };
    report.findings.add(fault(code, &context.loaded.pipeline.severities, what.to_owned(), many, fix));
    report
}
