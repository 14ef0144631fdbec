//! Lists of people to contact: who a person is and the one way that they chose, and nothing else.

use crate::keys::DomainKey;
use crate::table::{ClearedColumn, ClearedTable, batch, schema_of};
use arrow::array::{Array, ArrayRef, AsArray, StringViewArray, StringViewBuilder};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field};
use qd_model::pipeline::{Contacts, FieldRelease, Recipient};
use qd_model::{Class, FieldType, Mistake, Schema};
use std::sync::Arc;

/// Kinds whose values are basic information; document numbers and the like are not.
const BASIC_KINDS: [&str; 4] = ["person-name", "email", "uk-phone", "uk-postcode"];

/// The released column that says by which way a person is contacted.
const BY: &str = "contact_by";
/// The released column with the detail of that way.
const DETAIL: &str = "contact";

/// The released column with the list's own id of a person.
const ID: &str = "follow_up_id";

/// What a list asks for that is not basic information, or that the recipient's profile does not release.
pub fn contact_mistakes(contacts: &Contacts, recipient: &Recipient, schema: &Schema) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    let mut say = |what: String, hint: &str| mistakes.push(Mistake::new(&contacts.at, what).hint(hint));
    if schema.field(&contacts.channel).is_none_or(|field| field.categories.is_empty()) {
        say(
            format!("`{}` is no field with a code list, so that nobody can have chosen a way by it", contacts.channel),
            "`channel` names the field with the way that a person chose",
        );
    }
    if contacts.ids {
        if recipient.seal.is_none() {
            say(
                format!("a list with ids to be found again by goes to `{}` unsealed", recipient.code),
                "seal what the recipient gets: `seal = \"age\"`",
            );
        }
        let has_people = |field: &FieldRelease| field.field == FieldRelease::PERSON && field.treatment != "drop";
        if recipient.release.iter().flat_map(|release| &release.fields).any(has_people) {
            say(
                format!("`{}` gets people's pseudonyms too, beside which their names would stand", recipient.code),
                "make whoever follows people up a recipient of its own, who gets nothing else",
            );
        }
    }
    for (code, _) in &contacts.channels {
        let known = schema.field(&contacts.channel).map_or(&[][..], |field| field.categories.as_slice());
        if !known.is_empty() && !known.iter().any(|category| category.value == *code) {
            say(
                format!("`{}` has no code \"{code}\"", contacts.channel),
                "`channels` names each way by its code, with the columns that have its details",
            );
        }
    }
    let release = recipient.release_of(&contacts.table);
    for name in contacts.released() {
        let released = release.and_then(|release| release.fields.iter().find(|field| field.released_as == *name));
        let Some(released) = released.filter(|field| field.treatment == "identified") else {
            say(
                format!(
                    "`{name}` is not released to `{}` as it is, so it cannot be on a list of people to contact",
                    recipient.code
                ),
                "name it in the recipient's profile as `identified`",
            );
            continue;
        };
        let is_basic = schema.field(&released.field).is_some_and(|field| {
            field.class != Class::Special
                && field.field_type == FieldType::String
                && field.kind.is_none_or(|kind| BASIC_KINDS.contains(&kind.name()))
        });
        if !is_basic {
            say(
                format!("`{name}` is not basic information, which is all that may be on a list of people to contact"),
                "a name and a way to reach the person are enough",
            );
        }
    }
    mistakes
}

/// Rows that went through the recipient's profile, one for each person, as a list: the columns that say
/// who a person is, the way that each chose (`ways` has its code for each row) and its detail. `people` are
/// the lead's ids of the rows' people, where the list has ids of its own: they lead to no pseudonym.
pub fn clear_contacts(
    table: &ClearedTable,
    contacts: &Contacts,
    schema: &Schema,
    ways: &[&str],
    people: Option<(&DomainKey, &[&str])>,
) -> ClearedTable {
    let texts = |name: &str| -> Option<ArrayRef> {
        let column = table.batch().column(table.index_of(name)?);
        cast(column, &DataType::Utf8View).ok()
    };
    let (mut columns, mut fields, mut arrays) = (Vec::new(), Vec::new(), Vec::<ArrayRef>::new());
    if let Some((key, people)) = people.filter(|_| contacts.ids) {
        let ids = people.iter().map(|person| Some(key.pseudonym("follow-up", &[person])));
        fields.push(Field::new(ID, DataType::Utf8View, true));
        arrays.push(Arc::new(ids.collect::<StringViewArray>()));
        columns.push(ClearedColumn {
            name: ID.to_owned(),
            title: "Follow-up id".to_owned(),
            description: Some("This list's own id of the person, which is in no extract.".to_owned()),
            field_type: FieldType::String,
            categories: Vec::new(),
            treatment: "pseudonym".to_owned(),
            class: Class::Direct,
            field: FieldRelease::PERSON.to_owned(),
        });
    }
    for name in &contacts.columns {
        let (Some(index), Some(array)) = (table.index_of(name), texts(name)) else { continue };
        fields.push(Field::new(name, DataType::Utf8View, true));
        arrays.push(array);
        columns.push(ClearedColumn { field_type: FieldType::String, ..table.columns()[index].clone() });
    }
    let label = |code: &str| {
        schema.field(&contacts.channel).map_or_else(|| code.to_owned(), |field| field.category_label(code).to_owned())
    };
    let details: Vec<(&str, Vec<ArrayRef>)> = contacts
        .channels
        .iter()
        .map(|(code, names)| (code.as_str(), names.iter().filter_map(|name| texts(name)).collect()))
        .collect();
    let (mut by, mut detail) = (StringViewBuilder::new(), StringViewBuilder::new());
    for (row, way) in ways.iter().enumerate() {
        by.append_value(label(way));
        let parts = details.iter().filter(|(code, _)| code == way).flat_map(|(_, arrays)| arrays);
        let parts: Vec<&str> = parts
            .filter(|array| array.is_valid(row))
            .map(|array| array.as_string_view().value(row))
            .filter(|text| !text.is_empty())
            .collect();
        detail.append_value(parts.join(", "));
    }
    for (name, title, array) in [(BY, "Contact by", by.finish()), (DETAIL, "Contact", detail.finish())] {
        fields.push(Field::new(name, DataType::Utf8View, true));
        arrays.push(Arc::new(array));
        columns.push(ClearedColumn {
            name: name.to_owned(),
            title: title.to_owned(),
            description: None,
            field_type: FieldType::String,
            categories: Vec::new(),
            treatment: "identified".to_owned(),
            class: if name == DETAIL { Class::Direct } else { Class::None },
            field: contacts.channel.clone(),
        });
    }
    let order: Vec<usize> = (0..columns.len()).collect();
    ClearedTable::new(table.name(), columns, batch(schema_of(fields), arrays, ways.len())).sort(&order)
}
