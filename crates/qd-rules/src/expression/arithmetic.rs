//! Arithmetic and dates, value by value: NULL in, NULL out, and NULL for what cannot be held.

use polars::prelude::{
    BooleanChunked, ChunkedArray, Column, DataType, Expr, Field, Float64Type, Int64Chunked, Int64Type, IntoColumn,
    PolarsNumericType, PolarsResult, StaticArray,
};
use polars_arrow::array::PrimitiveArray;

/// A function of one whole number.
pub(super) fn whole(value: Expr, work: fn(i64) -> Option<i64>) -> Expr {
    each::<Int64Type>(value, DataType::Int64, work)
}

/// A function of one number.
pub(super) fn number(value: Expr, work: fn(f64) -> Option<f64>) -> Expr {
    each::<Float64Type>(value, DataType::Float64, work)
}

/// A function of two whole numbers.
pub(super) fn wholes(left: Expr, right: Expr, work: impl Fn(i64, i64) -> Option<i64> + Send + Sync + 'static) -> Expr {
    pairs::<Int64Type>(left, right, DataType::Int64, work)
}

/// A function of two numbers.
pub(super) fn numbers(left: Expr, right: Expr, work: fn(f64, f64) -> Option<f64>) -> Expr {
    pairs::<Float64Type>(left, right, DataType::Float64, work)
}

/// A question about a text.
pub(super) fn texts_to_truth(value: Expr, work: impl Fn(&str) -> bool + Send + Sync + 'static) -> Expr {
    value.map(
        move |column| {
            let texts = column.as_materialized_series().str()?;
            let all: BooleanChunked = texts.iter().map(|text| text.map(&work)).collect();
            Ok(all.with_name(column.name().clone()).into_column())
        },
        |_, field| Ok(Field::new(field.name().clone(), DataType::Boolean)),
    )
}

/// A whole number that a text comes to.
pub(super) fn texts_to_whole(value: Expr, work: impl Fn(&str) -> i64 + Send + Sync + 'static) -> Expr {
    value.map(
        move |column| {
            let texts = column.as_materialized_series().str()?;
            let all: Int64Chunked = texts.iter().map(|text| text.map(&work)).collect();
            Ok(all.with_name(column.name().clone()).into_column())
        },
        |_, field| Ok(Field::new(field.name().clone(), DataType::Int64)),
    )
}

fn each<T: PolarsNumericType>(value: Expr, kept_as: DataType, work: fn(T::Native) -> Option<T::Native>) -> Expr {
    value.map(
        move |column| {
            let values = unpacked::<T>(&column)?;
            let all: ChunkedArray<T> = (0..values.len()).map(|row| values.get(row).and_then(work)).collect();
            Ok(all.with_name(column.name().clone()).into_column())
        },
        move |_, field| Ok(Field::new(field.name().clone(), kept_as.clone())),
    )
}

fn pairs<T: PolarsNumericType>(
    left: Expr,
    right: Expr,
    kept_as: DataType,
    work: impl Fn(T::Native, T::Native) -> Option<T::Native> + Send + Sync + 'static,
) -> Expr {
    left.map_many(
        move |columns| {
            let (left, right) = (unpacked::<T>(&columns[0])?, unpacked::<T>(&columns[1])?);
            // A literal is one value for every row.
            let rows = if left.len() == 1 { right.len() } else { left.len() };
            let value = |array: &PrimitiveArray<T::Native>, row| array.get(if array.len() == 1 { 0 } else { row });
            let all: ChunkedArray<T> = (0..rows).map(|row| work(value(&left, row)?, value(&right, row)?)).collect();
            Ok(all.with_name(columns[0].name().clone()).into_column())
        },
        &[right],
        move |_, fields| Ok(Field::new(fields[0].name().clone(), kept_as.clone())),
    )
}

fn unpacked<T: PolarsNumericType>(column: &Column) -> PolarsResult<PrimitiveArray<T::Native>> {
    let series = column.as_materialized_series();
    let values: &ChunkedArray<T> = series.unpack()?;
    Ok(values.rechunk().downcast_as_array().clone())
}

/// A result with 15 significant digits, as spreadsheets keep them; NULL where it is none.
pub(super) fn tidy(value: f64) -> Option<f64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if !value.is_finite() {
        return None;
    }
    let size = value.abs();
    if value.fract() == 0.0 && size < 1e15 {
        return Some(value);
    }
    if !(1e-7..1e15).contains(&size) {
        return format!("{value:.14e}").parse().ok();
    }
    // Fifteen digits make a whole number that is held exactly, and so is a power of ten up to 22:
    // their quotient is the number nearest to the decimal.
    let power = 10f64.powi(14 - size.log10().floor() as i32);
    let scaled = (value * power).round_ties_even();
    debug_assert!(scaled.abs() < EXACT, "fifteen digits fit");
    Some(scaled / power)
}

/// The quotient, or NULL where the divisor is zero.
pub(super) fn divide(left: f64, right: f64) -> Option<f64> {
    if right == 0.0 { None } else { tidy(left / right) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: f64, expected: Option<f64>) {
        assert_eq!(tidy(value), expected, "{value:e}");
    }

    #[test]
    fn results_keep_fifteen_digits() {
        check(0.1 + 0.2, Some(0.3));
        check(1.1 * 1.1, Some(1.21));
        check(0.3 - 0.1, Some(0.2));
        check(-(4.35 * 100.0), Some(-435.0));
        check(123_456_789_012_345.6, Some(123_456_789_012_346.0));
        check(1e300, Some(1e300));
        check(1e-300, Some(1e-300));
        check(0.0, Some(0.0));
        check(f64::INFINITY, None);
        check(f64::NAN, None);
    }

    #[test]
    fn results_are_near_and_stay_as_they_are() {
        let mut value = 1.234_567_890_123_456_7e-9;
        while value < 1e17 {
            let tidied = tidy(value).expect("finite");
            assert!((tidied - value).abs() <= value * 5.1e-15, "{value:e} became {tidied:e}");
            assert_eq!(format!("{tidied:.14e}").parse(), Ok(tidied), "{tidied:e} has more than fifteen digits");
            check(tidied, Some(tidied));
            value *= 1.017_373_1;
        }
    }
}
