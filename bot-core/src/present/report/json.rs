use std::time::Duration;

use monitor_core::report::Report;
use serde_json::{Value, json};
use services::view::{NamedAlert, ReportView};

use super::subject;

/// The figures of a report as indented JSON, units in the names.
pub(crate) fn json(view: &ReportView) -> String {
    let report = &view.report;
    let tally = &report.tally;
    let times: serde_json::Map<String, Value> = report
        .accounting
        .times()
        .iter()
        .map(|(status, time)| (status.as_str().to_owned(), json!(time.as_secs_f64())))
        .collect();
    let figures = json!({
        "monitor": subject(view),
        "monitors": view.monitors,
        "from": report.window.from.to_string(),
        "to": report.window.to.to_string(),
        "uptime": report.accounting.uptime(),
        "status_seconds": times,
        "checks": { "total": tally.total(), "successful": tally.successful(), "slow": tally.slow, "failed": tally.failed, "inconclusive": tally.inconclusive },
        "success_rate": tally.success_rate(),
        "error_rate": documents::error_rate(report),
        "latency_ms": latency(report),
        "bytes": {
            "total": tally.bytes,
            "per_check": report.mean_check_bytes(),
            "per_day": report.mean_daily_bytes(),
            "peak_day": report.peak_day().map(|day| json!({ "day": day.day.to_day(), "bytes": day.bytes })),
        },
        "days": report.days.iter().map(|day| json!({ "day": day.day.to_day(), "bytes": day.bytes, "checks": day.checks })).collect::<Vec<_>>(),
        "incidents": view.incidents.iter().map(incident).collect::<Vec<_>>(),
        "mttr_seconds": report.mttr.map(|time| time.as_secs_f64()),
        "mtbf_seconds": report.mtbf.map(|time| time.as_secs_f64()),
        "counting": documents::counting(&view.document()),
    });
    format!("{figures:#}")
}

fn latency(report: &Report) -> Value {
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let quantile = |q| report.tally.latency.quantile(q).map(ms);
    let over_time = report.latency.iter().map(|point| {
        json!({ "at": point.at.to_string(), "p50": point.quantiles.map(|(p50, _)| ms(p50)), "p95": point.quantiles.map(|(_, p95)| ms(p95)) })
    });
    json!({
        "mean": report.tally.mean_latency().map(ms),
        "p50": quantile(0.5),
        "p95": quantile(0.95),
        "p99": quantile(0.99),
        "over_time": over_time.collect::<Vec<_>>(),
    })
}

fn incident(named: &NamedAlert) -> Value {
    let incident = &named.alert;
    json!({
        "monitor": named.monitor_name,
        "opened_at": incident.opened_at.to_string(),
        "resolved_at": incident.resolved.map(|(at, _)| at.to_string()),
        "resolution": incident.resolved.map(|(_, resolution)| resolution.as_str()),
        "reason": incident.reason.code(),
        "message": incident.message,
    })
}
