//! Why a return may not be written now.

use super::Making;
use crate::compute::Computed;
use crate::load::Loaded;
use crate::outcome::Blocked;
use qd_model::pipeline::{Part, ReturnSpec};
use qd_model::words;

/// A return of the whole project needs all of it.
pub(super) fn missing_periods(making: &Making<'_>) -> Blocked {
    let known = |label: &String| making.earlier.iter().any(|state| state.label == *label);
    let missing = making.loaded.pipeline.before(&making.computed.period).iter().filter(|it| !known(&it.label)).count();
    let unblock = "put the files of the periods that are missing where the pipeline says, or take them in with \
                   `quarterday import-earlier`"
        .to_owned();
    Blocked { code: "missing-period".to_owned(), count: missing as u64, unblock }
}

/// Tables that a return draws on, by index; counts of people draw on the people table as well.
pub(crate) fn tables_of(loaded: &Loaded, spec: &ReturnSpec) -> Vec<usize> {
    let parts = spec.files.iter().flat_map(|file| &file.parts);
    let mut tables: Vec<usize> = parts.flat_map(Part::tables).map(|name| loaded.table_index(name)).collect();
    tables.extend(loaded.people_table());
    tables.sort_unstable();
    tables.dedup();
    tables
}

/// Why a return may not be written now.
pub(crate) fn blocked(loaded: &Loaded, computed: &Computed, spec: &ReturnSpec) -> Vec<Blocked> {
    let tables = tables_of(loaded, spec);
    let mut blocked: Vec<Blocked> = computed
        .open_queries(&tables, loaded)
        .into_iter()
        .map(|(code, count)| {
            let unblock = format!("correct or explain {}", words::count(count as usize, "query"));
            Blocked { code, count, unblock }
        })
        .collect();
    let used = || computed.sources.iter().filter(|source| tables.contains(&source.table));
    let usable = || used().filter(|source| !source.judged.is_rejected);
    if let Some(limit) = loaded.pipeline.hold_limit {
        let held: u64 = usable().map(|source| source.held.len() as u64).sum();
        let rows: u64 = usable().map(|source| source.judged.rows).sum();
        if held * 1000 > u64::from(limit) * rows {
            let limit = f64::from(limit) / 10.0;
            let unblock = format!(
                "have rows corrected until at most {limit}% of {} are held",
                words::count(rows as usize, "row")
            );
            blocked.push(Blocked { code: "hold-limit".to_owned(), count: held, unblock });
        }
    }
    if spec.needs_all {
        let rejected = used().filter(|source| source.judged.is_rejected).count() as u64;
        if rejected > 0 {
            let unblock = "get sources that can be read, since this return needs all of them".to_owned();
            blocked.push(Blocked { code: "rejected-source".to_owned(), count: rejected, unblock });
        }
        let missing =
            computed.absent.iter().filter(|absent| tables.contains(&loaded.table_index(&absent.table))).count() as u64;
        if missing > 0 {
            let unblock = "get the sources that have not come, since this return needs all of them".to_owned();
            blocked.push(Blocked { code: "missing-source".to_owned(), count: missing, unblock });
        }
    }
    blocked
}
