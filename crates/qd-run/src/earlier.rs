//! What a run knows from before: earlier periods' states, read from the private folder or computed from
//! their own files, and who is who.

use crate::compute::Computed;
use crate::folders::Folders;
use crate::opening::Opening;
use crate::prepared::Prepared;
use crate::run::Progress;
use crate::state::{self, PeriodState};
use qd_ledger::{Identity, Ledger};
use qd_link::{Added, Decided, Register, Verdict};
use qd_model::report::NotChecked;
use qd_model::{Period, Refusal};
use std::collections::{BTreeSet, HashSet};

/// Earlier periods' states, and which had to be computed because they were missing.
pub(crate) struct Earlier {
    /// Those that are known, oldest first.
    pub(crate) states: Vec<PeriodState>,
    /// Whether all are known, so that cumulative figures can be given.
    pub(crate) is_complete: bool,
    /// Periods that were computed now, to be kept.
    pub(crate) computed: Vec<Computed>,
    pub(crate) not_checked: Vec<NotChecked>,
    /// Who is who, for the period that is run.
    pub(crate) people: KnownPeople,
    /// People of earlier periods who turned out to be one, or two.
    pub(crate) identities: Vec<Identity>,
    /// What the last run of each earlier period left, by digest: what this run rests on.
    pub(crate) rests_on: Vec<(String, String)>,
    /// Totals of the time before the first records, with the digest of their file.
    pub(crate) opening: Option<(Opening, String)>,
    /// Of earlier periods and of the one that is run, what was sent last; oldest first.
    pub(crate) sent: Vec<PeriodState>,
}

impl Earlier {
    /// Adds to the earlier states, for cumulative figures, the records that were sent and that the last
    /// run of their period holds.
    pub(crate) fn keep_while_held(&mut self, now: &PeriodState) {
        self.states = keep_while_held(std::mem::take(&mut self.states), &self.sent, now);
    }

    /// The period before the one that is run: as it was sent last, else as its last run left it.
    pub(crate) fn previous(&self, prepared: &Prepared<'_>) -> Option<&PeriodState> {
        prepared.before(prepared.period, &self.sent).or_else(|| prepared.before(prepared.period, &self.states))
    }

    /// The totals that figures of the whole project begin with in a period.
    pub(crate) fn opening(&self, prepared: &Prepared<'_>) -> Option<&Opening> {
        let (opening, _) = self.opening.as_ref()?;
        (!opening.covers(prepared.loaded, prepared.period)).then_some(opening)
    }

    /// All that the run knew from before, by digest.
    pub(crate) fn digest(&self) -> String {
        let opening = self.opening.as_ref().map(|(_, digest)| digest.as_str());
        rests_on(&self.rests_on, opening, self.people.decisions_digest().as_deref())
    }

    /// Records that were sent in this period or before it.
    pub(crate) fn sent_records(&self) -> BTreeSet<&str> {
        self.sent.iter().flat_map(PeriodState::records).collect()
    }
}

/// Earlier states with, after each, the records that were sent of it and that its last run holds; the same
/// of the period that is run comes last.
pub(crate) fn keep_while_held(earlier: Vec<PeriodState>, sent: &[PeriodState], now: &PeriodState) -> Vec<PeriodState> {
    let mut states = Vec::new();
    let sent = |label: &str| sent.iter().find(|sent| sent.label == label);
    for state in earlier {
        let kept = sent(&state.label).and_then(|sent| sent.kept_while_held(&state.held));
        states.push(state);
        states.extend(kept);
    }
    states.extend(sent(&now.label).and_then(|sent| sent.kept_while_held(&now.held)));
    states
}

/// Who is who, as far as a period may know it.
pub(crate) struct KnownPeople {
    /// The register after the period before.
    pub(crate) before: Register,
    /// The same with what was sent of the period: a correction calls nobody by another name.
    pub(crate) register: Register,
    /// What people decided about two records.
    pub(crate) decided: Vec<Decided>,
    /// Digests of the records that earlier periods had.
    pub(crate) records: HashSet<String>,
}

impl KnownPeople {
    fn of(
        period: &str,
        before: Register,
        ledger: &Ledger,
        decided: &[Decided],
        states: &[PeriodState],
    ) -> Result<Self, Refusal> {
        let sent = Added { new: ledger.published(period)?, moved: Vec::new() };
        let register = before.clone().with(period, &sent);
        let records = states.iter().flat_map(PeriodState::records).map(str::to_owned).collect();
        Ok(Self { before, register, decided: decided.to_vec(), records })
    }

    /// Digest of what people decided; absent where nobody decided anything.
    pub(crate) fn decisions_digest(&self) -> Option<String> {
        decisions_digest(&self.decided)
    }
}

fn decisions_digest(decided: &[Decided]) -> Option<String> {
    let mut hasher = blake3::Hasher::new();
    for Decided { one, other, verdict } in decided {
        hasher.update(format!("{verdict:?} {one} {other}\n").as_bytes());
    }
    (!decided.is_empty()).then(|| hasher.finalize().to_hex().to_string())
}

/// What a run knows from before: a line for each period, one for opening totals, and one for people's
/// decisions.
fn rests_on(states: &[(String, String)], opening: Option<&str>, decisions: Option<&str>) -> String {
    let states = states.iter().map(|(period, digest)| format!("{digest} {period}\n"));
    let opening = opening.map(|digest| format!("opening:{digest}\n"));
    states.chain(opening).chain(decisions.map(|digest| format!("{digest}\n"))).collect()
}

/// Whether what a run knew from before is still what is known.
///
/// Opening totals that were taken in, changed or taken away since count as well.
pub(crate) fn still_rests_on(home: &Folders, ledger: &Ledger, known: &str) -> Result<bool, Refusal> {
    let states = known.lines().filter_map(|line| line.split_once(' '));
    let states: Vec<(String, String)> = states
        .map(|(_, period)| (period.to_owned(), state::kept_digest(&home.accepted(period)).unwrap_or_default()))
        .collect();
    let opening = Opening::read(home, ledger)?.map(|(_, digest)| digest);
    Ok(rests_on(&states, opening.as_deref(), decisions_digest(&decided(ledger)?).as_deref()) == known)
}

/// Reads the states of earlier periods; computes those that are missing where their files are there.
pub(crate) fn earlier(prepared: &Prepared<'_>, ledger: &Ledger, progress: &dyn Progress) -> Result<Earlier, Refusal> {
    let decided = decided(ledger)?;
    let mut register = Register::default();
    let mut states: Vec<PeriodState> = Vec::new();
    let mut computed = Vec::new();
    let (mut not_checked, mut identities) = (Vec::new(), Vec::new());
    let opening = Opening::read(&prepared.folders, ledger)?;
    let is_covered =
        |period: &Period| opening.as_ref().is_some_and(|(opening, _)| opening.covers(prepared.loaded, period));
    for period in prepared.earlier() {
        let label = &period.label;
        if is_covered(period) {
            // Its people are in the totals: what is held of it would count them twice.
            continue;
        }
        let folder = prepared.folders.accepted(label);
        if state::is_there(&folder) {
            let people = ledger.people(label)?;
            states.push(state::read(&folder, Some(&people), prepared.loaded, Some(&prepared.key))?);
            register = register.with(label, &Added { new: people.new, moved: people.moved });
            identities.extend(people.identities);
            continue;
        }
        if !prepared.loaded.resolve(&period.folder).is_dir() {
            let reason = format!("no files and no kept state of {label}");
            not_checked.push(NotChecked { code: "cumulative".to_owned(), reason, rows: 0 });
            // People stay who they are over the gap: the last register that is known goes on.
            continue;
        }
        let people = KnownPeople::of(label, register, ledger, &decided, &states)?;
        let made = made_now(prepared, period, &people, &states, progress)?;
        register = made.register.clone();
        identities.extend(made.people.identities.iter().cloned());
        // The state is used for this run and kept for later ones; both see the same rows.
        states.push(made.state.share());
        computed.push(made);
    }
    let people = KnownPeople::of(&prepared.period.label, register, ledger, &decided, &states)?;
    let rests_on = states.iter().map(|state| (state.label.clone(), state.digest.clone())).collect();
    let sent = sent_states(prepared, ledger)?;
    let is_complete = not_checked.is_empty();
    // A period that the totals cover is not run upon them.
    if let Some((opening, _)) = opening.as_ref().filter(|_| !is_covered(prepared.period)) {
        not_checked.push(NotChecked { code: "cumulative".to_owned(), reason: opening.note(), rows: 0 });
    }
    Ok(Earlier { states, is_complete, computed, not_checked, people, identities, rests_on, opening, sent })
}

fn made_now(
    prepared: &Prepared<'_>,
    period: &Period,
    people: &KnownPeople,
    earlier: &[PeriodState],
    progress: &dyn Progress,
) -> Result<Computed, Refusal> {
    let mut made = prepared.compute(period, people, prepared.before(period, earlier), earlier, None, progress)?;
    made.keep(prepared.loaded, &prepared.key);
    Ok(made)
}

/// What was sent last of earlier periods and of the one that is run.
fn sent_states(prepared: &Prepared<'_>, ledger: &Ledger) -> Result<Vec<PeriodState>, Refusal> {
    let versions = ledger.versions()?;
    let mut sent = Vec::new();
    for period in prepared.earlier().into_iter().chain([prepared.period]) {
        let of_period = versions.iter().filter(|version| version.period == period.label);
        let Some(last) = of_period.max_by_key(|version| (&version.at, version.version)) else { continue };
        let folder = prepared.folders.sent_state(&period.label, &last.state);
        sent.push(state::read(&folder, None, prepared.loaded, Some(&prepared.key))?);
    }
    Ok(sent)
}

/// What people decided about two records.
fn decided(ledger: &Ledger) -> Result<Vec<Decided>, Refusal> {
    let verdict = |verdict| match verdict {
        qd_ledger::Verdict::Same => Verdict::Same,
        qd_ledger::Verdict::Different => Verdict::Different,
    };
    let decisions = ledger.decisions()?.into_iter();
    Ok(decisions.map(|it| Decided { verdict: verdict(it.verdict), one: it.one, other: it.other }).collect())
}
