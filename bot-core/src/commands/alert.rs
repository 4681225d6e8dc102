//! What the commands about alert rules share.

use monitor_core::alerting::rule::{Condition, Rule};
use monitor_core::alerting::{RuleId, Severity};
use services::AlertRuleView;

use crate::command::{Failure, Turn};
use crate::grammar::{Argument, Given, Kind, Known};
use crate::present;

/// When the rule fires.
pub(super) const CONDITION: Argument = Argument::new(
    "when",
    Kind::Condition,
    "When it fires, up to the next word that says something else, or in quotes. See docs/alerting.md.",
)
.words(&["when", "if"])
.positional()
.required(
    "When? Say it like `down for 5m`, `2 of 3 checks failed`, `p95 over 10m > 800ms` or `certificate.days < 14`.",
);

/// How loudly.
pub(super) const SEVERITY: Argument =
    Argument::new("severity", Kind::Choice(&["info", "warning", "critical"]), "How loudly it is told.")
        .default("critical");

/// How long it is quiet after an alert.
pub(super) const COOLDOWN: Argument = Argument::new(
    "cooldown",
    Kind::Duration,
    "How long after an alert of a monitor it does not fire again for that monitor.",
)
.default("5m")
.like("10m");

/// Which rule.
pub(super) const NUMBER: Argument =
    Argument::new("rule", Kind::Number(1, u16::MAX), "The number of the rule, as `list-alerts` shows it.")
        .of(Known::Rule)
        .positional()
        .like("3")
        .required("Which rule? `list-alerts` shows their numbers.");

/// Most monitors that are named.
const NAMED: usize = 3;

/// Which monitors were said, in words: `env=prod group:shop`, `shop`, `all`.
pub(super) fn words(given: &Given) -> String {
    let labels = given.all("label").flatten().map(str::to_owned);
    let group = given.get("group").map(|group| format!("group:{group}"));
    let words: Vec<String> = labels.chain(given.get("monitor").map(str::to_owned)).chain(group).collect();
    words.join(" ")
}

/// The rule that was said.
///
/// # Errors
/// What does not work, with a mark under the fault of a condition.
pub(super) async fn rule(turn: Turn<'_>, given: &Given) -> Result<Rule, Failure> {
    let condition = Condition::parse(given.get("when").unwrap_or_default())?;
    let selector = turn.services.about(turn.actor, &words(given)).await?;
    let severity = given.get("severity").and_then(Severity::from_word).unwrap_or_default();
    let rule = Rule {
        severity,
        cooldown: given.duration("cooldown").unwrap_or(Rule::DEFAULT_COOLDOWN),
        remind: given.duration("remind"),
        notify: given.all("notify").flatten().map(str::to_owned).collect(),
        ..Rule::new(selector, condition)
    };
    rule.validate()?;
    Ok(rule)
}

/// What a rule is doing now: `fires for shop (for 5 min)`, `waits for 2 monitors`, `quiet`.
pub(super) fn doing(view: &AlertRuleView, now: monitor_core::Timestamp) -> String {
    let mut doing = Vec::new();
    if view.firing_count > 0 {
        let named = view.firing.iter().take(NAMED);
        let named: Vec<String> =
            named.map(|(name, since)| format!("{name} ({})", present::lasting(*since, now))).collect();
        let more = view.firing_count.saturating_sub(named.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        doing.push(format!("fires: {}{more}", named.join(", ")));
    }
    if view.waiting_count > 0 {
        doing.push(format!("holds for {}, waits", present::plural(view.waiting_count as u64, "monitor")));
    }
    match (view.monitors, doing.is_empty()) {
        (0, true) => "about no monitor".to_owned(),
        (_, true) => "quiet".to_owned(),
        _ => doing.join("; "),
    }
}

/// The number that was said.
pub(super) fn number(given: &Given) -> RuleId {
    RuleId(given.number("rule").unwrap_or_default())
}
