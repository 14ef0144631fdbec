//! What a return says of itself: for whom and what it is, whom it counts, and who is not in it.

use super::{Maker, RowCounts, tables_of};
use crate::compute::Computed;
use crate::load::Loaded;
use qd_model::pipeline::{Cover, FileSpec, Part, ReturnSpec};
use qd_model::words;
use qd_return::Sheet;

impl Maker<'_> {
    pub(super) fn cover<'b>(&self, cover: &'b Cover, file: &FileSpec, people: usize, rows: u64) -> Sheet<'b> {
        let lines = self.cover_lines(cover, file, people, rows);
        Sheet::Cover { name: &cover.name, title: self.spec.title.clone(), lines, notes: &cover.notes }
    }

    /// What a cover says of its return, by label ([`template::LABELS`]).
    pub(super) fn cover_lines(
        &self,
        cover: &Cover,
        file: &FileSpec,
        people: usize,
        rows: u64,
    ) -> Vec<(String, String)> {
        let pipeline = &self.making.loaded.pipeline;
        let computed = self.making.computed;
        let mut lines: Vec<(String, String)> = Vec::new();
        let mut line = |label: &str, text: String| lines.push((label.to_owned(), text));
        line("Project", pipeline.title.clone());
        line("Lead partner", pipeline.lead.clone());
        line("Recipient", self.recipient.name.clone());
        line("Period", self.period.to_string());
        line("As of", words::date(computed.as_of));
        line("Lawful basis", self.spec.basis.clone());
        line("Retention", self.retention());
        for part in &file.parts {
            if let Part::Contacts(contacts) = part {
                line("Offered", contacts.service.clone());
                let ground = contacts.agreement.clone();
                line("Shared on the ground of", ground.unwrap_or_else(|| "each person's own consent".to_owned()));
            }
        }
        let figures = self.figures.expect("what has a cover has figures");
        let [this_period, cumulative] = &figures.headline;
        line("People this period", this_period.clone());
        line("People in the project so far", cumulative.clone());
        if let Some(opening) = self.making.periods.opening {
            line("Opening totals", opening.note());
        }
        // Numbers of rows would tell numbers of people.
        if !figures.is_protected {
            let counts = RowCounts::of(self.making.loaded, computed, self.spec);
            line("Rows received", words::thousands(counts.rows));
            line("Rows accepted", words::thousands(counts.accepted));
            line("Rows held", words::thousands(counts.held));
            line("Rows of rejected sources", words::thousands(counts.rejected));
        }
        if rows > 0 {
            line(
                "In this return",
                format!("{} about {}", words::count(rows as usize, "row"), words::count(people, "person")),
            );
        }
        line("Not included", not_included(self.making.loaded, computed, self.spec));
        lines.extend(cover.lines.iter().cloned());
        lines
    }

    pub(super) fn retention(&self) -> String {
        let class = &self.spec.retention;
        let retention = self.making.loaded.pipeline.retention.iter().find(|retention| retention.class == *class);
        retention.map_or_else(|| class.clone(), |retention| retention.rule.clone())
    }
}

/// Which sources are not in a return, in words for its cover.
pub(super) fn not_included(loaded: &Loaded, computed: &Computed, spec: &ReturnSpec) -> String {
    let tables = tables_of(loaded, spec);
    let name = |code: &str| {
        let partner = loaded.pipeline.partners.iter().find(|partner| partner.code == code);
        partner.map_or_else(|| code.to_owned(), |partner| partner.name.clone())
    };
    let mut lines: Vec<String> = Vec::new();
    for absent in computed.absent.iter().filter(|absent| tables.contains(&loaded.table_index(&absent.table))) {
        let why = match absent.declared {
            None => "not received",
            Some(qd_model::pipeline::DeclaredState::Nil) => "nothing to report",
            Some(qd_model::pipeline::DeclaredState::Late) => "late",
        };
        lines.push(format!("{} ({}: {why})", name(&absent.partner), absent.table));
    }
    for source in computed.sources.iter().filter(|source| source.judged.is_rejected && tables.contains(&source.table)) {
        lines.push(format!("{} ({}: could not be used)", name(&source.partner), loaded.tables[source.table].name));
    }
    if lines.is_empty() { "nobody: every expected source is in".to_owned() } else { lines.join("; ") }
}
