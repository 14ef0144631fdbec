//! One SQL expression over a row's fields: read and checked once, evaluated over many rows.
//!
//! What differs from SQL, or what SQL leaves open:
//! - division is exact (`1 / 2` is 0.5), and division by zero is NULL;
//! - arithmetic on numbers keeps 15 significant digits, as spreadsheets do, so `0.1 + 0.2 = 0.3`;
//! - arithmetic whose result no whole number, number or date can hold is NULL;
//! - texts are compared by their code points; `trim` removes every white space;
//! - a month too short for the day takes its last day: 31 January and a month is 28 February;
//! - `working_days(from, to)` counts Monday to Friday without the bank holidays of England and Wales,
//!   after `from` up to and including `to`: a referral on Monday 12 September 2022 had its fifteenth
//!   working day on 4 October. In a year whose bank holidays are not listed it is NULL;
//! - years, months and dates are compared at the precision that they share, and where that leaves the
//!   answer open it is NULL: a start on 5 May 2022 is neither before nor after the year 2022.

mod aggregate;
mod arithmetic;
mod calendar;
mod compare;
mod function;
mod literal;
mod lower;
mod operator;
mod reach;
mod resolve;
mod source;
mod term;

use crate::borrow;
use arrow::array::{Array, BooleanArray};
use arrow::buffer::BooleanBuffer;
use jiff::civil::Date;
use polars::prelude::{DataFrame, Expr, IntoLazy};
use qd_model::schema::Placed;
use qd_model::{Mistake, Schema};
use qd_table::Typed;
use std::collections::BTreeMap;
use std::sync::Arc;
use term::{Kind, Named, Node};

pub(crate) use lower::keys;
pub(crate) use reach::Literal;
pub(crate) use resolve::Beside;
pub(crate) use term::Across;

/// The days that an expression may name. An absent one is NULL where an expression is evaluated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Constants {
    /// `period_start` and `period_end`: first and last day of the period.
    pub period: Option<(Date, Date)>,
    /// `as_of`: the day on which the data is judged.
    pub as_of: Option<Date>,
}

/// A boolean expression, checked against a schema.
#[derive(Debug, Clone)]
pub struct Expression {
    node: Arc<Node>,
    fields: Arc<[usize]>,
    needs_period: bool,
    needs_as_of: bool,
    has_aggregates: bool,
    /// Fields that it names outside aggregates, ascending.
    bare: Arc<[usize]>,
}

impl Expression {
    /// Reads an expression and checks its names, types and functions. Every mistake points into the
    /// schema file that holds it.
    pub fn compile(schema: &Schema, text: &Placed<String>) -> Result<Self, Vec<Mistake>> {
        Self::resolved(schema, text, None, None)
    }

    /// The same for a row beside rows of another table or period. Fields of those rows are numbered
    /// behind the schema's own. Where they are another table's, what they come to may be asked for.
    pub(crate) fn beside(schema: &Schema, text: &Placed<String>, beside: Beside<'_>) -> Result<Self, Vec<Mistake>> {
        let across = if beside.has_aggregates { Some(&Across::Met) } else { None };
        Self::resolved(schema, text, across, Some(beside))
    }

    /// The same for what the rows of a group come to: aggregates are known, and of the fields only
    /// those that make the group.
    pub(crate) fn of_group(schema: &Schema, text: &Placed<String>, across: &Across) -> Result<Self, Vec<Mistake>> {
        let expression = Self::resolved(schema, text, Some(across), None)?;
        if !expression.has_aggregates {
            let mistake = Mistake::new(&text.at, "the check of a group asks for none of COUNT, SUM, MIN and MAX");
            return Err(vec![mistake.hint("leave out `group` for a rule that sees one row at a time")]);
        }
        Ok(expression)
    }

    fn resolved(
        schema: &Schema,
        text: &Placed<String>,
        across: Option<&Across>,
        beside: Option<Beside<'_>>,
    ) -> Result<Self, Vec<Mistake>> {
        let source = source::Source::new(text);
        let parsed = source.parse().map_err(|mistake| vec![mistake])?;
        let node = resolve::boolean(schema, &source, &parsed, across, beside)?;
        let (mut fields, mut bare) = (Vec::new(), Vec::new());
        let (mut needs_period, mut needs_as_of, mut has_aggregates) = (false, false, false);
        node.walk(&mut |node| match node.term {
            term::Term::Field { index, .. } => bare.push(index),
            term::Term::Aggregate { index, .. } => {
                has_aggregates = true;
                fields.extend(index);
            }
            term::Term::Named(Named::AsOf) => needs_as_of = true,
            term::Term::Named(_) => needs_period = true,
            _ => {}
        });
        fields.extend(&bare);
        if let Some(Across::Group(group)) = across {
            fields.extend(group);
        }
        for named in [&mut fields, &mut bare] {
            named.sort_unstable();
            named.dedup();
        }
        let (node, fields, bare) = (Arc::new(node), fields.into(), bare.into());
        Ok(Self { node, fields, needs_period, needs_as_of, has_aggregates, bare })
    }

    /// Indexes of the fields that it names, ascending.
    pub fn fields(&self) -> &[usize] {
        &self.fields
    }

    /// Whether it asks what several rows come to.
    pub(crate) fn has_aggregates(&self) -> bool {
        self.has_aggregates
    }

    /// Indexes of the fields that it names outside aggregates, ascending.
    pub(crate) fn bare(&self) -> &[usize] {
        &self.bare
    }

    /// Whether it names `period_start` or `period_end`.
    pub fn needs_period(&self) -> bool {
        self.needs_period
    }

    /// Whether it names `as_of`.
    pub fn needs_as_of(&self) -> bool {
        self.needs_as_of
    }

    /// The value for each row: true, false, or null where it is unknown. A cell that could not be
    /// read counts as NULL here; who judges by the value looks at [`Typed::unreadable`] too.
    pub fn evaluate(&self, schema: &Schema, typed: &Typed, constants: &Constants) -> BooleanArray {
        debug_assert_eq!(schema.fields.len(), typed.batch.num_columns(), "the rows are of the expression's schema");
        let frame = borrow::frame(typed, self.fields.iter().copied());
        let mut columns = select(frame, vec![self.lowered(constants)], typed.len());
        columns.pop().expect("one expression gives one column")
    }

    /// The rows for which it is TRUE, as a mask without nulls.
    pub fn filter(&self, schema: &Schema, typed: &Typed, constants: &Constants) -> BooleanArray {
        let value = self.evaluate(schema, typed, constants);
        let mask: BooleanBuffer = match value.nulls() {
            Some(known) => value.values() & known.inner(),
            None => value.values().clone(),
        };
        BooleanArray::new(mask, None)
    }

    /// What each field that it names is compared with, where it does no more than that.
    pub(crate) fn literals(&self) -> Option<BTreeMap<usize, Vec<Literal>>> {
        let mut found = BTreeMap::new();
        reach::literals(&self.node, &mut found).map(|()| found)
    }

    pub(crate) fn lowered(&self, constants: &Constants) -> Expr {
        debug_assert!(self.node.kind == Kind::Boolean, "only boolean expressions are compiled");
        lower::lower(&self.node, constants)
    }
}

/// Evaluates boolean expressions over a frame, all in one go and on the calling thread: chunks are
/// judged side by side, so work inside a chunk is not spread any further.
pub(crate) fn select(frame: DataFrame, expressions: Vec<Expr>, rows: usize) -> Vec<BooleanArray> {
    let named: Vec<Expr> =
        expressions.into_iter().enumerate().map(|(index, expression)| expression.alias(format!("e{index}"))).collect();
    // The optimiser has nothing to win here: no column is unused, and there is nothing to push down.
    let result = frame.lazy().without_optimizations().select_seq(named).collect();
    let result = result.expect("a checked expression cannot fail over rows of its schema");
    result.columns().iter().map(|column| borrow::give_back(column, rows)).collect()
}
