//! Which cell of a return is meant: a file or a sheet, and a place as spreadsheets write it.

use qd_model::Refusal;

/// A cell of a return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CellName {
    /// The file or the sheet; absent where the return has only one.
    pub(super) sheet: Option<String>,
    /// The column, counted from 0.
    pub(super) column: u32,
    /// The row, counted from 1.
    pub(super) row: u32,
}

impl CellName {
    /// Reads `Indicators!C7`, `'In the period'!$C$7`, `starts.csv!B12` or `C7`.
    pub(super) fn parse(text: &str) -> Result<Self, Refusal> {
        let refuse = || {
            Refusal::new(format!("\"{text}\" is not the name of a cell"))
                .hint("write the sheet (or the file) and the cell as a spreadsheet does, for example Indicators!C7")
        };
        let (sheet, place) = match text.rsplit_once('!') {
            Some((sheet, place)) => (Some(sheet.trim().trim_matches('\'').replace("''", "'")), place),
            None => (None, text),
        };
        let place = place.trim().replace('$', "").to_ascii_uppercase();
        let letters = place.bytes().take_while(u8::is_ascii_uppercase).count();
        let (letters, row) = place.split_at(letters);
        if letters.is_empty() || letters.len() > 3 || sheet.as_ref().is_some_and(String::is_empty) {
            return Err(refuse());
        }
        let column = letters.bytes().fold(0, |column, letter| column * 26 + u32::from(letter - b'A') + 1) - 1;
        let row: u32 = row.parse().ok().filter(|row| *row > 0).ok_or_else(refuse)?;
        Ok(Self { sheet, column, row })
    }
}

#[cfg(test)]
mod tests {
    use super::CellName;

    #[test]
    fn cells_are_named_as_spreadsheets_name_them() {
        let check = |text: &str, expected: Option<(Option<&str>, u32, u32)>| {
            let read = CellName::parse(text).ok();
            let read = read.as_ref().map(|cell| (cell.sheet.as_deref(), cell.column, cell.row));
            assert_eq!(read, expected, "{text}");
        };
        check("Indicators!C7", Some((Some("Indicators"), 2, 7)));
        check("'In the period'!$AA$12", Some((Some("In the period"), 26, 12)));
        check("'It''s'!a1", Some((Some("It's"), 0, 1)));
        check("starts-2022-Q3.csv!B2", Some((Some("starts-2022-Q3.csv"), 1, 2)));
        check("C7", Some((None, 2, 7)));
        check("C0", None);
        check("7C", None);
        check("!C7", None);
        check("Indicators", None);
        check("AAAA1", None);
    }
}
