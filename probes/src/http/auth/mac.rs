//! Keyed hashes. A key is filled up to the block of the hash, as RFC 2104 has it, so that none can be refused.

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha2::{Digest, Sha256};

/// The block of MD5 and of SHA-256, in bytes.
const BLOCK: usize = 64;

/// HMAC-MD5 of several parts in a row.
pub(super) fn hmac_md5(key: &[u8; 16], parts: &[&[u8]]) -> [u8; 16] {
    let mut hmac = Hmac::<Md5>::new(&filled(key).into());
    parts.iter().for_each(|part| hmac.update(part));
    hmac.finalize().into_bytes().into()
}

/// HMAC-SHA-256.
pub(super) fn hmac_sha256(key: &[u8], text: &[u8]) -> [u8; 32] {
    let block = if key.len() > BLOCK { filled(&Sha256::digest(key)) } else { filled(key) };
    let mut hmac = Hmac::<Sha256>::new(&block.into());
    hmac.update(text);
    hmac.finalize().into_bytes().into()
}

/// A key that is not longer than a block, with zeros behind it.
fn filled(key: &[u8]) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    block
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::auth::hex;

    /// RFC 4231, test cases 2 and 6.
    #[test]
    fn short_and_long_keys_are_taken() {
        let short = hex(&hmac_sha256(b"Jefe", b"what do ya want for nothing?"));
        assert_eq!(short, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        let long = hex(&hmac_sha256(&[0xaa; 131], b"Test Using Larger Than Block-Size Key - Hash Key First"));
        assert_eq!(long, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    }
}
