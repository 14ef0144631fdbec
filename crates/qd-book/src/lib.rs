//! The door to workbooks that people receive: covers and tables, from plain values, formatted as a
//! person would want to receive them; and workbooks that someone else made, marked up where they
//! stand ([`package`]).
//!
//! Architecture invariant: text is always written as text. A cell that begins with `=`, `+`, `-`,
//! `@`, a tab or a line break never becomes a formula, here or when a person edits it. The same
//! values give the same bytes on any day: times inside the file are pinned.
//!
//! ```
//! use qd_book::{About, Book, Cell, Column, Kind, Layout};
//!
//! let mut book = Book::new(About { title: "Example".to_owned(), ..About::default() });
//! let layout = Layout { columns: vec![Column::new("Name", Kind::Text)], ..Layout::default() };
//! let mut sheet = book.table("People", layout)?;
//! sheet.row(&[Cell::Text("=not a formula")])?;
//! sheet.finish()?;
//! let bytes = book.finish()?;
//! assert_eq!(&bytes[..2], b"PK");
//! # Ok::<(), qd_book::BookError>(())
//! ```

mod book;
mod cell;
mod copy;
mod cover;
mod deflate;
mod error;
mod form;
mod names;
mod pack;
pub mod package;
mod rows;
mod skeleton;
mod style;
mod table;
mod text;

pub use book::{About, Book};
pub use cell::{Cell, Tone};
pub use copy::{CopiedBook, CopiedSheet, Plain, Tones};
pub use cover::{Cover, Section, Value};
pub use error::BookError;
pub use form::{ChoiceList, Choices, FormColumn, Limit, Takes};
pub use style::{Kind, RowStyle};
pub use table::{Column, Layout, Overlong, TableSheet};
pub use text::{looks_like_formula, printable};
