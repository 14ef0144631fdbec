//! `pseudonym`: a text that stands for an identifier, the same each time for one recipient, and from
//! which nobody without the key can find the way back.

use super::{Asked, Cells, Released, Subject, Treatment};
use crate::keys::{DomainKey, PSEUDONYM_LENGTH};
use arrow::array::{Array, ArrayRef, AsArray, StringViewArray, StringViewBuilder};
use arrow::datatypes::DataType;
use qd_model::{FieldType, Mistake};
use std::borrow::Cow;
use std::sync::Arc;

/// Keyed BLAKE3 under the recipient's own key, of:
///
/// | of | kind of message | parts |
/// |---|---|---|
/// | the person | `person` | the lead's person id |
/// | the record | `record` | the lead's digest of its partner, table and key |
/// | the partner | `partner` | its code |
/// | a field with an identifier kind | `kind` | the kind's name, the part of the normalised value that tells people apart |
/// | any other field | `field` | the field's name, the partner's code, the value |
///
/// An identifier of a known kind means the same whoever sends it; any other number is a partner's
/// own, and another partner may use it for somebody else. `scope` says otherwise for one field:
/// `"partner"` puts the partner's code before the value, `"all-partners"` leaves it out.
pub(super) struct Pseudonym;

const SCOPES: [&str; 2] = ["partner", "all-partners"];

impl Treatment for Pseudonym {
    fn name(&self) -> &'static str {
        "pseudonym"
    }

    fn settings(&self) -> &'static [&'static str] {
        &["scope"]
    }

    fn mistakes(&self, asked: &Asked<'_>) -> Vec<Mistake> {
        let at = &asked.release.at;
        let mut mistakes = Vec::new();
        let field_type = asked.subject.field_type();
        if !matches!(field_type, FieldType::String | FieldType::Integer | FieldType::Any) {
            let what = format!(
                "`{}` is {}, which is no identifier to make a pseudonym of",
                asked.release.field,
                field_type.noun()
            );
            mistakes.push(Mistake::new(at, what));
        }
        if let Some(scope) = asked.release.setting("scope")
            && !(SCOPES.contains(&scope) && matches!(asked.subject, Subject::Field(..)))
        {
            let mistake = Mistake::new(at, format!("`scope` does not know \"{scope}\" for `{}`", asked.release.field));
            mistakes.push(
                mistake.hint("for a field it is \"partner\" or \"all-partners\"; person, record and partner have none"),
            );
        }
        mistakes
    }

    fn released(&self, asked: &Asked<'_>) -> Released {
        Released::new(format!("{} (pseudonym)", asked.subject.label()), FieldType::String)
    }

    fn apply(&self, asked: &Asked<'_>, cells: &Cells<'_>) -> ArrayRef {
        match asked.subject {
            Subject::Person => people(cells),
            Subject::Record => records(cells),
            Subject::Field(_, field) => {
                let by_partner = match asked.release.setting("scope") {
                    Some(scope) => scope == "partner",
                    None => field.kind.is_none(),
                };
                identifiers(field, by_partner.then_some(cells.partner), &cells.values(asked.subject), cells.key)
            }
            Subject::Partner | Subject::Period => same(cells),
        }
    }
}

/// Each person's pseudonym is made once where people have several rows each; where there are more
/// people than rows, once a row.
fn people(cells: &Cells<'_>) -> ArrayRef {
    let rows = cells.typed.len();
    let mut made: Vec<Option<[u8; PSEUDONYM_LENGTH]>> =
        if cells.people.len() <= rows { vec![None; cells.people.len()] } else { Vec::new() };
    let pseudonym = |person: usize| {
        let mut bytes = [0; PSEUDONYM_LENGTH];
        cells.key.pseudonym_into("person", &[&cells.people[person]], &mut bytes);
        bytes
    };
    let mut out = room_for(rows);
    for row in 0..rows {
        let person = cells.typed.person.as_ref().filter(|person| person.is_valid(row)).map(|person| person.value(row));
        let Some(person) = person.map(|person| person as usize) else {
            out.append_null();
            continue;
        };
        let bytes = match made.get_mut(person) {
            Some(known) => *known.get_or_insert_with(|| pseudonym(person)),
            None => pseudonym(person),
        };
        out.append_value(std::str::from_utf8(&bytes).expect("a pseudonym is ASCII"));
    }
    Arc::new(out.finish())
}

/// A row whose record the lead does not know has none.
fn records(cells: &Cells<'_>) -> ArrayRef {
    let Some(records) = cells.records else {
        return arrow::array::new_null_array(&DataType::Utf8View, cells.typed.len());
    };
    let pseudonyms = records.iter().map(|record| Some(of_record(cells.key, record?)));
    Arc::new(pseudonyms.collect::<StringViewArray>())
}

/// What stands for a record, by the lead's digest of it.
pub(crate) fn of_record(key: &DomainKey, record: &str) -> String {
    key.pseudonym("record", &[record])
}

/// Room for as many pseudonyms in one piece: they wait for others to be put in order, and more than half
/// of what an extract holds is made of them.
fn room_for(rows: usize) -> StringViewBuilder {
    let bytes = (rows * PSEUDONYM_LENGTH).clamp(1, MOST_IN_ONE) as u32;
    StringViewBuilder::with_capacity(rows).with_fixed_block_size(bytes)
}

/// Where there is more, it is in several pieces.
const MOST_IN_ONE: usize = 1 << 22;

fn same(cells: &Cells<'_>) -> ArrayRef {
    let pseudonym = cells.key.pseudonym("partner", &[cells.partner]);
    let mut out = StringViewBuilder::with_capacity(cells.typed.len());
    (0..cells.typed.len()).for_each(|_| out.append_value(&pseudonym));
    Arc::new(out.finish())
}

fn identifiers(field: &qd_model::Field, partner: Option<&str>, values: &ArrayRef, key: &DomainKey) -> ArrayRef {
    let texts = match values.data_type() {
        DataType::Utf8View => values.clone(),
        _ => arrow::compute::cast(values, &DataType::Utf8View).expect("whole numbers have a text"),
    };
    let (message, name) = field.kind.map_or(("field", field.name.as_str()), |kind| ("kind", kind.name()));
    let mut bytes = [0; PSEUDONYM_LENGTH];
    let mut out = room_for(values.len());
    for text in texts.as_string_view() {
        // Values come normalised; a second time changes nothing, and lets no room forget it.
        let normal = field
            .kind
            .map_or_else(|| Cow::Borrowed(text.unwrap_or_default()), |kind| kind.normalise(text.unwrap_or_default()));
        let own = field.kind.map_or(normal.as_ref(), |kind| kind.link_key(&normal));
        if own.is_empty() {
            out.append_null();
            continue;
        }
        let pseudonym = match partner {
            Some(partner) => key.pseudonym_into(message, &[name, partner, own], &mut bytes),
            None => key.pseudonym_into(message, &[name, own], &mut bytes),
        };
        out.append_value(pseudonym);
    }
    Arc::new(out.finish())
}
