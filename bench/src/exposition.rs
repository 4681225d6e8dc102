//! What `/metrics` says, as far as the benchmark needs it.

use std::collections::BTreeMap;

/// The counters at one moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Metrics {
    /// Checks that ended, whatever they found.
    pub(crate) checks: f64,
    /// Those of them that found what was expected.
    pub(crate) checks_ok: f64,
    /// The others, by their reason codes.
    wrong: BTreeMap<String, f64>,
    /// How late checks began.
    pub(crate) lateness: Histogram,
    /// Whether pages can be audited.
    pub(crate) audits_available: bool,
}

/// Bounds in seconds, each with how many observations did not exceed it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Histogram(Vec<(f64, f64)>);

impl Metrics {
    /// Reads the text format.
    pub(crate) fn parse(text: &str) -> Self {
        let mut metrics = Self::default();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let Some((series, value)) = line.rsplit_once(' ') else { continue };
            let Ok(value) = value.parse::<f64>() else { continue };
            let (name, labels) = series.split_once('{').unwrap_or((series, ""));
            match name {
                "watchword_checks_total" => {
                    metrics.checks += value;
                    match label(labels, "reason") {
                        Some("ok") => metrics.checks_ok += value,
                        reason => *metrics.wrong.entry(reason.unwrap_or_default().to_owned()).or_default() += value,
                    }
                }
                "watchword_audits_available" => metrics.audits_available = value > 0.0,
                "watchword_check_lateness_seconds_bucket" => {
                    let bound = match label(labels, "le") {
                        Some("+Inf") => Some(f64::INFINITY),
                        bound => bound.and_then(|bound| bound.parse().ok()),
                    };
                    metrics.lateness.0.extend(bound.map(|bound| (bound, value)));
                }
                _ => {}
            }
        }
        metrics
    }

    /// The reasons of checks that did not find what was expected and ended after `earlier`.
    pub(crate) fn wrong_since(&self, earlier: &Self) -> String {
        let is_new = |(reason, count): &(&String, &f64)| earlier.wrong.get(*reason).is_none_or(|before| before < count);
        self.wrong.iter().filter(is_new).map(|(reason, _)| reason.as_str()).collect::<Vec<_>>().join(", ")
    }
}

fn label<'a>(labels: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = labels.split_once(&format!("{name}=\""))?;
    rest.split_once('"').map(|(value, _)| value)
}

impl Histogram {
    /// What was observed after `earlier`.
    pub(crate) fn since(&self, earlier: &Self) -> Self {
        let before = |bound: f64| earlier.0.iter().find(|(other, _)| *other == bound).map_or(0.0, |(_, count)| *count);
        Self(self.0.iter().map(|(bound, count)| (*bound, count - before(*bound))).collect())
    }

    /// The lateness in milliseconds that this share of checks did not exceed, interpolated within its bucket; `None`
    /// without observations. Lateness is observed in whole milliseconds, rounded down, so that a bucket up to 5 ms
    /// holds what was less than 6 ms late.
    pub(crate) fn quantile_ms(&self, share: f64) -> Option<f64> {
        let end_of = |bound: f64| (bound * 1_000.0 + 1e-6).floor() + 1.0;
        let total = self.0.last().map(|(_, count)| *count).filter(|total| *total > 0.0)?;
        let rank = share * total;
        let (mut start, mut below) = (0.0, 0.0);
        for (bound, count) in &self.0 {
            if *count >= rank && *count > below {
                let end = if bound.is_finite() { end_of(*bound) } else { start };
                return Some(start + (end - start) * (rank - below) / (count - below));
            }
            (start, below) = (if bound.is_finite() { end_of(*bound) } else { start }, *count);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# HELP watchword_checks Checks\n# TYPE watchword_checks counter\n\
        watchword_checks_total{reason=\"ok\"} 90\nwatchword_checks_total{reason=\"slow\"} 10\n\
        watchword_check_lateness_seconds_sum 1.5\n\
        watchword_check_lateness_seconds_bucket{le=\"0.0005\"} 50\n\
        watchword_check_lateness_seconds_bucket{le=\"0.001\"} 90\n\
        watchword_check_lateness_seconds_bucket{le=\"0.005\"} 100\n\
        watchword_check_lateness_seconds_bucket{le=\"+Inf\"} 100\n# EOF\n";

    #[test]
    fn counters_of_all_reasons_add_up() {
        let metrics = Metrics::parse(TEXT);
        assert_eq!((metrics.checks, metrics.checks_ok), (100.0, 90.0));
    }

    #[test]
    fn what_went_wrong_lately_is_told() {
        let before = Metrics::parse(TEXT);
        assert_eq!(before.wrong_since(&Metrics::default()), "slow");
        assert_eq!(before.wrong_since(&before), "");
        let after = Metrics::parse(&TEXT.replace("reason=\"slow\"} 10", "reason=\"slow\"} 11"));
        assert_eq!(after.wrong_since(&before), "slow");
    }

    #[test]
    fn quantiles_lie_within_the_bucket_that_holds_them() {
        let lateness = Metrics::parse(TEXT).lateness;
        assert_eq!(lateness.quantile_ms(0.25), Some(0.5));
        assert_eq!(lateness.quantile_ms(0.9), Some(2.0));
        assert_eq!(lateness.quantile_ms(0.95), Some(4.0));
        assert_eq!(lateness.quantile_ms(1.0), Some(6.0));
    }

    #[test]
    fn only_what_came_later_counts() {
        let before = Metrics::parse(TEXT).lateness;
        assert_eq!(before.since(&before).quantile_ms(0.5), None);
        let after = Metrics::parse(&TEXT.replace("} 100", "} 110")).lateness;
        assert_eq!(after.since(&before).quantile_ms(0.5), Some(4.0));
    }
}
