//! What keeps a job in: its user, its namespaces, its limits.
//!
//! A page that has broken out of the browser's sandbox still finds a network that holds nothing but the way to the forward
//! proxy, and no process but those of its job. The walls are put up by programs of util-linux and iproute2; what a system
//! lets them do is tried out before anything is audited.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::scratch::Scratch;
use crate::config::{Isolation, Unavailable};

/// Where programs are looked for. Nothing else of this program's environment reaches a job, for there are secrets in it.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Who does the jobs of a program that runs as root: `nobody`, who owns nothing.
const NOBODY: u32 = 65_534;

/// The first process of the namespaces. It stays beside the worker, because nothing ends with one that becomes another user.
const INIT: &str = include_str!("init.sh");

const UNSHARE: [&str; 6] = ["unshare", "--net", "--pid", "--fork", "--kill-child=KILL", "--mount-proc"];

/// A user's own namespaces, in which it may do what root may elsewhere, until the worker is started.
const UNSHARE_USER: [&str; 9] = [
    "unshare",
    "--user",
    "--map-current-user",
    "--keep-caps",
    "--net",
    "--pid",
    "--fork",
    "--kill-child=KILL",
    "--mount-proc",
];

const INSIDE: [&str; 5] = ["--", "sh", "-c", INIT, "sh"];

const BECOME_NOBODY: [&str; 4] = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

const GIVE_UP_RIGHTS: [&str; 3] = ["--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"];

/// Most bytes of a file, open files, threads of the user. A limit of memory for each process would break the browser.
const LIMITS: [&str; 6] = ["prlimit", "--core=0", "--fsize=500000000", "--nofile=4096", "--nproc=4096", "--"];

/// How long it may take to put up walls.
const PATIENCE: Duration = Duration::from_secs(20);

const ALLOW: &str = "allow user namespaces (sysctl user.max_user_namespaces; a container needs a seccomp profile that lets \
                     `unshare` pass), or choose the isolation `flags`, which leaves it to the browser's flags";

/// The walls that this system can put up.
#[derive(Debug, Clone)]
pub(crate) struct Walls {
    /// What a command is begun with.
    before: Vec<&'static str>,
    namespaces: bool,
    sandbox: bool,
    owner: Option<u32>,
}

impl Walls {
    /// Finds out which walls can be put up.
    pub(super) async fn try_out(isolation: Isolation, scratch: &Scratch) -> Result<Self, Unavailable> {
        let root = rustix::process::geteuid().is_root();
        let mut why = String::new();
        for mut walls in Self::all(isolation, root) {
            match walls.tried(scratch).await {
                Ok(sandbox) if sandbox || isolation == Isolation::Flags => {
                    walls.sandbox = sandbox;
                    return Ok(walls);
                }
                Ok(_) => why = "the browser's sandbox would get none".to_owned(),
                Err(Tried::NoFolder) => {
                    let what = format!("the user that audits run as cannot get to {}", scratch.path().display());
                    return Err(Unavailable::new(what, "name another folder for them, such as /var/tmp/watchword"));
                }
                Err(Tried::Failed(said)) => why = said,
            }
        }
        let missing = Self::missing_programs().await;
        if !missing.is_empty() {
            let what = format!("audits need the programs {}", missing.join(", "));
            return Err(Unavailable::new(what, "install them (`apt-get install util-linux iproute2`)"));
        }
        Err(Unavailable::new(format!("audits cannot be kept in namespaces of their own here ({why})"), ALLOW))
    }

    /// The walls to try, the best first.
    fn all(isolation: Isolation, root: bool) -> Vec<Self> {
        let owner = root.then_some(NOBODY);
        let walls = |parts: &[&[&'static str]], namespaces| Self {
            before: parts.iter().flat_map(|part| part.iter().copied()).collect(),
            namespaces,
            sandbox: false,
            owner,
        };
        let rights = ["setpriv", "--ambient-caps=-all"];
        let as_user: &[&[&'static str]] = &[&UNSHARE_USER, &INSIDE, &rights, &GIVE_UP_RIGHTS, &["--"], &LIMITS];
        match (isolation, root) {
            (Isolation::Namespaces, true) => {
                let direct = walls(&[&UNSHARE, &INSIDE, &BECOME_NOBODY, &GIVE_UP_RIGHTS, &["--"], &LIMITS], true);
                let become_nobody: &[&[&'static str]] = &[&BECOME_NOBODY, &["--inh-caps=-all", "--"]];
                vec![direct, walls(&[become_nobody, as_user].concat(), true)]
            }
            (Isolation::Namespaces, false) => vec![walls(as_user, true)],
            (Isolation::Flags, true) => vec![walls(&[&BECOME_NOBODY, &["--inh-caps=-all", "--"], &LIMITS], false)],
            (Isolation::Flags, false) => vec![walls(&[&LIMITS], false)],
        }
    }

    /// Whether a command can be run within these walls, and whether the browser could put up its own there: it makes
    /// namespaces for its sandbox.
    async fn tried(&self, scratch: &Scratch) -> Result<bool, Tried> {
        let failed = |error: &dyn std::fmt::Display| Tried::Failed(error.to_string());
        let folder = scratch.folder(self.owner).map_err(|error| failed(&error))?;
        let script = "test -w \"$1\" || { echo folder; exit; }
            unshare --user --map-root-user --net --pid --fork true 2>/dev/null && echo sandbox || echo none";
        let mut command = self.command(folder.path(), Path::new("sh"));
        command.args(["-c", script, "sh"]).arg(folder.path());
        // The first process waits for the end of what it reads, so that is left open until the end.
        let child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).spawn();
        let mut child = child.map_err(|error| failed(&error))?;
        let input = child.stdin.take();
        let output = tokio::time::timeout(PATIENCE, child.wait_with_output()).await;
        drop(input);
        folder.remove().await;
        let output = output.map_err(|_| failed(&"they were not up in time"))?.map_err(|error| failed(&error))?;
        match String::from_utf8_lossy(&output.stdout).trim() {
            "folder" => Err(Tried::NoFolder),
            "sandbox" => Ok(true),
            "none" => Ok(false),
            _ => {
                let said = String::from_utf8_lossy(&output.stderr);
                Err(Tried::Failed(said.lines().next().unwrap_or("nothing was said").trim().to_owned()))
            }
        }
    }

    async fn missing_programs() -> Vec<String> {
        let look = "for name in unshare setpriv prlimit ip mkfifo; do command -v $name >/dev/null || echo $name; done";
        let output = Command::new("sh").args(["-c", look]).env("PATH", PATH).stdin(Stdio::null()).output().await;
        let output = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
        output.lines().map(str::to_owned).collect()
    }

    /// A program within the walls, in a job's folder. It gets nothing of this program's environment.
    pub(super) fn command(&self, folder: &Path, program: &Path) -> Command {
        let words = self.before.iter().map(OsStr::new).chain([program.as_os_str()]);
        let mut words = words.collect::<Vec<_>>().into_iter();
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words).current_dir(folder).env_clear().env("PATH", PATH).env("LANG", "C.UTF-8");
        for name in ["HOME", "TMPDIR"] {
            command.env(name, folder);
        }
        command
    }

    /// Whether a job's processes end with the first one of them.
    pub(super) fn namespaces(&self) -> bool {
        self.namespaces
    }

    /// Whether the browser's own sandbox works.
    pub(super) fn sandbox(&self) -> bool {
        self.sandbox
    }

    /// Who has to own a job's folder, if it is not who this program runs as.
    pub(super) fn owner(&self) -> Option<u32> {
        self.owner
    }

    /// What it is, and what would be better.
    pub(crate) fn describe(&self) -> (&'static str, Option<&'static str>) {
        match (self.namespaces, self.sandbox) {
            (true, _) => ("in namespaces of its own", None),
            (false, true) => ("kept in by its sandbox and its flags alone", None),
            (false, false) => (
                "without its sandbox, which this system does not let it have",
                Some("allow user namespaces, or audit nothing but pages that you trust"),
            ),
        }
    }
}

/// Why walls are not up.
enum Tried {
    /// The job's folder cannot be got to from within.
    NoFolder,
    /// What was said.
    Failed(String),
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use tempfile::TempDir;
    use tokio::io::{AsyncBufReadExt, BufReader};

    use super::*;

    async fn up() -> (Walls, Scratch, TempDir) {
        let folder = tempfile::Builder::new().prefix("ww-").tempdir_in("/tmp").unwrap();
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o711)).unwrap();
        let scratch = Scratch::open(folder.path(), true).await.unwrap();
        let walls = Walls::try_out(Isolation::Namespaces, &scratch).await.unwrap_or_else(|error| panic!("{error}"));
        (walls, scratch, folder)
    }

    fn shell(walls: &Walls, folder: &Path, script: &str) -> tokio::process::Child {
        let mut command = walls.command(folder, Path::new("sh"));
        command.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        command.spawn().unwrap()
    }

    #[tokio::test]
    async fn a_job_sees_no_network_no_process_and_no_variable_of_others_and_has_no_rights() {
        let (walls, scratch, _kept) = up().await;
        let job = scratch.folder(walls.owner()).unwrap();
        let script = "tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '; ls -d /proc/[0-9]* | wc -l; id -u; \
                      grep -h Cap /proc/self/status | sort -u -k2 | cut -f2; env | cut -d= -f1 | sort | tr '\n' ' '";
        let mut child = shell(&walls, job.path(), script);
        let input = child.stdin.take();
        let said = child.wait_with_output().await.unwrap();
        drop(input);
        let said = String::from_utf8(said.stdout).unwrap();
        let lines: Vec<&str> = said.lines().collect();
        let user = walls.owner().unwrap_or_else(|| rustix::process::geteuid().as_raw()).to_string();
        assert_eq!(lines[0], "lo", "{said}");
        // The first process, what holds its input, and the shell with its pipe.
        assert!(lines[1].parse::<u32>().unwrap() < 10, "{said}");
        assert_eq!((lines[2], lines[3]), (user.as_str(), "0000000000000000"), "{said}");
        assert!(lines[4].contains("HOME LANG PATH") && !lines[4].contains("CARGO"), "{said}");
    }

    #[tokio::test]
    async fn what_does_not_end_with_its_input_is_ended() {
        let (walls, scratch, _kept) = up().await;
        let job = scratch.folder(walls.owner()).unwrap();
        let mut child = shell(&walls, job.path(), "trap '' HUP INT TERM; echo ready; while :; do sleep 1; done");
        let mut said = BufReader::new(child.stdout.take().unwrap());
        said.read_line(&mut String::new()).await.unwrap();
        // As when the program that holds it is killed.
        drop(child.stdin.take());
        let ended = tokio::time::timeout(Duration::from_secs(60), child.wait()).await;
        assert!(!ended.unwrap().unwrap().success());
    }
}
