//! The checks, one file each: what a field's schema asks becomes a test, and what the test found
//! becomes words. A new check is a file, its page, a `mod` line and a line in [`ALL`].

mod cell_error;
mod r#enum;
mod exclusive_maximum;
mod exclusive_minimum;
mod foreign_key;
mod json_schema;
mod max_length;
mod maximum;
mod min_length;
mod minimum;
mod pattern;
mod primary_key;
mod required;
mod r#type;
mod unique;
mod unique_keys;

use crate::codes::Codes;
use crate::read::Reader;
use crate::read::text::{Texts, seconds};
use crate::value::{Cell, Value};
use qd_model::schema::Placed;
use qd_model::{Field, FieldType, Mistake, Severity, words};
use std::cmp::Ordering;

pub(crate) use foreign_key::ForeignKey;
pub(crate) use primary_key::PrimaryKey;
pub(crate) use unique_keys::UniqueKeys;

/// The severity of a value that fails its identifier kind.
pub(crate) const KIND_SEVERITY: Severity = Severity::Error;

/// One check.
pub(crate) trait Check: Sync {
    /// The code of its findings.
    fn code(&self) -> &'static str;
    /// Unless a pipeline changes it.
    fn severity(&self) -> Severity {
        Severity::Error
    }
    /// Markdown with the fixed headings.
    fn page(&self) -> &'static str;
    /// What the column loop is to do for a field; nothing where the schema does not ask for it.
    fn compile(&self, subject: &Subject<'_>) -> Result<Option<Test>, Mistake>;
    /// What is wrong and what to do. `heading` is the heading in quotes, or several of them.
    fn wording(&self, subject: &Subject<'_>, heading: &str) -> Wording;
}

/// Every check, in the order of the documentation.
pub(crate) static ALL: &[&dyn Check] = &[
    &r#type::Type,
    &cell_error::CellError,
    &required::Required,
    &r#enum::Enum,
    &pattern::Pattern,
    &minimum::Minimum,
    &maximum::Maximum,
    &exclusive_minimum::ExclusiveMinimum,
    &exclusive_maximum::ExclusiveMaximum,
    &min_length::MinLength,
    &max_length::MaxLength,
    &json_schema::JsonSchema,
    &unique::Unique,
    &primary_key::PrimaryKey,
    &unique_keys::UniqueKeys,
    &foreign_key::ForeignKey,
];

/// A field as a check sees it.
pub(crate) struct Subject<'a> {
    /// The field, with the source's own format.
    pub(crate) field: &'a Field,
    /// Whether the schema has a `quarterday` key.
    pub(crate) is_ours: bool,
    /// How cells are read.
    pub(crate) reader: &'a Reader,
    /// How limits and lists of the schema file are read: in the schema's format, not the source's.
    pub(crate) settings: &'a Reader,
}

/// What the column loop is to do.
pub(crate) enum Test {
    /// Report every blank cell.
    Blank,
    /// Report every cell that cannot be read.
    Unreadable,
    /// Report every cell that a workbook stores as an error.
    Error,
    /// Report every value that does not pass.
    Value(Predicate),
    /// Look every text up.
    Codes(Codes),
    /// Compare the column's values with each other.
    Distinct,
}

/// Whether a value passes.
pub(crate) type Predicate = Box<dyn Fn(Cell<'_>) -> bool + Send + Sync>;

/// What a check says of one field wherever it fires.
pub(crate) struct Wording {
    /// One finding, a sentence without a full stop.
    pub(crate) one: String,
    /// Several, after their count.
    pub(crate) many: String,
    /// What to do today.
    pub(crate) fix: String,
    /// What the schema asks.
    pub(crate) asks: Option<String>,
}

impl Wording {
    /// "The value under … is less than 1", "3 values under … are less than 1".
    fn of_values(heading: &str, one: &str, many: &str) -> Self {
        Self {
            one: format!("The value under {heading} {one}"),
            many: format!("values under {heading} {many}"),
            fix: "ask the partner to correct it against their own records".to_owned(),
            asks: None,
        }
    }

    fn fix(self, fix: impl Into<String>) -> Self {
        Self { fix: fix.into(), ..self }
    }

    fn asks(self, asks: impl Into<String>) -> Self {
        Self { asks: Some(asks.into()), ..self }
    }
}

/// What is said of a value that fails its identifier kind.
pub(crate) fn slip_wording(kind: &dyn qd_model::kinds::Kind, slip: &qd_model::kinds::Slip, heading: &str) -> Wording {
    Wording {
        one: format!("The value under {heading} {}", slip.what),
        many: format!("values under {heading}: each {}", slip.what),
        fix: slip.fix.to_owned(),
        asks: Some(kind.expects().to_owned()),
    }
}

/// A limit that values are compared with.
struct Limit<'a> {
    /// The standard's word.
    name: &'static str,
    /// What stands in the schema file.
    set: Option<&'a Placed<String>>,
    /// Whether a value that compares so passes.
    passes: fn(Ordering) -> bool,
    /// What is said of numbers: after "is", "are" and "asks:".
    of_numbers: (&'static str, &'static str),
    /// The same of dates and times; `{}` is the limit.
    of_dates: (&'static str, &'static str),
}

impl Limit<'_> {
    fn compile(&self, subject: &Subject<'_>) -> Result<Option<Test>, Mistake> {
        let Some(limit) = self.set else { return Ok(None) };
        if let Reader::Text(Texts::Duration) = subject.settings {
            let passes = self.passes;
            let Some(limit) = seconds(&limit.value) else { return Err(self.mistake(subject, limit)) };
            return Ok(Some(Test::Value(Box::new(move |cell| {
                seconds(cell.text).and_then(|value| value.partial_cmp(&limit)).is_some_and(passes)
            }))));
        }
        if matches!(subject.settings, Reader::Text(_) | Reader::Boolean(_)) {
            let what =
                format!("`{}` does not go with a field of type {}", self.name, subject.field.field_type.as_str());
            return Err(Mistake::new(&limit.at, what).hint("it goes with numbers, dates, times, years and durations"));
        }
        let Some(limit) = subject.settings.read_setting(&limit.value).and_then(fixed) else {
            return Err(self.mistake(subject, limit));
        };
        let passes = self.passes;
        Ok(Some(Test::Value(Box::new(move |cell| cell.value.partial_cmp(&limit).is_some_and(passes)))))
    }

    fn mistake(&self, subject: &Subject<'_>, limit: &Placed<String>) -> Mistake {
        let what = format!("`{}` must be {}", self.name, subject.settings.expects(subject.field));
        Mistake::new(&limit.at, what)
    }

    fn wording(&self, subject: &Subject<'_>, heading: &str) -> Wording {
        let text = self.set.map_or("", |limit| &limit.value);
        let is_time = !matches!(subject.field.field_type, FieldType::Integer | FieldType::Number | FieldType::Duration);
        let (fault, asks) = if is_time { self.of_dates } else { self.of_numbers };
        let shown = match subject.settings.read_setting(text) {
            Some(Value::Date(days)) if subject.field.field_type == FieldType::Date => {
                qd_model::period::from_days(days).map_or_else(|| text.to_owned(), words::date)
            }
            _ => text.to_owned(),
        };
        let say = |phrase: &str| phrase.replace("{}", &shown);
        Wording::of_values(heading, &say(&format!("is {fault}")), &say(&format!("are {fault}"))).asks(say(asks))
    }
}

/// A value that borrows nothing; no text.
fn fixed(value: Value<'_>) -> Option<Value<'static>> {
    Some(match value {
        Value::Text(_) => return None,
        Value::Integer(value) => Value::Integer(value),
        Value::Number(value) => Value::Number(value),
        Value::Boolean(value) => Value::Boolean(value),
        Value::Date(value) => Value::Date(value),
        Value::Datetime(value) => Value::Datetime(value),
        Value::Time(value) => Value::Time(value),
        Value::Year(value) => Value::Year(value),
    })
}

/// The test of a length, which only texts and collections have.
fn length(
    subject: &Subject<'_>,
    name: &str,
    limit: Option<u64>,
    passes: fn(usize, usize) -> bool,
) -> Result<Option<Test>, Mistake> {
    let Some(limit) = limit else { return Ok(None) };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let Reader::Text(texts) = subject.settings else {
        let what = format!("`{name}` does not go with a field of type {}", subject.field.field_type.as_str());
        return Err(Mistake::new(&subject.field.at, what).hint("it goes with texts, lists and JSON"));
    };
    let texts = texts.clone();
    Ok(Some(Test::Value(Box::new(move |cell| passes(texts.length(cell.text), limit)))))
}

/// What a length counts: "characters" of a text, "items" of a collection.
fn length_noun(field: &Field, count: u64) -> String {
    let noun = match field.field_type {
        FieldType::Array | FieldType::List => "item",
        FieldType::Object => "entry",
        _ => "character",
    };
    words::count(usize::try_from(count).unwrap_or(usize::MAX), noun)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_registered_and_every_check_has_its_page() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/checks");
        let stems = |ending: &str| {
            let mut stems: Vec<String> = std::fs::read_dir(&folder)
                .expect("the folder of checks")
                .filter_map(|entry| {
                    entry.expect("an entry").file_name().to_str()?.strip_suffix(ending).map(str::to_owned)
                })
                .collect();
            stems.sort();
            stems
        };
        let mut registered: Vec<String> = ALL.iter().map(|check| check.code().replace('-', "_")).collect();
        registered.sort();
        assert_eq!(stems(".rs"), registered);
        assert_eq!(stems(".md"), registered);
        for check in ALL {
            assert!(check.page().starts_with(&format!("# {}\n", check.code())), "{}", check.code());
            let headings: Vec<&str> = check.page().lines().filter_map(|line| line.strip_prefix("## ")).collect();
            let fixed =
                ["What it looks for", "Why a funder asks", "Example", "How to put it right", "When it stays silent"];
            assert_eq!(headings, fixed, "{}", check.code());
        }
    }

    #[test]
    fn no_code_has_two_meanings() {
        let mut names: Vec<&str> = crate::codes().iter().map(|code| code.name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
