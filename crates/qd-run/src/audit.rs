//! What an auditor asks of a return: which people and which rows stand behind a figure, whose papers to
//! look at on a visit, and one folder that holds all of it.
//!
//! Architecture invariant: everything here is for the eyes of the lead and of whoever audits it. It names
//! people by the lead's own pseudonyms and rows by file, sheet and number, and no value of a cell.

mod cell;
mod lineage;
mod opened;
mod pack;
mod places;
mod sample;
mod trace;

pub(crate) use lineage::{RowLineage, to_file as lineage_file};
pub use pack::{PackOutcome, PackRequest, pack};
pub use places::Place;
pub use sample::{Picked, SampleRequest, sample};
pub use trace::{Trace, TraceRequest, Traced, trace};
