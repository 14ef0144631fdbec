//! A schema: the Data Package standard's Table Schema (version 2), with our own part under the key
//! `quarterday`. Read from TOML or JSON by [`Schema::parse`].

mod read;

use crate::Syntax;
use crate::class::Class;
use crate::code::Severity;
use crate::kinds::Kind;
use crate::mistake::{At, Mistake};
use crate::normalise::Normalise;
use jiff::civil::Date;

/// A value and where it stands in the schema file, for mistakes that only a later stage can see
/// (an expression that names no field, a pattern that does not compile).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub at: At,
}

/// A table's schema.
#[derive(Debug, Clone)]
pub struct Schema {
    /// What reports call it, for example "programme/participants".
    pub name: String,
    /// A title for people.
    pub title: Option<String>,
    /// What the table holds.
    pub description: Option<String>,
    /// The fields, in order.
    pub fields: Vec<Field>,
    /// How the columns of a source relate to the fields.
    pub fields_match: FieldsMatch,
    /// Texts that stand for "no value", unless a field has its own.
    pub missing_values: Vec<MissingValue>,
    /// Indexes of the fields of the primary key.
    pub primary_key: Vec<usize>,
    /// Indexes of the fields of each unique key.
    pub unique_keys: Vec<Vec<usize>>,
    /// References to other tables.
    pub foreign_keys: Vec<ForeignKey>,
    /// Whether the file has a `quarterday` key, which changes some defaults.
    pub is_ours: bool,
    /// The schema's version.
    pub version: Option<String>,
    /// First day on which it applies.
    pub valid_from: Option<Date>,
    /// Last day on which it applies.
    pub valid_to: Option<Date>,
    /// Where the layout comes from.
    pub source: Option<String>,
    /// Indexes of the fields that name one record for a partner.
    pub record_key: Vec<usize>,
    /// What is tidied in each cell before it is judged.
    pub normalise: Vec<Normalise>,
    /// Headings of data that must not arrive.
    pub not_collected: Vec<String>,
    /// Row rules.
    pub rules: Vec<Rule>,
}

/// One field.
#[derive(Debug, Clone)]
pub struct Field {
    /// The name that rules and profiles use.
    pub name: String,
    /// A title for people.
    pub title: Option<String>,
    /// What the field holds.
    pub description: Option<String>,
    /// Its type.
    pub field_type: FieldType,
    /// Its format, as the standard defines for the type.
    pub format: Option<String>,
    /// An example of a good value.
    pub example: Option<String>,
    /// What values must obey.
    pub constraints: Constraints,
    /// Texts that stand for "no value" in this field.
    pub missing_values: Option<Vec<MissingValue>>,
    /// The code list.
    pub categories: Vec<Category>,
    /// Whether the code list has an order.
    pub categories_ordered: bool,
    /// Texts that mean true.
    pub true_values: Vec<String>,
    /// Texts that mean false.
    pub false_values: Vec<String>,
    /// The decimal character of numbers.
    pub decimal_char: String,
    /// The character between groups of digits.
    pub group_char: Option<String>,
    /// Whether a number must stand alone (else "£5" and "12 %" are read too).
    pub bare_number: bool,
    /// Between items of a list.
    pub delimiter: String,
    /// The type of a list's items.
    pub item_type: FieldType,
    /// How closely it points at a person.
    pub class: Class,
    /// Other headings under which it arrives.
    pub aliases: Vec<String>,
    /// What people type, and the category that it means.
    pub synonyms: Vec<(String, String)>,
    /// The identifier kind.
    pub kind: Option<&'static dyn Kind>,
    /// Words for the partner.
    pub help: Option<String>,
    /// Why it is collected.
    pub reason: Option<String>,
    /// Where it stands in the schema file.
    pub at: At,
}

impl Field {
    /// The title, or the name where there is none.
    pub fn label(&self) -> &str {
        self.title.as_deref().unwrap_or(&self.name)
    }

    /// The label of a category, or the value itself where it has none.
    pub fn category_label<'a>(&'a self, value: &'a str) -> &'a str {
        let category = self.categories.iter().find(|category| category.value == value);
        category.and_then(|category| category.label.as_deref()).unwrap_or(value)
    }
}

/// The standard's field types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // Each is the standard's word.
pub enum FieldType {
    String,
    Number,
    Integer,
    Boolean,
    Object,
    Array,
    List,
    Datetime,
    Date,
    Time,
    Year,
    Yearmonth,
    Duration,
    Geopoint,
    Geojson,
    Any,
}

impl FieldType {
    /// The standard's words.
    pub const WORDS: [(&'static str, Self); 16] = [
        ("string", Self::String),
        ("number", Self::Number),
        ("integer", Self::Integer),
        ("boolean", Self::Boolean),
        ("object", Self::Object),
        ("array", Self::Array),
        ("list", Self::List),
        ("datetime", Self::Datetime),
        ("date", Self::Date),
        ("time", Self::Time),
        ("year", Self::Year),
        ("yearmonth", Self::Yearmonth),
        ("duration", Self::Duration),
        ("geopoint", Self::Geopoint),
        ("geojson", Self::Geojson),
        ("any", Self::Any),
    ];

    /// The standard's word.
    pub fn as_str(self) -> &'static str {
        Self::WORDS.iter().find(|(_, field_type)| *field_type == self).map_or("any", |(word, _)| word)
    }

    /// What a value is called in a message: "a date", "a whole number".
    pub fn noun(self) -> &'static str {
        match self {
            Self::String | Self::Any => "text",
            Self::Number => "a number",
            Self::Integer => "a whole number",
            Self::Boolean => "yes or no",
            Self::Object => "a JSON object",
            Self::Array => "a JSON array",
            Self::List => "a list",
            Self::Datetime => "a date and time",
            Self::Date => "a date",
            Self::Time => "a time",
            Self::Year => "a year",
            Self::Yearmonth => "a year and month",
            Self::Duration => "a duration",
            Self::Geopoint => "a point on the map",
            Self::Geojson => "GeoJSON",
        }
    }
}

/// A text that stands for "no value", perhaps with the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingValue {
    /// The text.
    pub value: String,
    /// What it means.
    pub label: Option<String>,
}

/// One entry of a code list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    /// The code.
    pub value: String,
    /// What people read.
    pub label: Option<String>,
}

/// What values must obey. Limits and lists are texts in the field's own format; qd-check reads them
/// as the field's type when it compiles the schema.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs)] // Each is the standard's word.
pub struct Constraints {
    pub required: bool,
    pub unique: bool,
    pub min_length: Option<u64>,
    pub max_length: Option<u64>,
    pub minimum: Option<Placed<String>>,
    pub maximum: Option<Placed<String>>,
    pub exclusive_minimum: Option<Placed<String>>,
    pub exclusive_maximum: Option<Placed<String>>,
    pub pattern: Option<Placed<String>>,
    pub enumeration: Option<Placed<Vec<String>>>,
    /// `jsonSchema`, as JSON text.
    pub json_schema: Option<Placed<String>>,
}

/// How the columns of a source relate to the schema's fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // Each is the standard's word.
pub enum FieldsMatch {
    Exact,
    Equal,
    Subset,
    Superset,
    Partial,
}

impl FieldsMatch {
    /// The standard's words.
    pub const WORDS: [(&'static str, Self); 5] = [
        ("exact", Self::Exact),
        ("equal", Self::Equal),
        ("subset", Self::Subset),
        ("superset", Self::Superset),
        ("partial", Self::Partial),
    ];
}

/// A reference to another table, or to the same one.
#[derive(Debug, Clone)]
pub struct ForeignKey {
    /// Indexes of the referring fields.
    pub fields: Vec<usize>,
    /// The table referred to; `None` is this table itself.
    pub resource: Option<String>,
    /// Names of the fields referred to.
    pub reference_fields: Vec<String>,
    /// Whether the whole of all partners' tables is looked at.
    pub all_partners: bool,
    /// Where it stands in the schema file.
    pub at: At,
}

/// A rule over a row, or over a group of rows: a SQL boolean expression of which FALSE is a finding.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The finding's code.
    pub code: String,
    /// The finding's severity.
    pub severity: Severity,
    /// Indexes of the fields that the finding is shown at.
    pub fields: Vec<usize>,
    /// Indexes of the fields whose values make a group of rows, where the rule is over groups: its
    /// check then speaks of what the rows of a group come to.
    pub group: Vec<usize>,
    /// What it looks at beside the rows of one source.
    pub over: Over,
    /// How many findings in one source make errors of them.
    pub error_if: Option<ErrorIf>,
    /// What must hold.
    pub check: Placed<String>,
    /// For which rows.
    pub when: Option<Placed<String>>,
    /// What to say.
    pub message: String,
    /// What to do.
    pub fix: String,
    /// Where the rule comes from.
    pub source: Option<String>,
    /// First day on which it applies.
    pub valid_from: Option<Date>,
    /// Last day on which it applies.
    pub valid_to: Option<Date>,
    /// On trial: reported as a note, marked as such.
    pub trial: bool,
}

/// What a rule looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Over {
    /// The rows of one source, one by one or in groups.
    Source,
    /// Groups of rows of all partners' sources of the table.
    Partners,
    /// The rows of all partners' sources of the table that are about one person.
    People,
    /// Each row beside the rows of another table of the same submission, which the check names `other`,
    /// or beside what those that it meets come to.
    Table {
        /// The other table.
        table: Placed<String>,
        /// By which fields they belong together.
        matched: Matched,
    },
    /// Each row beside the same record in the period before, which the check names `previous`.
    Previous(Vec<usize>),
    /// Each record of the period before, which the check names `previous`, that is not sent any more.
    Vanished(Vec<usize>),
}

/// By which fields a row belongs to rows of another table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched {
    /// Indexes of the row's own fields.
    pub own: Vec<usize>,
    /// Names of the other table's fields, as many.
    pub other: Vec<String>,
}

/// Above how many findings of a rule in one source they are errors, whatever its severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorIf {
    /// More than so many.
    Rows(u64),
    /// More than a share of the source's rows, in thousandths of a percent.
    Share(u64),
}

impl ErrorIf {
    /// Whether so many findings among so many rows are too many.
    pub fn is_met(self, findings: u64, rows: u64) -> bool {
        match self {
            Self::Rows(limit) => findings > limit,
            Self::Share(limit) => u128::from(findings) * 100_000 > u128::from(limit) * u128::from(rows),
        }
    }

    /// `>10` or `>2.5%`.
    fn parse(text: &str) -> Option<Self> {
        let limit = text.trim().strip_prefix('>')?.trim();
        let Some(share) = limit.strip_suffix('%') else { return limit.parse().ok().map(Self::Rows) };
        let share: f64 = share.trim().parse().ok().filter(|share| (0.0..100.0).contains(share))?;
        Some(Self::Share((share * 1000.0).round() as u64))
    }
}

impl Schema {
    /// Reads a schema. `name` is what reports call it unless the file says otherwise.
    pub fn parse(text: &str, syntax: Syntax, name: &str) -> Result<Self, Vec<Mistake>> {
        read::schema(text, syntax, name)
    }

    /// The index of a field.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }

    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The texts that stand for "no value" in a field.
    pub fn missing_values_of<'a>(&'a self, field: &'a Field) -> &'a [MissingValue] {
        field.missing_values.as_deref().unwrap_or(&self.missing_values)
    }
}
