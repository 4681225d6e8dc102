//! Socket Mode: Slack tells what happens over WebSockets that the program opens.
//!
//! The listener of slack-morphism is not used: it waits without a bound for Slack to answer while it connects, so that a
//! connection that dies in that moment is lost for good; it acknowledges an event after it was worked on; and it drops
//! an interaction when its message holds a block that it does not know.

use std::time::Duration;

use adapter_common::Backoff;
use futures_util::{SinkExt as _, StreamExt as _};
use monitor_core::secret::Secret;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::{Instant, interval, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config};
use tokio_util::sync::CancellationToken;

use crate::api::{self, Api};
use crate::app::App;
use crate::event::Event;

/// Connections that are kept. Slack ends each of them every few hours, and sends by the other meanwhile.
/// Source: <https://docs.slack.dev/apis/events-api/using-socket-mode#connections>.
const CONNECTIONS: usize = 2;

/// How long connecting may take, and how long sending may.
const PATIENCE: Duration = Duration::from_secs(15);

/// How often it is asked whether the other end is there.
const PING: Duration = Duration::from_secs(15);

/// How long the other end may be silent.
const SILENCE: Duration = Duration::from_secs(45);

/// How much later each further connection is opened, so that not all of them end at the same time.
const STAGGER: Duration = Duration::from_millis(500);

/// Longest envelope; Slack's are some kilobytes long.
const LONGEST: usize = 4 << 20;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What Slack sends. Source: <https://docs.slack.dev/apis/events-api/using-socket-mode#events>.
#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "type")]
    kind: String,
    envelope_id: Option<String>,
    #[serde(default)]
    payload: Value,
    #[serde(default)]
    reason: String,
}

/// Why a connection ended.
enum End {
    /// The program ends.
    Shutdown,
    /// Slack wants another one.
    Refresh,
    /// It broke.
    Broken(String),
}

/// Keeps the connections until the program ends.
pub(crate) async fn run(app: &App, api: &Api, app_token: &Secret, shutdown: &CancellationToken) {
    let keep = |number| async move {
        // One after the other, so that they do not end at the same time.
        let delay = STAGGER * u32::try_from(number).unwrap_or(0);
        if shutdown.run_until_cancelled(sleep(delay)).await.is_some() {
            keep_one(app, api, app_token, shutdown).await;
        }
    };
    futures_util::future::join_all((0..CONNECTIONS).map(keep)).await;
}

async fn keep_one(app: &App, api: &Api, app_token: &Secret, shutdown: &CancellationToken) {
    let mut backoff = Backoff::default();
    loop {
        let since = Instant::now();
        let ended = match Box::pin(shutdown.run_until_cancelled(connect(api, app_token))).await {
            None => End::Shutdown,
            Some(Err(why)) => End::Broken(why),
            Some(Ok(socket)) => listen(socket, app, shutdown).await,
        };
        let lasted = since.elapsed() > Backoff::LONGEST;
        if lasted {
            backoff = Backoff::default();
        }
        match ended {
            End::Shutdown => return,
            End::Refresh if lasted => continue,
            // Whoever is sent away at once does not come back at once.
            End::Refresh => tracing::debug!("slack asks for another connection soon after the last"),
            End::Broken(why) => {
                tracing::warn!(why, "the connection to slack is lost, and opened again");
            }
        }
        if !backoff.wait(Duration::ZERO, shutdown).await {
            return;
        }
    }
}

async fn connect(api: &Api, app_token: &Secret) -> Result<Socket, String> {
    let url = api.open_socket(app_token).await.map_err(|refusal| refusal.to_string())?;
    let tls = api::tls().map_err(|error| error.to_string())?;
    let limits = WebSocketConfig::default().max_message_size(Some(LONGEST)).max_frame_size(Some(LONGEST));
    let connecting = connect_async_tls_with_config(url, Some(limits), true, Some(Connector::Rustls(tls)));
    match timeout(PATIENCE, connecting).await {
        Ok(Ok((socket, _))) => Ok(socket),
        // The text of the error names the address, which is a secret.
        Ok(Err(_)) => Err("the WebSocket could not be opened".to_owned()),
        Err(_) => Err(format!("the WebSocket was not opened within {} s", PATIENCE.as_secs())),
    }
}

/// Hears and acknowledges until the connection ends.
async fn listen(mut socket: Socket, app: &App, shutdown: &CancellationToken) -> End {
    let mut ping = interval(PING);
    let mut heard = Instant::now();
    loop {
        let to_send = tokio::select! {
            () = shutdown.cancelled() => {
                // Whether the other end hears of it does not matter any more.
                let _ = timeout(Duration::from_secs(1), socket.close(None)).await;
                return End::Shutdown;
            }
            _ = ping.tick() => {
                if heard.elapsed() > SILENCE {
                    return End::Broken(format!("slack said nothing for {} s", SILENCE.as_secs()));
                }
                Some(Message::Ping(Default::default()))
            }
            message = socket.next() => {
                heard = Instant::now();
                match message {
                    Some(Ok(Message::Text(text))) => match hear(&text, app) {
                        Heard::Event(acknowledgement) => acknowledgement,
                        Heard::Refresh => {
                            let _ = timeout(Duration::from_secs(1), socket.close(None)).await;
                            return End::Refresh;
                        }
                        Heard::Disabled => {
                            return End::Broken("Socket Mode is switched off in the app's settings".to_owned());
                        }
                    },
                    Some(Ok(Message::Close(_))) | None => return End::Broken("slack closed it".to_owned()),
                    Some(Ok(_)) => None,
                    Some(Err(error)) => return End::Broken(error.to_string()),
                }
            }
        };
        if let Some(message) = to_send {
            match timeout(PATIENCE, socket.send(message)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return End::Broken(error.to_string()),
                Err(_) => return End::Broken("slack does not read any more".to_owned()),
            }
        }
    }
}

/// What a message of Slack's asks for.
enum Heard {
    /// Nothing but to be acknowledged.
    Event(Option<Message>),
    /// Another connection.
    Refresh,
    /// Nothing more: Socket Mode is off.
    Disabled,
}

/// Takes what an envelope holds. It is acknowledged whether it can be read or not, for it would be no better the next time.
fn hear(text: &str, app: &App) -> Heard {
    let Ok(Envelope { kind, envelope_id, payload, reason }) = serde_json::from_str(text) else {
        tracing::warn!("slack sent what is no envelope");
        return Heard::Event(None);
    };
    let event = match kind.as_str() {
        "disconnect" if reason == "link_disabled" => return Heard::Disabled,
        "disconnect" => {
            tracing::debug!(reason, "slack asks for another connection");
            return Heard::Refresh;
        }
        "slash_commands" => Event::command(payload).map(Some),
        "interactive" => Event::interaction(payload),
        "events_api" => Event::callback(payload),
        _ => Ok(None),
    };
    match event {
        Ok(Some(event)) => app.take(event),
        Ok(None) => {}
        Err(error) => tracing::warn!(kind, %error, "an event of slack could not be read"),
    }
    Heard::Event(envelope_id.map(|id| Message::text(json!({ "envelope_id": id }).to_string())))
}
