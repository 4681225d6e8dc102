//! The folders of jobs.

use std::fs::{self, DirBuilder, File, Permissions, TryLockError};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use tokio::task::spawn_blocking;

use super::process::kill_left;
use crate::config::Unavailable;

/// Longest path of the folder, in bytes: sockets are made below it, whose paths end at 107.
const LONGEST_PATH: usize = 48;

/// What the names of jobs' folders begin with.
const PREFIX: &str = "job-";

/// Most folders at once: far more than there are jobs at once, should some not be removable.
const MAX_FOLDERS: u32 = 999;

/// How often it is tried to remove a folder.
const ATTEMPTS: u32 = 20;

/// The folder of the jobs' folders.
#[derive(Debug)]
pub(super) struct Scratch {
    path: PathBuf,
    /// Held as long as this program uses the folder alone.
    _lock: Option<File>,
}

/// The folder of a job, which is removed with this.
pub(super) struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // Mostly it is gone by now. What is left after this is removed by the next start.
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Scratch {
    /// Makes the folder unless it is there. `alone`: nobody else uses it, and what it holds of jobs is ended and removed.
    pub(super) async fn open(path: &Path, alone: bool) -> Result<Self, Unavailable> {
        let name = path.display().to_string();
        let unusable =
            |what: String, mend: &str| Unavailable::new(format!("{name}, the folder of audits, {what}"), mend);
        let mend = "name a folder that this user may write to, such as /var/tmp/watchword";
        if !path.is_absolute() || name.len() > LONGEST_PATH {
            let what = format!("is no absolute path of at most {LONGEST_PATH} bytes");
            return Err(unusable(what, "name one, such as /var/tmp/watchword"));
        }
        make(path).map_err(|error| unusable(format!("cannot be made: {error}"), mend))?;
        let mut lock = None;
        if alone {
            let file =
                File::create(path.join("lock")).map_err(|error| unusable(format!("is of no use: {error}"), mend))?;
            match file.try_lock() {
                Ok(()) => lock = Some(file),
                Err(TryLockError::WouldBlock) => {
                    return Err(unusable("is used by another Watchword".into(), "name another folder for this one"));
                }
                Err(TryLockError::Error(error)) => return Err(unusable(format!("cannot be locked: {error}"), mend)),
            }
            // As in `--user-data-dir=/var/tmp/watchword/job-1/…`, which is what browsers are told.
            kill_left(&format!("={name}/{PREFIX}")).await;
            clean(path)
                .map_err(|error| unusable(format!("holds old jobs that cannot be removed: {error}"), "remove them"))?;
        }
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes a folder for a job, which nobody but its owner may enter.
    pub(super) fn folder(&self, owner: Option<u32>) -> io::Result<Folder> {
        for number in 1..=MAX_FOLDERS {
            let path = self.path.join(format!("{PREFIX}{number}"));
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => {
                    let folder = Folder(path);
                    chown(&folder.0, owner, owner)?;
                    return Ok(folder);
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::other("there are too many folders of old jobs"))
    }
}

impl Folder {
    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file for the job.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.0.join(name);
        fs::write(&path, bytes)?;
        fs::set_permissions(&path, Permissions::from_mode(0o644))
    }

    /// Reads a file that a job has left. What made it may have been led astray: the file has to be in this folder, a real
    /// one and not larger than that.
    pub(super) async fn read(&self, name: &str, most: u64) -> io::Result<Vec<u8>> {
        let harmless = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if name.is_empty() || name.starts_with('.') || !name.chars().all(harmless) {
            return Err(io::Error::other("its name is none of a file in the job's folder"));
        }
        let path = self.0.join(name);
        let reading = spawn_blocking(move || {
            let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
            let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
            let metadata = file.metadata()?;
            if !metadata.is_file() || metadata.len() > most {
                return Err(io::Error::other("it is no file, or a larger one than a result may be"));
            }
            let mut bytes = Vec::new();
            file.take(most).read_to_end(&mut bytes)?;
            Ok(bytes)
        });
        reading.await.map_err(io::Error::other)?
    }

    /// Removes the folder with all that is in it. What cannot be removed is told; the next start tries again.
    pub(super) async fn remove(self) {
        let mut failure = None;
        for _ in 0..ATTEMPTS {
            let path = self.0.clone();
            match spawn_blocking(move || fs::remove_dir_all(path)).await {
                Ok(Ok(())) => return,
                Ok(Err(error)) => failure = Some(error),
                Err(_) => {}
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        tracing::error!(folder = %self.0.display(), error = ?failure, "the folder of an audit cannot be removed");
    }
}

/// How many bytes the files below a folder take.
pub(super) fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.fold(0, |sum: u64, entry| {
        let Ok(metadata) = entry.metadata() else { return sum };
        // In blocks of 512 bytes, whatever the file claims to be long.
        let own = std::os::unix::fs::MetadataExt::blocks(&metadata) * 512;
        sum + if metadata.is_dir() { size(&entry.path()) } else { own }
    })
}

/// Makes the folder unless it is there. Jobs may run as another user, who has to come through.
fn make(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o755).create(path)?;
    fs::set_permissions(path, Permissions::from_mode(0o711))
}

fn clean(path: &Path) -> io::Result<()> {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(PREFIX) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
