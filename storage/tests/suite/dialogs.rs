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
    assert!(store.end_dialog(here, owner.person).await.unwrap());
    assert!(!store.end_dialog(here, owner.person).await.unwrap());
    assert_eq!(store.dialog(here, owner.person, NOW).await.unwrap(), None);
});

both!(a_dialog_is_taken_by_one_and_no_other_in_its_place, async |database: TestDatabase| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    let here = store.conversation(owner.organisation, "web", "x", NOW).await.unwrap();
    let take = |state: &'static str| store.take_dialog(here, owner.person, move |found| found == state);
    assert!(!take("first").await.unwrap());
    store.save_dialog(here, owner.person, "first", later(60)).await.unwrap();
    let (a, b, c) = tokio::join!(take("first"), take("first"), take("first"));
    assert_eq!([a, b, c].into_iter().filter(|taken| *taken.as_ref().unwrap()).count(), 1);
    store.save_dialog(here, owner.person, "second", later(60)).await.unwrap();
    assert!(!take("first").await.unwrap());
    assert_eq!(store.dialog(here, owner.person, NOW).await.unwrap().as_deref(), Some("second"));
    // The same words, but of another time: whoever read the one before does not take it.
    let (again, taken) = tokio::join!(store.save_dialog(here, owner.person, "second", later(60)), take("second"));
    again.unwrap();
    assert_eq!(store.dialog(here, owner.person, NOW).await.unwrap().is_none(), taken.unwrap());
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
