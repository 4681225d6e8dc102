//! The words of all kinds: one definition of title, facts, colour and symbol. Kinds put them into their own format.

use monitor_core::alerting::{Event, IncidentBrief, MemberBrief, Notification, Severity, Stage};
use monitor_core::duration::humanize;
use monitor_core::incident::Resolution;

use crate::message::Post;

/// How something looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    /// `0xRRGGBB`.
    pub(crate) colour: u32,
    /// One emoji.
    pub(crate) symbol: &'static str,
}

impl Look {
    /// The colour as `#rrggbb`.
    pub(crate) fn hex(self) -> String {
        format!("#{:06x}", self.colour)
    }
}

/// How a notification looks: by the stage of its incident, and by its severity while it is open.
pub(crate) fn look(notification: &Notification) -> Look {
    let (colour, symbol) = match &notification.incident {
        None => (0x66_70_85, "ℹ️"),
        Some(brief) => match (brief.stage, brief.severity) {
            (Stage::Resolved, _) => (0x12_b7_6a, "✅"),
            (Stage::Acknowledged, _) => (0x7a_5a_f8, "👀"),
            (Stage::Open, Severity::Critical) => (0xd9_2d_20, "🔴"),
            (Stage::Open, Severity::Warning) => (0xf7_90_09, "🟠"),
            (Stage::Open, Severity::Info) => (0x2e_90_fa, "🔵"),
        },
    };
    Look { colour, symbol }
}

/// One line that says what happened, without a symbol: `Resolved: shop is down`.
pub(crate) fn title(notification: &Notification) -> String {
    // A person may have written it, and a line's end would end a header or a field.
    words_of_title(notification).replace(char::is_control, " ")
}

fn words_of_title(notification: &Notification) -> String {
    let Some(brief) = &notification.incident else {
        let first = notification.text.lines().next().unwrap_or_default();
        return match notification.event {
            Event::Test => "Test message from Watchword".to_owned(),
            _ if first.is_empty() => "Notice from Watchword".to_owned(),
            _ => first.to_owned(),
        };
    };
    let before = match notification.event {
        Event::Opened | Event::Test | Event::Notice => return brief.title.clone(),
        Event::Grew => "Grew",
        Event::Worse => "Worse",
        Event::Escalated => "Not acknowledged yet",
        Event::Reminder => "Still open",
        Event::Acknowledged => "Acknowledged",
        Event::Reopened => "Open again",
        Event::Resolved => match (brief.resolved, brief.merged_into) {
            (_, Some(into)) => return format!("Part of incident #{into} now: {}", brief.title),
            (Some((_, Resolution::Withdrawn)), _) => "Withdrawn (its monitor or its alert rule was deleted)",
            (Some((_, Resolution::Paused)), _) => "Paused",
            (Some((_, Resolution::Maintenance)), _) => "In maintenance",
            _ => "Resolved",
        },
    };
    format!("{before}: {}", brief.title)
}

/// What there is to say beside the title, in sentences; may be empty.
pub(crate) fn text(post: &Post<'_>) -> String {
    let notification = post.notification;
    match &notification.incident {
        Some(brief) => brief.why.clone(),
        None if notification.event == Event::Test && notification.text.is_empty() => {
            format!("{} can be told of its incidents here: this destination works.", post.organisation)
        }
        None => notification.text.lines().skip(1).collect::<Vec<_>>().join("\n").trim().to_owned(),
    }
}

/// A name and its value, both one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fact {
    pub(crate) name: &'static str,
    pub(crate) value: String,
}

/// What else is known, in the order of its weight.
pub(crate) fn facts(post: &Post<'_>) -> Vec<Fact> {
    let fact = |name: &'static str, value: String| Fact { name, value };
    let mut facts = Vec::new();
    if let Some(brief) = &post.notification.incident {
        facts.push(fact("Severity", brief.severity.as_str().to_owned()));
        facts.push(fact("Since", brief.opened_at.to_minute()));
        match brief.resolved.map(|(at, _)| at) {
            Some(at) => facts.push(fact("Lasted", humanize(at.since(brief.opened_at)))),
            None if matches!(post.notification.event, Event::Reminder | Event::Escalated) => {
                facts.push(fact("Open for", humanize(post.notification.at.since(brief.opened_at))));
            }
            None => {}
        }
        if let Some((at, who)) = &brief.acknowledged {
            facts.push(fact("Acknowledged", format!("by {who}, {}", at.to_minute())));
        }
        if brief.member_count > 1 {
            facts.push(fact("Failing", format!("{} of {} monitors", brief.failing_count, brief.member_count)));
        }
    }
    facts.push(fact("Organisation", post.organisation.to_owned()));
    if let Some(brief) = &post.notification.incident {
        facts.push(fact("Incident", format!("#{}", brief.id)));
    }
    facts
}

/// The members of an incident, a line each, `most` at most; the last line tells how many are left out. Empty for a single
/// member of which the title and the text say all.
pub(crate) fn members(brief: &IncidentBrief, most: usize) -> Vec<String> {
    if brief.member_count <= 1 && brief.members.iter().all(|member| member.why == brief.why) {
        return brief.members.iter().take(most).map(|member| format!("{} ({})", member.name, member.target)).collect();
    }
    let named = brief.members.len().min(most);
    let mut lines: Vec<String> = brief.members.iter().take(named).map(member).collect();
    let left = brief.member_count.saturating_sub(named as u64);
    if left > 0 {
        lines.push(format!("and {left} more"));
    }
    lines
}

fn member(member: &MemberBrief) -> String {
    let MemberBrief { name, target, since, until, why } = member;
    match (until, why.as_str()) {
        (Some(until), _) => format!("{name} ({target}): well again after {}", humanize(until.since(*since))),
        (None, "") => format!("{name} ({target}): failing since {}", since.to_minute()),
        (None, why) => format!("{name} ({target}): {why}"),
    }
}

/// All but the title as plain text, in lines.
pub(crate) fn body(post: &Post<'_>) -> String {
    let mut lines = Vec::new();
    let text = text(post);
    if !text.is_empty() {
        lines.push(text);
    }
    if let Some(brief) = &post.notification.incident {
        lines.extend(members(brief, IncidentBrief::MEMBERS));
    }
    lines.extend(facts(post).into_iter().map(|Fact { name, value }| format!("{name}: {value}")));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn what_a_deleted_rule_found_is_not_said_to_be_unwatched() {
        let mut notification = samples::of(Event::Resolved);
        let brief = notification.incident.as_mut().unwrap();
        brief.resolved = brief.resolved.map(|(at, _)| (at, Resolution::Withdrawn));
        let words = "Withdrawn (its monitor or its alert rule was deleted): shop is down";
        assert_eq!(title(&notification), words);
    }

    #[test]
    fn every_event_has_its_words() {
        let told: Vec<String> = samples::all()
            .iter()
            .map(|notification| {
                let post = samples::post(notification);
                format!("{} {}\n{}\n", look(notification).symbol, title(notification), body(&post))
            })
            .collect();
        insta::assert_snapshot!(told.join("\n"));
    }
}
