use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// The pauses between tries to reach a platform: half a second, then twice as long each time, up to [`Backoff::LONGEST`].
#[derive(Debug)]
pub struct Backoff(Duration);

impl Default for Backoff {
    fn default() -> Self {
        Self(Self::FIRST)
    }
}

impl Backoff {
    const FIRST: Duration = Duration::from_millis(500);

    /// The longest pause.
    pub const LONGEST: Duration = Duration::from_secs(30);

    /// Whether nothing has failed yet.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        self.0 == Self::FIRST
    }

    /// The pause after one more failure.
    pub fn pause(&mut self) -> Duration {
        let pause = self.0;
        self.0 = (self.0 * 2).min(Self::LONGEST);
        pause
    }

    /// Waits, at least as long as the platform asks; `false`: it is time to stop.
    pub async fn wait(&mut self, asked: Duration, shutdown: &CancellationToken) -> bool {
        let pause = self.pause().max(asked);
        shutdown.run_until_cancelled(tokio::time::sleep(pause)).await.is_some()
    }
}
