//! Security checks in the configuration.

use monitor_core::secret::Secret;
use probes::security::zap::Zap;
use serde::Deserialize;
use url::Url;

use super::platforms::url_if_set;
use super::sections::secret;

/// Longest contact, in characters: it stands in every request.
const CONTACT_CHARS: usize = 200;

/// `[security]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Security {
    #[serde(deserialize_with = "url_if_set")]
    pub(crate) zap_url: Option<Url>,
    #[serde(deserialize_with = "secret")]
    pub(crate) zap_key: Option<Secret>,
    pub(crate) contact: String,
}

impl Security {
    pub(super) fn validate(&self) -> Result<(), (&'static str, String)> {
        let refuse = |field, why: &str| Err((field, why.to_owned()));
        match (&self.zap_url, &self.zap_key) {
            (Some(url), _) if !["http", "https"].contains(&url.scheme()) => {
                return refuse("security.zap_url", "write an address like http://127.0.0.1:8090");
            }
            (None, Some(_)) => return refuse("security.zap_url", "say where the ZAP is that security.zap_key is for"),
            _ => {}
        }
        let stands_in_a_comment = |b: u8| (b' '..=b'~').contains(&b) && !b"()\\".contains(&b);
        if self.contact.chars().count() > CONTACT_CHARS || !self.contact.bytes().all(stands_in_a_comment) {
            return refuse(
                "security.contact",
                "write a mail address or a link, of 200 visible ASCII characters at most and without brackets",
            );
        }
        Ok(())
    }

    /// The ZAP that makes deep scans.
    pub(crate) fn zap(&self) -> Option<Zap> {
        self.zap_url.clone().map(|url| Zap { url, key: self.zap_key.clone() })
    }

    /// What security checks call themselves: as other checks do, with whom to ask about them.
    pub(crate) fn user_agent(&self, name: &str) -> String {
        if self.contact.is_empty() { name.to_owned() } else { format!("{name} (contact: {})", self.contact) }
    }
}
