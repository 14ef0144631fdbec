//! `read`: what stands in a file, as it was read.

use crate::args::{Read, ReadFormat};
use crate::terminal::Terminal;
use crate::{Ending, Result};
use comfy_table::{ContentArrangement, Table};
use qd_model::Refusal;
use qd_run::{Against, ReadRequest, ReadTable};
use std::io::{ErrorKind, Write};

/// How many rows are shown for looking.
const SHOWN: usize = 100;

pub(super) fn read(args: &Read, terminal: &Terminal) -> Result {
    let schema = args.schema.as_deref().map(qd_run::load_schema).transpose()?;
    let pipeline = args.pipeline.as_deref().map(qd_run::load).transpose()?;
    let against = match (&schema, &pipeline) {
        (Some(schema), _) => Some(Against::Schema(schema)),
        (None, Some(loaded)) => {
            Some(Against::Pipeline { loaded, partner: args.partner.as_deref(), table: args.table.as_deref() })
        }
        (None, None) => None,
    };
    if args.format == ReadFormat::Parquet && args.output.is_none() {
        return Err(Refusal::new("a Parquet file is not for the screen").hint("name the file with --output"));
    }
    if let Some(output) = &args.output {
        super::spare(output, std::iter::once(&args.file).chain(&args.schema).chain(&args.pipeline))?;
    }
    let table = qd_run::read(&ReadRequest { file: &args.file, against, sheet: args.sheet.as_deref() })?;
    match &args.output {
        // Values go out byte for byte: a terminal's control characters are not taken out of data.
        None if args.format != ReadFormat::Table => {
            let mut out = std::io::BufWriter::new(std::io::stdout());
            match write(&table, args.format, &mut out).and_then(|()| out.flush()) {
                Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                    return Err(Refusal::new("the result could not be written").because(error));
                }
                _ => {}
            }
        }
        None => terminal.with_output(|out| looks(&table, out))?,
        Some(path) => {
            let written = std::fs::File::create(path).and_then(|file| {
                let mut out = std::io::BufWriter::new(file);
                write(&table, args.format, &mut out).and_then(|()| out.flush())
            });
            written.map_err(|error| {
                Refusal::new(format!("the table could not be written to {}", path.display())).because(error)
            })?;
        }
    }
    if table.is_rejected {
        table.notes.iter().for_each(|note| terminal.say(note));
    }
    Ok(if table.is_rejected { Ending::Findings } else { Ending::Clean })
}

fn write(table: &ReadTable, format: ReadFormat, out: &mut (dyn Write + Send)) -> std::io::Result<()> {
    match format {
        ReadFormat::Table => looks(table, out),
        ReadFormat::Csv => table.write_csv(out),
        ReadFormat::Json => table.write_json(out),
        ReadFormat::Parquet => table.write_parquet(out),
    }
}

/// The table for looking: its first rows, each with its number in the file.
fn looks<W: Write + ?Sized>(table: &ReadTable, out: &mut W) -> std::io::Result<()> {
    let mut shown = Table::new();
    shown.load_style(comfy_table::presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    let letters = table.columns.iter().map(|column| qd_model::finding::column_letters(column.column));
    shown.add_row(std::iter::once(String::new()).chain(letters));
    let headings = table.columns.iter().map(|column| on_one_line(table.name_of(column)));
    shown.add_row(std::iter::once(table.heading_row.to_string()).chain(headings));
    let rows = table.pieces.iter().flat_map(|piece| (0..piece.rows.len()).map(move |row| (piece, row)));
    for (piece, row) in rows.take(SHOWN) {
        let cells = (0..table.columns.len()).map(|column| on_one_line(piece.cell(row, column).unwrap_or_default()));
        shown.add_row(std::iter::once(piece.rows[row].to_string()).chain(cells));
    }
    if !table.columns.is_empty() {
        for line in shown.lines() {
            writeln!(out, "{}", line.trim_end())?;
        }
    }
    let more = table.len().saturating_sub(SHOWN);
    if more > 0 {
        writeln!(out, "… and {more} more rows; --format csv gives them all")?;
    }
    let sheet = table.sheet.as_deref().map_or(String::new(), |sheet| format!(", sheet \"{sheet}\""));
    let columns = table.columns.len();
    writeln!(out, "\n{}{sheet}: {} rows of {columns} columns", table.source, table.len())?;
    table.notes.iter().try_for_each(|note| writeln!(out, "{note}"))
}

/// A value on one line, shortened where it is long.
fn on_one_line(text: &str) -> String {
    const MOST: usize = 60;
    let plain = |c: char| if c.is_control() { '␤' } else { c };
    let mut line: String = text.chars().take(MOST).map(plain).collect();
    if text.chars().nth(MOST).is_some() {
        line.push('…');
    }
    line
}
