//! Returns: for each recipient, what its profile releases, as the files of its layout.

mod contacts;
mod sealed;
pub(crate) mod template;

use crate::audit::{self, RowLineage};
use crate::compute::Computed;
use crate::crosswalk::crosswalk;
use crate::figures::ReturnFigures;
use crate::folders;
use crate::indicators::Periods;
use crate::load::Loaded;
use crate::open::{self, Numbers};
use crate::outcome::{Blocked, LeftOut, ReturnFile, ReturnOutcome};
use crate::place::NewFile;
use crate::risk::{self, ReturnRisk};
use crate::state::PeriodState;
use arrow::array::BooleanArray;
use jiff::civil::Date;
use qd_disclosure::{Clearance, ClearedTable, CountColumn, DomainKey, Key, Reasons};
use qd_ledger::Identity;
use qd_model::pipeline::{Below, Cover, FileSpec, Keep, Part, Recipient, ReturnSpec, Rows};
use qd_model::{Period, Refusal, words};
use qd_return::{Document, Package, Resource, Sheet, TextPart};
use qd_rules::Constants;
use qd_table::Typed;
use rayon::prelude::*;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// What all returns of a period are made from.
pub(crate) struct Making<'a> {
    pub(crate) loaded: &'a Loaded,
    pub(crate) computed: &'a Computed,
    pub(crate) key: &'a Key,
    /// The counts of each return that has any, by its name.
    pub(crate) figures: &'a BTreeMap<String, ReturnFigures>,
    /// The states of earlier periods, oldest first.
    pub(crate) earlier: &'a [PeriodState],
    /// The ids of people who are in counts, and in no list of rows.
    pub(crate) restricted: &'a BTreeSet<String>,
    /// The periods that counts are taken over.
    pub(crate) periods: &'a Periods<'a>,
    /// People of this period or an earlier one who turned out to be one, or two.
    pub(crate) identities: &'a [Identity],
    /// What was sent last of this period and of earlier ones.
    pub(crate) sent: &'a [PeriodState],
}

/// What a return is made for: the period that is run, or one that is part of it.
pub(crate) struct MadeFor<'a> {
    pub(crate) spec: &'a ReturnSpec,
    pub(crate) period: &'a Period,
    /// What the return and its folder are called: with the period where that is only a part, since
    /// one run then makes the return several times.
    pub(crate) name: String,
    pub(crate) constants: Constants,
}

impl<'a> MadeFor<'a> {
    pub(crate) fn of(spec: &'a ReturnSpec, period: &'a Period, as_of: Date) -> Self {
        let name = match &period.within {
            None => spec.name.clone(),
            Some(_) => format!("{}-{}", spec.name, period.label),
        };
        Self { spec, period, name, constants: Constants { period: Some((period.from, period.to)), as_of: Some(as_of) } }
    }
}

/// One return and its files, relative to the draft folder.
pub(crate) struct Made {
    pub(crate) outcome: ReturnOutcome,
    pub(crate) files: Vec<NewFile>,
    /// Files as they will be when the return is sent, where those differ from the draft's.
    pub(crate) finals: Vec<NewFile>,
    /// What stays in the house of it: what is inside a sealed return, its disclosure risk, and where its rows
    /// came from.
    pub(crate) inside: Vec<NewFile>,
}

/// Makes every return that is made for this kind of period or for parts of it, in parallel.
pub(crate) fn make_all(making: &Making<'_>) -> Result<Vec<Made>, Refusal> {
    let due = making.loaded.pipeline.due(&making.computed.period, making.periods.end);
    due.par_iter().map(|(spec, period)| make(making, &MadeFor::of(spec, period, making.computed.as_of))).collect()
}

fn make(making: &Making<'_>, made_for: &MadeFor<'_>) -> Result<Made, Refusal> {
    let spec = made_for.spec;
    let mut outcome = ReturnOutcome {
        name: made_for.name.clone(),
        title: spec.title.clone(),
        recipient: spec.recipient.clone(),
        blocked: blocked(making.loaded, making.computed, spec),
        people: 0,
        rows: 0,
        left_out: Vec::new(),
        files: Vec::new(),
        notes: Vec::new(),
    };
    if spec.is_final && !making.periods.is_complete {
        outcome.blocked.push(missing_periods(making));
    }
    if let Some(figures) = making.figures.get(&made_for.name) {
        outcome.blocked.extend(figures.blocked.iter().cloned());
        outcome.notes.clone_from(&figures.notes);
    }
    if !outcome.blocked.is_empty() {
        return Ok(Made { outcome, files: Vec::new(), finals: Vec::new(), inside: Vec::new() });
    }
    let folder = made_for.name.clone();
    let maker = Maker::new(making, made_for);
    let mut made = Content::default();
    for file in &spec.files {
        maker.file(file, &mut made)?;
    }
    made.files.extend(crosswalk(making, made_for, maker.recipient, &maker.key)?);
    let risk = risk::of_tables(&making.loaded.pipeline, maker.recipient, &made.tables);
    let paper = |risk: &ReturnRisk| NewFile { path: format!("risk/{folder}.json"), bytes: risk.paper(made_for) };
    let papers: Vec<NewFile> = risk.iter().map(paper).collect();
    if made.rare > 0 {
        let unblock = "let the profile release less of the indirect identifiers, or declare what is done about people \
                       whom too few others look like"
            .to_owned();
        outcome.blocked.push(Blocked { code: "too-few-alike".to_owned(), count: made.rare, unblock });
        return Ok(Made { outcome, files: Vec::new(), finals: Vec::new(), inside: papers });
    }
    outcome.people = made.people.len() as u64;
    outcome.rows = made.rows;
    outcome.left_out = made.left_out.into_iter().map(|(reason, people)| LeftOut { reason, people }).collect();
    let in_folder = |(path, bytes): (String, Vec<u8>)| NewFile { path: format!("{folder}/{path}"), bytes };
    let mut files: Vec<NewFile> = made.files.into_iter().map(in_folder).collect();
    let mut finals: Vec<NewFile> = made.finals.into_iter().map(in_folder).collect();
    let mut inside = Vec::new();
    if let Some(seal) = &maker.recipient.seal {
        let sealed = maker.sealed(seal, &folder, files, &finals, &outcome)?;
        (files, finals, inside) = (sealed.outside, sealed.finals, sealed.inside);
    } else {
        let manifest = maker.manifest(&files, &outcome);
        files.push(NewFile { path: format!("{folder}/manifest.json"), bytes: manifest });
    }
    outcome.files = files
        .iter()
        .map(|file| ReturnFile {
            path: format!("draft/{}", file.path),
            blake3: blake3::hash(&file.bytes).to_hex().to_string(),
            bytes: file.bytes.len() as u64,
        })
        .collect();
    inside.extend(papers);
    inside.extend(audit::lineage_file(&made_for.name, &made.lineage, &making.computed.state.people));
    Ok(Made { outcome, files, finals, inside })
}

/// A return of the whole project needs all of it.
fn missing_periods(making: &Making<'_>) -> Blocked {
    let known = |label: &String| making.earlier.iter().any(|state| state.label == *label);
    let missing = making.loaded.pipeline.before(&making.computed.period).iter().filter(|it| !known(&it.label)).count();
    let unblock = "put the files of the periods that are missing where the pipeline says, or take them in with \
                   `quarterday import-earlier`"
        .to_owned();
    Blocked { code: "missing-period".to_owned(), count: missing as u64, unblock }
}

/// The disclosure risk of a return's rows, where they are under pseudonyms.
pub(crate) fn risk(making: &Making<'_>, made_for: &MadeFor<'_>) -> Option<ReturnRisk> {
    let maker = Maker::new(making, made_for);
    let mut content = Content::default();
    for file in &made_for.spec.files {
        for part in &file.parts {
            if let Part::Rows(rows) = part {
                maker.rows(rows, file, &mut content);
            }
        }
    }
    risk::of_tables(&making.loaded.pipeline, maker.recipient, &content.tables)
}

/// Tables that a return draws on, by index; counts of people draw on the people table as well.
pub(crate) fn tables_of(loaded: &Loaded, spec: &ReturnSpec) -> Vec<usize> {
    let parts = spec.files.iter().flat_map(|file| &file.parts);
    let mut tables: Vec<usize> = parts.flat_map(Part::tables).map(|name| loaded.table_index(name)).collect();
    tables.extend(loaded.people_table());
    tables.sort_unstable();
    tables.dedup();
    tables
}

/// Why a return may not be written now.
pub(crate) fn blocked(loaded: &Loaded, computed: &Computed, spec: &ReturnSpec) -> Vec<Blocked> {
    let tables = tables_of(loaded, spec);
    let mut blocked: Vec<Blocked> = computed
        .open_queries(&tables, loaded)
        .into_iter()
        .map(|(code, count)| {
            let unblock = format!("correct or explain {}", words::count(count as usize, "query"));
            Blocked { code, count, unblock }
        })
        .collect();
    let used = || computed.sources.iter().filter(|source| tables.contains(&source.table));
    let usable = || used().filter(|source| !source.judged.is_rejected);
    if let Some(limit) = loaded.pipeline.hold_limit {
        let held: u64 = usable().map(|source| source.held.len() as u64).sum();
        let rows: u64 = usable().map(|source| source.judged.rows).sum();
        if held * 1000 > u64::from(limit) * rows {
            let limit = f64::from(limit) / 10.0;
            let unblock = format!(
                "have rows corrected until at most {limit}% of {} are held",
                words::count(rows as usize, "row")
            );
            blocked.push(Blocked { code: "hold-limit".to_owned(), count: held, unblock });
        }
    }
    if spec.needs_all {
        let rejected = used().filter(|source| source.judged.is_rejected).count() as u64;
        if rejected > 0 {
            let unblock = "get sources that can be read, since this return needs all of them".to_owned();
            blocked.push(Blocked { code: "rejected-source".to_owned(), count: rejected, unblock });
        }
        let missing =
            computed.absent.iter().filter(|absent| tables.contains(&loaded.table_index(&absent.table))).count() as u64;
        if missing > 0 {
            let unblock = "get the sources that have not come, since this return needs all of them".to_owned();
            blocked.push(Blocked { code: "missing-source".to_owned(), count: missing, unblock });
        }
    }
    blocked
}

/// What a return's files hold so far.
#[derive(Default)]
struct Content {
    files: Vec<(String, Vec<u8>)>,
    /// Those that do not say that they are drafts.
    finals: Vec<(String, Vec<u8>)>,
    people: BTreeSet<u32>,
    rows: u64,
    /// Why people are not on a list of people to contact, and how many.
    left_out: Vec<(String, u64)>,
    /// Tables under pseudonyms, whose risk is told.
    tables: Vec<ClearedTable>,
    /// People whom too few others look like, where the recipient may get none such.
    rare: u64,
    /// Where each row came from.
    lineage: Vec<RowLineage>,
}

/// Makes the files of one return.
struct Maker<'a> {
    making: &'a Making<'a>,
    spec: &'a ReturnSpec,
    period: &'a Period,
    constants: Constants,
    recipient: &'a Recipient,
    key: DomainKey,
    figures: Option<&'a ReturnFigures>,
}

impl<'a> Maker<'a> {
    fn new(making: &'a Making<'a>, made_for: &MadeFor<'a>) -> Self {
        let MadeFor { spec, period, constants, .. } = *made_for;
        let pipeline = &making.loaded.pipeline;
        let recipient = pipeline.recipient(&spec.recipient).expect("the pipeline's references were checked");
        let key = making.key.for_recipient(&pipeline.name, &recipient.code, recipient.epoch);
        let figures = making.figures.get(&made_for.name);
        Self { making, spec, period, constants, recipient, key, figures }
    }

    fn file(&self, file: &FileSpec, content: &mut Content) -> Result<(), Refusal> {
        let fault = |error: &dyn std::fmt::Display| {
            Refusal::new(format!("the return `{}` cannot be written", self.spec.name)).because(error)
        };
        match file.format.as_str() {
            "xlsx" if file.template.is_some() => {
                let [draft, sent] = self.template(file, content)?.map_err(|error| fault(&error))?;
                content.files.push((self.path(file, ""), draft));
                content.finals.push((self.path(file, ""), sent));
            }
            "xlsx" => {
                let [draft, sent] = self.workbook(file, content)?.map_err(|error| fault(&error))?;
                content.files.push((self.path(file, ""), draft));
                content.finals.push((self.path(file, ""), sent));
            }
            "csv" => self.texts(file, content).map_err(|error| fault(&error))?,
            _ => self.extract(file, content).map_err(|error| fault(&error))?,
        }
        Ok(())
    }

    /// Text files: parts whose path comes out the same are one file, in the order of the pipeline.
    fn texts(&self, file: &FileSpec, content: &mut Content) -> Result<(), qd_return::ReturnError> {
        let mut files: Vec<(String, Vec<(ClearedTable, &Rows)>)> = Vec::new();
        for part in &file.parts {
            let Part::Rows(rows) = part else { continue };
            let (path, table) = (self.path(file, &rows.table), self.rows(rows, file, content));
            match files.iter_mut().find(|(other, _)| *other == path) {
                Some((_, parts)) => parts.push((table, rows)),
                None => files.push((path, vec![(table, rows)])),
            }
        }
        for (path, parts) in files {
            let parts: Vec<TextPart<'_>> =
                parts.iter().map(|(table, rows)| TextPart { table, columns: &rows.columns }).collect();
            content.files.push((schema_path(&path), qd_return::table_schema(&parts)?.into_bytes()));
            content.files.push((path, qd_return::text(&parts)?));
        }
        Ok(())
    }

    fn path(&self, file: &FileSpec, table: &str) -> String {
        file.path.replace("{period}", &self.period.label).replace("{table}", table)
    }

    /// The rows without those of people the use of whose data is restricted.
    fn without_restricted<'b>(&self, typed: Cow<'b, Typed>) -> Cow<'b, Typed> {
        let (restricted, people) = (self.making.restricted, &self.making.computed.state.people);
        let Some(person) = typed.person.as_ref().filter(|_| !restricted.is_empty()) else { return typed };
        let may =
            |person: Option<u32>| Some(person.is_none_or(|person| !restricted.contains(&people[person as usize])));
        let keep: BooleanArray = person.iter().map(may).collect();
        Cow::Owned(typed.filter(&keep))
    }

    /// The rows of a part, as the recipient's profile releases them.
    fn rows(&self, rows: &Rows, file: &FileSpec, content: &mut Content) -> ClearedTable {
        let making = self.making;
        let index = making.loaded.table_index(&rows.table);
        let schema = &making.loaded.tables[index].schema;
        let filter = making.loaded.filter(&rows.table, rows.filter.as_ref());
        let state = &making.computed.state;
        let parts: Vec<(&str, Cow<'_, Typed>)> = state.tables[index]
            .iter()
            .map(|part| {
                let typed = match filter {
                    None => Cow::Borrowed(&part.typed),
                    Some(filter) => {
                        let mask: BooleanArray = filter.filter(schema, &part.typed, &self.constants);
                        Cow::Owned(part.typed.filter(&mask))
                    }
                };
                (part.partner.as_str(), self.without_restricted(typed))
            })
            .collect();
        for (_, typed) in &parts {
            content.rows += typed.len() as u64;
            content.people.extend(typed.person.iter().flat_map(|person| person.iter().flatten()));
        }
        let period = self.period;
        let clearance = Clearance {
            schema,
            release: self.recipient.release_of(&rows.table).expect("releases were checked when loading"),
            key: &self.key,
            period: (period.from, period.to),
            lookups: &making.loaded.lookups,
            reasons: file_reasons(file),
        };
        let given: Vec<qd_disclosure::Rows<'_>> = parts
            .iter()
            .map(|(partner, typed)| qd_disclosure::Rows { partner, period: &period.label, typed })
            .collect();
        let cleared = qd_disclosure::clear(&clearance, &given, &state.people);
        let cleared = self.floored(rows, cleared, content);
        if cleared.is_pseudonymised() && !content.tables.iter().any(|table| table.name() == cleared.name()) {
            content.tables.push(cleared.clone());
        }
        let order: Vec<usize> = rows.order.iter().filter_map(|name| cleared.index_of(name)).collect();
        let cleared = if order.is_empty() { cleared } else { cleared.sort(&order) };
        if making.loaded.pipeline.outputs.keep == Keep::All {
            let typed: Vec<&Typed> = parts.iter().map(|(_, typed)| typed.as_ref()).collect();
            let path = self.path(file, &rows.table);
            content.lineage.push(RowLineage::of(
                path,
                (&rows.name, &rows.table),
                &state.tables[index],
                &typed,
                &cleared,
            ));
        }
        cleared
    }

    /// The rows under the recipient's floor, where it has one: it is about the people table.
    fn floored(&self, rows: &Rows, table: ClearedTable, content: &mut Content) -> ClearedTable {
        let people = self.making.loaded.pipeline.people.as_ref();
        let Some(floor) = self.recipient.floor.as_ref().filter(|_| people.is_some_and(|it| it.table == rows.table))
        else {
            return table;
        };
        match qd_disclosure::risk::floored(table, floor) {
            Ok(floored) => floored.table,
            Err(refused) => {
                let (table, rare) = *refused;
                content.rare += rare;
                table
            }
        }
    }

    /// The table of each part of a workbook that has one.
    fn tables(&self, file: &FileSpec, content: &mut Content) -> Result<Vec<Option<ClearedTable>>, Refusal> {
        let mut tables: Vec<Option<ClearedTable>> = Vec::new();
        for part in &file.parts {
            tables.push(match part {
                Part::Cover(_) => None,
                Part::Indicators(indicators) | Part::ByPeriod(indicators) => {
                    let counts = self.figures.map(|figures| figures.counts(&file.path, &indicators.name));
                    let columns = counts.expect("what has counts has figures").columns.clone();
                    Some(qd_disclosure::clear_counts(&indicators.name, columns, self.recipient)?)
                }
                Part::Open(open) => Some(qd_disclosure::clear_counts(&open.name, self.open(), self.recipient)?),
                Part::Rows(rows) => Some(self.rows(rows, file, content)),
                Part::Contacts(contacts) => Some(self.contacts(contacts, file, content)),
            });
        }
        Ok(tables)
    }

    /// A workbook, as a draft and as it will be sent.
    fn workbook(
        &self,
        file: &FileSpec,
        content: &mut Content,
    ) -> Result<Result<[Vec<u8>; 2], qd_return::ReturnError>, Refusal> {
        // The tables live until the workbook is written; the sheets borrow them.
        let tables = self.tables(file, content)?;
        let (people, rows) = (content.people.len(), content.rows);
        let sheets: Vec<Sheet<'_>> = file
            .parts
            .iter()
            .zip(&tables)
            .map(|(part, table)| match (part, table) {
                (Part::Indicators(indicators) | Part::ByPeriod(indicators), Some(table)) => {
                    let counts = self.figures.map(|figures| figures.counts(&file.path, &indicators.name));
                    let legend = counts.map_or(&[][..], |counts| &counts.legend);
                    let notes = indicators.note.iter().chain(legend).map(String::as_str).collect();
                    Sheet::Counts { name: &indicators.name, notes, table }
                }
                (Part::Open(open), Some(table)) => {
                    let notes = open.note.iter().map(String::as_str).collect();
                    Sheet::Counts { name: &open.name, notes, table }
                }
                (Part::Rows(rows), Some(table)) => Sheet::Rows { name: &rows.name, table, columns: &rows.columns },
                (Part::Contacts(contacts), Some(table)) => Sheet::Rows { name: &contacts.name, table, columns: &[] },
                (Part::Cover(cover), _) => self.cover(cover, file, people, rows),
                (Part::Indicators(_) | Part::ByPeriod(_) | Part::Open(_) | Part::Rows(_) | Part::Contacts(_), None) => {
                    unreachable!("every such part has its table")
                }
            })
            .collect();
        let mut document = Document {
            title: &self.spec.title,
            draft: true,
            demonstration: self.making.loaded.pipeline.demonstration,
            sheets,
        };
        let draft = qd_return::workbook(&document);
        document.draft = false;
        Ok(draft.and_then(|draft| Ok([draft, qd_return::workbook(&document)?])))
    }

    /// What is open over all periods.
    fn open(&self) -> Vec<CountColumn> {
        let is_protected = self.figures.is_none_or(|figures| figures.is_protected);
        let numbers = if is_protected { Numbers::Left } else { Numbers::Shown };
        let states: Vec<&PeriodState> = self.making.earlier.iter().chain([&self.making.computed.state]).collect();
        open::columns(&states, numbers)
    }

    fn cover<'b>(&self, cover: &'b Cover, file: &FileSpec, people: usize, rows: u64) -> Sheet<'b> {
        let lines = self.cover_lines(cover, file, people, rows);
        Sheet::Cover { name: &cover.name, title: self.spec.title.clone(), lines, notes: &cover.notes }
    }

    /// What a cover says of its return, by label ([`template::LABELS`]).
    fn cover_lines(&self, cover: &Cover, file: &FileSpec, people: usize, rows: u64) -> Vec<(String, String)> {
        let pipeline = &self.making.loaded.pipeline;
        let computed = self.making.computed;
        let mut lines: Vec<(String, String)> = Vec::new();
        let mut line = |label: &str, text: String| lines.push((label.to_owned(), text));
        line("Project", pipeline.title.clone());
        line("Lead partner", pipeline.lead.clone());
        line("Recipient", self.recipient.name.clone());
        line("Period", self.period.to_string());
        line("As of", words::date(computed.as_of));
        line("Lawful basis", self.spec.basis.clone());
        line("Retention", self.retention());
        for part in &file.parts {
            if let Part::Contacts(contacts) = part {
                line("Offered", contacts.service.clone());
                let ground = contacts.agreement.clone();
                line("Shared on the ground of", ground.unwrap_or_else(|| "each person's own consent".to_owned()));
            }
        }
        let figures = self.figures.expect("what has a cover has figures");
        let [this_period, cumulative] = &figures.headline;
        line("People this period", this_period.clone());
        line("People in the project so far", cumulative.clone());
        if let Some(opening) = self.making.periods.opening {
            line("Opening totals", opening.note());
        }
        // Numbers of rows would tell numbers of people.
        if !figures.is_protected {
            let counts = RowCounts::of(self.making.loaded, computed, self.spec);
            line("Rows received", words::thousands(counts.rows));
            line("Rows accepted", words::thousands(counts.accepted));
            line("Rows held", words::thousands(counts.held));
            line("Rows of rejected sources", words::thousands(counts.rejected));
        }
        if rows > 0 {
            line(
                "In this return",
                format!("{} about {}", words::count(rows as usize, "row"), words::count(people, "person")),
            );
        }
        line("Not included", not_included(self.making.loaded, computed, self.spec));
        lines.extend(cover.lines.iter().cloned());
        lines
    }

    fn retention(&self) -> String {
        let class = &self.spec.retention;
        let retention = self.making.loaded.pipeline.retention.iter().find(|retention| retention.class == *class);
        retention.map_or_else(|| class.clone(), |retention| retention.rule.clone())
    }

    /// An extract: one Parquet file per table, a descriptor and a codebook.
    fn extract(&self, file: &FileSpec, content: &mut Content) -> Result<(), qd_return::ReturnError> {
        let metadata = self.extract_metadata();
        let mut tables = Vec::new();
        for part in &file.parts {
            let Part::Rows(rows) = part else { continue };
            let table = self.rows(rows, file, content);
            let bytes = qd_return::extract(&table, &metadata)?;
            tables.push((self.path(file, &rows.table), table, bytes));
        }
        let resources: Vec<Resource<'_>> = tables
            .iter()
            .map(|(path, table, bytes)| Resource { path, table, blake3: blake3::hash(bytes).to_hex().to_string() })
            .collect();
        let pipeline = &self.making.loaded.pipeline;
        let mut notes = vec![
            ("Period".to_owned(), self.period.to_string()),
            ("As of".to_owned(), words::date(self.making.computed.as_of)),
            ("Lawful basis".to_owned(), self.spec.basis.clone()),
            ("Retention".to_owned(), self.retention()),
            ("Not included".to_owned(), not_included(self.making.loaded, self.making.computed, self.spec)),
        ];
        if let Some(floor) = &self.recipient.floor {
            let text = format!(
                "at least {} people look alike by the indirect identifiers of the people table; where fewer did, these were {}",
                floor.people,
                if floor.below == Below::Generalise { "made coarser or left blank" } else { "left blank" }
            );
            notes.push(("People who look alike".to_owned(), text));
        }
        let package = Package {
            name: format!("{}-{}-{}", pipeline.name, self.spec.name, self.period.label.to_lowercase()),
            title: &self.spec.title,
            recipient: &self.recipient.name,
            demonstration: pipeline.demonstration,
            key_id: self.making.key.id().to_string(),
            epoch: self.recipient.epoch,
            normaliser_version: qd_disclosure::NORMALISER_VERSION.to_string(),
            notes,
            resources,
        };
        let filled = |path: &str| path.replace("{period}", &self.period.label);
        let mut written = Vec::new();
        if let Some(path) = &file.datapackage {
            written.push((filled(path), qd_return::datapackage(&package).into_bytes()));
        }
        for path in &file.codebook {
            let is_page = path.to_lowercase().ends_with(".html");
            let text = if is_page { qd_return::codebook_html(&package) } else { qd_return::codebook(&package) };
            written.push((filled(path), text.into_bytes()));
        }
        if !file.labels.is_empty() {
            for (_, table, _) in &tables {
                written.extend(labelled(file, table)?);
            }
        }
        content.files.extend(tables.into_iter().map(|(path, _, bytes)| (path, bytes)));
        content.files.extend(written);
        Ok(())
    }

    fn extract_metadata(&self) -> Vec<(String, String)> {
        let pair = |key: &str, value: String| (format!("quarterday.{key}"), value);
        vec![
            pair("programme", self.making.loaded.pipeline.name.clone()),
            pair("return", self.spec.name.clone()),
            pair("recipient", self.recipient.code.clone()),
            pair("period", self.period.label.clone()),
            pair("as_of", self.making.computed.as_of.to_string()),
            pair("key_id", self.making.key.id().to_string()),
            pair("epoch", self.recipient.epoch.to_string()),
            pair("normaliser", qd_disclosure::NORMALISER_VERSION.to_string()),
            pair("demonstration", self.making.loaded.pipeline.demonstration.to_string()),
            pair("tool", crate::VERSION.to_owned()),
        ]
    }

    /// The return's own manifest: what it is, and the digest of each of its files.
    fn manifest(&self, files: &[NewFile], outcome: &ReturnOutcome) -> Vec<u8> {
        let computed = self.making.computed;
        let counts = RowCounts::of(self.making.loaded, computed, self.spec);
        let is_protected = self.figures.is_some_and(|figures| figures.is_protected);
        // Where small numbers are suppressed, no other number may tell them; rows can be counted anyway.
        let unless_protected = |value| if is_protected { Value::Null } else { value };
        let own = |path: &str| path.split_once('/').map_or(path, |(_, rest)| rest).to_owned();
        let files: Vec<_> = files
            .iter()
            .map(|file| {
                json!({ "path": own(&file.path), "bytes": file.bytes.len(),
                        "blake3": blake3::hash(&file.bytes).to_hex().to_string() })
            })
            .collect();
        let manifest = json!({
            "manifest": "quarterday-return/1",
            "tool": crate::VERSION,
            "pipeline": self.making.loaded.pipeline.name,
            "return": self.spec.name,
            "recipient": self.recipient.code,
            "country": self.recipient.country.value,
            "period": self.period.label,
            "from": self.period.from.to_string(),
            "to": self.period.to.to_string(),
            "as_of": computed.as_of.to_string(),
            "status": "draft",
            "demonstration": self.making.loaded.pipeline.demonstration,
            "basis": self.spec.basis,
            "retention": self.spec.retention,
            "key": { "id": self.making.key.id().to_string(), "epoch": self.recipient.epoch,
                     "normaliser": qd_disclosure::NORMALISER_VERSION },
            "people": outcome.people,
            "rows": outcome.rows,
            "counts": unless_protected(counts.json()),
            "files": files,
        });
        let mut manifest = manifest;
        if let Some(opening) = self.making.periods.opening {
            manifest["opening_totals"] = json!(opening.up_to);
        }
        folders::json_bytes(&manifest)
    }
}

/// The table as text, and the script of each package that reads it with its labels.
fn labelled(file: &FileSpec, table: &ClearedTable) -> Result<Vec<(String, Vec<u8>)>, qd_return::ReturnError> {
    let csv = format!("labels/{}.csv", table.name());
    let parts = [TextPart { table, columns: &[] }];
    let mut files = vec![(schema_path(&csv), qd_return::table_schema(&parts)?.into_bytes())];
    files.push((csv.clone(), qd_return::text(&parts)?));
    for name in &file.labels {
        let labels = qd_return::labels(name).expect("the packages were checked when loading");
        let path = format!("labels/{}.{}", table.name(), labels.ending());
        files.push((path, labels.script(table, &csv).into_bytes()));
    }
    Ok(files)
}

/// The path of the Table Schema beside a text file.
pub(crate) fn schema_path(path: &str) -> String {
    format!("{}.schema.json", path.strip_suffix(".csv").unwrap_or(path))
}

/// Whether a file says beside its columns why values are missing.
fn file_reasons(file: &FileSpec) -> Reasons {
    if file.missing_reasons { Reasons::Beside } else { Reasons::Left }
}

/// Rows of the sources that a return draws on. They reconcile: rows = accepted + held + rejected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct RowCounts {
    pub(crate) rows: u64,
    pub(crate) accepted: u64,
    pub(crate) held: u64,
    pub(crate) rejected: u64,
}

impl RowCounts {
    fn of(loaded: &Loaded, computed: &Computed, spec: &ReturnSpec) -> Self {
        Self::of_tables(computed, &tables_of(loaded, spec))
    }

    pub(crate) fn of_tables(computed: &Computed, tables: &[usize]) -> Self {
        let mut counts = Self::default();
        for source in computed.sources.iter().filter(|source| tables.contains(&source.table)) {
            counts.rows += source.judged.rows;
            counts.accepted += source.accepted();
            if source.judged.is_rejected {
                counts.rejected += source.judged.rows;
            } else {
                counts.held += source.held.len() as u64;
            }
        }
        counts
    }

    pub(crate) fn json(self) -> serde_json::Value {
        json!({ "rows": self.rows, "accepted": self.accepted, "held": self.held, "rejected": self.rejected })
    }
}

/// Which sources are not in a return, in words for its cover.
fn not_included(loaded: &Loaded, computed: &Computed, spec: &ReturnSpec) -> String {
    let tables = tables_of(loaded, spec);
    let name = |code: &str| {
        let partner = loaded.pipeline.partners.iter().find(|partner| partner.code == code);
        partner.map_or_else(|| code.to_owned(), |partner| partner.name.clone())
    };
    let mut lines: Vec<String> = Vec::new();
    for absent in computed.absent.iter().filter(|absent| tables.contains(&loaded.table_index(&absent.table))) {
        let why = match absent.declared {
            None => "not received",
            Some(qd_model::pipeline::DeclaredState::Nil) => "nothing to report",
            Some(qd_model::pipeline::DeclaredState::Late) => "late",
        };
        lines.push(format!("{} ({}: {why})", name(&absent.partner), absent.table));
    }
    for source in computed.sources.iter().filter(|source| source.judged.is_rejected && tables.contains(&source.table)) {
        lines.push(format!("{} ({}: could not be used)", name(&source.partner), loaded.tables[source.table].name));
    }
    if lines.is_empty() { "nobody: every expected source is in".to_owned() } else { lines.join("; ") }
}
