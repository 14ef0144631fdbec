//! Reads a pipeline file. Every name in it must be known, and every reference must lead somewhere;
//! all mistakes are shown at once.

use super::references;
use super::{
    Breakdown, ColumnContent, ColumnSpec, Counted, Cover, Declaration, DeclaredState, FieldRelease, FileSpec,
    Indicator, Indicators, Outputs, Part, Partner, PartnerFiles, People, Pipeline, Recipient, Retention, ReturnSpec,
    Rows, SourceSpec, Strong, TableRelease, TableSpec,
};
use crate::code::Severity;
use crate::document::{self, Node, Table, Value};
use crate::mistake::{At, Mistake, Mistakes};
use crate::period::{Period, PeriodKind};
use crate::schema::Placed;
use crate::{Syntax, words};
use std::collections::BTreeMap;

pub(super) fn pipeline(text: &str, syntax: Syntax) -> Result<Pipeline, Vec<Mistake>> {
    let root = document::parse(text, syntax)?;
    let mistakes = Mistakes::default();
    let pipeline = Table::open(&root, "the pipeline", &mistakes).and_then(read);
    match pipeline {
        Some(pipeline) if mistakes.is_empty() => Ok(pipeline),
        _ => Err(mistakes.into_vec()),
    }
}

fn read(root: Table<'_>) -> Option<Pipeline> {
    let name = root.required_text("name").map(str::to_owned);
    if let (Some(name), Some(node)) = (&name, root.node("name")) {
        folder_name(name, &node.at, root.mistakes());
    }
    let periods = periods(&root);
    let pipeline = Pipeline {
        title: root.required_text("title").unwrap_or_default().to_owned(),
        lead: root.required_text("lead").unwrap_or_default().to_owned(),
        demonstration: root.flag("demonstration").unwrap_or(false),
        key: root.text("key").map(str::to_owned),
        period: root.required_text("period").unwrap_or_default().to_owned(),
        tables: tables(&root),
        partners: root.list("partners").iter().filter_map(|node| partner(node, root.mistakes())).collect(),
        declarations: root.list("declarations").iter().filter_map(|node| declaration(node, root.mistakes())).collect(),
        severities_at: root.node("severities").map_or_else(|| root.at.clone(), |node| node.at.clone()),
        severities: severities(&root),
        hold_limit: hold_limit(&root),
        countries: root.texts("countries").unwrap_or_default(),
        retention: retention(&root),
        people: root.table("people").and_then(people),
        recipients: recipients(&root),
        returns: root.list("returns").iter().filter_map(|node| return_spec(node, root.mistakes())).collect(),
        outputs: root.table("outputs").map_or_else(default_outputs, outputs),
        periods,
        name: name?,
    };
    references::check(&root, &pipeline);
    root.finish();
    Some(pipeline)
}

/// All periods. One that is part of another takes its folder from it.
fn periods(root: &Table<'_>) -> Vec<Period> {
    let read: Vec<(&At, Period)> =
        root.list("periods").iter().filter_map(|node| Some((&node.at, period(node, root.mistakes())?))).collect();
    let whole: Vec<&Period> = read.iter().map(|(_, period)| period).filter(|period| period.within.is_none()).collect();
    let mut periods = Vec::new();
    for (at, period) in &read {
        let mut period = period.clone();
        if let Some(label) = &period.within {
            match whole.iter().find(|whole| whole.label == *label) {
                Some(whole) if part_mistake(&period, whole).is_none() => period.folder.clone_from(&whole.folder),
                Some(whole) => root.mistake(Mistake::new(at, part_mistake(&period, whole).unwrap_or_default())),
                None => {
                    let labels: Vec<&str> = whole.iter().map(|whole| whole.label.as_str()).collect();
                    let mistake = Mistake::new(at, format!("there is no period `{label}` that has a folder"));
                    root.mistake(mistake.hint(format!("those are {}", words::list(&labels))));
                }
            }
        }
        periods.push(period);
    }
    periods
}

/// Why a period cannot be part of another.
fn part_mistake(part: &Period, whole: &Period) -> Option<String> {
    if part.from < whole.from || part.to > whole.to {
        return Some(format!("the period {part} does not lie within {whole}"));
    }
    let is_same = part.kind == whole.kind;
    is_same.then(|| format!("{} is of the same kind as {}, which it is part of", part.label, whole.label))
}

fn period(node: &Node, mistakes: &Mistakes) -> Option<Period> {
    let table = Table::open(node, "a period", mistakes)?;
    let label = table.required_text("label").map(str::to_owned);
    if let (Some(label), Some(node)) = (&label, table.node("label")) {
        folder_name(label, &node.at, mistakes);
    }
    let (from, to) = (table.date("from"), table.date("to"));
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        table.mistake(Mistake::new(table.at, "the period ends before it begins"));
    }
    let within = table.text("within").map(str::to_owned);
    let folder = match (&within, table.node("folder")) {
        (None, _) => table.required_text("folder").map(str::to_owned),
        (Some(_), None) => Some(String::new()),
        (Some(_), Some(node)) => {
            let mistake = Mistake::new(&node.at, "a period that is part of another has no folder of its own");
            table.mistake(mistake.hint("take `folder` away: its returns are made from the longer period's files"));
            None
        }
    };
    let kind = table.word("kind", &PeriodKind::WORDS).unwrap_or(PeriodKind::Quarter);
    table.finish();
    Some(Period { label: label?, kind, from: from?, to: to?, folder: folder?, within })
}

fn tables(root: &Table<'_>) -> Vec<TableSpec> {
    let Some(tables) = root.table("tables") else {
        root.required("tables");
        return Vec::new();
    };
    let read = |(name, node): &(String, Node)| {
        let table = Table::open(node, format!("table `{name}`"), root.mistakes())?;
        let at = table.required("schema")?.at.clone();
        folder_name(name, &node.at, root.mistakes());
        let spec = TableSpec {
            name: name.clone(),
            schema: Placed { value: table.required_text("schema")?.to_owned(), at },
            record: table.text("record").map(str::to_owned),
            period_fields: table.texts("period_fields").unwrap_or_default(),
        };
        table.finish();
        Some(spec)
    };
    tables.entries().iter().filter_map(read).collect()
}

fn partner(node: &Node, mistakes: &Mistakes) -> Option<Partner> {
    let table = Table::open(node, "a partner", mistakes)?;
    let partner = Partner {
        name: table.required_text("name").unwrap_or_default().to_owned(),
        from: table.date("from"),
        to: table.date("to"),
        sources: table.list("sources").iter().filter_map(|node| source(node, mistakes)).collect(),
        code: code(&table)?,
    };
    table.finish();
    Some(partner)
}

/// A name that is used for a folder as it is written.
fn folder_name(text: &str, at: &At, mistakes: &Mistakes) {
    let good = |c: char| c.is_alphanumeric() || "-_. ".contains(c);
    // These are folders of the private state.
    let is_taken = ["accepted", "sources"].contains(&text);
    if is_taken || text.starts_with('.') || text.trim() != text || !text.chars().all(good) {
        let mistake = Mistake::new(at, format!("\"{text}\" cannot be the name of a folder here"));
        mistakes
            .push(mistake.hint("write it with letters, digits and hyphens, and not as \"accepted\" or \"sources\""));
    }
}

/// A code that is used in file names: lower-case letters, digits and hyphens.
fn code(table: &Table<'_>) -> Option<String> {
    let text = table.required_text("code")?;
    file_safe(text, table.node("code").map_or(table.at, |node| &node.at), table.mistakes());
    Some(text.to_owned())
}

fn file_safe(text: &str, at: &At, mistakes: &Mistakes) {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if text.is_empty() || !text.chars().all(good) {
        let mistake = Mistake::new(at, "this name is used for files and folders");
        mistakes.push(mistake.hint("write it with small letters, digits and hyphens"));
    }
}

fn source(node: &Node, mistakes: &Mistakes) -> Option<SourceSpec> {
    let table = Table::open(node, "a source", mistakes)?;
    let name = table.required_text("table").map(str::to_owned);
    let file = table.required_text("file").map(str::to_owned);
    let source = SourceSpec {
        sheet: table.text("sheet").map(str::to_owned),
        headings: pairs(&table, "headings"),
        formats: pairs(&table, "formats"),
        at: node.at.clone(),
        table: name?,
        file: file?,
    };
    table.finish();
    Some(source)
}

/// A table whose names are data and whose values are texts.
fn pairs(table: &Table<'_>, name: &'static str) -> Vec<(String, String)> {
    let Some(entries) = table.table(name) else { return Vec::new() };
    entries
        .entries()
        .iter()
        .filter_map(|(key, node)| Some((key.clone(), document::as_scalar(node, name, table.mistakes())?)))
        .collect()
}

fn declaration(node: &Node, mistakes: &Mistakes) -> Option<Declaration> {
    let table = Table::open(node, "a declaration", mistakes)?;
    let (partner, name) = (table.required_text("partner"), table.required_text("table"));
    let (period, by) = (table.required_text("period"), table.required_text("by"));
    table.required("state");
    table.required("date");
    let state = table.word("state", &[("nil", DeclaredState::Nil), ("late", DeclaredState::Late)]);
    let date = table.date("date");
    table.finish();
    Some(Declaration {
        partner: partner?.to_owned(),
        table: name?.to_owned(),
        period: period?.to_owned(),
        state: state?,
        by: by?.to_owned(),
        date: date?,
    })
}

fn severities(root: &Table<'_>) -> BTreeMap<String, Severity> {
    let Some(table) = root.table("severities") else { return BTreeMap::new() };
    let read = |(code, node): &(String, Node)| {
        let word = document::as_text(node, "severities", root.mistakes())?;
        let severity = Severity::from_word(word);
        if severity.is_none() {
            let mistake = Mistake::new(&node.at, format!("there is no severity \"{word}\""));
            root.mistake(mistake.hint("it is one of reject, error, query and note"));
        }
        Some((code.clone(), severity?))
    };
    table.entries().iter().filter_map(read).collect()
}

fn hold_limit(root: &Table<'_>) -> Option<u32> {
    let text = root.text("hold_limit")?;
    let percent = text.strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
    let percent = percent.filter(|percent| (0.0..=100.0).contains(percent));
    if percent.is_none() {
        let at = root.node("hold_limit").map_or(root.at, |node| &node.at);
        root.mistake(Mistake::new(at, "`hold_limit` must be a percentage").hint("for example \"5%\""));
    }
    percent.map(|percent| (percent * 10.0).round() as u32)
}

fn retention(root: &Table<'_>) -> Vec<Retention> {
    let Some(table) = root.table("retention") else { return Vec::new() };
    let read = |(class, node): &(String, Node)| {
        let table = Table::open(node, format!("retention class `{class}`"), root.mistakes())?;
        let retention =
            Retention { class: class.clone(), rule: table.required_text("rule")?.to_owned(), due: table.date("due") };
        table.finish();
        Some(retention)
    };
    table.entries().iter().filter_map(read).collect()
}

fn people(table: Table<'_>) -> Option<People> {
    let strong = |node: &Node| {
        let table = Table::open(node, "a strong identifier", table.mistakes())?;
        table.required("fields")?;
        let fields = table.one_or_more("fields")?.into_iter().map(|(name, _)| name).collect();
        let strong = Strong { name: table.required_text("name")?.to_owned(), fields };
        table.finish();
        Some(strong)
    };
    let people = People {
        strong: table.list("strong").iter().filter_map(strong).collect(),
        suggest: table.texts("suggest").unwrap_or_default(),
        table: table.required_text("table")?.to_owned(),
        record: table.required_text("record")?.to_owned(),
    };
    table.finish();
    Some(people)
}

fn recipients(root: &Table<'_>) -> Vec<Recipient> {
    let Some(recipients) = root.table("recipients") else { return Vec::new() };
    let read = |(code, node): &(String, Node)| {
        let table = Table::open(node, format!("recipient `{code}`"), root.mistakes())?;
        file_safe(code, &node.at, root.mistakes());
        let country = table.required("country").map(|node| Placed { value: String::new(), at: node.at.clone() });
        let recipient = Recipient {
            code: code.clone(),
            name: table.required_text("name").unwrap_or_default().to_owned(),
            country: Placed { value: table.required_text("country").unwrap_or_default().to_owned(), ..country? },
            epoch: table.whole("epoch").unwrap_or(1) as u32,
            exact_counts: table.text("exact_counts").map(str::to_owned),
            release: table.table("release").map_or_else(Vec::new, |release| releases(&release)),
        };
        table.finish();
        Some(recipient)
    };
    recipients.entries().iter().filter_map(read).collect()
}

fn releases(release: &Table<'_>) -> Vec<TableRelease> {
    let read = |(name, node): &(String, Node)| {
        let fields = Table::open(node, format!("the release of `{name}`"), release.mistakes())?;
        let fields = fields.entries().iter().filter_map(|(field, node)| field_release(field, node, release.mistakes()));
        Some(TableRelease { table: name.clone(), fields: fields.collect() })
    };
    release.entries().iter().filter_map(read).collect()
}

fn field_release(field: &str, node: &Node, mistakes: &Mistakes) -> Option<FieldRelease> {
    let mut released = FieldRelease {
        field: field.to_owned(),
        released_as: field.to_owned(),
        treatment: String::new(),
        settings: Vec::new(),
        at: node.at.clone(),
    };
    if let Value::Text(treatment) = &node.value {
        released.treatment.clone_from(treatment);
        return Some(released);
    }
    let table = Table::open(node, format!("the release of field `{field}`"), mistakes)?;
    table.required_text("treatment")?.clone_into(&mut released.treatment);
    if let Some(name) = table.text("as") {
        name.clone_into(&mut released.released_as);
    }
    // `from` lets one field leave in two treatments under two names.
    if let Some(name) = table.text("from") {
        name.clone_into(&mut released.field);
    }
    for (name, node) in table.entries() {
        if ["treatment", "as", "from"].contains(&name.as_str()) {
            continue;
        }
        let items = match &node.value {
            Value::List(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        let values = items.iter().filter_map(|item| document::as_scalar(item, name, mistakes)).collect();
        released.settings.push((name.clone(), values));
    }
    Some(released)
}

fn return_spec(node: &Node, mistakes: &Mistakes) -> Option<ReturnSpec> {
    let table = Table::open(node, "a return", mistakes)?;
    let name = table.required_text("name");
    if let (Some(name), Some(node)) = (name, table.node("name")) {
        file_safe(name, &node.at, mistakes);
    }
    let spec = ReturnSpec {
        title: table.required_text("title").unwrap_or_default().to_owned(),
        recipient: table.required_text("recipient").unwrap_or_default().to_owned(),
        kind: table.word("periods", &PeriodKind::WORDS).unwrap_or(PeriodKind::Quarter),
        basis: table.required_text("basis").unwrap_or_default().to_owned(),
        retention: table.required_text("retention").unwrap_or_default().to_owned(),
        needs_all: table.word("needs", &[("all", true), ("any", false)]).unwrap_or(false),
        files: table.list("files").iter().filter_map(|node| file(node, mistakes)).collect(),
        name: name?.to_owned(),
    };
    table.finish();
    Some(spec)
}

fn file(node: &Node, mistakes: &Mistakes) -> Option<FileSpec> {
    let table = Table::open(node, "a file of a return", mistakes)?;
    let format = table.required_text("format").map(str::to_owned);
    let path = table.required_text("path").map(str::to_owned);
    if let (Some(path), Some(node)) = (&path, table.node("path"))
        && (path.starts_with('/') || path.contains("..") || path.contains('\\') || path.contains(':'))
    {
        let mistake = Mistake::new(&node.at, "the path of a file must stay inside the return's folder");
        mistakes.push(mistake.hint("write a plain name, for example \"return-{period}.xlsx\""));
    }
    let file = FileSpec {
        parts: table.list("parts").iter().filter_map(|node| part(node, mistakes)).collect(),
        datapackage: table.text("datapackage").map(str::to_owned),
        codebook: table.text("codebook").map(str::to_owned),
        at: node.at.clone(),
        format: format?,
        path: path?,
    };
    table.finish();
    Some(file)
}

fn part(node: &Node, mistakes: &Mistakes) -> Option<Part> {
    let table = Table::open(node, "a part of a file", mistakes)?;
    let kind = table.required_text("part")?;
    let part = match kind {
        "cover" => Some(Part::Cover(Cover {
            name: table.text("name").unwrap_or("Cover").to_owned(),
            lines: pairs(&table, "lines"),
            notes: table.texts("notes").unwrap_or_default(),
        })),
        "indicators" => Some(Part::Indicators(Indicators {
            name: table.text("name").unwrap_or("Indicators").to_owned(),
            note: table.text("note").map(str::to_owned),
            rows: table.list("rows").iter().filter_map(|node| indicator(node, mistakes)).collect(),
        })),
        "rows" => rows(&table, node),
        other => {
            let mistake = Mistake::new(&node.at, format!("there is no part \"{other}\""));
            table.mistake(mistake.hint("it is one of cover, indicators and rows"));
            return None;
        }
    };
    table.finish();
    part
}

fn rows(table: &Table<'_>, node: &Node) -> Option<Part> {
    let name = table.required_text("table")?.to_owned();
    Some(Part::Rows(Rows {
        name: table.text("name").unwrap_or(&name).to_owned(),
        filter: placed(table, "where"),
        columns: table.list("columns").iter().filter_map(|node| column(node, table.mistakes())).collect(),
        order: table.texts("order").unwrap_or_default(),
        at: node.at.clone(),
        table: name,
    }))
}

fn placed(table: &Table<'_>, name: &'static str) -> Option<Placed<String>> {
    let at = table.node(name)?.at.clone();
    Some(Placed { value: table.text(name)?.to_owned(), at })
}

fn column(node: &Node, mistakes: &Mistakes) -> Option<ColumnSpec> {
    if let Value::Text(name) = &node.value {
        return Some(ColumnSpec { heading: None, content: ColumnContent::Released(name.clone()) });
    }
    let table = Table::open(node, "a column", mistakes)?;
    let heading = table.text("heading").map(str::to_owned);
    let content = match (table.text("field"), table.text("text")) {
        (Some(field), None) => ColumnContent::Released(field.to_owned()),
        (None, Some(text)) => ColumnContent::Text(text.to_owned()),
        _ => {
            table.mistake(Mistake::new(&node.at, "a column needs `field` or `text`, and not both"));
            return None;
        }
    };
    table.finish();
    Some(ColumnSpec { heading, content })
}

fn indicator(node: &Node, mistakes: &Mistakes) -> Option<Indicator> {
    let table = Table::open(node, "an indicator", mistakes)?;
    let counted = |node: &Node| {
        let table = Table::open(node, "what an indicator counts", mistakes)?;
        let counted = Counted { table: table.required_text("table")?.to_owned(), filter: placed(&table, "where") };
        table.finish();
        Some(counted)
    };
    let breakdown = |node: &Node| {
        let table = Table::open(node, "a breakdown", mistakes)?;
        let bands = table.texts("bands").unwrap_or_default();
        let breakdown = Breakdown {
            label: table.required_text("label")?.to_owned(),
            field: table.required_text("field")?.to_owned(),
            bands: bands.iter().filter_map(|band| band.parse().ok()).collect(),
            at: node.at.clone(),
        };
        if breakdown.bands.len() != bands.len() || !breakdown.bands.is_sorted() {
            table.mistake(Mistake::new(&node.at, "`bands` must be whole ages in rising order"));
        }
        table.finish();
        Some(breakdown)
    };
    let indicator = Indicator {
        code: table.text("code").map(str::to_owned),
        label: table.required_text("label")?.to_owned(),
        counts: table.list("counts").iter().filter_map(counted).collect(),
        target: table.whole("target"),
        by: table.list("by").iter().filter_map(breakdown).collect(),
    };
    if indicator.counts.is_empty() {
        table.mistake(Mistake::new(&node.at, "an indicator needs `counts`: the tables whose people it counts"));
    }
    table.finish();
    Some(indicator)
}

fn default_outputs() -> Outputs {
    Outputs { findings: vec!["json".to_owned()], columns: Vec::new(), partner_files: PartnerFiles::Findings }
}

fn outputs(table: Table<'_>) -> Outputs {
    let defaults = default_outputs();
    let partner_files = [("findings", PartnerFiles::Findings), ("none", PartnerFiles::None)];
    let outputs = Outputs {
        findings: table.texts("findings").unwrap_or(defaults.findings),
        columns: table.texts("columns").unwrap_or_default(),
        partner_files: table.word("partner_files", &partner_files).unwrap_or(defaults.partner_files),
    };
    for format in &outputs.findings {
        if !["json", "csv"].contains(&format.as_str()) {
            let what = format!("findings are written as \"json\" or \"csv\", not \"{format}\"");
            table.mistake(Mistake::new(table.at, what));
        }
    }
    table.finish();
    outputs
}
