//! What changes with every check of a monitor.

use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "monitor_state")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) monitor_id: i64,
    pub(crate) organisation_id: i64,
    pub(crate) active: bool,
    pub(crate) interval_ms: i64,
    pub(crate) phase_ms: i64,
    pub(crate) timeout_ms: i64,
    pub(crate) revision: i32,
    pub(crate) next_due_ms: i64,
    pub(crate) lease_ms: Option<i64>,
    pub(crate) due_ms: Option<i64>,
    pub(crate) status: String,
    pub(crate) health: String,
    pub(crate) details: Option<String>,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
