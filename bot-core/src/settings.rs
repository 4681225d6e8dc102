//! The arguments that describe a monitor of any kind: the same for adding one and for changing one.

use monitor_core::checks::Family;
use monitor_core::code::ErrorCode;
use monitor_core::labels::Label;
use monitor_core::monitor::{MonitorError, MonitorId, MonitorName, Settings};

use crate::command::{Failure, Turn};
use crate::grammar::{Argument, Given, Kind, parse_ratio};
use crate::kinds::{self, CheckKind};

/// How often and how patiently a monitor is checked, and what it belongs to.
pub(crate) const ARGUMENTS: &[Argument] = &[
    Argument::new("interval", Kind::Duration, "How often to check, 1s to 1d; how often a heartbeat reports, 1s to 365d.")
        .words(&["every"])
        .default("60s"),
    Argument::new("timeout", Kind::Duration, "How long one check may take in all, 100ms to 60s.")
        .words(&["timeout", "within"])
        .like("5s")
        .default("10s"),
    Argument::new("retries", Kind::Number(0, 5), "How often a failed check is tried again at once before it counts.")
        .default("2"),
    Argument::new("confirm", Kind::Ratio, "How many of the last checks have to fail before it is down.").default("1/1"),
    Argument::new("recover", Kind::Number(1, 20), "How many good checks in a row end an incident.").default("1"),
    Argument::new("ip", Kind::Choice(&["any", "v4", "v6"]), "Which addresses of a name are tried.").default("any"),
    Argument::new(
        "label",
        Kind::Text,
        "A label, in place of one with the same key; `label env=none` takes one away, `label none` all.",
    )
    .words(&["label", "tag"])
    .like("env=prod")
    .repeated()
    .removable(),
    Argument::new("group", Kind::Text, "The group that it is shown in, one word.").like("shop").removable(),
    Argument::new(
        "depends-on",
        Kind::Monitor,
        "A monitor that it depends on: while that is down, this one's failures alert nobody. Given anew, it replaces all.",
    )
    .like("router")
    .repeated()
    .removable(),
];

/// Settings for a target, as far as they were given.
///
/// # Errors
/// What does not work, and what would.
pub(crate) fn for_target(target: &str, given: &Given) -> Result<Settings, Failure> {
    let kind = kinds::meant(given.get("kind"), target)?;
    let spec = kinds::start(kind, target)?;
    let name = match given.get("name") {
        Some(name) => MonitorName::new(name)?,
        None => kinds::proposed_name(kind, &spec, target)?,
    };
    let mut settings = Settings::new(name, spec);
    settings.interval = kind.interval;
    apply(kind, given, &mut settings)?;
    Ok(settings)
}

/// Changes settings as far as something was given, and checks the whole.
///
/// # Errors
/// What does not work, and what would.
pub(crate) fn apply(kind: &CheckKind, given: &Given, settings: &mut Settings) -> Result<(), Failure> {
    kinds::refuse_foreign(kind, given)?;
    if let Some(interval) = given.duration("interval").filter(|_| kind.is_probed()) {
        settings.interval = interval;
    }
    if let Some(timeout) = given.duration("timeout") {
        settings.timeout = timeout;
    }
    settings.policy.retries = given.number("retries").unwrap_or(settings.policy.retries);
    settings.policy.recover = given.number("recover").unwrap_or(settings.policy.recover);
    if let Some((needed, of)) = given.get("confirm").and_then(parse_ratio) {
        (settings.policy.needed, settings.policy.of) = (needed, of);
    }
    settings.family = given.get("ip").and_then(Family::from_word).unwrap_or(settings.family);
    belonging(given, settings)?;
    kinds::asserted(given, &mut settings.assertions)?;
    (kind.apply)(given, settings)?;
    kinds::assertions(given, settings)?;
    Ok(settings.validate()?)
}

/// Labels and group.
fn belonging(given: &Given, settings: &mut Settings) -> Result<(), Failure> {
    for text in given.all("label") {
        match text.map(str::parse::<Label>).transpose()? {
            None => settings.labels = Default::default(),
            Some(label) if label.value == "none" => settings.labels.remove(&label.key),
            Some(label) => settings.labels.set(label),
        }
    }
    if given.has("group") {
        let group = given.get("group").map(MonitorName::new).transpose();
        let wrong = |_| {
            let text = "`group`: a group is one word of letters, digits, dots, dashes and underscores, like `shop`.";
            Failure::new(ErrorCode::InvalidName, text)
        };
        settings.group = group.map_err(wrong)?.map(|group| group.to_string());
    }
    Ok(())
}

/// Finds the monitors that another one is to depend on.
///
/// # Errors
/// When there is no such monitor, or it is the monitor itself.
pub(crate) async fn depend(
    turn: Turn<'_>,
    given: &Given,
    own: Option<MonitorId>,
    settings: &mut Settings,
) -> Result<(), Failure> {
    if !given.has("depends-on") {
        return Ok(());
    }
    settings.parents.clear();
    for name in given.all("depends-on").flatten() {
        let parent = turn.services.monitor(turn.actor, name).await?;
        if Some(parent.id) == own {
            let text = format!("`{}` cannot depend on itself.", parent.settings.name);
            return Err(Failure::new(ErrorCode::InvalidOption, text));
        }
        if !settings.parents.contains(&parent.id) {
            settings.parents.push(parent.id);
        }
    }
    match settings.parents.len() > Settings::MAX_PARENTS {
        true => Err(MonitorError::TooMuch(format!("a monitor has at most {} parents", Settings::MAX_PARENTS)).into()),
        false => Ok(()),
    }
}

/// The names of those that settings say a monitor depends on.
///
/// # Errors
/// When they cannot be looked up.
pub(crate) async fn parents(turn: Turn<'_>, settings: &Settings) -> Result<Vec<String>, Failure> {
    Ok(turn.services.names_of(turn.actor, &settings.parents).await?)
}
