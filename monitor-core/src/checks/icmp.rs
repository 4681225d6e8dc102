use serde::{Deserialize, Serialize};
use url::Host;

use super::endpoint::parse_host;
use crate::http::{SpecError, shorten};

/// Echo requests (ping).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IcmpSpec {
    /// Whom to ask: a name or an address.
    pub host: String,
    /// How many requests are sent, 1 to 10. The target is up when one is answered; `loss` can be asserted.
    #[serde(default = "three")]
    pub count: u8,
    /// Bytes of payload, 8 to 1,400.
    #[serde(default = "fifty_six")]
    pub payload_bytes: u16,
}

fn three() -> u8 {
    3
}

fn fifty_six() -> u16 {
    56
}

impl IcmpSpec {
    /// Three requests to that host.
    ///
    /// # Errors
    /// [`SpecError::Host`].
    pub fn new(host: &str) -> Result<Self, SpecError> {
        let host = parse_host(host.trim()).ok_or_else(|| SpecError::Host(shorten(host, 80)))?;
        Ok(Self { host: host.to_string(), count: three(), payload_bytes: fifty_six() })
    }

    /// The host, read.
    ///
    /// # Errors
    /// [`SpecError::Host`].
    pub fn host(&self) -> Result<Host<String>, SpecError> {
        let bare = self.host.trim_start_matches('[').trim_end_matches(']');
        parse_host(bare).ok_or_else(|| SpecError::Host(shorten(&self.host, 80)))
    }

    pub(crate) fn validate(&self) -> Result<(), SpecError> {
        self.host()?;
        if !(1..=10).contains(&self.count) {
            return Err(SpecError::Option("send 1 to 10 echo requests".into()));
        }
        if !(8..=1_400).contains(&self.payload_bytes) {
            return Err(SpecError::Option("the payload of an echo request has 8 to 1400 bytes".into()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_sizes_out_of_range_are_refused() {
        for host in ["db.example", "192.0.2.1", "::1", "[2001:db8::1]"] {
            let spec = IcmpSpec { host: host.into(), ..IcmpSpec::new("x").unwrap() };
            assert_eq!(spec.validate(), Ok(()), "{host}");
        }
        assert!(matches!(IcmpSpec::new("two words"), Err(SpecError::Host(_))));
        let good = IcmpSpec::new("db.example").unwrap();
        for (count, payload_bytes) in [(0, 56), (11, 56), (3, 7), (3, 1_401)] {
            let bad = IcmpSpec { count, payload_bytes, ..good.clone() };
            assert!(matches!(bad.validate(), Err(SpecError::Option(_))), "{count} {payload_bytes}");
        }
    }
}
