use crate::audit::spec::Device;
use crate::audit::{Rating, summary::Metric};

/// A core metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MetricId {
    /// First Contentful Paint.
    Fcp,
    /// Largest Contentful Paint.
    Lcp,
    /// Total Blocking Time.
    Tbt,
    /// Cumulative Layout Shift.
    Cls,
    /// Speed Index.
    Si,
    /// Time to First Byte.
    Ttfb,
}

impl MetricId {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 6] = [Self::Fcp, Self::Lcp, Self::Tbt, Self::Cls, Self::Si, Self::Ttfb];

    /// Its short name, as in budgets.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Fcp => "fcp",
            Self::Lcp => "lcp",
            Self::Tbt => "tbt",
            Self::Cls => "cls",
            Self::Si => "si",
            Self::Ttfb => "ttfb",
        }
    }

    /// Its name for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Fcp => "First Contentful Paint",
            Self::Lcp => "Largest Contentful Paint",
            Self::Tbt => "Total Blocking Time",
            Self::Cls => "Cumulative Layout Shift",
            Self::Si => "Speed Index",
            Self::Ttfb => "Time to First Byte",
        }
    }

    /// What share of the performance score it is, in percent.
    /// Source: <https://developer.chrome.com/docs/lighthouse/performance/performance-scoring#lighthouse_10>.
    #[must_use]
    pub fn weight(self) -> u8 {
        match self {
            Self::Fcp | Self::Si => 10,
            Self::Lcp | Self::Cls => 25,
            Self::Tbt => 30,
            Self::Ttfb => 0,
        }
    }

    /// Up to where it is good, and from where on it is poor: the values at which Lighthouse's curve for the device gives 90
    /// and 50 points, which for phones are those of web.dev. Sources: `core/audits/metrics/` of Lighthouse 13.5 (`p10` and
    /// `median`), <https://web.dev/articles/vitals> and, for TTFB, which has no curve, <https://web.dev/articles/ttfb>.
    #[must_use]
    pub fn thresholds(self, device: Device) -> (f64, f64) {
        match (self, device) {
            (Self::Fcp, Device::Mobile) => (1_800.0, 3_000.0),
            (Self::Fcp, Device::Desktop) => (934.0, 1_600.0),
            (Self::Lcp, Device::Mobile) => (2_500.0, 4_000.0),
            (Self::Lcp, Device::Desktop) => (1_200.0, 2_400.0),
            (Self::Tbt, Device::Mobile) => (200.0, 600.0),
            (Self::Tbt, Device::Desktop) => (150.0, 350.0),
            (Self::Cls, _) => (0.1, 0.25),
            (Self::Si, Device::Mobile) => (3_387.0, 5_800.0),
            (Self::Si, Device::Desktop) => (1_311.0, 2_300.0),
            (Self::Ttfb, _) => (800.0, 1_800.0),
        }
    }
}

impl Metric {
    /// How good it is.
    #[must_use]
    pub fn rating(&self) -> Rating {
        let (good, poor) = self.thresholds;
        match self.value {
            value if value <= good => Rating::Good,
            value if value <= poor => Rating::NeedsWork,
            _ => Rating::Poor,
        }
    }

    /// The value for people, such as `2.5 s` or `0.02`.
    #[must_use]
    pub fn text(&self) -> String {
        let unit = if self.id == MetricId::Cls.id() { super::Unit::Shift } else { super::Unit::Time };
        unit.text(self.value)
    }
}
