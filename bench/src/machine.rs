//! The machine that was measured on.

use std::process::Command;

use serde::Serialize;

/// What has to be known of a machine to compare figures.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) memory_mb: u64,
    pub(crate) kernel: String,
    pub(crate) rustc: String,
}

impl Machine {
    /// This one. What it does not tell is `unknown`.
    pub(crate) fn here() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let field = |text: &str, name: &str| {
            let line = text.lines().find(|line| line.starts_with(name))?;
            line.split_once(':').map(|(_, value)| value.trim().to_owned())
        };
        let memory = field(&read("/proc/meminfo"), "MemTotal").unwrap_or_default();
        let kibibytes: u64 = memory.trim_end_matches(" kB").parse().unwrap_or(0);
        let known = |text: String| if text.is_empty() { "unknown".to_owned() } else { text };
        Self {
            processor: known(field(&read("/proc/cpuinfo"), "model name").unwrap_or_default()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_mb: kibibytes * 1_024 / 1_000_000,
            kernel: known(read("/proc/sys/kernel/osrelease").trim().to_owned()),
            rustc: known(rustc()),
        }
    }
}

/// The compiler's version; `make bench` has just built with it.
fn rustc() -> String {
    let output = Command::new("rustc").arg("-V").output();
    output.map_or_else(|_| String::new(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
