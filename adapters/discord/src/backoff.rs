use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// Waits between attempts: a second, then twice as long each time, up to a minute.
pub(crate) struct Backoff(Duration);

impl Default for Backoff {
    fn default() -> Self {
        Self(Duration::from_secs(1))
    }
}

impl Backoff {
    /// Waits; `false`: it is time to stop.
    pub(crate) async fn wait(&mut self, shutdown: &CancellationToken) -> bool {
        let wait = self.0;
        self.0 = (wait * 2).min(Duration::from_secs(60));
        tokio::select! {
            () = shutdown.cancelled() => false,
            () = tokio::time::sleep(wait) => true,
        }
    }
}
