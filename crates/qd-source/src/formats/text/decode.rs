//! Bytes to UTF-8, in pieces, and which encoding a file is in.

use crate::formats::input::{Bytes, Input};
use crate::guard;
use crate::source::Look;
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::io::{Read, Result, Seek, SeekFrom};

/// The encoding of a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    encoding: &'static Encoding,
    /// Bytes of the byte order mark.
    mark: u64,
    /// What it was read as, where that is worth a note.
    pub(super) named: Option<&'static str>,
    /// Whether it was told by the beginning of the file alone.
    pub(super) is_assumed: bool,
}

/// How much of a file is its beginning.
const BEGINNING: u64 = 1 << 20;

/// Finds a file's encoding: by its byte order mark; as UTF-8 where all its bytes are; else as
/// an older encoding (Windows-1252 above all), unless the bytes are plainly UTF-8 with some damage. The whole
/// file is looked at, since the first accent may stand on its last line, unless the input says that its
/// beginning is enough for now.
pub(super) fn detect(input: &Input) -> Result<Found> {
    let mut file = input.open()?;
    let mut start = Vec::new();
    (&mut file).take(4096).read_to_end(&mut start)?;
    if let Some((encoding, mark)) = Encoding::for_bom(&start) {
        // A file that was put together from others may begin with the mark twice.
        let twice = encoding == UTF_8 && start[mark..].starts_with(b"\xef\xbb\xbf");
        let mark = if twice { mark * 2 } else { mark };
        return Ok(Found { encoding, mark: mark as u64, named: name(encoding), is_assumed: false });
    }
    if let Some(encoding) = unmarked_utf16(&start) {
        return Ok(Found { encoding, mark: 0, named: name(encoding), is_assumed: false });
    }
    if input.look() == Look::Beginning && input.size()? > BEGINNING {
        file.seek(SeekFrom::Start(0))?;
        // A letter that the cut goes through counts as broken; then all is looked at.
        if Evidence::of(&mut (&mut file).take(BEGINNING))?.broken == 0 {
            return Ok(Found { encoding: UTF_8, mark: 0, named: None, is_assumed: true });
        }
    }
    file.seek(SeekFrom::Start(0))?;
    let evidence = Evidence::of(&mut file)?;
    let encoding = if evidence.broken > evidence.letters { legacy(input)? } else { UTF_8 };
    Ok(Found { encoding, mark: 0, named: name(encoding), is_assumed: false })
}

fn name(encoding: &'static Encoding) -> Option<&'static str> {
    match encoding {
        _ if encoding == UTF_8 => None,
        _ if encoding == WINDOWS_1252 => Some("Windows-1252"),
        _ if encoding == UTF_16LE => Some("UTF-16 (little-endian)"),
        _ if encoding == UTF_16BE => Some("UTF-16 (big-endian)"),
        _ => Some(encoding.name()),
    }
}

/// The encoding of text that is no Unicode: Windows-1252, unless enough letters beyond ASCII say
/// otherwise.
fn legacy(input: &Input) -> Result<&'static Encoding> {
    const LOOKED_AT: u64 = 4 << 20;
    const LETTERS: usize = 12;
    let mut bytes = Vec::new();
    input.open()?.take(LOOKED_AT).read_to_end(&mut bytes)?;
    let letters = bytes.iter().filter(|byte| !byte.is_ascii()).count();
    if letters < LETTERS {
        return Ok(WINDOWS_1252);
    }
    // Where there are few, the guess leans to what is written in this country.
    let country = (letters < LETTERS * 4).then_some(&b"uk"[..]);
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(&bytes, true);
    let guess = guard::guarded(|| detector.guess(country, Utf8Detection::Deny));
    Ok(guess.unwrap_or(WINDOWS_1252))
}

/// UTF-16 without a mark: nearly every second byte is zero, always on the same side.
fn unmarked_utf16(start: &[u8]) -> Option<&'static Encoding> {
    let zeros = |side: usize| start.iter().skip(side).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd, pairs) = (zeros(0), zeros(1), start.len() / 2);
    match () {
        () if pairs < 2 => None,
        () if odd * 10 > pairs * 6 && even * 20 < pairs => Some(UTF_16LE),
        () if even * 10 > pairs * 6 && odd * 20 < pairs => Some(UTF_16BE),
        () => None,
    }
}

/// What a file's bytes say of UTF-8.
#[derive(Default)]
struct Evidence {
    /// Letters beyond ASCII that are right. Only counted where something is broken nearby.
    letters: u64,
    /// Sequences that are not UTF-8.
    broken: u64,
}

impl Evidence {
    fn of(file: &mut impl Read) -> Result<Self> {
        let mut evidence = Self::default();
        let mut piece = vec![0; 1 << 20];
        let mut kept = 0;
        loop {
            let read = file.read(&mut piece[kept..])?;
            if read == 0 {
                evidence.broken += u64::from(kept > 0);
                return Ok(evidence);
            }
            let end = kept + read;
            let rest = evidence.add(&piece[..end]);
            piece.copy_within(end - rest..end, 0);
            kept = rest;
        }
    }

    /// Adds a piece; answers how many bytes at its end are an unfinished letter.
    fn add(&mut self, mut bytes: &[u8]) -> usize {
        loop {
            let error = match std::str::from_utf8(bytes) {
                Ok(text) => {
                    self.letters += letters(text.as_bytes());
                    return 0;
                }
                Err(error) => error,
            };
            let (good, rest) = bytes.split_at(error.valid_up_to());
            self.letters += letters(good);
            let Some(broken) = error.error_len() else {
                return rest.len();
            };
            self.broken += 1;
            bytes = &rest[broken..];
        }
    }
}

/// How many letters beyond ASCII are in valid UTF-8.
fn letters(valid: &[u8]) -> u64 {
    // Counted in bytes, as many at once as a byte can count.
    let few = |some: &[u8]| u64::from(some.iter().map(|byte| u8::from(*byte >= 0xc0)).sum::<u8>());
    if valid.is_ascii() { 0 } else { valid.chunks(usize::from(u8::MAX)).map(few).sum() }
}

/// Whether a file that begins so is text: hardly any control characters, once decoded.
pub(super) fn is_text(start: &[u8]) -> bool {
    if Encoding::for_bom(start).is_some() || unmarked_utf16(&start[..start.len().min(4096)]).is_some() {
        return true;
    }
    let is_control = |byte: u8| (byte < 0x20 && !b"\t\n\r\x0b\x0c\x1a\x1b".contains(&byte)) || byte == 0x7f;
    let controls = start.iter().filter(|byte| is_control(**byte)).count();
    controls <= 2 + start.len() / 20
}

/// The beginning of a file as text.
pub(super) fn first_words(start: &[u8]) -> String {
    let encoding = Encoding::for_bom(start).map(|(encoding, _)| encoding).or_else(|| unmarked_utf16(start));
    encoding.unwrap_or(UTF_8).decode(start).0.into_owned()
}

/// A file's text as UTF-8, piece by piece. UTF-8 is passed on as it is, right or wrong: it is looked
/// at when blocks are read, on many threads.
pub(super) struct Decoder {
    file: Bytes,
    /// For every encoding but UTF-8.
    other: Option<encoding_rs::Decoder>,
    raw: Vec<u8>,
    text: String,
    ended: bool,
}

impl Decoder {
    pub(super) fn open(input: &Input, found: &Found) -> Result<Self> {
        let mut file = input.open()?;
        file.seek(SeekFrom::Start(found.mark))?;
        let other = (found.encoding != UTF_8).then(|| found.encoding.new_decoder_without_bom_handling());
        Ok(Self { file, other, raw: Vec::new(), text: String::new(), ended: false })
    }

    /// Appends about `want` bytes of text; false once there is no more.
    pub(super) fn fill(&mut self, into: &mut Vec<u8>, want: usize) -> Result<bool> {
        if self.ended {
            return Ok(false);
        }
        let Some(decoder) = &mut self.other else {
            let read = (&mut self.file).take(want as u64).read_to_end(into)?;
            self.ended = read < want;
            return Ok(read > 0);
        };
        self.raw.clear();
        let read = (&mut self.file).take(want as u64).read_to_end(&mut self.raw)?;
        self.ended = read < want;
        self.text.clear();
        self.text.reserve(decoder.max_utf8_buffer_length(read).unwrap_or(want * 3));
        let (result, _, _) = decoder.decode_to_string(&self.raw, &mut self.text, self.ended);
        debug_assert_eq!(result, encoding_rs::CoderResult::InputEmpty);
        into.extend_from_slice(self.text.as_bytes());
        Ok(true)
    }
}
