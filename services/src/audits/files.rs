//! Files by signed addresses that expire: whoever has the address may have the file, and nobody else can make one up.

use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::audit::AuditId;
use storage::{ArtifactId, ArtifactRow};
use url::Url;

use crate::Services;

/// How long an address works, unless the file is gone before.
const VALID_FOR: Duration = Duration::from_secs(7 * 86_400);

/// A file that was asked for by its address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedFile {
    /// What it is.
    pub file: ArtifactRow,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// Why a file is not handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// The address was not made here, or was changed.
    #[error("this address is not one that was given out here")]
    Wrong,
    /// The address is too old.
    #[error("this address has expired; ask for the report again to get a new one")]
    Expired,
    /// The file is not kept any more.
    #[error("this file is not kept any more; ask for the report again")]
    Gone,
    /// The database did not answer.
    #[error("the file cannot be read just now; try again")]
    Unavailable,
}

impl Services {
    /// Says where files can be had from, such as `https://watch.example`. Until then no addresses are given out. The first
    /// call counts.
    pub fn publish_files_at(&self, url: &str) {
        // A later one would make addresses wrong that were given out.
        let _ = self.inner.audits.files_url.set(url.trim_end_matches('/').to_owned());
    }

    /// The address of a file, and until when it works; `None`: nobody said where files can be had from.
    #[must_use]
    pub fn file_link(&self, file: &ArtifactRow) -> Option<(String, Timestamp)> {
        let base = self.inner.audits.files_url.get()?;
        let until = (self.now() + VALID_FOR).min(file.expires_at);
        let signature = self.store().sign(&signed(file.id.0, &file.name, until.as_millis()));
        let link = format!("{base}/files/{}/{}?until={}&sig={signature}", file.id, file.name, until.as_millis());
        Some((link, until))
    }

    /// The file of an address `/files/{id}/{name}?until={until}&sig={signature}`.
    ///
    /// # Errors
    /// [`FileError`].
    pub async fn open_file(&self, id: i64, name: &str, until: i64, signature: &str) -> Result<OpenedFile, FileError> {
        if !self.store().is_signed(&signed(id, name, until), signature) {
            return Err(FileError::Wrong);
        }
        let now = self.now();
        if now.as_millis() >= until {
            return Err(FileError::Expired);
        }
        let found = self.store().artifact(ArtifactId(id), now).await.map_err(|error| {
            tracing::error!(%error, artifact_id = id, "a file could not be read");
            FileError::Unavailable
        })?;
        let (file, bytes) = found.ok_or(FileError::Gone)?;
        Ok(OpenedFile { file, bytes })
    }
}

fn signed(id: i64, name: &str, until: i64) -> String {
    format!("file {id} {until} {name}")
}

/// What the files of an audit are called, without an extension: letters, digits, dots and dashes, so that the name is the same in
/// an address and on a disk.
pub(super) fn stem(audit: AuditId, page: &Url) -> String {
    let kept = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
    let host: String = page.host_str().unwrap_or("page").chars().take(60).map(kept).collect();
    format!("audit-{audit}-{}", host.trim_matches(['-', '.']))
}
