//! What has been seen of a check so far.

use std::time::{Duration, Instant};

use monitor_core::Timestamp;
use monitor_core::duration::humanize;
use monitor_core::outcome::{Details, Outcome, Reason, Timings};

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
    /// The answer is complete and is held against what is expected of it. Not the target's time.
    Judge,
}

/// A check's record. It lives outside of the exchange, so that a check whose time runs out still tells how far it came.
pub(crate) struct Trace {
    started: Instant,
    /// How long the check may take in all.
    timeout: Duration,
    /// When the current phase began.
    mark: Instant,
    phase: Option<Phase>,
    /// From the start until the answer was complete.
    duration: Option<Duration>,
    timings: Timings,
    pub(crate) http_status: Option<u16>,
    pub(crate) response_bytes: u64,
    pub(crate) details: Details,
    /// What is wrong with the answer whatever else comes of it.
    pub(crate) decided: Option<Failure>,
}

impl Trace {
    pub(crate) fn start(timeout: Duration) -> Self {
        let now = Instant::now();
        Self {
            started: now,
            timeout,
            mark: now,
            phase: None,
            duration: None,
            timings: Timings::default(),
            http_status: None,
            response_bytes: 0,
            details: Details::default(),
            decided: None,
        }
    }

    /// Forgets what an earlier hop has left and is not this one's.
    pub(crate) fn begin_hop(&mut self) {
        self.http_status = None;
        self.details.peer = None;
        self.details.protocol = None;
        self.details.certificate_not_after = None;
    }

    /// Ends the current phase and begins the next.
    pub(crate) fn enter(&mut self, phase: Phase) {
        let now = self.leave();
        self.phase = Some(phase);
        if phase == Phase::Judge {
            self.duration = Some(now - self.started);
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
            Some(Phase::Judge) | None => None,
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

    /// How much of the check's time is left.
    pub(crate) fn remaining(&self) -> Duration {
        self.timeout.saturating_sub(self.started.elapsed())
    }

    /// The failure of a check whose time ran out where it is now.
    pub(crate) fn out_of_time(&mut self) -> Failure {
        if let Some(decided) = self.decided.take() {
            return decided;
        }
        let (reason, what) = match self.phase {
            None | Some(Phase::Resolve) => (Reason::DnsTimeout, "the name was not resolved"),
            Some(Phase::Connect) => (Reason::ConnectTimeout, "the connection was not made"),
            Some(Phase::Tls) => (Reason::TlsTimeout, "the TLS handshake did not end"),
            Some(Phase::Send | Phase::FirstByte) => (Reason::ResponseTimeout, "the headers of the answer did not come"),
            Some(Phase::Body) => (Reason::BodyTimeout, "the body of the answer did not end"),
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
