//! Calls for somebody who takes care, and those who do.

use std::time::Duration;

use monitor_core::alerting::Severity;
use monitor_core::alerting::rule::Rule;
use monitor_core::incident::Entry;
use monitor_core::outcome::Reason;
use services::NewRoute;
use test_support::both;
use test_support::database::TestDatabase;
use test_support::receiver::Receiver;

use crate::common::World;
use crate::worse::quiet_now;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

async fn route(world: &World, about: &str, steps: &[(Duration, &[&str])]) {
    let step = |(after, names): &(Duration, &[&str])| (*after, names.iter().map(|name| (*name).to_owned()).collect());
    let (about, steps) = (about.to_owned(), steps.iter().map(step).collect());
    world.services.add_route(&world.owner, &NewRoute { about, severity: Severity::Info, steps }).await.unwrap();
}

both!(nobody_is_called_after_quiet_hours_for_what_somebody_took_care_of_in_them, async |database: TestDatabase| {
    let (world, receiver) = (World::new(database).await, Receiver::start().await);
    for name in ["ops", "bob", "ada"] {
        world.webhook(name, &receiver, None).await;
    }
    route(&world, "all", &[(Duration::ZERO, &["ops", "bob"]), (MINUTE * 5, &["ada"])]).await;
    let shop = world.add("shop").await;
    let selector = world.services.about(&world.owner, "shop").await.unwrap();
    let rule = Rule { remind: Some(MINUTE * 10), ..Rule::new(selector, "down".parse().unwrap()) };
    world.services.add_alert(&world.owner, "shop", &rule).await.unwrap();
    world.check(&shop, Reason::NoReply).await;
    let incident = world.lasting().await[0].incident.id;
    assert_eq!(world.said().await, ["opened ops", "opened bob"]);
    for name in ["bob", "ada"] {
        let quiet = quiet_now(&world, None);
        world.services.set_quiet_hours(&world.owner, name, Some(&quiet)).await.unwrap();
    }
    world.later(MINUTE * 5).await;
    world.later(MINUTE * 5).await;
    assert_eq!(world.said().await[2..], ["reminder ops"]);
    world.services.acknowledge(&world.owner, None, "").await.unwrap();
    assert_eq!(world.said().await[3..], ["acknowledged ops"]);
    world.later(HOUR * 3).await;
    assert_eq!(world.said().await[4..], ["acknowledged bob"], "who knows of it, and once");
    let timeline = world.store().timeline(incident, 1_000).await.unwrap();
    let spared = timeline.into_iter().any(|row| {
        matches!(row.entry, Entry::Suppressed { destination, because, .. }
            if destination == "ada" && because == "somebody acknowledged it meanwhile")
    });
    assert!(spared);
    world.check(&shop, Reason::Ok).await;
    assert_eq!(world.said().await[5..], ["resolved ops", "resolved bob"]);
});

both!(who_is_told_at_once_of_what_joins_is_told_though_somebody_takes_care, async |database: TestDatabase| {
    let (world, receiver) = (World::new(database).await, Receiver::start().await);
    for name in ["ops", "ada"] {
        world.webhook(name, &receiver, None).await;
    }
    let (shop, blog) = (world.grouped("shop").await, world.grouped("blog").await);
    route(&world, "all", &[(Duration::ZERO, &["ops"]), (MINUTE / 2, &["ada"])]).await;
    route(&world, "blog", &[(Duration::ZERO, &["ada"])]).await;
    world.services.set_quiet_hours(&world.owner, "ada", Some(&quiet_now(&world, None))).await.unwrap();
    world.check(&shop, Reason::NoReply).await;
    world.later(MINUTE / 2).await;
    world.check(&blog, Reason::NoReply).await;
    assert_eq!(world.said().await, ["opened ops", "grew ops"]);
    world.services.acknowledge(&world.owner, None, "").await.unwrap();
    world.later(HOUR * 3).await;
    assert_eq!(world.said().await[2..], ["acknowledged ops", "opened ada"]);
});
