//! Signatures of what this Watchword has said, such as the address of a file: whoever has one need not be known.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::Store;

/// What the key of signatures is derived for, so that it is none of the keys that anything else uses.
const PURPOSE: &[u8] = b"watchword signatures 1";

/// Signs by HMAC-SHA-256 with a key that follows from the store's secret key.
#[derive(Clone)]
pub(crate) struct Signer(Hmac<Sha256>);

impl Signer {
    /// A signer for that secret key.
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self::of(&Self::of(key).mac(PURPOSE))
    }

    fn of(key: &[u8; 32]) -> Self {
        // A key is filled up to the length of a block.
        let mut block = [0; 64];
        block[..key.len()].copy_from_slice(key);
        Self(Hmac::new(&block.into()))
    }

    fn mac(&self, what: &[u8]) -> [u8; 32] {
        let mut mac = self.0.clone();
        mac.update(what);
        mac.finalize().into_bytes().into()
    }
}

impl Store {
    /// The signature of a text, as URL-safe text.
    #[must_use]
    pub fn sign(&self, what: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.signer().mac(what.as_bytes()))
    }

    /// Whether a signature is that of a text. Takes as long for a wrong one as for the right one.
    #[must_use]
    pub fn is_signed(&self, what: &str, signature: &str) -> bool {
        let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else { return false };
        let mut mac = self.signer().0.clone();
        mac.update(what.as_bytes());
        mac.verify_slice(&signature).is_ok()
    }
}
