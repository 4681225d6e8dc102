use monitor_core::alerting::NotificationId;
use monitor_core::code::ErrorCode;
use monitor_core::people::Permission;

use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind};
use crate::present;

/// Sends again what could not be delivered.
pub(crate) const COMMAND: Command = Command {
    name: "resend",
    aliases: &["resend-notification"],
    summary: "Sends a notification again that could not be delivered, or all that failed.",
    examples: &["resend 12", "resend failed"],
    arguments: &[&[Argument::new(
        "notification",
        Kind::Text,
        "The number of the notification, or `failed` for all that failed.",
    )
    .like("12")
    .positional()
    .required("Which notification? Its number, or failed for all that failed.")]],
    permission: Permission::Respond,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let which = given.get("notification").unwrap_or_default();
    let one = match which.trim_start_matches('#').parse() {
        Ok(number) => Some(NotificationId(number)),
        Err(_) if ["failed", "all"].iter().any(|word| word.eq_ignore_ascii_case(which)) => None,
        Err(_) => {
            let which = monitor_core::http::shorten(which, 40);
            let text =
                format!("`{which}` is not the number of a notification; `list-notifications failed` shows them.");
            return Err(Failure::new(ErrorCode::NotificationNotFound, text));
        }
    };
    let resent = turn.services.resend(turn.actor, one).await?;
    Ok(Answer::text(match (one, resent.len() as u64) {
        (Some(id), _) => format!("I send notification {id} again. `list-notifications` shows what comes of it."),
        (None, 0) => "Nothing failed whose destination is still there.".to_owned(),
        (None, some) => {
            format!(
                "I send {} again. `list-notifications due` shows which still wait.",
                present::plural(some, "notification")
            )
        }
    }))
}
