//! Events that were heard already: Slack delivers one again when it is not sure that it arrived.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

/// Events that are remembered. Slack tries three more times within an hour, and a workspace says less than this meanwhile.
/// Source: <https://docs.slack.dev/apis/events-api/#retries>.
const REMEMBERED: usize = 10_000;

/// The last events.
#[derive(Debug, Default)]
pub(crate) struct Seen(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    known: HashSet<String>,
    order: VecDeque<String>,
}

impl Seen {
    /// Whether it is the first time that an event of this key is heard. What has no key is always new.
    pub(crate) fn is_new(&self, key: &str) -> bool {
        if key.is_empty() {
            return true;
        }
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !memory.known.insert(key.to_owned()) {
            return false;
        }
        memory.order.push_back(key.to_owned());
        if memory.order.len() > REMEMBERED
            && let Some(oldest) = memory.order.pop_front()
        {
            memory.known.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_new_once_and_memory_is_bounded() {
        let seen = Seen::default();
        assert!(seen.is_new("Ev1") && !seen.is_new("Ev1"));
        assert!(seen.is_new("") && seen.is_new(""));
        (0..REMEMBERED).for_each(|number| assert!(seen.is_new(&number.to_string())));
        assert_eq!(seen.0.lock().unwrap().known.len(), REMEMBERED);
        assert!(seen.is_new("Ev1"), "it is forgotten");
    }
}
