//! Every name that one part of a pipeline uses for another must lead somewhere.

use super::{Part, Pipeline};
use crate::document::Table;
use crate::mistake::{At, Mistake};
use crate::words;

/// Notes every name that leads nowhere, and every name that stands for two things.
pub(super) fn check(root: &Table<'_>, pipeline: &Pipeline) {
    let names = Names {
        root,
        tables: pipeline.tables.iter().map(|table| table.name.as_str()).collect(),
        periods: pipeline.whole_periods().map(|period| period.label.as_str()).collect(),
        partners: pipeline.partners.iter().map(|partner| partner.code.as_str()).collect(),
        recipients: pipeline.recipients.iter().map(|recipient| recipient.code.as_str()).collect(),
        retention: pipeline.retention.iter().map(|retention| retention.class.as_str()).collect(),
    };
    names.settings(pipeline);
    names.declarations(pipeline);
    names.recipients(pipeline);
    names.returns(pipeline);
    for waiver in &pipeline.waivers {
        names.want(&waiver.partner.at, "partner", &waiver.partner.value, &names.partners);
        if let Some(table) = &waiver.table {
            names.want(&waiver.rule.at, "table", table, &names.tables);
        }
    }
    names.twice("partners have the code", &names.partners);
    let returns: Vec<&str> = pipeline.returns.iter().map(|spec| spec.name.as_str()).collect();
    names.twice("returns are named", &returns);
}

/// The names that a pipeline has.
struct Names<'a> {
    root: &'a Table<'a>,
    tables: Vec<&'a str>,
    periods: Vec<&'a str>,
    partners: Vec<&'a str>,
    recipients: Vec<&'a str>,
    retention: Vec<&'a str>,
}

impl Names<'_> {
    /// Notes a name that is not among those known.
    fn want(&self, at: &At, thing: &str, name: &str, known: &[&str]) {
        if known.contains(&name) {
            return;
        }
        let mistake = Mistake::new(at, format!("there is no {thing} `{name}` in this pipeline"));
        let hint = match words::nearest(name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it has {}", words::list(known)),
        };
        self.root.mistake(if known.is_empty() { mistake } else { mistake.hint(hint) });
    }

    /// Notes names that stand for two things.
    fn twice(&self, what: &str, all: &[&str]) {
        for (index, name) in all.iter().enumerate() {
            if all[..index].contains(name) {
                self.root.mistake(Mistake::new(self.root.at, format!("two {what} `{name}`")));
            }
        }
    }

    /// Where a setting of the pipeline itself stands.
    fn at(&self, setting: &'static str) -> &At {
        self.root.node(setting).map_or(self.root.at, |node| &node.at)
    }

    fn settings(&self, pipeline: &Pipeline) {
        self.want(self.at("period"), "period", &pipeline.period, &self.periods);
        if let Some(people) = &pipeline.people {
            self.want(self.at("people"), "table", &people.table, &self.tables);
        }
        for source in pipeline.partners.iter().flat_map(|partner| &partner.sources) {
            self.want(&source.at, "table", &source.table, &self.tables);
        }
    }

    fn declarations(&self, pipeline: &Pipeline) {
        let at = self.at("declarations");
        for declaration in &pipeline.declarations {
            self.want(at, "partner", &declaration.partner, &self.partners);
            self.want(at, "table", &declaration.table, &self.tables);
            self.want(at, "period", &declaration.period, &self.periods);
        }
    }

    fn recipients(&self, pipeline: &Pipeline) {
        for recipient in &pipeline.recipients {
            let country = &recipient.country;
            let is_code = country.value.len() == 2 && country.value.bytes().all(|byte| byte.is_ascii_uppercase());
            if !is_code || country.value == "UK" {
                let what = format!("\"{}\" is not the code of a country", country.value);
                let mistake = Mistake::new(&country.at, what);
                self.root.mistake(mistake.hint("write its two letters of ISO 3166, for example \"GB\""));
            }
            if !pipeline.countries.is_empty() && !pipeline.countries.contains(&country.value) {
                let what = format!(
                    "`{}` is declared in {}, and this programme's data may go to {} only",
                    recipient.code,
                    country.value,
                    words::list(&pipeline.countries)
                );
                self.root.mistake(Mistake::new(&country.at, what));
            }
            for release in &recipient.release {
                let at = release.fields.first().map_or(self.root.at, |field| &field.at);
                self.want(at, "table", &release.table, &self.tables);
            }
        }
    }

    fn returns(&self, pipeline: &Pipeline) {
        for spec in &pipeline.returns {
            let at = spec.files.first().map_or(self.root.at, |file| &file.at);
            self.want(at, "recipient", &spec.recipient, &self.recipients);
            self.want(at, "retention class", &spec.retention, &self.retention);
            for file in &spec.files {
                for table in file.parts.iter().flat_map(Part::tables) {
                    self.want(&file.at, "table", table, &self.tables);
                }
            }
        }
    }
}
