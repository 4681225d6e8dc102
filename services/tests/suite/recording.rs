//! From the outcome of a check to health, incident and card.

use std::time::Duration;

use monitor_core::health::{Policy, Status};
use monitor_core::incident::Resolution;
use monitor_core::monitor::Settings;
use monitor_core::outcome::{Details, Reason};
use services::{LEASE_SLACK, Recorded};
use storage::StoreError;
use test_support::both;
use test_support::builders::settings;

use crate::common::World;

const MINUTE: Duration = Duration::from_secs(60);

both!(a_failure_is_retried_then_told_once_and_its_card_follows_the_recovery, async |database| {
    let world = World::new(database).await;
    let (services, owner) = (&world.services, &world.owner);
    let shop = world.add_with(settings("shop", MINUTE)).await;
    let second = services.conversation(owner, "web", "second").await.unwrap();
    let silent = services.conversation(owner, "web", "not told").await.unwrap();
    let tx = world.store().begin().await.unwrap();
    tx.subscribe(shop.id, second).await.unwrap();
    tx.commit().await.unwrap();

    assert_eq!(world.check(&shop, Reason::Ok).await, Recorded { flips: 1, ..Recorded::default() });
    for pause_ms in [500, 1_500] {
        assert_eq!(world.check(&shop, Reason::ConnectionRefused).await, Recorded::default());
        assert_eq!(world.state(&shop).await.next_due, Some(world.now() + Duration::from_millis(pause_ms)));
    }
    let down = Recorded { flips: 1, opened: 1, ..Recorded::default() };
    assert_eq!(world.check(&shop, Reason::ConnectionRefused).await, down);
    let opened_at = world.now() + Duration::from_millis(120);
    assert_eq!(world.check(&shop, Reason::DnsTimeout).await, Recorded::default());
    for conversation in [world.conversation, second] {
        let [card] = &services.messages_after(owner, conversation, 0).await.unwrap()[..] else { panic!("one card") };
        assert_eq!((card.seq, card.revision, card.created_at), (1, 1, opened_at - Duration::from_millis(120)));
        assert_eq!(card.incident().unwrap().only.as_deref(), Some("shop"));
        let incident = &card.incident().unwrap().incident;
        assert_eq!(
            (incident.opened_at, incident.reason, incident.resolved),
            (opened_at, Some(Reason::ConnectionRefused), None)
        );
    }

    let recovered = Recorded { flips: 1, resolved: 1, ..Recorded::default() };
    assert_eq!(world.check(&shop, Reason::Ok).await, recovered);
    let resolved_at = world.now() + Duration::from_millis(120);
    for conversation in [world.conversation, second] {
        let [card] = &services.messages_after(owner, conversation, 0).await.unwrap()[..] else { panic!("one card") };
        assert_eq!((card.seq, card.revision, card.updated_at), (2, 2, resolved_at - Duration::from_millis(120)));
        assert_eq!(card.incident().unwrap().incident.resolved, Some((resolved_at, Resolution::Recovered)));
    }
    assert_eq!(services.last_seq(owner, silent).await.unwrap(), 0);
    assert_eq!(world.history(&shop).await, [Status::Up, Status::Down, Status::Up]);
    assert_eq!(world.incidents().await.len(), 1);
});

both!(what_is_shown_of_a_monitor_is_what_was_recorded, async |database| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    world.check(&shop, Reason::Ok).await;
    let up_since = world.now() + Duration::from_millis(120);
    world.clock.advance(MINUTE);
    let mut finished = world.finished(&shop, Reason::Slow).await;
    finished.outcome.details.protocol = Some("HTTP/1.1".to_owned());
    world.services.record(&[finished.clone()]).await.unwrap();

    let view = world.services.show(&world.owner, "shop").await.unwrap();
    assert_eq!((view.state.status, view.state.running), (Status::Degraded, false));
    assert_eq!(view.state.details.protocol.as_deref(), Some("HTTP/1.1"));
    assert_eq!(view.results.iter().map(|result| result.reason).collect::<Vec<_>>(), [Reason::Slow, Reason::Ok]);
    assert_eq!(view.results[0].at, finished.outcome.at);
    assert_eq!(view.outage, None);
    world.clock.advance(MINUTE);
    let day = world.services.show(&world.owner, "shop").await.unwrap().day;
    assert_eq!((day.report.tally.total(), day.report.tally.slow, day.report.tally.bytes), (2, 1, 3_000));
    assert_eq!(day.report.accounting.up(), world.now().since(up_since));
    assert_eq!(day.report.accounting.uptime(), Some(1.0));

    world.check(&shop, Reason::BodyMismatch).await;
    let view = world.services.show(&world.owner, "shop").await.unwrap();
    assert_eq!(view.outage.map(|named| named.alert.reason), Some(Reason::BodyMismatch));
    let status = world.services.status(&world.owner).await.unwrap();
    assert_eq!(status.counts, [(Status::Down, 1)]);
    assert_eq!(status.troubled.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["shop"]);
});

both!(a_result_whose_lease_has_passed_on_is_kept_and_changes_nothing_else, async |database| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    world.check(&shop, Reason::Ok).await;
    world.clock.advance(MINUTE);
    let mut late = world.finished(&shop, Reason::ConnectionRefused).await;
    late.outcome.details.protocol = Some("old".to_owned());
    world.clock.advance(MINUTE);
    let claims = world.store().claim(world.now(), world.now(), 10, LEASE_SLACK).await.unwrap();
    assert_eq!(claims.len(), 1, "the lease ran out, so the monitor is due");

    let stale = Recorded { stale: 1, ..Recorded::default() };
    assert_eq!(world.services.record(&[late.clone()]).await.unwrap(), stale);
    assert!(world.state(&shop).await.running, "the newer check goes on");
    late.claim = claims[0];
    late.outcome.at = world.now();
    late.outcome.reason = Reason::Ok;
    late.outcome.details.protocol = Some("new".to_owned());
    assert_eq!(world.services.record(&[late]).await.unwrap(), Recorded::default());
    assert_eq!((world.results(&shop).await, world.cards().await.len()), (3, 0));
    assert_eq!(world.history(&shop).await, [Status::Up]);
    assert_eq!(world.state(&shop).await.details.protocol.as_deref(), Some("new"));
});

both!(the_details_of_a_late_result_do_not_replace_newer_ones, async |database| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    let mut late = world.finished(&shop, Reason::Ok).await;
    late.outcome.details.protocol = Some("old".to_owned());
    world.clock.advance(MINUTE);
    let mut newer = world.finished(&shop, Reason::Ok).await;
    newer.outcome.details.protocol = Some("new".to_owned());
    world.services.record(&[newer]).await.unwrap();
    world.services.record(&[late]).await.unwrap();
    assert_eq!(world.state(&shop).await.details.protocol.as_deref(), Some("new"));
});

both!(a_batch_recorded_twice_counts_once, async |database| {
    let world = World::new(database).await;
    let (shop, blog) = (world.add("shop").await, world.add("blog").await);
    let batch = [world.finished(&shop, Reason::ConnectionRefused).await, world.finished(&blog, Reason::Ok).await];
    let first = world.services.record(&batch).await.unwrap();
    assert_eq!(first, Recorded { flips: 2, opened: 1, ..Recorded::default() });
    let before = (world.state(&shop).await, world.state(&blog).await, world.cards().await);
    world.clock.advance(MINUTE);
    assert_eq!(world.services.record(&batch).await.unwrap(), Recorded { stale: 2, ..Recorded::default() });
    assert_eq!((world.state(&shop).await, world.state(&blog).await, world.cards().await), before);
    assert_eq!((world.results(&shop).await, world.results(&blog).await), (1, 1));
    assert_eq!((world.flips(shop.id).await.len(), world.flips(blog.id).await.len()), (1, 1));
});

both!(a_batch_that_cannot_be_written_is_written_whole_later, async |database| {
    let world = World::new(database).await;
    let (shop, blog) = (world.add("shop").await, world.add("blog").await);
    let details = Details { protocol: Some("HTTP/1.1".to_owned()), ..Details::default() };
    let mut batch = [world.finished(&shop, Reason::ConnectionRefused).await, world.finished(&blog, Reason::Ok).await];
    batch.iter_mut().for_each(|finished| finished.outcome.details = details.clone());

    world.database.execute("ALTER TABLE message RENAME TO elsewhere").await;
    let refused = world.services.record(&batch).await;
    assert!(matches!(refused, Err(StoreError::Other(_))), "{refused:?}");
    for monitor in [&shop, &blog] {
        assert_eq!((world.results(monitor).await, world.flips(monitor.id).await.len()), (0, 0));
        assert!(world.state(monitor).await.running);
    }
    assert_eq!(world.incidents().await, []);

    world.database.execute("ALTER TABLE elsewhere RENAME TO message").await;
    let recorded = world.services.record(&batch).await.unwrap();
    assert_eq!(recorded, Recorded { flips: 2, opened: 1, ..Recorded::default() });
    for monitor in [&shop, &blog] {
        assert_eq!((world.results(monitor).await, world.flips(monitor.id).await.len()), (1, 1));
        assert_eq!(world.state(monitor).await.details, details);
    }
    assert_eq!(world.cards().await.len(), 1);
});

both!(followers_are_woken_only_when_a_card_changed, async |database| {
    let world = World::new(database).await;
    let shop =
        world.add_with(Settings { policy: Policy { retries: 1, ..Policy::default() }, ..settings("shop", MINUTE) });
    let shop = shop.await;
    let mut changes = world.services.changes();
    let mut woken = async |reason| {
        world.check(&shop, reason).await;
        let woken = changes.has_changed().unwrap();
        changes.mark_unchanged();
        woken
    };
    assert!(!woken(Reason::Ok).await, "a flip without an incident");
    assert!(!woken(Reason::ConnectionRefused).await, "a retry");
    assert!(woken(Reason::ConnectionRefused).await);
    assert!(!woken(Reason::ConnectionRefused).await, "still down");
    assert!(!woken(Reason::LocalNetwork).await, "inconclusive");
    assert!(woken(Reason::Ok).await);
    assert!(!woken(Reason::Slow).await, "degraded");
});

both!(an_incident_that_nobody_is_told_of_wakes_nobody, async |database| {
    let world = World::new(database).await;
    let tx = world.store().begin().await.unwrap();
    let (owner, now) = (&world.owner, world.now());
    let unheard = settings("unheard", MINUTE);
    tx.insert_monitor(owner.organisation, owner.person, &unheard, now).await.unwrap();
    tx.commit().await.unwrap();
    let unheard = world.services.monitor(owner, "unheard").await.unwrap();
    let changes = world.services.changes();
    for _ in 0..3 {
        world.check(&unheard, Reason::ConnectionRefused).await;
    }
    assert_eq!((world.incidents().await.len(), world.cards().await.len()), (1, 0));
    assert!(!changes.has_changed().unwrap());
});

both!(not_seeing_a_target_leaves_its_incident_open, async |database| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    world.check(&shop, Reason::ConnectionRefused).await;
    for _ in 0..3 {
        assert_eq!(world.check(&shop, Reason::LocalNetwork).await.resolved, 0);
    }
    assert_eq!(world.check(&shop, Reason::ConnectionRefused).await.opened, 0);
    assert_eq!(world.history(&shop).await, [Status::Down, Status::Inconclusive, Status::Down]);
    assert_eq!(world.check(&shop, Reason::Ok).await.resolved, 1);
    assert_eq!(world.incidents().await.len(), 1);
});
