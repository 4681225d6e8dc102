//! A history of monitors, lived through the services and kept whole beside them.

use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::health::{Flip, Health, IncidentChange, Policy, Status, Step};
use monitor_core::monitor::{Monitor, MonitorId, Settings};
use monitor_core::outcome::{Outcome, Reason};
use monitor_core::report::Window;
use services::{Finished, LEASE_SLACK};
use test_support::builders::{outcome, settings};

use crate::common::World;
use crate::random::Random;

const FAILURES: [Reason; 4] =
    [Reason::ConnectionRefused, Reason::UnexpectedStatus, Reason::ResponseTimeout, Reason::LocalNetwork];

#[derive(Clone, Copy)]
pub(super) struct Incident {
    monitor: MonitorId,
    pub(super) opened: Timestamp,
    pub(super) resolved: Option<Timestamp>,
}

struct Watched {
    monitor: Monitor,
    health: Health,
    lease: Option<Timestamp>,
    failing: bool,
    flips: Vec<Flip>,
}

/// All that ever happened.
pub(super) struct History {
    watched: Vec<Watched>,
    outcomes: Vec<(MonitorId, Outcome)>,
    incidents: Vec<Incident>,
    /// Checks that have ended, whose outcomes are still on their way.
    late: Vec<Finished>,
    late_stale: usize,
}

impl History {
    pub(super) async fn begin(world: &World) -> Self {
        let mut watched = Vec::new();
        for (name, minutes) in [("one", 4), ("two", 7), ("three", 11)] {
            let policy = Policy { retries: 1, needed: 2, of: 3, recover: 2 };
            let settings = Settings { policy, ..settings(name, Duration::from_secs(minutes * 60)) };
            let monitor = world.add_with(settings).await;
            let health = Health::default();
            watched.push(Watched { monitor, health, lease: None, failing: false, flips: Vec::new() });
        }
        Self { watched, outcomes: Vec::new(), incidents: Vec::new(), late: Vec::new(), late_stale: 0 }
    }

    pub(super) async fn live_until(&mut self, world: &World, random: &mut Random, until: Timestamp) {
        while world.now() < until {
            world.clock.advance(Duration::from_millis(random.between(30_000, 300_000)));
            self.check(world, random).await;
            if random.percent(2) {
                self.pause_or_resume(world, random.percent(50)).await;
            }
            if random.percent(5) {
                world.services.roll_up().await.unwrap();
            }
            if random.percent(5) {
                world.services.forget().await.unwrap();
            }
        }
    }

    /// Checks what is due, and records it together with outcomes that were on their way.
    async fn check(&mut self, world: &World, random: &mut Random) {
        let claims = world.store().claim(world.now(), world.now(), 10, LEASE_SLACK).await.unwrap();
        let mut batch: Vec<Finished> = Vec::new();
        if random.percent(20) {
            batch.append(&mut self.late);
        }
        for claim in claims {
            let watched = self.watched.iter_mut().find(|watched| watched.monitor.id == claim.monitor).unwrap();
            watched.lease = Some(claim.lease);
            watched.failing ^= random.percent(10);
            let finished = Finished {
                claim,
                policy: watched.monitor.settings.policy,
                outcome: found(world.now(), watched.failing, random),
            };
            let late = random.percent(5) || batch.iter().any(|other| other.claim.monitor == claim.monitor);
            if late { self.late.push(finished) } else { batch.push(finished) }
        }
        for finished in &batch {
            self.take_in(finished);
        }
        world.services.record(&batch).await.unwrap();
    }

    fn take_in(&mut self, Finished { claim, policy, outcome }: &Finished) {
        let ended = outcome.at + outcome.duration;
        self.outcomes.push((claim.monitor, outcome.clone()));
        let watched = self.watched.iter_mut().find(|watched| watched.monitor.id == claim.monitor).unwrap();
        if watched.lease != Some(claim.lease) {
            self.late_stale += 1;
            return;
        }
        watched.lease = None;
        let step = watched.health.observe(*policy, ended, outcome.reason);
        follow(watched, &mut self.incidents, step, ended);
    }

    async fn pause_or_resume(&mut self, world: &World, first: bool) {
        let watched = &mut self.watched[usize::from(!first)];
        let (name, now) = (watched.monitor.settings.name.as_str(), world.now());
        let step = if watched.health.status() == Status::Paused {
            world.services.resume_monitor(&world.owner, name).await.unwrap();
            watched.health.resume(now)
        } else {
            world.services.pause_monitor(&world.owner, name).await.unwrap();
            watched.health.pause(now)
        };
        follow(watched, &mut self.incidents, step, now);
    }

    pub(super) fn monitors(&self) -> impl Iterator<Item = (MonitorId, &str)> {
        self.watched.iter().map(|watched| (watched.monitor.id, watched.monitor.settings.name.as_str()))
    }

    pub(super) fn outcomes(&self, scope: Option<MonitorId>, window: Window) -> impl Iterator<Item = &Outcome> {
        let meant = move |(monitor, outcome): &&(MonitorId, Outcome)| {
            scope.is_none_or(|scope| scope == *monitor) && outcome.at >= window.from && outcome.at < window.to
        };
        self.outcomes.iter().filter(meant).map(|(_, outcome)| outcome)
    }

    pub(super) fn incidents(&self, scope: Option<MonitorId>) -> impl Iterator<Item = Incident> + Clone {
        self.incidents.iter().copied().filter(move |incident| scope.is_none_or(|scope| scope == incident.monitor))
    }

    /// How long a status lasted within a window.
    pub(super) fn time(&self, scope: Option<MonitorId>, status: Status, window: Window) -> Duration {
        let meant = self.watched.iter().filter(|watched| scope.is_none_or(|scope| scope == watched.monitor.id));
        meant.map(|watched| watched.time(status, window)).sum()
    }

    /// Whether enough happened for the comparison to mean anything.
    pub(super) fn is_worth_it(&self) {
        assert!(self.outcomes.len() > 1_000, "{} outcomes", self.outcomes.len());
        assert!(self.incidents.len() > 10, "{} incidents", self.incidents.len());
        assert!(self.late_stale > 10, "{} late outcomes", self.late_stale);
        assert!(self.watched.iter().flat_map(|watched| &watched.flips).any(|flip| flip.to == Status::Paused));
    }
}

impl Watched {
    fn time(&self, status: Status, window: Window) -> Duration {
        let ends = self.flips.iter().skip(1).map(|flip| flip.at).chain([window.to]);
        let first = self.flips.first().map_or(window.to, |flip| flip.at);
        let known = self.flips.iter().zip(ends).map(|(flip, end)| (flip.to, flip.at, end));
        let spans = [(Status::Unknown, window.from, first)].into_iter().chain(known);
        spans
            .filter(|(other, ..)| *other == status)
            .map(|(_, from, to)| to.min(window.to).since(from.max(window.from)))
            .sum()
    }
}

/// Does what the state machine asks for.
fn follow(watched: &mut Watched, incidents: &mut Vec<Incident>, step: Step, at: Timestamp) {
    if let Some(flip) = step.flip {
        let earliest = watched.flips.last().map_or(flip.at, |last| last.at);
        watched.flips.push(Flip { at: flip.at.max(earliest), ..flip });
    }
    let monitor = watched.monitor.id;
    match step.incident {
        Some(IncidentChange::Open) => incidents.push(Incident { monitor, opened: at, resolved: None }),
        Some(IncidentChange::Resolve) => {
            let open = incidents.iter_mut().rfind(|incident| incident.monitor == monitor).unwrap();
            open.resolved = Some(at);
        }
        None => {}
    }
}

fn found(at: Timestamp, failing: bool, random: &mut Random) -> Outcome {
    let reason = match failing {
        true => random.one_of(&FAILURES),
        false if random.percent(5) => Reason::Slow,
        false => Reason::Ok,
    };
    // From a millisecond to some seconds, short ones more often.
    let duration =
        Duration::from_micros(1_000 << random.between(0, 12)) + Duration::from_micros(random.between(0, 999));
    Outcome { duration, response_bytes: random.between(0, 100_000), ..outcome(at, reason) }
}
