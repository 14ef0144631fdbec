//! `lookup`: what a dated table says of a value, for example the district of a postcode.

use super::{Asked, Cells, Released, Subject, Treatment};
use crate::lookups::Lookup;
use arrow::array::{ArrayRef, AsArray, StringViewBuilder};
use arrow::datatypes::DataType;
use jiff::civil::Date;
use qd_model::schema::Category;
use qd_model::{FieldType, Mistake};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// `table` is a comma-separated file beside the pipeline, whose first column holds the values that are
/// looked up; `column` names the one that is released (the second, unless said), `label` one with the
/// labels of its codes. `dated` is the day on which the table was right, since boundaries and codes
/// change. `by = "outward"` looks up the first half of a postcode. A value that the table does not
/// know is blank. A table in which every value has an answer of its own hides nothing and is refused.
pub(super) struct LookUp;

const BY: [&str; 2] = ["whole", "outward"];

impl Treatment for LookUp {
    fn name(&self) -> &'static str {
        "lookup"
    }

    fn settings(&self) -> &'static [&'static str] {
        &["table", "column", "label", "dated", "by"]
    }

    fn mistakes(&self, asked: &Asked<'_>) -> Vec<Mistake> {
        let release = asked.release;
        let mut mistakes = Vec::new();
        let mut say = |what: String, hint: &str| mistakes.push(Mistake::new(&release.at, what).hint(hint));
        if !matches!(asked.subject, Subject::Field(..)) || asked.subject.field_type() != FieldType::String {
            say(format!("`lookup` is for text, and `{}` is not", release.field), "choose another treatment");
        }
        if release.setting("dated").is_none_or(|text| text.parse::<Date>().is_err()) {
            say(
                "`lookup` needs `dated`: the day on which the table was right".to_owned(),
                "write it as `dated = 2022-05-01`",
            );
        }
        if let Some(by) = release.setting("by").filter(|by| !BY.contains(by)) {
            say(format!("`by` does not know \"{by}\""), "it is \"whole\" or \"outward\"");
        }
        if is_outward(asked)
            && asked.subject.field().and_then(|field| field.kind).is_none_or(|kind| kind.name() != KIND)
        {
            say(
                format!("`by = \"outward\"` is for postcodes, and `{}` is not one", release.field),
                "give the field `kind = \"uk-postcode\"` in its schema",
            );
        }
        let Some(table) = asked.lookups.get(release.setting("table").unwrap_or_default()) else {
            say(
                "`lookup` needs `table`: a file with the values and what they stand for".to_owned(),
                "name a comma-separated file, relative to the pipeline's folder",
            );
            return mistakes;
        };
        for setting in ["column", "label"] {
            if let Some(name) = release.setting(setting).filter(|name| table.index_of(name).is_none()) {
                say(format!("the table has no column \"{name}\""), "its first line has the headings");
            }
        }
        let answers: BTreeSet<&str> = table.rows().map(|row| answer(asked, table, row)).collect();
        if table.rows().len() > 1 && answers.len() == table.rows().len() {
            say(
                "the table gives every value an answer of its own, which hides nothing".to_owned(),
                "release a column that many values share",
            );
        }
        mistakes
    }

    fn released(&self, asked: &Asked<'_>) -> Released {
        let release = asked.release;
        let Some(table) = asked.lookups.get(release.setting("table").unwrap_or_default()) else {
            return Released::new(asked.subject.label(), FieldType::String);
        };
        let label = release.setting("label").and_then(|name| table.index_of(name));
        let codes: BTreeMap<&str, Option<&str>> =
            table.rows().map(|row| (answer(asked, table, row), label.map(|at| row[at].as_str()))).collect();
        let category = |(code, label): (&str, Option<&str>)| Category {
            value: code.to_owned(),
            label: label.map(str::to_owned).filter(|label| !label.is_empty()),
        };
        let dated = release.setting("dated").unwrap_or_default();
        let name = table.heading(column(asked, table));
        let title = format!("{}: {name}, as of {dated}", asked.subject.label());
        let categories = codes.into_iter().filter(|(code, _)| !code.is_empty()).map(category).collect();
        Released { categories, ..Released::new(title, FieldType::String) }
    }

    fn apply(&self, asked: &Asked<'_>, cells: &Cells<'_>) -> ArrayRef {
        let table = asked.lookups.get(asked.release.setting("table").unwrap_or_default());
        let (Some(table), Some(field)) = (table, asked.subject.field()) else {
            return arrow::array::new_null_array(&DataType::Utf8View, cells.typed.len());
        };
        let is_outward = is_outward(asked);
        let normal = |text: &str| -> String {
            let normal = field.kind.map_or_else(|| Cow::Borrowed(text.trim()), |kind| kind.normalise(text));
            match normal.split_once(' ') {
                Some((outward, _)) if is_outward => outward.to_owned(),
                _ => normal.into_owned(),
            }
        };
        let answers: BTreeMap<String, &str> =
            table.rows().map(|row| (normal(&row[0]), answer(asked, table, row))).collect();
        let values = cells.values(asked.subject);
        let mut out = StringViewBuilder::with_capacity(cells.typed.len());
        for text in values.as_string_view() {
            let found = text.filter(|text| !text.is_empty()).and_then(|text| answers.get(&normal(text)).copied());
            out.append_option(found.filter(|answer| !answer.is_empty()));
        }
        Arc::new(out.finish())
    }
}

/// The kind of fields that are postcodes.
const KIND: &str = "uk-postcode";

fn is_outward(asked: &Asked<'_>) -> bool {
    asked.release.setting("by") == Some(BY[1])
}

fn column(asked: &Asked<'_>, table: &Lookup) -> usize {
    asked.release.setting("column").and_then(|name| table.index_of(name)).unwrap_or(1)
}

fn answer<'a>(asked: &Asked<'_>, table: &Lookup, row: &'a [String]) -> &'a str {
    &row[column(asked, table)]
}
