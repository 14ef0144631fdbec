//! `derive`: what an analysis needs of exact values, worked out before they are made coarse.

use super::{Asked, Cells, Released, Treatment, identified};
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Date32Array, Float64Array, Int64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, Float64Type, Int64Type};
use jiff::civil::Date;
use qd_model::pipeline::{FieldRelease, TableRelease};
use qd_model::{Class, FieldType, Mistake, Schema, period};
use std::collections::BTreeMap;
use std::sync::Arc;

/// `value` says what is worked out of the row's own fields:
///
/// | value | gives |
/// |---|---|
/// | `days(from, to)`, `weeks(from, to)`, `months(from, to)` | whole days, weeks or months between two dates |
/// | `age(born, on)` | full years |
/// | `change(before, after)` | `after` less `before` |
/// | `event(date)` | whether it had come to pass by the period's end |
/// | `observed_until(date, month)` | the month (or `quarter`, `year`) of the date, or of the period's end where it had not come to pass: with `event` and a coarse beginning, durations can be analysed with censoring |
///
/// A date is a date field, or `period_end`. Blank where a value that is needed is, `event` and
/// `observed_until` excepted. Refused where dates or numbers that the recipient gets as they are
/// would give one back that it does not: a number of days from a known day is a date.
pub(super) struct Derive;

/// The word for the period's last day.
const PERIOD_END: &str = "period_end";

pub(crate) const HINT: &str = "for example `value = \"weeks(registered_on, left_on)\"`; there are days, weeks, months, age, change, event and observed_until";

/// Something worked out of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Formula<'a> {
    Between(Unit, &'a str, &'a str),
    Change(&'a str, &'a str),
    Event(&'a str),
    ObservedUntil(&'a str, Unit),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Unit {
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Unit {
    /// How many days may be meant by one, at the most.
    fn days(self) -> u32 {
        match self {
            Self::Day => 1,
            Self::Week => 7,
            Self::Month => 31,
            Self::Quarter => 92,
            Self::Year => 366,
        }
    }
}

impl<'a> Formula<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (name, rest) = text.trim().split_once('(')?;
        let given: Vec<&str> = rest.strip_suffix(')')?.split(',').map(str::trim).collect();
        match (name.trim(), given.as_slice()) {
            ("days", [from, to]) => Some(Self::Between(Unit::Day, from, to)),
            ("weeks", [from, to]) => Some(Self::Between(Unit::Week, from, to)),
            ("months", [from, to]) => Some(Self::Between(Unit::Month, from, to)),
            ("age", [born, on]) => Some(Self::Between(Unit::Year, born, on)),
            ("change", [before, after]) => Some(Self::Change(before, after)),
            ("event", [date]) => Some(Self::Event(date)),
            ("observed_until", [date] | [date, "month"]) => Some(Self::ObservedUntil(date, Unit::Month)),
            ("observed_until", [date, "quarter"]) => Some(Self::ObservedUntil(date, Unit::Quarter)),
            ("observed_until", [date, "year"]) => Some(Self::ObservedUntil(date, Unit::Year)),
            _ => None,
        }
    }

    fn of(release: &'a FieldRelease) -> Option<Self> {
        Self::parse(release.setting("value")?)
    }

    /// The names that it is worked out of.
    fn names(self) -> Vec<&'a str> {
        match self {
            Self::Between(_, one, other) | Self::Change(one, other) => vec![one, other],
            Self::Event(date) | Self::ObservedUntil(date, _) => vec![date],
        }
    }

    fn is_of_dates(self) -> bool {
        !matches!(self, Self::Change(..))
    }
}

/// The fields that a derived column is worked out of.
pub(crate) fn fields<'a>(release: &FieldRelease, schema: &'a Schema) -> Vec<(usize, &'a qd_model::Field)> {
    let names = Formula::of(release).map_or_else(Vec::new, Formula::names);
    names.into_iter().filter_map(|name| schema.index_of(name).map(|index| (index, &schema.fields[index]))).collect()
}

impl Treatment for Derive {
    fn name(&self) -> &'static str {
        "derive"
    }

    fn settings(&self) -> &'static [&'static str] {
        &["value"]
    }

    fn mistakes(&self, asked: &Asked<'_>) -> Vec<Mistake> {
        let release = asked.release;
        let at = &release.at;
        let Some(formula) = Formula::of(release) else {
            return vec![Mistake::new(at, "`derive` needs `value`: what is worked out of which fields").hint(HINT)];
        };
        let mut mistakes = Vec::new();
        for name in formula.names() {
            let field = asked.schema.field(name);
            let good = match field.map(|field| field.field_type) {
                Some(FieldType::Date) => formula.is_of_dates(),
                Some(FieldType::Integer | FieldType::Number) => !formula.is_of_dates(),
                None => name == PERIOD_END && matches!(formula, Formula::Between(..)),
                Some(_) => false,
            };
            if !good {
                let noun = if formula.is_of_dates() { "date" } else { "number" };
                let what = format!("`{name}` is no {noun} of this table that `value` could be worked out of");
                mistakes.push(Mistake::new(at, what).hint(HINT));
            }
        }
        if self.class(asked) == Class::Special {
            mistakes.extend(identified::special_without_reason(asked));
        }
        mistakes
    }

    fn class(&self, asked: &Asked<'_>) -> Class {
        let fields = fields(asked.release, asked.schema);
        fields.iter().map(|(_, field)| field.class).max().unwrap_or(Class::Direct)
    }

    fn made_of(&self, asked: &Asked<'_>) -> String {
        let fields = fields(asked.release, asked.schema);
        let names: Vec<&str> = fields.iter().map(|(_, field)| field.name.as_str()).collect();
        names.join(", ")
    }

    fn released(&self, asked: &Asked<'_>) -> Released {
        let label = |name: &str| match asked.schema.field(name) {
            Some(field) => field.label().to_owned(),
            None => "the period's end".to_owned(),
        };
        let Some(formula) = Formula::of(asked.release) else {
            return Released::new(asked.subject.label(), FieldType::Integer);
        };
        let (title, field_type) = match formula {
            Formula::Between(Unit::Year, born, on) => {
                (format!("Age by {} on: {}", label(born), label(on)), FieldType::Integer)
            }
            Formula::Between(unit, from, to) => {
                let unit = match unit {
                    Unit::Day => "Days",
                    Unit::Week => "Weeks",
                    _ => "Months",
                };
                (format!("{unit} from: {} to: {}", label(from), label(to)), FieldType::Integer)
            }
            Formula::Change(before, after) => {
                let is_whole = [before, after]
                    .iter()
                    .all(|name| asked.schema.field(name).is_some_and(|field| field.field_type == FieldType::Integer));
                let field_type = if is_whole { FieldType::Integer } else { FieldType::Number };
                (format!("Change from: {} to: {}", label(before), label(after)), field_type)
            }
            Formula::Event(date) => (format!("{} (whether by the period's end)", label(date)), FieldType::Boolean),
            Formula::ObservedUntil(date, unit) => {
                let field_type = if unit == Unit::Year { FieldType::Year } else { FieldType::String };
                (format!("Observed until: {}, or the period's end", label(date)), field_type)
            }
        };
        Released::new(title, field_type)
    }

    fn apply(&self, asked: &Asked<'_>, cells: &Cells<'_>) -> ArrayRef {
        let rows = cells.typed.len();
        let end = period::days(cells.days.1);
        let days = |name: &str| -> Date32Array {
            match asked.schema.index_of(name) {
                Some(index) => cells.typed.column(index).as_primitive::<Date32Type>().clone(),
                None => Date32Array::from_value(end, rows),
            }
        };
        match Formula::of(asked.release).expect("the profile was checked") {
            Formula::Between(unit, from, to) => {
                let (from, to) = (days(from), days(to));
                Arc::new(from.iter().zip(&to).map(|(from, to)| between(unit, from?, to?)).collect::<Int64Array>())
            }
            Formula::Change(before, after) => change(asked, cells, before, after),
            Formula::Event(date) => {
                let happened = |day: Option<i32>| Some(day.is_some_and(|day| day <= end));
                Arc::new(days(date).iter().map(happened).collect::<BooleanArray>())
            }
            Formula::ObservedUntil(date, unit) => {
                let until = days(date).iter().map(|day| Some(day.map_or(end, |day| day.min(end)))).collect();
                observed(until, unit)
            }
        }
    }
}

fn between(unit: Unit, from: i32, to: i32) -> Option<i64> {
    let days = i64::from(to) - i64::from(from);
    match unit {
        Unit::Day => Some(days),
        Unit::Week => Some(days.div_euclid(7)),
        Unit::Month | Unit::Quarter => months(period::from_days(from)?, period::from_days(to)?).into(),
        Unit::Year => {
            let age = period::age(period::from_days(from)?, period::from_days(to)?);
            u32::try_from(age).ok().map(i64::from)
        }
    }
}

/// Full months, counted down where the second day comes first.
fn months(from: Date, to: Date) -> i64 {
    let months = (i64::from(to.year()) - i64::from(from.year())) * 12 + i64::from(to.month()) - i64::from(from.month());
    months - i64::from(to.day() < from.day())
}

fn change(asked: &Asked<'_>, cells: &Cells<'_>, before: &str, after: &str) -> ArrayRef {
    let column = |name: &str| {
        let index = asked.schema.index_of(name).expect("the profile was checked");
        cells.typed.column(index).clone()
    };
    let (before, after) = (column(before), column(after));
    if *before.data_type() == DataType::Int64 && *after.data_type() == DataType::Int64 {
        let pairs = before.as_primitive::<Int64Type>().iter().zip(after.as_primitive::<Int64Type>());
        return Arc::new(pairs.map(|(before, after)| after?.checked_sub(before?)).collect::<Int64Array>());
    }
    let number = |array: &ArrayRef| cast(array, &DataType::Float64).expect("the profile was checked: numbers");
    let (before, after) = (number(&before), number(&after));
    let pairs = before.as_primitive::<Float64Type>().iter().zip(after.as_primitive::<Float64Type>());
    Arc::new(pairs.map(|(before, after)| Some(after? - before?)).collect::<Float64Array>())
}

fn observed(until: Date32Array, unit: Unit) -> ArrayRef {
    let dates: ArrayRef = Arc::new(until);
    match unit {
        Unit::Year => Arc::new(super::part(&dates, arrow::compute::DatePart::Year)),
        Unit::Quarter => super::quarter::labels_of(&dates),
        _ => super::month::labels_of(&dates),
    }
}

/// Derived columns with which values could be found that the recipient does not get as they are, by
/// their place in the profile.
pub(crate) fn giving_back(release: &TableRelease, schema: &Schema) -> Vec<(usize, Mistake)> {
    let derived: Vec<(usize, &FieldRelease, Formula<'_>)> = release
        .fields
        .iter()
        .enumerate()
        .filter(|(_, field)| field.treatment == "derive")
        .filter_map(|(index, field)| Some((index, field, Formula::of(field)?)))
        .collect();
    if derived.is_empty() {
        return Vec::new();
    }
    // Within how many days the recipient knows each value; none where not at all.
    let mut known: BTreeMap<&str, u32> = BTreeMap::from([(PERIOD_END, 1)]);
    for field in &release.fields {
        let days = match field.treatment.as_str() {
            "identified" => Unit::Day.days(),
            "month" => Unit::Month.days(),
            "quarter" => Unit::Quarter.days(),
            "year" => Unit::Year.days(),
            _ => continue,
        };
        let entry = known.entry(&field.field).or_insert(days);
        *entry = days.min(*entry);
    }
    let released = known.clone();
    let mut found: BTreeMap<usize, &str> = BTreeMap::new();
    // What is found by one column may open the way to the next.
    for _ in 0..=derived.len() {
        for (index, _, formula) in &derived {
            let (step, one, other) = match *formula {
                Formula::Between(unit, one, other) if unit < Unit::Month => (unit.days() - 1, one, other),
                Formula::Change(one, other) => (0, one, other),
                _ => continue,
            };
            for (from, to) in [(one, other), (other, one)] {
                let Some(within) = known.get(from).map(|days| days + step) else { continue };
                if known.get(to).is_none_or(|days| *days > within) {
                    known.insert(to, within);
                    let is_shielded = schema.field(to).is_some_and(|field| field.class != Class::None);
                    if is_shielded && within < Unit::Month.days() {
                        found.insert(*index, to);
                    }
                }
            }
        }
    }
    let mut mistakes = Vec::new();
    for (index, field, formula) in &derived {
        let at = &field.at;
        if let Some(name) = found.get(index) {
            let what =
                format!("`{}` would give back `{name}`, which the recipient does not get as it is", field.released_as);
            let hint = "make the other value coarse too, count in months, or leave this out";
            mistakes.push((*index, Mistake::new(at, what).hint(hint)));
        } else if let Formula::ObservedUntil(name, unit) = formula
            && released.get(name).is_some_and(|days| *days > unit.days())
        {
            let what = format!("`{}` would tell `{name}` more closely than it is released", field.released_as);
            mistakes.push((*index, Mistake::new(at, what).hint("observe until the same quarter or year")));
        }
    }
    mistakes
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn formulas_are_read_as_they_are_written() {
        let check = |text: &str, expected| assert_eq!(Formula::parse(text), expected, "{text}");
        check("days(a, b)", Some(Formula::Between(Unit::Day, "a", "b")));
        check(" age ( born ,on ) ", Some(Formula::Between(Unit::Year, "born", "on")));
        check("observed_until(left, quarter)", Some(Formula::ObservedUntil("left", Unit::Quarter)));
        check("observed_until(left)", Some(Formula::ObservedUntil("left", Unit::Month)));
        for text in ["days(a)", "days a, b", "hours(a, b)", "event(a, b)", "observed_until(a, week)", ""] {
            check(text, None);
        }
    }

    #[test]
    fn months_are_full_months() {
        let check = |from: Date, to: Date, expected| assert_eq!(months(from, to), expected, "{from} {to}");
        check(date(2022, 1, 31), date(2022, 2, 28), 0);
        check(date(2022, 1, 31), date(2022, 3, 31), 2);
        check(date(2021, 12, 5), date(2022, 1, 5), 1);
        check(date(2022, 1, 5), date(2021, 12, 4), -2);
    }

    #[test]
    fn what_is_observed_never_passes_the_end() {
        let end = period::days(date(2022, 9, 30));
        let labels = observed(Date32Array::from(vec![end - 70, end]), Unit::Quarter);
        assert_eq!(labels.as_string_view().iter().flatten().collect::<Vec<_>>(), ["2022-Q3", "2022-Q3"]);
    }
}
