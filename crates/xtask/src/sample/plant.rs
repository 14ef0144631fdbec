//! Plants mistakes and canaries, and writes down what each must raise and where.

use super::plan::{Action, Canary, Expected, Planted};
use super::rows::{Made, Row, Source};
use super::{Programme, Record};
use qd_model::Class;
use qd_model::pipeline::DeclaredState;
use std::collections::{BTreeMap, BTreeSet};

/// A finding that a run must raise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) period: String,
    pub(super) partner: String,
    pub(super) table: String,
    /// The spreadsheet row.
    pub(super) row: Option<usize>,
    pub(super) field: Option<String>,
    pub(super) code: String,
    pub(super) severity: String,
}

/// A value that is found nowhere else.
#[derive(Debug, Clone)]
pub(super) struct Marked {
    pub(super) programme: String,
    pub(super) period: String,
    pub(super) partner: String,
    pub(super) table: String,
    pub(super) field: String,
    pub(super) class: &'static str,
    pub(super) value: String,
}

/// All that was planted.
pub(super) struct Outcome {
    pub(super) findings: Vec<Finding>,
    pub(super) canaries: Vec<Marked>,
}

/// Plants everything that the plan names. Each row is used once at most.
pub(super) fn plant(programme: &Programme, made: &mut Made) -> Result<Outcome, String> {
    let mut used: BTreeSet<(String, String, String, usize)> = BTreeSet::new();
    let canaries = canaries(programme, made, &mut used)?;
    let mut findings = Vec::new();
    // Rows are added at the end of a source, so that no row found before moves.
    for planted in &programme.plan.planted {
        one(programme, made, planted, &mut used, &mut findings)
            .map_err(|what| format!("planted in {} {} {}: {what}", planted.period, planted.partner, planted.table))?;
    }
    for declaration in &programme.pipeline.declarations {
        let code = match declaration.state {
            DeclaredState::Nil => "declared-nil",
            DeclaredState::Late => "declared-late",
        };
        findings.push(Finding {
            period: declaration.period.clone(),
            partner: declaration.partner.clone(),
            table: declaration.table.clone(),
            row: None,
            field: None,
            code: code.to_owned(),
            severity: "note".to_owned(),
        });
    }
    Ok(Outcome { findings, canaries })
}

fn one(
    programme: &Programme,
    made: &mut Made,
    planted: &Planted,
    used: &mut BTreeSet<(String, String, String, usize)>,
    findings: &mut Vec<Finding>,
) -> Result<(), String> {
    let of_source = || planted.findings.iter().map(|expected| finding(planted, None, expected));
    if planted.action == Action::Habit {
        findings.extend(of_source());
        return Ok(());
    }
    let key = (planted.period.clone(), planted.partner.clone(), planted.table.clone());
    if matches!(planted.action, Action::AddColumn | Action::DropColumn) {
        let source = made.sources.get_mut(&key).ok_or("there is no such source")?;
        column(source, planted)?;
        findings.extend(of_source());
        return Ok(());
    }
    let at = choose(programme, made, planted, &key, used)?;
    let source = made.sources.get_mut(&key).expect("a row of it was chosen");
    let reference = source.rows[at].record.get(&programme.plan.people.reference).cloned().unwrap_or_default();
    for (field, typed) in &planted.set {
        if programme.schemas[&planted.table].index_of(field).is_none() {
            return Err(format!("there is no field {field}"));
        }
        source.rows[at].typed.insert(field.clone(), typed.clone());
    }
    let mut rows = vec![at];
    if planted.action == Action::Repeat {
        let again = source.rows[at].clone();
        source.rows.push(again);
        rows.push(source.rows.len() - 1);
    }
    let above = first_row(programme, &planted.partner);
    for row in rows {
        used.insert((key.0.clone(), key.1.clone(), key.2.clone(), row));
        findings.extend(planted.findings.iter().map(|expected| finding(planted, Some(above + row), expected)));
    }
    if planted.holds_others {
        for (table, row) in dependants(made, &key, &reference, &programme.plan.people.reference) {
            used.insert((key.0.clone(), key.1.clone(), table.clone(), row));
            let held = Expected { field: None, code: "held-with".to_owned(), severity: "error".to_owned() };
            findings.push(Finding { table, ..finding(planted, Some(above + row), &held) });
        }
    }
    Ok(())
}

/// Adds or takes away a column of a source.
fn column(source: &mut Source, planted: &Planted) -> Result<(), String> {
    let column = planted.column.clone().ok_or("`column` is missing")?;
    if planted.action == Action::AddColumn {
        source.added.push((column, planted.set.values().cloned().collect()));
    } else {
        source.dropped.push(column);
    }
    Ok(())
}

fn finding(planted: &Planted, row: Option<usize>, expected: &Expected) -> Finding {
    Finding {
        period: planted.period.clone(),
        partner: planted.partner.clone(),
        table: planted.table.clone(),
        row,
        field: expected.field.clone(),
        code: expected.code.clone(),
        severity: expected.severity.clone(),
    }
}

/// The spreadsheet row of a partner's first row of data.
fn first_row(programme: &Programme, partner: &str) -> usize {
    let partner = programme.plan.partners.iter().find(|known| known.code == partner);
    partner.map_or(0, |partner| partner.above.len()) + 2
}

/// Rows of other tables that refer to a reference.
fn dependants(made: &Made, key: &(String, String, String), reference: &str, field: &str) -> Vec<(String, usize)> {
    let others = made
        .sources
        .iter()
        .filter(|((period, partner, table), _)| (period, partner) == (&key.0, &key.1) && *table != key.2);
    let mut found = Vec::new();
    for ((_, _, table), source) in others {
        for (at, row) in source.rows.iter().enumerate() {
            if row.record.get(field).is_some_and(|value| value == reference) {
                found.push((table.clone(), at));
            }
        }
    }
    found
}

fn choose(
    programme: &Programme,
    made: &Made,
    planted: &Planted,
    key: &(String, String, String),
    used: &BTreeSet<(String, String, String, usize)>,
) -> Result<usize, String> {
    let source = made.sources.get(key).ok_or("there is no such source")?;
    let reference = &programme.plan.people.reference;
    let is_people = planted.table == programme.plan.people.table;
    let fits = |at: usize, row: &Row| {
        let free = !used.contains(&(key.0.clone(), key.1.clone(), key.2.clone(), at));
        let values = planted.filter.iter().all(|(field, wanted)| matches(&row.record, field, wanted));
        let own = row.record.get(reference).map_or("", String::as_str);
        let others = if is_people { dependants(made, key, own, reference) } else { Vec::new() };
        let untouched =
            others.iter().all(|(table, at)| !used.contains(&(key.0.clone(), key.1.clone(), table.clone(), *at)));
        free && values && untouched && (!is_people || others.is_empty() != planted.holds_others)
    };
    let mut fitting = source.rows.iter().enumerate().filter(|(at, row)| fits(*at, row)).map(|(at, _)| at);
    fitting.nth(planted.nth).ok_or_else(|| format!("no row fits {:?}", planted.filter))
}

fn matches(record: &Record, field: &str, wanted: &str) -> bool {
    match wanted {
        "" => !record.contains_key(field),
        "*" => record.contains_key(field),
        other => record.get(field).is_some_and(|value| value == other),
    }
}

/// Canaries go into rows that are accepted, and their old reference is replaced in every table.
fn canaries(
    programme: &Programme,
    made: &mut Made,
    used: &mut BTreeSet<(String, String, String, usize)>,
) -> Result<Vec<Marked>, String> {
    let reference = &programme.plan.people.reference;
    let mut marked = Vec::new();
    for canary in &programme.plan.canaries {
        let key = (canary.period.clone(), canary.partner.clone(), canary.table.clone());
        let schema = &programme.schemas[&canary.table];
        let source = made.sources.get_mut(&key).ok_or_else(|| format!("no source {key:?} for a canary"))?;
        let at = source.rows.iter().enumerate().position(|(at, row)| {
            !used.contains(&(key.0.clone(), key.1.clone(), key.2.clone(), at))
                && canary.filter.iter().all(|(field, wanted)| matches(&row.record, field, wanted))
        });
        let at = at.ok_or_else(|| format!("no row of {key:?} fits a canary"))?;
        used.insert((key.0.clone(), key.1.clone(), key.2.clone(), at));
        let before = source.rows[at].record.get(reference).cloned().unwrap_or_default();
        for (name, value) in &canary.set {
            let field = schema.field(name).ok_or_else(|| format!("a canary has no field {name}"))?;
            source.rows[at].record.insert(name.clone(), value.clone());
            if field.class == Class::None {
                continue;
            }
            marked.push(Marked {
                programme: programme.plan.name.clone(),
                period: canary.period.clone(),
                partner: canary.partner.clone(),
                table: canary.table.clone(),
                field: name.clone(),
                class: field.class.as_str(),
                value: value.clone(),
            });
        }
        if let Some(after) = canary.set.get(reference) {
            rename(&mut made.sources, canary, reference, &before, after);
        }
    }
    Ok(marked)
}

/// A partner's reference becomes another in every table and period, and the record of the canary's
/// own table is the same in every period.
fn rename(
    sources: &mut BTreeMap<(String, String, String), Source>,
    canary: &Canary,
    field: &str,
    before: &str,
    after: &str,
) {
    for ((_, _, table), source) in sources.iter_mut().filter(|((_, partner, _), _)| *partner == canary.partner) {
        for row in source.rows.iter_mut().filter(|row| row.record.get(field).is_some_and(|value| value == before)) {
            row.record.insert(field.to_owned(), after.to_owned());
            if *table == canary.table {
                row.record.extend(canary.set.clone());
            }
        }
    }
}
