//! A monitor as its owner configured it.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::code::ErrorCode;
use crate::duration;
use crate::health::Policy;
use crate::http::{HttpSpec, SpecError, shorten};
use crate::people::{OrganisationId, id};
use crate::secret::Secret;

id! {
    /// Identifies a monitor.
    MonitorId
}

/// Why a monitor's settings are refused. The text says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MonitorError {
    /// The name is empty, too long, or has characters that a command could not take.
    #[error("`{0}` cannot be a name; use 1 to 60 letters, digits, dots, dashes or underscores")]
    Name(String),
    /// The interval is out of range.
    #[error("an interval of {0} is not possible; choose between 1s and 1d")]
    Interval(String),
    /// The timeout is out of range.
    #[error("a timeout of {0} is not possible; choose between 100ms and 60s")]
    Timeout(String),
    /// Checks would time out before they could be slow.
    #[error(
        "an answer cannot be slow from {slow} on when checks time out after {timeout}; choose less for `slow` or more for `timeout`"
    )]
    Slow {
        /// From when on answers would be slow.
        slow: String,
        /// When checks time out.
        timeout: String,
    },
    /// A request would be authorized in two ways.
    #[error("a request has one Authorization: say `bearer` or `basic`, or send a header of that name, not both")]
    AuthorizedTwice,
    /// The confirmation policy does not fit together.
    #[error("{0}")]
    Policy(&'static str),
    /// The check's own settings do not work.
    #[error(transparent)]
    Spec(#[from] SpecError),
}

impl MonitorError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Name(_) => ErrorCode::InvalidName,
            Self::Interval(_) => ErrorCode::InvalidInterval,
            Self::Timeout(_) => ErrorCode::InvalidTimeout,
            Self::Slow { .. } => ErrorCode::InvalidSlow,
            Self::AuthorizedTwice => ErrorCode::ConflictingArguments,
            Self::Policy(_) => ErrorCode::InvalidPolicy,
            Self::Spec(error) => error.code(),
        }
    }
}

/// A monitor's name: unique in its organisation without regard to case, and one word, so that commands can name it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MonitorName(String);

impl MonitorName {
    /// Most characters of a name.
    pub const MAX_CHARS: usize = 60;

    /// Checks a name.
    ///
    /// # Errors
    /// [`MonitorError::Name`] unless it is 1 to 60 letters, digits, dots, dashes and underscores, with a letter or digit first.
    pub fn new(name: &str) -> Result<Self, MonitorError> {
        let name = name.trim();
        let fits = name.chars().count() <= Self::MAX_CHARS
            && name.chars().next().is_some_and(char::is_alphanumeric)
            && name.chars().all(|c| c.is_alphanumeric() || ".-_".contains(c));
        if fits { Ok(Self(name.to_owned())) } else { Err(MonitorError::Name(shorten(name, Self::MAX_CHARS))) }
    }

    /// A name for that address: its host without `www.`, and its last path segment when there is one.
    #[must_use]
    pub fn propose(url: &url::Url) -> Self {
        let host = url.host_str().unwrap_or("monitor");
        let host = host.strip_prefix("www.").unwrap_or(host);
        let port = url.port().map(|port| format!("-{port}")).unwrap_or_default();
        let segment =
            url.path_segments().and_then(|mut path| path.rfind(|segment| !segment.is_empty()).map(str::to_owned));
        let segment = segment.map(|segment| format!("-{segment}")).unwrap_or_default();
        let address = format!("{host}{port}{segment}");
        let words = address.split(|c: char| !c.is_alphanumeric() && !"._".contains(c)).filter(|word| !word.is_empty());
        let joined = words.collect::<Vec<_>>().join("-");
        let room = Self::MAX_CHARS - 4; // for a number, when the name is taken
        let name: String = joined.chars().skip_while(|c| !c.is_alphanumeric()).take(room).collect();
        Self(if name.is_empty() { "monitor".to_owned() } else { name })
    }

    /// The form in which names are compared.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }

    /// The name as given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MonitorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is checked, one variant per check kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CheckSpec {
    /// An HTTP(S) request.
    Http(HttpSpec),
}

impl CheckSpec {
    /// What is watched, for lists: an address without secrets.
    #[must_use]
    pub fn target(&self) -> String {
        match self {
            Self::Http(spec) => spec.url.to_string(),
        }
    }

    /// The kind's name.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Http(_) => "http",
        }
    }

    /// Every secret of the spec, in an order that depends only on its shape.
    pub fn secrets_mut(&mut self) -> Vec<&mut Secret> {
        match self {
            Self::Http(spec) => spec.secrets_mut(),
        }
    }

    /// Checks all that can be checked without asking the target.
    ///
    /// # Errors
    /// What [`HttpSpec::compile`] says.
    pub fn validate(&self) -> Result<(), SpecError> {
        match self {
            Self::Http(spec) => spec.compile().map(|_| ()),
        }
    }
}

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
}

impl Settings {
    /// How often a monitor is checked unless its owner says otherwise.
    pub const DEFAULT_INTERVAL: Duration = Duration::from_secs(60);
    /// How long a check may take unless its owner says otherwise.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

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
        let CheckSpec::Http(spec) = &self.spec;
        if let Some(slow) = spec.slow_after.filter(|slow| *slow >= self.timeout) {
            let (slow, timeout) = (duration::format(slow), duration::format(self.timeout));
            return Err(MonitorError::Slow { slow, timeout });
        }
        if spec.auth.is_some() && spec.headers.iter().any(|header| header.name.eq_ignore_ascii_case("authorization")) {
            return Err(MonitorError::AuthorizedTwice);
        }
        self.policy.validate().map_err(MonitorError::Policy)?;
        Ok(self.spec.validate()?)
    }
}

/// A monitor as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Monitor {
    /// Its id.
    pub id: MonitorId,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// What its owner chose.
    pub settings: Settings,
    /// Whether checks are stopped.
    pub paused: bool,
    /// Grows with every change of the settings, so that workers know when theirs are stale.
    pub revision: i32,
    /// When it was added.
    pub created_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{Auth, Header, HeaderValue};

    fn propose(address: &str) -> String {
        MonitorName::propose(&HttpSpec::get(address).unwrap().url).to_string()
    }

    #[test]
    fn proposes_names_that_are_valid_and_recognisable() {
        assert_eq!(propose("https://www.shop.example"), "shop.example");
        assert_eq!(propose("https://shop.example/api/health?x=1"), "shop.example-health");
        assert_eq!(propose("http://localhost:8080/"), "localhost-8080");
        assert_eq!(propose("http://[::1]:9/a b"), "1-9-a-20b");
        for address in ["http://[::]", "https://bücher.example/ä/", &format!("https://x.example/{}", "y".repeat(200))]
        {
            let name = propose(address);
            assert!(MonitorName::new(&name).is_ok(), "{name}");
        }
    }

    #[test]
    fn names_are_one_word() {
        for name in ["shop", "shop.example-2", "Bücher_1", "7"] {
            assert!(MonitorName::new(name).is_ok(), "{name}");
        }
        for name in ["", " ", "two words", "--yes", "-x", "a/b", "a:b", "a=b", "`x`", &"x".repeat(61), "a\nb"] {
            assert!(matches!(MonitorName::new(name), Err(MonitorError::Name(_))), "{name:?}");
        }
    }

    fn settings(spec: HttpSpec) -> Settings {
        Settings {
            name: MonitorName::new("shop").unwrap(),
            spec: CheckSpec::Http(spec),
            interval: Settings::DEFAULT_INTERVAL,
            timeout: Settings::DEFAULT_TIMEOUT,
            policy: Policy::default(),
        }
    }

    #[test]
    fn an_answer_that_times_out_cannot_be_slow() {
        let mut spec = HttpSpec::get("shop.example").unwrap();
        for (slow_ms, refused) in [(9_999, false), (10_000, true), (20_000, true)] {
            spec.slow_after = Some(Duration::from_millis(slow_ms));
            let code = settings(spec.clone()).validate().map_err(|error| error.code());
            assert_eq!(code, if refused { Err(ErrorCode::InvalidSlow) } else { Ok(()) }, "{slow_ms}");
        }
    }

    #[test]
    fn a_request_is_authorized_once() {
        let mut spec = HttpSpec::get("shop.example").unwrap();
        for value in [HeaderValue::Plain("x".into()), HeaderValue::Secret(Secret::new("x"))] {
            spec.headers = vec![Header { name: "AUTHORIZATION".into(), value }];
            spec.auth = None;
            assert_eq!(settings(spec.clone()).validate(), Ok(()));
            spec.auth = Some(Auth::Bearer(Secret::new("y")));
            assert_eq!(settings(spec.clone()).validate(), Err(MonitorError::AuthorizedTwice));
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
