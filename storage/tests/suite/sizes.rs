use test_support::both;
use test_support::database::TestDatabase;

use crate::support::{NOW, add, settings};

both!(every_table_tells_its_rows_and_the_room_they_take, async |database: TestDatabase| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    let size = async |table: &str| {
        let sizes = store.table_sizes().await.unwrap();
        sizes.into_iter().find(|size| size.table == table).unwrap()
    };
    let empty = size("monitor").await;
    for number in 0..50 {
        add(store, owner, &settings(&format!("m{number}"))).await.unwrap();
    }
    let filled = size("monitor").await;
    assert_eq!((empty.rows, filled.rows), (0, 50));
    assert!(filled.bytes > empty.bytes, "{empty:?} {filled:?}");
    assert_eq!(size("organisation").await.rows, 1);
});
