//! Asking for audits, and calling them off.

use monitor_core::audit::AuditId;
use monitor_core::audit::spec::AuditSpec;
use monitor_core::monitor::MonitorError;
use monitor_core::people::{Actor, ConversationId, Permission};
use storage::{AuditFilter, AuditRow, NewAudit};

use crate::{Result, ServiceError, Services, require};

/// Most audits of an organisation that wait or are being made.
const MOST_OPEN: usize = 50;

impl Services {
    /// Asks for an audit, whose card appears in that conversation.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::AuditsUnavailable`], [`ServiceError::ConversationNotFound`],
    /// [`ServiceError::Invalid`], [`ServiceError::PageRefused`], [`ServiceError::TooMany`], [`ServiceError::Internal`].
    pub async fn audit(&self, actor: &Actor, conversation: ConversationId, spec: &AuditSpec) -> Result<AuditRow> {
        require(actor, Permission::Respond)?;
        self.can_audit()?;
        self.own_conversation(actor, conversation).await?;
        self.check_audit(spec).await?;
        let now = self.now();
        let tx = self.store().begin().await?;
        if tx.open_audits(actor.organisation).await? >= MOST_OPEN as u64 {
            return Err(ServiceError::TooMany { what: "audits that wait", most: MOST_OPEN });
        }
        let (organisation, asked_by, conversation) = (actor.organisation, Some(actor.person), Some(conversation));
        let new = NewAudit { organisation, asked_by, conversation, schedule: None, spec, waits: None };
        let id = tx.insert_audit(&new, now).await?;
        tx.post_task(id, now).await?;
        tx.commit().await?;
        self.announce(true);
        self.inner.audits.asked.notify_one();
        tracing::info!(audit_id = %id, person_id = %actor.person, "audit asked for");
        self.one_audit(actor, id).await
    }

    /// Asks for an audit with all that was said for another one, its headers and cookies included.
    ///
    /// # Errors
    /// Those of [`Services::audit`], and [`ServiceError::AuditNotFound`].
    pub async fn audit_again(&self, actor: &Actor, conversation: ConversationId, id: AuditId) -> Result<AuditRow> {
        require(actor, Permission::Respond)?;
        let spec = self.store().audit_spec(actor.organisation, id).await?;
        let spec = spec.ok_or_else(|| ServiceError::AuditNotFound(id.to_string()))?;
        self.audit(actor, conversation, &spec).await
    }

    /// Calls an audit off; without a number the only one that waits or is being made. One that is being made stops within
    /// moments. Answers with how it stands.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::AuditNotFound`], [`ServiceError::NoAudit`], [`ServiceError::WhichAudit`],
    /// [`ServiceError::AuditOver`], [`ServiceError::Internal`].
    pub async fn cancel_audit(&self, actor: &Actor, id: Option<AuditId>) -> Result<AuditRow> {
        require(actor, Permission::Respond)?;
        let id = match id {
            Some(id) => self.one_audit(actor, id).await?.id,
            None => {
                let open = AuditFilter { open: Some(true), ..AuditFilter::default() };
                match self.store().audits(actor.organisation, &open, 0, 2).await?.1.as_slice() {
                    [only] => only.id,
                    [] => return Err(ServiceError::NoAudit),
                    _ => return Err(ServiceError::WhichAudit),
                }
            }
        };
        let now = self.now();
        let tx = self.store().begin().await?;
        let Some(over) = tx.call_off(actor.organisation, id, now).await? else {
            return Err(ServiceError::AuditOver(id));
        };
        tx.post_task(id, now).await?;
        tx.commit().await?;
        self.announce(true);
        if over {
            self.move_up().await;
        }
        tracing::info!(audit_id = %id, person_id = %actor.person, "audit called off");
        self.one_audit(actor, id).await
    }

    pub(super) async fn one_audit(&self, actor: &Actor, id: AuditId) -> Result<AuditRow> {
        let found = self.store().audit(actor.organisation, id).await?;
        found.ok_or_else(|| ServiceError::AuditNotFound(id.to_string()))
    }

    /// Refuses what cannot be audited, and pages where the policy lets nobody go.
    pub(super) async fn check_audit(&self, spec: &AuditSpec) -> Result<()> {
        spec.validate().map_err(MonitorError::from)?;
        self.may_reach(&spec.url).await
    }
}
