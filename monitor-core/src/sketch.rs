//! A mergeable summary of latencies.
//!
//! Values fall into buckets whose bounds grow by a constant factor, so any quantile is known to within
//! [`Sketch::RELATIVE_ERROR`], and adding two sketches gives exactly the sketch of all values together.
//! Source of the method: Masson, Rim, Lee, "`DDSketch`", <https://arxiv.org/abs/1908.10693>. Written here rather than
//! taken from a crate because the stored form matters: two bytes per bucket in use, sorted, with no fixed size.

use std::time::Duration;

/// A summary of how long things took.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sketch {
    /// Bucket number and how many values fell into it, by ascending bucket.
    buckets: Vec<(u16, u64)>,
}

/// The factor between a bucket's bounds: `(1 + e) / (1 - e)` for the relative error `e`.
const GAMMA: f64 = (1.0 + Sketch::RELATIVE_ERROR) / (1.0 - Sketch::RELATIVE_ERROR);

impl Sketch {
    /// A quantile differs from the true value by this fraction of it at most.
    pub const RELATIVE_ERROR: f64 = 0.01;

    /// The longest duration that is told apart from longer ones, in microseconds (10 hours).
    const MAX_MICROS: f64 = 3.6e10;

    /// Adds one value. Less than a microsecond counts as one; more than 10 hours as 10 hours.
    pub fn add(&mut self, value: Duration) {
        #[expect(clippy::cast_precision_loss, reason = "clamped to 3.6e10 on the next line")]
        let micros = (value.as_micros() as f64).clamp(1.0, Self::MAX_MICROS);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 1,216 for MAX_MICROS")]
        let bucket = (micros.ln() / GAMMA.ln()).ceil() as u16;
        self.put(bucket, 1);
    }

    /// Adds all values of another sketch.
    pub fn merge(&mut self, other: &Self) {
        if self.buckets.is_empty() {
            self.buckets.clone_from(&other.buckets);
        } else {
            other.buckets.iter().for_each(|&(bucket, count)| self.put(bucket, count));
        }
    }

    fn put(&mut self, bucket: u16, count: u64) {
        match self.buckets.binary_search_by_key(&bucket, |(bucket, _)| *bucket) {
            Ok(index) => self.buckets[index].1 = self.buckets[index].1.saturating_add(count),
            Err(index) => self.buckets.insert(index, (bucket, count)),
        }
    }

    /// How many values were added.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|(_, count)| count).sum()
    }

    /// The value that the fraction `q` (0 to 1) of all values does not exceed; `None` without values.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<Duration> {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "counts stay far below 2^52"
        )]
        let rank = ((self.count() as f64 * q.clamp(0.0, 1.0)).ceil() as u64).max(1);
        let mut seen = 0;
        let (bucket, _) = self.buckets.iter().find(|(_, count)| {
            seen += count;
            seen >= rank
        })?;
        // The point from which both bounds of the bucket are equally far, relative to them.
        let micros = 2.0 * GAMMA.powi(i32::from(*bucket)) / (GAMMA + 1.0);
        Some(Duration::try_from_secs_f64(micros / 1e6).unwrap_or(Duration::MAX))
    }

    /// The stored form: for each bucket its distance from the one before and its count, as LEB128 integers.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.buckets.len() * 2);
        let mut last = 0;
        for &(bucket, count) in &self.buckets {
            put_varint(&mut out, u64::from(bucket - last));
            put_varint(&mut out, count);
            last = bucket;
        }
        out
    }

    /// Reads the stored form; `None` when the bytes are not one.
    #[must_use]
    pub fn from_bytes(mut bytes: &[u8]) -> Option<Self> {
        let mut buckets: Vec<(u16, u64)> = Vec::new();
        while !bytes.is_empty() {
            let step = u16::try_from(take_varint(&mut bytes)?).ok()?;
            let bucket = match buckets.last() {
                Some(_) if step == 0 => return None,
                Some((last, _)) => last.checked_add(step)?,
                None => step,
            };
            buckets.push((bucket, take_varint(&mut bytes)?));
        }
        Some(Self { buckets })
    }
}

/// Appends an unsigned LEB128 integer.
pub fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

/// Takes an unsigned LEB128 integer off the front; `None` when there is none.
pub fn take_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sketch(micros: &[u64]) -> Sketch {
        let mut sketch = Sketch::default();
        micros.iter().for_each(|&micros| sketch.add(Duration::from_micros(micros)));
        sketch
    }

    #[test]
    fn an_empty_sketch_has_no_quantiles() {
        assert_eq!(Sketch::default().quantile(0.5), None);
    }

    #[test]
    fn a_typical_minute_fits_in_a_few_bytes() {
        assert!(sketch(&[42_000, 43_500]).to_bytes().len() <= 6);
    }

    proptest! {
        #[test]
        fn quantiles_are_within_the_stated_error(mut micros in prop::collection::vec(1_u64..36_000_000_000, 1..300), q in 0.0..=1.0) {
            let estimate = sketch(&micros).quantile(q).unwrap().as_secs_f64() * 1e6;
            micros.sort_unstable();
            let rank = ((micros.len() as f64 * q).ceil() as usize).max(1);
            let exact = micros[rank - 1] as f64;
            // A nanosecond is lost to Duration's resolution.
            prop_assert!((estimate - exact).abs() <= exact * Sketch::RELATIVE_ERROR + 0.001, "{} {}", estimate, exact);
        }

        #[test]
        fn the_sum_of_parts_is_the_whole(a in prop::collection::vec(0_u64..100_000_000, 0..100), b in prop::collection::vec(0_u64..100_000_000, 0..100)) {
            let mut merged = sketch(&a);
            merged.merge(&sketch(&b));
            prop_assert_eq!(merged, sketch(&[a, b].concat()));
        }

        #[test]
        fn what_is_stored_is_read_back(micros in prop::collection::vec(any::<u64>(), 0..100)) {
            let sketch = sketch(&micros);
            prop_assert_eq!(Sketch::from_bytes(&sketch.to_bytes()), Some(sketch));
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            if let Some(sketch) = Sketch::from_bytes(&bytes) {
                let _ = Sketch::from_bytes(&sketch.to_bytes());
            }
        }
    }
}
