//! The columns of a source: which there are, whether they forbid its use, and what cannot be judged
//! without those that are missing.

use super::Subject;
use qd_model::Severity;
use qd_model::schema::Schema;
use qd_source::Source;
use qd_table::Shape;

/// The columns by which a source's cells are judged.
pub(super) struct Columns {
    /// Whether they forbid the use of the source, of which the cells are then looked at only to say all
    /// that is wrong at once.
    pub(super) forbid_use: bool,
    /// The source's own; where they forbid its use, without those of which nobody knows which is meant.
    pub(super) shape: Shape,
    /// Per field, whether there is one.
    present: Vec<bool>,
}

impl Columns {
    pub(super) fn of(schema: &Schema, source: &Source) -> Self {
        let forbid_use = source.findings.count(Severity::Reject) > 0;
        let mut shape = source.shape.clone();
        if forbid_use {
            let twice = source.findings.faults.iter().filter(|fault| &*fault.code == "duplicate-heading");
            let twice: Vec<&str> = twice.filter_map(|fault| fault.field.as_deref()).collect();
            for column in &mut shape.columns {
                column.field.take_if(|field| twice.contains(&field.as_str()));
            }
        }
        let has = |name: &String| shape.columns.iter().any(|column| column.field.as_ref() == Some(name));
        let present = schema.fields.iter().map(|field| has(&field.name)).collect();
        Self { forbid_use, shape, present }
    }

    /// The rules that need a column which the source has not, or has twice, by their numbers.
    pub(super) fn rules_without<'s>(&'s self, subject: &'s Subject<'_>) -> impl Iterator<Item = u32> + 's {
        let rules = &subject.table.rules;
        (0..subject.table.schema.rules.len() as u32).filter(|rule| !self.have_all(rules.fields_of(*rule as usize)))
    }

    /// Whether rows can be judged by these fields. In a source that can be used, one without a column
    /// was not asked for.
    pub(super) fn have_all(&self, fields: &[usize]) -> bool {
        !self.forbid_use || fields.iter().all(|field| self.present[*field])
    }
}
