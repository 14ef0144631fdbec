//! What a disclosure profile asks, and what it gets wrong. Run when the pipeline is loaded; what is
//! wrong and gets this far all the same does not leave.

use crate::lookups::Lookups;
use crate::table::ClearedColumn;
use crate::treatments::{self, Asked, COMMON_SETTINGS, Subject, Treatment, derive};
use qd_model::kinds::Kind;
use qd_model::pipeline::{FieldRelease, Pipeline, TableRelease};
use qd_model::{Mistake, Schema, words};

/// What stands for the period that a row was sent for, unless the table has a field of that name.
pub const PERIOD: &str = "period";

/// What a profile gets wrong about one table: an unknown field or treatment, a setting missing or
/// unknown, a kind that must never leave, free text or special category data without a reason, two
/// columns of one name.
pub fn mistakes(release: &TableRelease, schema: &Schema, lookups: &Lookups) -> Vec<Mistake> {
    let mut all: Vec<Mistake> = release.fields.iter().flat_map(|field| mistakes_of(field, schema, lookups)).collect();
    all.extend(derive::giving_back(release, schema).into_iter().map(|(_, mistake)| mistake));
    for (index, field) in release.fields.iter().enumerate() {
        if is_taken(&release.fields[..index], field) {
            let mistake = Mistake::new(&field.at, format!("two columns are released as `{}`", field.released_as));
            all.push(mistake.hint("give one of them another name with `as`"));
        }
    }
    all
}

/// The columns that leave, without their rows.
pub fn columns(release: &TableRelease, schema: &Schema, lookups: &Lookups) -> Vec<ClearedColumn> {
    released(release, schema, lookups).iter().map(|(asked, treatment)| column(asked, *treatment)).collect()
}

/// A partner's own reference may go to one recipient as it is, and no more: two recipients who both
/// had it could put their returns together.
pub fn profile_conflicts(pipeline: &Pipeline) -> Vec<Mistake> {
    let mut mistakes = salt_mistakes(pipeline);
    let Some(people) = &pipeline.people else { return mistakes };
    let is_reference = |table: &str, field: &str| {
        let own = pipeline.table(table).and_then(|table| table.record.as_deref());
        field == own.unwrap_or(&people.record)
    };
    let mut first: Option<&str> = None;
    for recipient in &pipeline.recipients {
        let fields = recipient.release.iter().flat_map(|release| release.fields.iter().map(|f| (&release.table, f)));
        let shown = fields
            .into_iter()
            .find(|(table, field)| field.treatment == "identified" && is_reference(table, &field.field));
        let Some((_, field)) = shown else { continue };
        match first {
            None => first = Some(&recipient.code),
            Some(other) => {
                let what = format!(
                    "`{}`, the partners' own reference, would go as it is to both `{other}` and `{}`, who could put their returns together",
                    field.field, recipient.code
                );
                mistakes.push(Mistake::new(&field.at, what).hint("release it to one of them as `pseudonym`"));
            }
        }
    }
    mistakes
}

/// A digest that needs a salt is for a recipient who has one, and no two recipients have the same.
fn salt_mistakes(pipeline: &Pipeline) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    for (index, recipient) in pipeline.recipients.iter().enumerate() {
        let fields = recipient.release.iter().flat_map(|release| &release.fields);
        let needs = fields.into_iter().find(|field| field.treatment == "open-pseudonymiser");
        if let (Some(field), None) = (needs, &recipient.salt) {
            let what = format!("`{}` has no salt, without which anybody could find the values", recipient.code);
            let hint = "name as `salt` of the recipient a file with a secret salt, relative to the pipeline";
            mistakes.push(Mistake::new(&field.at, what).hint(hint));
        }
        let Some(salt) = &recipient.salt else { continue };
        let other = pipeline.recipients[..index]
            .iter()
            .find(|other| other.salt.as_ref().is_some_and(|other| other.value == salt.value));
        if let Some(other) = other {
            let what = format!(
                "`{}` and `{}` would have one salt, and could put what they get together",
                other.code, recipient.code
            );
            mistakes.push(Mistake::new(&salt.at, what).hint("give each a salt of its own"));
        }
    }
    mistakes
}

/// What leaves, with its treatment. A field with a mistake is not among it.
pub(crate) fn released<'a>(
    release: &'a TableRelease,
    schema: &'a Schema,
    lookups: &'a Lookups,
) -> Vec<(Asked<'a>, &'static dyn Treatment)> {
    let giving_back = derive::giving_back(release, schema);
    let good = |(index, field): (usize, &'a FieldRelease)| {
        let treatment = treatments::by_name(&field.treatment).filter(|treatment| treatment.releases())?;
        let subject = subject(field, schema)?;
        let is_good = mistakes_of(field, schema, lookups).is_empty()
            && !is_taken(&release.fields[..index], field)
            && giving_back.iter().all(|(other, _)| *other != index);
        is_good.then_some((Asked { release: field, schema, subject, lookups }, treatment))
    };
    release.fields.iter().enumerate().filter_map(good).collect()
}

pub(crate) fn column(asked: &Asked<'_>, treatment: &dyn Treatment) -> ClearedColumn {
    let released = treatment.released(asked);
    let release = asked.release;
    let own = asked.subject.field().and_then(|field| field.description.clone());
    ClearedColumn {
        name: release.released_as.clone(),
        title: release.setting("title").map_or(released.title, str::to_owned),
        description: match (release.setting("description").map(str::to_owned).or(own), treatment.caution()) {
            (Some(own), Some(caution)) => Some(format!("{own} {caution}")),
            (own, caution) => own.or_else(|| caution.map(str::to_owned)),
        },
        field_type: released.field_type,
        categories: released.categories,
        treatment: treatment.name().to_owned(),
        class: treatment.class(asked),
        field: treatment.made_of(asked),
    }
}

fn is_taken(earlier: &[FieldRelease], field: &FieldRelease) -> bool {
    let leaves = |field: &FieldRelease| treatments::by_name(&field.treatment).is_none_or(Treatment::releases);
    leaves(field) && earlier.iter().any(|other| leaves(other) && other.released_as == field.released_as)
}

fn subject<'a>(release: &FieldRelease, schema: &'a Schema) -> Option<Subject<'a>> {
    if release.treatment == "derive" {
        // The first field that it is worked out of stands for all of them.
        return derive::fields(release, schema).first().map(|(index, field)| Subject::Field(*index, field));
    }
    let name = release.field.as_str();
    match (name, schema.index_of(name)) {
        (FieldRelease::PERSON, _) => Some(Subject::Person),
        (FieldRelease::PARTNER, _) => Some(Subject::Partner),
        (_, Some(index)) => Some(Subject::Field(index, &schema.fields[index])),
        (PERIOD, None) => Some(Subject::Period),
        (FieldRelease::RECORD, None) => Some(Subject::Record),
        _ => None,
    }
}

fn mistakes_of(field: &FieldRelease, schema: &Schema, lookups: &Lookups) -> Vec<Mistake> {
    let Some(subject) = subject(field, schema) else {
        return vec![unknown(field, schema)];
    };
    let Some(treatment) = treatments::by_name(&field.treatment) else {
        let names: Vec<&str> = treatments::ALL.iter().map(|treatment| treatment.name()).collect();
        let what = format!("there is no treatment `{}`", field.treatment);
        return vec![near(Mistake::new(&field.at, what), &field.treatment, &names)];
    };
    let mut all = settings(field, treatment);
    if let Some(mistake) = not_allowed(field, subject, treatment) {
        all.push(mistake);
    } else {
        all.extend(treatment.mistakes(&Asked { release: field, schema, subject, lookups }));
    }
    all
}

fn unknown(field: &FieldRelease, schema: &Schema) -> Mistake {
    if field.treatment == "derive" {
        let what = "`derive` needs `value`: what is worked out of which fields of this table";
        return Mistake::new(&field.at, what).hint(derive::HINT);
    }
    let names: Vec<&str> = schema.fields.iter().map(|field| field.name.as_str()).collect();
    let mistake = Mistake::new(&field.at, format!("there is no field `{}` in {}", field.field, schema.name));
    match words::nearest(&field.field, names) {
        Some(name) => mistake.hint(format!("did you mean `{name}`?")),
        None => mistake.hint("`person`, `record`, `partner` and `period` stand for what a row has besides its fields"),
    }
}

fn settings(field: &FieldRelease, treatment: &dyn Treatment) -> Vec<Mistake> {
    let known: Vec<&str> = treatment.settings().iter().chain(&COMMON_SETTINGS).copied().collect();
    let strange = field.settings.iter().filter(|(name, _)| !known.contains(&name.as_str()));
    strange
        .map(|(name, _)| {
            let what = format!("`{}` has no setting `{name}`", treatment.name());
            near(Mistake::new(&field.at, what), name, &known)
        })
        .collect()
}

fn near(mistake: Mistake, word: &str, known: &[&str]) -> Mistake {
    match words::nearest(word, known.iter().copied()) {
        Some(name) => mistake.hint(format!("did you mean `{name}`?")),
        None => mistake.hint(format!("it is one of {}", words::list(known))),
    }
}

/// What no treatment may be asked for.
fn not_allowed(field: &FieldRelease, subject: Subject<'_>, treatment: &dyn Treatment) -> Option<Mistake> {
    if !treatment.releases() {
        return None;
    }
    let (good, hint): (&[&str], _) = match subject {
        Subject::Person => {
            (&["pseudonym"], "`person` is the lead's own number, which no recipient may have: use `pseudonym`")
        }
        Subject::Record => (&["pseudonym"], "for `record` it is `pseudonym`"),
        Subject::Partner => (&["identified", "pseudonym"], "for `partner` it is `identified` or `pseudonym`"),
        Subject::Period => (&["identified"], "for `period` it is `identified`"),
        Subject::Field(_, released) if released.kind.is_some_and(Kind::is_check_only) => {
            (&[], "what is only checked is never released: use `drop`")
        }
        Subject::Field(..) => return None,
    };
    let what = format!("`{}` cannot be released as `{}`", field.field, treatment.name());
    (!good.contains(&treatment.name())).then(|| Mistake::new(&field.at, what).hint(hint))
}

#[cfg(test)]
mod tests;
