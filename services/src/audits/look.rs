//! Looking at audits.

use std::collections::BTreeSet;

use monitor_core::audit::AuditId;
use monitor_core::audit::changes::{self, Changes};
use monitor_core::audit::spec::AuditSpec;
use monitor_core::audit::summary::Summary;
use monitor_core::http::shorten;
use monitor_core::monitor::MonitorError;
use monitor_core::people::{Actor, OrganisationId, Permission};
use storage::{AuditFilter, AuditRow};

use super::news::Seen;
use crate::{Result, ServiceError, Services, require};

/// Audits before one that are shown with it.
const PAST: usize = 20;

/// Audits before one among which these are looked for.
const LOOKED_THROUGH: u64 = 200;

/// An audit in full.
#[derive(Debug, Clone)]
pub struct AuditView {
    /// The audit.
    pub row: AuditRow,
    /// What it found.
    pub summary: Option<Summary>,
    /// The audits made like it that found something before it, the oldest first, 20 at most: those of its schedule, or else those
    /// of the page as the same device, in the same language and with headers and cookies of the same names.
    pub past: Vec<AuditRow>,
}

/// Two audits side by side.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The earlier one.
    pub before: AuditRow,
    /// The later one.
    pub after: AuditRow,
    /// What changed from the one to the other.
    pub changes: Changes,
}

impl Services {
    /// Audits that match, the latest first, and how many there are.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::Internal`].
    pub async fn audits(
        &self,
        actor: &Actor,
        filter: &AuditFilter,
        offset: u64,
        limit: u64,
    ) -> Result<(u64, Vec<AuditRow>)> {
        require(actor, Permission::Read)?;
        Ok(self.store().audits(actor.organisation, filter, offset, limit).await?)
    }

    /// Which audits somebody means by the name of a schedule or the address of a page; those of all pages without either.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::Invalid`], [`ServiceError::Internal`].
    pub async fn audits_of(&self, actor: &Actor, which: Option<&str>) -> Result<AuditFilter> {
        require(actor, Permission::Read)?;
        let Some(which) = which.map(str::trim) else { return Ok(AuditFilter::default()) };
        let schedules = self.store().audit_schedules(Some(actor.organisation)).await?;
        let named = schedules.iter().find(|schedule| schedule.name.to_lowercase() == which.to_lowercase());
        Ok(match named {
            Some(schedule) => AuditFilter { schedule: Some(schedule.id), ..AuditFilter::default() },
            None => AuditFilter {
                url: Some(AuditSpec::of(which).map_err(MonitorError::from)?.url.into()),
                ..AuditFilter::default()
            },
        })
    }

    /// The audit that somebody means: by its number, with or without `#`; by a page's address or a schedule's name the latest
    /// of these that found something; without either the latest of all.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::AuditNotFound`], [`ServiceError::NoAudit`], [`ServiceError::Internal`].
    pub async fn find_audit(&self, actor: &Actor, which: Option<&str>) -> Result<AuditRow> {
        require(actor, Permission::Read)?;
        if let Some(number) = which.and_then(|which| which.trim().trim_start_matches('#').parse().ok()) {
            return self.one_audit(actor, AuditId(number)).await;
        }
        let filter = self.audits_of(actor, which).await?;
        let done = AuditFilter { done: which.is_some(), ..filter };
        let found = self.audits(actor, &done, 0, 1).await?.1.pop();
        found.ok_or_else(|| match which {
            Some(which) => ServiceError::AuditNotFound(shorten(which, 60)),
            None => ServiceError::NoAudit,
        })
    }

    /// An audit in full; which one is said as for [`Services::find_audit`].
    ///
    /// # Errors
    /// Like [`Services::find_audit`].
    pub async fn show_audit(&self, actor: &Actor, which: Option<&str>) -> Result<AuditView> {
        let row = self.find_audit(actor, which).await?;
        let summary = self.store().audit_summary(row.id).await?;
        let past = self.past_audits(&row).await?;
        Ok(AuditView { row, summary, past })
    }

    /// Compares two audits; without the second the first with the one that it was held against, or else with the one made like it
    /// before it.
    ///
    /// # Errors
    /// Like [`Services::find_audit`], and [`ServiceError::NoFigures`], [`ServiceError::NothingBefore`],
    /// [`ServiceError::Incomparable`].
    pub async fn compare_audits(&self, actor: &Actor, one: Option<&str>, other: Option<&str>) -> Result<Comparison> {
        let after = self.find_audit(actor, one).await?;
        let before = match other {
            Some(other) => self.find_audit(actor, Some(other)).await?,
            None => self.audit_before(&after).await?.ok_or(ServiceError::NothingBefore(after.id))?,
        };
        let (before, after) = if before.id > after.id { (after, before) } else { (before, after) };
        let changes = changes::between(&self.figures(&before).await?, &self.figures(&after).await?)?;
        Ok(Comparison { before, after, changes })
    }

    /// The audit that one is compared with unless somebody says another.
    async fn audit_before(&self, after: &AuditRow) -> Result<Option<AuditRow>> {
        let held = match after.digest.as_ref().and_then(|digest| digest.against) {
            Some(against) => self.store().audit(after.organisation, against).await?,
            None => None,
        };
        match held {
            Some(held) => Ok(Some(held)),
            None => {
                let before = self.comparable(&self.past_audits(after).await?, &after.spec).await?;
                Ok(before.map(|(row, _)| row))
            }
        }
    }

    /// What an audit found.
    pub(super) async fn figures(&self, row: &AuditRow) -> Result<Summary> {
        let summary = self.store().audit_summary(row.id).await?;
        summary.ok_or_else(|| ServiceError::NoFigures { audit: row.id, state: row.state.as_str() })
    }

    /// The last of these audits that one can be compared with, and what it found.
    pub(super) async fn comparable(&self, past: &[AuditRow], spec: &AuditSpec) -> Result<Option<Seen>> {
        match past.iter().rfind(|row| row.spec.throttling == spec.throttling) {
            Some(last) => self.kept_audit(last.organisation, last.id).await,
            None => Ok(None),
        }
    }

    /// What an audit is held against while something is wrong by its schedule: the last audit before that began, and what that
    /// one found. `None`: nothing is wrong, or it is not kept any more.
    pub(super) async fn audit_baseline(&self, row: &AuditRow) -> Result<Option<Seen>> {
        let Some(schedule) = row.schedule else { return Ok(None) };
        match self.store().audit_baseline(schedule).await? {
            Some(baseline) => self.kept_audit(row.organisation, baseline).await,
            None => Ok(None),
        }
    }

    /// An audit and what it found; `None`: it is not kept any more.
    pub(super) async fn kept_audit(&self, organisation: OrganisationId, id: AuditId) -> Result<Option<Seen>> {
        let row = self.store().audit(organisation, id).await?;
        Ok(row.zip(self.store().audit_summary(id).await?))
    }

    /// The audits made like one that found something before it, the oldest first.
    pub(super) async fn past_audits(&self, row: &AuditRow) -> Result<Vec<AuditRow>> {
        let filter = AuditFilter {
            url: Some(row.spec.url.to_string()),
            device: Some(row.spec.device),
            schedule: row.schedule,
            done: true,
            before: Some(row.id),
            ..AuditFilter::default()
        };
        let rows = self.store().audits(row.organisation, &filter, 0, LOOKED_THROUGH).await?.1;
        let mut past: Vec<AuditRow> =
            rows.into_iter().filter(|other| alike(&other.spec, &row.spec)).take(PAST).collect();
        past.reverse();
        Ok(past)
    }
}

/// Whether two audits ask a page for the same, as far as that can be said without their secrets: a page behind a login is not
/// the page that everybody sees.
fn alike(one: &AuditSpec, other: &AuditSpec) -> bool {
    let headers = |spec: &AuditSpec| -> BTreeSet<String> {
        spec.headers.iter().map(|header| header.name.to_ascii_lowercase()).collect()
    };
    let cookies =
        |spec: &AuditSpec| -> BTreeSet<String> { spec.cookies.iter().map(|cookie| cookie.name.clone()).collect() };
    one.locale == other.locale && headers(one) == headers(other) && cookies(one) == cookies(other)
}
