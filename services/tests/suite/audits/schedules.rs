//! Audits again and again, and what they find wrong.

use std::time::Duration;

use monitor_core::alerting::{Severity, Stage};
use monitor_core::audit::budget;
use monitor_core::audit::spec::AuditSpec;
use monitor_core::incident::Resolution;
use services::testing::Act;
use services::view::{AuditFilter, AuditScheduleRow, AuditState, IncidentFilter, IncidentRow};
use services::{AuditOptions, Auditing, NewSchedule, ServiceError, Worked};
use test_support::both;

use super::{DAY, MINUTE, Room, page};

const HOUR: Duration = Duration::from_secs(3_600);

async fn schedule(room: &Room, cron: &str) -> AuditScheduleRow {
    let spec = AuditSpec { budgets: budget::parse("lcp < 2.5s").unwrap(), ..page() };
    let new =
        NewSchedule { name: Some("home".to_owned()), spec, cron: cron.to_owned(), zone: "Europe/Berlin".to_owned() };
    room.services().schedule_audit(&room.world.owner, room.world.conversation, &new).await.unwrap()
}

async fn asked(room: &Room) -> u64 {
    room.services().audits(&room.world.owner, &AuditFilter::default(), 0, 1).await.unwrap().0
}

/// A day later an audit of the schedule comes to that.
pub(super) async fn next(room: &Room, act: Act) {
    room.world.clock.advance(DAY);
    assert_eq!(room.services().turn_audit_schedules().await.unwrap(), 1);
    room.scripted.then([act]);
    assert_eq!(room.make().await, Worked::Done);
}

pub(super) async fn incidents(room: &Room) -> Vec<IncidentRow> {
    room.services().incidents(&room.world.owner, None, &IncidentFilter::default(), 10).await.unwrap()
}

both!(audits_come_at_their_times_and_missed_ones_once, async |database| {
    let room = Room::new(database).await;
    // 2026-03-01T00:00Z is 01:00 in Berlin.
    let row = schedule(&room, "0 3 * * *").await;
    assert_eq!(row.next, room.world.now() + 2 * HOUR);
    assert_eq!((row.name.as_str(), row.by.as_deref()), ("home", Some("Owner")));
    assert_eq!(room.services().turn_audit_schedules().await.unwrap(), 0);
    room.world.clock.advance(2 * HOUR);
    let other = room.beside().await;
    let (a, b) = tokio::join!(room.services().turn_audit_schedules(), other.turn_audit_schedules());
    assert_eq!(a.unwrap() + b.unwrap(), 1, "of two processes one asks");
    room.world.clock.advance(DAY);
    assert_eq!(room.services().turn_audit_schedules().await.unwrap(), 0, "the one before waits still");
    assert_eq!(room.make().await, Worked::Done);
    room.world.clock.advance(5 * DAY);
    assert_eq!(room.services().turn_audit_schedules().await.unwrap(), 1);
    assert_eq!(room.services().turn_audit_schedules().await.unwrap(), 0);
    assert_eq!(asked(&room).await, 2);
    let found = room.services().audits_of(&room.world.owner, Some("HOME")).await.unwrap();
    assert_eq!(found.schedule, Some(row.id));
});

both!(a_clock_that_was_ahead_delays_no_schedule, async |database| {
    let room = Room::new(database).await;
    room.world.clock.advance(300 * DAY);
    schedule(&room, "0 3 * * *").await;
    room.world.clock.set(test_support::builders::START);
    room.services().turn_audit_schedules().await.unwrap();
    assert_eq!(asked(&room).await, 0);
    room.world.clock.advance(DAY);
    assert_eq!(room.services().turn_audit_schedules().await.unwrap(), 1);
});

both!(what_audits_of_a_schedule_find_wrong_is_one_incident, async |database| {
    let room = Room::new(database).await;
    schedule(&room, "0 3 * * *").await;
    next(&room, Act::Fast).await;
    assert!(incidents(&room).await.is_empty());
    next(&room, Act::Slow).await;
    let found = incidents(&room).await;
    let incident = &found[0].incident;
    assert_eq!((found.len(), incident.severity, incident.stage()), (1, Severity::Warning, Stage::Open));
    assert!(incident.title.starts_with("home: Largest Contentful Paint"), "{}", incident.title);
    assert_eq!(room.services().audit_schedules(&room.world.owner).await.unwrap()[0].incident, Some(incident.id));
    assert!(room.world.cards().await.iter().any(|post| post.incident().is_some()), "it has a card as well");

    next(&room, Act::Slow).await;
    assert_eq!(incidents(&room).await.len(), 1, "it lasts");
    next(&room, Act::Fast).await;
    let over = incidents(&room).await;
    assert_eq!(over[0].incident.resolved.map(|(_, resolution)| resolution), Some(Resolution::Recovered));
    next(&room, Act::Slow).await;
    assert_eq!(incidents(&room).await.len(), 2, "what was over begins anew");
});

both!(an_incident_that_a_person_resolved_is_another_one_next_time, async |database| {
    let room = Room::new(database).await;
    schedule(&room, "0 3 * * *").await;
    next(&room, Act::Slow).await;
    room.services().resolve(&room.world.owner, None, "", None).await.unwrap();
    next(&room, Act::Slow).await;
    assert_eq!(incidents(&room).await.len(), 2);
});

both!(a_single_audit_makes_no_incident, async |database| {
    let room = Room::new(database).await;
    let spec = AuditSpec { budgets: budget::parse("lcp < 2.5s").unwrap(), ..page() };
    let row = room.audited(&spec, Act::Slow).await;
    assert!(row.digest.unwrap().is_bad());
    assert!(incidents(&room).await.is_empty());
});

both!(a_schedule_that_ends_takes_its_incident_with_it_and_leaves_its_audits, async |database| {
    let room = Room::new(database).await;
    schedule(&room, "0 3 * * *").await;
    next(&room, Act::Slow).await;
    room.world.clock.advance(MINUTE);
    let gone = room.services().delete_audit_schedule(&room.world.owner, "Home").await.unwrap();
    assert_eq!(gone.name, "home");
    assert_eq!(incidents(&room).await[0].incident.resolved.map(|(_, how)| how), Some(Resolution::Withdrawn));
    room.world.clock.advance(DAY);
    assert_eq!(room.services().turn_audit_schedules().await.unwrap(), 0);
    assert_eq!(asked(&room).await, 1);
    let again = room.services().delete_audit_schedule(&room.world.owner, "home").await;
    assert!(matches!(again, Err(ServiceError::AuditScheduleNotFound { .. })), "{again:?}");
});

both!(a_schedule_has_a_name_of_its_own_and_a_time_that_comes, async |database| {
    let room = Room::new(database).await;
    schedule(&room, "0 3 * * *").await;
    let add = async |name: Option<&str>, cron: &str, zone: &str| {
        let (cron, zone) = (cron.to_owned(), zone.to_owned());
        let new = NewSchedule { name: name.map(str::to_owned), spec: page(), cron, zone };
        room.services().schedule_audit(&room.world.owner, room.world.conversation, &new).await
    };
    assert!(matches!(add(Some("HOME"), "0 3 * * *", "UTC").await, Err(ServiceError::AuditScheduleTaken(_))));
    assert!(matches!(add(Some("two words"), "0 3 * * *", "UTC").await, Err(ServiceError::InvalidAudit { .. })));
    assert!(matches!(add(Some("12"), "0 3 * * *", "UTC").await, Err(ServiceError::InvalidAudit { .. })));
    for (cron, zone) in [("often", "UTC"), ("0 3 31 2 *", "UTC"), ("0 3 * * *", "Mars/Base")] {
        assert!(matches!(add(None, cron, zone).await, Err(ServiceError::Invalid(_))), "{cron} {zone}");
    }
    assert_eq!(add(None, "0 3 * * *", "UTC").await.unwrap().name, "127.0.0.1");
    assert_eq!(add(None, "0 3 * * *", "UTC").await.unwrap().name, "127.0.0.1-2");
});

both!(an_audit_that_nothing_here_can_make_says_what_is_missing_until_it_is_made, async |database| {
    let room = Room::new(database).await;
    schedule(&room, "0 3 * * *").await;
    let nowhere = Auditing::Nowhere("Chromium was not found.".to_owned());
    let options = AuditOptions { auditing: nowhere, ..room.scripted.options() };
    let without = room.world.auditing(room.world.store().clone(), options);
    room.world.clock.advance(DAY);
    assert_eq!(without.turn_audit_schedules().await.unwrap(), 1);
    let waiting = room.services().find_audit(&room.world.owner, None).await.unwrap();
    assert_eq!(waiting.doing, (0.0, "audits are not available here: Chromium was not found.".to_owned()));
    assert_eq!(room.make().await, Worked::Done);
    let made = room.row(&waiting).await;
    assert_eq!((made.state, made.doing.1.as_str()), (AuditState::Done, ""));
});
