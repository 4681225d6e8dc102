//! How the figures of a period were counted, in words.

use monitor_core::Timestamp;
use monitor_core::duration::humanize;
use monitor_core::health::Status;
use monitor_core::report::Report;

use super::ReportDocument;

/// How the figures were counted, in sentences.
#[must_use]
pub fn counting(document: &ReportDocument<'_>) -> String {
    let accounting = &document.report.accounting;
    let together =
        if document.monitor.is_none() && document.monitors != 1 { ", the times of all monitors added up" } else { "" };
    let basis = format!(
        "Uptime is the time up or degraded ({}) by the time up, degraded or down ({}){together}.",
        humanize(accounting.up()),
        humanize(accounting.counted())
    );
    let counts = [Status::Up, Status::Degraded, Status::Down];
    let excluded: Vec<String> = accounting
        .times()
        .iter()
        .filter(|(status, time)| !counts.contains(status) && !time.is_zero())
        .map(|(status, time)| format!("{} {}", status.as_str(), humanize(*time)))
        .collect();
    let excluded = match excluded.as_slice() {
        [] => "No time is left out.".to_owned(),
        times => format!("Left out, because nothing is known then: {}.", times.join(", ")),
    };
    format!(
        "{}{basis} {excluded} A monitor is down from the check that confirms a failure to the one that confirms recovery. Rates leave out \
         inconclusive checks; latency is that of successful checks, its percentiles within 1%; traffic is response bodies, per day since the first check \
         of the period and not below a day; days are in UTC. \
         MTTR is the mean length of incidents that ended in the period, MTBF the time up by the incidents that began in it.",
        widened(document)
    )
}

/// Failed checks of the conclusive ones, 0 to 1; `None`: there was none.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
pub fn error_rate(report: &Report) -> Option<f64> {
    let conclusive = report.tally.conclusive();
    (conclusive > 0).then(|| report.tally.failed as f64 / conclusive as f64)
}

/// What is said when the period could not be read as it was asked for.
fn widened(document: &ReportDocument<'_>) -> &'static str {
    let moved = |a: Timestamp, b: Timestamp| a.since(b).max(b.since(a));
    let (asked, read) = (document.asked, document.report.window);
    match moved(asked.from, read.from).max(moved(asked.to, read.to)).as_secs() {
        0..=60 => "",
        61..=3_600 => "The period was widened to whole hours, the finest that is kept or quick to read for it. ",
        _ => "The period was widened to whole days, the finest that is kept or quick to read for it. ",
    }
}
