//! Reads a pipeline with its schemas and compiles everything in them, so that every mistake is a
//! refusal before the first partner's file is opened.

mod counts;

use crate::folders;
use crate::returns::template;
use qd_disclosure::{Lookups, Sealer};
use qd_model::document::Syntax;
use qd_model::mistake::{At, Mistake};
use qd_model::pipeline::{
    ColumnContent, ColumnSpec, Contacts, Counted, Coverage, FieldRelease, FileSpec, Part, Recipient, ReturnSpec, Rows,
    TableRelease,
};
use qd_model::schema::{Over, Placed};
use qd_model::{Pipeline, Refusal, Schema, Severity, words};
use qd_rules::{Expression, RowRules};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A pipeline whose every part has been read, checked and compiled.
pub struct Loaded {
    /// The pipeline file.
    pub path: PathBuf,
    /// The folder of the pipeline file, to which its paths are relative.
    pub folder: PathBuf,
    /// The pipeline.
    pub pipeline: Pipeline,
    /// Digest of the pipeline file, in hexadecimal.
    pub digest: String,
    /// Its tables, in the order of the pipeline.
    pub tables: Vec<LoadedTable>,
    /// The tables that disclosure profiles look values up in.
    pub(crate) lookups: Lookups,
    /// The recipients' own templates that returns are written into, by the path that the pipeline names.
    pub(crate) templates: BTreeMap<String, Vec<u8>>,
    /// What is no mistake, and worth a look before a return is sent, by the return's name.
    pub warnings: Vec<(String, Mistake)>,
    /// Every filter of indicators and rows, by table and text.
    filters: BTreeMap<(String, String), Expression>,
}

/// A table's schema, compiled.
pub struct LoadedTable {
    /// The table's name in the pipeline.
    pub name: String,
    /// The schema.
    pub schema: Arc<Schema>,
    /// Its row rules.
    pub rules: RowRules,
    /// Digest of the schema file, in hexadecimal.
    pub digest: String,
}

impl Loaded {
    /// The index of a table that the pipeline is known to have.
    pub fn table_index(&self, name: &str) -> usize {
        self.tables.iter().position(|table| table.name == name).expect("the pipeline's references were checked")
    }

    /// A table that the pipeline is known to have.
    pub fn table(&self, name: &str) -> &LoadedTable {
        &self.tables[self.table_index(name)]
    }

    /// The compiled filter of a part of a return.
    pub(crate) fn filter(&self, table: &str, filter: Option<&Placed<String>>) -> Option<&Expression> {
        let text = &filter?.value;
        Some(self.filters.get(&(table.to_owned(), text.clone())).expect("every filter was compiled when loading"))
    }

    /// A path of the pipeline file, which is relative to it.
    pub fn resolve(&self, path: &str) -> PathBuf {
        folders::resolve(&self.folder, path)
    }

    /// The people table's index, where the pipeline tells people apart.
    pub(crate) fn people_table(&self) -> Option<usize> {
        self.pipeline.people.as_ref().map(|people| self.table_index(&people.table))
    }
}

/// Reads a text file that was named to us, or refuses with the reason.
pub fn read_text(path: &Path, what: &str) -> Result<String, Refusal> {
    let bytes = std::fs::read(path).map_err(|error| {
        let refusal = Refusal::new(format!("the {what} {} cannot be read", path.display())).because(plain(&error));
        if error.kind() == std::io::ErrorKind::NotFound {
            return refusal.hint("check the path; paths in a pipeline are relative to the pipeline file");
        }
        refusal
    })?;
    String::from_utf8(bytes).map_err(|_| {
        Refusal::new(format!("the {what} {} is not text in UTF-8", path.display())).hint("save it as UTF-8")
    })
}

/// An I/O error in plain words, without the number of the system's error.
pub(crate) fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((words, _)) => words.to_lowercase(),
        None => text,
    }
}

/// Reads and compiles a schema; its name is its folder and stem ("programme/participants").
pub fn load_schema(path: &Path) -> Result<LoadedTable, Refusal> {
    let text = read_text(path, "schema")?;
    let stem = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let folder = path.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let name = folder.map_or_else(|| stem.clone(), |folder| format!("{folder}/{stem}"));
    let refuse = |mistakes: Vec<Mistake>| Refusal::of_mistakes(&path.display().to_string(), &mistakes);
    let schema = Schema::parse(&text, Syntax::of_name(&path.to_string_lossy()), &name).map_err(refuse)?;
    let schema = Arc::new(schema);
    let mut mistakes = qd_check::mistakes(&schema);
    let rules = RowRules::compile(&schema);
    if let Err(more) = &rules {
        mistakes.extend(more.iter().cloned());
    }
    match rules {
        Ok(rules) if mistakes.is_empty() => {
            Ok(LoadedTable { name: stem, schema, rules, digest: blake3::hash(text.as_bytes()).to_hex().to_string() })
        }
        _ => Err(refuse(mistakes)),
    }
}

/// Reads a pipeline and all that it names.
pub fn load(path: &Path) -> Result<Loaded, Refusal> {
    let (mut loaded, mut mistakes) = read_all(path, |folder, spec| folders::resolve(folder, &spec.schema.value))?;
    read_lookups(&mut loaded)?;
    template::read(&mut loaded, &mut mistakes);
    check_fields(&loaded, &mut mistakes);
    check_coverage(&loaded, &mut mistakes);
    check_profiles(&loaded, &mut mistakes);
    counts::check(&loaded, &mut mistakes);
    counts::check_programmes(&loaded, &mut mistakes);
    counts::check_floors(&loaded, &mut mistakes);
    check_paths(&loaded.pipeline, &mut mistakes);
    check_severities(&loaded, &mut mistakes);
    mistakes.extend(qd_disclosure::profile_conflicts(&loaded.pipeline));
    if !mistakes.is_empty() {
        return Err(Refusal::of_mistakes(&path.display().to_string(), &mistakes));
    }
    loaded.warnings = template::warnings(&loaded);
    Ok(loaded)
}

/// Reads a pipeline as a run kept it, with its schemas beside it. It was checked when it ran, and is not
/// run again: what it looks values up in is not read.
pub(crate) fn load_kept(folder: &Path) -> Result<Loaded, Refusal> {
    let ending = |path: &Path| path.extension().map(std::ffi::OsStr::to_owned).unwrap_or_default();
    let json = folder.join("pipeline.json");
    let path = if json.is_file() { json } else { folder.join("pipeline.toml") };
    let (loaded, mistakes) = read_all(&path, |folder, spec| {
        let own = Path::new(&spec.schema.value);
        folder.join("schemas").join(&spec.name).with_extension(ending(own))
    })?;
    if mistakes.is_empty() { Ok(loaded) } else { Err(Refusal::of_mistakes(&path.display().to_string(), &mistakes)) }
}

/// Reads a pipeline with its schemas, found by `schema_of`, and compiles its filters.
fn read_all(
    path: &Path,
    schema_of: impl Fn(&Path, &qd_model::pipeline::TableSpec) -> PathBuf,
) -> Result<(Loaded, Vec<Mistake>), Refusal> {
    let text = read_text(path, "pipeline")?;
    let shown = path.display().to_string();
    let refuse = |mistakes: Vec<Mistake>| Refusal::of_mistakes(&shown, &mistakes);
    let pipeline = Pipeline::parse(&text, Syntax::of_name(&shown)).map_err(refuse)?;
    let folder = path.parent().map_or_else(PathBuf::new, Path::to_path_buf);
    let mut tables = Vec::new();
    for spec in &pipeline.tables {
        let table = load_schema(&schema_of(&folder, spec));
        let table = table.map_err(|refusal| {
            refusal.because(format!("named by table `{}` at {shown}, {}", spec.name, spec.schema.at))
        })?;
        tables.push(LoadedTable { name: spec.name.clone(), ..table });
    }
    let mut loaded = Loaded {
        path: path.to_path_buf(),
        folder,
        digest: blake3::hash(text.as_bytes()).to_hex().to_string(),
        pipeline,
        tables,
        lookups: Lookups::default(),
        templates: BTreeMap::new(),
        warnings: Vec::new(),
        filters: BTreeMap::new(),
    };
    let mut mistakes = Vec::new();
    join_tables(&mut loaded)?;
    compile_filters(&mut loaded, &mut mistakes);
    Ok((loaded, mistakes))
}

/// Reads every table that a profile looks values up in.
fn read_lookups(loaded: &mut Loaded) -> Result<(), Refusal> {
    let releases = loaded.pipeline.recipients.iter().flat_map(|recipient| &recipient.release);
    let fields = releases.flat_map(|release| &release.fields).filter(|field| field.treatment == "lookup");
    let mut lookups = Lookups::default();
    for field in fields {
        let Some(table) = field.setting("table") else { continue };
        let path = folders::resolve(&loaded.folder, table);
        let named = format!("named by `{}` at {}, {}", field.released_as, loaded.path.display(), field.at);
        let text = read_text(&path, "lookup table").map_err(|refusal| refusal.because(&named))?;
        lookups.add(table, &text).map_err(|wrong| {
            Refusal::new("a table that values are looked up in cannot be used")
                .because(format!("{}: {wrong}", path.display()))
                .because(&named)
                .hint("its first line has the headings, and each value stands once in the first column")
        })?;
    }
    loaded.lookups = lookups;
    Ok(())
}

/// Compiles the rules that look at other tables, now that these are known. Their mistakes point into
/// the schema file.
fn join_tables(loaded: &mut Loaded) -> Result<(), Refusal> {
    let schemas: BTreeMap<String, Arc<Schema>> =
        loaded.tables.iter().map(|table| (table.name.clone(), table.schema.clone())).collect();
    for at in 0..loaded.tables.len() {
        let path = folders::resolve(&loaded.folder, &loaded.pipeline.tables[at].schema.value);
        let refuse = |mistakes: Vec<Mistake>| Refusal::of_mistakes(&path.display().to_string(), &mistakes);
        let rules = loaded.tables[at].rules.with_tables(|name| schemas.get(name).cloned());
        loaded.tables[at].rules = rules.map_err(refuse)?;
        let nobody: Vec<Mistake> = rules_without_people(loaded, at);
        if !nobody.is_empty() {
            return Err(refuse(nobody));
        }
    }
    Ok(())
}

/// Rules by person over a table whose rows the pipeline gives no person.
fn rules_without_people(loaded: &Loaded, at: usize) -> Vec<Mistake> {
    let spec = &loaded.pipeline.tables[at];
    let has_people = match &loaded.pipeline.people {
        None => false,
        Some(people) => people.table == spec.name || spec.record.is_some(),
    };
    let rules = loaded.tables[at].schema.rules.iter().filter(|rule| rule.over == Over::People && !has_people);
    rules
        .map(|rule| {
            let what =
                format!("the rule `{}` is by person, and nothing says whose a row of `{}` is", rule.code, spec.name);
            Mistake::new(&rule.check.at, what).hint(
                "the pipeline's `[people]` says how people are told apart, and `record` of a table whose its rows are",
            )
        })
        .collect()
}

fn compile_filters(loaded: &mut Loaded, mistakes: &mut Vec<Mistake>) {
    let mut wanted: Vec<(&str, &Placed<String>)> = Vec::new();
    for part in parts(&loaded.pipeline) {
        match part {
            Part::Cover(_) | Part::Open(_) => {}
            Part::Contacts(contacts) => wanted.extend(contacts.filters()),
            Part::Indicators(indicators) | Part::ByPeriod(indicators) => wanted.extend(
                indicators
                    .rows
                    .iter()
                    .flat_map(|row| &row.counts)
                    .filter_map(|Counted { table, filter }| Some((table.as_str(), filter.as_ref()?))),
            ),
            Part::Rows(Rows { table, filter, .. }) => {
                wanted.extend(filter.as_ref().map(|filter| (table.as_str(), filter)));
            }
        }
    }
    let mut filters = BTreeMap::new();
    for (table, text) in wanted {
        match Expression::compile(&loaded.table(table).schema, text) {
            Ok(expression) => {
                filters.insert((table.to_owned(), text.value.clone()), expression);
            }
            Err(more) => mistakes.extend(more),
        }
    }
    loaded.filters = filters;
}

fn parts(pipeline: &Pipeline) -> impl Iterator<Item = &Part> {
    pipeline.returns.iter().flat_map(|spec| &spec.files).flat_map(|file| &file.parts)
}

/// Every field that the pipeline names must be a field of the table's schema.
fn check_fields(loaded: &Loaded, mistakes: &mut Vec<Mistake>) {
    let start = At::Line { line: 1, column: 1 };
    let pipeline = &loaded.pipeline;
    let mut want = |table: &str, field: &str, at: &At| {
        let schema = &loaded.table(table).schema;
        if schema.index_of(field).is_none() {
            mistakes.push(unknown_field(table, field, schema, at));
        }
    };
    for spec in &pipeline.tables {
        for field in spec.record.iter().chain(&spec.period_fields) {
            want(&spec.name, field, &spec.schema.at);
        }
    }
    for source in pipeline.partners.iter().flat_map(|partner| &partner.sources) {
        let layout = &source.layout;
        let set = layout.set.iter().chain(layout.unfold.iter().flat_map(|part| &part.set));
        for (field, _) in set {
            want(&source.table, field, &source.at);
        }
    }
    if let Some(people) = &pipeline.people {
        want(&people.table, &people.record, &start);
        for field in people.suggest.iter().chain(people.strong.iter().flat_map(|strong| &strong.fields)) {
            want(&people.table, field, &start);
        }
    }
    for source in pipeline.partners.iter().flat_map(|partner| &partner.sources) {
        for field in source.headings.iter().map(|(_, field)| field).chain(source.formats.iter().map(|(field, _)| field))
        {
            want(&source.table, field, &source.at);
        }
    }
}

/// A sheet that holds all periods is compared record by record with what came before, so that its table
/// needs a record key, and all that a partner sends for the table comes in one way.
fn check_coverage(loaded: &Loaded, mistakes: &mut Vec<Mistake>) {
    for partner in &loaded.pipeline.partners {
        for source in partner.sources.iter().filter(|source| source.coverage == Coverage::Cumulative) {
            let table = &source.table;
            if loaded.table(table).schema.record_key.is_empty() {
                let what = format!("a source of `{table}` is cumulative, and its schema has no `record_key`");
                let mistake = Mistake::new(&source.at, what);
                mistakes.push(mistake.hint("name the fields that tell a record from others under `[quarterday]`"));
            }
            if partner.sources.iter().any(|other| other.table == *table && other.coverage != source.coverage) {
                let what = format!("sources of `{}` for the table `{table}` differ in `coverage`", partner.code);
                mistakes.push(Mistake::new(&source.at, what));
            }
        }
    }
}

fn unknown_field(table: &str, field: &str, schema: &Schema, at: &At) -> Mistake {
    let mistake = Mistake::new(at, format!("table `{table}` has no field `{field}`"));
    match words::nearest(field, schema.fields.iter().map(|field| field.name.as_str())) {
        Some(near) => mistake.hint(format!("did you mean `{near}`?")),
        None => mistake,
    }
}

/// Every file of a return must have a path of its own, and none that a run needs for itself.
fn check_paths(pipeline: &Pipeline, mistakes: &mut Vec<Mistake>) {
    for spec in &pipeline.returns {
        let mut paths = vec!["manifest.json".to_owned()];
        for file in &spec.files {
            if spec.name == "partners" {
                let what = "a return cannot be named `partners`, which is the folder of what goes back to partners";
                mistakes.push(Mistake::new(&file.at, what));
            }
            let rows = file.parts.iter().filter_map(|part| match part {
                Part::Rows(rows) => Some(file.path.replace("{table}", &rows.table)),
                _ => None,
            });
            let mut own: Vec<String> = if file.format == "xlsx" { vec![file.path.clone()] } else { rows.collect() };
            // Parts of one text file with one path follow each other in it.
            if file.format == "csv" {
                own.dedup();
            }
            if file.format == "csv" {
                own.extend(own.clone().iter().map(|path| crate::returns::schema_path(path)));
            }
            own.extend(file.datapackage.iter().chain(&file.codebook).chain(&file.changes).cloned());
            for path in own {
                if paths.contains(&path) {
                    let mistake =
                        Mistake::new(&file.at, format!("two files of `{}` would be written to \"{path}\"", spec.name));
                    mistakes.push(mistake.hint("give each its own `path`; {table} stands for the table's name"));
                }
                paths.push(path);
            }
        }
    }
}

/// A severity can be changed for codes that exist, and not where nothing could be read.
fn check_severities(loaded: &Loaded, mistakes: &mut Vec<Mistake>) {
    let codes = crate::codes::all();
    let rules = || loaded.tables.iter().flat_map(|table| &table.schema.rules).map(|rule| rule.code.as_str());
    let at = &loaded.pipeline.severities_at;
    for (name, severity) in &loaded.pipeline.severities {
        match codes.iter().find(|code| code.name == name) {
            Some(code) if code.severity == Severity::Reject && *severity != Severity::Reject => {
                let what = format!("`{name}` cannot be milder than reject, since the source cannot be used");
                mistakes.push(Mistake::new(at, what));
            }
            Some(_) => {}
            None if rules().any(|rule| rule == name) => {}
            None => {
                let mistake = Mistake::new(at, format!("there is no code `{name}`"));
                mistakes.push(match words::nearest(name, codes.iter().map(|code| code.name).chain(rules())) {
                    Some(near) => mistake.hint(format!("did you mean `{near}`?")),
                    None => mistake.hint("`quarterday explain` lists the built-in ones"),
                });
            }
        }
    }
    for waiver in &loaded.pipeline.waivers {
        let name = waiver.rule.value.as_str();
        if codes.iter().any(|code| code.name == name) || rules().any(|rule| rule == name) {
            continue;
        }
        let mistake = Mistake::new(&waiver.rule.at, format!("there is no code `{name}` to waive"));
        mistakes.push(match words::nearest(name, codes.iter().map(|code| code.name).chain(rules())) {
            Some(near) => mistake.hint(format!("did you mean `{near}`?")),
            None => mistake.hint("`quarterday explain` lists the built-in ones"),
        });
    }
}

/// What each recipient gets must be something that its profile can give.
fn check_profiles(loaded: &Loaded, mistakes: &mut Vec<Mistake>) {
    let of_recipients = loaded.pipeline.recipients.iter().filter_map(|recipient| {
        let seal = recipient.seal.as_ref()?;
        Some((seal, format!("the returns of `{}`", recipient.code)))
    });
    let of_partners = loaded.pipeline.partners.iter().filter_map(|partner| {
        let seal = partner.seal.as_ref()?;
        Some((seal, format!("what goes back to `{}`", partner.code)))
    });
    for (seal, what) in of_recipients.chain(of_partners).filter(|(seal, _)| !seal.keys.is_empty()) {
        if let Err(wrong) = Sealer::to_keys(seal.keys.iter().map(String::as_str)) {
            let mistake = Mistake::new(&seal.at, format!("{what} cannot be sealed: {wrong}"));
            mistakes.push(mistake.hint("ask for the public key again"));
        }
    }
    for recipient in &loaded.pipeline.recipients {
        for release in &recipient.release {
            mistakes.extend(qd_disclosure::mistakes(release, &loaded.table(&release.table).schema, &loaded.lookups));
        }
    }
    for spec in &loaded.pipeline.returns {
        let recipient = loaded.pipeline.recipient(&spec.recipient).expect("the pipeline's references were checked");
        for file in &spec.files {
            if qd_return::format(&file.format).is_none() {
                let mistake = Mistake::new(&file.at, format!("returns are not written as \"{}\"", file.format));
                mistakes.push(mistake.hint(format!("a format is one of {}", words::list(&qd_return::format_names()))));
            }
            for name in file.labels.iter().filter(|name| qd_return::labels(name).is_none()) {
                let mistake = Mistake::new(&file.at, format!("there are no labels for \"{name}\""));
                mistakes.push(mistake.hint(format!("there are labels for {}", words::list(&qd_return::label_names()))));
            }
            for part in &file.parts {
                check_part(loaded, part, recipient, mistakes);
            }
            check_headings(file, recipient, mistakes);
            check_of_parts(loaded, spec, file, mistakes);
        }
        template::check(loaded, spec, recipient, mistakes);
    }
}

/// A list of people to contact holds basic information only, and consent is dated.
fn check_contacts(loaded: &Loaded, contacts: &Contacts, recipient: &Recipient, mistakes: &mut Vec<Mistake>) {
    let schema = &loaded.table(&contacts.table).schema;
    mistakes.extend(qd_disclosure::contact_mistakes(contacts, recipient, schema));
    let Some(consent) = &contacts.consent else { return };
    let schema = &loaded.table(&consent.table).schema;
    for name in [&consent.given, &consent.withdrawn] {
        if schema.field(name).is_none_or(|field| field.field_type != qd_model::FieldType::Date) {
            let what = format!("`{name}` is no date field of `{}`, so that consent would have no day", consent.table);
            mistakes.push(
                Mistake::new(&contacts.at, what)
                    .hint("consent needs the day on which it was given, and one for when it was withdrawn"),
            );
        }
    }
}

fn check_part(loaded: &Loaded, part: &Part, recipient: &Recipient, mistakes: &mut Vec<Mistake>) {
    match part {
        Part::Cover(_) | Part::Indicators(_) | Part::ByPeriod(_) | Part::Open(_) => {}
        Part::Contacts(contacts) => check_contacts(loaded, contacts, recipient, mistakes),
        Part::Rows(rows) => match recipient.release_of(&rows.table) {
            None => {
                let what = format!("nothing of table `{}` is released to `{}`", rows.table, recipient.code);
                mistakes.push(Mistake::new(&rows.at, what).hint("name its fields in the recipient's profile"));
            }
            Some(release) => check_columns(rows, release, recipient, mistakes),
        },
    }
}

/// Parts that are written one after the other into one text file need the same headings.
fn check_headings(file: &FileSpec, recipient: &Recipient, mistakes: &mut Vec<Mistake>) {
    if file.format != "csv" {
        return;
    }
    let mut first: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for part in &file.parts {
        let Part::Rows(rows) = part else { continue };
        let Some(release) = recipient.release_of(&rows.table) else { continue };
        let headings: Vec<&str> = match rows.columns.as_slice() {
            [] => released_names(release).collect(),
            columns => columns.iter().map(heading).collect(),
        };
        let known = first.entry(file.path.replace("{table}", &rows.table)).or_insert_with(|| headings.clone());
        if *known != headings {
            let what =
                format!("the rows of `{}` have other headings than those above them in the same file", rows.table);
            let hint = "give the parts of one file the same headings, or write `{table}` into its path";
            mistakes.push(Mistake::new(&rows.at, what).hint(hint));
        }
    }
}

pub(crate) fn heading(column: &ColumnSpec) -> &str {
    match (&column.heading, &column.content) {
        (Some(heading), _) => heading,
        (None, ColumnContent::Released(name)) => name,
        (None, ColumnContent::Text(_)) => "",
    }
}

/// A return for periods that are part of another holds rows only: what is counted over a part would
/// mix with what came later in the whole.
fn check_of_parts(loaded: &Loaded, spec: &ReturnSpec, file: &FileSpec, mistakes: &mut Vec<Mistake>) {
    let is_of_parts = loaded.pipeline.periods.iter().any(|period| period.within.is_some() && period.kind == spec.kind);
    if is_of_parts && file.parts.iter().any(|part| !matches!(part, Part::Rows(_))) {
        let what = format!("`{}` is made for periods that are part of another, and can hold rows only", spec.name);
        let hint = "leave covers and counts of people to a return for the whole period";
        mistakes.push(Mistake::new(&file.at, what).hint(hint));
    }
}

fn check_columns(rows: &Rows, release: &TableRelease, recipient: &Recipient, mistakes: &mut Vec<Mistake>) {
    let released: Vec<&str> = released_names(release).collect();
    let named = rows.columns.iter().filter_map(|column| match &column.content {
        ColumnContent::Released(name) => Some(name),
        ColumnContent::Text(_) => None,
    });
    for name in named.chain(&rows.order) {
        if !released.contains(&name.as_str()) {
            let what = format!("`{name}` is not released to `{}`, so it cannot be in its return", recipient.code);
            let mistake = Mistake::new(&rows.at, what);
            mistakes.push(match words::nearest(name, released.iter().copied()) {
                Some(near) => mistake.hint(format!("did you mean `{near}`?")),
                None => mistake,
            });
        }
    }
}

pub(crate) fn released_names(release: &TableRelease) -> impl Iterator<Item = &str> {
    release
        .fields
        .iter()
        .filter(|field: &&FieldRelease| field.treatment != "drop")
        .map(|field| field.released_as.as_str())
}
