//! Dialogs, buttons and cards.

use std::collections::HashSet;
use std::time::Duration;

use monitor_core::outcome::Reason;
use monitor_core::people::{Actor, Role};
use test_support::both;

use crate::common::World;

const DAY: Duration = Duration::from_secs(86_400);
const MOMENT: Duration = Duration::from_millis(1);

both!(a_dialog_is_its_persons_own_and_lives_for_a_day, async |database| {
    let world = World::new(database).await;
    let (services, owner, room) = (&world.services, &world.owner, world.conversation);
    let added = world.store().add_person(owner.organisation, "Ada", Role::Viewer, world.now()).await;
    let ada = &Actor { person: added.unwrap(), role: Role::Viewer, ..*owner };

    services.save_dialog(owner, room, "first").await.unwrap();
    services.save_dialog(owner, room, "second").await.unwrap();
    assert_eq!(services.dialog(owner, room).await.unwrap().as_deref(), Some("second"));
    assert_eq!(services.dialog(ada, room).await.unwrap(), None);
    assert!(!services.end_dialog(ada, room).await.unwrap());

    world.clock.advance(DAY - MOMENT);
    assert_eq!(services.dialog(owner, room).await.unwrap().as_deref(), Some("second"));
    world.clock.advance(MOMENT);
    assert_eq!(services.dialog(owner, room).await.unwrap(), None);

    services.save_dialog(owner, room, "third").await.unwrap();
    assert!(services.end_dialog(owner, room).await.unwrap());
    assert_eq!(services.dialog(owner, room).await.unwrap(), None);
});

both!(a_dialog_outlives_the_process, async |database| {
    let mut world = World::new(database).await;
    world.services.save_dialog(&world.owner, world.conversation, "{\"step\":2}").await.unwrap();
    world.restart().await;
    let dialog = world.services.dialog(&world.owner, world.conversation).await.unwrap();
    assert_eq!(dialog.as_deref(), Some("{\"step\":2}"));
});

both!(a_button_works_in_its_conversation_for_a_day, async |database| {
    let world = World::new(database).await;
    let (services, owner, room) = (&world.services, &world.owner, world.conversation);
    let elsewhere = services.conversation(owner, "web", "elsewhere").await.unwrap();
    let token = services.offer_action(owner, room, "pause-monitor shop").await.unwrap();

    assert_eq!(services.action(owner, room, &token).await.unwrap().as_deref(), Some("pause-monitor shop"));
    assert_eq!(services.action(owner, elsewhere, &token).await.unwrap(), None);
    assert_eq!(services.action(owner, room, "").await.unwrap(), None);
    assert_eq!(services.action(owner, room, "a\0b").await.unwrap(), None);
    world.clock.advance(DAY);
    assert_eq!(services.action(owner, room, &token).await.unwrap(), None);
});

both!(buttons_have_tokens_that_fit_every_platform_and_differ, async |database| {
    let world = World::new(database).await;
    let mut tokens = HashSet::new();
    for _ in 0..20 {
        let token = world.services.offer_action(&world.owner, world.conversation, "status").await.unwrap();
        assert!((20..=48).contains(&token.len()), "{token}");
        assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{token}");
        tokens.insert(token);
    }
    assert_eq!(tokens.len(), 20);
});

both!(whoever_follows_a_conversation_sees_each_change_once, async |database| {
    let world = World::new(database).await;
    let (shop, blog) = (world.add("shop").await, world.add("blog").await);
    let mut seen = 0;
    let mut news = async || {
        let cards = world.services.messages_after(&world.owner, world.conversation, seen).await.unwrap();
        seen = cards.last().map_or(seen, |card| card.seq);
        assert_eq!(world.services.last_seq(&world.owner, world.conversation).await.unwrap(), seen);
        cards
            .into_iter()
            .map(|card| (card.incident().unwrap().only.clone().unwrap_or_default(), card.revision))
            .collect::<Vec<_>>()
    };
    assert_eq!(news().await, []);
    world.check(&shop, Reason::ConnectionRefused).await;
    world.check(&blog, Reason::ConnectionRefused).await;
    assert_eq!(news().await, [("shop".to_owned(), 1), ("blog".to_owned(), 1)]);
    world.check(&shop, Reason::Ok).await;
    assert_eq!(news().await, [("shop".to_owned(), 2)]);
    assert_eq!(news().await, []);
});
