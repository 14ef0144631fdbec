//! People for an evidence visit: drawn by a seed, so that nobody chose them and anybody can draw them again.

use super::places::{Files, Place};
use crate::folders::Folders;
use crate::load::Loaded;
use crate::state;
use qd_ledger::Ledger;
use qd_model::Refusal;
use std::collections::BTreeMap;
use std::path::Path;

/// What is asked.
#[derive(Debug, Clone)]
pub struct SampleRequest<'a> {
    /// The period's label; the pipeline's own where absent.
    pub period: Option<&'a str>,
    /// How many people.
    pub number: usize,
    /// What draws them: the same seed over the same period draws the same people.
    pub seed: &'a str,
    /// The folder of what never leaves.
    pub state: &'a Path,
}

/// A person who was drawn.
#[derive(Debug, Clone)]
pub struct Picked {
    /// The person, by the lead's own pseudonym.
    pub person: String,
    /// Every accepted row about them in the period.
    pub places: Vec<Place>,
}

/// Draws people of a period by a digest of the seed and the person, in the order of the digests; answers
/// them with how many there were to draw from.
pub fn sample(loaded: &Loaded, request: &SampleRequest<'_>) -> Result<(Vec<Picked>, usize), Refusal> {
    let pipeline = &loaded.pipeline;
    let label = request.period.unwrap_or(&pipeline.period);
    let home = Folders::of(Path::new(""), request.state, &pipeline.name);
    let folder = home.accepted(label);
    if !state::is_there(&folder) {
        return Err(Refusal::new(format!("nobody can be drawn, since no run of {label} is kept"))
            .because(format!("there is no {}", folder.display()))
            .hint("run the period, or name the folder of what never leaves with `--state DIR`"));
    }
    let kept = state::read(&folder, None, loaded, None)?;
    let files = Files::of(&Ledger::read(&home.ledger())?, &[label])?;
    let mut people: BTreeMap<&str, Vec<Place>> = BTreeMap::new();
    for (table, parts) in loaded.tables.iter().zip(&kept.tables) {
        for part in parts {
            for (row, person) in part.typed.person.iter().flatten().enumerate() {
                let Some(person) = person else { continue };
                let person = kept.people[person as usize].as_str();
                people.entry(person).or_default().push(Place {
                    person: person.to_owned(),
                    period: label.to_owned(),
                    partner: part.partner.clone(),
                    table: table.name.clone(),
                    file: files.name(label, &part.partner, &table.name, &part.source),
                    sheet: part.sheet.clone(),
                    row: part.typed.rows.value(row),
                });
            }
        }
    }
    let all = people.len();
    let mut drawn: Vec<(blake3::Hash, Picked)> = people
        .into_iter()
        .map(|(person, mut places)| {
            places.sort();
            let lot = blake3::hash(format!("quarterday sample 1\n{}\n{person}", request.seed).as_bytes());
            (lot, Picked { person: person.to_owned(), places })
        })
        .collect();
    drawn.sort_by_key(|(lot, _)| *lot.as_bytes());
    drawn.truncate(request.number);
    Ok((drawn.into_iter().map(|(_, picked)| picked).collect(), all))
}
