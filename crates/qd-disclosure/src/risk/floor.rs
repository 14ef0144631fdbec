//! The floor under an extract: nobody leaves whom fewer than so many others look like.

use super::{indirect, is_event, looks, person_of, sizes, texts};
use crate::table::ClearedTable;
use arrow::array::{ArrayRef, BooleanArray, StringViewArray};
use arrow::compute::nullif;
use arrow::datatypes::DataType;
use qd_model::Reason;
use qd_model::pipeline::{Below, Floor};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A table of people under a floor, with what that cost.
#[derive(Debug)]
pub struct Floored {
    /// The table.
    pub table: ClearedTable,
    /// People whose indirect identifiers were left blank.
    pub blanked: u64,
    /// Columns that were made coarser.
    pub coarser: Vec<String>,
}

/// Holds a table of people to the floor. Where the floor is to refuse, the answer is the table as it was,
/// with how many people too few others look like. A table without a pseudonym is of named people, and is left as it is.
pub fn floored(table: ClearedTable, floor: &Floor) -> Result<Floored, Box<(ClearedTable, u64)>> {
    let Some(person) = person_of(&table) else { return Ok(Floored { table, blanked: 0, coarser: Vec::new() }) };
    let mut table = table;
    let mut coarser = Vec::new();
    match floor.below {
        Below::Refuse => {
            let small = rare(&table, person, floor.people).len() as u64;
            return if small == 0 { Ok(Floored { table, blanked: 0, coarser }) } else { Err(Box::new((table, small))) };
        }
        Below::Suppress => {}
        Below::Generalise => {
            for name in &floor.give_up {
                let Some(column) = table.index_of(name) else { continue };
                while !rare(&table, person, floor.people).is_empty() {
                    let Some(next) = coarsened(&table, column) else { break };
                    table = next;
                    if coarser.last() != Some(name) {
                        coarser.push(name.clone());
                    }
                }
            }
        }
    }
    let blank = rare(&table, person, floor.people);
    let blanked = blank.len() as u64;
    let table = if blank.is_empty() { table } else { blanked_for(&table, person, &blank) };
    Ok(Floored { table, blanked, coarser })
}

/// The columns by which people look alike.
fn columns(table: &ClearedTable) -> Vec<usize> {
    indirect(table).filter(|index| !is_event(table, *index)).collect()
}

/// People whom too few others look like. If they were blanked they would be a class by themselves; where
/// that is too small, the next smallest classes go with them.
fn rare(table: &ClearedTable, person: usize, people: u64) -> BTreeSet<String> {
    let looks = looks(table, person, &columns(table));
    let is_blank = |look: &[String]| look.iter().all(|row| row.trim_matches('\u{1f}').is_empty());
    let mut classes: Vec<(u64, &[String])> = sizes(&looks).into_iter().map(|(look, size)| (size, look)).collect();
    classes.sort();
    let blank_already: u64 = classes.iter().filter(|(_, look)| is_blank(look)).map(|(size, _)| size).sum();
    let (mut gone, mut count) = (BTreeSet::new(), 0);
    for (size, look) in classes.into_iter().filter(|(_, look)| !is_blank(look)) {
        let is_rare = size < people;
        let is_too_few = (1..people).contains(&(count + blank_already));
        if is_rare || is_too_few {
            gone.insert(look);
            count += size;
        }
    }
    looks.iter().filter(|(_, look)| gone.contains(look.as_slice())).map(|(person, _)| person.clone()).collect()
}

/// The table with the columns by which people look alike left blank for some.
fn blanked_for(table: &ClearedTable, person: usize, people: &BTreeSet<String>) -> ClearedTable {
    let mask: BooleanArray = texts(table, person).iter().map(|person| Some(people.contains(person))).collect();
    let mut table = table.clone();
    for column in columns(&table) {
        let values = nullif(table.batch().column(column), &mask).expect("the mask is as long as the table");
        table = table.with_column(column, values);
        let companion = format!("{}_missing", table.columns()[column].name);
        if let Some(companion) =
            table.index_of(&companion).filter(|index| table.columns()[*index].treatment == "reason")
        {
            let reasons = texts(&table, companion);
            let reason = |(reason, is_blank): (&String, Option<bool>)| match (is_blank, reason.as_str()) {
                (Some(true), _) => Some(Reason::Withheld.as_str().to_owned()),
                (_, "") => None,
                (_, reason) => Some(reason.to_owned()),
            };
            let reasons: StringViewArray = reasons.iter().zip(&mask).map(reason).collect();
            table = table.with_column(companion, Arc::new(reasons));
        }
    }
    table
}

/// The table with a column one step coarser, if there is a step: months to quarters to years, outward
/// postcodes to their areas, everything else and the last step to nothing.
fn coarsened(table: &ClearedTable, column: usize) -> Option<ClearedTable> {
    let before = texts(table, column);
    if before.iter().all(String::is_empty) {
        return None;
    }
    let is_text = *table.batch().column(column).data_type() == DataType::Utf8View;
    let after: Vec<Option<String>> = before.iter().map(|text| if is_text { step(text) } else { None }).collect();
    let is_same = before.iter().zip(&after).all(|(before, after)| after.as_ref() == Some(before));
    let values: ArrayRef = if is_text && !is_same {
        Arc::new(after.into_iter().collect::<StringViewArray>())
    } else {
        arrow::array::new_null_array(table.batch().column(column).data_type(), table.rows())
    };
    Some(table.with_column(column, values))
}

/// A text one step coarser.
fn step(text: &str) -> Option<String> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some((year, rest)) = text.split_once('-')
        && year.len() == 4
        && digits(year)
    {
        return match rest.parse::<u32>() {
            Ok(month @ 1..=12) if rest.len() == 2 => Some(format!("{year}-Q{}", month.div_ceil(3))),
            _ if rest.starts_with('Q') => Some(year.to_owned()),
            _ => None,
        };
    }
    let area: String = text.chars().take_while(char::is_ascii_uppercase).collect();
    let is_outward = (1..=2).contains(&area.len())
        && text.len() <= 4
        && text[area.len()..].starts_with(|c: char| c.is_ascii_digit());
    is_outward.then_some(area)
}

#[cfg(test)]
mod tests {
    use super::step;

    #[test]
    fn texts_become_coarser_step_by_step() {
        let check = |text: &str, expected: Option<&str>| assert_eq!(step(text).as_deref(), expected, "{text}");
        check("2022-07", Some("2022-Q3"));
        check("2022-Q3", Some("2022"));
        check("2022", None);
        check("SE15", Some("SE"));
        check("E1W", Some("E"));
        check("SE", None);
        check("25-34", None);
        check("RENTED", None);
        check("", None);
    }
}
