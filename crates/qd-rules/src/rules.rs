//! A schema's rules, compiled together and judged together.

mod groups;

use crate::expression::select;
use crate::{Constants, Expression, borrow};
use arrow::array::BooleanArray;
use arrow::buffer::BooleanBuffer;
use polars::prelude::{Expr, lit};
use qd_model::report::ColumnReport;
use qd_model::schema::Rule;
use qd_model::{Class, Fault, Mistake, Schema, Severity};
use qd_table::{Shape, Typed};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// All row rules of a schema.
#[derive(Debug, Clone)]
pub struct RowRules {
    schema: Arc<Schema>,
    rules: Arc<[Compiled]>,
}

#[derive(Debug)]
struct Compiled {
    check: Expression,
    when: Option<Expression>,
    /// The fields that its expressions name, ascending.
    judged: Vec<usize>,
    /// The fields where it is shown, then those that its expressions name.
    fields: Vec<usize>,
}

/// What the rules say of some rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleOutcome {
    /// Index of the rule in the schema, and the spreadsheet row where it is broken; by rule, then in
    /// the order of the rows.
    pub hits: Vec<(u32, u32)>,
    /// What was not judged, by rule.
    pub not_judged: Vec<NotJudged>,
}

/// Rows on which a rule was not judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotJudged {
    /// Index of the rule in the schema.
    pub rule: u32,
    /// Why: "no period", "no as-of date" or "a field could not be read".
    pub reason: &'static str,
    /// How many rows.
    pub rows: u64,
}

const NO_PERIOD: &str = "no period";
const NO_AS_OF: &str = "no as-of date";
const UNREADABLE: &str = "a field could not be read";

impl RowRules {
    /// Compiles every rule of a schema, or shows every mistake in them.
    pub fn compile(schema: &Arc<Schema>) -> Result<Self, Vec<Mistake>> {
        let mut mistakes = Vec::new();
        let mut rules = Vec::new();
        for rule in &schema.rules {
            let check = match rule.group.as_slice() {
                [] => Expression::compile(schema, &rule.check),
                group => Expression::of_group(schema, &rule.check, group),
            };
            let when = rule.when.as_ref().map(|when| Expression::compile(schema, when)).transpose();
            match (check, when) {
                (Ok(check), Ok(when)) => rules.push(Compiled::new(rule, check, when)),
                (check, when) => mistakes.extend([check.err(), when.err()].into_iter().flatten().flatten()),
            }
        }
        if mistakes.is_empty() {
            return Ok(Self { schema: schema.clone(), rules: rules.into() });
        }
        mistakes.sort_by(|a, b| a.at.cmp(&b.at));
        Err(mistakes)
    }

    /// How many rules there are.
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Judges rows by the rules that apply on the as-of day; by all of them where no day is given.
    /// Only FALSE is a finding, and with `when` only on rows where that is TRUE. A rule is not judged
    /// on a row where a field that it names could not be read. Rules over groups are left to
    /// [`RowRules::judge_groups`].
    pub fn judge(&self, typed: &Typed, constants: &Constants) -> RuleOutcome {
        let mut outcome = RuleOutcome::default();
        if typed.is_empty() {
            return outcome;
        }
        let mut judged = Vec::new();
        for (index, (rule, compiled)) in self.schema.rules.iter().zip(self.rules.iter()).enumerate() {
            if !rule.group.is_empty() || !applies(rule, constants) {
                continue;
            }
            match compiled.lacks(constants) {
                Some(reason) => {
                    outcome.not_judged.push(NotJudged { rule: index as u32, reason, rows: typed.len() as u64 });
                }
                None => judged.push(index),
            }
        }
        let fields: BTreeSet<usize> = judged.iter().flat_map(|index| &self.rules[*index].judged).copied().collect();
        let broken: Vec<Expr> = judged.iter().map(|index| self.rules[*index].broken(constants)).collect();
        if broken.is_empty() {
            return outcome;
        }
        let masks = select(borrow::frame(typed, fields), broken, typed.len());
        for (index, mask) in judged.into_iter().zip(masks) {
            self.rules[index].collect(index as u32, &mask, typed, &mut outcome);
        }
        outcome.not_judged.sort_by_key(|not_judged| not_judged.rule);
        outcome
    }

    /// The fault of each rule, in the order of the schema, shown at the first of its fields that the
    /// source has a column for. Trial rules are notes, whatever the pipeline says.
    pub fn faults(&self, shape: &Shape, severities: &BTreeMap<String, Severity>) -> Vec<Fault> {
        let rules = self.schema.rules.iter().zip(self.rules.iter());
        rules.map(|(rule, compiled)| self.fault(rule, compiled, shape, severities)).collect()
    }

    fn fault(&self, rule: &Rule, compiled: &Compiled, shape: &Shape, severities: &BTreeMap<String, Severity>) -> Fault {
        let name = |field: usize| self.schema.fields[field].name.as_str();
        let column = |field: usize| -> Option<&ColumnReport> {
            shape.columns.iter().find(|column| column.field.as_deref() == Some(name(field)))
        };
        let shown_at = if rule.fields.is_empty() { &compiled.fields } else { &rule.fields };
        let found = shown_at.iter().find_map(|field| Some((*field, column(*field)?)));
        let field = found.map(|(field, _)| field).or_else(|| shown_at.first().copied());
        let class = compiled.fields.iter().map(|field| self.schema.fields[*field].class).max();
        let severity = severities.get(&rule.code).copied().unwrap_or(rule.severity);
        Fault {
            code: rule.code.as_str().into(),
            severity: if rule.trial { Severity::Note } else { severity },
            field: field.map(|field| name(field).into()),
            column: found.map(|(_, column)| column.column),
            heading: found.map(|(_, column)| column.heading.as_str().into()),
            class: class.unwrap_or(Class::None),
            message: rule.message.as_str().into(),
            many: format!("rows: {}", rule.message).into(),
            fix: rule.fix.as_str().into(),
            asks: rule.source.as_deref().map(Into::into),
            trial: rule.trial,
        }
    }
}

/// Whether a rule is in force on the day on which the data is judged.
fn applies(rule: &Rule, constants: &Constants) -> bool {
    let Some(day) = constants.as_of else { return true };
    rule.valid_from.is_none_or(|from| from <= day) && rule.valid_to.is_none_or(|to| day <= to)
}

impl Compiled {
    fn new(rule: &Rule, check: Expression, when: Option<Expression>) -> Self {
        let named = when.iter().flat_map(Expression::fields).chain(check.fields());
        let judged: BTreeSet<usize> = named.copied().collect();
        let mut fields = rule.fields.clone();
        fields.extend(judged.iter().filter(|field| !rule.fields.contains(field)));
        Self { check, when, judged: judged.into_iter().collect(), fields }
    }

    fn expressions(&self) -> impl Iterator<Item = &Expression> {
        std::iter::once(&self.check).chain(&self.when)
    }

    /// Why it cannot be judged at all, if it cannot.
    fn lacks(&self, constants: &Constants) -> Option<&'static str> {
        if constants.period.is_none() && self.expressions().any(Expression::needs_period) {
            return Some(NO_PERIOD);
        }
        (constants.as_of.is_none() && self.expressions().any(Expression::needs_as_of)).then_some(NO_AS_OF)
    }

    /// True where the rule is broken, else false.
    fn broken(&self, constants: &Constants) -> Expr {
        let check = self.check.lowered(constants).not().fill_null(lit(false));
        match &self.when {
            Some(when) => when.lowered(constants).fill_null(lit(false)).and(check),
            None => check,
        }
    }

    fn collect(&self, rule: u32, broken: &BooleanArray, typed: &Typed, outcome: &mut RuleOutcome) {
        let mut unreadable: Option<BooleanBuffer> = None;
        for bits in self.fields.iter().filter_map(|field| typed.unreadable[*field].as_ref()) {
            unreadable = Some(unreadable.map_or_else(|| bits.clone(), |before| &before | bits));
        }
        let mut hits = broken.values().clone();
        if let Some(unreadable) = unreadable {
            let rows = unreadable.count_set_bits() as u64;
            if rows > 0 {
                outcome.not_judged.push(NotJudged { rule, reason: UNREADABLE, rows });
            }
            hits = &hits & &!&unreadable;
        }
        outcome.hits.extend(hits.set_indices().map(|row| (rule, typed.rows.value(row))));
    }
}
