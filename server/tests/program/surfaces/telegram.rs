//! Telegram, in a private chat with the bot.

use serde_json::Value;
use services::{Clock as _, SystemClock};
use test_support::platforms::telegram::{BOT_ID, Fake, TOKEN};

use super::{Stage, Surface};

const ADA: i64 = 5;

pub(crate) fn variables(url: &str) -> [(&str, &str); 2] {
    [("WATCHWORD_TELEGRAM_TOKEN", TOKEN), ("WATCHWORD_TELEGRAM_API_URL", url)]
}

/// A platform on which Ada has begun to talk with the bot.
pub(crate) async fn fake() -> Fake {
    let fake = Fake::start(SystemClock.now().as_millis() / 1_000).await;
    fake.person(ADA, "Ada");
    fake
}

pub(crate) struct Telegram<'a> {
    fake: &'a Fake,
}

impl<'a> Telegram<'a> {
    pub(crate) async fn new(fake: &'a Fake, stage: &Stage) -> Self {
        let mut surface = Self { fake };
        let code = stage.code("link telegram").await;
        surface.say(&format!("link {code}"), "").await;
        surface
    }

    fn own(&self) -> Vec<Value> {
        self.fake.messages(ADA).into_iter().filter(|message| message["from"]["id"] == BOT_ID).collect()
    }

    /// What was said after that message, once these words are among it.
    async fn later(&self, than: i64, shows: &str) -> String {
        let said = || {
            let later = self.own().into_iter().filter(|message| id(message) > than);
            later.map(|message| drawn(&message)).collect::<Vec<_>>().join("\n")
        };
        self.fake.until(&format!("a message shows `{shows}`"), |_| !said().is_empty() && said().contains(shows)).await;
        said()
    }

    fn last(&self) -> i64 {
        self.fake.messages(ADA).iter().map(id).max().unwrap_or_default()
    }

    fn with_button(&self, label: &str) -> i64 {
        let shown = format!("[{label}]");
        let found = self.own().into_iter().rev().find(|message| drawn(message).contains(&shown));
        id(&found.unwrap_or_else(|| panic!("no button `{label}`")))
    }
}

impl Surface for Telegram<'_> {
    const LAST_CHART: &'static str = "Uptime of shop";

    async fn say(&mut self, line: &str, shows: &str) -> String {
        let last = self.last();
        self.fake.say(ADA, ADA, line);
        self.later(last, shows).await
    }

    async fn press(&mut self, label: &str, shows: &str) -> String {
        let last = self.last();
        self.fake.press(ADA, ADA, self.with_button(label), label);
        self.later(last, shows).await
    }

    async fn card(&mut self, shows: &str) -> String {
        let found = || self.own().iter().rev().map(drawn).find(|shown| shown.contains(shows));
        self.fake.until(&format!("a card shows `{shows}`"), |_| found().is_some()).await;
        found().unwrap()
    }

    async fn press_card(&mut self, label: &str) {
        self.fake.press(ADA, ADA, self.with_button(label), label);
    }

    async fn pdf(&mut self) -> Vec<u8> {
        let found = || {
            let files = self.fake.calls_of("sendDocument").into_iter().flat_map(|call| call.files);
            files.into_iter().find(|file| file.name.ends_with(".pdf")).map(|file| file.bytes)
        };
        self.fake.until("a PDF", |_| found().is_some()).await;
        found().unwrap()
    }
}

fn id(message: &Value) -> i64 {
    message["message_id"].as_i64().unwrap()
}

/// What a person sees of a message, as far as words go.
fn drawn(message: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut shown = vec![text(&message["text"]), text(&message["caption"])];
    if message["photo"].is_array() {
        shown.push("(picture)".to_owned());
    }
    let rows = message["reply_markup"]["inline_keyboard"].as_array().into_iter().flatten();
    let labels = rows.flat_map(|row| row.as_array().into_iter().flatten());
    let labels: Vec<String> = labels.map(|button| format!("[{}]", text(&button["text"]))).collect();
    shown.push(labels.join(" "));
    shown.retain(|part| !part.is_empty());
    shown.join("\n")
}
