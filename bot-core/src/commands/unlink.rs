use monitor_core::code::ErrorCode;
use monitor_core::people::{Permission, PersonId};

use super::YES;
use super::people::{PLATFORM, called};
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind, Known};
use crate::present::plural;
use crate::reply::Block;

/// Unlinks a person.
pub(crate) const COMMAND: Command = Command {
    name: "unlink",
    aliases: &[],
    summary: "Lets me know you no more on a platform, or on all; admins can do that to others as well. I ask before I do.",
    examples: &["unlink discord", "unlink ada", "unlink ada slack"],
    arguments: &[&[
        PLATFORM,
        Argument::new("person", Kind::Text, "Who, by name or number in `list-connections`; without it, you.")
            .words(&["person", "of"])
            .of(Known::Member)
            .like("ada")
            .positional(),
        YES,
    ]],
    permission: Permission::Read,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let platform = given.get("platform").map(str::to_ascii_lowercase);
    let place =
        platform.as_deref().map_or_else(|| "anywhere".to_owned(), |platform| format!("on {}", called(platform)));
    let me = turn.actor.person.to_string();
    let (person, name) = match given.get("person").filter(|said| **said != me) {
        Some(said) => {
            let member = turn.services.member(turn.actor, said).await?;
            (member.person, Some(member.name).filter(|_| member.person != turn.actor.person))
        }
        None => (turn.actor.person, None),
    };
    if turn.confirmed || given.has("yes") {
        return done(turn, person, platform.as_deref(), name.as_deref().unwrap_or("you"), &place).await;
    }
    let whom = name.as_deref().unwrap_or("you");
    let text = format!(
        "Shall I know {whom} no more {place}? A new code, made by `link` or `invite`, would be needed again. `yes` or `no`."
    );
    let mut proposed = Given::default();
    proposed.put("person", Some(&person.to_string()));
    Ok(Answer::question(vec![Block::text(text)], &format!("Shall I unlink {whom}?"), proposed))
}

async fn done(
    turn: Turn<'_>,
    person: PersonId,
    platform: Option<&str>,
    whom: &str,
    place: &str,
) -> Result<Answer, Failure> {
    match turn.services.unlink(turn.actor, person, platform).await? {
        0 => Err(Failure::new(ErrorCode::NotFound, format!("I do not know {whom} {place}, so nothing was done."))),
        links => Ok(Answer::text(format!("I know {whom} no more {place} ({}).", plural(links, "link")))),
    }
}
