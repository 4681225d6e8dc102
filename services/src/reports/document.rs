//! The report of a period as a document.

use documents::{Outage, ReportDocument};
use monitor_core::Timestamp;
use monitor_core::people::Actor;
use monitor_core::report::Window;
use storage::{ArtifactKind, ArtifactRow, NewArtifact};

use crate::audits::print_asked;
use crate::view::{NamedAlert, ReportView};
use crate::{Result, ServiceError, Services};

/// A report that was printed, with where else it can be had.
#[derive(Debug, Clone)]
pub struct PrintedReport {
    /// The report.
    pub view: ReportView,
    /// The file.
    pub file: ArtifactRow,
    /// The PDF.
    pub bytes: Vec<u8>,
    /// An address for whoever is to have it, and until when it works.
    pub link: Option<(String, Timestamp)>,
}

impl ReportView {
    /// The report as documents show it.
    #[must_use]
    pub fn document(&self) -> ReportDocument<'_> {
        fn outage(named: &NamedAlert) -> Outage<'_> {
            Outage { monitor: &named.monitor_name, alert: &named.alert }
        }
        let settings = self.monitor.as_ref().map(|monitor| &monitor.settings);
        ReportDocument {
            monitor: settings.map(|settings| settings.name.as_str()),
            target: settings.map(|settings| settings.spec.target()),
            monitors: self.monitors,
            asked: self.asked,
            report: &self.report,
            timeline: &self.timeline,
            outages: self.incidents.iter().map(outage).collect(),
        }
    }
}

impl Services {
    /// What a period looked like, as PDF; like [`Services::report`]. It is kept as long as the files of audits.
    ///
    /// # Errors
    /// Like [`Services::report`], and [`ServiceError::PrintingUnavailable`], [`ServiceError::ReportNotPrinted`].
    pub async fn report_pdf(&self, actor: &Actor, monitor: Option<&str>, window: Window) -> Result<PrintedReport> {
        let view = self.report(actor, monitor, window).await?;
        let printer = self.printer()?;
        let by = self.store().person_name(actor.person).await?;
        let html = documents::report(&view.document(), self.now(), by.as_deref());
        let bytes = print_asked(printer.as_ref(), &html).await.map_err(|error| {
            tracing::error!(%error, "the report of a period could not be printed");
            ServiceError::ReportNotPrinted
        })?;
        let now = self.now();
        let new = NewArtifact {
            organisation: actor.organisation,
            audit: None,
            kind: ArtifactKind::Pdf,
            name: &file_name(&view),
            bytes,
            expires_at: now + self.inner.audits.options.keep_files,
        };
        let tx = self.store().begin().await?;
        let id = tx.insert_artifact(new, now).await?;
        tx.commit().await?;
        let kept = self.store().artifact(id, now).await?;
        let (file, bytes) = kept.ok_or(ServiceError::ReportNotPrinted)?;
        let link = self.file_link(&file);
        Ok(PrintedReport { view, file, bytes, link })
    }
}

/// Letters, digits, dots and dashes, so that the name is the same in an address and on a disk.
fn file_name(view: &ReportView) -> String {
    let subject = view.monitor.as_ref().map_or("all", |monitor| monitor.settings.name.as_str());
    let kept = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
    let subject: String = subject.chars().take(60).map(kept).collect();
    let window = view.report.window;
    format!("report-{}-{}-{}.pdf", subject.trim_matches(['-', '.']), window.from.to_day(), window.to.to_day())
}
