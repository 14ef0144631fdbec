//! `schema`: look after schema files.

use crate::args::SchemaAction;
use crate::terminal::Terminal;
use crate::{Ending, Result};
use qd_model::words;

pub(super) fn schema(action: &SchemaAction, terminal: &Terminal) -> Result {
    let SchemaAction::Check { files } = action;
    let mut ending = Ending::Clean;
    for file in files {
        if !file.exists() {
            // A path that does not exist is a refusal, and nothing has been said yet about the rest.
            qd_run::read_text(file, "schema")?;
        }
        match qd_run::load_schema(file) {
            Ok(table) => {
                let fields = words::count(table.schema.fields.len(), "field");
                let rules = words::count(table.schema.rules.len(), "rule");
                terminal.print(&format!("{}: {fields}, {rules}, no mistakes\n", file.display()))?;
            }
            Err(refusal) => {
                ending = Ending::Findings;
                terminal.print(&format!("{}\n", refusal.what))?;
                for cause in refusal.because {
                    terminal.print(&format!("  {cause}\n"))?;
                }
            }
        }
    }
    Ok(ending)
}
