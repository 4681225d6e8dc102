//! A monitor as configured.

use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "monitor")]
pub(crate) struct Model {
    #[sea_orm(primary_key)]
    pub(crate) id: i64,
    pub(crate) organisation_id: i64,
    pub(crate) name: String,
    pub(crate) name_key: String,
    pub(crate) kind: String,
    pub(crate) target: String,
    pub(crate) spec: String,
    pub(crate) sealed_secrets: Option<Vec<u8>>,
    pub(crate) interval_ms: i64,
    pub(crate) timeout_ms: i64,
    pub(crate) policy: String,
    pub(crate) paused: bool,
    pub(crate) revision: i32,
    pub(crate) created_by: Option<i64>,
    pub(crate) created_at_ms: i64,
    pub(crate) updated_at_ms: i64,
    pub(crate) assertions: String,
    pub(crate) family: String,
    pub(crate) labels: String,
    pub(crate) group_name: Option<String>,
    pub(crate) parents: String,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
