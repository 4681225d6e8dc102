//! Follows the conversation: what happens while nobody says anything.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::Response;
use serde_json::Value;
use tokio::sync::mpsc::Sender;
use tokio::time::{sleep, timeout};

use crate::client::Client;
use crate::sse::{Event, Parser};

/// The server gives a sign of life every 15 seconds; a stream silent for longer than this is dead.
const SILENCE: Duration = Duration::from_secs(45);

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What happened.
#[derive(Debug)]
pub(crate) enum Happening {
    /// A card was posted or changed.
    Card {
        /// Its id, the same through all its changes.
        id: String,
        /// Its reply as JSON.
        reply: Value,
        /// Whether it soon changes by itself.
        passing: bool,
    },
    /// How many monitors have which status. Told at the start of the stream and whenever it changes.
    Overview(BTreeMap<String, u64>),
    /// The stream broke and the server did not answer at once.
    Lost,
    /// It answers again.
    Back,
}

/// Follows until nobody listens any more, coming back after every break.
pub(crate) async fn follow(client: Client, mut response: Response, to: Sender<Happening>) {
    let mut place = Place::default();
    loop {
        if listen(&mut response, &mut place, &to).await.is_none() {
            return;
        }
        let mut pause = FIRST_PAUSE;
        let mut told = false;
        response = loop {
            sleep(pause).await;
            if let Ok(response) = client.events(place.after.as_deref()).await {
                break response;
            }
            if !told && to.send(Happening::Lost).await.is_err() {
                return;
            }
            told = true;
            pause = (pause * 2).min(LONGEST_PAUSE);
        };
        if told && to.send(Happening::Back).await.is_err() {
            return;
        }
    }
}

/// Where one is in the stream.
#[derive(Debug, Default)]
struct Place {
    /// The last event with a number.
    after: Option<String>,
    /// Whether what the stream starts with is over: cards that this conversation was told long ago.
    current: bool,
}

/// Passes on what arrives until the stream breaks; `None` when nobody listens any more.
async fn listen(response: &mut Response, place: &mut Place, to: &Sender<Happening>) -> Option<()> {
    let mut parser = Parser::default();
    while let Ok(Ok(Some(chunk))) = timeout(SILENCE, response.chunk()).await {
        let Some(events) = parser.push(&chunk) else { break };
        for event in events {
            if let Some(happening) = place.take(event) {
                to.send(happening).await.ok()?;
            }
        }
    }
    (!to.is_closed()).then_some(())
}

impl Place {
    fn take(&mut self, event: Event) -> Option<Happening> {
        self.after = event.id.or(self.after.take());
        match event.name.as_str() {
            "card" if self.current => {
                let mut card: Value = serde_json::from_str(&event.data).ok()?;
                let id = card["id"].as_str().unwrap_or_default().to_owned();
                Some(Happening::Card { id, passing: card["passing"] == true, reply: card["reply"].take() })
            }
            "overview" => {
                self.current = true;
                Some(Happening::Overview(serde_json::from_str(&event.data).ok()?))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(name: &str, id: Option<&str>, data: &str) -> Event {
        Event { name: name.to_owned(), id: id.map(str::to_owned), data: data.to_owned() }
    }

    #[test]
    fn old_cards_are_not_told_again_but_new_ones_are() {
        let mut place = Place::default();
        assert!(place.take(event("card", Some("3"), r#"{"reply":{"text":"old"}}"#)).is_none());
        assert!(
            matches!(place.take(event("overview", None, r#"{"up":2}"#)), Some(Happening::Overview(counts)) if counts["up"] == 2)
        );
        let told = place.take(event("card", Some("4"), r#"{"reply":{"text":"new"}}"#));
        assert!(matches!(told, Some(Happening::Card { reply, passing: false, .. }) if reply["text"] == "new"));
        assert_eq!(place.after.as_deref(), Some("4"));
    }

    #[test]
    fn what_is_not_understood_is_passed_over() {
        let mut place = Place { after: None, current: true };
        assert!(place.take(event("card", Some("5"), "not json")).is_none());
        assert!(place.take(event("news", Some("6"), "{}")).is_none());
        assert_eq!(place.after.as_deref(), Some("6"));
    }
}
