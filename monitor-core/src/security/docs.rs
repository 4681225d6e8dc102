//! The tables of `docs/security-check.md`.

use super::Risk;
use super::grade::SCALE;
use super::libraries::table;
use super::rules::{ALL, BONUSES, Rule, Topic, zap_points};

/// The part of `docs/security-check.md` that is made from the rules: findings by topic, bonuses, grades, libraries.
#[must_use]
pub fn docs() -> String {
    let mut page = String::from("## Findings\n");
    for topic in Topic::ALL {
        page.push_str(&format!("\n### {}\n\n", topic.title()));
        match topic {
            Topic::Zap => page.push_str(&zap()),
            _ => page.push_str(&of_topic(topic)),
        }
    }
    page.push_str(&libraries());
    page.push_str("\n## Bonuses\n\n| id | points | for |\n|---|---|---|\n");
    for bonus in BONUSES {
        page.push_str(&format!("| `{}` | {} | {} |\n", bonus.id, bonus.points, bonus.what));
    }
    page.push_str("\n## Grades\n\n| points | grade |\n|---|---|\n");
    for (_, grade, least) in SCALE {
        page.push_str(&format!("| {least} and more | {grade} |\n"));
    }
    page
}

fn of_topic(topic: Topic) -> String {
    let mut rows =
        String::from("| id | risk | points | what, why, and how to mend it | see |\n|---|---|---|---|---|\n");
    for rule in ALL.iter().filter(|rule| rule.topic == topic) {
        rows.push_str(&row(rule));
    }
    rows
}

fn row(rule: &Rule) -> String {
    let Rule { id, points, title, why, mend, reference, .. } = rule;
    let depth = if rule.active { " (active)" } else { "" };
    let text = format!("**{title}.**{depth} {why} *{mend}*").replace('|', "\\|");
    format!("| `{id}` | {} | {points} | {text} | {reference} |\n", word(rule.risk))
}

fn word(risk: Risk) -> &'static str {
    match risk {
        Risk::Info => "info",
        Risk::Low => "low",
        Risk::Medium => "medium",
        Risk::High => "high",
    }
}

fn zap() -> String {
    let mut rows = String::from("| ids | ZAP's risk | points |\n|---|---|---|\n");
    for risk in [Risk::High, Risk::Medium, Risk::Low, Risk::Info] {
        rows.push_str(&format!("| `zap-` and the rule's number | {} | {} |\n", word(risk), zap_points(risk)));
    }
    rows
}

fn libraries() -> String {
    let table = table();
    let titles: Vec<&str> = table.libraries.iter().map(|library| library.title.as_str()).collect();
    let holes: usize = table.libraries.iter().map(|library| library.holes.len()).sum();
    format!(
        "\n## Libraries\n\nThe table of libraries with known holes is of {} ({}). It has {holes} holes of {} libraries: {}.\n",
        table.dated,
        table.source,
        titles.len(),
        titles.join(", ")
    )
}
