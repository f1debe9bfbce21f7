//! A memory between two messages: pages that are shared until they are written.
//!
//! Heap and stable memory are kept alike. A clone costs one reference count, so every execution works on its own
//! copy, a trap is undone by dropping it, and 34 transforms read the same image at once. Zero pages take no room.

use std::sync::Arc;

/// The grain of sharing. Small, since most messages touch a few pages of the stack and of the heap.
const CHUNK_BYTES: usize = 4096;

type Chunk = Option<Arc<[u8]>>;

static ZEROS: [u8; CHUNK_BYTES] = [0; CHUNK_BYTES];

/// The contents of a memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Image {
    chunks: Arc<Vec<Chunk>>,
}

impl Image {
    /// Its size in bytes, a multiple of 4096.
    pub(super) fn len(&self) -> u64 {
        (self.chunks.len() * CHUNK_BYTES) as u64
    }

    /// Lets it grow by zeros to `len` bytes.
    pub(super) fn grow(&mut self, len: u64) {
        let chunks = usize::try_from(len).unwrap_or(usize::MAX) / CHUNK_BYTES;
        if chunks > self.chunks.len() {
            Arc::make_mut(&mut self.chunks).resize(chunks, None);
        }
    }

    /// What `memory` holds now, sharing with `self` whatever is the same.
    pub(super) fn updated(&self, memory: &[u8]) -> Self {
        let mut before = self.chunks.iter();
        let chunks = memory.chunks(CHUNK_BYTES).map(|now| match before.next() {
            Some(Some(old)) if **old == *now => Some(old.clone()),
            _ if *now == ZEROS[..now.len()] => None,
            _ => Some(Arc::from(now)),
        });
        Self { chunks: Arc::new(chunks.collect()) }
    }

    /// Writes it over a memory that holds `fresh`, touching only what differs. Bytes beyond its end stay.
    pub(super) fn restore(&self, memory: &mut [u8], fresh: &Self) {
        let mut fresh = fresh.chunks.iter();
        for (chunk, target) in self.chunks.iter().zip(memory.chunks_mut(CHUNK_BYTES)) {
            match (chunk, fresh.next()) {
                (Some(new), Some(Some(old))) if Arc::ptr_eq(new, old) => {}
                (Some(new), _) => target.copy_from_slice(&new[..target.len()]),
                (None, None | Some(None)) => {}
                (None, Some(Some(_))) => target.fill(0),
            }
        }
    }

    /// Copies `target.len()` bytes from `offset`, or returns `false` if they are not all there.
    pub(super) fn read(&self, offset: u64, target: &mut [u8]) -> bool {
        let Some(mut at) = self.start(offset, target.len()) else { return false };
        let mut target = target;
        while !target.is_empty() {
            let (index, within) = (at / CHUNK_BYTES, at % CHUNK_BYTES);
            let (now, rest) = target.split_at_mut(target.len().min(CHUNK_BYTES - within));
            let chunk = self.chunks.get(index).and_then(Option::as_deref).unwrap_or(&ZEROS);
            now.copy_from_slice(&chunk[within..within + now.len()]);
            at += now.len();
            target = rest;
        }
        true
    }

    /// Copies `source` to `offset`, or returns `false`, with nothing written, if there is no room.
    pub(super) fn write(&mut self, offset: u64, source: &[u8]) -> bool {
        let Some(mut at) = self.start(offset, source.len()) else { return false };
        let chunks = Arc::make_mut(&mut self.chunks);
        let mut source = source;
        while !source.is_empty() {
            let (index, within) = (at / CHUNK_BYTES, at % CHUNK_BYTES);
            let (now, rest) = source.split_at(source.len().min(CHUNK_BYTES - within));
            if let Some(chunk) = chunks.get_mut(index) {
                let bytes = Arc::make_mut(chunk.get_or_insert_with(|| Arc::from(&ZEROS[..])));
                bytes[within..within + now.len()].copy_from_slice(now);
            }
            at += now.len();
            source = rest;
        }
        true
    }

    /// Where a range starts, if all of it lies within.
    fn start(&self, offset: u64, len: usize) -> Option<usize> {
        let end = offset.checked_add(len as u64)?;
        (end <= self.len()).then(|| usize::try_from(offset).ok()).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_keeps_what_the_original_overwrites() {
        let mut image = Image::default();
        image.grow(65_536);
        assert!(image.write(4_000, &[7; 200]));
        let kept = image.clone();
        assert!(image.write(4_090, &[9; 10]));
        let mut bytes = [0; 20];
        assert!(kept.read(4_085, &mut bytes));
        assert_eq!(bytes, [7; 20]);
        assert!(image.read(4_085, &mut bytes));
        assert_eq!(bytes[5..15], [9; 10]);
    }

    #[test]
    fn what_lies_beyond_the_end_is_refused_and_nothing_is_written() {
        let mut image = Image::default();
        image.grow(65_536);
        assert!(!image.write(65_530, &[1; 7]));
        assert!(!image.write(u64::MAX, &[1]));
        assert!(image.write(65_530, &[1; 6]));
        assert!(!image.read(65_531, &mut [0; 6]));
        assert!(image.read(65_536, &mut []));
    }

    #[test]
    fn a_memory_restored_from_its_image_holds_the_same_bytes() {
        let mut start = vec![0; 65_536];
        start[5_000..5_100].fill(3);
        let fresh = Image::default().updated(&start);
        let mut later = start.clone();
        later[5_000..5_100].fill(0);
        later[20_000] = 4;
        later.resize(131_072, 0);
        later[100_000] = 5;
        let image = fresh.updated(&later);
        let mut memory = start;
        memory.resize(131_072, 0);
        image.restore(&mut memory, &fresh);
        assert_eq!(memory, later);
    }

    #[test]
    fn unchanged_pages_are_shared_and_zeros_take_no_room() {
        let mut memory = vec![0; 65_536];
        memory[0] = 1;
        let first = Image::default().updated(&memory);
        memory[8_192] = 2;
        let second = first.updated(&memory);
        assert_eq!(second.chunks.iter().filter(|chunk| chunk.is_some()).count(), 2);
        assert!(Arc::ptr_eq(first.chunks[0].as_ref().unwrap(), second.chunks[0].as_ref().unwrap()));
    }
}
