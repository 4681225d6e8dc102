//! A worker on this machine: a process for each job.

mod census;
mod process;
mod programs;
mod scratch;
mod walls;

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use probes::ForwardProxy;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::UnixListener;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use self::process::{Ended, Process};
use self::programs::Programs;
use self::scratch::{Folder, Scratch};
use self::walls::Walls;
use crate::config::{Config, Unavailable};
use crate::event::{Progress, Versions, events};
use crate::failure::{AuditError, Fault};
use crate::follow::{Finished, Follow, MAX_RESULT_BYTES};

/// Longest event. The longest one holds a page's manifest.
const LONGEST_EVENT: usize = 8 * 1024 * 1024;

#[derive(Debug)]
pub(crate) struct Local {
    programs: Programs,
    walls: Walls,
    scratch: Scratch,
    deadline: Duration,
    memory_bytes: u64,
}

impl Local {
    /// Finds the programs and tries them out. `alone`: what is found in the scratch folder was left by somebody who is gone.
    pub(crate) async fn find(config: &Config, alone: bool) -> Result<(Self, Versions), Unavailable> {
        let programs = Programs::find(config).await?;
        let scratch = Scratch::open(&config.scratch, alone).await?;
        let walls = Walls::try_out(config.isolation, &scratch).await?;
        let Config { deadline, memory_bytes, .. } = *config;
        let local = Self { programs, walls, scratch, deadline, memory_bytes };
        let (progress, _) = mpsc::channel(1);
        let tried = local.run(json!({ "job": "versions" }), None, progress, &CancellationToken::new()).await;
        let mend = "run `npm ci --omit=dev` in its folder, which the user that jobs run as has to be able to read";
        let failed = |what: String| {
            Unavailable::new(format!("the worker in {} does not run: {what}", config.folder.display()), mend)
        };
        let tried = tried.map_err(|fault| failed(AuditError::explain(fault, None, &[]).to_string()))?;
        let versions = tried.versions.ok_or_else(|| failed("it does not say what it works with".into()))?;
        Ok((local, versions))
    }

    pub(crate) fn walls(&self) -> &Walls {
        &self.walls
    }

    /// Does a job. Nothing of it is left when this returns: no process, no file.
    pub(crate) async fn run(
        &self,
        job: Value,
        proxy: Option<&ForwardProxy>,
        progress: mpsc::Sender<Progress>,
        stop: &CancellationToken,
    ) -> Result<Finished, Fault> {
        let unready = |error: io::Error| {
            Fault::broken(format!("a job cannot be made ready in {}: {error}", self.scratch.path().display()))
        };
        let is_trial = job["job"] == "versions";
        let folder = self.scratch.folder(self.walls.owner()).map_err(unready)?;
        let line = self.prepare(job, proxy, &folder).map_err(unready)?;
        let mut command = self.walls.command(folder.path(), &self.programs.node);
        command.args(self.programs.arguments());
        let (process, mut input, said) = Process::start(command, &self.walls).map_err(unready)?;
        let following = async {
            // A worker that does not listen says why, or nothing until its time is up.
            let _ = timeout(self.deadline, input.write_all(line.as_bytes())).await;
            let follow = Follow { deadline: self.deadline, proxy, progress: &progress };
            follow.until_done(events(said, LONGEST_EVENT)).await
        };
        let finished = tokio::select! {
            finished = Box::pin(following) => finished,
            error = process.exceeds(self.memory_bytes, folder.path()) => Err(error.into()),
            () = stop.cancelled() => Err(AuditError::Cancelled.into()),
        };
        let Ended { peak_memory_bytes, stderr } = process.end().await;
        let finished = match finished {
            Ok(finished) => collect(finished, &folder).await,
            Err(fault) => Err(told(fault, &stderr, is_trial)),
        };
        folder.remove().await;
        finished.map(|finished| Finished { peak_memory_bytes: Some(peak_memory_bytes), ..finished })
    }

    /// Completes a job with what its place is, and makes what it needs there.
    fn prepare(&self, mut job: Value, proxy: Option<&ForwardProxy>, folder: &Folder) -> io::Result<String> {
        job["chromium"] = json!(self.programs.chromium);
        if job["job"] != "versions" {
            job["folder"] = json!(folder.path());
            job["sandbox"] = json!(self.walls.sandbox());
        }
        if job["job"] == "print" {
            folder.write("page.html", job["html"].as_str().unwrap_or_default().as_bytes())?;
            job["html"] = json!("page.html");
            job["pdf"] = json!("page.pdf");
        }
        if let Some(proxy) = proxy {
            let path = folder.path().join("proxy.sock");
            let listener = UnixListener::bind(&path)?;
            // The folder lets nobody in but the job's user, who has to be able to write to it.
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666))?;
            proxy.listen(listener);
            job["proxy"] = json!(path);
        }
        Ok(format!("{job}\n"))
    }
}

/// Reads the files of a result.
async fn collect(mut finished: Finished, folder: &Folder) -> Result<Finished, Fault> {
    let done = &finished.done;
    let mut room = MAX_RESULT_BYTES;
    for name in done.lhrs.iter().chain(&done.screenshot).chain(&done.pdf) {
        let unreadable =
            |error: io::Error| Fault::broken(format!("the worker's file `{name}` cannot be read: {error}"));
        let bytes = folder.read(name, room).await.map_err(unreadable)?;
        room -= bytes.len() as u64;
        finished.files.insert(name.clone(), bytes);
    }
    Ok(finished)
}

/// A fault of the worker's own, with what it last said of it. Of a trial, which may be repeated without end, all else that it said
/// is for who looks closely.
fn told(fault: Fault, stderr: &str, is_trial: bool) -> Fault {
    let fault = match fault {
        // It is on this machine, where nothing comes in between.
        Fault::Other(AuditError::Away(what)) => Fault::broken(what),
        fault => fault,
    };
    let ours = match &fault {
        Fault::Other(AuditError::Bridge(_)) => true,
        Fault::Other(_) => false,
        Fault::Reported(reported) => matches!(reported.code.as_str(), "FAILED" | "CHROMIUM_FAILED"),
    };
    match (ours, is_trial) {
        (true, false) => tracing::warn!(stderr, "the audit worker failed"),
        (true, true) => tracing::debug!(stderr, "the audit worker failed"),
        (false, _) => {}
    }
    let last = stderr.lines().rev().map(str::trim).find(|line| !line.is_empty());
    match (fault, last) {
        (Fault::Other(AuditError::Bridge(what)), Some(last)) => Fault::broken(format!("{what} ({last})")),
        (fault, _) => fault,
    }
}
