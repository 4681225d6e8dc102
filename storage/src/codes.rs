//! Codes that can be said once, on a chat platform, to connect a place or to link a person. Only their hashes are kept.

use monitor_core::Timestamp;
use monitor_core::people::{OrganisationId, PersonId, Role};
use sea_orm::{ConnectionTrait, QueryResult};

use crate::encounters::role;
use crate::rows::{count, get, text};
use crate::sql::Sql;
use crate::{StoreError, Tx};

/// A code that is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCode<'a> {
    /// Its hash.
    pub hash: &'a str,
    /// The organisation that it lets into.
    pub organisation: OrganisationId,
    /// On which platform it can be said.
    pub platform: &'a str,
    /// What it does.
    pub does: CodeFor,
    /// Who made it.
    pub made_by: PersonId,
    /// From when on it does nothing any more.
    pub expires_at: Timestamp,
}

/// What a code does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodeFor {
    /// Connects the place where it is said.
    Connect,
    /// Links whoever says it to this person.
    Person(PersonId),
    /// Makes whoever says it a new person.
    Invite {
        /// What the person is called.
        name: String,
        /// What the person is.
        role: Role,
    },
}

/// A code that was said, and is none any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redeemed {
    /// The organisation that it lets into.
    pub organisation: OrganisationId,
    /// What it does.
    pub does: CodeFor,
    /// Who made it.
    pub made_by: PersonId,
}

impl CodeFor {
    fn purpose(&self) -> &'static str {
        if *self == Self::Connect { CONNECT } else { LINK }
    }
}

const CONNECT: &str = "connect";
const LINK: &str = "link";

impl Tx {
    /// Adds a code, and forgets those that have expired.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Other`] when organisation or person do not exist.
    pub async fn insert_code(&self, new: &NewCode<'_>, now: Timestamp) -> Result<(), StoreError> {
        const FORGET: Sql = Sql::both("DELETE FROM code WHERE expires_at_ms <= $1");
        const INSERT: Sql = Sql::both(
            "INSERT INTO code (hash, organisation_id, purpose, platform, person_id, role, name, made_by, expires_at_ms)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        );
        let backend = self.store().backend();
        self.conn().execute_raw(FORGET.with(backend, [now.as_millis().into()])).await?;
        let (person, role, name) = match &new.does {
            CodeFor::Connect => (None, None, ""),
            CodeFor::Person(person) => (Some(person.0), None, ""),
            CodeFor::Invite { name, role } => (None, Some(role.as_str()), name.as_str()),
        };
        let values = [
            new.hash.into(),
            new.organisation.0.into(),
            new.does.purpose().into(),
            new.platform.into(),
            person.into(),
            role.into(),
            text(name).into_owned().into(),
            new.made_by.0.into(),
            new.expires_at.as_millis().into(),
        ];
        self.conn().execute_raw(INSERT.with(backend, values)).await?;
        Ok(())
    }

    /// How many codes of a person can still be said.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn open_codes(
        &self,
        organisation: OrganisationId,
        made_by: PersonId,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        const OPEN: Sql = Sql::both(
            "SELECT count(*) AS codes FROM code WHERE organisation_id = $1 AND made_by = $2 AND expires_at_ms > $3",
        );
        let values = [organisation.0.into(), made_by.0.into(), now.as_millis().into()];
        let row = self.conn().query_one_raw(OPEN.with(self.store().backend(), values)).await?;
        row.map_or(Ok(0), |row| count(&row, "code", "codes"))
    }

    /// Takes the code that connects a place; of two who say it at once, one gets it. `None`: there is none like that.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn redeem_connect(
        &self,
        hash: &str,
        platform: &str,
        now: Timestamp,
    ) -> Result<Option<Redeemed>, StoreError> {
        self.redeem(hash, CONNECT, platform, now).await
    }

    /// Takes the code that links a person, like [`Tx::redeem_connect`].
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn redeem_link(
        &self,
        hash: &str,
        platform: &str,
        now: Timestamp,
    ) -> Result<Option<Redeemed>, StoreError> {
        self.redeem(hash, LINK, platform, now).await
    }

    async fn redeem(
        &self,
        hash: &str,
        purpose: &'static str,
        platform: &str,
        now: Timestamp,
    ) -> Result<Option<Redeemed>, StoreError> {
        const REDEEM: Sql = Sql::both(
            "DELETE FROM code WHERE hash = $1 AND purpose = $2 AND platform = $3 AND expires_at_ms > $4
             RETURNING organisation_id, person_id, role, name, made_by",
        );
        let values = [hash.into(), purpose.into(), text(platform).into_owned().into(), now.as_millis().into()];
        let row = self.conn().query_one_raw(REDEEM.with(self.store().backend(), values)).await?;
        row.map(|row| Redeemed::read(&row)).transpose()
    }

    /// Takes away the codes that a person made or could be linked by.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn revoke_codes(&self, organisation: OrganisationId, person: PersonId) -> Result<(), StoreError> {
        const REVOKE: Sql =
            Sql::both("DELETE FROM code WHERE organisation_id = $1 AND (made_by = $2 OR person_id = $2)");
        self.conn().execute_raw(REVOKE.with(self.store().backend(), [organisation.0.into(), person.0.into()])).await?;
        Ok(())
    }
}

impl Redeemed {
    fn read(row: &QueryResult) -> Result<Self, StoreError> {
        let made_by: i64 = get(row, "made_by")?;
        let does = match (get::<Option<i64>>(row, "person_id")?, get::<Option<String>>(row, "role")?) {
            (Some(person), _) => CodeFor::Person(PersonId(person)),
            (None, Some(word)) => CodeFor::Invite { name: get(row, "name")?, role: role(word, "code", made_by)? },
            (None, None) => CodeFor::Connect,
        };
        let organisation = OrganisationId(get(row, "organisation_id")?);
        Ok(Self { organisation, does, made_by: PersonId(made_by) })
    }
}
