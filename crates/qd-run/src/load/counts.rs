//! What is wrong with the counts of people that a pipeline asks for.

use super::{Loaded, unknown_field};
use qd_model::Mistake;
use qd_model::mistake::At;
use qd_model::pipeline::{Breakdown, FieldRelease, Indicator, Indicators, Part, Recipient};
use qd_model::schema::{FieldType, Schema};
use qd_model::words;

/// Every breakdown, share and mean must be of something that can be counted so, and a recipient whose
/// counts are protected must not get what they are counted from.
pub(super) fn check(loaded: &Loaded, mistakes: &mut Vec<Mistake>) {
    for spec in &loaded.pipeline.returns {
        let recipient = loaded.pipeline.recipient(&spec.recipient).expect("the pipeline's references were checked");
        for part in spec.files.iter().flat_map(|file| &file.parts) {
            let Part::Indicators(indicators) = part else { continue };
            for row in &indicators.rows {
                row.by.iter().for_each(|by| breakdown(loaded, recipient, by, mistakes));
                mean(loaded, row, mistakes);
                share(indicators, row, mistakes);
            }
        }
    }
}

fn breakdown(loaded: &Loaded, recipient: &Recipient, by: &Breakdown, mistakes: &mut Vec<Mistake>) {
    let people = loaded.pipeline.people.as_ref().map(|people| &people.table);
    let Some(table) = by.table.as_ref().or(people) else {
        let what = "a breakdown needs `[people]`, which this pipeline does not have";
        mistakes.push(Mistake::new(&by.at, what));
        return;
    };
    let schema = &loaded.table(table).schema;
    let Some(field) = schema.field(&by.field) else {
        mistakes.push(unknown_field(table, &by.field, schema, &by.at));
        return;
    };
    if by.bands.is_empty() == (field.field_type == FieldType::Date) {
        let what = format!("`{}` is broken down by bands if it is a date, and only then", by.field);
        mistakes.push(Mistake::new(&by.at, what));
    } else if by.bands.is_empty() && field.categories.is_empty() {
        let what = format!("`{}` cannot be a breakdown, since it has no code list", by.field);
        mistakes.push(Mistake::new(&by.at, what).hint("give the field `categories` in its schema"));
    }
    let known: Vec<&str> = field.categories.iter().map(|category| category.value.as_str()).collect();
    for category in by.not_applicable.iter().filter(|_| by.bands.is_empty()) {
        if !known.contains(&category.as_str()) {
            let mistake = Mistake::new(&by.at, format!("`{}` has no category \"{category}\"", by.field));
            mistakes.push(near(mistake, category, &known));
        }
    }
    if recipient.exact_counts.is_none() && gets_rows(loaded, recipient, table, &by.field) {
        let what = format!(
            "counts by `{}` would be protected for `{}`, which gets `{}` row by row and can count for itself",
            by.field, recipient.code, by.field
        );
        let hint =
            "let the recipient have exact counts, with the reason: exact_counts = \"…\", or leave the breakdown out";
        mistakes.push(Mistake::new(&by.at, what).hint(hint));
    }
}

/// Whether a recipient gets the rows of a table with a field, in any return.
fn gets_rows(loaded: &Loaded, recipient: &Recipient, table: &str, field: &str) -> bool {
    let is_field = |release: &FieldRelease| release.field == field && release.treatment != "drop";
    let released = recipient.release_of(table).is_some_and(|release| release.fields.iter().any(is_field));
    let returns = loaded.pipeline.returns.iter().filter(|spec| spec.recipient == recipient.code);
    let mut parts = returns.flat_map(|spec| &spec.files).flat_map(|file| &file.parts);
    released && parts.any(|part| matches!(part, Part::Rows(rows) if rows.table == table))
}

fn mean(loaded: &Loaded, row: &Indicator, mistakes: &mut Vec<Mistake>) {
    let Some(mean) = &row.mean else { return };
    let schema: &Schema = &loaded.table(&mean.table).schema;
    match schema.field(&mean.field) {
        None => mistakes.push(unknown_field(&mean.table, &mean.field, schema, &mean.at)),
        Some(field) if !matches!(field.field_type, FieldType::Integer | FieldType::Number) => {
            mistakes.push(Mistake::new(&mean.at, format!("`{}` has no mean, since it is not a number", mean.field)));
        }
        Some(_) => {}
    }
}

fn share(indicators: &Indicators, row: &Indicator, mistakes: &mut Vec<Mistake>) {
    let Some(of) = &row.share_of else { return };
    let names: Vec<&str> =
        indicators.rows.iter().flat_map(|row| row.code.iter().chain([&row.label])).map(String::as_str).collect();
    if !names.contains(&of.value.as_str()) {
        let mistake = Mistake::new(&of.at, format!("there is no indicator \"{}\" on this sheet", of.value));
        mistakes.push(near(mistake, &of.value, &names));
    }
}

fn near(mistake: Mistake, word: &str, known: &[&str]) -> Mistake {
    match words::nearest(word, known.iter().copied()) {
        Some(near) => mistake.hint(format!("did you mean \"{near}\"?")),
        None => mistake,
    }
}

/// A return is of one programme: its tables' schemas lie in one folder.
pub(super) fn check_programmes(loaded: &Loaded, mistakes: &mut Vec<Mistake>) {
    for spec in &loaded.pipeline.returns {
        let mut programmes: Vec<String> = Vec::new();
        let parts = spec.files.iter().flat_map(|file| &file.parts);
        for table in parts.flat_map(Part::tables) {
            let at = loaded.pipeline.table(table).map(|table| loaded.resolve(&table.schema.value));
            let folder = at.and_then(|path| Some(path.parent()?.to_string_lossy().into_owned()));
            programmes.extend(folder.filter(|folder| !programmes.contains(folder)));
        }
        if programmes.len() > 1 {
            let names: Vec<&str> = programmes.iter().map(String::as_str).collect();
            let what = format!(
                "the return `{}` would combine programmes: its schemas are of {}",
                spec.name,
                words::list(&names)
            );
            let hint = "people gave their data to one programme: make a return for each, in a pipeline of its own";
            mistakes.push(Mistake::new(&spec.at, what).hint(hint));
        }
    }
}

/// Columns that are made coarser must be among those that the recipient gets.
pub(super) fn check_floors(loaded: &Loaded, mistakes: &mut Vec<Mistake>) {
    let start = At::Line { line: 1, column: 1 };
    for recipient in &loaded.pipeline.recipients {
        let Some(floor) = &recipient.floor else { continue };
        let released = recipient.release.iter().flat_map(|release| &release.fields);
        let names: Vec<&str> = released.map(|field| field.released_as.as_str()).collect();
        for name in floor.give_up.iter().filter(|name| !names.contains(&name.as_str())) {
            let what = format!("`{name}` cannot be given up, since it is not released to `{}`", recipient.code);
            let at =
                recipient.release.iter().flat_map(|release| &release.fields).next().map_or(&start, |field| &field.at);
            mistakes.push(near(Mistake::new(at, what), name, &names));
        }
    }
}
