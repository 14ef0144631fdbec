//! How two versions of a schema differ, in words that a partner can be sent.

use super::{asks, category, code, columns_in_words, missing, named, names};
use qd_model::schema::Rule;
use qd_model::{Field, Schema, words};

/// Each difference as one sentence without a full stop; none where the two ask the same.
pub fn diff(old: &Schema, new: &Schema) -> Vec<String> {
    let mut said = Vec::new();
    let day = |day: Option<jiff::civil::Date>| day.map(words::date);
    changed(&mut said, "The version", old.version.clone(), new.version.clone());
    changed(&mut said, "The first day in force", day(old.valid_from), day(new.valid_from));
    changed(&mut said, "The last day in force", day(old.valid_to), day(new.valid_to));
    changed(&mut said, "The source", old.source.clone(), new.source.clone());
    let columns = |schema: &Schema| Some(columns_in_words(schema.fields_match).to_owned());
    changed(&mut said, "What columns there must be", columns(old), columns(new));
    let no_value = |schema: &Schema| Some(missing(&schema.missing_values));
    changed(&mut said, "What stands for no value", no_value(old), no_value(new));
    fields(&mut said, old, new);
    keys(&mut said, old, new);
    for heading in new.not_collected.iter().filter(|heading| !old.not_collected.contains(heading)) {
        said.push(format!("A column \"{heading}\" must no longer arrive"));
    }
    for heading in old.not_collected.iter().filter(|heading| !new.not_collected.contains(heading)) {
        said.push(format!("A column \"{heading}\" is no longer forbidden"));
    }
    rules(&mut said, old, new);
    said
}

fn changed(said: &mut Vec<String>, what: &str, old: Option<String>, new: Option<String>) {
    match (old, new) {
        (old, new) if old == new => {}
        (Some(old), Some(new)) => said.push(format!("{what} is now {new} (it was {old})")),
        (None, Some(new)) => said.push(format!("{what} is now {new}")),
        (Some(old), None) => said.push(format!("{what} is no longer given (it was {old})")),
        (None, None) => {}
    }
}

fn fields(said: &mut Vec<String>, old: &Schema, new: &Schema) {
    for field in new.fields.iter().filter(|field| old.field(&field.name).is_none()) {
        let is_required = if field.constraints.required { ", and an answer is required" } else { "" };
        said.push(format!("There is a new column {}: {}{is_required}", named(field), super::type_in_words(field)));
    }
    for field in old.fields.iter().filter(|field| new.field(&field.name).is_none()) {
        said.push(format!("The column {} is no longer asked for", named(field)));
    }
    for field in &new.fields {
        if let Some(before) = old.field(&field.name) {
            one_field(said, before, field);
        }
    }
    let order = |of: &Schema, other: &Schema| -> Vec<String> {
        let both = of.fields.iter().filter(|field| other.field(&field.name).is_some());
        both.map(|field| field.name.clone()).collect()
    };
    if order(old, new) != order(new, old) {
        said.push("The columns stand in another order".to_owned());
    }
}

fn one_field(said: &mut Vec<String>, old: &Field, new: &Field) {
    let field = named(new);
    if old.title != new.title {
        said.push(format!("{field} is now headed \"{}\" (it was \"{}\")", new.label(), old.label()));
    }
    let (before, after) = (asks(old), asks(new));
    let find = |asks: &[(&'static str, String)], label: &str| -> Option<String> {
        asks.iter().find(|(known, _)| *known == label).map(|(_, words)| words.clone())
    };
    let mut labels: Vec<&'static str> = before.iter().map(|(label, _)| *label).collect();
    labels.extend(after.iter().map(|(label, _)| *label).filter(|label| find(&before, label).is_none()));
    for label in labels {
        let (was, is) = (find(&before, label), find(&after, label));
        if was == is {
            continue;
        }
        match (label, &was, &is) {
            ("answer", None, _) => said.push(format!("{field} must now have an answer")),
            ("answer", ..) => said.push(format!("{field} may now be left blank")),
            ("different in every row", None, _) => said.push(format!("{field} must now be different in every row")),
            ("different in every row", ..) => said.push(format!("{field} need no longer be different in every row")),
            ("type", Some(was), Some(is)) => said.push(format!("{field} is now {is} (it was {was})")),
            ("class", Some(was), Some(is)) => said.push(format!("{field} is now treated as {is} (it was {was})")),
            _ => changed(said, &format!("{field}: \"{label}\""), was, is),
        }
    }
    codes(said, old, new);
    listed(said, &field, "is also read under the heading", &old.aliases, &new.aliases);
    let told = |text: &Option<String>| text.as_ref().map(|text| format!("\"{text}\""));
    changed(said, &format!("The help for {field}"), told(&old.help), told(&new.help));
    changed(said, &format!("The reason why {field} is collected"), told(&old.reason), told(&new.reason));
}

fn codes(said: &mut Vec<String>, old: &Field, new: &Field) {
    let field = named(new);
    let label = |field: &Field, value: &str| {
        let known = field.categories.iter().find(|category| category.value == value)?;
        Some(known.label.clone().unwrap_or_else(|| value.to_owned()))
    };
    for added in new.categories.iter().filter(|category| label(old, &category.value).is_none()) {
        said.push(format!("{field} has the new code {}", category(added)));
    }
    for gone in old.categories.iter().filter(|category| label(new, &category.value).is_none()) {
        said.push(format!("{field} no longer has the code {}", category(gone)));
    }
    for kept in &new.categories {
        let is = kept.label.clone().unwrap_or_else(|| kept.value.clone());
        if let Some(was) = label(old, &kept.value).filter(|was| *was != is) {
            said.push(format!("The code \"{}\" of {field} now means \"{is}\" (it meant \"{was}\")", kept.value));
        }
    }
    for (typed, meant) in &new.synonyms {
        if !old.synonyms.contains(&(typed.clone(), meant.clone())) {
            said.push(format!("{field}: \"{typed}\" is now read as {}", code(meant, None)));
        }
    }
    for (typed, meant) in &old.synonyms {
        if !new.synonyms.iter().any(|(still, _)| still == typed) {
            said.push(format!("{field}: \"{typed}\" is no longer read as {}", code(meant, None)));
        }
    }
}

fn listed(said: &mut Vec<String>, field: &str, what: &str, old: &[String], new: &[String]) {
    for word in new.iter().filter(|word| !old.contains(word)) {
        said.push(format!("{field} {what} \"{word}\""));
    }
    for word in old.iter().filter(|word| !new.contains(word)) {
        said.push(format!("{field} no longer {what} \"{word}\"").replace("no longer is also", "is no longer"));
    }
}

fn keys(said: &mut Vec<String>, old: &Schema, new: &Schema) {
    let key = |schema: &Schema, fields: &[usize]| (!fields.is_empty()).then(|| names(schema, fields));
    changed(said, "The key of the table", key(old, &old.primary_key), key(new, &new.primary_key));
    changed(said, "What names one record", key(old, &old.record_key), key(new, &new.record_key));
    let unique = |schema: &Schema| -> Vec<String> { schema.unique_keys.iter().map(|key| names(schema, key)).collect() };
    let foreign = |schema: &Schema| -> Vec<String> {
        let keys = schema.foreign_keys.iter().map(|key| {
            let table = key.resource.as_deref().unwrap_or("the table itself");
            let scope = if key.all_partners { " of all partners" } else { "" };
            let (ours, theirs) = (names(schema, &key.fields), words::list(&key.reference_fields));
            format!("{ours} must be {theirs} of a row of {table}{scope}")
        });
        keys.collect()
    };
    for (old, new, end) in
        [(unique(old), unique(new), " must be different in every row"), (foreign(old), foreign(new), "")]
    {
        said.extend(new.iter().filter(|key| !old.contains(key)).map(|key| format!("New: {key}{end}")));
        said.extend(old.iter().filter(|key| !new.contains(key)).map(|key| format!("No longer: {key}{end}")));
    }
}

fn rules(said: &mut Vec<String>, old: &Schema, new: &Schema) {
    let find = |schema: &Schema, code: &str| schema.rules.iter().find(|rule| rule.code == code).cloned();
    for rule in &new.rules {
        match find(old, &rule.code) {
            None => {
                said.push(format!("There is a new rule, {} ({}): {}", rule.code, rule.severity.as_str(), rule.message));
            }
            Some(before) => one_rule(said, (old, &before), (new, rule)),
        }
    }
    for rule in old.rules.iter().filter(|rule| find(new, &rule.code).is_none()) {
        said.push(format!("The rule {} is gone: {}", rule.code, rule.message));
    }
}

fn one_rule(said: &mut Vec<String>, (old_schema, old): (&Schema, &Rule), (new_schema, new): (&Schema, &Rule)) {
    let rule = format!("The rule {}", new.code);
    let part = |what: &str| format!("{rule}: {what}");
    let quoted = |text: &str| Some(format!("\"{text}\""));
    let sql = |text: &str| quoted(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    let severity = |rule: &Rule| Some(rule.severity.as_str().to_owned());
    changed(said, &part("its severity"), severity(old), severity(new));
    changed(said, &part("what must hold"), sql(&old.check.value), sql(&new.check.value));
    let when = |rule: &Rule| rule.when.as_ref().and_then(|when| sql(&when.value));
    changed(said, &part("where it applies"), when(old), when(new));
    let group = |schema: &Schema, rule: &Rule| (!rule.group.is_empty()).then(|| names(schema, &rule.group));
    changed(said, &part("the fields of a group"), group(old_schema, old), group(new_schema, new));
    changed(said, &part("its message"), quoted(&old.message), quoted(&new.message));
    changed(said, &part("what to do"), quoted(&old.fix), quoted(&new.fix));
    let day = |day: Option<jiff::civil::Date>| day.map(words::date);
    changed(said, &part("its first day"), day(old.valid_from), day(new.valid_from));
    changed(said, &part("its last day"), day(old.valid_to), day(new.valid_to));
    match (old.trial, new.trial) {
        (true, false) => said.push(format!("{rule} is no longer on trial")),
        (false, true) => said.push(format!("{rule} is now on trial")),
        _ => {}
    }
}
