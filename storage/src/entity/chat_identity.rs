//! Who a user of a chat platform is.

use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "chat_identity")]
pub(crate) struct Model {
    #[sea_orm(primary_key)]
    pub(crate) id: i64,
    pub(crate) platform: String,
    pub(crate) workspace: String,
    pub(crate) external_user: String,
    pub(crate) person_id: i64,
    pub(crate) organisation_id: i64,
    pub(crate) created_at_ms: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
