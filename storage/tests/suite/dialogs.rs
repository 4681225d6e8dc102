use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::people::PersonId;
use storage::StoreError;
use test_support::both;
use test_support::database::TestDatabase;

use crate::support::{NOW, Raw, later};

both!(a_dialog_is_remembered_until_it_expires, async |database: TestDatabase| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    let here = store.conversation(owner.organisation, "web", "x", NOW).await.unwrap();
    let there = store.conversation(owner.organisation, "web", "y", NOW).await.unwrap();
    assert_eq!(store.dialog(here, owner.person, NOW).await.unwrap(), None);

    store.save_dialog(here, owner.person, "first", later(60)).await.unwrap();
    store.save_dialog(here, owner.person, r#"{"asked": "name", "π": "\u0000"}"#, later(120)).await.unwrap();
    let state = Some(r#"{"asked": "name", "π": "\u0000"}"#.to_owned());
    assert_eq!(store.dialog(here, owner.person, later(119)).await.unwrap(), state);
    assert_eq!(store.dialog(here, owner.person, later(120)).await.unwrap(), None);
    assert_eq!(store.dialog(there, owner.person, NOW).await.unwrap(), None);
    assert_eq!(store.dialog(here, PersonId(owner.person.0 + 1), NOW).await.unwrap(), None);
});

both!(a_dialog_ends_once, async |database: TestDatabase| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    let here = store.conversation(owner.organisation, "web", "x", NOW).await.unwrap();
    store.save_dialog(here, owner.person, "state", later(60)).await.unwrap();
    assert!(store.end_dialog(here, owner.person, NOW).await.unwrap());
    assert!(!store.end_dialog(here, owner.person, NOW).await.unwrap());
    assert_eq!(store.dialog(here, owner.person, NOW).await.unwrap(), None);
});

both!(a_dialog_is_taken_by_one_and_no_other_in_its_place, async |database: TestDatabase| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    let here = store.conversation(owner.organisation, "web", "x", NOW).await.unwrap();
    let at = (here, owner.person);
    let take = |state: &'static str| store.take_dialog(at, (NOW, later(2)), move |found| found == state);
    assert!(!take("first").await.unwrap());
    store.save_dialog(here, owner.person, "first", later(60)).await.unwrap();
    let (a, b, c) = tokio::join!(take("first"), take("first"), take("first"));
    assert_eq!([a, b, c].into_iter().filter(|taken| *taken.as_ref().unwrap()).count(), 1);
    store.save_dialog(here, owner.person, "second", later(60)).await.unwrap();
    assert!(!take("first").await.unwrap());
    assert_eq!(store.dialog(here, owner.person, NOW).await.unwrap().as_deref(), Some("second"));
    // The same words, but of another time: whoever read the one before takes that one, if it is still there, or none.
    let (again, taken) = tokio::join!(store.save_dialog(here, owner.person, "second", later(60)), take("second"));
    again.unwrap();
    assert!(store.dialog(here, owner.person, NOW).await.unwrap().is_some() || taken.unwrap());
});

both!(a_dialog_that_is_taken_is_there_again_unless_it_is_over, async |database: TestDatabase| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    let here = store.conversation(owner.organisation, "web", "x", NOW).await.unwrap();
    let at = (here, owner.person);
    let take = |now: Timestamp| store.take_dialog(at, (now, now + Duration::from_secs(2)), |state| state == "state");
    let settle = |over, state: &'static str| store.settle_dialog(at, over, move |found| found == state);
    let open = async |now| store.dialog(here, owner.person, now).await.unwrap().is_some();
    store.save_dialog(here, owner.person, "state", later(60)).await.unwrap();
    assert!(take(NOW).await.unwrap() && !open(NOW).await);
    settle(false, "state").await.unwrap();
    assert!(open(NOW).await);

    // Whoever took it was killed.
    assert!(take(NOW).await.unwrap() && !open(later(1)).await);
    assert!(open(later(2)).await && take(later(2)).await.unwrap());
    // Another one is left as it is, and one that is over is gone.
    settle(true, "another").await.unwrap();
    assert!(open(later(4)).await);
    settle(true, "state").await.unwrap();
    assert!(!open(later(4)).await);

    // One that is ended while it is taken is not open again, whatever becomes of the answer.
    store.save_dialog(here, owner.person, "state", later(60)).await.unwrap();
    assert!(take(NOW).await.unwrap());
    assert!(!store.end_dialog(here, owner.person, NOW).await.unwrap(), "it is being answered");
    settle(false, "state").await.unwrap();
    assert!(!open(NOW).await && !open(later(4)).await);
});

both!(a_button_works_in_its_conversation_until_it_expires, async |database: TestDatabase| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    let here = store.conversation(owner.organisation, "web", "x", NOW).await.unwrap();
    let there = store.conversation(owner.organisation, "web", "y", NOW).await.unwrap();
    store.save_action("t1", here, "delete-monitor shop --yes", later(60)).await.unwrap();

    let text = Some("delete-monitor shop --yes".to_owned());
    assert_eq!(store.action("t1", here, later(59)).await.unwrap(), text);
    assert_eq!(store.action("t1", here, later(60)).await.unwrap(), None);
    assert_eq!(store.action("t1", there, NOW).await.unwrap(), None);
    assert_eq!(store.action("t2", here, NOW).await.unwrap(), None);
    assert_eq!(store.action("t\0", here, NOW).await.unwrap(), None);
});

both!(a_token_means_one_thing, async |database: TestDatabase| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    let here = store.conversation(owner.organisation, "web", "x", NOW).await.unwrap();
    store.save_action("t1", here, "status", later(60)).await.unwrap();
    let refused = store.save_action("t1", here, "delete-monitor shop", later(60)).await;
    assert!(matches!(refused, Err(StoreError::Other(_))), "{refused:?}");
    assert_eq!(store.action("t1", here, NOW).await.unwrap(), Some("status".to_owned()));
});

both!(what_a_conversation_was_doing_goes_with_it, async |database: TestDatabase| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    let here = store.conversation(owner.organisation, "web", "x", NOW).await.unwrap();
    store.save_dialog(here, owner.person, "state", later(60)).await.unwrap();
    store.save_action("t1", here, "status", later(60)).await.unwrap();
    let raw = Raw::open(&database).await;
    raw.run("DELETE FROM conversation").await;
    assert_eq!(raw.number("SELECT (SELECT count(*) FROM dialog) + (SELECT count(*) FROM action)").await, 0);
});
