//! A first schema from a good file: names, types by evidence, what is always answered, small code
//! lists. A person edits it; so it says only what every value of the file bears out.

use arrow::array::Array;
use qd_model::{Refusal, kinds, words};
use qd_source::{Opened, Request};
use qd_table::{Chunk, Stored};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

/// Types that are tried in turn, with the format that a schema gives them. The first that every value
/// of a column fits is the column's.
const TYPES: &[(&str, Option<&str>)] = &[
    ("boolean", None),
    ("integer", None),
    ("number", None),
    ("date", None),
    ("date", Some("%d/%m/%Y")),
    ("date", Some("%d-%m-%Y")),
    ("date", Some("%d.%m.%Y")),
    ("date", Some("%d/%m/%y")),
    ("date", Some("%d %B %Y")),
    ("date", Some("%d %b %Y")),
    ("date", Some("%d-%b-%Y")),
    ("date", Some("%d-%b-%y")),
    ("date", Some("%m/%d/%Y")),
    ("datetime", None),
    ("datetime", Some("%d/%m/%Y %H:%M")),
    ("datetime", Some("%d/%m/%Y %H:%M:%S")),
    ("time", None),
    ("yearmonth", None),
];

/// Identifier kinds that a text cannot have by chance.
const KINDS: [&str; 4] = ["nino", "brp", "uk-postcode", "email"];

/// How many different values a code list may have.
const CODES: usize = 12;

/// How often, on average, a value must occur to be taken for a code.
const REPEATS: u64 = 3;

/// Words at the end of a heading that name records.
const NAMES: [&str; 5] = ["ref", "reference", "id", "number", "identifier"];

/// What a column's values bear out.
struct Evidence {
    heading: String,
    /// Which of [`TYPES`] every value fits.
    fits: Vec<usize>,
    kinds: Vec<&'static str>,
    answers: u64,
    blanks: u64,
    /// Whether a number begins with a zero that its value would lose.
    has_leading_zero: bool,
    /// How often each value occurs, until there are too many.
    values: BTreeMap<String, u64>,
    /// Every value, to see whether they differ; empty once two were the same.
    seen: Option<BTreeSet<String>>,
}

/// A schema in TOML for a file, or why there is none.
pub fn infer(path: &Path, sheet: Option<&str>) -> Result<String, Refusal> {
    std::fs::metadata(path).map_err(|error| {
        Refusal::new(format!("{} cannot be read", path.display()))
            .because(crate::load::plain(&error))
            .hint("check the path")
    })?;
    let mut source = match qd_source::open(path, &Request { sheet, ..Request::default() }) {
        Opened::Table(source) => source,
        Opened::Rejected(rejection) => {
            let mut refusal = Refusal::new(format!("{} cannot be read as a table", path.display()));
            for fault in &rejection.findings.faults {
                refusal = refusal.because(&fault.message).hint(fault.fix.to_string());
            }
            return Err(refusal);
        }
    };
    let mut columns: Vec<Evidence> = source.shape.columns.iter().map(|column| Evidence::of(&column.heading)).collect();
    let mut rows = 0;
    let readers = readers();
    let blocks: Vec<_> = source.blocks().collect();
    for block in blocks {
        let chunk = block.read().chunk;
        rows += chunk.rows.len();
        for (at, column) in columns.iter_mut().enumerate() {
            column.take(&chunk, at, &readers);
        }
    }
    let name = path.file_stem().map_or_else(String::new, |stem| snake(&stem.to_string_lossy()));
    // A field is found by its heading, so that a column without one is no field's.
    let (columns, unnamed): (Vec<_>, Vec<_>) =
        columns.into_iter().partition(|column| !column.heading.trim().is_empty());
    Ok(written(&name, &columns, unnamed.len(), rows))
}

/// Whether a text is of one of [`TYPES`], asked of the checks themselves.
fn readers() -> Vec<qd_check::Reads> {
    TYPES.iter().map(|(name, format)| qd_check::Reads::of(name, *format)).collect()
}

impl Evidence {
    fn of(heading: &str) -> Self {
        Self {
            heading: heading.trim().to_owned(),
            fits: (0..TYPES.len()).collect(),
            kinds: KINDS.to_vec(),
            answers: 0,
            blanks: 0,
            has_leading_zero: false,
            values: BTreeMap::new(),
            seen: Some(BTreeSet::new()),
        }
    }

    fn take(&mut self, chunk: &Chunk, at: usize, readers: &[qd_check::Reads]) {
        let column = &chunk.columns[at];
        for row in 0..column.text.len() {
            let text = if column.text.is_null(row) { "" } else { column.text.value(row).trim() };
            if text.is_empty() {
                self.blanks += 1;
            } else {
                self.take_one(text, column.stored(row), readers);
            }
        }
    }

    fn take_one(&mut self, text: &str, stored: Stored, readers: &[qd_check::Reads]) {
        self.answers += 1;
        self.fits.retain(|at| readers[*at].reads(text, stored));
        self.kinds.retain(|name| kinds::by_name(name).is_some_and(|kind| kind.check(&kind.normalise(text)).is_ok()));
        let digits = text.trim_start_matches('-');
        self.has_leading_zero |=
            digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit());
        // One more than a list may have is enough to know that it is none.
        if self.values.len() <= CODES || self.values.contains_key(text) {
            *self.values.entry(text.to_owned()).or_default() += 1;
        }
        if let Some(seen) = &mut self.seen
            && !seen.insert(text.to_owned())
        {
            self.seen = None;
        }
    }

    fn field_type(&self) -> (&'static str, Option<&'static str>) {
        let text = ("string", None);
        if self.answers == 0 || self.has_leading_zero {
            return text;
        }
        // 0 and 1 alone are rather a number, and one word alone says little.
        let is_flag = self.values.len() == 2 && self.values.keys().all(|word| word.parse::<f64>().is_err());
        let good = |at: &&usize| TYPES[**at].0 != "boolean" || is_flag;
        self.fits.iter().find(good).map_or(text, |at| TYPES[*at])
    }

    fn kind(&self) -> Option<&'static str> {
        self.kinds.first().copied().filter(|_| self.answers > 0)
    }

    fn is_code_list(&self) -> bool {
        let count = self.values.len() as u64;
        (2..=CODES as u64).contains(&count) && self.answers >= count * REPEATS
    }

    /// Whether the column seems to name the records of the table.
    fn is_reference(&self) -> bool {
        let last = snake(&self.heading);
        let last = last.rsplit('_').next().unwrap_or("");
        self.blanks == 0 && self.answers > 1 && self.seen.is_some() && NAMES.contains(&last)
    }
}

fn written(name: &str, columns: &[Evidence], unnamed: usize, rows: usize) -> String {
    let mut out = String::new();
    let mut say = |line: &str| writeln!(out, "{line}").expect("writing to a text cannot fail");
    say(&format!(
        "# A first schema, from the evidence of {}. Look at every line before it is used:",
        words::count(rows, "row")
    ));
    say("# what these rows bear out need not be what the schema should ask.");
    if unnamed > 0 {
        let (what, verb) = (words::count(unnamed, "column"), words::plural(unnamed, "has"));
        say(&format!("# {what} with values {verb} no heading, by which a field would be found."));
    }
    say("");
    say(&format!("name = {}", quoted(name)));
    let mut names: Vec<String> = Vec::new();
    for (column, number) in columns.iter().zip(1..) {
        names.push(unused(&names, &column.heading, number));
    }
    let key = columns.iter().position(Evidence::is_reference);
    if let Some(key) = key {
        say(&format!("primaryKey = {}", quoted(&names[key])));
    }
    say("\n[quarterday]\nversion = \"1\"");
    if let Some(key) = key {
        say(&format!("record_key = [{}]", quoted(&names[key])));
    }
    for (column, name) in columns.iter().zip(&names) {
        say("\n[[fields]]");
        say(&format!("name = {}", quoted(name)));
        say(&format!("title = {}", quoted(&column.heading)));
        let (field_type, format) = column.field_type();
        say(&format!("type = {}", quoted(field_type)));
        if let Some(format) = format {
            say(&format!("format = {}", quoted(format)));
        }
        if column.answers > 0 && column.blanks == 0 {
            say("constraints = { required = true }");
        }
        if field_type != "string" {
            continue;
        }
        if let Some(kind) = column.kind() {
            say(&format!("quarterday = {{ kind = {} }}", quoted(kind)));
        } else if column.is_code_list() && !column.has_leading_zero {
            let codes: Vec<String> = column.values.keys().map(|code| quoted(code)).collect();
            say(&format!("categories = [{}]", codes.join(", ")));
        }
    }
    out
}

/// A field's name from its heading that no earlier field has.
fn unused(names: &[String], heading: &str, number: usize) -> String {
    let plain = snake(heading);
    let plain = if plain.is_empty() { format!("column_{number}") } else { plain };
    if !names.contains(&plain) {
        return plain;
    }
    // One more number than there are names is free.
    let mut copies = (2..names.len() + 3).map(|copy| format!("{plain}_{copy}"));
    copies.find(|name| !names.contains(name)).expect("the names cannot have used every number")
}

/// "Start Date " as `start_date`.
fn snake(text: &str) -> String {
    let words: Vec<String> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    words.join("_")
}

/// A text as TOML has it between double quotes.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}
