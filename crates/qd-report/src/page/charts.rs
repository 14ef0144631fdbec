//! Small charts, drawn as SVG in the page. Each says in words what it shows, or stands beside the
//! numbers it is drawn from.

use maud::{Markup, html};
use qd_model::words;

/// How parts are told apart without colour, in the order of the parts.
const FILLS: [&str; 3] = ["solid", "striped", "dotted"];

/// One bar cut into up to three parts, with its legend.
pub(super) fn shares(title: &str, parts: &[(&str, u64)]) -> Markup {
    let total: u64 = parts.iter().map(|(_, count)| count).sum();
    if total == 0 {
        return html! {};
    }
    let said: Vec<String> = parts.iter().map(|(name, count)| format!("{} {name}", words::thousands(*count))).collect();
    let mut from = 0.0;
    let placed: Vec<(f64, f64, &str)> = parts
        .iter()
        .zip(FILLS)
        .map(|((_, count), fill)| {
            let width = 1000.0 * *count as f64 / total as f64;
            from += width;
            (from - width, width, fill)
        })
        .collect();
    html! {
        figure {
            svg class="shares" viewBox="0 0 1000 40" preserveAspectRatio="none" role="img" aria-label=(format!("{title}: {}", words::list(&said))) {
                (patterns())
                @for (from, width, fill) in placed {
                    @if width > 0.0 { (bar(from, 0, width, 40, fill)) }
                }
            }
            figcaption {
                (title) ": "
                @for ((name, count), fill) in parts.iter().zip(FILLS) {
                    span class="legend" {
                        svg class="swatch" viewBox="0 0 16 16" aria-hidden="true" { (bar(0.0, 0, 16.0, 16, fill)) }
                        (words::thousands(*count)) " " (name)
                        @if *count > 0 && *count < total { " (" (per_cent(*count, total)) "%)" }
                    }
                    " "
                }
            }
        }
    }
}

/// A bar in a table's cell, beside its number.
pub(super) fn of_most(count: u64, most: u64) -> Markup {
    let width = if most == 0 { 0.0 } else { 100.0 * count as f64 / most as f64 };
    html! {
        svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" {
            rect class="rest" x="0" y="0" width="100" height="10" {}
            @if width > 0.0 { rect class="solid" x="0" y="0" width=(short(width)) height="10" {} }
        }
    }
}

/// A share of a whole in per cent, with one digit where it would else round to nothing or to all.
pub(super) fn per_cent(count: u64, total: u64) -> String {
    if count == total {
        return "100".to_owned();
    }
    let tenths = (count * 1000 + total / 2) / total.max(1);
    match tenths {
        0 if count > 0 => "under 0.1".to_owned(),
        1000.. => "over 99.9".to_owned(),
        1..10 | 991..1000 => format!("{}.{}", tenths / 10, tenths % 10),
        tenths => ((tenths + 5) / 10).to_string(),
    }
}

fn bar(from: f64, top: u32, width: f64, height: u32, fill: &str) -> Markup {
    html! {
        rect class="solid" x=(short(from)) y=(top) width=(short(width)) height=(height) {}
        @if fill != "solid" {
            rect class=(fill) x=(short(from)) y=(top) width=(short(width)) height=(height) fill=(format!("url(#{fill})")) {}
        }
    }
}

fn patterns() -> Markup {
    html! {
        defs {
            pattern id="striped" width="10" height="10" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                rect class="paper" x="0" y="0" width="10" height="10" {}
                rect class="ink" x="0" y="0" width="5" height="10" {}
            }
            pattern id="dotted" width="8" height="8" patternUnits="userSpaceOnUse" {
                rect class="paper" x="0" y="0" width="8" height="8" {}
                circle class="ink" cx="4" cy="4" r="2" {}
            }
        }
    }
}

fn short(value: f64) -> String {
    format!("{value:.2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_told_as_people_say_them() {
        let cases = [
            (0, 10, "0"),
            (1, 10_000, "under 0.1"),
            (5, 1000, "0.5"),
            (1, 3, "33"),
            (995, 1000, "99.5"),
            (9999, 10_000, "over 99.9"),
            (7, 7, "100"),
        ];
        for (count, total, expected) in cases {
            assert_eq!(per_cent(count, total), expected, "{count} of {total}");
        }
    }
}
