//! The mail as HTML: tables and styles within the tags, since mail programs know little else.

use monitor_core::alerting::IncidentBrief;

use super::payload::CHART_ID;
use crate::escape::html as escape;
use crate::message::Post;
use crate::words::{self, Fact};

/// The page, of lines that end in CR LF and are short enough for mail.
pub(super) fn page(post: &Post<'_>) -> String {
    let look = words::look(post.notification);
    let title = escape(&words::title(post.notification));
    let mut lines = vec![
        "<!DOCTYPE html>".to_owned(),
        format!("<html><head><meta charset=\"utf-8\"><title>{title}</title></head>"),
        "<body style=\"margin:0;padding:16px;font-family:sans-serif;font-size:15px;color:#101828\">".to_owned(),
        format!("<div style=\"max-width:640px;border-left:4px solid {};padding:4px 16px\">", look.hex()),
        format!("<h1 style=\"font-size:20px;margin:0 0 12px\">{} {title}</h1>", look.symbol),
    ];
    let text = words::text(post);
    if !text.is_empty() {
        lines.push(format!("<p>{}</p>", escape(&text).replace('\n', "<br>")));
    }
    if let Some(brief) = &post.notification.incident {
        lines.push("<ul style=\"padding-left:20px\">".to_owned());
        let members = words::members(brief, IncidentBrief::MEMBERS);
        lines.extend(members.iter().map(|member| format!("<li>{}</li>", escape(member))));
        lines.push("</ul>".to_owned());
    }
    lines.push("<table style=\"border-collapse:collapse\">".to_owned());
    lines.extend(words::facts(post).iter().map(row));
    lines.push("</table>".to_owned());
    if post.chart.is_some() {
        let alt = "Latency of the last hours";
        lines.push(format!("<p><img src=\"cid:{CHART_ID}\" alt=\"{alt}\" style=\"max-width:100%\"></p>"));
    }
    lines.extend(["</div>".to_owned(), "</body></html>".to_owned(), String::new()]);
    lines.join("\r\n")
}

fn row(fact: &Fact) -> String {
    let name = "padding:2px 16px 2px 0;color:#667085";
    format!("<tr><td style=\"{name}\">{}</td><td>{}</td></tr>", fact.name, escape(&fact.value))
}
