//! `round`: a number to the nearest multiple of what the profile declares.

use super::{Asked, Cells, Released, Treatment, only_for};
use arrow::array::{ArrayRef, AsArray, Float64Array, Int64Array};
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use qd_model::pipeline::FieldRelease;
use qd_model::{FieldType, Mistake};
use std::sync::Arc;

/// `to` is the multiple: `to = 5` makes 12 into 10 and 13 into 15. What lies in the middle goes away
/// from nought. A whole number needs a whole multiple.
pub(super) struct Round;

impl Treatment for Round {
    fn name(&self) -> &'static str {
        "round"
    }

    fn settings(&self) -> &'static [&'static str] {
        &["to"]
    }

    fn mistakes(&self, asked: &Asked<'_>) -> Vec<Mistake> {
        let types = [FieldType::Integer, FieldType::Number];
        let mut mistakes: Vec<Mistake> = only_for(asked, &types, self.name(), "numbers").into_iter().collect();
        let is_whole = asked.subject.field_type() == FieldType::Integer;
        let good = match base(asked.release) {
            Some((base, _)) if is_whole => base.fract() == 0.0 && base > 1.0,
            Some(_) => true,
            None => false,
        };
        if !good {
            let what =
                "`round` needs `to`: the multiple to round to, above 0, and a whole number above 1 for whole numbers";
            mistakes.push(Mistake::new(&asked.release.at, what).hint("for example `to = 5`"));
        }
        mistakes
    }

    fn released(&self, asked: &Asked<'_>) -> Released {
        let to = asked.release.setting("to").unwrap_or_default();
        Released::new(format!("{} (to the nearest {to})", asked.subject.label()), asked.subject.field_type())
    }

    fn apply(&self, asked: &Asked<'_>, cells: &Cells<'_>) -> ArrayRef {
        let values = cells.values(asked.subject);
        let (base, decimals) = base(asked.release).unwrap_or((1.0, 0));
        if *values.data_type() == DataType::Int64 {
            let base = base as i128;
            let whole = |number: i64| {
                let half = if number < 0 { -(base / 2) } else { base / 2 };
                // A number so near the end of the range that its multiple lies beyond has none.
                i64::try_from((i128::from(number) + half) / base * base).ok()
            };
            let numbers = values.as_primitive::<Int64Type>().iter();
            return Arc::new(numbers.map(|number| number.and_then(whole)).collect::<Int64Array>());
        }
        let nearest = |number: f64| {
            // As many decimals as the multiple has, so that 0.1 three times is 0.3.
            let text = format!("{:.decimals$}", (number / base).round() * base);
            text.parse::<f64>().ok().map(|rounded| rounded + 0.0)
        };
        let numbers = values.as_primitive::<Float64Type>().iter();
        Arc::new(numbers.map(|number| number.and_then(nearest)).collect::<Float64Array>())
    }
}

/// The multiple, and how many decimals it is written with.
fn base(release: &FieldRelease) -> Option<(f64, usize)> {
    let text = release.setting("to")?;
    let base = text.parse::<f64>().ok().filter(|base| base.is_finite() && *base > 0.0)?;
    Some((base, text.split_once('.').map_or(0, |(_, decimals)| decimals.len())))
}
