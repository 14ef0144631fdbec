//! The text of an expression, and where each of its characters stands in the schema file.

use qd_model::schema::Placed;
use qd_model::{At, Mistake};
use sqlparser::ast::{Expr, Spanned};
use sqlparser::dialect::Dialect;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, Token};

/// Plain SQL: names bare or in double quotes, texts in single quotes, no vendor's additions.
#[derive(Debug)]
struct Sql;

impl Dialect for Sql {
    fn is_delimited_identifier_start(&self, ch: char) -> bool {
        ch == '"'
    }

    fn is_identifier_start(&self, ch: char) -> bool {
        ch.is_alphabetic() || ch == '_'
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        ch.is_alphanumeric() || ch == '_'
    }
}

/// How many parts an expression may join.
const LONGEST: usize = 120;

pub(super) struct Source<'a> {
    text: &'a str,
    at: &'a At,
}

impl<'a> Source<'a> {
    pub(super) fn new(text: &'a Placed<String>) -> Self {
        Self { text: &text.value, at: &text.at }
    }

    pub(super) fn parse(&self) -> Result<Expr, Mistake> {
        if self.text.trim().is_empty() {
            return Err(Mistake::new(self.at, "the expression is blank"));
        }
        let mut parser = Parser::new(&Sql).try_with_sql(self.text).map_err(|error| self.unreadable(&error))?;
        let expression = parser.parse_expr().map_err(|error| self.unreadable(&error))?;
        if is_too_long(&expression) {
            return Err(Mistake::new(self.at, "the expression is nested too deeply"));
        }
        let next = parser.peek_token();
        if next.token == Token::EOF {
            return Ok(expression);
        }
        let what =
            format!("the expression goes on with `{}`, which does not follow from what stands before", next.token);
        Err(Mistake::new(&self.place(next.span.start), what).hint("join conditions with AND or OR"))
    }

    /// Where an expression begins in the schema file.
    pub(super) fn at(&self, expression: &Expr) -> At {
        self.place(expression.span().start)
    }

    /// A location of the parser as a place in the file. Exact in a string on one line; in a string
    /// over several lines the text is taken to begin on the line after the three quotes.
    pub(super) fn place(&self, location: Location) -> At {
        let At::Line { line, .. } = self.at else { return self.at.clone() };
        if location.line == 0 {
            return self.at.clone();
        }
        if self.text.contains('\n') {
            return At::Line { line: line + location.line as u32, column: location.column as u32 };
        }
        let before = (location.column as usize).saturating_sub(1);
        // A string with a single quote in it stands between double quotes, where a double quote and
        // a backslash each take two characters.
        let escaped = if self.text.contains('\'') {
            self.text.chars().take(before).filter(|c| matches!(c, '"' | '\\')).count()
        } else {
            0
        };
        self.at.shifted((1 + before + escaped) as u32)
    }

    /// What the parser says, in our words, at its place.
    fn unreadable(&self, error: &ParserError) -> Mistake {
        let said = match error {
            ParserError::TokenizerError(said) | ParserError::ParserError(said) => said.as_str(),
            ParserError::RecursionLimitExceeded => {
                return Mistake::new(self.at, "the expression is nested too deeply");
            }
        };
        let (what, place) = said.rsplit_once(" at Line: ").unwrap_or((said, ""));
        let mut numbers = place.split(", Column: ").map(|number| number.trim().parse::<u64>().ok());
        let at = match (numbers.next().flatten(), numbers.next().flatten()) {
            (Some(line), Some(column)) => self.place(Location { line, column }),
            _ => self.end(),
        };
        let mut what = what.replace("Expected: ", "expected ").replace("found: EOF", "but the text ends there");
        what = what.replace("found: ", "found ");
        Mistake::new(&at, format!("not readable as a SQL expression: {}", lower_first(&what)))
    }

    fn end(&self) -> At {
        let line = self.text.lines().count().max(1) as u64;
        let last = self.text.lines().last().unwrap_or_default();
        self.place(Location { line, column: last.chars().count() as u64 + 1 })
    }
}

/// Whether more is joined by AND, OR and the like than can be walked by recursion, on threads with little
/// room. It is found without recursion; what stands in brackets the parser has limited already.
fn is_too_long(expression: &Expr) -> bool {
    let mut left = expression;
    for _ in 0..LONGEST {
        match left {
            Expr::BinaryOp { left: next, .. } => left = next,
            _ => return false,
        }
    }
    true
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}
