//! The words in which an entry says where it was seen, what was typed there, and what is asked.

use super::{Cause, EXAMPLES, Entry, one_line};
use qd_model::finding::Finding;
use qd_model::words;

/// Characters of a value that are shown.
const VALUE: usize = 40;

impl Entry<'_> {
    /// `oak.xlsx › Participants › column F "Start date"`
    pub(crate) fn source_in_words(&self) -> Option<String> {
        let source = self.source;
        self.path_from(source.source.as_deref().map(|name| one_line(name).into_owned()))
    }

    /// The same, where the file goes by another name.
    pub(crate) fn path_from(&self, file: Option<String>) -> Option<String> {
        let source = self.source;
        let mut path = Vec::new();
        match (file, &source.partner, &source.table) {
            (Some(file), _, _) => path.push(file),
            (None, Some(partner), Some(table)) => path.push(format!("partner {partner}, table {table}")),
            (None, partner, table) => path.extend(partner.iter().chain(table).cloned()),
        }
        path.extend(source.sheet.as_deref().map(|sheet| one_line(sheet).into_owned()));
        path.extend(self.column());
        (!path.is_empty()).then(|| path.join(" › "))
    }

    /// The first few places, each with its value where that is shown and not the same again and again.
    pub(crate) fn places_with_values(&self) -> Option<String> {
        if self.is_repeated() { self.places(|_, place| place) } else { self.places(with_value) }
    }

    /// What was typed most often, where values are shown and come again: `"L0" ×1,000, "L1" ×200`.
    pub(crate) fn typed(&self) -> Option<String> {
        if !self.is_repeated() {
            return None;
        }
        let values = self.frequent_values();
        let times = |count: usize| words::thousands(count as u64);
        let known: usize = values.iter().map(|(_, count)| count).sum();
        let mut all: Vec<String> =
            values.iter().map(|(value, count)| format!("{} ×{}", quoted(value), times(*count))).collect();
        if self.count > known {
            all.push(format!("others ×{}", times(self.count - known)));
        }
        Some(all.join(", "))
    }

    /// `a date up to 30 September 2022 (programme/participants 2022.3, field start_date)`
    pub(crate) fn asks(&self) -> Option<String> {
        let schema = self.source.schema.as_ref().map(|schema| match &self.source.schema_version {
            Some(version) => format!("{schema} {version}"),
            None => schema.clone(),
        });
        let field = self.fault.field.as_ref().map(|field| format!("field {field}"));
        let by: Vec<String> = schema.into_iter().chain(field.clone()).collect();
        match &self.fault.asks {
            Some(asks) if by.is_empty() => Some(asks.to_string()),
            Some(asks) => Some(format!("{asks} ({})", by.join(", "))),
            None => field.map(|_| by.join(", ")),
        }
    }

    /// `type in born`, or the code alone where it is about no one field.
    fn kind(&self) -> String {
        match &self.fault.field {
            Some(field) => format!("{} in {field}", self.fault.code),
            None => self.fault.code.to_string(),
        }
    }

    fn is_repeated(&self) -> bool {
        self.frequent_values().first().is_some_and(|(_, times)| *times > 1)
    }

    /// The values that occur most, where values are shown and there are more cells than can be named.
    fn frequent_values(&self) -> Vec<(&str, usize)> {
        if self.count <= EXAMPLES {
            return Vec::new();
        }
        let mut values = self.values.most_frequent();
        values.truncate(EXAMPLES);
        values
    }
}

impl Cause<'_> {
    /// What else the same rows have: "the same 120 rows have type in born and enum in level".
    pub(crate) fn beside_in_words(&self, most: usize) -> Option<String> {
        if self.beside.is_empty() {
            return None;
        }
        let shown = most.min(self.beside.len());
        let mut kinds: Vec<String> = self.beside[..shown].iter().map(Entry::kind).collect();
        if self.beside.len() > shown {
            kinds.push(words::count(self.beside.len() - shown, "more kind"));
        }
        let rows = words::count(self.lead().count, "row");
        Some(format!("the same {rows} have {}", words::list(&kinds)))
    }
}

/// The cell, and its value where that is shown.
fn with_value(finding: &Finding<'_>, place: String) -> String {
    match finding.evidence.and_then(qd_model::Evidence::shown) {
        Some(value) => format!("{place} {}", quoted(value)),
        None => place,
    }
}

/// A value on one line, cut where it is long.
fn quoted(value: &str) -> String {
    let value = one_line(value);
    let cut: String = value.chars().take(VALUE).collect();
    let ellipsis = if cut.len() < value.len() { "…" } else { "" };
    format!("\"{cut}{ellipsis}\"")
}
