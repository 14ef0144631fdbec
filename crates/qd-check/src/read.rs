//! Reading text as a field's type: decided once per column, then run on every cell.

pub(crate) mod boolean;
pub(crate) mod geojson;
pub(crate) mod number;
pub(crate) mod pattern;
pub(crate) mod temporal;
pub(crate) mod text;

use crate::value::Value;
use arrow::array::ArrowPrimitiveType;
use boolean::Booleans;
use number::{Integers, Numbers};
use qd_model::{Field, FieldType};
use qd_table::Stored;
use temporal::{Dates, Datetimes, Times, Yearmonths, Years};
use text::Texts;

/// Reads text as one type whose values Arrow keeps in a fixed width.
pub(crate) trait Scalar {
    /// Arrow's name for the type.
    type Arrow: ArrowPrimitiveType;
    /// Reads text.
    fn read(&self, text: &str) -> Option<<Self::Arrow as ArrowPrimitiveType>::Native>;
    /// Reads the canonical text of a cell that a workbook stores typed.
    fn read_stored(&self, text: &str, stored: Stored) -> Option<<Self::Arrow as ArrowPrimitiveType>::Native>;
    /// The value that tests judge.
    fn value(native: <Self::Arrow as ArrowPrimitiveType>::Native) -> Value<'static>;
}

/// How a field's text is read.
#[derive(Debug, Clone)]
pub(crate) enum Reader {
    /// A whole number.
    Integer(Integers),
    /// A number.
    Number(Numbers),
    /// True or false.
    Boolean(Booleans),
    /// A date.
    Date(Dates),
    /// A date and time.
    Datetime(Datetimes),
    /// A time of day.
    Time(Times),
    /// A year.
    Year(Years),
    /// A year and month.
    Yearmonth(Yearmonths),
    /// Everything that is kept as text.
    Text(Texts),
}

impl Reader {
    /// The reader of a field, or what is wrong with the field's format.
    pub(crate) fn compile(field: &Field, is_ours: bool) -> Result<Self, String> {
        let format = field.format.as_deref();
        Ok(match field.field_type {
            FieldType::Integer => Self::Integer(Integers::of(field)),
            FieldType::Number => Self::Number(Numbers::of(field)),
            FieldType::Boolean => Self::Boolean(Booleans::of(field, is_ours)),
            FieldType::Date => Self::Date(Dates::compile(format, is_ours)?),
            FieldType::Datetime => Self::Datetime(Datetimes::compile(format, is_ours)?),
            FieldType::Time => Self::Time(Times::compile(format, is_ours)?),
            FieldType::Year => Self::Year(Years),
            FieldType::Yearmonth => Self::Yearmonth(Yearmonths),
            _ => Self::Text(Texts::compile(field, is_ours)?),
        })
    }

    /// Whether values stay the texts that they are.
    pub(crate) fn is_text(&self) -> bool {
        matches!(self, Self::Text(_))
    }

    /// The same for a schema that tidies nothing: a date is then read in the field's own format only,
    /// and not as ISO 8601 beside it.
    pub(crate) fn strictly(self) -> Self {
        match self {
            Self::Date(reader) => Self::Date(reader.strictly()),
            other => other,
        }
    }

    /// Reads one text.
    pub(crate) fn read<'a>(&self, text: &'a str) -> Option<Value<'a>> {
        fn scalar<R: Scalar>(reader: &R, text: &str) -> Option<Value<'static>> {
            reader.read(text).map(R::value)
        }
        match self {
            Self::Integer(reader) => scalar(reader, text),
            Self::Number(reader) => scalar(reader, text),
            Self::Boolean(reader) => reader.read(text).map(Value::Boolean),
            Self::Date(reader) => scalar(reader, text),
            Self::Datetime(reader) => scalar(reader, text),
            Self::Time(reader) => scalar(reader, text),
            Self::Year(reader) => scalar(reader, text),
            Self::Yearmonth(reader) => scalar(reader, text),
            Self::Text(reader) => reader.accepts(text).then_some(Value::Text(text)),
        }
    }

    /// Reads a limit or an entry of a list out of a schema file, where values may be written in the
    /// file's own way (`1.5`, `true`, `2022-09-30`) as well as in the field's format.
    pub(crate) fn read_setting<'a>(&self, text: &'a str) -> Option<Value<'a>> {
        let plain = match self {
            // JSON writes 1 as 1.0 too.
            Self::Integer(_) => {
                let whole =
                    || Numbers::plain().read(text).filter(|number| number.fract() == 0.0 && number.abs() < 1e15);
                Integers::PLAIN.read(text).or_else(|| whole().map(|number| number as i64)).map(Value::Integer)
            }
            Self::Number(_) => Numbers::plain().read(text).map(Value::Number),
            Self::Boolean(_) => boolean::canonical(text).map(Value::Boolean),
            Self::Date(_) => temporal::iso_date(text).map(Value::Date),
            Self::Datetime(_) => temporal::iso_datetime(text, temporal::Strictness::Strict).map(Value::Datetime),
            Self::Time(_) => temporal::iso_time_of_zone(text, temporal::Strictness::Strict).map(Value::Time),
            Self::Year(_) | Self::Yearmonth(_) | Self::Text(_) => None,
        };
        plain.or_else(|| self.read(text))
    }

    /// What a good value looks like, to complete "The schema asks for …".
    pub(crate) fn expects(&self, field: &Field) -> String {
        match self {
            Self::Date(reader) => reader.expects(),
            Self::Datetime(reader) => reader.expects(),
            Self::Time(reader) => reader.expects(),
            Self::Year(_) => "a year in four digits".to_owned(),
            Self::Yearmonth(_) => "a year and month written as yyyy-mm".to_owned(),
            Self::Boolean(reader) => reader.expects(),
            Self::Text(reader) => reader.expects(field),
            Self::Integer(_) | Self::Number(_) => field.field_type.noun().to_owned(),
        }
    }
}
