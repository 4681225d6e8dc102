//! What results add up to.

use std::collections::BTreeMap;
use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::monitor::MonitorId;
use monitor_core::outcome::{Outcome, Reason};
use monitor_core::report::{Progress, Window};
use monitor_core::rollup::{Resolution, Sample, Tally};
use storage::{Scope, Store};
use test_support::both;
use test_support::builders::{START, monitors, outcome};
use test_support::database::{KEY, TestDatabase};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// Numbers that look random and are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 16) % limit
    }

    /// Something that a check may have found within that time from the start.
    fn outcome(&mut self, within: Duration) -> Outcome {
        let at = START + Duration::from_millis(self.below(u64::try_from(within.as_millis()).unwrap()));
        let reason = Reason::ALL[usize::try_from(self.below(8)).unwrap() * 3 % Reason::ALL.len()];
        let duration = Duration::from_micros(self.below(20_000_000));
        Outcome { duration, response_bytes: self.below(1_000_000), ..outcome(at, reason) }
    }
}

async fn insert(store: &Store, results: &[(MonitorId, Outcome)]) {
    let tx = store.begin().await.unwrap();
    let results: Vec<_> = results.iter().map(|(monitor, outcome)| (*monitor, outcome)).collect();
    tx.insert_results(&results).await.unwrap();
    tx.commit().await.unwrap();
}

/// The tallies of what was stored, counted here.
fn tallies(results: &[(MonitorId, Outcome)], resolution: Resolution, until: Timestamp) -> Vec<(Timestamp, Tally)> {
    let mut seen = BTreeMap::new();
    for (monitor, outcome) in results {
        seen.entry((*monitor, outcome.at)).or_insert(outcome);
    }
    let mut tallies: BTreeMap<Timestamp, Tally> = BTreeMap::new();
    for outcome in seen.into_values().filter(|outcome| outcome.at < until) {
        let Outcome { at, reason, duration, response_bytes, .. } = *outcome;
        tallies.entry(at.floor(resolution.length())).or_default().add(&Sample { at, reason, duration, response_bytes });
    }
    tallies.into_iter().collect()
}

async fn roll_up_all(store: &Store, until: Timestamp) -> u64 {
    let mut written = 0;
    for resolution in Resolution::ALL {
        written += store.roll_up(resolution, until.floor(resolution.length())).await.unwrap();
    }
    written
}

/// Holds the rollups of every resolution, of all monitors and of each, against what was stored.
async fn assert_rolled_up(store: &Store, scope: Scope, results: &[(MonitorId, Outcome)], until: Timestamp) {
    let window = Window { from: START, to: until };
    let mut monitors: Vec<MonitorId> = results.iter().map(|(monitor, _)| *monitor).collect();
    monitors.sort_unstable();
    monitors.dedup();
    for resolution in Resolution::ALL {
        let until = until.floor(resolution.length());
        assert_eq!(
            store.rollups(scope, resolution, window).await.unwrap(),
            tallies(results, resolution, until),
            "{resolution:?}"
        );
        for &monitor in &monitors {
            let own: Vec<_> = results.iter().filter(|(of, _)| *of == monitor).cloned().collect();
            let rollups = store.rollups(Scope::Monitor(monitor), resolution, window).await.unwrap();
            assert_eq!(rollups, tallies(&own, resolution, until), "{resolution:?} of {monitor}");
        }
    }
}

both!(rollups_of_parts_equal_the_tally_of_all_samples, async |database: TestDatabase| {
    let store = &database.store;
    let (actor, ids) = monitors(store, &[MINUTE; 3]).await;
    let scope = Scope::Organisation(actor.organisation);
    let mut random = Random(1);
    let results: Vec<_> = (0..1_500).map(|n| (ids[n % 3], random.outcome(DAY * 2))).collect();
    insert(store, &results).await;
    // Step by step, as time goes by, and with a step missed.
    for hours in [1, 2, 5, 23, 24, 30, 48] {
        let until = START + HOUR * hours;
        assert!(roll_up_all(store, until).await > 0);
        assert_eq!(roll_up_all(store, until).await, 0, "there is nothing left to do");
        assert_rolled_up(store, scope, &results, until).await;
        let progress = Progress { minute: until, hour: until, day: until.floor(DAY) };
        let reached = store.progress().await.unwrap();
        assert_eq!((reached.minute, reached.hour), (progress.minute, progress.hour));
        assert_eq!(reached.day, if hours < 24 { START } else { progress.day });
    }
});

both!(rollups_reach_no_further_than_what_they_are_made_from, async |database: TestDatabase| {
    let store = &database.store;
    let (actor, ids) = monitors(store, &[MINUTE]).await;
    let results = [(ids[0], outcome(START, Reason::Ok)), (ids[0], outcome(START + HOUR + SECOND, Reason::Ok))];
    insert(store, &results).await;
    assert_eq!(store.roll_up(Resolution::Hour, START + HOUR * 2).await.unwrap(), 0);
    // Between two minutes, and in the second hour.
    assert_eq!(store.roll_up(Resolution::Minute, START + HOUR + SECOND * 59).await.unwrap(), 1);
    assert_eq!(store.roll_up(Resolution::Hour, START + HOUR * 2).await.unwrap(), 1);
    assert_eq!(store.roll_up(Resolution::Minute, START + HOUR * 2).await.unwrap(), 1);
    assert_eq!(store.roll_up(Resolution::Minute, START).await.unwrap(), 0, "progress never goes back");
    assert_eq!(store.roll_up(Resolution::Hour, START + HOUR * 2).await.unwrap(), 1);
    assert_rolled_up(store, Scope::Organisation(actor.organisation), &results, START + HOUR * 2).await;
});

both!(late_results_are_added_to_rollups_once, async |database: TestDatabase| {
    let store = &database.store;
    let (actor, ids) = monitors(store, &[MINUTE; 2]).await;
    let scope = Scope::Organisation(actor.organisation);
    let mut random = Random(2);
    let mut results: Vec<_> = (0..100).map(|n| (ids[n % 2], random.outcome(HOUR * 30))).collect();
    insert(store, &results).await;
    let until = START + HOUR * 30;
    roll_up_all(store, until).await;
    // Late for the day, for the hour, for the minute, on time; some twice in a batch or there already.
    let late: Vec<_> = (0..200).map(|n| (ids[n % 2], random.outcome(HOUR * 32))).collect();
    let again: Vec<_> = late[..50]
        .iter()
        .chain(&results[..50])
        .map(|(monitor, found)| (*monitor, Outcome { response_bytes: 1, ..found.clone() }))
        .collect();
    results.extend(late.iter().cloned().chain(again.clone()));
    insert(store, &[late, again].concat()).await;
    insert(store, &results).await;
    assert_rolled_up(store, scope, &results, until).await;
    roll_up_all(store, START + HOUR * 32).await;
    assert_rolled_up(store, scope, &results, START + HOUR * 32).await;
});

both!(a_roll_up_that_was_interrupted_is_taken_up_again, async |database: TestDatabase| {
    let store = &database.store;
    let (actor, ids) = monitors(store, &[MINUTE; 30]).await;
    let scope = Scope::Organisation(actor.organisation);
    let mut random = Random(3);
    let mut results: Vec<_> = (0..24_000).map(|n| (ids[n % 30], random.outcome(HOUR))).collect();
    for batch in results.chunks(4_000) {
        insert(store, batch).await;
    }
    // Several transactions are needed; it is dropped in the middle, right after one of them was seen.
    let (until, window) = (START + HOUR, Window { from: START, to: START + HOUR });
    let watcher = database.open_again(KEY).await;
    let some_are_there = async {
        while watcher.rollups(scope, Resolution::Minute, window).await.unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        biased;
        () = some_are_there => {}
        done = store.roll_up(Resolution::Minute, until) => panic!("{done:?} without interruption"),
    }
    assert_eq!(store.progress().await.unwrap().minute, Timestamp::default());
    // In between come results of the time that was partly rolled up.
    let late: Vec<_> = (0..300).map(|n| (ids[n % 30], random.outcome(HOUR))).collect();
    insert(store, &late).await;
    results.extend(late);

    assert!(roll_up_all(store, until).await > 0);
    assert_rolled_up(store, scope, &results, until).await;
});

both!(nothing_is_missed_when_results_arrive_while_they_are_rolled_up, async |database: TestDatabase| {
    let store = &database.store;
    let (actor, ids) = monitors(store, &[MINUTE; 4]).await;
    let mut random = Random(4);
    let batches: Vec<Vec<_>> =
        (0..60).map(|_| ids.iter().map(|id| (*id, random.outcome(HOUR * 25))).collect()).collect();
    let other = database.open_again(KEY).await;
    let writers: Vec<_> = batches
        .chunks(15)
        .zip([store, &other].into_iter().cycle())
        .map(|(batches, store)| {
            let (batches, store) = (batches.to_vec(), store.clone());
            tokio::spawn(async move {
                for batch in batches {
                    insert(&store, &batch).await;
                }
            })
        })
        .collect();
    let until = START + HOUR * 25;
    for hours in 1..=25 {
        let (a, b) = tokio::join!(roll_up_all(store, START + HOUR * hours), roll_up_all(&other, START + HOUR * hours));
        let _ = a + b;
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert_rolled_up(store, Scope::Organisation(actor.organisation), &batches.concat(), until).await;
});
