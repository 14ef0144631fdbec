//! TOML and JSON as one tree in which every value knows its place, so that a mistake in a schema or
//! pipeline is shown at its line and column (TOML) or JSON Pointer (JSON).

use crate::mistake::{At, Mistake, Mistakes};
use crate::words;
use jiff::civil::Date;
use std::cell::RefCell;
use std::collections::BTreeSet;

/// How a schema or pipeline file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// TOML 1.1.
    Toml,
    /// JSON.
    Json,
}

impl Syntax {
    /// JSON for names that end in `.json`, else TOML.
    pub fn of_name(name: &str) -> Self {
        let json = name.rsplit_once('.').is_some_and(|(_, ending)| ending.eq_ignore_ascii_case("json"));
        if json { Self::Json } else { Self::Toml }
    }
}

/// A value and where it stands.
#[derive(Debug, Clone)]
pub struct Node {
    /// Where it stands.
    pub at: At,
    /// What it is.
    pub value: Value,
}

/// A value of either syntax. Numbers keep their text, so that no digit is lost.
#[derive(Debug, Clone)]
pub enum Value {
    /// JSON's null.
    Null,
    /// true or false.
    Boolean(bool),
    /// An integer or decimal number, as text.
    Number(String),
    /// Text, and TOML's dates and times as their ISO text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// Names with values, in the order of the file.
    Table(Vec<(String, Node)>),
}

impl Value {
    fn name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

impl Node {
    /// The value as JSON on one line. TOML's dates are texts, and numbers that JSON has no word for
    /// (infinities) too.
    pub fn to_json(&self) -> String {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        match &self.value {
            Value::Null => "null".to_owned(),
            Value::Boolean(flag) => flag.to_string(),
            Value::Number(text) if serde_json::from_str::<serde_json::Number>(text).is_ok() => text.clone(),
            Value::Number(text) | Value::Text(text) => quoted(text),
            Value::List(items) => {
                let items: Vec<String> = items.iter().map(Self::to_json).collect();
                format!("[{}]", items.join(","))
            }
            Value::Table(entries) => {
                let entries: Vec<String> =
                    entries.iter().map(|(name, node)| format!("{}:{}", quoted(name), node.to_json())).collect();
                format!("{{{}}}", entries.join(","))
            }
        }
    }
}

/// Reads a file's text into a tree, or says where it cannot be read.
pub fn parse(text: &str, syntax: Syntax) -> Result<Node, Vec<Mistake>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match syntax {
        Syntax::Toml => parse_toml(text),
        Syntax::Json => parse_json(text),
    }
}

fn parse_toml(text: &str) -> Result<Node, Vec<Mistake>> {
    let lines = Lines::of(text);
    let (table, errors) = toml::de::DeTable::parse_recoverable(text);
    if errors.is_empty() {
        let start = table.span().start;
        return Ok(toml_table(table.into_inner(), start, &lines));
    }
    Err(errors
        .iter()
        .map(|error| {
            let at = lines.at(error.span().map_or(0, |span| span.start));
            Mistake::new(&at, format!("not readable as TOML: {}", error.message()))
        })
        .collect())
}

fn toml_table(table: toml::de::DeTable<'_>, start: usize, lines: &Lines) -> Node {
    let mut entries: Vec<(usize, String, Node)> = table
        .into_iter()
        .map(|(key, value)| (key.span().start, key.into_inner().into_owned(), toml_value(value, lines)))
        .collect();
    entries.sort_by_key(|(position, _, _)| *position);
    let entries = entries.into_iter().map(|(_, key, value)| (key, value)).collect();
    Node { at: lines.at(start), value: Value::Table(entries) }
}

fn toml_value(value: toml::Spanned<toml::de::DeValue<'_>>, lines: &Lines) -> Node {
    use toml::de::DeValue;
    let start = value.span().start;
    let value = match value.into_inner() {
        DeValue::String(text) => Value::Text(text.into_owned()),
        DeValue::Integer(number) => Value::Number(number.to_string()),
        DeValue::Float(number) => Value::Number(number.to_string()),
        DeValue::Boolean(flag) => Value::Boolean(flag),
        DeValue::Datetime(when) => Value::Text(when.to_string()),
        DeValue::Array(items) => Value::List(items.into_iter().map(|item| toml_value(item, lines)).collect()),
        DeValue::Table(table) => return toml_table(table, start, lines),
    };
    Node { at: lines.at(start), value }
}

fn parse_json(text: &str) -> Result<Node, Vec<Mistake>> {
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(value) => Ok(json_value(value, String::new())),
        Err(error) => {
            let at = At::Line { line: error.line() as u32, column: error.column() as u32 };
            Err(vec![Mistake::new(&at, format!("not readable as JSON: {error}"))])
        }
    }
}

fn json_value(value: serde_json::Value, pointer: String) -> Node {
    let value = match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(flag) => Value::Boolean(flag),
        serde_json::Value::Number(number) => Value::Number(number.to_string()),
        serde_json::Value::String(text) => Value::Text(text),
        serde_json::Value::Array(items) => Value::List(
            items.into_iter().enumerate().map(|(index, item)| json_value(item, format!("{pointer}/{index}"))).collect(),
        ),
        serde_json::Value::Object(entries) => Value::Table(
            entries
                .into_iter()
                .map(|(key, item)| {
                    let step = key.replace('~', "~0").replace('/', "~1");
                    let node = json_value(item, format!("{pointer}/{step}"));
                    (key, node)
                })
                .collect(),
        ),
    };
    Node { at: At::Pointer(pointer), value }
}

/// Where each line of a text begins, to turn a byte position into line and column.
struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    fn at(&self, position: usize) -> At {
        let line = self.starts.partition_point(|start| *start <= position).max(1);
        let before = self.text.get(self.starts[line - 1]..position).unwrap_or("");
        At::Line { line: line as u32, column: before.chars().count() as u32 + 1 }
    }
}

/// Reads one table of a document by name, notes what is wrong, and at the end names what it does
/// not know. Every getter answers `None` where the name is absent or its value does not fit (which
/// has then been noted).
pub struct Table<'a> {
    /// Where the table stands.
    pub at: &'a At,
    /// What the table is called in messages, for example "a field" or "[people]".
    what: String,
    entries: &'a [(String, Node)],
    mistakes: &'a Mistakes,
    asked: RefCell<BTreeSet<&'static str>>,
}

impl<'a> Table<'a> {
    /// Opens a node that must be a table.
    pub fn open(node: &'a Node, what: impl Into<String>, mistakes: &'a Mistakes) -> Option<Self> {
        let what = what.into();
        match &node.value {
            Value::Table(entries) => Some(Self { at: &node.at, what, entries, mistakes, asked: RefCell::default() }),
            other => {
                mistakes.push(Mistake::new(&node.at, format!("{what} must be a table, and this is {}", other.name())));
                None
            }
        }
    }

    /// Notes a mistake at a place.
    pub fn mistake(&self, mistake: Mistake) {
        self.mistakes.push(mistake);
    }

    /// The sink that this table's mistakes go to.
    pub fn mistakes(&self) -> &'a Mistakes {
        self.mistakes
    }

    /// The node under a name.
    pub fn node(&self, name: &'static str) -> Option<&'a Node> {
        self.asked.borrow_mut().insert(name);
        // JSON's null says as much as leaving the name out.
        let found = self.entries.iter().find(|(key, node)| key == name && !matches!(node.value, Value::Null));
        found.map(|(_, node)| node)
    }

    /// Every name and node, for tables whose names are data.
    pub fn entries(&self) -> &'a [(String, Node)] {
        self.entries
    }

    /// The node under a name that must be there.
    pub fn required(&self, name: &'static str) -> Option<&'a Node> {
        let node = self.node(name);
        if node.is_none() {
            self.mistakes.push(Mistake::new(self.at, format!("{} needs `{name}`", self.what)));
        }
        node
    }

    /// Text under a name.
    pub fn text(&self, name: &'static str) -> Option<&'a str> {
        self.node(name).and_then(|node| as_text(node, name, self.mistakes))
    }

    /// Text that must be there and not blank.
    pub fn required_text(&self, name: &'static str) -> Option<&'a str> {
        let node = self.required(name)?;
        let text = as_text(node, name, self.mistakes)?;
        if text.trim().is_empty() {
            self.mistakes.push(Mistake::new(&node.at, format!("`{name}` is blank")));
            return None;
        }
        Some(text)
    }

    /// Text or a number, as text: for values whose type another field decides.
    pub fn scalar(&self, name: &'static str) -> Option<String> {
        self.node(name).and_then(|node| as_scalar(node, name, self.mistakes))
    }

    /// true or false under a name.
    pub fn flag(&self, name: &'static str) -> Option<bool> {
        let node = self.node(name)?;
        if let Value::Boolean(flag) = node.value {
            return Some(flag);
        }
        self.mistakes.push(Mistake::new(&node.at, format!("`{name}` must be true or false")));
        None
    }

    /// A whole number, zero or more, under a name.
    pub fn whole(&self, name: &'static str) -> Option<u64> {
        let node = self.node(name)?;
        let number = match &node.value {
            Value::Number(text) => text.parse().ok(),
            _ => None,
        };
        if number.is_none() {
            self.mistakes.push(Mistake::new(&node.at, format!("`{name}` must be a whole number, zero or more")));
        }
        number
    }

    /// A date under a name.
    pub fn date(&self, name: &'static str) -> Option<Date> {
        let node = self.node(name)?;
        let date = match &node.value {
            Value::Text(text) => text.parse().ok(),
            _ => None,
        };
        if date.is_none() {
            let mistake = Mistake::new(&node.at, format!("`{name}` must be a date"));
            self.mistakes.push(mistake.hint("write it as 2022-09-30"));
        }
        date
    }

    /// One of a few words under a name.
    pub fn word<T>(&self, name: &'static str, words: &[(&'static str, T)]) -> Option<T>
    where
        T: Clone,
    {
        let node = self.node(name)?;
        let text = as_text(node, name, self.mistakes)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| value.clone());
        if found.is_none() {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let mistake = Mistake::new(&node.at, format!("`{name}` does not know \"{text}\""));
            self.mistakes.push(mistake.hint(format!("it is one of {}", words::list(&known))));
        }
        found
    }

    /// The items of a list under a name; none where the name is absent.
    pub fn list(&self, name: &'static str) -> &'a [Node] {
        let Some(node) = self.node(name) else { return &[] };
        if let Value::List(items) = &node.value {
            return items;
        }
        self.mistakes.push(Mistake::new(&node.at, format!("`{name}` must be a list")));
        &[]
    }

    /// Any value under a name as text: texts and numbers as they stand, lists and tables as JSON.
    pub fn any(&self, name: &'static str) -> Option<String> {
        self.node(name).map(as_any)
    }

    /// The values of a list under a name, each as [`Table::any`] has it.
    pub fn anys(&self, name: &'static str) -> Option<Vec<String>> {
        self.node(name)?;
        Some(self.list(name).iter().filter(|item| !matches!(item.value, Value::Null)).map(as_any).collect())
    }

    /// A list of texts under a name.
    pub fn texts(&self, name: &'static str) -> Option<Vec<String>> {
        self.node(name)?;
        let items = self.list(name).iter();
        Some(items.filter_map(|item| as_scalar(item, name, self.mistakes)).collect())
    }

    /// One text, or a list of them, under a name (as the standard allows for keys).
    pub fn one_or_more(&self, name: &'static str) -> Option<Vec<(String, &'a At)>> {
        let node = self.node(name)?;
        let items = match &node.value {
            Value::List(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        Some(
            items
                .iter()
                .filter_map(|item| as_text(item, name, self.mistakes).map(|text| (text.to_owned(), &item.at)))
                .collect(),
        )
    }

    /// A table under a name.
    pub fn table(&self, name: &'static str) -> Option<Table<'a>> {
        self.node(name).and_then(|node| Table::open(node, format!("`{name}`"), self.mistakes))
    }

    /// Names each entry that nothing asked for, with the nearest name that would have been read.
    /// Tables that follow an open standard do not call this: there, other names are allowed.
    pub fn finish(self) {
        let asked = self.asked.into_inner();
        for (name, node) in self.entries {
            if asked.contains(name.as_str()) {
                continue;
            }
            let mut mistake = Mistake::new(&node.at, format!("{} has no setting `{name}`", self.what));
            if let Some(near) = words::nearest(name, asked.iter().copied()) {
                mistake = mistake.hint(format!("did you mean `{near}`?"));
            }
            self.mistakes.push(mistake);
        }
    }
}

/// A node as text, or a noted mistake.
pub fn as_text<'a>(node: &'a Node, name: &str, mistakes: &Mistakes) -> Option<&'a str> {
    if let Value::Text(text) = &node.value {
        return Some(text);
    }
    mistakes.push(Mistake::new(&node.at, format!("`{name}` must be text, and this is {}", node.value.name())));
    None
}

/// A node of any kind as text.
fn as_any(node: &Node) -> String {
    match &node.value {
        Value::Text(text) | Value::Number(text) => text.clone(),
        Value::Boolean(flag) => flag.to_string(),
        Value::Null | Value::List(_) | Value::Table(_) => node.to_json(),
    }
}

/// A node as text where a number or a boolean may stand as well.
pub fn as_scalar(node: &Node, name: &str, mistakes: &Mistakes) -> Option<String> {
    match &node.value {
        Value::Text(text) | Value::Number(text) => Some(text.clone()),
        Value::Boolean(flag) => Some(flag.to_string()),
        other => {
            let what = format!("`{name}` must be text or a number, and this is {}", other.name());
            mistakes.push(Mistake::new(&node.at, what));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn toml_values_know_their_line_and_column() {
        let node = parse("a = 1\n[b]\nc = \"x\"\n", Syntax::Toml).expect("readable");
        let mistakes = Mistakes::default();
        let root = Table::open(&node, "the file", &mistakes).expect("a table");
        let c = root.table("b").and_then(|b| b.node("c")).expect("there");
        assert_eq!(c.at, At::Line { line: 3, column: 5 });
    }

    #[test]
    fn json_values_know_their_pointer() {
        let node = parse(r#"{"fields":[{"name":"a/b"}]}"#, Syntax::Json).expect("readable");
        let mistakes = Mistakes::default();
        let root = Table::open(&node, "the file", &mistakes).expect("a table");
        assert_eq!(root.list("fields")[0].at, At::Pointer("/fields/0".to_owned()));
    }

    #[test]
    fn a_setting_that_nothing_reads_is_named_with_the_nearest_that_is() {
        let node = parse("perod = \"x\"\n", Syntax::Toml).expect("readable");
        let mistakes = Mistakes::default();
        let root = Table::open(&node, "the pipeline", &mistakes).expect("a table");
        assert_eq!(root.text("period"), None);
        root.finish();
        let all = mistakes.into_vec();
        assert_eq!(all[0].hint.as_deref(), Some("did you mean `period`?"));
    }

    #[test]
    fn unreadable_toml_is_placed() {
        let mistakes = parse("a = 1\nb = = 2\n", Syntax::Toml).expect_err("not TOML");
        assert!(matches!(mistakes[0].at, At::Line { line: 2, .. }), "{mistakes:?}");
    }
}
