//! What single checks found.

use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::monitor::MonitorId;
use monitor_core::outcome::{Outcome, Reason, Timings};
use monitor_core::people::OrganisationId;
use monitor_core::report::Window;
use monitor_core::rollup::Resolution;
use storage::{Scope, Store, StoredResult};
use test_support::both;
use test_support::builders::{START, monitors, outcome};
use test_support::database::TestDatabase;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

async fn insert(store: &Store, results: &[(MonitorId, &Outcome)]) {
    let tx = store.begin().await.unwrap();
    tx.insert_results(results).await.unwrap();
    tx.commit().await.unwrap();
}

fn stored(outcome: &Outcome) -> StoredResult {
    let Outcome { at, reason, message, duration, timings, http_status, response_bytes, details: _ } = outcome.clone();
    StoredResult { at, reason, duration, timings, http_status, response_bytes, message }
}

both!(results_are_read_back_as_they_were_the_newest_first, async |database: TestDatabase| {
    let store = &database.store;
    let (_, ids) = monitors(store, &[MINUTE]).await;
    let micros = |micros| Some(Duration::from_micros(micros));
    let plain = outcome(START, Reason::Ok);
    let full = Outcome {
        at: START + SECOND,
        reason: Reason::UnexpectedStatus,
        message: "expected 200, got 503 — \"busy\"".to_owned(),
        duration: Duration::from_micros(1_234_567),
        timings: Timings {
            dns_lookup: micros(0),
            tcp_connection: micros(1),
            tls_handshake: None,
            send_request: micros(127),
            time_to_first_byte: micros(60_000_000),
            receive_response: micros(16_383),
        },
        http_status: Some(503),
        response_bytes: 10_737_418_240,
        ..plain.clone()
    };
    let refused = Outcome {
        at: START + MINUTE,
        reason: Reason::ConnectionRefused,
        timings: Timings { dns_lookup: micros(900), ..Timings::default() },
        http_status: None,
        response_bytes: 0,
        ..plain.clone()
    };
    insert(store, &[(ids[0], &full), (ids[0], &plain), (ids[0], &refused)]).await;
    let latest = store.latest_results(ids[0], 10).await.unwrap();
    assert_eq!(latest, [stored(&refused), stored(&full), stored(&plain)]);
    assert_eq!(store.latest_results(ids[0], 2).await.unwrap(), latest[..2]);
});

both!(what_a_target_sent_cannot_stop_a_batch, async |database: TestDatabase| {
    let store = &database.store;
    let (_, ids) = monitors(store, &[MINUTE]).await;
    let odd = Outcome { message: "a\0b\u{1f600}\u{7}".to_owned(), ..outcome(START, Reason::HttpProtocol) };
    insert(store, &[(ids[0], &odd)]).await;
    assert_eq!(store.latest_results(ids[0], 1).await.unwrap()[0].message, "a\u{fffd}b\u{1f600}\u{7}");
});

both!(results_that_are_there_or_whose_monitor_is_gone_are_passed_over, async |database: TestDatabase| {
    let store = &database.store;
    let (_, ids) = monitors(store, &[MINUTE, MINUTE]).await;
    let tx = store.begin().await.unwrap();
    tx.delete_monitor(ids[1]).await.unwrap();
    tx.commit().await.unwrap();
    let (first, again, next) =
        (outcome(START, Reason::Ok), outcome(START, Reason::Slow), outcome(START + SECOND, Reason::Ok));
    insert(store, &[(ids[0], &first)]).await;
    insert(store, &[(ids[0], &again), (ids[1], &first), (ids[0], &next), (ids[0], &next)]).await;
    assert_eq!(store.latest_results(ids[0], 10).await.unwrap(), [stored(&next), stored(&first)]);
    assert_eq!(store.latest_results(ids[1], 10).await.unwrap(), []);
    insert(store, &[]).await;
});

both!(samples_are_those_of_the_scope_and_window, async |database: TestDatabase| {
    let store = &database.store;
    let (actor, ids) = monitors(store, &[MINUTE, MINUTE]).await;
    let (a, b, c) =
        (outcome(START, Reason::Ok), outcome(START + SECOND, Reason::Slow), outcome(START + MINUTE, Reason::Ok));
    insert(store, &[(ids[0], &a), (ids[1], &b), (ids[0], &c)]).await;
    let reasons = async |scope, from: Timestamp, to: Timestamp| {
        let samples = store.samples(scope, Window { from, to }).await.unwrap();
        samples.iter().map(|sample| (sample.at, sample.reason)).collect::<Vec<_>>()
    };
    let (a, b, c) = ((a.at, a.reason), (b.at, b.reason), (c.at, c.reason));
    let all = Scope::Organisation(actor.organisation);
    assert_eq!(reasons(all, START, START + MINUTE).await, [a, b]);
    assert_eq!(reasons(all, START, START + MINUTE + SECOND).await, [a, c, b]);
    assert_eq!(reasons(Scope::Monitor(ids[0]), START, START + MINUTE * 2).await, [a, c]);
    assert_eq!(reasons(Scope::Organisation(OrganisationId(actor.organisation.0 + 1)), START, START + MINUTE).await, []);
});

#[tokio::test]
async fn a_result_takes_60_bytes_and_a_minute_rollup_300_at_most_on_sqlite() {
    let database = TestDatabase::sqlite().await;
    let store = &database.store;
    let (_, ids) = monitors(store, &[Duration::from_secs(30); 100]).await;
    // As they arrive: each monitor in turn, in batches, with the timings of HTTPS over a new connection.
    let micros = |seed: i64, low: u64, range: u64| {
        Some(Duration::from_micros(low + seed.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15) % range))
    };
    for round in 0_i64..200 {
        let outcomes: Vec<(MonitorId, Outcome)> = ids
            .iter()
            .map(|id| {
                let seed = round * 1_000 + id.0;
                let at = Timestamp::from_millis(START.as_millis() + round * 30_000 + id.0 * 290 + seed % 7);
                let timings = Timings {
                    dns_lookup: micros(seed, 300, 2_700),
                    tcp_connection: micros(seed + 1, 8_000, 22_000),
                    tls_handshake: micros(seed + 2, 15_000, 45_000),
                    send_request: micros(seed + 3, 20, 180),
                    time_to_first_byte: micros(seed + 4, 20_000, 70_000),
                    receive_response: micros(seed + 5, 100, 1_900),
                };
                let duration = timings.phases().iter().filter_map(|(_, phase)| *phase).sum();
                let response_bytes = 1_000 + seed.unsigned_abs() % 60_000;
                (*id, Outcome { duration, timings, response_bytes, ..outcome(at, Reason::Ok) })
            })
            .collect();
        let results: Vec<_> = outcomes.iter().map(|(id, outcome)| (*id, outcome)).collect();
        insert(store, &results).await;
    }
    let minutes = store.roll_up(Resolution::Minute, START + MINUTE * 101).await.unwrap();
    let per_row = async |name: &str, rows: u64| {
        let tables = store.table_sizes().await.unwrap();
        let table = tables.into_iter().find(|table| table.table == name).unwrap();
        assert_eq!(table.rows, rows);
        table.bytes / rows
    };
    let (result, rollup) = (per_row("check_result", 20_000).await, per_row("rollup", minutes).await);
    assert!((1..=60).contains(&result) && (1..=300).contains(&rollup), "{result} and {rollup} bytes");
}
