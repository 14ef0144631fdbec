//! The arguments of `schema`.

use clap::{Subcommand, ValueEnum};
use std::path::PathBuf;

/// What to do with schemas.
#[derive(Debug, Subcommand)]
pub(crate) enum SchemaAction {
    /// Check schema files for mistakes, and for what they hardly mean
    #[command(after_help = "Example: quarterday schema check schemas/programme/participants.toml")]
    Check {
        /// The schema files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Show a schema's fields, codes and rules in words
    #[command(after_help = "Example: quarterday schema show schemas/programme/participants.toml")]
    Show {
        /// The schema file
        file: PathBuf,
    },
    /// Write a schema as the JSON that other tools of the Data Package standard read
    #[command(after_help = "Example: quarterday schema export schemas/programme/participants.toml --to table-schema")]
    Export {
        /// The schema file
        file: PathBuf,
        /// Which descriptor
        #[arg(long, value_enum)]
        to: ExportTo,
    },
    /// Say how two versions of a schema differ, in words that a partner can be sent
    #[command(after_help = "Example: quarterday schema diff participants-2022.2.toml participants-2022.3.toml")]
    Diff {
        /// The older schema file
        old: PathBuf,
        /// The newer schema file
        new: PathBuf,
    },
    /// Write a first schema from a good file, to be edited
    #[command(after_help = "Example: quarterday schema infer north.csv > participants.toml")]
    Infer {
        /// A partner's file in which nothing is wrong
        file: PathBuf,
        /// The sheet of a workbook
        #[arg(long, value_name = "NAME")]
        sheet: Option<String>,
    },
}

/// What a schema is exported as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportTo {
    /// A Table Schema
    TableSchema,
    /// A Data Package with one table
    #[value(name = "datapackage")]
    DataPackage,
}
