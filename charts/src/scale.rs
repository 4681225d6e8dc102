//! The value axis: a range that starts at zero and ends at a round number.

use crate::Unit;

/// Values are cut off here, so that no difference or product of two can overflow.
const LARGEST: f64 = 1e18;

/// Returns the value if it can be drawn: finite, and cut off at a size no measurement reaches.
pub(crate) fn drawable(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite()).map(|value| value.clamp(-LARGEST, LARGEST))
}

/// A value axis with round ticks; always contains zero, for a chart that cuts its foot off exaggerates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) step: f64,
}

impl Scale {
    /// The axis for these values with about `wanted` intervals; 0 to 1 when there are none.
    pub(crate) fn new(values: impl Iterator<Item = f64>, unit: Unit, wanted: f64) -> Self {
        let (low, high) = values.fold((0.0_f64, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
        let high = if high > low { high } else { low + 1.0 };
        let mut step = round_step((high - low) / wanted);
        if unit == Unit::Count {
            step = step.max(1.0);
        }
        Self { low: (low / step).floor() * step, high: (high / step).ceil() * step, step }
    }

    /// Where a value lies between the foot (0) and the top (1) of the axis.
    pub(crate) fn fraction(&self, value: f64) -> f64 {
        ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    /// The ticks from low to high; a step is at least a tenth of the range, so there are few.
    pub(crate) fn ticks(&self) -> impl Iterator<Item = f64> + use<> {
        let Self { low, high, step } = *self;
        (0..16).map(move |index| low + step * f64::from(index)).take_while(move |tick| *tick <= high + step / 2.0)
    }

    /// The largest distance from zero, which decides the unit of the labels.
    pub(crate) fn largest(&self) -> f64 {
        self.high.max(-self.low)
    }
}

/// The next of 1, 2, 2.5, 5, 10 times a power of ten.
fn round_step(raw: f64) -> f64 {
    let raw = raw.max(1e-9);
    let magnitude = 10_f64.powf(raw.log10().floor());
    let digit = raw / magnitude;
    let round = [1.0, 2.0, 2.5, 5.0].into_iter().find(|candidate| digit <= candidate + 1e-9).unwrap_or(10.0);
    round * magnitude
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(values: &[f64], unit: Unit) -> Vec<f64> {
        Scale::new(values.iter().copied(), unit, 4.0).ticks().collect()
    }

    #[test]
    fn ticks_are_round_and_enclose_the_values() {
        assert_eq!(ticks(&[180.0, 730.0], Unit::Milliseconds), [0.0, 200.0, 400.0, 600.0, 800.0]);
        assert_eq!(ticks(&[9.3e8], Unit::Bytes), [0.0, 2.5e8, 5e8, 7.5e8, 1e9]);
        assert_eq!(ticks(&[-30.0, 60.0], Unit::Milliseconds), [-50.0, -25.0, 0.0, 25.0, 50.0, 75.0]);
    }

    #[test]
    fn counts_are_never_split() {
        assert_eq!(ticks(&[2.0], Unit::Count), [0.0, 1.0, 2.0]);
    }

    #[test]
    fn nothing_and_zero_give_an_axis_too() {
        assert_eq!(ticks(&[], Unit::Percent), [0.0, 0.25, 0.5, 0.75, 1.0]);
        assert_eq!(ticks(&[0.0, 0.0], Unit::Count), [0.0, 1.0]);
    }

    #[test]
    fn only_finite_values_are_drawable() {
        assert_eq!(drawable(Some(f64::NAN)), None);
        assert_eq!(drawable(Some(f64::NEG_INFINITY)), None);
        assert_eq!(drawable(Some(f64::MAX)), Some(LARGEST));
        assert_eq!(drawable(None), None);
    }
}
