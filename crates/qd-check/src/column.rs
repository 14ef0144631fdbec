//! The one loop over the cells of a column: tidy, look for a blank, read, test. What it does for a
//! field is decided before it starts.

use crate::checks::Predicate;
use crate::codes::{Codes, Found};
use crate::read::boolean::Booleans;
use crate::read::text::Texts;
use crate::read::{Reader, Scalar};
use crate::value::{Cell, Value};
use arrow::array::{
    Array, ArrayRef, BooleanArray, BooleanBufferBuilder, BooleanBuilder, PrimitiveBuilder, StringViewArray,
    StringViewBuilder, UInt8Array,
};
use arrow::buffer::BooleanBuffer;
use arrow::compute::kernels::nullif::nullif;
use arrow::datatypes::ArrowPrimitiveType;
use qd_model::finding::ShowValues;
use qd_model::kinds::{Kind, Slip};
use qd_model::normalise::{Normalise, tidy};
use qd_model::schema::MissingValue;
use qd_model::{Class, Evidence, Hit, Reason};
use qd_table::{Stored, TextColumn};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is done with one field's column. Numbers of faults are indexes into the checker's list.
pub(crate) struct Plan {
    /// The column in the source.
    pub(crate) column: usize,
    pub(crate) class: Class,
    pub(crate) missing: Missing,
    pub(crate) words: Words,
    pub(crate) reader: Reader,
    /// The fault of cells that cannot be read.
    pub(crate) unreadable: u32,
    /// The fault of cells that a workbook stores as an error.
    pub(crate) error: u32,
    /// The fault of blank cells, where an answer is asked for.
    pub(crate) blank: Option<u32>,
    pub(crate) tests: Vec<(u32, Predicate)>,
}

/// What happens to a text before it is read.
pub(crate) enum Words {
    /// Nothing.
    Free,
    /// It is written in its kind's one way, and judged; each slip has its fault.
    Kind(&'static dyn Kind, Vec<(&'static Slip, u32)>),
    /// It is replaced by the code that it stands for.
    Codes(Codes, u32),
    /// Each item of a list is; between them stands this.
    Items(Codes, Box<str>, u32),
}

/// Texts that stand for "no value".
pub(crate) struct Missing {
    is_empty_one: bool,
    /// Each with the number of the reason that its label gives; 0 where it gives none.
    others: Vec<(Box<str>, u8)>,
    /// Which lengths occur among the others, the longest in the last bit, to pass most cells at once.
    lengths: u64,
}

impl Missing {
    pub(crate) fn of(values: &[MissingValue], is_ours: bool) -> Self {
        let reason = |value: &MissingValue| value.label.as_deref().and_then(Reason::of_label).map_or(0, Reason::number);
        let others: Vec<(Box<str>, u8)> = values
            .iter()
            .filter(|value| !value.value.is_empty())
            .map(|value| (value.value.as_str().into(), reason(value)))
            .collect();
        let lengths = others.iter().fold(0, |lengths, (text, _)| lengths | 1 << text.len().min(63));
        Self { is_empty_one: is_ours || values.iter().any(|value| value.value.is_empty()), others, lengths }
    }

    /// Whether no text stands for "no value" but the empty one, which does.
    fn is_only_empty(&self) -> bool {
        self.is_empty_one && self.others.is_empty()
    }

    fn is_missing(&self, text: &str) -> bool {
        if text.is_empty() {
            return self.is_empty_one;
        }
        self.lengths >> text.len().min(63) & 1 == 1 && self.others.iter().any(|(other, _)| **other == *text)
    }

    /// The number of the reason that a text for "no value" gives.
    fn reason_of(&self, text: &str) -> Option<u8> {
        let told = self.others.iter().find(|(other, _)| **other == *text).map(|(_, reason)| *reason);
        told.filter(|reason| *reason > 0)
    }
}

/// What the loop is the same for in every column.
pub(crate) struct Setting<'a> {
    pub(crate) how: &'a [Normalise],
    pub(crate) show: ShowValues,
    /// The spreadsheet row of each cell.
    pub(crate) rows: &'a [u32],
}

/// What became of a column.
pub(crate) struct Judged {
    pub(crate) array: ArrayRef,
    pub(crate) unreadable: Option<BooleanBuffer>,
    /// Why empty cells are empty, where any of them says so.
    pub(crate) reasons: Option<UInt8Array>,
    pub(crate) tidied: BTreeMap<&'static str, u64>,
}

/// Judges a column, and adds what it finds.
pub(crate) fn judge(plan: &Plan, column: &TextColumn, setting: &Setting<'_>, hits: &mut Vec<Hit>) -> Judged {
    fn scalar<R: Scalar>(
        reader: &R,
        (plan, column, setting): (&Plan, &TextColumn, &Setting<'_>),
        hits: &mut Vec<Hit>,
    ) -> Judged {
        let builder = PrimitiveBuilder::<R::Arrow>::with_capacity(setting.rows.len());
        walk((plan, column, setting), ScalarTarget { reader, builder }, hits)
    }
    let what = (plan, column, setting);
    match &plan.reader {
        Reader::Integer(reader) => scalar(reader, what, hits),
        Reader::Number(reader) => scalar(reader, what, hits),
        Reader::Date(reader) => scalar(reader, what, hits),
        Reader::Datetime(reader) => scalar(reader, what, hits),
        Reader::Time(reader) => scalar(reader, what, hits),
        Reader::Year(reader) => scalar(reader, what, hits),
        Reader::Yearmonth(reader) => scalar(reader, what, hits),
        Reader::Boolean(reader) => {
            let builder = BooleanBuilder::with_capacity(setting.rows.len());
            walk(what, BooleanTarget { reader, builder }, hits)
        }
        Reader::Text(reader) => {
            if let Some(judged) = as_it_is(reader, what, hits) {
                return judged;
            }
            // A cell that is stored as an error is one whatever its text; there the memory is no help.
            let is_costly = !(plan.tests.is_empty() && matches!(plan.words, Words::Free));
            let memory = (is_costly && column.stored.is_none()).then(Memory::default);
            walk(what, TextTarget::new(reader, &column.text, memory), hits)
        }
    }
}

/// A column of any texts at all that need no tidying either: nothing can be wrong with one of them but
/// that it is blank.
fn as_it_is(
    reader: &Texts,
    (plan, column, setting): (&Plan, &TextColumn, &Setting<'_>),
    hits: &mut Vec<Hit>,
) -> Option<Judged> {
    let is_any = matches!((reader, &plan.words), (Texts::Free, Words::Free)) && plan.tests.is_empty();
    if !is_any || column.stored.is_some() || !plan.missing.is_only_empty() {
        return None;
    }
    let (mut blank, mut nulled) = (Vec::new(), Vec::new());
    let texts = &column.text;
    for (index, view) in texts.views().iter().enumerate() {
        let is_null = texts.is_null(index);
        // The first four bytes of a view are the length of its text.
        if is_null || *view as u32 == 0 {
            blank.push(index);
            nulled.extend((!is_null).then_some(index as u32));
        } else if !setting.how.is_empty() && !is_tidy(texts.value(index)) {
            return None;
        }
    }
    if let Some(fault) = plan.blank {
        hits.extend(blank.into_iter().map(|index| Hit { row: setting.rows[index], fault, evidence: None }));
    }
    let array = without(texts, &nulled);
    Some(Judged { array, unreadable: None, reasons: None, tidied: BTreeMap::new() })
}

/// Reads texts of one type and keeps the values.
trait Target {
    /// Keeps a cell that another one like it was found good before, if that is so.
    fn repeat(&mut self) -> bool {
        false
    }
    /// The cell that was kept last is good as it came, and so is every other one like it.
    fn is_good(&mut self) {}
    /// Reads and keeps one. `raw` is the cell as it came, `text` what is left to read of it. Where it
    /// cannot be read, nothing is kept.
    fn take<'a>(&mut self, raw: &str, text: &'a str, stored: Stored) -> Option<Value<'a>>;
    /// Keeps a null.
    fn null(&mut self);
    fn finish(self) -> ArrayRef;
}

fn walk<T: Target>(
    (plan, column, setting): (&Plan, &TextColumn, &Setting<'_>),
    mut target: T,
    hits: &mut Vec<Hit>,
) -> Judged {
    let mut bad: Vec<u32> = Vec::new();
    let mut reasons: Vec<(usize, u8)> = Vec::new();
    let mut tidied = BTreeMap::new();
    let mut scratch = String::new();
    let texts = &column.text;
    for (index, row) in setting.rows.iter().enumerate() {
        if target.repeat() {
            continue;
        }
        let before = hits.len();
        let raw = if texts.is_null(index) { None } else { Some(texts.value(index)) };
        let stored = column.stored(index);
        let mut hit = |fault: u32, value: Option<&str>| {
            let evidence = value.map(|value| Evidence::of(value, plan.class, setting.show));
            hits.push(Hit { row: *row, fault, evidence });
        };
        let is_left = |raw: &str| setting.how.is_empty() || is_tidy(raw);
        let text = raw.map(|raw| if is_left(raw) { Cow::Borrowed(raw) } else { tidy(raw, setting.how) });
        let blank = text.as_deref().is_none_or(|text| plan.missing.is_missing(text));
        if blank && let Some(reason) = text.as_deref().and_then(|text| plan.missing.reason_of(text)) {
            reasons.push((index, reason));
        }
        let (Some(raw), Some(text), false) = (raw, text, blank) else {
            target.null();
            if let Some(fault) = plan.blank {
                hit(fault, None);
            }
            continue;
        };
        if text.len() != raw.len() || matches!(text, Cow::Owned(_)) {
            count_tidied(raw, setting.how, &mut tidied);
        }
        let judged = if stored == Stored::Error {
            Err(plan.error)
        } else {
            to_read(plan, &text, &mut scratch).and_then(|text| {
                let value = target.take(raw, &text, stored).ok_or(plan.unreadable)?;
                for (fault, passes) in &plan.tests {
                    if !passes(Cell { text: &text, value }) {
                        hit(*fault, Some(raw));
                    }
                }
                Ok(())
            })
        };
        if let Err(fault) = judged {
            target.null();
            bad.push(index as u32);
            hit(fault, Some(raw));
        } else if hits.len() == before && std::ptr::eq(raw, text.as_ref()) {
            target.is_good();
        }
    }
    let count = setting.rows.len();
    Judged { array: target.finish(), unreadable: bits(&bad, count), reasons: numbers(&reasons, count), tidied }
}

/// The reason of each cell, where any cell has one.
fn numbers(reasons: &[(usize, u8)], count: usize) -> Option<UInt8Array> {
    if reasons.is_empty() {
        return None;
    }
    let mut numbers = vec![0; count];
    for (index, reason) in reasons {
        numbers[*index] = *reason;
    }
    Some(numbers.into())
}

/// The text that is read as the field's type, or the fault of a text that has none.
fn to_read<'a>(plan: &'a Plan, text: &'a str, scratch: &mut String) -> Result<Cow<'a, str>, u32> {
    match &plan.words {
        Words::Free => Ok(Cow::Borrowed(text)),
        Words::Kind(kind, faults) => {
            let normal = kind.normalise(text);
            match kind.check(&normal) {
                Ok(()) => Ok(normal),
                Err(slip) => {
                    let known = faults.iter().find(|(known, _)| *known == slip).or(faults.first());
                    Err(known.map_or(plan.unreadable, |(_, fault)| *fault))
                }
            }
        }
        Words::Items(codes, delimiter, fault) => codes.of_items(text, delimiter, scratch).ok_or(*fault),
        Words::Codes(codes, fault) => match codes.find(text, scratch) {
            Found::Code(code) => Ok(Cow::Borrowed(code)),
            Found::NotListed => Err(*fault),
            Found::Unreadable => Err(plan.unreadable),
        },
    }
}

/// Whether no kind of tidying can change a text, as in nearly every cell.
fn is_tidy(text: &str) -> bool {
    match text.as_bytes() {
        [] => true,
        [first, .., last] if *first <= b' ' || *last <= b' ' => false,
        [only] if *only <= b' ' => false,
        bytes => bytes.is_ascii(),
    }
}

fn count_tidied(raw: &str, how: &[Normalise], tidied: &mut BTreeMap<&'static str, u64>) {
    for (word, one) in Normalise::WORDS {
        if how.contains(&one) && tidy(raw, &[one]) != raw {
            *tidied.entry(word).or_default() += 1;
        }
    }
}

fn bits(bad: &[u32], rows: usize) -> Option<BooleanBuffer> {
    if bad.is_empty() {
        return None;
    }
    let mut bits = BooleanBufferBuilder::new(rows);
    bits.append_n(rows, false);
    for index in bad {
        bits.set_bit(*index as usize, true);
    }
    Some(bits.finish())
}

struct ScalarTarget<'r, R: Scalar> {
    reader: &'r R,
    builder: PrimitiveBuilder<R::Arrow>,
}

impl<R: Scalar> Target for ScalarTarget<'_, R> {
    fn take<'a>(&mut self, _: &str, text: &'a str, stored: Stored) -> Option<Value<'a>> {
        let native: <R::Arrow as ArrowPrimitiveType>::Native =
            if stored == Stored::Text { self.reader.read(text)? } else { self.reader.read_stored(text, stored)? };
        self.builder.append_value(native);
        Some(R::value(native))
    }

    fn null(&mut self) {
        self.builder.append_null();
    }

    fn finish(mut self) -> ArrayRef {
        Arc::new(self.builder.finish())
    }
}

struct BooleanTarget<'r> {
    reader: &'r Booleans,
    builder: BooleanBuilder,
}

impl Target for BooleanTarget<'_> {
    fn take<'a>(&mut self, _: &str, text: &'a str, stored: Stored) -> Option<Value<'a>> {
        let value = self.reader.read_stored(text, stored)?;
        self.builder.append_value(value);
        Some(Value::Boolean(value))
    }

    fn null(&mut self) {
        self.builder.append_null();
    }

    fn finish(mut self) -> ArrayRef {
        Arc::new(self.builder.finish())
    }
}

/// Keeps texts. The incoming column serves as it is until a text differs from its cell; where cells
/// only turn out to be blank, the column gets new nulls and keeps its texts.
struct TextTarget<'r> {
    reader: &'r Texts,
    original: &'r StringViewArray,
    index: usize,
    nulled: Vec<u32>,
    builder: Option<StringViewBuilder>,
    memory: Option<Memory>,
    /// Whether the text that was kept last is the cell itself.
    is_unchanged: bool,
}

impl<'r> TextTarget<'r> {
    fn new(reader: &'r Texts, original: &'r StringViewArray, memory: Option<Memory>) -> Self {
        Self { reader, original, index: 0, nulled: Vec::new(), builder: None, memory, is_unchanged: false }
    }

    /// A builder with all rows before this one.
    fn started(&self) -> StringViewBuilder {
        let mut builder = StringViewBuilder::with_capacity(self.original.len());
        let mut nulled = self.nulled.iter().peekable();
        for index in 0..self.index {
            let is_nulled = nulled.next_if(|at| **at as usize == index).is_some();
            if is_nulled || self.original.is_null(index) {
                builder.append_null();
            } else {
                builder.append_value(self.original.value(index));
            }
        }
        builder
    }
}

impl Target for TextTarget<'_> {
    fn repeat(&mut self) -> bool {
        let Some(memory) = &mut self.memory else { return false };
        if self.original.is_null(self.index) || !memory.has(self.original.views()[self.index]) {
            return false;
        }
        if let Some(builder) = &mut self.builder {
            builder.append_value(self.original.value(self.index));
        }
        self.index += 1;
        true
    }

    fn is_good(&mut self) {
        if let Some(memory) = &mut self.memory
            && self.is_unchanged
        {
            memory.keep(self.original.views()[self.index - 1]);
        }
    }

    fn take<'a>(&mut self, raw: &str, text: &'a str, _: Stored) -> Option<Value<'a>> {
        if !self.reader.accepts(text) {
            return None;
        }
        self.is_unchanged = std::ptr::eq(text, raw) || text == raw;
        if self.builder.is_none() && !self.is_unchanged {
            self.builder = Some(self.started());
        }
        if let Some(builder) = &mut self.builder {
            builder.append_value(text);
        }
        self.index += 1;
        Some(Value::Text(text))
    }

    fn null(&mut self) {
        match &mut self.builder {
            Some(builder) => builder.append_null(),
            None if self.original.is_valid(self.index) => self.nulled.push(self.index as u32),
            None => {}
        }
        self.index += 1;
    }

    fn finish(mut self) -> ArrayRef {
        if let Some(mut builder) = self.builder.take() {
            return Arc::new(builder.finish());
        }
        without(self.original, &self.nulled)
    }
}

/// The same texts with more nulls.
fn without(texts: &StringViewArray, nulled: &[u32]) -> ArrayRef {
    match bits(nulled, texts.len()) {
        None => Arc::new(texts.clone()),
        Some(mask) => nullif(texts, &BooleanArray::new(mask, None)).expect("the mask is as long as the column"),
    }
}

/// Short texts that were found good, so that a column with few different ones is judged once for each
/// of them. A text of up to twelve bytes stands whole in its view, which is then as good as the text.
struct Memory {
    views: Box<[u128; SLOTS]>,
    asked: u32,
    found: u32,
}

const SLOTS: usize = 512;
/// After so many cells it is decided whether a column repeats itself enough.
const TRIED: u32 = 1024;

impl Default for Memory {
    fn default() -> Self {
        // The view of an empty text is zero; it is never kept, and never asked for.
        Self { views: Box::new([0; SLOTS]), asked: 0, found: 0 }
    }
}

impl Memory {
    fn slot(view: u128) -> usize {
        let mixed = (view as u64 ^ (view >> 64) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> 55) as usize
    }

    fn has(&mut self, view: u128) -> bool {
        if view == 0 || (self.asked >= TRIED && self.found * 2 < self.asked) {
            return false;
        }
        let is_there = self.views[Self::slot(view)] == view;
        if self.asked < TRIED {
            self.asked += 1;
            self.found += u32::from(is_there);
        }
        is_there
    }

    fn keep(&mut self, view: u128) {
        if (1..=12).contains(&(view as u32)) {
            self.views[Self::slot(view)] = view;
        }
    }
}
