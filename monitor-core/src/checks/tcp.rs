use serde::{Deserialize, Serialize};

use super::{Endpoint, check_text};
use crate::http::SpecError;

/// A TCP connection, and what is said over it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TcpSpec {
    /// Where to connect.
    pub endpoint: Endpoint,
    /// Whether TLS is spoken from the first byte.
    #[serde(default)]
    pub tls: bool,
    /// What is sent once connected; `\r`, `\n`, `\t`, `\0`, `\\` and `\xHH` stand for their bytes.
    #[serde(default)]
    pub send: Option<String>,
    /// What the answer has to contain, with the same escapes. It is read until that was seen, the target closes the
    /// connection, or 64 KiB came. Without it nothing is read, unless an assertion is about the answer: then it is what
    /// comes until the target closes the connection, is silent for half a second, or has sent 64 KiB.
    #[serde(default)]
    pub expect: Option<String>,
}

impl TcpSpec {
    /// A connection to that endpoint, with nothing said.
    #[must_use]
    pub fn new(endpoint: Endpoint) -> Self {
        Self { endpoint, tls: false, send: None, expect: None }
    }

    pub(crate) fn validate(&self) -> Result<(), SpecError> {
        for (what, text) in [("send", &self.send), ("expect", &self.expect)] {
            if let Some(text) = text {
                check_text(what, text)?;
                unescape(text)?;
            }
        }
        Ok(())
    }
}

/// The bytes that a text with escapes stands for.
///
/// # Errors
/// [`SpecError::Option`] for an escape that is none.
pub fn unescape(text: &str) -> Result<Vec<u8>, SpecError> {
    let wrong = || SpecError::Option(r"after a backslash write r, n, t, 0, \ or xHH, like \r\n or \x00".to_owned());
    let mut bytes = Vec::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            bytes.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        bytes.push(match chars.next().ok_or_else(wrong)? {
            'r' => b'\r',
            'n' => b'\n',
            't' => b'\t',
            '0' => 0,
            '\\' => b'\\',
            'x' => {
                let digits: String = chars.by_ref().take(2).collect();
                let two_digits = digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_hexdigit());
                u8::from_str_radix(&digits, 16).ok().filter(|_| two_digits).ok_or_else(wrong)?
            }
            _ => return Err(wrong()),
        });
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_stand_for_their_bytes() {
        assert_eq!(unescape(r"PING\r\n\x00\xfF\\é").unwrap(), b"PING\r\n\x00\xff\\\xc3\xa9");
        for text in [r"\", r"\q", r"\x1", r"\xg0", r"\x+1"] {
            assert!(unescape(text).is_err(), "{text}");
        }
    }
}
