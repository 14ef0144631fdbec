//! `band`: a number as one of the bands that the profile declares.

use super::{Asked, Cells, Released, Treatment, only_for};
use arrow::array::{ArrayRef, AsArray, StringViewBuilder};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use qd_model::pipeline::FieldRelease;
use qd_model::schema::Category;
use qd_model::{FieldType, Mistake};
use std::sync::Arc;

/// `bands` lists where each band begins, in rising order: `[0, 8, 16]` makes "0 to 7", "8 to 15" and
/// "16+" of whole numbers, and "0 to under 8" and so on of others. What lies below is "under 0".
pub(super) struct Band;

impl Treatment for Band {
    fn name(&self) -> &'static str {
        "band"
    }

    fn settings(&self) -> &'static [&'static str] {
        &["bands"]
    }

    fn mistakes(&self, asked: &Asked<'_>) -> Vec<Mistake> {
        let types = [FieldType::Integer, FieldType::Number];
        let mut mistakes: Vec<Mistake> = only_for(asked, &types, self.name(), "numbers").into_iter().collect();
        let is_whole = asked.subject.field_type() == FieldType::Integer;
        let starts = starts(asked.release);
        if starts.as_ref().is_none_or(|starts| is_whole && starts.iter().any(|start| start.fract() != 0.0)) {
            let what = "`band` needs `bands`: the first number of each band, in rising order";
            mistakes.push(Mistake::new(&asked.release.at, what).hint("for example `bands = [0, 8, 16, 30]`"));
        }
        mistakes
    }

    fn released(&self, asked: &Asked<'_>) -> Released {
        let labels = labels(&starts(asked.release).unwrap_or_default(), asked.subject.field_type());
        let categories = labels.into_iter().map(|value| Category { value, label: None }).collect();
        Released { categories, ..Released::new(format!("{} (band)", asked.subject.label()), FieldType::String) }
    }

    fn apply(&self, asked: &Asked<'_>, cells: &Cells<'_>) -> ArrayRef {
        let starts = starts(asked.release).unwrap_or_default();
        let labels = labels(&starts, asked.subject.field_type());
        let numbers = cast(&cells.values(asked.subject), &DataType::Float64).expect("the profile was checked: numbers");
        let mut out = StringViewBuilder::with_capacity(cells.typed.len());
        for number in numbers.as_primitive::<Float64Type>() {
            let number = number.filter(|number| !number.is_nan());
            out.append_option(number.map(|number| &labels[starts.partition_point(|start| *start <= number)]));
        }
        Arc::new(out.finish())
    }
}

/// Where the bands begin, if those are numbers in rising order.
fn starts(release: &FieldRelease) -> Option<Vec<f64>> {
    let read = |text: &String| text.parse::<f64>().ok().filter(|start| start.is_finite());
    let starts: Vec<f64> = release.settings_of("bands").iter().map(read).collect::<Option<_>>()?;
    (!starts.is_empty() && starts.is_sorted_by(|a, b| a < b)).then_some(starts)
}

/// One label for what is below the first band, then one for each band.
fn labels(starts: &[f64], field_type: FieldType) -> Vec<String> {
    let closed = starts.windows(2).map(|pair| match (pair[0], pair[1]) {
        (from, to) if field_type != FieldType::Integer => format!("{from} to under {to}"),
        (from, to) if to - from <= 1.0 => from.to_string(),
        (from, to) => format!("{from} to {}", to - 1.0),
    });
    let under = starts.first().map(|start| format!("under {start}"));
    under.into_iter().chain(closed).chain(starts.last().map(|start| format!("{start}+"))).collect()
}
