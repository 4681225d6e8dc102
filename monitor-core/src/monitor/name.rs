//! What a monitor is called.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::MonitorError;
use crate::http::shorten;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::HttpSpec;

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
}
