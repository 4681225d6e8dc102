//! What the tests stand on.

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use lighthouse_bridge::{AuditError, Audited, Bridge, Config, Progress};
use monitor_core::audit::spec::AuditSpec;
use probes::{Outbound, OutboundConfig};
use tempfile::TempDir;
use test_support::services;
use test_support::targets::{Answer, Answering, answering};
use tokio_util::sync::CancellationToken;

/// How long a test waits for something that has to happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// A page that is fine.
pub(crate) const GOOD: &str = "<!doctype html><html lang=\"en\"><head><title>Shop</title>\
    <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"description\" content=\"All that there is\">\
    <link rel=\"icon\" href=\"data:,\"></head><body><main><h1>Shop</h1><p>Welcome to the shop.</p></main></body></html>";

/// A page that takes more and more memory, beyond the heap of scripts, which is limited by itself.
pub(crate) const GREEDY: &str = "<!doctype html><title>x</title><p>x<script>const all = [];\
    setInterval(() => { const one = new Uint8Array(1 << 26); one.fill(1); all.push(one); }, 20)</script>";

/// A worker with a folder of its own.
pub(crate) struct Worker {
    pub(crate) bridge: Bridge,
    pub(crate) scratch: TempDir,
}

/// A short path: sockets are made below it.
pub(crate) fn scratch() -> TempDir {
    let folder = tempfile::Builder::new().prefix("ww-").tempdir_in("/tmp").unwrap();
    // Jobs run as another user.
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o711);
    fs::set_permissions(folder.path(), open).unwrap();
    folder
}

pub(crate) fn config(scratch: &Path) -> Config {
    Config { chromium: Some(services::chromium()), ..Config::new(services::lighthouse(), scratch) }
}

impl Worker {
    pub(crate) async fn start() -> Self {
        Self::with(|_| ()).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let scratch = scratch();
        let mut config = config(scratch.path());
        change(&mut config);
        let bridge = Bridge::find(&config).await.unwrap_or_else(|unavailable| panic!("{unavailable}"));
        Self { bridge, scratch }
    }

    /// Audits a page that may be on this machine.
    pub(crate) async fn audit(&self, url: &str) -> Result<Audited, AuditError> {
        audit(&self.bridge, url, true).await
    }

    /// Cancels an audit at its first progress of which `when` says so.
    pub(crate) async fn cancelled(&self, url: &str, when: impl Fn(&Progress) -> bool + Send + Sync) -> AuditError {
        let cancel = CancellationToken::new();
        let progress = |progress: Progress| {
            if when(&progress) {
                cancel.cancel();
            }
        };
        self.bridge.audit(&spec(url), &outbound(true), progress, &cancel).await.unwrap_err()
    }

    /// That nothing is left of any job.
    pub(crate) fn assert_nothing_left(&self) {
        let files: Vec<_> =
            fs::read_dir(self.scratch.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(files, ["lock"]);
        assert_eq!(processes(self.scratch.path()), Vec::<String>::new());
    }
}

pub(crate) async fn audit(bridge: &Bridge, url: &str, allow_private: bool) -> Result<Audited, AuditError> {
    bridge.audit(&spec(url), &outbound(allow_private), |_| (), &CancellationToken::new()).await
}

pub(crate) fn spec(url: &str) -> AuditSpec {
    serde_json::from_value(serde_json::json!({ "url": url, "runs": 1 })).unwrap()
}

pub(crate) fn outbound(allow_private: bool) -> Outbound {
    Outbound::new(&OutboundConfig { allow_private, ca_file: None, user_agent: "Watchword/test".into() }).unwrap()
}

pub(crate) async fn page(html: &str) -> Answering {
    answering(Answer::ok(html).header("Content-Type", "text/html; charset=utf-8")).await
}

/// The command lines of this process's descendants, ended ones included, and of whoever has the folder in it.
pub(crate) fn processes(folder: &Path) -> Vec<String> {
    let needle = format!("{}/", folder.display());
    let own = std::process::id().to_string();
    let mut parents = Vec::new();
    let mut mentioning = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().filter(|name| name.parse::<u32>().is_ok()).map(str::to_owned) else {
            continue;
        };
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let parent = stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1)).unwrap_or_default().to_owned();
        if line.contains(&needle) {
            mentioning.push(format!("{pid} {line}"));
        }
        parents.push((pid, parent, line));
    }
    let mut found = mentioning;
    let mut family = vec![own];
    while let Some(parent) = family.pop() {
        for (pid, _, line) in parents.iter().filter(|(_, of, _)| *of == parent) {
            family.push(pid.clone());
            found.push(format!("{pid} {line}"));
        }
    }
    found
}

/// Waits for something that has to happen.
pub(crate) async fn until(what: &str, condition: impl Fn() -> bool) {
    let waiting = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, waiting).await.is_ok(), "{what} has to come true");
}

/// Collects what is told of progress.
#[derive(Default)]
pub(crate) struct Told(Mutex<Vec<Progress>>);

impl Told {
    pub(crate) fn tell(&self, progress: Progress) {
        self.0.lock().unwrap().push(progress);
    }

    pub(crate) fn all(self) -> Vec<Progress> {
        self.0.into_inner().unwrap()
    }
}
