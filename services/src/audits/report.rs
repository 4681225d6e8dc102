//! The report of an audit as PDF.

use std::time::Duration;

use documents::{AuditDocument, Before, Past};
use monitor_core::Timestamp;
use monitor_core::audit::changes;
use monitor_core::audit::summary::Summary;
use monitor_core::people::{Actor, Permission};
use storage::{ArtifactKind, ArtifactRow, AuditRow, NewArtifact};
use tokio_util::sync::CancellationToken;

use super::{Auditor, PrintError, files};
use crate::tasks::LEASE;
use crate::{Result, ServiceError, Services, require};

/// How long the print of an audit may take whose claim is not renewed meanwhile; some time is left to write it down.
const CLAIMED_WITHIN: Duration = Duration::from_secs(LEASE.as_secs() - 10);

/// How long somebody waits for a print who asked for it. Others may be before it; how long each of them takes is bounded by
/// the auditor, from its turn on.
const ASKED_WITHIN: Duration = Duration::from_secs(300);

/// A report with where else it can be had.
#[derive(Debug, Clone)]
pub struct AuditReport {
    /// The audit.
    pub row: AuditRow,
    /// The file.
    pub file: ArtifactRow,
    /// The PDF.
    pub bytes: Vec<u8>,
    /// An address for whoever is to have it, and until when it works.
    pub link: Option<(String, Timestamp)>,
}

impl Services {
    /// The report of an audit, printed anew if it is not kept any more; which one is said as for [`Services::find_audit`].
    ///
    /// # Errors
    /// Like [`Services::find_audit`], and [`ServiceError::NoFigures`], [`ServiceError::PrintingUnavailable`],
    /// [`ServiceError::NotPrinted`].
    pub async fn audit_report(&self, actor: &Actor, which: Option<&str>) -> Result<AuditReport> {
        require(actor, Permission::Read)?;
        let row = self.find_audit(actor, which).await?;
        let now = self.now();
        let kept = match self.store().artifact_of(row.id, ArtifactKind::Pdf, now).await? {
            Some(file) => self.store().artifact(file.id, now).await?,
            None => None,
        };
        let (file, bytes) = match kept {
            Some(kept) => kept,
            None => self.print_anew(&row).await?,
        };
        let link = self.file_link(&file);
        Ok(AuditReport { row, file, bytes, link })
    }

    /// The report of an audit for its card's thread; `None`: it is not kept any more.
    ///
    /// # Errors
    /// [`ServiceError::Internal`].
    pub async fn posted_report(&self, row: &AuditRow) -> Result<Option<(ArtifactRow, Vec<u8>)>> {
        match row.pdf {
            Some(pdf) => Ok(self.store().artifact(pdf, self.now()).await?),
            None => Ok(None),
        }
    }

    /// An address of the report that a card tells of; `None`: there is none, or nobody said where files can be had from.
    ///
    /// # Errors
    /// [`ServiceError::Internal`].
    pub async fn report_link(&self, row: &AuditRow) -> Result<Option<String>> {
        if row.pdf.is_none() {
            return Ok(None);
        }
        let file = self.store().artifact_of(row.id, ArtifactKind::Pdf, self.now()).await?;
        Ok(file.and_then(|file| self.file_link(&file)).map(|(link, _)| link))
    }

    async fn print_anew(&self, row: &AuditRow) -> Result<(ArtifactRow, Vec<u8>)> {
        let summary = self.figures(row).await?;
        let printer = self.printer()?;
        let past = self.past_audits(row).await?;
        let before = match row.digest.as_ref().and_then(|digest| digest.against) {
            Some(against) => self.kept_audit(row.organisation, against).await?,
            None => self.comparable(&past, &row.spec).await?,
        };
        let bytes =
            print_asked(printer.as_ref(), &html(row, &summary, &past, before.as_ref())).await.map_err(|error| {
                tracing::error!(audit_id = %row.id, %error, "the report of an audit could not be printed");
                ServiceError::NotPrinted(row.id)
            })?;
        let now = self.now();
        let name = format!("{}.pdf", files::stem(row.id, &row.spec.url));
        let new = NewArtifact {
            organisation: row.organisation,
            audit: Some(row.id),
            kind: ArtifactKind::Pdf,
            name: &name,
            bytes,
            expires_at: now + self.inner.audits.options.keep_files,
        };
        let tx = self.store().begin().await?;
        let id = tx.insert_artifact(new, now).await?;
        tx.commit().await?;
        let kept = self.store().artifact(id, now).await?;
        kept.ok_or(ServiceError::NotPrinted(row.id))
    }
}

/// Prints what belongs to an audit that was claimed a moment ago.
pub(super) async fn print(auditor: &dyn Auditor, html: &str) -> std::result::Result<Vec<u8>, PrintError> {
    print_within(CLAIMED_WITHIN, auditor, html).await
}

/// Prints what somebody waits for.
pub(crate) async fn print_asked(auditor: &dyn Auditor, html: &str) -> std::result::Result<Vec<u8>, PrintError> {
    print_within(ASKED_WITHIN, auditor, html).await
}

async fn print_within(
    longest: Duration,
    auditor: &dyn Auditor,
    html: &str,
) -> std::result::Result<Vec<u8>, PrintError> {
    let cancel = CancellationToken::new();
    let _dropped = cancel.clone().drop_guard();
    tokio::time::timeout(longest, auditor.print(html, &cancel)).await.unwrap_or(Err(PrintError::Deadline))
}

/// The report of an audit as a page to be printed. `past` are the audits before it, the oldest first, and `before` is the one that
/// it is compared with.
pub(super) fn html(
    row: &AuditRow,
    summary: &Summary,
    past: &[AuditRow],
    before: Option<&(AuditRow, Summary)>,
) -> String {
    let scores = |row: &AuditRow| row.digest.as_ref().map(|digest| (row.asked_at, digest.scores.clone()));
    let scores: Vec<_> = past.iter().filter_map(scores).collect();
    let past: Vec<Past<'_>> = scores.iter().map(|(at, scores)| Past { at: *at, scores }).collect();
    let changed = before.and_then(|(before, found)| Some((before, changes::between(found, summary).ok()?)));
    documents::audit(&AuditDocument {
        id: row.id,
        at: row.asked_at,
        by: row.by.as_deref(),
        schedule: row.schedule_name.as_deref(),
        summary,
        budgets: &row.spec.budgets,
        past: &past,
        before: changed.as_ref().map(|(row, changes)| Before { id: row.id, at: row.asked_at, changes }),
    })
}
