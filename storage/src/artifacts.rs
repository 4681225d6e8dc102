//! Files that came of something and are kept for a while: reports, pictures, what a program measured.

use monitor_core::Timestamp;
use monitor_core::audit::AuditId;
use monitor_core::people::OrganisationId;
use sea_orm::{ConnectionTrait, QueryResult, Value};
use sha2::{Digest as _, Sha256};

use crate::rows::{count, get, hex, integer, text, time};
use crate::sql::Sql;
use crate::{Store, StoreError, Tx};

/// A file's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArtifactId(pub i64);

impl std::fmt::Display for ArtifactId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ArtifactKind {
    /// A report as PDF.
    Pdf,
    /// What Lighthouse measured in the median run, as its JSON.
    Lhr,
    /// A picture of a page.
    Screenshot,
    /// Figures as CSV.
    Csv,
    /// Figures as JSON.
    Json,
}

impl ArtifactKind {
    const ALL: [Self; 5] = [Self::Pdf, Self::Lhr, Self::Screenshot, Self::Csv, Self::Json];

    /// The word that is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Lhr => "lhr",
            Self::Screenshot => "screenshot",
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }

    /// Its media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Lhr | Self::Json => "application/json",
            Self::Screenshot => "image/jpeg",
            Self::Csv => "text/csv",
        }
    }
}

/// A file to be kept.
#[derive(Debug, Clone)]
pub struct NewArtifact<'a> {
    /// Whose it is.
    pub organisation: OrganisationId,
    /// The audit that it came of, with which it goes.
    pub audit: Option<AuditId>,
    /// What it is.
    pub kind: ArtifactKind,
    /// What it is called, without a folder.
    pub name: &'a str,
    /// What is in it.
    pub bytes: Vec<u8>,
    /// Until when it is kept.
    pub expires_at: Timestamp,
}

/// A file without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArtifactRow {
    /// Its number.
    pub id: ArtifactId,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// What it is.
    pub kind: ArtifactKind,
    /// What it is called.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// The SHA-256 of its bytes, in hexadecimal digits.
    pub sha256: String,
    /// How large it is, in bytes.
    pub size: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it is kept.
    pub expires_at: Timestamp,
}

/// Files that match, with or without their bytes.
macro_rules! artifacts {
    ($bytes:literal $which:literal) => {
        Sql::both(concat!(
            "SELECT id, organisation_id, kind, name, media_type, sha256, size_bytes, created_at_ms, expires_at_ms",
            $bytes,
            " FROM artifact WHERE ",
            $which
        ))
    };
}

impl Store {
    /// The latest file of that kind of an audit that is kept still, without its bytes.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn artifact_of(
        &self,
        audit: AuditId,
        kind: ArtifactKind,
        now: Timestamp,
    ) -> Result<Option<ArtifactRow>, StoreError> {
        const LATEST: Sql =
            artifacts!("" "audit_id = $1 AND kind = $2 AND expires_at_ms > $3 ORDER BY id DESC LIMIT 1");
        let values = [audit.0.into(), kind.as_str().into(), now.as_millis().into()];
        self.reader().query_one_raw(LATEST.with(self.backend(), values)).await?.as_ref().map(read).transpose()
    }

    /// A file with its bytes, as long as it is kept.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn artifact(&self, id: ArtifactId, now: Timestamp) -> Result<Option<(ArtifactRow, Vec<u8>)>, StoreError> {
        const ONE: Sql = artifacts!(", bytes" "id = $1 AND expires_at_ms > $2");
        let row = self.reader().query_one_raw(ONE.with(self.backend(), [id.0.into(), now.as_millis().into()])).await?;
        row.map(|row| Ok((read(&row)?, get(&row, "bytes")?))).transpose()
    }
}

impl Tx {
    /// Keeps a file.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Other`] when the audit is gone.
    pub async fn insert_artifact(&self, new: NewArtifact<'_>, now: Timestamp) -> Result<ArtifactId, StoreError> {
        const INSERT: Sql = Sql::both(
            "INSERT INTO artifact (organisation_id, audit_id, kind, name, media_type, sha256, size_bytes, created_at_ms, expires_at_ms, bytes)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id",
        );
        let values: [Value; 10] = [
            new.organisation.0.into(),
            new.audit.map(|audit| audit.0).into(),
            new.kind.as_str().into(),
            text(new.name).into_owned().into(),
            new.kind.media_type().into(),
            hex(&Sha256::digest(&new.bytes)).into(),
            integer(new.bytes.len()).into(),
            now.as_millis().into(),
            new.expires_at.as_millis().into(),
            new.bytes.into(),
        ];
        let row = self.conn().query_one_raw(INSERT.with(self.store().backend(), values)).await?;
        let row = row.ok_or_else(|| StoreError::Other("a file was not inserted".into()))?;
        Ok(ArtifactId(get(&row, "id")?))
    }
}

fn read(row: &QueryResult) -> Result<ArtifactRow, StoreError> {
    let id: i64 = get(row, "id")?;
    let kind: String = get(row, "kind")?;
    let known = ArtifactKind::ALL.into_iter().find(|known| known.as_str() == kind);
    Ok(ArtifactRow {
        id: ArtifactId(id),
        organisation: OrganisationId(get(row, "organisation_id")?),
        kind: known.ok_or_else(|| StoreError::corrupt("artifact", "kind", id))?,
        name: get(row, "name")?,
        media_type: get(row, "media_type")?,
        sha256: get(row, "sha256")?,
        size: count(row, "artifact", "size_bytes")?,
        created_at: time(row, "created_at_ms")?,
        expires_at: time(row, "expires_at_ms")?,
    })
}
