//! Opening the database that the configuration names.

use anyhow::Context;
use storage::{ConnectOptions, SecretKey, Store};

use crate::config::Config;

/// Opens the database and the key that its secrets are sealed with.
pub(crate) async fn open(config: &Config) -> anyhow::Result<Store> {
    let key = match &config.secrets.key {
        Some(key) => SecretKey::from_base64(key.expose()).context("secrets.key")?,
        None => SecretKey::from_file_or_create(&config.key_file()).context("secrets.key_file")?,
    };
    let options = ConnectOptions {
        url: config.database_url(),
        readers: config.database.readers,
        durability: config.database.durability,
    };
    Store::connect(&options, key).await.context("database.url")
}
