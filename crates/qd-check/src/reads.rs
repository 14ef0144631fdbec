//! Whether a text is of a type: for those who guess types from values.

use crate::read::{Reader, number, temporal};
use qd_model::{Schema, Syntax};
use qd_table::Stored;

/// Reads texts as one type and format, for a schema of ours.
#[derive(Debug, Clone)]
pub struct Reads(Reader);

impl Reads {
    /// A type and format by the standard's words, both of them good.
    pub fn of(field_type: &str, format: Option<&str>) -> Self {
        let format = format.map_or(String::new(), |format| format!("format = '{format}'"));
        let text = format!("[quarterday]\n[[fields]]\nname = 'a'\ntype = '{field_type}'\n{format}");
        let schema = Schema::parse(&text, Syntax::Toml, "type").expect("the type is one of the standard's");
        Self(Reader::compile(&schema.fields[0], true).expect("the format is a good one"))
    }

    /// Whether a cell can be read.
    pub fn reads(&self, text: &str, stored: Stored) -> bool {
        use crate::read::Scalar as _;
        match (&self.0, stored) {
            (_, Stored::Error) => false,
            // A schema of ours reads an ISO date beside every format; as evidence of the format it says nothing.
            (Reader::Date(reader), Stored::Text) => reader.reads_as_written(text),
            (Reader::Integer(reader), _) => number::Integers::read_stored(reader, text, stored).is_some(),
            (Reader::Number(reader), _) => {
                number::Numbers::read_stored(reader, text, stored).is_some_and(f64::is_finite)
            }
            (Reader::Date(reader), _) => {
                stored == Stored::Date && temporal::Dates::read_stored(reader, text, stored).is_some()
            }
            (Reader::Datetime(reader), _) => reader.read_stored(text, stored).is_some() && stored != Stored::Number,
            (Reader::Time(reader), _) => reader.read_stored(text, stored).is_some(),
            (Reader::Boolean(reader), _) => reader.read_stored(text, stored).is_some(),
            (reader, Stored::Text) => reader.read(text).is_some(),
            _ => false,
        }
    }
}
