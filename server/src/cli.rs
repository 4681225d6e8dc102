//! Subcommands and flags.

use std::collections::HashMap;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::config::SETTINGS;

/// What was asked for on the command line.
pub(crate) struct Arguments {
    pub(crate) config_file: Option<PathBuf>,
    /// Settings given as flags, by key.
    pub(crate) flags: HashMap<&'static str, String>,
    pub(crate) subcommand: Subcommand,
}

pub(crate) enum Subcommand {
    Serve,
    Chat(ChatOptions),
    Migrate(Direction),
    Import(ImportOptions),
    Config(ShowConfig),
    Doctor,
    /// With the address under which Slack reaches the program.
    SlackManifest(Option<String>),
    Version,
}

/// How `watchword chat` talks.
pub(crate) struct ChatOptions {
    pub(crate) command: Option<String>,
    pub(crate) json: bool,
    pub(crate) conversation: String,
    pub(crate) server: Option<String>,
}

/// What `watchword import` takes over.
pub(crate) struct ImportOptions {
    pub(crate) file: PathBuf,
    pub(crate) dry_run: bool,
    pub(crate) conversation: String,
}

/// What `watchword migrate` does.
pub(crate) enum Direction {
    Up,
    Down(u32),
    Status,
}

/// What `watchword config` shows.
pub(crate) enum ShowConfig {
    InForce,
    Sample,
    Docs,
}

/// Reads the command line; ends the program with a message when it makes no sense.
pub(crate) fn parse() -> Arguments {
    let matches = command().get_matches();
    let given = |id: &str| matches.get_one::<String>(id).cloned();
    let flags = SETTINGS.iter().filter_map(|setting| Some((setting.key, given(setting.key)?))).collect();
    let subcommand = match matches.subcommand() {
        Some(("chat", chat)) => Subcommand::Chat(chat_options(chat)),
        Some(("migrate", migrate)) => Subcommand::Migrate(direction(migrate)),
        Some(("import", import)) => Subcommand::Import(import_options(import)),
        Some(("config", config)) if config.get_flag("sample") => Subcommand::Config(ShowConfig::Sample),
        Some(("config", config)) if config.get_flag("docs") => Subcommand::Config(ShowConfig::Docs),
        Some(("config", _)) => Subcommand::Config(ShowConfig::InForce),
        Some(("doctor", _)) => Subcommand::Doctor,
        Some(("slack-manifest", manifest)) => Subcommand::SlackManifest(manifest.get_one("request-url").cloned()),
        Some(("version", _)) => Subcommand::Version,
        _ => Subcommand::Serve,
    };
    Arguments { config_file: given("config").map(PathBuf::from), flags, subcommand }
}

fn command() -> Command {
    let settings = SETTINGS.iter().map(|setting| {
        Arg::new(setting.key)
            .long(setting.flag())
            .value_name(setting.parts().1.to_uppercase())
            .help(setting.about)
            .help_heading("Settings (also in watchword.toml and the environment)")
            .global(true)
    });
    Command::new("watchword")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Monitoring you talk to")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .arg(Arg::new("config").long("config").value_name("FILE").global(true).help("The configuration file"))
        .args(settings)
        .subcommand(Command::new("serve").about("Runs the server: checks, chat, API and pages"))
        .subcommand(chat())
        .subcommand(migrate())
        .subcommand(import())
        .subcommand(
            Command::new("config")
                .about("Shows the configuration in force, without secrets")
                .arg(switch("sample", "Shows a commented sample file instead"))
                .arg(switch("docs", "Shows the reference as Markdown instead").hide(true)),
        )
        .subcommand(
            Command::new("doctor").about("Looks at everything Watchword needs, tokens included, and says what to mend"),
        )
        .subcommand(
            Command::new("slack-manifest").about("Prints the manifest to create the Slack app from").arg(
                Arg::new("request-url")
                    .long("request-url")
                    .value_name("URL")
                    .help("For the mode `http`: the https:// address under which Slack reaches chat.listen"),
            ),
        )
        .subcommand(Command::new("version").about("Shows the version"))
}

fn chat() -> Command {
    let text = |id: &'static str, about: &'static str| Arg::new(id).long(id).help(about);
    Command::new("chat")
        .about("Talks to a running server from the terminal")
        .arg(
            text("command", "Says one thing, shows the answer and ends: 0 done, 1 failed, 2 not reached")
                .short('c')
                .value_name("TEXT"),
        )
        .arg(switch("json", "Shows the neutral reply as JSON"))
        .arg(text("conversation", "The conversation to take part in").value_name("ID").default_value("terminal"))
        .arg(text("server", "The server's address, when it is not the configured one").value_name("URL"))
}

fn migrate() -> Command {
    let steps = Arg::new("steps").value_name("STEPS").default_value("1").value_parser(clap::value_parser!(u32));
    Command::new("migrate")
        .about("Changes the database's schema; `serve` does it by itself")
        .subcommand(Command::new("up").about("Applies what is missing"))
        .subcommand(Command::new("down").about("Takes the last migrations back, with what they hold").arg(steps))
        .subcommand(Command::new("status").about("Lists the migrations and which are applied"))
}

fn import() -> Command {
    let file = Arg::new("file").value_name("FILE").required(true).value_parser(clap::value_parser!(PathBuf)).help(
        "A services.json, Uptime Kuma's database or JSON backup, Gatus' YAML, or Healthchecks' list of checks as JSON",
    );
    let conversation = Arg::new("conversation").long("conversation").value_name("ID").default_value("terminal");
    Command::new("import")
        .about("Takes monitors over from another program; what is there already is left alone")
        .arg(file)
        .arg(switch("dry-run", "Only tells what would be taken, and what would not"))
        .arg(conversation.help("The conversation of the terminal that is told about incidents"))
}

fn switch(id: &'static str, about: &'static str) -> Arg {
    Arg::new(id).long(id).help(about).action(ArgAction::SetTrue)
}

fn chat_options(matches: &ArgMatches) -> ChatOptions {
    let text = |id: &str| matches.get_one::<String>(id).cloned();
    ChatOptions {
        command: text("command"),
        json: matches.get_flag("json"),
        conversation: text("conversation").unwrap_or_default(),
        server: text("server"),
    }
}

fn import_options(matches: &ArgMatches) -> ImportOptions {
    ImportOptions {
        file: matches.get_one::<PathBuf>("file").cloned().unwrap_or_default(),
        dry_run: matches.get_flag("dry-run"),
        conversation: matches.get_one::<String>("conversation").cloned().unwrap_or_default(),
    }
}

fn direction(matches: &ArgMatches) -> Direction {
    match matches.subcommand() {
        Some(("down", down)) => Direction::Down(down.get_one("steps").copied().unwrap_or(1)),
        Some(("status", _)) => Direction::Status,
        _ => Direction::Up,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_subcommand_has_an_option_that_is_called_like_a_setting() {
        command().debug_assert();
        for subcommand in command().get_subcommands().map(clap::Command::get_name) {
            let helped = command().try_get_matches_from(["watchword", subcommand, "--help"]);
            assert_eq!(helped.unwrap_err().kind(), clap::error::ErrorKind::DisplayHelp, "{subcommand}");
        }
    }
}
