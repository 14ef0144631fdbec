//! Aggregates: what the rows of one group come to. Only a rule with a `group` may ask for them.

use super::resolve::Resolver;
use super::term::{Aggregate, Kind, Node, Term};
use sqlparser::ast::{DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments};

/// How each aggregate is called.
const KNOWN: [(&str, &str); 4] = [
    ("count", "COUNT(*), COUNT(field) or COUNT(DISTINCT field)"),
    ("sum", "SUM(field)"),
    ("min", "MIN(field)"),
    ("max", "MAX(field)"),
];

impl Resolver<'_> {
    /// How an aggregate is called, where there is one of that name and the rule has a group.
    pub(super) fn aggregate_usage(&self, name: &str) -> Option<&'static str> {
        self.group.and_then(|_| KNOWN.iter().find(|(known, _)| *known == name)).map(|(_, usage)| *usage)
    }

    pub(super) fn aggregate(&mut self, syntax: &Expr, function: &Function, name: &str, usage: &str) -> Option<Node> {
        let group = self.group?.to_vec();
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
                let term = Term::Aggregate { aggregate, index: None, narrow: false, group };
                return Some(Node::new(term, Kind::Integer));
            }
            return self.mistake(syntax, format!("`{name}` is not called like this"), Some(format!("write {usage}")));
        };
        let field = match argument {
            Expr::Identifier(identifier) => self.field(argument, identifier)?,
            other => {
                let what = format!("`{other}` is no field, and `{name}` is asked of one field");
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
        Some(Node::new(Term::Aggregate { aggregate, index: Some(index), narrow, group }, kind))
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
