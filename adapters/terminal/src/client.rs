//! The server's API.

use std::time::Duration;

use bot_core::grammar::{GrammarError, is_too_long};
use reqwest::{Response, StatusCode, Url};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::TerminalError;

/// A first probe of a slow target takes its time; longer than this nothing does.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// A completion that comes later than this is of no use.
const COMPLETION_WAIT: Duration = Duration::from_secs(2);

/// Largest answer read; reports with their pictures stay far below.
const LARGEST_ANSWER: usize = 32 << 20;

/// What is said.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Input {
    Text(String),
    Action(String),
}

/// What a line could go on with.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Completion {
    /// The byte at which the word begins that is being completed.
    pub(crate) start: usize,
    pub(crate) choices: Vec<Choice>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Choice {
    pub(crate) text: String,
    pub(crate) about: String,
}

/// A client of one conversation. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    server: Url,
    conversation: String,
}

impl Client {
    pub(crate) fn new(server: &str, conversation: &str) -> Result<Self, TerminalError> {
        let not_ours = || TerminalError::Address(server.to_owned());
        let server = Url::parse(server).map_err(|_| not_ours())?;
        if server.scheme() != "http" || !server.has_host() {
            return Err(not_ours());
        }
        #[expect(clippy::disallowed_methods, reason = "talks to our own server, never to a target")]
        let http = reqwest::Client::builder().no_proxy().connect_timeout(Duration::from_secs(5)).build();
        let http = http.map_err(|_| not_ours())?;
        Ok(Self { http, server, conversation: conversation.to_owned() })
    }

    /// The server's address without a slash at its end.
    pub(crate) fn server(&self) -> &str {
        self.server.as_str().trim_end_matches('/')
    }

    /// Says something; gives the whole answer.
    pub(crate) async fn say(&self, input: &Input) -> Result<Value, TerminalError> {
        // Refused here, so that pasting ten megabytes gets an answer and not a broken pipe.
        if let Input::Text(text) = input
            && is_too_long(text)
        {
            return Err(TerminalError::Refused(GrammarError::TooLong.to_string()));
        }
        let mut body = serde_json::to_value(input).unwrap_or_default();
        body["conversation"] = self.conversation.as_str().into();
        body["platform"] = "terminal".into();
        let request = self.http.post(self.url("api/v1/chat")?).json(&body).timeout(LONGEST_WAIT);
        let response = self.accepted(request.send().await).await?;
        let answer = read(response, LARGEST_ANSWER).await.ok_or_else(|| self.unreachable())?;
        serde_json::from_slice(&answer).map_err(|_| TerminalError::Address(self.server().to_owned()))
    }

    /// Completes a line; nothing when that takes too long.
    pub(crate) async fn complete(&self, text: &str) -> Option<Completion> {
        let url = self.url("api/v1/chat/completions").ok()?;
        let query = [("text", text), ("conversation", &self.conversation), ("platform", "terminal")];
        let response = self.http.get(url).query(&query).timeout(COMPLETION_WAIT).send().await.ok()?;
        serde_json::from_slice(&read(response, LARGEST_ANSWER).await?).ok()
    }

    /// Opens the event stream, after the event of that number.
    pub(crate) async fn events(&self, after: Option<&str>) -> Result<Response, TerminalError> {
        let url = self.url(&format!("api/v1/conversations/{}/events", self.conversation))?;
        let after = after.map(|after| ("after", after));
        let request = self.http.get(url).query(&[("platform", "terminal")]).query(after.as_slice());
        self.accepted(request.send().await).await
    }

    fn url(&self, path: &str) -> Result<Url, TerminalError> {
        self.server.join(path).map_err(|_| TerminalError::Address(self.server().to_owned()))
    }

    fn unreachable(&self) -> TerminalError {
        TerminalError::Unreachable(self.server().to_owned())
    }

    /// The response if the server took the request, else what it said against it.
    async fn accepted(&self, response: reqwest::Result<Response>) -> Result<Response, TerminalError> {
        let response = response.map_err(|_| self.unreachable())?;
        let status = response.status();
        if status == StatusCode::OK {
            return Ok(response);
        }
        let told: Option<Value> = read(response, 1 << 16).await.and_then(|body| serde_json::from_slice(&body).ok());
        let message = told.as_ref().and_then(|told| told["error"]["message"].as_str());
        Err(message.map_or_else(
            || TerminalError::Address(self.server().to_owned()),
            |message| TerminalError::Refused(message.to_owned()),
        ))
    }
}

/// Reads a body of at most `most` bytes.
async fn read(mut response: Response, most: usize) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        if body.len() + chunk.len() > most {
            return None;
        }
        body.extend_from_slice(&chunk);
    }
    Some(body)
}
