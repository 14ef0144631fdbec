//! Digests of rows' values, by which equal ones find each other. Quick and without a seed, so the
//! same on every machine; whoever meets two equal digests compares the values themselves.

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{
    DataType, Date32Type, Float64Type, Int32Type, Int64Type, Time64MicrosecondType, TimestampMicrosecondType,
};

const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// Takes eight more bytes into a digest.
fn fold(digest: u64, word: u64) -> u64 {
    let product = u128::from(digest ^ word) * u128::from(FACTOR);
    (product as u64 ^ (product >> 64) as u64).wrapping_add(FACTOR.rotate_left(17))
}

/// Takes a text and its length into a digest.
pub(crate) fn of_bytes(digest: u64, bytes: &[u8]) -> u64 {
    let mut digest = fold(digest, bytes.len() as u64);
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        digest = fold(digest, u64::from_le_bytes(*word));
    }
    let mut last = [0u8; 8];
    last[..rest.len()].copy_from_slice(rest);
    fold(digest, u64::from_le_bytes(last))
}

/// One digest per row over all columns, and which rows have a value in every column.
pub(crate) fn of_rows(columns: &[ArrayRef], rows: usize) -> (Vec<u64>, Option<NullBuffer>) {
    let mut digests = vec![FACTOR; rows];
    let mut nulls = None;
    for column in columns {
        of_column(&mut digests, column);
        nulls = NullBuffer::union(nulls.as_ref(), column.nulls());
    }
    (digests, nulls)
}

fn of_column(digests: &mut [u64], column: &ArrayRef) {
    fn primitive<T: ArrowPrimitiveType>(digests: &mut [u64], column: &ArrayRef, word: fn(T::Native) -> u64) {
        let column: &PrimitiveArray<T> = column.as_primitive();
        for (digest, value) in digests.iter_mut().zip(column.values()) {
            *digest = fold(*digest, word(*value));
        }
    }
    match column.data_type() {
        DataType::Int64 => primitive::<Int64Type>(digests, column, |value| value as u64),
        DataType::Int32 => primitive::<Int32Type>(digests, column, |value| value as u64),
        DataType::Date32 => primitive::<Date32Type>(digests, column, |value| value as u64),
        DataType::Timestamp(..) => primitive::<TimestampMicrosecondType>(digests, column, |value| value as u64),
        DataType::Time64(_) => primitive::<Time64MicrosecondType>(digests, column, |value| value as u64),
        // Adding zero makes one of the two zeros.
        DataType::Float64 => primitive::<Float64Type>(digests, column, |value| (value + 0.0).to_bits()),
        DataType::Boolean => {
            for (digest, value) in digests.iter_mut().zip(column.as_boolean().values()) {
                *digest = fold(*digest, u64::from(value));
            }
        }
        _ => {
            let column = column.as_string_view();
            for (index, digest) in digests.iter_mut().enumerate() {
                if column.is_valid(index) {
                    *digest = of_bytes(*digest, column.value(index).as_bytes());
                }
            }
        }
    }
}

/// Whether two rows have equal values in all columns; neither has a null.
pub(crate) fn same(a: &[ArrayRef], i: usize, b: &[ArrayRef], j: usize) -> bool {
    a.iter().zip(b).all(|(a, b)| same_value(a, i, b, j))
}

fn same_value(a: &ArrayRef, i: usize, b: &ArrayRef, j: usize) -> bool {
    fn primitive<T: ArrowPrimitiveType>(a: &ArrayRef, i: usize, b: &ArrayRef, j: usize) -> bool {
        a.as_primitive::<T>().value(i) == b.as_primitive::<T>().value(j)
    }
    match a.data_type() {
        DataType::Int64 => primitive::<Int64Type>(a, i, b, j),
        DataType::Int32 => primitive::<Int32Type>(a, i, b, j),
        DataType::Date32 => primitive::<Date32Type>(a, i, b, j),
        DataType::Timestamp(..) => primitive::<TimestampMicrosecondType>(a, i, b, j),
        DataType::Time64(_) => primitive::<Time64MicrosecondType>(a, i, b, j),
        DataType::Float64 => {
            let (a, b) = (a.as_primitive::<Float64Type>().value(i), b.as_primitive::<Float64Type>().value(j));
            (a + 0.0).to_bits() == (b + 0.0).to_bits()
        }
        DataType::Boolean => a.as_boolean().value(i) == b.as_boolean().value(j),
        DataType::Utf8 => a.as_string::<i32>().value(i) == b.as_string::<i32>().value(j),
        _ => a.as_string_view().value(i) == b.as_string_view().value(j),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_only_look_equal_together_differ() {
        let of = |texts: [&str; 2]| texts.iter().fold(FACTOR, |digest, text| of_bytes(digest, text.as_bytes()));
        assert_ne!(of(["ab", "c"]), of(["a", "bc"]));
        assert_ne!(of(["a", ""]), of(["a\0", ""]));
        assert_eq!(of(["ab", "c"]), of(["ab", "c"]));
    }
}
