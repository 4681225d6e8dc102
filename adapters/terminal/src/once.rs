//! One command, for scripts.

use std::io::Write;

use crate::client::{Client, Input};
use crate::{Ended, TerminalError, TerminalOptions, line, render};

pub(crate) async fn run(
    client: &Client,
    options: &TerminalOptions,
    command: &str,
    out: &mut (dyn Write + Send),
) -> Result<Ended, TerminalError> {
    let answer = client.say(&Input::Text(command.to_owned())).await?;
    let printed = render::answer(out, options, line::width(), &answer)?;
    out.flush()?;
    Ok(if printed.ok { Ended::Well } else { Ended::CommandFailed })
}
