//! Processor time and memory of a process, as Linux tells them.

use anyhow::Context;

/// Ticks per second of the times in `/proc/PID/stat`: `USER_HZ`, 100 on every architecture that Rust has a tier 1 or 2
/// target for. Source: <https://man7.org/linux/man-pages/man7/time.7.html>.
const TICKS_PER_SECOND: f64 = 100.0;

/// Bytes of a megabyte.
const MB: f64 = 1_000_000.0;

/// What a process uses, in megabytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    /// Now.
    pub(crate) resident: f64,
    /// The most so far.
    pub(crate) peak: f64,
}

/// The processor time that a process has used in all its threads, user and system, in seconds; to the hundredth.
pub(crate) fn cpu_seconds(pid: u32) -> anyhow::Result<f64> {
    let path = format!("/proc/{pid}/stat");
    let text =
        std::fs::read_to_string(&path).with_context(|| format!("cannot read {path}; the benchmark needs Linux"))?;
    parse_stat(&text).with_context(|| format!("cannot understand {path}"))
}

/// The memory of a process.
pub(crate) fn memory(pid: u32) -> anyhow::Result<Memory> {
    let path = format!("/proc/{pid}/status");
    let text =
        std::fs::read_to_string(&path).with_context(|| format!("cannot read {path}; the benchmark needs Linux"))?;
    parse_status(&text).with_context(|| format!("cannot understand {path}"))
}

/// The memory of a process and all that it has started, in megabytes: what processes share is counted once, by their
/// proportional set sizes. Source: <https://www.kernel.org/doc/html/latest/filesystems/proc.html>.
pub(crate) fn family_memory(pid: u32) -> f64 {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let parents: Vec<(u32, u32)> = pids.filter_map(|pid| Some((pid, parent(pid)?))).collect();
    let mut family = vec![pid];
    let mut looked = 0;
    while let Some(of) = family.get(looked).copied() {
        family.extend(parents.iter().filter(|(_, parent)| *parent == of).map(|(pid, _)| pid));
        looked += 1;
    }
    family.into_iter().filter_map(proportional).sum()
}

/// `None`: the process has ended.
fn parent(pid: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(1)?.parse().ok()
}

fn proportional(pid: u32) -> Option<f64> {
    let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    let kibibytes: f64 = line.split_ascii_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1_024.0 / MB)
}

/// The program's name may hold anything, so what counts begins after its last parenthesis.
fn parse_stat(text: &str) -> Option<f64> {
    let (_, after_name) = text.rsplit_once(')')?;
    let mut fields = after_name.split_ascii_whitespace().skip(11);
    let (user, system): (f64, f64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some((user + system) / TICKS_PER_SECOND)
}

fn parse_status(text: &str) -> Option<Memory> {
    let field = |name: &str| -> Option<f64> {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        let kibibytes: f64 = line.trim_start_matches(':').split_ascii_whitespace().next()?.parse().ok()?;
        Some(kibibytes * 1_024.0 / MB)
    };
    Some(Memory { resident: field("VmRSS")?, peak: field("VmHWM")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_and_spaces_does_not_confuse() {
        let text = "42 (a) b (c) S 1 42 42 0 -1 4194560 900 0 0 0 250 75 9 9 20 0 4 0 100 1 2";
        assert_eq!(parse_stat(text), Some(3.25));
        assert_eq!(parse_stat("42 (a"), None);
    }

    #[test]
    fn memory_is_told_in_megabytes() {
        let memory = parse_status("Name:\tx\nVmHWM:\t  120000 kB\nVmRSS:\t   50000 kB\n").unwrap();
        assert_eq!((memory.peak, memory.resident), (122.88, 51.2));
        assert!(parse_status("Name:\tx\n").is_none());
    }

    #[test]
    fn this_process_can_be_measured() {
        let pid = std::process::id();
        assert!(cpu_seconds(pid).unwrap() >= 0.0);
        let memory = memory(pid).unwrap();
        assert!(memory.resident > 0.0 && memory.peak > 0.0);
    }
}
