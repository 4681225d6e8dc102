//! Which alerts are one incident, and what people do with it.

use std::time::Duration;

use monitor_core::alerting::{Event, Severity, Stage};
use monitor_core::incident::{Entry, Grouping, Resolution};
use monitor_core::monitor::{Monitor, Settings};
use monitor_core::outcome::Reason;
use services::view::{IncidentFilter, IncidentRow};
use services::{Finished, ServiceError};
use test_support::both;
use test_support::builders::settings;

use crate::common::{World, strict};

const MINUTE: Duration = Duration::from_secs(60);

impl World {
    async fn open_incidents(&self) -> Vec<IncidentRow> {
        let open = IncidentFilter { open: Some(true), ..IncidentFilter::default() };
        self.services.incidents(&self.owner, None, &open, 100).await.unwrap()
    }

    async fn all_incidents(&self) -> Vec<IncidentRow> {
        self.services.incidents(&self.owner, None, &IncidentFilter::default(), 100).await.unwrap()
    }

    async fn labelled(&self, name: &str, label: &str) -> Monitor {
        let mut settings = Settings { policy: strict(), ..settings(name, MINUTE) };
        settings.labels.set(label.parse().unwrap());
        self.add_with(settings).await
    }

    /// Checks of all these monitors end so at once, in one batch.
    async fn all_at_once(&self, monitors: &[Monitor], reason: Reason) {
        self.clock.advance(Duration::from_secs(1));
        let mut batch: Vec<Finished> = Vec::new();
        for monitor in monitors {
            batch.push(self.finished(monitor, reason).await);
        }
        self.services.record(&batch).await.unwrap();
    }

    async fn entries(&self, which: &str) -> Vec<Entry> {
        let view = self.services.show_incident(&self.owner, Some(which)).await.unwrap();
        view.timeline.into_iter().map(|entry| entry.entry).collect()
    }
}

both!(monitors_that_share_a_label_fail_in_one_incident, async |database| {
    let world = World::new(database).await;
    let (api, web) = (world.labelled("api", "service=shop").await, world.labelled("web", "service=shop").await);
    let blog = world.labelled("blog", "service=blog").await;
    for monitor in [&api, &web, &blog] {
        world.check(monitor, Reason::ConnectionRefused).await;
    }
    let open = world.open_incidents().await;
    assert_eq!(
        open.iter().map(|row| (row.headline(), row.members)).collect::<Vec<_>>(),
        [("blog is down".to_owned(), 1), ("api is down, and 1 more".to_owned(), 2)]
    );
    assert_eq!(world.cards().await.len(), 2, "one card for each incident");
    let joined = |entry: Entry| match entry {
        Entry::Joined { name, because, .. } => Some((name, because)),
        _ => None,
    };
    let joined: Vec<_> = world.entries("api").await.into_iter().filter_map(joined).collect();
    let because = "the same label, service=shop".to_owned();
    assert_eq!(joined, [("api".to_owned(), String::new()), ("web".to_owned(), because)]);

    // It is over with its last member.
    world.check(&api, Reason::Ok).await;
    let row = &world.open_incidents().await[1];
    assert_eq!((row.members, row.failing), (2, 1));
    world.check(&web, Reason::Ok).await;
    assert_eq!(world.open_incidents().await.len(), 1);
});

both!(what_fails_later_than_the_window_is_an_incident_of_its_own, async |database| {
    let world = World::new(database).await;
    let (api, web) = (world.labelled("api", "service=shop").await, world.labelled("web", "service=shop").await);
    world.check(&api, Reason::ConnectionRefused).await;
    world.clock.advance(Grouping::default().window);
    world.check(&web, Reason::ConnectionRefused).await;
    assert_eq!(world.open_incidents().await.len(), 2);
});

both!(a_storm_is_one_incident_and_swallows_what_began_it, async |database| {
    let world = World::new(database).await;
    let mut monitors = Vec::new();
    for number in 0..40 {
        monitors.push(world.add(&format!("m{number:02}")).await);
    }
    world.all_at_once(&monitors[..3], Reason::ConnectTimeout).await;
    assert_eq!(world.open_incidents().await.len(), 3);
    world.all_at_once(&monitors[3..30], Reason::ConnectTimeout).await;
    world.all_at_once(&monitors[30..], Reason::ConnectTimeout).await;
    let open = world.open_incidents().await;
    assert_eq!(open.iter().map(|row| (row.members, row.failing)).collect::<Vec<_>>(), [(40, 40)]);
    let merged = world.cards().await.into_iter().filter(|card| card.incident().unwrap().incident.merged_into.is_some());
    assert_eq!(merged.count(), 2, "the others say what became of them");

    world.all_at_once(&monitors, Reason::Ok).await;
    assert_eq!(world.open_incidents().await, []);
    assert_eq!(world.all_incidents().await.len(), 1);
});

both!(what_begins_again_soon_is_the_same_incident, async |database| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    world.check(&shop, Reason::ConnectionRefused).await;
    world.check(&shop, Reason::Ok).await;
    world.check(&shop, Reason::ConnectionRefused).await;
    let row = &world.open_incidents().await[0];
    assert_eq!((world.all_incidents().await.len(), row.members, row.incident.resolved), (1, 1, None));
    assert_eq!(world.cards().await.len(), 1);
    assert!(world.entries("shop").await.iter().any(|entry| matches!(entry, Entry::Reopened { .. })));

    world.check(&shop, Reason::Ok).await;
    world.clock.advance(Grouping::default().reopen);
    world.check(&shop, Reason::ConnectionRefused).await;
    assert_eq!(world.all_incidents().await.len(), 2);
});

both!(an_incident_is_acknowledged_once_and_resolved_once, async |database| {
    let world = World::new(database).await;
    let (services, owner) = (&world.services, &world.owner);
    let shop = world.add("shop").await;
    assert!(matches!(services.acknowledge(owner, None, "").await, Err(ServiceError::NoIncident)));
    world.check(&shop, Reason::ConnectionRefused).await;
    let row = services.acknowledge(owner, None, "on it").await.unwrap();
    assert_eq!((row.incident.stage(), row.acknowledged_by.as_deref()), (Stage::Acknowledged, Some("Owner")));
    let again = services.acknowledge(owner, Some("shop"), "").await;
    assert!(matches!(again, Err(ServiceError::Acknowledged { .. })), "{again:?}");
    services.note(owner, Some(&format!("#{}", row.incident.id)), "the disk is full").await.unwrap();
    let row = services.resolve(owner, Some("shop"), "cleaned up", Some("logs")).await.unwrap();
    assert_eq!(row.incident.resolved, Some((world.now(), Resolution::ByHand)));
    let again = services.resolve(owner, Some("shop"), "", None).await;
    assert!(matches!(again, Err(ServiceError::IncidentOver(_))), "{again:?}");
    assert_eq!(world.cards().await[0].revision, 4, "also by what was noted");

    let (_, markdown) = services.postmortem(owner, Some("shop")).await.unwrap();
    for part in
        ["shop is down", "Owner acknowledged it: on it", "the disk is full", "## Root cause\n\nlogs", "resolved it"]
    {
        assert!(markdown.contains(part), "{part} in {markdown}");
    }
});

both!(what_was_resolved_too_early_is_opened_again, async |database| {
    let world = World::new(database).await;
    let (shop, blog) = (world.add("shop").await, world.add("blog").await);
    for monitor in [&shop, &blog] {
        world.check(monitor, Reason::ConnectionRefused).await;
        world.services.resolve(&world.owner, Some(monitor.settings.name.as_str()), "", None).await.unwrap();
    }
    world.check(&blog, Reason::Ok).await;
    assert_eq!(world.services.reopen_unresolved().await.unwrap(), 0);
    world.clock.advance(Grouping::BY_HAND_FOR);
    assert_eq!(world.services.reopen_unresolved().await.unwrap(), 1);
    assert_eq!(world.services.reopen_unresolved().await.unwrap(), 0);
    let open = world.open_incidents().await;
    assert_eq!(open.iter().map(|row| row.only.as_deref()).collect::<Vec<_>>(), [Some("shop")]);
});

both!(what_was_resolved_too_early_is_opened_again_however_late, async |database| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    world.check(&shop, Reason::ConnectionRefused).await;
    world.services.resolve(&world.owner, Some("shop"), "", None).await.unwrap();
    // Nobody looked meanwhile: the program was off.
    world.clock.advance(Duration::from_secs(3 * 86_400));
    assert_eq!(world.services.reopen_unresolved().await.unwrap(), 1);
    assert_eq!(world.open_incidents().await.len(), 1);
});

both!(an_incident_can_be_declared, async |database| {
    let world = World::new(database).await;
    let declared =
        world.services.declare_incident(&world.owner, world.conversation, "payments are slow", Severity::Warning);
    let row = declared.await.unwrap();
    assert_eq!(
        (row.headline().as_str(), row.incident.severity, row.members),
        ("payments are slow", Severity::Warning, 0)
    );
    assert_eq!(world.cards().await.len(), 1);
    // No recovery ends it, a person does.
    let shop = world.add("shop").await;
    world.check(&shop, Reason::ConnectionRefused).await;
    world.check(&shop, Reason::Ok).await;
    assert_eq!(world.open_incidents().await.len(), 1);
    world.services.resolve(&world.owner, None, "", None).await.unwrap();
    assert_eq!(world.open_incidents().await, []);
});

both!(an_incident_is_found_by_number_or_monitor_and_asked_for_when_there_are_several, async |database| {
    let world = World::new(database).await;
    let (services, owner) = (&world.services, &world.owner);
    let (shop, blog) = (world.add("shop").await, world.add("blog").await);
    world.check(&shop, Reason::ConnectionRefused).await;
    world.check(&blog, Reason::ConnectionRefused).await;
    assert!(matches!(services.incident(owner, None).await, Err(ServiceError::WhichIncident)));
    let row = services.incident(owner, Some("Shop")).await.unwrap();
    for which in [format!("{}", row.incident.id), format!("#{}", row.incident.id)] {
        assert_eq!(services.incident(owner, Some(&which)).await.unwrap(), row);
    }
    assert!(matches!(services.incident(owner, Some("#999")).await, Err(ServiceError::IncidentNotFound(_))));
    assert!(matches!(services.incident(owner, Some("shpo")).await, Err(ServiceError::MonitorNotFound { .. })));
});

both!(deleting_a_monitor_ends_its_incident_and_keeps_its_story, async |database| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    world.check(&shop, Reason::ConnectionRefused).await;
    world.services.delete_monitor(&world.owner, "shop").await.unwrap();
    let row = &world.all_incidents().await[0];
    assert_eq!(row.incident.resolved.map(|(_, how)| how), Some(Resolution::Withdrawn));
    let number = row.incident.id.to_string();
    assert!(matches!(world.entries(&number).await[0], Entry::Joined { ref name, .. } if name == "shop"));
    let (_, story) = world.services.postmortem(&world.owner, Some(&number)).await.unwrap();
    assert!(story.contains("shop or its alert rule was deleted"), "{story}");
});

both!(what_its_monitor_has_open_goes_before_what_was_over, async |database| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    world.check(&shop, Reason::ConnectionRefused).await;
    world.check(&shop, Reason::Ok).await;
    // Something else of the same monitor begins, and then the first again.
    let tx = world.store().begin().await.unwrap();
    let degraded = storage::NewAlert {
        monitor: shop.id,
        rule: Some(monitor_core::alerting::RuleId(7)),
        severity: Severity::Warning,
        at: world.now(),
        reason: Reason::Slow,
        message: "slow",
    };
    let loose = tx.open_alerts(&[degraded]).await.unwrap().remove(0);
    let new = storage::NewIncident {
        organisation: loose.organisation,
        title: "shop: slow",
        severity: Severity::Warning,
        at: world.now(),
        reason: Some(Reason::Slow),
        message: "slow",
        declared_by: None,
    };
    let other = tx.insert_incident(&new).await.unwrap();
    tx.join(&[(loose.alert.id, other)], world.now()).await.unwrap();
    tx.add_incident_keys(&[(other, format!("monitor {}", shop.id))]).await.unwrap();
    tx.commit().await.unwrap();
    world.check(&shop, Reason::ConnectionRefused).await;
    let open = world.open_incidents().await;
    assert_eq!(open.iter().map(|row| row.incident.id).collect::<Vec<_>>(), [other]);
    assert_eq!(open[0].incident.severity, Severity::Critical, "as loud as its loudest alert");
});

both!(of_what_is_over_that_is_meant_which_ended_last, async |database| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    for _ in 0..2 {
        world.check(&shop, Reason::ConnectionRefused).await;
        world.check(&shop, Reason::Ok).await;
        world.clock.advance(Duration::from_secs(86_400));
    }
    let [second, first] = world.all_incidents().await.try_into().unwrap();
    assert_eq!(world.services.incident(&world.owner, Some("shop")).await.unwrap(), second);
    // As if the first had been opened again, and had ended after the second.
    let ended = world.now().as_millis();
    let id = first.incident.id;
    world.database.execute(&format!("UPDATE incident SET resolved_at_ms = {ended} WHERE id = {id}")).await;
    assert_eq!(world.services.incident(&world.owner, Some("shop")).await.unwrap().incident.id, id);
});

both!(one_of_a_storm_that_fails_again_is_an_incident_of_its_own, async |database| {
    let world = World::new(database).await;
    let mut monitors = Vec::new();
    for number in 0..12 {
        monitors.push(world.add(&format!("m{number:02}")).await);
    }
    world.all_at_once(&monitors, Reason::ConnectTimeout).await;
    world.all_at_once(&monitors, Reason::Ok).await;
    world.clock.advance(MINUTE);
    world.check(&monitors[3], Reason::ConnectTimeout).await;
    let open = world.open_incidents().await;
    assert_eq!(open.iter().map(|row| row.headline()).collect::<Vec<_>>(), ["m03 is down"]);
});

both!(why_tells_of_the_latest_and_how_much_came_before, async |database| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    world.check(&shop, Reason::ConnectionRefused).await;
    let number = world.open_incidents().await[0].incident.id;
    let told = |text: u32| {
        let (destination, event) = (text.to_string(), Event::Opened);
        (number, world.now(), None, Entry::Suppressed { destination, event, because: String::new() })
    };
    let tx = world.store().begin().await.unwrap();
    tx.add_entries(&(0..100).map(told).collect::<Vec<_>>()).await.unwrap();
    tx.commit().await.unwrap();
    let why = world.services.why(&world.owner, Some("shop")).await.unwrap();
    assert_eq!((why.told.len(), why.told_earlier, why.joined_earlier), (40, 60, 0));
    let last = why.told.last().map(|last| &last.entry);
    assert!(matches!(last, Some(Entry::Suppressed { destination, .. }) if destination == "99"), "{last:?}");
});

both!(why_tells_who_was_told_however_many_there_are, async |database| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    world.check(&shop, Reason::ConnectionRefused).await;
    let number = world.open_incidents().await[0].incident.id;
    let tx = world.store().begin().await.unwrap();
    let noted = |text: String| (number, world.now(), None, Entry::Noted { text });
    tx.add_entries(&(0..1_200).map(|number| noted(number.to_string())).collect::<Vec<_>>()).await.unwrap();
    tx.commit().await.unwrap();
    let why = world.services.why(&world.owner, Some("shop")).await.unwrap();
    assert_eq!((why.joined.len(), why.checks.len()), (1, 1));
    assert!(why.told.iter().all(|entry| matches!(entry.entry, Entry::Suppressed { .. })), "{:?}", why.told);
});
