use storage::StoreError;
use test_support::both;
use test_support::database::{KEY, TestDatabase};

use crate::secrets::OTHER_KEY;
use crate::support::Raw;

both!(the_key_that_the_database_was_written_with_is_fine_again, async |database: TestDatabase| {
    database.store.verify_key().await.unwrap();
    database.store.verify_key().await.unwrap();
    database.open_again(KEY).await.verify_key().await.unwrap();
});

both!(another_key_is_refused_and_replaces_nothing, async |database: TestDatabase| {
    database.store.verify_key().await.unwrap();
    let stranger = database.open_again(OTHER_KEY).await;
    for _ in 0..2 {
        let refused = stranger.verify_key().await;
        assert!(
            matches!(&refused, Err(StoreError::Secret(why)) if why.contains("another key than the one in use")
                && why.contains("WATCHWORD_SECRET_KEY") && why.contains("secret.key")),
            "{refused:?}"
        );
    }
    database.store.verify_key().await.unwrap();
});

both!(of_first_calls_at_once_one_decides_the_key, async |database: TestDatabase| {
    let (same, other, others) =
        (database.open_again(KEY).await, database.open_again(OTHER_KEY).await, database.open_again(OTHER_KEY).await);
    let store = &database.store;
    let (a, b, c, d) = tokio::join!(store.verify_key(), other.verify_key(), same.verify_key(), others.verify_key());
    assert_eq!((a.is_ok(), b.is_ok()), (c.is_ok(), d.is_ok()), "{a:?} {b:?} {c:?} {d:?}");
    assert_ne!(a.is_ok(), b.is_ok(), "{a:?} {b:?}");
    assert_eq!(store.verify_key().await.is_ok(), a.is_ok());
    assert_eq!(Raw::open(&database).await.number("SELECT count(*) FROM key_check").await, 1);
});

both!(a_damaged_key_check_is_named, async |database: TestDatabase| {
    database.store.verify_key().await.unwrap();
    let empty = if database.is_postgres() { r"'\x'" } else { "x''" };
    Raw::open(&database).await.run(&format!("UPDATE key_check SET sealed = {empty}")).await;
    let refused = database.store.verify_key().await;
    assert!(matches!(refused, Err(StoreError::Corrupt { table: "key_check", .. })), "{refused:?}");
});
