use std::time::Duration;

use monitor_core::alerting::Severity;
use monitor_core::code::ErrorCode;
use monitor_core::duration;
use monitor_core::people::Permission;
use services::NewRoute;

use super::route::{SEVERITIES, words};
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind, Known};

/// Makes a route.
pub(crate) const COMMAND: Command = Command {
    name: "add-route",
    aliases: &["new-route"],
    summary: "Says who is told of incidents of some monitors, and who next if nobody takes care. All routes that fit apply.",
    examples: &[
        "add-route all notify ops-mail",
        "add-route env=prod severity critical notify #ops then 10m @primary then 30m boss-sms",
        "add-route group:shop severity warning notify #shop ops-mail",
    ],
    arguments: &[&[
        Argument::new("about", Kind::Text, "Which monitors: `all`, names, labels like `env=prod`, `group:shop`.")
            .of(Known::Subject)
            .like("env=prod")
            .positional()
            .repeated()
            .default("all"),
        Argument::new("severity", SEVERITIES, "The least severity that is told.").default("info"),
        Argument::new("notify", Kind::Text, "Who is told at once: destinations, and rotations like `@primary`.")
            .of(Known::Target)
            .like("ops-mail")
            .greedy()
            .required("Who shall be told? Say destinations, or a rotation like @primary."),
        Argument::new(
            "then",
            Kind::Text,
            "How long after the beginning who else is told, unless somebody has acknowledged.",
        )
        .like("10m @primary")
        .greedy(),
    ]],
    permission: Permission::Edit,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let severity = given.get("severity").and_then(Severity::from_word).unwrap_or(Severity::Info);
    let at_once = given.all("notify").flatten().map(str::to_owned).collect();
    let mut all = vec![(Duration::ZERO, at_once)];
    all.extend(later(&given.all("then").flatten().collect::<Vec<_>>())?);
    let new = NewRoute { about: words(&given, "about"), severity, steps: all };
    let route = turn.services.add_route(turn.actor, &new).await?;
    let text = format!(
        "Route {}: of incidents of `{}`{}, {}.{}{}",
        route.id,
        route.words,
        from(route.severity),
        told(&route.steps),
        if route.steps.len() > 1 { " `ack` keeps the later ones from being told." } else { "" },
        if given.has("about") {
            ""
        } else {
            " You named no monitors, so it is about all of them; `add-route env=prod …` would be about some."
        },
    );
    Ok(Answer::text(text))
}

fn from(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "",
        Severity::Warning => " that are warnings or critical",
        Severity::Critical => " that are critical",
    }
}

/// `ops` is told at once, `@primary` after 10m.
fn told(steps: &[(Duration, Vec<String>)]) -> String {
    let step = |(after, names): &(Duration, Vec<String>)| {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        let when =
            if after.is_zero() { "I tell at once".to_owned() } else { format!("after {}", duration::format(*after)) };
        format!("{when} {}", names.join(" and "))
    };
    steps.iter().map(step).collect::<Vec<_>>().join(", ")
}

/// Reads `10m @primary 30m boss-sms`: each duration begins a step.
fn later(said: &[&str]) -> Result<Vec<(Duration, Vec<String>)>, Failure> {
    let wrong = |text: String| Failure::new(ErrorCode::InvalidDuration, text);
    let mut steps: Vec<(Duration, Vec<String>)> = Vec::new();
    let mut said = said.iter().copied().peekable();
    while let Some(word) = said.next() {
        let unit = said.next_if(|unit| is_number(word) && duration::parse(&format!("{word}{unit}")).is_ok());
        let written = format!("{word}{}", unit.unwrap_or_default());
        match (duration::parse(&written), steps.last_mut()) {
            (Ok(after), _) if word.starts_with(|c: char| c.is_ascii_digit()) => steps.push((after, Vec::new())),
            (_, Some((_, names))) => names.push(word.to_owned()),
            (_, None) => {
                let text = format!("Say how long after the beginning `{word}` is told, like `then 10m {word}`.");
                return Err(wrong(text));
            }
        }
    }
    Ok(steps)
}

fn is_number(word: &str) -> bool {
    word.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}
