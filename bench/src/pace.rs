//! Sending requests, at a rate or as fast as they go.

use std::str::FromStr;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

/// Requests under way at once when nothing holds them back.
const AT_ONCE: usize = 64;

/// When requests are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rate {
    /// The next as soon as one of [`AT_ONCE`] has ended.
    Flat,
    /// So many a second, evenly spaced, whether or not those before have ended.
    PerSecond(u32),
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            _ if text == "flat" => Ok(Self::Flat),
            Ok(rate @ 1..) => Ok(Self::PerSecond(rate)),
            _ => Err("say `flat` or how many a second".to_owned()),
        }
    }
}

/// What became of requests.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sent {
    /// Those that were answered as expected.
    pub(crate) answered: u64,
    /// The others.
    pub(crate) failed: u64,
}

impl Sent {
    fn count(&mut self, answered: bool) {
        *(if answered { &mut self.answered } else { &mut self.failed }) += 1;
    }
}

/// Sends requests for that long and waits for the last one. A request tells whether it was answered as expected.
pub(crate) async fn run<R, F>(rate: Rate, length: Duration, request: R) -> Sent
where
    R: Fn() -> F + Clone + Send + 'static,
    F: Future<Output = bool> + Send + 'static,
{
    match rate {
        Rate::Flat => flat_out(length, request).await,
        Rate::PerSecond(rate) => paced(rate, length, request).await,
    }
}

async fn flat_out<R, F>(length: Duration, request: R) -> Sent
where
    R: Fn() -> F + Clone + Send + 'static,
    F: Future<Output = bool> + Send + 'static,
{
    let end = Instant::now() + length;
    let mut loops = JoinSet::new();
    for _ in 0..AT_ONCE {
        let request = request.clone();
        loops.spawn(async move {
            let mut sent = Sent::default();
            while Instant::now() < end {
                sent.count(request().await);
            }
            sent
        });
    }
    let sum = |sum: Sent, sent: Sent| Sent { answered: sum.answered + sent.answered, failed: sum.failed + sent.failed };
    loops.join_all().await.into_iter().fold(Sent::default(), sum)
}

async fn paced<R, F>(rate: u32, length: Duration, request: R) -> Sent
where
    R: Fn() -> F,
    F: Future<Output = bool> + Send + 'static,
{
    let start = Instant::now();
    let step = Duration::from_secs(1) / rate.max(1);
    let mut running = JoinSet::new();
    let mut sent = Sent::default();
    let mut due = Duration::ZERO;
    while due < length {
        tokio::time::sleep_until(start + due).await;
        running.spawn(request());
        while let Some(ended) = running.try_join_next() {
            sent.count(ended.unwrap_or(false));
        }
        due += step;
    }
    while let Some(ended) = running.join_next().await {
        sent.count(ended.unwrap_or(false));
    }
    sent
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use tokio::sync::Barrier;

    #[test]
    fn a_rate_is_flat_or_a_number() {
        assert_eq!("flat".parse(), Ok(Rate::Flat));
        assert_eq!("333".parse(), Ok(Rate::PerSecond(333)));
        for wrong in ["", "0", "-1", "fast"] {
            assert!(wrong.parse::<Rate>().is_err(), "{wrong}");
        }
    }

    #[tokio::test]
    async fn requests_are_sent_though_none_before_was_answered() {
        // Nothing is answered before all have been sent.
        let all_sent = Arc::new(Barrier::new(20));
        let request = move || {
            let all_sent = Arc::clone(&all_sent);
            async move {
                all_sent.wait().await;
                true
            }
        };
        let sent = run(Rate::PerSecond(1_000), Duration::from_millis(20), request).await;
        assert_eq!((sent.answered, sent.failed), (20, 0));
    }
}
