//! What audits are held against, and what of that is told.

use monitor_core::alerting::Stage;
use monitor_core::audit::AuditId;
use monitor_core::audit::budget::{self, Budget};
use monitor_core::audit::spec::{AuditSpec, Named};
use monitor_core::incident::Resolution;
use monitor_core::secret::Secret;
use services::testing::Act;
use services::view::{Digest, IncidentRow};
use services::{NewSchedule, ServiceError};
use test_support::both;
use test_support::receiver::Receiver;

use super::schedules::{incidents, next};
use super::{Room, page};

/// Has the page audited every day.
async fn daily(room: &Room, budgets: Vec<Budget>) {
    let (cron, zone) = ("0 3 * * *".to_owned(), "UTC".to_owned());
    let new = NewSchedule { name: Some("home".to_owned()), spec: AuditSpec { budgets, ..page() }, cron, zone };
    room.services().schedule_audit(&room.world.owner, room.world.conversation, &new).await.unwrap();
}

fn resolution(row: &IncidentRow) -> Option<Resolution> {
    row.incident.resolved.map(|(_, resolution)| resolution)
}

both!(what_got_worse_lasts_until_the_page_is_as_it_was, async |database| {
    let room = Room::new(database).await;
    daily(&room, Vec::new()).await;
    next(&room, Act::Fast).await;
    next(&room, Act::Slow).await;
    assert_eq!(incidents(&room).await.len(), 1);
    for _ in 0..2 {
        next(&room, Act::Slow).await;
        let found = incidents(&room).await;
        assert_eq!((found.len(), resolution(&found[0])), (1, None), "it is as slow as yesterday");
        let digest = room.services().find_audit(&room.world.owner, Some("home")).await.unwrap().digest.unwrap();
        assert_eq!(digest.against, Some(AuditId(1)), "{digest:?}");
        assert!(digest.worse[0].starts_with("Performance 100 → "), "{digest:?}");
    }
    next(&room, Act::Fast).await;
    let found = incidents(&room).await;
    assert_eq!((found.len(), resolution(&found[0])), (1, Some(Resolution::Recovered)));
    next(&room, Act::Fast).await;
    let digest = room.services().find_audit(&room.world.owner, Some("home")).await.unwrap().digest.unwrap();
    assert_eq!(digest.against, Some(AuditId(5)), "what is over is no measure any more");
});

both!(what_got_worse_and_was_resolved_by_a_person_is_how_the_page_is, async |database| {
    let room = Room::new(database).await;
    daily(&room, Vec::new()).await;
    next(&room, Act::Fast).await;
    next(&room, Act::Slow).await;
    room.services().resolve(&room.world.owner, None, "", None).await.unwrap();
    next(&room, Act::Slow).await;
    let found = incidents(&room).await;
    assert_eq!((found.len(), resolution(&found[0])), (1, Some(Resolution::ByHand)));
});

both!(an_audit_that_somebody_asks_for_hides_nothing_from_a_schedule, async |database| {
    let room = Room::new(database).await;
    daily(&room, Vec::new()).await;
    next(&room, Act::Fast).await;
    let by_hand = room.audited(&page(), Act::Slow).await.digest.unwrap();
    assert_eq!((by_hand.against, by_hand.is_bad()), (Some(AuditId(1)), true), "it says the same, and opens nothing");
    assert!(incidents(&room).await.is_empty());
    next(&room, Act::Slow).await;
    assert_eq!(incidents(&room).await.len(), 1);
});

both!(a_page_behind_a_login_is_not_held_against_the_one_that_everybody_sees, async |database| {
    let room = Room::new(database).await;
    let named = |name: &str, value: &str| vec![Named { name: name.to_owned(), value: Secret::new(value) }];
    let cookie = |value: &str| AuditSpec { cookies: named("session", value), ..page() };
    let header = |name: &str| AuditSpec { headers: named(name, "one"), ..page() };
    let german = AuditSpec { locale: "de".to_owned(), ..page() };
    room.audited(&cookie("one"), Act::Fast).await;
    for spec in [page(), header("X-Shop"), german] {
        let row = room.audited(&spec, Act::Slow).await;
        let none = room.services().compare_audits(&room.world.owner, Some(&row.id.to_string()), None).await;
        assert!(matches!(none, Err(ServiceError::NothingBefore(_))), "{none:?}");
        let digest = row.digest.unwrap();
        assert_eq!((digest.against, digest.worse), (None, Vec::new()));
    }
    for (spec, before) in [(cookie("two"), 1), (header("x-shop"), 3)] {
        let row = room.audited(&spec, Act::Slow).await;
        assert_eq!(row.digest.unwrap().against, Some(AuditId(before)), "only values differ");
    }
});

both!(what_goes_wrong_besides_is_told_and_what_lasts_is_not, async |database| {
    let room = Room::new(database).await;
    let (world, receiver) = (&room.world, Receiver::start().await);
    world.webhook("ops", &receiver, None).await;
    world.all_to(&["ops"]).await;
    daily(&room, budget::parse("lcp < 100ms").unwrap()).await;
    next(&room, Act::Fast).await;
    next(&room, Act::Fast).await;
    assert_eq!(world.said().await, ["opened ops"], "the budget was broken before");
    world.services.acknowledge(&world.owner, None, "").await.unwrap();
    next(&room, Act::Slow).await;
    assert_eq!(world.said().await, ["opened ops", "acknowledged ops", "worse ops"]);
    let row = world.lasting().await.remove(0);
    assert!(row.incident.title.starts_with("home: Performance 100 → "), "{}", row.incident.title);
    assert_eq!(row.incident.stage(), Stage::Open, "nobody takes care of that yet");
    next(&room, Act::Slow).await;
    assert_eq!(world.said().await.len(), 3, "it is as slow as yesterday");
    let (_, postmortem) = world.services.postmortem(&world.owner, None).await.unwrap();
    assert!(postmortem.contains("noted: audit 3: Performance"), "{postmortem}");
    assert!(!postmortem.contains("somebody noted"), "{postmortem}");

    next(&room, Act::Fast).await;
    assert_eq!(world.said().await.len(), 3, "it is better, and the budget is broken still");
    next(&room, Act::Slow).await;
    assert_eq!(world.said().await[3..], ["worse ops"], "it is slow again");
    assert_eq!(incidents(&room).await.len(), 1);
});

/// A page as accessible as that, by today's Lighthouse.
fn accessible(score: u8) -> Act {
    Act::Accessible { score: Some(score), lighthouse: "13.5.0" }
}

/// A page of which Lighthouse cannot say how accessible it is.
fn unscored() -> Act {
    Act::Accessible { score: None, lighthouse: "13.5.0" }
}

async fn last_digest(room: &Room) -> Digest {
    room.services().find_audit(&room.world.owner, Some("home")).await.unwrap().digest.unwrap()
}

async fn timeline(room: &Room) -> String {
    room.services().postmortem(&room.world.owner, None).await.unwrap().1
}

both!(what_could_not_be_found_out_has_not_recovered, async |database| {
    let room = Room::new(database).await;
    daily(&room, budget::parse("accessibility >= 90").unwrap()).await;
    for act in [accessible(95), accessible(80), unscored(), unscored()] {
        next(&room, act).await;
    }
    let found = incidents(&room).await;
    assert_eq!((found.len(), resolution(&found[0])), (1, None));
    assert_eq!(last_digest(&room).await.unjudged, ["accessibility >= 90", "Accessibility"]);
    let said = timeline(&room).await;
    assert_eq!(said.matches("could not be judged this time").count(), 1, "{said}");
    assert!(said.contains("opened: audit 2 of the schedule home") && !said.contains("declared it"), "{said}");

    next(&room, accessible(80)).await;
    assert_eq!(incidents(&room).await.len(), 1);
    assert!(last_digest(&room).await.unjudged.is_empty());
    next(&room, accessible(95)).await;
    assert_eq!(resolution(&incidents(&room).await[0]), Some(Resolution::Recovered));
});

both!(what_one_audit_could_not_find_out_is_held_against_the_one_before, async |database| {
    let room = Room::new(database).await;
    daily(&room, Vec::new()).await;
    for act in [accessible(95), unscored(), accessible(80)] {
        assert!(incidents(&room).await.is_empty());
        next(&room, act).await;
    }
    assert_eq!(incidents(&room).await.len(), 1);
    assert_eq!(last_digest(&room).await.against, Some(AuditId(1)));
});

both!(another_lighthouse_ends_no_incident_but_a_person_does, async |database| {
    let room = Room::new(database).await;
    daily(&room, Vec::new()).await;
    for (score, lighthouse) in [(95, "13.4.0"), (80, "13.4.0"), (80, "13.5.0"), (80, "13.5.0")] {
        next(&room, Act::Accessible { score: Some(score), lighthouse }).await;
    }
    let found = incidents(&room).await;
    assert_eq!((found.len(), resolution(&found[0])), (1, None));
    let said = timeline(&room).await;
    assert!(said.contains("scores of Lighthouse 13.5.0 say nothing beside those of 13.4.0"), "{said}");
    room.services().resolve(&room.world.owner, None, "", None).await.unwrap();
    next(&room, accessible(80)).await;
    assert_eq!(last_digest(&room).await.against, Some(AuditId(4)));
    assert_eq!(incidents(&room).await.len(), 1, "that is how the page is");
    next(&room, accessible(60)).await;
    assert_eq!(incidents(&room).await.len(), 2);
});

both!(what_gets_worse_by_another_lighthouse_is_told_while_an_incident_lasts, async |database| {
    let room = Room::new(database).await;
    let (world, receiver) = (&room.world, Receiver::start().await);
    world.webhook("ops", &receiver, None).await;
    world.all_to(&["ops"]).await;
    daily(&room, Vec::new()).await;
    for (score, lighthouse) in [(95, "13.4.0"), (80, "13.4.0"), (80, "13.5.0")] {
        next(&room, Act::Accessible { score: Some(score), lighthouse }).await;
    }
    assert_eq!(world.said().await, ["opened ops"]);
    next(&room, accessible(35)).await;
    assert_eq!(world.said().await[1..], ["worse ops"]);
    assert_eq!(world.lasting().await[0].incident.title, "home: Accessibility 80 → 35");
    next(&room, accessible(35)).await;
    assert_eq!(world.said().await.len(), 2, "it is as bad as yesterday");
    assert_eq!(last_digest(&room).await.unjudged, ["Accessibility"]);
    assert_eq!(resolution(&incidents(&room).await[0]), None);
});

both!(what_is_wrong_and_gets_worse_still_is_told, async |database| {
    let room = Room::new(database).await;
    let (world, receiver) = (&room.world, Receiver::start().await);
    world.webhook("ops", &receiver, None).await;
    world.all_to(&["ops"]).await;
    daily(&room, Vec::new()).await;
    for score in [95, 80] {
        next(&room, accessible(score)).await;
    }
    world.services.acknowledge(&world.owner, None, "").await.unwrap();
    next(&room, accessible(80)).await;
    assert_eq!(world.said().await, ["opened ops", "acknowledged ops"]);
    next(&room, accessible(35)).await;
    assert_eq!(world.said().await[2..], ["worse ops"]);
    let row = world.lasting().await.remove(0);
    assert_eq!((row.incident.title.as_str(), row.incident.stage()), ("home: Accessibility 95 → 35", Stage::Open));
    next(&room, unscored()).await;
    next(&room, accessible(35)).await;
    assert_eq!(world.said().await.len(), 3, "it is as bad as it was before nobody could tell");
    next(&room, unscored()).await;
    next(&room, accessible(10)).await;
    assert_eq!(world.said().await[3..], ["worse ops"]);
});

both!(an_audit_is_compared_with_what_it_was_held_against, async |database| {
    let room = Room::new(database).await;
    daily(&room, Vec::new()).await;
    for score in [95, 80, 50] {
        next(&room, accessible(score)).await;
    }
    let compared = room.services().compare_audits(&room.world.owner, Some("3"), None).await.unwrap();
    assert_eq!((compared.before.id, compared.after.id), (AuditId(1), AuditId(3)));
    assert!(room.scripted.printed()[2].contains("since audit 1 of"), "and so is its report");
});
