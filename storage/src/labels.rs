//! The labels and groups that monitors have.

use monitor_core::people::OrganisationId;
use sea_orm::ConnectionTrait;

use crate::rows::{get, integer, text};
use crate::sql::Sql;
use crate::{Store, StoreError};

impl Store {
    /// The labels that begin with this, in any case; `limit` at most.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn labels(
        &self,
        organisation: OrganisationId,
        prefix: &str,
        limit: u64,
    ) -> Result<Vec<String>, StoreError> {
        macro_rules! labels {
            ($each:literal) => {
                concat!(
                    "SELECT DISTINCT l.key || '=' || l.value AS name FROM monitor m, ",
                    $each,
                    " AS l WHERE m.organisation_id = $1
                     AND substr(lower(l.key || '=' || l.value), 1, length($2)) = $2 ORDER BY 1 LIMIT $3"
                )
            };
        }
        const LABELS: Sql =
            Sql::each(labels!("json_each(m.labels)"), labels!("jsonb_each_text(CAST(m.labels AS jsonb))"));
        self.names(&LABELS, organisation, prefix, limit).await
    }

    /// The groups that begin with this, in any case; `limit` at most.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn groups(
        &self,
        organisation: OrganisationId,
        prefix: &str,
        limit: u64,
    ) -> Result<Vec<String>, StoreError> {
        const GROUPS: Sql = Sql::both(
            "SELECT DISTINCT group_name AS name FROM monitor
             WHERE organisation_id = $1 AND substr(lower(group_name), 1, length($2)) = $2 ORDER BY 1 LIMIT $3",
        );
        self.names(&GROUPS, organisation, prefix, limit).await
    }

    async fn names(
        &self,
        sql: &Sql,
        organisation: OrganisationId,
        prefix: &str,
        limit: u64,
    ) -> Result<Vec<String>, StoreError> {
        let prefix = text(prefix).to_lowercase();
        let statement = sql.with(self.backend(), [organisation.0.into(), prefix.into(), integer(limit).into()]);
        self.reader().query_all_raw(statement).await?.iter().map(|row| get(row, "name")).collect()
    }
}
