//! `age-band`: a date of birth as one of the bands that the profile declares, in full years on a
//! stated day.

use super::{Asked, Cells, Released, Treatment, only_for, part};
use arrow::array::{Array, ArrayRef, StringViewBuilder};
use arrow::compute::DatePart;
use qd_model::pipeline::FieldRelease;
use qd_model::schema::Category;
use qd_model::{FieldType, Mistake};
use std::sync::Arc;

/// `bands` lists the first age of each band in rising order: `[16, 18, 25]` makes "under 16",
/// "16-17", "18-24" and "25+". `on` is a date field of the row, or `period-end` (the last day of the
/// period, which is the default). Blank where either date is, or where the birth comes after `on`.
pub(super) struct AgeBand;

const PERIOD_END: &str = "period-end";

impl Treatment for AgeBand {
    fn name(&self) -> &'static str {
        "age-band"
    }

    fn settings(&self) -> &'static [&'static str] {
        &["bands", "on"]
    }

    fn mistakes(&self, asked: &Asked<'_>) -> Vec<Mistake> {
        let at = &asked.release.at;
        let mut mistakes: Vec<Mistake> =
            only_for(asked, &[FieldType::Date], self.name(), "dates").into_iter().collect();
        if bands(asked.release).is_none() {
            let mistake = Mistake::new(at, "`age-band` needs `bands`: the first age of each band, in rising order");
            mistakes.push(mistake.hint("for example `bands = [0, 16, 18, 25, 35, 50, 65]`"));
        }
        if let Some(on) = asked.release.setting("on").filter(|on| *on != PERIOD_END)
            && asked.schema.field(on).is_none_or(|field| field.field_type != FieldType::Date)
        {
            let mistake = Mistake::new(at, format!("`on` names `{on}`, which is no date field of this table"));
            mistakes.push(mistake.hint("it is a date field of the same row, or \"period-end\""));
        }
        mistakes
    }

    fn released(&self, asked: &Asked<'_>) -> Released {
        let day = asked.release.setting("on").and_then(|on| asked.schema.field(on));
        let title = day.map_or_else(
            || "Age band at the period's end".to_owned(),
            |field| format!("Age band on the day of: {}", field.label()),
        );
        let labels = labels(&bands(asked.release).unwrap_or_default());
        let categories = labels.into_iter().map(|value| Category { value, label: None }).collect();
        Released { categories, ..Released::new(title, FieldType::String) }
    }

    fn apply(&self, asked: &Asked<'_>, cells: &Cells<'_>) -> ArrayRef {
        let born = Parts::of(&cells.values(asked.subject));
        let on = asked.release.setting("on").and_then(|on| asked.schema.index_of(on));
        let on = on.map(|index| Parts::of(cells.typed.column(index)));
        let end = cells.days.1;
        let end = (i32::from(end.year()), i32::from(end.month()) * 100 + i32::from(end.day()));
        let bands = bands(asked.release).unwrap_or_default();
        let labels = labels(&bands);
        let youngest = usize::from(bands.first().is_some_and(|first| *first > 0));
        let mut out = StringViewBuilder::with_capacity(cells.typed.len());
        for row in 0..cells.typed.len() {
            let day = on.as_ref().map_or(Some(end), |on| on.at(row));
            let age = born.at(row).zip(day).map(|(born, day)| day.0 - born.0 - i32::from(day.1 < born.1));
            let age = age.and_then(|age| u32::try_from(age).ok());
            // Ages below the first band have the label before it, where there is one.
            let label = age.map(|age| bands.partition_point(|first| *first <= age) + youngest);
            out.append_option(label.and_then(|label| labels.get(label.checked_sub(1)?)));
        }
        Arc::new(out.finish())
    }
}

/// Year, and month and day as one number, of each date.
struct Parts(Vec<Option<(i32, i32)>>);

impl Parts {
    fn of(values: &ArrayRef) -> Self {
        let (years, months, days) =
            (part(values, DatePart::Year), part(values, DatePart::Month), part(values, DatePart::Day));
        let dates = (0..values.len())
            .map(|row| values.is_valid(row).then(|| (years.value(row), months.value(row) * 100 + days.value(row))));
        Self(dates.collect())
    }

    fn at(&self, row: usize) -> Option<(i32, i32)> {
        self.0[row]
    }
}

/// The first ages, if they are whole numbers in rising order.
fn bands(release: &FieldRelease) -> Option<Vec<u32>> {
    let bands: Vec<u32> = release.settings_of("bands").iter().map(|band| band.parse().ok()).collect::<Option<_>>()?;
    (!bands.is_empty() && bands.is_sorted_by(|a, b| a < b)).then_some(bands)
}

fn labels(bands: &[u32]) -> Vec<String> {
    let under = bands.first().filter(|first| **first > 0).map(|first| format!("under {first}"));
    let closed = bands.windows(2).map(|pair| match pair[1] - 1 {
        last if last == pair[0] => last.to_string(),
        last => format!("{}-{last}", pair[0]),
    });
    under.into_iter().chain(closed).chain(bands.last().map(|last| format!("{last}+"))).collect()
}

#[cfg(test)]
mod tests {
    use super::labels;

    #[test]
    fn bands_are_named_by_their_ages() {
        assert_eq!(labels(&[0, 16, 18, 65]), ["0-15", "16-17", "18-64", "65+"]);
        assert_eq!(labels(&[16, 17, 25]), ["under 16", "16", "17-24", "25+"]);
        assert_eq!(labels(&[18]), ["under 18", "18+"]);
    }
}
