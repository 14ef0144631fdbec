//! One period's run: pipeline → plan → parallel work → files put in place → manifest. The command
//! line and the page call the same functions here.
//!
//! Architecture invariant: nothing here prints, exits or reads the environment, and nothing names a
//! programme. Whatever a partner's file holds, a run reports it and goes on.

mod answers;
mod audit;
mod beyond;
mod by_period;
mod changes;
pub mod codes;
mod compute;
mod crosswalk;
mod cumulative;
mod discover;
mod earlier;
mod entered;
mod explanations;
mod facts;
mod figures;
mod folders;
mod history;
mod hold;
mod import;
mod indicators;
mod init;
mod judge;
mod kept;
mod links;
mod load;
mod manifest;
mod map;
mod marked;
mod normalised;
mod open;
mod opening;
mod outcome;
mod partner_files;
mod parts;
mod people;
mod place;
mod plan;
mod prepared;
mod read;
mod released;
mod reopened;
mod repeated;
mod restricted;
mod resubmitted;
mod returns;
mod risk;
mod rotate;
mod run;
pub mod schemas;
mod sent;
mod state;
mod streams;
mod summary;
mod template;
mod together;
mod validate;
mod verify;
mod waivers;
mod wanted;
mod witnesses;

pub use audit::{
    PackOutcome, PackRequest, Picked, Place, SampleRequest, Trace, TraceRequest, Traced, pack, sample, trace,
};
pub use explanations::{TakenIn, TypedExplanation, take_in};
pub use history::{History, PeriodHistory, history};
pub use import::{Imported, ImportedTotals, import_files, import_totals, importable};
pub use init::init;
pub use links::{LinksOutcome, OpenMatches, links, take_links};
pub use load::{Loaded, LoadedTable, load, load_schema, read_text};
pub use map::{How, Line, MapRequest, Mapping, map};
pub use marked::{MarkedUp, mark_up};
pub use outcome::{
    Blocked, LeftOut, PeriodPeople, Plan, PlanLine, PlannedReturn, ReturnFile, ReturnOutcome, RunOutcome, Since,
    SinceSent, SourceLine, Trial,
};
pub use plan::plan;
pub use prepared::Prepared;
pub use read::{Piece, ReadRequest, ReadTable, read};
pub use reopened::Correction;
pub use resubmitted::Resubmission;
pub use rotate::{RotateRequest, Rotated, rotate};
pub use run::{Progress, RunRequest, run};
pub use sent::{SentOutcome, SentRequest, sent};
pub use template::{For, template};
pub use together::run_all;
pub use validate::{Against, ValidateRequest, validate};
pub use verify::{Difference, Verified, verify};

/// Whether this thread is reading a partner's file in code of which a panic is caught.
pub use qd_source::is_guarded as is_reading;
/// Old workbooks are read in a child of the program, and limits on what a file may cost can be raised.
pub use qd_source::{CHILD, raise_limits, read_apart, serve};

/// The version that manifests and reports name.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
