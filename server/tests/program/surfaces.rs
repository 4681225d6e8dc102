//! The same conversation on all five surfaces, with the real program: a monitor is added, fails, is acknowledged, recovers, is
//! reported on with a chart, and is deleted. What each surface shows is a snapshot for people to read.

#![expect(clippy::unwrap_used, clippy::panic, reason = "what tests stand on")]

#[path = "surfaces/browser.rs"]
pub(crate) mod browser;
#[path = "surfaces/discord.rs"]
pub(crate) mod discord;
#[path = "surfaces/slack.rs"]
pub(crate) mod slack;
#[path = "surfaces/telegram.rs"]
pub(crate) mod telegram;
#[path = "surfaces/terminal.rs"]
pub(crate) mod terminal;

use std::borrow::Cow;
use std::time::Duration;

use regex::Regex;
use test_support::targets::answering::{Answer, Answering, answering};

use crate::common::{Server, chat};

/// Longer than anything here takes; reached only when something is broken.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A place where people talk with Watchword.
pub(crate) trait Surface {
    /// What stands in the answer once the last chart of a report is shown.
    const LAST_CHART: &'static str;

    /// Says something; answers what is shown then, once these words are among it.
    async fn say(&mut self, line: &str, shows: &str) -> String;
    /// Presses the button of the last answer on which that stands.
    async fn press(&mut self, label: &str, shows: &str) -> String;
    /// Waits until the card of an incident shows these words.
    async fn card(&mut self, shows: &str) -> String;
    /// Presses the button of the card on which that stands.
    async fn press_card(&mut self, label: &str);
    /// Waits for a PDF, and takes it as a person would.
    async fn pdf(&mut self) -> Vec<u8>;
}

/// A running program, and a shop that it can watch.
pub(crate) struct Stage {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) server: Server,
    pub(crate) shop: Answering,
}

impl Stage {
    pub(crate) async fn new(variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start_with(folder.path(), variables).await;
        Self { folder, server, shop: answering(Answer::ok("hello")).await }
    }

    /// A code that lets a platform in: the last word in backticks of what is answered in the terminal.
    async fn code(&self, asks: &str) -> String {
        let answered = chat(&self.server, asks).await;
        assert_eq!(answered.code, 0, "{}", answered.text);
        let code = Regex::new(r"[0-9A-Z]{5}-[0-9A-Z]{5}").unwrap();
        let found = code.find(&answered.text).unwrap_or_else(|| panic!("no code in {}", answered.text));
        found.as_str().to_owned()
    }

    /// Talks about the shop from its first check to its end.
    async fn talk<S: Surface>(&self, surface: &mut S) -> String {
        let shop = self.shop.url();
        let mut told = Vec::new();
        let mut step = |said: &str, shown: String| told.push(format!("> {said}\n{shown}\n"));
        let add = format!("add-monitor {shop} name shop every 1s retries 0");
        step(&add.replace(&shop, "http://shop.example/"), readable(&surface.say(&add, "Shall I watch it").await));
        step("[Yes]", readable(&surface.press("Yes", "shop").await));
        self.shop.set_status(503);
        step("(the shop answers 503)", card(&surface.card("is down").await));
        surface.press_card("Acknowledge").await;
        step("[Acknowledge]", card(&surface.card("has acknowledged").await));
        self.shop.set_status(200);
        step("(the shop answers again)", card(&surface.card("recovered").await));
        step("show-report shop 1h", figures(&surface.say("show-report shop 1h", S::LAST_CHART).await));
        step("delete-monitor shop", readable(&surface.say("delete-monitor shop", "Shall I delete").await));
        step("[Yes]", readable(&surface.press("Yes", "is deleted").await));
        step("list-monitors", readable(&surface.say("list-monitors", "no monitors").await));
        told.join("\n")
    }
}

fn replace(text: &str, patterns: &[(&str, &str)]) -> String {
    let replaced = patterns.iter().fold(Cow::Borrowed(text), |text, (pattern, with)| {
        Cow::Owned(Regex::new(pattern).unwrap().replace_all(&text, *with).into_owned())
    });
    replaced.trim_end().to_owned()
}

/// What differs from one time to the next is replaced by what it is.
fn readable(text: &str) -> String {
    let patterns = [
        (r"127\.0\.0\.1:\d+", "shop.example"),
        (r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?( UTC)?", "DATE"),
        (r"\d{4}-\d\d-\d\d|\d{1,2} [A-Z][a-z]{2}( \d{4})?\b", "DAY"),
        (r"\b\d\d:\d\d(:\d\d)?( UTC)?", "TIME"),
        (r"\b\d+(\.\d+)? ?(ms|µs|s|min)\b( \d+ s\b)?", "LONG"),
        (r"(?m) +$", ""),
    ];
    replace(text, &patterns)
}

/// The words of a card, wherever its lines break.
fn card(text: &str) -> String {
    let text = readable(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    // Where a terminal's line ends depends on how long it took.
    replace(&text, &[(r"Unavailable,( expected)?$", "Unavailable, …")])
}

/// A report without its figures: each chart that is drawn with characters is a line.
fn figures(text: &str) -> String {
    let patterns = [
        (r"(?s)How it was counted:.*?(\n\n|\nLatency of|\n\(|$)", "How it was counted: …$1"),
        (r"(?m)^.*[│┤└─▁-█⠀-⣿]+.*$|^\s+TIME.*$|^.*···.*$", "CHART"),
        (r"(CHART\s*)+", "CHART\n"),
        (r"\d[\d.,]*", "N"),
        (r"N (B|kB)\b", "SIZE"),
        (r"LONG|N ?%", "N"),
        (r"expected( N)?…", "expected …"),
        (r" {2,}", "  "),
    ];
    replace(&readable(text), &patterns)
}

#[tokio::test]
async fn in_the_terminal() {
    let stage = Stage::new(&[]).await;
    let mut surface = terminal::Terminal::new(&stage.server, stage.folder.path()).await;
    insta::assert_snapshot!("terminal", stage.talk(&mut surface).await);
}

#[tokio::test]
async fn in_the_browser() {
    let stage = Stage::new(&[]).await;
    let mut surface = browser::Browser::new(&stage.server).await;
    insta::assert_snapshot!("browser", stage.talk(&mut surface).await);
}

#[tokio::test]
async fn on_discord() {
    let fake = test_support::platforms::discord::Fake::start().await;
    let stage = Stage::new(&discord::variables(&fake.url())).await;
    let mut surface = discord::Discord::new(&fake, &stage).await;
    insta::assert_snapshot!("discord", stage.talk(&mut surface).await);
}

#[tokio::test]
async fn on_slack() {
    let fake = test_support::platforms::slack::Fake::start().await;
    let stage = Stage::new(&slack::variables(fake.api_url().as_str())).await;
    let mut surface = slack::Slack::new(&fake, &stage).await;
    insta::assert_snapshot!("slack", stage.talk(&mut surface).await);
}

#[tokio::test]
async fn on_telegram() {
    let fake = telegram::fake().await;
    let stage = Stage::new(&telegram::variables(fake.url())).await;
    let mut surface = telegram::Telegram::new(&fake, &stage).await;
    insta::assert_snapshot!("telegram", stage.talk(&mut surface).await);
}

#[tokio::test]
async fn an_acknowledgement_in_one_place_shows_in_the_others_and_a_wrong_token_stops_nobody() {
    let (slack_fake, telegram_fake) = (test_support::platforms::slack::Fake::start().await, telegram::fake().await);
    let discord_fake = test_support::platforms::discord::Fake::start().await;
    let (slack_url, discord_url) = (slack_fake.api_url().to_string(), discord_fake.url());
    let mut variables: Vec<(&str, &str)> = slack::variables(&slack_url).to_vec();
    variables.extend(telegram::variables(telegram_fake.url()));
    variables.extend(discord::variables(&discord_url).iter().map(|(name, value)| match *name {
        "WATCHWORD_DISCORD_TOKEN" => (*name, "no token of anybody"),
        _ => (*name, *value),
    }));
    let stage = Stage::new(&variables).await;
    let mut slack = slack::Slack::new(&slack_fake, &stage).await;
    let mut telegram = telegram::Telegram::new(&telegram_fake, &stage).await;
    slack.say("follow everything", "here").await;
    telegram.say("follow everything", "here").await;
    let add = format!("add-monitor {} name shop every 1s retries 0 --yes", stage.shop.url());
    assert_eq!(chat(&stage.server, &add).await.code, 0);
    stage.shop.set_status(503);
    slack.card("is down").await;
    telegram.card("is down").await;
    telegram.press_card("Acknowledge").await;
    let card = slack.card("acknowledged").await;
    assert!(!card.contains("[Acknowledge]"), "{card}");
    stage.server.logs("Discord does not know the bot's token").await;
    assert!(!stage.server.log().contains("no token of anybody"));
}
