//! Means of a number over people: only over enough of them, of whom none stands out.

use qd_model::pipeline::CountRule;

/// A mean that may leave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ReleasedMean {
    /// The mean, rounded.
    Value(f64),
    /// Too few people, or one of them stands out.
    Hidden,
    /// Of nobody there is no mean.
    NotApplicable,
}

/// More than this share of the sum from one person, and the mean is about that person.
const ONE_PERSON: f64 = 0.5;
/// The same for two: each would know the other's number well.
const TWO_PEOPLE: f64 = 0.85;

/// The mean of one number per person, to some decimals. `others` are numbers of people of whom the same
/// mean is known or shown, and who hold all or nearly all of these: where so few people make the
/// difference that their numbers could be worked out, there is no mean. Without a rule the recipient may
/// have it as it is.
pub fn mean(numbers: &[f64], others: &[u64], decimals: u32, rule: Option<&CountRule>) -> ReleasedMean {
    let people = numbers.len() as u64;
    if people == 0 {
        return ReleasedMean::NotApplicable;
    }
    if let Some(rule) = rule {
        let is_near = |other: &u64| (1..rule.threshold).contains(&people.abs_diff(*other));
        if people < rule.threshold.max(3) || others.iter().any(is_near) || stands_out(numbers) {
            return ReleasedMean::Hidden;
        }
    }
    // In order of size, so that the sum does not hang on the order of rows.
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    let scale = 10_f64.powi(decimals as i32);
    let mean = sorted.iter().sum::<f64>() / people as f64;
    ReleasedMean::Value((mean * scale).round() / scale)
}

/// Whether the sum is mostly that of one person, or of two. There are more than two.
fn stands_out(numbers: &[f64]) -> bool {
    let mut sizes: Vec<f64> = numbers.iter().map(|number| number.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let all: f64 = sizes.iter().sum();
    let [second, first] = [sizes[sizes.len() - 2], sizes[sizes.len() - 1]];
    first > ONE_PERSON * all || first + second > TWO_PEOPLE * all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_is_over_enough_people_of_whom_none_stands_out() {
        let rule = CountRule::default();
        let check = |numbers: &[f64], others: &[u64], expected| {
            assert_eq!(mean(numbers, others, 1, Some(&rule)), expected, "{numbers:?} {others:?}");
        };
        let twelve = [16.0, 20.0, 37.5, 37.5, 40.0, 8.0, 16.0, 16.0, 24.0, 30.0, 35.0, 40.0];
        check(&twelve, &[], ReleasedMean::Value(26.7));
        check(&twelve, &[12, 22], ReleasedMean::Value(26.7));
        check(&twelve, &[13], ReleasedMean::Hidden);
        check(&twelve[..9], &[], ReleasedMean::Hidden);
        check(&[], &[], ReleasedMean::NotApplicable);
        let mut one_stands_out = [1.0; 12];
        one_stands_out[3] = 12.0;
        check(&one_stands_out, &[], ReleasedMean::Hidden);
        let mut two_stand_out = [0.1; 12];
        (two_stand_out[3], two_stand_out[5]) = (9.0, 10.0);
        check(&two_stand_out, &[], ReleasedMean::Hidden);
        check(&[0.0; 12], &[], ReleasedMean::Value(0.0));
    }
}
