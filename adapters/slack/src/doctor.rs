//! What `watchword doctor` finds out about Slack before it is spoken to in earnest.

use std::time::Duration;

use adapter_common::Finding;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use monitor_core::Timestamp;
use monitor_core::secret::Secret;
use serde_json::Value;

use crate::api::{Refusal, connector};
use crate::config::{Config, Mode};
use crate::manifest::SCOPES;

/// How far this system's clock may be from Slack's, in seconds: of a signature that is older nothing is believed.
/// Source: <https://docs.slack.dev/authentication/verifying-requests-from-slack>.
const SKEW: i64 = 300;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// Longest answer that is read.
const LONGEST: usize = 1 << 20;

/// Looks at tokens, scopes and clock. `now` is what this system takes for the time.
pub async fn examine(config: &Config, now: Timestamp) -> Vec<Finding> {
    let answer = match ask(config, &config.bot_token, "auth.test").await {
        Ok(answer) => answer,
        Err(why) => return vec![unreachable(&why)],
    };
    let mut findings = Vec::new();
    findings.extend(clock(&answer, now, &config.mode));
    match answer.refusal() {
        Some(code) if is_unwell(code) => findings.push(unwell(code)),
        Some(code) => findings.push(Finding::wrong(
            format!("Slack: the bot's token is not accepted ({code})"),
            "install the app in the workspace, and copy the Bot User OAuth Token (xoxb-…) from OAuth & Permissions",
        )),
        None => {
            let (team, user) = (text(&answer.body, "team"), text(&answer.body, "user"));
            findings.push(Finding::ok(format!("Slack: the bot's token is that of {user} in the workspace {team}")));
            findings.push(scopes(&answer));
        }
    }
    if let Mode::Socket { app_token } = &config.mode {
        findings.push(match ask(config, app_token, "apps.connections.open").await {
            Err(why) => unreachable(&why),
            Ok(answer) => match answer.refusal() {
                None => Finding::ok("Slack: Socket Mode can be used"),
                Some(code) if is_unwell(code) => unwell(code),
                Some(code) => Finding::wrong(
                    format!("Slack: the app's token opens no connection ({code})"),
                    "switch Socket Mode on, and make an app-level token (xapp-…) with the scope connections:write \
                     under Basic Information",
                ),
            },
        });
    }
    findings
}

/// Whether a code says that Slack itself is not well, and nothing of a token.
fn is_unwell(code: &str) -> bool {
    !matches!(Refusal::from_code(code.to_owned()), Refusal::Said(_))
}

fn unwell(code: &str) -> Finding {
    Finding::wrong(
        format!("Slack does not answer just now ({code}), so nothing is known of the token"),
        "look again in some minutes",
    )
}

struct Answer {
    scopes: Option<String>,
    date: Option<Timestamp>,
    body: Value,
}

impl Answer {
    /// Why it is none, by Slack's code.
    fn refusal(&self) -> Option<&str> {
        match self.body["ok"].as_bool() {
            Some(true) => None,
            _ => Some(self.body["error"].as_str().unwrap_or("no reason given")),
        }
    }
}

/// Calls a method for its headers, which the client does not show.
async fn ask(config: &Config, token: &Secret, method: &str) -> Result<Answer, String> {
    let connector = connector().map_err(|error| error.to_string())?;
    let client = Client::builder(TokioExecutor::new()).build::<_, Full<Bytes>>(connector);
    let request = axum::http::Request::post(format!("{}/{method}", config.api()))
        .header("authorization", format!("Bearer {}", token.expose()))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Full::default())
        .map_err(|_| "the token holds what no token does".to_owned())?;
    let asking = async {
        let response = client.request(request).await.map_err(|_| "there is no connection".to_owned())?;
        let header = |name: &str| response.headers().get(name)?.to_str().ok().map(str::to_owned);
        let (scopes, date) = (header("x-oauth-scopes"), header("date"));
        let status = response.status();
        #[expect(clippy::disallowed_methods, reason = "bounded by Limited")]
        let body = Limited::new(response.into_body(), LONGEST).collect().await;
        let body = body.map_err(|_| "the answer breaks off".to_owned())?.to_bytes();
        if status.is_server_error() {
            return Err(format!("it answers {status}"));
        }
        let body = serde_json::from_slice(&body).ok().filter(|body: &Value| body["ok"].is_boolean());
        let body = body.ok_or_else(|| format!("it answers {status} with what is not Slack's"))?;
        Ok(Answer { scopes, date: date.as_deref().and_then(time_of), body })
    };
    match tokio::time::timeout(PATIENCE, asking).await {
        Ok(answer) => answer,
        Err(_) => Err(format!("it does not answer within {} s", PATIENCE.as_secs())),
    }
}

/// Source: <https://docs.slack.dev/authentication/tokens#scope-info>, the header `x-oauth-scopes`.
fn scopes(answer: &Answer) -> Finding {
    let given = answer.scopes.as_deref().unwrap_or_default();
    let given: Vec<&str> = given.split(',').map(str::trim).collect();
    let missing = SCOPES.iter().map(|scope| scope.name).filter(|name| !given.contains(name));
    let missing: Vec<&str> = missing.collect();
    if missing.is_empty() {
        return Finding::ok("Slack: the bot has all scopes that it needs");
    }
    Finding::wrong(
        format!("Slack: the bot lacks the scopes {}", missing.join(", ")),
        "add them under OAuth & Permissions, or bring the app up to date with `watchword slack-manifest`, and reinstall it",
    )
}

fn clock(answer: &Answer, now: Timestamp, mode: &Mode) -> Option<Finding> {
    let skew = (now.as_millis() - answer.date?.as_millis()) / 1_000;
    Some(if skew.abs() < SKEW {
        Finding::ok("Slack: this system's clock agrees with Slack's")
    } else {
        let harm = match mode {
            Mode::Socket { .. } => "times that it shows are wrong",
            Mode::Http { .. } => "no request of Slack's is believed",
        };
        Finding::wrong(
            format!("Slack: this system's clock is {} s from Slack's, so that {harm}", skew.abs()),
            "set the clock, for example by switching NTP on",
        )
    })
}

fn unreachable(why: &str) -> Finding {
    Finding::wrong(format!("Slack cannot be reached: {why}"), "see that this system reaches https://slack.com")
}

fn text<'a>(body: &'a Value, name: &str) -> &'a str {
    body[name].as_str().unwrap_or("?")
}

/// The time of a `Date` header.
fn time_of(date: &str) -> Option<Timestamp> {
    let time = jiff::fmt::rfc2822::parse(date).ok()?;
    Some(Timestamp::from_millis(time.timestamp().as_millisecond()))
}
