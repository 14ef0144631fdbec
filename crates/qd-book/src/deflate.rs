//! A part of a workbook packed on all cores: it is cut into pieces that are packed each by itself, and
//! that make one valid stream when they stand one behind the other.

use flate2::{Compress, Compression, Crc, FlushCompress};
use rayon::prelude::*;
use std::io::{self, Write};
use std::sync::Arc;

/// Bytes of a piece before it is packed. It does not depend on how many cores there are, so that the
/// same content gives the same bytes everywhere.
pub(crate) const PIECE: usize = 1 << 20;
/// The empty last block that ends a stream whose other blocks all say that more follows.
const END: [u8; 2] = [3, 0];

/// A piece of a stream, packed.
pub(crate) struct Piece {
    packed: Vec<u8>,
    size: u64,
    crc: Crc,
}

/// What packs pieces, one after the other.
pub(crate) struct Packer(Compress);

impl Packer {
    pub(crate) fn new() -> Self {
        Self(Compress::new(Compression::default(), false))
    }

    pub(crate) fn pack(&mut self, content: &[u8]) -> Piece {
        self.0.reset();
        let mut packed = Vec::with_capacity(content.len() / 4 + 64);
        let mut done = 0;
        loop {
            let before = self.0.total_in();
            self.0
                .compress_vec(&content[done..], &mut packed, FlushCompress::Sync)
                .expect("packing into memory cannot fail");
            done += (self.0.total_in() - before) as usize;
            // A full buffer may hide that something is left to be said.
            if done == content.len() && packed.len() < packed.capacity() {
                break;
            }
            packed.reserve(packed.capacity() / 2 + 64);
        }
        let mut crc = Crc::new();
        crc.update(content);
        Piece { packed, size: content.len() as u64, crc }
    }
}

/// Packs what is written into it.
#[derive(Default)]
pub(crate) struct Deflater {
    pieces: Vec<Arc<Piece>>,
    /// Pieces that wait until there is one for each core.
    waiting: Vec<Vec<u8>>,
    filling: Vec<u8>,
}

/// A whole part, packed.
pub(crate) struct Stream {
    pub(crate) pieces: Vec<Vec<u8>>,
    pub(crate) packed: u64,
    pub(crate) size: u64,
    pub(crate) crc: u32,
}

impl Deflater {
    /// Goes on with pieces that are packed already, and may stand in other streams too.
    pub(crate) fn append(&mut self, pieces: Vec<Arc<Piece>>) {
        self.cut();
        self.pack();
        self.pieces.extend(pieces);
    }

    fn cut(&mut self) {
        if !self.filling.is_empty() {
            self.waiting.push(std::mem::take(&mut self.filling));
        }
    }

    fn pack(&mut self) {
        match self.waiting.as_slice() {
            [] => {}
            [only] => self.pieces.push(Arc::new(Packer::new().pack(only))),
            several => {
                let packed = several.par_iter().map_init(Packer::new, |packer, content| packer.pack(content));
                self.pieces.par_extend(packed.map(Arc::new));
            }
        }
        self.waiting.clear();
    }

    pub(crate) fn finish(mut self) -> Stream {
        self.cut();
        self.pack();
        let mut crc = Crc::new();
        let (mut size, mut packed) = (0, END.len() as u64);
        let mut pieces = Vec::with_capacity(self.pieces.len() + 1);
        for piece in self.pieces {
            crc.combine(&piece.crc);
            size += piece.size;
            packed += piece.packed.len() as u64;
            pieces.push(Arc::try_unwrap(piece).map_or_else(|shared| shared.packed.clone(), |own| own.packed));
        }
        pieces.push(END.to_vec());
        Stream { pieces, packed, size, crc: crc.sum() }
    }
}

impl Write for Deflater {
    fn write(&mut self, content: &[u8]) -> io::Result<usize> {
        let taken = content.len().min(PIECE - self.filling.len());
        if self.filling.capacity() == 0 && content.len() < PIECE {
            self.filling.reserve(content.len().max(1 << 12));
        }
        self.filling.extend_from_slice(&content[..taken]);
        if self.filling.len() == PIECE {
            self.cut();
            if self.waiting.len() >= rayon::current_num_threads() * 2 {
                self.pack();
            }
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Read;

    fn check(parts: &[Vec<u8>]) {
        let mut deflater = Deflater::default();
        for (index, part) in parts.iter().enumerate() {
            if index % 3 == 2 {
                deflater.append(vec![Packer::new().pack(part).into()]);
            } else {
                deflater.write_all(part).expect("written");
            }
        }
        let whole = parts.concat();
        let stream = deflater.finish();
        let bytes = stream.pieces.concat();
        let mut back = Vec::new();
        flate2::read::DeflateDecoder::new(&bytes[..]).read_to_end(&mut back).expect("a valid stream");
        let mut crc = Crc::new();
        crc.update(&whole);
        assert!(back == whole, "{} bytes came back as {}", whole.len(), back.len());
        assert_eq!((stream.size, stream.crc, stream.packed), (whole.len() as u64, crc.sum(), bytes.len() as u64));
    }

    #[test]
    fn large_parts_are_one_stream() {
        let noise: Vec<u8> = (0..3 * PIECE as u64 + 17).map(|n| (n.wrapping_mul(n) >> 7) as u8).collect();
        check(&[noise.clone(), vec![b'a'; 2 * PIECE], noise[5..].to_vec(), Vec::new()]);
        check(&[vec![b'x'; PIECE]]);
        check(&[]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_parts_are_one_stream(parts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..400), 0..8)) {
            check(&parts);
        }
    }
}
