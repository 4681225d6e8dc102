//! Slack, by the slash command in a channel of a connected workspace.

use test_support::platforms::slack::{ADA, APP_TOKEN, BOT_TOKEN, Fake, Message, OPS, State};

use super::{Stage, Surface};

pub(crate) fn variables(url: &str) -> [(&str, &str); 3] {
    [
        ("WATCHWORD_SLACK_BOT_TOKEN", BOT_TOKEN),
        ("WATCHWORD_SLACK_APP_TOKEN", APP_TOKEN),
        ("WATCHWORD_SLACK_API_URL", url),
    ]
}

pub(crate) struct Slack<'a> {
    fake: &'a Fake,
}

impl<'a> Slack<'a> {
    pub(crate) async fn new(fake: &'a Fake, stage: &Stage) -> Self {
        fake.connected(2).await;
        let mut surface = Self { fake };
        let code = stage.code("connect slack").await;
        surface.say(&format!("connect {code}"), "").await;
        let code = stage.code("link slack").await;
        surface.say(&format!("link {code}"), "").await;
        surface
    }

    /// What was shown after so many messages and files, once these words are among it.
    async fn later(&self, (messages, files): (usize, usize), shows: &str) -> String {
        let found = |state: &State| {
            let mut shown: Vec<String> = own(state).skip(messages).map(drawn).collect();
            let shared = state.files.values().filter(|file| file.shared.is_some()).skip(files);
            shown.extend(shared.map(|file| format!("(picture: {}, {})", file.name, file.alt)));
            let shown = shown.join("\n");
            (!shown.is_empty() && shown.contains(shows)).then_some(shown)
        };
        self.fake.until(&format!("a message with `{shows}`"), found).await
    }

    fn so_far(&self) -> (usize, usize) {
        let shared = |state: &State| state.files.values().filter(|file| file.shared.is_some()).count();
        self.fake.look(|state| (own(state).count(), shared(state)))
    }

    fn with_button(&self, label: &str) -> Message {
        let found =
            self.fake.look(|state| own(state).filter(|message| message.button(label).is_some()).last().cloned());
        found.unwrap_or_else(|| panic!("no button `{label}`"))
    }
}

impl Surface for Slack<'_> {
    const LAST_CHART: &'static str = "(picture: uptime-of-shop.png";

    async fn say(&mut self, line: &str, shows: &str) -> String {
        let before = self.so_far();
        self.fake.command(OPS, ADA, line).await;
        self.later(before, shows).await
    }

    async fn press(&mut self, label: &str, shows: &str) -> String {
        let before = self.so_far();
        self.fake.press(ADA, &self.with_button(label), label).await;
        self.later(before, shows).await
    }

    async fn card(&mut self, shows: &str) -> String {
        let found = |state: &State| own(state).map(drawn).filter(|shown| shown.contains(shows)).last();
        self.fake.until(&format!("a card with `{shows}`"), found).await
    }

    async fn press_card(&mut self, label: &str) {
        self.fake.press(ADA, &self.with_button(label), label).await;
    }

    async fn pdf(&mut self) -> Vec<u8> {
        let found = |state: &State| {
            let mut shared = state.files.values().filter(|file| file.shared.is_some());
            shared.find(|file| file.name.ends_with(".pdf")).map(|file| file.data.clone())
        };
        self.fake.until("a PDF", found).await
    }
}

fn own(state: &State) -> impl Iterator<Item = &Message> {
    state.messages.iter().filter(|message| message.by_bot && message.channel == OPS && message.thread.is_none())
}

/// What a person sees of a message, as far as words go.
fn drawn(message: &Message) -> String {
    let labels = message.blocks.iter().filter(|block| block["type"] == "actions");
    let labels = labels.flat_map(|block| block["elements"].as_array().into_iter().flatten());
    let labels: Vec<String> =
        labels.filter_map(|button| Some(format!("[{}]", button["text"]["text"].as_str()?))).collect();
    format!("{}\n{}", message.words().trim_end(), labels.join(" ")).trim_end().to_owned()
}
