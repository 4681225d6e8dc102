//! Slash commands are registered as they are declared.

use std::num::NonZeroU64;

use serde_json::json;
use test_support::platforms::discord::{Failure, GUILD};

use crate::world::World;

/// How many requests changed commands.
fn changes(world: &World) -> usize {
    world.fake.with(|state| {
        let changing = |request: &&test_support::platforms::discord::Received| {
            request.path.contains("/commands") && request.method != "GET"
        };
        state.requests.iter().filter(changing).count()
    })
}

async fn registered(world: &World, guild: u64) -> usize {
    let declared = adapter_discord::declarations(guild != 0);
    let all = |state: &mut test_support::platforms::discord::State| {
        let known = state.commands.get(&guild)?;
        let same = declared.iter().all(|command| {
            known.get(&command.name).is_some_and(|known| known["description"] == command.description.as_str())
        });
        (same && known.len() == declared.len()).then_some(known.len())
    };
    world.fake.until("all commands to be registered", all).await
}

#[tokio::test]
async fn only_what_differs_is_registered_anew() {
    let world = World::start().await;
    let serving = world.serving().await;
    let count = registered(&world, 0).await;
    assert_eq!(changes(&world), count);
    serving.stop().await;

    world.fake.with(|state| {
        state.requests.clear();
        let known = state.commands.get_mut(&0).unwrap();
        known.get_mut("status").unwrap()["description"] = json!("as an older version had it");
        known.remove("ack");
        known.insert("gone".into(), json!({ "id": "7", "name": "gone", "type": 1, "description": "x" }));
        known.insert("Apply".into(), json!({ "id": "8", "name": "Apply", "type": 3, "description": "" }));
    });
    let serving = world.serve(world.config());
    let kept = |state: &mut test_support::platforms::discord::State| {
        let known = &state.commands[&0];
        let mended = known.contains_key("ack") && !known.contains_key("gone");
        (mended && known["status"]["description"] != "as an older version had it").then(|| known.contains_key("Apply"))
    };
    assert!(world.fake.until("the difference to be mended", kept).await, "what is typed by nobody is not ours");
    assert_eq!(changes(&world), 3);
    serving.stop().await;
}

#[tokio::test]
async fn commands_of_one_guild_are_none_of_all() {
    let world = World::start().await;
    world.fake.with(|state| {
        let known = state.commands.entry(0).or_default();
        known.insert("status".into(), json!({ "id": "7", "name": "status", "type": 1, "description": "x" }));
    });
    let serving = world.serve(adapter_discord::Config { guild: NonZeroU64::new(GUILD), ..world.config() });
    let count = registered(&world, GUILD).await;
    assert!(world.fake.with(|state| state.commands[&0].is_empty()));
    serving.stop().await;

    let before = changes(&world);
    let serving = world.serving().await;
    serving.stop().await;
    assert_eq!(before, count + 1);
}

#[tokio::test]
async fn registering_goes_on_after_discord_was_out_of_order() {
    let world = World::start().await;
    world.fake.fail_next("POST /applications", Failure::Status(503));
    world.fake.fail_next("GET /oauth2", Failure::Broken);
    let serving = world.serving().await;
    registered(&world, 0).await;
    serving.stop().await;
}

#[tokio::test]
async fn a_guild_that_the_bot_is_not_in_yet_is_waited_for() {
    let world = World::start().await;
    let of_guild = format!("/guilds/{GUILD}/commands");
    for (status, code) in [(403, 50001), (404, 10004)] {
        world.fake.fail_next(&of_guild, Failure::Refusal(status, code));
    }
    let serving = world.serve(adapter_discord::Config { guild: NonZeroU64::new(GUILD), ..world.config() });
    registered(&world, GUILD).await;
    serving.stop().await;
}
