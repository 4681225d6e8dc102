//! Who is told instead of a destination that takes nothing.

use std::time::Duration;

use monitor_core::alerting::Severity;
use monitor_core::incident::{Entry, IncidentId};
use monitor_core::outcome::Reason;
use services::view::NotificationState;
use services::{DeliveryOutcome, DestinationChange, DestinationView, Silenced};
use storage::NotificationClaim;
use test_support::both;
use test_support::database::{KEY, TestDatabase};
use test_support::receiver::{Reaction, Receiver};

use crate::common::World;
use crate::worse::{quiet_now, rule};

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

both!(a_fallback_is_told_at_once_of_what_became_loud_enough_for_its_quiet_hours, async |database: TestDatabase| {
    let scene = Scene::new(database).await;
    let world = &scene.world;
    let loud = quiet_now(world, Some(Severity::Critical));
    world.services.set_quiet_hours(&world.owner, "mail", Some(&loud)).await.unwrap();
    let shop = world.add("shop").await;
    world.check(&shop, Reason::Ok).await;
    rule(world, &shop, "degraded or down", Severity::Warning).await;
    // One check has that fire and finds that the shop is down.
    world.check(&shop, Reason::NoReply).await;
    world.deliver_all().await;
    assert_eq!(world.said().await, ["opened ops", "worse ops", "opened mail", "worse mail"]);
    let states: Vec<_> = world.sent().await.iter().map(|row| row.state).collect();
    use NotificationState::{Dead, Sent};
    assert_eq!(states, [Dead, Dead, Sent, Sent]);
});

both!(a_fallback_is_told_the_end_of_what_was_over_when_it_was_told, async |database: TestDatabase| {
    let scene = Scene::new(database).await;
    let world = &scene.world;
    let shop = world.add("shop").await;
    let end_late = async || {
        scene.gone.otherwise(Reaction::Echo(500));
        world.check(&shop, Reason::NoReply).await;
        let incident = world.lasting().await[0].incident.id;
        world.deliver_all().await;
        world.services.acknowledge(&world.owner, None, "").await.unwrap();
        world.check(&shop, Reason::Ok).await;
        for _ in 1..=2 {
            scene.gone.then(Reaction::Echo(410));
        }
        scene.gone.otherwise(Reaction::Echo(200));
        world.deliver_all().await;
        incident
    };
    let over = end_late().await;
    let to_ops = ["opened ops", "acknowledged ops", "resolved ops"];
    assert_eq!(world.said().await, [&to_ops[..], &["opened mail", "resolved mail"]].concat());
    assert_eq!(world.sent().await[4].state, NotificationState::Sent);
    let untold = scene.untold(over).await;
    assert_eq!(untold, ["acknowledged mail: `ops` did not take it, but `mail` is told already"]);

    let quiet = quiet_now(world, None);
    world.services.set_quiet_hours(&world.owner, "mail", Some(&quiet)).await.unwrap();
    world.clock.advance(HOUR);
    let over = end_late().await;
    world.later(HOUR * 2).await;
    assert_eq!(world.said().await[5..], to_ops);
    let over_before = |event: &str| format!("{event} mail: it was over before the quiet hours were");
    assert_eq!(scene.untold(over).await, ["opened", "acknowledged"].map(over_before));
});

both!(a_fallback_that_was_told_itself_that_it_is_over_is_not_told_that_it_began, async |database: TestDatabase| {
    let scene = Scene::new(database).await;
    let world = &scene.world;
    let route = world.services.routes(&world.owner).await.unwrap()[0].id;
    world.services.delete_route(&world.owner, route).await.unwrap();
    world.all_to(&["ops", "mail"]).await;
    scene.gone.otherwise(Reaction::Echo(500));
    let shop = world.add("shop").await;
    world.check(&shop, Reason::NoReply).await;
    let incident = world.lasting().await[0].incident.id;
    world.deliver_all().await;
    world.later(MINUTE * 10).await;
    world.check(&shop, Reason::Ok).await;
    scene.gone.otherwise(Reaction::Echo(410));
    world.deliver_all().await;
    assert_eq!(world.said().await, ["opened ops", "escalated mail", "resolved mail", "resolved ops"]);
    let untold = ["opened mail: `ops` did not take it, but `mail` is told already"];
    assert_eq!(scene.untold(incident).await[..1], untold);
});

both!(a_fallback_is_told_how_it_stands_by_then, async |database: TestDatabase| {
    let scene = Scene::new(database).await;
    let world = &scene.world;
    scene.gone.otherwise(Reaction::Echo(500));
    let shop = world.add("shop").await;
    world.check(&shop, Reason::NoReply).await;
    world.deliver_all().await;
    world.services.acknowledge(&world.owner, None, "").await.unwrap();
    scene.gone.otherwise(Reaction::Echo(410));
    world.clock.advance(MINUTE);
    world.deliver_all().await;
    assert_eq!(world.said().await[..3], ["opened ops", "acknowledged ops", "opened mail"]);
    let body = String::from_utf8_lossy(&scene.other.requests()[0].body).replace(' ', "");
    assert!(body.contains("\"stage\":\"acknowledged\""), "{body}");
});

both!(a_fallback_is_told_after_a_silence_what_is_silenced_when_it_would_be, async |database: TestDatabase| {
    let scene = Scene::new(database).await;
    let world = &scene.world;
    scene.gone.otherwise(Reaction::Echo(500));
    let shop = world.add("shop").await;
    world.check(&shop, Reason::NoReply).await;
    let incident = world.lasting().await[0].incident.id;
    world.deliver_all().await;
    world.services.silence(&world.owner, &Silenced::Monitors("shop".to_owned()), HOUR, "").await.unwrap();
    scene.gone.otherwise(Reaction::Echo(410));
    world.clock.advance(MINUTE);
    world.deliver_all().await;
    assert_eq!(world.said().await, ["opened ops"]);
    let untold = scene.untold(incident).await;
    assert!(untold.len() == 1 && untold[0].starts_with("opened mail: silence 1: shop until "), "{untold:?}");
    world.later(HOUR).await;
    assert_eq!(world.said().await[1..], ["opened mail", "opened ops"]);
});

both!(a_fallback_is_not_called_for_what_somebody_takes_care_of, async |database: TestDatabase| {
    let scene = Scene::new(database).await;
    let world = &scene.world;
    let route = world.services.routes(&world.owner).await.unwrap()[0].id;
    world.services.delete_route(&world.owner, route).await.unwrap();
    world.webhook("boss", &scene.other, None).await;
    world.all_to(&["boss", "ops"]).await;
    scene.gone.otherwise(Reaction::Echo(500));
    let shop = world.add("shop").await;
    world.check(&shop, Reason::NoReply).await;
    let incident = world.lasting().await[0].incident.id;
    world.later(MINUTE * 10).await;
    world.deliver_all().await;
    world.services.acknowledge(&world.owner, None, "").await.unwrap();
    scene.gone.otherwise(Reaction::Echo(410));
    world.clock.advance(MINUTE);
    world.deliver_all().await;
    assert!(!world.said().await.contains(&"escalated mail".to_owned()), "{:?}", world.said().await);
    let untold = scene.untold(incident).await;
    assert_eq!(untold[..1], ["escalated mail: somebody acknowledged it meanwhile"]);
});

both!(a_fallback_is_told_the_ends_of_what_became_part_of_a_storm, async |database: TestDatabase| {
    let scene = Scene::new(database).await;
    let world = &scene.world;
    let monitors = world.strangers(12).await;
    scene.gone.otherwise(Reaction::Echo(500));
    world.all_end(&monitors[..3], Reason::NoReply).await;
    world.deliver_all().await;
    world.all_end(&monitors[3..], Reason::NoReply).await;
    assert_eq!(world.lasting().await.len(), 1);
    world.clock.advance(MINUTE);
    let first = world.services.claim_deliveries(64).await.unwrap().claims;
    assert_eq!(first.len(), 3, "of each incident what was to be told first");
    scene.gone.otherwise(Reaction::Echo(410));
    for claim in &first {
        world.services.deliver(claim).await.unwrap();
    }
    scene.gone.otherwise(Reaction::Echo(200));
    world.deliver_all().await;
    let lasts = world.lasting().await[0].incident.id;
    let mut told = world.sent().await;
    told.retain(|row| row.destination_name == "mail");
    told.sort_by_key(|row| (row.incident, row.id));
    let told: Vec<_> = told.iter().map(|row| (row.incident == Some(lasts), row.event.as_str())).collect();
    let ended = [(false, "opened"), (false, "resolved")];
    assert_eq!(told, [&[(true, "opened")], &ended[..], &ended[..]].concat());
});

both!(a_fallback_is_not_told_the_end_of_what_lasts_again, async |database: TestDatabase| {
    let scene = Scene::new(database).await;
    let world = &scene.world;
    scene.gone.otherwise(Reaction::Echo(200));
    let shop = world.add("shop").await;
    world.check(&shop, Reason::NoReply).await;
    world.deliver_all().await;
    scene.gone.otherwise(Reaction::Echo(500));
    world.check(&shop, Reason::Ok).await;
    world.deliver_all().await;
    scene.gone.then(Reaction::Echo(410));
    scene.gone.otherwise(Reaction::Echo(200));
    world.check(&shop, Reason::NoReply).await;
    world.deliver_all().await;
    assert_eq!(world.said().await, ["opened ops", "resolved ops", "reopened ops"]);
    let incident = world.lasting().await[0].incident.id;
    assert_eq!(scene.untold(incident).await, ["resolved mail: the incident lasts again"]);
    world.check(&shop, Reason::Ok).await;
    assert_eq!(world.said().await[3..], ["resolved ops"]);
});

both!(a_destination_without_a_fallback_is_tried_again_a_minute_later, async |database: TestDatabase| {
    let scene = Scene::new(database).await;
    let world = &scene.world;
    let alone = DestinationChange { fallback: Some(None), ..DestinationChange::default() };
    world.services.edit_destination(&world.owner, "ops", &alone).await.unwrap();
    let mut group = Vec::new();
    for name in ["a", "b", "c", "d"] {
        group.push(world.grouped(name).await);
    }
    world.check(&group[0], Reason::NoReply).await;
    let incident = world.lasting().await[0].incident.id;
    world.deliver_all().await;
    for joins in &group[1..3] {
        world.check(joins, Reason::NoReply).await;
    }
    assert_eq!(world.said().await, ["opened ops"]);
    let untold = scene.untold(incident).await;
    let just_now = "grew ops: it has just taken nothing, and is tried again within a minute; route 1: all, critical";
    assert_eq!(untold, [just_now], "said once");
    world.later(MINUTE).await;
    world.deliver_all().await;
    assert_eq!(world.said().await[1..], ["opened ops"], "it still takes nothing");
    scene.gone.otherwise(Reaction::Echo(200));
    world.check(&group[3], Reason::NoReply).await;
    world.later(MINUTE).await;
    world.deliver_all().await;
    assert_eq!(world.said().await[2..], ["opened ops"]);
    assert_eq!(world.sent().await[2].state, NotificationState::Sent);
    world.all_end(&group, Reason::Ok).await;
    assert_eq!(world.said().await[3..], ["resolved ops"]);
});

both!(a_destination_that_was_edited_is_tried_again_at_once, async |database: TestDatabase| {
    let scene = Scene::new(database).await;
    let world = &scene.world;
    let (a, b) = (world.grouped("a").await, world.grouped("b").await);
    world.check(&a, Reason::NoReply).await;
    world.deliver_all().await;
    assert_eq!(world.said().await, ["opened ops", "opened mail"]);
    scene.gone.otherwise(Reaction::Echo(200));
    world.clock.advance(SECOND);
    let repaired = DestinationChange { rate: Some(None), ..DestinationChange::default() };
    world.services.edit_destination(&world.owner, "ops", &repaired).await.unwrap();
    world.check(&b, Reason::NoReply).await;
    world.deliver_all().await;
    assert_eq!(world.said().await[2..], ["opened ops", "grew mail"]);
    assert_eq!(world.services.destination(&world.owner, "ops").await.unwrap().failing_since, None);
});

both!(what_was_to_be_tried_again_and_is_over_is_not, async |database: TestDatabase| {
    let scene = Scene::new(database).await;
    let world = &scene.world;
    let alone = DestinationChange { fallback: Some(None), ..DestinationChange::default() };
    world.services.edit_destination(&world.owner, "ops", &alone).await.unwrap();
    let (a, b) = (world.grouped("a").await, world.grouped("b").await);
    world.check(&a, Reason::NoReply).await;
    world.deliver_all().await;
    world.check(&b, Reason::NoReply).await;
    let incident = world.lasting().await[0].incident.id;
    world.all_end(&[a, b], Reason::Ok).await;
    world.later(MINUTE).await;
    assert_eq!(world.said().await, ["opened ops"]);
    let untold = scene.untold(incident).await;
    assert_eq!(untold[1..], ["opened ops: it was over before it was tried again"], "{untold:?}");
});

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

#[tokio::test]
async fn what_is_put_off_while_quiet_hours_are_taken_away_is_told_at_once() {
    let scene = Scene::new(TestDatabase::postgres().await).await;
    let world = &scene.world;
    scene.gone.otherwise(Reaction::Echo(503));
    let claim = scene.claimed().await;
    assert_eq!(world.services.deliver(&claim).await.unwrap().outcome, DeliveryOutcome::Again);
    world.services.set_quiet_hours(&world.owner, "ops", Some(&quiet_now(world, None))).await.unwrap();
    let claim = world.services.claim_deliveries(1).await.unwrap().claims.pop().unwrap();
    let tx = world.store().begin().await.unwrap();
    tx.set_quiet_hours(scene.ops.id, None).await.unwrap();
    let (delivered, ()) = tokio::join!(world.services.deliver(&claim), async {
        scene.waiting(1).await;
        tx.commit().await.unwrap();
    });
    assert_eq!(delivered.unwrap().outcome, DeliveryOutcome::Again);
    assert_eq!(scene.gone.requests().len(), 1);
    scene.gone.otherwise(Reaction::Echo(200));
    world.deliver_all().await;
    assert_eq!(scene.gone.requests().len(), 2);
}

#[tokio::test]
async fn what_gets_worse_does_not_wait_for_whoever_has_it_tried_again() {
    let scene = Scene::new(TestDatabase::postgres().await).await;
    let world = &scene.world;
    scene.gone.otherwise(Reaction::Echo(503));
    let shop = world.add("shop").await;
    rule(world, &shop, "down", Severity::Warning).await;
    world.check(&shop, Reason::NoReply).await;
    world.deliver_all().await;
    let tx = world.store().begin().await.unwrap();
    assert_eq!(tx.hurry_notifications(scene.ops.id).await.unwrap(), 1);
    let worse = rule(world, &shop, "degraded or down", Severity::Critical);
    tokio::time::timeout(MINUTE, worse).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(world.said().await, ["opened ops", "worse ops"]);
}
