use monitor_core::Timestamp;
use monitor_core::duration;
use monitor_core::health::Status;
use monitor_core::monitor::CheckSpec;
use monitor_core::outcome::Verdict;
use monitor_core::people::Permission;
use services::view::{MonitorView, StoredResult};

use super::MONITOR;
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::Given;
use crate::kinds;
use crate::present::{self, report};
use crate::reply::{Block, Field, StatusItem};
use crate::settings;

/// Shows one monitor.
pub(crate) const COMMAND: Command = Command {
    name: "show-monitor",
    aliases: &["show"],
    summary: "Shows a monitor: how it is, what it does, its latest checks and its last 24 hours.",
    examples: &["show-monitor shop"],
    arguments: &[&[MONITOR]],
    permission: Permission::Read,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let view = turn.services.show(turn.actor, given.get("monitor").unwrap_or_default()).await?;
    let parents = settings::parents(turn, &view.monitor.settings).await?;
    let mut blocks = vec![headline(&view, turn.now)];
    blocks.push(Block::fields("Now", now(&view, turn.now)));
    let mut settings = present::settings(&view.monitor.settings, &parents);
    // Whoever knows the address can ping, so it is for those who may change the monitor.
    if matches!(view.monitor.settings.spec, CheckSpec::Heartbeat(_)) && turn.actor.role.may(Permission::Edit) {
        let url = turn.services.ping_url(turn.actor, view.monitor.settings.name.as_str()).await?;
        settings.push(Field::new("reports in at", url));
    }
    blocks.push(Block::fields("Settings", settings));
    if !view.results.is_empty() {
        let probed = kinds::of(&view.monitor.settings.spec).is_probed();
        blocks.push(recent(&view.results, probed, turn.now));
    }
    if !view.day.timeline.is_empty() {
        blocks.push(Block::Chart { chart: documents::uptime_chart(&view.day.document()) });
    }
    Ok(Answer::of(blocks))
}

fn headline(view: &MonitorView, now: Timestamp) -> Block {
    let since = match &view.maintenance {
        Some(window) => Some(present::maintenance::until(window, now)),
        None => view.state.since.map(|since| present::lasting(since, now)),
    };
    let named = view.outage.as_ref();
    let message = named.map(|named| named.alert.message.clone()).filter(|message| !message.is_empty());
    let withheld = named.and_then(|named| named.withheld.as_ref()).map(present::withheld);
    let detail: Vec<String> = since.into_iter().chain(message).chain(withheld).collect();
    let name = view.monitor.settings.name.to_string();
    Block::StatusList {
        title: None,
        items: vec![StatusItem { status: view.state.status, name, detail: detail.join(" · ") }],
    }
}

fn now(view: &MonitorView, now: Timestamp) -> Vec<Field> {
    let mut fields = Vec::new();
    let details = &view.state.details;
    if let Some(last) = view.results.first() {
        fields.push(Field::new("last check", present::ago(last.at, now)));
        let phases: Vec<String> = last
            .timings
            .phases()
            .into_iter()
            .filter_map(|(name, time)| Some(format!("{} {}", name.replace('_', " "), present::latency(time?))))
            .collect();
        if !phases.is_empty() {
            fields.push(Field::new("phases", phases.join(" · ")));
        }
    }
    let next = match (view.state.status, view.state.running, view.state.next_due) {
        (Status::Paused, ..) => Some("none while it is paused".to_owned()),
        (_, true, _) => Some("running now".to_owned()),
        (_, false, Some(due)) if due > now => Some(format!("in {}", duration::humanize(due.since(now)))),
        (_, false, Some(_)) => Some("due now".to_owned()),
        (_, false, None) => None,
    };
    fields.extend(next.map(|next| Field::new("next check", next)));
    if let Some(protocol) = &details.protocol {
        let peer = details.peer.map(|peer| format!(" from {peer}")).unwrap_or_default();
        fields.push(Field::new("answers", format!("{protocol}{peer}")));
    }
    if let Some(end) = details.certificate_not_after {
        fields.push(Field::new("certificate", present::certificate(end, now)));
    }
    fields.push(Field::new("uptime (24 h)", report::uptime_with_basis(&view.day.report)));
    fields.push(Field::new("p95 (24 h)", report::quantile(&view.day.report, 0.95)));
    fields
}

/// A heartbeat's results have no size, and a duration only where the start of the run was reported.
fn recent(results: &[StoredResult], probed: bool, now: Timestamp) -> Block {
    let none = || "–".to_owned();
    let row = |result: &StoredResult| {
        let what = match (result.reason.verdict(), result.message.as_str()) {
            (Verdict::Ok, _) => "ok".to_owned(),
            (_, "") => result.reason.code().to_owned(),
            (_, message) => format!("{}: {message}", result.reason.code()),
        };
        let status = result.http_status.map_or_else(String::new, |status| status.to_string());
        vec![
            present::ago(result.at, now),
            what,
            status,
            if probed || !result.duration.is_zero() { present::latency(result.duration) } else { none() },
            if probed { present::bytes(result.response_bytes) } else { none() },
        ]
    };
    Block::table("Latest checks", &["when", "result", ">status", ">total", ">size"], results.iter().map(row).collect())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use monitor_core::outcome::{Reason, Timings};

    use super::*;

    #[test]
    fn what_a_heartbeat_does_not_know_is_shown_as_none() {
        let shown = |probed, ms| {
            let result = StoredResult {
                at: Timestamp::default(),
                reason: Reason::Ok,
                message: String::new(),
                duration: Duration::from_millis(ms),
                timings: Timings::default(),
                http_status: None,
                response_bytes: 0,
            };
            let Block::Table { rows, .. } = recent(&[result], probed, Timestamp::default()) else { panic!() };
            rows[0][3..].join(" ")
        };
        assert_eq!(shown(false, 0), "– –");
        assert_eq!(shown(false, 1_500), "1.5 s –");
        assert_eq!(shown(true, 0), "0 ms 0 B");
    }
}
