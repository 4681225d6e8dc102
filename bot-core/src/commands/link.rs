use monitor_core::people::Permission;
use services::Services;
use services::platforms::{Place, Visitor};

use super::connect::CODE;
use super::people::{PLATFORM, called, platform, to_say};
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::Given;
use crate::reply::Reply;

/// Links a person.
pub(crate) const COMMAND: Command = Command {
    name: "link",
    aliases: &[],
    summary: "Makes a code by which I know you on Discord, Slack or Telegram as well; with the code, links you where you say it.",
    examples: &["link discord", "link 7KQ2M-X9D4T"],
    arguments: &[&[
        PLATFORM.required("Where shall I know you? Say discord, slack or telegram.").unless(&["code"]),
        CODE,
    ]],
    permission: Permission::Read,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    if given.has(CODE.name) {
        return Ok(Answer::text("Say that to me on Discord, Slack or Telegram itself, where I am to know you."));
    }
    let platform = platform(turn, &given, "link discord")?;
    let code = turn.services.code_to_link(turn.actor, &platform).await?;
    let text = format!("Say this to me on {}, best in a direct message:", called(&platform));
    Ok(to_say(text, "link", &code, "Whoever says it is you to me, so tell nobody."))
}

/// Links whoever said a code.
pub(crate) async fn redeem(
    services: &Services,
    place: &Place<'_>,
    visitor: &Visitor<'_>,
    code: &str,
) -> Result<Reply, Failure> {
    let welcome = services.link(place, visitor, code).await?;
    Ok(Reply::text(format!(
        "Welcome, {}! I know you on {} now; you are {} of your organisation. `help` shows what you can say.",
        welcome.name,
        called(place.platform),
        welcome.role.as_str()
    )))
}
