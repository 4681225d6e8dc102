//! A period as tables of comma-separated values. Source of their form: <https://www.rfc-editor.org/rfc/rfc4180>.

use std::time::Duration;

use super::ReportDocument;
use super::counting::error_rate;

/// The tables of a period with the words for their files: its figures, its days and its incidents.
#[must_use]
pub fn tables(document: &ReportDocument<'_>) -> Vec<(&'static str, String)> {
    vec![("figures", figures(document)), ("days", days(document)), ("incidents", incidents(document))]
}

fn figures(document: &ReportDocument<'_>) -> String {
    let report = document.report;
    let tally = &report.tally;
    let ms = |time: Option<Duration>| number(time.map(|time| time.as_secs_f64() * 1e3));
    let seconds = |time: Option<Duration>| number(time.map(|time| time.as_secs_f64()));
    let whole = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
    let quantile = |q: f64| ms(tally.latency.quantile(q));
    let mut rows = vec![
        ["monitor", document.monitor.unwrap_or("all"), ""].map(str::to_owned).to_vec(),
        row("monitors", document.monitors.to_string(), ""),
        row("from", report.window.from.to_string(), ""),
        row("to", report.window.to.to_string(), ""),
        row("uptime", number(report.accounting.uptime()), "share"),
    ];
    for (status, time) in report.accounting.times() {
        rows.push(row(&format!("time {}", status.as_str()), seconds(Some(*time)), "s"));
    }
    rows.extend([
        row("checks", tally.total().to_string(), ""),
        row("checks successful", tally.successful().to_string(), ""),
        row("checks slow", tally.slow.to_string(), ""),
        row("checks failed", tally.failed.to_string(), ""),
        row("checks inconclusive", tally.inconclusive.to_string(), ""),
        row("success rate", number(tally.success_rate()), "share"),
        row("error rate", number(error_rate(report)), "share"),
        row("latency mean", ms(tally.mean_latency()), "ms"),
        row("latency p50", quantile(0.5), "ms"),
        row("latency p95", quantile(0.95), "ms"),
        row("latency p99", quantile(0.99), "ms"),
        row("traffic", tally.bytes.to_string(), "bytes"),
        row("traffic per check", whole(report.mean_check_bytes()), "bytes"),
        row("traffic per day", whole(report.mean_daily_bytes()), "bytes"),
        row("incidents", report.incidents.len().to_string(), ""),
        row("mean time to recovery", seconds(report.mttr), "s"),
        row("mean time between failures", seconds(report.mtbf), "s"),
    ]);
    table(&["figure", "value", "unit"], rows)
}

fn row(figure: &str, value: String, unit: &str) -> Vec<String> {
    vec![figure.to_owned(), value, unit.to_owned()]
}

fn days(document: &ReportDocument<'_>) -> String {
    let days = document.report.days.iter();
    let rows = days.map(|day| vec![day.day.to_day(), day.checks.to_string(), day.bytes.to_string()]);
    table(&["day", "checks", "bytes"], rows.collect())
}

fn incidents(document: &ReportDocument<'_>) -> String {
    let rows = document.outages.iter().map(|outage| {
        let alert = outage.alert;
        let ended = alert.resolved.map(|(at, resolution)| (at.to_string(), resolution.as_str().to_owned()));
        let (resolved_at, resolution) = ended.unwrap_or_default();
        vec![
            outage.monitor.to_owned(),
            alert.opened_at.to_string(),
            resolved_at,
            resolution,
            alert.reason.code().to_owned(),
            alert.message.clone(),
        ]
    });
    let head = ["monitor", "opened_at", "resolved_at", "resolution", "reason", "message"];
    table(&head, rows.collect())
}

/// As many digits as there are; empty when nothing is known.
fn number(value: Option<f64>) -> String {
    value.filter(|value| value.is_finite()).map(|value| value.to_string()).unwrap_or_default()
}

/// A table of a head and rows.
pub(crate) fn table(head: &[&str], rows: Vec<Vec<String>>) -> String {
    let line = |cells: &mut dyn Iterator<Item = &str>| cells.map(cell).collect::<Vec<_>>().join(",") + "\r\n";
    let rows = rows.iter().map(|row| line(&mut row.iter().map(String::as_str)));
    std::iter::once(line(&mut head.iter().copied())).chain(rows).collect()
}

/// A cell. One that a spreadsheet would compute gets a quote before it, which says that it is a text.
/// Source: <https://owasp.org/www-community/attacks/CSV_Injection>.
fn cell(text: &str) -> String {
    let computed = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let text = if computed { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        for (text, expected) in [
            ("shop", "shop"),
            ("a, b", "\"a, b\""),
            ("say \"no\"", "\"say \"\"no\"\"\""),
            ("a\r\nb", "\"a\r\nb\""),
            ("", ""),
        ] {
            assert_eq!(cell(text), expected, "{text:?}");
        }
    }

    #[test]
    fn no_cell_is_computed_by_a_spreadsheet() {
        for text in ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", "＝1+1"] {
            assert!(cell(text).trim_start_matches('"').starts_with('\''), "{text:?}");
        }
        assert_eq!(cell("=HYPERLINK(\"http://x\",\"y\")"), "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"");
    }
}
