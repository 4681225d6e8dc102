//! A conversation with a running Watchword.

use std::time::Duration;

use anyhow::{Context, anyhow, ensure};
use reqwest::{Client, Response};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use crate::clock::now_us;
use crate::setup::Setup;
use crate::sse::Reader;
use crate::watchword::Watchword;

/// The conversation's id.
pub(crate) const CONVERSATION: &str = "bench";

/// How long a card may take.
const CARD: Duration = Duration::from_secs(20);

/// Speaks in one conversation.
pub(crate) struct Chat {
    base: String,
    http: Client,
}

impl Chat {
    pub(crate) fn new(setup: &Setup, watchword: &Watchword) -> Self {
        Self { base: watchword.base.clone(), http: setup.http.clone() }
    }

    /// Says something and answers the replies, all of which have to be good.
    pub(crate) async fn say(&self, text: &str) -> anyhow::Result<Value> {
        let said = json!({ "text": text, "conversation": CONVERSATION });
        let response = self.http.post(format!("{}/api/v1/chat", self.base)).json(&said).send().await?;
        let mut answer: Value = response.error_for_status()?.json().await?;
        let replies = answer["replies"].take();
        let all_good =
            replies.as_array().is_some_and(|all| !all.is_empty() && all.iter().all(|reply| reply["ok"] == true));
        ensure!(all_good, "`{text}` was answered with {replies}");
        Ok(replies)
    }

    /// Asks what a line could go on with, which has to be something.
    pub(crate) async fn complete(&self, text: &str) -> anyhow::Result<Value> {
        let url = format!("{}/api/v1/chat/completions", self.base);
        let url = reqwest::Url::parse_with_params(&url, [("text", text)])?;
        let answer: Value = self.http.get(url).send().await?.error_for_status()?.json().await?;
        ensure!(
            answer["choices"].as_array().is_some_and(|choices| !choices.is_empty()),
            "`{text}` was not completed: {answer}"
        );
        Ok(answer)
    }

    /// Waits until the card of that audit names the address of its report, and answers it.
    pub(crate) async fn report(&self, audit: &str) -> anyhow::Result<String> {
        let url = format!("{}/api/v1/conversations/{CONVERSATION}/events", self.base);
        let mut response = self.http.get(url).send().await?.error_for_status()?;
        let mut reader = Reader::default();
        while let Some(bytes) = response.chunk().await? {
            for event in reader.take(&bytes).into_iter().filter(|event| event.name == "card") {
                let mut card: Value = serde_json::from_str(&event.data)?;
                let Value::String(text) = card["reply"]["text"].take() else { continue };
                let link = text.split_whitespace().find(|word| word.contains("/files/"));
                if let (true, Some(link)) = (text.starts_with(audit), link) {
                    return Ok(link.to_owned());
                }
                ensure!(!(text.starts_with(audit) && text.contains("failed")), "{text}");
            }
        }
        Err(anyhow!("the event stream ended"))
    }

    /// Follows the incident cards of the conversation.
    pub(crate) async fn cards(&self) -> anyhow::Result<Cards> {
        let url = format!("{}/api/v1/conversations/{CONVERSATION}/events", self.base);
        let response = self.http.get(url).send().await?.error_for_status()?;
        let (send, cards) = mpsc::channel(1_000);
        let reader = tokio::spawn(read_cards(response, send)).abort_handle();
        Ok(Cards { cards, reader })
    }
}

/// The card of an incident as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Card {
    /// Whether the incident lasts.
    pub(crate) is_down: bool,
    /// What it says after the name.
    pub(crate) text: String,
    /// When it arrived, in microseconds since 1970.
    pub(crate) arrived_us: u64,
}

impl Card {
    /// Reads an event.
    fn read(data: &str, arrived_us: u64) -> Option<Self> {
        let card: Value = serde_json::from_str(data).ok()?;
        let item = &card["reply"]["blocks"][0]["items"][0];
        let (status, text) = (item["status"].as_str()?, item["detail"].as_str()?);
        Some(Self { is_down: status == "down", text: text.to_owned(), arrived_us })
    }

    /// How many monitors it tells of: `m-1 is down, and 4999 more`, `all 5000 recovered`.
    pub(crate) fn members(&self) -> usize {
        let number = |text: &str, end: &str| -> Option<usize> { text.split_once(end)?.0.replace(',', "").parse().ok() };
        let more = self.text.split_once(", and ").and_then(|(_, rest)| number(rest, " more"));
        let all = self.text.strip_prefix("all ").and_then(|rest| number(rest, " "));
        more.map(|more| more + 1).or(all).unwrap_or(1)
    }
}

/// The cards of a conversation as they arrive.
pub(crate) struct Cards {
    cards: mpsc::Receiver<Card>,
    reader: AbortHandle,
}

impl Cards {
    /// Waits for the next card that is meant, passing over others.
    pub(crate) async fn wait(&mut self, is_meant: impl Fn(&Card) -> bool) -> anyhow::Result<Card> {
        let mut last = String::new();
        let wait = async {
            while let Some(card) = self.cards.recv().await {
                if is_meant(&card) {
                    return Ok(card);
                }
                last = card.text;
            }
            Err(anyhow!("the event stream ended"))
        };
        let came = tokio::time::timeout(CARD, wait).await;
        came.with_context(|| {
            format!("the card that is waited for did not come within {CARD:?}; the last said `{last}`")
        })?
    }
}

impl Drop for Cards {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

async fn read_cards(mut response: Response, send: mpsc::Sender<Card>) {
    let mut reader = Reader::default();
    while let Ok(Some(bytes)) = response.chunk().await {
        let arrived_us = now_us();
        for event in reader.take(&bytes).into_iter().filter(|event| event.name == "card") {
            let Some(card) = Card::read(&event.data, arrived_us) else { return };
            if send.send(card).await.is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_tells_of_how_many_monitors() {
        let card = |text: &str| Card { is_down: true, text: text.to_owned(), arrived_us: 0 };
        for (text, members) in [
            ("is down — the status is 503. Since 14:05 UTC. #1", 1),
            ("m-1 is down, and 4999 more — the status is 503. Since 14:05 UTC. #12", 5_000),
            ("m-1 is down, and 4,999 more. Since 14:05 UTC. 4 of 5000 still fail. #12", 5_000),
            ("all 5000 recovered after 3 s at 14:05 UTC; it was: the status is 503. #12", 5_000),
            ("recovered after 3 s at 14:05 UTC. #1", 1),
        ] {
            assert_eq!(card(text).members(), members, "{text}");
        }
    }

    #[test]
    fn a_card_is_read_as_the_stream_sends_it() {
        let item = json!({ "status": "down", "name": "m-1", "detail": "is down. #1" });
        let card =
            json!({ "id": "c-1", "revision": 1, "reply": { "blocks": [{ "type": "status_list", "items": [item] }] } });
        let card = Card::read(&card.to_string(), 7).unwrap();
        assert_eq!((card.is_down, &*card.text, card.arrived_us), (true, "is down. #1", 7));
        assert!(Card::read("{}", 7).is_none());
    }
}
