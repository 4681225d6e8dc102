//! Working on what was claimed from a queue, audits and security checks alike: the claim is kept, the card shows how far it is, and
//! whoever calls it off is heard.

use std::time::Duration;

use futures_util::future::BoxFuture;
use monitor_core::Timestamp;
use monitor_core::checks::{Endpoint, TcpSpec};
use monitor_core::monitor::{CheckSpec, MonitorName, Settings};
use monitor_core::outcome::Reason;
use probes::Check;
use storage::{Doing, StoreError, Task, TaskClaim};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{Result, ServiceError, Services};

/// How long a claim holds unless it is renewed: so long nobody works on what a process had that was killed.
pub(crate) const LEASE: Duration = Duration::from_secs(60);

/// So often something is begun; then something in it ends the program.
pub(crate) const MOST_ATTEMPTS: u32 = 3;

/// How often a claim is renewed while nothing changes.
const RENEW_EVERY: Duration = Duration::from_secs(10);

/// How often it is looked whether somebody has called it off, and how often the card changes at most.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long work has to end after it was called off before it is let go.
const FAREWELL: Duration = Duration::from_secs(5);

/// How long it is waited before an end is written again that the database did not take.
const AGAIN: [Duration; 3] = [Duration::from_millis(200), Duration::from_secs(2), Duration::from_secs(10)];

/// How long it is tried to reach a page before something about it is taken in.
const REACH_WITHIN: Duration = Duration::from_secs(3);

/// What became of something that was worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worked {
    /// It found something.
    Done,
    /// It could not be made.
    Failed,
    /// It was called off.
    Cancelled,
    /// It was handed back, because the program ends or what makes it is away.
    Released,
    /// Somebody else works on it, or has ended it.
    Lost,
}

impl Worked {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Released => "released",
            Self::Lost => "lost",
        }
    }
}

/// What is done for a claim.
pub(crate) struct Job<'a, T> {
    /// The work itself.
    pub(crate) work: BoxFuture<'a, T>,
    /// How far it is.
    pub(crate) telling: watch::Receiver<Doing>,
    /// Has the work end soon.
    pub(crate) cancel: &'a CancellationToken,
    /// Longest time that it may take, whatever its own deadlines are.
    pub(crate) longest: Duration,
}

/// Why something is not worked on any more.
pub(crate) enum Stopped<T> {
    /// It ended by itself.
    Ended(T),
    /// It took too long.
    Late,
    /// It had to.
    Halted(Halt),
}

/// Why work has to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Halt {
    Cancelled,
    /// The program ends.
    Released,
    Lost,
}

/// What was last noted of something that is worked on.
#[derive(Default)]
pub(crate) struct Kept {
    at: Option<Timestamp>,
    doing: Option<Doing>,
}

impl Services {
    /// Does a job while its claim is kept, its card shows how far it is, and whoever calls it off is heard.
    pub(crate) async fn attend<T>(
        &self,
        claim: &mut impl TaskClaim,
        job: Job<'_, T>,
        stop: &CancellationToken,
    ) -> Stopped<T> {
        let Job { mut work, telling, cancel, longest } = job;
        let mut ticks = interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut kept = Kept::default();
        let (mut why, mut until) = (None, Instant::now() + longest);
        loop {
            tokio::select! {
                biased;
                ended = &mut work => return why.map_or(Stopped::Ended(ended), Stopped::Halted),
                () = sleep_until(until) => return why.map_or(Stopped::Late, Stopped::Halted),
                () = stop.cancelled(), if why.is_none() => why = Some(Halt::Released),
                _ = ticks.tick(), if why.is_none() => {
                    let doing = telling.borrow().clone();
                    match self.keep(claim, &mut kept, doing).await {
                        Ok(halt) => why = halt,
                        // The lease outlives a short absence of the database.
                        Err(error) => tracing::warn!(task = %claim.task(), %error, "progress was not noted"),
                    }
                }
            }
            if why.is_some() && !cancel.is_cancelled() {
                cancel.cancel();
                until = Instant::now() + FAREWELL;
            }
        }
    }

    /// Keeps a claim and notes what is being done, where that has changed. Answers why the work has to stop, if it has.
    pub(crate) async fn keep(&self, claim: &mut impl TaskClaim, kept: &mut Kept, doing: Doing) -> Result<Option<Halt>> {
        match self.store().is_called_off(claim).await? {
            None => return Ok(Some(Halt::Lost)),
            Some(true) => return Ok(Some(Halt::Cancelled)),
            Some(false) => {}
        }
        let (now, changed) = (self.now(), kept.doing.as_ref() != Some(&doing));
        if !changed && kept.at.is_some_and(|at| now >= at && now.since(at) < RENEW_EVERY) {
            return Ok(None);
        }
        let tx = self.store().begin().await?;
        if !tx.renew(claim, now + LEASE, &doing).await? {
            return Ok(Some(Halt::Lost));
        }
        let told = changed && tx.post_task(claim.task(), now).await?;
        tx.commit().await?;
        self.announce(told);
        *kept = Kept { at: Some(now), doing: Some(doing) };
        Ok(None)
    }

    /// Refuses pages where the policy lets nobody go. What does not answer is taken in: whoever looks at it says so.
    pub(crate) async fn may_reach(&self, page: &Url) -> Result<()> {
        let host = page.host().map(|host| host.to_owned());
        let (Some(host), Some(port)) = (host, page.port_or_known_default()) else { return Ok(()) };
        let settings = Settings::new(MonitorName::new("page")?, CheckSpec::Tcp(TcpSpec::new(Endpoint { host, port })));
        let outcome = probes::run(&Check::compile(&settings)?, self.outbound(), self.now(), REACH_WITHIN).await;
        match outcome.reason {
            Reason::AddressRefused => Err(ServiceError::PageRefused(outcome.message)),
            _ => Ok(()),
        }
    }
}

/// Writes an end down. What the database does not take is tried again: it took long to make.
pub(crate) async fn write_down<F>(task: Task, write: impl Fn() -> F) -> std::result::Result<bool, StoreError>
where
    F: Future<Output = std::result::Result<bool, StoreError>>,
{
    let mut pauses = AGAIN.iter();
    loop {
        match (write().await, pauses.next()) {
            (Err(StoreError::Unavailable(error)), Some(pause)) => {
                tracing::warn!(%task, %error, "an end was not written, which is tried again");
                tokio::time::sleep(*pause).await;
            }
            (written, _) => return written,
        }
    }
}

/// Why something is given up that was begun too often.
pub(crate) fn given_up(what: &str) -> String {
    format!(
        "it was begun {MOST_ATTEMPTS} times, and each time the program, or what it needs, ended before the {what} did; look into the log"
    )
}
