//! Addresses that fail one by one, and when each was first answered after it was switched.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use axum::extract::Path;
use axum::routing::get;
use axum::{Json, Router};

use crate::clock::now_us;

/// Which addresses fail.
#[derive(Default)]
struct Members(Mutex<State>);

#[derive(Default)]
struct State {
    failing: HashSet<usize>,
    /// When each was answered first since the switch, in microseconds since 1970.
    first_answers_us: BTreeMap<usize, u64>,
}

impl Members {
    /// From now on these fail, and no others.
    fn switch(&self, failing: HashSet<usize>) {
        *self.lock() = State { failing, first_answers_us: BTreeMap::new() };
    }

    /// Whether one is to fail now; notes the time when it is its first answer since the switch.
    fn fails(&self, number: usize) -> bool {
        let mut state = self.lock();
        state.first_answers_us.entry(number).or_insert_with(now_us);
        state.failing.contains(&number)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `/member/NUMBER`, and what the benchmark switches and asks.
pub(super) fn router(body: Bytes) -> Router {
    let members = Arc::new(Members::default());
    let (answers, switch) = (Arc::clone(&members), Arc::clone(&members));
    let answer = async move |Path(number): Path<usize>| super::answer(&body, answers.fails(number));
    let control = get(async move || Json(members.lock().first_answers_us.clone()))
        .post(async move |Json(failing): Json<HashSet<usize>>| switch.switch(failing));
    Router::new().route("/member/{number}", get(answer)).route("/control/members", control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fails_by_itself_and_its_first_answer_is_noted() {
        let members = Members::default();
        members.switch(HashSet::from([2]));
        assert!(members.fails(2) && !members.fails(3));
        let first = members.lock().first_answers_us.clone();
        assert!(members.fails(2));
        assert_eq!(members.lock().first_answers_us, first, "only the first answer counts");
        assert_eq!(first.keys().copied().collect::<Vec<_>>(), [2, 3]);
        members.switch(HashSet::new());
        assert!(members.lock().first_answers_us.is_empty());
        assert!(!members.fails(2));
    }
}
