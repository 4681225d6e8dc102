//! Bodies that come packed although they were asked for as they are: some servers have no other. RFC 9110, section 8.4.

use std::io::Read;

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use monitor_core::outcome::Reason;

use crate::failure::{Failure, clean};
use crate::http::{Answered, Visited};

/// Most codings, one in the other.
const MAX_CODINGS: usize = 3;

/// What can be undone here, and what cannot. Anything else, such as `utf-8` or `aws-chunked`, is no way of packing, and browsers
/// take what has it as it is. Source: <https://www.iana.org/assignments/http-parameters>.
const CODINGS: [&str; 12] = [
    "gzip",
    "x-gzip",
    "deflate",
    "br",
    "zstd",
    "compress",
    "x-compress",
    "dcb",
    "dcz",
    "aes128gcm",
    "exi",
    "pack200-gzip",
];

/// Unpacks what has come of a body, no more than `limit` bytes of it.
///
/// # Errors
/// When it is packed in a way that is not known here, and then nothing is left of it, or is not whole.
pub(super) fn unpack(visited: &mut Visited, limit: usize) -> Result<(), Failure> {
    visited.cut = visited.body.len() >= limit;
    let codings = visited.answers.last().filter(|_| visited.arrived && !visited.body.is_empty()).map(codings);
    let codings = codings.unwrap_or_default();
    let told = clean(&codings.join(", "), 40);
    for (undone, coding) in codings.iter().rev().enumerate() {
        let unpacked = if undone < MAX_CODINGS { unpacked(coding, &visited.body, limit) } else { None };
        let Some((body, whole)) = unpacked else {
            visited.body.clear();
            let message = format!("it came packed ({told}), which was not asked for and cannot be read");
            return Err(Failure::new(Reason::UnexpectedAnswer, message));
        };
        visited.body = body;
        // What was not read to its end cannot be unpacked to it.
        if !whole && (!visited.cut || visited.body.is_empty()) {
            let message = format!("it came packed ({told}) and cannot be unpacked to its end");
            return Err(Failure::new(Reason::UnexpectedAnswer, message));
        }
        visited.cut |= visited.body.len() >= limit;
    }
    Ok(())
}

/// How a body is packed, in the order in which that was done.
fn codings(answer: &Answered) -> Vec<String> {
    let named = answer.headers.iter().filter(|(name, _)| name == "content-encoding");
    let named = named.flat_map(|(_, value)| value.split(',')).map(|coding| coding.trim().to_ascii_lowercase());
    named.filter(|coding| CODINGS.contains(&coding.as_str())).collect()
}

/// The beginning of what was packed, and whether nothing was wrong with it. `None`: nobody here knows that coding.
fn unpacked(coding: &str, packed: &[u8], limit: usize) -> Option<(Vec<u8>, bool)> {
    let reader: Box<dyn Read + '_> = match coding {
        "gzip" | "x-gzip" => Box::new(MultiGzDecoder::new(packed)),
        "deflate" if is_zlib(packed) => Box::new(ZlibDecoder::new(packed)),
        // Not as the standard has it, but as browsers take it too.
        "deflate" => Box::new(DeflateDecoder::new(packed)),
        _ => return None,
    };
    let mut body = Vec::new();
    let whole = reader.take(u64::try_from(limit).unwrap_or(u64::MAX)).read_to_end(&mut body).is_ok();
    Some((body, whole))
}

/// Whether it begins as RFC 1950, section 2.2, has it.
fn is_zlib(packed: &[u8]) -> bool {
    matches!(packed, [method, flags, ..] if method & 0x0f == 8 && u16::from_be_bytes([*method, *flags]).is_multiple_of(31))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use url::Url;

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    /// What is left of a body, whether more may have been, and what was wrong.
    fn read(coding: &str, body: &[u8], limit: usize) -> (Vec<u8>, bool, Option<String>) {
        let url = Url::parse("https://shop.example/").unwrap();
        let headers = vec![("content-encoding".to_owned(), coding.to_owned())];
        let answers = vec![Answered { url, status: 200, headers, tls: None }];
        let mut visited = Visited { answers, arrived: true, body: body.to_vec(), cut: false };
        let wrong = unpack(&mut visited, limit).err().map(|failure| failure.message);
        (visited.body, visited.cut, wrong)
    }

    #[test]
    fn what_came_packed_is_read_as_a_browser_reads_it() {
        let (mut zlib, mut raw) = (
            ZlibEncoder::new(Vec::new(), Compression::default()),
            DeflateEncoder::new(Vec::new(), Compression::default()),
        );
        zlib.write_all(b"shop").unwrap();
        raw.write_all(b"shop").unwrap();
        for (coding, packed) in [
            ("gzip", gzip(b"shop")),
            ("X-GZIP", gzip(b"shop")),
            ("gzip, identity, gzip", gzip(&gzip(b"shop"))),
            ("deflate", zlib.finish().unwrap()),
            ("deflate", raw.finish().unwrap()),
            ("identity", b"shop".to_vec()),
            ("aws-chunked", b"shop".to_vec()),
            ("gzip, utf-8", gzip(b"shop")),
        ] {
            assert_eq!(read(coding, &packed, 1_000), (b"shop".to_vec(), false, None), "{coding}");
        }
    }

    #[test]
    fn no_more_is_unpacked_than_is_read() {
        let bomb = gzip(&gzip(&vec![0; 10_000_000]));
        assert!(bomb.len() < 5_000, "{}", bomb.len());
        let (body, cut, wrong) = read("gzip, gzip", &bomb, 20_000);
        assert_eq!((body.len(), cut, wrong), (20_000, true, None));
        let text: Vec<u8> = (0..20_000_u32).flat_map(u32::to_be_bytes).collect();
        let (body, cut, wrong) = read("gzip", &gzip(&text)[..4_096], 4_096);
        assert!(text.starts_with(&body) && !body.is_empty() && cut && wrong.is_none(), "{wrong:?}");
    }

    #[test]
    fn what_cannot_be_unpacked_is_told() {
        let whole = gzip(b"shop");
        for (coding, body) in
            [("br", b"shop".as_slice()), ("gzip, zstd", whole.as_slice()), ("gzip", b"shop"), ("gzip,gzip", &whole)]
        {
            let (left, _, wrong) = read(coding, body, 1_000);
            assert!(left.is_empty() && wrong.unwrap().starts_with("it came packed ("), "{coding}");
        }
        let (_, _, wrong) = read("gzip", &whole[..whole.len() - 4], 1_000);
        assert_eq!(wrong.as_deref(), Some("it came packed (gzip) and cannot be unpacked to its end"));
    }
}
