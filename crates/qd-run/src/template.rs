//! `template`: a blank workbook made from schemas, which says what goes in and takes little else.

use crate::load::{Loaded, LoadedTable};
use qd_book::{Book, BookError, ChoiceList, Cover, FormColumn, Limit, Section, Takes, Value};
use qd_model::answer::{CODES, HOW_TO, Mark, schema_mark};
use qd_model::pipeline::Partner;
use qd_model::schema::{Placed, Schema};
use qd_model::{Field, FieldType, Refusal, words};

/// What a template is made for.
pub enum For<'a> {
    /// Schemas, one sheet each.
    Schemas(&'a [LoadedTable]),
    /// A pipeline's tables; those that a partner sends, under the partner's own sheet names, where
    /// one is named.
    Pipeline(&'a Loaded, Option<&'a str>),
}

/// A sheet of the template.
struct Sheet<'a> {
    name: String,
    schema: &'a Schema,
}

/// Makes a template. The workbook's bytes are the same on any day.
pub fn template(subject: &For<'_>) -> Result<Vec<u8>, Refusal> {
    let (title, mark, sheets) = match subject {
        For::Schemas(tables) => {
            let sheets = tables.iter().map(|table| Sheet { name: title_of(&table.schema), schema: &table.schema });
            let title = words::list(&tables.iter().map(|table| title_of(&table.schema)).collect::<Vec<_>>());
            (title, Mark::default(), sheets.collect::<Vec<_>>())
        }
        For::Pipeline(loaded, code) => {
            let partner = code.map(|code| partner(loaded, code)).transpose()?;
            let mark = Mark {
                programme: loaded.pipeline.name.clone(),
                partner: code.unwrap_or_default().to_owned(),
                ..Mark::default()
            };
            let title = match partner {
                Some(partner) => format!("{}: {}", loaded.pipeline.title, partner.name),
                None => loaded.pipeline.title.clone(),
            };
            (title, mark, of_pipeline(loaded, partner))
        }
    };
    write(&title, &mark, &sheets).map_err(|error| Refusal::new("the template cannot be written").because(error))
}

fn partner<'a>(loaded: &'a Loaded, code: &str) -> Result<&'a Partner, Refusal> {
    loaded.pipeline.partners.iter().find(|partner| partner.code == code).ok_or_else(|| {
        let codes: Vec<&str> = loaded.pipeline.partners.iter().map(|partner| partner.code.as_str()).collect();
        Refusal::new(format!("the pipeline has no partner `{code}`"))
            .hint(format!("its partners are {}", words::list(&codes)))
    })
}

fn of_pipeline<'a>(loaded: &'a Loaded, partner: Option<&Partner>) -> Vec<Sheet<'a>> {
    let wanted = |table: &&LoadedTable| {
        partner.is_none_or(|partner| partner.sources.iter().any(|source| source.table == table.name))
    };
    let sheet = |table: &'a LoadedTable| {
        let sources = partner.into_iter().flat_map(|partner| &partner.sources);
        let own = sources.filter(|source| source.table == table.name).find_map(|source| source.sheet.clone());
        Sheet { name: own.unwrap_or_else(|| title_of(&table.schema)), schema: &table.schema }
    };
    loaded.tables.iter().filter(wanted).map(sheet).collect()
}

/// What a sheet is called after its schema.
fn title_of(schema: &Schema) -> String {
    let last = schema.name.rsplit('/').next().unwrap_or(&schema.name);
    schema.title.clone().unwrap_or_else(|| last.to_owned())
}

fn write(title: &str, mark: &Mark, sheets: &[Sheet<'_>]) -> Result<Vec<u8>, BookError> {
    let mut book = Book::new(qd_book::About { title: title.to_owned(), ..qd_book::About::default() });
    let mark = mark.text();
    let mut lists = Vec::new();
    let columns: Vec<Vec<FormColumn>> = sheets
        .iter()
        .map(|sheet| sheet.schema.fields.iter().map(|field| column(sheet.schema, field, &mut lists)).collect())
        .collect();
    book.cover(&how_to(title, &mark, sheets, &columns))?;
    let choices = book.choices(CODES, &mark, &lists)?;
    for (sheet, columns) in sheets.iter().zip(&columns) {
        book.form(&sheet.name, columns, &choices)?;
    }
    if !lists.is_empty() {
        book.close_choices(choices);
    }
    book.finish()
}

fn column(schema: &Schema, field: &Field, lists: &mut Vec<ChoiceList>) -> FormColumn {
    let is_key = schema.primary_key.len() == 1
        && schema.fields.get(schema.primary_key[0]).is_some_and(|key| key.name == field.name);
    let is_required = field.constraints.required || is_key;
    // A plain schema knows its columns by their names, to the letter.
    let heading = match (schema.is_ours, is_required) {
        (true, true) => format!("{} *", field.label()),
        (true, false) => field.label().to_owned(),
        (false, _) => field.name.clone(),
    };
    let takes = takes(schema, field, lists);
    FormColumn {
        heading,
        is_required,
        prompt: prompt(field, is_required),
        takes,
        is_unique: field.constraints.unique || is_key,
    }
}

/// What goes into a cell, in words.
fn prompt(field: &Field, is_required: bool) -> String {
    let mut parts = Vec::new();
    let words = field.help.as_deref().or(field.description.as_deref());
    parts.extend(words.map(sentence));
    let has_list = !field.categories.is_empty() || field.constraints.enumeration.is_some();
    parts.push(if has_list { "Choose from the list.".to_owned() } else { sentence(field.field_type.noun()) });
    let between = [&field.constraints.minimum, &field.constraints.maximum].map(|limit| limit.as_ref().map(shown));
    parts.extend(match between {
        [Some(least), Some(most)] => Some(format!("From {least} to {most}.")),
        [Some(least), None] => Some(format!("{least} or {}.", after(field, "later", "more"))),
        [None, Some(most)] => Some(format!("{most} or {}.", after(field, "earlier", "less"))),
        [None, None] => None,
    });
    parts.extend(field.example.as_ref().map(|example| format!("Example: {example}.")));
    parts.push(if is_required { "Every row needs one." } else { "May stay blank." }.to_owned());
    parts.join(" ")
}

/// A limit as a person writes it.
fn shown(limit: &Placed<String>) -> String {
    limit.value.parse().map_or_else(|_| limit.value.clone(), words::date)
}

fn after<'w>(field: &Field, of_dates: &'w str, of_numbers: &'w str) -> &'w str {
    match field.field_type {
        FieldType::Number | FieldType::Integer => of_numbers,
        _ => of_dates,
    }
}

fn sentence(words: &str) -> String {
    let words = words.trim();
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let stop = if words.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{first}{}{stop}", letters.as_str())
}

fn takes(schema: &Schema, field: &Field, lists: &mut Vec<ChoiceList>) -> Takes {
    if let Some(choices) = choices(schema, field) {
        lists.push(ChoiceList { title: field.label().to_owned(), choices });
        return Takes::List(lists.len() - 1);
    }
    let constraints = &field.constraints;
    let number =
        |limit: &Option<Placed<String>>| limit.as_ref().and_then(|limit| limit.value.trim().parse::<i64>().ok());
    let day = |limit: &Option<Placed<String>>| {
        limit.as_ref().and_then(|limit| limit.value.parse().ok()).map(qd_model::period::days)
    };
    match field.field_type {
        FieldType::Integer => Takes::Whole(
            number(&constraints.minimum).or(number(&constraints.exclusive_minimum).map(|least| least + 1)),
            number(&constraints.maximum).or(number(&constraints.exclusive_maximum).map(|most| most - 1)),
        ),
        FieldType::Number => Takes::Number(limits(field)),
        FieldType::Date => Takes::Date(
            day(&constraints.minimum).or(day(&constraints.exclusive_minimum).map(|least| least + 1)),
            day(&constraints.maximum).or(day(&constraints.exclusive_maximum).map(|most| most - 1)),
        ),
        FieldType::Datetime => Takes::DateTime,
        FieldType::Time => Takes::Time,
        FieldType::String | FieldType::Yearmonth | FieldType::Duration | FieldType::List => {
            let is_text = field.field_type == FieldType::String;
            let least = constraints.min_length.filter(|_| is_text).unwrap_or(0).min(32_767) as u32;
            let most = constraints.max_length.filter(|_| is_text).map(|most| most.min(32_767) as u32);
            Takes::Text { least, most }
        }
        _ => Takes::Anything,
    }
}

fn limits(field: &Field) -> Vec<Limit> {
    let constraints = &field.constraints;
    let all = [
        (">=", &constraints.minimum),
        (">", &constraints.exclusive_minimum),
        ("<=", &constraints.maximum),
        ("<", &constraints.exclusive_maximum),
    ];
    let plain = |limit: &Placed<String>| limit.value.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    all.into_iter()
        .filter_map(|(sign, limit)| Some(Limit { sign, number: plain(limit.as_ref()?)?.to_string() }))
        .collect()
}

/// What a cell chooses from, with the code that stands for each; nothing where it takes more than a
/// list could hold.
fn choices(schema: &Schema, field: &Field) -> Option<Vec<(String, String)>> {
    let constraints = &field.constraints;
    let allowed =
        |value: &str| constraints.enumeration.as_ref().is_none_or(|list| list.value.iter().any(|own| own == value));
    let mut choices: Vec<(String, String)> = if !field.categories.is_empty() {
        let own = field.categories.iter().filter(|category| allowed(&category.value));
        // A plain schema takes the values themselves, and no labels.
        own.map(|category| {
            let label = category.label.as_ref().filter(|_| schema.is_ours).unwrap_or(&category.value);
            (label.clone(), category.value.clone())
        })
        .collect()
    } else if let Some(list) = &constraints.enumeration {
        list.value.iter().map(|value| (value.clone(), value.clone())).collect()
    } else if field.field_type == FieldType::Boolean {
        let usual = |words: &[String], loose: &str, usual: &str| {
            let is_loose = schema.is_ours && words.first().is_some_and(|word| word == loose);
            let word = if is_loose { usual.to_owned() } else { words.first().cloned().unwrap_or_default() };
            (word, loose.to_owned())
        };
        vec![usual(&field.true_values, "true", "Yes"), usual(&field.false_values, "false", "No")]
    } else {
        return None;
    };
    if field.field_type == FieldType::List {
        return None;
    }
    let reasons = schema
        .missing_values_of(field)
        .iter()
        .filter(|missing| !missing.value.trim().is_empty() && missing.label.is_some());
    if !constraints.required {
        choices.extend(reasons.map(|missing| (missing.value.clone(), String::new())));
    }
    Some(choices)
}

fn how_to(title: &str, mark: &str, sheets: &[Sheet<'_>], columns: &[Vec<FormColumn>]) -> Cover {
    let text = |words: &str| Value::Text(words.to_owned());
    let steps = [
        (
            "1. One row each",
            "Write one record to a row, below the headings. Leave no heading out, and move none to another row.",
        ),
        ("2. Starred columns", "A heading with a star, on a red ground, needs a value in every row."),
        ("3. Lists", "Where a cell has a list, choose from it. The sheet \"Codes\" shows all lists."),
        ("4. Dates", "Type dates with the day first: 30/09/2022."),
        ("5. Pasting", "Paste values only (Paste special, Values): a plain paste takes the lists and checks away."),
        ("6. Nothing more", "Do not add columns, and write no notes about people anywhere in this workbook."),
    ];
    let steps = steps.map(|(label, words)| (label.to_owned(), text(words))).to_vec();
    let versions = sheets.iter().map(|sheet| {
        (sheet.name.clone(), Value::Text(schema_mark(&sheet.schema.name, sheet.schema.version.as_deref())))
    });
    let mut sections = vec![
        Section { heading: Some("In six steps".to_owned()), lines: steps },
        Section { heading: Some("The sheets, and what they are laid out for".to_owned()), lines: versions.collect() },
    ];
    for (sheet, columns) in sheets.iter().zip(columns) {
        // Why something is collected is written for those who answer for the data, not for who types it.
        let lines = columns.iter().map(|column| (column.heading.clone(), Value::Text(column.prompt.clone())));
        sections.push(Section { heading: Some(format!("Sheet \"{}\"", sheet.name)), lines: lines.collect() });
    }
    Cover {
        name: HOW_TO.to_owned(),
        title: title.to_owned(),
        subtitle: Some(HOW_TO.to_owned()),
        mark: Some(mark.to_owned()),
        sections,
        notes: Vec::new(),
    }
}
