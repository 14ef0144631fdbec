//! Working days: Monday to Friday but for bank holidays, which are dated data and not rules, since
//! some are proclaimed at a few days' notice.

use crate::period;
use jiff::civil::{Date, Weekday};
use std::sync::LazyLock;

static ENGLAND_AND_WALES: LazyLock<Calendar> =
    LazyLock::new(|| Calendar::parse(include_str!("calendar/england-and-wales.txt")));

/// The working days of the years that a list of bank holidays covers.
#[derive(Debug)]
struct Calendar {
    /// The first day covered, from 1 January 1970.
    first: i32,
    /// How many working days there are up to each day, from the day before the first: so the number
    /// between two days is one subtraction.
    up_to: Vec<i32>,
}

impl Calendar {
    fn parse(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let holidays: Vec<Date> =
            lines.map(|line| line[..10].parse().expect("every line begins with a date")).collect();
        let years = holidays.first().zip(holidays.last()).expect("the list has holidays");
        let day = |year, month, day| period::days(Date::constant(year, month, day));
        let (first, last) = (day(years.0.year(), 1, 1), day(years.1.year(), 12, 31));
        let mut count = 0;
        let mut up_to = vec![0];
        up_to.extend((first..=last).map(|day| {
            let date = period::from_days(day).expect("the list's years are in the calendar");
            let is_weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
            count += i32::from(!is_weekend && holidays.binary_search(&date).is_err());
            count
        }));
        Self { first, up_to }
    }

    fn up_to(&self, day: i32) -> Option<i32> {
        let at = day.checked_sub(self.first)?.checked_add(1)?;
        self.up_to.get(usize::try_from(at).ok()?).copied()
    }
}

/// The number of working days in England and Wales after `from`, up to and including `to`, both as
/// days from 1 January 1970. Negative where `to` is the earlier one; unknown where a day lies in a
/// year whose bank holidays are not listed.
pub fn working_days(from: i32, to: i32) -> Option<i32> {
    Some(ENGLAND_AND_WALES.up_to(to)? - ENGLAND_AND_WALES.up_to(from)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn check(from: Date, to: Date, expected: Option<i32>) {
        assert_eq!(working_days(period::days(from), period::days(to)), expected, "{from} to {to}");
    }

    #[test]
    fn the_day_itself_does_not_count_and_the_last_one_does() {
        let referred = date(2022, 9, 12);
        check(referred, referred, Some(0));
        check(referred, date(2022, 9, 13), Some(1));
        // 19 September 2022 was a bank holiday, proclaimed nine days before.
        check(referred, date(2022, 9, 19), Some(4));
        check(referred, date(2022, 9, 20), Some(5));
        check(referred, date(2022, 10, 3), Some(14));
        check(referred, date(2022, 10, 4), Some(15));
        check(date(2022, 10, 4), referred, Some(-15));
    }

    #[test]
    fn weekends_and_bank_holidays_do_not_count() {
        check(date(2022, 9, 16), date(2022, 9, 19), Some(0));
        check(date(2022, 9, 17), date(2022, 9, 20), Some(1));
        check(date(2022, 6, 1), date(2022, 6, 6), Some(1));
        check(date(2020, 12, 24), date(2020, 12, 29), Some(1));
        // A year of 365 days has 260 or 261 weekdays, and 2022 had ten bank holidays.
        check(date(2021, 12, 31), date(2022, 12, 31), Some(250));
    }

    #[test]
    fn years_without_a_list_are_unknown() {
        check(date(2015, 12, 30), date(2016, 1, 4), None);
        check(date(2015, 12, 31), date(2016, 1, 4), Some(1));
        check(date(2027, 12, 1), date(2028, 1, 3), None);
        assert_eq!(working_days(i32::MIN, i32::MAX), None);
    }

    #[test]
    fn the_list_is_in_order_and_whole() {
        let text = include_str!("calendar/england-and-wales.txt");
        let days: Vec<Date> = text
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| line[..10].parse().expect("a date"))
            .collect();
        assert!(days.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(!days.iter().any(|day| matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)));
        for year in 2016..=2027 {
            let extra = match year {
                2022 => 2,
                2023 => 1,
                _ => 0,
            };
            assert_eq!(days.iter().filter(|day| day.year() == year).count(), 8 + extra, "{year}");
        }
        for (year, month, day) in [
            (2016, 3, 27),
            (2017, 4, 16),
            (2018, 4, 1),
            (2019, 4, 21),
            (2020, 4, 12),
            (2021, 4, 4),
            (2022, 4, 17),
            (2023, 4, 9),
            (2024, 3, 31),
            (2025, 4, 20),
            (2026, 4, 5),
            (2027, 3, 28),
        ] {
            let easter = date(year, month, day);
            assert!(days.contains(&easter.tomorrow().expect("a day")), "Easter Monday {year}");
            assert!(days.contains(&easter.yesterday().and_then(Date::yesterday).expect("a day")), "Good Friday {year}");
        }
    }
}
