//! Findings put into words on all cores, piece by piece, and written in their order as one stream: there
//! may be millions of them, and no more than a few pieces are in memory.

use qd_model::finding::{Finding, Hit, SourceFindings};
use rayon::prelude::*;
use std::io::{self, Write};

/// Findings in one piece.
const PIECE: usize = 4096;

/// Writes what `put` makes of each finding. While some pieces are written, the next ones are made.
pub(crate) fn write(
    findings: &SourceFindings,
    out: &mut dyn Write,
    put: impl Fn(&mut Vec<u8>, &Hit, &Finding<'_>) -> io::Result<()> + Sync,
) -> io::Result<()> {
    let piece = |hits: &&[Hit]| {
        let mut text = Vec::new();
        hits.iter().zip(findings.of(*hits)).try_for_each(|(hit, finding)| put(&mut text, hit, &finding))?;
        Ok(text)
    };
    let pieces: Vec<&[Hit]> = findings.hits.slices().flat_map(|hits| hits.chunks(PIECE)).collect();
    let mut made = Vec::new();
    for some in pieces.chunks(8 * rayon::current_num_threads()) {
        let (mut next, ready) = (Vec::new(), std::mem::take(&mut made));
        // The writer need not be one that other threads may use.
        rayon::in_place_scope(|scope| {
            scope.spawn(|_| next = some.par_iter().map(piece).collect::<Vec<io::Result<Vec<u8>>>>());
            write_pieces(ready, out)
        })?;
        made = next;
    }
    write_pieces(made, out)
}

fn write_pieces(pieces: Vec<io::Result<Vec<u8>>>, out: &mut dyn Write) -> io::Result<()> {
    pieces.into_iter().try_for_each(|piece| out.write_all(&piece?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_stand_in_the_order_of_the_findings() {
        let hits: Vec<Hit> = (1..200_000).map(|row| Hit { row, fault: 0, evidence: None }).collect();
        let mut findings = crate::sample::report().sources.swap_remove(0).findings;
        findings.hits = hits.into();
        let mut out = Vec::new();
        write(&findings, &mut out, |text, hit, finding| {
            assert_eq!(finding.row, Some(hit.row));
            writeln!(text, "{}", hit.row)
        })
        .expect("memory takes everything");
        let rows = String::from_utf8(out).expect("numbers");
        let rows = rows.lines().map(|row| row.parse::<u32>().expect("a number"));
        assert!(rows.eq(1..200_000), "some findings are missing or out of order");
    }

    #[test]
    fn an_error_ends_the_writing() {
        let findings = crate::sample::report().sources.swap_remove(0).findings;
        let failed = write(&findings, &mut Vec::new(), |_, _, _| Err(io::Error::other("full")));
        assert!(failed.is_err());
    }
}
