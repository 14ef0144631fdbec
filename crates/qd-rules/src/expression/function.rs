//! The functions that a rule may call. What is not listed is refused, with the nearest that is.

use super::literal;
use super::resolve::{Part, Resolver};
use super::term::{Binary, Comparison, Kind, Node, Operation, Term, Unary};
use qd_model::{FieldType, words};
use sqlparser::ast::{Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments};
use std::ops::RangeInclusive;

/// One function: its name, how it is called, and how many arguments it takes.
struct Known {
    name: &'static str,
    usage: &'static str,
    arguments: RangeInclusive<usize>,
    call: Call,
}

#[derive(Clone, Copy)]
enum Call {
    OfText(Unary, Kind),
    OfDay(Unary),
    Absolute,
    Coalesce,
    NullIf,
    Age,
    DaysBetween,
    WorkingDays,
    Has,
    Items,
    Extreme(Binary),
}

const fn known(name: &'static str, usage: &'static str, arguments: RangeInclusive<usize>, call: Call) -> Known {
    Known { name, usage, arguments, call }
}

/// Every function, in the order in which a message lists them.
const KNOWN: &[Known] = &[
    known("lower", "lower(text)", 1..=1, Call::OfText(Unary::Lower, Kind::Text)),
    known("upper", "upper(text)", 1..=1, Call::OfText(Unary::Upper, Kind::Text)),
    known("trim", "trim(text)", 1..=1, Call::OfText(Unary::Trim, Kind::Text)),
    known("length", "length(text)", 1..=1, Call::OfText(Unary::Length, Kind::Integer)),
    known("coalesce", "coalesce(a, b, …)", 1..=64, Call::Coalesce),
    known("nullif", "nullif(a, b)", 2..=2, Call::NullIf),
    known("abs", "abs(number)", 1..=1, Call::Absolute),
    known("least", "least(a, b, …)", 1..=64, Call::Extreme(Binary::Least)),
    known("greatest", "greatest(a, b, …)", 1..=64, Call::Extreme(Binary::Greatest)),
    known("year", "year(date)", 1..=1, Call::OfDay(Unary::Year)),
    known("month", "month(date)", 1..=1, Call::OfDay(Unary::Month)),
    known("day", "day(date)", 1..=1, Call::OfDay(Unary::DayOfMonth)),
    known("age_on", "age_on(born, on)", 2..=2, Call::Age),
    known("days_between", "days_between(from, to)", 2..=2, Call::DaysBetween),
    known("working_days", "working_days(from, to)", 2..=2, Call::WorkingDays),
    known("has", "has(field, 'code')", 2..=2, Call::Has),
    known("items", "items(field)", 1..=1, Call::Items),
];

const AGGREGATES: [&str; 7] = ["count", "sum", "avg", "min", "max", "total", "median"];
const CLOCKS: [&str; 8] =
    ["now", "today", "current_date", "current_time", "current_timestamp", "localtime", "localtimestamp", "getdate"];

impl Resolver<'_> {
    pub(super) fn function(&mut self, syntax: &Expr, function: &Function) -> Option<Node> {
        let name = function.name.to_string().to_lowercase();
        if function.over.is_some() {
            let hint = "compare fields of the same row".to_owned();
            let what = format!("`{name}` with OVER looks at several rows, and a rule sees one row at a time");
            return self.mistake(syntax, what, Some(hint));
        }
        if let Some(usage) = self.aggregate_usage(&name) {
            return self.aggregate(syntax, function, &name, usage);
        }
        let Some(known) = KNOWN.iter().find(|known| known.name == name) else {
            return self.unknown_function(syntax, &name);
        };
        let arguments = plain_arguments(function);
        let Some(arguments) = arguments.filter(|arguments| known.arguments.contains(&arguments.len())) else {
            let what = format!("`{name}` is not called like this");
            return self.mistake(syntax, what, Some(format!("write {}", known.usage)));
        };
        self.called(known, &arguments)
    }

    /// Refuses a function that is not listed.
    pub(super) fn unknown_function(&mut self, syntax: &Expr, name: &str) -> Option<Node> {
        let name = name.split('(').next().unwrap_or(name).to_lowercase();
        if CLOCKS.contains(&name.as_str()) {
            let hint = "`as_of` is the day on which the data is judged".to_owned();
            return self.mistake(syntax, format!("a rule has no clock, so it has no `{name}`"), Some(hint));
        }
        if AGGREGATES.contains(&name.as_str()) {
            let hint = match name.as_str() {
                "min" => Some("least(a, b) is the smaller of a row's values".to_owned()),
                "max" => Some("greatest(a, b) is the larger of a row's values".to_owned()),
                "count" | "sum" => Some("a rule with a `group`, or one over another table, may ask for it".to_owned()),
                _ => None,
            };
            let what = format!("`{name}` looks at several rows, and a rule sees one row at a time");
            return self.mistake(syntax, what, hint);
        }
        let names: Vec<&str> = KNOWN.iter().map(|known| known.name).collect();
        let hint = match words::nearest(&name, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the functions are {}", words::list(&names)),
        };
        self.mistake(syntax, format!("there is no function `{name}`"), Some(hint))
    }

    fn called(&mut self, known: &Known, arguments: &[&Expr]) -> Option<Node> {
        let unary = |unary, node: Node, kind| Some(Node::new(Term::Unary(unary, node.boxed()), kind));
        match known.call {
            Call::OfText(function, kind) => unary(function, self.expect(arguments[0], Kind::Text)?, kind),
            Call::OfDay(function) => unary(function, self.day_for(function, arguments[0])?, Kind::Integer),
            Call::Absolute => {
                let node = self.number(arguments[0])?.node;
                let kind = node.kind;
                unary(Unary::Absolute, node, kind)
            }
            Call::Coalesce => {
                let (all, kind) = self.arguments(arguments)?;
                Some(Node::new(Term::Coalesce(all), kind).or_nothing())
            }
            Call::NullIf => {
                let (left, right) = (self.part(arguments[0]), self.part(arguments[1]));
                let (left, right) = (left?, right?);
                let (a, b, _) = self.agreed(&left, &right)?;
                let equal = Node::boolean(Term::Compare(Comparison::Equal, a.boxed(), b.boxed()));
                let kind = left.node.kind;
                let arms = vec![(equal, Node::new(Term::Null, kind))];
                Some(Node::new(Term::Case { arms, otherwise: left.node.boxed() }, kind).or_nothing())
            }
            Call::Age => {
                let (born, on) = (self.day(arguments[0]), self.day(arguments[1]));
                Some(Node::new(Term::Binary(Binary::Age, born?.boxed(), on?.boxed()), Kind::Integer))
            }
            Call::DaysBetween => {
                let (from, to) = (self.day(arguments[0]), self.day(arguments[1]));
                let (from, to) = (from?.boxed(), to?.boxed());
                Some(Node::new(Term::Arithmetic(Operation::Subtract, to, from), Kind::Integer))
            }
            Call::WorkingDays => {
                let (from, to) = (self.day(arguments[0]), self.day(arguments[1]));
                Some(Node::new(Term::Binary(Binary::WorkingDays, from?.boxed(), to?.boxed()), Kind::Integer))
            }
            Call::Has => {
                let (list, delimiter, index) = self.list(known, arguments[0])?;
                let code = self.part(arguments[1])?;
                let Term::Text(text) = &code.node.term else {
                    let what = format!("{} is no code in single quotes", code.quoted());
                    return self.mistake(code.syntax, what, Some(format!("write {}", known.usage)));
                };
                let text = text.clone();
                self.code_of(index, &code);
                Some(Node::boolean(Term::Has { list: list.boxed(), delimiter, code: text }))
            }
            Call::Items => {
                let (list, delimiter, _) = self.list(known, arguments[0])?;
                Some(Node::new(Term::Items { list: list.boxed(), delimiter }, Kind::Integer))
            }
            Call::Extreme(extreme) => {
                let (all, kind) = self.arguments(arguments)?;
                if matches!(kind, Kind::Text | Kind::Boolean) {
                    let what = format!("`{}` compares numbers or dates, and this is {}", known.name, kind.noun());
                    return self.mistake(arguments[0], what, None);
                }
                let node = all.into_iter().reduce(|a, b| Node::new(Term::Binary(extreme, a.boxed(), b.boxed()), kind));
                node.map(Node::or_nothing)
            }
        }
    }

    /// An argument that is a field whose cells hold lists: the field, what stands between items, its index.
    fn list(&mut self, known: &Known, syntax: &Expr) -> Option<(Node, String, usize)> {
        let part = self.part(syntax)?;
        if let Term::Field { index, .. } = part.node.term {
            let field = self.field_at(index);
            if field.field_type == FieldType::List {
                let delimiter = field.delimiter.clone();
                return Some((part.node, delimiter, index));
            }
        }
        let what = format!("{} is no list, and `{}` is asked of one", part.quoted(), known.name);
        self.mistake(part.syntax, what, Some("a list is a field of type `list`".to_owned()))
    }

    fn arguments(&mut self, arguments: &[&Expr]) -> Option<(Vec<Node>, Kind)> {
        let parts: Vec<Option<Part<'_>>> = arguments.iter().map(|syntax| self.part(syntax)).collect();
        self.all_agreed(&parts.into_iter().collect::<Option<Vec<_>>>()?)
    }

    /// An argument of one kind: NULL is of any kind, and a text may stand for a date.
    pub(super) fn expect(&mut self, syntax: &Expr, kind: Kind) -> Option<Node> {
        let part = self.part(syntax)?;
        if part.node.kind == kind || part.node.kind == Kind::Null {
            return Some(part.node.widened(kind));
        }
        if let Term::Text(text) = &part.node.term
            && let Some(node) = literal::text_as(text, kind)
        {
            return Some(node);
        }
        let what = format!("{} is {}, and {} is needed here", part.quoted(), part.node.kind.noun(), kind.noun());
        let hint = part.node.is_literal().then(|| literal::written(kind).to_owned());
        self.mistake(part.syntax, what, hint)
    }
}

/// The arguments of an ordinary call: no names, no DISTINCT, no `*`.
fn plain_arguments(function: &Function) -> Option<Vec<&Expr>> {
    let FunctionArguments::List(list) = &function.args else { return None };
    let ordinary = list.duplicate_treatment.is_none()
        && list.clauses.is_empty()
        && function.filter.is_none()
        && function.within_group.is_empty()
        && matches!(function.parameters, FunctionArguments::None);
    let argument = |argument| match argument {
        &FunctionArg::Unnamed(FunctionArgExpr::Expr(ref syntax)) => Some(syntax),
        _ => None,
    };
    if ordinary { list.args.iter().map(argument).collect() } else { None }
}
