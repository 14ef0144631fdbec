//! Where a table is said to stand on its sheet: in a range, between two rows of words, under headings
//! of several rows, or spread over columns that repeat.

use crate::faults::{self, Called, Trouble};
use crate::formats::Book;
use crate::sample::{ROWS, Sample, SampleCell, SampleRow};
use qd_model::pipeline::{Layout, WidePart};
use qd_model::words;

/// What a pipeline says of where a source's table stands. Nothing said is the default: the headings
/// tell.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place<'a> {
    /// What is said.
    pub(crate) layout: Option<&'a Layout>,
    /// Which part of a wide table is read.
    pub(crate) part: Option<&'a WidePart>,
}

impl<'a> Place<'a> {
    /// The place of each part that a source is read as, one after the other; a source that is not
    /// wide is read as one.
    pub fn all(layout: &'a Layout) -> Vec<Self> {
        let whole = Self { layout: Some(layout), part: None };
        if layout.unfold.is_empty() {
            return vec![whole];
        }
        layout.unfold.iter().map(|part| Self { part: Some(part), ..whole }).collect()
    }

    /// What the headings of the part that is read have in common, beyond the fields' own.
    #[must_use]
    pub fn mark(&self) -> Option<String> {
        let part = self.part?;
        let both = [part.prefix.trim(), part.suffix.trim()];
        let both: Vec<&str> = both.into_iter().filter(|text| !text.is_empty()).collect();
        Some(both.join(" … "))
    }

    /// Fields with one value for all rows.
    pub(crate) fn set(&self) -> impl Iterator<Item = &'a (String, String)> + use<'a> {
        let all = self.layout.map_or(&[][..], |layout| &layout.set);
        all.iter().chain(self.part.map_or(&[][..], |part| &part.set))
    }

    /// What a heading is without the mark of the part that is read; nothing where it bears none.
    pub(crate) fn unmarked(&self, heading: &str) -> Option<String> {
        unmarked(self.part?, heading)
    }

    /// Whether a heading bears the mark of another part than the one that is read.
    pub(crate) fn is_elsewhere(&self, heading: &str, is_known: impl Fn(&str) -> bool) -> bool {
        let parts = self.layout.map_or(&[][..], |layout| &layout.unfold);
        let others = parts.iter().filter(|part| self.part != Some(part));
        others.filter_map(|part| unmarked(part, heading)).any(|rest| is_known(&rest))
    }
}

/// A folded heading without the folded mark of a part.
fn unmarked(part: &WidePart, heading: &str) -> Option<String> {
    let folded = words::fold(heading);
    let rest = folded.strip_suffix(&words::fold(&part.suffix))?.strip_prefix(&words::fold(&part.prefix))?;
    (!rest.is_empty()).then(|| rest.to_owned())
}

/// A part of a sheet, all ends included: rows counted from 1, columns from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Area {
    pub(crate) rows: (u32, u32),
    pub(crate) columns: (u32, u32),
}

impl Area {
    pub(crate) const WHOLE: Self = Self { rows: (1, u32::MAX), columns: (0, u32::MAX) };

    /// Whether this is not all of the sheet.
    pub(crate) fn is_part(&self) -> bool {
        *self != Self::WHOLE
    }

    fn meet(self, other: Self) -> Self {
        let ends = |one: (u32, u32), two: (u32, u32)| (one.0.max(two.0), one.1.min(two.1));
        Self { rows: ends(self.rows, other.rows), columns: ends(self.columns, other.columns) }
    }

    /// Reads `B4:H200`, `B4` or `$B$4:$H$200`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.replace('$', "");
        let (first, last) = text.split_once(':').unwrap_or((&text, &text));
        let ((row, column), (end_row, end_column)) = (corner(first)?, corner(last)?);
        (row <= end_row && column <= end_column).then_some(Self { rows: (row, end_row), columns: (column, end_column) })
    }
}

/// Row and column of a cell's name.
fn corner(text: &str) -> Option<(u32, u32)> {
    let digits = text.find(|c: char| c.is_ascii_digit())?;
    let (letters, number) = text.split_at(digits);
    let row: u32 = number.parse().ok().filter(|row| *row > 0)?;
    if letters.is_empty() || letters.len() > 3 || !letters.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return None;
    }
    let column = letters.bytes().fold(0, |sum, byte| sum * 26 + u32::from(byte.to_ascii_uppercase() - b'A') + 1);
    Some((row, column - 1))
}

/// A name in a workbook that stands for cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) sheet: String,
    pub(crate) area: Area,
}

impl Named {
    /// A name with the cells of one sheet that it refers to in Excel's way: `'The table'!$A$7:$C$8`.
    pub(crate) fn referring(name: String, refers: &str) -> Option<Self> {
        let (sheet, cells) = refers.rsplit_once('!')?;
        let sheet = sheet.trim_matches('\'').replace("''", "'");
        Some(Self { name, sheet, area: Area::parse(cells)? })
    }
}

/// The range that is asked for: its sheet where the name says it, and its cells.
pub(crate) fn range(book: &mut dyn Book, asked: &str) -> Result<(Option<usize>, Area), Trouble> {
    let (sheet, cells) = asked.rsplit_once('!').map_or((None, asked), |(sheet, cells)| (Some(sheet), cells));
    if let Some(area) = Area::parse(cells) {
        let named = |name: &str| {
            let name = name.trim_matches('\'');
            let found = book.sheets().iter().position(|sheet| sheet.name.as_deref() == Some(name));
            found.ok_or_else(|| faults::range_not_found(asked, &[]))
        };
        return Ok((sheet.map(named).transpose()?, area));
    }
    let known = book.named_areas();
    let Some(found) = known.iter().find(|named| named.name.eq_ignore_ascii_case(asked)) else {
        let named = |named: &Named| Called { own: named.name.clone(), plain: String::new() };
        return Err(faults::range_not_found(asked, &known.iter().map(named).collect::<Vec<_>>()));
    };
    let sheet = book.sheets().iter().position(|sheet| sheet.name.as_deref() == Some(&found.sheet));
    Ok((sheet, found.area))
}

/// The part of a sheet that a place leaves, from its range and its rows of words.
pub(crate) fn area(book: &mut dyn Book, sheet: usize, place: Place<'_>, range: Option<Area>) -> Result<Area, Trouble> {
    let area = range.unwrap_or(Area::WHOLE);
    let Some((first, last)) = place.layout.and_then(|layout| layout.between.as_ref()) else { return Ok(area) };
    let (mut start, mut end) = (None, None);
    let is = |row: &SampleRow, word: &str| {
        row.cells.iter().any(|cell| words::fold(&cell.text) == words::fold(word) && cell.text.trim() == word.trim())
    };
    rows(book, sheet, area, |row| {
        if start.is_none() {
            start = is(&row, first).then_some(row.row);
        } else if is(&row, last) {
            end = Some(row.row);
        }
        end.is_none()
    })?;
    match (start, end) {
        (Some(start), Some(end)) => Ok(area.meet(Area { rows: (start + 1, end - 1), ..Area::WHOLE })),
        (None, _) => Err(faults::words_not_found(first)),
        (_, None) => Err(faults::words_not_found(last)),
    }
}

/// The first rows of an area.
pub(crate) fn sample(book: &mut dyn Book, sheet: usize, area: Area) -> Result<Sample, Trouble> {
    let mut sample = Sample::default();
    rows(book, sheet, area, |row| {
        sample.rows.push(row);
        sample.rows.len() < ROWS
    })?;
    Ok(sample)
}

/// Goes through the rows of an area for as long as they are wanted.
fn rows(book: &mut dyn Book, sheet: usize, area: Area, mut want: impl FnMut(SampleRow) -> bool) -> Result<(), Trouble> {
    /// How many columns are looked at.
    const COLUMNS: u32 = 128;
    let first = area.columns.0;
    let last = area.columns.1.min(first.saturating_add(COLUMNS - 1));
    let plan = std::sync::Arc::new(crate::block::Plan::of_columns(first, last));
    for block in book.blocks(sheet, plan) {
        let chunk = block.read().chunk;
        for (index, row) in chunk.rows.iter().enumerate() {
            if *row < area.rows.0 {
                continue;
            }
            if *row > area.rows.1 {
                return Ok(());
            }
            let cells: Vec<SampleCell> =
                (first..=last).zip(&chunk.columns).filter_map(|(column, cells)| cell(column, cells, index)).collect();
            if !cells.is_empty() && !want(SampleRow { row: *row, cells, width: None }) {
                return Ok(());
            }
        }
    }
    match book.trouble() {
        Some(trouble) => Err(Trouble::from(trouble.clone())),
        None => Ok(()),
    }
}

fn cell(column: u32, cells: &qd_table::TextColumn, index: usize) -> Option<SampleCell> {
    use arrow::array::Array;
    let text = cells.text.is_valid(index).then(|| cells.text.value(index)).filter(|text| !text.is_empty())?;
    let mut cell = SampleCell::of_text(column, text);
    cell.is_words &= cells.stored(index) == qd_table::Stored::Text;
    Some(cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read() {
        let area = |rows, columns| Some(Area { rows, columns });
        assert_eq!(Area::parse("B4:H200"), area((4, 200), (1, 7)));
        assert_eq!(Area::parse("$AA$1"), area((1, 1), (26, 26)));
        for text in ["", "B", "4", "B0", "H2:B1", "Clients", "A1:B2:C3", "ABCD1"] {
            assert_eq!(Area::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_wide_heading_is_told_from_its_mark() {
        let part = WidePart { suffix: "2".to_owned(), ..WidePart::default() };
        assert_eq!(unmarked(&part, "Course (2)").as_deref(), Some("course"));
        assert_eq!(unmarked(&part, "Course 1"), None);
        assert_eq!(unmarked(&part, "2"), None);
        let part = WidePart { prefix: "End".to_owned(), ..WidePart::default() };
        assert_eq!(unmarked(&part, "End score").as_deref(), Some("score"));
    }
}
