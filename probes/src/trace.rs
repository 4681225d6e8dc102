//! What has been seen of a check so far.

use std::time::{Duration, Instant};

use monitor_core::Timestamp;
use monitor_core::assertion::{FactKind, Facts};
use monitor_core::checks::Family;
use monitor_core::duration::humanize;
use monitor_core::outcome::{Details, Outcome, Reason, Timings};
use tokio::sync::OwnedSemaphorePermit;

use crate::failure::Failure;

/// The part of a check that is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Resolve,
    Connect,
    Tls,
    Send,
    FirstByte,
    Body,
    /// There is no room for the answer, and it is waited for. Not the target's time.
    Room,
    /// The answer is complete and is held against what is expected of it. Not the target's time.
    Judge,
}

/// A check's record. It lives outside of the exchange, so that a check whose time runs out still tells how far it came.
pub(crate) struct Trace {
    /// When the check started, by the clock of people.
    pub(crate) at: Timestamp,
    started: Instant,
    /// How long the check may take in all.
    timeout: Duration,
    /// When the current phase began.
    mark: Instant,
    phase: Option<Phase>,
    /// What is said when the answer that is waited for does not come.
    missed: Option<String>,
    /// From the start until the answer was complete.
    duration: Option<Duration>,
    timings: Timings,
    pub(crate) http_status: Option<u16>,
    pub(crate) response_bytes: u64,
    pub(crate) details: Details,
    /// What was found, for the assertions; latencies are added when the check has ended.
    pub(crate) facts: Facts,
    /// What the check looks for, so that nothing is kept for nobody.
    wanted: Wanted,
    /// What is to be told of a target that is fine as yet.
    warning: Option<Failure>,
    /// Secrets that came up only now, such as tokens.
    secrets: Vec<String>,
    /// The room that the body takes, until the check has ended.
    room: Option<OwnedSemaphorePermit>,
}

/// What a check wants beside the figures.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wanted {
    /// Which addresses of a name are tried.
    pub(crate) family: Family,
    /// Whether an assertion is about the body.
    pub(crate) body: bool,
    /// Whether an assertion is about how much came.
    pub(crate) size: bool,
    /// Whether an assertion is about headers.
    pub(crate) headers: bool,
    /// Whether an assertion is about the certificate or TLS.
    pub(crate) tls: bool,
}

impl Trace {
    pub(crate) fn start(at: Timestamp, timeout: Duration, wanted: Wanted) -> Self {
        let now = Instant::now();
        Self {
            at,
            started: now,
            timeout,
            mark: now,
            phase: None,
            missed: None,
            duration: None,
            timings: Timings::default(),
            http_status: None,
            response_bytes: 0,
            details: Details::default(),
            facts: Facts::new(),
            wanted,
            warning: None,
            secrets: Vec::new(),
            room: None,
        }
    }

    /// Notes that the target is fine as yet, but something is coming: the check is degraded unless it fails. `news` is what
    /// is told once, and again when it changes.
    pub(crate) fn warn(&mut self, warning: Failure, news: String) {
        self.warning = Some(warning);
        self.details.warning = Some(news);
    }

    /// Notes that the target works, but not as well as it should. What was noted before stays.
    pub(crate) fn degrade(&mut self, failure: Failure) {
        self.warning.get_or_insert(failure);
    }

    /// The warning as the result of a check that is fine otherwise.
    pub(crate) fn warning(&mut self) -> Result<(), Failure> {
        self.warning.take().map_or(Ok(()), Err)
    }

    /// Notes a secret that came up only now, such as a token, so that it is not told should the target send it back.
    pub(crate) fn conceal(&mut self, secret: impl Into<String>) {
        self.secrets.push(secret.into());
    }

    /// The secrets that came up so far.
    pub(crate) fn secrets(&self) -> &[String] {
        &self.secrets
    }

    /// Takes them.
    pub(crate) fn take_secrets(&mut self) -> Vec<String> {
        std::mem::take(&mut self.secrets)
    }

    /// Holds the room that a body takes for as long as the check lasts. That of an earlier answer, which is done with, is
    /// given back.
    pub(crate) fn hold(&mut self, room: Option<OwnedSemaphorePermit>) {
        self.room = room;
    }

    /// What the check looks for.
    pub(crate) fn wanted(&self) -> Wanted {
        self.wanted
    }

    /// Notes the HTTP status.
    pub(crate) fn note_status(&mut self, status: u16) {
        self.http_status = Some(status);
        self.facts.set(FactKind::Status, f64::from(status));
    }

    /// Ends the last phase, and notes how long everything took.
    pub(crate) fn end(&mut self) {
        self.enter(Phase::Judge);
        self.facts.set(FactKind::Latency, self.duration());
        let phases = [
            (FactKind::LatencyDns, self.timings.dns_lookup),
            (FactKind::LatencyConnect, self.timings.tcp_connection),
            (FactKind::LatencyTls, self.timings.tls_handshake),
            (FactKind::LatencyFirstByte, self.timings.time_to_first_byte),
        ];
        for (fact, time) in phases {
            if let Some(time) = time {
                self.facts.set(fact, time);
            }
        }
    }

    /// Forgets what an earlier hop has left and is not this one's.
    pub(crate) fn begin_hop(&mut self) {
        self.http_status = None;
        self.details.peer = None;
        self.details.protocol = None;
        self.details.certificate_not_after = None;
    }

    /// Says what has not come should the time run out before the answer is there.
    pub(crate) fn wait_for(&mut self, missed: String) {
        self.missed = Some(missed);
    }

    /// Ends the current phase and begins the next.
    pub(crate) fn enter(&mut self, phase: Phase) {
        let now = self.leave();
        self.phase = Some(phase);
        if phase == Phase::Judge {
            self.duration.get_or_insert(now - self.started);
        }
    }

    /// Ends the current phase, which adds to what earlier hops took for the same.
    fn leave(&mut self) -> Instant {
        let now = Instant::now();
        let slot = match self.phase.take() {
            Some(Phase::Resolve) => Some(&mut self.timings.dns_lookup),
            Some(Phase::Connect) => Some(&mut self.timings.tcp_connection),
            Some(Phase::Tls) => Some(&mut self.timings.tls_handshake),
            Some(Phase::Send) => Some(&mut self.timings.send_request),
            Some(Phase::FirstByte) => Some(&mut self.timings.time_to_first_byte),
            Some(Phase::Body) => Some(&mut self.timings.receive_response),
            Some(Phase::Room | Phase::Judge) | None => None,
        };
        if let Some(slot) = slot {
            *slot = Some(slot.unwrap_or_default() + (now - self.mark));
        }
        self.mark = now;
        now
    }

    /// From the start until the answer was complete, or until now.
    pub(crate) fn duration(&self) -> Duration {
        self.duration.unwrap_or_else(|| self.started.elapsed())
    }

    /// Notes a duration that was measured in a better way than from start to end.
    pub(crate) fn measured(&mut self, duration: Duration) {
        self.leave();
        self.timings.time_to_first_byte = Some(duration);
        self.duration = Some(duration);
    }

    /// Notes that the answer is complete as far as can be known, so that waiting for more is not the target's time.
    pub(crate) fn complete(&mut self) {
        self.duration = Some(self.started.elapsed());
    }

    /// How much of the check's time is left.
    pub(crate) fn remaining(&self) -> Duration {
        self.timeout.saturating_sub(self.started.elapsed())
    }

    /// The failure of a check whose time ran out where it is now.
    pub(crate) fn out_of_time(&self) -> Failure {
        let (reason, what) = match self.phase {
            None | Some(Phase::Resolve) => (Reason::DnsTimeout, "the name was not resolved"),
            Some(Phase::Connect) => (Reason::ConnectTimeout, "the connection was not made"),
            Some(Phase::Tls) => (Reason::TlsTimeout, "the TLS handshake did not end"),
            Some(Phase::Send | Phase::FirstByte) => {
                (Reason::ResponseTimeout, self.missed.as_deref().unwrap_or("the answer did not come"))
            }
            Some(Phase::Body) => (Reason::BodyTimeout, "the answer did not end"),
            Some(Phase::Room) => (
                Reason::LocalResources,
                "other answers took all the room that this machine has for them, and none became free",
            ),
            Some(Phase::Judge) => {
                (Reason::ProbeFailed, "the assertions took too long: make them simpler; the answer was not judged")
            }
        };
        Failure::new(reason, format!("{what} within {}", humanize(self.timeout)))
    }

    /// The outcome of the check that this records.
    pub(crate) fn into_outcome(mut self, at: Timestamp, result: Result<(), Failure>) -> Outcome {
        self.leave();
        let duration = self.duration();
        let (reason, message) = match result {
            Ok(()) => (Reason::Ok, String::new()),
            Err(failure) => (failure.reason, failure.message),
        };
        Outcome {
            at,
            reason,
            message,
            duration,
            timings: self.timings,
            http_status: self.http_status,
            response_bytes: self.response_bytes,
            details: self.details,
        }
    }
}
