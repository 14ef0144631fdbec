//! A field's code list, looked up by code, label or what people type.

use crate::digest;
use crate::read::Reader;
use crate::value::Value;
use qd_model::{Field, FieldType};
use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Hashes short texts quickly and without a seed. The maps are looked up, never walked.
#[derive(Default)]
struct Quick(u64);

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = digest::of_bytes(self.0, bytes);
    }

    /// What follows a text when it is hashed; its length is in the digest already.
    fn write_u8(&mut self, byte: u8) {
        self.0 ^= u64::from(byte);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

type Map = HashMap<Box<str>, u32, BuildHasherDefault<Quick>>;

/// Which texts stand for which code.
pub(crate) struct Codes {
    all: Vec<Box<str>>,
    exact: Map,
    /// By folded text, for schemas of ours.
    folded: Option<Map>,
    /// For fields of whole numbers in plain schemas: what is compared is the number.
    numbers: Option<(Reader, Vec<i64>)>,
}

/// What a text turned out to be.
pub(crate) enum Found<'a> {
    /// The code that it stands for.
    Code(&'a str),
    /// Nothing in the list.
    NotListed,
    /// Not even a value of the field's type.
    Unreadable,
}

impl Codes {
    /// The codes of a field's categories that `is_listed` accepts.
    pub(crate) fn compile(field: &Field, is_ours: bool, reader: &Reader, is_listed: impl Fn(&str) -> bool) -> Self {
        let listed: Vec<_> = field.categories.iter().filter(|category| is_listed(&category.value)).collect();
        let codes: Vec<Box<str>> = listed.iter().map(|category| category.value.as_str().into()).collect();
        let mut texts: Vec<(&str, u32)> = codes.iter().zip(0..).map(|(code, at)| (code.as_ref(), at)).collect();
        if is_ours {
            let labels = listed.iter().zip(0..).filter_map(|(category, at)| Some((category.label.as_deref()?, at)));
            texts.extend(labels);
            texts.extend(field.synonyms.iter().filter_map(|(typed, meant)| {
                let at = codes.iter().position(|code| **code == **meant)?;
                Some((typed.as_str(), at as u32))
            }));
        }
        let mut exact = Map::default();
        let mut folded = Map::default();
        for (text, at) in texts {
            // The first wins: a code before a label, a label before what people type.
            exact.entry(text.into()).or_insert(at);
            let mut key = String::new();
            fold_into(text, &mut key);
            folded.entry(key.into()).or_insert(at);
        }
        let is_number = field.field_type == FieldType::Integer && !is_ours;
        let numbers = is_number.then(|| (reader.clone(), codes.iter().map(|code| integer(reader, code)).collect()));
        Self { all: codes, exact, folded: is_ours.then_some(folded), numbers }
    }

    /// What a text stands for. `scratch` is room to fold it in.
    pub(crate) fn find<'a>(&'a self, text: &'a str, scratch: &mut String) -> Found<'a> {
        let mut at = self.exact.get(text).copied();
        if let (None, Some(folded)) = (at, &self.folded) {
            fold_into(text, scratch);
            at = folded.get(scratch.as_str()).copied();
        }
        if let (None, Some((reader, numbers))) = (at, &self.numbers) {
            match reader.read(text) {
                Some(Value::Integer(number)) => {
                    at = numbers.iter().position(|code| *code == number).map(|at| at as u32);
                }
                _ => return Found::Unreadable,
            }
        }
        match at {
            Some(at) => {
                let code: &str = &self.all[at as usize];
                // The text itself where it is the code, so that the column need not be written anew.
                Found::Code(if code == text { text } else { code })
            }
            None => Found::NotListed,
        }
    }
}

impl Codes {
    /// The codes of a list's items, between the same delimiters; nothing where an item is none.
    pub(crate) fn of_items<'a>(&self, text: &'a str, delimiter: &str, scratch: &mut String) -> Option<Cow<'a, str>> {
        let mut codes = Vec::new();
        for item in text.split(delimiter) {
            match self.find(item.trim(), scratch) {
                Found::Code(code) => codes.push(code),
                Found::NotListed | Found::Unreadable => return None,
            }
        }
        let joined = codes.join(delimiter);
        Some(if joined == text { Cow::Borrowed(text) } else { Cow::Owned(joined) })
    }
}

fn integer(reader: &Reader, code: &str) -> i64 {
    match reader.read(code) {
        Some(Value::Integer(number)) => number,
        _ => 0,
    }
}

/// Small letters, and one space where there are several.
fn fold_into(text: &str, out: &mut String) {
    out.clear();
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.extend(word.chars().flat_map(char::to_lowercase));
    }
}
