//! Adding, naming, editing, pausing, resuming and deleting monitors.

use std::time::Duration;

use monitor_core::health::{Policy, Status};
use monitor_core::incident::Resolution;
use monitor_core::monitor::{MonitorName, Settings};
use monitor_core::outcome::Reason;
use monitor_core::rollup::Resolution as Step;
use monitor_core::schedule::{next_slot, phase_ms};
use services::{LEASE_SLACK, ServiceError};
use storage::Scope;
use test_support::both;
use test_support::builders::settings;

use crate::common::{EVER, World, strict};

const MINUTE: Duration = Duration::from_secs(60);

fn name(name: &str) -> MonitorName {
    MonitorName::new(name).unwrap()
}

both!(a_name_is_taken_whatever_its_case, async |database| {
    let world = World::new(database).await;
    let (services, owner) = (&world.services, &world.owner);
    world.add("Shop").await;
    let blog = world.add("blog").await;

    let again = services.add_monitor(owner, &settings("sHOP", MINUTE), world.conversation).await.unwrap_err();
    assert_eq!(again.to_string(), "there is a monitor `sHOP` already; choose another name, like `name sHOP-2`");
    let renamed = Settings { name: name("SHOP"), interval: 2 * MINUTE, ..blog.settings.clone() };
    let taken = services.edit_monitor(owner, "blog", &renamed).await;
    assert!(matches!(taken, Err(ServiceError::NameTaken(_))), "{taken:?}");
    assert_eq!(services.monitor(owner, "blog").await.unwrap(), blog);

    let own = services.edit_monitor(owner, "BLOG", &Settings { name: name("Blog"), ..blog.settings.clone() }).await;
    assert_eq!(own.unwrap().settings.name.as_str(), "Blog");
});

both!(a_near_miss_is_answered_with_what_was_meant, async |database| {
    let world = World::new(database).await;
    for name in ["shop", "shop-api", "Blog", "intranet.example"] {
        world.add(name).await;
    }
    let miss = async |name: &str| world.services.show(&world.owner, name).await.unwrap_err().to_string();
    assert_eq!(miss("shpo").await, "there is no monitor `shpo`; did you mean `shop`?");
    assert_eq!(miss(" BLOK ").await, "there is no monitor `BLOK`; did you mean `Blog`?");
    assert_eq!(miss("sho").await, "there is no monitor `sho`; did you mean `shop` or `shop-api`?");
    assert_eq!(miss("zebra").await, "there is no monitor `zebra`; `list-monitors` shows those there are");
    assert!(miss(&"x".repeat(1_000_000)).await.len() < 200);
    assert!(miss("a\0b").await.starts_with("there is no monitor"));
});

both!(a_free_name_has_the_first_free_number, async |database| {
    let world = World::new(database).await;
    let free = async |wanted: &str| world.services.free_name(&world.owner, &name(wanted)).await.unwrap().to_string();
    assert_eq!(free("shop").await, "shop");
    let tx = world.store().begin().await.unwrap();
    for number in 1..=300 {
        let taken = if number == 1 { "Shop".to_owned() } else { format!("shop-{number}") };
        let settings = settings(&taken, MINUTE);
        tx.insert_monitor(world.owner.organisation, world.owner.person, &settings, world.now()).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert_eq!(free("shop").await, "shop-301");
    assert_eq!(free("SHOP-7").await, "SHOP-7-2");
    assert_eq!(free("sho").await, "sho");
    world.services.delete_monitor(&world.owner, "shop-77").await.unwrap();
    assert_eq!(free("shop").await, "shop-77");
});

both!(a_free_name_for_a_long_name_is_cut_to_fit, async |database| {
    let world = World::new(database).await;
    let long = "x".repeat(MonitorName::MAX_CHARS);
    for _ in 0..12 {
        let free = world.services.free_name(&world.owner, &name(&long)).await.unwrap();
        world.add(free.as_str()).await;
    }
    let names = world.services.monitor_names(&world.owner, "x", 100).await.unwrap();
    assert!(names.iter().all(|name| name.len() == MonitorName::MAX_CHARS), "{names:?}");
    assert_eq!((names.len(), names.contains(&format!("{}-12", "x".repeat(57)))), (12, true), "{names:?}");
});

both!(names_are_completed_from_their_beginning, async |database| {
    let world = World::new(database).await;
    for name in ["Shop", "shop-api", "blog"] {
        world.add(name).await;
    }
    let names = async |prefix: &str, limit| world.services.monitor_names(&world.owner, prefix, limit).await.unwrap();
    assert_eq!(names("SH", 10).await, ["Shop", "shop-api"]);
    assert_eq!(names("", 2).await, ["blog", "Shop"]);
    assert_eq!(names("%", 2).await, Vec::<String>::new());
});

both!(settings_that_do_not_work_are_refused, async |database| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    let bad = Settings { interval: Duration::ZERO, ..shop.settings.clone() };
    let new = Settings { name: name("new"), ..bad.clone() };
    let added = world.services.add_monitor(&world.owner, &new, world.conversation);
    let message = "an interval of 0s is not possible; choose between 1s and 1d";
    assert_eq!(added.await.unwrap_err().to_string(), message);
    assert_eq!(world.services.edit_monitor(&world.owner, "shop", &bad).await.unwrap_err().to_string(), message);
    assert_eq!(world.services.monitor_names(&world.owner, "", 10).await.unwrap(), ["shop"]);
    assert_eq!(world.services.monitor(&world.owner, "shop").await.unwrap(), shop);
});

both!(a_new_monitor_is_checked_at_once, async |database| {
    let world = World::new(database).await;
    let day = world.add_with(settings("daily", Duration::from_secs(86_400))).await;
    assert_eq!(world.status(&day).await, Status::Unknown);
    let claims = world.store().claim(world.now(), world.now(), 10, LEASE_SLACK).await.unwrap();
    assert_eq!(claims.iter().map(|claim| claim.monitor).collect::<Vec<_>>(), [day.id]);
});

both!(pausing_a_monitor_that_is_down_resolves_its_incident, async |database| {
    let world = World::new(database).await;
    let (services, owner) = (&world.services, &world.owner);
    let shop = world.add("shop").await;
    world.check(&shop, Reason::Ok).await;
    world.check(&shop, Reason::ConnectionRefused).await;
    world.clock.advance(MINUTE);
    let changes = services.changes();

    assert_eq!(services.pause_monitor(owner, "SHOP").await.unwrap(), shop);
    assert_eq!(world.history(&shop).await, [Status::Up, Status::Down, Status::Paused]);
    assert!(changes.has_changed().unwrap());
    let [card] = &world.cards().await[..] else { panic!("one card") };
    assert_eq!((card.seq, card.revision), (2, 2));
    assert_eq!(card.incident().unwrap().incident.resolved, Some((world.now(), Resolution::Paused)));
    assert!(services.monitor(owner, "shop").await.unwrap().paused);

    world.clock.advance(10 * MINUTE);
    assert_eq!(world.store().claim(world.now(), world.now(), 10, LEASE_SLACK).await.unwrap(), []);
    services.pause_monitor(owner, "shop").await.unwrap();
    assert_eq!((world.flips(shop.id).await.len(), world.cards().await.len()), (3, 1));
    assert_eq!(services.last_seq(owner, world.conversation).await.unwrap(), 2);
});

both!(a_resumed_monitor_knows_nothing_and_is_checked_at_once, async |database| {
    let world = World::new(database).await;
    let policy = Policy { needed: 2, of: 2, ..strict() };
    let shop = world.add_with(Settings { policy, ..settings("shop", MINUTE) }).await;
    world.check(&shop, Reason::Ok).await;
    world.check(&shop, Reason::ConnectionRefused).await;
    world.services.resume_monitor(&world.owner, "shop").await.unwrap();
    assert_eq!(world.history(&shop).await, [Status::Up], "it was not paused");

    world.services.pause_monitor(&world.owner, "shop").await.unwrap();
    world.clock.advance(MINUTE);
    assert!(world.services.resume_monitor(&world.owner, "shop").await.unwrap().paused, "as it was");
    assert!(!world.services.monitor(&world.owner, "shop").await.unwrap().paused);
    let state = world.state(&shop).await;
    assert_eq!((state.status, state.next_due), (Status::Unknown, Some(world.now())));
    // The failure before the pause is forgotten: it takes two new ones.
    assert_eq!(world.check(&shop, Reason::ConnectionRefused).await.opened, 0);
    assert_eq!(world.check(&shop, Reason::ConnectionRefused).await.opened, 1);
    assert_eq!(world.history(&shop).await, [Status::Up, Status::Paused, Status::Unknown, Status::Down]);
});

both!(a_check_that_runs_while_its_monitor_is_paused_says_nothing, async |database| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    let running = world.finished(&shop, Reason::ConnectionRefused).await;
    world.services.pause_monitor(&world.owner, "shop").await.unwrap();
    let recorded = world.services.record(&[running]).await.unwrap();
    assert_eq!((recorded.flips, recorded.opened, recorded.stale), (0, 0, 0));
    assert_eq!((world.results(&shop).await, world.cards().await.len()), (1, 0));
    assert_eq!(world.history(&shop).await, [Status::Paused]);
});

both!(a_late_record_does_not_break_the_chain_of_flips, async |database| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    let ended = world.finished(&shop, Reason::Ok).await;
    world.clock.advance(Duration::from_secs(1));
    world.services.pause_monitor(&world.owner, "shop").await.unwrap();
    world.services.resume_monitor(&world.owner, "shop").await.unwrap();
    world.services.record(&[ended]).await.unwrap();
    assert_eq!(world.history(&shop).await, [Status::Paused, Status::Unknown, Status::Up]);
    world.clock.advance(MINUTE);
    let report = world.services.report(&world.owner, Some("shop"), EVER).await.unwrap().report;
    assert_eq!(report.accounting.time(Status::Up), MINUTE);
});

both!(a_monitor_that_is_edited_while_it_is_checked_keeps_the_check, async |database| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    let running = world.finished(&shop, Reason::ConnectionRefused).await;
    let hourly = Settings { name: name("store"), interval: 60 * MINUTE, ..shop.settings.clone() };
    let edited = world.services.edit_monitor(&world.owner, "shop", &hourly).await.unwrap();
    assert_eq!((edited.id, edited.revision, &edited.settings), (shop.id, 2, &hourly));
    assert!(world.services.show(&world.owner, "shop").await.is_err());
    assert_eq!(world.store().claim_one(shop.id, world.now(), LEASE_SLACK).await.unwrap(), None, "not twice at once");

    let recorded = world.services.record(&[running]).await.unwrap();
    assert_eq!((recorded.opened, recorded.stale), (1, 0));
    let due = next_slot(phase_ms(shop.id.0, 60 * MINUTE), 60 * MINUTE, world.now());
    assert_eq!(world.state(&edited).await.next_due, Some(due));
    assert_eq!(world.cards().await[0].incident().unwrap().only.as_deref(), Some("store"));
});

both!(deleting_a_monitor_removes_all_of_it, async |database| {
    let world = World::new(database).await;
    let (services, owner, store) = (&world.services, &world.owner, world.store());
    let shop = world.add("shop").await;
    world.check(&shop, Reason::ConnectionRefused).await;
    world.clock.advance(10 * MINUTE);
    services.roll_up().await.unwrap();
    let running = world.finished(&shop, Reason::Ok).await;

    assert_eq!(services.delete_monitor(owner, "SHOP").await.unwrap(), shop);
    let late = services.record(&[running]).await.unwrap();
    assert_eq!((late.stale, late.flips, late.resolved), (1, 0, 0));
    let scope = Scope::Monitor(shop.id);
    assert_eq!(store.latest_results(shop.id, 10).await.unwrap(), []);
    assert_eq!(store.rollups(scope, Step::Minute, EVER).await.unwrap(), []);
    assert_eq!(store.flips(scope, EVER).await.unwrap(), []);
    assert_eq!(store.state(shop.id).await.unwrap(), None);
    assert_eq!(world.incidents().await, []);
    let ended = world.cards().await[0].incident().unwrap().incident.resolved;
    assert_eq!(ended, Some((world.now(), Resolution::Withdrawn)), "its story stays");
    assert!(matches!(services.delete_monitor(owner, "shop").await, Err(ServiceError::MonitorNotFound { .. })));

    let again = world.add("shop").await;
    assert_ne!(again.id, shop.id);
    assert_eq!((world.status(&again).await, world.results(&again).await), (Status::Unknown, 0));
});
