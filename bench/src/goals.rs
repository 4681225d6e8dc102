//! The goals, all in one table. Why they are what they are stands in `docs/performance.md` under "Goals".

/// What of a figure has to stay within a goal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    /// The figure itself.
    Value,
    /// How many times the limit's figure it is.
    Limit,
    /// How many times the peer's figure it is.
    Peer,
}

/// The most that a figure may be.
#[derive(Debug)]
pub(crate) struct Goal {
    /// The figure's key.
    pub(crate) key: &'static str,
    pub(crate) of: Of,
    pub(crate) most: f64,
}

impl Goal {
    const fn value(key: &'static str, most: f64) -> Self {
        Self { key, of: Of::Value, most }
    }

    const fn limit(key: &'static str, most: f64) -> Self {
        Self { key, of: Of::Limit, most }
    }

    const fn peer(key: &'static str, most: f64) -> Self {
        Self { key, of: Of::Peer, most }
    }

    /// The goal of a figure, if there is one.
    pub(crate) fn of(key: &str) -> Option<&'static Self> {
        GOALS.iter().find(|goal| goal.key == key)
    }
}

const GOALS: &[Goal] = &[
    Goal::limit("checks.flat.cpu", 3.0),
    Goal::limit("checks.10000.cpu", 1.7),
    Goal::value("checks.10000.core", 25.0),
    Goal::value("checks.10000.lateness_p50", 2.0),
    Goal::value("checks.10000.lateness_p99", 25.0),
    Goal::value("checks.10000.memory", 120.0),
    Goal::value("checks.10000.start", 1_000.0),
    Goal::value("idle.memory", 40.0),
    Goal::value("idle.core", 0.3),
    Goal::limit("kind.https.cpu", 1.4),
    Goal::peer("kind.tcp.cpu", 0.5),
    Goal::value("platform.discord.p99", 50.0),
    Goal::value("platform.slack.p99", 50.0),
    Goal::value("platform.telegram.p99", 50.0),
    Goal::value("ping.p99", 5.0),
    Goal::value("audit.1.over", 2.0),
    Goal::value("ping.cpu", 0.08),
    Goal::value("storm.down.all", 2_000.0),
    Goal::value("storm.hook.first", 2_000.0),
    Goal::value("storm.hook.count", 20.0),
    Goal::value("alert.down.p50", 100.0),
    Goal::value("alert.down.p99", 1_000.0),
    Goal::value("database.raw", 60.0),
    Goal::value("database.minute", 300.0),
    Goal::value("flip.1000.down.p50", 100.0),
    Goal::value("flip.1000.down.p99", 1_000.0),
    Goal::value("chat.list.p99", 50.0),
    Goal::value("chat.status.p99", 50.0),
    Goal::value("chat.show.p99", 50.0),
    Goal::value("chat.report.p99", 50.0),
    Goal::value("chat.complete.p99", 20.0),
    Goal::value("report.service.p99", 50.0),
    Goal::value("report.chat.p99", 50.0),
    Goal::value("report.png.p99", 150.0),
];
