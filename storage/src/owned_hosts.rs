//! Hosts that organisations have shown to own, or are about to.

use monitor_core::Timestamp;
use monitor_core::people::{Actor, OrganisationId};
use monitor_core::security::observed::Proof;
use sea_orm::{ConnectionTrait, QueryResult};

use crate::rows::{count, get, text, time};
use crate::sql::Sql;
use crate::{Store, StoreError, Tx};

/// A host that an organisation owns, or says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedHostRow {
    /// Its number.
    pub id: i64,
    /// Its name in lower case, or its address; with `:PORT` behind it where that is not the usual one.
    pub host: String,
    /// What has to stand there.
    pub token: String,
    /// Where that was seen last, and when; `None`: it was not seen, or is gone.
    pub proved: Option<(Proof, Timestamp)>,
    /// The name of who added it.
    pub by: Option<String>,
    /// When it was added.
    pub created_at: Timestamp,
}

macro_rules! hosts {
    ($which:literal) => {
        Sql::both(concat!(
            "SELECT h.id, h.host, h.token, h.proof, h.proved_at_ms, h.created_at_ms,
                 (SELECT p.display_name FROM person p WHERE p.id = h.added_by) AS by_name
             FROM owned_host h WHERE h.organisation_id = $1",
            $which
        ))
    };
}

impl Store {
    /// The hosts of an organisation, by name.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn owned_hosts(&self, organisation: OrganisationId) -> Result<Vec<OwnedHostRow>, StoreError> {
        const ALL: Sql = hosts!(" ORDER BY h.host");
        let rows = self.reader().query_all_raw(ALL.with(self.backend(), [organisation.0.into()])).await?;
        rows.iter().map(OwnedHostRow::read).collect()
    }

    /// A host of an organisation.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn owned_host(
        &self,
        organisation: OrganisationId,
        host: &str,
    ) -> Result<Option<OwnedHostRow>, StoreError> {
        const ONE: Sql = hosts!(" AND h.host = $2");
        let values = [organisation.0.into(), text(host).into_owned().into()];
        let row = self.reader().query_one_raw(ONE.with(self.backend(), values)).await?;
        row.as_ref().map(OwnedHostRow::read).transpose()
    }

    /// Notes what was seen of a host's proof; `None`: it is not there.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn set_host_proof(&self, id: i64, proved: Option<(Proof, Timestamp)>) -> Result<(), StoreError> {
        const SET: Sql = Sql::both("UPDATE owned_host SET proof = $2, proved_at_ms = $3 WHERE id = $1");
        let values =
            [id.into(), proved.map(|(proof, _)| word(proof)).into(), proved.map(|(_, at)| at.as_millis()).into()];
        self.writer().execute_raw(SET.with(self.backend(), values)).await?;
        Ok(())
    }

    /// Removes a host. `false`: there is none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn forget_host(&self, id: i64) -> Result<bool, StoreError> {
        const FORGET: Sql = Sql::both("DELETE FROM owned_host WHERE id = $1");
        Ok(self.writer().execute_raw(FORGET.with(self.backend(), [id.into()])).await?.rows_affected() > 0)
    }
}

impl Tx {
    /// Adds a host for whoever wants it, unless the organisation has it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Other`] when the organisation does not exist.
    pub async fn insert_owned_host(
        &self,
        by: &Actor,
        host: &str,
        token: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        const INSERT: Sql = Sql::both(
            "INSERT INTO owned_host (organisation_id, host, token, added_by, created_at_ms) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (organisation_id, host) DO NOTHING",
        );
        let values = [
            by.organisation.0.into(),
            text(host).into_owned().into(),
            token.into(),
            by.person.0.into(),
            now.as_millis().into(),
        ];
        self.conn().execute_raw(INSERT.with(self.store().backend(), values)).await?;
        Ok(())
    }

    /// How many hosts an organisation has.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn count_owned_hosts(&self, organisation: OrganisationId) -> Result<u64, StoreError> {
        const COUNT: Sql = Sql::both("SELECT count(*) AS hosts FROM owned_host WHERE organisation_id = $1");
        let row = self.conn().query_one_raw(COUNT.with(self.store().backend(), [organisation.0.into()])).await?;
        row.map_or(Ok(0), |row| count(&row, "owned_host", "hosts"))
    }
}

fn word(proof: Proof) -> &'static str {
    match proof {
        Proof::Dns => "dns",
        Proof::File => "file",
    }
}

impl OwnedHostRow {
    fn read(row: &QueryResult) -> Result<Self, StoreError> {
        let id: i64 = get(row, "id")?;
        let known = |stored: String| [Proof::Dns, Proof::File].into_iter().find(|proof| word(*proof) == stored);
        let corrupt = || StoreError::corrupt("owned_host", "proof", id);
        let proof: Option<String> = get(row, "proof")?;
        let proof = proof.map(|stored| known(stored).ok_or_else(corrupt)).transpose()?;
        let at = get::<Option<i64>>(row, "proved_at_ms")?.map(Timestamp::from_millis);
        Ok(Self {
            id,
            host: get(row, "host")?,
            token: get(row, "token")?,
            proved: proof.zip(at),
            by: get(row, "by_name")?,
            created_at: time(row, "created_at_ms")?,
        })
    }
}
