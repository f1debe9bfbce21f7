//! Puts the frames of a body together, up to a limit, without copying when there is only one.

use bytes::{Bytes, BytesMut};

/// A body on its way in.
pub(crate) struct Gather {
    first: Bytes,
    rest: BytesMut,
    bytes_max: usize,
}

/// The body has more bytes than it may have.
#[derive(Debug)]
pub(crate) struct TooLarge;

impl Gather {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { first: Bytes::new(), rest: BytesMut::new(), bytes_max }
    }

    pub(crate) fn push(&mut self, data: Bytes) -> Result<(), TooLarge> {
        if self.first.len() + self.rest.len() + data.len() > self.bytes_max {
            return Err(TooLarge);
        }
        if self.first.is_empty() && self.rest.is_empty() {
            self.first = data;
        } else {
            self.rest.extend_from_slice(&std::mem::take(&mut self.first));
            self.rest.extend_from_slice(&data);
        }
        Ok(())
    }

    pub(crate) fn whole(self) -> Bytes {
        if self.rest.is_empty() { self.first } else { self.rest.freeze() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_together_in_order_up_to_the_limit() {
        let mut gather = Gather::new(5);
        for frame in ["", "ab", "", "c", "de"] {
            gather.push(Bytes::from(frame)).unwrap();
        }
        assert!(gather.push(Bytes::from("f")).is_err());
        assert_eq!(gather.whole(), "abcde");
        assert_eq!(Gather::new(0).whole(), "");
    }
}
