use monitor_core::heartbeat::{Ping, PingMethod, Signal};
use storage::{ConnectOptions, NewPing, SecretKey, Store};
use test_support::database::KEY;

use crate::support::{NOW, add, settings};

const MIB: u64 = 1 << 20;

#[tokio::test]
async fn a_long_write_ahead_log_is_folded_into_the_file_though_the_writing_never_stops() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("watchword.db");
    let options = ConnectOptions::new(format!("sqlite:{}", file.display()));
    let store = Store::connect(&options, SecretKey::from_base64(KEY).unwrap()).await.unwrap();
    store.migrate().await.unwrap();
    let owner = store.bootstrap(NOW).await.unwrap();
    let monitor = add(&store, owner, &settings("job")).await.unwrap();
    let log_length = || std::fs::metadata(folder.path().join("watchword.db-wal")).unwrap().len();
    let write = async |number: u64, body: &[u8]| {
        let ping = Ping {
            number,
            at: NOW,
            signal: Signal::Success,
            run: None,
            duration: None,
            method: PingMethod::Post,
            remote: String::new(),
            user_agent: String::new(),
            body_bytes: body.len() as u64,
        };
        let tx = store.begin().await.unwrap();
        tx.insert_pings(&[NewPing { monitor, keep: u16::MAX, ping, body }]).await.unwrap();
        tx.commit().await.unwrap();
    };

    let large = vec![7; 1 << 20];
    let mut number = 0;
    while log_length() <= 32 * MIB {
        number += 1;
        write(number, &large).await;
    }
    let last_large = number;
    // What was folded lies in the file itself, and is no more in the log.
    let file_length = || std::fs::metadata(&file).unwrap().len();
    while file_length() <= 32 * MIB {
        assert!(log_length() < 256 * MIB, "the log is not folded into the file");
        number += 1;
        write(number, &[]).await;
    }
    assert_eq!(store.ping_body(monitor, last_large).await.unwrap(), Some(large));
    assert_eq!(store.pings(monitor, 1).await.unwrap()[0].number, number);
}
