//! A clock that is set back and forth by a day, in the middle of everything: nothing is told twice, and nothing never.

use std::collections::BTreeMap;
use std::time::Duration;

use monitor_core::alerting::rule::{Condition, Rule};
use monitor_core::alerting::{Selector, Severity, When, Zone};
use monitor_core::monitor::Monitor;
use monitor_core::outcome::Reason;
use services::view::{NotificationFilter, NotificationState};
use services::{Fields, Finished, LEASE_SLACK, NewDestination, NewRoute, NewWindow, Silenced};
use test_support::both;
use test_support::builders::outcome;
use test_support::database::TestDatabase;
use test_support::receiver::{Reaction, Receiver};
use test_support::targets::Answer;

use crate::common::{World, strict};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// How much time goes by between two looks at what is due.
const TURN: Duration = Duration::from_secs(20);

/// What becomes of the clock at one place after another.
const STEPS: [[i8; 3]; 8] =
    [[-1, 0, 0], [0, -1, 0], [0, 0, -1], [1, 0, 0], [0, 1, 0], [-1, 1, 0], [0, -1, 1], [1, -1, 0]];

/// A shop of which two destinations are told, with the scheduler's chores done as time goes by.
struct Shop {
    world: World,
    receiver: Receiver,
    monitor: Monitor,
    /// What a check finds now.
    finds: Reason,
}

impl Shop {
    async fn new(database: TestDatabase, later: &[(Duration, &str)]) -> Self {
        let (world, receiver) = (World::new(database).await, Receiver::start().await);
        let mut steps = vec![(Duration::ZERO, vec!["ops".to_owned()])];
        steps.extend(later.iter().map(|(after, name)| (*after, vec![(*name).to_owned()])));
        for name in ["ops", "boss"] {
            let fields = Fields(BTreeMap::from([("url".to_owned(), receiver.url())]));
            let new =
                NewDestination { name: name.to_owned(), kind: "webhook".to_owned(), fields, ..Default::default() };
            world.services.add_destination(&world.owner, &new).await.unwrap();
        }
        let route = NewRoute { about: "all".to_owned(), severity: Severity::Info, steps };
        world.services.add_route(&world.owner, &route).await.unwrap();
        let monitor = world.add("shop").await;
        let mut shop = Self { world, receiver, monitor, finds: Reason::Ok };
        shop.pass(2 * MINUTE).await;
        assert_eq!(shop.told().await, [""; 0]);
        shop
    }

    /// The clock is set by so many days.
    fn set(&self, days: i8) {
        match days {
            0 => {}
            days if days < 0 => self.world.clock.set(self.world.now() - DAY),
            _ => self.world.clock.set(self.world.now() + DAY),
        }
    }

    /// Time goes by; chores and checks are done as they are due, as far as [`TURN`] allows.
    async fn pass(&mut self, time: Duration) {
        let World { services, clock, .. } = &self.world;
        for _ in 0..time.as_secs() / TURN.as_secs() {
            clock.advance(TURN);
            services.beat().await.unwrap();
            services.turn_maintenance().await.unwrap();
            services.evaluate_rules().await.unwrap();
            let now = services.now();
            for claim in services.store().claim(now, now, 10, LEASE_SLACK).await.unwrap() {
                let finished = Finished { claim, policy: strict(), outcome: outcome(now, self.finds) };
                services.record(&[finished]).await.unwrap();
            }
            services.escalate().await.unwrap();
            for claim in services.claim_deliveries(64).await.unwrap().claims {
                services.deliver(&claim).await.unwrap();
            }
        }
    }

    /// What a check finds from now on, which it soon does.
    async fn finds(&mut self, reason: Reason) {
        self.finds = reason;
        self.pass(2 * MINUTE).await;
    }

    /// What the destinations were told, in order: `opened ops`. All of it was delivered, and once.
    async fn told(&self) -> Vec<String> {
        let filter = NotificationFilter::default();
        let (_, mut rows) = self.world.services.notifications(&self.world.owner, &filter, 0, 1_000).await.unwrap();
        rows.reverse();
        assert!(rows.iter().all(|row| row.state == NotificationState::Sent), "{rows:#?}");
        assert_eq!(rows.len(), self.receiver.requests().len());
        rows.iter().map(|row| format!("{} {}", row.event.as_str(), row.destination_name)).collect()
    }
}

/// Who was told that something began is told that it is over before they are told that it begins again, and the last that
/// they were told is so.
fn assert_once(told: &[String], failing: bool, case: &str) {
    for to in ["ops", "boss"] {
        let mut lasts = false;
        // That maintenance begins and ends is a notice.
        for event in told.iter().filter_map(|told| told.strip_suffix(to)).filter(|event| *event != "notice ") {
            let begins = !event.starts_with("resolved");
            assert_ne!(begins, lasts, "{case}: {told:?}");
            lasts = begins;
        }
        assert!(to == "boss" || lasts == failing, "{case}: {told:?}");
    }
}

both!(around_a_flip_and_an_escalation, async |database: TestDatabase| {
    // One world for all: it is over each time, and forgotten when the next begins.
    let mut shop = Shop::new(database, &[(10 * MINUTE, "boss")]).await;
    for step in STEPS {
        let before = shop.told().await.len();
        shop.set(step[0]);
        shop.finds(Reason::NoReply).await;
        assert_eq!(shop.told().await[before..], ["opened ops"], "{step:?}");
        shop.set(step[1]);
        shop.pass(15 * MINUTE).await;
        assert_eq!(shop.told().await[before + 1..], ["escalated boss"], "{step:?}");
        shop.set(step[2]);
        shop.pass(5 * MINUTE).await;
        shop.finds(Reason::Ok).await;
        assert_eq!(shop.told().await[before + 2..], ["resolved ops", "resolved boss"], "{step:?}");
        // By every clock that there was it is long ago.
        shop.world.clock.advance(3 * DAY);
        shop.pass(2 * MINUTE).await;
        assert_eq!(shop.told().await.len(), before + 4, "{step:?}");
    }
});

both!(by_less_than_an_hour_and_all_that_is_due_goes_on, async |database: TestDatabase| {
    let mut shop = Shop::new(database, &[(2 * MINUTE, "boss")]).await;
    for back in [Duration::from_secs(45), MINUTE, 9 * MINUTE, 59 * MINUTE] {
        let before = shop.told().await.len();
        shop.world.clock.set(shop.world.now() - back);
        shop.finds(Reason::NoReply).await;
        assert_eq!(shop.told().await[before..], ["opened ops"], "{back:?}");
        shop.world.clock.set(shop.world.now() - back);
        shop.pass(3 * MINUTE).await;
        assert_eq!(shop.told().await[before + 1..], ["escalated boss"], "{back:?}");
        shop.world.clock.set(shop.world.now() - back);
        shop.finds(Reason::Ok).await;
        assert_eq!(shop.told().await[before + 2..], ["resolved ops", "resolved boss"], "{back:?}");
        shop.world.clock.advance(3 * DAY);
        shop.pass(2 * MINUTE).await;
    }
});

both!(around_a_silence, async |database: TestDatabase| {
    let mut shop = Shop::new(database, &[]).await;
    for step in STEPS {
        let before = shop.told().await.len();
        let silenced = Silenced::Monitors("all".to_owned());
        shop.world.services.silence(&shop.world.owner, &silenced, HOUR, "deploy").await.unwrap();
        shop.set(step[0]);
        shop.finds(Reason::NoReply).await;
        shop.set(step[1]);
        shop.pass(30 * MINUTE).await;
        let early = step.iter().take(2).any(|days| *days > 0);
        assert!(early || shop.told().await.len() == before, "{step:?}: {:?}", shop.told().await);
        shop.set(step[2]);
        shop.pass(40 * MINUTE).await;
        assert_eq!(shop.told().await[before..], ["opened ops"], "{step:?}");
        shop.finds(Reason::Ok).await;
        assert_eq!(shop.told().await[before + 1..], ["resolved ops"], "{step:?}");
        shop.world.clock.advance(3 * DAY);
        shop.pass(2 * MINUTE).await;
    }
});

both!(around_maintenance, async |database: TestDatabase| {
    let mut shop = Shop::new(database, &[]).await;
    for step in STEPS {
        let (before, now) = (shop.told().await.len(), shop.world.now());
        let when = When::once(now + 10 * MINUTE, now + 40 * MINUTE, Zone::new("UTC").unwrap(), now).unwrap();
        let new = NewWindow { about: "all".to_owned(), when, reason: String::new() };
        shop.world.services.add_maintenance(&shop.world.owner, &new).await.unwrap();
        shop.set(step[0]);
        shop.pass(15 * MINUTE).await;
        shop.finds(Reason::NoReply).await;
        shop.set(step[1]);
        shop.pass(10 * MINUTE).await;
        shop.set(step[2]);
        shop.pass(20 * MINUTE).await;
        // Whatever the clock said meanwhile, after the window it is known that the shop fails, and when it does not.
        shop.world.clock.set((now + HOUR).max(shop.world.now()));
        shop.pass(5 * MINUTE).await;
        let told = shop.told().await;
        assert_once(&told[before..], true, &format!("{step:?}"));
        shop.finds(Reason::Ok).await;
        assert_once(&shop.told().await[before..], false, &format!("{step:?}"));
        shop.world.clock.advance(3 * DAY);
        shop.pass(2 * MINUTE).await;
    }
});

both!(around_a_rule_that_waits_and_one_that_reminds, async |database: TestDatabase| {
    let mut shop = Shop::new(database, &[]).await;
    let mut rule = Rule::new(Selector::default(), Condition::parse("down for 10m").unwrap());
    rule.remind = Some(30 * MINUTE);
    shop.world.services.add_alert(&shop.world.owner, "all", &rule).await.unwrap();
    for step in STEPS {
        let before = shop.told().await.len();
        shop.set(step[0]);
        shop.finds(Reason::NoReply).await;
        shop.set(step[1]);
        shop.pass(15 * MINUTE).await;
        assert_eq!(shop.told().await[before..], ["opened ops"], "{step:?}");
        shop.set(step[2]);
        shop.pass(35 * MINUTE).await;
        assert!(
            shop.told().await[before + 1..].contains(&"reminder ops".to_owned()),
            "{step:?}: {:?}",
            shop.told().await
        );
        shop.finds(Reason::Ok).await;
        assert_eq!(shop.told().await.last().unwrap(), "resolved ops", "{step:?}");
        shop.world.clock.advance(3 * DAY);
        shop.pass(2 * MINUTE).await;
    }
});

both!(around_a_delivery_that_failed_and_one_whose_process_died, async |database: TestDatabase| {
    let mut shop = Shop::new(database, &[]).await;
    for days in [-1, 1] {
        let before = shop.receiver.requests().len();
        shop.receiver.then(Answer::status(503));
        shop.finds = Reason::NoReply;
        while shop.receiver.requests().len() == before {
            shop.pass(TURN).await;
        }
        shop.set(days);
        shop.pass(2 * MINUTE).await;
        assert_eq!(shop.receiver.requests().len(), before + 2, "{days}: it was tried again");

        shop.receiver.then(Reaction::Hang);
        shop.finds = Reason::Ok;
        let killed = loop {
            shop.world.clock.advance(TURN);
            shop.world.services.beat().await.unwrap();
            let now = shop.world.now();
            for claim in shop.world.store().claim(now, now, 10, LEASE_SLACK).await.unwrap() {
                let finished = Finished { claim, policy: strict(), outcome: outcome(now, Reason::Ok) };
                shop.world.services.record(&[finished]).await.unwrap();
            }
            if let Some(claim) = shop.world.services.claim_deliveries(1).await.unwrap().claims.pop() {
                break claim;
            }
        };
        tokio::select! {
            done = shop.world.services.deliver(&killed) => panic!("it hangs: {done:?}"),
            () = shop.receiver.reached(before + 3) => {}
        }
        shop.world.restart().await;
        shop.set(days);
        shop.pass(2 * MINUTE).await;
        let requests = shop.receiver.requests();
        let keys: Vec<_> =
            requests[before..].iter().map(|request| request.header("idempotency-key").unwrap()).collect();
        assert_eq!(keys.len(), 4, "{days}: {keys:?}");
        assert!(keys[0] == keys[1] && keys[1] != keys[2] && keys[2] == keys[3], "{days}: {keys:?}");
    }
});

both!(a_monitor_that_was_being_checked_is_checked_again, async |database: TestDatabase| {
    let mut shop = Shop::new(database, &[]).await;
    for days in [-1, 1, -1] {
        let now = shop.world.now();
        let left = shop.world.services.store().claim_one(shop.monitor.id, now, LEASE_SLACK).await.unwrap();
        assert!(left.is_some(), "whoever checks it dies");
        let before = shop.world.results(&shop.monitor).await;
        shop.set(days);
        shop.pass(3 * MINUTE).await;
        let checks = shop.world.results(&shop.monitor).await - before;
        assert!((2..=4).contains(&checks), "{days}: {checks} checks in three minutes");
    }
});
