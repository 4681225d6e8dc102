//! Discord, by mention in a channel of a connected guild.

use serde_json::Value;
use test_support::platforms::discord::{BOT, CHANNEL, Deed, Fake, State, TOKEN};

use super::{Stage, Surface};

pub(crate) fn variables(url: &str) -> [(&str, &str); 2] {
    [("WATCHWORD_DISCORD_TOKEN", TOKEN), ("WATCHWORD_DISCORD_API_URL", url)]
}

pub(crate) struct Discord<'a> {
    fake: &'a Fake,
}

impl<'a> Discord<'a> {
    pub(crate) async fn new(fake: &'a Fake, stage: &Stage) -> Self {
        fake.connected(1).await;
        let mut surface = Self { fake };
        let code = stage.code("connect discord").await;
        surface.say(&format!("connect {code}"), "").await;
        let code = stage.code("link discord").await;
        surface.say(&format!("link {code}"), "").await;
        surface
    }

    /// What the bot shows in messages after that one, once these words are among it.
    async fn later(&self, than: u64, shows: &str) -> String {
        let found = |state: &mut State| {
            let later = state.of_bot(CHANNEL).into_iter().filter(|message| id(message) > than);
            let shown = later.map(|message| drawn(&message)).collect::<Vec<_>>().join("\n");
            (!shown.is_empty() && shown.contains(shows)).then_some(shown)
        };
        self.fake.until(&format!("a message with `{shows}`"), found).await
    }

    fn last(&self) -> u64 {
        self.fake.with(|state| state.of_bot(CHANNEL).iter().map(id).max().unwrap_or_default())
    }

    fn with_button(&self, label: &str) -> (u64, String) {
        let messages = self.fake.with(|state| state.of_bot(CHANNEL));
        let found = messages.iter().rev().find_map(|message| {
            let button = buttons(message).into_iter().find(|button| button["label"] == label)?;
            Some((id(message), button["custom_id"].as_str()?.to_owned()))
        });
        found.unwrap_or_else(|| panic!("no button `{label}` in {messages:#?}"))
    }
}

impl Surface for Discord<'_> {
    const LAST_CHART: &'static str = "Uptime of shop";

    async fn say(&mut self, line: &str, shows: &str) -> String {
        let last = self.last();
        self.fake.say(CHANNEL, &format!("<@{BOT}> {line}"));
        self.later(last, shows).await
    }

    async fn press(&mut self, label: &str, shows: &str) -> String {
        let (message, button) = self.with_button(label);
        let pressed = self.fake.act(CHANNEL, Deed::Press(message, &button));
        let answer = self.fake.answer(pressed).await;
        let shown = drawn(&answer);
        assert!(shown.contains(shows), "{label}: {answer}");
        shown
    }

    async fn card(&mut self, shows: &str) -> String {
        let found =
            |state: &mut State| state.of_bot(CHANNEL).iter().rev().map(drawn).find(|shown| shown.contains(shows));
        self.fake.until(&format!("a card with `{shows}`"), found).await
    }

    async fn press_card(&mut self, label: &str) {
        let (message, button) = self.with_button(label);
        self.fake.act(CHANNEL, Deed::Press(message, &button));
    }

    async fn pdf(&mut self) -> Vec<u8> {
        let found = |state: &mut State| {
            let mut files = state.requests.iter().flat_map(|request| &request.files);
            files.find(|file| file.name.ends_with(".pdf")).map(|file| file.data.clone())
        };
        self.fake.until("a PDF", found).await
    }
}

fn id(message: &Value) -> u64 {
    message["id"].as_str().unwrap().parse().unwrap()
}

fn buttons(message: &Value) -> Vec<&Value> {
    let rows = message["components"].as_array().into_iter().flatten();
    rows.flat_map(|row| row["components"].as_array().into_iter().flatten()).collect()
}

/// What a person sees of a message, as far as words go.
fn drawn(message: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut shown = vec![text(&message["content"])];
    for embed in message["embeds"].as_array().into_iter().flatten() {
        shown.extend([text(&embed["title"]), text(&embed["description"])]);
        for field in embed["fields"].as_array().into_iter().flatten() {
            shown.push(format!("{}: {}", text(&field["name"]), text(&field["value"])));
        }
    }
    for file in message["attachments"].as_array().into_iter().flatten() {
        shown.push(format!("(picture: {})", text(&file["filename"])));
    }
    let labels: Vec<String> = buttons(message).iter().map(|button| format!("[{}]", text(&button["label"]))).collect();
    shown.push(labels.join(" "));
    shown.retain(|part| !part.is_empty());
    shown.join("\n")
}
