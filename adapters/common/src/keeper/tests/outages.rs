//! Summaries after outages, and what is none.

use super::*;

#[tokio::test]
async fn an_hour_of_outage_ends_with_a_summary_and_the_cards_that_are_still_open() {
    let mut world = World::new().await;
    let before = world.add("before", "ops").await;
    world.fail(&before).await;
    world.keep_for(10 * SECOND).await;
    world.platform.seen().down = Some(Fault::Later { after: None, why: "connection refused".to_owned() });
    let mut monitors = Vec::new();
    for number in 0..14 {
        let monitor = world.add(&format!("m{number}"), "ops").await;
        world.keep_for(4 * MINUTE).await;
        world.fail(&monitor).await;
        monitors.push(monitor);
    }
    for monitor in monitors.iter().take(2).chain([&before]) {
        world.pass(SECOND);
        world.check(monitor, Reason::Ok).await;
    }
    world.platform.calls();
    assert!(world.platform.seen().tries < 40, "{}", world.platform.seen().tries);
    world.platform.seen().down = None;
    world.keep_for(10 * MINUTE).await;

    let calls = world.platform.calls();
    assert_eq!(calls.iter().filter(|call| *call == "post ops").count(), 11, "{calls:?}");
    assert_eq!(calls.iter().filter(|call| *call == "edit ops").count(), 1, "{calls:?}");
    assert_eq!(calls.len(), 12, "no thread is flooded: {calls:?}");
    // When it is tried again is left to chance, within limits.
    let shown = world.platform.shown("ops");
    let (before, (_, after)) =
        shown.split_once(" to 2026-03-01 ").map(|(b, a)| (b, a.split_once(" UTC: ").unwrap())).unwrap();
    insta::assert_snapshot!(format!("{before} until now: {after}"), @r"
    ● up  before  recovered after 56 min 13 s at 00:56 UTC; it was: Nothing listens on the target's port. #1
    Discord could not be told what happened from 2026-03-01 00:04 UTC until now: 15 incidents, 12 still open: m13 is down (#15), m12 is down (#14), m11 is down (#13), m10 is down (#12), m9
    is down (#11), m8 is down (#10), m7 is down (#9), m6 is down (#8), m5 is down (#7), m4 is down (#6), and 2 more. `list-incidents` shows them all.
    ✖ down  m4  is down — Nothing listens on the target's port. Since 00:20 UTC. #6
    ✖ down  m5  is down — Nothing listens on the target's port. Since 00:24 UTC. #7
    ✖ down  m6  is down — Nothing listens on the target's port. Since 00:28 UTC. #8
    ✖ down  m7  is down — Nothing listens on the target's port. Since 00:32 UTC. #9
    ✖ down  m8  is down — Nothing listens on the target's port. Since 00:36 UTC. #10
    ✖ down  m9  is down — Nothing listens on the target's port. Since 00:40 UTC. #11
    ✖ down  m10  is down — Nothing listens on the target's port. Since 00:44 UTC. #12
    ✖ down  m11  is down — Nothing listens on the target's port. Since 00:48 UTC. #13
    ✖ down  m12  is down — Nothing listens on the target's port. Since 00:52 UTC. #14
    ✖ down  m13  is down — Nothing listens on the target's port. Since 00:56 UTC. #15
    ");
    let all = services::view::IncidentFilter::default();
    let all = world.services.incidents(&world.owner, None, &all, 100).await.unwrap();
    assert_eq!((all.len(), world.waits().await), (15, 0));

    // What happens to them later is told again.
    world.check(&monitors[2], Reason::Ok).await;
    world.keep_for(MINUTE).await;
    world.services.acknowledge(&world.owner, Some("m13"), "").await.unwrap();
    world.keep_for(MINUTE).await;
    assert_eq!(world.platform.calls(), ["post ops", "tell ops", "edit ops", "tell ops"]);
}

#[tokio::test]
async fn an_outage_of_platform_and_targets_that_ends_for_all_at_once_is_a_summary() {
    let mut world = World::new().await;
    let mut monitors = Vec::new();
    for number in 0..12 {
        let monitor = world.add(&format!("m{number}"), "ops").await;
        if number < 6 {
            // These have cards already, which change.
            world.fail(&monitor).await;
            world.keep_for(20 * MINUTE).await;
        }
        monitors.push(monitor);
    }
    world.keep_for(10 * MINUTE).await;
    assert_eq!(world.waits().await, 0);
    world.platform.calls();

    world.platform.seen().down = Some(Fault::Later { after: None, why: "connection refused".to_owned() });
    for (number, monitor) in monitors.iter().enumerate() {
        if number < 6 {
            world.services.acknowledge(&world.owner, Some(monitor.settings.name.as_str()), "").await.unwrap();
        } else {
            world.fail(monitor).await;
        }
        world.pass(11 * MINUTE);
    }
    world.keep_for(20 * MINUTE).await;
    // Targets and platform come back together.
    for monitor in &monitors {
        world.check(monitor, Reason::Ok).await;
    }
    world.platform.seen().down = None;
    world.keep_for(10 * MINUTE).await;
    let calls = world.platform.calls();
    assert_eq!(calls.iter().filter(|call| *call == "post ops").count(), 1, "the summary alone: {calls:?}");
    assert!(!calls.iter().any(|call| call == "tell ops"), "no thread is flooded: {calls:?}");
    assert!(
        world.platform.shown("ops").contains("12 incidents, none is open any more"),
        "{}",
        world.platform.shown("ops")
    );
    assert_eq!(world.waits().await, 0);
}

#[tokio::test]
async fn many_that_recover_at_once_are_no_outage_of_the_platform() {
    let mut world = World::new().await;
    let mut monitors = Vec::new();
    for number in 0..8 {
        let monitor = world.add(&format!("m{number}"), "ops").await;
        world.fail(&monitor).await;
        world.keep_for(20 * MINUTE).await;
        monitors.push(monitor);
    }
    world.keep_for(60 * MINUTE).await;
    for monitor in &monitors {
        world.check(monitor, Reason::Ok).await;
    }
    world.keep_for(10 * MINUTE).await;
    assert!(!world.platform.shown("ops").contains("could not be told"), "{}", world.platform.shown("ops"));
    assert_eq!(world.platform.calls().iter().filter(|call| *call == "tell ops").count(), 8);
}

#[tokio::test]
async fn a_summary_that_could_not_be_noted_is_not_said_again() {
    for table in ["INSERT ON posted", "UPDATE ON conversation"] {
        let mut world = World::new().await;
        for number in 0..8 {
            let monitor = world.add(&format!("m{number}"), "ops").await;
            world.pass(10 * MINUTE);
            world.fail(&monitor).await;
        }
        world.pass(10 * MINUTE);
        let full = "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END";
        world.database.execute(&format!("CREATE TRIGGER full BEFORE {table} {full}")).await;
        world.keep_for(60 * MINUTE).await;
        let summaries = |world: &World| world.platform.shown("ops").matches("could not be told").count();
        assert_eq!(summaries(&world), 1, "{table}");
        world.database.execute("DROP TRIGGER full").await;
        world.keep_for(10 * MINUTE).await;
        assert_eq!((summaries(&world), world.waits().await), (1, 0), "{table}");
        assert_eq!(world.platform.calls().len(), 9, "{table}: the summary, and each card once");
    }
}

#[tokio::test]
async fn a_restart_after_the_summary_tells_no_second_one() {
    let mut world = World::new().await;
    for number in 0..8 {
        let monitor = world.add(&format!("m{number}"), "ops").await;
        world.pass(10 * MINUTE);
        world.fail(&monitor).await;
    }
    world.pass(10 * MINUTE);
    world.keep_for(2 * SECOND).await;
    world.restart().await;
    world.keep_for(MINUTE).await;
    assert_eq!(world.platform.shown("ops").matches("could not be told").count(), 1);
    assert_eq!(world.platform.calls().len(), 9);
}

/// Lets so many incidents open, four minutes apart, while the platform cannot be reached.
async fn miss(world: &mut World, named: &str, count: usize) -> Vec<Monitor> {
    let mut monitors = Vec::new();
    world.platform.seen().down = Some(Fault::Later { after: None, why: "connection refused".to_owned() });
    for number in 0..count {
        let monitor = world.add(&format!("{named}{number}"), "ops").await;
        world.keep_for(4 * MINUTE).await;
        world.fail(&monitor).await;
        monitors.push(monitor);
    }
    world.platform.calls();
    world.platform.seen().down = None;
    monitors
}

#[tokio::test]
async fn an_outage_that_begins_before_the_cards_of_the_last_one_are_there_has_a_summary_of_its_own() {
    for restarted in [false, true] {
        let mut world = World::new().await;
        miss(&mut world, "m", 14).await;
        while world.platform.seen().calls.len() < 3 {
            world.keep_for(SECOND / 2).await;
        }
        assert_eq!(summaries(&world), 1);
        miss(&mut world, "n", 8).await;
        if restarted {
            world.restart().await;
        }
        world.keep_for(10 * MINUTE).await;
        let shown = world.platform.shown("ops");
        assert_eq!(summaries(&world), 2, "{shown}");
        assert!(shown.contains(": 8 incidents, 8 still open: n7 is down"), "{shown}");
        let calls = world.platform.calls();
        assert_eq!((calls.len(), world.waits().await), (11, 0), "the summary and the latest cards: {calls:?}");
    }
}

#[tokio::test]
async fn cards_that_change_right_after_a_summary_are_no_outage() {
    let mut world = World::new().await;
    let monitors = miss(&mut world, "m", 14).await;
    while world.platform.seen().calls.is_empty() {
        world.keep_for(SECOND / 2).await;
    }
    change_all(&world, &monitors).await;
    world.restart().await;
    world.keep_for(10 * MINUTE).await;
    assert_eq!(summaries(&world), 1, "{}", world.platform.shown("ops"));
}

/// Changes the cards of all monitors in the same moment.
async fn change_all(world: &World, monitors: &[Monitor]) {
    let names: Vec<&str> = monitors.iter().map(|monitor| monitor.settings.name.as_str()).collect();
    let what = services::Silenced::Monitors(names.join(","));
    world.services.silence(&world.owner, &what, 60 * MINUTE, "deploy").await.unwrap();
}

fn summaries(world: &World) -> usize {
    world.platform.shown("ops").matches("could not be told").count()
}

#[tokio::test]
async fn cards_that_a_summary_passed_over_and_that_change_at_once_are_no_outage() {
    let mut world = World::new().await;
    world.platform.seen().down = Some(Fault::Later { after: None, why: "connection refused".to_owned() });
    let mut monitors = Vec::new();
    for number in 0..16 {
        monitors.push(world.add(&format!("m{number}"), "ops").await);
        world.fail(&monitors[number]).await;
        world.keep_for(2 * MINUTE).await;
    }
    world.platform.seen().down = None;
    world.keep_for(20 * MINUTE).await;
    assert_eq!((summaries(&world), world.platform.calls().len(), world.waits().await), (1, 11, 0));

    change_all(&world, &monitors).await;
    world.keep_for(10 * MINUTE).await;
    assert_eq!(summaries(&world), 1, "{}", world.platform.shown("ops"));
    let posts = world.platform.calls().iter().filter(|call| *call == "post ops").count();
    assert_eq!((posts, world.waits().await), (6, 0), "those that had no message");
}

#[tokio::test]
async fn cards_that_were_refused_once_or_are_gone_and_change_at_once_are_no_outage() {
    let mut world = World::new().await;
    let mut monitors = Vec::new();
    for number in 0..8 {
        monitors.push(world.add(&format!("m{number}"), "ops").await);
        if number < 4 {
            world.platform.seen().faults.push_back(Fault::Refused("too odd".to_owned()));
        }
        world.fail(&monitors[number]).await;
        world.keep_for(2 * MINUTE).await;
    }
    world.keep_for(20 * MINUTE).await;
    for message in &mut world.platform.seen().messages {
        message.1 = None;
    }
    change_all(&world, &monitors).await;
    world.keep_for(10 * MINUTE).await;
    assert_eq!((summaries(&world), world.waits().await), (0, 0), "{}", world.platform.shown("ops"));
}

#[tokio::test]
async fn a_storm_is_told_card_by_card_however_long_it_takes() {
    let mut world = World::new().await;
    let mut monitors = Vec::new();
    for number in 0..20 {
        monitors.push(world.add(&format!("m{number}"), "ops").await);
    }
    for monitor in &monitors {
        world.pass(2 * MINUTE);
        world.fail(monitor).await;
        world.keep_for(SECOND).await;
    }
    world.keep_for(10 * MINUTE).await;
    assert_eq!(world.platform.calls().iter().filter(|call| *call == "post ops").count(), 20);
    assert!(!world.platform.shown("ops").contains("could not be told"));
}
