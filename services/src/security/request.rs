//! Asking for security checks, and calling them off.

use monitor_core::http::{HttpSpec, SpecError};
use monitor_core::monitor::MonitorError;
use monitor_core::people::{Actor, ConversationId, Permission};
use storage::{NewSecurityCheck, SecurityCheckId, SecurityFilter, SecurityRow};
use url::Url;

use super::authority;
use crate::{Result, ServiceError, Services, require};

/// Most security checks of an organisation that wait or are being made.
const MOST_OPEN: usize = 50;

impl Services {
    /// Asks for a security check of a page, whose card appears in that conversation. A deep one is possible where there is a ZAP,
    /// for hosts that are shown to be the organisation's.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::ConversationNotFound`], [`ServiceError::Invalid`],
    /// [`ServiceError::PageRefused`], [`ServiceError::ScansUnavailable`], [`ServiceError::HostNotVerified`],
    /// [`ServiceError::TooMany`], [`ServiceError::Internal`].
    pub async fn check_security(
        &self,
        actor: &Actor,
        conversation: ConversationId,
        page: &str,
        deep: bool,
    ) -> Result<SecurityRow> {
        require(actor, Permission::Respond)?;
        self.own_conversation(actor, conversation).await?;
        let page = page_of(page)?;
        let host = authority(&page);
        if deep {
            self.may_scan(actor, &host).await?;
        }
        self.may_reach(&page).await?;
        let now = self.now();
        let tx = self.store().begin().await?;
        if tx.open_security_checks(actor.organisation).await? >= MOST_OPEN as u64 {
            return Err(ServiceError::TooMany { what: "security checks that wait", most: MOST_OPEN });
        }
        let (organisation, asked_by, url) = (actor.organisation, actor.person, page.as_str());
        let new = NewSecurityCheck { organisation, asked_by, conversation, url, host: &host, deep };
        let id = tx.insert_security_check(new, now).await?;
        tx.post_task(id, now).await?;
        tx.commit().await?;
        self.announce(true);
        self.inner.security.asked.notify_one();
        tracing::info!(check_id = %id, person_id = %actor.person, host, deep, "security check asked for");
        self.one_security_check(actor, id).await
    }

    /// Asks for a security check of the same page once more.
    ///
    /// # Errors
    /// Those of [`Services::check_security`], and [`ServiceError::SecurityCheckNotFound`].
    pub async fn check_security_again(
        &self,
        actor: &Actor,
        conversation: ConversationId,
        id: SecurityCheckId,
    ) -> Result<SecurityRow> {
        require(actor, Permission::Respond)?;
        let row = self.one_security_check(actor, id).await?;
        self.check_security(actor, conversation, &row.url, row.deep).await
    }

    /// Calls a security check off; without a number the only one that waits or is being made. Answers with how it stands.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::SecurityCheckNotFound`], [`ServiceError::NoSecurityCheck`],
    /// [`ServiceError::WhichSecurityCheck`], [`ServiceError::SecurityCheckOver`], [`ServiceError::Internal`].
    pub async fn cancel_security_check(&self, actor: &Actor, id: Option<SecurityCheckId>) -> Result<SecurityRow> {
        require(actor, Permission::Respond)?;
        let id = match id {
            Some(id) => self.one_security_check(actor, id).await?.id,
            None => {
                let open = SecurityFilter { open: Some(true), ..SecurityFilter::default() };
                match self.store().security_checks(actor.organisation, &open, 0, 2).await?.1.as_slice() {
                    [only] => only.id,
                    [] => return Err(ServiceError::NoSecurityCheck),
                    _ => return Err(ServiceError::WhichSecurityCheck),
                }
            }
        };
        let now = self.now();
        let tx = self.store().begin().await?;
        if tx.call_off(actor.organisation, id, now).await?.is_none() {
            return Err(ServiceError::SecurityCheckOver(id));
        }
        tx.post_task(id, now).await?;
        tx.commit().await?;
        self.announce(true);
        tracing::info!(check_id = %id, person_id = %actor.person, "security check called off");
        self.one_security_check(actor, id).await
    }

    pub(super) async fn one_security_check(&self, actor: &Actor, id: SecurityCheckId) -> Result<SecurityRow> {
        let found = self.store().security_check(actor.organisation, id).await?;
        found.ok_or_else(|| ServiceError::SecurityCheckNotFound(id.to_string()))
    }
}

/// The page that somebody means: `shop.example` is `https://shop.example/`.
pub(super) fn page_of(address: &str) -> Result<Url> {
    let page = HttpSpec::get(address).map_err(MonitorError::from)?;
    if page.auth.is_some() {
        let how = "write the address without a user and a password; what is behind a login is not looked at";
        return Err(MonitorError::from(SpecError::Option(how.to_owned())).into());
    }
    let mut url = page.url;
    // It is of no use to a server, and one page with it and one without it would be two.
    url.set_fragment(None);
    Ok(url)
}
