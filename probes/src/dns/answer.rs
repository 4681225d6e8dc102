//! Records as texts.

use std::net::IpAddr;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hickory_resolver::proto::rr::{RData, RecordType};

/// A record in the form of zone files, names without their last dot.
pub(crate) fn text(data: &RData) -> String {
    match data {
        RData::TXT(_) => data.to_string(),
        RData::Unknown { code, rdata } => unknown(*code, &rdata.anything),
        _ => words(&data.to_string()).collect::<Vec<_>>().join(" "),
    }
}

/// Records that the message parser does not know. Formats: <https://www.rfc-editor.org/rfc/rfc4034>, sections 2 and 5.
fn unknown(record: RecordType, bytes: &[u8]) -> String {
    match (record, bytes) {
        (RecordType::DS, [high, low, algorithm, digest, rest @ ..]) => {
            let hex: String = rest.iter().map(|byte| format!("{byte:02X}")).collect();
            format!("{} {algorithm} {digest} {hex}", u16::from_be_bytes([*high, *low]))
        }
        (RecordType::DNSKEY, [high, low, protocol, algorithm, key @ ..]) => {
            let flags = u16::from_be_bytes([*high, *low]);
            format!("{flags} {protocol} {algorithm} {}", BASE64_STANDARD.encode(key))
        }
        _ => BASE64_STANDARD.encode(bytes),
    }
}

/// The form in which an answer is compared with what is expected: case, last dots, quotes and the way to write an address
/// do not count, except in texts, which have to be the same but for quotes around them.
pub(super) fn comparable(record: RecordType, text: &str) -> String {
    let text = text.trim();
    if record == RecordType::TXT {
        let quoted = text.len() >= 2 && text.starts_with('"') && text.ends_with('"');
        // `"one" "two"` is one text in two pieces.
        return if quoted { text[1..text.len() - 1].replace("\" \"", "") } else { text.to_owned() };
    }
    let plain = |word: String| {
        let word = word.trim_matches('"').to_ascii_lowercase();
        word.parse::<IpAddr>().map_or(word, |address| address.to_string())
    };
    words(text).map(plain).collect::<Vec<_>>().join(" ")
}

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split_whitespace().map(|word| match word.strip_suffix('.') {
        None | Some("") => word.to_owned(),
        Some(bare) => bare.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_compared_by_what_they_mean() {
        for (record, one, other) in [
            (RecordType::MX, "10 mail.example.org.", "10  Mail.Example.org"),
            (RecordType::AAAA, "2001:db8::10", "2001:DB8:0:0:0:0:0:10"),
            (RecordType::CAA, "0 issue \"ca.example\"", "0 issue ca.example"),
            (RecordType::TXT, "v=spf1 mx -all", "\"v=spf1 mx -all\""),
            (RecordType::TXT, "v=DKIM1; p=AbC", "\"v=DKIM1; \" \"p=AbC\""),
            (RecordType::MX, "0 .", "0 ."),
        ] {
            assert_eq!(comparable(record, one), comparable(record, other), "{one}");
        }
        assert_ne!(comparable(RecordType::TXT, "p=AbC"), comparable(RecordType::TXT, "p=abc"));
        assert_ne!(comparable(RecordType::A, "192.0.2.1"), comparable(RecordType::A, "192.0.2.10"));
    }

    #[test]
    fn keys_are_written_as_in_zone_files() {
        assert_eq!(unknown(RecordType::DS, &[0xec, 0x45, 5, 1, 0x2b, 0xb1]), "60485 5 1 2BB1");
        assert_eq!(unknown(RecordType::DNSKEY, &[1, 1, 3, 13, 0xff, 0xff]), "257 3 13 //8=");
        assert_eq!(unknown(RecordType::DS, &[1]), "AQ==");
    }
}
