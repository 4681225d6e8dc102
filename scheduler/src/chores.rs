//! The program's own work, each chore an apalis worker over a stream of ticks.
//!
//! A chore is safe to run twice and in several processes at once: what it does is claimed or recomputed in the database.

use std::convert::Infallible;
use std::time::Duration;

use apalis::prelude::{BoxDynError, Data, WorkerBuilder, WorkerBuilderExt, WorkerError};
use futures_util::{FutureExt, StreamExt, stream};
use services::{BEAT_EVERY, LOOK_EVERY, Services};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

/// What is done regularly.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Chore {
    /// Notes that checks are running, so that a later start knows since when they were not.
    Beat,
    /// Tells of incidents what is due because time passed: the next steps of routes, reminders, the end of quiet hours.
    Escalate,
    /// Begins and ends maintenance.
    TurnMaintenance,
    /// Has alert rules look at figures, and at what they wait for.
    EvaluateRules,
    /// Tells of alerts that something above does not explain any more.
    TellUnexplained,
    /// Opens incidents again that people resolved too early.
    Reopen,
    /// Asks for audits whose time has come.
    ScheduleAudits,
    /// Rolls finished minutes, hours and days up.
    RollUp,
    /// Removes what is older than it is kept.
    Forget,
}

pub(crate) const ALL: [Chore; 9] = [
    Chore::Beat,
    Chore::Escalate,
    Chore::TurnMaintenance,
    Chore::EvaluateRules,
    Chore::TellUnexplained,
    Chore::Reopen,
    Chore::ScheduleAudits,
    Chore::RollUp,
    Chore::Forget,
];

impl Chore {
    fn name(self) -> &'static str {
        match self {
            Self::Beat => "beat",
            Self::Escalate => "escalate",
            Self::TurnMaintenance => "turn-maintenance",
            Self::EvaluateRules => "evaluate-rules",
            Self::TellUnexplained => "tell-unexplained",
            Self::Reopen => "reopen",
            Self::ScheduleAudits => "schedule-audits",
            Self::RollUp => "roll-up",
            Self::Forget => "forget",
        }
    }

    fn every(self) -> Duration {
        match self {
            Self::Beat => BEAT_EVERY,
            Self::Escalate | Self::TurnMaintenance => Duration::from_secs(1),
            Self::EvaluateRules => LOOK_EVERY,
            Self::TellUnexplained => Duration::from_secs(5),
            Self::Reopen | Self::ScheduleAudits => Duration::from_secs(10),
            Self::RollUp => Duration::from_secs(20),
            Self::Forget => Duration::from_secs(300),
        }
    }
}

/// Does a chore regularly, never twice at once, until the stop.
pub(crate) async fn run(chore: Chore, services: Services, stop: CancellationToken) {
    let mut interval = tokio::time::interval(chore.every());
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let ticks = stream::unfold(interval, |mut interval| async move {
        interval.tick().await;
        Some((Ok::<_, Infallible>(()), interval))
    });
    let worker =
        WorkerBuilder::new(chore.name()).backend(ticks.boxed()).data((chore, services)).concurrency(1).build(tick);
    if let Err(error) = worker.run_until(stop.cancelled_owned().map(Ok::<(), WorkerError>)).await {
        tracing::error!(%error, chore = chore.name(), "a chore ended badly");
    }
}

async fn tick(_tick: (), context: Data<(Chore, Services)>) -> Result<(), BoxDynError> {
    let (chore, services) = &*context;
    let rows = match chore {
        Chore::Beat => {
            services.beat().await?;
            services.conclude_absence().await.map(|()| 0)
        }
        Chore::Escalate => services.escalate().await,
        Chore::TurnMaintenance => services.turn_maintenance().await,
        Chore::EvaluateRules => services.evaluate_rules().await,
        Chore::TellUnexplained => services.tell_unexplained().await,
        Chore::Reopen => services.reopen_unresolved().await,
        Chore::ScheduleAudits => services.turn_audit_schedules().await,
        Chore::RollUp => services.roll_up().await,
        Chore::Forget => services.forget().await,
    }?;
    tracing::debug!(chore = chore.name(), rows, "chore done");
    Ok(())
}
