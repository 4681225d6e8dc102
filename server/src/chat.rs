//! `watchword chat`: the terminal's side of a running server.

use std::io::{ErrorKind, IsTerminal};
use std::path::PathBuf;
use std::process::ExitCode;

use adapter_terminal::{TerminalError, TerminalOptions};

use crate::cli::ChatOptions;
use crate::config::Config;
use crate::{environment, say};

pub(crate) async fn run(config: &Config, options: ChatOptions) -> anyhow::Result<ExitCode> {
    let server = options.server.unwrap_or_else(|| format!("http://{}", config.server.listen));
    let terminal = std::io::stdout().is_terminal();
    let interactive = terminal && std::io::stdin().is_terminal();
    let folder = &config.server.data_dir;
    let history = folder.is_dir().then(|| folder.join("chat_history"));
    if interactive && options.command.is_none() && history.is_none() {
        say(&format!(
            "There is no folder {} here, so what you type is not remembered for the next time.",
            folder.display()
        ));
    }
    let options = TerminalOptions {
        server,
        conversation: options.conversation,
        command: options.command,
        interactive,
        json: options.json,
        // Source: <https://no-color.org>.
        colour: terminal && environment("NO_COLOR").is_none(),
        history,
        downloads: PathBuf::from("."),
    };
    match adapter_terminal::run(options, &mut std::io::stdout()).await {
        Ok(ended) => Ok(ExitCode::from(ended.exit_code())),
        // Whoever reads has seen enough, as `head` has.
        Err(TerminalError::Output(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        Err(error) => {
            say(&format!("watchword: {error}"));
            Ok(ExitCode::from(error.exit_code()))
        }
    }
}
