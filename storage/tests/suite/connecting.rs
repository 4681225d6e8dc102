use storage::{ConnectOptions, Durability, SecretKey, Store, StoreError};
use test_support::both;
use test_support::database::{KEY, TestDatabase};

use crate::support::{NOW, Raw};

async fn refusal(url: &str) -> String {
    match Store::connect(&ConnectOptions::new(url), SecretKey::from_base64(KEY).unwrap()).await {
        Err(StoreError::Url(message)) => message,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_address_that_cannot_be_used_is_refused_with_what_to_write_instead() {
    for url in ["", "mysql://localhost/x", "data/watchword.db", "sqlite:", "sqlite::memory:", "sqlite:x.db?mode=memory"]
    {
        let message = refusal(url).await;
        assert!(message.contains("write it like sqlite:"), "{url}: {message}");
    }
    assert!(refusal("sqlite:x.db?mode=sideways").await.contains("sideways"));
}

#[tokio::test]
async fn a_password_in_an_address_is_never_shown() {
    let url = "postgres://ada:hunter2@local host:port/x";
    assert!(!refusal(url).await.contains("hunter2"));
    assert!(!format!("{:?}", ConnectOptions::new(url)).contains("hunter2"));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    // Port 1 of this machine: nothing listens there.
    let options = ConnectOptions::new("postgres://watchword@127.0.0.1:1/watchword?sslmode=disable");
    let refused = Store::connect(&options, SecretKey::from_base64(KEY).unwrap()).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
}

#[tokio::test]
async fn a_file_is_made_with_its_folder_and_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/a/b/watchword.db", folder.path().display());
    let options = ConnectOptions { durability: Durability::Full, ..ConnectOptions::new(url) };
    let store = Store::connect(&options, SecretKey::from_base64(KEY).unwrap()).await.unwrap();
    store.migrate().await.unwrap();
    let owner = store.bootstrap(NOW).await.unwrap();
    store.close().await;

    let store = Store::connect(&options, SecretKey::from_base64(KEY).unwrap()).await.unwrap();
    assert_eq!(store.bootstrap(NOW).await.unwrap(), owner);
}

both!(an_open_database_answers_and_tells_its_size, async |database: TestDatabase| {
    database.store.ping().await.unwrap();
    assert!(database.store.size_bytes().await.unwrap() > 10_000);
});

both!(a_closed_database_is_unavailable, async |database: TestDatabase| {
    database.store.clone().close().await;
    let refused = database.store.ping().await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
});

both!(what_is_not_committed_did_not_happen, async |database: TestDatabase| {
    let owner = database.store.bootstrap(NOW).await.unwrap();
    let tx = database.store.begin().await.unwrap();
    tx.insert_monitor(owner.organisation, owner.person, &crate::support::settings("shop"), NOW).await.unwrap().unwrap();
    drop(tx);
    assert_eq!(Raw::open(&database).await.number("SELECT count(*) FROM monitor").await, 0);
    // The connection is free again.
    database.store.begin().await.unwrap().commit().await.unwrap();
});
