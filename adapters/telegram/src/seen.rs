use std::collections::{HashSet, VecDeque};

/// Updates that are remembered, so that one that comes twice is done once.
const REMEMBERED: usize = 1_000;

/// The ids of the latest updates.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    ids: HashSet<i64>,
    order: VecDeque<i64>,
}

impl Seen {
    /// Remembers an id; `false`: it is remembered already.
    pub(crate) fn insert(&mut self, id: i64) -> bool {
        if !self.ids.insert(id) {
            return false;
        }
        self.order.push_back(id);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
        true
    }

    /// Forgets an id: its update comes again.
    pub(crate) fn remove(&mut self, id: i64) {
        self.ids.remove(&id);
        self.order.retain(|other| *other != id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_is_done_once_and_not_remembered_for_ever() {
        let mut seen = Seen::default();
        assert!(seen.insert(1) && !seen.insert(1));
        seen.remove(1);
        assert!(seen.insert(1) && !seen.insert(1));
        let more = i64::try_from(REMEMBERED).unwrap();
        assert!((2..=more + 1).all(|id| seen.insert(id)));
        assert_eq!((seen.ids.len(), seen.order.len()), (REMEMBERED, REMEMBERED));
    }
}
