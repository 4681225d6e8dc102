//! What Watchword is waiting for.

use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "dialog")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) conversation_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) person_id: i64,
    pub(crate) sealed: Vec<u8>,
    pub(crate) expires_at_ms: i64,
    pub(crate) taken_until_ms: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
