//! What became of records since the version that a recipient was sent before, in its own pseudonyms.

use crate::keys::DomainKey;
use crate::table::{ClearedColumn, ClearedTable, batch, schema_of};
use crate::treatments::pseudonym::of_record;
use arrow::array::{ArrayRef, BooleanArray, StringViewArray};
use arrow::datatypes::{DataType, Field};
use qd_model::pipeline::{FieldRelease, TableRelease};
use qd_model::schema::Category;
use qd_model::{Class, FieldType};
use std::sync::Arc;

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Became {
    /// It was not there before.
    Added,
    /// It was, and something of what is released of it was otherwise.
    Changed,
    /// It is there no more.
    Withdrawn,
}

impl Became {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 3] = [Self::Added, Self::Changed, Self::Withdrawn];

    /// The word of files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// What became of one record.
#[derive(Debug, Clone, Copy)]
pub struct RecordChange<'a> {
    /// What the recipient gets of the record's table.
    pub release: &'a TableRelease,
    /// The lead's own digest of the record, where it has one.
    pub record: Option<&'a str>,
    /// The lead's own id of the person, where the record is of one.
    pub person: Option<&'a str>,
    /// What became of it.
    pub became: Became,
    /// Whether the recipient is to delete what it has of it.
    pub delete: bool,
}

/// Person, table, record, what became of it, and whether it is to be deleted.
type Row<'a> = (Option<String>, &'a str, Option<String>, &'a str, bool);

/// The table of changes, in order of the pseudonyms. A record and its person are named only where the
/// profile releases their pseudonyms with the record's table.
pub fn clear_record_changes(changes: &[RecordChange<'_>], key: &DomainKey) -> ClearedTable {
    let has = |release: &TableRelease, what: &str| {
        release.fields.iter().any(|field| field.field == what && field.treatment == "pseudonym")
    };
    let mut rows: Vec<Row<'_>> = changes
        .iter()
        .map(|change| {
            let person = change.person.filter(|_| has(change.release, FieldRelease::PERSON));
            let record = change.record.filter(|_| has(change.release, FieldRelease::RECORD));
            (
                person.map(|person| key.pseudonym("person", &[person])),
                change.release.table.as_str(),
                record.map(|record| of_record(key, record)),
                change.became.as_str(),
                change.delete,
            )
        })
        .collect();
    rows.sort();
    let count = rows.len();
    let texts = |values: Vec<Option<&str>>| -> ArrayRef { Arc::new(values.into_iter().collect::<StringViewArray>()) };
    let arrays: Vec<ArrayRef> = vec![
        texts(rows.iter().map(|row| row.0.as_deref()).collect()),
        texts(rows.iter().map(|row| Some(row.1)).collect()),
        texts(rows.iter().map(|row| row.2.as_deref()).collect()),
        texts(rows.iter().map(|row| Some(row.3)).collect()),
        Arc::new(rows.iter().map(|row| Some(row.4)).collect::<BooleanArray>()),
    ];
    let words = Became::ALL.map(|became| Category { value: became.as_str().to_owned(), label: None });
    let column = |name: &str, title: &str, description: &str| ClearedColumn {
        name: name.to_owned(),
        title: title.to_owned(),
        description: Some(description.to_owned()),
        field_type: FieldType::String,
        categories: Vec::new(),
        treatment: "words".to_owned(),
        class: Class::None,
        field: name.to_owned(),
    };
    let pseudonym =
        |column: ClearedColumn| ClearedColumn { treatment: "pseudonym".to_owned(), class: Class::Direct, ..column };
    let columns = vec![
        pseudonym(column(
            FieldRelease::PERSON,
            "Person (pseudonym)",
            "Whose record it is, by the pseudonym of the other tables; blank where its table has none.",
        )),
        column("table", "Table", "The table that the record is of."),
        pseudonym(column(
            FieldRelease::RECORD,
            "Record (pseudonym)",
            "Which record it is, by the pseudonym of its table; blank where its table has none.",
        )),
        ClearedColumn {
            categories: words.to_vec(),
            ..column(
                "change",
                "What became of it",
                "added: it was not there before. changed: what is released of it was otherwise. withdrawn: it was there \
                 and is not any more: use it no longer.",
            )
        },
        ClearedColumn {
            field_type: FieldType::Boolean,
            ..column(
                "delete",
                "To delete",
                "true: delete the record from every copy of earlier versions. false for a withdrawn one: set it aside, \
                 since it is being put right, or its use is restricted.",
            )
        },
    ];
    let data_type = |column: &ClearedColumn| {
        if column.field_type == FieldType::Boolean { DataType::Boolean } else { DataType::Utf8View }
    };
    let fields = columns.iter().map(|column| Field::new(&column.name, data_type(column), true)).collect();
    ClearedTable::new("changes", columns, batch(schema_of(fields), arrays, count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Key;
    use crate::samples;
    use qd_model::At;

    fn release(table: &str, fields: &[&str]) -> TableRelease {
        let field = |name: &&str| FieldRelease {
            field: (*name).to_owned(),
            released_as: (*name).to_owned(),
            treatment: "pseudonym".to_owned(),
            settings: Vec::new(),
            at: At::Line { line: 1, column: 1 },
        };
        TableRelease { table: table.to_owned(), fields: fields.iter().map(field).collect() }
    }

    #[test]
    fn a_record_is_named_by_what_its_profile_releases_and_by_nothing_else() {
        let (both, person, none) = (release("a", &["person", "record"]), release("b", &["person"]), release("c", &[]));
        let change = |release| RecordChange {
            release,
            record: Some("r1"),
            person: Some("p1"),
            became: Became::Withdrawn,
            delete: true,
        };
        let key = Key::of(1).for_recipient("p", "study", 1);
        let table = clear_record_changes(&[change(&both), change(&person), change(&none)], &key);
        let (p, r) = (key.pseudonym("person", &["p1"]), key.pseudonym("record", &["r1"]));
        assert_eq!(samples::texts(&table, "table"), ["c", "a", "b"].map(|name| Some(name.to_owned())));
        assert_eq!(samples::texts(&table, "person"), [None, Some(p.clone()), Some(p)]);
        assert_eq!(samples::texts(&table, "record"), [None, Some(r), None]);
    }
}
