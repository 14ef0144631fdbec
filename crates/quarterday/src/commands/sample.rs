//! `sample`: people of a period for an evidence visit.

use super::trace::{csv_of, json_of, place_of};
use crate::args::ListFormat;
use crate::terminal::Terminal;
use crate::{Ending, Result};
use qd_model::words;
use qd_run::{Picked, Place, SampleRequest};
use std::fmt::Write;
use std::path::Path;

pub(super) fn sample(pipeline: &Path, request: &SampleRequest<'_>, format: ListFormat, terminal: &Terminal) -> Result {
    let loaded = qd_run::load(pipeline)?;
    let (drawn, all) = qd_run::sample(&loaded, request)?;
    let places = || drawn.iter().flat_map(|picked| &picked.places);
    terminal.print(&match format {
        ListFormat::Human => in_words(&drawn, all, request.seed),
        ListFormat::Csv => csv_of(places()),
        ListFormat::Json => {
            json_of("quarterday-sample/1", serde_json::json!({ "seed": request.seed, "of": all }), places())
        }
    })?;
    Ok(Ending::Clean)
}

fn in_words(drawn: &[Picked], all: usize, seed: &str) -> String {
    let people = words::count(drawn.len(), "person");
    let mut text = format!("{people} of {} drawn by the seed \"{seed}\"\n", words::thousands(all as u64));
    for (number, picked) in drawn.iter().enumerate() {
        writeln!(text, "\n{:>3}  {}", number + 1, picked.person).expect("memory");
        for place in &picked.places {
            let Place { partner, table, .. } = place;
            writeln!(text, "     {partner}, {table}: {}", place_of(place)).expect("memory");
        }
    }
    text
}
