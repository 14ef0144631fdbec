//! Which sheet of a workbook holds the table: the one asked for, or the one whose headings fit.

use crate::faults::{self, Called, Trouble};
use crate::formats::Book;
use crate::headings::Headings;
use crate::layout;
use crate::own;
use crate::place::{self, Area, Place};
use crate::sample::Sample;
use crate::source::Request;
use qd_model::{Fault, Schema};

/// The sheet that holds the table, and its heading row.
pub(crate) struct Choice {
    pub(crate) sheet: usize,
    pub(crate) sample: Sample,
    /// Index into the sample's rows.
    pub(crate) heading: usize,
    /// The part of the sheet that is the table's.
    pub(crate) area: Area,
    pub(crate) notes: Vec<Fault>,
}

/// What a sheet looks like from its headings.
struct Look {
    sheet: usize,
    sample: Sample,
    heading: Option<usize>,
    /// How many fields have a heading.
    matches: usize,
    /// Whether at least half of the required fields have one.
    fits: bool,
    area: Area,
}

/// What every sheet is looked at for.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    known: Option<(&'a Schema, &'a Headings<'a>)>,
    place: Place<'a>,
    /// Where the place has a range: its cells.
    range: Option<Area>,
}

/// Finds the sheet with the table, and says where the workbook is made from an old template.
pub(crate) fn choose(
    book: &mut dyn Book,
    request: &Request<'_>,
    known: Option<(&Schema, &Headings<'_>)>,
) -> Result<Choice, Trouble> {
    let mut choice = choose_sheet(book, request, known)?;
    let schema = known.map(|(schema, _)| schema);
    choice.notes.extend(schema.filter(|schema| own::is_of_other_version(book, schema)).map(faults::old_template));
    Ok(choice)
}

fn choose_sheet(
    book: &mut dyn Book,
    request: &Request<'_>,
    known: Option<(&Schema, &Headings<'_>)>,
) -> Result<Choice, Trouble> {
    // Sheets that we put there ourselves are no partner's, unless one is asked for by its name.
    let all: Vec<usize> = (0..book.sheets().len()).filter(|sheet| own::mark(book, *sheet).is_none()).collect();
    let range = request.place.layout.and_then(|layout| layout.range.as_deref());
    let range = range.map(|asked| place::range(book, asked)).transpose()?;
    let wanted = Wanted { known, place: request.place, range: range.map(|(_, area)| area) };
    let (named, visible): (Vec<usize>, Vec<usize>) = match request.sheet {
        // The name of a range says its sheet.
        _ if range.is_some_and(|(sheet, _)| sheet.is_some()) => {
            (range.and_then(|(sheet, _)| sheet).into_iter().collect(), Vec::new())
        }
        // Text files have no sheets; a sheet's name is then not a question.
        Some(asked) if book.sheets().iter().any(|sheet| sheet.name.is_some()) => (vec![find(book, asked)?], Vec::new()),
        _ => (Vec::new(), all.iter().copied().filter(|sheet| !book.sheets()[*sheet].hidden).collect()),
    };
    if let [sheet] = named[..] {
        let look = look(book, sheet, wanted)?;
        let mut notes = Vec::new();
        notes.extend(called(book, sheet).filter(|_| book.sheets()[sheet].hidden).as_ref().map(faults::hidden_read));
        return settle(book, look, known, notes);
    }
    let (mut looks, mut notes, mut trouble) = (Vec::new(), Vec::new(), None);
    for sheet in &visible {
        match look(book, *sheet, wanted) {
            Ok(look) => looks.push(look),
            // One that cannot be read is no fault of the one that can, and is told of.
            Err(why) => {
                notes.extend(called(book, *sheet).map(|sheet| faults::other_sheet(&sheet, &why)));
                trouble = trouble.or(Some(why));
            }
        }
    }
    let is_read = looks.iter().any(|look| look.fits);
    if let Some(trouble) = trouble.filter(|_| !is_read) {
        return Err(trouble);
    }
    let hidden = all.into_iter().filter(|sheet| !visible.contains(sheet));
    // A hidden sheet that cannot be read is no fault of the sheet that can.
    let fits = |book: &mut dyn Book, sheet| look(book, sheet, wanted).is_ok_and(|look| look.fits);
    let picked = pick(book, looks, known);
    if !is_read && !picked.as_ref().is_ok_and(|look| look.heading.is_some()) {
        let fitting: Vec<usize> = hidden.clone().filter(|sheet| fits(book, *sheet)).collect();
        let fitting: Vec<Called> = fitting.into_iter().filter_map(|sheet| called(book, sheet)).collect();
        if !fitting.is_empty() {
            return Err(faults::only_hidden(known.map(|(schema, _)| table_name(schema)), &fitting));
        }
    }
    let chosen = picked?;
    if known.is_some() {
        for sheet in hidden {
            let fits = fits(book, sheet);
            notes.extend(called(book, sheet).filter(|_| fits).as_ref().map(faults::hidden_skipped));
        }
    }
    settle(book, chosen, known, notes)
}

/// The sheet of that name: exactly, then without regard to case and outer spaces, and last without
/// the ending of a file that stands for a sheet.
fn find(book: &dyn Book, asked: &str) -> Result<usize, Trouble> {
    let names: Vec<&str> = book.sheets().iter().filter_map(|sheet| sheet.name.as_deref()).collect();
    let plain = |name: &str| name.trim().to_lowercase();
    names
        .iter()
        .position(|name| *name == asked)
        .or_else(|| names.iter().position(|name| plain(name) == plain(asked)))
        .or_else(|| {
            let stem = |name: &&str| name.rsplit_once('.').is_some_and(|(stem, _)| plain(stem) == plain(asked));
            let mut stems = (0..names.len()).filter(|index| stem(&names[*index]));
            stems.next().filter(|_| stems.next().is_none())
        })
        .ok_or_else(|| faults::sheet_not_found(asked, &visible(book)))
}

/// What a sheet is called, where sheets have names at all.
pub(crate) fn called(book: &dyn Book, sheet: usize) -> Option<Called> {
    let own = book.sheets()[sheet].name.clone()?;
    Some(Called { own, plain: format!("{} {}", book.sheet_word(), sheet + 1) })
}

fn visible(book: &dyn Book) -> Vec<Called> {
    let visible = (0..book.sheets().len()).filter(|sheet| !book.sheets()[*sheet].hidden);
    visible.filter_map(|sheet| called(book, sheet)).collect()
}

fn look(book: &mut dyn Book, sheet: usize, wanted: Wanted<'_>) -> Result<Look, Trouble> {
    let Wanted { known, place, range } = wanted;
    let area = place::area(book, sheet, place, range)?;
    let mut sample = if area.is_part() { place::sample(book, sheet, area)? } else { book.sample(sheet)? };
    let found = layout::heading_row(&mut sample, known, place);
    let (heading, matches) = (found.map(|(row, _)| row), found.map_or(0, |(_, matches)| matches));
    let fits = match (known, heading) {
        (Some((schema, headings)), Some(row)) => {
            let required = schema.fields.iter().filter(|field| field.constraints.required).count();
            let present = |index: usize| {
                let cells = &sample.rows[row].cells;
                cells.iter().filter_map(|cell| headings.field_of(&cell.text)).any(|found| found.field == index)
            };
            let fields = schema.fields.iter().enumerate().filter(|(_, field)| field.constraints.required);
            matches > 0 && fields.filter(|(index, _)| present(*index)).count() * 2 >= required
        }
        (None, Some(_)) => true,
        (_, None) => false,
    };
    Ok(Look { sheet, sample, heading, matches, fits, area })
}

/// The one sheet that fits; where none does, the only one with any heading, so that what is missing
/// can be said column by column.
fn pick(book: &dyn Book, looks: Vec<Look>, known: Option<(&Schema, &Headings<'_>)>) -> Result<Look, Trouble> {
    let table = known.map(|(schema, _)| table_name(schema));
    let fitting: Vec<usize> = looks.iter().filter(|look| look.fits).map(|look| look.sheet).collect();
    if fitting.len() > 1 {
        let fitting: Vec<Called> = fitting.into_iter().filter_map(|sheet| called(book, sheet)).collect();
        return Err(faults::several_sheets(table, &fitting));
    }
    let filled = looks.iter().filter(|look| !look.sample.rows.is_empty()).count();
    let tried = if looks.len() > 1 { visible(book) } else { Vec::new() };
    let touched = looks.iter().any(|look| look.matches > 0);
    let mut looks = looks.into_iter().filter(|look| !look.sample.rows.is_empty());
    match table {
        _ if fitting.len() == 1 => Ok(looks.find(|look| look.fits).expect("one sheet fits")),
        _ if filled == 0 => Err(faults::nothing_on_sheet()),
        _ if filled == 1 => Ok(looks.next().expect("one sheet holds something")),
        Some(table) if touched => Err(faults::no_sheet_fits(table, &tried)),
        Some(table) => Err(faults::wrong_template(table, &tried)),
        None => Err(faults::nothing_on_sheet()),
    }
}

fn settle(
    book: &dyn Book,
    look: Look,
    known: Option<(&Schema, &Headings<'_>)>,
    notes: Vec<Fault>,
) -> Result<Choice, Trouble> {
    let Look { sheet, sample, heading, area, .. } = look;
    if sample.rows.is_empty() {
        return Err(faults::nothing_on_sheet());
    }
    match (heading, known) {
        (Some(heading), _) => Ok(Choice { sheet, sample, heading, area, notes }),
        (None, Some((schema, _)))
            if schema.fields.len() > 1 && sample.rows.iter().all(|row| row.width.is_some_and(|width| width < 2)) =>
        {
            Err(faults::no_separator(table_name(schema)))
        }
        (None, Some((schema, _))) => {
            let sheet: Vec<Called> = called(book, sheet).into_iter().collect();
            Err(faults::wrong_template(table_name(schema), &sheet))
        }
        (None, None) => Err(faults::nothing_on_sheet()),
    }
}

/// What a schema's table is called in messages.
fn table_name(schema: &Schema) -> &str {
    schema.title.as_deref().unwrap_or(&schema.name)
}
