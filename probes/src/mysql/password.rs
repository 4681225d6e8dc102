//! Passwords as they are proven to a server without being sent.

use num_bigint::BigUint;
use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::pki_types::pem::PemObject;
use sha1::{Digest, Sha1};
use sha2::Sha256;
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

/// What a server wants to be mixed into the proof, so that it is of no use a second time.
pub(super) type Nonce = [u8; 20];

/// Bits of the keys that are used. MySQL makes keys of 2048; the work grows with the cube.
const KEY_BITS: std::ops::RangeInclusive<u64> = 1_024..=8_192;

/// Bytes of a SHA-1 digest.
const DIGEST: usize = 20;

/// `SHA1(password) XOR SHA1(nonce, SHA1(SHA1(password)))`, and nothing for no password.
/// Source: <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_authentication_methods_native_password_authentication.html>.
pub(super) fn native(password: &str, nonce: &Nonce) -> Vec<u8> {
    if password.is_empty() {
        return Vec::new();
    }
    let once = Sha1::digest(password);
    let mask = Sha1::new().chain_update(nonce).chain_update(Sha1::digest(once)).finalize();
    xor(&once, &mask)
}

/// `SHA256(password) XOR SHA256(SHA256(SHA256(password)), nonce)`, and nothing for no password.
/// Source: <https://dev.mysql.com/doc/dev/mysql-server/latest/page_caching_sha2_authentication_exchanges.html>.
pub(super) fn caching_sha2(password: &str, nonce: &Nonce) -> Vec<u8> {
    if password.is_empty() {
        return Vec::new();
    }
    let once = Sha256::digest(password);
    let mask = Sha256::new().chain_update(Sha256::digest(once)).chain_update(nonce).finalize();
    xor(&once, &mask)
}

/// The password for the owner of that RSA key alone: with its NUL, mixed with the nonce, padded by OAEP. `None` for a key
/// that cannot be used.
pub(super) fn seal(password: &str, nonce: &Nonce, key_pem: &[u8]) -> Option<Vec<u8>> {
    let mut seed = [0; DIGEST];
    getrandom::fill(&mut seed).ok()?;
    let (modulus, exponent) = read_key(key_pem)?;
    let size = usize::try_from(modulus.bits().div_ceil(8)).ok()?;
    let text: Vec<u8> = password.bytes().chain([0]).zip(nonce.iter().cycle()).map(|(a, b)| a ^ b).collect();
    let sealed = BigUint::from_bytes_be(&pad(&text, size, &seed)?).modpow(&exponent, &modulus).to_bytes_be();
    let mut block = vec![0; size.checked_sub(sealed.len())?];
    block.extend_from_slice(&sealed);
    Some(block)
}

fn read_key(pem: &[u8]) -> Option<(BigUint, BigUint)> {
    let der = SubjectPublicKeyInfoDer::from_pem_slice(pem).ok()?;
    let (_, info) = SubjectPublicKeyInfo::from_der(&der).ok()?;
    let Ok(PublicKey::RSA(key)) = info.parsed() else { return None };
    let (modulus, exponent) = (BigUint::from_bytes_be(key.modulus), BigUint::from(key.try_exponent().ok()?));
    (KEY_BITS.contains(&modulus.bits()) && modulus.bit(0) && exponent.bits() > 1).then_some((modulus, exponent))
}

/// OAEP with SHA-1 and no label, which is what servers take. Source: <https://www.rfc-editor.org/rfc/rfc8017#section-7.1.1>.
fn pad(text: &[u8], size: usize, seed: &[u8; DIGEST]) -> Option<Vec<u8>> {
    let zeros = size.checked_sub(text.len() + 2 * DIGEST + 2)?;
    let mut data = Sha1::digest(b"").to_vec();
    data.resize(DIGEST + zeros, 0);
    data.push(1);
    data.extend_from_slice(text);
    let data = xor(&data, &mask(seed, data.len()));
    let seed = xor(seed, &mask(&data, DIGEST));
    Some([&[0], seed.as_slice(), &data].concat())
}

/// The mask that grows from a seed (MGF1).
fn mask(seed: &[u8], length: usize) -> Vec<u8> {
    let blocks = (0u32..).flat_map(|count| Sha1::new().chain_update(seed).chain_update(count.to_be_bytes()).finalize());
    blocks.take(length).collect()
}

fn xor(a: &[u8], b: &[u8]) -> Vec<u8> {
    a.iter().zip(b).map(|(a, b)| a ^ b).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONCE: Nonce = *b"NR3HP:qIYa_9=db?Sd{`";
    const PASSWORD: &str = "G!ider27";

    /// A key of the tests alone.
    const KEY: &str = "-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC5vzm1pYZ5k+V2RDwhb9dt6DUU
OkyQ03JGSy3fS9eFEJvpGpQittOgIlxyPtIgAyD1iVHEWTGZCkgkEmyOTovi5ifh
BSqfvbmTovwh6eVywKoXcqmakXKjd/T+lw3ckrN5qACJ8PHM1iYWtkOr0o5pTIkK
3nocZjPM9bz0kXQUTQIDAQAB
-----END PUBLIC KEY-----";
    const PRIVATE: &str = "8442664c322d9b9a34b44e87e66325a96bc387c0af4e1c516d3e10cec3c91545ab4e830f61dc7eb9b25dd3376a1543450\
                           fb0949953cd5e249513a24ecbd1a0065bdfb7a925816a8dbd29bd85d24a994f6ca72ed9fb50db7cebfa4a4dfa7bf324fd\
                           f004d6060434b0eeaf3dceb2aac939f3e703513fba67058fe8a1f9da8f9efd";

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|b| format!("{b:02x}")).collect()
    }

    #[test]
    fn proofs_are_those_that_other_clients_send() {
        assert_eq!(hex(&native(PASSWORD, &NONCE)), "09cff8855e9e705340ff2270d8fb9fadba906b70");
        let proof = hex(&caching_sha2(PASSWORD, &NONCE));
        assert_eq!(proof, "4f97bbfd202401c42a69deaae53bda077ed7578563c1a80eb816c82119b68d2e");
        assert!(native("", &NONCE).is_empty() && caching_sha2("", &NONCE).is_empty());
    }

    #[test]
    fn only_the_owner_of_the_key_can_read_a_sealed_password() {
        let (modulus, _) = read_key(KEY.as_bytes()).unwrap();
        let private = BigUint::parse_bytes(PRIVATE.as_bytes(), 16).unwrap();
        let sealed = seal(PASSWORD, &NONCE, KEY.as_bytes()).unwrap();
        assert_eq!(sealed.len(), 128);
        let padded = BigUint::from_bytes_be(&sealed).modpow(&private, &modulus).to_bytes_be();
        // The first byte was 0 and is not part of the number.
        let (seed, data) = padded.split_at(DIGEST);
        let seed = xor(seed, &mask(data, DIGEST));
        let data = xor(data, &mask(&seed, data.len()));
        let text = &data[data.iter().skip(DIGEST).position(|b| *b == 1).unwrap() + DIGEST + 1..];
        let password: Vec<u8> = text.iter().zip(NONCE).map(|(a, b)| a ^ b).collect();
        assert_eq!(password, b"G!ider27\0");
    }

    #[test]
    fn keys_that_cannot_be_used_are_refused() {
        let cut = KEY.replace("MIGfMA0G", "MIGfMA4G");
        for key in ["", "no key", cut.as_str(), "-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----"] {
            assert_eq!(seal(PASSWORD, &NONCE, key.as_bytes()), None, "{key}");
        }
        assert_eq!(seal(&"x".repeat(200), &NONCE, KEY.as_bytes()), None);
    }
}
