//! What a reader must know of protected counts: the rule, and the signs that stand among them.

use qd_disclosure::CountColumn;
use qd_disclosure::CountValues;
use qd_model::pipeline::{CountRule, Totals, Zeros};

/// The rule in a few words, for plans.
pub(crate) fn in_short(rule: &CountRule) -> String {
    match (rule.threshold, rule.rounding) {
        (0 | 1, rounding) => format!("to the nearest {rounding}"),
        (threshold, 1) => format!("under {threshold} suppressed"),
        (threshold, rounding) => format!("under {threshold} suppressed, the rest to the nearest {rounding}"),
    }
}

/// The lines above a sheet of counts.
pub(crate) fn legend(rule: &CountRule, columns: &[CountColumn]) -> Vec<String> {
    let counts = columns.iter().filter_map(|column| match &column.values {
        CountValues::Protected(counts) => Some(counts.iter().flatten()),
        _ => None,
    });
    let counts: Vec<_> = counts.flatten().collect();
    let signs: Vec<String> = counts.iter().map(ToString::to_string).collect();
    let may_be_nobody = counts.iter().any(|count| count.may_be_nobody());
    let has = |sign: &str| signs.iter().any(|other| other == sign);
    let mut lines = Vec::new();
    if has("[c]") {
        let nobody = if rule.zeros == Zeros::Suppress { ", nobody included" } else { "" };
        let noughts = match rule.zeros {
            Zeros::Suppress => "",
            Zeros::Show if may_be_nobody => {
                " Here it can stand for nobody, too, since a nought would tell a small number."
            }
            Zeros::Show => " As part of a total that is [c] it can stand for nobody, too.",
        };
        lines.push(format!(
            "[c]: confidential. Fewer than {} people{nobody}, or a number from which such a one could be worked out.{noughts}",
            rule.threshold
        ));
    }
    if rule.rounding > 1 {
        let add_up = match rule.totals {
            Totals::Rounded => "Each number is rounded by itself, so that parts may not add up to their total.",
            Totals::Recalculated => {
                "Totals are the sums of the parts that are shown; of several breakdowns, of the parts of one."
            }
        };
        lines.push(format!("Numbers are rounded to the nearest {}. {add_up}", rule.rounding));
    }
    if has("[low]") {
        lines.push("[low]: some people, rounded to nought.".to_owned());
    }
    if has("[z]") {
        lines.push("[z]: not applicable, nobody can be in this category.".to_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use qd_disclosure::figures::{Gathered, Relation, release};

    /// A sheet with one column of parts and their total, the first.
    fn column(counts: &[u64], rule: CountRule) -> Vec<CountColumn> {
        let mut gathered = Gathered::default();
        let entries: Vec<usize> =
            counts.iter().enumerate().map(|(at, count)| gathered.open(&at.to_string(), *count, rule)).collect();
        assert!(gathered.relate(Relation::Sum { total: 0, parts: entries[1..].to_vec() }));
        let released = release(gathered.figures()).expect("nothing was sent before");
        let values = CountValues::Protected(entries.iter().map(|entry| Some(released.count(*entry))).collect());
        vec![CountColumn { name: "now".to_owned(), title: "Now".to_owned(), values }]
    }

    #[test]
    fn a_reader_is_told_what_a_sign_can_stand_for() {
        let rule = CountRule { rounding: 1, ..CountRule::default() };
        let small = "[c]: confidential. Fewer than 10 people, or a number from which such a one could be worked out.";
        let of_total = format!("{small} As part of a total that is [c] it can stand for nobody, too.");
        assert_eq!(legend(&rule, &column(&[5, 5, 0], rule)), [of_total]);
        let suppress = CountRule { zeros: Zeros::Suppress, ..rule };
        let included = small.replace("10 people", "10 people, nobody included");
        assert_eq!(legend(&suppress, &column(&[5, 5, 0], suppress)), [included]);
        assert!(legend(&rule, &column(&[40, 20, 20], rule)).is_empty());
    }
}
