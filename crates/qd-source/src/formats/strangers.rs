//! Files that people send and that are not read: each is named for what it is.

use super::head::{COMPOUND, Head, Zip};
use super::input::Input;
use crate::faults::{self, Trouble};
use memchr::memmem;
use std::io::Read;

const OLD_FIX: &str = "open it in Excel and save it as an Excel workbook (.xlsx)";
const AS_UTF8: &str = "save it as CSV in UTF-8";
const UNPACK: &str = "unpack it and give the files inside one by one";

/// What begins how, what it is, and what to do where asking the partner again is not the answer.
const MAGIC: &[(&[u8], &str, Option<&str>)] = &[
    (b"\x28\xb5\x2f\xfd", "is compressed with zstd", Some(UNPACK)),
    (b"\xff\x06\x00\x00sNaPpY", "is compressed with snappy", Some(UNPACK)),
    (b"BZh91AY&SY", "is compressed with bzip2", Some(UNPACK)),
    (b"7z\xbc\xaf\x27\x1c", "is a 7-Zip archive", Some(UNPACK)),
    (b"Rar!\x1a\x07", "is a RAR archive", Some(UNPACK)),
    (b"\xff\xfe\0\0", "is text in UTF-32", Some(AS_UTF8)),
    (b"\0\0\xfe\xff", "is text in UTF-32", Some(AS_UTF8)),
    (b"ARROW1\0\0", "is an Arrow file", None),
    (b"SQLite format 3\0", "is a SQLite database", None),
    (b"{\\rtf", "is a rich text document", None),
    (b"\x89PNG", "is a picture", None),
    (b"\xff\xd8\xff", "is a picture", None),
    (b"GIF89a", "is a picture", None),
    (b"\x09\x08\x08\x00", "is an old Excel workbook (.xls)", Some(OLD_FIX)),
    (b"\x09\x08\x10\x00", "is an old Excel workbook (.xls)", Some(OLD_FIX)),
    (b"\x09\x04\x06\x00", "is an old Excel workbook (.xls)", Some(OLD_FIX)),
    (b"\x09\x02\x06\x00", "is an old Excel workbook (.xls)", Some(OLD_FIX)),
    (b"\x09\x00\x04\x00", "is an old Excel workbook (.xls)", Some(OLD_FIX)),
];

/// The reject of a file that is known and not read.
pub(super) fn recognise(input: &Input, head: &Head) -> Option<Trouble> {
    if head.bytes.is_empty() {
        let fix = "ask the partner to send the file again: nothing arrived in it";
        return Some(faults::unreadable("is empty", fix));
    }
    if let Some((_, what, fix)) = MAGIC.iter().find(|(magic, _, _)| head.starts_with(magic)) {
        return Some(faults::stranger(what, *fix));
    }
    if head.starts_with(COMPOUND) {
        return compound(input);
    }
    match head.zip {
        Zip::Broken => {
            let fix = "ask the partner to send the file again: it did not arrive whole";
            return Some(faults::unreadable(
                "is truncated: it begins as a workbook or zip archive and breaks off",
                fix,
            ));
        }
        Zip::Parts(_) => return archive(head),
        Zip::No => {}
    }
    let start = &head.bytes[..head.bytes.len().min(1024)];
    if memmem::find(start, b"%PDF-").is_some() {
        return Some(faults::stranger("is a PDF", None));
    }
    markup(&super::text::first_words(&head.bytes)).map(|(what, fix)| faults::stranger(what, fix))
}

/// A document in a zip archive that is not a workbook of a kind that is read.
fn archive(head: &Head) -> Option<Trouble> {
    let (what, fix) = if head.has_part("xl/") || head.is_opendocument("spreadsheet") {
        return None;
    } else if head.has_part("word/") {
        ("is a Word document", None)
    } else if head.has_part("ppt/") {
        ("is a PowerPoint presentation", None)
    } else if head.is_opendocument("text") {
        ("is an OpenDocument text", None)
    } else if head.has_part("index/document.iwa") {
        ("is an Apple Numbers, Pages or Keynote file", Some("open it in Numbers and export it to Excel"))
    } else {
        return None;
    };
    Some(faults::stranger(what, fix))
}

/// A file in the container that Office used before 2007, and that password-protected workbooks use.
fn compound(input: &Input) -> Option<Trouble> {
    const LOOKED_AT: u64 = 64 << 20;
    let mut bytes = Vec::new();
    let read = input.open().and_then(|file| file.take(LOOKED_AT).read_to_end(&mut bytes));
    if let Err(error) = read {
        return Some(faults::machine(&error));
    }
    let has = |name: &str| {
        let wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        memmem::find(&bytes, &wide).is_some()
    };
    Some(if has("EncryptedPackage") || has("EncryptionInfo") {
        faults::protected()
    } else if has("WordDocument") {
        faults::stranger("is an old Word document (.doc)", None)
    } else if has("Workbook") || has("Book") {
        return None;
    } else if has("__substg1.0_") {
        faults::stranger("is an Outlook message", Some("open the message and save its attachment"))
    } else {
        faults::stranger("is an old Office file, and not a workbook", None)
    })
}

/// A page, a document or data in a markup language, by the first words of its text.
fn markup(start: &str) -> Option<(&'static str, Option<&'static str>)> {
    let start = start.trim_start().to_ascii_lowercase();
    let begins = |words: &[&str]| words.iter().any(|word| start.starts_with(word));
    if begins(&["<?xml", "<workbook"]) && start.contains("urn:schemas-microsoft-com:office:spreadsheet") {
        return Some(("is an Excel workbook of 2003 in XML", Some(OLD_FIX)));
    }
    if begins(&["<!doctype html", "<html", "<head", "<body", "<table", "<meta", "<style"])
        || (begins(&["<?xml", "<!--"]) && start.contains("<html"))
    {
        return Some(("is an HTML page", Some("open it in Excel and save it as an Excel workbook (.xlsx)")));
    }
    if begins(&["<?xml"]) {
        return Some(("is an XML document", None));
    }
    let compact: String = start.chars().filter(|c| !c.is_whitespace()).take(2).collect();
    match compact.as_str() {
        "{\"" | "[{" | "[[" | "[\"" => Some(("is JSON", None)),
        _ => None,
    }
}
