//! AWS Signature Version 4.
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>.

use http::header::{AUTHORIZATION, HOST};
use http::{HeaderName, HeaderValue};
use monitor_core::Timestamp;
use monitor_core::outcome::Reason;
use monitor_core::secret::Secret;
use sha2::{Digest as _, Sha256};

use super::hex;
use super::mac::hmac_sha256;
use crate::failure::Failure;
use crate::http::client::sensitive;
use crate::http::hop::Hop;

const DATE: HeaderName = HeaderName::from_static("x-amz-date");
const CONTENT_HASH: HeaderName = HeaderName::from_static("x-amz-content-sha256");

/// Keys, and what they are for.
pub(in crate::http) struct SigV4 {
    access_key: String,
    secret_key: Secret,
    region: String,
    service: String,
}

impl SigV4 {
    pub(super) fn new(access_key: &str, secret_key: &Secret, region: &str, service: &str) -> Self {
        let [access_key, region, service] = [access_key, region, service].map(str::to_owned);
        Self { access_key, secret_key: secret_key.clone(), region, service }
    }

    /// The request with its signature, which holds for some minutes from `at` on.
    pub(super) fn sign(&self, hop: &Hop, at: Timestamp) -> Result<Hop, Failure> {
        let unsendable = || Failure::new(Reason::ProbeFailed, "the signature cannot be sent in a header");
        let time = basic_time(at);
        let body = hex(&Sha256::digest(&hop.body));
        let visible = |text: &str| HeaderValue::from_str(text).map_err(|_| unsendable());
        let mut hop = hop.with([(DATE, visible(&time)?)]);
        if self.is_s3() {
            hop.headers.insert(CONTENT_HASH, visible(&body)?);
        }
        let (signed, canonical) = self.canonical(&hop, &body);
        let scope = format!("{}/{}/{}/aws4_request", &time[..8], self.region, self.service);
        let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex(&Sha256::digest(canonical)));
        let signature = hex(&hmac_sha256(&self.key(&time[..8]), text.as_bytes()));
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={signed}, Signature={signature}",
            self.access_key
        );
        hop.headers.insert(AUTHORIZATION, sensitive(&authorization).ok_or_else(unsendable)?);
        Ok(hop)
    }

    /// The names of the headers that are signed, and the canonical request. All headers of the owner are signed, and none
    /// that a proxy may change.
    fn canonical(&self, hop: &Hop, body: &str) -> (String, String) {
        let mut headers: Vec<(&str, String)> = vec![(HOST.as_str(), trimmed(hop.told_host()))];
        for name in hop.headers.keys().filter(|name| **name != HOST) {
            let values: Vec<String> = hop.headers.get_all(name).iter().map(|value| trimmed(value.as_bytes())).collect();
            headers.push((name.as_str(), values.join(",")));
        }
        headers.sort_unstable();
        let signed: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        let signed = signed.join(";");
        let headers: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let (path, query) = (self.path(hop.uri.path()), query(hop.uri.query().unwrap_or_default()));
        let canonical = format!("{}\n{path}\n{query}\n{headers}\n{signed}\n{body}", hop.method);
        (signed, canonical)
    }

    /// S3 takes a path for what it means; the others take it as it is sent.
    fn path(&self, path: &str) -> String {
        if self.is_s3() { encode(&decode(path, false), true) } else { encode(path.as_bytes(), true) }
    }

    fn is_s3(&self) -> bool {
        self.service == "s3"
    }

    fn key(&self, day: &str) -> [u8; 32] {
        let first = hmac_sha256(format!("AWS4{}", self.secret_key.expose()).as_bytes(), day.as_bytes());
        let parts = [self.region.as_str(), &self.service, "aws4_request"];
        parts.iter().fold(first, |key, part| hmac_sha256(&key, part.as_bytes()))
    }
}

/// `20150830T123600Z`
fn basic_time(at: Timestamp) -> String {
    let text = at.to_second();
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    format!("{:0>8}T{:0>6}Z", digits.get(..8).unwrap_or_default(), digits.get(8..14).unwrap_or_default())
}

/// The value without spaces around it, and with one where there were several.
fn trimmed(value: &[u8]) -> String {
    String::from_utf8_lossy(value).split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

/// Names and values, each encoded, in their order.
fn query(query: &str) -> String {
    let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let encoded = |text: &str| encode(&decode(text, true), false);
    let mut pairs: Vec<(String, String)> = pairs.map(|(name, value)| (encoded(name), encoded(value))).collect();
    pairs.sort_unstable();
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("&")
}

/// Encodes all but letters, digits and `-._~`, and leaves `/` where it stands between parts of a path.
fn encode(bytes: &[u8], path: bool) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => text.push(byte.into()),
            b'/' if path => text.push('/'),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

/// What percent signs and, in a query, plus signs stand for.
fn decode(text: &str, plus: bool) -> Vec<u8> {
    let digit = |byte: Option<&u8>| byte.and_then(|&byte| char::from(byte).to_digit(16));
    let (mut decoded, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        let coded = digit(after.first()).zip(digit(after.get(1))).filter(|_| byte == b'%');
        match coded.and_then(|(high, low)| u8::try_from(high * 16 + low).ok()) {
            Some(coded) => {
                decoded.push(coded);
                rest = &after[2..];
            }
            None => decoded.push(if plus && byte == b'+' { b' ' } else { byte }),
        }
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use monitor_core::http::{Header, HeaderValue as SpecValue, HttpSpec};

    const SUITE: (&str, &str) = ("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    const S3: (&str, &str) = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    /// 2015-08-30 12:36:00 UTC, the time of AWS's test suite.
    const SUITE_TIME: i64 = 1_440_938_160_000;

    fn sign(keys: (&str, &str), service: &str, url: &str, headers: &[(&str, &str)], at: i64) -> String {
        let mut spec = HttpSpec::get(url).unwrap();
        for (name, value) in headers {
            spec.headers.push(Header { name: (*name).into(), value: SpecValue::Plain((*value).into()) });
        }
        let login = SigV4::new(keys.0, &Secret::new(keys.1), "us-east-1", service);
        let hop = login.sign(&Hop::first(&spec).unwrap(), Timestamp::from_millis(at)).unwrap();
        hop.header(&AUTHORIZATION).unwrap().to_str().unwrap().to_owned()
    }

    /// AWS's test suite, and the examples of its guides for IAM and S3.
    #[test]
    fn signatures_are_those_that_aws_publishes() {
        let suite = |path: &str, headers: &[(&str, &str)]| {
            sign(SUITE, "service", &format!("https://example.amazonaws.com{path}"), headers, SUITE_TIME)
        };
        assert_eq!(
            suite("/", &[]),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=host;x-amz-date, \
             Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        );
        for (path, signature) in [
            ("/?Param2=value2&Param1=value1", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
            ("/?Param1=value2&Param1=value1", "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694"),
        ] {
            assert!(suite(path, &[]).ends_with(signature), "{path}: {}", suite(path, &[]));
        }
        let headers = [("My-Header1", "value2"), ("My-Header1", "value2"), ("My-Header1", "value1")];
        let signature = "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea";
        assert!(suite("/", &headers).ends_with(signature), "{}", suite("/", &headers));
        let iam = sign(
            SUITE,
            "iam",
            "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08",
            &[("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")],
            SUITE_TIME,
        );
        assert!(iam.ends_with("5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"), "{iam}");
        let s3 = sign(
            S3,
            "s3",
            "https://examplebucket.s3.amazonaws.com/test.txt",
            &[("Range", "bytes=0-9")],
            1_369_353_600_000,
        );
        assert!(s3.ends_with("f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"), "{s3}");
    }

    #[test]
    fn paths_and_queries_are_encoded_once_or_twice() {
        let login = |service: &str| SigV4::new("", &Secret::new(""), "", service);
        assert_eq!(login("s3").path("/a%20b/c'd/%E1%88%B4"), "/a%20b/c%27d/%E1%88%B4");
        assert_eq!(login("execute-api").path("/a%20b/c"), "/a%2520b/c");
        assert_eq!(query("b=%2f&a=x+y&a&c=%zz%"), "a=&a=x%20y&b=%2F&c=%25zz%25");
    }
}
