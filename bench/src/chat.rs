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

    /// Follows the incident cards of the conversation.
    pub(crate) async fn cards(&self) -> anyhow::Result<Cards> {
        let url = format!("{}/api/v1/conversations/{CONVERSATION}/events", self.base);
        let response = self.http.get(url).send().await?.error_for_status()?;
        let (send, cards) = mpsc::channel(1_000);
        let reader = tokio::spawn(read_cards(response, send)).abort_handle();
        Ok(Cards { cards, reader })
    }
}

/// A card as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Card {
    /// Stays the same when the card changes.
    pub(crate) id: String,
    pub(crate) revision: i64,
    /// When it arrived, in microseconds since 1970.
    pub(crate) arrived_us: u64,
}

/// The cards of a conversation as they arrive.
pub(crate) struct Cards {
    cards: mpsc::Receiver<Card>,
    reader: AbortHandle,
}

impl Cards {
    /// Waits for the next card that is meant, passing over others.
    pub(crate) async fn wait(&mut self, is_meant: impl Fn(&Card) -> bool) -> anyhow::Result<Card> {
        let wait = async {
            while let Some(card) = self.cards.recv().await {
                if is_meant(&card) {
                    return Ok(card);
                }
            }
            Err(anyhow!("the event stream ended"))
        };
        tokio::time::timeout(CARD, wait).await.with_context(|| format!("no card came within {CARD:?}"))?
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
            let Ok(card) = serde_json::from_str::<Value>(&event.data) else { return };
            let (Some(id), Some(revision)) = (card["id"].as_str(), card["revision"].as_i64()) else { return };
            if send.send(Card { id: id.to_owned(), revision, arrived_us }).await.is_err() {
                return;
            }
        }
    }
}
