//! Rolling up and forgetting.

use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::monitor::Monitor;
use monitor_core::outcome::Reason;
use monitor_core::report::{Retention, Window};
use monitor_core::rollup::Resolution;
use storage::Scope;
use test_support::both;
use test_support::builders::START;

use crate::common::{EVER, World};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// How many rollups are stored of a monitor by the minute, the hour and the day.
async fn rollups(world: &World, monitor: &Monitor) -> [usize; 3] {
    let mut counts = [0; 3];
    for (count, resolution) in counts.iter_mut().zip(Resolution::ALL) {
        *count = world.store().rollups(Scope::Monitor(monitor.id), resolution, EVER).await.unwrap().len();
    }
    counts
}

/// Checks the monitor every ten minutes until then.
async fn check_until(world: &World, monitor: &Monitor, until: Timestamp) {
    while world.now() < until {
        let finished = world.finished(monitor, Reason::Ok).await;
        world.services.record(&[finished]).await.unwrap();
        world.clock.advance(10 * MINUTE);
    }
}

both!(a_minute_is_rolled_up_when_its_last_check_must_have_ended, async |database| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    let finished = world.finished(&shop, Reason::Ok).await;
    world.services.record(&[finished]).await.unwrap();
    world.clock.set(START + MINUTE + Duration::from_millis(74_999));
    assert_eq!(world.services.roll_up().await.unwrap(), 0);
    world.clock.advance(Duration::from_millis(1));
    assert_eq!(world.services.roll_up().await.unwrap(), 1);
    assert_eq!(world.services.roll_up().await.unwrap(), 0, "once is enough");
    assert_eq!(rollups(&world, &shop).await, [1, 0, 0]);
});

both!(hours_and_days_follow_the_minutes, async |database| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    check_until(&world, &shop, START + 25 * HOUR).await;
    world.clock.advance(2 * MINUTE);
    assert_eq!(world.services.roll_up().await.unwrap(), 150 + 25 + 1);
    assert_eq!(rollups(&world, &shop).await, [150, 25, 1]);
});

both!(what_is_old_is_forgotten_and_the_report_stays, async |database| {
    let retention = Retention { raw: HOUR, minute: 2 * HOUR, hour: 12 * HOUR, day: 1_000 * 24 * HOUR };
    let world = World::keeping(database, retention).await;
    let shop = world.add("shop").await;
    check_until(&world, &shop, START + 25 * HOUR).await;
    assert_eq!(world.services.forget().await.unwrap(), 0, "nothing is forgotten before it is rolled up");
    world.services.roll_up().await.unwrap();
    let window = Window { from: START, to: START + 24 * HOUR };
    let before = world.services.report(&world.owner, Some("shop"), window).await.unwrap().report;

    // Kept: results of the last hour, minutes of two, hours of twelve.
    assert_eq!(world.services.forget().await.unwrap(), 144 + 138 + 13);
    assert_eq!(world.services.forget().await.unwrap(), 0);
    assert_eq!((world.results(&shop).await, rollups(&world, &shop).await), (6, [12, 11, 1]));
    let after = world.services.report(&world.owner, Some("shop"), window).await.unwrap().report;
    assert_eq!((before.tally.total(), after.window), (144, window));
    assert_eq!((after.tally, after.accounting), (before.tally, before.accounting));
});

both!(expired_dialogs_and_buttons_are_forgotten, async |database| {
    let world = World::new(database).await;
    world.services.save_dialog(&world.owner, world.conversation, "{}").await.unwrap();
    world.services.offer_action(&world.owner, world.conversation, "status").await.unwrap();
    world.clock.advance(24 * HOUR - MINUTE);
    assert_eq!(world.services.forget().await.unwrap(), 0);
    world.clock.advance(MINUTE);
    assert_eq!(world.services.forget().await.unwrap(), 2);
});

both!(incidents_are_forgotten_long_after_their_end, async |database| {
    let days = |days: u32| days * 24 * HOUR;
    let retention = Retention { raw: days(1), minute: days(1), hour: days(1), day: days(10) };
    let world = World::keeping(database, retention).await;
    let (shop, blog) = (world.add("shop").await, world.add("blog").await);
    world.check(&shop, Reason::ConnectionRefused).await;
    world.check(&blog, Reason::ConnectionRefused).await;
    world.clock.advance(days(5));
    world.check(&shop, Reason::Ok).await;
    world.clock.advance(days(10));
    world.services.forget().await.unwrap();
    assert_eq!(world.incidents().await.len(), 2, "not older than ten days, and open");
    world.clock.advance(days(1));
    world.services.roll_up().await.unwrap();
    world.services.forget().await.unwrap();
    let left: Vec<String> = world.incidents().await.into_iter().map(|named| named.monitor_name).collect();
    assert_eq!((left, world.cards().await.len()), (vec!["blog".to_owned()], 1));
    let statuses =
        world.store().statuses_before(Scope::Organisation(world.owner.organisation), world.now()).await.unwrap();
    assert_eq!(statuses, [(shop.id, world.status(&shop).await), (blog.id, world.status(&blog).await)]);
});
