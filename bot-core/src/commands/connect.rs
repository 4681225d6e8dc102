use monitor_core::people::Permission;
use services::Services;
use services::platforms::Place;

use super::people::{PLATFORM, called, platform, to_say, whole};
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind};
use crate::reply::Reply;

/// The code that is said where something is to be connected, or somebody to be known.
pub(crate) const CODE: Argument =
    Argument::new("code", Kind::Code, "The code that you were told; its case and dashes do not matter.").positional();

/// Connects a place.
pub(crate) const COMMAND: Command = Command {
    name: "connect",
    aliases: &[],
    summary: "Makes a code that lets a Discord server, a Slack workspace or a Telegram group talk for this organisation; with the code, connects the place where you say it.",
    examples: &["connect discord", "connect 7KQ2M-X9D4T"],
    arguments: &[&[
        PLATFORM.required("What shall be connected? Say discord, slack or telegram.").unless(&["code"]),
        CODE,
    ]],
    permission: Permission::Manage,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    if given.has(CODE.name) {
        return Ok(Answer::text("Say that in the Discord server, Slack workspace or Telegram group itself."));
    }
    let platform = platform(turn, &given, "connect discord")?;
    let code = turn.services.code_to_connect(turn.actor, &platform).await?;
    let text = format!("Say this to me in the {} {} that is to be connected:", called(&platform), whole(&platform));
    let then = format!("`link {platform}` makes a code by which I know you there as well.");
    Ok(to_say(text, "connect", &code, &then))
}

/// Connects the place where somebody said a code.
pub(crate) async fn redeem(services: &Services, place: &Place<'_>, code: &str) -> Result<Reply, Failure> {
    let name = services.connect(place, code).await?;
    let name = if name.is_empty() { "This place".to_owned() } else { format!("{name} ({})", called(place.platform)) };
    let platform = place.platform;
    Ok(Reply::text(format!(
        "{name} is connected. People whom I do not know may do nothing here yet: `link {platform}`, said where you made the code, \
         makes one by which I know you here; then `set-access read` lets everybody here look, `invite` lets more people in, \
         and `follow everything` tells you here when something fails."
    )))
}
