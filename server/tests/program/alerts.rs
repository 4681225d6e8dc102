//! Alerts of the real program while its process, its database and its destinations fail. What was due is compared with what
//! came: nothing is lost, and what comes twice has the same idempotency key.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use monitor_core::Timestamp;
use monitor_core::alerting::Event;
use monitor_core::incident::IncidentId;
use storage::{IncidentFilter, NotificationFilter, NotificationRow, NotificationState, Scope, Store, Tx};
use test_support::database::{KEY, TestDatabase};
use test_support::receiver::{Reaction, Receiver};
use test_support::targets::{Answer, Answering, answering};

use crate::common::{Server, chat};

/// Longer than the lease of a delivery, 45 s, and what comes after it; reached only when something is broken.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long the database is away, by a clock that nobody sets.
const MINUTE: Duration = Duration::from_secs(60);

/// A shop that is checked each second, and a webhook that is told of it.
struct Shop {
    target: Answering,
    receiver: Receiver,
}

impl Shop {
    /// `rate` is what stands behind the destination.
    async fn new(server: &Server, rate: &str) -> Self {
        let shop = Self { target: answering(Answer::ok("fine")).await, receiver: Receiver::start().await };
        let monitor = format!("add-monitor {} name shop every 1s retries 0 timeout 6s --yes", shop.target.url());
        let destination = format!("add-destination ops webhook url={}hook {rate}", shop.receiver.url());
        for words in [&monitor, &destination, "add-route all notify ops"] {
            say(server, words).await;
        }
        shop
    }

    /// The idempotency keys of all that came, in order.
    fn keys(&self) -> Vec<String> {
        keys(&self.receiver)
    }
}

fn keys(receiver: &Receiver) -> Vec<String> {
    receiver.requests().iter().map(|request| request.header("idempotency-key").unwrap().to_owned()).collect()
}

async fn say(server: &Server, words: &str) -> String {
    let answered = chat(server, words).await;
    assert_eq!(answered.code, 0, "{words}: {}", answered.text);
    answered.text
}

/// All notifications, the first at the beginning.
async fn rows(store: &Store) -> Vec<NotificationRow> {
    let owner = store.bootstrap(Timestamp::from_millis(0)).await.unwrap();
    let mut rows = store.notifications(owner.organisation, &NotificationFilter::default(), 0, 1_000).await.unwrap().1;
    rows.reverse();
    rows
}

fn events(rows: &[NotificationRow]) -> Vec<Event> {
    rows.iter().map(|row| row.event).collect()
}

/// Waits until the notifications are like that.
async fn until(store: &Store, is_so: impl Fn(&[NotificationRow]) -> bool) -> Vec<NotificationRow> {
    let waiting = async {
        loop {
            let rows = rows(store).await;
            if is_so(&rows) {
                return rows;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    match tokio::time::timeout(PATIENCE, waiting).await {
        Ok(rows) => rows,
        Err(_) => panic!("it never came to that: {:#?}", rows(store).await),
    }
}

fn all_sent(rows: &[NotificationRow]) -> bool {
    rows.iter().all(|row| row.state == NotificationState::Sent)
}

/// How many incidents there are.
async fn incidents(store: &Store) -> usize {
    let owner = store.bootstrap(Timestamp::from_millis(0)).await.unwrap();
    store.incidents(Scope::Organisation(owner.organisation), &IncidentFilter::default(), 1_000).await.unwrap().len()
}

#[tokio::test]
async fn killed_between_flip_and_send_it_is_sent_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path()).await;
    let store = server.open_database().await;
    // One each 20 s: a test takes the turn of what comes next.
    let shop = Shop::new(&server, "rate 3/m:1").await;
    say(&server, "test-destination ops").await;
    shop.target.set_status(500);
    let waiting = until(&store, |rows| rows.len() == 2).await;
    server.kill().await;
    assert_eq!((waiting[1].event, waiting[1].attempts), (Event::Opened, 0));
    assert_eq!(shop.keys().len(), 1, "it was written, and not sent");

    server = Server::start(folder.path()).await;
    let rows = until(&store, all_sent).await;
    assert!(server.terminate().await.success());
    assert_eq!((events(&rows), rows[1].attempts), (vec![Event::Test, Event::Opened], 1));
    let keys = shop.keys();
    assert!(keys.len() == 2 && keys[1].contains("-opened-"), "{keys:?}");
}

#[tokio::test]
async fn killed_between_send_and_receipt_it_is_sent_again_with_the_same_key() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path()).await;
    let store = server.open_database().await;
    let shop = Shop::new(&server, "").await;
    shop.receiver.then(Reaction::Hang);
    shop.target.set_status(500);
    shop.receiver.reached(1).await;
    server.kill().await;
    assert_eq!(rows(&store).await[0].state, NotificationState::Due);

    server = Server::start(folder.path()).await;
    until(&store, |rows| !rows.is_empty() && all_sent(rows)).await;
    shop.target.set_status(200);
    let rows = until(&store, |rows| rows.len() == 2 && all_sent(rows)).await;
    assert!(server.terminate().await.success());
    assert_eq!((events(&rows), rows[0].attempts), (vec![Event::Opened, Event::Resolved], 2));
    let keys = shop.keys();
    assert_eq!(keys.len(), 3, "{keys:?}");
    assert!(keys[0] == keys[1] && keys[1] != keys[2], "{keys:?}");
}

#[tokio::test]
async fn killed_as_soon_as_something_is_due_again_and_again_it_tells_all_in_order() {
    let due = [Event::Opened, Event::Resolved, Event::Reopened, Event::Resolved];
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path()).await;
    let store = server.open_database().await;
    let shop = Shop::new(&server, "").await;
    for (flips, status) in (1..).zip([500, 200, 500, 200]) {
        shop.target.set_status(status);
        until(&store, |rows| rows.len() == flips).await;
        server.kill().await;
        server = Server::start(folder.path()).await;
    }
    let rows = until(&store, all_sent).await;
    assert!(server.terminate().await.success());
    assert_eq!(events(&rows), due);
    let mut keys = shop.keys();
    let sent = keys.len();
    assert!((due.len()..=2 * due.len()).contains(&sent), "each once, or twice when it was killed meanwhile: {keys:?}");
    keys.dedup();
    assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), due.len(), "{keys:?}");
    let in_order = keys.iter().zip(due).all(|(key, event)| key.contains(&format!("-{}-", event.as_str())));
    assert!(in_order && keys.len() == due.len(), "{keys:?}");
    assert_eq!(incidents(&store).await, 1);
}

/// The shop fails while nothing can be written down, for a minute: `away` takes the database away, `back` brings it back.
async fn fails_without_database<A>(server: &Server, away: impl AsyncFnOnce() -> A, back: impl AsyncFnOnce(A) -> Store) {
    let shop = Shop::new(server, "").await;
    shop.target.reached(2).await;
    // The check begins while the database is there, and ends when it is not.
    shop.target.set(Answer::status(500).after(Duration::from_secs(3)));
    shop.target.reached(shop.target.requests() + 1).await;
    let (since, taken) = (Instant::now(), away().await);
    server.logs("results wait for the database").await;
    while since.elapsed() < MINUTE {
        assert_eq!(shop.keys().len(), 0, "nobody is told of what is not written down");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let store = back(taken).await;
    until(&store, |rows| rows.len() == 1 && all_sent(rows)).await;
    shop.target.set(Answer::ok("fine"));
    let rows = until(&store, |rows| rows.len() == 2 && all_sent(rows)).await;
    assert_eq!((events(&rows), incidents(&store).await), (vec![Event::Opened, Event::Resolved], 1));
    let mut keys = shop.keys();
    keys.dedup();
    assert_eq!(keys.len(), 2, "{keys:?}");
}

#[tokio::test]
async fn a_flip_while_the_database_is_locked_for_a_minute_is_told_once_it_is_free() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path()).await;
    let (store, other) = (server.open_database().await, server.open_database().await);
    let lock = async || {
        let lock = other.begin().await.unwrap();
        // It may take the lock only with the first thing that it asks.
        lock.told(IncidentId(0)).await.unwrap();
        lock
    };
    let free = async |lock: Tx| {
        assert_eq!((incidents(&store).await, rows(&store).await.len()), (0, 0));
        lock.commit().await.unwrap();
        store
    };
    fails_without_database(&server, lock, free).await;
    assert!(server.terminate().await.success());
}

#[tokio::test]
async fn a_flip_while_postgres_is_gone_for_a_minute_is_told_once_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let database = TestDatabase::postgres().await;
    let mut server = Server::start_with(folder.path(), &[("WATCHWORD_DATABASE_URL", &database.url)]).await;
    let back = async |()| {
        database.come_back().await;
        // Those of the other store were cut as well.
        database.open_again(KEY).await
    };
    fails_without_database(&server, async || database.go_away().await, back).await;
    assert!(server.terminate().await.success());
}

#[tokio::test]
async fn what_a_destination_refuses_is_a_dead_letter_that_can_be_sent_again() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let store = server.open_database().await;
    let (shop, mail) = (Shop::new(&server, "").await, Receiver::start().await);
    say(&server, &format!("add-destination mail webhook url={}mail", mail.url())).await;
    say(&server, "edit-destination ops fallback mail").await;
    assert!(say(&server, "list-notifications failed").await.contains("Nothing failed"));
    shop.receiver.otherwise(Answer::status(410));
    shop.target.set_status(500);
    let rows = until(&store, |rows| rows.len() == 2 && rows[1].state == NotificationState::Sent).await;
    assert_eq!((rows[0].state, rows[0].attempts), (NotificationState::Dead, 1));
    assert_eq!((shop.keys().len(), mail.requests().len()), (1, 1));
    let failed = say(&server, "list-notifications failed").await;
    assert!(failed.contains("1 notification") && failed.contains("410"), "{failed}");
    let shown = say(&server, "show-destination ops").await;
    assert!(shown.contains("410"), "{shown}");

    shop.receiver.otherwise(Answer::ok("{}"));
    say(&server, "resend failed").await;
    until(&store, all_sent).await;
    let keys = shop.keys();
    assert!(keys.len() == 2 && keys[0] == keys[1], "{keys:?}");
    assert_eq!(mail.requests().len(), 1, "the fallback is told no second time");
    assert!(say(&server, "list-notifications failed").await.contains("Nothing failed"));
}
