//! How long and how often is measured.

/// The length of every part of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// Windows that a figure is measured in, one after the other.
    pub(crate) windows: u32,
    /// Seconds of a window that goes flat out.
    pub(crate) flat_s: u64,
    /// Seconds of a window of the bare loop and of the peer at a given rate.
    pub(crate) paced_s: u64,
    /// Seconds of a window in which Watchword checks.
    pub(crate) checks_s: u64,
    /// Seconds of a window in which Watchword checks monitors of one kind.
    pub(crate) kind_s: u64,
    /// Seconds of a window in which heartbeats are pinged.
    pub(crate) pings_s: u64,
    /// How often all monitors of a storm fail and recover.
    pub(crate) storms: u32,
    /// Seconds of a window in which Watchword has nothing to do.
    pub(crate) idle_s: u64,
    /// How often a target starts to fail and recovers.
    pub(crate) flips: usize,
    /// How often a tenth of the monitors of `alerts` fail and recover.
    pub(crate) alert_rounds: usize,
    /// Notifications that are due at once.
    pub(crate) outbox: usize,
    /// Requests for each chat command.
    pub(crate) commands: usize,
    /// Requests for each kind of report over 90 days.
    pub(crate) reports: usize,
    /// How often a page is audited with one run, and with three.
    pub(crate) audits: usize,
    /// Seconds after which a run ends, whatever has not been measured by then.
    pub(crate) at_most_s: u64,
}

impl Plan {
    pub(crate) const FULL: Self = Self {
        windows: 3,
        flat_s: 5,
        paced_s: 20,
        checks_s: 20,
        kind_s: 6,
        pings_s: 20,
        storms: 3,
        idle_s: 10,
        flips: 30,
        alert_rounds: 5,
        outbox: 4_000,
        commands: 200,
        reports: 60,
        audits: 3,
        at_most_s: 2_070,
    };

    pub(crate) const QUICK: Self = Self {
        windows: 3,
        flat_s: 2,
        paced_s: 3,
        checks_s: 5,
        kind_s: 1,
        pings_s: 2,
        storms: 1,
        idle_s: 2,
        flips: 10,
        alert_rounds: 2,
        outbox: 2_000,
        commands: 60,
        reports: 20,
        audits: 1,
        at_most_s: 500,
    };
}
