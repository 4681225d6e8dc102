//! The real servers that some kinds are measured against: those that the tests use, held as long as they are needed.

use std::collections::HashMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::process::last_words;

/// Which of them are needed.
const NAMES: &str = "mariadb,postgres,dovecot,named,exim,redis,mosquitto";

/// How long they may take to end.
const END: Duration = Duration::from_secs(30);

/// What tells the variables, an empty line after them, and then holds the servers until standard input ends.
const HOLD: &str = "env | grep ^WATCHWORD_TEST_; echo; exec cat >/dev/null";

/// Running servers. They end when this is dropped.
pub(crate) struct Servers {
    variables: HashMap<String, String>,
    child: Child,
}

impl Servers {
    /// Starts those that the environment does not name already; what they say goes into a file.
    pub(crate) async fn start(log: &Path) -> anyhow::Result<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/with-services.sh");
        let errors = std::fs::File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        // Not killed when it is dropped: it ends by itself with its standard input, and clears up behind itself.
        let mut child = Command::new(&script)
            .args(["--only", NAMES, "sh", "-c", HOLD])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .with_context(|| format!("cannot start {}", script.display()))?;
        let output = child.stdout.take().context("the servers' script has no output")?;
        let mut lines = BufReader::new(output).lines();
        let mut variables = HashMap::new();
        loop {
            match lines.next_line().await? {
                Some(line) if line.is_empty() => return Ok(Self { variables, child }),
                Some(line) => {
                    let variable = line.split_once('=');
                    variables.extend(variable.map(|(name, value)| (name.to_owned(), value.to_owned())));
                }
                None => bail!("{}", last_words(log)),
            }
        }
    }

    /// The value of a variable.
    pub(crate) fn variable(&self, name: &str) -> anyhow::Result<&str> {
        self.variables.get(name).map(String::as_str).with_context(|| format!("{name} is not set"))
    }

    /// Ends them and waits for that.
    pub(crate) async fn stop(mut self) {
        drop(self.child.stdin.take());
        // What has not ended by then ends beside the measurements that follow.
        let _ = tokio::time::timeout(END, self.child.wait()).await;
    }
}
