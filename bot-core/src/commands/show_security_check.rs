use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use monitor_core::code::ErrorCode;
use monitor_core::people::Permission;
use monitor_core::security::Review;
use services::SecurityView;

use super::check_security::CHECK;
use crate::cards::{self, security};
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind};
use crate::present;
use crate::reply::Block;

/// Shows a security check in full.
pub(crate) const COMMAND: Command = Command {
    name: "show-security-check",
    aliases: &["security-report"],
    summary: "Shows all that a security check found, why it matters, how to mend it, and what changed; or gives it as CSV or JSON.",
    examples: &["show-security-check 12", "show-security-check shop.example", "show-security-check 12 as csv"],
    arguments: &[&[
        CHECK,
        Argument::new("as", Kind::Choice(&["text", "csv", "json"]), "How to show it: here, or as a file.")
            .words(&["as", "format"])
            .default("text"),
    ]],
    permission: Permission::Read,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let view = turn.services.show_security_check(turn.actor, given.get("check")).await?;
    let Some(review) = &view.review else { return Ok(cards::security(&view.row, turn.now).into()) };
    match given.get("as").map(str::to_ascii_lowercase).as_deref() {
        Some("csv") => Ok(file(&view, "csv", "text/csv; charset=utf-8", &documents::findings(review))),
        Some("json") => {
            let text = serde_json::to_string_pretty(review);
            let text = text.map_err(|error| Failure::new(ErrorCode::Internal, error.to_string()))?;
            Ok(file(&view, "json", "application/json", &text))
        }
        _ => Ok(text(turn, &view, review)),
    }
}

fn file(view: &SecurityView, extension: &str, media_type: &str, text: &str) -> Answer {
    let name = format!("security-check-{}.{extension}", view.row.id);
    Answer::of(vec![Block::File { name, media_type: media_type.to_owned(), data: STANDARD.encode(text) }])
}

fn text(turn: Turn<'_>, view: &SecurityView, review: &Review) -> Answer {
    let mut blocks = security::head(&view.row, turn.now);
    blocks.extend(present::security::unsure(view.changes.as_ref()));
    blocks.extend(security::findings(&review.findings, present::security::TEXT));
    blocks.extend(present::security::rest(review));
    let id = view.row.id;
    Answer::of(blocks)
        .offering("Check again", format!("check-security again {id}"))
        .offering("As CSV", format!("show-security-check {id} as csv"))
}
