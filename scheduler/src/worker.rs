//! The apalis worker that runs checks.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use apalis::prelude::{BoxDynError, Data, EventListenerExt, ParallelizeExt, WorkerBuilder, WorkerError};
use apalis_core::worker::event::Event;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use monitor_core::Timestamp;
use monitor_core::outcome::{Details, Outcome, Reason, Timings};
use services::Finished;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::claim::DueCheck;
use crate::running::Held;
use crate::{Shared, due};

/// A probe ends at its timeout by itself; this much later it is ended from outside.
const OVERTIME: Duration = Duration::from_secs(2);

/// A check that ended, still held until it is recorded.
pub(crate) struct Done {
    pub(crate) held: Held,
    pub(crate) finished: Finished,
}

#[derive(Clone)]
struct Context {
    shared: Arc<Shared>,
    finished: mpsc::Sender<Done>,
}

/// Runs checks as they come due, until the stop; ends when those that were running have ended.
pub(crate) async fn run(
    shared: Arc<Shared>,
    to_run: mpsc::Receiver<DueCheck>,
    finished: mpsc::Sender<Done>,
    stop: CancellationToken,
) {
    let due = due::stream(Arc::clone(&shared), to_run);
    if let Err(error) = worker(due, Context { shared, finished }, stop).await {
        tracing::error!(%error, "the check worker ended badly");
    }
}

/// The apalis worker, each check a task of its own. Boxed, because the compiler cannot name its future.
fn worker(
    due: BoxStream<'static, Result<DueCheck, Infallible>>,
    context: Context,
    stop: CancellationToken,
) -> BoxFuture<'static, Result<(), WorkerError>> {
    let worker = WorkerBuilder::new("checks")
        .backend(due)
        .data(context)
        .parallelize(tokio::spawn)
        .on_event(|_, event| {
            if let Event::Error(error) = event {
                tracing::error!(%error, "a check ended badly; its monitor is due again when the lease runs out");
            }
        })
        .build(check);
    worker.run_until(stop.cancelled_owned().map(Ok::<(), WorkerError>)).boxed()
}

async fn check(due: DueCheck, context: Data<Context>) -> Result<(), BoxDynError> {
    let DueCheck { held, ready } = due;
    let Context { shared, finished } = &*context;
    let at = shared.services.now();
    // The machine stood still or its clock was set forward: the monitor may be somebody else's by now.
    if at >= held.claim.lease {
        return Ok(());
    }
    shared.metrics.started(at.since(held.claim.due));
    if ready.heartbeat {
        return judge(shared, held).await;
    }
    let outcome = match &ready.check {
        Ok(check) => {
            let probe = probes::run(check, shared.services.outbound(), at, ready.timeout);
            let ended = tokio::time::timeout(ready.timeout + OVERTIME, probe).await;
            let outcome = ended.unwrap_or_else(|_| not_run(at, "the check did not end in time".to_owned()));
            shared.services.examine(check, outcome).await
        }
        Err(why) => not_run(at, why.clone()),
    };
    shared.metrics.ended(&outcome);
    let done = Finished { claim: held.claim, policy: ready.policy, outcome };
    // The writer is gone only when the program stops; the claim is handed back then.
    let _ = finished.send(Done { held, finished: done }).await;
    Ok(())
}

/// Looks at the deadline of a heartbeat. When it cannot be written down what came of it, the lease runs out, and the
/// heartbeat is due again.
async fn judge(shared: &Shared, held: Held) -> Result<(), BoxDynError> {
    let (recorded, outcome) = shared.services.judge_heartbeat(held.claim).await?;
    if let Some(outcome) = outcome {
        shared.metrics.ended(&outcome);
    }
    shared.metrics.recorded(&recorded);
    held.recorded();
    Ok(())
}

/// The outcome of a check that Watchword itself failed to run.
fn not_run(at: Timestamp, message: String) -> Outcome {
    Outcome {
        at,
        reason: Reason::ProbeFailed,
        message,
        duration: Duration::ZERO,
        timings: Timings::default(),
        http_status: None,
        response_bytes: 0,
        details: Details::default(),
    }
}
