//! Values that are not in the field's list.

use super::{Check, Subject, Test, Wording, fixed};
use crate::codes::Codes;
use crate::read::Reader;
use crate::read::text::Texts;
use crate::value::Value;
use qd_model::{Field, FieldType, Mistake};
use std::collections::BTreeSet;

pub(super) struct Enum;

/// How many entries of a list a message names.
const SHOWN: usize = 8;

impl Check for Enum {
    fn code(&self) -> &'static str {
        "enum"
    }

    fn page(&self) -> &'static str {
        include_str!("enum.md")
    }

    fn compile(&self, subject: &Subject<'_>) -> Result<Option<Test>, Mistake> {
        let field = subject.field;
        let listed = field.constraints.enumeration.as_ref();
        for value in listed.map_or(&[][..], |listed| &listed.value) {
            // An entry of a list may be written as JSON beside the way in which cells have it.
            let is_json_list = field.field_type == FieldType::List && value.starts_with('[');
            if !is_json_list && subject.settings.read_setting(value).is_none() {
                let at = listed.map_or(&field.at, |listed| &listed.at);
                let what = format!("`enum` has an entry that is not {}", subject.settings.expects(field));
                return Err(Mistake::new(at, what));
            }
        }
        if !field.categories.is_empty() {
            categories_are_good(subject)?;
            let is_listed = |code: &str| listed.is_none_or(|listed| listed.value.iter().any(|value| value == code));
            return Ok(Some(Test::Codes(Codes::compile(field, subject.is_ours, subject.reader, is_listed))));
        }
        let Some(listed) = listed else { return Ok(None) };
        let texts: BTreeSet<String> = listed.value.iter().cloned().collect();
        let values: Vec<Value<'static>> =
            texts.iter().filter_map(|text| fixed(subject.settings.read_setting(text)?)).collect();
        let reader = match subject.settings {
            Reader::Text(Texts::Free) => None,
            Reader::Text(reader) => Some(reader.clone()),
            _ => None,
        };
        Ok(Some(Test::Value(Box::new(move |cell| match cell.value {
            Value::Text(text) => {
                texts.contains(text)
                    || reader.as_ref().is_some_and(|reader| texts.iter().any(|listed| reader.same(text, listed)))
            }
            value => values.contains(&value),
        }))))
    }

    fn wording(&self, subject: &Subject<'_>, heading: &str) -> Wording {
        let wording = if subject.field.field_type == FieldType::List && !subject.field.categories.is_empty() {
            Wording::of_values(
                heading,
                "has an item that is not in the list of the schema",
                "have an item that is not in the list of the schema",
            )
        } else {
            Wording::of_values(heading, "is not in the list of the schema", "are not in the list of the schema")
        };
        let listed = listed(subject.field, subject.is_ours);
        wording.fix(format!("use one of {listed}")).asks(format!("one of {listed}"))
    }
}

/// Codes must be of the field's type, and a label must stand for one code only.
fn categories_are_good(subject: &Subject<'_>) -> Result<(), Mistake> {
    let field = subject.field;
    let wrong = field.categories.iter().find(|category| subject.settings.read_setting(&category.value).is_none());
    if let Some(category) = wrong {
        let what = format!(
            "the category \"{}\" of `{}` is not {}",
            category.value,
            field.name,
            subject.settings.expects(field)
        );
        return Err(Mistake::new(&field.at, what));
    }
    for (at, category) in field.categories.iter().enumerate() {
        if field.categories[..at].iter().any(|earlier| earlier.value == category.value) {
            let what = format!("the categories of `{}` have \"{}\" twice", field.name, category.value);
            return Err(Mistake::new(&field.at, what));
        }
        let label = category.label.as_ref().filter(|_| subject.is_ours);
        if label.is_some() && field.categories[..at].iter().any(|earlier| earlier.label.as_ref() == label) {
            let what = format!("two categories of `{}` have one label, so it says nothing", field.name);
            return Err(Mistake::new(&field.at, what));
        }
    }
    Ok(())
}

/// "M (male), F (female) and 3 more".
fn listed(field: &Field, is_ours: bool) -> String {
    let enumeration = field.constraints.enumeration.as_ref().map(|listed| &listed.value);
    let entries: Vec<String> = if field.categories.is_empty() {
        enumeration.into_iter().flatten().map(|value| format!("\"{value}\"")).collect()
    } else {
        let categories = field.categories.iter();
        let accepted = categories.filter(|category| enumeration.is_none_or(|listed| listed.contains(&category.value)));
        accepted
            .map(|category| match &category.label {
                Some(label) if is_ours => format!("\"{}\" ({label})", category.value),
                _ => format!("\"{}\"", category.value),
            })
            .collect()
    };
    if entries.is_empty() {
        return "an empty list".to_owned();
    }
    if entries.len() <= SHOWN {
        let (last, rest) = entries.split_last().expect("the list was found not to be empty");
        return if rest.is_empty() { last.clone() } else { format!("{} or {last}", rest.join(", ")) };
    }
    format!("{} and {} more", entries[..SHOWN].join(", "), entries.len() - SHOWN)
}
