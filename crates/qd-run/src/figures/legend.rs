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
    let signs: Vec<String> = columns
        .iter()
        .flat_map(|column| match &column.values {
            CountValues::Protected(counts) => counts.iter().flatten().map(ToString::to_string).collect(),
            _ => Vec::new(),
        })
        .collect();
    let has = |sign: &str| signs.iter().any(|other| other == sign);
    let mut lines = Vec::new();
    if has("[c]") {
        let nobody = if rule.zeros == Zeros::Suppress { ", nobody included" } else { "" };
        lines.push(format!(
            "[c]: confidential. Fewer than {} people{nobody}, or a number from which such a one could be worked out.",
            rule.threshold
        ));
    }
    if rule.rounding > 1 {
        let add_up = match rule.totals {
            Totals::Rounded => "Each number is rounded by itself, so that parts may not add up to their total.",
            Totals::Recalculated => "Totals are the sums of the parts that are shown.",
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
