//! `validate`: files against a schema or a pipeline.

use crate::args::Validate;
use crate::terminal::Terminal;
use crate::{Ending, Result};
use qd_model::finding::ShowValues;
use qd_model::{Refusal, Severity};
use qd_report::{Colour, Extent, Options};
use qd_run::{Against, ValidateRequest};
use std::io::Write;

pub(super) fn validate(args: &Validate, terminal: &Terminal) -> Result {
    let schema = args.schema.as_deref().map(qd_run::load_schema).transpose()?;
    let pipeline = args.pipeline.as_deref().map(qd_run::load).transpose()?;
    let against = match (&schema, &pipeline) {
        (Some(schema), _) => Against::Schema(schema),
        (None, Some(loaded)) => {
            Against::Pipeline { loaded, partner: args.partner.as_deref(), table: args.table.as_deref() }
        }
        (None, None) => unreachable!("one of the two is required"),
    };
    if let Some(output) = &args.output {
        super::spare(output, args.files.iter().chain(&args.schema).chain(&args.pipeline))?;
    }
    let report = qd_run::validate(&ValidateRequest {
        files: &args.files,
        against,
        sheet: args.sheet.as_deref(),
        period: args.period.as_deref(),
        as_of: args.as_of,
        show: if args.show_values { ShowValues::Indirect } else { ShowValues::Plain },
    })?;
    let format = qd_report::by_name(&args.format).expect("the format was checked with the arguments");
    let is_on_screen = args.output.is_none();
    let here = std::env::current_dir().ok().filter(|_| is_on_screen && terminal.follows_links());
    let codes = qd_run::codes::all();
    let options = Options {
        tool: qd_run::VERSION,
        colour: if is_on_screen && terminal.has_colour() { Colour::Always } else { Colour::Never },
        extent: if args.all { Extent::Full } else { Extent::Screen },
        links_from: here.as_deref(),
        codes: &codes,
        ..Options::default()
    };
    match &args.output {
        None => terminal.with_output(|out| format.write(&report, &options, out))?,
        Some(path) => {
            let written = std::fs::File::create(path).and_then(|file| {
                let mut out = std::io::BufWriter::new(file);
                format.write(&report, &options, &mut out).and_then(|()| out.flush())
            });
            written.map_err(|error| {
                Refusal::new(format!("the report could not be written to {}", path.display())).because(error)
            })?;
        }
    }
    let faulty = report.not_checked.iter().filter(|gap| gap.reason == qd_rules::FAULT);
    let faulty: Vec<String> = faulty.map(|gap| gap.code.clone()).collect();
    if !faulty.is_empty() {
        terminal.say(&super::fault_in_rules(&faulty));
        return Ok(Ending::Fault);
    }
    let summary = report.summary();
    let stands = [Severity::Reject, Severity::Error, Severity::Query].map(|severity| summary.of(severity));
    Ok(if stands.iter().all(|count| *count == 0) { Ending::Clean } else { Ending::Findings })
}
