//! Socket Mode. Source: <https://docs.slack.dev/apis/events-api/using-socket-mode>.

use std::sync::Arc;

use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::{APP, Ack, Fake, Shared};

/// What a connection is told to do.
#[derive(Debug)]
pub(super) enum Order {
    Send(String),
    /// End as networks do.
    Break,
}

#[derive(Deserialize)]
struct Ticket {
    ticket: String,
}

pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new().route("/link", get(link)).with_state(shared)
}

/// Opens a connection for a ticket, which is good for one.
async fn link(State(shared): State<Arc<Shared>>, Query(asked): Query<Ticket>, upgrade: WebSocketUpgrade) -> Response {
    let known = shared.change(|state| {
        let at = state.tickets.iter().position(|ticket| *ticket == asked.ticket);
        at.map(|at| state.tickets.remove(at)).is_some()
    });
    if !known {
        return StatusCode::NOT_FOUND.into_response();
    }
    upgrade.on_upgrade(move |socket| serve(socket, shared))
}

async fn serve(mut socket: WebSocket, shared: Arc<Shared>) {
    let (sender, orders) = unbounded_channel();
    let (id, count) = shared.change(|state| {
        let id = state.tick();
        state.sockets.push((id, sender));
        (id, state.sockets.len())
    });
    let debug = json!({ "host": "applink-1", "build_number": 1, "approximate_connection_time": 18_060 });
    let hello = json!({
        "type": "hello", "num_connections": count, "connection_info": { "app_id": APP }, "debug_info": debug,
    });
    if socket.send(Message::text(hello.to_string())).await.is_ok() {
        talk(&mut socket, &shared, orders).await;
    }
    shared.change(|state| state.sockets.retain(|(own, _)| *own != id));
}

async fn talk(socket: &mut WebSocket, shared: &Shared, mut orders: UnboundedReceiver<Order>) {
    loop {
        tokio::select! {
            order = orders.recv() => match order {
                Some(Order::Send(text)) => if socket.send(Message::text(text)).await.is_err() { return },
                Some(Order::Break) | None => return,
            },
            message = socket.recv() => match message {
                Some(Ok(Message::Text(text))) => acknowledged(shared, &text),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {}
            },
        }
    }
}

fn acknowledged(shared: &Shared, text: &str) {
    let Ok(ack) = serde_json::from_str::<Value>(text) else { return };
    let Some(envelope) = ack["envelope_id"].as_str() else { return };
    shared.change(|state| {
        let at = state.tick();
        state.acks.push(Ack { envelope: envelope.to_owned(), payload: ack["payload"].clone(), at });
    });
}

impl Fake {
    /// Waits until that many connections are open.
    ///
    /// # Panics
    /// When they are not within a minute.
    pub async fn connected(&self, count: usize) {
        self.until(&format!("{count} connections"), |state| (state.sockets.len() == count).then_some(())).await;
    }

    /// Tells the app something by its newest connection and waits until it is acknowledged. `kind` is `slash_commands`,
    /// `interactive` or `events_api`.
    ///
    /// # Panics
    /// When it is not within a minute.
    pub async fn deliver(&self, kind: &str, payload: Value) -> Ack {
        let envelope = self.shared.change(|state| state.id("envelope-"));
        let text = json!({
            "type": kind, "envelope_id": envelope, "payload": payload,
            "accepts_response_payload": kind != "events_api", "retry_attempt": 0, "retry_reason": "",
        });
        let text = text.to_string();
        let send = |state: &super::State| {
            let (_, socket) = state.sockets.last()?;
            socket.send(Order::Send(text.clone())).ok()
        };
        self.until("a connection", send).await;
        let found = |state: &super::State| state.acks.iter().find(|ack| ack.envelope == envelope).cloned();
        self.until(&format!("the acknowledgement of {envelope}"), found).await
    }

    /// Asks for another connection in place of every one that is open, as Slack does every few hours.
    pub fn ask_to_refresh(&self) {
        let text =
            json!({ "type": "disconnect", "reason": "refresh_requested", "debug_info": { "host": "applink-1" } });
        self.look(|state| {
            for (_, socket) in &state.sockets {
                let _ = socket.send(Order::Send(text.to_string()));
            }
        });
    }

    /// Breaks every connection, without a word.
    pub fn break_connections(&self) {
        self.look(|state| {
            for (_, socket) in &state.sockets {
                let _ = socket.send(Order::Break);
            }
        });
    }
}
