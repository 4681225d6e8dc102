use monitor_core::code::ErrorCode;
use monitor_core::people::Permission;
use services::view::NotificationState;

use super::destination::DESTINATION;
use crate::command::{Answer, Command, Failure, Turn, sentence};
use crate::grammar::Given;

/// Sends a test to a destination.
pub(crate) const COMMAND: Command = Command {
    name: "test-destination",
    aliases: &[],
    summary: "Sends a test to a destination, the way all notifications go, and says what was answered.",
    examples: &["test-destination ops-mail"],
    arguments: &[&[DESTINATION]],
    permission: Permission::Respond,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let row = turn.services.test_destination(turn.actor, given.get("destination").unwrap_or_default()).await?;
    let name = &row.destination_name;
    Ok(Answer::text(match row.state {
        NotificationState::Sent => {
            let receipt = row.receipt.as_deref().unwrap_or_default();
            format!("`{name}` took the test and answered: {receipt}. Look whether it is there.")
        }
        NotificationState::Due => format!(
            "The test waits for its turn: `{name}` was told as much as it takes for now. `show-destination {name}` shows when it is through."
        ),
        NotificationState::Dead | NotificationState::Dropped => {
            let said = sentence(row.error.as_deref().unwrap_or("nobody knows why"));
            let text = format!("`{name}` did not take the test. {said} `edit-destination {name}` changes it.");
            return Err(Failure::new(ErrorCode::NotDelivered, text));
        }
    }))
}
