use monitor_core::code::ErrorCode;
use monitor_core::people::Permission;
use services::NewDestination;

use super::destination::{self, FALLBACK, RATE};
use crate::command::{Answer, Command, Failure, Turn};
use crate::destinations::{self, FIELDS, KIND, NAMES};
use crate::grammar::{Argument, Given, Kind};
use crate::reply::Block;

const OWN: &[Argument] = &[
    Argument::new("name", Kind::Text, "What to call it: one word. `#ops` is the same as `ops`.")
        .words(&["name", "as"])
        .like("ops-mail")
        .positional()
        .required("What shall I call it? One word, like ops-mail."),
    Argument::new(KIND, Kind::Choice(NAMES), "What kind of place it is.")
        .words(&["kind"])
        .positional()
        .required("What kind of place is it?"),
    RATE,
    FALLBACK,
];

/// Adds a destination.
pub(crate) const COMMAND: Command = Command {
    name: "add-destination",
    aliases: &["new-destination"],
    summary: "Adds a place outside of this chat that can be told: a mailbox, a channel, a phone. I ask for what its kind needs.",
    examples: &[
        "add-destination #ops slack https://hooks.slack.com/services/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",
        "add-destination ops-mail email url smtp://smtp.example.com:587 from watchword@example.com to ops@example.com",
        "add-destination ops-phone ntfy topic=shop-alerts-7f3a rate 10/m fallback ops-mail",
        "add-destination",
    ],
    arguments: &[OWN, FIELDS],
    permission: Permission::Edit,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let Some(kind) = destinations::kind(&given) else {
        return Err(Failure::new(
            ErrorCode::InvalidDestination,
            "Say which kind it is; `help add-destination` lists them.",
        ));
    };
    let (fields, _) = destinations::fields(&given);
    let new = NewDestination {
        name: given.get("name").unwrap_or_default().to_owned(),
        kind: kind.name.to_owned(),
        fields,
        rate: given.get("rate").map(destination::rate).transpose()?,
        fallback: given.get("fallback").map(str::to_owned),
    };
    let added = turn.services.add_destination(turn.actor, &new).await?;
    let name = &added.name;
    let told = match turn.services.route_everything_if_none(turn.actor, added.id).await? {
        Some(route) => format!(
            "It is told of every incident, since nobody else was told of any: that is route {}, and `add-route` makes others.",
            route.id
        ),
        None => format!("No route tells it of incidents yet: `add-route all notify {name}` makes one."),
    };
    let text = format!("I can tell `{name}` now. `test-destination {name}` sends a test there. {told}");
    let answer = Answer::of(vec![Block::text(text), destination::settings(&added)]);
    Ok(answer.offering("Send a test", format!("test-destination {name}")))
}
