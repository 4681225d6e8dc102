use serde::{Deserialize, Serialize};
use url::{Host, Url};

use super::endpoint::parse_host;
use super::{check_warn_days, default_warn_days};
use crate::http::{SpecError, shorten};

/// When the registration of a domain ends, by RDAP. Source: <https://www.rfc-editor.org/rfc/rfc9083>. However often the
/// check runs, the registry is asked at most once an hour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainSpec {
    /// The registered domain, such as `shop.example`, or a name below it.
    pub name: String,
    /// Days left at which is warned: degraded from the largest on.
    #[serde(default = "default_warn_days")]
    pub warn_days: Vec<u16>,
    /// The RDAP server to ask; without it the one that IANA's bootstrap file names for the top-level domain.
    #[serde(default)]
    pub server: Option<Url>,
}

impl DomainSpec {
    /// The registration of that domain.
    ///
    /// # Errors
    /// [`SpecError::Host`].
    pub fn new(name: &str) -> Result<Self, SpecError> {
        let wrong = || SpecError::Host(shorten(name, 80));
        let bare = name.trim().trim_end_matches('.');
        match parse_host(bare) {
            Some(Host::Domain(name)) if name.contains('.') => {
                Ok(Self { name, warn_days: default_warn_days(), server: None })
            }
            _ => Err(wrong()),
        }
    }

    pub(crate) fn validate(&self) -> Result<(), SpecError> {
        Self::new(&self.name)?;
        if let Some(server) = &self.server {
            crate::http::HttpSpec::get(server.as_str())?;
        }
        check_warn_days(&self.warn_days)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_has_two_labels_at_least() {
        for (name, read) in [(" Shop.example. ", "shop.example"), ("bücher.example", "xn--bcher-kva.example")] {
            let spec = DomainSpec::new(name).unwrap();
            assert_eq!((spec.name.as_str(), spec.validate()), (read, Ok(())));
        }
        for name in ["", "example", "192.0.2.1", "https://shop.example", "two words.example"] {
            assert!(matches!(DomainSpec::new(name), Err(SpecError::Host(_))), "{name}");
        }
        let spec =
            DomainSpec { server: Some("ftp://x.example".parse().unwrap()), ..DomainSpec::new("x.example").unwrap() };
        assert!(spec.validate().is_err());
    }
}
