//! Places outside.

use monitor_core::people::Actor;
use monitor_core::secret::Secret;
use storage::{Budget, Destination, DestinationSettings, Store, StoreError};
use test_support::both;
use test_support::database::TestDatabase;

use crate::secrets::{OTHER_KEY, contains, everything};
use crate::support::{NOW, Raw};

pub(crate) fn webhook(name: &str) -> DestinationSettings {
    DestinationSettings {
        name: name.to_owned(),
        kind: "webhook".to_owned(),
        fields: Secret::new(r#"{"url":"https://hooks.example/s3cr3t-path"}"#),
        rate: None,
        fallback: None,
    }
}

pub(crate) async fn add(store: &Store, owner: Actor, settings: &DestinationSettings) -> Option<Destination> {
    let tx = store.begin().await.unwrap();
    let id = tx.insert_destination(owner.organisation, owner.person, settings, NOW).await.unwrap();
    tx.commit().await.unwrap();
    store.destination_by_id(id?).await.unwrap()
}

async fn update(store: &Store, destination: &Destination, settings: &DestinationSettings) -> bool {
    let tx = store.begin().await.unwrap();
    let updated = tx.update_destination(destination, settings, NOW).await.unwrap();
    tx.commit().await.unwrap();
    updated
}

both!(a_destination_comes_back_as_it_was_given, async |database: TestDatabase| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    let mail = add(store, owner, &webhook("ops-mail")).await.unwrap();
    let rate = Some(Budget { burst: 2, per_minute: 10 });
    let chat = DestinationSettings { rate, fallback: Some(mail.id), ..webhook("#Ops") };
    let added = add(store, owner, &chat).await.unwrap();
    assert_eq!(added.settings, chat);
    assert_eq!(store.destination(owner.organisation, " #oPS ").await.unwrap().unwrap(), added);
    assert!(add(store, owner, &webhook("#OPS")).await.is_none(), "the name is taken");
    let names: Vec<_> =
        store.destinations(owner.organisation).await.unwrap().into_iter().map(|found| found.settings.name).collect();
    assert_eq!(names, ["#Ops", "ops-mail"]);

    let changed = DestinationSettings { name: "chat".to_owned(), rate: None, fallback: None, ..webhook("chat") };
    assert!(update(store, &added, &changed).await);
    assert_eq!(store.destination_by_id(added.id).await.unwrap().unwrap().settings, changed);
    assert!(!update(store, &added, &webhook("Ops-Mail")).await, "the name is taken");
    assert_eq!(store.destination_by_id(added.id).await.unwrap().unwrap().settings, changed);
});

both!(where_a_destination_is_stands_nowhere_in_the_database, async |database: TestDatabase| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    let added = add(store, owner, &webhook("ops-mail")).await.unwrap();
    assert!(!format!("{added:?}").contains("s3cr3t"));
    let everything = everything(&database).await;
    assert!(
        contains(&everything, b"ops-mail")
            && !contains(&everything, b"s3cr3t")
            && !contains(&everything, b"hooks.example")
    );

    let stranger = database.open_again(OTHER_KEY).await;
    assert!(matches!(stranger.destination_by_id(added.id).await.unwrap_err(), StoreError::Secret(_)));
    let raw = Raw::open(&database).await;
    raw.run("UPDATE destination SET kind = 'slack'").await;
    let error = store.destination_by_id(added.id).await.unwrap_err();
    assert!(matches!(error, StoreError::Secret(_)), "settings of one kind are not read as those of another: {error}");
});

both!(a_fallback_that_is_deleted_is_one_no_more, async |database: TestDatabase| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    let mail = add(store, owner, &webhook("ops-mail")).await.unwrap();
    let chat = add(store, owner, &DestinationSettings { fallback: Some(mail.id), ..webhook("#ops") }).await.unwrap();
    let tx = store.begin().await.unwrap();
    tx.delete_destination(mail.id, NOW).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.destination_by_id(mail.id).await.unwrap(), None);
    assert_eq!(store.destination_by_id(chat.id).await.unwrap().unwrap().settings.fallback, None);
});

both!(that_a_destination_fails_is_news_once, async |database: TestDatabase| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    let mail = add(store, owner, &webhook("ops-mail")).await.unwrap();
    let tx = store.begin().await.unwrap();
    assert!(!tx.destination_works(mail.id).await.unwrap());
    assert!(tx.destination_fails(mail.id, NOW).await.unwrap());
    assert!(!tx.destination_fails(mail.id, NOW).await.unwrap());
    assert!(tx.destination_works(mail.id).await.unwrap());
    assert!(tx.destination_fails(mail.id, NOW).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(store.destination_by_id(mail.id).await.unwrap().unwrap().failing_since, Some(NOW));
});
