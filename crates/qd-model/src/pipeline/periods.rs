//! Reads a pipeline's periods, and those that are part of others.

use super::read::folder_name;
use crate::document::{Node, Table};
use crate::mistake::{At, Mistake, Mistakes};
use crate::period::{Period, PeriodKind};
use crate::words;

/// All periods. One that is part of another takes its folder from it.
pub(super) fn periods(root: &Table<'_>) -> Vec<Period> {
    let read: Vec<(&At, Period)> =
        root.list("periods").iter().filter_map(|node| Some((&node.at, period(node, root.mistakes())?))).collect();
    let whole: Vec<&Period> = read.iter().map(|(_, period)| period).filter(|period| period.within.is_none()).collect();
    let mut periods = Vec::new();
    for (at, period) in &read {
        let mut period = period.clone();
        if let Some(label) = &period.within {
            match whole.iter().find(|whole| whole.label == *label) {
                Some(whole) if part_mistake(&period, whole).is_none() => period.folder.clone_from(&whole.folder),
                Some(whole) => root.mistake(Mistake::new(at, part_mistake(&period, whole).unwrap_or_default())),
                None => {
                    let labels: Vec<&str> = whole.iter().map(|whole| whole.label.as_str()).collect();
                    let mistake = Mistake::new(at, format!("there is no period `{label}` that has a folder"));
                    root.mistake(mistake.hint(format!("those are {}", words::list(&labels))));
                }
            }
        }
        periods.push(period);
    }
    periods
}

/// Why a period cannot be part of another.
fn part_mistake(part: &Period, whole: &Period) -> Option<String> {
    if part.from < whole.from || part.to > whole.to {
        return Some(format!("the period {part} does not lie within {whole}"));
    }
    let is_same = part.kind == whole.kind;
    is_same.then(|| format!("{} is of the same kind as {}, which it is part of", part.label, whole.label))
}

fn period(node: &Node, mistakes: &Mistakes) -> Option<Period> {
    let table = Table::open(node, "a period", mistakes)?;
    let label = table.required_text("label").map(str::to_owned);
    if let (Some(label), Some(node)) = (&label, table.node("label")) {
        folder_name(label, &node.at, mistakes);
    }
    let (from, to) = (table.date("from"), table.date("to"));
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        table.mistake(Mistake::new(table.at, "the period ends before it begins"));
    }
    let within = table.text("within").map(str::to_owned);
    let folder = match (&within, table.node("folder")) {
        (None, _) => table.required_text("folder").map(str::to_owned),
        (Some(_), None) => Some(String::new()),
        (Some(_), Some(node)) => {
            let mistake = Mistake::new(&node.at, "a period that is part of another has no folder of its own");
            table.mistake(mistake.hint("take `folder` away: its returns are made from the longer period's files"));
            None
        }
    };
    let kind = table.word("kind", &PeriodKind::WORDS).unwrap_or(PeriodKind::Quarter);
    table.finish();
    Some(Period { label: label?, kind, from: from?, to: to?, folder: folder?, within })
}
