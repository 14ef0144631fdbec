//! Which values of which fields an expression tells apart, where it compares fields with literals only:
//! then a few rows stand for all there can be.

use super::term::{Comparison, Kind, Node, Term};
use std::collections::BTreeMap;

/// A literal that a field is compared with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Literal {
    Whole(i64),
    Number(f64),
    Text(String),
}

/// What each field is compared with, or nothing where the expression does more than compare.
pub(super) fn literals(node: &Node, found: &mut BTreeMap<usize, Vec<Literal>>) -> Option<()> {
    match &node.term {
        Term::Truth(_) | Term::Null => Some(()),
        Term::Field { index, .. } => {
            found.entry(*index).or_default();
            (node.kind == Kind::Boolean).then_some(())
        }
        Term::Not(a) | Term::Is(_, a) => literals(a, found),
        Term::And(a, b) | Term::Or(a, b) => literals(a, found).and_then(|()| literals(b, found)),
        Term::IsNull(a) => match a.term {
            Term::Field { index, .. } => {
                found.entry(index).or_default();
                Some(())
            }
            _ => literals(a, found),
        },
        Term::Compare(comparison, a, b) => {
            // Texts have an order of their own, of which the literals say too little.
            let is_order = !matches!(comparison, Comparison::Equal | Comparison::Unequal);
            if is_order && a.kind == Kind::Text {
                return None;
            }
            compared(a, b, found).or_else(|| compared(b, a, found))
        }
        Term::Same(a, b) => compared(a, b, found).or_else(|| compared(b, a, found)),
        Term::OneOf { value, list, .. } => list.iter().try_for_each(|item| compared(value, item, found)),
        _ => None,
    }
}

fn compared(field: &Node, literal: &Node, found: &mut BTreeMap<usize, Vec<Literal>>) -> Option<()> {
    let Term::Field { index, .. } = field.term else { return None };
    let literal = match &literal.term {
        Term::Whole(whole) => Literal::Whole(*whole),
        Term::Number(number) => Literal::Number(*number),
        Term::Text(text) => Literal::Text(text.clone()),
        Term::Truth(_) | Term::Null => {
            found.entry(index).or_default();
            return Some(());
        }
        _ => return None,
    };
    found.entry(index).or_default().push(literal);
    Some(())
}
