//! `validate`: files against a schema, or against a pipeline's table, without a run.

use crate::judge::{Judged, Keep, Subject, judge};
use crate::load::{Loaded, LoadedTable, plain};
use crate::parts;
use jiff::civil::Date;
use qd_model::finding::ShowValues;
use qd_model::report::{NotChecked, Report, SourceReport};
use qd_model::{Refusal, Severity, words};
use qd_rules::Constants;
use qd_source::Place;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What files are validated against.
pub enum Against<'a> {
    /// One schema for all of them.
    Schema(&'a LoadedTable),
    /// The tables of a pipeline; a partner's own mapping where one is named.
    Pipeline {
        /// The pipeline.
        loaded: &'a Loaded,
        /// The partner's code.
        partner: Option<&'a str>,
        /// The table, where the headings do not tell.
        table: Option<&'a str>,
    },
}

/// What is asked of `validate`.
pub struct ValidateRequest<'a> {
    /// The files.
    pub files: &'a [PathBuf],
    /// What they are validated against.
    pub against: Against<'a>,
    /// The sheet of workbooks.
    pub sheet: Option<&'a str>,
    /// The period's label, for a pipeline.
    pub period: Option<&'a str>,
    /// The day on which the data is judged.
    pub as_of: Option<Date>,
    /// Whether values of indirect identifiers are shown.
    pub show: ShowValues,
}

/// A source to be judged: a file as one table.
pub(crate) struct Job<'a> {
    pub(crate) path: &'a Path,
    pub(crate) table: &'a LoadedTable,
    pub(crate) sheet: Option<&'a str>,
    pub(crate) headings: &'a [(String, String)],
    pub(crate) place: Place<'a>,
    pub(crate) formats: &'a [(String, String)],
}

impl Job<'_> {
    /// The file and the table.
    fn key(&self) -> (&Path, &str) {
        (self.path, &self.table.name)
    }
}

static NOTHING: &[(String, String)] = &[];

/// Validates files. Runs on the pool that it is called on.
pub fn validate(request: &ValidateRequest<'_>) -> Result<Report, Refusal> {
    for file in request.files {
        let meta = std::fs::metadata(file).map_err(|error| {
            Refusal::new(format!("{} cannot be read", file.display())).because(plain(&error)).hint("check the path")
        })?;
        if meta.is_dir() {
            return Err(Refusal::new(format!("{} is a folder", file.display())).hint("name the files in it"));
        }
    }
    let period = match &request.against {
        Against::Schema(_) => None,
        Against::Pipeline { loaded, .. } => {
            let label = request.period.unwrap_or(&loaded.pipeline.period);
            Some(loaded.pipeline.period_of(label).cloned().ok_or_else(|| {
                let labels: Vec<&str> = loaded.pipeline.periods.iter().map(|period| period.label.as_str()).collect();
                Refusal::new(format!("the pipeline has no period \"{label}\""))
                    .hint(format!("its periods are {}", words::list(&labels)))
            })?)
        }
    };
    let as_of = request.as_of.or(period.as_ref().map(|period| period.to));
    let constants = Constants { period: period.as_ref().map(|period| (period.from, period.to)), as_of };
    let none = BTreeMap::new();
    let severities = match &request.against {
        Against::Schema(_) => &none,
        Against::Pipeline { loaded, .. } => &loaded.pipeline.severities,
    };
    let jobs = jobs(request)?;
    let mut judged: Vec<Judged> = jobs
        .par_iter()
        .map(|job| {
            judge(&Subject {
                taker: None,
                path: job.path,
                table: job.table,
                sheet: job.sheet,
                headings: job.headings,
                place: job.place,
                formats: job.formats,
                severities,
                constants: &constants,
                show: request.show,
                keep: Keep::Findings,
                wanted: None,
                is_part: jobs.iter().filter(|other| other.key() == job.key()).count() > 1,
            })
        })
        .collect();
    // Files that are named together may be of several periods, so that only the parts of one are one table.
    let mut files: BTreeMap<(&Path, &str), Vec<(&Path, &mut Judged)>> = BTreeMap::new();
    for (job, judged) in jobs.iter().zip(&mut judged) {
        files.entry(job.key()).or_default().push((job.path, judged));
    }
    files.into_values().for_each(parts::judge);
    let mut report = Report { as_of, period, ..Report::default() };
    let mut gaps = Vec::new();
    for (job, mut judged) in jobs.iter().zip(judged) {
        gaps.append(&mut judged.not_checked);
        report.sources.push(source_report(job, judged, &request.against));
    }
    for job in &jobs {
        let elsewhere = |key: &&qd_model::schema::ForeignKey| !crate::judge::is_own_reference(key);
        for key in job.table.schema.foreign_keys.iter().filter(elsewhere) {
            let what = key.resource.as_deref().unwrap_or("the table itself");
            let reason = format!("references to {what} are judged in a run, where all tables are at hand");
            gaps.push(NotChecked { code: "foreign-key".to_owned(), reason, rows: 0 });
        }
    }
    for (job, source) in jobs.iter().zip(&report.sources) {
        let beyond = |rule: &&qd_model::schema::Rule| rule.over != qd_model::schema::Over::Source;
        gaps.extend(job.table.schema.rules.iter().filter(beyond).map(|rule| NotChecked {
            code: rule.code.clone(),
            reason: "judged in a run, where all tables, partners and periods are at hand".to_owned(),
            rows: source.rows,
        }));
    }
    report.not_checked = crate::compute::merged(&gaps);
    report.sort();
    Ok(report)
}

fn jobs<'a>(request: &'a ValidateRequest<'a>) -> Result<Vec<Job<'a>>, Refusal> {
    let mut jobs = Vec::new();
    for path in request.files {
        match &request.against {
            Against::Schema(table) => {
                jobs.push(Job {
                    path,
                    table,
                    sheet: request.sheet,
                    headings: NOTHING,
                    place: Place::default(),
                    formats: NOTHING,
                });
            }
            Against::Pipeline { loaded, partner, table } => {
                jobs.extend(pipeline_jobs(loaded, *partner, *table, path, request.sheet)?);
            }
        }
    }
    Ok(jobs)
}

/// The tables that a file may hold: those that the partner's patterns say, else the one that is
/// named, else the one that its headings fit best.
pub(crate) fn pipeline_jobs<'a>(
    loaded: &'a Loaded,
    partner: Option<&str>,
    table: Option<&str>,
    path: &'a Path,
    sheet: Option<&'a str>,
) -> Result<Vec<Job<'a>>, Refusal> {
    if let Some(name) = table
        && loaded.pipeline.table(name).is_none()
    {
        let names: Vec<&str> = loaded.tables.iter().map(|table| table.name.as_str()).collect();
        return Err(Refusal::new(format!("the pipeline has no table `{name}`"))
            .hint(format!("its tables are {}", words::list(&names))));
    }
    let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if let Some(code) = partner {
        let partner = loaded.pipeline.partners.iter().find(|partner| partner.code == code).ok_or_else(|| {
            let codes: Vec<&str> = loaded.pipeline.partners.iter().map(|partner| partner.code.as_str()).collect();
            Refusal::new(format!("the pipeline has no partner `{code}`"))
                .hint(format!("its partners are {}", words::list(&codes)))
        })?;
        let wanted = |spec: &&qd_model::pipeline::SourceSpec| table.is_none_or(|table| spec.table == table);
        let by_pattern: Vec<_> =
            partner.sources.iter().filter(wanted).filter(|spec| crate::discover::fits(&spec.file, &file)).collect();
        // A file under another name may still be this partner's: its mapping for the named table counts.
        let specs = if by_pattern.is_empty() && table.is_some() {
            partner.sources.iter().filter(wanted).collect()
        } else {
            by_pattern
        };
        let jobs: Vec<Job<'a>> = specs
            .into_iter()
            .flat_map(|spec| Place::all(&spec.layout).into_iter().map(move |place| (spec, place)))
            .map(|(spec, place)| Job {
                path,
                table: loaded.table(&spec.table),
                sheet: sheet.or(spec.sheet.as_deref()),
                headings: &spec.headings,
                place,
                formats: &spec.formats,
            })
            .collect();
        if !jobs.is_empty() {
            return Ok(jobs);
        }
    }
    let table = match table {
        Some(name) => loaded.table(name),
        None => best_fit(loaded, path, sheet).ok_or_else(|| {
            Refusal::new(format!("{} fits no table of the pipeline", path.display()))
                .hint("name the partner with --partner, whose own headings are then known, or the table with --table")
        })?,
    };
    Ok(vec![Job { path, table, sheet, headings: NOTHING, place: Place::default(), formats: NOTHING }])
}

/// The table of which most fields are found in the file's headings.
fn best_fit<'a>(loaded: &'a Loaded, path: &Path, sheet: Option<&str>) -> Option<&'a LoadedTable> {
    let recognised = |table: &LoadedTable| {
        let request = qd_source::Request { schema: Some(&table.schema), sheet, ..qd_source::Request::default() };
        match qd_source::open(path, &request) {
            qd_source::Opened::Table(source) => {
                source.shape.columns.iter().filter(|column| column.field.is_some()).count()
            }
            qd_source::Opened::Rejected(_) => 0,
        }
    };
    let counts: Vec<(usize, &LoadedTable)> = loaded.tables.iter().map(|table| (recognised(table), table)).collect();
    let best = counts.iter().map(|(count, _)| *count).max().filter(|count| *count > 0)?;
    counts.into_iter().find(|(count, _)| *count == best).map(|(_, table)| table)
}

fn source_report(job: &Job<'_>, judged: Judged, against: &Against<'_>) -> SourceReport {
    let held = if judged.is_rejected { 0 } else { judged.held().len() as u64 };
    let (partner, table) = match against {
        Against::Schema(_) => (None, None),
        Against::Pipeline { partner, .. } => (partner.map(str::to_owned), Some(job.table.name.clone())),
    };
    SourceReport {
        source: Some(job.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()),
        sheet: judged.shape.sheet.clone(),
        partner,
        table,
        schema: Some(job.table.schema.name.clone()),
        schema_version: job.table.schema.version.clone(),
        blake3: qd_source::digest(job.path).ok().map(|(digest, _)| digest),
        rows: judged.rows,
        accepted: if judged.is_rejected { 0 } else { judged.rows - held },
        held,
        rejected: if judged.is_rejected { judged.rows } else { 0 },
        is_rejected: judged.findings.count(Severity::Reject) > 0,
        heading_row: (judged.shape.heading_row > 0).then_some(judged.shape.heading_row),
        columns: judged.shape.columns,
        filled: judged.filled,
        findings: judged.findings,
        path: Some(job.path.to_string_lossy().into_owned()),
    }
}
