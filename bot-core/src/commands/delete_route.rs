use monitor_core::alerting::RouteId;
use monitor_core::people::Permission;

use super::route::{number, said};
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind, Known};

/// Deletes a route.
pub(crate) const COMMAND: Command = Command {
    name: "delete-route",
    aliases: &["remove-route"],
    summary: "Deletes a route: who it tells is told no more. I say how to make it again.",
    examples: &["delete-route 2"],
    arguments: &[&[Argument::new("route", Kind::Text, "Its number, as `list-routes` shows it.")
        .of(Known::Route)
        .like("2")
        .positional()
        .required("Which route? Say its number, as `list-routes` shows it.")]],
    permission: Permission::Edit,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let gone = turn.services.delete_route(turn.actor, RouteId(number(&given, "route")?)).await?;
    let left = turn.services.routes(turn.actor).await?.len();
    let nobody = if left == 0 { " There is none left, so nobody outside of this chat is told." } else { "" };
    let again = match gone.steps.is_empty() {
        true => "Whom it told is gone.".to_owned(),
        false => format!("`{}` makes it again.", said(&gone)),
    };
    Ok(Answer::text(format!("Route {} is deleted.{nobody} {again}", gone.id)))
}
