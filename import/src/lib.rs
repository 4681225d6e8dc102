//! Takes monitors over from other programs.
//!
//! | format | file |
//! |---|---|
//! | services | `services.json`: a list of `{name, base_url, health_path, method, headers, timeout_s, enabled}` |
//! | Uptime Kuma | `kuma.db` (SQLite, version 1 or 2), or the JSON backup of version 1 |
//! | Gatus | its YAML configuration |
//! | Healthchecks | what `GET /api/v3/checks/` answers |
//!
//! [`read`] tells the formats apart by what is in the file, and makes of each entry a [`Draft`] or says why it cannot.
//! What a draft could not carry over is named in its notes. [`apply`] adds the drafts, each whole or not at all; run
//! again, it leaves alone what is there.
//!
//! To add a format: a module here reads it into [`Entry`]s, and [`read`] learns to recognise it.

mod apply;
mod asserted;
mod draft;
mod gatus;
mod healthchecks;
mod kuma;
mod record;
mod request;
mod services_json;
mod table;
mod words;

use std::path::{Path, PathBuf};

use serde_json::Value;

pub use apply::{Done, Outcome, apply};
pub use draft::{Draft, Entry, Import};
pub use table::table;

/// Largest file that is read, in bytes. A database is not read as a whole and may be larger.
const MAX_FILE_BYTES: u64 = 32 * 1024 * 1024;

/// Most entries of a file.
const MAX_ENTRIES: usize = 20_000;

/// What a file of SQLite begins with. Source: <https://www.sqlite.org/fileformat.html#the_database_header>.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// Why a file cannot be taken over. The text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error("cannot read {path}: {why}", path = path.display())]
    Unreadable {
        /// The file as given.
        path: PathBuf,
        /// What the system says.
        why: String,
    },
    /// The file is too large.
    #[error("the file is larger than {} MiB; divide it", MAX_FILE_BYTES / (1024 * 1024))]
    TooLarge,
    /// The file has too many entries.
    #[error("the file has more than {MAX_ENTRIES} entries; divide it")]
    TooMany,
    /// The file is of a format that is known, but broken.
    #[error("this looks like {format}, but {why}")]
    Broken {
        /// The format.
        format: &'static str,
        /// What is wrong.
        why: String,
    },
    /// The file is of no format that is known.
    #[error(
        "I don't know this file; give a services.json, a database or JSON backup of Uptime Kuma, a YAML configuration of \
         Gatus, or what Healthchecks answers to GET /api/v3/checks/"
    )]
    Unknown,
}

/// Reads a file of any format.
///
/// # Errors
/// An [`ImportError`] for a file that cannot be taken over as a whole; single entries that cannot are part of the answer.
pub async fn read(path: &Path) -> Result<Import, ImportError> {
    let unreadable = |error: std::io::Error| ImportError::Unreadable { path: path.to_owned(), why: error.to_string() };
    let mut file = tokio::fs::File::open(path).await.map_err(unreadable)?;
    let mut start = Vec::new();
    use tokio::io::AsyncReadExt;
    (&mut file).take(SQLITE.len() as u64).read_to_end(&mut start).await.map_err(unreadable)?;
    let import = if start == SQLITE {
        kuma::read_database(path).await?
    } else {
        file.take(MAX_FILE_BYTES).read_to_end(&mut start).await.map_err(unreadable)?;
        if start.len() as u64 > MAX_FILE_BYTES {
            return Err(ImportError::TooLarge);
        }
        read_text(&String::from_utf8_lossy(&start))?
    };
    if import.entries.len() > MAX_ENTRIES { Err(ImportError::TooMany) } else { Ok(import.numbered()) }
}

fn read_text(text: &str) -> Result<Import, ImportError> {
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Array(items)) => Ok(services_json::read(items)),
        Ok(Value::Object(mut fields)) => {
            match (fields.remove("services"), fields.remove("monitorList"), fields.remove("checks")) {
                (Some(Value::Array(items)), None, None) => Ok(services_json::read(items)),
                (None, Some(Value::Array(items)), _) => Ok(kuma::read_backup(items)),
                (None, None, Some(Value::Array(items))) => Ok(healthchecks::read(items)),
                _ => Err(ImportError::Unknown),
            }
        }
        Err(error) if text.trim_start().starts_with(['{', '[']) => {
            Err(ImportError::Broken { format: "JSON", why: error.to_string() })
        }
        _ => gatus::read(text),
    }
}
