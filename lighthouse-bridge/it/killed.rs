//! A program that is killed itself.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use lighthouse_bridge::Bridge;
use test_support::targets::{Misbehaviour, misbehaving};
use tokio_util::sync::CancellationToken;

use crate::support::{config, outbound, processes, scratch, spec, until};

/// What says to [`victim`] where it works, and what it audits.
const WHERE: &str = "WATCHWORD_TEST_VICTIM";

/// Is no test: audits a page in a process of its own, until that is killed.
#[tokio::test]
#[ignore = "started by the other tests of this file"]
async fn victim() {
    #[expect(clippy::disallowed_methods, reason = "how a process of a test is told what to do")]
    let told = std::env::var(WHERE).unwrap();
    let (folder, url) = told.split_once(' ').unwrap();
    let bridge = Bridge::find(&config(Path::new(folder))).await.unwrap();
    let _ = bridge.audit(&spec(url), &outbound(true), |_| (), &CancellationToken::new()).await;
}

/// A victim, which does not outlive its test.
struct Victim(Child);

impl Victim {
    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Starts a victim; it is in the middle of an audit when this returns.
async fn started(folder: &Path, url: &str) -> Victim {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "killed::victim"]).env(WHERE, format!("{} {url}", folder.display()));
    let victim = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    let victim = Victim(victim);
    until("a browser runs", || left(folder).iter().any(|line| line.contains("chrom"))).await;
    victim
}

/// Command lines of those who run in the folder, whoever started them.
fn left(folder: &Path) -> Vec<String> {
    let needle = format!("{}/", folder.display());
    processes(folder).into_iter().filter(|line| line.contains(&needle)).collect()
}

#[tokio::test]
async fn no_process_is_left_of_a_killed_program_and_its_folder_is_cleaned_at_the_next_start() {
    let (scratch, silent) = (scratch(), misbehaving(Misbehaviour::Silent).await);
    let mut victim = started(scratch.path(), &format!("http://{}/", silent.addr())).await;
    victim.kill();
    until("all processes are gone", || left(scratch.path()).is_empty()).await;
    assert!(scratch.path().join("job-1").exists());
    Bridge::find(&config(scratch.path())).await.unwrap();
    assert!(!scratch.path().join("job-1").exists());
}
