//! Stable memory: pages that outlive upgrades.

use crate::engine::{
    Trap,
    host::{Host, peek},
    limits::PAGE_BYTES,
};

/// Pages of 4 GiB, beyond which the functions of 32 bits trap.
const PAGES_OF_32_BITS: u64 = 65_536;

impl Host {
    pub(super) fn stable_size(&mut self, _: &mut [u8]) -> Result<u32, Trap> {
        self.narrow_enough().map(|pages| pages as u32)
    }

    pub(super) fn stable_grow(&mut self, _: &mut [u8], pages: u32) -> Result<u32, Trap> {
        let before = self.narrow_enough()?;
        if before + u64::from(pages) > PAGES_OF_32_BITS {
            return Ok(u32::MAX);
        }
        self.grow(pages.into()).map(|before| before.map_or(u32::MAX, |pages| pages as u32))
    }

    pub(super) fn stable_write(
        &mut self,
        memory: &mut [u8],
        offset: u32,
        src: u32,
        size: u32,
    ) -> Result<(), Trap> {
        self.narrow_enough()?;
        self.write(memory, offset.into(), src, size)
    }

    pub(super) fn stable_read(
        &mut self,
        memory: &mut [u8],
        dst: u32,
        offset: u32,
        size: u32,
    ) -> Result<(), Trap> {
        self.narrow_enough()?;
        self.read(memory, dst, offset.into(), size)
    }

    pub(super) fn stable64_size(&mut self, _: &mut [u8]) -> Result<u64, Trap> {
        Ok(self.state.stable.len() / PAGE_BYTES)
    }

    pub(super) fn stable64_grow(&mut self, _: &mut [u8], pages: u64) -> Result<u64, Trap> {
        self.grow(pages).map(|before| before.unwrap_or(u64::MAX))
    }

    pub(super) fn stable64_write(
        &mut self,
        memory: &mut [u8],
        offset: u64,
        src: u64,
        size: u64,
    ) -> Result<(), Trap> {
        self.write(memory, offset, on_heap(src)?, on_heap(size)?)
    }

    pub(super) fn stable64_read(
        &mut self,
        memory: &mut [u8],
        dst: u64,
        offset: u64,
        size: u64,
    ) -> Result<(), Trap> {
        self.read(memory, on_heap(dst)?, offset, on_heap(size)?)
    }

    /// The size before, or nothing if it may not grow so far.
    fn grow(&mut self, pages: u64) -> Result<Option<u64>, Trap> {
        let before = self.state.stable.len() / PAGE_BYTES;
        let bytes_max = self.settings.stable_bytes_max;
        let after = before.checked_add(pages).and_then(|pages| pages.checked_mul(PAGE_BYTES));
        match after {
            Some(bytes) if bytes <= bytes_max => {
                self.state.stable.grow(bytes);
                Ok(Some(before))
            }
            _ => {
                self.refused = Some(("stable", bytes_max));
                Ok(None)
            }
        }
    }

    fn write(&mut self, memory: &[u8], offset: u64, src: u32, size: u32) -> Result<(), Trap> {
        let bytes = peek(memory, "stable_write", src, size).map_err(|_| heap())?;
        if self.state.stable.write(offset, bytes) { Ok(()) } else { Err(stable()) }
    }

    fn read(&self, memory: &mut [u8], dst: u32, offset: u64, size: u32) -> Result<(), Trap> {
        let start = dst as usize;
        let target = start.checked_add(size as usize).and_then(|end| memory.get_mut(start..end));
        let target = target.ok_or_else(heap)?;
        if self.state.stable.read(offset, target) { Ok(()) } else { Err(stable()) }
    }

    fn narrow_enough(&self) -> Result<u64, Trap> {
        let pages = self.state.stable.len() / PAGE_BYTES;
        if pages > PAGES_OF_32_BITS {
            return Err(Trap::Wasm("32 bit stable memory api used on a memory larger than 4GB".to_owned()));
        }
        Ok(pages)
    }
}

fn on_heap(number: u64) -> Result<u32, Trap> {
    u32::try_from(number).map_err(|_| heap())
}

fn heap() -> Trap {
    Trap::Wasm("heap out of bounds".to_owned())
}

fn stable() -> Trap {
    Trap::Wasm("stable memory out of bounds".to_owned())
}
