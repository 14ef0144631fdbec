//! Draws one value in one of the ways that a plan knows.

use super::Record;
use super::plan::Draw;
use crate::random::Random;
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// What a value may be drawn from: the row so far, then whatever stands behind it.
pub(super) struct Context<'a> {
    /// The row so far.
    pub(super) row: &'a Record,
    /// The row of the people table that it belongs to, for rows of other tables.
    pub(super) parent: Option<&'a Record>,
    /// Words such as `period_start`, `partner`, `area` and `n`.
    pub(super) words: &'a BTreeMap<&'static str, String>,
    pub(super) lists: &'a toml::Table,
}

impl Context<'_> {
    /// A field's value, or a word's.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        let row = self.row.get(name).or_else(|| self.parent?.get(name));
        row.or_else(|| self.words.get(name)).map(String::as_str)
    }

    fn date(&self, text: &str) -> Option<Date> {
        text.parse().ok().or_else(|| self.value(text)?.parse().ok())
    }
}

/// Whether a way to draw applies.
pub(super) fn applies(draw: &Draw, context: &Context<'_>, random: &mut Random) -> bool {
    let fits = draw.when.iter().all(|(name, values)| values.hold(context.value(name)));
    let young = draw.age.as_ref().is_none_or(|(born, on, years)| {
        let (Some(born), Some(on)) = (context.date(born), context.date(on)) else { return false };
        qd_model::period::age(born, on) <= *years
    });
    // Drawn in any case, so that a condition moves no later draw.
    let lucky = draw.chance.is_none_or(|chance| random.chance(chance));
    fits && young && lucky
}

/// The value, or nothing where it is blank.
pub(super) fn value(draw: &Draw, context: &Context<'_>, random: &mut Random) -> Result<Option<String>, String> {
    if let Some(text) = &draw.text {
        let filled = pattern(&fill(text, context)?, random);
        return Ok(Some(if draw.slug { slug(&filled) } else { filled }).filter(|text| !text.is_empty()));
    }
    if let Some(pick) = &draw.pick {
        let picked = random.weighted(pick.iter().map(|(value, weight)| (value, *weight)));
        return Ok(picked.cloned().filter(|text| !text.is_empty()));
    }
    if let Some(list) = &draw.list {
        let items = items(list, &draw.by, context)?;
        return Ok(random.one(&items).map(|text| pattern(text, random)));
    }
    if let Some((from, to)) = &draw.date {
        return Ok(date(draw, from, to, context, random).map(|date| date.to_string()));
    }
    if let Some(after) = &draw.after {
        return Ok(later(draw, after, context, random).map(|date| date.to_string()));
    }
    if let Some(range) = draw.number {
        return number(range, draw.step.as_deref().unwrap_or("1"), random).map(Some);
    }
    if let Some(other) = &draw.shift {
        return Ok(shifted(draw, context.value(other), random));
    }
    Ok(None)
}

fn fill(text: &str, context: &Context<'_>) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').ok_or_else(|| format!("\"{text}\" has an open brace"))?;
        out.push_str(before);
        out.push_str(context.value(name).unwrap_or_default());
        rest = after;
    }
    Ok(out + rest)
}

/// Fills in `#` (a digit), `%` (one from 1 to 9) and `~` (a letter that postcodes end with).
pub(super) fn pattern(text: &str, random: &mut Random) -> String {
    const LETTERS: &[u8] = b"ABDEFGHJLNPQRSTUWXYZ";
    text.chars()
        .map(|c| match c {
            '#' => char::from(b'0' + random.below(10) as u8),
            '%' => char::from(b'1' + random.below(9) as u8),
            '~' => char::from(LETTERS[random.below(LETTERS.len() as u64) as usize]),
            other => other,
        })
        .collect()
}

fn slug(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '@' | '-');
    text.to_lowercase().chars().filter(|c| plain(*c)).collect()
}

fn items(list: &str, by: &[String], context: &Context<'_>) -> Result<Vec<String>, String> {
    let mut found = context.lists.get(list).ok_or_else(|| format!("there is no list `{list}`"))?;
    for name in by {
        let division = context.value(name).unwrap_or_default();
        let Some(table) = found.as_table() else { break };
        // A division may stand for several: "other" is used where a value has none of its own.
        found = table
            .get(division)
            .or_else(|| table.get("other"))
            .ok_or_else(|| format!("list `{list}` has no `{division}` and no `other`"))?;
        if let Some(same) = found.as_str() {
            found = table.get(same).ok_or_else(|| format!("list `{list}` has no `{same}`"))?;
        }
    }
    let items = found.as_array().ok_or_else(|| format!("list `{list}` is divided further than `by` says"))?;
    Ok(items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect())
}

fn date(draw: &Draw, from: &str, to: &str, context: &Context<'_>, random: &mut Random) -> Option<Date> {
    let (mut low, high) = (context.date(from)?, context.date(to)?);
    for floor in &draw.not_before {
        low = low.max(context.date(floor).unwrap_or(low));
    }
    let span = i64::from(qd_model::period::days(high)) - i64::from(qd_model::period::days(low));
    let date = low.checked_add(random.between(0, span).days()).ok().filter(|date| *date <= high)?;
    if draw.first_of_january { Date::new(date.year(), 1, 1).ok() } else { Some(date) }
}

fn later(draw: &Draw, after: &str, context: &Context<'_>, random: &mut Random) -> Option<Date> {
    let days = random.between(draw.days.0, draw.days.1);
    let mut date = context.date(after)?.checked_add(days.days()).ok()?;
    for floor in &draw.not_before {
        date = date.max(context.date(floor).unwrap_or(date));
    }
    let until = draw.until.as_ref().and_then(|until| context.date(until));
    until.is_none_or(|until| date <= until).then_some(date)
}

fn number((low, high): (f64, f64), step: &str, random: &mut Random) -> Result<String, String> {
    let size: f64 = step.parse().map_err(|_| format!("\"{step}\" is not a step"))?;
    let decimals = step.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let steps = ((high - low) / size).round() as i64;
    let text = format!("{:.decimals$}", low + random.between(0, steps) as f64 * size);
    let text = if decimals > 0 { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text };
    Ok(text)
}

fn shifted(draw: &Draw, value: Option<&str>, random: &mut Random) -> Option<String> {
    let moves = draw.moves.iter().map(|(step, weight)| (step, *weight));
    let step: i64 = random.weighted(moves).and_then(|step| step.parse().ok()).unwrap_or(0);
    let Some(at) = draw.along.iter().position(|item| Some(item.as_str()) == value) else {
        return value.map(str::to_owned);
    };
    let at = (at as i64 + step).clamp(0, draw.along.len() as i64 - 1);
    draw.along.get(at as usize).cloned()
}
