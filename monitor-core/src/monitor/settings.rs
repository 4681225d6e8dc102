//! What an owner chooses for a monitor.

use std::time::Duration;

use super::{CheckSpec, MonitorError, MonitorId, MonitorName};
use crate::assertion::Assertions;
use crate::checks::Family;
use crate::duration;
use crate::health::Policy;
use crate::labels::{Labels, MAX_LABELS};

/// What an owner chooses for a monitor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Its name.
    pub name: MonitorName,
    /// What is checked.
    pub spec: CheckSpec,
    /// How often, 1 s to 1 d.
    pub interval: Duration,
    /// How long one check may take in all, 100 ms to 60 s.
    pub timeout: Duration,
    /// When the health changes.
    pub policy: Policy,
    /// What else has to hold of what a check finds.
    pub assertions: Assertions,
    /// Which addresses of a name are tried.
    pub family: Family,
    /// What it belongs to, by key.
    pub labels: Labels,
    /// The group it is shown in, one word.
    pub group: Option<String>,
    /// Monitors that it depends on: while one of them is down, its own failures alert nobody.
    pub parents: Vec<MonitorId>,
}

impl Settings {
    /// How often a monitor is checked unless its owner says otherwise.
    pub const DEFAULT_INTERVAL: Duration = Duration::from_secs(60);
    /// How long a check may take unless its owner says otherwise.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

    /// Most parents of a monitor.
    pub const MAX_PARENTS: usize = 16;

    /// A monitor of that name and check, with all defaults.
    #[must_use]
    pub fn new(name: MonitorName, spec: CheckSpec) -> Self {
        Self {
            name,
            spec,
            interval: Self::DEFAULT_INTERVAL,
            timeout: Self::DEFAULT_TIMEOUT,
            policy: Policy::default(),
            assertions: Assertions::default(),
            family: Family::default(),
            labels: Labels::default(),
            group: None,
            parents: Vec::new(),
        }
    }

    /// Checks every setting.
    ///
    /// # Errors
    /// The [`MonitorError`] of the first setting that does not work.
    pub fn validate(&self) -> Result<(), MonitorError> {
        let (second, day) = (Duration::from_secs(1), Duration::from_secs(86_400));
        if !(second..=day).contains(&self.interval) {
            return Err(MonitorError::Interval(duration::format(self.interval)));
        }
        if !(Duration::from_millis(100)..=Duration::from_secs(60)).contains(&self.timeout) {
            return Err(MonitorError::Timeout(duration::format(self.timeout)));
        }
        if self.labels.len() > MAX_LABELS || self.parents.len() > Self::MAX_PARENTS {
            let most = format!("a monitor has at most {MAX_LABELS} labels and {} parents", Self::MAX_PARENTS);
            return Err(MonitorError::TooMuch(most));
        }
        if let Some(group) = &self.group {
            MonitorName::new(group)?;
        }
        self.spec.validate()?;
        self.assertions.compile(self.spec.facts(), self.spec.default_assertions())?;
        self.policy.validate().map_err(MonitorError::Policy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::ErrorCode;
    use crate::http::{Auth, Header, HeaderValue, HttpSpec, SpecError};
    use crate::secret::Secret;

    fn settings(spec: HttpSpec) -> Settings {
        Settings::new(MonitorName::new("shop").unwrap(), CheckSpec::Http(spec))
    }

    #[test]
    fn a_request_is_authorized_once() {
        let mut spec = HttpSpec::get("shop.example").unwrap();
        for value in [HeaderValue::Plain("x".into()), HeaderValue::Secret(Secret::new("x"))] {
            spec.headers = vec![Header { name: "AUTHORIZATION".into(), value }];
            spec.auth = None;
            assert_eq!(settings(spec.clone()).validate(), Ok(()));
            spec.auth = Some(Auth::Bearer(Secret::new("y")));
            assert_eq!(settings(spec.clone()).validate(), Err(MonitorError::Spec(SpecError::AuthorizedTwice)));
        }
    }

    #[test]
    fn settings_out_of_range_are_refused_by_name() {
        let good = settings(HttpSpec::get("shop.example").unwrap());
        assert_eq!(good.validate(), Ok(()));
        for interval in [0, 999, 86_400_001, 31_536_000_000] {
            let bad = Settings { interval: Duration::from_millis(interval), ..good.clone() };
            assert_eq!(bad.validate().unwrap_err().code(), ErrorCode::InvalidInterval, "{interval}");
        }
        for timeout in [0, 99, 60_001] {
            let bad = Settings { timeout: Duration::from_millis(timeout), ..good.clone() };
            assert_eq!(bad.validate().unwrap_err().code(), ErrorCode::InvalidTimeout, "{timeout}");
        }
    }
}
