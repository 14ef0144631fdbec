//! Files that came twice: the same bytes as another partner's, or as an earlier period's.

use crate::codes::fault;
use crate::compute::{Context, Source};
use crate::discover::discover;
use crate::prepared::Prepared;
use qd_model::Period;
use std::collections::BTreeMap;

/// The files of earlier periods, by digest, with the last period in which each came: as they were
/// kept, or as they lie in the period's folder where nothing was kept yet.
pub(crate) fn earlier_files(prepared: &Prepared<'_>, period: &Period) -> BTreeMap<String, String> {
    let loaded = prepared.loaded;
    let mut periods: Vec<&Period> = loaded.pipeline.whole_periods().filter(|other| other.to < period.from).collect();
    periods.sort_by_key(|period| period.from);
    let mut files = BTreeMap::new();
    for earlier in periods {
        let digests = kept(prepared, earlier).unwrap_or_else(|| {
            let found = discover(loaded, earlier).map(|found| found.sources).unwrap_or_default();
            found.iter().filter_map(|source| Some(qd_source::digest(&source.path).ok()?.0)).collect()
        });
        files.extend(digests.into_iter().map(|digest| (digest, earlier.label.clone())));
    }
    files
}

/// The digests of the files that were kept of a period.
fn kept(prepared: &Prepared<'_>, period: &Period) -> Option<Vec<String>> {
    let path = prepared.folders.sources(&period.label).join("sources.json");
    let index: serde_json::Value = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
    let digests = index.as_object()?.values().filter_map(|file| file["blake3"].as_str());
    Some(digests.map(str::to_owned).collect())
}

/// Queries every source with rows of which the file came before, or came from somebody else too.
pub(crate) fn find(context: &Context<'_>, sources: &mut [Source]) {
    let mut senders: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for source in &*sources {
        senders.entry(source.digest.clone()).or_default().push(source.partner.clone());
    }
    for source in sources.iter_mut().filter(|source| source.judged.rows > 0) {
        let mut say = |what: &str| {
            source.judged.findings.add(fault(
                "same-file",
                &context.loaded.pipeline.severities,
                format!("The file is the same, byte for byte, as {what}"),
                "files came before",
                "ask the partner for the file that was meant, or explain why nothing has changed",
            ));
        };
        if senders[&source.digest].iter().any(|partner| *partner != source.partner) {
            say("another partner's file of this period");
        }
        if let Some(period) = context.earlier_files.get(&source.digest) {
            say(&format!("the one of {period}"));
        }
        source.judged.findings.sort();
    }
}
