//! Codes that are said once, on a chat platform, by who is to be let in.

use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::people::{Actor, OrganisationId, Permission, PersonId, Role};
use sha2::{Digest, Sha256};
use storage::{CodeFor, NewCode, Redeemed, StoreError, Tx};

use super::{PLATFORMS, Place, Visitor, clean};
use crate::{Result, ServiceError, Services, require};

/// How long a code can be said.
const LIFE: Duration = Duration::from_secs(15 * 60);

/// Codes that one person can have made at a time.
const MOST: u64 = 20;

/// What codes are written with: the digits and letters of Crockford's base32, none of which looks like another.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// How many of them a code has, half of them before its dash.
const CHARS: usize = 10;

/// A code that was made.
#[derive(Clone, PartialEq, Eq)]
pub struct Code {
    /// What is to be said, such as `7KQ2M-X9D4T`.
    pub code: String,
    /// On which platform.
    pub platform: String,
    /// Until when.
    pub expires_at: Timestamp,
}

/// Whoever sees a code may use it.
impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Code").field("platform", &self.platform).field("expires_at", &self.expires_at).finish()
    }
}

/// Who somebody has become by a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Welcome {
    /// What the person is called.
    pub name: String,
    /// What the person is.
    pub role: Role,
}

impl Services {
    /// Makes a code that connects the place of that platform where it is said to the organisation.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::NotMember`], [`ServiceError::UnknownPlatform`], [`ServiceError::TooMany`],
    /// [`ServiceError::Internal`].
    pub async fn code_to_connect(&self, actor: &Actor, platform: &str) -> Result<Code> {
        self.as_manager(actor).await?;
        self.make_code(actor, platform, CodeFor::Connect).await
    }

    /// Makes a code by which the acting person is known on that platform as well.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::NotMember`], [`ServiceError::UnknownPlatform`], [`ServiceError::TooMany`],
    /// [`ServiceError::Internal`].
    pub async fn code_to_link(&self, actor: &Actor, platform: &str) -> Result<Code> {
        require(actor, Permission::Read)?;
        self.as_member(actor).await?;
        self.make_code(actor, platform, CodeFor::Person(actor.person)).await
    }

    /// Makes a code by which somebody becomes a new member with that role.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::NotMember`], [`ServiceError::RoleAboveOwn`], [`ServiceError::NoName`],
    /// [`ServiceError::UnknownPlatform`], [`ServiceError::TooMany`], [`ServiceError::Internal`].
    pub async fn invite(&self, actor: &Actor, name: &str, role: Role, platform: &str) -> Result<Code> {
        let member = self.as_manager(actor).await?;
        within_own(&member, role)?;
        let name = clean(name);
        if name.is_empty() {
            return Err(ServiceError::NoName);
        }
        self.make_code(actor, platform, CodeFor::Invite { name, role }).await
    }

    async fn make_code(&self, actor: &Actor, platform: &str, does: CodeFor) -> Result<Code> {
        let platform = platform.to_ascii_lowercase();
        if !PLATFORMS.contains(&platform.as_str()) {
            return Err(ServiceError::UnknownPlatform(monitor_core::http::shorten(&platform, 40)));
        }
        let (now, organisation, made_by) = (self.now(), actor.organisation, actor.person);
        let (code, expires_at) = (new_code()?, now + LIFE);
        let tx = self.store().begin().await?;
        if tx.open_codes(organisation, made_by, now).await? >= MOST {
            return Err(ServiceError::TooManyCodes);
        }
        let hash = hash(&code);
        let new = NewCode { hash: &hash, organisation, platform: &platform, does, made_by, expires_at };
        tx.insert_code(&new, now).await?;
        tx.commit().await?;
        tracing::info!(platform, person_id = %made_by, "code made");
        let (first, second) = code.split_at(CHARS / 2);
        Ok(Code { code: format!("{first}-{second}"), platform, expires_at })
    }

    /// Connects the place where a code was said. Answers its name.
    ///
    /// # Errors
    /// [`ServiceError::NotWorkspace`], [`ServiceError::InvalidCode`], [`ServiceError::Connected`], after which the code can be
    /// said elsewhere, [`ServiceError::Internal`].
    pub async fn connect(&self, place: &Place<'_>, said: &str) -> Result<String> {
        let external = place.workspace.ok_or(ServiceError::NotWorkspace)?;
        let hash = normal(said).map(|code| hash(&code)).ok_or(ServiceError::InvalidCode)?;
        let (now, name) = (self.now(), clean(place.workspace_name));
        let tx = self.store().begin().await?;
        let redeemed = tx.redeem_connect(&hash, place.platform, now).await?.ok_or(ServiceError::InvalidCode)?;
        let Redeemed { organisation, made_by, .. } = redeemed;
        self.still_manages(organisation, made_by).await?;
        let connected = tx.connect(organisation, place.platform, external, &name, made_by, now).await?;
        let workspace = connected.ok_or(ServiceError::Connected)?;
        tx.commit().await?;
        tracing::info!(platform = place.platform, workspace_id = %workspace, person_id = %made_by, "place connected");
        Ok(name)
    }

    /// Lets whoever said a code be the person whom it is for, in place of whoever that was before.
    ///
    /// # Errors
    /// [`ServiceError::InvalidCode`], [`ServiceError::Internal`].
    pub async fn link(&self, place: &Place<'_>, visitor: &Visitor<'_>, said: &str) -> Result<Welcome> {
        let hash = normal(said).map(|code| hash(&code)).ok_or(ServiceError::InvalidCode)?;
        let now = self.now();
        let tx = self.store().begin().await?;
        let redeemed = tx.redeem_link(&hash, place.platform, now).await?.ok_or(ServiceError::InvalidCode)?;
        let organisation = redeemed.organisation;
        let (person, welcome) = self.person_for(&tx, redeemed, &clean(visitor.name)).await?;
        tx.link(place.platform, visitor.scope, visitor.user, organisation, person, now).await?;
        tx.commit().await?;
        tracing::info!(platform = place.platform, person_id = %person, "person linked");
        Ok(welcome)
    }

    /// Somebody as the member that they are, whatever the place where they speak lends them: what a code gives lasts longer.
    async fn as_member(&self, actor: &Actor) -> Result<Actor> {
        let role = self.store().role(actor.organisation, actor.person).await?;
        Ok(Actor { role: role.ok_or(ServiceError::NotMember)?, ..*actor })
    }

    /// Somebody who may manage here, as the member that they are, who may manage as well: what is done lasts longer than what the
    /// place lends.
    pub(super) async fn as_manager(&self, actor: &Actor) -> Result<Actor> {
        require(actor, Permission::Manage)?;
        let member = self.as_member(actor).await?;
        require(&member, Permission::Manage)?;
        Ok(member)
    }

    /// Whoever made a code, if that member may make such codes now as well.
    async fn still_manages(&self, organisation: OrganisationId, person: PersonId) -> Result<Actor> {
        let role = self.store().role(organisation, person).await?.ok_or(ServiceError::InvalidCode)?;
        let host = Actor { organisation, person, role };
        require(&host, Permission::Manage).map_err(|_| ServiceError::InvalidCode)?;
        Ok(host)
    }

    /// The person whom a code is for. Who was linked nowhere before is called from now on what the platform says.
    async fn person_for(&self, tx: &Tx, redeemed: Redeemed, called: &str) -> Result<(PersonId, Welcome)> {
        match redeemed.does {
            CodeFor::Person(person) => {
                // A code of somebody who is no member any more lets nobody in.
                let role = self.store().role(redeemed.organisation, person).await?;
                let role = role.ok_or(ServiceError::InvalidCode)?;
                let mut name = self.store().name_of(person).await?.unwrap_or_default();
                if !called.is_empty() && !tx.is_linked(person).await? {
                    tx.rename_person(person, called).await?;
                    called.clone_into(&mut name);
                }
                Ok((person, Welcome { name, role }))
            }
            CodeFor::Invite { name, role } => {
                let host = self.still_manages(redeemed.organisation, redeemed.made_by).await?;
                within_own(&host, role).map_err(|_| ServiceError::InvalidCode)?;
                let person = tx.insert_person(redeemed.organisation, &name, role, self.now()).await?;
                Ok((person, Welcome { name, role }))
            }
            CodeFor::Connect => Err(ServiceError::InvalidCode),
        }
    }
}

/// Nobody gives a role that is above one's own.
pub(super) fn within_own(actor: &Actor, role: Role) -> Result<()> {
    if role.is_above(actor.role) { Err(ServiceError::RoleAboveOwn { own: actor.role, role }) } else { Ok(()) }
}

/// Whether that looks like a code, whatever its case and its dashes.
#[must_use]
pub fn is_code(said: &str) -> bool {
    normal(said).is_some()
}

/// A code without dashes, in capital letters; what looks like another character is read as that one.
fn normal(said: &str) -> Option<String> {
    // A code has few characters more than its own, so that a text of any length is not looked through.
    if said.len() > 4 * CHARS {
        return None;
    }
    let plain = |c: char| match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        c => c,
    };
    let dashes = ['-', '–', '—', '_', ' '];
    let code: String = said.trim().chars().filter(|c| !dashes.contains(c)).map(plain).collect();
    let known = |c: char| u8::try_from(c).is_ok_and(|byte| ALPHABET.contains(&byte));
    (code.chars().count() == CHARS && code.chars().all(known)).then_some(code)
}

fn new_code() -> Result<String> {
    let mut random = [0; CHARS];
    let unpredictable = getrandom::fill(&mut random);
    // Without a source of randomness there is no code: one that can be guessed would let anybody in.
    unpredictable.map_err(|error| StoreError::Other(format!("the system gives no random numbers: {error}").into()))?;
    Ok(random.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect())
}

fn hash(code: &str) -> String {
    Sha256::digest(code.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_the_same_however_it_is_written() {
        for said in ["7KQ2M-X9D40", "7kq2mx9d4o", " 7kq2m x9d4O ", "7KQ2M—X9D40", "7-K-Q-2-M-X-9-D-4-0"] {
            assert_eq!(normal(said).as_deref(), Some("7KQ2MX9D40"), "{said}");
        }
        assert_eq!(normal("LLLLL-iiiii").as_deref(), Some("1111111111"));
        for said in ["", "discord", "7KQ2M-X9D4", "7KQ2M-X9D400", "7KQ2M-X9D4U", "7KQ2M-X9D4é", &"-".repeat(50)] {
            assert_eq!(normal(said), None, "{said}");
        }
    }

    #[test]
    fn codes_differ_and_are_read_back() {
        let codes: std::collections::BTreeSet<String> = (0..100).map(|_| new_code().unwrap()).collect();
        assert_eq!(codes.len(), 100);
        assert!(codes.iter().all(|code| normal(code).as_ref() == Some(code)), "{codes:?}");
    }
}
