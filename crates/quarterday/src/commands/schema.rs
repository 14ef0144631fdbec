//! `schema`: look after schema files.

use crate::args::{ExportTo, SchemaAction};
use crate::terminal::Terminal;
use crate::{Ending, Result};
use qd_model::words;
use qd_run::schemas::{self, ExportAs};
use std::path::{Path, PathBuf};

pub(super) fn schema(action: &SchemaAction, terminal: &Terminal) -> Result {
    match action {
        SchemaAction::Check { files } => check(files, terminal),
        SchemaAction::Show { file } => {
            terminal.print(&schemas::show(&qd_run::load_schema(file)?.schema))?;
            Ok(Ending::Clean)
        }
        SchemaAction::Export { file, to } => {
            let to = match to {
                ExportTo::TableSchema => ExportAs::TableSchema,
                ExportTo::DataPackage => ExportAs::DataPackage,
            };
            terminal.print(&schemas::export(file, &qd_run::load_schema(file)?.schema, to)?)?;
            Ok(Ending::Clean)
        }
        SchemaAction::Diff { old, new } => diff(old, new, terminal),
        SchemaAction::Infer { file, sheet } => {
            terminal.print(&schemas::infer(file, sheet.as_deref())?)?;
            Ok(Ending::Clean)
        }
    }
}

fn check(files: &[PathBuf], terminal: &Terminal) -> Result {
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
                let warnings = schemas::warnings(&table.schema);
                let beside = match warnings.len() {
                    0 => String::new(),
                    count => format!(", {} to look at", words::count(count, "thing")),
                };
                terminal.print(&format!("{}: {fields}, {rules}, no mistakes{beside}\n", file.display()))?;
                for warning in warnings {
                    let hint = warning.hint.map_or(String::new(), |hint| format!(" ({hint})"));
                    terminal.print(&format!("  {}, {}: {}{hint}\n", file.display(), warning.at, warning.what))?;
                }
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

fn diff(old: &Path, new: &Path, terminal: &Terminal) -> Result {
    let differences = schemas::diff(&qd_run::load_schema(old)?.schema, &qd_run::load_schema(new)?.schema);
    if differences.is_empty() {
        terminal.print("The two schemas ask the same\n")?;
        return Ok(Ending::Clean);
    }
    for difference in differences {
        terminal.print(&format!("- {difference}\n"))?;
    }
    Ok(Ending::Findings)
}
