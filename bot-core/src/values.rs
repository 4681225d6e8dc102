//! What the value of an argument could be: words that are fixed, and the names and numbers of what there is.

use monitor_core::people::Actor;
use services::view::{AuditFilter, AuditRow, IncidentFilter, IncidentRow, SecurityFilter, SecurityRow};
use services::{Result, Services};

use crate::commands::COMMANDS;
use crate::complete::Choice;
use crate::engine::Engine;
use crate::grammar::{Argument, Kind, Known};
use crate::{kinds, present};

/// Most values offered.
const MOST: usize = 20;

/// Incidents that are looked through.
const INCIDENTS: u64 = 100;

/// Audits and security checks that are looked through.
const AUDITS: u64 = 50;

/// Longest title of what is offered, in characters.
const ABOUT_CHARS: usize = 60;

impl Engine {
    /// The values of an argument that begin with what was typed; of what has a number, those too whose title contains it.
    pub(crate) async fn values(&self, actor: &Actor, argument: &Argument, typed: &str) -> Vec<Choice> {
        let known = match (argument.known, argument.kind) {
            (Some(known), _) => Some(known),
            (None, Kind::Monitor) => Some(Known::Monitor),
            (None, Kind::Incident) => Some(Known::Incident),
            (None, Kind::Label) => Some(Known::Label),
            (None, _) => None,
        };
        match known {
            // What cannot be looked up is not offered; it can be typed all the same.
            Some(known) => self.known(actor, known, typed).await.unwrap_or_default(),
            None => fixed(argument.kind, typed),
        }
    }

    async fn known(&self, actor: &Actor, known: Known, typed: &str) -> Result<Vec<Choice>> {
        let services = &self.services;
        Ok(match known {
            Known::Monitor => names(services.monitor_names(actor, typed, MOST as u64).await?),
            Known::Label => names(services.label_names(actor, typed, MOST as u64).await?),
            Known::Group => names(services.group_names(actor, typed, MOST as u64).await?),
            Known::Incident => self.incidents(actor, typed).await?,
            Known::Subject => self.subjects(actor, typed).await?,
            Known::Destination => beginning(services.destination_names(actor).await?, typed),
            Known::Rotation => beginning(services.rotation_names(actor).await?, typed.trim_start_matches('@')),
            Known::Target => {
                let rotations = services.rotation_names(actor).await?.into_iter().map(|name| format!("@{name}"));
                let all = services.destination_names(actor).await?.into_iter().chain(rotations).collect();
                beginning(all, typed)
            }
            Known::Route => {
                let routes = services.routes(actor).await?;
                numbered(routes.into_iter().map(|route| (route.id.0, route.words)), typed)
            }
            Known::Rule => {
                let rules = services.list_alerts(actor).await?;
                let said = |words, condition| format!("{words} {condition}");
                numbered(rules.into_iter().map(|rule| (rule.row.id.0, said(rule.row.words, rule.row.rule))), typed)
            }
            Known::Silence => {
                let silences = services.silences(actor).await?;
                numbered(silences.into_iter().map(|silence| (silence.id.0, silence.words)), typed)
            }
            Known::Maintenance => {
                let windows = services.maintenance(actor).await?;
                numbered(windows.into_iter().map(|window| (window.id.0, window.words)), typed)
            }
            Known::Audit => {
                let (_, audits) = services.audits(actor, &AuditFilter::default(), 0, AUDITS).await?;
                let said =
                    |row: AuditRow| (row.id.0, format!("{} {}, {}", row.spec.url, row.spec.device, row.state.as_str()));
                numbered(audits.into_iter().map(said), typed)
            }
            Known::AuditSchedule => {
                let schedules = services.audit_schedules(actor).await?;
                beginning(schedules.into_iter().map(|row| row.name).collect(), typed)
            }
            Known::SecurityCheck => {
                let (_, checks) = services.security_checks(actor, &SecurityFilter::default(), 0, AUDITS).await?;
                let said = |row: SecurityRow| (row.id.0, format!("{}, {}", row.url, row.state.as_str()));
                numbered(checks.into_iter().map(said), typed)
            }
            Known::Host => {
                let hosts = services.owned_hosts(actor).await?;
                beginning(hosts.into_iter().map(|row| row.host).collect(), typed)
            }
            Known::Member => beginning(services.member_names(actor).await?, typed.trim_start_matches('@')),
            Known::Workspace => {
                let workspaces = services.connections(actor).await?.workspaces;
                let said = |platform, name| format!("{platform}: {name}");
                numbered(workspaces.into_iter().map(|row| (row.id.0, said(row.platform, row.name))), typed)
            }
        })
    }

    /// Open incidents first, as `#12` with their titles.
    async fn incidents(&self, actor: &Actor, typed: &str) -> Result<Vec<Choice>> {
        let of = async |open| {
            let filter = IncidentFilter { open: Some(open), ..IncidentFilter::default() };
            self.services.incidents(actor, None, &filter, INCIDENTS).await
        };
        let mut rows = of(true).await?;
        rows.extend(of(false).await?);
        let title = |row: IncidentRow| {
            let (name, title) = (present::incident_name(&row), &row.incident.title);
            let about = if title.contains(&name) { title.clone() } else { format!("{name}: {title}") };
            (row.incident.id.0, about)
        };
        let choices = numbered(rows.into_iter().map(title), typed);
        Ok(choices.into_iter().map(|choice| Choice { text: format!("#{}", choice.text), ..choice }).collect())
    }

    /// What something can be about: monitors, labels, groups, all of them, and incidents once a `#` was typed.
    async fn subjects(&self, actor: &Actor, typed: &str) -> Result<Vec<Choice>> {
        if typed.starts_with('#') {
            return self.incidents(actor, typed).await;
        }
        let services: &Services = &self.services;
        let most = MOST as u64;
        let mut choices = beginning(vec!["all".to_owned()], typed);
        choices.extend(names(services.monitor_names(actor, typed, most).await?));
        choices.extend(names(services.label_names(actor, typed, most).await?));
        let group = typed.split_once(':').filter(|(word, _)| word.eq_ignore_ascii_case("group"));
        if let Some((_, group)) = group {
            let groups = services.group_names(actor, group, most).await?;
            choices.extend(groups.into_iter().map(|name| Choice::new(format!("group:{name}"), "")));
        }
        choices.truncate(MOST);
        Ok(choices)
    }
}

/// The words that begin like this, of a kind whose values are always the same.
fn fixed(kind: Kind, typed: &str) -> Vec<Choice> {
    let fixed: Vec<&str> = match kind {
        Kind::Command => COMMANDS.iter().map(|command| command.name).collect(),
        Kind::CheckKind => kinds::KINDS.iter().map(|kind| kind.name).collect(),
        Kind::Switch => vec!["yes", "no"],
        Kind::Choice(choices) => choices.to_vec(),
        Kind::Duration => vec!["1s", "5s", "10s", "30s", "1m", "5m", "1h"],
        Kind::Period => vec!["1h", "24h", "7d", "30d", "90d"],
        Kind::Method => vec!["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
        _ => Vec::new(),
    };
    let lower = typed.to_ascii_lowercase();
    let fits = |value: &&str| value.to_ascii_lowercase().starts_with(&lower);
    fixed.into_iter().filter(fits).map(|value| Choice::new(value, "")).collect()
}

fn names(names: Vec<String>) -> Vec<Choice> {
    names.into_iter().map(|name| Choice::new(name, "")).collect()
}

/// Those that begin with what was typed, in any case.
fn beginning(all: Vec<String>, typed: &str) -> Vec<Choice> {
    let lower = typed.trim_start_matches('#').to_lowercase();
    let fits = |name: &String| name.to_lowercase().starts_with(&lower);
    all.into_iter().filter(fits).take(MOST).map(|name| Choice::new(name, "")).collect()
}

/// Numbers that begin with what was typed, or whose words contain it.
fn numbered(all: impl Iterator<Item = (i64, String)>, typed: &str) -> Vec<Choice> {
    let lower = typed.trim_start_matches('#').to_lowercase();
    let fits = |(number, words): &(i64, String)| {
        number.to_string().starts_with(&lower) || words.to_lowercase().contains(&lower)
    };
    let choice = |(number, words): (i64, String)| {
        Choice::new(number.to_string(), &monitor_core::http::shorten(&words, ABOUT_CHARS))
    };
    all.filter(fits).take(MOST).map(choice).collect()
}
