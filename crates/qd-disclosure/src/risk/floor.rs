//! The floor under an extract: nobody leaves whom fewer than so many others look like.

use super::alike::{Alike, Looks, People, texts};
use super::{indirect, is_event, looked, person_of};
use crate::table::ClearedTable;
use arrow::array::{Array, ArrayRef, BooleanArray, StringViewArray};
use arrow::compute::nullif;
use arrow::datatypes::DataType;
use qd_model::Reason;
use qd_model::pipeline::{Below, Floor};
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
            let small = rare(&table, person, floor.people).people;
            return if small == 0 { Ok(Floored { table, blanked: 0, coarser }) } else { Err(Box::new((table, small))) };
        }
        Below::Suppress => {}
        Below::Generalise => {
            for name in &floor.give_up {
                let Some(column) = table.index_of(name) else { continue };
                while rare(&table, person, floor.people).people > 0 {
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
    let blanked = blank.people;
    let table = if blanked == 0 { table } else { blanked_for(&table, &blank) };
    Ok(Floored { table, blanked, coarser })
}

/// The columns by which people look alike.
fn columns(table: &ClearedTable) -> Vec<usize> {
    indirect(table).filter(|index| !is_event(table, *index)).collect()
}

/// People whom too few others look like, by row. If they were blanked they would be a class by themselves;
/// where that is too small, the next smallest classes go with them.
struct Rare {
    /// Whether each row is about one of them.
    rows: Vec<bool>,
    people: u64,
}

fn rare(table: &ClearedTable, person: usize, enough: u64) -> Rare {
    let pseudonyms = texts(table, person);
    let people = People::of(&pseudonyms);
    let columns = columns(table);
    let alike = Alike::of(&looked(&people, table, &columns, &mut Looks::default()));
    let columns: Vec<StringViewArray> = columns.iter().map(|column| texts(table, *column)).collect();
    let class_of = |person: u32| person.checked_sub(1).map(|person| alike.class[person as usize] as usize);
    let classes: Vec<Option<usize>> = people.rows.iter().map(|person| class_of(*person)).collect();
    let text =
        |column: &StringViewArray, row: usize| if column.is_null(row) { "" } else { column.value(row) }.to_owned();
    let look = |row: usize| columns.iter().map(|column| text(column, row)).collect::<Vec<String>>();
    // Of each class the least row speaks, and it is blank where all of its rows are.
    let mut is_blank = vec![true; alike.sizes.len()];
    let mut gone: Vec<bool> = alike.sizes.iter().map(|size| *size < enough).collect();
    for (row, class) in classes.iter().enumerate() {
        let Some(class) = *class else { continue };
        is_blank[class] &= columns.iter().all(|column| column.is_null(row) || column.value(row).is_empty());
    }
    let all = || 0..alike.sizes.len();
    all().filter(|class| is_blank[*class]).for_each(|class| gone[class] = false);
    let blank_already: u64 = all().filter(|class| is_blank[*class]).map(|class| alike.sizes[class]).sum();
    let mut count: u64 = all().filter(|class| gone[*class]).map(|class| alike.sizes[class]).sum();
    let is_too_few = |count: u64| (1..enough).contains(&(count + blank_already));
    if is_too_few(count) {
        let mut looks: Vec<Option<Vec<String>>> = vec![None; alike.sizes.len()];
        for (row, class) in classes.iter().enumerate() {
            let Some(class) = *class else { continue };
            if !gone[class] && !is_blank[class] {
                let own = look(row);
                if looks[class].as_ref().is_none_or(|look| own < *look) {
                    looks[class] = Some(own);
                }
            }
        }
        let mut next: Vec<(u64, Vec<String>, usize)> = looks
            .into_iter()
            .enumerate()
            .filter_map(|(class, look)| Some((alike.sizes[class], look?, class)))
            .collect();
        next.sort_unstable();
        for (size, _, class) in next {
            if !is_too_few(count) {
                break;
            }
            gone[class] = true;
            count += size;
        }
    }
    let is_gone = |class: Option<usize>| class.is_some_and(|class| gone[class]);
    Rare { rows: classes.into_iter().map(is_gone).collect(), people: count }
}

/// The table with the columns by which people look alike left blank for some.
fn blanked_for(table: &ClearedTable, rare: &Rare) -> ClearedTable {
    let mask = BooleanArray::from(rare.rows.clone());
    let mut table = table.clone();
    for column in columns(&table) {
        let values = nullif(table.batch().column(column), &mask).expect("the mask is as long as the table");
        table = table.with_column(column, values);
        let companion = format!("{}_missing", table.columns()[column].name);
        if let Some(companion) =
            table.index_of(&companion).filter(|index| table.columns()[*index].treatment == "reason")
        {
            let reasons = texts(&table, companion);
            let reason = |(reason, is_blank): (Option<&str>, &bool)| match (is_blank, reason.unwrap_or_default()) {
                (true, _) => Some(Reason::Withheld.as_str().to_owned()),
                (false, "") => None,
                (false, reason) => Some(reason.to_owned()),
            };
            let reasons: StringViewArray = reasons.iter().zip(&rare.rows).map(reason).collect();
            table = table.with_column(companion, Arc::new(reasons));
        }
    }
    table
}

/// The table with a column one step coarser, if there is a step: months to quarters to years, outward
/// postcodes to their areas, everything else and the last step to nothing.
fn coarsened(table: &ClearedTable, column: usize) -> Option<ClearedTable> {
    let before = texts(table, column);
    let before: Vec<&str> = before.iter().map(Option::unwrap_or_default).collect();
    if before.iter().all(|text| text.is_empty()) {
        return None;
    }
    let is_text = *table.batch().column(column).data_type() == DataType::Utf8View;
    let after: Vec<Option<String>> = before.iter().map(|text| if is_text { step(text) } else { None }).collect();
    let is_same = before.iter().zip(&after).all(|(before, after)| after.as_deref() == Some(*before));
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
