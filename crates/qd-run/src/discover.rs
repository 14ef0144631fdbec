//! Which file in a period's folder is which partner's source.

use crate::codes::fault;
use crate::load::{Loaded, plain};
use qd_model::period::Period;
use qd_model::pipeline::{Declaration, DeclaredState, Partner, SourceSpec};
use qd_model::report::SourceReport;
use qd_model::{Refusal, words};
use qd_source::Place;
use std::path::{Path, PathBuf};

/// What a period's folder holds.
pub(crate) struct Discovered<'a> {
    /// Every source that was found, by partner, table and file.
    pub(crate) sources: Vec<FoundSource<'a>>,
    /// Expected sources that are not there, declared or not, and strays.
    pub(crate) general: Vec<SourceReport>,
    /// Partner, table and state of each expected source that is not there.
    pub(crate) absent: Vec<Absent>,
    /// Names of files that belong to nobody, for the analyst's own eyes.
    pub(crate) strays: Vec<String>,
}

/// A partner's table that is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Absent {
    pub(crate) partner: String,
    pub(crate) table: String,
    pub(crate) declared: Option<DeclaredState>,
}

/// One source that was found.
pub(crate) struct FoundSource<'a> {
    pub(crate) partner: &'a Partner,
    pub(crate) spec: &'a SourceSpec,
    /// Index of the table in the pipeline.
    pub(crate) table: usize,
    pub(crate) path: PathBuf,
    /// The file's own name.
    pub(crate) file: String,
    /// The name under which reports that leave speak of the file: `<partner>-NN`.
    pub(crate) public: String,
    /// Where in the file it stands; a wide table is one source for each of its parts.
    pub(crate) place: Place<'a>,
    /// Whether another file claims the same source.
    pub(crate) is_rival: bool,
}

/// Looks into the period's folder.
pub(crate) fn discover<'a>(loaded: &'a Loaded, period: &'a Period) -> Result<Discovered<'a>, Refusal> {
    let folder = loaded.resolve(&period.folder);
    let files = list(&folder).map_err(|error| {
        Refusal::new(format!("the folder of period {period} cannot be read"))
            .because(format!("{}: {}", folder.display(), plain(&error)))
            .hint(format!(
                "make the folder and put the partners' files into it, or mend `folder` in {}",
                loaded.path.display()
            ))
    })?;
    let mut found = Discovered { sources: Vec::new(), general: Vec::new(), absent: Vec::new(), strays: Vec::new() };
    let mut claimed: Vec<Option<&str>> = vec![None; files.len()];
    for partner in loaded.pipeline.partners_in(period) {
        for (index, (file, path)) in files.iter().enumerate() {
            if path.is_none() || !partner.sources.iter().any(|spec| fits(&spec.file, file)) {
                continue;
            }
            if let Some(other) = claimed[index] {
                return Err(Refusal::new(format!(
                    "one file fits the patterns of two partners, `{other}` and `{}`",
                    partner.code
                ))
                .because(format!("in {}", folder.display()))
                .hint(format!("make the `file` patterns in {} tell them apart", loaded.path.display())));
            }
            claimed[index] = Some(&partner.code);
        }
        let of_partner = files.iter().zip(&claimed).filter(|(_, by)| **by == Some(&partner.code));
        let own: Vec<(&String, &PathBuf)> =
            of_partner.filter_map(|((file, path), _)| Some((file, path.as_ref()?))).collect();
        for spec in &partner.sources {
            sources_of(loaded, period, partner, spec, &own, &mut found);
        }
    }
    for ((file, _), by) in files.into_iter().zip(claimed) {
        if by.is_none() && !is_system_file(&file) {
            found.strays.push(file);
        }
    }
    report_strays(loaded, &mut found);
    Ok(found)
}

fn sources_of<'a>(
    loaded: &'a Loaded,
    period: &Period,
    partner: &'a Partner,
    spec: &'a SourceSpec,
    own: &[(&String, &PathBuf)],
    found: &mut Discovered<'a>,
) {
    let matching: Vec<(usize, &(&String, &PathBuf))> =
        own.iter().enumerate().filter(|(_, (file, _))| fits(&spec.file, file)).collect();
    if matching.is_empty() {
        let (report, absent) = absent(loaded, period, &partner.code, &spec.table);
        found.general.push(report);
        found.absent.push(absent);
    }
    let places = Place::all(&spec.layout);
    for ((number, (file, path)), place) in
        matching.iter().flat_map(|found| places.iter().map(move |place| (found, place)))
    {
        found.sources.push(FoundSource {
            place: *place,
            partner,
            spec,
            table: loaded.table_index(&spec.table),
            path: (*path).clone(),
            file: (*file).clone(),
            public: format!("{}-{:02}", partner.code, number + 1),
            is_rival: matching.len() > 1,
        });
    }
}

/// What a partner has declared of a table.
pub(crate) fn declared<'a>(loaded: &'a Loaded, period: &Period, partner: &str, table: &str) -> Option<&'a Declaration> {
    loaded.pipeline.declarations.iter().find(|declaration| {
        declaration.partner == partner && declaration.table == table && declaration.period == period.label
    })
}

/// What is to be said of a source that is not there.
pub(crate) fn absent(loaded: &Loaded, period: &Period, partner: &str, table: &str) -> (SourceReport, Absent) {
    let declared = declared(loaded, period, partner, table);
    let severities = &loaded.pipeline.severities;
    let mut report =
        SourceReport { partner: Some(partner.to_owned()), table: Some(table.to_owned()), ..SourceReport::default() };
    report.findings.add(match declared {
        None => fault(
            "missing-source",
            severities,
            format!("Nothing has come from `{partner}` for the table {table}"),
            "sources have not come",
            "ask the partner for the file, or declare it nil or late in the pipeline",
        ),
        Some(declared) => {
            let (code, state) = match declared.state {
                DeclaredState::Nil => ("declared-nil", "has nothing to report"),
                DeclaredState::Late => ("declared-late", "will send it later"),
            };
            let when = words::date(declared.date);
            let message = format!("`{partner}` {state} for the table {table} (said by {}, {when})", declared.by);
            fault(code, severities, message, "sources are declared", "nothing, if this is still true")
        }
    });
    let state = declared.map(|declared| declared.state);
    (report, Absent { partner: partner.to_owned(), table: table.to_owned(), declared: state })
}

fn report_strays(loaded: &Loaded, found: &mut Discovered<'_>) {
    if found.strays.is_empty() {
        return;
    }
    let mut report = SourceReport::default();
    // A file's name can name a person, so that only the count goes into what may leave.
    let count = words::count(found.strays.len(), "file");
    let verb = words::plural(found.strays.len(), "is");
    report.findings.add(fault(
        "stray-file",
        &loaded.pipeline.severities,
        format!("{count} in the period's folder {verb} no partner's source and was not read"),
        "files are no partner's source and were not read",
        "take strays out of the folder, or mend the partner's `file` pattern",
    ));
    found.general.push(report);
}

/// What lies in a folder, by name: the path of a file, or nothing for what is no file that can be read.
fn list(folder: &Path) -> std::io::Result<Vec<(String, Option<PathBuf>)>> {
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // A pipeline or its explanations may stand in the folder of the period that they describe.
        // So may our own findings workbook that a partner filled in: it is read for its explanations.
        let is_ours =
            [".toml", ".explanations.csv"].iter().any(|ending| name.ends_with(ending)) || qd_source::is_answer(&path);
        if !is_ours {
            let is_file = std::fs::metadata(&path).is_ok_and(|meta| meta.is_file());
            entries.push((name, is_file.then_some(path)));
        }
    }
    entries.sort_unstable();
    Ok(entries)
}

fn is_system_file(name: &str) -> bool {
    name.starts_with('.') || ["thumbs.db", "desktop.ini"].contains(&name.to_lowercase().as_str())
}

/// Whether a file's name fits a pattern in which `*` stands for any characters. Lock files never fit.
pub(crate) fn fits(pattern: &str, name: &str) -> bool {
    if name.starts_with("~$") || name.starts_with(".~lock") {
        return false;
    }
    let (pattern, name) = (pattern.to_lowercase(), name.to_lowercase());
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| name.strip_prefix(first)) else { return false };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, middle)) = pieces.split_last() else { return rest.is_empty() };
    for piece in middle {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn patterns_stand_for_names() {
        let check = |pattern: &str, name: &str, expected: bool| {
            assert_eq!(fits(pattern, name), expected, "{pattern} against {name}");
        };
        check("north*.xlsx", "North 2022 Q3.xlsx", true);
        check("north*.xlsx", "~$north.xlsx", false);
        check("north*.xlsx", "north.xlsx.bak", false);
        check("a*b*c", "axxbyyc", true);
        check("a*b*c", "acb", false);
        check("exact.csv", "exact.csv", true);
        check("ab*ba", "aba", false);
    }
}
