//! Where the worker is and what it may take.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use monitor_core::secret::Secret;
use url::Url;

/// Where the worker is and what it may take.
#[derive(Debug, Clone)]
pub struct Config {
    /// The folder `lighthouse-bridge`, with its `node_modules`.
    pub folder: PathBuf,
    /// The program `node`. `None`: the one among the packages, else the one in the path.
    pub node: Option<PathBuf>,
    /// The browser. `None`: `chromium`, `chromium-browser` or `google-chrome` in the path.
    pub chromium: Option<PathBuf>,
    /// What keeps a page in that has broken out of the browser.
    pub isolation: Isolation,
    /// The address and the token of a worker that runs elsewhere (`node src/serve.ts`). What is above and `scratch` is not
    /// used then.
    pub remote: Option<(Url, Secret)>,
    /// Longest time of one part of a job: one of an audit's runs, its look at the page as an app, or a print.
    pub deadline: Duration,
    /// The folder of the jobs' folders, which is this program's alone: what it finds of jobs there is removed. At most 48
    /// bytes, because sockets are made below it.
    pub scratch: PathBuf,
    /// Most memory that all processes of a job may take together, in bytes.
    pub memory_bytes: u64,
    /// Most bytes that one run of a page may transfer.
    pub transfer_bytes: u64,
    /// Where this program itself listens, which no page is led to, nor to `remote`. An unspecified address stands for all of
    /// this machine's.
    pub forbidden: Vec<SocketAddr>,
}

impl Config {
    /// A worker on this machine, with the limits that suit nearly every page.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>, scratch: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            node: None,
            chromium: None,
            isolation: Isolation::default(),
            remote: None,
            deadline: Duration::from_secs(120),
            scratch: scratch.into(),
            memory_bytes: 1_500_000_000,
            transfer_bytes: 50_000_000,
            forbidden: Vec::new(),
        }
    }
}

/// What keeps a page in that has broken out of the browser's own sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Isolation {
    /// Namespaces of its own: no network but what the forward proxy lets through, no sight of other processes.
    #[default]
    Namespaces,
    /// Nothing but the browser's flags, which send what a page asks for through the forward proxy.
    Flags,
}

/// Why no worker can be used, in one line that ends with what to install or set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}; {mend}")]
pub struct Unavailable {
    /// What is missing or wrong.
    pub what: String,
    /// What to install or set.
    pub mend: String,
}

impl Unavailable {
    pub(crate) fn new(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { what: what.into(), mend: mend.into() }
    }
}
