//! What `watchword doctor` finds out.

use std::num::NonZeroU64;

use adapter_common::Finding;
use adapter_discord::{Config, examine};
use monitor_core::secret::Secret;
use test_support::platforms::discord::Failure;

use crate::world::World;

fn lines(found: &[Finding]) -> String {
    let line = |finding: &Finding| {
        let mend = finding.mend.as_deref().map(|mend| format!("\n  -> {mend}")).unwrap_or_default();
        format!("{} {}{mend}\n", if finding.ok { "ok" } else { "no" }, finding.what)
    };
    found.iter().map(line).collect()
}

#[tokio::test]
async fn what_is_well_is_said() {
    let world = World::start().await;
    let config = Config { public_key: Some(world.fake.public_key()), ..world.config() };
    world.fake.with(|state| state.endpoint = Some("https://watch.example/discord/interactions".to_owned()));
    insta::assert_snapshot!(lines(&examine(&config).await), @r"
    ok the token is that of the application Watchword (1100000000000000000)
    ok no privileged intent is needed: the bot reads what is said to it alone
    ok discord.public_key is that of the application
    ok Discord posts interactions to https://watch.example/discord/interactions
    ok in Shop the bot may do what it has to
    ");
}

#[tokio::test]
async fn what_is_wrong_is_said_with_what_mends_it() {
    let world = World::start().await;
    world.fake.with(|state| state.permissions = 1 << 11);
    let config = Config { guild: NonZeroU64::new(7), public_key: Some("00".repeat(32)), ..world.config() };
    let found = lines(&examine(&config).await);
    insta::assert_snapshot!(found.replace(&world.fake.public_key(), "[key]"), @r"
    ok the token is that of the application Watchword (1100000000000000000)
    ok no privileged intent is needed: the bot reads what is said to it alone
    no discord.public_key is that of another application
      -> put the key from the page General Information of your application in discord.public_key: [key]
    no Discord posts interactions to no address, so that no command arrives
      -> start the program, then put the address that leads to it in the Interactions Endpoint URL on the page General Information of your application: https://…/discord/interactions
    no the bot is not in the guild 7 of discord.guild
      -> open https://discord.com/oauth2/authorize?client_id=1100000000000000000&scope=bot%20applications.commands&permissions=309237763072 and choose it, or take discord.guild away
    no in Shop the bot lacks: View Channel, Embed Links, Attach Files, Read Message History, Create Public Threads and Send Messages in Threads
      -> give its role these permissions, or invite it again: https://discord.com/oauth2/authorize?client_id=1100000000000000000&scope=bot%20applications.commands&permissions=309237763072
    ");

    let config = Config { token: Secret::new("not-it"), ..world.config() };
    insta::assert_snapshot!(lines(&examine(&config).await), @r"
    no Discord does not know the bot's token
      -> copy it anew from the page Bot of your application at https://discord.com/developers, and put it in discord.token
    ");

    world.fake.fail_next("GET /oauth2", Failure::Status(502));
    insta::assert_snapshot!(lines(&examine(&world.config()).await), @r"
    no Discord cannot be asked: something that is not Discord answered with 502
      -> look whether https://discord.com can be reached from here
    ");
}

#[tokio::test]
async fn interactions_that_go_elsewhere_are_told() {
    let world = World::start().await;
    let posted = Config { public_key: Some(world.fake.public_key()), ..world.config() };
    let told = async |config: &Config, endpoint: Option<&str>| {
        world.fake.with(|state| state.endpoint = endpoint.map(str::to_owned));
        let found = lines(&examine(config).await);
        let about: Vec<&str> = found.lines().skip_while(|line| !line.contains("posts interactions")).take(2).collect();
        about.join("\n")
    };
    assert_eq!(told(&world.config(), None).await, "");
    insta::assert_snapshot!(told(&world.config(), Some("https://watch.example/discord/interactions")).await, @r#"
    no Discord posts interactions to https://watch.example/discord/interactions, so that no command arrives by the gateway
      -> empty the Interactions Endpoint URL on the page General Information of your application, or take interactions there: discord.mode = "http"
    "#);
    insta::assert_snapshot!(told(&posted, None).await, @r"
    no Discord posts interactions to no address, so that no command arrives
      -> start the program, then put the address that leads to it in the Interactions Endpoint URL on the page General Information of your application: https://…/discord/interactions
    ");
    insta::assert_snapshot!(told(&posted, Some("https://watch.example/slack/events")).await, @r"
    no Discord posts interactions to https://watch.example/slack/events, and they are taken at /discord/interactions
      -> mend the Interactions Endpoint URL on the page General Information of your application: it ends in /discord/interactions, unless a proxy of yours changes that
    ");
}
