//! What is brought to people while Discord does not take it.

use test_support::platforms::discord::{DIRECT, Failure, State};

use crate::world::World;

/// What the bot has answered in the direct conversation: the messages that it answers.
fn answered(state: &mut State) -> Vec<String> {
    let own = state.of_bot(DIRECT);
    own.iter().filter_map(|message| message["message_reference"]["message_id"].as_str().map(str::to_owned)).collect()
}

#[tokio::test]
async fn an_answer_that_cannot_be_brought_holds_up_nothing_that_is_said_next() {
    let world = World::start().await;
    let _serving = world.serving().await;
    world.fake.fail_next(&format!("POST /channels/{DIRECT}/messages"), Failure::Hang);
    world.fake.say(DIRECT, "whoami");
    world.fake.until("a try to answer", |state| state.failures.is_empty().then_some(())).await;
    world.fake.say(DIRECT, "declare-incident \"payments are down\"");
    while world.services.incident(&world.owner, Some("#1")).await.is_err() {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.fake.with(answered), [""; 0], "the first answer is still on its way");
}

#[tokio::test]
async fn answers_are_brought_in_their_order_when_discord_is_well_again() {
    let world = World::start().await;
    let serving = world.serving().await;
    for _ in 0..2 {
        world.fake.fail_next(&format!("POST /channels/{DIRECT}/messages"), Failure::Status(502));
    }
    let said = ["whoami", "list-incidents"].map(|line| world.fake.say(DIRECT, line).to_string());
    world.fake.until("both answers", |state| (answered(state).len() >= 2).then_some(())).await;
    assert_eq!(world.fake.with(answered), said);
    serving.stop().await;
}
