//! Arrow columns as Polars columns: numbers and texts are borrowed where they stand, only the bits
//! that say which values are null are copied. Booleans are copied whole, since a chunk has few bytes
//! of them. Dates, times and years are lent as the whole numbers that they are kept as.

use arrow::array::{Array, ArrowPrimitiveType, AsArray, BooleanArray, StringViewArray};
use arrow::buffer::{BooleanBuffer, Buffer, NullBuffer, ScalarBuffer};
use arrow::datatypes::{
    DataType, Date32Type, Float64Type, Int32Type, Int64Type, Time64MicrosecondType, TimestampMicrosecondType,
};
use polars::prelude::{
    BooleanChunked, ChunkedArray, Column, DataFrame, IntoColumn, PlSmallStr, PolarsNumericType, UInt32Chunked,
};
use polars_arrow::array::{BooleanArray as PolarsBooleans, PrimitiveArray, Utf8ViewArray, View};
use polars_arrow::bitmap::Bitmap;
use polars_arrow::datatypes::ArrowDataType;
use polars_arrow::types::NativeType;
use polars_buffer::Buffer as PolarsBuffer;
use qd_table::Typed;

/// Columns beside those of the fields: the row's number, whether one of its cells could not be read,
/// whether there is such a row, and its person.
pub(crate) const ROW: &str = "row";
pub(crate) const UNREAD: &str = "unread";
pub(crate) const HERE: &str = "here";
pub(crate) const PERSON: &str = "person";

/// A frame over the fields named, each column under [`name`] of its field.
pub(crate) fn frame(typed: &Typed, fields: impl IntoIterator<Item = usize>) -> DataFrame {
    let columns = fields.into_iter().map(|field| column(&name(field), typed.column(field).as_ref())).collect();
    DataFrame::new(typed.len(), columns).expect("every column is as long as the rows, under a name of its own")
}

/// Some fields of rows that stand beside others, under names that begin behind those of `own` fields.
pub(crate) fn columns_behind(typed: &Typed, own: usize, fields: &[usize]) -> Vec<Column> {
    fields.iter().map(|field| column(&name(own + field), typed.column(*field).as_ref())).collect()
}

/// A field's values as texts, under a name: what two tables' rows meet by.
pub(crate) fn as_texts(name: &str, typed: &Typed, field: usize) -> Column {
    let texts = arrow::compute::cast(typed.column(field), &DataType::Utf8View);
    column(name, texts.expect("every type of a field can be written as text").as_ref())
}

/// What a field's column is called in a frame; its own name could clash with another's.
pub(crate) fn name(field: usize) -> String {
    format!("f{field}")
}

fn column(name: &str, array: &dyn Array) -> Column {
    match array.data_type() {
        DataType::Int64 => numbers::<Int64Type, polars::prelude::Int64Type>(name, array, ArrowDataType::Int64),
        DataType::Float64 => numbers::<Float64Type, polars::prelude::Float64Type>(name, array, ArrowDataType::Float64),
        DataType::Int32 => numbers::<Int32Type, polars::prelude::Int32Type>(name, array, ArrowDataType::Int32),
        DataType::Date32 => numbers::<Date32Type, polars::prelude::Int32Type>(name, array, ArrowDataType::Int32),
        DataType::Timestamp(..) => {
            numbers::<TimestampMicrosecondType, polars::prelude::Int64Type>(name, array, ArrowDataType::Int64)
        }
        DataType::Time64(_) => {
            numbers::<Time64MicrosecondType, polars::prelude::Int64Type>(name, array, ArrowDataType::Int64)
        }
        DataType::Boolean => booleans(name, array.as_boolean()),
        DataType::Utf8View => texts(name, array.as_string_view()),
        other => unreachable!("typed rows have no column of type {other}"),
    }
}

/// The owner of borrowed numbers: keeps Arrow's buffer alive for as long as Polars looks at it.
struct Numbers<T: arrow::datatypes::ArrowNativeType>(ScalarBuffer<T>);

impl<T: arrow::datatypes::ArrowNativeType> AsRef<[T]> for Numbers<T> {
    fn as_ref(&self) -> &[T] {
        &self.0
    }
}

fn numbers<A, P>(name: &str, array: &dyn Array, kept_as: ArrowDataType) -> Column
where
    A: ArrowPrimitiveType,
    A::Native: NativeType,
    P: PolarsNumericType<Native = A::Native>,
{
    let array = array.as_primitive::<A>();
    let values = PolarsBuffer::from_owner(Numbers(array.values().clone()));
    let lent = PrimitiveArray::<P::Native>::try_new(kept_as, values, validity(array.nulls()))
        .expect("the values and their validity are of one length");
    ChunkedArray::<P>::with_chunk(PlSmallStr::from_str(name), lent).into_column()
}

/// The owner of borrowed views: Arrow keeps them as 16 bytes each, of the same layout as Polars'.
struct Views(ScalarBuffer<u128>);

impl AsRef<[View]> for Views {
    fn as_ref(&self) -> &[View] {
        bytemuck::cast_slice(&self.0)
    }
}

/// The owner of borrowed text bytes.
struct Bytes(Buffer);

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

fn texts(name: &str, array: &StringViewArray) -> Column {
    let views = PolarsBuffer::from_owner(Views(array.views().clone()));
    let bytes = array.data_buffers().iter().map(|bytes| PolarsBuffer::from_owner(Bytes(bytes.clone())));
    let lent = Utf8ViewArray::try_new(ArrowDataType::Utf8View, views, bytes.collect(), validity(array.nulls()))
        .expect("Arrow's text is UTF-8 and its views stay within their buffers");
    polars::prelude::StringChunked::with_chunk(PlSmallStr::from_str(name), lent).into_column()
}

/// Booleans, copied, as a column.
pub(crate) fn booleans(name: &str, array: &BooleanArray) -> Column {
    let copied = PolarsBooleans::try_new(ArrowDataType::Boolean, bits(array.values()), validity(array.nulls()))
        .expect("the values and their validity are of one length");
    BooleanChunked::with_chunk(PlSmallStr::from_str(name), copied).into_column()
}

/// The person of each row, as a column; nobody where people are not known.
pub(crate) fn people(typed: &Typed) -> Column {
    let people: UInt32Chunked = match &typed.person {
        Some(people) => people.iter().collect(),
        None => std::iter::repeat_n(None, typed.len()).collect(),
    };
    people.with_name(PlSmallStr::from_static(PERSON)).into_column()
}

/// Numbers in rising order, as a column.
pub(crate) fn numbers_from(name: &str, start: u32, count: usize) -> Column {
    UInt32Chunked::from_vec(PlSmallStr::from_str(name), (start..).take(count).collect()).into_column()
}

fn validity(nulls: Option<&NullBuffer>) -> Option<Bitmap> {
    nulls.map(|nulls| bits(nulls.inner()))
}

fn bits(buffer: &BooleanBuffer) -> Bitmap {
    Bitmap::try_new(buffer.sliced().to_vec(), buffer.len()).expect("the bytes hold as many bits as the buffer says")
}

/// Polars' booleans as Arrow's, one for each of `rows`: an expression without a field has one value
/// for all of them.
pub(crate) fn give_back(column: &Column, rows: usize) -> BooleanArray {
    let values = column.bool().expect("every rule is lowered to a boolean expression");
    if values.len() == 1 && rows != 1 {
        return BooleanArray::from(vec![values.get(0); rows]);
    }
    let values = values.rechunk();
    let array = values.downcast_as_array();
    let copied = |bits: &Bitmap| {
        let (bytes, offset, length) = bits.as_slice();
        BooleanBuffer::new(Buffer::from(bytes), offset, length)
    };
    BooleanArray::new(copied(array.values()), array.validity().map(|bits| NullBuffer::new(copied(bits))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Date32Array, Float64Array, Int64Array};

    #[test]
    fn numbers_are_lent_where_they_stand() {
        let whole = Int64Array::from(vec![Some(1), None, Some(3), Some(4)]).slice(1, 3);
        let lent = column("a", &whole);
        let lent = lent.i64().expect("whole numbers");
        assert_eq!(lent.downcast_as_array().values().as_ptr(), whole.values().as_ptr());
        assert_eq!(lent.to_vec(), [None, Some(3), Some(4)]);

        let number = Float64Array::from(vec![Some(0.5), None]);
        let lent = column("a", &number);
        assert_eq!(lent.f64().expect("numbers").downcast_as_array().values().as_ptr(), number.values().as_ptr());

        let date = Date32Array::from(vec![Some(19_265), None]);
        let lent = column("a", &date);
        assert_eq!(lent.i32().expect("days").downcast_as_array().values().as_ptr(), date.values().as_ptr());
    }

    #[test]
    fn texts_are_lent_where_they_stand() {
        let long = "longer than the twelve bytes that a view holds itself";
        let text = StringViewArray::from(vec![Some("short"), None, Some(long), Some("été")]).slice(1, 3);
        let lent = column("a", &text);
        let lent = lent.str().expect("texts");
        let array = lent.downcast_as_array();
        assert_eq!(array.views().as_ptr().cast::<u8>(), text.views().as_ptr().cast::<u8>());
        assert_eq!(array.data_buffers()[0].as_ptr(), text.data_buffers()[0].as_ptr());
        assert_eq!(lent.iter().collect::<Vec<_>>(), [None, Some(long), Some("été")]);
    }

    #[test]
    fn booleans_come_back_as_they_went_whatever_their_offset() {
        let all: Vec<Option<bool>> = (0..40).map(|i| [Some(true), None, Some(false)][i % 3]).collect();
        for from in [0, 1, 7, 8, 9] {
            let array = BooleanArray::from(all.clone()).slice(from, 40 - from);
            let back = give_back(&column("a", &array), array.len());
            assert_eq!(back, array);
        }
    }

    #[test]
    fn one_value_stands_for_every_row() {
        let one = column("a", &BooleanArray::from(vec![None]));
        assert_eq!(give_back(&one, 3), BooleanArray::from(vec![None, None, None]));
        assert_eq!(give_back(&one, 0).len(), 0);
    }
}
