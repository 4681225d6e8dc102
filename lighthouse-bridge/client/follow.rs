//! Following a job by what its worker says.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use futures_util::StreamExt;
use probes::ForwardProxy;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use crate::event::{Done, Event, Events, Progress, Stage, Versions};
use crate::failure::{AuditError, Fault};

/// Most bytes of all files of a result.
pub(crate) const MAX_RESULT_BYTES: u64 = 64 * 1024 * 1024;

/// What a job ended with.
#[derive(Debug, Default)]
pub(crate) struct Finished {
    pub(crate) done: Done,
    /// Those that `done` names, by name.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    pub(crate) versions: Option<Versions>,
    /// The most memory that its processes took at once, as far as it was seen.
    pub(crate) peak_memory_bytes: Option<u64>,
}

/// What a job may take, and who is told of it.
pub(crate) struct Follow<'a> {
    /// Longest time of one part.
    pub(crate) deadline: Duration,
    pub(crate) proxy: Option<&'a ForwardProxy>,
    pub(crate) progress: &'a mpsc::Sender<Progress>,
}

impl Follow<'_> {
    /// Waits until the worker is done. Each part of a job, which is a run or the look at the page as an app, has a time of
    /// its own and may transfer as much as any other.
    pub(crate) async fn until_done(&self, mut events: Events<'_>) -> Result<Finished, Fault> {
        let mut finished = Finished::default();
        let (mut part, mut until) = (None, Instant::now() + self.deadline);
        let mut room = MAX_RESULT_BYTES;
        loop {
            let event = timeout_at(until, events.next()).await.map_err(|_| AuditError::Deadline)?;
            match event.ok_or_else(|| Fault::broken("the worker ended without a result"))?? {
                Event::Started { versions } => finished.versions = Some(versions),
                // It has not begun.
                Event::Waiting => until = Instant::now() + self.deadline,
                Event::Progress(progress) => {
                    let now = Some((progress.run, progress.stage == Stage::Pwa));
                    if progress.stage != Stage::Write && part != now {
                        (part, until) = (now, Instant::now() + self.deadline);
                        if let Some(proxy) = self.proxy {
                            proxy.renew();
                        }
                    }
                    // Who does not keep up is told of a later one.
                    let _ = self.progress.try_send(progress);
                }
                Event::File { name, data } => {
                    let data =
                        BASE64_STANDARD.decode(data).map_err(|_| Fault::broken("the worker sent a broken file"))?;
                    room = room
                        .checked_sub(data.len() as u64)
                        .ok_or_else(|| Fault::broken("the worker's result is larger than it may be"))?;
                    finished.files.insert(name, data);
                }
                Event::Done(done) => {
                    finished.done = done;
                    return Ok(finished);
                }
                Event::Error(reported) => return Err(Fault::Reported(reported)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt, stream};

    use super::*;
    use crate::event::events;

    async fn follow(lines: &str, deadline: Duration, ends: bool) -> Result<Finished, Fault> {
        let (progress, _) = mpsc::channel(1);
        let said = events(lines.as_bytes(), 100);
        let said = if ends { said } else { said.chain(stream::pending()).boxed() };
        Follow { deadline, proxy: None, progress: &progress }.until_done(said).await
    }

    async fn broken(lines: &str) -> String {
        match follow(lines, Duration::from_secs(60), true).await.unwrap_err() {
            Fault::Other(AuditError::Bridge(message)) => message,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_result_is_read_with_its_files() {
        let lines = "{\"event\":\"waiting\",\"before\":1}\n{\"event\":\"file\",\"name\":\"a.pdf\",\"data\":\"JVBERg==\"}\n\
                     {\"event\":\"done\",\"pdf\":\"a.pdf\",\"pages\":1}\nno more is read";
        let finished = follow(lines, Duration::from_secs(60), true).await.unwrap();
        assert_eq!(
            (finished.done.pdf.as_deref(), finished.files["a.pdf"].as_slice()),
            (Some("a.pdf"), b"%PDF".as_slice())
        );
    }

    #[tokio::test]
    async fn what_is_no_event_or_too_long_ends_the_job() {
        let started = "{\"event\":\"waiting\",\"before\":0}\n";
        assert_eq!(broken(started).await, "the worker ended without a result");
        assert!(
            broken(&format!("{started}Segmentation fault\n")).await.starts_with("the worker said `Segmentation fault`")
        );
        assert!(
            broken(&"x".repeat(200)).await.starts_with("the worker cannot be understood: max line length exceeded")
        );
        let file = "{\"event\":\"file\",\"name\":\"a\",\"data\":\"?\"}\n";
        assert_eq!(broken(file).await, "the worker sent a broken file");
    }

    #[tokio::test]
    async fn silence_ends_the_job_and_each_part_has_its_own_time() {
        let run = |run| {
            format!(
                "{{\"event\":\"progress\",\"stage\":\"load\",\"run\":{run},\"runs\":2,\"fraction\":0,\"text\":\"\"}}\n"
            )
        };
        let lines = run(1) + &run(1) + &run(2);
        let late = follow(&lines, Duration::from_millis(10), false).await.unwrap_err();
        assert_eq!(late, Fault::Other(AuditError::Deadline));
        assert!(follow(&lines, Duration::from_secs(60), false).now_or_never().is_none());
    }
}
