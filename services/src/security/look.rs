//! Looking at security checks.

use monitor_core::http::shorten;
use monitor_core::people::{Actor, Permission};
use monitor_core::security::{Changes, Review};
use storage::{SecurityCheckId, SecurityFilter, SecurityRow};

use super::authority;
use super::request::page_of;
use crate::{Result, ServiceError, Services, require};

/// A security check in full.
#[derive(Debug, Clone)]
pub struct SecurityView {
    /// The check.
    pub row: SecurityRow,
    /// What it found; `None`: it is not done.
    pub review: Option<Review>,
    /// What changed since the check before of the same page, as long as that is kept.
    pub changes: Option<Changes>,
}

impl Services {
    /// Security checks that match, the latest first, and how many there are.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::Internal`].
    pub async fn security_checks(
        &self,
        actor: &Actor,
        filter: &SecurityFilter,
        offset: u64,
        limit: u64,
    ) -> Result<(u64, Vec<SecurityRow>)> {
        require(actor, Permission::Read)?;
        Ok(self.store().security_checks(actor.organisation, filter, offset, limit).await?)
    }

    /// Which security checks somebody means by a host; those of all hosts without it.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::Invalid`].
    pub async fn security_checks_of(&self, actor: &Actor, host: Option<&str>) -> Result<SecurityFilter> {
        require(actor, Permission::Read)?;
        let host = host.map(|host| page_of(host).map(|page| authority(&page))).transpose()?;
        Ok(SecurityFilter { host, ..SecurityFilter::default() })
    }

    /// The security check that somebody means: by its number, with or without `#`; by a host the latest of it that found
    /// something; without either the latest of all.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::Invalid`], [`ServiceError::SecurityCheckNotFound`],
    /// [`ServiceError::NoSecurityCheck`], [`ServiceError::Internal`].
    pub async fn find_security_check(&self, actor: &Actor, which: Option<&str>) -> Result<SecurityRow> {
        require(actor, Permission::Read)?;
        if let Some(number) = which.and_then(|which| which.trim().trim_start_matches('#').parse().ok()) {
            return self.one_security_check(actor, SecurityCheckId(number)).await;
        }
        let filter = self.security_checks_of(actor, which).await?;
        let done = SecurityFilter { done: which.is_some(), ..filter };
        let found = self.security_checks(actor, &done, 0, 1).await?.1.pop();
        found.ok_or_else(|| match which {
            Some(which) => ServiceError::SecurityCheckNotFound(shorten(which, 60)),
            None => ServiceError::NoSecurityCheck,
        })
    }

    /// A security check in full; which one is said as for [`Services::find_security_check`].
    ///
    /// # Errors
    /// Like [`Services::find_security_check`].
    pub async fn show_security_check(&self, actor: &Actor, which: Option<&str>) -> Result<SecurityView> {
        let row = self.find_security_check(actor, which).await?;
        let review = self.store().security_review(row.organisation, row.id).await?;
        let since = row.digest.as_ref().and_then(|digest| digest.changes.as_ref()).map(|changes| changes.since);
        let before = match since {
            Some(since) => self.store().security_review(row.organisation, since).await?,
            None => None,
        };
        let changes = review.as_ref().zip(before.as_ref()).map(|(review, before)| review.changes_since(before));
        Ok(SecurityView { row, review, changes })
    }
}
