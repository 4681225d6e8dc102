//! Whose a host is: more than a browser would send goes only to those that are shown to be one's own.

use std::time::Duration;

use monitor_core::people::{Actor, OrganisationId, Permission};
use storage::OwnedHostRow;

use super::authority;
use super::request::page_of;
use crate::conversations::random_token;
use crate::monitors::closest;
use crate::{Result, ServiceError, Services, require};

/// Most hosts of an organisation.
const MOST: usize = 200;

/// Random bytes of a token.
const TOKEN_BYTES: usize = 24;

/// How old a proof may be before it is looked at again.
const PROOF_HOLDS: Duration = Duration::from_secs(7 * 86_400);

/// How a host stands that somebody wants to show to be the organisation's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedHost {
    /// The host, with its token, and where that was seen if it was.
    pub row: OwnedHostRow,
    /// Why it could not be looked everywhere for the token, in words.
    pub unknown: Option<String>,
}

/// Whose a host is, when it is about to be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nobody has shown that it is the organisation's.
    Foreign,
    /// It is the organisation's.
    Own,
    /// It was the organisation's, and nothing shows it any more.
    Lost,
    /// It was the organisation's, and this cannot be looked at just now.
    Unsure(String),
}

impl Services {
    /// Looks whether a host is shown to be the organisation's; the first time makes the token that shows it.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::Invalid`], [`ServiceError::TooMany`], [`ServiceError::Internal`].
    pub async fn verify_host(&self, actor: &Actor, host: &str) -> Result<VerifiedHost> {
        require(actor, Permission::Manage)?;
        let host = authority(&page_of(host)?);
        let mut row = match self.store().owned_host(actor.organisation, &host).await? {
            Some(row) => row,
            None => self.add_host(actor, &host).await?,
        };
        let seen = self.inspector().ownership(&row.host, &row.token).await;
        let now = self.now();
        let unknown = match seen {
            Ok(proof) => {
                row.proved = proof.map(|proof| (proof, now));
                self.store().set_host_proof(row.id, row.proved).await?;
                tracing::info!(host, person_id = %actor.person, verified = row.proved.is_some(), "host looked at for its token");
                None
            }
            Err(why) => Some(why),
        };
        Ok(VerifiedHost { row, unknown })
    }

    async fn add_host(&self, actor: &Actor, host: &str) -> Result<OwnedHostRow> {
        let tx = self.store().begin().await?;
        if tx.count_owned_hosts(actor.organisation).await? >= MOST as u64 {
            return Err(ServiceError::TooMany { what: "hosts", most: MOST });
        }
        let token = random_token(TOKEN_BYTES);
        tx.insert_owned_host(actor, host, &token, self.now()).await?;
        tx.commit().await?;
        self.own_host(actor.organisation, host).await
    }

    /// The hosts that are, or were to be, shown to be the organisation's, by name.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::Internal`].
    pub async fn owned_hosts(&self, actor: &Actor) -> Result<Vec<OwnedHostRow>> {
        require(actor, Permission::Read)?;
        Ok(self.store().owned_hosts(actor.organisation).await?)
    }

    /// Forgets a host and its token: it is looked at as any other. Answers with what it was.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::Invalid`], [`ServiceError::HostNotFound`], [`ServiceError::Internal`].
    pub async fn forget_host(&self, actor: &Actor, host: &str) -> Result<OwnedHostRow> {
        require(actor, Permission::Manage)?;
        let row = self.own_host(actor.organisation, &authority(&page_of(host)?)).await?;
        self.store().forget_host(row.id).await?;
        tracing::info!(host = row.host, person_id = %actor.person, "host forgotten");
        Ok(row)
    }

    async fn own_host(&self, organisation: OrganisationId, host: &str) -> Result<OwnedHostRow> {
        if let Some(row) = self.store().owned_host(organisation, host).await? {
            return Ok(row);
        }
        let names = self.store().owned_hosts(organisation).await?.into_iter().map(|row| row.host).collect();
        Err(ServiceError::HostNotFound { name: host.to_owned(), suggestions: closest(host, names) })
    }

    /// Refuses a deep scan where it cannot be made.
    pub(super) async fn may_scan(&self, actor: &Actor, host: &str) -> Result<()> {
        if !self.inspector().can_scan() {
            return Err(ServiceError::ScansUnavailable);
        }
        match self.standing(actor.organisation, host).await? {
            Standing::Own => Ok(()),
            _ => Err(ServiceError::HostNotVerified(host.to_owned())),
        }
    }

    /// Whose a host is. A proof that is old is looked at again, and what shows nothing any more is noted.
    pub(super) async fn standing(&self, organisation: OrganisationId, host: &str) -> Result<Standing> {
        let Some(row) = self.store().owned_host(organisation, host).await? else { return Ok(Standing::Foreign) };
        let Some((_, proved_at)) = row.proved else { return Ok(Standing::Foreign) };
        if self.now().since(proved_at) < PROOF_HOLDS {
            return Ok(Standing::Own);
        }
        let seen = match self.inspector().ownership(&row.host, &row.token).await {
            Ok(seen) => seen,
            Err(why) => return Ok(Standing::Unsure(why)),
        };
        self.store().set_host_proof(row.id, seen.map(|proof| (proof, self.now()))).await?;
        tracing::info!(host, verified = seen.is_some(), "proof of a host looked at again");
        Ok(if seen.is_some() { Standing::Own } else { Standing::Lost })
    }
}
