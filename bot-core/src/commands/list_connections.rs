use monitor_core::people::{Permission, Role};
use services::platforms::{Connections, Member, PlaceRow, WorkspaceRow};

use super::people::called;
use crate::command::{Answer, Command, Failure, Turn};
use crate::present::count;
use crate::reply::Block;

/// Lists places and people.
pub(crate) const COMMAND: Command = Command {
    name: "list-connections",
    aliases: &["connections", "list-people"],
    summary: "Lists what is connected, what may be done there by people whom I do not know, whose cards appear where, and who the members are.",
    examples: &["list-connections"],
    arguments: &[],
    permission: Permission::Manage,
    run: |turn, _| Box::pin(run(turn)),
};

async fn run(turn: Turn<'_>) -> Result<Answer, Failure> {
    let Connections { workspaces, places, members } = turn.services.connections(turn.actor).await?;
    let mut blocks = Vec::new();
    if workspaces.is_empty() {
        blocks
            .push(Block::text("No place is connected. `connect discord`, or slack or telegram, makes a code for one."));
    } else {
        let columns = [">number", "on", "name", "since", "by", "roles"];
        let title = format!("Connected ({})", count(workspaces.len() as u64));
        blocks.push(Block::table(title, &columns, workspaces.iter().map(workspace).collect()));
    }
    if !places.is_empty() {
        let row = |place: &PlaceRow| {
            let within = workspaces.iter().find(|row| Some(row.id) == place.workspace);
            let within = within.map_or_else(|| called(&place.platform).to_owned(), |row| row.name.clone());
            let title = if place.workspace.is_none() { "(alone with a member)" } else { &place.title };
            let closed = place.closed_at.map(|at| format!(", closed since {}", at.to_minute())).unwrap_or_default();
            vec![within, title.to_owned(), access(place), cards(place) + &closed]
        };
        let columns = ["in", "conversation", "others may", "cards of"];
        let title = format!("Conversations ({})", count(places.len() as u64));
        blocks.push(Block::table(title, &columns, places.iter().map(row).collect()));
    }
    let columns = [">number", "name", "role", "linked on"];
    let title = format!("Members ({})", count(members.len() as u64));
    blocks.push(Block::table(title, &columns, members.iter().map(member).collect()));
    Ok(Answer::of(blocks))
}

fn workspace(row: &WorkspaceRow) -> Vec<String> {
    let roles: Vec<String> =
        row.roles.iter().map(|(external, role)| format!("{external}: {}", role.as_str())).collect();
    vec![
        row.id.to_string(),
        called(&row.platform).to_owned(),
        row.name.clone(),
        row.connected_at.to_day(),
        row.connected_by.clone().unwrap_or_default(),
        roles.join(", "),
    ]
}

/// What people may do there who are not linked.
pub(super) fn access(place: &PlaceRow) -> String {
    match (place.workspace, place.unlinked) {
        (None, _) => String::new(),
        (Some(_), None) => "nothing".to_owned(),
        (Some(_), Some(Role::Viewer)) => "read".to_owned(),
        (Some(_), Some(role)) => role.as_str().to_owned(),
    }
}

/// Whose cards appear there.
pub(super) fn cards(place: &PlaceRow) -> String {
    match (place.follows_all, place.followed) {
        (true, _) => "everything".to_owned(),
        (false, 0) => "nothing".to_owned(),
        (false, followed) => crate::present::plural(followed, "monitor"),
    }
}

fn member(member: &Member) -> Vec<String> {
    let platforms: Vec<&str> = member.platforms.iter().map(|platform| called(platform)).collect();
    vec![member.person.to_string(), member.name.clone(), member.role.as_str().to_owned(), platforms.join(", ")]
}
