//! The words that every other room speaks: schemas, pipelines, periods, findings, identifier kinds.
//!
//! Architecture invariant: no I/O, no Arrow, no Polars, and nothing about one funder, programme or
//! partner. Text comes in (a schema's, a pipeline's), plain values go out.

pub mod answer;
pub mod calendar;
pub mod class;
pub mod code;
pub mod document;
pub mod finding;
pub mod kinds;
pub mod mistake;
pub mod normalise;
pub mod period;
pub mod pipeline;
pub mod reason;
pub mod refusal;
pub mod report;
pub mod schema;
pub mod words;

pub use class::Class;
pub use code::{Code, Severity};
pub use document::Syntax;
pub use finding::{Evidence, Fault, Finding, Hit, Leaving, SourceFindings};
pub use mistake::{At, Mistake, Mistakes};
pub use period::{Period, PeriodKind};
pub use pipeline::Pipeline;
pub use reason::Reason;
pub use refusal::Refusal;
pub use schema::{Field, FieldType, Schema};
