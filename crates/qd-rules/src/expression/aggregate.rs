//! Aggregates: what the rows of one group come to, or the rows of another table that a row meets. Only a
//! rule over a group, a person's rows or another table may ask for them.

use super::resolve::Resolver;
use super::term::{Across, Aggregate, Kind, Node, Term};
use sqlparser::ast::{DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments};

/// How each aggregate is called.
const KNOWN: [(&str, &str); 4] = [
    ("count", "COUNT(*), COUNT(field) or COUNT(DISTINCT field)"),
    ("sum", "SUM(field)"),
    ("min", "MIN(field)"),
    ("max", "MAX(field)"),
];

/// The same where they are over the rows of another table.
const OF_OTHERS: [(&str, &str); 4] = [
    ("count", "COUNT(*), COUNT(other.field) or COUNT(DISTINCT other.field)"),
    ("sum", "SUM(other.field)"),
    ("min", "MIN(other.field)"),
    ("max", "MAX(other.field)"),
];

impl Resolver<'_> {
    /// How an aggregate is called, where there is one of that name and the rule looks at several rows.
    pub(super) fn aggregate_usage(&self, name: &str) -> Option<&'static str> {
        let known = if *self.across? == Across::Met { OF_OTHERS } else { KNOWN };
        known.iter().find(|(known, _)| *known == name).map(|(_, usage)| *usage)
    }

    pub(super) fn aggregate(&mut self, syntax: &Expr, function: &Function, name: &str, usage: &str) -> Option<Node> {
        let across = self.across?.clone();
        let Some((argument, distinct)) = argument(function) else {
            return self.mistake(syntax, format!("`{name}` is not called like this"), Some(format!("write {usage}")));
        };
        let aggregate = match (name, distinct) {
            ("count", true) => Aggregate::Distinct,
            ("count", false) => Aggregate::Count,
            ("sum", false) => Aggregate::Sum,
            ("min", false) => Aggregate::Least,
            ("max", false) => Aggregate::Greatest,
            _ => {
                let what = format!("`{name}` is not called like this");
                return self.mistake(syntax, what, Some(format!("write {usage}")));
            }
        };
        let Some(argument) = argument else {
            if aggregate == Aggregate::Count {
                let term = Term::Aggregate { aggregate, index: None, narrow: false, across };
                return Some(Node::new(term, Kind::Integer));
            }
            return self.mistake(syntax, format!("`{name}` is not called like this"), Some(format!("write {usage}")));
        };
        let field = match argument {
            Expr::Identifier(identifier) if across != Across::Met => self.field(argument, identifier)?,
            Expr::CompoundIdentifier(names) if across == Across::Met => self.name_beside(argument, names)?,
            other => {
                let of = if across == Across::Met { " of the other table" } else { "" };
                let what = format!("`{other}` is no field{of}, and `{name}` is asked of one field");
                return self.mistake(other, what, Some(format!("write {usage}")));
            }
        };
        let Term::Field { index, narrow } = field.term else {
            return self.mistake(argument, format!("`{argument}` is the same day for every row"), None);
        };
        let kind = match aggregate {
            Aggregate::Count | Aggregate::Distinct => Kind::Integer,
            Aggregate::Sum if !field.kind.is_number() => {
                let what = format!("`{argument}` is {}, and a sum is of numbers", field.kind.noun());
                return self.mistake(argument, what, None);
            }
            Aggregate::Least | Aggregate::Greatest if field.kind == Kind::Boolean => {
                let what = format!("`{argument}` is true or false, and neither is the greater");
                return self.mistake(argument, what, None);
            }
            _ => field.kind,
        };
        Some(Node::new(Term::Aggregate { aggregate, index: Some(index), narrow, across }, kind))
    }
}

/// The one argument of a call (none for `*`), and whether it is DISTINCT.
fn argument(function: &Function) -> Option<(Option<&Expr>, bool)> {
    let FunctionArguments::List(list) = &function.args else { return None };
    let ordinary = list.clauses.is_empty()
        && function.filter.is_none()
        && function.within_group.is_empty()
        && matches!(function.parameters, FunctionArguments::None);
    let distinct = list.duplicate_treatment == Some(DuplicateTreatment::Distinct);
    match list.args.as_slice() {
        [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)] if ordinary && !distinct => Some((None, false)),
        [FunctionArg::Unnamed(FunctionArgExpr::Expr(syntax))] if ordinary => Some((Some(syntax), distinct)),
        _ => None,
    }
}
