use monitor_core::Timestamp;
use monitor_core::duration;
use monitor_core::health::Status;
use monitor_core::outcome::Verdict;
use services::view::OverviewRow;

use super::{count, lasting, latency};
use crate::kinds;
use crate::reply::{Block, StatusItem};

/// Monitors with their status, one line each.
pub(crate) fn rows(title: Option<String>, rows: &[OverviewRow], now: Timestamp) -> Block {
    Block::StatusList { title, items: rows.iter().map(|row| item(row, now)).collect() }
}

fn item(row: &OverviewRow, now: Timestamp) -> StatusItem {
    let mut parts = Vec::new();
    if let Some(last) = &row.last {
        parts.extend(match (last.reason.verdict(), last.message.as_str()) {
            (Verdict::Ok | Verdict::Slow, _) => (!last.duration.is_zero()).then(|| latency(last.duration)),
            (_, message) if !message.is_empty() => Some(message.to_owned()),
            _ => Some(last.reason.about().trim_end_matches('.').to_owned()),
        });
    }
    if let Some(window) = &row.maintenance {
        parts.push(super::maintenance::until(window, now));
    } else if let Some(since) = row.since.filter(|_| row.status != Status::Up) {
        parts.push(lasting(since, now));
    }
    parts.push(row.target.clone());
    // What is expected of a heartbeat is its target.
    let probed = kinds::find(&row.kind).is_none_or(kinds::CheckKind::is_probed);
    if probed && row.status != Status::Paused {
        parts.push(format!("every {}", duration::format(row.interval)));
    }
    StatusItem { status: row.status, name: row.name.clone(), detail: parts.join(" · ") }
}

/// `12 monitors: 1 down, 11 up`.
pub(crate) fn counts(counts: &[(Status, u64)]) -> String {
    let total: u64 = counts.iter().map(|(_, number)| number).sum();
    let worst_first = [
        Status::Down,
        Status::Degraded,
        Status::Inconclusive,
        Status::Unknown,
        Status::Up,
        Status::Maintenance,
        Status::Paused,
    ];
    let number = |status| counts.iter().filter(|(other, _)| *other == status).map(|(_, number)| number).sum::<u64>();
    let parts: Vec<String> = worst_first
        .into_iter()
        .filter(|status| number(*status) > 0)
        .map(|status| format!("{} {}", count(number(status)), status.as_str()))
        .collect();
    format!("{}: {}", super::plural(total, "monitor"), parts.join(", "))
}
