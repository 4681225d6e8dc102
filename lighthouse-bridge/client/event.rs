//! What the worker says.

use std::pin::Pin;

use futures_util::{Stream, StreamExt};
use monitor_core::audit::pwa::Observed;
use serde::Deserialize;
use tokio::io::AsyncRead;
use tokio_util::codec::{FramedRead, LinesCodec, LinesCodecError};

use crate::failure::Fault;

/// What the worker works with.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Versions {
    /// Node's version.
    pub node: String,
    /// Lighthouse's version.
    pub lighthouse: String,
    /// Chromium's version.
    pub chromium: String,
}

/// How far an audit is.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// Which run it is, from 1.
    pub run: u8,
    /// How many runs there are.
    pub runs: u8,
    /// How much of all is done, 0 to 1.
    pub fraction: f32,
    /// The same for people.
    pub text: String,
}

/// A part of an audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// The browser starts.
    Start,
    /// The page is loaded.
    Load,
    /// What was recorded is analysed.
    Analyse,
    /// The page is looked at as an app.
    Pwa,
    /// The results are written.
    Write,
}

/// One line of the worker's.
#[derive(Debug, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub(crate) enum Event {
    /// It begins.
    Started { versions: Versions },
    /// Others are before it, at a worker that runs elsewhere.
    Waiting,
    /// It is that far.
    Progress(Progress),
    /// A file of the result, in base64, from a worker that runs elsewhere.
    File { name: String, data: String },
    /// It has the result.
    Done(Done),
    /// It has none.
    Error(Reported),
}

/// What the result is.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Done {
    /// Lighthouse's results: names of files, the median first.
    #[serde(default)]
    pub(crate) lhrs: Vec<String>,
    #[serde(default)]
    pub(crate) pwa: Option<Observed>,
    /// The name of a file.
    #[serde(default)]
    pub(crate) screenshot: Option<String>,
    /// The name of a file.
    #[serde(default)]
    pub(crate) pdf: Option<String>,
}

/// Why there is no result.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Reported {
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) network_error: Option<String>,
}

/// Events, until the worker is silent.
pub(crate) type Events<'a> = Pin<Box<dyn Stream<Item = Result<Event, Fault>> + Send + 'a>>;

/// Reads events of so many bytes at most.
pub(crate) fn events<'a>(from: impl AsyncRead + Send + 'a, longest: usize) -> Events<'a> {
    let lines = FramedRead::new(from, LinesCodec::new_with_max_length(longest));
    lines
        .map(|line| {
            let line = line.map_err(|error| match error {
                LinesCodecError::Io(error) => Fault::away(format!("the worker broke off: {error}")),
                error @ LinesCodecError::MaxLineLengthExceeded => {
                    Fault::broken(format!("the worker cannot be understood: {error}"))
                }
            })?;
            serde_json::from_str(&line).map_err(|error| {
                let start: String = line.chars().take(80).collect();
                Fault::broken(format!("the worker said `{start}`, which is no event ({error})"))
            })
        })
        .boxed()
}
