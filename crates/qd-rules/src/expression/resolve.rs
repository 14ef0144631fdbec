//! From SQL's syntax to terms: names are looked up, kinds settled, and what a rule cannot do is
//! refused where it stands.

use super::literal;
use super::source::Source;
use super::term::{Across, Kind, Named, Node, Term, Unary};
use qd_model::schema::Category;
use qd_model::{Field, FieldType, Mistake, Schema, words};
use sqlparser::ast::{self, Expr, UnaryOperator, Value};

/// How deep an expression may be nested; it is walked by recursion.
const DEPTH: usize = 250;

/// A resolved expression beside the syntax that it came from, which mistakes quote.
pub(super) struct Part<'s> {
    pub(super) node: Node,
    pub(super) syntax: &'s Expr,
}

impl Part<'_> {
    /// The expression as a message names it.
    pub(super) fn quoted(&self) -> String {
        format!("`{}`", self.syntax)
    }
}

/// The rows that an expression sees beside its own, and what it calls them.
#[derive(Clone, Copy)]
pub(crate) struct Beside<'a> {
    /// The word before the dot: `previous`, `other`.
    pub(crate) word: &'static str,
    /// What the rows are.
    pub(crate) schema: &'a Schema,
    /// Whether there is no row of its own beside them.
    pub(crate) alone: bool,
    /// Whether it may ask what those of them that a row meets come to.
    pub(crate) has_aggregates: bool,
}

/// Resolves expressions of one text. A `None` means that a mistake has been noted.
pub(super) struct Resolver<'a> {
    pub(super) schema: &'a Schema,
    /// Fields of these rows are numbered behind the schema's own.
    pub(super) beside: Option<Beside<'a>>,
    /// What aggregates are over, where they are known.
    pub(super) across: Option<&'a Across>,
    source: &'a Source<'a>,
    mistakes: Vec<Mistake>,
    depth: usize,
}

/// Resolves a whole expression, which must be true or false.
pub(super) fn boolean(
    schema: &Schema,
    source: &Source<'_>,
    syntax: &Expr,
    across: Option<&Across>,
    beside: Option<Beside<'_>>,
) -> Result<Node, Vec<Mistake>> {
    let mut resolver = Resolver { schema, beside, across, source, mistakes: Vec::new(), depth: 0 };
    let node = resolver.condition(syntax);
    match node {
        Some(node) if resolver.mistakes.is_empty() => Ok(node),
        _ => {
            resolver.mistakes.sort_by(|a, b| a.at.cmp(&b.at));
            resolver.mistakes.dedup();
            Err(resolver.mistakes)
        }
    }
}

impl<'a> Resolver<'a> {
    /// The field of a number, the row's own or of the rows beside.
    pub(super) fn field_at(&self, index: usize) -> &'a Field {
        let own = self.schema.fields.len();
        match self.beside {
            Some(beside) if index >= own => &beside.schema.fields[index - own],
            _ => &self.schema.fields[index],
        }
    }
}

impl Resolver<'_> {
    pub(super) fn mistake<T>(&mut self, syntax: &Expr, what: impl Into<String>, hint: Option<String>) -> Option<T> {
        let mut mistake = Mistake::new(&self.source.at(syntax), what);
        mistake.hint = hint;
        self.mistakes.push(mistake);
        None
    }

    /// A part of any kind.
    pub(super) fn part<'s>(&mut self, syntax: &'s Expr) -> Option<Part<'s>> {
        let syntax = peeled(syntax);
        if self.depth >= DEPTH {
            return self.mistake(syntax, "the expression is nested too deeply", None);
        }
        self.depth += 1;
        let node = self.node(syntax);
        self.depth -= 1;
        Some(Part { node: node?, syntax })
    }

    /// A part that is true or false.
    pub(super) fn condition(&mut self, syntax: &Expr) -> Option<Node> {
        let part = self.part(syntax)?;
        match part.node.kind {
            Kind::Boolean | Kind::Null => Some(part.node.widened(Kind::Boolean)),
            kind => {
                let what = format!("{} is {}, and a condition is needed here", part.quoted(), kind.noun());
                self.mistake(part.syntax, what, Some("compare it with something, or ask IS NOT NULL".to_owned()))
            }
        }
    }

    fn node(&mut self, syntax: &Expr) -> Option<Node> {
        match syntax {
            Expr::Identifier(name) => self.name(syntax, name),
            Expr::CompoundIdentifier(names) if self.beside.is_some() => self.name_beside(syntax, names),
            Expr::Value(value) => self.value(syntax, &value.value),
            Expr::TypedString(typed) => self.typed_literal(syntax, typed),
            Expr::UnaryOp { op: UnaryOperator::Not, expr } => {
                Some(Node::boolean(Term::Not(self.condition(expr)?.boxed())))
            }
            Expr::UnaryOp { op: UnaryOperator::Minus, expr } => self.negated(expr),
            Expr::UnaryOp { op: UnaryOperator::Plus, expr } => self.number(expr).map(|part| part.node),
            Expr::BinaryOp { left, op, right } => self.binary(syntax, left, op, right),
            Expr::IsNull(inner) | Expr::IsNotNull(inner) => {
                let part = self.part(inner)?;
                Some(negated(matches!(syntax, Expr::IsNotNull(_)), Term::IsNull(part.node.boxed())))
            }
            Expr::IsTrue(inner) | Expr::IsNotTrue(inner) => {
                let inner = self.condition(inner)?;
                Some(negated(matches!(syntax, Expr::IsNotTrue(_)), Term::Is(true, inner.boxed())))
            }
            Expr::IsFalse(inner) | Expr::IsNotFalse(inner) => {
                let inner = self.condition(inner)?;
                Some(negated(matches!(syntax, Expr::IsNotFalse(_)), Term::Is(false, inner.boxed())))
            }
            Expr::IsUnknown(inner) | Expr::IsNotUnknown(inner) => {
                let inner = self.condition(inner)?;
                Some(negated(matches!(syntax, Expr::IsNotUnknown(_)), Term::IsNull(inner.boxed())))
            }
            Expr::IsDistinctFrom(left, right) => self.same(left, right, true),
            Expr::IsNotDistinctFrom(left, right) => self.same(left, right, false),
            Expr::InList { expr, list, negated } => self.one_of(expr, list, *negated),
            Expr::Between { expr, negated, low, high } => self.between(expr, low, high, *negated),
            Expr::Like { negated, any: false, expr, pattern, escape_char } => {
                self.like(expr, pattern, escape_char.as_deref(), "(?s)", *negated)
            }
            Expr::ILike { negated, any: false, expr, pattern, escape_char } => {
                self.like(expr, pattern, escape_char.as_deref(), "(?si)", *negated)
            }
            Expr::Case { operand, conditions, else_result, .. } => {
                self.case(operand.as_deref(), conditions, else_result.as_deref())
            }
            Expr::Function(function) => self.function(syntax, function),
            Expr::Trim { expr, trim_where: None, trim_what: None, trim_characters: None } => {
                let text = self.expect(expr, Kind::Text)?;
                Some(Node::new(Term::Unary(Unary::Trim, text.boxed()), Kind::Text))
            }
            Expr::Extract { field, expr, .. } => self.extract(syntax, field, expr),
            other => self.refused(other),
        }
    }

    fn name(&mut self, syntax: &Expr, name: &ast::Ident) -> Option<Node> {
        let node = self.field(syntax, name)?;
        let may_differ = |index: &usize| match self.across {
            Some(Across::Group(group)) => !group.contains(index),
            Some(Across::Person) => true,
            Some(Across::Met) | None => false,
        };
        match &node.term {
            Term::Field { index, .. } if may_differ(index) => {
                let what = format!("`{}` may differ within a group, which is judged as a whole", name.value);
                let hint = format!("ask for MIN({name}), MAX({name}) or COUNT(DISTINCT {name})");
                self.mistake(syntax, what, Some(hint))
            }
            _ => Some(node),
        }
    }

    /// The field, or the day, of that name.
    pub(super) fn field(&mut self, syntax: &Expr, name: &ast::Ident) -> Option<Node> {
        let bare = name.quote_style.is_none();
        let alone = self.beside.filter(|beside| beside.alone);
        if let Some(index) = index_of(self.schema, name) {
            if let Some(beside) = alone {
                let what = format!("`{}` is of a row that is not there any more", name.value);
                return self.mistake(syntax, what, Some(format!("write {}.{}", beside.word, name.value)));
            }
            return Some(node_of(&self.schema.fields[index], index));
        }
        let named = Named::ALL.iter().find(|(known, _)| bare && known.eq_ignore_ascii_case(&name.value));
        if let Some((_, named)) = named {
            return Some(Node::new(Term::Named(*named), Kind::Date));
        }
        let fields = self.schema.fields.iter().map(|field| field.name.as_str());
        let hint = match words::nearest(&name.value, fields.chain(Named::ALL.map(|(known, _)| known))) {
            Some(near) if plain(near) => format!("did you mean `{near}`?"),
            Some(near) => format!("did you mean `\"{near}\"`?"),
            None if bare => "a text is written in single quotes".to_owned(),
            None => format!("a text is written in single quotes: '{}'", name.value),
        };
        self.mistake(syntax, format!("there is no field `{}`", name.value), Some(hint))
    }

    /// A field of the rows beside: `previous.start_date`.
    pub(super) fn name_beside(&mut self, syntax: &Expr, names: &[ast::Ident]) -> Option<Node> {
        let beside = self.beside?;
        let (word, name) = match names {
            [word, name] => (&word.value, name),
            _ => return self.mistake(syntax, format!("`{syntax}` is no name that a rule knows"), None),
        };
        if !word.eq_ignore_ascii_case(beside.word) {
            let hint = format!("this rule knows `{}.` and a field's name behind it", beside.word);
            return self.mistake(syntax, format!("`{word}` is no row that the rule sees"), Some(hint));
        }
        if let Some(index) = index_of(beside.schema, name) {
            return Some(node_of(&beside.schema.fields[index], self.schema.fields.len() + index));
        }
        let near = words::nearest(&name.value, beside.schema.fields.iter().map(|field| field.name.as_str()));
        let hint = near.map(|near| format!("did you mean `{}.{near}`?", beside.word));
        self.mistake(syntax, format!("`{}` has no field `{}`", beside.word, name.value), hint)
    }

    fn value(&mut self, syntax: &Expr, value: &Value) -> Option<Node> {
        match value {
            Value::Null => Some(Node::new(Term::Null, Kind::Null)),
            Value::Boolean(truth) => Some(Node::boolean(Term::Truth(*truth))),
            Value::SingleQuotedString(text) => Some(Node::new(Term::Text(text.clone()), Kind::Text)),
            Value::Number(text, false) => match literal::number(text) {
                Some(node) => Some(node),
                None => self.mistake(syntax, format!("`{text}` is not readable as a number"), None),
            },
            _ => self.mistake(syntax, format!("`{syntax}` is no value that a rule knows"), None),
        }
    }

    fn typed_literal(&mut self, syntax: &Expr, typed: &ast::TypedString) -> Option<Node> {
        let kind = match &typed.data_type {
            ast::DataType::Date => Kind::Date,
            ast::DataType::Timestamp(None, ast::TimezoneInfo::None | ast::TimezoneInfo::WithoutTimeZone)
            | ast::DataType::Datetime(None) => Kind::Datetime,
            ast::DataType::Time(None, ast::TimezoneInfo::None | ast::TimezoneInfo::WithoutTimeZone) => Kind::Time,
            other => {
                let hint = "DATE, TIME and TIMESTAMP are known".to_owned();
                return self.mistake(syntax, format!("a rule knows no literals of type {other}"), Some(hint));
            }
        };
        let read = match &typed.value.value {
            Value::SingleQuotedString(text) => literal::text_as(text, kind),
            _ => None,
        };
        if read.is_none() {
            let what = format!("{} is not {}", typed.value, kind.noun());
            return self.mistake(syntax, what, Some(literal::written(kind).to_owned()));
        }
        read
    }

    /// A part that is a number, or NULL.
    pub(super) fn number<'s>(&mut self, syntax: &'s Expr) -> Option<Part<'s>> {
        let part = self.part(syntax)?;
        if part.node.kind.is_number() {
            return Some(part);
        }
        if part.node.kind == Kind::Null {
            return Some(Part { node: part.node.widened(Kind::Integer), syntax: part.syntax });
        }
        let what = format!("{} is {}, and a number is needed here", part.quoted(), part.node.kind.noun());
        self.mistake(part.syntax, what, None)
    }

    fn negated(&mut self, syntax: &Expr) -> Option<Node> {
        let Node { term, kind } = self.number(syntax)?.node;
        Some(match term {
            Term::Whole(value) => Node::new(Term::Whole(-value), kind),
            Term::Number(value) => Node::new(Term::Number(-value), kind),
            term => Node::new(Term::Unary(Unary::Negate, Node::new(term, kind).boxed()), kind),
        })
    }

    fn refused(&mut self, syntax: &Expr) -> Option<Node> {
        let (what, hint) = match syntax {
            Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => (
                "a rule sees one row at a time, and knows no queries inside it",
                "a foreign key looks into other tables",
            ),
            Expr::Interval(_) => ("an interval stands alone", "add it to a date: start_date + INTERVAL '14' DAY"),
            Expr::CompoundIdentifier(_) => (
                "a rule names fields without a table",
                "write the field's name alone; a rule over another table or period says so in `over`",
            ),
            Expr::Cast { .. } => ("a rule does not turn one type into another", "the field's own type is used"),
            Expr::Tuple(_) => ("a rule knows no groups of values", "compare the values one by one"),
            Expr::Floor { .. } | Expr::Ceil { .. } | Expr::Substring { .. } | Expr::Position { .. } => {
                return self.unknown_function(syntax, &syntax.to_string());
            }
            _ => {
                let what = format!("`{syntax}` is SQL that a rule does not know");
                return self.mistake(syntax, what, None);
            }
        };
        self.mistake(syntax, what, Some(hint.to_owned()))
    }

    /// A literal compared with a field that has a code list must be one of its codes.
    pub(super) fn known_code(&mut self, field: &Part<'_>, literal: &Part<'_>) {
        if let Term::Field { index, .. } = field.node.term {
            self.code_of(index, literal);
        }
    }

    /// A literal that stands for a code of a field must be one of its codes.
    pub(super) fn code_of(&mut self, index: usize, literal: &Part<'_>) {
        let Field { name, categories, .. } = self.field_at(index);
        let known = |code: &Category| match &literal.node.term {
            Term::Text(text) => code.value == *text,
            Term::Whole(whole) => code.value.trim().parse() == Ok(*whole),
            Term::Number(number) => code.value.trim().parse() == Ok(*number),
            _ => true,
        };
        if categories.is_empty() || !literal.node.is_literal() || categories.iter().any(known) {
            return;
        }
        let codes: Vec<&str> = categories.iter().map(|code| code.value.as_str()).collect();
        let typed = literal.syntax.to_string();
        let typed = typed.trim_matches('\'');
        let labelled = categories.iter().find(|code| code.label.as_deref().is_some_and(|label| label == typed));
        let near = || words::nearest(typed, codes.iter().copied()).filter(|_| literal.node.kind == Kind::Text);
        let nearest = labelled.map(|code| code.value.as_str()).or_else(near);
        let hint = match nearest {
            Some(near) => Some(format!("did you mean '{near}'?")),
            None if codes.len() <= 12 => Some(format!("its codes are {}", words::list(&codes))),
            None => None,
        };
        let what = format!("{} is not one of the codes of `{name}`", literal.syntax);
        self.mistake::<()>(literal.syntax, what, hint);
    }
}

/// A term, or its negation.
pub(super) fn negated(negated: bool, term: Term) -> Node {
    let node = Node::boolean(term);
    if negated { Node::boolean(Term::Not(node.boxed())) } else { node }
}

/// The field that a name means. SQL does not tell capitals from small letters in a bare name.
fn index_of(schema: &Schema, name: &ast::Ident) -> Option<usize> {
    let loose = || {
        let mut fields = schema.fields.iter();
        let bare = name.quote_style.is_none();
        fields.position(|field| bare && field.name.eq_ignore_ascii_case(&name.value))
    };
    schema.index_of(&name.value).or_else(loose)
}

fn node_of(field: &Field, index: usize) -> Node {
    let narrow = matches!(field.field_type, FieldType::Date | FieldType::Yearmonth | FieldType::Year);
    Node::new(Term::Field { index, narrow }, Kind::of(field.field_type))
}

/// The expression inside any brackets.
pub(super) fn peeled(mut syntax: &Expr) -> &Expr {
    while let Expr::Nested(inner) = syntax {
        syntax = inner;
    }
    syntax
}

/// Whether a name needs no quotes.
fn plain(name: &str) -> bool {
    name.chars().all(|c| c.is_alphanumeric() || c == '_') && !name.starts_with(|c: char| c.is_ascii_digit())
}
