use monitor_core::code::ErrorCode;
use monitor_core::http::shorten;
use monitor_core::people::Permission;
use services::view::SecurityCheckId;

use crate::cards::audit::plain;
use crate::cards::security;
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind, Known};

/// Which security check a command is about.
pub(super) const CHECK: Argument =
    Argument::new("check", Kind::Text, "Its number, or the host of which the latest is meant.")
        .words(&["check", "host"])
        .of(Known::SecurityCheck)
        .like("12")
        .positional();

/// Asks for a security check.
pub(crate) const COMMAND: Command = Command {
    name: "check-security",
    aliases: &["security-check", "security"],
    summary: "Grades what the outside can see of a site's security, from TLS to cookies, and says what to mend. It sends no more than a browser would, and looks deeper at hosts that are shown to be yours.",
    examples: &[
        "check-security https://shop.example",
        "check-security shop.example deep",
        "check-security again 12",
    ],
    arguments: &[&[
        Argument::new(
            "deep",
            Kind::Flag,
            "Has OWASP ZAP scan the site too, which attacks it: for hosts that are shown to be yours, where a ZAP is set up.",
        )
        .words(&["deep"]),
        Argument::new("again", Kind::Text, "Makes a check once more.")
            .words(&["again", "like"])
            .of(Known::SecurityCheck)
            .like("12"),
        Argument::new("url", Kind::Text, "The page; without a scheme it is https.")
            .words(&["url", "page"])
            .like("https://shop.example")
            .positional()
            .required("Which page shall I look at?")
            .unless(&["again"]),
    ]],
    permission: Permission::Respond,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let row = match given.get("again") {
        Some(_) => {
            if let Some(other) = given.names().find(|name| *name != "again") {
                let text = format!("`again` takes all that was said for that check; leave out `{other}`.");
                return Err(Failure::new(ErrorCode::ConflictingArguments, text));
            }
            let id = number(&given, "again")?;
            turn.services.check_security_again(turn.actor, turn.conversation, id).await?
        }
        None => {
            let page = given.get("url").unwrap_or_default();
            turn.services.check_security(turn.actor, turn.conversation, page, given.has("deep")).await?
        }
    };
    Ok(Answer::text(format!(
        "{} Its card shows how far it is. `cancel-security-check {}` calls it off.",
        security::headline(&row, turn.now),
        row.id
    )))
}

/// The number of a security check that was said, with or without a `#`.
pub(super) fn number(given: &Given, name: &str) -> Result<SecurityCheckId, Failure> {
    let said = given.get(name).unwrap_or_default();
    said.trim_start_matches('#').parse().map(SecurityCheckId).map_err(|_| {
        let said = plain(&shorten(said, 40));
        let text = format!("`{said}` is not the number of a security check; `list-security-checks` shows them.");
        Failure::new(ErrorCode::InvalidValue, text)
    })
}
