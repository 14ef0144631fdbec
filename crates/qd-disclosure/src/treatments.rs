//! Treatments: what a field becomes before it leaves. A profile names one for each field.

mod age_band;
mod band;
mod code_only;
pub(crate) mod derive;
mod drop;
mod flag;
mod identified;
mod lookup;
mod month;
mod open_pseudonymiser;
mod outward_postcode;
pub(crate) mod pseudonym;
mod quarter;
mod round;
mod year;

use crate::keys::DomainKey;
use crate::lookups::Lookups;
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int32Array, StringArray, StringViewArray};
use arrow::compute::{DatePart, date_part};
use arrow::datatypes::{DataType, Int32Type};
use jiff::civil::Date;
use qd_model::pipeline::FieldRelease;
use qd_model::schema::{Category, Schema};
use qd_model::{Class, FieldType, Mistake};
use qd_table::Typed;
use std::sync::Arc;

/// Turns a field's values into what leaves.
pub trait Treatment: Sync {
    /// The word of pipeline files.
    fn name(&self) -> &'static str;

    /// Settings of its own, besides those that every treatment knows ([`COMMON_SETTINGS`]).
    fn settings(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether anything leaves at all.
    fn releases(&self) -> bool {
        true
    }

    /// What the profile gets wrong about this field.
    fn mistakes(&self, asked: &Asked<'_>) -> Vec<Mistake>;

    /// How closely what it is made of points at a person.
    fn class(&self, asked: &Asked<'_>) -> Class {
        asked.subject.class()
    }

    /// The names of what it is made of.
    fn made_of(&self, asked: &Asked<'_>) -> String {
        asked.release.field.clone()
    }

    /// What the released column is.
    fn released(&self, asked: &Asked<'_>) -> Released;

    /// What every reader of the column is warned of.
    fn caution(&self) -> Option<&'static str> {
        None
    }

    /// The released values, one for each row. Called only where there are no mistakes.
    fn apply(&self, asked: &Asked<'_>, cells: &Cells<'_>) -> ArrayRef;
}

/// Settings that every treatment knows: a title and description for the released column, and why it
/// is released so.
pub const COMMON_SETTINGS: [&str; 3] = ["title", "description", "reason"];

/// Every treatment, in the order of the documentation.
pub static ALL: &[&dyn Treatment] = &[
    &identified::Identified,
    &pseudonym::Pseudonym,
    &open_pseudonymiser::OpenPseudonymiser,
    &age_band::AgeBand,
    &year::Year,
    &quarter::Quarter,
    &month::Month,
    &outward_postcode::OutwardPostcode,
    &lookup::LookUp,
    &band::Band,
    &round::Round,
    &flag::Flag,
    &code_only::CodeOnly,
    &derive::Derive,
    &drop::Drop,
];

/// The treatment of that name.
pub fn by_name(name: &str) -> Option<&'static dyn Treatment> {
    ALL.iter().copied().find(|treatment| treatment.name() == name)
}

/// What a profile asks: a field, or something else that a row has, and the treatment's settings.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The profile's words.
    pub release: &'a FieldRelease,
    /// The table's schema.
    pub schema: &'a Schema,
    /// What is released.
    pub subject: Subject<'a>,
    /// The tables that values are looked up in.
    pub lookups: &'a Lookups,
}

/// Something of a row that a profile can release.
#[derive(Debug, Clone, Copy)]
pub enum Subject<'a> {
    /// The person that the row is about.
    Person,
    /// The partner that sent it.
    Partner,
    /// The period that it was sent for.
    Period,
    /// The record that it is a version of.
    Record,
    /// One of its fields, and where it stands in the schema.
    Field(usize, &'a qd_model::Field),
}

impl<'a> Subject<'a> {
    /// The field, where the subject is one.
    pub fn field(self) -> Option<&'a qd_model::Field> {
        match self {
            Self::Field(_, field) => Some(field),
            _ => None,
        }
    }

    /// The type of its values before any treatment.
    pub fn field_type(self) -> FieldType {
        self.field().map_or(FieldType::String, |field| field.field_type)
    }

    /// How closely its values point at a person.
    pub fn class(self) -> Class {
        match self {
            Self::Person | Self::Record => Class::Direct,
            Self::Partner | Self::Period => Class::None,
            Self::Field(_, field) => field.class,
        }
    }

    /// What people call it.
    pub fn label(self) -> &'a str {
        match self {
            Self::Person => "Person",
            Self::Partner => "Partner",
            Self::Period => "Period",
            Self::Record => "Record",
            Self::Field(_, field) => field.label(),
        }
    }
}

/// What a released column is.
#[derive(Debug, Clone, PartialEq)]
pub struct Released {
    /// Its title, unless the profile has one.
    pub title: String,
    /// The type of its values.
    pub field_type: FieldType,
    /// Its code list, in order.
    pub categories: Vec<Category>,
}

impl Released {
    fn new(title: impl Into<String>, field_type: FieldType) -> Self {
        Self { title: title.into(), field_type, categories: Vec::new() }
    }
}

/// The rows whose values a treatment is given: all of one partner and period.
pub struct Cells<'a> {
    /// The rows.
    pub typed: &'a Typed,
    /// The partner's code.
    pub partner: &'a str,
    /// The period's label.
    pub period: &'a str,
    /// The keyed digest of each row's record, where the lead knows it.
    pub records: Option<&'a StringArray>,
    /// The lead's person ids, which the rows' `person` counts into.
    pub people: &'a [String],
    /// The recipient's own key.
    pub key: &'a DomainKey,
    /// First and last day of the period that the return is made for.
    pub days: (Date, Date),
}

impl Cells<'_> {
    /// The values of a subject before any treatment; for a person and a record none, since nobody may have
    /// them.
    fn values(&self, subject: Subject<'_>) -> ArrayRef {
        let same =
            |text: &str| Arc::new(std::iter::repeat_n(Some(text), self.typed.len()).collect::<StringViewArray>());
        match subject {
            Subject::Person | Subject::Record => arrow::array::new_null_array(&DataType::Utf8View, self.typed.len()),
            Subject::Partner => same(self.partner),
            Subject::Period => same(self.period),
            Subject::Field(index, _) => self.typed.column(index).clone(),
        }
    }
}

/// The fields whose values a released column needs, by their place in the schema.
pub(crate) fn needed(asked: &Asked<'_>) -> Vec<usize> {
    if asked.release.treatment == "derive" {
        return derive::fields(asked.release, asked.schema).into_iter().map(|(index, _)| index).collect();
    }
    let on = asked.release.setting("on").and_then(|name| asked.schema.index_of(name));
    match asked.subject {
        Subject::Field(index, _) => std::iter::once(index).chain(on).collect(),
        _ => Vec::new(),
    }
}

/// The mistake of a treatment that does not fit a field's type, unless it does.
fn only_for(asked: &Asked<'_>, types: &[FieldType], treatment: &str, noun: &str) -> Option<Mistake> {
    let field_type = asked.subject.field_type();
    let fits = matches!(asked.subject, Subject::Field(..)) && types.contains(&field_type);
    (!fits).then(|| {
        let what = format!("`{treatment}` is for {noun}, and `{}` is {}", asked.release.field, field_type.noun());
        Mistake::new(&asked.release.at, what)
    })
}

/// A part of each date, or of each year where the values are years.
fn part(values: &ArrayRef, part: DatePart) -> Int32Array {
    if *values.data_type() == DataType::Int32 {
        return values.as_primitive::<Int32Type>().clone();
    }
    let parts = date_part(values, part).expect("the profile was checked: these are dates");
    parts.as_primitive::<Int32Type>().clone()
}

/// A text for the year and another part of each date.
fn labels(values: &ArrayRef, second: DatePart, write: impl Fn(i32, i32, &mut String)) -> ArrayRef {
    let (years, others) = (part(values, DatePart::Year), part(values, second));
    let mut out = arrow::array::StringViewBuilder::with_capacity(values.len());
    let mut label = String::new();
    for pair in years.iter().zip(&others) {
        let (Some(year), Some(other)) = pair else {
            out.append_null();
            continue;
        };
        label.clear();
        write(year, other, &mut label);
        out.append_value(&label);
    }
    Arc::new(out.finish())
}

/// Which values hold something: neither null nor an empty text.
fn given(values: &ArrayRef) -> BooleanArray {
    match values.data_type() {
        DataType::Utf8View => {
            values.as_string_view().iter().map(|text| Some(text.is_some_and(|t| !t.is_empty()))).collect()
        }
        _ => (0..values.len()).map(|row| Some(values.is_valid(row))).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_in_the_list() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/treatments");
        let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut files: Vec<String> =
            names.filter_map(|name| Some(name.strip_suffix(".rs")?.replace('_', "-"))).collect();
        let mut listed: Vec<String> = ALL.iter().map(|treatment| treatment.name().to_owned()).collect();
        files.sort();
        listed.sort();
        assert_eq!(files, listed);
    }

    #[test]
    fn treatments_are_found_by_name() {
        for treatment in ALL {
            assert_eq!(by_name(treatment.name()).map(Treatment::name), Some(treatment.name()));
        }
        assert!(by_name("hash").is_none());
    }
}
