//! `watchword chat`: the terminal's side of a running server.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use adapter_terminal::TerminalOptions;

use crate::cli::ChatOptions;
use crate::config::Config;
use crate::{environment, say};

pub(crate) async fn run(config: &Config, options: ChatOptions) -> anyhow::Result<ExitCode> {
    let server = options.server.unwrap_or_else(|| format!("http://{}", config.server.listen));
    let history = config.server.data_dir.is_dir().then(|| config.server.data_dir.join("chat_history"));
    let options = TerminalOptions {
        server,
        conversation: options.conversation,
        command: options.command,
        json: options.json,
        // Source: <https://no-color.org>.
        colour: std::io::stdout().is_terminal() && environment("NO_COLOR").is_none(),
        history,
        downloads: PathBuf::from("."),
    };
    match adapter_terminal::run(options, &mut std::io::stdout()).await {
        Ok(ended) => Ok(ExitCode::from(ended.exit_code())),
        Err(error) => {
            say(&format!("watchword: {error}"));
            Ok(ExitCode::from(error.exit_code()))
        }
    }
}
