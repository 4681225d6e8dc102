//! What is done to many monitors at once.

use monitor_core::health::Status;
use monitor_core::labels::Label;
use services::view::OverviewFilter;
use test_support::both;
use test_support::database::TestDatabase;

use crate::common::{World, watching};

fn labelled(label: &str) -> OverviewFilter {
    let mut filter = OverviewFilter::default();
    filter.labels.set(label.parse().unwrap());
    filter
}

both!(monitors_are_paused_labelled_and_deleted_by_their_label, async |database: TestDatabase| {
    let world = World::new(database).await;
    for (name, label) in [("a", "env=staging"), ("b", "env=staging"), ("c", "env=prod")] {
        let mut settings = watching(name, "https://shop.example");
        settings.labels.set(label.parse().unwrap());
        world.add_with(settings).await;
    }
    let (services, owner) = (&world.services, &world.owner);
    let staging = labelled("env=staging");
    assert_eq!(services.pause_all(owner, &staging, true).await.unwrap(), ["a", "b"]);
    let paused = OverviewFilter { status: Some(Status::Paused), ..OverviewFilter::default() };
    assert_eq!(services.select(owner, &paused).await.unwrap(), ["a", "b"]);
    assert_eq!(services.pause_all(owner, &staging, false).await.unwrap(), ["a", "b"]);
    assert_eq!(services.select(owner, &paused).await.unwrap(), [] as [&str; 0]);

    let team: Label = "team=web".parse().unwrap();
    services.label_all(owner, &staging, &[team], &["env".to_owned()]).await.unwrap();
    assert_eq!(services.select(owner, &staging).await.unwrap(), [] as [&str; 0]);
    assert_eq!(services.delete_all(owner, &labelled("team=web")).await.unwrap(), ["a", "b"]);
    assert_eq!(services.select(owner, &OverviewFilter::default()).await.unwrap(), ["c"]);
});
