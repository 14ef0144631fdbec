//! The tests of this room from outside: one binary.

mod boundary;
mod common;
mod laws;
mod lint;
mod pages;
mod samples;
