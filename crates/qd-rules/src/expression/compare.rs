//! Comparisons, and whatever else asks for values of one kind: both sides are brought to the kind
//! that they share, or the mistake says what each of them is.

use super::literal;
use super::resolve::{Part, Resolver, negated, peeled};
use super::term::{Comparison, Conversion, Kind, Node, Term};
use sqlparser::ast::{CaseWhen, Expr, Value};

impl Resolver<'_> {
    /// The kind that two parts share: NULL is of any kind, whole numbers are numbers, dates can be
    /// compared with dates and times, and a text may stand for a date or a time.
    fn shared(&mut self, left: &Part<'_>, right: &Part<'_>) -> Option<Kind> {
        use Kind::{Date, Datetime, Integer, Month, Null, Number, Text, Time, Year};
        let pair = (left.node.kind, right.node.kind);
        match pair {
            (a, b) if a == b => Some(a),
            (Null, other) | (other, Null) => Some(other),
            (Integer | Year, Number) | (Number, Integer | Year) => Some(Number),
            (Year, Integer) | (Integer, Year) => Some(Integer),
            (Date, Datetime) | (Datetime, Date) => Some(Datetime),
            (kind @ (Month | Date | Datetime | Time), Text) if matches!(right.node.term, Term::Text(_)) => Some(kind),
            (Text, kind @ (Month | Date | Datetime | Time)) if matches!(left.node.term, Term::Text(_)) => Some(kind),
            _ => self.unlike(left, right),
        }
    }

    fn unlike<T>(&mut self, left: &Part<'_>, right: &Part<'_>) -> Option<T> {
        let (known, literal) = if left.node.is_literal() { (right, left) } else { (left, right) };
        let what = format!(
            "{} is {} and {} is {}",
            named(known),
            known.node.kind.noun(),
            named(literal),
            literal.node.kind.noun()
        );
        let hint = match (known.node.kind, &literal.node.term) {
            (Kind::Boolean, Term::Text(_) | Term::Whole(_)) => Some(format!("write {} = true", known.syntax)),
            (kind, Term::Text(_)) if kind.is_number() => Some(literal::written(kind).to_owned()),
            (Kind::Text, Term::Whole(_) | Term::Number(_)) => Some(format!("write the text as '{}'", literal.syntax)),
            (Kind::Month | Kind::Date | Kind::Datetime | Kind::Time, _) => {
                Some(literal::written(known.node.kind).to_owned())
            }
            _ => None,
        };
        self.mistake(literal.syntax, what, hint)
    }

    /// A part as a kind that [`Resolver::shared`] gave. `beside` is what it is compared with.
    fn brought(&mut self, part: &Part<'_>, kind: Kind, beside: &Part<'_>) -> Option<Node> {
        let Term::Text(text) = &part.node.term else { return Some(part.node.clone().widened(kind)) };
        let read = literal::text_as(text, kind);
        if read.is_none() {
            let noun = kind.noun();
            let none = noun.strip_prefix("a ").unwrap_or(noun);
            let what = format!("{} is {noun} and {} is text that is no {none}", named(beside), named(part));
            return self.mistake(part.syntax, what, Some(literal::written(kind).to_owned()));
        }
        read
    }

    /// Both parts in the kind that they share, with it.
    pub(super) fn agreed(&mut self, left: &Part<'_>, right: &Part<'_>) -> Option<(Node, Node, Kind)> {
        let kind = self.shared(left, right)?;
        let (a, b) = (self.brought(left, kind, right), self.brought(right, kind, left));
        self.known_code(left, right);
        self.known_code(right, left);
        Some((a?, b?, kind))
    }

    /// All parts in the kind that they share, with it.
    pub(super) fn all_agreed(&mut self, parts: &[Part<'_>]) -> Option<(Vec<Node>, Kind)> {
        // The part that decides the kind: the widest, which NULL and a text that may stand for a date
        // never are.
        let weight = |part: &&Part<'_>| match part.node.kind {
            Kind::Null => 0,
            Kind::Text if part.node.is_literal() => 1,
            Kind::Integer | Kind::Date => 2,
            _ => 3,
        };
        let decisive = parts.iter().rev().max_by_key(weight)?;
        let mut kind = decisive.node.kind;
        for part in parts {
            kind = self.shared(decisive, part)?;
        }
        let brought: Vec<Option<Node>> = parts.iter().map(|part| self.brought(part, kind, decisive)).collect();
        Some((brought.into_iter().collect::<Option<_>>()?, kind))
    }

    pub(super) fn compared(&mut self, comparison: Comparison, left: &Expr, right: &Expr) -> Option<Node> {
        let (left, right) = (self.part(left), self.part(right));
        let (left, right) = (left?, right?);
        self.comparison(comparison, &left, &right)
    }

    fn comparison(&mut self, comparison: Comparison, left: &Part<'_>, right: &Part<'_>) -> Option<Node> {
        if let Some((a, b)) = at_common_precision(left, right) {
            return Some(Node::boolean(Term::Roughly(comparison, a.boxed(), b.boxed())));
        }
        let (a, b, kind) = self.agreed(left, right)?;
        if kind == Kind::Boolean && !matches!(comparison, Comparison::Equal | Comparison::Unequal) {
            let what = format!("{} is true or false, and neither is the greater", named(left));
            return self.mistake(left.syntax, what, None);
        }
        Some(Node::boolean(Term::Compare(comparison, a.boxed(), b.boxed())))
    }

    pub(super) fn same(&mut self, left: &Expr, right: &Expr, distinct: bool) -> Option<Node> {
        let (left, right) = (self.part(left), self.part(right));
        let (a, b, _) = self.agreed(&left?, &right?)?;
        Some(negated(distinct, Term::Same(a.boxed(), b.boxed())))
    }

    pub(super) fn between(&mut self, value: &Expr, low: &Expr, high: &Expr, not: bool) -> Option<Node> {
        let (value, low, high) = (self.part(value), self.part(low), self.part(high));
        let (value, low, high) = (value?, low?, high?);
        let from = self.comparison(Comparison::AtLeast, &value, &low);
        let to = self.comparison(Comparison::AtMost, &value, &high);
        Some(negated(not, Term::And(from?.boxed(), to?.boxed())))
    }

    pub(super) fn one_of(&mut self, value: &Expr, list: &[Expr], not: bool) -> Option<Node> {
        let value = self.part(value);
        let items: Vec<Option<Part<'_>>> = list.iter().map(|item| self.part(item)).collect();
        let value = value?;
        let items: Vec<Part<'_>> = items.into_iter().collect::<Option<_>>()?;
        let or_unknown = items.iter().any(|item| item.node.kind == Kind::Null);
        // Whatever is no literal is compared one by one, as the standard defines IN.
        let (mut literals, mut found) = (Vec::new(), None);
        let mut whole = true;
        for item in items.iter().filter(|item| item.node.kind != Kind::Null) {
            if at_common_precision(&value, item).is_some() {
                let equal = self.comparison(Comparison::Equal, &value, item)?;
                found = Some(either(found, equal));
                continue;
            }
            let Some((a, b, _)) = self.agreed(&value, item) else {
                whole = false;
                continue;
            };
            if b.is_literal() && a.kind == value.node.kind {
                literals.push(b);
                continue;
            }
            let equal = Node::boolean(Term::Compare(Comparison::Equal, a.boxed(), b.boxed()));
            found = Some(either(found, equal));
        }
        if !whole {
            return None;
        }
        if !literals.is_empty() || found.is_none() {
            let value = value.node.clone().boxed();
            found = Some(either(found, Node::boolean(Term::OneOf { value, list: literals, or_unknown })));
        } else if or_unknown {
            found = Some(either(found, Node::boolean(Term::Null)));
        }
        found.map(|found| if not { Node::boolean(Term::Not(found.boxed())) } else { found })
    }

    pub(super) fn case(&mut self, operand: Option<&Expr>, arms: &[CaseWhen], otherwise: Option<&Expr>) -> Option<Node> {
        let operand = match operand {
            Some(operand) => Some(self.part(operand)?),
            None => None,
        };
        let mut conditions = Vec::new();
        let mut values = Vec::new();
        for arm in arms {
            conditions.push(match &operand {
                Some(operand) => {
                    self.part(&arm.condition).and_then(|it| self.comparison(Comparison::Equal, operand, &it))
                }
                None => self.condition(&arm.condition),
            });
            values.push(self.part(&arm.result));
        }
        let nothing = Expr::Value(Value::Null.into());
        values.push(self.part(otherwise.unwrap_or(&nothing)));
        let values: Vec<Part<'_>> = values.into_iter().collect::<Option<_>>()?;
        let (mut values, kind) = self.all_agreed(&values)?;
        let otherwise = values.pop().expect("the last value is that of ELSE").boxed();
        let arms: Vec<(Node, Node)> =
            conditions.into_iter().collect::<Option<Vec<_>>>()?.into_iter().zip(values).collect();
        Some(Node::new(Term::Case { arms, otherwise }, kind).or_nothing())
    }

    pub(super) fn like(
        &mut self,
        value: &Expr,
        pattern: &Expr,
        escape: Option<&Expr>,
        flags: &str,
        not: bool,
    ) -> Option<Node> {
        let value = self.expect(value, Kind::Text);
        let text = |syntax: &Expr| match peeled(syntax) {
            Expr::Value(value) => match &value.value {
                Value::SingleQuotedString(text) => Some(text.clone()),
                _ => None,
            },
            _ => None,
        };
        let Some(written) = text(pattern) else {
            let hint = "for example name LIKE 'A%'".to_owned();
            return self.mistake(pattern, "the pattern of LIKE is a text in single quotes", Some(hint));
        };
        let escape = match escape {
            None => None,
            Some(syntax) => {
                let text = text(syntax).unwrap_or_default();
                let mut chars = text.chars();
                match (chars.next(), chars.next()) {
                    (Some(one), None) => Some(one),
                    _ => return self.mistake(syntax, "ESCAPE takes one character in single quotes", None),
                }
            }
        };
        let Some(regex) = as_regex(&written, escape, flags) else {
            return self.mistake(pattern, "the pattern ends with its escape character", None);
        };
        Some(negated(not, Term::Matches(value?.boxed(), regex)))
    }
}

/// Both sides as years or as months, where one of them says no more than that and the other does.
/// A text beside them is read as the date that it is.
fn at_common_precision(left: &Part<'_>, right: &Part<'_>) -> Option<(Node, Node)> {
    let dated = |part: &Part<'_>, beside: &Part<'_>| match &part.node.term {
        Term::Text(text) if matches!(beside.node.kind, Kind::Year | Kind::Month) => literal::text_as(text, Kind::Date),
        _ => None,
    };
    let a = dated(left, right).unwrap_or_else(|| left.node.clone());
    let b = dated(right, left).unwrap_or_else(|| right.node.clone());
    let precision = a.kind.common_precision(b.kind)?;
    let coarse = |node: Node| {
        let day = match node.kind {
            Kind::Year => return node.widened(Kind::Integer),
            Kind::Datetime => Node::new(Term::Convert(Conversion::Day, node.boxed()), Kind::Date),
            _ => node,
        };
        let conversion = if precision == Kind::Year { Conversion::YearOf } else { Conversion::MonthOf };
        Node::new(Term::Convert(conversion, day.boxed()), Kind::Integer)
    };
    Some((coarse(a), coarse(b)))
}

fn either(found: Option<Node>, next: Node) -> Node {
    match found {
        Some(found) => Node::boolean(Term::Or(found.boxed(), next.boxed())),
        None => next,
    }
}

/// How a message names a part: literals as they are written, all else between backticks.
fn named(part: &Part<'_>) -> String {
    if part.node.is_literal() || matches!(part.syntax, Expr::TypedString(_)) {
        part.syntax.to_string()
    } else {
        part.quoted()
    }
}

/// A pattern of LIKE as a regular expression over the whole text.
fn as_regex(pattern: &str, escape: Option<char>, flags: &str) -> Option<String> {
    let mut regex = format!("{flags}^");
    let mut chars = pattern.chars();
    while let Some(next) = chars.next() {
        let (next, plain) = if Some(next) == escape { (chars.next()?, true) } else { (next, false) };
        match next {
            '%' if !plain => regex.push_str(".*"),
            '_' if !plain => regex.push('.'),
            other => {
                if r"\.+*?()|[]{}^$#&-~".contains(other) {
                    regex.push('\\');
                }
                regex.push(other);
            }
        }
    }
    regex.push('$');
    Some(regex)
}
