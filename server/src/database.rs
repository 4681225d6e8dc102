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

/// The setting that the key comes from and, since a file that is missing is made, which file that is.
pub(crate) fn key_in_use(config: &Config) -> String {
    match config.secrets.key {
        Some(_) => "secrets.key".to_owned(),
        None => format!("secrets.key_file: {} (made at start if it was missing)", config.key_file().display()),
    }
}
