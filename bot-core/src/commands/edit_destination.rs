use monitor_core::people::Permission;
use services::DestinationChange;

use super::destination::{self, DESTINATION, FALLBACK, RATE};
use crate::command::{Answer, Command, Failure, Turn};
use crate::destinations::{self, FIELDS};
use crate::grammar::{Argument, Given, Kind};
use crate::reply::Block;

const OWN: &[Argument] = &[
    DESTINATION,
    Argument::new("name", Kind::Text, "A new name.").words(&["name", "rename"]).like("ops-mail"),
    RATE,
    FALLBACK,
];

/// Changes a destination.
pub(crate) const COMMAND: Command = Command {
    name: "edit-destination",
    aliases: &["change-destination"],
    summary: "Changes what you name of a destination and leaves the rest.",
    examples: &[
        "edit-destination ops-mail to oncall@example.com",
        "edit-destination #ops fallback ops-mail rate 10/m",
        "edit-destination #ops fallback none name alerts",
    ],
    arguments: &[OWN, FIELDS],
    permission: Permission::Edit,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let name = given.get("destination").unwrap_or_default();
    let (fields, without) = destinations::fields(&given);
    let change = DestinationChange {
        name: given.get("name").map(str::to_owned),
        fields,
        without,
        rate: given.has("rate").then(|| given.get("rate").map(destination::rate).transpose()).transpose()?,
        fallback: given.has("fallback").then(|| given.get("fallback").map(str::to_owned)),
    };
    if given.names().all(|argument| argument == "destination") {
        let view = turn.services.destination(turn.actor, name).await?;
        let text = format!("Name what should be different, like `edit-destination {} rate 10/m`.", view.name);
        return Ok(Answer::of(vec![Block::text(text), destination::settings(&view)]));
    }
    let changed = turn.services.edit_destination(turn.actor, name, &change).await?;
    let text = format!("I changed `{}`.", changed.name);
    let answer = Answer::of(vec![Block::text(text), destination::settings(&changed)]);
    Ok(answer.offering("Send a test", format!("test-destination {}", changed.name)))
}
