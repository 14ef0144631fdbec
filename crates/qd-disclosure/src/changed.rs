//! People who turned out to be somebody else, told to a recipient in its own pseudonyms.

use crate::keys::DomainKey;
use crate::table::{ClearedColumn, ClearedTable, batch, schema_of};
use arrow::array::{ArrayRef, StringViewArray};
use arrow::datatypes::{DataType, Field};
use qd_model::{Class, FieldType};
use std::sync::Arc;

/// One person who turned out to be somebody else, by the lead's own ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changed<'a> {
    /// "merged" or "split".
    pub what: &'a str,
    /// The person until then.
    pub before: &'a str,
    /// The person since then.
    pub after: &'a str,
}

/// The table of changes, in order of the pseudonyms, so that their order tells nothing.
pub fn clear_changed(changed: &[Changed<'_>], key: &DomainKey) -> ClearedTable {
    let person = |id: &str| key.pseudonym("person", &[id]);
    let mut rows: Vec<[String; 3]> =
        changed.iter().map(|it| [person(it.before), person(it.after), it.what.to_owned()]).collect();
    rows.sort();
    rows.dedup();
    let columns = [
        ("person", "Person until then", "pseudonym"),
        ("person_now", "Person now", "pseudonym"),
        ("change", "What happened", "words"),
    ];
    let (mut cleared, mut fields, mut arrays) = (Vec::new(), Vec::new(), Vec::<ArrayRef>::new());
    for (at, (name, title, treatment)) in columns.into_iter().enumerate() {
        fields.push(Field::new(name, DataType::Utf8View, true));
        arrays.push(Arc::new(rows.iter().map(|row| Some(row[at].as_str())).collect::<StringViewArray>()));
        cleared.push(ClearedColumn {
            name: name.to_owned(),
            title: title.to_owned(),
            description: None,
            field_type: FieldType::String,
            categories: Vec::new(),
            treatment: treatment.to_owned(),
            class: if treatment == "pseudonym" { Class::Direct } else { Class::None },
            field: "person".to_owned(),
        });
    }
    let count = rows.len();
    ClearedTable::new("crosswalk", cleared, batch(schema_of(fields), arrays, count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Key;
    use crate::samples;

    #[test]
    fn each_recipient_reads_its_own_pseudonyms_and_no_id() {
        let changed = [
            Changed { what: "merged", before: "one", after: "two" },
            Changed { what: "split", before: "three", after: "four" },
        ];
        let (one, other) = (Key::of(1).for_recipient("p", "a", 1), Key::of(1).for_recipient("p", "b", 1));
        let before = samples::texts(&clear_changed(&changed, &one), "person");
        let mut expected = ["one", "three"].map(|id| Some(one.pseudonym("person", &[id])));
        expected.sort();
        assert_eq!(before, expected);
        assert_ne!(before, samples::texts(&clear_changed(&changed, &other), "person"));
    }
}
