//! A table compressed with gzip, whatever its own format.

use super::head::Head;
use super::input::Input;
use super::{Book, Format, limits, workbook};
use crate::faults::{self, Trouble};
use flate2::read::MultiGzDecoder;

/// How many times a packed file may hold another one.
pub(super) const DEPTH: u8 = 3;

/// Tables compressed with gzip.
pub(super) struct Gzip;

impl Format for Gzip {
    fn name(&self) -> &'static str {
        "gzip"
    }

    fn recognises(&self, head: &Head) -> bool {
        head.starts_with(b"\x1f\x8b")
    }

    fn open(&self, input: &Input) -> Result<Box<dyn Book>, Trouble> {
        let kind = "gzip file";
        let packed = input.open().map_err(|error| faults::machine(&error))?;
        let broken = || faults::broken_packing("a gzip file");
        let bytes = workbook::guarded(kind, || limits::unfold(MultiGzDecoder::new(packed), 0, broken))?;
        inside(input, bytes)
    }
}

/// Opens what came out of a packed file.
pub(super) fn inside(input: &Input, bytes: Vec<u8>) -> Result<Box<dyn Book>, Trouble> {
    if input.depth() >= DEPTH {
        return Err(faults::too_large(&format!("is packed more than {DEPTH} times over, which is the limit")));
    }
    super::open_input(&input.unfolded(bytes))
}
