//! Configuration: defaults, then `watchword.toml`, then the environment, then flags.
//!
//! Every setting is declared once in [`settings`]; the file's keys, the environment's names, the flags and
//! `docs/configuration.md` all come from there. Parsed once at start, and wrong configuration stops the start.

mod audits;
mod platforms;
mod sections;
mod security;
mod settings;

use std::path::{Path, PathBuf};

use toml::{Table, Value};

pub(crate) use audits::some as set_path;
pub(crate) use platforms::{DiscordMode, SlackMode, TelegramMode};
pub(crate) use sections::{Config, LogFormat};
pub(crate) use settings::{SETTINGS, Setting, docs, sample};

/// The file that is read when it is there and no other is named.
const DEFAULT_FILE: &str = "watchword.toml";

/// The variable that names another file.
pub(crate) const FILE_VARIABLE: &str = "WATCHWORD_CONFIG";

/// Why the configuration is refused. The text names the field and where its value came from, and says all there is to say: a cause
/// beneath it would be told twice.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("the configuration file {} cannot be read: {cause}", path.display())]
    Read { path: PathBuf, cause: std::io::Error },
    #[error("the configuration file {} is not valid TOML: {cause}", path.display())]
    Syntax { path: PathBuf, cause: Box<toml::de::Error> },
    #[error("{field} (from {origin}): {why}")]
    Field { field: String, origin: String, why: String },
}

/// Where values come from besides the file.
pub(crate) struct Given<'a> {
    /// The file named by a flag or the environment; `None`: [`DEFAULT_FILE`] if there is one.
    pub(crate) file: Option<PathBuf>,
    /// The value of an environment variable.
    pub(crate) env: &'a dyn Fn(&str) -> Option<String>,
    /// The value of a flag, by the setting's key.
    pub(crate) flag: &'a dyn Fn(&str) -> Option<String>,
}

/// Reads everything and checks it.
pub(crate) fn load(given: &Given<'_>) -> Result<Config, ConfigError> {
    let (mut table, file) = read_file(given.file.as_deref())?;
    let mut origins: Vec<(&str, String)> = Vec::new();
    for setting in SETTINGS {
        let from_env = (given.env)(setting.env).map(|value| (value, setting.env.to_owned()));
        let from_flag = (given.flag)(setting.key).map(|value| (value, format!("--{}", setting.flag())));
        if let Some((value, origin)) = from_flag.or(from_env) {
            put(&mut table, setting, setting.parse(&value));
            origins.push((setting.key, origin));
        }
    }
    let origin = |field: &str| {
        let named = origins.iter().find(|(key, _)| *key == field).map(|(_, origin)| origin.clone());
        named
            .or_else(|| file.as_ref().map(|path| path.display().to_string()))
            .unwrap_or_else(|| "the defaults".to_owned())
    };
    let config: Config = serde_path_to_error::deserialize(Value::Table(table)).map_err(|error| {
        let field = error.path().to_string();
        let why = error.inner().to_string();
        ConfigError::Field { origin: origin(&field), field, why: why.lines().next().unwrap_or_default().to_owned() }
    })?;
    config.validate().map_err(|(field, why)| ConfigError::Field {
        origin: origin(field),
        field: field.to_owned(),
        why,
    })?;
    Ok(config)
}

fn read_file(named: Option<&Path>) -> Result<(Table, Option<PathBuf>), ConfigError> {
    let path = named.unwrap_or(Path::new(DEFAULT_FILE));
    match std::fs::read_to_string(path) {
        Ok(text) => {
            let syntax = |cause| ConfigError::Syntax { path: path.to_owned(), cause: Box::new(cause) };
            Ok((text.parse().map_err(syntax)?, Some(path.to_owned())))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && named.is_none() => Ok((Table::new(), None)),
        Err(cause) => Err(ConfigError::Read { path: path.to_owned(), cause }),
    }
}

/// What is set in the environment as if it were a setting and is none, each with the name that was probably meant.
pub(crate) fn unknown(names: impl Iterator<Item = String>) -> Vec<(String, Option<&'static str>)> {
    let known = || SETTINGS.iter().map(|setting| setting.env).chain([FILE_VARIABLE]);
    let flags: Vec<(String, &str)> = known().map(|env| (settings::words(env), env)).collect();
    let closest = |name: &str| {
        let near = bot_core::grammar::closest(&settings::words(name), flags.iter().map(|(flag, _)| flag.as_str()))?;
        flags.iter().find(|(flag, _)| flag == near).map(|(_, env)| *env)
    };
    let mut unknown: Vec<(String, Option<&str>)> = names
        .filter(|name| name.starts_with(settings::PREFIX) && known().all(|known| known != name))
        .map(|name| (name.clone(), closest(&name)))
        .collect();
    unknown.sort();
    unknown
}

fn put(table: &mut Table, setting: &Setting, value: Value) {
    let (section, name) = setting.parts();
    let section = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
    if let Value::Table(section) = section {
        section.insert(name.to_owned(), value);
    }
}

#[cfg(test)]
mod tests;
