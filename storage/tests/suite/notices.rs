//! What conversations are told beside incidents.

use std::time::Duration;

use storage::{Audience, Store};
use test_support::both;
use test_support::builders::{START, monitors};
use test_support::database::TestDatabase;

const MINUTE: Duration = Duration::from_secs(60);

async fn post(store: &Store, audience: Audience, topic: &str, text: &str) -> usize {
    let tx = store.begin().await.unwrap();
    let told = tx.post_notice(audience, topic, text, START).await.unwrap();
    tx.commit().await.unwrap();
    told.len()
}

both!(a_notice_is_one_in_each_conversation_and_its_changes_come_last, async |database: TestDatabase| {
    let store = &database.store;
    let (actor, ids) = monitors(store, &[MINUTE; 2]).await;
    let conversation = async |name| store.conversation(actor.organisation, "web", name, START).await.unwrap();
    let (ada, bob, eve) = (conversation("ada").await, conversation("bob").await, conversation("eve").await);
    let tx = store.begin().await.unwrap();
    tx.subscribe(ids[0], ada).await.unwrap();
    tx.subscribe(ids[1], ada).await.unwrap();
    tx.subscribe(ids[1], bob).await.unwrap();
    tx.commit().await.unwrap();

    assert_eq!(post(store, Audience::Everybody, "sight", "I see nothing").await, 2);
    assert_eq!(post(store, Audience::Organisation(actor.organisation), "else", "m1").await, 2);
    assert_eq!(post(store, Audience::Organisation(actor.organisation), "sight", "I see\0").await, 2);
    let seen = store.notices_after(ada, 0, 10).await.unwrap();
    let told: Vec<_> = seen.iter().map(|notice| (notice.seq, notice.revision, notice.text.as_str())).collect();
    assert_eq!(told, [(2, 1, "m1"), (3, 2, "I see\u{fffd}")]);
    assert_eq!(store.notices_after(bob, 1, 10).await.unwrap().len(), 2);
    assert_eq!(store.notices_after(eve, 0, 10).await.unwrap(), []);
    assert_eq!((store.last_seq(ada).await.unwrap(), store.last_seq(eve).await.unwrap()), (3, 0));
});

both!(what_is_told_once_is_told_again_only_where_it_was_not, async |database: TestDatabase| {
    let store = &database.store;
    let (actor, ids) = monitors(store, &[MINUTE]).await;
    let once = async |name: &str| {
        let conversation = store.conversation(actor.organisation, "web", name, START).await.unwrap();
        let tx = store.begin().await.unwrap();
        tx.subscribe(ids[0], conversation).await.unwrap();
        let told = tx.post_notice_once(ids[0], "certificate 14", "it ends", START).await.unwrap();
        tx.commit().await.unwrap();
        told == [conversation]
    };
    assert!(once("ada").await);
    assert!(!once("ada").await);
    assert!(once("bob").await);
});
