use monitor_core::alerting::{Handover, Zone, weekday};
use monitor_core::people::Permission;
use services::NewRotation;

use super::route::at;
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind, Known};

const DAYS: &[&str] = &["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Makes a rotation.
pub(crate) const COMMAND: Command = Command {
    name: "add-rotation",
    aliases: &["new-rotation"],
    summary: "Has destinations take turns in being on call. A route tells whoever it is with `@` and the name.",
    examples: &[
        "add-rotation primary ada-phone bob-sms weekly monday 09:00 Europe/Berlin",
        "add-rotation nights ada-phone bob-sms daily 18:00 America/New_York",
    ],
    arguments: &[&[
        Argument::new("name", Kind::Text, "What to call it: one word.")
            .words(&["name"])
            .like("primary")
            .positional()
            .required("What shall I call it? One word, like primary."),
        Argument::new("every", Kind::Choice(&["weekly", "daily"]), "How long a turn is.")
            .positional()
            .default("weekly"),
        Argument::new("day", Kind::Choice(DAYS), "The day on which one hands over to the next, if turns are weekly.")
            .words(&["day", "on"])
            .positional()
            .default("monday"),
        Argument::new("at", Kind::Clock, "The time at which one hands over to the next.")
            .like("18:00")
            .positional()
            .required(
                "When does one hand over to the next? Say it like weekly monday 09:00 Europe/Berlin, or daily 18:00.",
            ),
        Argument::new("zone", Kind::Zone, "The time zone in which a clock shows that time.")
            .positional()
            .default("UTC"),
        Argument::new("participants", Kind::Text, "The destinations that take turns, in this order.")
            .of(Known::Destination)
            .words(&["participants", "with"])
            .like("ada-phone bob-sms")
            .positional()
            .repeated()
            .required("Who takes turns? Say destinations, the one first who is on call now."),
    ]],
    permission: Permission::Edit,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let daily = given.get("every").is_some_and(|every| every.eq_ignore_ascii_case("daily"));
    let day = given.get("day").unwrap_or("monday");
    let new = NewRotation {
        name: given.get("name").unwrap_or_default().to_owned(),
        participants: given.all("participants").flatten().map(str::to_owned).collect(),
        handover: Handover {
            weekday: if daily { None } else { weekday(day) },
            time: given.get("at").unwrap_or_default().parse()?,
        },
        zone: Zone::new(given.get("zone").unwrap_or("UTC"))?,
    };
    let rotation = turn.services.add_rotation(turn.actor, &new).await?;
    let name = &rotation.name;
    let next = match rotation.next.first() {
        Some((when, next)) => format!(" until {}, then `{}`", at(&rotation.zone, *when), next.name),
        None => String::new(),
    };
    let text = format!(
        "`@{name}` takes turns {} {}: `{}` is on call{next}. `add-route all notify @{name}` has it told.",
        rotation.handover, rotation.zone, rotation.on_call.name
    );
    Ok(Answer::text(text))
}
