//! Time in which nothing was checked, because nothing ran.

use std::time::Duration;

use monitor_core::health::{Flip, Status};
use monitor_core::outcome::Reason;
use services::{BEAT_EVERY, Finished, LEASE_SLACK};
use storage::Scope;
use test_support::both;
use test_support::builders::{monitors, outcome};

use crate::common::{EVER, World, strict};

const MINUTE: Duration = Duration::from_secs(60);

both!(a_first_start_and_a_short_absence_change_nothing, async |database| {
    let mut world = World::new(database).await;
    let shop = world.add("shop").await;
    world.check(&shop, Reason::Ok).await;
    assert_eq!(world.services.account_for_absence().await.unwrap(), None);
    world.services.beat().await.unwrap();
    world.clock.advance(MINUTE - Duration::from_millis(1));
    world.restart().await;
    assert_eq!(world.services.account_for_absence().await.unwrap(), None);
    assert_eq!(world.history(&shop).await, [Status::Up]);
});

both!(a_long_absence_is_unknown_time_of_every_active_monitor, async |database| {
    let mut world = World::new(database).await;
    let (up, down, paused, new) =
        (world.add("up").await, world.add("down").await, world.add("paused").await, world.add("new").await);
    world.check(&up, Reason::Ok).await;
    world.check(&down, Reason::ConnectionRefused).await;
    world.check(&paused, Reason::Ok).await;
    world.services.pause_monitor(&world.owner, "paused").await.unwrap();
    world.services.beat().await.unwrap();
    let since = world.now() + BEAT_EVERY;
    world.clock.advance(MINUTE);
    world.restart().await;

    assert_eq!(world.services.account_for_absence().await.unwrap(), Some(since));
    let lost = |from| Flip { at: since, from, to: Status::Unknown };
    assert_eq!(world.flips(up.id).await.last(), Some(&lost(Status::Up)));
    assert_eq!(world.flips(down.id).await.last(), Some(&lost(Status::Down)));
    assert_eq!(world.history(&paused).await, [Status::Up, Status::Paused]);
    assert_eq!(world.history(&new).await, []);
    assert_eq!((world.cards().await[0].revision, world.incidents().await[0].alert.resolved), (1, None));

    // Killed before it beats, the next start finds the same and doubles nothing.
    world.restart().await;
    assert_eq!(world.services.account_for_absence().await.unwrap(), Some(since));
    assert_eq!(world.flips(up.id).await.len(), 2);

    // The next failure is the same incident, and the recovery its end.
    assert_eq!(world.check(&down, Reason::ConnectionRefused).await.opened, 0);
    assert_eq!(world.check(&down, Reason::Ok).await.resolved, 1);
    assert_eq!(world.history(&down).await, [Status::Down, Status::Unknown, Status::Down, Status::Up]);
    assert_eq!((world.incidents().await.len(), world.cards().await[0].revision), (1, 2));
});

both!(a_recovery_during_the_absence_ends_the_incident_with_the_first_good_check, async |database| {
    let mut world = World::new(database).await;
    let shop = world.add("shop").await;
    world.check(&shop, Reason::ConnectionRefused).await;
    world.services.beat().await.unwrap();
    world.clock.advance(60 * MINUTE);
    world.restart().await;
    world.services.account_for_absence().await.unwrap();
    assert_eq!(world.check(&shop, Reason::Ok).await.resolved, 1);
    let report = world.services.report(&world.owner, Some("shop"), EVER).await.unwrap().report;
    assert_eq!(report.accounting.time(Status::Down), BEAT_EVERY - Duration::from_millis(120));
});

both!(what_was_resolved_too_early_is_opened_again_after_an_absence_once_it_is_known_to_fail, async |database| {
    let mut world = World::new(database).await;
    let (shop, blog) = (world.add("shop").await, world.add("blog").await);
    for monitor in [&shop, &blog] {
        world.check(monitor, Reason::ConnectionRefused).await;
        world.services.resolve(&world.owner, Some(monitor.settings.name.as_str()), "", None).await.unwrap();
    }
    world.services.beat().await.unwrap();
    world.clock.advance(3 * 24 * 60 * MINUTE);
    world.restart().await;
    world.services.account_for_absence().await.unwrap();
    assert_eq!(world.services.reopen_unresolved().await.unwrap(), 0);
    world.check(&shop, Reason::ConnectionRefused).await;
    world.check(&blog, Reason::Ok).await;
    world.services.conclude_absence().await.unwrap();
    assert_eq!(world.services.reopen_unresolved().await.unwrap(), 1);
});

both!(what_a_person_found_during_the_absence_stays_in_order, async |database| {
    let mut world = World::new(database).await;
    let shop = world.add("shop").await;
    world.services.beat().await.unwrap();
    world.clock.advance(60 * MINUTE);
    world.check(&shop, Reason::Ok).await;
    world.clock.advance(60 * MINUTE);
    world.restart().await;
    world.services.account_for_absence().await.unwrap();
    assert_eq!(world.history(&shop).await, [Status::Up, Status::Unknown]);
});

both!(an_absence_is_accounted_for_of_more_monitors_than_one_transaction_takes, async |database| {
    const MONITORS: usize = 1_001;
    let world = World::new(database).await;
    let (_, ids) = monitors(world.store(), &[MINUTE; MONITORS]).await;
    world.clock.advance(2 * MINUTE);
    let claims = world.store().claim(world.now(), world.now(), 10_000, LEASE_SLACK).await.unwrap();
    let finished = |claim| Finished { claim, policy: strict(), outcome: outcome(world.now(), Reason::Ok) };
    let batch: Vec<Finished> = claims.into_iter().map(finished).collect();
    assert_eq!(world.services.record(&batch).await.unwrap().flips, MONITORS);
    world.services.beat().await.unwrap();
    world.clock.advance(2 * MINUTE);
    world.services.account_for_absence().await.unwrap();
    assert_eq!(world.services.status(&world.owner).await.unwrap().counts, [(Status::Unknown, 1_001)]);
    let flips = world.store().flips(Scope::Organisation(world.owner.organisation), EVER).await.unwrap();
    assert_eq!((flips.len(), ids.len()), (2 * MONITORS, MONITORS));
});
