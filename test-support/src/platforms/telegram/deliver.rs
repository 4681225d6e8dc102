//! Updates on their way to the webhook.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Shared;

/// How soon a delivery is tried again. Telegram takes longer, which no test wants to wait for.
const AGAIN: Duration = Duration::from_millis(20);

/// Delivers one update after another while a webhook is set.
pub(super) async fn deliver(shared: Arc<Shared>) {
    let mut changed = shared.changed.subscribe();
    loop {
        let next = {
            let state = shared.lock();
            let update = state.updates.front().filter(|_| !state.webhook.url.is_empty()).cloned();
            update.map(|update| (state.webhook.url.clone(), state.webhook.secret.clone(), update))
        };
        let Some((url, secret, update)) = next else {
            if changed.changed().await.is_err() {
                return;
            }
            continue;
        };
        let status = post(&url, &secret, &update).await.unwrap_or(0);
        {
            let mut state = shared.lock();
            let now = state.now;
            state.webhook.answers.push(status);
            if (200..300).contains(&status) {
                state.updates.retain(|other| other["update_id"] != update["update_id"]);
            } else {
                state.webhook.last_error = Some((now, format!("Wrong response from the webhook: {status}")));
            }
        }
        shared.wake();
        if !(200..300).contains(&status) {
            tokio::time::sleep(AGAIN).await;
        }
    }
}

/// Posts an update and returns the status of the answer.
async fn post(url: &str, secret: &str, update: &Value) -> Option<u16> {
    let url = url::Url::parse(url).ok()?;
    let address = format!("{}:{}", url.host_str()?, url.port_or_known_default()?);
    #[expect(clippy::disallowed_methods, reason = "a test's own server on loopback")]
    let mut stream = TcpStream::connect(&address).await.ok()?;
    let body = update.to_string();
    let proof =
        if secret.is_empty() { String::new() } else { format!("X-Telegram-Bot-Api-Secret-Token: {secret}\r\n") };
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{proof}Connection: close\r\n\r\n",
        url.path(),
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok()?;
    String::from_utf8_lossy(&answer).split(' ').nth(1)?.parse().ok()
}
