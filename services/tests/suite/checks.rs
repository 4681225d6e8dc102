//! Checks that somebody asked for, against real local targets.

use std::time::Duration;

use monitor_core::health::Status;
use monitor_core::monitor::Settings;
use monitor_core::outcome::{Reason, Verdict};
use services::ServiceError;
use services::view::OverviewFilter;
use test_support::both;
use test_support::targets::misbehaving::never_answers;
use test_support::targets::{Answer, answering};

use crate::common::{World, watching};

both!(a_preview_tells_what_was_found_and_stores_nothing, async |database| {
    let target = answering(Answer::ok("fine")).await;
    let world = World::new(database).await;
    let outcome = world.services.preview(&world.owner, &watching("shop", &target.url())).await.unwrap();
    assert_eq!((outcome.reason, outcome.http_status, outcome.response_bytes), (Reason::Ok, Some(200), 4));
    assert_eq!(outcome.at, world.now());
    target.set_status(503);
    let outcome = world.services.preview(&world.owner, &watching("shop", &target.url())).await.unwrap();
    assert_eq!((outcome.reason, outcome.http_status), (Reason::UnexpectedStatus, Some(503)));
    assert_eq!(world.services.list(&world.owner, &OverviewFilter::default(), 0, 10).await.unwrap().0, 0);
});

both!(a_preview_of_settings_that_do_not_work_reaches_no_target, async |database| {
    let target = answering(Answer::ok("fine")).await;
    let world = World::new(database).await;
    let bad = Settings { timeout: Duration::from_secs(61), ..watching("shop", &target.url()) };
    let refused = world.services.preview(&world.owner, &bad).await.unwrap_err();
    assert_eq!(refused.to_string(), "a timeout of 1m1s is not possible; choose between 100ms and 60s");
    assert_eq!(target.requests(), 0);
});

both!(a_private_address_is_refused_in_words, async |database| {
    let target = answering(Answer::ok("fine")).await;
    let world = World::new(database).await;
    let services = world.among_strangers();
    let outcome = services.preview(&world.owner, &watching("shop", &target.url())).await.unwrap();
    assert_eq!((outcome.reason, outcome.verdict()), (Reason::AddressRefused, Verdict::Inconclusive));
    assert_eq!(
        outcome.message,
        "127.0.0.1 is a loopback address; allow private targets in the configuration (allow_private_targets = true) to watch it"
    );
    assert_eq!(target.requests(), 0);
});

both!(a_check_now_is_recorded_like_any_other, async |database| {
    let target = answering(Answer::ok("fine")).await;
    let world = World::new(database).await;
    let shop = world.watch("shop", &target.url()).await;
    let (monitor, outcome) = world.services.check_now(&world.owner, "SHOP").await.unwrap();
    assert_eq!((monitor.id, outcome.reason), (shop.id, Reason::Ok));
    let state = world.state(&shop).await;
    assert_eq!((state.status, state.running, state.details), (Status::Up, false, outcome.details));

    target.set_status(500);
    world.clock.advance(Duration::from_secs(1));
    let (_, outcome) = world.services.check_now(&world.owner, "shop").await.unwrap();
    assert_eq!(outcome.reason, Reason::UnexpectedStatus);
    assert_eq!(world.history(&shop).await, [Status::Up, Status::Down]);
    let results = world.store().latest_results(shop.id, 10).await.unwrap();
    assert_eq!(
        (results[0].reason, results[0].http_status, &results[0].message),
        (outcome.reason, Some(500), &outcome.message)
    );
    assert_eq!((world.cards().await.len(), results.len()), (1, 2));
});

both!(a_paused_monitor_can_be_checked_and_stays_paused, async |database| {
    let target = answering(Answer::status(500)).await;
    let world = World::new(database).await;
    let shop = world.watch("shop", &target.url()).await;
    world.services.pause_monitor(&world.owner, "shop").await.unwrap();
    let (_, outcome) = world.services.check_now(&world.owner, "shop").await.unwrap();
    assert_eq!(outcome.reason, Reason::UnexpectedStatus);
    assert_eq!((world.results(&shop).await, world.history(&shop).await), (1, vec![Status::Paused]));
    let state = world.state(&shop).await;
    assert_eq!((state.next_due, state.running, world.cards().await.len()), (None, false, 0));
});

both!(a_monitor_that_is_being_checked_is_not_checked_twice_at_once, async |database| {
    let target = answering(Answer::ok("fine").after(Duration::from_millis(300))).await;
    let world = World::new(database).await;
    let shop = world.watch("shop", &target.url()).await;
    let first = world.services.check_now(&world.owner, "shop");
    let second = async {
        target.reached(1).await;
        world.clock.advance(Duration::from_secs(1));
        world.services.check_now(&world.owner, "shop").await
    };
    let (first, second) = tokio::join!(first, second);
    assert_eq!((first.unwrap().1.reason, second.unwrap().1.reason), (Reason::Ok, Reason::Ok));
    assert_eq!((target.requests(), target.most_at_once(), world.results(&shop).await), (2, 1, 2));
});

both!(a_target_that_never_answers_ends_with_the_timeout, async |database| {
    let target = never_answers().await;
    let world = World::new(database).await;
    let settings = Settings { timeout: Duration::from_millis(100), ..watching("shop", &target.url()) };
    let shop = world.add_with(settings).await;
    let (_, outcome) = world.services.check_now(&world.owner, "shop").await.unwrap();
    assert_eq!(outcome.verdict(), Verdict::Failed, "{outcome:?}");
    assert_eq!((world.status(&shop).await, world.results(&shop).await), (Status::Down, 1));
});

both!(a_check_given_up_half_way_leaves_nothing_behind_but_its_lease, async |database| {
    let target = answering(Answer::ok("fine").after(Duration::from_secs(600))).await;
    let world = World::new(database).await;
    let shop = world.watch("shop", &target.url()).await;
    tokio::select! {
        _ = world.services.check_now(&world.owner, "shop") => panic!("the target does not answer"),
        () = target.reached(1) => {}
    }
    assert!(world.state(&shop).await.running);
    target.set(Answer::ok("fine"));
    world.clock.advance(shop.settings.timeout + services::LEASE_SLACK + Duration::from_millis(1));
    world.services.check_now(&world.owner, "shop").await.unwrap();
    assert_eq!((world.results(&shop).await, world.history(&shop).await), (1, vec![Status::Up]));
});

both!(a_check_of_nothing_names_what_is_near, async |database| {
    let world = World::new(database).await;
    world.add("shop").await;
    let missing = world.services.check_now(&world.owner, "shopp").await.unwrap_err();
    assert!(
        matches!(&missing, ServiceError::MonitorNotFound { suggestions, .. } if suggestions == &["shop"]),
        "{missing}"
    );
});
