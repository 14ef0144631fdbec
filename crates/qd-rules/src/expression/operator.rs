//! The operators between two values: AND and OR, comparisons, sums, dates moved by intervals.

use super::calendar;
use super::resolve::{Part, Resolver, peeled};
use super::term::{Binary, Comparison, Conversion, Kind, Node, Operation, Term};
use sqlparser::ast::{BinaryOperator, DateTimeField, Expr, Interval, UnaryOperator, Value};

/// How far an interval moves a date.
#[derive(Clone, Copy)]
enum Step {
    Months(i64),
    Days(i64),
    Micros(i64),
}

impl Resolver<'_> {
    pub(super) fn binary(
        &mut self,
        syntax: &Expr,
        left: &Expr,
        operator: &BinaryOperator,
        right: &Expr,
    ) -> Option<Node> {
        let comparison = match operator {
            BinaryOperator::And | BinaryOperator::Or => {
                let (a, b) = (self.condition(left), self.condition(right));
                let (a, b) = (a?.boxed(), b?.boxed());
                let is_and = matches!(operator, BinaryOperator::And);
                return Some(Node::boolean(if is_and { Term::And(a, b) } else { Term::Or(a, b) }));
            }
            BinaryOperator::Plus => return self.sum(Operation::Add, left, right),
            BinaryOperator::Minus => return self.sum(Operation::Subtract, left, right),
            BinaryOperator::Multiply => return self.arithmetic(Operation::Multiply, left, right),
            BinaryOperator::Divide => return self.arithmetic(Operation::Divide, left, right),
            BinaryOperator::Modulo => return self.arithmetic(Operation::Remainder, left, right),
            BinaryOperator::StringConcat => {
                let (a, b) = (self.expect(left, Kind::Text), self.expect(right, Kind::Text));
                return Some(Node::new(Term::Binary(Binary::Concatenate, a?.boxed(), b?.boxed()), Kind::Text));
            }
            BinaryOperator::Eq => Comparison::Equal,
            BinaryOperator::NotEq => Comparison::Unequal,
            BinaryOperator::Lt => Comparison::Less,
            BinaryOperator::LtEq => Comparison::AtMost,
            BinaryOperator::Gt => Comparison::Greater,
            BinaryOperator::GtEq => Comparison::AtLeast,
            other => return self.mistake(syntax, format!("a rule does not know the operator {other}"), None),
        };
        self.compared(comparison, left, right)
    }

    fn arithmetic(&mut self, operation: Operation, left: &Expr, right: &Expr) -> Option<Node> {
        let (left, right) = (self.number(left), self.number(right));
        Some(arithmetic(operation, left?.node, right?.node))
    }

    fn sum(&mut self, operation: Operation, left: &Expr, right: &Expr) -> Option<Node> {
        match (peeled(left), peeled(right)) {
            (date, Expr::Interval(interval)) => return self.moved(operation, date, right, interval),
            (Expr::Interval(interval), date) if operation == Operation::Add => {
                return self.moved(operation, date, left, interval);
            }
            _ => {}
        }
        let (a, b) = (self.part(left), self.part(right));
        let (a, b) = (a?, b?);
        let days = |left: Node, right: Node, kind| {
            Some(Node::new(Term::Arithmetic(operation, left.boxed(), right.boxed()), kind))
        };
        match (a.node.kind, b.node.kind, operation) {
            (Kind::Date, Kind::Date, Operation::Subtract) => days(a.node, b.node, Kind::Integer),
            (Kind::Date, Kind::Text, Operation::Subtract) | (Kind::Text, Kind::Date, Operation::Subtract) => {
                let (a, b, _) = self.agreed(&a, &b)?;
                days(a, b, Kind::Integer)
            }
            // A date and a whole number of days, as PostgreSQL and Oracle have it.
            (Kind::Date, Kind::Integer, _) | (Kind::Integer, Kind::Date, Operation::Add) => {
                days(a.node, b.node, Kind::Date)
            }
            (Kind::Date | Kind::Datetime | Kind::Time, ..) | (_, Kind::Date | Kind::Datetime | Kind::Time, _) => {
                let verb = if operation == Operation::Add { "added to" } else { "taken from" };
                let (first, second) = if operation == Operation::Add { (&a, &b) } else { (&b, &a) };
                let what = format!(
                    "{}, which is {}, cannot be {verb} {}, which is {}",
                    first.quoted(),
                    first.node.kind.noun(),
                    second.quoted(),
                    second.node.kind.noun()
                );
                let hint = "days_between(a, b) counts days, and d + INTERVAL '14' DAY moves a date".to_owned();
                self.mistake(b.syntax, what, Some(hint))
            }
            _ => self.arithmetic(operation, left, right),
        }
    }

    /// A date, or a date and time, moved by an interval.
    fn moved(&mut self, operation: Operation, date: &Expr, at: &Expr, interval: &Interval) -> Option<Node> {
        let part = self.part(date);
        let step = self.step(at, interval);
        let (part, step) = (part?, step?);
        let sign = if operation == Operation::Subtract { -1 } else { 1 };
        let (kind, step) = match (part.node.kind, step) {
            (Kind::Null, step) => (Kind::Date, step),
            (kind @ Kind::Date, step @ (Step::Months(_) | Step::Days(_))) | (kind @ Kind::Datetime, step) => {
                (kind, step)
            }
            (Kind::Text, _) if matches!(part.node.term, Term::Text(_)) => {
                let date = self.expect(date, Kind::Date)?;
                return self.stepped(&Part { node: date, syntax: part.syntax }, Kind::Date, step, sign);
            }
            (kind, _) => {
                let what = format!("{} is {}, and such an interval does not move it", part.quoted(), kind.noun());
                let hint = "a date moves by days, weeks, months and years".to_owned();
                return self.mistake(part.syntax, what, Some(hint));
            }
        };
        self.stepped(&part, kind, step, sign)
    }

    fn stepped(&mut self, part: &Part<'_>, kind: Kind, step: Step, sign: i64) -> Option<Node> {
        let node = part.node.clone().widened(kind);
        let distance = match step {
            Step::Months(months) => return Some(Node::new(Term::Months(node.boxed(), months * sign), kind)),
            Step::Days(days) if kind == Kind::Datetime => days.checked_mul(calendar::DAY),
            Step::Days(days) => Some(days),
            Step::Micros(micros) if kind == Kind::Datetime => Some(micros),
            Step::Micros(_) => None,
        };
        let Some(distance) = distance else {
            return self.mistake(part.syntax, "such an interval does not move a date", None);
        };
        let distance = Node::new(Term::Whole(distance * sign), Kind::Integer).boxed();
        Some(Node::new(Term::Arithmetic(Operation::Add, node.boxed(), distance), kind))
    }

    fn step(&mut self, at: &Expr, interval: &Interval) -> Option<Step> {
        let hint = || Some("for example INTERVAL '14' DAY or INTERVAL '3' MONTH".to_owned());
        let (text, unit) = match (interval_text(&interval.value), &interval.leading_field, &interval.last_field) {
            (Some(text), Some(unit), None) => (text, unit.to_string()),
            // PostgreSQL's form holds the unit in the text: '14 days'.
            (Some(text), None, None) => match text.trim().split_once(' ') {
                Some((number, unit)) => (number.to_owned(), unit.trim().to_owned()),
                None => return self.mistake(at, "the interval has no unit", hint()),
            },
            _ => return self.mistake(at, "the interval is not readable", hint()),
        };
        // Beyond this no date could be moved, and no product below could be held.
        let number = text.trim().parse::<i64>().ok().filter(|number| number.abs() <= 10_000_000);
        let Some(number) = number else {
            return self.mistake(at, "an interval is a whole number of units", hint());
        };
        let unit = unit.to_ascii_lowercase();
        Some(match unit.strip_suffix('s').unwrap_or(&unit) {
            "year" => Step::Months(number * 12),
            "quarter" => Step::Months(number * 3),
            "month" => Step::Months(number),
            "week" => Step::Days(number * 7),
            "day" => Step::Days(number),
            "hour" => Step::Micros(number * 3_600_000_000),
            "minute" => Step::Micros(number * 60_000_000),
            "second" => Step::Micros(number * 1_000_000),
            other => return self.mistake(at, format!("an interval has no unit \"{other}\""), hint()),
        })
    }

    /// EXTRACT(YEAR FROM d) is year(d), and so on.
    pub(super) fn extract(&mut self, syntax: &Expr, field: &DateTimeField, from: &Expr) -> Option<Node> {
        let unary = match field {
            DateTimeField::Year => super::term::Unary::Year,
            DateTimeField::Month => super::term::Unary::Month,
            DateTimeField::Day => super::term::Unary::DayOfMonth,
            other => {
                let hint = "year, month and day are known".to_owned();
                return self.mistake(syntax, format!("a rule does not extract {other}"), Some(hint));
            }
        };
        let day = self.day_for(unary, from)?;
        Some(Node::new(Term::Unary(unary, day.boxed()), Kind::Integer))
    }

    /// An argument of which a part of the date is asked: a year and month has both of these.
    pub(super) fn day_for(&mut self, asked: super::term::Unary, syntax: &Expr) -> Option<Node> {
        if asked != super::term::Unary::DayOfMonth {
            let part = self.part(syntax)?;
            if part.node.kind == Kind::Month {
                return Some(part.node);
            }
        }
        self.day(syntax)
    }

    /// An argument that is a date; of a date and time, its date.
    pub(super) fn day(&mut self, syntax: &Expr) -> Option<Node> {
        let part = self.part(syntax)?;
        if part.node.kind == Kind::Datetime {
            return Some(Node::new(Term::Convert(Conversion::Day, part.node.boxed()), Kind::Date));
        }
        self.expect(syntax, Kind::Date)
    }
}

/// Two numbers and what is done with them: whole numbers stay whole unless they are divided.
fn arithmetic(operation: Operation, left: Node, right: Node) -> Node {
    let is_whole = |kind| matches!(kind, Kind::Integer | Kind::Year);
    let whole = is_whole(left.kind) && is_whole(right.kind) && operation != Operation::Divide;
    let kind = if whole { Kind::Integer } else { Kind::Number };
    let (left, right) = (left.widened(kind).boxed(), right.widened(kind).boxed());
    Node::new(Term::Arithmetic(operation, left, right), kind)
}

/// The text or number behind INTERVAL.
fn interval_text(syntax: &Expr) -> Option<String> {
    match peeled(syntax) {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) | Value::Number(text, _) => Some(text.clone()),
            _ => None,
        },
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => Some(format!("-{}", interval_text(expr)?)),
        _ => None,
    }
}
