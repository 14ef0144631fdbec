//! One cell of a released column at a time, whatever Arrow array it is kept in.

use crate::error::ReturnError;
use arrow::array::{
    Array, AsArray, BooleanArray, Date32Array, Float64Array, Int32Array, Int64Array, StringViewArray,
    Time64MicrosecondArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{
    DataType, Date32Type, Float64Type, Int32Type, Int64Type, Time64MicrosecondType, TimeUnit, TimestampMicrosecondType,
};
use qd_disclosure::ClearedTable;
use qd_model::{FieldType, period};
use std::borrow::Cow;

/// A cell's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value<'a> {
    Nothing,
    Text(&'a str),
    Integer(i64),
    Number(f64),
    Boolean(bool),
    /// Days since 1 January 1970.
    Date(i32),
    /// The month of that day.
    Month(i32),
    /// Microseconds since the beginning of 1 January 1970.
    DateTime(i64),
    /// Microseconds since midnight.
    Time(i64),
}

/// A column's values.
pub(crate) enum Values<'a> {
    Text(&'a StringViewArray),
    Integer(&'a Int64Array),
    Year(&'a Int32Array),
    Number(&'a Float64Array),
    Boolean(&'a BooleanArray),
    Date(&'a Date32Array),
    Month(&'a Date32Array),
    DateTime(&'a TimestampMicrosecondArray),
    Time(&'a Time64MicrosecondArray),
}

impl<'a> Values<'a> {
    /// The values of a table's column.
    pub(crate) fn of(table: &'a ClearedTable, column: usize) -> Result<Self, ReturnError> {
        let array = table.batch().column(column);
        let field_type = table.columns()[column].field_type;
        Ok(match array.data_type() {
            DataType::Utf8View => Self::Text(array.as_string_view()),
            DataType::Int64 => Self::Integer(array.as_primitive::<Int64Type>()),
            DataType::Int32 => Self::Year(array.as_primitive::<Int32Type>()),
            DataType::Float64 => Self::Number(array.as_primitive::<Float64Type>()),
            DataType::Boolean => Self::Boolean(array.as_boolean()),
            DataType::Date32 if field_type == FieldType::Yearmonth => Self::Month(array.as_primitive::<Date32Type>()),
            DataType::Date32 => Self::Date(array.as_primitive::<Date32Type>()),
            DataType::Timestamp(TimeUnit::Microsecond, _) => {
                Self::DateTime(array.as_primitive::<TimestampMicrosecondType>())
            }
            DataType::Time64(TimeUnit::Microsecond) => Self::Time(array.as_primitive::<Time64MicrosecondType>()),
            other => {
                return Err(ReturnError::UnknownType {
                    table: table.name().to_owned(),
                    column: table.columns()[column].name.clone(),
                    kind: other.to_string(),
                });
            }
        })
    }

    /// The value in a row.
    pub(crate) fn at(&self, row: usize) -> Value<'a> {
        if self.array().is_null(row) {
            return Value::Nothing;
        }
        match self {
            Self::Text(array) => Value::Text(array.value(row)),
            Self::Integer(array) => Value::Integer(array.value(row)),
            Self::Year(array) => Value::Integer(i64::from(array.value(row))),
            Self::Number(array) => Value::Number(array.value(row)),
            Self::Boolean(array) => Value::Boolean(array.value(row)),
            Self::Date(array) => Value::Date(array.value(row)),
            Self::Month(array) => Value::Month(array.value(row)),
            Self::DateTime(array) => Value::DateTime(array.value(row)),
            Self::Time(array) => Value::Time(array.value(row)),
        }
    }

    fn array(&self) -> &'a dyn Array {
        match *self {
            Self::Text(array) => array,
            Self::Integer(array) => array,
            Self::Year(array) => array,
            Self::Number(array) => array,
            Self::Boolean(array) => array,
            Self::Date(array) | Self::Month(array) => array,
            Self::DateTime(array) => array,
            Self::Time(array) => array,
        }
    }
}

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

impl<'a> Value<'a> {
    /// The value as canonical text: ISO 8601 dates and times, numbers without a superfluous `.0`,
    /// `true` and `false`, and nothing for nothing.
    pub(crate) fn canonical(self) -> Cow<'a, str> {
        match self {
            Self::Nothing => "".into(),
            Self::Text(text) => text.into(),
            Self::Integer(number) => number.to_string().into(),
            Self::Number(number) => number.to_string().into(),
            Self::Boolean(flag) => if flag { "true" } else { "false" }.into(),
            Self::Date(days) => date(days).into(),
            Self::Month(days) => date(days).get(..7).unwrap_or_default().to_owned().into(),
            Self::DateTime(at) => {
                let days = i32::try_from(at.div_euclid(DAY)).unwrap_or(i32::MAX);
                format!("{}T{}", date(days), time(at.rem_euclid(DAY))).into()
            }
            Self::Time(at) => time(at).into(),
        }
    }
}

fn date(days: i32) -> String {
    period::from_days(days).map_or_else(String::new, |date| date.to_string())
}

fn time(microseconds: i64) -> String {
    let seconds = microseconds / SECOND;
    let whole = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    match microseconds % SECOND {
        0 => whole,
        rest => format!("{whole}.{rest:06}").trim_end_matches('0').to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_one_text_each() {
        let noon = DAY / 2;
        let cases = [
            (Value::Nothing, ""),
            (Value::Text("=x"), "=x"),
            (Value::Integer(-5), "-5"),
            (Value::Number(12.0), "12"),
            (Value::Number(0.1), "0.1"),
            (Value::Boolean(false), "false"),
            (Value::Date(19_265), "2022-09-30"),
            (Value::Month(19_265), "2022-09"),
            (Value::DateTime(19_265 * DAY + noon), "2022-09-30T12:00:00"),
            (Value::DateTime(-1), "1969-12-31T23:59:59.999999"),
            (Value::Time(noon + SECOND / 2), "12:00:00.5"),
        ];
        for (value, expected) in cases {
            assert_eq!(value.canonical(), expected, "{value:?}");
        }
    }
}
