//! Rows and cells found by their tags alone, so that those which are not changed go by without being
//! looked into.

use super::sheet::{Trouble, place};
use memchr::{memchr, memmem};
use std::io::BufRead;
use std::ops::Range;

/// How a row ends.
const END: &[u8] = b"</row>";

/// A piece of a sheet's data.
pub(super) enum Piece {
    /// A row: where its start tag stands, and what is between that and its end tag. A row without an
    /// end tag has nothing inside.
    Row { start: Range<usize>, inside: Range<usize> },
    /// The end of the data, and where its tag begins.
    End { start: usize },
    /// Something between rows.
    Other,
}

/// Reads the next piece. It ends with the end of a tag.
pub(super) fn next(input: &mut impl BufRead, bytes: &mut Vec<u8>) -> Result<Piece, Trouble> {
    input.read_until(b'>', bytes)?;
    if bytes.last() != Some(&b'>') {
        return Err(Trouble::Damaged);
    }
    // A comment may hold the end of a tag, and its own end then looks like text.
    let Some(start) = memchr(b'<', bytes) else { return Ok(Piece::Other) };
    let tag = &bytes[start..];
    if tag.starts_with(b"</sheetData") {
        return Ok(Piece::End { start });
    }
    if !is_tag(tag, b"<row") {
        return Ok(Piece::Other);
    }
    let head = start..bytes.len();
    if tag.ends_with(b"/>") {
        return Ok(Piece::Row { start: head.clone(), inside: head.end..head.end });
    }
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            return Err(Trouble::Damaged);
        }
        // The end may stand across two fillings of the buffer.
        let seam = (bytes.len() - head.end).min(END.len() - 1);
        let before = bytes.len() - seam;
        bytes.extend_from_slice(&buffer[..buffer.len().min(END.len() - 1)]);
        let across = memmem::find(&bytes[before..], END).map(|at| before + at + END.len());
        bytes.truncate(before + seam);
        let here = across.map(|end| end - bytes.len());
        let Some(taken) = here.or_else(|| memmem::find(buffer, END).map(|at| at + END.len())) else {
            let length = buffer.len();
            bytes.extend_from_slice(buffer);
            input.consume(length);
            continue;
        };
        bytes.extend_from_slice(&buffer[..taken]);
        input.consume(taken);
        return Ok(Piece::Row { inside: head.end..bytes.len() - END.len(), start: head });
    }
}

/// Whether a tag has a name, and no longer one.
fn is_tag(tag: &[u8], name: &[u8]) -> bool {
    tag.starts_with(name)
        && tag.get(name.len()).is_some_and(|next| matches!(next, b'>' | b'/') || next.is_ascii_whitespace())
}

/// The cells of a row, each with its column counted from 0; none, and nothing after it, for one that
/// does not say where it stands or that is not as programs write it.
pub(super) fn cells(row: &[u8]) -> impl Iterator<Item = Option<(Range<usize>, u32)>> + '_ {
    let mut from = 0;
    let mut is_over = false;
    std::iter::from_fn(move || {
        if is_over {
            return None;
        }
        let start = from + memchr(b'<', &row[from..])?;
        let Some((length, column)) = cell(&row[start..]) else {
            is_over = true;
            return Some(None);
        };
        from = start + length;
        Some(Some((start..from, column)))
    })
}

/// The length of the cell at the beginning of some bytes, and its column.
fn cell(bytes: &[u8]) -> Option<(usize, u32)> {
    if !is_tag(bytes, b"<c") {
        return None;
    }
    let end = memchr(b'>', bytes)? + 1;
    let tag = &bytes[..end];
    let name = memmem::find(tag, b" r=\"")? + 4;
    let length = memchr(b'"', &tag[name..])?;
    let (_, column) = place(std::str::from_utf8(&tag[name..name + length]).ok()?)?;
    if tag.ends_with(b"/>") {
        return Some((end, column));
    }
    Some((end + memmem::find(&bytes[end..], b"</c>")? + 4, column))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;
    use std::io::BufReader;

    /// The pieces, whatever the size of the buffer: `[start|inside]` for rows.
    fn check(data: &str, expected: &str) {
        for size in [1, 2, 3, 5, 7, 64] {
            let mut input = BufReader::with_capacity(size, data.as_bytes());
            let mut told = String::new();
            loop {
                let mut bytes = Vec::new();
                let piece = next(&mut input, &mut bytes).expect("whole");
                let text = |range: Range<usize>| String::from_utf8_lossy(&bytes[range]).into_owned();
                match piece {
                    Piece::Row { start, inside } => write!(told, "[{}|{}]", text(start), text(inside)),
                    Piece::Other => write!(told, "({})", text(0..bytes.len())),
                    Piece::End { .. } => break,
                }
                .expect("a string takes every text");
            }
            assert_eq!(told, expected, "a buffer of {size}");
        }
    }

    #[test]
    fn rows_are_found_wherever_the_buffer_ends() {
        check("</sheetData>", "");
        check(
            "\n<row r=\"1\"><c r=\"A1\"/></row><row/> <row r=\"3\"></row></sheetData>",
            "[<row r=\"1\">|<c r=\"A1\"/>][<row/>|][<row r=\"3\">|]",
        );
        check("<!-- a > b --><row>x</ro</row></sheetData>", "(<!-- a >)( b -->)[<row>|x</ro]");
        assert!(next(&mut "<row><c>".as_bytes(), &mut Vec::new()).is_err());
        assert!(next(&mut "".as_bytes(), &mut Vec::new()).is_err());
    }

    #[test]
    fn cells_are_found_by_their_names() {
        let row = b" <c r=\"B2\"><v>1</v></c><c t=\"s\" r=\"AA2\" s=\"4\"/><c><v>2</v></c><c r=\"C2\"/>";
        let found: Vec<_> = cells(row).collect();
        assert_eq!(found, [Some((1..23, 1)), Some((23..47, 26)), None]);
    }
}
