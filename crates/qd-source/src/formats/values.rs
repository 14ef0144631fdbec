//! A workbook's cell as canonical text: ISO 8601 dates and times, numbers in plain decimal digits.

use crate::formats::cells::Value;
use calamine::{DataRef, ExcelDateTime};
use qd_table::Stored;
use std::fmt::Write;

/// Holds the text of one cell at a time, so that no cell costs an allocation.
#[derive(Default)]
pub(super) struct Text {
    text: String,
    stored: Option<Stored>,
}

impl Text {
    /// Takes a cell's value; false where the cell shows nothing.
    pub(super) fn set(&mut self, cell: &DataRef<'_>) -> bool {
        self.text.clear();
        let stored = match cell {
            DataRef::Empty => Stored::Text,
            DataRef::String(text) | DataRef::DurationIso(text) => self.put(text, Stored::Text),
            DataRef::SharedString(text) => self.put(text, Stored::Text),
            DataRef::Int(number) => {
                let _ = write!(self.text, "{number}");
                Stored::Number
            }
            DataRef::Float(value) => self.number(*value),
            DataRef::Bool(value) => self.put(if *value { "true" } else { "false" }, Stored::Boolean),
            DataRef::DateTime(value) if value.is_duration() => self.duration(value.as_f64()),
            DataRef::DateTime(value) => self.date(value),
            DataRef::DateTimeIso(text) => self.put(without_midnight(text), Stored::Date),
            DataRef::Error(error) => {
                let _ = write!(self.text, "{error}");
                Stored::Error
            }
        };
        self.stored = Some(stored);
        !self.text.is_empty()
    }

    /// The cell that was taken last.
    pub(super) fn value(&self) -> Value<'_> {
        Value { text: &self.text, stored: self.stored.unwrap_or(Stored::Text) }
    }

    /// Takes text as it stands; false where it is empty.
    pub(super) fn set_text(&mut self, text: &str, stored: Stored) -> bool {
        self.text.clear();
        self.stored = Some(self.put(text, stored));
        !text.is_empty()
    }

    /// Takes a number.
    pub(super) fn set_number(&mut self, value: f64) -> bool {
        self.text.clear();
        self.stored = Some(self.number(value));
        true
    }

    fn put(&mut self, text: &str, stored: Stored) -> Stored {
        self.text.push_str(text);
        stored
    }

    /// The shortest digits that mean the number; never scientific below 10²¹.
    fn number(&mut self, value: f64) -> Stored {
        // A negative zero is a zero to everybody but the machine.
        let value = if value == 0.0 { 0.0 } else { value };
        let _ = if value.abs() < 1e21 { write!(self.text, "{value}") } else { write!(self.text, "{value:e}") };
        Stored::Number
    }

    /// A date, a date and time, or a time of day where the number stands for no day. A number outside
    /// the calendar is shown as the number that it is.
    fn date(&mut self, value: &ExcelDateTime) -> Stored {
        const DAYS: f64 = 2_958_466.0;
        let serial = value.as_f64();
        if !(0.0..DAYS).contains(&serial) {
            return self.number(serial);
        }
        let (year, month, day, hour, minute, second, milli) = value.to_ymd_hms_milli();
        let is_time_only = serial < 1.0 && (year, month) != (1900, 1) && !is_first_day_of_1904(serial, year);
        if !is_time_only {
            let _ = write!(self.text, "{year:04}-{month:02}-{day:02}");
        }
        if is_time_only || (hour, minute, second, milli) != (0, 0, 0, 0) {
            let t = if is_time_only { "" } else { "T" };
            let _ = write!(self.text, "{t}{hour:02}:{minute:02}:{second:02}");
            if milli > 0 {
                let _ = write!(self.text, ".{milli:03}");
            }
        }
        Stored::Date
    }

    /// A length of time, as cells in the format `[h]:mm` hold it.
    fn duration(&mut self, days: f64) -> Stored {
        let millis = (days * 86_400_000.0).round();
        if !millis.is_finite() || millis.abs() > 1e15 {
            return self.number(days);
        }
        let sign = if millis < 0.0 { "-" } else { "" };
        let millis = millis.abs() as u64;
        let (hours, minutes) = (millis / 3_600_000, millis / 60_000 % 60);
        let _ = write!(self.text, "{sign}PT{hours}H{minutes}M{}", millis / 1000 % 60);
        if !millis.is_multiple_of(1000) {
            let _ = write!(self.text, ".{:03}", millis % 1000);
        }
        self.text.push('S');
        Stored::Text
    }
}

/// In the 1904 calendar the number 0 is a day; a part of that day alone is still a time.
fn is_first_day_of_1904(serial: f64, year: u16) -> bool {
    year == 1904 && serial == 0.0
}

/// An ISO date and time of midnight as the date alone.
pub(super) fn without_midnight(text: &str) -> &str {
    let plain = text.trim_end_matches('Z');
    let plain = plain.strip_suffix(".000").unwrap_or(plain);
    plain.strip_suffix("T00:00:00").unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use calamine::{CellErrorType, ExcelDateTimeType};

    fn check(cell: &DataRef<'_>, text: &str, stored: Stored) {
        let mut held = Text::default();
        assert_eq!(held.set(cell), !text.is_empty());
        assert_eq!((held.value().text, held.value().stored), (text, stored), "{cell:?}");
    }

    #[test]
    fn numbers_are_plain_digits() {
        for (number, text) in [
            (97442.0, "97442"),
            (-0.0, "0"),
            (0.1, "0.1"),
            (9_007_199_254_740_992.0, "9007199254740992"),
            (1.5e20, "150000000000000000000"),
            (1e-7, "0.0000001"),
            (1e21, "1e21"),
        ] {
            check(&DataRef::Float(number), text, Stored::Number);
        }
    }

    #[test]
    fn dates_follow_the_workbooks_calendar() {
        for (serial, is_1904, text) in [
            (44743.0, false, "2022-07-01"),
            (44_743.395_833_333_336, false, "2022-07-01T09:30:00"),
            (1.0, false, "1900-01-01"),
            (59.0, false, "1900-02-28"),
            (60.0, false, "1900-02-29"),
            (61.0, false, "1900-03-01"),
            (0.5, false, "12:00:00"),
            (0.0, false, "00:00:00"),
            (43281.0, true, "2022-07-01"),
            (0.0, true, "1904-01-01"),
            (0.5, true, "12:00:00"),
        ] {
            let cell = ExcelDateTime::new(serial, ExcelDateTimeType::DateTime, is_1904);
            check(&DataRef::DateTime(cell), text, Stored::Date);
        }
        let outside = ExcelDateTime::new(-5.0, ExcelDateTimeType::DateTime, false);
        check(&DataRef::DateTime(outside), "-5", Stored::Number);
        let duration = ExcelDateTime::new(1.520_833_333_333_333_3, ExcelDateTimeType::TimeDelta, false);
        check(&DataRef::DateTime(duration), "PT36H30M0S", Stored::Text);
    }

    #[test]
    fn other_cells_have_one_form() {
        check(&DataRef::Bool(true), "true", Stored::Boolean);
        check(&DataRef::Error(CellErrorType::Ref), "#REF!", Stored::Error);
        check(&DataRef::DateTimeIso("2022-07-01T00:00:00".into()), "2022-07-01", Stored::Date);
        check(&DataRef::DateTimeIso("2022-07-01T09:30:00".into()), "2022-07-01T09:30:00", Stored::Date);
        check(&DataRef::SharedString(""), "", Stored::Text);
        check(&DataRef::Empty, "", Stored::Text);
    }
}
