//! `validate`: files against a schema or a pipeline.

use crate::args::Validate;
use crate::terminal::Terminal;
use crate::{Ending, Result};
use qd_model::finding::ShowValues;
use qd_model::report::Report;
use qd_model::{Refusal, Severity};
use qd_report::{About, Colour, Extent, Options};
use qd_run::{Against, Loaded, ValidateRequest};
use std::io::Write;
use std::path::Path;

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
    let is_workbook = args.format == "workbook";
    if is_workbook && args.output.is_none() {
        return Err(Refusal::new("a workbook cannot be shown here").hint("name a file for it with --output"));
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
        Some(path) if is_workbook && args.files.len() == 1 => marked_up(args, path, &report, pipeline.as_ref())?,
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

/// Writes a copy of the one file with its cells marked.
fn marked_up(
    args: &Validate,
    output: &Path,
    report: &Report,
    pipeline: Option<&Loaded>,
) -> std::result::Result<(), Refusal> {
    let file = args.files[0].as_path();
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let code = args.partner.as_deref().unwrap_or_default();
    let pipeline = pipeline.map(|loaded| &loaded.pipeline);
    let partner = pipeline.and_then(|pipeline| pipeline.partners.iter().find(|partner| partner.code == code));
    let schema = report.sources.iter().find_map(|source| source.schema.as_deref()).unwrap_or("the schema");
    let about = About {
        programme: pipeline.map_or(schema, |pipeline| &pipeline.title),
        pipeline: pipeline.map_or("", |pipeline| &pipeline.name),
        partner: partner.map_or(&name, |partner| &partner.name),
        code,
        lead: pipeline.map_or("", |pipeline| &pipeline.lead),
        workbook: &name,
        sealed: "",
        demonstration: pipeline.is_some_and(|pipeline| pipeline.demonstration),
        sent_back: &[],
        reasons: pipeline.map_or(&[], |pipeline| &pipeline.outputs.reason_codes),
    };
    let marked = qd_run::mark_up(file, report, &about)?;
    let wanted = if marked.has_macros { "xlsm" } else { "xlsx" };
    if !output.extension().is_some_and(|ending| ending.eq_ignore_ascii_case(wanted)) {
        let why = if marked.has_macros { "it keeps the macros of the file" } else { "it is an Excel workbook" };
        return Err(Refusal::new(format!("{} would not open under that name", output.display()))
            .because(why)
            .hint(format!("name it {}", output.with_extension(wanted).display())));
    }
    std::fs::write(output, marked.bytes).map_err(|error| {
        Refusal::new(format!("the workbook could not be written to {}", output.display())).because(error)
    })
}
