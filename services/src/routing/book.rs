//! What an organisation wants about who is told, and what that means for an incident. Nothing is told here.

use monitor_core::Timestamp;
use monitor_core::alerting::rule::Class;
use monitor_core::alerting::{Breadth, DestinationId, RotationId, RouteId, RuleId, Selector, Severity, Target};
use monitor_core::incident::IncidentId;
use monitor_core::labels::Labels;
use monitor_core::people::OrganisationId;
use storage::{Cohort, Listener, RotationRow, RouteRow, RuleRow, SilenceRow, StoreError, Tx};

/// All that is set down about who is told, as it holds at a time.
pub(super) struct Book {
    pub(super) now: Timestamp,
    listeners: Vec<Listener>,
    routes: Vec<RouteRow>,
    rotations: Vec<RotationRow>,
    silences: Vec<SilenceRow>,
    rules: Vec<RuleRow>,
}

/// Somebody who is to be told, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) destination: DestinationId,
    pub(super) because: String,
}

/// A route that is about some of an incident's monitors, and the loudest of these.
#[derive(Clone, Copy)]
pub(super) struct Matched<'a> {
    pub(super) row: &'a RouteRow,
    severity: Severity,
}

impl Matched<'_> {
    /// `route 2: env=prod, critical`.
    pub(super) fn because(&self) -> String {
        format!("route {}: {}, {}", self.row.id, self.row.words, self.severity.as_str())
    }
}

impl Book {
    pub(super) async fn load(tx: &Tx, organisation: OrganisationId, now: Timestamp) -> Result<Self, StoreError> {
        Ok(Self {
            now,
            listeners: tx.listeners(organisation).await?,
            routes: tx.routes(organisation).await?,
            rotations: tx.rotations(organisation).await?,
            silences: tx.silences(organisation, now).await?,
            rules: tx.alert_rules(Some(organisation)).await?,
        })
    }

    pub(super) fn listener(&self, destination: DestinationId) -> Option<&Listener> {
        self.listeners.iter().find(|listener| listener.id == destination)
    }

    /// When the quiet hours of a destination are over, if it has some now that are about what is so loud.
    pub(super) fn quiet_until(&self, destination: DestinationId, severity: Severity) -> Option<Timestamp> {
        self.listener(destination)?.quiet.as_ref()?.until(self.now, severity)
    }

    /// Whether there is anybody outside who could be told.
    pub(super) fn has_listeners(&self) -> bool {
        !self.listeners.is_empty()
    }

    /// What is left of an incident's monitors when those are taken out that a silence is about, and these silences.
    pub(super) fn audible(&self, incident: IncidentId, cohorts: &[Cohort]) -> (Vec<Cohort>, Vec<&SilenceRow>) {
        audible(&self.silences, incident, cohorts)
    }

    /// The routes that are about some of these monitors.
    pub(super) fn matched(&self, cohorts: &[Cohort]) -> Vec<Matched<'_>> {
        let loudest = |row: &RouteRow| {
            let loud = cohorts.iter().filter(|cohort| cohort.severity >= row.route.severity);
            loud.filter(|cohort| means(&row.route.selector, cohort)).map(|cohort| cohort.severity).max()
        };
        self.routes.iter().filter_map(|row| loudest(row).map(|severity| Matched { row, severity })).collect()
    }

    /// The route with that id, if it is about some of these monitors.
    pub(super) fn matched_by(&self, route: RouteId, cohorts: &[Cohort]) -> Option<Matched<'_>> {
        self.matched(cohorts).into_iter().find(|matched| matched.row.id == route)
    }

    /// Who is told at a step of a route.
    pub(super) fn at_step(&self, matched: &Matched<'_>, step: usize) -> Vec<Wanted> {
        let targets = matched.row.route.steps.get(step).map_or(&[][..], |step| &step.targets);
        targets.iter().filter_map(|target| self.wanted(*target, matched.because())).collect()
    }

    /// Whether a step of a route names somebody who is gone.
    pub(super) fn lacks(&self, matched: &Matched<'_>, step: usize) -> bool {
        let targets = matched.row.route.steps.get(step).map_or(&[][..], |step| &step.targets);
        targets.iter().any(|target| self.wanted(*target, String::new()).is_none())
    }

    /// The rules that fire for these monitors, as far as they say who is told or reminded.
    pub(super) fn voices(&self, cohorts: &[Cohort]) -> Vec<&RuleRow> {
        let mut voices: Vec<&RuleRow> = Vec::new();
        for cohort in cohorts.iter().filter(|cohort| !cohort.monitors.is_empty()) {
            let voice = match cohort.rule {
                Some(id) => self.rule(id),
                None => self.down_rule(cohort),
            };
            voices.extend(voice.filter(|row| !voices.iter().any(|known| known.id == row.id)));
        }
        voices.retain(|row| !row.rule.notify.is_empty() || row.rule.remind.is_some());
        voices
    }

    /// Who a rule tells by itself.
    pub(super) fn told_by(&self, row: &RuleRow) -> Vec<Wanted> {
        row.rule.notify.iter().filter_map(|name| self.wanted(self.target(name)?, rule_words(row))).collect()
    }

    /// A rule as it is now.
    pub(super) fn rule(&self, id: RuleId) -> Option<&RuleRow> {
        self.rules.iter().find(|row| row.id == id)
    }

    /// Of several rules about being down the narrowest counts, and of those the oldest.
    fn down_rule(&self, cohort: &Cohort) -> Option<&RuleRow> {
        let about = |row: &&RuleRow| row.rule.condition.class() == Class::Down && means(&row.rule.selector, cohort);
        self.rules.iter().filter(about).rev().max_by_key(|row| row.rule.selector.breadth())
    }

    /// Whom a name means: `#ops` and `ops` a destination, `@primary` a rotation.
    fn target(&self, name: &str) -> Option<Target> {
        let same = |other: &str, name: &str| other.to_lowercase() == name.to_lowercase();
        if let Some(name) = name.strip_prefix('@') {
            return self.rotations.iter().find(|row| same(&row.name, name)).map(|row| Target::Rotation(row.id));
        }
        let name = name.strip_prefix('#').unwrap_or(name);
        self.listeners.iter().find(|row| same(&row.name, name)).map(|row| Target::Destination(row.id))
    }

    /// A target that is there. If whoever is on call is gone, the next one in the rotation who is there is told.
    fn wanted(&self, target: Target, because: String) -> Option<Wanted> {
        match target {
            Target::Destination(destination) => self.listener(destination).map(|_| Wanted { destination, because }),
            Target::Rotation(id) => {
                let row = self.rotation(id)?;
                let whose = row.rotation.on_call(&row.overrides, self.now)?.participant;
                let everybody = &row.rotation.participants;
                let after = everybody.iter().position(|other| *other == whose).map_or(0, |place| place + 1);
                let others = everybody.iter().cycle().skip(after).take(everybody.len()).copied();
                let mut candidates = std::iter::once(whose).chain(others);
                let destination = candidates.find(|candidate| self.listener(*candidate).is_some())?;
                let gone = if destination == whose { "" } else { ", for whose turn it is is gone" };
                Some(Wanted { destination, because: format!("{because}, on call in {}{gone}", row.name) })
            }
        }
    }

    fn rotation(&self, id: RotationId) -> Option<&RotationRow> {
        self.rotations.iter().find(|row| row.id == id)
    }
}

/// What stands for an incident without alerts, which only routes about everything and silences of everything mean.
pub(crate) fn declared(severity: Severity) -> Cohort {
    Cohort { monitors: Vec::new(), labels: Labels::default(), group: None, severity, rule: None }
}

/// The silence with whose end somebody can be told again of an incident, whose monitors these are; `None`: somebody can be
/// told now. The silence that ends first is the first of them.
pub(crate) fn silencing<'a>(
    silences: &'a [SilenceRow],
    incident: IncidentId,
    cohorts: &[Cohort],
) -> Option<&'a SilenceRow> {
    let is_silent = |silences| audible(silences, incident, cohorts).0.is_empty();
    if cohorts.is_empty() || !is_silent(silences) {
        return None;
    }
    // As long as those that end later leave nothing over, its end changes nothing.
    (0..silences.len()).rev().find(|first| is_silent(&silences[*first..])).map(|first| &silences[first])
}

fn audible<'a>(
    silences: &'a [SilenceRow],
    incident: IncidentId,
    cohorts: &[Cohort],
) -> (Vec<Cohort>, Vec<&'a SilenceRow>) {
    let mut left = cohorts.to_vec();
    let mut at_work = Vec::new();
    for silence in silences {
        let mut hushed = false;
        left.retain_mut(|cohort| {
            let before = cohort.monitors.len();
            let whole = silence.incident == Some(incident) || hush(&silence.selector, cohort);
            hushed |= whole || cohort.monitors.len() < before;
            !whole
        });
        if hushed {
            at_work.push(silence);
        }
    }
    (left, at_work)
}

fn means(selector: &Selector, cohort: &Cohort) -> bool {
    match cohort.monitors.is_empty() {
        true => selector.breadth() == Breadth::Organisation,
        false => cohort.is_meant(selector),
    }
}

/// Takes those out of a cohort that are meant; tells whether that is all of it.
fn hush(selector: &Selector, cohort: &mut Cohort) -> bool {
    if cohort.monitors.is_empty() {
        return means(selector, cohort);
    }
    let Cohort { monitors, labels, group, .. } = cohort;
    monitors.retain(|monitor| !selector.matches(*monitor, labels, group.as_deref()));
    monitors.is_empty()
}

/// `rule 5: env=prod when down for 5m`.
pub(super) fn rule_words(row: &RuleRow) -> String {
    format!("rule {}: {} when {}", row.id, row.words, row.rule.condition)
}

/// `silence 3: shop until 2026-03-01 14:05 UTC, by Ada: deploy`.
pub(super) fn words(silence: &SilenceRow) -> String {
    let by = silence.by.as_ref().map(|by| format!(", by {by}")).unwrap_or_default();
    let reason = if silence.reason.is_empty() { String::new() } else { format!(": {}", silence.reason) };
    format!("silence {}: {} until {}{by}{reason}", silence.id, silence.words, silence.until.to_minute())
}
