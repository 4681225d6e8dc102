//! The gateway: <https://discord.com/developers/docs/events/gateway>.

use std::sync::Arc;

use axum::extract::State as Extract;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::state::Session;
use super::{APPLICATION, BOT, GUILD, Shared, objects};

/// How often the bot has to be heard from, in milliseconds.
const HEARTBEAT_MS: u64 = 41_250;

/// Something that a bot did at the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Began a session with these intents.
    Identified {
        /// What it wants to be told of.
        intents: u64,
    },
    /// Went on with a session after that event.
    Resumed {
        /// The number of the last event that it saw.
        seq: u64,
    },
    /// Closed the connection itself.
    Closed,
}

/// What is done with a connection.
#[derive(Debug, Clone)]
pub enum Order {
    /// Sends this.
    Send(Value),
    /// Asks the bot to connect anew.
    Reconnect,
    /// Says that the session is over, or that it may be resumed.
    Invalidate(bool),
    /// Closes with that code.
    Close(u16),
    /// Ends the connection without a word.
    Drop,
}

pub(super) async fn upgrade(Extract(shared): Extract<Arc<Shared>>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(move |socket| async move {
        // A connection that is broken off ends like one that is closed.
        drop(talk(shared, socket).await);
    })
}

async fn talk(shared: Arc<Shared>, mut socket: WebSocket) -> Result<(), axum::Error> {
    let (orders, mut ordered) = mpsc::unbounded_channel();
    say(&mut socket, &json!({ "op": 10, "d": { "heartbeat_interval": HEARTBEAT_MS, "_trace": [] } })).await?;
    loop {
        tokio::select! {
            message = socket.recv() => match message {
                Some(Ok(Message::Text(text))) => {
                    let said = serde_json::from_str(&text).unwrap_or(Value::Null);
                    hear(&shared, &said, &orders);
                }
                Some(Ok(Message::Close(_))) => shared.with(|state| {
                    state.events.push(Event::Closed);
                    for session in state.sessions.values_mut() {
                        session.connection.take_if(|connection| connection.same_channel(&orders));
                    }
                }),
                Some(Ok(_)) => {}
                None | Some(Err(_)) => return Ok(()),
            },
            Some(order) = ordered.recv() => match order {
                Order::Send(event) => say(&mut socket, &event).await?,
                Order::Reconnect => say(&mut socket, &json!({ "op": 7, "d": null })).await?,
                Order::Invalidate(resumable) => say(&mut socket, &json!({ "op": 9, "d": resumable })).await?,
                Order::Close(code) => {
                    let frame = CloseFrame { code, reason: "".into() };
                    socket.send(Message::Close(Some(frame))).await?;
                }
                Order::Drop => return Ok(()),
            },
        }
    }
}

async fn say(socket: &mut WebSocket, what: &Value) -> Result<(), axum::Error> {
    socket.send(Message::Text(what.to_string().into())).await
}

fn hear(shared: &Shared, said: &Value, orders: &mpsc::UnboundedSender<Order>) {
    let answer = |order| drop(orders.send(order));
    let data = &said["d"];
    match said["op"].as_u64() {
        Some(1) => answer(Order::Send(json!({ "op": 11, "d": null }))),
        Some(2) => identify(shared, data, orders),
        Some(6) => resume(shared, data, orders),
        Some(3) => {}
        _ => answer(Order::Close(4001)),
    }
}

fn is_token(shared: &Shared, data: &Value) -> bool {
    let token = data["token"].as_str().unwrap_or_default();
    shared.with(|state| token.trim_start_matches("Bot ") == state.token)
}

fn identify(shared: &Shared, data: &Value, orders: &mpsc::UnboundedSender<Order>) {
    if !is_token(shared, data) {
        drop(orders.send(Order::Close(4004)));
        return;
    }
    let intents = data["intents"].as_u64().unwrap_or_default();
    shared.with(|state| {
        let id = format!("session-{}", state.id());
        let mut session = Session { intents, sent: Vec::new(), connection: Some(orders.clone()) };
        let ready = json!({
            "v": 10, "user": objects::user(BOT), "guilds": [{ "id": GUILD.to_string(), "unavailable": true }], "session_id": id,
            "resume_gateway_url": state.gateway, "application": { "id": APPLICATION.to_string(), "flags": 0 }, "shard": [0, 1],
            "private_channels": [], "session_type": "normal",
        });
        session.send("READY", ready);
        if intents & 1 == 1 {
            session.send("GUILD_CREATE", objects::guild_create(state.permissions, state.guild_channels()));
        }
        // A bot has one session of its only shard.
        state.sessions.clear();
        state.sessions.insert(id, session);
        state.events.push(Event::Identified { intents });
    });
}

fn resume(shared: &Shared, data: &Value, orders: &mpsc::UnboundedSender<Order>) {
    let (id, seq) = (data["session_id"].as_str().unwrap_or_default(), data["seq"].as_u64().unwrap_or_default());
    let known = is_token(shared, data);
    shared.with(|state| {
        let Some(session) = state.sessions.get_mut(id).filter(|_| known) else {
            drop(orders.send(Order::Invalidate(false)));
            return;
        };
        let seen = usize::try_from(seq).unwrap_or(usize::MAX).min(session.sent.len());
        for event in &session.sent[seen..] {
            drop(orders.send(Order::Send(event.clone())));
        }
        session.connection = Some(orders.clone());
        session.send("RESUMED", json!({ "_trace": [] }));
        state.events.push(Event::Resumed { seq });
    });
}
