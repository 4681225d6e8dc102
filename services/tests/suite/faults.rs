//! Thousands of monitors at once, and databases that fail in the middle: what is due is compared with what comes.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::alerting::{Event, Severity};
use monitor_core::incident::{IncidentId, Resolution};
use monitor_core::monitor::Monitor;
use monitor_core::outcome::Reason;
use services::view::{Budget, NotificationFilter, NotificationRow, NotificationState};
use services::{DeliveryOutcome, Fields, Finished, LEASE_SLACK, NewDestination, NewRoute, Recorded};
use storage::{IncidentFilter, IncidentRow, StoreError};
use test_support::both;
use test_support::builders::{monitors, outcome};
use test_support::database::{KEY, TestDatabase};
use test_support::receiver::Receiver;

use crate::common::{World, strict};

const MINUTE: Duration = Duration::from_secs(60);

/// As many outcomes as are recorded in one transaction.
const BATCH: usize = 1_000;

impl World {
    /// A webhook at that receiver that is told of everything.
    async fn told_of_all(&self, name: &str, receiver: &Receiver, rate: Option<Budget>) {
        let fields = Fields(BTreeMap::from([("url".to_owned(), receiver.url())]));
        let (kind, fallback) = ("webhook".to_owned(), None);
        let new = NewDestination { name: name.to_owned(), kind, fields, rate, fallback };
        self.services.add_destination(&self.owner, &new).await.unwrap();
        let steps = vec![(Duration::ZERO, vec![name.to_owned()])];
        let route = NewRoute { about: "all".to_owned(), severity: Severity::Info, steps };
        self.services.add_route(&self.owner, &route).await.unwrap();
    }

    /// Checks of all monitors that are due, which all end so.
    async fn checks(&self, reason: Reason) -> Vec<Finished> {
        let claims = self.store().claim(self.now(), self.now(), 10_000, LEASE_SLACK).await.unwrap();
        let finished = |claim| Finished { claim, policy: strict(), outcome: outcome(self.now(), reason) };
        claims.into_iter().map(finished).collect()
    }

    /// All notifications, the first at the beginning.
    async fn outbox(&self) -> Vec<NotificationRow> {
        let all = NotificationFilter::default();
        let mut rows = self.services.notifications(&self.owner, &all, 0, 10_000).await.unwrap().1;
        rows.reverse();
        rows
    }

    async fn incidents_of_all(&self) -> Vec<IncidentRow> {
        self.services.incidents(&self.owner, None, &IncidentFilter::default(), 1_000).await.unwrap()
    }

    /// Delivers all that is due or will be, as time goes by and chores run each second, for that long. Answers when what was
    /// delivered to whom.
    async fn deliver_for(&self, time: Duration) -> BTreeMap<String, Vec<Timestamp>> {
        let (end, mut when) = (self.now() + time, BTreeMap::<String, Vec<Timestamp>>::new());
        while self.now() < end {
            self.services.escalate().await.unwrap();
            let found = self.services.claim_deliveries(64).await.unwrap();
            for claim in &found.claims {
                assert_eq!(self.services.deliver(claim).await.unwrap().outcome, DeliveryOutcome::Sent);
                when.entry(claim.destination_name.clone()).or_default().push(self.now());
            }
            if found.claims.is_empty() {
                self.clock.advance(Duration::from_secs(1));
            }
        }
        when
    }
}

/// Over any time a destination is told at most the burst and what is due by the minute.
fn assert_within(budget: Budget, told: &[Timestamp]) {
    for (first, from) in told.iter().enumerate() {
        for (last, to) in told.iter().enumerate().skip(first) {
            let minutes = to.since(*from).as_secs_f64() / 60.0;
            let allowed = f64::from(budget.burst) + minutes * f64::from(budget.per_minute);
            let count = u32::try_from(last - first + 1).unwrap();
            assert!(f64::from(count) <= allowed + 1e-6, "{count} within {minutes} min of {budget:?}: {told:?}");
        }
    }
}

/// How many notifications there are for each destination and event.
fn counted(rows: &[NotificationRow]) -> BTreeMap<(String, &'static str), usize> {
    let mut counted = BTreeMap::new();
    for row in rows {
        *counted.entry((row.destination_name.clone(), row.event.as_str())).or_default() += 1;
    }
    counted
}

both!(five_thousand_monitors_that_fail_at_once_are_one_incident_within_all_budgets, async |database: TestDatabase| {
    const MONITORS: usize = 5_000;
    let world = World::new(database).await;
    monitors(world.store(), &vec![MINUTE; MONITORS]).await;
    let receivers = [Receiver::start().await, Receiver::start().await, Receiver::start().await];
    let slow = Budget { burst: 1, per_minute: 1 };
    let fast = Budget { burst: 2, per_minute: 30 };
    let budgets = [("ops", fast), ("boss", slow), ("mail", fast)];
    for ((name, budget), receiver) in budgets.iter().zip(&receivers) {
        world.told_of_all(name, receiver, Some(*budget)).await;
    }
    world.clock.advance(MINUTE * 2);
    let failed = world.checks(Reason::ConnectTimeout).await;
    assert_eq!(failed.len(), MONITORS);
    let mut opened = 0;
    for (number, batch) in failed.chunks(BATCH).enumerate() {
        world.clock.advance(Duration::from_millis(200));
        opened += world.services.record(batch).await.unwrap().opened;
        if number == 0 {
            // The first is told while the others still come.
            let claims = world.services.claim_deliveries(64).await.unwrap().claims;
            assert_eq!(claims.len(), budgets.len());
            for claim in &claims {
                assert_eq!(world.services.deliver(claim).await.unwrap().outcome, DeliveryOutcome::Sent);
            }
        }
    }
    assert_eq!(opened, MONITORS);
    let incidents = world.incidents_of_all().await;
    let counts: Vec<_> = incidents.iter().map(|row| (row.members, row.failing, row.incident.resolved)).collect();
    assert_eq!(counts, [(MONITORS as u64, MONITORS as u64, None)]);
    let first = receivers[0].last();
    let first = String::from_utf8_lossy(&first.body).into_owned();
    assert!(first.contains("opened") && first.contains("1000"), "{first}");

    let mut when = world.deliver_for(MINUTE * 5).await;
    let recovered = world.checks(Reason::Ok).await;
    assert_eq!(recovered.len(), MONITORS);
    let mut resolved = 0;
    for batch in recovered.chunks(BATCH) {
        world.clock.advance(Duration::from_millis(200));
        resolved += world.services.record(batch).await.unwrap().resolved;
    }
    assert_eq!(resolved, MONITORS);
    for (name, told) in world.deliver_for(MINUTE * 5).await {
        when.entry(name).or_default().extend(told);
    }
    let incidents = world.incidents_of_all().await;
    assert_eq!(incidents.len(), 1);
    assert_eq!(incidents[0].incident.resolved.map(|(_, how)| how), Some(Resolution::Recovered));
    let rows = world.outbox().await;
    assert!(rows.iter().all(|row| row.state == NotificationState::Sent), "{rows:?}");
    for ((name, budget), receiver) in budgets.iter().zip(&receivers) {
        let of = |event: Event| counted(&rows).get(&((*name).to_owned(), event.as_str())).copied();
        assert_eq!((of(Event::Opened), of(Event::Grew), of(Event::Resolved)), (Some(1), Some(1), Some(1)), "{name}");
        let keys: HashSet<_> =
            receiver.requests().iter().map(|request| request.header("idempotency-key").map(str::to_owned)).collect();
        assert_eq!((receiver.requests().len(), keys.len()), (3, 3), "{name}");
        assert_within(*budget, &when[*name]);
    }
});

async fn record(world: &World, monitor: &Monitor, reason: Reason) -> (Finished, Result<Recorded, StoreError>) {
    let finished = world.finished(monitor, reason).await;
    let recorded = world.services.record(std::slice::from_ref(&finished)).await;
    (finished, recorded)
}

#[tokio::test]
async fn a_transaction_that_postgres_cuts_in_the_middle_has_told_nothing_and_is_told_once_when_repeated() {
    let world = World::new(TestDatabase::postgres().await).await;
    let receiver = Receiver::start().await;
    world.told_of_all("ops", &receiver, None).await;
    let shop = world.add("shop").await;
    // Results, health and flip are written when it comes to the incident; there it waits, and is cut.
    let other = world.database.open_again(KEY).await;
    let busy = other.begin().await.unwrap();
    busy.lock_incidents().await.unwrap();
    let cut = world.database.execute(
        "DO $$ BEGIN
             WHILE NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock') LOOP
                 PERFORM pg_sleep(0.01);
                 PERFORM pg_stat_clear_snapshot();
             END LOOP;
             PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE datname = current_database() AND wait_event_type = 'Lock';
         END $$",
    );
    let ((finished, recorded), ()) = tokio::join!(record(&world, &shop, Reason::ConnectionRefused), cut);
    assert!(matches!(recorded, Err(StoreError::Unavailable(_))), "{recorded:?}");
    busy.commit().await.unwrap();
    assert_eq!((world.results(&shop).await, world.flips(shop.id).await.len()), (0, 0), "all of it or nothing");
    assert_eq!(
        (world.outbox().await.len(), world.incidents_of_all().await.len(), world.cards().await.len()),
        (0, 0, 0)
    );

    let again = world.services.record(std::slice::from_ref(&finished)).await.unwrap();
    assert_eq!((again.flips, again.opened, again.stale), (1, 1, 0));
    let stale = world.services.record(&[finished]).await.unwrap();
    assert_eq!((stale.flips, stale.opened, stale.stale), (0, 0, 1));
    let told = world.deliver_for(MINUTE).await;
    assert_eq!((told["ops"].len(), receiver.requests().len(), world.outbox().await.len()), (1, 1, 1));
}

#[tokio::test]
async fn a_flip_waits_while_sqlite_is_locked_and_is_told_once() {
    let world = World::new(TestDatabase::sqlite().await).await;
    let receiver = Receiver::start().await;
    world.told_of_all("ops", &receiver, None).await;
    let shop = world.add("shop").await;
    let finished = world.finished(&shop, Reason::ConnectionRefused).await;
    let other = world.database.open_again(KEY).await;
    let busy = other.begin().await.unwrap();
    // The lock comes with the first thing that is asked.
    busy.told(IncidentId(0)).await.unwrap();
    let refused = world.services.record(std::slice::from_ref(&finished)).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    assert_eq!((world.outbox().await.len(), world.incidents_of_all().await.len()), (0, 0));
    busy.commit().await.unwrap();
    assert_eq!(world.services.record(&[finished]).await.unwrap().opened, 1);
    world.deliver_for(MINUTE).await;
    assert_eq!((receiver.requests().len(), world.outbox().await.len()), (1, 1));
}
