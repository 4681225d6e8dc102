use adapter_common::Backoff;
use tokio_util::sync::CancellationToken;

use crate::api::ApiError;

/// Tries until it is done or refused for good; `None`: it is time to stop.
pub(crate) async fn persist<T, F>(
    what: &str,
    shutdown: &CancellationToken,
    run: impl Fn() -> F,
) -> Option<Result<T, ApiError>>
where
    F: Future<Output = Result<T, ApiError>>,
{
    let mut backoff = Backoff::default();
    loop {
        let done = tokio::select! {
            () = shutdown.cancelled() => return None,
            done = run() => done,
        };
        let Err(error) = done else { return Some(done) };
        if !error.is_passing() {
            return Some(Err(error));
        }
        if backoff.is_fresh() {
            tracing::warn!(%error, "telegram cannot be reached to {what}; trying again until it can");
        }
        if !backoff.wait(error.retry_after().unwrap_or_default(), shutdown).await {
            return None;
        }
    }
}
