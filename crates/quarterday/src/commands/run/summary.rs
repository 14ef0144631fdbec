//! A run's result for people: who sent what, what became of it, what was written, what to do next.

use comfy_table::{Cell, CellAlignment, Table, presets};
use qd_model::words::{count, date, list, plural, thousands};
use qd_run::{Blocked, Plan, PlanLine, PlannedReturn, RunOutcome, SinceSent, SourceLine};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Warnings of one return that the terminal shows.
const WARNINGS: usize = 10;

/// What the terminal shows of a run. A quiet terminal gets the returns only.
pub(super) fn of_run(outcome: &RunOutcome, by: Option<&str>, is_quiet: bool) -> String {
    let mut text = String::new();
    if !is_quiet {
        let mark = if outcome.demonstration { " · demonstration, invented people" } else { "" };
        writeln!(text, "{} · {}{mark}", outcome.title, outcome.period).expect("memory");
        if outcome.as_of != outcome.period.to {
            writeln!(text, "as of {}", date(outcome.as_of)).expect("memory");
        }
        writeln!(text, "\n{}\n", sources(&outcome.sources, outcome.summary.findings)).expect("memory");
    }
    writeln!(text, "{}", returns(outcome)).expect("memory");
    if !is_quiet {
        writeln!(text, "\n{}", people(outcome)).expect("memory");
        if !outcome.trials.is_empty() {
            writeln!(text, "\n{}", trials(outcome)).expect("memory");
        }
        writeln!(text, "\nWhat to do next").expect("memory");
        for line in next_steps(outcome, by) {
            writeln!(text, "  {line}").expect("memory");
        }
    }
    text
}

fn table(headings: &[&str], left: usize) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(headings.iter().copied());
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((if index == 0 { 2 } else { 0 }, 2));
        if index >= left {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn number(value: u64) -> Cell {
    // A nought is easier to overlook than to read, which is what it is there for.
    Cell::new(if value == 0 { "·".to_owned() } else { thousands(value) })
}

/// One file: its tables added up.
#[derive(Default)]
struct FileLine {
    tables: Vec<String>,
    rows: u64,
    accepted: u64,
    held: u64,
    findings: [u64; 4],
}

fn sources(lines: &[SourceLine], findings: [u64; 4]) -> String {
    let mut files: Vec<((&str, String), FileLine)> = Vec::new();
    for line in lines {
        let name = line.file.clone().unwrap_or_else(|| format!("({})", line.absent.unwrap_or_default()));
        let key = (line.partner.as_str(), name);
        let position = files.iter().position(|(other, _)| *other == key).unwrap_or_else(|| {
            files.push((key, FileLine::default()));
            files.len() - 1
        });
        let file = &mut files[position].1;
        file.tables.push(line.table.clone());
        file.rows += line.rows;
        file.accepted += line.accepted;
        file.held += line.held;
        for (sum, count) in file.findings.iter_mut().zip(line.findings) {
            *sum += count;
        }
    }
    let mut out =
        table(&["partner", "source", "tables", "rows", "accepted", "held", "reject", "error", "query", "note"], 3);
    let mut before = "";
    for ((partner, name), file) in &files {
        let tables = if file.tables.len() == 1 { file.tables[0].clone() } else { count(file.tables.len(), "table") };
        let mut row =
            vec![Cell::new(if *partner == before { "" } else { partner }), Cell::new(name), Cell::new(tables)];
        row.extend([file.rows, file.accepted, file.held].map(number));
        row.extend(file.findings.map(number));
        out.add_row(row);
        before = partner;
    }
    let sum = |of: fn(&SourceLine) -> u64| number(lines.iter().map(of).sum());
    let mut row = vec![Cell::new("all"), Cell::new(""), Cell::new("")];
    row.extend([sum(|line| line.rows), sum(|line| line.accepted), sum(|line| line.held)]);
    // Some findings are about no partner's source, so that they stand in this line only.
    row.extend(findings.map(number));
    out.add_row(row);
    trimmed(&out)
}

fn returns(outcome: &RunOutcome) -> String {
    let mut out = table(&["return", "to", "people", "rows", "files", "where"], 2);
    for made in &outcome.returns {
        let (files, place) = if made.blocked.is_empty() {
            (made.files.len() as u64, outcome.draft.join(&made.name).display().to_string())
        } else {
            (0, format!("BLOCKED for {}, see below", count(made.blocked.len(), "reason")))
        };
        out.add_row(vec![
            Cell::new(&made.name),
            Cell::new(&made.recipient),
            number(made.people),
            number(made.rows),
            number(files),
            Cell::new(place).set_alignment(CellAlignment::Left),
        ]);
    }
    trimmed(&out)
}

/// What rules on trial would do, a line for each.
fn trials(outcome: &RunOutcome) -> String {
    let mut rules: BTreeMap<(&str, &str, &str), Vec<String>> = BTreeMap::new();
    for trial in &outcome.trials {
        let key = (trial.code.as_str(), trial.table.as_str(), trial.severity.as_str());
        rules.entry(key).or_default().push(format!("{} of {}", thousands(trial.findings), trial.partner));
    }
    let mut text = "Rules on trial: reported as notes, and would find".to_owned();
    for ((code, table, severity), partners) in rules {
        write!(text, "\n  {code} ({severity}, {table}): {}", list(&partners)).expect("memory");
    }
    text
}

fn people(outcome: &RunOutcome) -> String {
    let now = count(outcome.people.this_period as usize, "person");
    match outcome.people.cumulative {
        Some(all) => format!("{now} this period, {} in the project so far", thousands(all)),
        None => format!(
            "{now} this period; how many in the project so far is not known, since an earlier period is missing"
        ),
    }
}

fn next_steps(outcome: &RunOutcome, by: Option<&str>) -> Vec<String> {
    let mut steps = Vec::new();
    let draft = outcome.draft.display();
    if !outcome.made_first.is_empty() {
        steps.push(format!("The state of {} was made first, since it was not there", list(&outcome.made_first)));
    }
    steps.extend(since_before(outcome));
    let (held, rejected) = (outcome.summary.held as usize, outcome.summary.rejected_sources as usize);
    let mut stand = Vec::new();
    if held > 0 {
        stand.push(format!("{} {} held", count(held, "row"), plural(held, "is")));
    }
    if rejected > 0 {
        stand.push(format!("{} could not be used", count(rejected, "source")));
    }
    if !stand.is_empty() {
        let what = if outcome.has_partner_files {
            format!("send each partner what is in {draft}/partners/<code>/")
        } else {
            format!("tell the partners what {draft}/findings.json lists")
        };
        steps.push(format!("{}: {what}", list(&stand)));
    }
    for (reason, returns) in reasons(outcome) {
        steps.push(format!("To write {}: {} ({})", list(&returns), reason.unblock, reason.code));
    }
    for made in &outcome.returns {
        steps.extend(made.notes.iter().map(|note| format!("Before `{}` is sent, look at {note}", made.name)));
    }
    for made in outcome.returns.iter().filter(|made| !made.left_out.is_empty()) {
        let why: Vec<String> =
            made.left_out.iter().map(|out| format!("{} {}", thousands(out.people), out.reason)).collect();
        steps.push(format!("Not on the list of `{}`: {}", made.name, list(&why)));
    }
    if !outcome.strays.is_empty() {
        let verb = plural(outcome.strays.len(), "is");
        steps.push(format!(
            "In the period's folder {} {verb} no partner's source: {}",
            count(outcome.strays.len(), "file"),
            list(&outcome.strays)
        ));
    }
    steps.push(format!("The period on one page, for the people who run the programme: {}", outcome.page.display()));
    if outcome.returns.iter().any(|made| made.blocked.is_empty()) {
        steps.push(format!("Look through the drafts in {draft}; `quarterday verify {draft}` proves them unchanged"));
        let sent = format!("`quarterday sent {draft}/RETURN --by NAME` freezes one as it is sent");
        steps.push(match by {
            Some(by) => format!("Once somebody else than {by} has done so, {sent}"),
            None => format!("{sent}, if it was run with `--by NAME` and somebody else sends it"),
        });
    }
    steps
}

/// What came again, what came late, and what was sent before.
fn since_before(outcome: &RunOutcome) -> Vec<String> {
    let mut lines = Vec::new();
    for it in &outcome.resubmitted {
        let records = changes([it.added, it.removed, it.changed]);
        let findings =
            format!("{} fixed, {} still open, {} new", count(it.fixed as usize, "finding"), it.still_open, it.new);
        lines.push(format!("{} sent {} again: {records}; {findings}", it.partner, it.table));
    }
    for (table, periods) in &outcome.late {
        for (period, rows) in periods {
            let verb = if *rows == 1 { "tells" } else { "tell" };
            lines.push(format!(
                "{} of {table} {verb} of {period} and came with this period",
                count(*rows as usize, "row")
            ));
        }
    }
    if let Some(correction) = &outcome.correction {
        let sent: Vec<String> =
            correction.versions.iter().map(|it| format!("`{}` as version {}", it.name, it.version)).collect();
        let since: Vec<String> =
            correction.reasons.iter().map(|(reason, counts)| format!("{} ({reason})", changes(*counts))).collect();
        let since = if since.is_empty() { "no record changed since".to_owned() } else { since.join("; ") };
        lines.push(format!(
            "{} was sent before ({}), so that this draft is a correction: {since}",
            outcome.period.label,
            list(&sent)
        ));
    }
    lines
}

/// "2 records added, 1 removed, 3 changed".
fn changes([added, removed, changed]: [u64; 3]) -> String {
    format!("{} added, {removed} removed, {changed} changed", count(added as usize, "record"))
}

/// Each reason for which returns are blocked, with the returns that it blocks.
fn reasons(outcome: &RunOutcome) -> Vec<(&Blocked, Vec<String>)> {
    let mut reasons: Vec<(&Blocked, Vec<String>)> = Vec::new();
    for made in &outcome.returns {
        for reason in &made.blocked {
            let name = format!("`{}`", made.name);
            match reasons.iter_mut().find(|(other, _)| *other == reason) {
                Some((_, returns)) => returns.push(name),
                None => reasons.push((reason, vec![name])),
            }
        }
    }
    reasons
}

/// Which fields of how many people would go to whom.
pub(super) fn of_plans(plans: &[(&str, Plan)]) -> String {
    let mut text = String::new();
    for (pipeline, plan) in plans {
        let mut groups: BTreeMap<(&str, &str), Vec<&PlanLine>> = BTreeMap::new();
        for line in &plan.released {
            groups.entry((&line.name, &line.recipient)).or_default().push(line);
        }
        for ((name, recipient), lines) in groups {
            writeln!(text, "{pipeline} · return `{name}` to {recipient}").expect("memory");
            // Of a return that was never sent there is nothing to compare with.
            let was_sent = lines.iter().any(|line| line.since.is_some());
            let mut headings = vec!["table", "field", "as", "treatment", "class", "people", "rows"];
            headings.extend(was_sent.then_some("since last sent"));
            let mut out = table(&headings, 5);
            let mut before = "";
            for line in lines {
                let released_as = if line.released_as == line.field { "" } else { &line.released_as };
                let mut row: Vec<Cell> = vec![Cell::new(if line.table == before { "" } else { &line.table })];
                row.extend([&line.field, released_as, &line.treatment, &line.class].map(Cell::new));
                row.extend([line.people, line.rows].map(number));
                row.extend(
                    line.since.as_ref().map(|since| Cell::new(since.words()).set_alignment(CellAlignment::Left)),
                );
                out.add_row(row);
                before = &line.table;
            }
            writeln!(text, "{}\n", trimmed(&out)).expect("memory");
        }
        text.push_str(&in_the_way(pipeline, &plan.returns));
    }
    text
}

/// Which returns would be written now, and what stands in the way of the others.
fn in_the_way(pipeline: &str, returns: &[PlannedReturn]) -> String {
    let mut text = String::new();
    for (name, since) in returns.iter().filter_map(|made| Some((&made.name, made.since?))) {
        writeln!(text, "{pipeline} · return `{name}`: {}", since_sent(since)).expect("memory");
    }
    for (name, risk) in returns.iter().filter_map(|made| Some((&made.name, made.risk.as_ref()?))) {
        writeln!(text, "{pipeline} · return `{name}`: {risk}").expect("memory");
    }
    for made in returns.iter().filter(|made| !made.warnings.is_empty()) {
        let all = count(made.warnings.len(), "thing");
        writeln!(text, "{pipeline} · return `{}`: {all} to look at", made.name).expect("memory");
        for warning in made.warnings.iter().take(WARNINGS) {
            writeln!(text, "  {}: {}", warning.at, warning.what).expect("memory");
        }
        if let Some(more) = made.warnings.len().checked_sub(WARNINGS).filter(|more| *more > 0) {
            writeln!(text, "  and {} more, which `--format json` names", thousands(more as u64)).expect("memory");
        }
        let mut hints: Vec<&str> = made.warnings.iter().filter_map(|warning| warning.hint.as_deref()).collect();
        hints.dedup();
        for hint in hints {
            writeln!(text, "  do: {hint}").expect("memory");
        }
    }
    for made in returns.iter().filter(|made| !made.blocked.is_empty()) {
        writeln!(text, "{pipeline} · return `{}` would be BLOCKED", made.name).expect("memory");
        for reason in &made.blocked {
            writeln!(text, "  {} ({})", reason.unblock, reason.code).expect("memory");
        }
    }
    let free = returns.iter().filter(|made| made.blocked.is_empty()).count();
    let all = count(returns.len(), "return");
    let said = if free == returns.len() {
        format!("nothing stands in the way of {all}")
    } else {
        format!("{} of {all} would be written", thousands(free as u64))
    };
    writeln!(text, "{pipeline} · {said}\n").expect("memory");
    text
}

fn since_sent(since: SinceSent) -> String {
    let version = since.version;
    let [added, removed, changed] = since.changed.map(|number| count(number as usize, "record"));
    if since.changed == [0, 0, 0] {
        return format!("nothing has changed since version {version} was sent");
    }
    format!("since version {version} was sent, {added} added, {removed} removed, {changed} changed")
}

/// The table without blanks at line ends.
fn trimmed(table: &Table) -> String {
    let text = table.to_string();
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n")
}
