//! Who receives returns, and the disclosure profile of each.

use super::Seal;
use super::protection::{self, CountRule, Floor};
use super::read::file_safe;
use crate::document::{self, Node, Table, Value};
use crate::mistake::{At, Mistakes};
use crate::schema::Placed;

/// A recipient and its disclosure profile.
#[derive(Debug, Clone)]
pub struct Recipient {
    /// Short code, used for folders and keys.
    pub code: String,
    /// Name.
    pub name: String,
    /// Country, ISO alpha-2.
    pub country: Placed<String>,
    /// Epoch of its pseudonyms.
    pub epoch: u32,
    /// The lawful basis of what is sent to it, for returns that name none of their own.
    pub basis: Option<String>,
    /// Whether counts go out exactly as they are; the reason why.
    pub exact_counts: Option<String>,
    /// How counts are protected where they do not.
    pub counts: CountRule,
    /// How many people must look alike in its extracts, where that is declared.
    pub floor: Option<Floor>,
    /// A file with its secret salt, for digests that others make too, relative to the pipeline file.
    pub salt: Option<Placed<String>>,
    /// How its returns are sealed, if they are.
    pub seal: Option<Seal>,
    /// What is released of each table. What is not named here does not leave.
    pub release: Vec<TableRelease>,
}

impl Recipient {
    /// What is released of a table.
    pub fn release_of(&self, table: &str) -> Option<&TableRelease> {
        self.release.iter().find(|release| release.table == table)
    }
}

/// What is released of one table.
#[derive(Debug, Clone)]
pub struct TableRelease {
    /// The table.
    pub table: String,
    /// Each released column, in order.
    pub fields: Vec<FieldRelease>,
}

/// One released column: a field and its treatment.
#[derive(Debug, Clone)]
pub struct FieldRelease {
    /// The field; `person`, `partner` and `record` stand for the person, the partner and the record of a row.
    pub field: String,
    /// The name of the released column.
    pub released_as: String,
    /// The treatment's name.
    pub treatment: String,
    /// The treatment's own settings, as written.
    pub settings: Vec<(String, Vec<String>)>,
    /// Where it stands in the pipeline file.
    pub at: At,
}

impl FieldRelease {
    /// The person that a row is about.
    pub const PERSON: &'static str = "person";
    /// The partner that sent a row.
    pub const PARTNER: &'static str = "partner";
    /// The record that a row is of, unless the table has a field of that name.
    pub const RECORD: &'static str = "record";

    /// A setting's first value.
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.settings_of(name).first().map(String::as_str)
    }

    /// A setting's values.
    pub fn settings_of(&self, name: &str) -> &[String] {
        self.settings.iter().find(|(key, _)| key == name).map_or(&[], |(_, values)| values)
    }
}

pub(super) fn recipients(root: &Table<'_>) -> Vec<Recipient> {
    let Some(recipients) = root.table("recipients") else { return Vec::new() };
    let read = |(code, node): &(String, Node)| {
        let table = Table::open(node, format!("recipient `{code}`"), root.mistakes())?;
        file_safe(code, &node.at, root.mistakes());
        let country = table.required("country").map(|node| Placed { value: String::new(), at: node.at.clone() });
        let recipient = Recipient {
            code: code.clone(),
            name: table.required_text("name").unwrap_or_default().to_owned(),
            country: Placed { value: table.required_text("country").unwrap_or_default().to_owned(), ..country? },
            epoch: table.whole("epoch").unwrap_or(1) as u32,
            basis: table.text("basis").map(str::to_owned),
            exact_counts: table.text("exact_counts").map(str::to_owned),
            counts: protection::count_rule(&table),
            floor: protection::floor(&table),
            salt: table
                .node("salt")
                .and_then(|node| Some(Placed { value: table.text("salt")?.to_owned(), at: node.at.clone() })),
            seal: super::seal::seal(&table),
            release: table.table("release").map_or_else(Vec::new, |release| releases(&release)),
        };
        table.finish();
        Some(recipient)
    };
    recipients.entries().iter().filter_map(read).collect()
}

fn releases(release: &Table<'_>) -> Vec<TableRelease> {
    let read = |(name, node): &(String, Node)| {
        let fields = Table::open(node, format!("the release of `{name}`"), release.mistakes())?;
        let fields = fields.entries().iter().filter_map(|(field, node)| field_release(field, node, release.mistakes()));
        Some(TableRelease { table: name.clone(), fields: fields.collect() })
    };
    release.entries().iter().filter_map(read).collect()
}

fn field_release(field: &str, node: &Node, mistakes: &Mistakes) -> Option<FieldRelease> {
    let mut released = FieldRelease {
        field: field.to_owned(),
        released_as: field.to_owned(),
        treatment: String::new(),
        settings: Vec::new(),
        at: node.at.clone(),
    };
    if let Value::Text(treatment) = &node.value {
        released.treatment.clone_from(treatment);
        return Some(released);
    }
    let table = Table::open(node, format!("the release of field `{field}`"), mistakes)?;
    table.required_text("treatment")?.clone_into(&mut released.treatment);
    if let Some(name) = table.text("as") {
        name.clone_into(&mut released.released_as);
    }
    // `from` lets one field leave in two treatments under two names.
    if let Some(name) = table.text("from") {
        name.clone_into(&mut released.field);
    }
    for (name, node) in table.entries() {
        if ["treatment", "as", "from"].contains(&name.as_str()) {
            continue;
        }
        let items = match &node.value {
            Value::List(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        let values = items.iter().filter_map(|item| document::as_scalar(item, name, mistakes)).collect();
        released.settings.push((name.clone(), values));
    }
    Some(released)
}
