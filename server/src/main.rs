//! The program `watchword`: reads the configuration, ties the rooms together and runs one of its subcommands.

mod audits;
mod chat;
mod cli;
mod config;
mod database;
mod doctor;
mod files;
mod import;
mod logging;
mod migrate;
mod operations;
mod pings;
mod platforms;
mod security;
mod serve;

use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use crate::cli::Subcommand;
use crate::config::{ConfigError, Given};

fn main() -> ExitCode {
    let arguments = cli::parse();
    match run(arguments) {
        Ok(code) => code,
        Err(error) => {
            say(&format!("watchword: {error:#}"));
            ExitCode::from(2)
        }
    }
}

fn run(arguments: cli::Arguments) -> anyhow::Result<ExitCode> {
    let config = load(&arguments);
    let runtime = || tokio::runtime::Builder::new_multi_thread().enable_all().build();
    match arguments.subcommand {
        Subcommand::Version => print(concat!("watchword ", env!("CARGO_PKG_VERSION"))),
        Subcommand::Config(what) => print(&match what {
            cli::ShowConfig::Sample => config::sample(),
            cli::ShowConfig::Docs => config::docs(),
            cli::ShowConfig::InForce => in_force(&config?),
        }),
        Subcommand::Doctor => runtime()?.block_on(doctor::run(&config?)),
        Subcommand::SlackManifest(url) => print(&platforms::slack_manifest(&config?, url.as_deref())?),
        Subcommand::Serve => runtime()?.block_on(serve::run(config?)),
        Subcommand::Import(options) => runtime()?.block_on(import::run(&config?, options)),
        Subcommand::Migrate(direction) => runtime()?.block_on(migrate::run(&config?, direction)),
        Subcommand::Chat(options) => runtime()?.block_on(chat::run(&config?, options)),
    }
}

fn load(arguments: &cli::Arguments) -> Result<config::Config, ConfigError> {
    let file = arguments.config_file.clone().or_else(|| environment(config::FILE_VARIABLE).map(Into::into));
    let flag = |key: &str| arguments.flags.get(key).cloned();
    config::load(&Given { file, env: &environment, flag: &flag })
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The names of all variables that are set.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn environment_names() -> impl Iterator<Item = String> {
    std::env::vars_os().filter_map(|(name, _)| name.into_string().ok())
}

fn in_force(config: &config::Config) -> String {
    let line = |setting: &config::Setting| format!("{} = {}\n", setting.key, config.shown(setting.key));
    config::SETTINGS.iter().map(line).collect()
}

fn print(text: &str) -> anyhow::Result<ExitCode> {
    match writeln!(std::io::stdout(), "{}", text.trim_end()) {
        // Whoever reads has seen enough, as `head` has.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}

#[expect(clippy::print_stderr, reason = "errors before the log is set up go to standard error")]
fn say(text: &str) {
    eprintln!("{text}");
}
