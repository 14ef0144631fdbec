//! Reads a schema file. Properties of the standard that we do not know are let through, as the
//! standard asks; under `quarterday` an unknown name is a mistake.

use super::{
    Category, Constraints, ErrorIf, Field, FieldType, FieldsMatch, ForeignKey, Matched, MissingValue, Over, Placed,
    Rule, Schema,
};
use crate::class::Class;
use crate::code::Severity;
use crate::document::{self, Node, Table, Value};
use crate::kinds;
use crate::mistake::{At, Mistake, Mistakes};
use crate::normalise::Normalise;
use crate::{Syntax, words};

const SEVERITIES: [(&str, Severity); 4] =
    [("reject", Severity::Reject), ("error", Severity::Error), ("query", Severity::Query), ("note", Severity::Note)];

pub(super) fn schema(text: &str, syntax: Syntax, name: &str) -> Result<Schema, Vec<Mistake>> {
    let root = document::parse(text, syntax)?;
    let mistakes = Mistakes::default();
    let schema = Table::open(&root, "the schema", &mistakes).and_then(|table| read(&table, name));
    match schema {
        Some(schema) if mistakes.is_empty() => Ok(schema),
        _ => Err(mistakes.into_vec()),
    }
}

fn read(root: &Table<'_>, name: &str) -> Option<Schema> {
    let ours = root.table("quarterday");
    let is_ours = ours.is_some();
    root.required("fields")?;
    let fields: Vec<Field> = root
        .list("fields")
        .iter()
        .enumerate()
        .filter_map(|(at, node)| field(node, at, is_ours, root.mistakes()))
        .collect();
    no_name_twice(&fields, root.mistakes());
    let names = Names { fields: &fields, mistakes: root.mistakes() };
    let mut schema = Schema {
        name: root.text("name").unwrap_or(name).to_owned(),
        title: root.text("title").map(str::to_owned),
        description: root.text("description").map(str::to_owned),
        fields_match: fields_match(root, is_ours),
        missing_values: missing_values(root)
            .unwrap_or_else(|| vec![MissingValue { value: String::new(), label: None }]),
        primary_key: root.one_or_more("primaryKey").map_or_else(Vec::new, |key| names.indexes(&key)),
        unique_keys: root.list("uniqueKeys").iter().filter_map(|node| names.key(node)).collect(),
        foreign_keys: root.list("foreignKeys").iter().filter_map(|node| names.foreign_key(node)).collect(),
        is_ours,
        version: None,
        valid_from: None,
        valid_to: None,
        source: None,
        record_key: Vec::new(),
        normalise: Vec::new(),
        not_collected: Vec::new(),
        rules: Vec::new(),
        fields: Vec::new(),
    };
    if let Some(ours) = ours {
        schema.name = ours.text("name").unwrap_or(&schema.name).to_owned();
        schema.version = ours.scalar("version");
        schema.valid_from = ours.date("valid_from");
        schema.valid_to = ours.date("valid_to");
        schema.source = ours.text("source").map(str::to_owned);
        schema.record_key = ours.one_or_more("record_key").map_or_else(Vec::new, |key| names.indexes(&key));
        schema.normalise = normalise(&ours);
        schema.not_collected = ours.texts("not_collected").unwrap_or_default();
        let keys = Keys { record: &schema.record_key, primary: &schema.primary_key, foreign: &schema.foreign_keys };
        schema.rules = ours.list("rules").iter().filter_map(|node| names.rule(node, keys)).collect();
        no_code_twice(&ours, &schema.rules);
        ours.finish();
    }
    schema.fields = fields;
    Some(schema)
}

fn fields_match(root: &Table<'_>, is_ours: bool) -> FieldsMatch {
    let default = if is_ours { FieldsMatch::Partial } else { FieldsMatch::Exact };
    let Some(node) = root.node("fieldsMatch") else { return default };
    // The published profile has an array with one word, the standard's text has the word itself.
    let node = match &node.value {
        Value::List(items) if items.len() == 1 => &items[0],
        _ => node,
    };
    let known = match &node.value {
        Value::Text(word) => FieldsMatch::WORDS.iter().find(|(known, _)| known == word),
        _ => None,
    };
    if known.is_none() {
        let all = FieldsMatch::WORDS.map(|(word, _)| word);
        let mistake = Mistake::new(&node.at, "`fieldsMatch` does not know this value");
        root.mistake(mistake.hint(format!("it is one of {}", words::list(&all))));
    }
    known.map_or(default, |(_, fields_match)| *fields_match)
}

fn normalise(ours: &Table<'_>) -> Vec<Normalise> {
    if ours.node("normalise").is_none() {
        return Normalise::WORDS.map(|(_, normalise)| normalise).to_vec();
    }
    ours.list("normalise")
        .iter()
        .filter_map(|node| {
            let word = document::as_text(node, "normalise", ours.mistakes())?;
            let known = Normalise::WORDS.iter().find(|(known, _)| *known == word);
            if known.is_none() {
                let all = Normalise::WORDS.map(|(word, _)| word);
                let mistake = Mistake::new(&node.at, format!("`normalise` does not know \"{word}\""));
                ours.mistake(mistake.hint(format!("it is any of {}", words::list(&all))));
            }
            known.map(|(_, normalise)| *normalise)
        })
        .collect()
}

fn missing_values(table: &Table<'_>) -> Option<Vec<MissingValue>> {
    table.node("missingValues")?;
    let values = table.list("missingValues").iter().filter_map(|node| {
        let (value, label) = value_and_label(node, "missingValues", table.mistakes())?;
        Some(MissingValue { value, label })
    });
    Some(values.collect())
}

fn value_and_label(node: &Node, name: &str, mistakes: &Mistakes) -> Option<(String, Option<String>)> {
    if matches!(node.value, Value::Table(_)) {
        let entry = Table::open(node, format!("an entry of `{name}`"), mistakes)?;
        entry.required("value")?;
        return Some((entry.scalar("value")?, entry.text("label").map(str::to_owned)));
    }
    Some((document::as_scalar(node, name, mistakes)?, None))
}

fn field(node: &Node, position: usize, is_ours: bool, mistakes: &Mistakes) -> Option<Field> {
    let table = Table::open(node, format!("field {}", position + 1), mistakes)?;
    let name = table.required_text("name")?.to_owned();
    let categories: Vec<Category> = table
        .list("categories")
        .iter()
        .filter_map(|node| {
            let (value, label) = value_and_label(node, "categories", mistakes)?;
            Some(Category { value, label })
        })
        .collect();
    let mut field = Field {
        title: table.text("title").map(str::to_owned),
        description: table.text("description").map(str::to_owned),
        field_type: table.word("type", &FieldType::WORDS).unwrap_or(if table.node("type").is_some() {
            FieldType::Any
        } else {
            FieldType::String
        }),
        format: table.text("format").filter(|format| *format != "default").map(str::to_owned),
        example: table.any("example"),
        constraints: table.table("constraints").map_or_else(Constraints::default, |table| constraints(&table)),
        missing_values: missing_values(&table),
        categories,
        categories_ordered: table.flag("categoriesOrdered").unwrap_or(false),
        true_values: table.texts("trueValues").unwrap_or_else(|| texts(&["true", "True", "TRUE", "1"])),
        false_values: table.texts("falseValues").unwrap_or_else(|| texts(&["false", "False", "FALSE", "0"])),
        decimal_char: table.text("decimalChar").unwrap_or(".").to_owned(),
        group_char: table.text("groupChar").filter(|text| !text.is_empty()).map(str::to_owned),
        bare_number: table.flag("bareNumber").unwrap_or(true),
        delimiter: table.text("delimiter").unwrap_or(",").to_owned(),
        item_type: table.word("itemType", &FieldType::WORDS).unwrap_or(FieldType::String),
        class: if is_ours { Class::Indirect } else { Class::None },
        aliases: Vec::new(),
        synonyms: Vec::new(),
        kind: None,
        help: None,
        reason: None,
        at: node.at.clone(),
        name,
    };
    if let Some(ours) = table.table("quarterday") {
        our_part(&ours, &mut field);
        ours.finish();
    }
    Some(field)
}

fn our_part(ours: &Table<'_>, field: &mut Field) {
    if let Some(node) = ours.node("kind") {
        let word = document::as_text(node, "kind", ours.mistakes()).unwrap_or_default();
        field.kind = kinds::by_name(word);
        if let Some(kind) = field.kind {
            field.class = kind.class();
        } else {
            let all: Vec<&str> = kinds::ALL.iter().map(|kind| kind.name()).collect();
            let hint = match words::nearest(word, all.iter().copied()) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => format!("kinds are {}", words::list(&all)),
            };
            ours.mistake(Mistake::new(&node.at, format!("there is no identifier kind \"{word}\"")).hint(hint));
        }
    }
    if let Some(class) = ours.word("class", &Class::ALL.map(|class| (class.as_str(), class))) {
        field.class = class;
    }
    field.aliases = ours.texts("aliases").unwrap_or_default();
    field.help = ours.text("help").map(str::to_owned);
    field.reason = ours.text("reason").map(str::to_owned);
    let Some(synonyms) = ours.table("synonyms") else { return };
    for (typed, node) in synonyms.entries() {
        let Some(meant) = document::as_scalar(node, "synonyms", ours.mistakes()) else { continue };
        if !field.categories.iter().any(|category| category.value == meant) {
            let what =
                format!("the synonym \"{typed}\" stands for \"{meant}\", which is not in the field's categories");
            ours.mistake(Mistake::new(&node.at, what));
        }
        field.synonyms.push((typed.clone(), meant));
    }
}

fn constraints(table: &Table<'_>) -> Constraints {
    let limit = |name: &'static str| {
        let at = table.node(name)?.at.clone();
        Some(Placed { value: table.scalar(name)?, at })
    };
    let enumeration =
        table.node("enum").map(|node| Placed { at: node.at.clone(), value: table.anys("enum").unwrap_or_default() });
    Constraints {
        required: table.flag("required").unwrap_or(false),
        unique: table.flag("unique").unwrap_or(false),
        min_length: table.whole("minLength"),
        max_length: table.whole("maxLength"),
        minimum: limit("minimum"),
        maximum: limit("maximum"),
        exclusive_minimum: limit("exclusiveMinimum"),
        exclusive_maximum: limit("exclusiveMaximum"),
        pattern: limit("pattern"),
        enumeration,
        json_schema: table.node("jsonSchema").map(|node| Placed { at: node.at.clone(), value: node.to_json() }),
    }
}

fn texts(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn no_name_twice(fields: &[Field], mistakes: &Mistakes) {
    for (index, field) in fields.iter().enumerate() {
        if fields[..index].iter().any(|earlier| earlier.name == field.name) {
            mistakes.push(Mistake::new(&field.at, format!("two fields are named `{}`", field.name)));
        }
    }
}

fn no_code_twice(ours: &Table<'_>, rules: &[Rule]) {
    for (index, rule) in rules.iter().enumerate() {
        if rules[..index].iter().any(|earlier| earlier.code == rule.code) {
            ours.mistake(Mistake::new(&rule.check.at, format!("two rules have the code `{}`", rule.code)));
        }
    }
}

/// Looks up field names that keys and rules give.
struct Names<'a> {
    fields: &'a [Field],
    mistakes: &'a Mistakes,
}

impl Names<'_> {
    fn index(&self, name: &str, at: &At) -> Option<usize> {
        let found = self.fields.iter().position(|field| field.name == name);
        if found.is_none() {
            let mut mistake = Mistake::new(at, format!("there is no field `{name}`"));
            if let Some(near) = words::nearest(name, self.fields.iter().map(|field| field.name.as_str())) {
                mistake = mistake.hint(format!("did you mean `{near}`?"));
            }
            self.mistakes.push(mistake);
        }
        found
    }

    fn indexes(&self, names: &[(String, &At)]) -> Vec<usize> {
        names.iter().filter_map(|(name, at)| self.index(name, at)).collect()
    }

    fn key(&self, node: &Node) -> Option<Vec<usize>> {
        let items = match &node.value {
            Value::List(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        let key: Vec<usize> = items
            .iter()
            .filter_map(|item| self.index(document::as_text(item, "uniqueKeys", self.mistakes)?, &item.at))
            .collect();
        (key.len() == items.len()).then_some(key)
    }

    fn foreign_key(&self, node: &Node) -> Option<ForeignKey> {
        let table = Table::open(node, "a foreign key", self.mistakes)?;
        table.required("fields")?;
        let fields = self.indexes(&table.one_or_more("fields")?);
        table.required("reference")?;
        let reference = table.table("reference")?;
        // The standard writes "" for the table itself; version 1 wrote "self".
        let resource = reference.text("resource").filter(|resource| !resource.is_empty() && *resource != "self");
        let reference_fields = reference.one_or_more("fields")?;
        if resource.is_none() {
            self.indexes(&reference_fields);
        }
        let reference_fields: Vec<String> = reference_fields.into_iter().map(|(name, _)| name).collect();
        let scope = [("submission", false), ("all-partners", true)];
        let ours = table.table("quarterday");
        let all_partners = ours.as_ref().and_then(|ours| ours.word("scope", &scope)).unwrap_or(false);
        if let Some(ours) = ours {
            ours.finish();
        }
        if fields.len() != reference_fields.len() {
            let what = "a foreign key needs as many fields as it refers to";
            self.mistakes.push(Mistake::new(&node.at, what));
        }
        Some(ForeignKey {
            fields,
            resource: resource.map(str::to_owned),
            reference_fields,
            all_partners,
            at: node.at.clone(),
        })
    }

    fn rule(&self, node: &Node, key: Keys<'_>) -> Option<Rule> {
        let table = Table::open(node, "a rule", self.mistakes)?;
        let placed = |name: &'static str| {
            let at = table.node(name)?.at.clone();
            Some(Placed { value: table.text(name)?.to_owned(), at })
        };
        table.required("check");
        let code = table.required_text("code");
        let message = table.required_text("message");
        let fields = table.one_or_more("fields").map_or_else(Vec::new, |names| self.indexes(&names));
        let group = table.one_or_more("group").map_or_else(Vec::new, |names| self.indexes(&names));
        if let Some(node) = table.node("group")
            && matches!(&node.value, Value::List(items) if items.is_empty())
        {
            let mistake = Mistake::new(&node.at, "`group` names no field");
            self.mistakes.push(mistake.hint("leave it out for a rule that sees one row at a time"));
        }
        let severity = table.word("severity", &SEVERITIES).unwrap_or(Severity::Error);
        let error_if = table.text("error_if").and_then(|text| {
            let at = table.node("error_if").map_or(&node.at, |node| &node.at);
            if matches!(severity, Severity::Reject | Severity::Error) {
                let what = format!("`error_if` says nothing where the severity is {} already", severity.as_str());
                self.mistakes.push(Mistake::new(at, what).hint("it goes with query and note"));
                return None;
            }
            let limit = ErrorIf::parse(text);
            if limit.is_none() {
                let mistake = Mistake::new(at, "`error_if` is not a limit");
                self.mistakes.push(mistake.hint("write it as \">10\" findings or \">2%\" of a source's rows"));
            }
            limit
        });
        let over = self.over(&table, &group, key);
        let rule = Rule {
            severity,
            over: over?,
            error_if,
            fields,
            group,
            when: placed("when"),
            fix: table.text("fix").unwrap_or("correct the row against the partner's own records").to_owned(),
            source: table.text("source").map(str::to_owned),
            valid_from: table.date("valid_from"),
            valid_to: table.date("valid_to"),
            trial: table.flag("trial").unwrap_or(false),
            check: placed("check")?,
            code: code?.to_owned(),
            message: message?.to_owned(),
        };
        table.finish();
        Some(rule)
    }
}

/// What a record is told by where a rule does not say.
#[derive(Clone, Copy)]
struct Keys<'a> {
    record: &'a [usize],
    primary: &'a [usize],
    foreign: &'a [ForeignKey],
}

impl Names<'_> {
    /// What a rule looks at beside the rows of one source.
    fn over(&self, table: &Table<'_>, group: &[usize], keys: Keys<'_>) -> Option<Over> {
        const WORDS: [(&str, &str); 5] = [
            ("row", "row"),
            ("partners", "partners"),
            ("table", "table"),
            ("previous", "previous"),
            ("vanished", "vanished"),
        ];
        let word = match table.node("over") {
            Some(_) => table.word("over", &WORDS)?,
            None => "row",
        };
        let at = table.node("over").map_or(table.at, |node| &node.at);
        let matched = table.one_or_more("match").map(|names| self.indexes(&names));
        let other = table.one_or_more("match_other");
        let named = table.text("table").map(str::to_owned);
        let refuse = |what: &str, hint: &str| {
            self.mistakes.push(Mistake::new(at, what).hint(hint));
            None
        };
        let by_person = table.word("by", &[("person", ())]).is_some();
        if by_person && (word != "partners" || !group.is_empty()) {
            return refuse(
                "`by = \"person\"` goes with `over = \"partners\"`, and stands for a `group`",
                "leave one of them out",
            );
        }
        if !group.is_empty() && !["row", "partners"].contains(&word) {
            return refuse("`group` goes with rules over a source's own rows or over all partners", "leave it out");
        }
        if named.is_some() != (word == "table") {
            return refuse(
                "`table` goes with `over = \"table\"`, and that with it",
                "name the other table, or leave both out",
            );
        }
        let record = || {
            let usual = if keys.record.is_empty() { keys.primary } else { keys.record };
            let matched = matched.clone().unwrap_or_else(|| usual.to_vec());
            if matched.is_empty() {
                refuse(
                    "nothing says which records of two periods are the same",
                    "give the rule a `match`, or the schema a `record_key`",
                );
                return None;
            }
            Some(matched)
        };
        match word {
            "row" => Some(Over::Source),
            "partners" if by_person => Some(Over::People),
            "partners" if group.is_empty() => refuse(
                "a rule over all partners is over groups",
                "name the fields of `group`, for example [\"nino\"], or write `by = \"person\"`",
            ),
            "partners" => Some(Over::Partners),
            "previous" => record().map(Over::Previous),
            "vanished" => record().map(Over::Vanished),
            _ => {
                let node = table.node("table")?;
                let name = Placed { value: named?, at: node.at.clone() };
                let key = keys.foreign.iter().find(|key| key.resource.as_deref() == Some(&name.value));
                let matched = match (matched, key) {
                    (Some(own), _) => {
                        let same = || own.iter().map(|field| self.fields[*field].name.clone()).collect();
                        let other = other.map_or_else(same, |names| names.into_iter().map(|(name, _)| name).collect());
                        Matched { own, other }
                    }
                    (None, Some(key)) => Matched { own: key.fields.clone(), other: key.reference_fields.clone() },
                    (None, None) => {
                        return refuse(
                            "nothing says which rows of the two tables belong together",
                            "give the rule a `match`, or the schema a foreign key to the table",
                        );
                    }
                };
                if matched.own.len() != matched.other.len() || matched.own.is_empty() {
                    return refuse("`match` and `match_other` need as many fields as each other", "name them in pairs");
                }
                Some(Over::Table { table: name, matched })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let said = match schema(text, Syntax::Toml, "test") {
            Ok(_) => Vec::new(),
            Err(mistakes) => mistakes
                .into_iter()
                .map(|mistake| {
                    let hint = mistake.hint.map_or(String::new(), |hint| format!(" ({hint})"));
                    format!("{}: {}{hint}", mistake.at, mistake.what)
                })
                .collect(),
        };
        assert_eq!(said, expected);
    }

    #[test]
    fn a_plain_table_schema_is_read_as_the_standard_says() {
        let schema = Schema::parse(r#"{"fields":[{"name":"id","type":"integer"}]}"#, Syntax::Json, "t").expect("good");
        assert_eq!(schema.fields_match, FieldsMatch::Exact);
        assert_eq!(schema.fields[0].class, Class::None);
        assert!(schema.normalise.is_empty());
    }

    #[test]
    fn a_reference_within_the_table_names_a_field_of_it() {
        let key = |to: &str| {
            let key = format!("foreignKeys = [{{ fields = \"id\", reference = {{ {to} }} }}]");
            format!("{key}\n[[fields]]\nname = \"id\"\n")
        };
        check(&key("fields = \"id\""), &[]);
        check(&key("resource = \"others\", fields = \"idd\""), &[]);
        let expected = "there is no field `idd` (did you mean `id`?)";
        check(&key("fields = \"idd\""), &[&format!("line 1, column 56: {expected}")]);
        check(&key("resource = \"\", fields = \"idd\""), &[&format!("line 1, column 71: {expected}")]);
    }

    #[test]
    fn our_key_changes_the_defaults() {
        let schema = Schema::parse("[quarterday]\n[[fields]]\nname = \"id\"\n", Syntax::Toml, "t").expect("good");
        assert_eq!(schema.fields_match, FieldsMatch::Partial);
        assert_eq!(schema.fields[0].class, Class::Indirect);
        assert_eq!(schema.normalise.len(), 3);
    }

    #[test]
    fn every_mistake_is_shown_with_its_place() {
        check(
            "primaryKey = \"idd\"\n[[fields]]\nname = \"id\"\ntype = \"strng\"\n[quarterday]\nverson = \"1\"\n",
            &[
                "line 1, column 14: there is no field `idd` (did you mean `id`?)",
                "line 4, column 8: `type` does not know \"strng\" (it is one of string, number, integer, boolean, \
                 object, array, list, datetime, date, time, year, yearmonth, duration, geopoint, geojson and any)",
                "line 6, column 10: `quarterday` has no setting `verson` (did you mean `version`?)",
            ],
        );
    }
}
