//! The arguments, with the help that people read.

mod schema;

pub(crate) use schema::{ExportTo, SchemaAction};

use clap::builder::styling::{AnsiColor, Styles};
use clap::{ArgGroup, Args as ClapArgs, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use jiff::civil::Date;
use std::path::PathBuf;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Turns a quarter's partner files into checked, disclosure-controlled return files.
#[derive(Debug, Parser)]
#[command(
    name = "quarterday",
    version,
    styles = STYLES,
    after_help = "Example: quarterday run pipelines/programme.toml\n\nExit codes: 0 nothing stands in the way, 1 there is something to mend, 2 the request was refused and nothing was changed, 3 a fault in Quarterday"
)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Debug, ClapArgs)]
pub(crate) struct Global {
    /// Say nothing but results and refusals
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Colour on the terminal (`NO_COLOR` is honoured)
    #[arg(long, global = true, value_enum, default_value_t = When::Auto)]
    pub(crate) color: When,
    /// How many threads to work on (default: one per core)
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// Make every limit on what a file may cost N times as large, for files that are large and trusted
    #[arg(long, global = true, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) limits: u32,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Read a period's partner files, check them, and write every return
    #[command(after_help = "Example: quarterday run pipelines/programme.toml --period 2022-Q3")]
    Run(Run),
    /// Check files against a schema or a pipeline, and write nothing
    #[command(
        after_help = "Example: quarterday validate north.xlsx --pipeline pipelines/programme.toml --partner north"
    )]
    Validate(Validate),
    /// Show what stands in a file, as it is read
    #[command(after_help = "Example: quarterday read north.xlsx --format csv")]
    Read(Read),
    /// Propose what a partner's headings mean, and keep it in the pipeline
    #[command(
        after_help = "Example: quarterday map north.xlsx --pipeline pipelines/programme.toml --partner north --write"
    )]
    Map(Map),
    /// Make a pseudonym key, tell its id, or check its file
    #[command(after_help = "Example: quarterday key new programme.key")]
    Key {
        #[command(subcommand)]
        action: KeyAction,
    },
    /// Freeze a draft return as the version that was sent
    #[command(after_help = "Example: quarterday sent out/programme/2022-Q3/draft/funder --by \"A. Second\"")]
    Sent {
        /// The folder of one return in a draft
        #[arg(value_name = "RETURN_DIR")]
        folder: PathBuf,
        /// Who sends it: not who ran it; kept in the private folder only
        #[arg(long, value_name = "NAME")]
        by: String,
        /// Folder of what never leaves
        #[arg(long, value_name = "DIR", default_value = "private")]
        state: PathBuf,
    },
    /// Show what was received, run and sent of a programme: periods, versions, who and when
    #[command(after_help = "Example: quarterday history pipelines/programme.toml")]
    History {
        /// The pipeline file
        #[arg(value_name = "PIPELINE")]
        pipeline: PathBuf,
        /// Folder of what never leaves
        #[arg(long, value_name = "DIR", default_value = "private")]
        state: PathBuf,
        /// Show every entry of the log too
        #[arg(long)]
        log: bool,
        /// How to show it
        #[arg(long, value_enum, default_value_t = RunFormat::Human)]
        format: RunFormat,
    },
    /// Show which people, files, sheets and rows stand behind a cell of a return
    #[command(after_help = "Example: quarterday trace out/programme/2022-Q3/v1/funder Indicators!C7")]
    Trace {
        /// The folder of one return, drafted or sent
        #[arg(value_name = "RETURN_DIR")]
        folder: PathBuf,
        /// The cell, as a spreadsheet names it: Indicators!C7, or starts.csv!B12
        #[arg(value_name = "CELL")]
        cell: String,
        /// Folder of what never leaves
        #[arg(long, value_name = "DIR", default_value = "private")]
        state: PathBuf,
        /// How to show it
        #[arg(long, value_enum, default_value_t = ListFormat::Human)]
        format: ListFormat,
    },
    /// Draw people of a period for an evidence visit, by a seed that draws the same ones again
    #[command(after_help = "Example: quarterday sample pipelines/programme.toml --n 30 --seed 2022-autumn")]
    Sample {
        /// The pipeline file
        #[arg(value_name = "PIPELINE")]
        pipeline: PathBuf,
        /// How many people
        #[arg(long = "n", value_name = "NUMBER", default_value_t = 30)]
        number: usize,
        /// What draws them; tell it to nobody before the visit is agreed, and write it down
        #[arg(long, value_name = "SEED")]
        seed: String,
        /// Label of the period (default: the pipeline's)
        #[arg(long, value_name = "LABEL")]
        period: Option<String>,
        /// Folder of what never leaves
        #[arg(long, value_name = "DIR", default_value = "private")]
        state: PathBuf,
        /// How to show it
        #[arg(long, value_enum, default_value_t = ListFormat::Human)]
        format: ListFormat,
    },
    /// Put a return, its sources, its definitions and the way from each figure to its rows into one folder
    #[command(after_help = "Example: quarterday pack out/programme/2022-Q3/v1/funder")]
    Pack {
        /// The folder of one return, drafted or sent
        #[arg(value_name = "RETURN_DIR")]
        folder: PathBuf,
        /// Folder of what never leaves; the pack stays in it
        #[arg(long, value_name = "DIR", default_value = "private")]
        state: PathBuf,
    },
    /// Take in earlier periods' files, or totals alone, so that figures of the whole project start right
    #[command(after_help = IMPORT_HELP)]
    ImportEarlier(ImportEarlier),
    /// Show which records were decided to be one person's or two, or take in a list of decisions
    #[command(after_help = "Example: quarterday links pipelines/programme.toml --take suggested-matches.csv")]
    Links {
        /// The pipeline file
        #[arg(value_name = "PIPELINE")]
        pipeline: PathBuf,
        /// The list of matches with verdicts filled in: the CSV file, or a workbook that it was saved as
        #[arg(long, value_name = "FILE")]
        take: Option<PathBuf>,
        /// Folder of what never leaves
        #[arg(long, value_name = "DIR", default_value = "private")]
        state: PathBuf,
    },
    /// Prove that a return, a run's draft, a version that was sent or the log is as it was written
    #[command(after_help = "Example: quarterday verify out/programme/2022-Q3/draft")]
    Verify {
        /// The folder with the manifest, one above it, or a programme's private folder
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// Folder of what never leaves, in which the log of what was sent lies
        #[arg(long, value_name = "DIR", default_value = "private")]
        state: PathBuf,
    },
    /// Look after schema files
    #[command(after_help = "Example: quarterday schema check schemas/programme/participants.toml")]
    Schema {
        #[command(subcommand)]
        action: SchemaAction,
    },
    /// Make a blank workbook for a partner to fill in
    #[command(
        after_help = "Example: quarterday template --pipeline pipelines/programme.toml --partner north --output north.xlsx"
    )]
    Template(Template),
    /// Make a new programme: a pipeline, a schema and a sample file that run at once
    #[command(after_help = "Example: quarterday init my-programme")]
    Init {
        /// A folder that is not there yet, or is empty
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// Write the completions of a shell, for its start file or its folder of completions
    #[command(after_help = "Example: quarterday completions bash > quarterday.bash")]
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Write a manual page for each command into a folder
    #[command(after_help = "Example: quarterday man man1")]
    Man {
        /// The folder, which is made if it is not there
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// Read a file for the program that started this one
    #[command(name = qd_run::CHILD, hide = true)]
    ReadApart,
    /// Explain a finding's code; without one, list them all
    #[command(after_help = "Example: quarterday explain missing-column")]
    Explain {
        /// The code
        code: Option<String>,
    },
}

const IMPORT_HELP: &str = "\
Example: quarterday import-earlier pipelines/programme.toml --by \"A. First\"
         quarterday import-earlier pipelines/programme.toml --by \"A. First\" --period 2022-Q1 --from old/2022-Q1
         quarterday import-earlier pipelines/programme.toml --by \"A. First\" --period 2021-Q4 --totals totals.csv

A list of totals has a line for each count, as the return has it on its sheet:

  return,line,part,people
  funder,SO2-R2,,412
  funder,SO2-R2,Sex: Female,201

Of totals nothing but numbers is known: people cannot be linked across them, and returns say so. A list with its
headings alone takes the totals away again.";

/// Options of `import-earlier`.
#[derive(Debug, ClapArgs)]
pub(crate) struct ImportEarlier {
    /// The pipeline file, in which the earlier periods are declared
    #[arg(value_name = "PIPELINE")]
    pub(crate) pipeline: PathBuf,
    /// Who takes it in: it stands in the log, in the private folder only
    #[arg(long, value_name = "NAME")]
    pub(crate) by: String,
    /// Label of the period whose files, or up to whose end totals, are taken in (default: every earlier
    /// one whose files lie where the pipeline says)
    #[arg(long, value_name = "LABEL")]
    pub(crate) period: Option<String>,
    /// The folder with the period's files, where it is not the pipeline's
    #[arg(long, value_name = "DIR", conflicts_with = "totals")]
    pub(crate) from: Option<PathBuf>,
    /// A list of totals, as CSV: of the time before the first records
    #[arg(long, value_name = "FILE")]
    pub(crate) totals: Option<PathBuf>,
    /// The pseudonym key (default: the pipeline's)
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// A file with the passphrase of a wrapped key on its first line (default: ask on the terminal)
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Folder for what may leave: nothing is written there
    #[arg(long, value_name = "DIR", default_value = "out")]
    pub(crate) out: PathBuf,
    /// Folder of what never leaves
    #[arg(long, value_name = "DIR", default_value = "private")]
    pub(crate) state: PathBuf,
}

/// Options of `run`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Run {
    /// Pipeline files; all are loaded and checked before the first one runs
    #[arg(required = true, value_name = "PIPELINE")]
    pub(crate) pipelines: Vec<PathBuf>,
    /// Label of the period (default: the pipeline's)
    #[arg(long, value_name = "LABEL")]
    pub(crate) period: Option<String>,
    /// The day on which the data is judged (default: the period's last day)
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<Date>,
    /// The pseudonym key (default: the pipeline's)
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// A file with the passphrase of a wrapped key on its first line (default: ask on the terminal)
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Who runs it; kept in the private folder only
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
    /// The period ends the project: make its final returns too
    #[arg(long = "final")]
    pub(crate) is_final: bool,
    /// Folder for what may leave
    #[arg(long, value_name = "DIR", default_value = "out")]
    pub(crate) out: PathBuf,
    /// Folder for what never leaves
    #[arg(long, value_name = "DIR", default_value = "private")]
    pub(crate) state: PathBuf,
    /// Show which fields of how many people would go to whom, and write nothing
    #[arg(long)]
    pub(crate) plan: bool,
    /// How to show the result
    #[arg(long, value_enum, default_value_t = RunFormat::Human)]
    pub(crate) format: RunFormat,
}

/// How a run's result is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RunFormat {
    /// For people
    Human,
    /// For programs
    Json,
}

/// How a list is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// For people
    Human,
    /// One line each, for a spreadsheet
    Csv,
    /// For programs
    Json,
}

/// Options of `validate`.
#[derive(Debug, ClapArgs)]
#[command(group = ArgGroup::new("against").required(true).args(["schema", "pipeline"]))]
pub(crate) struct Validate {
    /// The files
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// A schema for all of them
    #[arg(long, value_name = "FILE")]
    pub(crate) schema: Option<PathBuf>,
    /// A pipeline with tables and partners' mappings
    #[arg(long, value_name = "FILE")]
    pub(crate) pipeline: Option<PathBuf>,
    /// The partner that sent the files
    #[arg(long, value_name = "CODE", requires = "pipeline")]
    pub(crate) partner: Option<String>,
    /// The table that the files hold
    #[arg(long, value_name = "NAME", requires = "pipeline")]
    pub(crate) table: Option<String>,
    /// The sheet of workbooks
    #[arg(long, value_name = "NAME")]
    pub(crate) sheet: Option<String>,
    /// Label of the period (default: the pipeline's)
    #[arg(long, value_name = "LABEL", requires = "pipeline")]
    pub(crate) period: Option<String>,
    /// The day on which the data is judged (default: the period's last day)
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<Date>,
    /// Show values of indirect identifiers too; direct ones and special category data never are
    #[arg(long)]
    pub(crate) show_values: bool,
    /// Show every kind of finding, and not only what has room on a screen
    #[arg(long)]
    pub(crate) all: bool,
    /// Write the report to a file
    #[arg(long, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,
    /// How to report
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = report_format)]
    pub(crate) format: String,
}

/// Options of `template`.
#[derive(Debug, ClapArgs)]
#[command(group = ArgGroup::new("of").required(true).args(["schema", "pipeline"]))]
pub(crate) struct Template {
    /// The schemas, one sheet each
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) schema: Vec<PathBuf>,
    /// A pipeline: one sheet for each of its tables
    #[arg(long, value_name = "FILE")]
    pub(crate) pipeline: Option<PathBuf>,
    /// The partner that will fill it in: its own tables and sheet names
    #[arg(long, value_name = "CODE", requires = "pipeline")]
    pub(crate) partner: Option<String>,
    /// The workbook to write
    #[arg(long, value_name = "BOOK.xlsx")]
    pub(crate) output: PathBuf,
}

/// Options of `read`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Read {
    /// The file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// A schema that says what the columns mean
    #[arg(long, value_name = "FILE", conflicts_with = "pipeline")]
    pub(crate) schema: Option<PathBuf>,
    /// A pipeline with tables and partners' mappings
    #[arg(long, value_name = "FILE")]
    pub(crate) pipeline: Option<PathBuf>,
    /// The partner that sent the file
    #[arg(long, value_name = "CODE", requires = "pipeline")]
    pub(crate) partner: Option<String>,
    /// The table that the file holds
    #[arg(long, value_name = "NAME", requires = "pipeline")]
    pub(crate) table: Option<String>,
    /// The sheet of a workbook
    #[arg(long, value_name = "NAME")]
    pub(crate) sheet: Option<String>,
    /// Write the table to a file
    #[arg(long, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,
    /// How to write it
    #[arg(long, value_enum, default_value_t = ReadFormat::Table)]
    pub(crate) format: ReadFormat,
}

/// Options of `map`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Map {
    /// The partner's file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The pipeline with the partner's sources
    #[arg(long, value_name = "FILE")]
    pub(crate) pipeline: PathBuf,
    /// The partner that sent the file
    #[arg(long, value_name = "CODE")]
    pub(crate) partner: String,
    /// The table that the file holds
    #[arg(long, value_name = "NAME")]
    pub(crate) table: Option<String>,
    /// The sheet of a workbook
    #[arg(long, value_name = "NAME")]
    pub(crate) sheet: Option<String>,
    /// Keep what is proposed, or decided, in the pipeline file
    #[arg(long)]
    pub(crate) write: bool,
    /// Write a workbook in which a person fills in what each heading means
    #[arg(long, value_name = "BOOK.xlsx")]
    pub(crate) output: Option<PathBuf>,
    /// Take what a person has filled in in that workbook, instead of the proposals
    #[arg(long, value_name = "BOOK.xlsx")]
    pub(crate) from: Option<PathBuf>,
}

/// How a table that was read is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReadFormat {
    /// For looking
    Table,
    /// Comma-separated text
    Csv,
    /// With the place of every row and column
    Json,
    /// Parquet, every column as text
    Parquet,
}

fn report_format(word: &str) -> Result<String, String> {
    let known: Vec<&str> = qd_report::ALL.iter().map(|format| format.name()).collect();
    if known.contains(&word) { Ok(word.to_owned()) } else { Err(format!("it is one of {}", known.join(", "))) }
}

/// What to do with a key.
#[derive(Debug, Subcommand)]
pub(crate) enum KeyAction {
    /// Make a new key file that only you can read
    #[command(after_help = "Example: quarterday key new programme.key --passphrase --sheet sheet.txt")]
    New {
        /// The file to make
        file: PathBuf,
        /// Make a key for demonstrations only, which may be shared and is marked as such
        #[arg(long, conflicts_with_all = ["passphrase", "passphrase_file", "sheet"])]
        demonstration: bool,
        #[command(flatten)]
        wrap: Wrap,
        /// Write the recovery sheet too: a page to print and lock away
        #[arg(long, value_name = "SHEET")]
        sheet: Option<PathBuf>,
    },
    /// Tell a key's public id
    Id {
        /// The key file
        file: PathBuf,
        /// A file with its passphrase on the first line (default: ask on the terminal)
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
    },
    /// Check that a key file is whole and that only you can read it
    #[command(after_help = "Example: quarterday key check programme.key --sheet sheet.txt")]
    Check {
        /// The key file
        file: PathBuf,
        /// Prove that this recovery sheet, or what was typed from it, makes the key again
        #[arg(long, value_name = "SHEET")]
        sheet: Option<PathBuf>,
        /// A file with its passphrase on the first line (default: ask on the terminal)
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
    },
    /// Write the recovery sheet of a key: a page to print and lock away
    Sheet {
        /// The key file
        file: PathBuf,
        /// The sheet to write
        sheet: PathBuf,
        /// A file with its passphrase on the first line (default: ask on the terminal)
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
    },
    /// Begin a new epoch of a recipient's pseudonyms
    #[command(
        after_help = "Example: quarterday key rotate pipelines/programme.toml --recipient study --crosswalk study.csv"
    )]
    Rotate {
        /// The pipeline file, in which the epoch is changed
        pipeline: PathBuf,
        /// The recipient's code
        #[arg(long, value_name = "CODE")]
        recipient: String,
        /// Write the way from each person's old pseudonym to the new one, for the recipient
        #[arg(long, value_name = "FILE", required_unless_present = "break_links", conflicts_with = "break_links")]
        crosswalk: Option<PathBuf>,
        /// Write none: the recipient cannot link what it has with what it will get
        #[arg(long)]
        break_links: bool,
        /// The pseudonym key (default: the pipeline's)
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
        /// A file with its passphrase on the first line (default: ask on the terminal)
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
        /// Folder for what never leaves
        #[arg(long, value_name = "DIR", default_value = "private")]
        state: PathBuf,
    },
    /// Make a key file again from its recovery sheet
    Restore {
        /// The sheet, or what was typed from it
        sheet: PathBuf,
        /// The key file to make
        file: PathBuf,
        #[command(flatten)]
        wrap: Wrap,
    },
}

/// Whether a new key file is wrapped by a passphrase.
#[derive(Debug, ClapArgs)]
pub(crate) struct Wrap {
    /// Wrap the key by a passphrase, asked for on the terminal
    #[arg(long)]
    pub(crate) passphrase: bool,
    /// Wrap the key by the passphrase on the first line of a file
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
}
