//! What `watchword doctor` says of Slack.

use std::time::Duration;

use adapter_common::Finding;
use adapter_slack::{Config, examine};
use monitor_core::Timestamp;
use monitor_core::secret::Secret;
use test_support::platforms::slack::Failure;

use crate::world::World;

/// The time, for the server gives it as well.
fn now() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "the server's answers carry the real time")]
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap())
}

async fn lines(config: &Config, at: Timestamp) -> String {
    let line = |finding: Finding| match finding.mend {
        None => format!("ok: {}", finding.what),
        Some(mend) => format!("wrong: {}; {mend}", finding.what),
    };
    examine(config, at).await.into_iter().map(line).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn what_is_as_it_has_to_be_is_said_so() {
    let world = World::new().await;
    let found = lines(&world.socket_mode(), now()).await;
    assert_eq!(found.lines().count(), 4, "{found}");
    assert!(found.lines().all(|line| line.starts_with("ok: ")), "{found}");
}

#[tokio::test]
async fn each_thing_that_is_wrong_says_how_it_is_mended() {
    let world = World::new().await;
    world.fake.revoke_scope("files:write");
    let found = lines(&world.http_mode(), now() + Duration::from_secs(1_000)).await;
    let found: String = found.chars().filter(|c| !c.is_ascii_digit()).collect();
    insta::assert_snapshot!(found, @r"
    wrong: Slack: this system's clock is  s from Slack's, so that no request of Slack's is believed; set the clock, for example by switching NTP on
    ok: Slack: the bot's token is that of watchword in the workspace Example
    wrong: Slack: the bot lacks the scopes files:write; add them under OAuth & Permissions, or bring the app up to date with `watchword slack-manifest`, and reinstall it
    ");

    world.fake.revoke_tokens();
    insta::assert_snapshot!(lines(&world.socket_mode(), now()).await, @r"
    ok: Slack: this system's clock agrees with Slack's
    wrong: Slack: the bot's token is not accepted (invalid_auth); install the app in the workspace, and copy the Bot User OAuth Token (xoxb-…) from OAuth & Permissions
    wrong: Slack: the app's token opens no connection (invalid_auth); switch Socket Mode on, and make an app-level token (xapp-…) with the scope connections:write under Basic Information
    ");

    world.fake.fail("auth.test", Failure::Status(200));
    insta::assert_snapshot!(lines(&world.socket_mode(), now()).await, @"wrong: Slack cannot be reached: it answers 200 OK with what is not Slack's; see that this system reaches https://slack.com");

    let mut unreachable = world.socket_mode();
    unreachable.api_url =
        Some(format!("http://{}/api", test_support::targets::misbehaving::nothing_listens()).parse().unwrap());
    unreachable.bot_token = Secret::new("xoxb-1-test");
    insta::assert_snapshot!(lines(&unreachable, now()).await, @"wrong: Slack cannot be reached: there is no connection; see that this system reaches https://slack.com");
}

#[tokio::test]
async fn slack_being_unwell_says_nothing_of_the_tokens() {
    let world = World::new().await;
    for failure in
        [Failure::Code("internal_error"), Failure::Code("ratelimited"), Failure::RateLimited(30), Failure::Status(503)]
    {
        for method in ["auth.test", "apps.connections.open"] {
            world.fake.fail(method, failure.clone());
        }
        let found = lines(&world.socket_mode(), now()).await;
        let wrong = found.lines().filter(|line| line.starts_with("wrong: "));
        let unwell = wrong.filter(|line| {
            line.starts_with("wrong: Slack does not answer just now (") || line.contains("it answers 503")
        });
        assert!(
            unwell.count() >= 1 && !found.contains("token is not accepted") && !found.contains("opens no"),
            "{found}"
        );
        // What was not asked for is not left for the next.
        world.fake.clear_failures();
    }
}
