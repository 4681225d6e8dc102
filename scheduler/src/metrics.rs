//! What the scheduler counts.

use std::time::Duration;

use monitor_core::outcome::Outcome;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use services::{Delivered, DeliveryOutcome, Recorded};

/// Bounds of lateness in seconds, the fine ones where the goals lie. Lateness is known to the millisecond, rounded down:
/// what the first one holds is less than a millisecond.
const LATENESS: [f64; 23] = [
    0.0005, 0.001, 0.002, 0.003, 0.004, 0.005, 0.006, 0.008, 0.01, 0.012, 0.015, 0.02, 0.025, 0.03, 0.04, 0.05, 0.075,
    0.1, 0.25, 0.5, 1.0, 5.0, 30.0,
];

/// Bounds of the time to a receipt in seconds: mostly a round trip, but a day when a destination is away.
const DELIVERY_LATENCY: [f64; 15] =
    [0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0, 600.0, 3_600.0, 86_400.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByReason {
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByDestination {
    kind: &'static str,
    outcome: &'static str,
}

/// The scheduler's metrics. Clones share their values.
#[derive(Debug, Clone)]
pub struct Metrics {
    checks: Family<ByReason, Counter>,
    duration: Histogram,
    lateness: Histogram,
    waiting: Gauge,
    flips: Counter,
    incidents_opened: Counter,
    incidents_resolved: Counter,
    stale: Counter,
    deliveries: Family<ByDestination, Counter>,
    delivery_latency: Histogram,
    outbox: Gauge,
}

impl Metrics {
    /// Registers all metrics under their public names, which dashboards rely on.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            checks: Family::default(),
            duration: Histogram::new([0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0]),
            lateness: Histogram::new(LATENESS),
            waiting: Gauge::default(),
            flips: Counter::default(),
            incidents_opened: Counter::default(),
            incidents_resolved: Counter::default(),
            stale: Counter::default(),
            deliveries: Family::default(),
            delivery_latency: Histogram::new(DELIVERY_LATENCY),
            outbox: Gauge::default(),
        };
        registry.register("checks", "Checks that ended, by reason code", metrics.checks.clone());
        registry.register_with_unit("check_duration", "How long checks took", Unit::Seconds, metrics.duration.clone());
        let lateness = metrics.lateness.clone();
        registry.register_with_unit(
            "check_lateness",
            "Start of checks against their due times",
            Unit::Seconds,
            lateness,
        );
        registry.register("results_waiting", "Outcomes that wait to be recorded", metrics.waiting.clone());
        registry.register("flips", "Changes of status", metrics.flips.clone());
        registry.register("incidents_opened", "Incidents opened", metrics.incidents_opened.clone());
        registry.register("incidents_resolved", "Incidents resolved", metrics.incidents_resolved.clone());
        registry.register("stale_results", "Outcomes whose lease had run out", metrics.stale.clone());
        let deliveries = metrics.deliveries.clone();
        registry.register(
            "deliveries",
            "Attempts to deliver notifications, by kind of destination and outcome",
            deliveries,
        );
        let latency = metrics.delivery_latency.clone();
        registry.register_with_unit(
            "delivery_latency",
            "From a notification being due to be told to its receipt",
            Unit::Seconds,
            latency,
        );
        registry.register(
            "notifications_waiting",
            "Notifications that are still to be delivered",
            metrics.outbox.clone(),
        );
        metrics
    }

    pub(crate) fn started(&self, late: Duration) {
        self.lateness.observe(late.as_secs_f64());
    }

    pub(crate) fn ended(&self, outcome: &Outcome) {
        self.checks.get_or_create(&ByReason { reason: outcome.reason.code() }).inc();
        self.duration.observe(outcome.duration.as_secs_f64());
    }

    pub(crate) fn waiting(&self, outcomes: usize) {
        self.waiting.set(i64::try_from(outcomes).unwrap_or(i64::MAX));
    }

    pub(crate) fn delivered(&self, delivered: &Delivered) {
        let (kind, outcome) = (delivered.kind, delivered.outcome.as_str());
        self.deliveries.get_or_create(&ByDestination { kind, outcome }).inc();
        if delivered.outcome == DeliveryOutcome::Sent {
            self.delivery_latency.observe(delivered.after.as_secs_f64());
        }
    }

    pub(crate) fn outbox(&self, notifications: u64) {
        self.outbox.set(i64::try_from(notifications).unwrap_or(i64::MAX));
    }

    /// Counts what a transaction changed.
    pub fn recorded(&self, recorded: &Recorded) {
        let add = |counter: &Counter, count: usize| counter.inc_by(u64::try_from(count).unwrap_or(u64::MAX));
        add(&self.flips, recorded.flips);
        add(&self.incidents_opened, recorded.opened);
        add(&self.incidents_resolved, recorded.resolved);
        add(&self.stale, recorded.stale);
    }
}
