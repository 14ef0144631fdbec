//! Named ranges and database ranges of an `OpenDocument` spreadsheet: names that stand for cells.

use super::sheets::attribute;
use crate::place::{Area, Named};
use quick_xml::events::BytesStart;

/// What programs call a range of their own making, such as that of a filter.
const ANONYMOUS: &str = "__Anonymous";

/// The cells that a name stands for; nothing where it is a formula, or spans sheets.
pub(super) fn named(element: &BytesStart<'_>) -> Option<Named> {
    let name = attribute(element, "table:name").filter(|name| !name.starts_with(ANONYMOUS))?;
    let address =
        attribute(element, "table:cell-range-address").or_else(|| attribute(element, "table:target-range-address"))?;
    let (first, last) = split(&address, ':').map_or((address.as_str(), None), |(first, last)| (first, Some(last)));
    let (sheet, cell) = split(first, '.')?;
    let sheet = sheet_name(sheet);
    let cells = match last {
        None => cell.to_owned(),
        Some(last) => {
            let (of, end) = split(last, '.').unwrap_or(("", last));
            if !of.is_empty() && sheet_name(of) != sheet {
                return None;
            }
            format!("{cell}:{end}")
        }
    };
    Some(Named { name, sheet, area: Area::parse(&cells)? })
}

/// The parts before and after the first such sign that stands outside the quotation marks of a sheet's name.
fn split(text: &str, sign: char) -> Option<(&str, &str)> {
    let mut is_quoted = false;
    let at = text.char_indices().find(|(_, c)| {
        is_quoted ^= *c == '\'';
        *c == sign && !is_quoted
    });
    at.map(|(at, _)| (&text[..at], &text[at + sign.len_utf8()..]))
}

fn sheet_name(written: &str) -> String {
    let name = written.trim_start_matches('$');
    let inner = name.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    inner.map_or_else(|| name.to_owned(), |inner| inner.replace("''", "'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(address: &str, expected: Option<(&str, &str)>) {
        let element = BytesStart::new("table:named-range")
            .with_attributes([("table:name", "it"), ("table:cell-range-address", address)]);
        let expected = expected.map(|(sheet, cells)| Named {
            name: "it".to_owned(),
            sheet: sheet.to_owned(),
            area: Area::parse(cells).unwrap(),
        });
        assert_eq!(named(&element), expected, "{address}");
    }

    #[test]
    fn addresses_are_read_as_the_format_writes_them() {
        check("$Starts.$A$1:.$C$4", Some(("Starts", "A1:C4")));
        check("Starts.A1:Starts.C4", Some(("Starts", "A1:C4")));
        check("$'The people''s: v1.2'.$B$2:.$C$4", Some(("The people's: v1.2", "B2:C4")));
        check("$Starts.$B$2", Some(("Starts", "B2")));
        check("$Starts.$A$1:$Ends.$C$4", None);
        check("$Starts.#REF!", None);
    }
}
