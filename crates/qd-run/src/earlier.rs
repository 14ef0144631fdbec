//! Earlier periods' states, read from the private folder or computed from their own files.

use crate::compute::Computed;
use crate::load::Loaded;
use crate::prepared::Prepared;
use crate::run::Progress;
use crate::state::{self, PeriodState};
use qd_disclosure::Key;
use qd_link::Register;
use qd_model::Refusal;
use qd_model::report::NotChecked;

/// Earlier periods' states, and which had to be computed because they were missing.
pub(crate) struct Earlier {
    /// Those that are known, oldest first.
    pub(crate) states: Vec<PeriodState>,
    /// Whether all are known, so that cumulative figures can be given.
    pub(crate) is_complete: bool,
    /// Periods that were computed now, to be kept.
    pub(crate) computed: Vec<Computed>,
    pub(crate) not_checked: Vec<NotChecked>,
}

/// Reads the states of earlier periods; computes those that are missing where their files are there.
pub(crate) fn earlier(prepared: &Prepared<'_>, progress: &dyn Progress) -> Result<Earlier, Refusal> {
    let mut states: Vec<PeriodState> = Vec::new();
    let mut computed = Vec::new();
    let mut not_checked = Vec::new();
    for period in prepared.earlier() {
        let folder = prepared.folders.accepted(&period.label);
        if state::is_there(&folder) {
            states.push(state::read(&folder, prepared.loaded, &prepared.key)?);
            continue;
        }
        if !prepared.loaded.resolve(&period.folder).is_dir() {
            let reason = format!("no files and no kept state of {}", period.label);
            not_checked.push(NotChecked { code: "cumulative".to_owned(), reason, rows: 0 });
            // People stay who they are over the gap: the last register that is known goes on.
            continue;
        }
        let empty = Register::default();
        let register = states.last().map_or(&empty, |state| &state.register);
        let mut made = prepared.compute(period, register, progress)?;
        made.state.digest = state_digest(&made.state, prepared.loaded, &prepared.key);
        // The state is used for this run and kept for later ones; both see the same rows.
        let kept = PeriodState {
            label: made.state.label.clone(),
            people: made.state.people.clone(),
            tables: made
                .state
                .tables
                .iter()
                .map(|parts| parts.iter().map(state::AcceptedPart::share).collect())
                .collect(),
            register: made.state.register.clone(),
            digest: made.state.digest.clone(),
        };
        states.push(kept);
        computed.push(made);
    }
    Ok(Earlier { states, is_complete: not_checked.is_empty(), computed, not_checked })
}

impl Earlier {
    /// The register after the last period that is known.
    pub(crate) fn register(&self) -> Register {
        self.states.last().map_or_else(Register::default, |state| state.register.clone())
    }
}

fn state_digest(state: &PeriodState, loaded: &Loaded, key: &Key) -> String {
    let files = state::to_files(state, loaded, key);
    let (_, index) = files.last().expect("the index is always there");
    blake3::hash(index).to_hex().to_string()
}
