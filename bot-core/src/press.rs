//! What happens when a button is pressed.

use monitor_core::code::ErrorCode;
use monitor_core::people::{Permission, PersonId};
use services::ServiceError;

use crate::command::{Failure, Turn, sentence};
use crate::dialog::{Dialog, Press};
use crate::engine::{answer_dialog, hear, load};
use crate::reply::Reply;
use crate::{cards, commands, grammar};

/// Does what a button stands for.
pub(crate) async fn press(turn: Turn<'_>, token: &str) -> Result<Reply, Failure> {
    if let Some((incident, says)) = cards::said(token) {
        return hear(turn, &of_card(turn, incident, says).await?).await;
    }
    if let Some(says) = cards::audit::said(token).or_else(|| cards::security::said(token)) {
        return hear(turn, &says).await;
    }
    let text = turn.services.action(turn.actor, turn.conversation, token).await?;
    let Some(Press { dialog, asker, say }) = text.and_then(|text| serde_json::from_str(&text).ok()) else {
        let text = "This button has expired. Say what you want instead; `help` shows how.";
        return Err(Failure::new(ErrorCode::ExpiredButton, text));
    };
    let Some(id) = dialog else { return hear(turn, &say).await };
    let asker = asker.unwrap_or(turn.actor.person);
    match load(turn, asker).await? {
        Some(dialog) if dialog.id == id => {
            may_answer(turn, &dialog, asker).await?;
            answer_dialog(turn, dialog, asker, &grammar::tokenize(&say)?).await
        }
        _ => Err(Failure::new(ErrorCode::NoQuestion, "That question is settled, or I asked another one since.")),
    }
}

/// A question is answered by whoever was asked, or by somebody else who could have said the command.
async fn may_answer(turn: Turn<'_>, dialog: &Dialog, asker: PersonId) -> Result<(), Failure> {
    let permission = commands::find(&dialog.command).map_or(Permission::Read, |command| command.permission);
    if asker == turn.actor.person || turn.actor.role.may(permission) {
        return Ok(());
    }
    let name = turn.services.name_of(turn.actor, turn.conversation, asker).await?;
    let denied = sentence(&ServiceError::Denied { permission, role: turn.actor.role }.to_string());
    Err(Failure::new(ErrorCode::Denied, format!("I asked {name} that. {denied}")))
}

/// What pressing a card's button says. What is about a monitor is about the one monitor of the incident.
async fn of_card(turn: Turn<'_>, incident: i64, says: &str) -> Result<String, Failure> {
    if says.contains("{id}") {
        return Ok(says.replace("{id}", &incident.to_string()));
    }
    let row = turn.services.incident(turn.actor, Some(&format!("#{incident}"))).await?;
    let text = "That incident has several monitors now, or none. Say which one you mean; `help` shows how.";
    let name = row.only.ok_or_else(|| Failure::new(ErrorCode::ExpiredButton, text))?;
    Ok(format!("{says} \"{}\"", name.replace('"', "")))
}
