use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::endpoint::parse_host;
use super::{Endpoint, check_text};
use crate::http::{MAX_LIST, SpecError, shorten};

/// Declares the record types once.
macro_rules! record_types {
    ($($variant:ident)+) => {
        /// A type of DNS record. Source: <https://www.iana.org/assignments/dns-parameters>.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "UPPERCASE")]
        pub enum RecordType {
            $(#[doc = concat!("`", stringify!($variant), "`, in upper case.")] $variant,)+
        }

        impl RecordType {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name, as it is written in this program.
            fn name(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant),)+ }
            }
        }
    };
}

record_types! { A Aaaa Caa Cname Ds Dnskey Https Mx Naptr Ns Ptr Soa Srv Svcb Sshfp Tlsa Txt }

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name().to_ascii_uppercase())
    }
}

impl FromStr for RecordType {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        Self::ALL.iter().copied().find(|record| record.name().eq_ignore_ascii_case(text.trim())).ok_or_else(|| {
            let known: Vec<String> = Self::ALL.iter().map(ToString::to_string).collect();
            SpecError::Option(format!("`{}` is not a record type; use one of {}", shorten(text, 20), known.join(", ")))
        })
    }
}

/// A question to a name server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DnsSpec {
    /// The name asked for. An address stands for its reverse name when the record is PTR.
    pub name: String,
    /// What is asked for.
    #[serde(default = "a")]
    pub record: RecordType,
    /// Whom to ask; without it the system's name servers.
    #[serde(default)]
    pub resolver: Option<Endpoint>,
    /// Answers that have to be among those given, whatever their order; without any, one answer of the type is enough.
    #[serde(default)]
    pub expect: Vec<String>,
    /// Whether the answer has to be proven by DNSSEC: the name server has to set the AD flag.
    #[serde(default)]
    pub dnssec: bool,
}

fn a() -> RecordType {
    RecordType::A
}

impl DnsSpec {
    /// Asks for the address of a name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.trim().to_owned(), record: a(), resolver: None, expect: Vec::new(), dnssec: false }
    }

    /// The name as it is asked for, without its last dot, or the address.
    ///
    /// # Errors
    /// [`SpecError::Host`] for what cannot be a name, [`SpecError::Option`] for an address whose name is not asked for.
    pub fn ascii_name(&self) -> Result<String, SpecError> {
        let wrong = || SpecError::Host(shorten(&self.name, 80));
        let bare = self.name.strip_suffix('.').unwrap_or(&self.name);
        if bare.parse::<IpAddr>().is_ok() {
            let hint =
                || SpecError::Option(format!("`{bare}` is an address; to ask for its name, ask for its PTR record"));
            return if self.record == RecordType::Ptr { Ok(bare.to_owned()) } else { Err(hint()) };
        }
        if !bare.is_ascii() {
            return parse_host(bare).map(|host| host.to_string()).ok_or_else(wrong);
        }
        // Names of services and of networks have characters that hosts have not.
        let label = |label: &str| {
            let known = |b: u8| b.is_ascii_alphanumeric() || b"-_*/".contains(&b);
            (1..=63).contains(&label.len()) && label.bytes().all(known)
        };
        let fits = bare.len() <= 253 && bare.split('.').all(label);
        if fits { Ok(bare.to_owned()) } else { Err(wrong()) }
    }

    pub(crate) fn validate(&self) -> Result<(), SpecError> {
        self.ascii_name()?;
        if self.expect.len() > MAX_LIST {
            return Err(SpecError::TooMuch(format!("at most {MAX_LIST} answers can be expected")));
        }
        self.expect.iter().try_for_each(|answer| check_text("expect", answer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_names_of_hosts_services_and_networks() {
        for (name, ascii) in [
            ("shop.example.", "shop.example"),
            ("_sip._tcp.shop.example", "_sip._tcp.shop.example"),
            ("*.shop.example", "*.shop.example"),
            ("0/25.2.0.192.in-addr.arpa", "0/25.2.0.192.in-addr.arpa"),
            ("bücher.example", "xn--bcher-kva.example"),
        ] {
            assert_eq!(DnsSpec::new(name).ascii_name().unwrap(), ascii);
        }
        let long = format!("{}.example", "x".repeat(64));
        for name in ["", ".", "a..b", "two words", "https://shop.example", "ü/x.example", long.as_str()] {
            assert!(matches!(DnsSpec::new(name).validate(), Err(SpecError::Host(_))), "{name}");
        }
    }

    #[test]
    fn of_an_address_the_name_is_asked_for() {
        let mut spec = DnsSpec::new("192.0.2.1");
        let error = spec.validate().unwrap_err();
        assert_eq!(error.to_string(), "`192.0.2.1` is an address; to ask for its name, ask for its PTR record");
        spec.record = RecordType::Ptr;
        assert_eq!(spec.validate(), Ok(()));
    }

    #[test]
    fn record_types_are_read_in_any_case() {
        assert_eq!("aaaa".parse::<RecordType>().unwrap().to_string(), "AAAA");
        let error = "XX".parse::<RecordType>().unwrap_err().to_string();
        assert!(error.starts_with("`XX` is not a record type; use one of A, AAAA, CAA, CNAME"), "{error}");
    }
}
