use monitor_core::people::Permission;

use super::route::steps;
use crate::command::{Answer, Command, Failure, Turn};
use crate::present::count;
use crate::reply::Block;

/// Lists routes.
pub(crate) const COMMAND: Command = Command {
    name: "list-routes",
    aliases: &["routes"],
    summary: "Lists who is told of what. All routes that fit an incident apply.",
    examples: &["list-routes"],
    arguments: &[],
    permission: Permission::Read,
    run: |turn, _| Box::pin(run(turn)),
};

async fn run(turn: Turn<'_>) -> Result<Answer, Failure> {
    let routes = turn.services.routes(turn.actor).await?;
    if routes.is_empty() {
        let text =
            "There is no route, so nobody outside of this chat is told. `add-route all notify ops-mail` makes one.";
        return Ok(Answer::text(text));
    }
    let rows = routes.iter().map(|route| {
        let severity = route.severity.as_str().to_owned();
        vec![route.id.to_string(), route.words.clone(), severity, steps(&route.steps)]
    });
    let title = format!("Routes ({})", count(routes.len() as u64));
    Ok(Answer::of(vec![Block::table(title, &[">number", "about", "least severity", "who is told"], rows.collect())]))
}
