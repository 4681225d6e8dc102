use monitor_core::code::ErrorCode;
use monitor_core::heartbeat::{Ping, Signal};
use monitor_core::people::Permission;

use super::MONITOR;
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind};
use crate::present;
use crate::reply::Block;

/// Pings shown.
const MOST: u64 = 20;

/// Characters of a body shown.
const BODY_CHARS: usize = 4_000;

/// Shows what a heartbeat's job has reported.
pub(crate) const COMMAND: Command = Command {
    name: "show-pings",
    aliases: &["pings"],
    summary: "Shows what a heartbeat's job has reported last, or what it sent along.",
    examples: &["show-pings nightly", "show-pings nightly body 41"],
    arguments: &[&[
        MONITOR,
        Argument::new("body", Kind::Number(1, u16::MAX), "The number of the ping whose body is shown."),
    ]],
    permission: Permission::Read,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let name = given.get("monitor").unwrap_or_default();
    if let Some(number) = given.number("body") {
        return body(turn, name, number).await;
    }
    let (monitor, pings) = turn.services.pings(turn.actor, name, MOST).await?;
    let name = &monitor.settings.name;
    if pings.is_empty() {
        return Ok(Answer::text(format!("`{name}` has reported nothing yet. `show-monitor {name}` shows where to.")));
    }
    let row = |ping: &Ping| {
        let run = ping.run.map(|run| run.to_string().chars().take(8).collect()).unwrap_or_default();
        let sent = if ping.body_bytes > 0 { present::bytes(ping.body_bytes) } else { String::new() };
        vec![
            ping.number.to_string(),
            present::ago(ping.at, turn.now),
            said(ping.signal),
            ping.duration.map(present::latency).unwrap_or_default(),
            run,
            sent,
            ping.remote.clone(),
        ]
    };
    let columns = ["number", "when", "said", "took", "run", "body", "from"];
    Ok(Answer::of(vec![Block::table(format!("Pings of {name}"), &columns, pings.iter().map(row).collect())]))
}

async fn body(turn: Turn<'_>, name: &str, number: u64) -> Result<Answer, Failure> {
    let Some(body) = turn.services.ping_body(turn.actor, name, number).await? else {
        let text = format!(
            "Nothing was sent with ping {number}, or it is not kept any more. `show-pings {name}` shows those there are."
        );
        return Err(Failure::new(ErrorCode::InvalidValue, text));
    };
    let text = monitor_core::http::shorten(&String::from_utf8_lossy(&body), BODY_CHARS);
    Ok(Answer::of(vec![Block::text(format!("Ping {number} of `{name}` came with:")), Block::Code { text }]))
}

fn said(signal: Signal) -> String {
    match signal {
        Signal::Success => "success".to_owned(),
        Signal::Start => "start".to_owned(),
        Signal::Fail => "fail".to_owned(),
        Signal::Log => "log".to_owned(),
        Signal::Exit(code) => format!("exit {code}"),
    }
}
