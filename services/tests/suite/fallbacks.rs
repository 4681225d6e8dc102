//! Who is told instead of a destination that takes nothing.

use std::time::Duration;

use monitor_core::alerting::Severity;
use monitor_core::incident::{Entry, IncidentId};
use monitor_core::outcome::Reason;
use services::{DeliveryOutcome, DestinationView, Silenced};
use storage::NotificationClaim;
use test_support::both;
use test_support::database::{KEY, TestDatabase};
use test_support::receiver::{Reaction, Receiver};

use crate::common::World;
use crate::worse::quiet_now;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// A world in which `ops`, who takes nothing, is told of everything, and `mail` instead.
struct Scene {
    world: World,
    ops: DestinationView,
    mail: DestinationView,
    /// Where ops is.
    gone: Receiver,
    /// Where mail is.
    other: Receiver,
}

impl Scene {
    async fn new(database: TestDatabase) -> Self {
        let (world, gone, other) = (World::new(database).await, Receiver::start().await, Receiver::start().await);
        gone.otherwise(Reaction::Echo(410));
        let mail = world.webhook("mail", &other, None).await;
        let ops = world.webhook("ops", &gone, Some("mail")).await;
        world.all_to(&["ops"]).await;
        Self { world, ops, mail, gone, other }
    }

    /// Who was not told of an incident, and why.
    async fn untold(&self, incident: IncidentId) -> Vec<String> {
        let timeline = self.world.store().timeline(incident, 1_000).await.unwrap();
        let words = |entry| match entry {
            Entry::Suppressed { destination, event, because } => {
                Some(format!("{} {destination}: {because}", event.as_str()))
            }
            _ => None,
        };
        timeline.into_iter().filter_map(|row| words(row.entry)).collect()
    }

    /// What ops is to be told, claimed.
    async fn claimed(&self) -> NotificationClaim {
        let shop = self.world.add("shop").await;
        self.world.check(&shop, Reason::NoReply).await;
        self.world.services.claim_deliveries(1).await.unwrap().claims.pop().unwrap()
    }

    /// Waits until so many transactions of this PostgreSQL database wait for others.
    async fn waiting(&self, transactions: u32) {
        let wait = format!(
            "DO $$ BEGIN LOOP
                 PERFORM pg_stat_clear_snapshot(), pg_sleep(0.005);
                 EXIT WHEN (SELECT count(*) FROM pg_stat_activity
                     WHERE datname = current_database() AND wait_event_type = 'Lock') >= {transactions};
             END LOOP; END $$"
        );
        self.world.database.execute(&wait).await;
    }
}

both!(growth_is_told_to_the_fallback_and_not_that_it_began_once_more, async |database: TestDatabase| {
    let scene = Scene::new(database).await;
    let world = &scene.world;
    let (a, b, c) = (world.grouped("a").await, world.grouped("b").await, world.grouped("c").await);
    world.check(&a, Reason::NoReply).await;
    world.deliver_all().await;
    assert_eq!(world.said().await, ["opened ops", "opened mail"]);
    world.check(&b, Reason::NoReply).await;
    world.deliver_all().await;
    assert_eq!(world.said().await[2..], ["grew mail"]);
    // Once it takes something, it hears of an incident that it does not know.
    scene.gone.otherwise(Reaction::Echo(200));
    world.services.test_destination(&world.owner, "ops").await.unwrap();
    world.check(&c, Reason::NoReply).await;
    world.deliver_all().await;
    assert_eq!(world.said().await[3..], ["test ops", "opened ops"]);
    world.later(MINUTE).await;
    assert_eq!(world.said().await[5..], ["grew mail"]);
});

both!(a_fallback_that_knows_is_told_that_it_gets_worse_and_not_that_it_begins, async |database: TestDatabase| {
    let scene = Scene::new(database).await;
    let world = &scene.world;
    let (a, b) = (world.grouped("a").await, world.grouped("b").await);
    world.check(&a, Reason::Ok).await;
    world.slow(&a).await;
    world.deliver_all().await;
    world.check(&b, Reason::NoReply).await;
    world.deliver_all().await;
    assert_eq!(world.said().await, ["opened ops", "opened mail", "opened ops", "worse mail"]);
    let incident = world.lasting().await[0].incident.id;
    assert_eq!(scene.untold(incident).await, ["opened mail: `ops` did not take it, but `mail` is told already"]);
});

both!(a_fallback_is_not_woken_in_its_quiet_hours, async |database: TestDatabase| {
    let scene = Scene::new(database).await;
    let world = &scene.world;
    let quiet = quiet_now(world, None);
    world.services.set_quiet_hours(&world.owner, "mail", Some(&quiet)).await.unwrap();
    let (shop, blog) = (world.add("shop").await, world.add("blog").await);
    world.check(&shop, Reason::NoReply).await;
    let over = world.lasting().await[0].incident.id;
    world.clock.advance(MINUTE * 2);
    world.check(&blog, Reason::NoReply).await;
    world.deliver_all().await;
    assert_eq!(world.said().await, ["opened ops", "opened ops"]);
    let untold = scene.untold(over).await;
    assert!(
        untold[0].starts_with("opened mail: quiet hours (") && untold[0].ends_with("; `ops` did not take it"),
        "{untold:?}"
    );
    world.check(&shop, Reason::Ok).await;
    world.later(HOUR * 3).await;
    world.deliver_all().await;
    assert_eq!(world.said().await[2..], ["opened mail"], "of what lasts");
    world.check(&blog, Reason::Ok).await;
    assert_eq!(world.said().await[3..], ["resolved mail"]);

    let loud = quiet_now(world, Some(Severity::Critical));
    world.services.set_quiet_hours(&world.owner, "mail", Some(&loud)).await.unwrap();
    world.clock.advance(HOUR);
    world.check(&shop, Reason::NoReply).await;
    world.deliver_all().await;
    assert_eq!(world.said().await[4..], ["opened ops", "opened mail"], "what is loud enough does not wait");
});

both!(a_notice_does_not_wake_a_fallback_in_its_quiet_hours, async |database: TestDatabase| {
    let scene = Scene::new(database).await;
    let world = &scene.world;
    let shop = world.add("shop").await;
    world.recovery_rule(Duration::ZERO).await;
    world.check(&shop, Reason::Ok).await;
    world.look_after(SECOND).await;
    world.services.set_quiet_hours(&world.owner, "mail", Some(&quiet_now(world, None))).await.unwrap();
    world.check(&shop, Reason::NoReply).await;
    world.check(&shop, Reason::Ok).await;
    world.look_after(SECOND).await;
    world.deliver_all().await;
    assert_eq!(world.said().await.iter().filter(|said| *said == "notice mail").count(), 1, "{:?}", world.said().await);
    assert_eq!(scene.other.requests().len(), 0);
    world.clock.advance(HOUR * 3);
    world.deliver_all().await;
    let body = String::from_utf8_lossy(&scene.other.last().body).into_owned();
    assert!(scene.other.requests().len() == 1 && body.contains("shop has recovered"), "{body}");
});

both!(what_begins_again_in_a_silence_is_told_as_it_grows_to_whoever_could_not_be_told_before, async |database| {
    let scene = Scene::new(database).await;
    let world = &scene.world;
    let (a, b) = (world.grouped("a").await, world.grouped("b").await);
    world.check(&a, Reason::NoReply).await;
    world.deliver_all().await;
    world.check(&a, Reason::Ok).await;
    assert_eq!(world.said().await, ["opened ops", "opened mail", "resolved mail"]);
    world.services.silence(&world.owner, &Silenced::Monitors("a".to_owned()), HOUR, "").await.unwrap();
    world.check(&a, Reason::NoReply).await;
    assert_eq!((world.said().await.len(), world.lasting().await.len()), (3, 1));
    world.check(&b, Reason::NoReply).await;
    assert_eq!(world.lasting().await.len(), 1);
    world.deliver_all().await;
    assert_eq!(world.said().await[3..], ["opened ops", "opened mail"]);
});

#[tokio::test]
async fn what_fails_to_be_delivered_and_its_incident_do_not_wait_for_each_other() {
    let scene = Scene::new(TestDatabase::postgres().await).await;
    let claim = scene.claimed().await;
    let tx = scene.world.store().begin().await.unwrap();
    tx.lock_incidents().await.unwrap();
    tx.standing(claim.incident.unwrap()).await.unwrap();
    let (delivered, ()) = tokio::join!(scene.world.services.deliver(&claim), async {
        scene.waiting(1).await;
        // Whoever tells of an incident gets its destinations, and does not wait for who waits for the incident.
        let free = "DO $$ BEGIN PERFORM id FROM destination FOR UPDATE NOWAIT; END $$";
        scene.world.database.execute(free).await;
        tx.commit().await.unwrap();
    });
    assert_eq!(delivered.unwrap().outcome, DeliveryOutcome::Dead);
    assert_eq!(scene.world.said().await, ["opened ops", "opened mail"]);
}

#[tokio::test]
async fn what_fails_to_be_delivered_and_a_destination_that_is_deleted_do_not_wait_for_each_other() {
    let scene = Scene::new(TestDatabase::postgres().await).await;
    let claim = scene.claimed().await;
    let tx = scene.world.store().begin().await.unwrap();
    tx.hold_destination(scene.ops.id, scene.world.now() + MINUTE).await.unwrap();
    let (delivered, ()) = tokio::join!(scene.world.services.deliver(&claim), async {
        scene.waiting(1).await;
        // Whoever has the destination gets its notifications, and does not wait for who waits for the destination.
        let free = "DO $$ BEGIN PERFORM id FROM notification FOR UPDATE NOWAIT; END $$";
        scene.world.database.execute(free).await;
        tx.delete_destination(scene.ops.id, scene.world.now()).await.unwrap();
        tx.commit().await.unwrap();
    });
    assert_eq!(delivered.unwrap().outcome, DeliveryOutcome::Stale);
}

#[tokio::test]
async fn a_fallback_that_is_told_and_deleted_at_the_same_time_is_told_or_deleted_first() {
    let scene = Scene::new(TestDatabase::postgres().await).await;
    let claim = scene.claimed().await;
    let beside = scene.world.database.open_again(KEY).await;
    let holds = scene.world.store().begin().await.unwrap();
    holds.hold_destination(scene.ops.id, scene.world.now() + MINUTE).await.unwrap();
    let deletes = async {
        scene.waiting(1).await;
        let tx = beside.begin().await.unwrap();
        // It is taken, and then whoever falls back on it.
        tx.delete_destination(scene.mail.id, scene.world.now()).await.unwrap();
        tx.commit().await.unwrap();
    };
    let lets_go = async {
        scene.waiting(2).await;
        holds.commit().await.unwrap();
    };
    let (delivered, (), ()) = tokio::join!(scene.world.services.deliver(&claim), deletes, lets_go);
    assert_eq!(delivered.unwrap().outcome, DeliveryOutcome::Dead);
    scene.world.clock.advance(SECOND);
    assert_eq!(scene.world.said().await, ["opened ops", "opened mail"]);
}
