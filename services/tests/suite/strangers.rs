//! What people of another organisation see and can touch: nothing.

use std::time::Duration;

use monitor_core::outcome::Reason;
use monitor_core::people::ConversationId;
use services::ServiceError;
use services::view::{IncidentFilter, OverviewFilter};
use test_support::both;
use test_support::builders::settings;

use crate::common::{EVER, World};

fn not_found<T: std::fmt::Debug>(answer: Result<T, ServiceError>) {
    let message = answer.unwrap_err().to_string();
    assert_eq!(message, "there is no monitor `shop`; `list-monitors` shows those there are");
}

fn no_conversation<T: std::fmt::Debug>(answer: Result<T, ServiceError>) {
    assert!(matches!(answer, Err(ServiceError::ConversationNotFound)), "{answer:?}");
}

both!(monitors_do_not_exist_for_another_organisation, async |database| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    world.check(&shop, Reason::ConnectionRefused).await;
    let stranger = &world.database.stranger().await;
    let services = &world.services;

    not_found(services.monitor(stranger, "shop").await);
    not_found(services.show(stranger, "shop").await);
    not_found(services.check_now(stranger, "shop").await);
    not_found(services.edit_monitor(stranger, "shop", &shop.settings).await);
    not_found(services.pause_monitor(stranger, "shop").await);
    not_found(services.resume_monitor(stranger, "shop").await);
    not_found(services.delete_monitor(stranger, "shop").await);
    not_found(services.report(stranger, Some("shop"), EVER).await);
    not_found(services.incidents(stranger, Some("shop"), &IncidentFilter::default(), 10).await);

    assert_eq!(services.list(stranger, &OverviewFilter::default(), 0, 10).await.unwrap(), (0, Vec::new()));
    assert_eq!(services.monitor_names(stranger, "", 10).await.unwrap(), Vec::<String>::new());
    assert_eq!(services.free_name(stranger, &shop.settings.name).await.unwrap(), shop.settings.name);
    assert_eq!(services.incidents(stranger, None, &IncidentFilter::default(), 10).await.unwrap(), Vec::new());
    let status = services.status(stranger).await.unwrap();
    assert_eq!((status.counts.len(), status.troubled.len()), (0, 0));
    let all = services.report(stranger, None, EVER).await.unwrap();
    assert_eq!((all.monitors, all.report.tally.total(), all.incidents.len()), (0, 0, 0));

    assert_eq!(services.monitor(&world.owner, "shop").await.unwrap(), shop);
    assert_eq!(world.results(&shop).await, 1);
});

both!(two_organisations_use_the_same_name_without_noticing, async |database| {
    let world = World::new(database).await;
    let ours = world.add("shop").await;
    let stranger = &world.database.stranger().await;
    let services = &world.services;
    let their_room = services.conversation(stranger, "web", "theirs").await.unwrap();

    let theirs = services.add_monitor(stranger, &settings("Shop", Duration::from_secs(30)), their_room).await.unwrap();
    assert_ne!(theirs.id, ours.id);
    world.check(&theirs, Reason::UnexpectedStatus).await;
    let cards = services.messages_after(stranger, their_room, 0).await.unwrap();
    assert_eq!(cards.len(), 0, "two retries are left");
    world.check(&theirs, Reason::UnexpectedStatus).await;
    world.check(&theirs, Reason::UnexpectedStatus).await;
    assert_eq!(services.messages_after(stranger, their_room, 0).await.unwrap().len(), 1);
    assert_eq!(world.cards().await, Vec::new());
    assert_eq!(world.incidents().await, Vec::new());

    services.delete_monitor(stranger, "shop").await.unwrap();
    assert_eq!(services.monitor(&world.owner, "shop").await.unwrap(), ours);
});

both!(conversations_do_not_exist_for_another_organisation, async |database| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    world.check(&shop, Reason::ConnectionRefused).await;
    let (services, owner, ours) = (&world.services, &world.owner, world.conversation);
    services.save_dialog(owner, ours, "ours").await.unwrap();
    let token = services.offer_action(owner, ours, "delete-monitor shop").await.unwrap();

    let stranger = &world.database.stranger().await;
    for conversation in [ours, ConversationId(4_711)] {
        no_conversation(services.dialog(stranger, conversation).await);
        no_conversation(services.save_dialog(stranger, conversation, "theirs").await);
        no_conversation(services.end_dialog(stranger, conversation).await);
        no_conversation(services.take_dialog(stranger, conversation, |_| true).await);
        no_conversation(services.settle_dialog(stranger, conversation, true, |_| true).await);
        no_conversation(services.offer_action(stranger, conversation, "status").await);
        no_conversation(services.action(stranger, conversation, &token).await);
        no_conversation(services.messages_after(stranger, conversation, 0).await);
        no_conversation(services.last_seq(stranger, conversation).await);
        no_conversation(services.add_monitor(stranger, &shop.settings, conversation).await);
    }
    assert!(services.conversation(stranger, "web", "ops").await.is_err());
    assert_eq!(services.list(stranger, &OverviewFilter::default(), 0, 10).await.unwrap().0, 0);

    assert_eq!(services.dialog(owner, ours).await.unwrap().as_deref(), Some("ours"));
    assert_eq!(services.action(owner, ours, &token).await.unwrap().as_deref(), Some("delete-monitor shop"));
    assert_eq!(services.last_seq(owner, ours).await.unwrap(), 1);
});
