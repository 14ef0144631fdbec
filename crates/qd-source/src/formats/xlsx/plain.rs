//! Some rows of a sheet's XML, read byte by byte where it is as plain as nearly all of it is. What is
//! not, is left to the workbook library.

use crate::formats::cells::Value;
use crate::formats::values::Text;
use crate::formats::workbook::is_on_sheet;
use calamine::{CellErrorType, DataRef, ExcelDateTime, ExcelDateTimeType};
use memchr::{memchr, memmem};
use qd_table::Stored;

/// What the cells of a workbook refer to.
#[derive(Default)]
pub(super) struct Shared {
    /// What the number of a cell stands for, by the cell's style.
    pub(super) styles: Vec<Number>,
    pub(super) is_1904: bool,
    pub(super) texts: Texts,
}

/// What a number stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    Itself,
    Date,
    Duration,
}

/// The shared texts, one after the other.
#[derive(Default)]
pub(super) struct Texts {
    all: String,
    ends: Vec<usize>,
}

impl Texts {
    pub(super) fn push(&mut self, text: &str) {
        self.all.push_str(text);
        self.ends.push(self.all.len());
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)?;
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        Some(&self.all[start..end])
    }

    /// The table of texts, where each of them is a single plain one.
    pub(super) fn of_part(xml: &[u8]) -> Option<Self> {
        let mut texts = Self::default();
        let mut scratch = String::new();
        let mut at = Xml { bytes: xml, at: memmem::find(xml, b"<sst")? };
        if memmem::find(xml, b"<!").is_some() {
            return None;
        }
        at.at = at.at + memchr(b'>', &xml[at.at..])? + 1;
        while !at.takes(b"</sst>") {
            at.take(b"<si>")?;
            let text = at.text(&mut scratch)?;
            texts.push(text);
            at.take(b"</si>")?;
            at.blanks();
        }
        Some(texts)
    }
}

/// Gives away the cells of whole rows, each with its row and column. Nothing where anything is not plain;
/// what was given away is then of no use.
pub(super) fn read(xml: &[u8], shared: &Shared, give: &mut impl FnMut(u32, u32, Value<'_>)) -> Option<()> {
    if memmem::find(xml, b"<!").is_some() {
        return None;
    }
    let mut at = Xml { bytes: xml, at: 0 };
    let mut text = Text::default();
    let mut scratch = String::new();
    loop {
        at.blanks();
        if at.at == xml.len() {
            return Some(());
        }
        at.take(b"<row")?;
        let mut has_number = false;
        if at.tag(|name, _| has_number |= name == b"r")? == Tag::Empty {
            continue;
        }
        if !has_number {
            return None;
        }
        loop {
            at.blanks();
            if at.takes(b"</row>") {
                break;
            }
            at.take(b"<c")?;
            cell(&mut at, shared, &mut text, &mut scratch, give)?;
        }
    }
}

fn cell<'x>(
    at: &mut Xml<'x>,
    shared: &Shared,
    text: &mut Text,
    scratch: &mut String,
    give: &mut impl FnMut(u32, u32, Value<'_>),
) -> Option<()> {
    let (mut place, mut style, mut kind): (_, _, Option<&'x [u8]>) = (None, None, None);
    let tag = at.tag(|name, value| match name {
        b"r" => place = Some(value),
        b"s" => style = Some(value),
        b"t" => kind = Some(value),
        _ => {}
    })?;
    let (row, column) = place_of(place?).filter(|(row, column)| is_on_sheet(*row, *column))?;
    if tag == Tag::Empty {
        return Some(());
    }
    if at.takes(b"<f") {
        if at.tag(|_, _| ())? == Tag::Open {
            at.at += memchr(b'<', &at.bytes[at.at..])?;
            at.take(b"</f>")?;
        }
        if at.takes(b"</c>") {
            return Some(());
        }
    }
    let shows = if kind == Some(b"inlineStr") {
        at.take(b"<is>")?;
        let inline = at.text(scratch)?;
        let shows = text.set_text(inline, Stored::Text);
        at.take(b"</is>")?;
        shows
    } else {
        at.take(b"<v>")?;
        let raw = at.until_tag()?;
        let shows = value(raw, kind, style, shared, text, scratch)?;
        at.take(b"</v>")?;
        shows
    };
    at.take(b"</c>")?;
    if shows {
        give(row, column, text.value());
    }
    Some(())
}

/// Takes what stands in a cell; answers whether it shows anything.
fn value(
    raw: &[u8],
    kind: Option<&[u8]>,
    style: Option<&[u8]>,
    shared: &Shared,
    text: &mut Text,
    scratch: &mut String,
) -> Option<bool> {
    Some(match kind {
        None | Some(b"n") => {
            if raw.is_empty() {
                return Some(false);
            }
            let number = number(raw)?;
            let stands_for = match style {
                Some(style) => shared.styles.get(whole(style)?).copied().unwrap_or(Number::Itself),
                None => Number::Itself,
            };
            let moment = |kind| DataRef::DateTime(ExcelDateTime::new(number, kind, shared.is_1904));
            text.set(&match stands_for {
                Number::Itself => DataRef::Float(number),
                Number::Date => moment(ExcelDateTimeType::DateTime),
                Number::Duration => moment(ExcelDateTimeType::TimeDelta),
            })
        }
        Some(b"s") if raw.is_empty() => false,
        Some(b"s") => text.set_text(shared.texts.get(whole(raw)?)?, Stored::Text),
        Some(b"str") => text.set_text(decoded(raw, scratch)?, Stored::Text),
        Some(b"b") => match raw {
            b"0" => text.set(&DataRef::Bool(false)),
            b"1" => text.set(&DataRef::Bool(true)),
            _ => return None,
        },
        Some(b"e") => text.set(&DataRef::Error(std::str::from_utf8(raw).ok()?.parse::<CellErrorType>().ok()?)),
        Some(_) => return None,
    })
}

/// A number as programs write it. Both the library's and the standard's reader give the nearest one.
fn number(raw: &[u8]) -> Option<f64> {
    let digits = raw.strip_prefix(b"-").unwrap_or(raw);
    let is_plain = digits.first().is_some_and(u8::is_ascii_digit)
        && digits.last().is_some_and(u8::is_ascii_digit)
        && digits.iter().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(byte));
    if !is_plain {
        return None;
    }
    let number: f64 = std::str::from_utf8(raw).ok()?.parse().ok()?;
    number.is_finite().then_some(number)
}

fn whole(raw: &[u8]) -> Option<usize> {
    if !(1..=9).contains(&raw.len()) {
        return None;
    }
    raw.iter().try_fold(0, |value, byte| byte.is_ascii_digit().then(|| value * 10 + usize::from(byte - b'0')))
}

/// Row counted from 1, column from 0, of a cell such as "AB12".
fn place_of(raw: &[u8]) -> Option<(u32, u32)> {
    let letters = raw.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    if !(1..=3).contains(&letters) {
        return None;
    }
    let column = raw[..letters].iter().fold(0, |column, byte| column * 26 + u32::from(byte - b'A') + 1);
    let row = whole(&raw[letters..])? as u32;
    (row > 0).then_some((row, column - 1))
}

/// Text without its entities. Nothing where it holds what is written in a less common way.
fn decoded<'a>(raw: &'a [u8], scratch: &'a mut String) -> Option<&'a str> {
    let text = std::str::from_utf8(raw).ok()?;
    if text.contains('\r') || text.contains("_x") {
        return None;
    }
    let Some(first) = memchr(b'&', raw) else { return Some(text) };
    scratch.clear();
    scratch.push_str(&text[..first]);
    let mut rest = &text[first..];
    while let Some(entity) = rest.strip_prefix('&') {
        let (name, after) = entity.split_once(';')?;
        scratch.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => return None,
        });
        let next = memchr(b'&', after.as_bytes()).unwrap_or(after.len());
        scratch.push_str(&after[..next]);
        rest = &after[next..];
    }
    Some(scratch)
}

/// A place in some XML.
struct Xml<'a> {
    bytes: &'a [u8],
    at: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tag {
    Open,
    Empty,
}

impl<'a> Xml<'a> {
    fn blanks(&mut self) {
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }

    fn takes(&mut self, word: &[u8]) -> bool {
        let is_next = self.bytes[self.at..].starts_with(word);
        self.at += if is_next { word.len() } else { 0 };
        is_next
    }

    fn take(&mut self, word: &[u8]) -> Option<()> {
        self.takes(word).then_some(())
    }

    /// What stands before the next tag.
    fn until_tag(&mut self) -> Option<&'a [u8]> {
        let start = self.at;
        // A cell's value is short, so that a search pays only now and then.
        let end = start + self.bytes[start..].iter().position(|byte| *byte == b'<')?;
        self.at = end;
        Some(&self.bytes[start..end])
    }

    /// The rest of a tag after its name: its attributes, and how it ends.
    fn tag(&mut self, mut attribute: impl FnMut(&'a [u8], &'a [u8])) -> Option<Tag> {
        loop {
            match self.bytes.get(self.at)? {
                b'>' => {
                    self.at += 1;
                    return Some(Tag::Open);
                }
                b'/' => {
                    self.take(b"/>")?;
                    return Some(Tag::Empty);
                }
                b' ' => self.at += 1,
                byte if byte.is_ascii_alphabetic() && self.bytes[self.at - 1] == b' ' => {
                    let start = self.at;
                    let equals = start + self.bytes[start..].iter().position(|byte| *byte == b'=')?;
                    self.at = equals + 1;
                    self.take(b"\"")?;
                    let end = self.at + self.bytes[self.at..].iter().position(|byte| *byte == b'"')?;
                    let value = &self.bytes[self.at..end];
                    if memchr(b'&', value).is_some() {
                        return None;
                    }
                    attribute(&self.bytes[start..equals], value);
                    self.at = end + 1;
                }
                _ => return None,
            }
        }
    }

    /// A single text element.
    fn text<'b>(&mut self, scratch: &'b mut String) -> Option<&'b str>
    where
        'a: 'b,
    {
        self.take(b"<t")?;
        let mut is_kept = false;
        if self.tag(|name, value| is_kept |= name == b"xml:space" && value == b"preserve")? == Tag::Empty {
            return Some("");
        }
        let start = self.at;
        let end = start + memchr(b'<', &self.bytes[start..])?;
        self.at = end;
        self.take(b"</t>")?;
        let text = decoded(&self.bytes[start..end], scratch)?;
        Some(if is_kept { text } else { text.trim_matches([' ', '\t', '\r', '\n']) })
    }
}
