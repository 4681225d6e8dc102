//! Which processes there are, from `/proc`: <https://www.kernel.org/doc/html/latest/filesystems/proc.html>.

use std::collections::{BTreeSet, HashMap};
use std::fs;

/// A process. Its number alone may be given to another one after its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Member {
    pub(super) pid: i32,
    /// When it started, in ticks since the machine did.
    started: u64,
}

/// What `/proc/PID/stat` says.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    member: Member,
    parent: i32,
    /// Whether it has ended, and only its parent has not looked yet.
    ended: bool,
}

impl Member {
    /// Whether it still runs.
    pub(super) fn is_alive(self) -> bool {
        stat(self.pid).is_some_and(|stat| stat.member == self && !stat.ended)
    }

    /// What it holds in memory for itself alone, and with others, in bytes.
    fn memory(self) -> (u64, u64) {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid)).unwrap_or_default();
        let kilobytes = |name| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim().strip_suffix(" kB")?.parse::<u64>().ok()
        };
        (kilobytes("RssAnon:").unwrap_or(0) * 1024, kilobytes("RssShmem:").unwrap_or(0) * 1024)
    }
}

/// The descendants of a process, and itself.
pub(super) fn family(pid: i32) -> BTreeSet<Member> {
    let all: Vec<Stat> = pids().filter_map(stat).collect();
    let mut children: HashMap<i32, Vec<Member>> = HashMap::new();
    for Stat { member, parent, .. } in &all {
        children.entry(*parent).or_default().push(*member);
    }
    let mut family: BTreeSet<Member> = all.iter().map(|stat| stat.member).filter(|member| member.pid == pid).collect();
    let mut next: Vec<Member> = family.iter().copied().collect();
    while let Some(member) = next.pop() {
        // A process that started meanwhile may have got the number of one that was its ancestor.
        next.extend(children.remove(&member.pid).unwrap_or_default().into_iter().filter(|child| family.insert(*child)));
    }
    family
}

/// The children of a process.
pub(super) fn children(pid: i32) -> Vec<Member> {
    pids().filter_map(stat).filter(|stat| stat.parent == pid).map(|stat| stat.member).collect()
}

/// Processes that have a text in their command line.
pub(super) fn mentioning(needle: &str) -> Vec<Member> {
    let mentions = |pid: &i32| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.windows(needle.len()).any(|window| window == needle.as_bytes())
    };
    pids().filter(mentions).filter_map(stat).map(|stat| stat.member).collect()
}

/// What processes take together, in bytes. What they share is counted once, as far as the one goes that shares the most.
pub(super) fn memory(members: &BTreeSet<Member>) -> u64 {
    let (own, shared): (Vec<u64>, Vec<u64>) = members.iter().map(|member| member.memory()).unzip();
    own.iter().sum::<u64>() + shared.into_iter().max().unwrap_or(0)
}

fn pids() -> impl Iterator<Item = i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn stat(pid: i32) -> Option<Stat> {
    parse(&String::from_utf8_lossy(&fs::read(format!("/proc/{pid}/stat")).ok()?))
}

/// Reads `PID (NAME) STATE PPID …`. A name may contain anything, so what follows begins after the last parenthesis.
fn parse(line: &str) -> Option<Stat> {
    let (pid, rest) = line.split_once(" (")?;
    let mut fields = rest.rsplit_once(") ")?.1.split(' ');
    let ended = matches!(fields.next()?, "Z" | "X");
    let parent = fields.next()?.parse().ok()?;
    // The 22nd field; the parent is the fourth.
    let started = fields.nth(17)?.parse().ok()?;
    Some(Stat { member: Member { pid: pid.parse().ok()?, started }, parent, ended })
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_process_is_read_whatever_it_is_called() {
        let line =
            "4711 (a ) S (b) R 12 4711 4711 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 987654 1000 1 18446744073709551615";
        let member = Member { pid: 4711, started: 987_654 };
        assert_eq!(parse(line), Some(Stat { member, parent: 12, ended: false }));
        assert_eq!(parse("nonsense"), None);
    }

    #[test]
    fn a_family_is_found_with_its_memory_and_seen_to_end() {
        // The children read what the shell would, and so live until this test ends.
        let script = "exec 3<&0; cat <&3 & cat <&3; wait";
        let mut shell = Command::new("sh").args(["-c", script]).stdin(Stdio::piped()).spawn().unwrap();
        let pid = i32::try_from(shell.id()).unwrap();
        let members = loop {
            let members = family(pid);
            if members.len() == 3 {
                break members;
            }
        };
        assert!(members.iter().all(|member| member.is_alive()));
        assert!(memory(&members) > 100_000, "{}", memory(&members));
        assert_eq!(children(pid).len(), 2);
        shell.kill().unwrap();
        // It has ended, although nobody has looked yet.
        let first = *members.iter().find(|member| member.pid == pid).unwrap();
        while first.is_alive() {}
        shell.wait().unwrap();
        assert_eq!(family(pid).len(), 0);
    }

    #[test]
    fn processes_are_found_by_what_their_command_line_mentions() {
        let script = "read line; exit";
        let args = ["-c", script, "sh", "--user-data-dir=/nowhere/one/job-1/profile"];
        let mut shell = Command::new("sh").args(args).stdin(Stdio::piped()).spawn().unwrap();
        let pid = i32::try_from(shell.id()).unwrap();
        let found = |text: &str| mentioning(text).iter().any(|member| member.pid == pid);
        while !found("/nowhere/one/job-") {}
        assert!(!found("/nowhere/two/job-"));
        shell.kill().unwrap();
        shell.wait().unwrap();
    }
}
