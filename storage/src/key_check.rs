//! Whether the key in use is the one that the database was written with: told at start, not by the first secret that
//! does not open.

use sea_orm::ConnectionTrait;

use crate::rows::get;
use crate::seal::Place;
use crate::sql::Sql;
use crate::{Store, StoreError};

/// What is sealed. Any text would do; it must open, nothing reads it.
const TEXT: &str = "watchword";

impl Store {
    /// Checks that the key is the one that the database was written with. The first call decides which key that is;
    /// of several at once, one does.
    ///
    /// # Errors
    /// [`StoreError::Secret`] when it is another key, [`StoreError::Corrupt`], [`StoreError::Unavailable`],
    /// [`StoreError::Other`].
    pub async fn verify_key(&self) -> Result<(), StoreError> {
        const DECIDE: Sql = Sql::both("INSERT INTO key_check (id, sealed) VALUES (1, $1) ON CONFLICT (id) DO NOTHING");
        const DECIDED: Sql = Sql::both("SELECT sealed FROM key_check WHERE id = 1");
        let place = Place { table: "key_check", column: "sealed", owner: "1".to_owned(), token: "" };

        let sealed = self.cipher().seal(&place, TEXT)?;
        self.writer().execute_raw(DECIDE.with(self.backend(), [sealed.into()])).await?;
        let row = self.writer().query_one_raw(DECIDED.with(self.backend(), [])).await?;
        let row = row.ok_or_else(|| StoreError::corrupt(place.table, place.column, &place.owner))?;
        let decided: Vec<u8> = get(&row, "sealed")?;
        match self.cipher().open(&place, &decided) {
            Ok(_) => Ok(()),
            Err(StoreError::Secret(_)) => Err(StoreError::Secret(
                "the database was written with another key than the one in use; put the old key back \
                 (WATCHWORD_SECRET_KEY or the file secret.key); no secret in the database was changed"
                    .to_owned(),
            )),
            Err(other) => Err(other),
        }
    }
}
