//! The web chat: what its page asks for and is sent.

use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use super::{PATIENCE, Surface};
use crate::common::Server;

const CONVERSATION: &str = "surfaces";

pub(crate) struct Browser<'a> {
    server: &'a Server,
    /// The stream of events, and what of it was not read yet.
    events: TcpStream,
    unread: String,
    buttons: Vec<Value>,
    card: Value,
}

impl<'a> Browser<'a> {
    pub(crate) async fn new(server: &'a Server) -> Self {
        let path = format!("/api/v1/conversations/{CONVERSATION}/events");
        let events = server.send("GET", &path, "").await;
        Self { server, events, unread: String::new(), buttons: Vec::new(), card: Value::Null }
    }

    async fn post(&mut self, said: Value) -> String {
        let mut stream = self.server.send("POST", "/api/v1/chat", &said.to_string()).await;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        let body: Value = serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}"));
        let reply = &body["replies"][0];
        self.buttons = reply["actions"].as_array().unwrap().clone();
        drawn(reply)
    }

    /// Reads the next card of the stream.
    async fn next_card(&mut self) -> Value {
        loop {
            if let Some((event, rest)) = self.unread.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.unread = rest;
                if event.contains("event: card") {
                    let data = event.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
                    return serde_json::from_str::<Value>(data).unwrap()["reply"].take();
                }
                continue;
            }
            let mut bytes = vec![0; 64 * 1_024];
            let read = self.events.read(&mut bytes).await.unwrap();
            assert_ne!(read, 0, "the stream ended");
            self.unread.push_str(&String::from_utf8_lossy(&bytes[..read]));
        }
    }
}

impl Surface for Browser<'_> {
    const LAST_CHART: &'static str = "(picture: Uptime of shop";

    async fn say(&mut self, line: &str, shows: &str) -> String {
        let shown = self.post(json!({ "conversation": CONVERSATION, "text": line })).await;
        assert!(shown.contains(shows), "{line}: {shown}");
        shown
    }

    async fn press(&mut self, label: &str, shows: &str) -> String {
        let button = self.buttons.iter().find(|button| button["label"] == label).cloned();
        let button = button.unwrap_or_else(|| panic!("no {label}"));
        let shown = self.post(json!({ "conversation": CONVERSATION, "action": button["token"] })).await;
        assert!(shown.contains(shows), "{label}: {shown}");
        shown
    }

    async fn card(&mut self, shows: &str) -> String {
        let found = tokio::time::timeout(PATIENCE, async {
            loop {
                self.card = self.next_card().await;
                let shown = drawn(&self.card);
                if shown.contains(shows) {
                    return shown;
                }
            }
        });
        found.await.unwrap_or_else(|_| panic!("no card shows `{shows}`; the last shows {}", drawn(&self.card)))
    }

    async fn press_card(&mut self, label: &str) {
        self.buttons = self.card["actions"].as_array().unwrap().clone();
        self.press(label, "").await;
    }

    async fn pdf(&mut self) -> Vec<u8> {
        let shown = drawn(&self.card);
        let (_, path) = shown.split_once(&self.server.address).unwrap_or_else(|| panic!("no address in {shown}"));
        let path = path.split_whitespace().next().unwrap();
        let mut stream = self.server.send("GET", path, "").await;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let head = answer.windows(4).position(|end| end == b"\r\n\r\n").unwrap();
        answer.split_off(head + 4)
    }
}

/// What a person sees of a reply, as far as words go.
fn drawn(reply: &Value) -> String {
    let mut shown = reply["text"].as_str().unwrap_or_default().to_owned();
    for block in reply["blocks"].as_array().into_iter().flatten().filter(|block| block["svg"].is_string()) {
        shown.push_str(&format!("\n(picture: {})", block["alt"].as_str().unwrap()));
    }
    let labels = reply["actions"].as_array().into_iter().flatten().map(|action| action["label"].as_str().unwrap());
    let labels: Vec<String> = labels.map(|label| format!("[{label}]")).collect();
    if labels.is_empty() { shown } else { format!("{shown}\n{}", labels.join(" ")) }
}
