//! Tokens that are shared by all checks until they run out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Most clients whose tokens are kept.
const MAX_CLIENTS: usize = 4_096;

/// What a token is for: a hash of all that it was asked for with, the secret included.
pub(super) type Key = [u8; 32];

/// A token that was given. Never shown.
#[derive(Clone)]
pub(super) struct Token {
    pub(super) text: Arc<str>,
    pub(super) until: Instant,
}

/// One client's token. Locked while it is fetched, so that checks that start together fetch one.
pub(super) type Slot = Arc<tokio::sync::Mutex<Option<Token>>>;

/// The tokens of all clients.
#[derive(Default)]
pub(crate) struct Tokens(Mutex<HashMap<Key, Slot>>);

impl Tokens {
    pub(super) fn slot(&self, key: &Key) -> Slot {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= MAX_CLIENTS && !slots.contains_key(key) {
            // Of monitors that are gone, for the most part. Whoever still needs one fetches it again.
            slots.retain(|_, slot| Arc::strong_count(slot) > 1);
        }
        Arc::clone(slots.entry(*key).or_default())
    }
}
