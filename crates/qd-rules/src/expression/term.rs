//! An expression after its names and types are settled. Everything left to interpret is here, and
//! nothing of SQL's syntax is.

use qd_model::FieldType;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Integer,
    Number,
    Boolean,
    /// A year, as a whole number.
    Year,
    /// A year and month, as the days from 1 January 1970 to its first.
    Month,
    /// Days from 1 January 1970.
    Date,
    /// Microseconds from 1 January 1970.
    Datetime,
    /// Microseconds from midnight.
    Time,
    /// NULL by itself, which is of any kind.
    Null,
}

impl Kind {
    pub(super) fn of(field_type: FieldType) -> Self {
        match field_type {
            FieldType::Integer => Self::Integer,
            FieldType::Year => Self::Year,
            FieldType::Number => Self::Number,
            FieldType::Boolean => Self::Boolean,
            FieldType::Date => Self::Date,
            FieldType::Yearmonth => Self::Month,
            FieldType::Datetime => Self::Datetime,
            FieldType::Time => Self::Time,
            _ => Self::Text,
        }
    }

    /// Completes the sentence "`x` is …".
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "a whole number",
            Self::Number => "a number",
            Self::Boolean => "true or false",
            Self::Year => "a year",
            Self::Month => "a year and month",
            Self::Date => "a date",
            Self::Datetime => "a date and time",
            Self::Time => "a time",
            Self::Null => "NULL",
        }
    }

    pub(super) fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Number | Self::Year)
    }

    /// The coarser of two kinds that say when something was, where they are of unlike precision.
    pub(super) fn common_precision(self, other: Self) -> Option<Self> {
        use Kind::{Date, Datetime, Month, Year};
        match (self, other) {
            (Year, Month | Date | Datetime) | (Month | Date | Datetime, Year) => Some(Year),
            (Month, Date | Datetime) | (Date | Datetime, Month) => Some(Month),
            _ => None,
        }
    }
}

/// A day that the caller gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    PeriodStart,
    PeriodEnd,
    AsOf,
}

impl Named {
    pub(super) const ALL: [(&'static str, Self); 3] =
        [("period_start", Self::PeriodStart), ("period_end", Self::PeriodEnd), ("as_of", Self::AsOf)];
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Unequal,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

/// A kind of value made of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Conversion {
    /// A whole number as a number.
    Number,
    /// A date as its midnight.
    Midnight,
    /// A date and time as its date.
    Day,
    /// A date as its year.
    YearOf,
    /// A date as the number of its month, counted through the years.
    MonthOf,
}

/// A function of one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unary {
    Lower,
    Upper,
    Trim,
    Length,
    Negate,
    Absolute,
    Year,
    Month,
    DayOfMonth,
}

/// A function of two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Binary {
    Age,
    WorkingDays,
    Least,
    Greatest,
    Concatenate,
}

/// Which rows an aggregate is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Across {
    /// Those with the same values of some fields.
    Group(Vec<usize>),
    /// Those about one person.
    Person,
    /// Those of the other table that the row meets.
    Met,
}

/// What the values of a field come to over a group of rows. NULL takes no part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aggregate {
    Count,
    Distinct,
    Sum,
    Least,
    Greatest,
}

/// A value, or how to find it.
#[derive(Debug, Clone)]
pub(super) enum Term {
    Field {
        index: usize,
        /// Kept in 32 bits.
        narrow: bool,
    },
    Named(Named),
    /// Without a field it is over the rows themselves.
    Aggregate {
        aggregate: Aggregate,
        index: Option<usize>,
        narrow: bool,
        across: Across,
    },
    Null,
    Truth(bool),
    /// Also days and microseconds.
    Whole(i64),
    Number(f64),
    Text(String),
    Not(Box<Node>),
    And(Box<Node>, Box<Node>),
    Or(Box<Node>, Box<Node>),
    Compare(Comparison, Box<Node>, Box<Node>),
    /// A comparison of two years or months of which the sides say more than is compared: where they
    /// are equal it is open.
    Roughly(Comparison, Box<Node>, Box<Node>),
    /// IS NOT DISTINCT FROM.
    Same(Box<Node>, Box<Node>),
    IsNull(Box<Node>),
    /// IS TRUE, IS FALSE.
    Is(bool, Box<Node>),
    /// IN over literals of the value's kind, none of them NULL.
    OneOf {
        value: Box<Node>,
        list: Vec<Node>,
        /// NULL was in the list, so what is not found is unknown.
        or_unknown: bool,
    },
    /// LIKE, as a regular expression.
    Matches(Box<Node>, String),
    Arithmetic(Operation, Box<Node>, Box<Node>),
    /// A date, or a date and time, so many months later.
    Months(Box<Node>, i64),
    Case {
        arms: Vec<(Node, Node)>,
        otherwise: Box<Node>,
    },
    Coalesce(Vec<Node>),
    /// Whether a code is among the items of a list.
    Has {
        list: Box<Node>,
        delimiter: String,
        code: String,
    },
    /// How many items a list has.
    Items {
        list: Box<Node>,
        delimiter: String,
    },
    Convert(Conversion, Box<Node>),
    Unary(Unary, Box<Node>),
    Binary(Binary, Box<Node>, Box<Node>),
}

/// A term and its kind.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) term: Term,
    pub(super) kind: Kind,
}

impl Node {
    pub(super) fn new(term: Term, kind: Kind) -> Self {
        Self { term, kind }
    }

    pub(super) fn boolean(term: Term) -> Self {
        Self { term, kind: Kind::Boolean }
    }

    pub(super) fn boxed(self) -> Box<Self> {
        Box::new(self)
    }

    pub(super) fn is_literal(&self) -> bool {
        matches!(self.term, Term::Truth(_) | Term::Whole(_) | Term::Number(_) | Term::Text(_))
    }

    /// What is made of nothing but NULL is NULL itself, so that it may still become of any kind.
    pub(super) fn or_nothing(self) -> Self {
        if self.kind == Kind::Null { Self { term: Term::Null, kind: Kind::Null } } else { self }
    }

    /// The same node as a kind that is known to fit: NULL becomes a NULL of the kind, a whole number
    /// a number, a date its midnight.
    pub(super) fn widened(self, kind: Kind) -> Self {
        match (self.kind, kind, self.term) {
            // A year is the whole number that it is kept as.
            (Kind::Null, _, term) | (Kind::Year, Kind::Integer, term) => Self { term, kind },
            (Kind::Year, Kind::Number, term) => Self { term, kind: Kind::Integer }.widened(kind),
            (Kind::Integer, Kind::Number, Term::Whole(whole)) => Self { term: Term::Number(whole as f64), kind },
            (Kind::Integer, Kind::Number, term) => {
                let node = Self { term, kind: Kind::Integer };
                Self { term: Term::Convert(Conversion::Number, node.boxed()), kind }
            }
            (Kind::Date, Kind::Datetime, term) => {
                let node = Self { term, kind: Kind::Date };
                Self { term: Term::Convert(Conversion::Midnight, node.boxed()), kind }
            }
            (was, _, term) => Self { term, kind: was },
        }
    }

    /// Shows every node below and this one to `look`.
    pub(super) fn walk(&self, look: &mut impl FnMut(&Self)) {
        look(self);
        match &self.term {
            Term::Field { .. }
            | Term::Aggregate { .. }
            | Term::Named(_)
            | Term::Null
            | Term::Truth(_)
            | Term::Whole(_)
            | Term::Number(_)
            | Term::Text(_) => {}
            Term::Not(a)
            | Term::IsNull(a)
            | Term::Is(_, a)
            | Term::Matches(a, _)
            | Term::Months(a, _)
            | Term::Convert(_, a)
            | Term::Has { list: a, .. }
            | Term::Items { list: a, .. }
            | Term::Unary(_, a) => a.walk(look),
            Term::And(a, b)
            | Term::Or(a, b)
            | Term::Compare(_, a, b)
            | Term::Roughly(_, a, b)
            | Term::Same(a, b)
            | Term::Arithmetic(_, a, b)
            | Term::Binary(_, a, b) => {
                a.walk(look);
                b.walk(look);
            }
            Term::OneOf { value, list, .. } => {
                value.walk(look);
                for item in list {
                    item.walk(look);
                }
            }
            Term::Coalesce(all) => {
                for item in all {
                    item.walk(look);
                }
            }
            Term::Case { arms, otherwise } => {
                for (condition, value) in arms {
                    condition.walk(look);
                    value.walk(look);
                }
                otherwise.walk(look);
            }
        }
    }
}
