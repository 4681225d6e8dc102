//! Encryption of what must not be readable in the database.

use std::fmt;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use secrecy::zeroize::Zeroizing;

use crate::StoreError;
use crate::sign::Signer;

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;

/// First byte of what is sealed, so that another method can be told apart one day.
const VERSION: u8 = 1;

/// The key that secrets are encrypted with. It is kept outside the database, never shown, and wiped when dropped.
pub struct SecretKey(Zeroizing<[u8; KEY_BYTES]>);

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl SecretKey {
    /// Reads a key: 32 bytes in base64.
    ///
    /// # Errors
    /// [`StoreError::Secret`] for any other text, which is not repeated in the message.
    pub fn from_base64(text: &str) -> Result<Self, StoreError> {
        // A little more room than a key needs, because the decoder asks for it.
        let mut decoded = Zeroizing::new([0; KEY_BYTES + 4]);
        match STANDARD.decode_slice(text.trim(), decoded.as_mut_slice()) {
            Ok(KEY_BYTES) => {
                let mut key = Zeroizing::new([0; KEY_BYTES]);
                key.copy_from_slice(&decoded[..KEY_BYTES]);
                Ok(Self(key))
            }
            _ => Err(StoreError::Secret(
                "the secret key has to be 32 bytes in base64; make one with `openssl rand -base64 32`".to_owned(),
            )),
        }
    }

    /// Reads the key in that file; without the file it makes a random key and writes it there, readable by its owner
    /// only. Of several processes that do so at once, all get the same key.
    ///
    /// # Errors
    /// [`StoreError::Secret`] when the file cannot be read or written, or holds something else.
    pub fn from_file_or_create(path: &Path) -> Result<Self, StoreError> {
        let failed = |error: io::Error| StoreError::Secret(format!("the secret key {}: {error}", path.display()));
        let text = match std::fs::read_to_string(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                create_key_file(path).map_err(failed)?;
                std::fs::read_to_string(path)
            }
            read => read,
        };
        let text = Zeroizing::new(text.map_err(failed)?);
        Self::from_base64(&text).map_err(|error| StoreError::Secret(format!("{}: {error}", path.display())))
    }
}

impl SecretKey {
    /// Signs with a key that follows from this one.
    pub(crate) fn signer(&self) -> Signer {
        Signer::new(&self.0)
    }
}

/// Writes a new key beside the path and links it there, so that the file is never seen half written, and a file that
/// is there by then is kept: a key that is replaced makes everything sealed with it unreadable.
fn create_key_file(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).create(folder)?;

    let mut key = Zeroizing::new([0; KEY_BYTES]);
    getrandom::fill(key.as_mut_slice())?;
    let mut suffix = [0; 8];
    getrandom::fill(&mut suffix)?;
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{:016x}", u64::from_le_bytes(suffix)));

    let text = Zeroizing::new(format!("{}\n", STANDARD.encode(key.as_slice())));
    let written =
        write_private(Path::new(&draft), text.as_bytes()).and_then(|()| match std::fs::hard_link(&draft, path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            linked => linked,
        });
    let removed = std::fs::remove_file(&draft);
    written.and(removed)?;
    File::open(folder)?.sync_all()
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Seals and opens values. What is sealed is bound to a place, and opens nowhere else.
pub(crate) struct Cipher(XChaCha20Poly1305);

impl Cipher {
    pub(crate) fn new(key: &SecretKey) -> Self {
        Self(XChaCha20Poly1305::new((&*key.0).into()))
    }

    /// Encrypts a text for that place. The same text gives other bytes each time.
    pub(crate) fn seal(&self, place: &Place<'_>, text: &str) -> Result<Vec<u8>, StoreError> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce)
            .map_err(|error| StoreError::Secret(format!("the system gives no random numbers: {error}")))?;
        let aad = place.associated_data();
        let payload = Payload { msg: text.as_bytes(), aad: aad.as_bytes() };
        let sealed = self
            .0
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| StoreError::Secret(format!("the secret of {place} is too long to be encrypted")))?;
        Ok([&[VERSION][..], &nonce, &sealed].concat())
    }

    /// Decrypts what was sealed for that place.
    pub(crate) fn open(&self, place: &Place<'_>, sealed: &[u8]) -> Result<Zeroizing<String>, StoreError> {
        let corrupt = || StoreError::corrupt(place.table, place.column, &place.owner);
        let (version, rest) = sealed.split_first().ok_or_else(corrupt)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_BYTES>().ok_or_else(corrupt)?;
        if *version != VERSION {
            return Err(corrupt());
        }
        let aad = place.associated_data();
        let text =
            self.0.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: aad.as_bytes() }).map_err(|_| {
                StoreError::Secret(format!(
                    "the secret of {place} does not open with this key; put back the key file that it was written with"
                ))
            })?;
        String::from_utf8(text).map(Zeroizing::new).map_err(|_| corrupt())
    }
}

/// Where a sealed value belongs: what is known of the row before it is written, and never changes.
pub(crate) struct Place<'a> {
    pub(crate) table: &'static str,
    pub(crate) column: &'static str,
    /// Whose it is. Errors say so.
    pub(crate) owner: String,
    /// What else it is bound to, which errors keep to themselves. May be empty.
    pub(crate) token: &'a str,
}

impl Place<'_> {
    fn associated_data(&self) -> String {
        format!("{self} {}", self.token)
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{} of {}", self.table, self.column, self.owner)
    }
}
