//! What goes back to each partner.

use crate::compute::{Computed, FileNames};
use crate::place::NewFile;
use crate::prepared::Prepared;
use qd_model::Refusal;
use qd_model::pipeline::PartnerFiles;
use qd_report::About;

/// What goes back to each partner: a workbook of findings without values, and a message to paste.
pub(crate) fn partner_files(prepared: &Prepared<'_>, computed: &Computed) -> Result<Vec<NewFile>, Refusal> {
    let pipeline = &prepared.loaded.pipeline;
    if pipeline.outputs.partner_files == PartnerFiles::None {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for partner in pipeline.partners_in(prepared.period) {
        let report = computed.report(prepared.loaded, FileNames::Own, Some(&partner.code));
        let about = About {
            programme: &pipeline.title,
            partner: &partner.name,
            lead: &pipeline.lead,
            workbook: "findings.xlsx",
            demonstration: pipeline.demonstration,
        };
        let book = qd_report::findings_book(&report, &about).map_err(|error| {
            Refusal::new(format!("the findings for `{}` cannot be written", partner.code)).because(error)
        })?;
        let path = |name: &str| format!("partners/{}/{name}", partner.code);
        files.push(NewFile { path: path("findings.xlsx"), bytes: book });
        files.push(NewFile { path: path("message.txt"), bytes: qd_report::message(&report, &about).into_bytes() });
    }
    Ok(files)
}
