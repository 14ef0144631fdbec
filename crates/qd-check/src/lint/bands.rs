//! Code lists whose entries are bands ("16-24", "under 16", "65+"): no value may belong to two.

use qd_model::schema::Category;
use qd_model::{Field, Mistake};
use regex::Regex;
use std::sync::LazyLock;

/// What stands between numbers and says no more about which of them a band has.
static UNITS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"[£$€,]|^aged? |(?: ?(?:years?|hours?|days?|weeks?|months?|people|employees|%))(?: old| of age| a week| per week)?$",
    )
    .expect("a good expression")
});

/// From and to, each with whether the number itself belongs to the band.
static FORMS: LazyLock<Vec<(Regex, Ends)>> = LazyLock::new(|| {
    const NUMBER: &str = r"(\d+(?:\.\d+)?)";
    let forms: [(&str, Ends); 7] = [
        ("N ?(?:-|to) ?N", Ends::Both),
        ("N (?:-|to) (?:under|less than|below) N", Ends::First),
        ("(?:under|below|less than|fewer than|<) ?N", Ends::Below),
        ("(?:up to|at most|<=|≤) ?N", Ends::UpTo),
        ("(?:over|above|more than|>) ?N", Ends::Above),
        (r"N ?(?:\+|plus|(?:and|or) (?:over|above|more|older))", Ends::From),
        ("N", Ends::Alone),
    ];
    forms
        .map(|(form, ends)| {
            let form = format!("^{}$", form.replace('N', NUMBER));
            (Regex::new(&form).expect("a good expression"), ends)
        })
        .into()
});

#[derive(Clone, Copy, PartialEq)]
enum Ends {
    Both,
    First,
    Below,
    UpTo,
    Above,
    From,
    Alone,
}

/// The values between two ends.
struct Band<'a> {
    text: &'a str,
    from: (f64, bool),
    to: (f64, bool),
    is_one: bool,
}

/// Bands of one list that have values in common.
pub(super) fn warnings(field: &Field, warnings: &mut Vec<Mistake>) {
    let bands: Vec<Band<'_>> = field.categories.iter().filter_map(band).collect();
    for (at, one) in bands.iter().enumerate() {
        for other in &bands[at + 1..] {
            let Some(shared) = shared(one, other) else { continue };
            let what = format!("the bands \"{}\" and \"{}\" of `{}` overlap", one.text, other.text, field.name);
            warnings.push(Mistake::new(&field.at, what).hint(format!("{shared} is in both of them")));
        }
    }
}

/// The band that an entry names: by its label, or by its value where it has none.
fn band(category: &Category) -> Option<Band<'_>> {
    let text = category.label.as_deref().unwrap_or(&category.value);
    let plain = text.trim().to_lowercase().replace(['–', '—'], "-");
    let plain = UNITS.replace_all(&plain, "");
    let (found, ends) = FORMS.iter().find_map(|(form, ends)| Some((form.captures(plain.trim())?, *ends)))?;
    let number = |at: usize| found.get(at).and_then(|number| number.as_str().parse::<f64>().ok());
    let (first, second) = (number(1)?, number(2));
    let (from, to) = match ends {
        Ends::Both => ((first, true), (second?, true)),
        Ends::First => ((first, true), (second?, false)),
        Ends::Below => ((f64::NEG_INFINITY, false), (first, false)),
        Ends::UpTo => ((f64::NEG_INFINITY, false), (first, true)),
        Ends::Above => ((first, false), (f64::INFINITY, false)),
        Ends::From => ((first, true), (f64::INFINITY, false)),
        Ends::Alone => ((first, true), (first, true)),
    };
    // "2021-2022" is a year from summer to summer.
    let is_year = ends == Ends::Both && (1900.0..2100.0).contains(&from.0) && (to.0 - from.0).total_cmp(&1.0).is_eq();
    (!is_year).then_some(Band { text, from, to, is_one: ends == Ends::Alone })
}

/// A number that is in both of two bands. Two single numbers are codes, and no bands.
fn shared(one: &Band<'_>, other: &Band<'_>) -> Option<f64> {
    if one.is_one && other.is_one {
        return None;
    }
    let from = if one.from.0 > other.from.0 { one.from } else { other.from };
    let to = if one.to.0 < other.to.0 { one.to } else { other.to };
    let has = |band: &Band<'_>, number: f64| {
        let (low, high) = (number.total_cmp(&band.from.0), number.total_cmp(&band.to.0));
        (low.is_gt() || (low.is_eq() && band.from.1)) && (high.is_lt() || (high.is_eq() && band.to.1))
    };
    let ends = [from.0, to.0, from.0 + 1.0, to.0 - 1.0, f64::midpoint(from.0, to.0)];
    ends.into_iter().find(|number| number.is_finite() && has(one, *number) && has(other, *number))
}
