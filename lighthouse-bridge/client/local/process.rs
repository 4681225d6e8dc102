//! A worker's process with all its descendants, from the first to the last.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::task::spawn_blocking;

use super::census::{self, Member};
use super::scratch;
use super::walls::Walls;
use crate::failure::AuditError;

/// How often it is looked at what a job takes.
const INTERVAL: Duration = Duration::from_millis(500);

/// Most bytes that a job's files may take together: a profile and a trace take a tenth of it.
const MAX_FOLDER_BYTES: u64 = 1_000_000_000;

/// How much is kept of what the worker writes for logs: its end.
const STDERR_BYTES: usize = 4 * 1024;

/// How long processes may take to be gone that were killed.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often it is looked whether they are.
const PAUSE: Duration = Duration::from_millis(10);

/// The process of a worker.
pub(super) struct Process {
    child: Child,
    pid: i32,
    stderr: Arc<Mutex<Vec<u8>>>,
    /// Whether its descendants end with the first one of them.
    namespaces: bool,
    /// Its descendants, as far as they were seen.
    seen: Mutex<BTreeSet<Member>>,
    peak_memory_bytes: Mutex<u64>,
}

/// What is left of a worker.
pub(super) struct Ended {
    pub(super) peak_memory_bytes: u64,
    /// The end of what it wrote for logs.
    pub(super) stderr: String,
}

impl Process {
    /// Starts a worker, and gives what it hears and says. When it hears no more, it ends.
    pub(super) fn start(mut command: Command, walls: &Walls) -> io::Result<(Self, ChildStdin, ChildStdout)> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.process_group(0).kill_on_drop(true).spawn()?;
        let pid = child.id().and_then(|pid| i32::try_from(pid).ok()).ok_or(io::ErrorKind::NotFound)?;
        let input = child.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let said = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let stderr = Arc::default();
        if let Some(from) = child.stderr.take() {
            tokio::spawn(keep_end(from, Arc::clone(&stderr)));
        }
        let (namespaces, seen) = (walls.namespaces(), Mutex::default());
        let process = Self { child, pid, stderr, namespaces, seen, peak_memory_bytes: Mutex::default() };
        Ok((process, input, said))
    }

    /// Waits until it takes more than it may, in memory or on the disk.
    pub(super) async fn exceeds(&self, memory_bytes: u64, folder: &Path) -> AuditError {
        loop {
            tokio::time::sleep(INTERVAL).await;
            let (pid, folder) = (self.pid, folder.to_owned());
            let look = spawn_blocking(move || {
                let family = census::family(pid);
                (census::memory(&family), scratch::size(&folder), family)
            });
            let Ok((memory, files, family)) = look.await else { continue };
            lock(&self.seen).extend(family);
            let mut peak = lock(&self.peak_memory_bytes);
            *peak = memory.max(*peak);
            if memory > memory_bytes {
                return AuditError::Memory;
            }
            if files > MAX_FOLDER_BYTES {
                let message = "the page stores more on the disk than an audit may".to_owned();
                return AuditError::Page { code: "disk".to_owned(), message };
            }
        }
    }

    /// Kills it with all its descendants, and returns when all are gone.
    pub(super) async fn end(mut self) -> Ended {
        let killed = async {
            if self.namespaces {
                self.kill_namespace().await;
            } else {
                self.kill_family().await;
            }
        };
        if tokio::time::timeout(PATIENCE, Box::pin(killed)).await.is_err() {
            tracing::error!(pid = self.pid, "processes of an audit were killed and are still there");
        }
        let peak_memory_bytes = *lock(&self.peak_memory_bytes);
        let stderr = String::from_utf8_lossy(&lock(&self.stderr)).trim().to_owned();
        Ended { peak_memory_bytes, stderr }
    }

    /// Kills the first process of the namespace, after which the kernel kills all others and waits for them. Only then it
    /// is gone itself, which its parent waits for.
    async fn kill_namespace(&mut self) {
        let first = census::children(self.pid);
        if first.is_empty() {
            // It has not come that far, or has ended.
            let _ = self.child.start_kill();
        }
        first.iter().for_each(|member| signal(*member, Signal::KILL));
        let _ = self.child.wait().await;
    }

    /// Stops the descendants until there is no new one, so that none is missed, and kills them.
    async fn kill_family(&mut self) {
        let mut family = std::mem::take(&mut *lock(&self.seen));
        let mut stopped = BTreeSet::new();
        loop {
            let new: Vec<Member> = census::family(self.pid).difference(&stopped).copied().collect();
            if new.is_empty() {
                break;
            }
            new.iter().for_each(|member| signal(*member, Signal::STOP));
            stopped.extend(new);
        }
        family.extend(stopped);
        family.iter().filter(|member| member.is_alive()).for_each(|member| signal(*member, Signal::KILL));
        let _ = self.child.wait().await;
        while family.iter().any(|member| member.is_alive()) {
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Kills what a program that was killed itself has left behind, and waits until it is gone.
pub(super) async fn kill_left(mentioning: &str) {
    let left = census::mentioning(mentioning);
    left.iter().for_each(|member| signal(*member, Signal::KILL));
    let gone = async {
        while left.iter().any(|member| member.is_alive()) {
            tokio::time::sleep(PAUSE).await;
        }
    };
    if tokio::time::timeout(PATIENCE, gone).await.is_err() {
        tracing::error!("processes of an earlier audit were killed and are still there");
    }
}

/// One that is gone already needs no signal.
fn signal(member: Member, signal: Signal) {
    if let Some(pid) = Pid::from_raw(member.pid) {
        let _ = kill_process(pid, signal);
    }
}

async fn keep_end(mut from: ChildStderr, kept: Arc<Mutex<Vec<u8>>>) {
    let mut buffer = [0; STDERR_BYTES];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        let mut kept = lock(&kept);
        kept.extend_from_slice(&buffer[..read]);
        let surplus = kept.len().saturating_sub(STDERR_BYTES);
        kept.drain(..surplus);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
