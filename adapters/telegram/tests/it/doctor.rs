use adapter_common::Finding;
use adapter_telegram::{Config, Webhook, examine};
use monitor_core::secret::Secret;
use test_support::platforms::telegram::Failure;

use crate::world::World;

fn told(findings: &[Finding]) -> String {
    let one = |finding: &Finding| {
        let mend = finding.mend.as_deref().map_or_else(String::new, |mend| format!("\n    {mend}"));
        format!("{} {}{mend}", if finding.ok { "ok " } else { "BAD" }, finding.what)
    };
    findings.iter().map(one).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn the_doctor_says_what_each_setting_means_and_what_to_mend() {
    let world = World::asleep().await;
    insta::assert_snapshot!(told(&examine(&world.config(None)).await), @r"
    ok  telegram: the token is that of @its_bot
    ok  telegram: the bot may be added to groups
    ok  telegram: privacy mode is on: in groups the bot is sent its commands and replies to it, which is all it needs. To be called by its name as well, it has to be an administrator, or @BotFather /setprivacy has to be Disable and the bot added again
    ok  telegram: is asked for updates by long polling
    ok  telegram: its clock and this machine's agree
    ");

    world.fake.let_read_all();
    let webhook = Webhook { url: "https://bot.example/telegram".parse().unwrap(), secret: Secret::new("s") };
    insta::assert_snapshot!(told(&examine(&world.config(Some(webhook))).await), @r"
    ok  telegram: the token is that of @its_bot
    ok  telegram: the bot may be added to groups
    ok  telegram: privacy mode is off: in groups the bot is sent everything that is said, and answers its commands, its name and replies to it
    BAD telegram: does not deliver to https://bot.example/telegram yet
        start Watchword, which sets it; if it runs already, look for another program with the same token
    ok  telegram: its clock and this machine's agree
    ");

    let wrong = Config { token: Secret::new("123456789:AAGf3kXw9ZqTn5VbYc2LrJd8MhPs6Eu1KoI"), ..world.config(None) };
    insta::assert_snapshot!(told(&examine(&wrong).await), @r"
    BAD telegram: the token is not known
        telegram: Telegram does not know this token; ask @BotFather for it with /token and set it anew
    ");

    world.fake.fail("getMe", Failure::Break);
    let findings = examine(&world.config(None)).await;
    assert!(
        !findings[0].ok && findings[0].mend.as_deref().is_some_and(|mend| mend.contains("api_url")),
        "{findings:?}"
    );
}
