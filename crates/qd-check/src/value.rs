//! One cell's value as its field's type.

/// A value that could be read. Values of one field are all of one variant, and are ordered as the
/// field's type is.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub(crate) enum Value<'a> {
    /// Text, and every type that is kept as text.
    Text(&'a str),
    /// A whole number.
    Integer(i64),
    /// A number.
    Number(f64),
    /// True or false.
    Boolean(bool),
    /// Days from 1 January 1970. A year and month is its first day.
    Date(i32),
    /// Microseconds from 1 January 1970, midnight.
    Datetime(i64),
    /// Microseconds from midnight.
    Time(i64),
    /// A year.
    Year(i32),
}

/// What a test judges.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cell<'a> {
    /// The text after tidying and, where the field has a kind or a code list, after that.
    pub(crate) text: &'a str,
    /// The value that was read from it.
    pub(crate) value: Value<'a>,
}
