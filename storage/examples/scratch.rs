//! scratch
#![expect(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, reason = "scratch")]
use std::time::{Duration, Instant};
use monitor_core::monitor::{MonitorId};
use monitor_core::outcome::*;
use monitor_core::rollup::Resolution;
use storage::*;
use test_support::builders::*;
use test_support::database::KEY;
#[tokio::main(flavor = "current_thread")]
async fn main() {
    let url = std::env::args().nth(1).unwrap();
    let store = Store::connect(&ConnectOptions::new(url), SecretKey::from_base64(KEY).unwrap()).await.unwrap();
    store.migrate().await.unwrap();
    let t = Instant::now();
    let (actor, ids) = monitors(&store, &[Duration::from_secs(30); 10_000]).await;
    println!("add 10,000 monitors {:?}", t.elapsed());
    for batch in [100_usize, 1000] {
        let mut now = START + Duration::from_secs(if batch == 100 { 60 } else { 600 });
        let (mut claimed, mut written, mut n) = (Duration::ZERO, Duration::ZERO, 0_u32);
        for _ in 0..2 {
            loop {
                let t = Instant::now();
                let claims = store.claim(now, now, u32::try_from(batch).unwrap(), Duration::from_secs(5)).await.unwrap();
                claimed += t.elapsed();
                if claims.is_empty() { break; }
                let outcomes: Vec<(MonitorId, Outcome)> = claims.iter().map(|c| {
                    let us = |k: i64| Some(Duration::from_micros(100 + (c.monitor.0 * 7919 + k * 104_729).unsigned_abs() % 50_000));
                    let timings = Timings { dns_lookup: us(1), tcp_connection: us(2), tls_handshake: us(3), send_request: us(4), time_to_first_byte: us(5), receive_response: us(6) };
                    (c.monitor, Outcome { timings, ..outcome(now, Reason::Ok) })
                }).collect();
                let results: Vec<_> = outcomes.iter().map(|(m, o)| (*m, o)).collect();
                let checks: Vec<_> = claims.iter().map(|c| (c.monitor, c.lease)).collect();
                let t = Instant::now();
                let tx = store.begin().await.unwrap();
                let healths = tx.complete(&checks, now).await.unwrap();
                tx.insert_results(&results).await.unwrap();
                tx.commit().await.unwrap();
                written += t.elapsed();
                assert_eq!(healths.len(), claims.len());
                n += u32::try_from(claims.len()).unwrap();
            }
            now = now + Duration::from_secs(30);
        }
        println!("batch {batch}: claim {:?} a row, complete+insert {:?} a row, {n} rows", claimed / n, written / n);
    }
    for r in Resolution::ALL {
        let t = Instant::now();
        let n = store.roll_up(r, START + Duration::from_secs(86_400)).await.unwrap();
        println!("{r:?}: {n} rollups in {:?}", t.elapsed());
    }
    let w = monitor_core::report::Window { from: START, to: START + Duration::from_secs(86_400) };
    let t = Instant::now();
    let n = store.rollups(Scope::Organisation(actor.organisation), Resolution::Minute, w).await.unwrap().len();
    println!("rollups of organisation {n} {:?}", t.elapsed());
    let t = Instant::now();
    store.rollups(Scope::Monitor(ids[77]), Resolution::Minute, w).await.unwrap();
    println!("rollups of monitor {:?}", t.elapsed());
    let t = Instant::now();
    store.statuses_before(Scope::Organisation(actor.organisation), START).await.unwrap();
    println!("statuses {:?}", t.elapsed());
    let t = Instant::now();
    let f = store.forget(START, &monitor_core::report::Retention::default(), 1000).await.unwrap();
    println!("forget nothing {f:?} {:?}", t.elapsed());
    let t = Instant::now();
    let f = store.forget(START + Duration::from_secs(30 * 86_400), &monitor_core::report::Retention::default(), 1000).await.unwrap();
    println!("forget {f:?} {:?}", t.elapsed());
    for t in store.table_sizes().await.unwrap() { if t.rows > 0 { println!("{} {} rows, {} bytes a row", t.table, t.rows, t.bytes / t.rows); } }
    store.close().await;
}
