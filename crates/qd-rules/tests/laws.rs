//! Random expressions over random rows mean what a small interpreter of SQL's logic says.

use crate::rows::{quarter, schema, typed};
use arrow::array::Array;
use proptest::prelude::*;
use qd_model::At;
use qd_model::schema::Placed;
use qd_rules::Expression;

/// A condition as this test knows it.
#[derive(Debug, Clone)]
enum Condition {
    Flag(&'static str),
    Literal(Option<bool>),
    Compare(&'static str, Sum, Sum),
    In(bool, Sum, Vec<Option<i64>>),
    Between(bool, Sum, Sum, Sum),
    IsNull(bool, Sum),
    Is(&'static str, Box<Condition>),
    Not(Box<Condition>),
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
    Case(Box<Condition>, Box<Condition>, Option<Box<Condition>>),
}

/// A number as this test knows it: quarters, so that every sum is exact.
#[derive(Debug, Clone)]
enum Sum {
    Field(&'static str),
    Whole(i64),
    Quarters(i64),
    Null,
    Add(Box<Sum>, Box<Sum>),
    Subtract(Box<Sum>, Box<Sum>),
    Multiply(Box<Sum>, Box<Sum>),
    Halved(Box<Sum>),
    ByZero(Box<Sum>),
    Coalesce(Box<Sum>, Box<Sum>),
    Absolute(Box<Sum>),
}

#[derive(Debug, Clone)]
struct Row {
    hours: Option<i64>,
    weeks: Option<i64>,
    /// In quarters.
    pay: Option<i64>,
    employed: Option<bool>,
    willing: Option<bool>,
}

impl Condition {
    fn sql(&self) -> String {
        let not = |not: bool| if not { "NOT " } else { "" };
        match self {
            Self::Flag(name) => (*name).to_owned(),
            Self::Literal(value) => value.map_or("NULL".to_owned(), |value| value.to_string()),
            Self::Compare(operator, a, b) => format!("{} {operator} {}", a.sql(), b.sql()),
            Self::In(negated, a, list) => {
                let list: Vec<String> =
                    list.iter().map(|item| item.map_or("NULL".to_owned(), |item| item.to_string())).collect();
                format!("{} {}IN ({})", a.sql(), not(*negated), list.join(", "))
            }
            Self::Between(negated, a, low, high) => {
                format!("{} {}BETWEEN {} AND {}", a.sql(), not(*negated), low.sql(), high.sql())
            }
            Self::IsNull(negated, a) => format!("{} IS {}NULL", a.sql(), not(*negated)),
            Self::Is(what, a) => format!("({}) IS {what}", a.sql()),
            Self::Not(a) => format!("NOT ({})", a.sql()),
            Self::And(a, b) => format!("({}) AND ({})", a.sql(), b.sql()),
            Self::Or(a, b) => format!("({}) OR ({})", a.sql(), b.sql()),
            Self::Case(when, then, otherwise) => {
                let otherwise = otherwise.as_ref().map_or(String::new(), |it| format!(" ELSE {}", it.sql()));
                format!("CASE WHEN {} THEN {}{otherwise} END", when.sql(), then.sql())
            }
        }
    }

    fn value(&self, row: &Row) -> Option<bool> {
        match self {
            Self::Flag("employed") => row.employed,
            Self::Flag(_) => row.willing,
            Self::Literal(value) => *value,
            Self::Compare(operator, a, b) => compare(operator, a.value(row), b.value(row)),
            Self::In(negated, a, list) => {
                let mut any = Some(false);
                for item in list {
                    any = or(any, compare("=", a.value(row), item.map(|item| item as f64)));
                }
                any.map(|any| any != *negated)
            }
            Self::Between(negated, a, low, high) => {
                let a = a.value(row);
                let inside = and(compare(">=", a, low.value(row)), compare("<=", a, high.value(row)));
                inside.map(|inside| inside != *negated)
            }
            Self::IsNull(negated, a) => Some(a.value(row).is_none() != *negated),
            Self::Is(what, a) => {
                let value = a.value(row);
                Some(match *what {
                    "TRUE" => value == Some(true),
                    "NOT TRUE" => value != Some(true),
                    "FALSE" => value == Some(false),
                    "NOT FALSE" => value != Some(false),
                    "UNKNOWN" => value.is_none(),
                    _ => value.is_some(),
                })
            }
            Self::Not(a) => a.value(row).map(|value| !value),
            Self::And(a, b) => and(a.value(row), b.value(row)),
            Self::Or(a, b) => or(a.value(row), b.value(row)),
            Self::Case(when, then, otherwise) => {
                if when.value(row) == Some(true) {
                    then.value(row)
                } else {
                    otherwise.as_ref().and_then(|otherwise| otherwise.value(row))
                }
            }
        }
    }
}

fn and(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn or(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    and(a.map(|a| !a), b.map(|b| !b)).map(|neither| !neither)
}

fn compare(operator: &str, a: Option<f64>, b: Option<f64>) -> Option<bool> {
    let order = a?.partial_cmp(&b?)?;
    Some(match operator {
        "=" => order.is_eq(),
        "<>" => order.is_ne(),
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        _ => order.is_ge(),
    })
}

impl Sum {
    fn sql(&self) -> String {
        match self {
            Self::Field(name) => (*name).to_owned(),
            Self::Whole(value) => value.to_string(),
            Self::Quarters(value) => format!("{:.2}", *value as f64 / 4.0),
            Self::Null => "NULL".to_owned(),
            Self::Add(a, b) => format!("({} + {})", a.sql(), b.sql()),
            Self::Subtract(a, b) => format!("({} - {})", a.sql(), b.sql()),
            Self::Multiply(a, b) => format!("({} * {})", a.sql(), b.sql()),
            Self::Halved(a) => format!("({} / 2)", a.sql()),
            Self::ByZero(a) => format!("({} / 0)", a.sql()),
            Self::Coalesce(a, b) => format!("coalesce({}, {})", a.sql(), b.sql()),
            Self::Absolute(a) => format!("abs({})", a.sql()),
        }
    }

    fn value(&self, row: &Row) -> Option<f64> {
        match self {
            Self::Field("hours") => row.hours.map(|value| value as f64),
            Self::Field("weeks") => row.weeks.map(|value| value as f64),
            Self::Field(_) => row.pay.map(|value| value as f64 / 4.0),
            Self::Whole(value) => Some(*value as f64),
            Self::Quarters(value) => Some(*value as f64 / 4.0),
            Self::Null | Self::ByZero(_) => None,
            Self::Add(a, b) => Some(a.value(row)? + b.value(row)?),
            Self::Subtract(a, b) => Some(a.value(row)? - b.value(row)?),
            Self::Multiply(a, b) => Some(a.value(row)? * b.value(row)?),
            Self::Halved(a) => Some(a.value(row)? / 2.0),
            Self::Coalesce(a, b) => a.value(row).or_else(|| b.value(row)),
            Self::Absolute(a) => a.value(row).map(f64::abs),
        }
    }
}

fn sums() -> impl Strategy<Value = Sum> {
    let leaf = prop_oneof![
        4 => prop::sample::select(vec!["hours", "weeks", "pay"]).prop_map(Sum::Field),
        2 => (-3i64..4).prop_map(Sum::Whole),
        1 => (-9i64..9).prop_map(Sum::Quarters),
        1 => Just(Sum::Null),
    ];
    leaf.prop_recursive(2, 8, 2, |inner| {
        let two = (inner.clone().prop_map(Box::new), inner.clone().prop_map(Box::new));
        let one = inner.prop_map(Box::new);
        prop_oneof![
            two.clone().prop_map(|(a, b)| Sum::Add(a, b)),
            two.clone().prop_map(|(a, b)| Sum::Subtract(a, b)),
            two.clone().prop_map(|(a, b)| Sum::Multiply(a, b)),
            two.prop_map(|(a, b)| Sum::Coalesce(a, b)),
            one.clone().prop_map(Sum::Halved),
            one.clone().prop_map(Sum::ByZero),
            one.prop_map(Sum::Absolute),
        ]
    })
}

fn conditions() -> impl Strategy<Value = Condition> {
    let operator = prop::sample::select(vec!["=", "<>", "<", "<=", ">", ">="]);
    let item = prop::option::weighted(0.8, -3i64..4);
    let leaf = prop_oneof![
        2 => prop::sample::select(vec!["employed", "willing"]).prop_map(Condition::Flag),
        1 => any::<Option<bool>>().prop_map(Condition::Literal),
        4 => (operator, sums(), sums()).prop_map(|(operator, a, b)| Condition::Compare(operator, a, b)),
        2 => (any::<bool>(), sums(), prop::collection::vec(item, 1..4)).prop_map(|(not, a, list)| Condition::In(not, a, list)),
        1 => (any::<bool>(), sums(), sums(), sums()).prop_map(|(not, a, b, c)| Condition::Between(not, a, b, c)),
        1 => (any::<bool>(), sums()).prop_map(|(not, a)| Condition::IsNull(not, a)),
    ];
    leaf.prop_recursive(4, 16, 3, |inner| {
        let boxed = || inner.clone().prop_map(Box::new);
        let is = prop::sample::select(vec!["TRUE", "NOT TRUE", "FALSE", "NOT FALSE", "UNKNOWN", "NOT UNKNOWN"]);
        prop_oneof![
            (is, boxed()).prop_map(|(is, a)| Condition::Is(is, a)),
            boxed().prop_map(Condition::Not),
            (boxed(), boxed()).prop_map(|(a, b)| Condition::And(a, b)),
            (boxed(), boxed()).prop_map(|(a, b)| Condition::Or(a, b)),
            (boxed(), boxed(), prop::option::of(boxed())).prop_map(|(a, b, c)| Condition::Case(a, b, c)),
        ]
    })
}

fn row() -> impl Strategy<Value = Row> {
    let small = || prop::option::weighted(0.7, -3i64..4);
    let flag = || prop::option::weighted(0.7, any::<bool>());
    (small(), small(), prop::option::weighted(0.7, -9i64..9), flag(), flag())
        .prop_map(|(hours, weeks, pay, employed, willing)| Row { hours, weeks, pay, employed, willing })
}

impl Row {
    fn text(&self) -> String {
        let cells = [
            self.hours.map(|value| format!("hours={value}")),
            self.weeks.map(|value| format!("weeks={value}")),
            self.pay.map(|value| format!("pay={}", value as f64 / 4.0)),
            self.employed.map(|value| format!("employed={value}")),
            self.willing.map(|value| format!("willing={value}")),
        ];
        cells.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn expressions_mean_what_the_reference_says(
        condition in conditions(),
        rows in prop::collection::vec(row(), 1..6),
    ) {
        let schema = schema("");
        let sql = condition.sql();
        let placed = Placed { value: sql.clone(), at: At::Line { line: 1, column: 1 } };
        let expression = Expression::compile(&schema, &placed);
        let expression = expression.map_err(|mistakes| TestCaseError::fail(format!("{sql}: {mistakes:?}")))?;
        let texts: Vec<String> = rows.iter().map(Row::text).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let found = expression.evaluate(&schema, &typed(&schema, &texts), &quarter());
        for (index, row) in rows.iter().enumerate() {
            let value = found.is_valid(index).then(|| found.value(index));
            prop_assert_eq!(value, condition.value(row), "{} on {:?}", &sql, row);
        }
    }
}
