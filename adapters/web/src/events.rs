//! `GET /api/v1/conversations/{conversation}/events`: what happens while nobody says anything.
//!
//! `card` is an incident or an audit as a message that changes: the same `id` with a higher `revision` replaces what was shown.
//! Its event id is its place in the conversation, from which a broken stream resumes. With `passing: true` it soon changes by
//! itself, as that of an audit which is being made. `overview` counts the monitors by status; the first one
//! follows the cards that the stream starts with.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use bot_core::reply::Block;
use futures_util::Stream;
use futures_util::stream::unfold;
use serde::Deserialize;
use serde_json::{Value, json};
use services::ServiceError;
use services::view::{Content, Post};
use tokio::sync::watch;

use crate::conversation::{self, Place, Platform};
use crate::error::ApiError;
use crate::{WebState, wire};

/// How often other processes' changes are looked for; those of this one are heard at once.
const POLL: Duration = Duration::from_secs(2);

/// How soon a client comes back after a stream broke.
const RETRY: Duration = Duration::from_secs(2);

const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Cards that a stream without a cursor starts with.
const FIRST_CARDS: usize = 50;

/// Changes that are looked through for them. A card that changed stands only at its latest place, so this is more than the cards.
const FIRST_CHANGES: i64 = 150;

#[derive(Deserialize)]
pub(crate) struct From {
    after: Option<i64>,
    #[serde(default)]
    platform: Platform,
}

pub(crate) async fn follow(
    State(state): State<WebState>,
    Path(id): Path<String>,
    query: Result<Query<From>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let wanted = "`after` is the number of the last event seen, `platform` is `web` or `terminal`";
    let Query(from) = query.map_err(|_| ApiError::Invalid(wanted.to_owned()))?;
    let place = conversation::find(&state, from.platform, Some(id)).await?;
    let resumed = headers.get("last-event-id").and_then(|value| value.to_str().ok()?.parse().ok());
    let follow = Follow::start(state, place, resumed.or(from.after)).await?;
    let events = unfold(follow, |mut follow| async move {
        let event = follow.next().await?;
        Some((Ok(event), follow))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

/// A conversation being followed.
struct Follow {
    state: WebState,
    place: Place,
    changes: watch::Receiver<u64>,
    /// Up to where the conversation was told.
    cursor: i64,
    ready: VecDeque<Event>,
    /// What was last told of how everything stands.
    overview: Option<Value>,
    /// Whether the last look found nothing more to tell.
    idle: bool,
}

impl Follow {
    async fn start(state: WebState, place: Place, cursor: Option<i64>) -> Result<Self, ServiceError> {
        // Subscribed before the first look, so that no change falls between the two.
        let changes = state.services.changes();
        let last = state.services.last_seq(&place.actor, place.conversation).await?;
        let ready = VecDeque::from([Event::default().retry(RETRY)]);
        let mut follow = Self { state, place, changes, cursor: last, ready, overview: None, idle: false };
        match cursor {
            // A cursor from before the database was made anew says nothing about this conversation.
            Some(cursor) if (0..=last).contains(&cursor) => follow.cursor = cursor,
            _ => follow.begin(last).await?,
        }
        Ok(follow)
    }

    /// Starts with the latest cards.
    async fn begin(&mut self, last: i64) -> Result<(), ServiceError> {
        self.cursor = (last - FIRST_CHANGES).max(0);
        let mut messages = self.messages().await?;
        messages.drain(..messages.len().saturating_sub(FIRST_CARDS));
        self.tell(&messages).await?;
        self.cursor = self.cursor.max(last);
        Ok(())
    }

    /// The next event; `None` when the stream ends.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            if self.idle && !self.wait().await {
                return None;
            }
            // The cause is logged where it happened; the client comes back and resumes.
            self.look().await.ok()?;
        }
    }

    /// Waits until there may be something new; `false` when the server stops.
    async fn wait(&mut self) -> bool {
        tokio::select! {
            () = self.state.shutdown.cancelled() => false,
            changed = self.changes.changed() => changed.is_ok(),
            () = tokio::time::sleep(POLL) => true,
        }
    }

    async fn look(&mut self) -> Result<(), ServiceError> {
        let messages = self.messages().await?;
        self.idle = messages.is_empty();
        self.tell(&messages).await?;
        self.look_around().await
    }

    async fn messages(&self) -> Result<Vec<Post>, ServiceError> {
        self.state.services.messages_after(&self.place.actor, self.place.conversation, self.cursor).await
    }

    async fn tell(&mut self, messages: &[Post]) -> Result<(), ServiceError> {
        let now = self.state.services.now();
        for message in messages {
            self.cursor = self.cursor.max(message.seq);
            let mut reply = bot_core::cards::card(&message.content, now);
            // There is no thread here that the file itself could be told in.
            if let Content::Audit(row) = &message.content
                && let Some(link) = self.state.services.report_link(row).await?
            {
                reply.blocks.push(Block::text(format!("The report as PDF: {link}")));
            }
            let mut card = json!({
                "id": message.id,
                "revision": message.revision,
                "created_at": message.created_at.to_string(),
                "updated_at": message.updated_at.to_string(),
                "reply": wire::reply(&reply),
            });
            if message.content.is_passing() {
                card["passing"] = true.into();
            }
            self.ready.push_back(Event::default().id(message.seq.to_string()).event("card").data(card.to_string()));
        }
        Ok(())
    }

    async fn look_around(&mut self) -> Result<(), ServiceError> {
        let status = self.state.services.status(&self.place.actor).await?;
        let counts: BTreeMap<&str, u64> = status
            .counts
            .iter()
            .filter(|(_, count)| *count > 0)
            .map(|(status, count)| (status.as_str(), *count))
            .collect();
        let overview = json!(counts);
        if self.overview.as_ref() != Some(&overview) {
            self.ready.push_back(Event::default().event("overview").data(overview.to_string()));
            self.overview = Some(overview);
        }
        Ok(())
    }
}
