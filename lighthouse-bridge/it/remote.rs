//! A worker that runs elsewhere, spoken to by HTTP.

use std::net::SocketAddr;
use std::process::Stdio;

use lighthouse_bridge::{AuditError, Bridge, Config, Stage};
use monitor_core::secret::Secret;
use test_support::services;
use test_support::targets::misbehaving::nothing_listens;
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

use crate::support::{GOOD, GREEDY, Told, audit, outbound, page, scratch, spec, until};

const TOKEN: &str = "a-token-of-the-tests";

/// A worker that serves, as it would in a container of its own.
struct Serving {
    address: SocketAddr,
    scratch: tempfile::TempDir,
    process: Child,
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.process.start_kill();
        // Its folder is removed after that, in which it may be working.
        while self.process.try_wait().unwrap().is_none() {}
    }
}

impl Serving {
    fn start() -> Self {
        let (address, scratch) = (nothing_listens(), scratch());
        let folder = services::lighthouse();
        let mut command = if rustix::process::geteuid().is_root() {
            // It does not run as root.
            std::os::unix::fs::chown(scratch.path(), Some(65_534), Some(65_534)).unwrap();
            let mut command = Command::new("setpriv");
            command
                .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
                .arg(folder.join("node_modules/.bin/node"));
            command
        } else {
            Command::new(folder.join("node_modules/.bin/node"))
        };
        command.arg(folder.join("src/serve.ts")).stdin(Stdio::null()).kill_on_drop(true);
        command.env("BRIDGE_LISTEN", address.to_string()).env("BRIDGE_TOKEN", TOKEN);
        command.env("BRIDGE_CHROMIUM", services::chromium()).env("BRIDGE_SCRATCH", scratch.path());
        // Jobs that lend no connections would reach nobody.
        command.env("BRIDGE_PROXY", nothing_listens().to_string());
        Self { address, scratch, process: command.spawn().unwrap() }
    }

    fn config(&self, token: &str) -> Config {
        let url = format!("http://{}/", self.address).parse().unwrap();
        Config { remote: Some((url, Secret::new(token))), ..Config::new("/unused", "/unused") }
    }

    /// The worker as soon as it answers.
    async fn bridge(&self) -> Bridge {
        for _ in 0..600 {
            match Bridge::find(&self.config(TOKEN)).await {
                Ok(bridge) => return bridge,
                Err(unavailable) if unavailable.what.contains("could not be spoken to") => {
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                }
                Err(unavailable) => panic!("{unavailable}"),
            }
        }
        panic!("the worker does not begin to serve");
    }

    /// That the folders of all jobs are removed, which is done while the answer is on its way.
    async fn assert_nothing_left(&self) {
        until("no folder of a job is left", || std::fs::read_dir(self.scratch.path()).unwrap().count() == 0).await;
    }
}

#[tokio::test]
async fn a_worker_that_runs_elsewhere_does_the_same_through_connections_that_are_lent_to_it() {
    let serving = Serving::start();
    let (bridge, target, told) = (serving.bridge().await, page(GOOD).await, Told::default());
    let own = page("own").await;
    target.set(
        test_support::targets::Answer::ok(format!("{GOOD}<img alt=\"\" src=\"http://169.254.169.254/\">"))
            .header("Content-Type", "text/html"),
    );
    let (spec, cancel) = (spec(&target.url()), CancellationToken::new());
    let audited = bridge.audit(&spec, &outbound(true), |progress| told.tell(progress), &cancel).await.unwrap();
    assert!(audited.lhrs[0]["categories"]["performance"]["score"].as_f64().unwrap() > 0.5);
    assert!(audited.screenshot.unwrap().starts_with(b"\xff\xd8"));
    assert_eq!((audited.denied.len(), audited.denied[0].host.as_str()), (1, "169.254.169.254"));
    assert_eq!(audited.peak_memory_bytes, None);
    assert!(told.all().iter().any(|progress| progress.stage == Stage::Load));

    // The policy is this side's.
    let error = audit(&bridge, &own.url(), false).await.unwrap_err();
    assert!(matches!(error, AuditError::Refused { .. }), "{error:?}");
    assert_eq!(own.requests(), 0);

    let document = "<!doctype html><html><head><title>x</title></head><body>Report</body></html>";
    assert!(bridge.print(document, &cancel).await.unwrap().starts_with(b"%PDF-1."));
    serving.assert_nothing_left().await;
}

#[tokio::test]
async fn a_job_elsewhere_is_cancelled_and_leaves_nothing_there() {
    let serving = Serving::start();
    let (bridge, target, cancel) = (serving.bridge().await, page(GOOD).await, CancellationToken::new());
    let spec = spec(&target.url());
    let error = bridge.audit(&spec, &outbound(true), |_| cancel.cancel(), &cancel).await.unwrap_err();
    assert_eq!(error, AuditError::Cancelled);
    // Prints do not wait for audits.
    let document = "<!doctype html><html><head><title>x</title></head><body>Report</body></html>";
    assert!(bridge.print(document, &CancellationToken::new()).await.is_ok());
    serving.assert_nothing_left().await;
}

#[tokio::test]
async fn a_worker_elsewhere_that_is_killed_is_away() {
    let mut serving = Serving::start();
    let (bridge, target, cancel) = (serving.bridge().await, page(GOOD).await, CancellationToken::new());
    let (spec, outbound) = (spec(&target.url()), outbound(true));
    let killing = async {
        until("the page is asked for", || target.requests() > 0).await;
        serving.process.start_kill().unwrap();
    };
    let (audited, ()) = tokio::join!(bridge.audit(&spec, &outbound, |_| (), &cancel), killing);
    let audited = audited.unwrap_err();
    assert!(matches!(&audited, AuditError::Away(why) if why.starts_with("the worker broke off: ")), "{audited:?}");
    let again = bridge.audit(&spec, &outbound, |_| (), &cancel).await.unwrap_err();
    assert!(matches!(&again, AuditError::Away(why) if why.contains("could not be spoken to")), "{again:?}");
}

#[tokio::test]
async fn a_page_that_takes_too_much_memory_elsewhere_is_ended_there() {
    let serving = Serving::start();
    serving.bridge().await;
    let config = Config { memory_bytes: 1_000_000_000, ..serving.config(TOKEN) };
    let bridge = Bridge::find(&config).await.unwrap();
    assert_eq!(audit(&bridge, &page(GREEDY).await.url(), true).await.unwrap_err(), AuditError::Memory);
    serving.assert_nothing_left().await;
}

#[tokio::test]
async fn no_page_is_led_to_the_worker_itself() {
    let serving = Serving::start();
    let (bridge, port) = (serving.bridge().await, serving.address.port());
    for host in ["127.0.0.1", "localhost", "127.0.0.2"] {
        let error = audit(&bridge, &format!("http://{host}:{port}/versions"), true).await.unwrap_err();
        let AuditError::Refused { why, .. } = &error else { panic!("{error:?}") };
        assert_eq!(why, &format!("{host} port {port} is Watchword's own, which no page is led to"));
    }
}

#[tokio::test]
async fn a_wrong_token_is_told() {
    let serving = Serving::start();
    serving.bridge().await;
    let unavailable = Bridge::find(&serving.config("another token")).await.unwrap_err().to_string();
    assert!(unavailable.contains("is of no use: the worker answered 401: "), "{unavailable}");
    assert!(unavailable.ends_with("check its address and token, and that `node src/serve.ts` runs there"));
}
