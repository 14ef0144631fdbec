//! What expressions mean, what they are refused for, and how rules judge rows.

mod beside;
mod groups;
mod idle;
mod judging;
mod laws;
mod refusals;
mod rows;
mod semantics;
