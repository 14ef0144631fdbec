//! From terms to Polars expressions. Dates and times stay the whole numbers that they are kept as,
//! so that every comparison and sum over them is one of whole numbers.

use super::Constants;
use super::arithmetic::{divide, number, numbers, texts_to_truth, texts_to_whole, tidy, whole, wholes};
use super::calendar;
use super::term::{Across, Aggregate, Binary, Comparison, Conversion, Kind, Named, Node, Operation, Term, Unary};
use crate::borrow;
use jiff::civil::Date;
use polars::prelude::{BooleanChunked, Float64Chunked, Int64Chunked, IntoSeries, Series, StringChunked};
use polars::prelude::{DataType, Expr, NULL, NewChunkedArray, Scalar, coalesce, col, lit, when};

pub(super) fn lower(node: &Node, constants: &Constants) -> Expr {
    let go = |node: &Node| lower(node, constants);
    match &node.term {
        Term::Field { index, narrow } => field(*index, *narrow),
        Term::Aggregate { aggregate, index, narrow, across } => {
            let value = index.map_or_else(|| there(across), |index| field(index, *narrow));
            self::aggregate(*aggregate, node.kind, &value, &keys(across))
        }
        Term::Named(named) => day(match named {
            Named::PeriodStart => constants.period.map(|(from, _)| from),
            Named::PeriodEnd => constants.period.map(|(_, to)| to),
            Named::AsOf => constants.as_of,
        }),
        Term::Null => null(node.kind),
        Term::Truth(truth) => lit(*truth),
        Term::Whole(value) => lit(Scalar::from(*value)),
        Term::Number(value) => lit(Scalar::from(*value)),
        Term::Text(text) => lit(text.as_str()),
        Term::Not(a) => go(a).not(),
        Term::And(a, b) => go(a).and(go(b)),
        Term::Or(a, b) => go(a).or(go(b)),
        Term::Compare(comparison, a, b) => compare(*comparison, go(a), go(b)),
        Term::Roughly(comparison, a, b) => {
            let (a, b) = (go(a), go(b));
            when(a.clone().eq(b.clone())).then(null(Kind::Boolean)).otherwise(compare(*comparison, a, b))
        }
        Term::Has { list, delimiter, code } => {
            let (delimiter, code) = (delimiter.clone(), code.clone());
            texts_to_truth(go(list), move |text| text.split(&*delimiter).any(|item| item.trim() == code))
        }
        Term::Items { list, delimiter } => {
            let delimiter = delimiter.clone();
            texts_to_whole(go(list), move |text| text.split(&*delimiter).count() as i64)
        }
        Term::Same(a, b) => go(a).eq_missing(go(b)),
        Term::IsNull(a) => go(a).is_null(),
        Term::Is(truth, a) => {
            let value = go(a);
            (if *truth { value } else { value.not() }).fill_null(lit(false))
        }
        Term::OneOf { value, list, or_unknown } => {
            let found = go(value).is_in(lit(series(value.kind, list)).implode(true), false);
            if *or_unknown { when(found).then(lit(true)).otherwise(null(Kind::Boolean)) } else { found }
        }
        Term::Matches(a, pattern) => go(a).str().contains(lit(pattern.as_str()), true),
        Term::Arithmetic(operation, a, b) => arithmetic(*operation, node.kind, go(a), go(b)),
        Term::Months(a, months) if a.kind == Kind::Datetime => {
            wholes(go(a), lit(Scalar::from(*months)), calendar::add_months_to_time)
        }
        Term::Months(a, months) => wholes(go(a), lit(Scalar::from(*months)), calendar::add_months),
        Term::Case { arms, otherwise } => arms.iter().rev().fold(go(otherwise), |otherwise, (condition, value)| {
            when(go(condition)).then(go(value)).otherwise(otherwise)
        }),
        Term::Coalesce(all) => coalesce(&all.iter().map(go).collect::<Vec<_>>()),
        Term::Convert(conversion, a) => convert(*conversion, go(a)),
        Term::Unary(unary, a) => one(*unary, node.kind, go(a)),
        Term::Binary(binary, a, b) => two(*binary, node.kind, go(a), go(b)),
    }
}

fn field(index: usize, narrow: bool) -> Expr {
    let field = col(borrow::name(index));
    if narrow { field.cast(DataType::Int64) } else { field }
}

/// What rows that belong together have in common.
pub(crate) fn keys(across: &Across) -> Vec<Expr> {
    match across {
        Across::Group(fields) => fields.iter().map(|field| col(borrow::name(*field))).collect(),
        Across::Person => vec![col(borrow::PERSON)],
        Across::Met => vec![col(borrow::ROW)],
    }
}

/// What is not null in each of the rows that an aggregate is over.
fn there(across: &Across) -> Expr {
    match across {
        Across::Group(fields) => field(fields[0], false),
        Across::Person => col(borrow::PERSON),
        Across::Met => col(borrow::HERE),
    }
}

/// What a value comes to over the rows of each key, for every row of it.
fn aggregate(aggregate: Aggregate, kind: Kind, value: &Expr, keys: &[Expr]) -> Expr {
    let over = |value: Expr| value.over(keys).expect("what belongs together has a key");
    let count = || over(value.clone().count().cast(DataType::Int64));
    match (aggregate, kind) {
        (Aggregate::Count, _) => count(),
        (Aggregate::Distinct, _) => over(value.clone().drop_nulls().n_unique().cast(DataType::Int64)),
        (Aggregate::Least, _) => over(value.clone().min()),
        (Aggregate::Greatest, _) => over(value.clone().max()),
        (Aggregate::Sum, Kind::Number) => {
            let total = number(over(value.clone().sum()), tidy);
            when(count().gt(lit(0))).then(total).otherwise(null(kind))
        }
        (Aggregate::Sum, _) => {
            // Whole numbers up to 2^53 are summed exactly as numbers, which cannot overflow; where the
            // sum could be larger, it is unknown.
            let exact = value.clone().cast(DataType::Float64);
            let size = when(exact.clone().lt(lit(0.0))).then(lit(0.0) - exact.clone()).otherwise(exact.clone());
            let fits = over(size.sum()).lt_eq(lit(9_007_199_254_740_992.0));
            let total = over(exact.sum()).cast(DataType::Int64);
            when(count().gt(lit(0)).and(fits)).then(total).otherwise(null(kind))
        }
    }
}

fn data_type(kind: Kind) -> DataType {
    match kind {
        Kind::Text => DataType::String,
        Kind::Number => DataType::Float64,
        Kind::Integer | Kind::Year | Kind::Month | Kind::Date | Kind::Datetime | Kind::Time => DataType::Int64,
        Kind::Boolean | Kind::Null => DataType::Boolean,
    }
}

fn null(kind: Kind) -> Expr {
    lit(NULL).cast(data_type(kind))
}

fn day(date: Option<Date>) -> Expr {
    date.map_or_else(|| null(Kind::Date), |date| lit(Scalar::from(calendar::days(date))))
}

fn compare(comparison: Comparison, a: Expr, b: Expr) -> Expr {
    match comparison {
        Comparison::Equal => a.eq(b),
        Comparison::Unequal => a.neq(b),
        Comparison::Less => a.lt(b),
        Comparison::AtMost => a.lt_eq(b),
        Comparison::Greater => a.gt(b),
        Comparison::AtLeast => a.gt_eq(b),
    }
}

fn arithmetic(operation: Operation, kind: Kind, a: Expr, b: Expr) -> Expr {
    if kind == Kind::Number {
        return numbers(
            a,
            b,
            match operation {
                Operation::Add => |a, b| tidy(a + b),
                Operation::Subtract => |a, b| tidy(a - b),
                Operation::Multiply => |a, b| tidy(a * b),
                Operation::Divide => divide,
                Operation::Remainder => |a, b| if b == 0.0 { None } else { tidy(a % b) },
            },
        );
    }
    let work: fn(i64, i64) -> Option<i64> = match operation {
        Operation::Add => i64::checked_add,
        Operation::Subtract => i64::checked_sub,
        Operation::Multiply => i64::checked_mul,
        Operation::Divide => i64::checked_div,
        Operation::Remainder => i64::checked_rem,
    };
    wholes(a, b, work)
}

fn convert(conversion: Conversion, a: Expr) -> Expr {
    match conversion {
        Conversion::Number => a.cast(DataType::Float64),
        Conversion::Midnight => whole(a, |days| days.checked_mul(calendar::DAY)),
        Conversion::YearOf => whole(a, calendar::year),
        Conversion::MonthOf => whole(a, |days| Some(calendar::year(days)? * 12 + calendar::month(days)? - 1)),
        Conversion::Day => whole(a, |micros| Some(micros.div_euclid(calendar::DAY))),
    }
}

fn one(unary: Unary, kind: Kind, a: Expr) -> Expr {
    match (unary, kind) {
        (Unary::Lower, _) => a.str().to_lowercase(),
        (Unary::Upper, _) => a.str().to_uppercase(),
        (Unary::Trim, _) => a.str().strip_chars(lit(NULL)),
        (Unary::Length, _) => a.str().len_chars().cast(DataType::Int64),
        (Unary::Negate, Kind::Number) => number(a, |value| Some(-value)),
        (Unary::Negate, _) => whole(a, i64::checked_neg),
        (Unary::Absolute, Kind::Number) => number(a, |value| Some(value.abs())),
        (Unary::Absolute, _) => whole(a, i64::checked_abs),
        (Unary::Year, _) => whole(a, calendar::year),
        (Unary::Month, _) => whole(a, calendar::month),
        (Unary::DayOfMonth, _) => whole(a, calendar::day),
    }
}

fn two(binary: Binary, kind: Kind, a: Expr, b: Expr) -> Expr {
    match (binary, kind) {
        (Binary::Age, _) => wholes(a, b, calendar::age),
        (Binary::WorkingDays, _) => wholes(a, b, calendar::working_days),
        (Binary::Least, Kind::Number) => numbers(a, b, |a, b| Some(a.min(b))),
        (Binary::Least, _) => wholes(a, b, |a, b| Some(a.min(b))),
        (Binary::Greatest, Kind::Number) => numbers(a, b, |a, b| Some(a.max(b))),
        (Binary::Greatest, _) => wholes(a, b, |a, b| Some(a.max(b))),
        (Binary::Concatenate, _) => a + b,
    }
}

/// The literals of an IN list, as a column of the kind of what is looked for.
fn series(kind: Kind, list: &[Node]) -> Series {
    let name = "list".into();
    match kind {
        Kind::Text => {
            let texts =
                list.iter().filter_map(|item| if let Term::Text(text) = &item.term { Some(text) } else { None });
            StringChunked::from_iter_values(name, texts.map(String::as_str)).into_series()
        }
        Kind::Number => {
            let numbers = list.iter().filter_map(|item| if let Term::Number(it) = item.term { Some(it) } else { None });
            Float64Chunked::from_iter_values(name, numbers).into_series()
        }
        Kind::Boolean | Kind::Null => {
            let truths = list.iter().filter_map(|item| if let Term::Truth(it) = item.term { Some(it) } else { None });
            BooleanChunked::from_iter_values(name, truths).into_series()
        }
        Kind::Integer | Kind::Year | Kind::Month | Kind::Date | Kind::Datetime | Kind::Time => {
            let wholes = list.iter().filter_map(|item| if let Term::Whole(it) = item.term { Some(it) } else { None });
            Int64Chunked::from_iter_values(name, wholes).into_series()
        }
    }
}
