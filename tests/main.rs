//! Whole runs at the binary, and the invariants that no single room can hold.

mod answers;
mod audit;
mod beyond;
mod command;
mod determinism;
mod features;
mod figures;
mod formats;
mod fresh;
mod handover;
mod interrupted;
mod keys;
mod layouts;
mod leaks;
mod marked;
mod mutation;
mod periods;
mod quarters;
mod readme;
mod reports;
mod returns;
mod samples;
mod schemas;
mod spoken;
mod templates;
mod tidy;
