//! Which field a heading means: by the partner's own mapping, then exactly, then without regard to
//! case, spaces and signs. Never by prefix and never by nearness: a near name is only suggested.

use crate::place::Place;
use crate::source::Request;
use qd_model::Schema;
use qd_model::words;
use std::collections::{HashMap, HashSet};

/// Knows the headings of a schema and of a partner's mapping.
pub(crate) struct Headings<'a> {
    /// As written: the mapping first, then names, titles and aliases.
    exact: HashMap<&'a str, Match>,
    /// The same without case, spaces and signs.
    folded: HashMap<String, Match>,
    /// Folded headings of data that must not arrive.
    not_collected: HashSet<String>,
    place: Place<'a>,
}

/// The field that a heading means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Match {
    /// Index into the schema's fields.
    pub(crate) field: usize,
    /// Whether the partner's mapping said so, which wins over the schema's words.
    pub(crate) mapped: bool,
}

impl<'a> Headings<'a> {
    /// The headings of a schema. A plain schema knows its fields by their names only, as the
    /// standard says.
    pub(crate) fn new(schema: &'a Schema, request: &Request<'a>) -> Self {
        let mut words: Vec<(&'a str, Match)> = Vec::new();
        for (heading, name) in request.headings {
            if let Some(field) = schema.index_of(name) {
                words.push((heading, Match { field, mapped: true }));
            }
        }
        let mapped = words.len();
        let mut own = |pick: fn(&'a qd_model::Field) -> Vec<&'a str>| {
            for (field, item) in schema.fields.iter().enumerate() {
                words.extend(pick(item).into_iter().map(|word| (word, Match { field, mapped: false })));
            }
        };
        own(|field| vec![field.name.as_str()]);
        if schema.is_ours {
            own(|field| field.title.as_deref().into_iter().collect());
            own(|field| field.aliases.iter().map(String::as_str).collect());
        }
        let (mut exact, mut folded) = (HashMap::new(), HashMap::new());
        for (index, (word, found)) in words.into_iter().enumerate() {
            exact.entry(word).or_insert(found);
            let key = words::fold(word);
            if !key.is_empty() && (schema.is_ours || index < mapped) {
                folded.entry(key).or_insert(found);
            }
        }
        let not_collected = schema.not_collected.iter().map(|heading| words::fold(heading)).collect();
        Self { exact, folded, not_collected, place: request.place }
    }

    /// The field that a heading means.
    pub(crate) fn field_of(&self, heading: &str) -> Option<Match> {
        let marked = || self.place.unmarked(heading).and_then(|rest| self.folded.get(&rest));
        self.exact.get(heading).or_else(|| self.folded.get(&words::fold(heading))).or_else(marked).copied()
    }

    /// Whether a heading means a field only without the mark of a wide table's part.
    pub(crate) fn is_marked(&self, heading: &str) -> bool {
        let is_plain = self.exact.contains_key(heading) || self.folded.contains_key(&words::fold(heading));
        !is_plain && self.field_of(heading).is_some()
    }

    /// Whether a heading is of data that must not arrive.
    pub(crate) fn is_not_collected(&self, heading: &str) -> bool {
        let key = words::fold(heading);
        !key.is_empty() && self.not_collected.contains(&key)
    }

    /// How many different fields some headings mean.
    pub(crate) fn count<'h>(&self, headings: impl Iterator<Item = &'h str>) -> usize {
        headings.filter_map(|heading| self.field_of(heading)).map(|found| found.field).collect::<HashSet<_>>().len()
    }
}
