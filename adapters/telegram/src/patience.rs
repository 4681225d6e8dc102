use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::api::ApiError;

/// The first wait after a failure; each further one is twice as long, up to the longest.
const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(60);

/// How long to wait between tries.
#[derive(Debug)]
pub(crate) struct Patience {
    next: Duration,
}

impl Patience {
    pub(crate) fn new() -> Self {
        Self { next: FIRST }
    }

    /// Whether nothing has failed since the last success.
    pub(crate) fn is_fresh(&self) -> bool {
        self.next == FIRST
    }

    /// Waits after a failure, at least as long as Telegram asks; `false`: it is time to stop.
    pub(crate) async fn wait(&mut self, error: &ApiError, shutdown: &CancellationToken) -> bool {
        let wait = error.retry_after().unwrap_or_default().max(self.next);
        self.next = (self.next * 2).min(LONGEST);
        tokio::select! {
            () = shutdown.cancelled() => false,
            () = tokio::time::sleep(wait) => true,
        }
    }
}

/// Tries until it is done or refused for good; `None`: it is time to stop.
pub(crate) async fn persist<T, F>(
    what: &str,
    shutdown: &CancellationToken,
    run: impl Fn() -> F,
) -> Option<Result<T, ApiError>>
where
    F: Future<Output = Result<T, ApiError>>,
{
    let mut patience = Patience::new();
    loop {
        let done = tokio::select! {
            () = shutdown.cancelled() => return None,
            done = run() => done,
        };
        let Err(error) = done else { return Some(done) };
        if !error.is_passing() {
            return Some(Err(error));
        }
        if patience.is_fresh() {
            tracing::warn!(%error, "telegram cannot be reached to {what}; trying again until it can");
        }
        if !patience.wait(&error, shutdown).await {
            return None;
        }
    }
}
