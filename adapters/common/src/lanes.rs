//! What is said in one conversation is answered in its order, what is said in others at the same time.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio_util::task::TaskTracker;

/// Most that waits in one lane: what Telegram tells in one breath. Whoever says more at once than that is flooding.
const MAX_WAITING: usize = 100;

/// What waits in lanes, by its place in them.
type Waiting<K, O> = Arc<Mutex<HashMap<K, BTreeMap<O, BoxFuture<'static, ()>>>>>;

/// Lanes, one for each key `K` as long as something waits in it. `O` is what a lane is ordered by, such as the platform's number
/// of what was said.
#[derive(Clone)]
pub struct Lanes<K, O> {
    waiting: Waiting<K, O>,
    tasks: TaskTracker,
}

impl<K, O> Default for Lanes<K, O> {
    fn default() -> Self {
        Self::from(TaskTracker::new())
    }
}

/// Lanes whose work is among those tasks, for which somebody else may wait.
impl<K, O> From<TaskTracker> for Lanes<K, O> {
    fn from(tasks: TaskTracker) -> Self {
        Self { waiting: Arc::default(), tasks }
    }
}

impl<K, O> Lanes<K, O>
where
    K: Clone + Eq + Hash + Send + 'static,
    O: Ord + Send + 'static,
{
    /// Puts work in a lane, to be done after what stands before it there; `false`: the lane is full, or has the same already.
    pub fn put(&self, key: K, place: O, work: impl Future<Output = ()> + Send + 'static) -> bool {
        let mut waiting = lock(&self.waiting);
        if let Some(lane) = waiting.get_mut(&key) {
            let room = lane.len() < MAX_WAITING && !lane.contains_key(&place);
            if room {
                lane.insert(place, Box::pin(work));
            }
            return room;
        }
        let mut lane: BTreeMap<O, BoxFuture<'static, ()>> = BTreeMap::new();
        lane.insert(place, Box::pin(work));
        waiting.insert(key.clone(), lane);
        drop(waiting);
        let all = Arc::clone(&self.waiting);
        self.tasks.spawn(async move {
            // Who takes events from a platform may be a task for each: what came in the same breath takes its place first.
            tokio::task::yield_now().await;
            while let Some(work) = next(&all, &key) {
                // What breaks ends alone, and not its lane.
                if tokio::spawn(work).await.is_err() {
                    tracing::error!("what was said in a chat could not be answered, for its work broke");
                }
            }
        });
        true
    }

    /// Does something beside the lanes.
    pub fn beside(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(work);
    }

    /// Waits for what is being done, but no longer than that.
    pub async fn finish(&self, limit: Duration) {
        self.tasks.close();
        if tokio::time::timeout(limit, self.tasks.wait()).await.is_err() {
            tracing::warn!("what was said last in chats may not have been answered");
        }
    }
}

/// The next of a lane, which ends when there is none.
fn next<K: Eq + Hash, O: Ord>(all: &Waiting<K, O>, key: &K) -> Option<BoxFuture<'static, ()>> {
    let mut all = lock(all);
    let work = all.get_mut(key).and_then(BTreeMap::pop_first);
    if work.is_none() {
        all.remove(key);
    }
    work.map(|(_, work)| work)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use tokio::sync::{mpsc, oneshot};

    use super::*;

    const SOON: Duration = Duration::from_secs(5);

    #[tokio::test]
    async fn a_lane_keeps_its_order_and_holds_no_other_up() {
        let lanes = Lanes::default();
        let (done, mut doing) = mpsc::unbounded_channel();
        let say = |number: i32| {
            let done = done.clone();
            async move { done.send(number).unwrap() }
        };
        let (open, gate) = oneshot::channel::<()>();
        let first = say(1);
        let held = async move {
            gate.await.unwrap();
            first.await;
        };
        assert!(lanes.put(1, 1, held));
        // Whatever is heard first: what was said before is done before.
        assert!(lanes.put(1, 3, say(3)) && lanes.put(1, 2, say(2)) && !lanes.put(1, 2, say(0)));
        assert!(lanes.put(2, 1, say(4)));
        assert_eq!(doing.recv().await, Some(4));
        open.send(()).unwrap();
        assert_eq!((doing.recv().await, doing.recv().await, doing.recv().await), (Some(1), Some(2), Some(3)));
        lanes.finish(SOON).await;
        assert!(lock(&lanes.waiting).is_empty());
    }

    #[tokio::test]
    async fn a_flood_is_bounded() {
        let lanes = Lanes::default();
        let taken = (0..200).filter(|number| lanes.put(1, *number, std::future::pending())).count();
        // On one thread nothing has been taken out yet: the first put stands in the lane as well.
        assert_eq!(taken, MAX_WAITING);
    }

    #[tokio::test]
    async fn what_breaks_ends_alone() {
        let lanes = Lanes::default();
        let (done, doing) = oneshot::channel();
        assert!(lanes.put(1, 1, async { panic!("this is a test") }));
        assert!(lanes.put(1, 2, async move { done.send(()).unwrap() }));
        doing.await.unwrap();
        lanes.finish(SOON).await;
    }
}
