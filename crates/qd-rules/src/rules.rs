//! A schema's rules, compiled together and judged together.

mod beside;
mod groups;
mod guard;
mod idle;

pub use beside::{Place, Vanished};
pub use guard::is_guarded;

use crate::expression::{Across, Beside, select};
use crate::{Constants, Expression, borrow};
use arrow::array::BooleanArray;
use arrow::buffer::BooleanBuffer;
use polars::prelude::{Expr, lit};
use qd_model::report::ColumnReport;
use qd_model::schema::{Over, Rule};
use qd_model::{Class, Fault, Mistake, Schema, Severity};
use qd_table::{Shape, Typed};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// All row rules of a schema.
#[derive(Debug, Clone)]
pub struct RowRules {
    schema: Arc<Schema>,
    /// As many as the schema has; one that looks at another table is none until that is known.
    rules: Arc<[Option<Compiled>]>,
}

#[derive(Debug, Clone)]
struct Compiled {
    check: Expression,
    when: Option<Expression>,
    /// The fields that its expressions name, ascending.
    judged: Vec<usize>,
    /// The fields where it is shown, then those that its expressions name.
    fields: Vec<usize>,
    /// The fields of the rows beside that its expressions name, ascending.
    of_others: Vec<usize>,
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
    /// Why: "no period", "no as-of date", "a field could not be read" or [`FAULT`].
    pub reason: &'static str,
    /// How many rows.
    pub rows: u64,
}

/// Why a rule was not judged that fell over: a fault of ours, and not of the data.
pub const FAULT: &str = "a fault in Quarterday";

const NO_PERIOD: &str = "no period";
const NO_AS_OF: &str = "no as-of date";
const UNREADABLE: &str = "a field could not be read";

impl RowRules {
    /// Compiles every rule of a schema, or shows every mistake in them. Rules that look at another
    /// table wait for [`RowRules::with_tables`].
    pub fn compile(schema: &Arc<Schema>) -> Result<Self, Vec<Mistake>> {
        Self::compiled(schema, |rule| match &rule.over {
            Over::Source | Over::Partners | Over::People => Some(Compiled::of(schema, rule, None)),
            Over::Previous(_) => {
                let beside = Beside { word: "previous", schema, alone: false, has_aggregates: false };
                Some(Compiled::of(schema, rule, Some(beside)))
            }
            Over::Vanished(_) => {
                let beside = Beside { word: "previous", schema, alone: true, has_aggregates: false };
                Some(Compiled::of(schema, rule, Some(beside)))
            }
            Over::Table { .. } => None,
        })
    }

    /// The same with the rules that look at other tables, of which `schema_of` knows the schemas.
    pub fn with_tables(&self, schema_of: impl Fn(&str) -> Option<Arc<Schema>>) -> Result<Self, Vec<Mistake>> {
        let mut known = self.rules.iter();
        Self::compiled(&self.schema, |rule| {
            let known = known.next().expect("there are as many as before");
            let Over::Table { table, matched } = &rule.over else { return known.clone().map(Ok) };
            let Some(other) = schema_of(&table.value) else {
                let mistake = Mistake::new(&table.at, format!("there is no table `{}`", table.value));
                return Some(Err(vec![mistake.hint("`table` is one of the pipeline's tables")]));
            };
            if let Some(name) = matched.other.iter().find(|name| other.index_of(name).is_none()) {
                let what = format!("table `{}` has no field `{name}`", table.value);
                return Some(Err(vec![Mistake::new(&table.at, what)]));
            }
            let beside = Beside { word: "other", schema: &other, alone: false, has_aggregates: true };
            Some(Compiled::of(&self.schema, rule, Some(beside)))
        })
    }

    fn compiled(
        schema: &Arc<Schema>,
        mut compile: impl FnMut(&Rule) -> Option<Result<Compiled, Vec<Mistake>>>,
    ) -> Result<Self, Vec<Mistake>> {
        let mut mistakes = Vec::new();
        let mut rules = Vec::new();
        for rule in &schema.rules {
            match compile(rule).transpose() {
                Ok(compiled) => rules.push(compiled),
                Err(more) => mistakes.extend(more),
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
        for (index, (rule, compiled)) in self.in_force(constants) {
            if !rule.group.is_empty() || rule.over != Over::Source {
                continue;
            }
            match compiled.lacks(constants) {
                Some(reason) => {
                    outcome.not_judged.push(NotJudged { rule: index as u32, reason, rows: typed.len() as u64 });
                }
                None => judged.push(index),
            }
        }
        if judged.is_empty() {
            return outcome;
        }
        for (index, mask) in self.masks(&judged, typed, constants) {
            let Some(mask) = mask else {
                outcome.not_judged.push(NotJudged { rule: index as u32, reason: FAULT, rows: typed.len() as u64 });
                continue;
            };
            self.rule(index).collect(index as u32, &mask, typed, &mut outcome);
        }
        outcome.not_judged.sort_by_key(|not_judged| not_judged.rule);
        outcome
    }

    /// Where each of some rules is broken: all in one go and, where that falls over, one by one, so
    /// that a rule at fault is known and hides no other.
    fn masks(&self, judged: &[usize], typed: &Typed, constants: &Constants) -> Vec<(usize, Option<BooleanArray>)> {
        let of = |rules: &[usize]| {
            guard::guarded(|| {
                let fields: BTreeSet<usize> =
                    rules.iter().flat_map(|index| &self.rule(*index).judged).copied().collect();
                let broken: Vec<Expr> = rules.iter().map(|index| self.rule(*index).broken(constants)).collect();
                select(borrow::frame(typed, fields), broken, typed.len())
            })
        };
        match of(judged) {
            Some(masks) => judged.iter().copied().zip(masks.into_iter().map(Some)).collect(),
            None => judged.iter().map(|index| (*index, of(&[*index]).and_then(|mut one| one.pop()))).collect(),
        }
    }

    /// The rules that apply on the day, with their places; those that wait for another table are left out.
    fn in_force(&self, constants: &Constants) -> impl Iterator<Item = (usize, (&Rule, &Compiled))> {
        let day = constants.as_of;
        let all = self.schema.rules.iter().zip(self.rules.iter()).enumerate();
        all.filter_map(move |(index, (rule, compiled))| Some((index, (rule, compiled.as_ref()?))))
            .filter(move |(_, (rule, _))| applies(rule, day))
    }

    /// A rule that is known to be compiled.
    fn rule(&self, index: usize) -> &Compiled {
        self.rules[index].as_ref().expect("only rules that were compiled are judged")
    }

    /// Indexes of the row's own fields that a rule is about, by its index: those that it is shown at,
    /// and those that its expressions name.
    pub fn fields_of(&self, rule: usize) -> &[usize] {
        let own = |compiled: &'_ Compiled| !compiled.fields.is_empty();
        match self.rules[rule].as_ref().filter(|compiled| own(compiled)) {
            Some(compiled) => &compiled.fields,
            None => &self.schema.rules[rule].fields,
        }
    }

    /// The fault of each rule, in the order of the schema, shown at the first of its fields that the
    /// source has a column for. Trial rules are notes, whatever the pipeline says.
    pub fn faults(&self, shape: &Shape, severities: &BTreeMap<String, Severity>) -> Vec<Fault> {
        let rules = self.schema.rules.iter().enumerate();
        rules.map(|(index, rule)| self.fault(rule, self.fields_of(index), shape, severities)).collect()
    }

    /// The fault of one rule.
    pub fn fault_of(&self, index: usize, shape: &Shape, severities: &BTreeMap<String, Severity>) -> Fault {
        self.fault(&self.schema.rules[index], self.fields_of(index), shape, severities)
    }

    /// Whether a rule is compiled and applies on the as-of day.
    pub fn is_in_force(&self, index: usize, constants: &Constants) -> bool {
        self.in_force(constants).any(|(other, _)| other == index)
    }

    /// Whether a rule asks what the rows of another table come to.
    pub fn counts_others(&self, index: usize) -> bool {
        self.schema.rules[index].over != Over::Source
            && self.rules[index].as_ref().is_some_and(Compiled::has_aggregates)
    }

    fn fault(&self, rule: &Rule, fields: &[usize], shape: &Shape, severities: &BTreeMap<String, Severity>) -> Fault {
        let name = |field: usize| self.schema.fields[field].name.as_str();
        let column = |field: usize| -> Option<&ColumnReport> {
            shape.columns.iter().find(|column| column.field.as_deref() == Some(name(field)))
        };
        let shown_at = if rule.fields.is_empty() { fields } else { &rule.fields };
        let found = shown_at.iter().find_map(|field| Some((*field, column(*field)?)));
        let field = found.map(|(field, _)| field).or_else(|| shown_at.first().copied());
        let class = fields.iter().map(|field| self.schema.fields[*field].class).max();
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
            asks: rule.source.as_deref().map(|source| format!("a rule; its source: {source}").into()),
            trial: rule.trial,
            leaving: None,
        }
    }
}

/// What the aggregates of a rule over groups are over.
fn across(rule: &Rule) -> Option<Across> {
    match (&rule.over, rule.group.as_slice()) {
        (Over::People, _) => Some(Across::Person),
        (_, []) => None,
        (_, group) => Some(Across::Group(group.to_vec())),
    }
}

/// Where a rule asks what the rows of another table come to, no field of one of them can be meant.
fn no_field_of_many(
    schema: &Schema,
    rule: &Rule,
    beside: Option<Beside<'_>>,
    expressions: &[Option<&Expression>],
) -> Result<(), Vec<Mistake>> {
    let Some(beside) = beside else { return Ok(()) };
    let all = || expressions.iter().copied().flatten();
    if !all().any(Expression::has_aggregates) {
        return Ok(());
    }
    let texts = [Some(&rule.check), rule.when.as_ref()];
    let mistakes: Vec<Mistake> = expressions
        .iter()
        .zip(texts)
        .filter_map(|(expression, text)| {
            let own = schema.fields.len();
            let field = expression.as_ref()?.bare().iter().find(|field| **field >= own)?;
            let name = format!("{}.{}", beside.word, beside.schema.fields[field - own].name);
            let what = format!("`{name}` may differ among the rows that this one meets, which are judged together");
            let hint = format!("ask for MIN({name}), MAX({name}) or COUNT(DISTINCT {name})");
            Some(Mistake::new(&text?.at, what).hint(hint))
        })
        .collect();
    if mistakes.is_empty() { Ok(()) } else { Err(mistakes) }
}

/// Whether a rule is in force on the day on which the data is judged.
fn applies(rule: &Rule, day: Option<jiff::civil::Date>) -> bool {
    let Some(day) = day else { return true };
    rule.valid_from.is_none_or(|from| from <= day) && rule.valid_to.is_none_or(|to| day <= to)
}

impl Compiled {
    fn of(schema: &Schema, rule: &Rule, beside: Option<Beside<'_>>) -> Result<Self, Vec<Mistake>> {
        let check = match (across(rule), beside) {
            (Some(across), _) => Expression::of_group(schema, &rule.check, &across),
            (None, None) => Expression::compile(schema, &rule.check),
            (None, Some(beside)) => Expression::beside(schema, &rule.check, beside),
        };
        let when = rule.when.as_ref().map(|when| match beside {
            None => Expression::compile(schema, when),
            Some(beside) => Expression::beside(schema, when, beside),
        });
        match (check, when.transpose()) {
            (Ok(check), Ok(when)) => {
                no_field_of_many(schema, rule, beside, &[Some(&check), when.as_ref()])?;
                Ok(Self::new(schema.fields.len(), rule, check, when))
            }
            (check, when) => Err([check.err(), when.err()].into_iter().flatten().flatten().collect()),
        }
    }

    fn new(own: usize, rule: &Rule, check: Expression, when: Option<Expression>) -> Self {
        let named = when.iter().flat_map(Expression::fields).chain(check.fields());
        let named: BTreeSet<usize> = named.copied().collect();
        let (judged, of_others): (Vec<usize>, Vec<usize>) = named.into_iter().partition(|field| *field < own);
        let mut fields = rule.fields.clone();
        fields.extend(judged.iter().filter(|field| !rule.fields.contains(field)));
        let of_others = of_others.into_iter().map(|field| field - own).collect();
        Self { check, when, judged, fields, of_others }
    }

    /// Whether it asks what several rows come to.
    fn has_aggregates(&self) -> bool {
        self.expressions().any(Expression::has_aggregates)
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
