//! The card of an audit: how far it is, and then what it found.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use monitor_core::Timestamp;
use monitor_core::audit::{Category, Rating};
use services::view::{ArtifactRow, AuditRow, AuditState, Digest};

use super::task::{self, Deed, Standing};
use crate::present;
use crate::reply::{Action, Block, Field, Reply};

/// What the tokens of buttons say before the number of the audit.
const AUDIT: &str = "audit-";

/// What a button says for the person who presses it; the first is what most will press.
const DEEDS: [Deed; 4] = [
    ("report", "Report PDF", "show-audit {id} as pdf"),
    ("compare", "Compare", "compare-audits {id}"),
    ("again", "Run again", "audit again {id}"),
    ("cancel", "Cancel", "cancel-audit {id}"),
];

/// Pieces of the bar that shows how much is done.
const PIECES: u8 = 12;

/// The card of an audit as it is now.
#[must_use]
pub fn audit(row: &AuditRow, now: Timestamp) -> Reply {
    let mut blocks = vec![Block::text(headline(row, now))];
    if let Some(digest) = &row.digest {
        blocks.extend(found(digest));
    }
    let mut reply = Reply::of(blocks);
    reply.actions = buttons(row);
    reply
}

/// The report of an audit, as it is told in its card's thread.
#[must_use]
pub fn report(row: &AuditRow, file: &ArtifactRow, bytes: &[u8]) -> Reply {
    let text = format!("The report of audit {}: {}", row.id, row.spec.url);
    Reply::of(vec![Block::text(plain(&text)), file_block(file, bytes)])
}

/// A file to keep.
pub(crate) fn file_block(file: &ArtifactRow, bytes: &[u8]) -> Block {
    Block::File { name: file.name.clone(), media_type: file.media_type.clone(), data: STANDARD.encode(bytes) }
}

/// What somebody says who presses the button of that token; `None`: it is no button of an audit's card.
pub(crate) fn said(token: &str) -> Option<String> {
    task::said(token, AUDIT, &DEEDS)
}

fn buttons(row: &AuditRow) -> Vec<Action> {
    let offered = |deed: &str| match deed {
        "report" | "compare" => row.state == AuditState::Done,
        "again" => !row.state.is_open(),
        _ => row.state.is_open() && !row.cancelling,
    };
    task::buttons(AUDIT, row.id.0, &DEEDS, offered)
}

/// What is audited, and how far that is.
pub(crate) fn headline(row: &AuditRow, now: Timestamp) -> String {
    let spec = &row.spec;
    let runs = match spec.runs {
        1 => "1 run".to_owned(),
        runs => format!("{runs} runs"),
    };
    let schedule = row.schedule_name.as_ref().map(|name| format!(", {name}")).unwrap_or_default();
    let what = format!("Audit {} of {} ({}, {runs}{schedule})", row.id, spec.url, spec.device);
    plain(&format!("{what} {}", state(row, now)))
}

/// How far an audit is, in words.
pub(crate) fn state(row: &AuditRow, now: Timestamp) -> String {
    let (fraction, doing) = &row.doing;
    let doing = if doing.is_empty() { "Starting" } else { doing };
    Standing {
        state: row.state,
        cancelling: row.cancelling,
        waits: match row.ahead {
            _ if !row.doing.1.is_empty() => format!("waits: {}.", row.doing.1.trim_end_matches('.')),
            0 => "is the next to be made.".to_owned(),
            1 => "waits; 1 is before it.".to_owned(),
            ahead => format!("waits; {ahead} are before it."),
        },
        doing: format!("{} {:.0} % · {doing}", bar(*fraction), fraction * 100.0),
        since: row.started_at.unwrap_or(row.asked_at),
        until: row.ended_at.unwrap_or(now),
        error: row.error.as_ref(),
    }
    .words()
}

fn bar(fraction: f32) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most so many pieces")]
    let done = (fraction.clamp(0.0, 1.0) * f32::from(PIECES)).round() as u8;
    "▓".repeat(done.into()) + &"░".repeat((PIECES - done).into())
}

/// What an audit found, as its card shows it.
fn found(digest: &Digest) -> Vec<Block> {
    let mut blocks = vec![scores(digest), metrics(digest)];
    let worse =
        digest.against.map_or_else(|| "Worse than before".to_owned(), |audit| format!("Worse than audit {audit}"));
    let texts = [
        ("Budgets broken".to_owned(), &digest.breaches),
        ("Budgets that could not be looked at".to_owned(), &digest.unknown),
        (worse, &digest.worse),
        ("Wrong before, and not to be judged this time".to_owned(), &digest.unjudged),
    ];
    for (title, wrong) in texts {
        if !wrong.is_empty() {
            blocks.push(Block::text(plain(&format!("{title}: {}.", wrong.join("; ")))));
        }
    }
    if !digest.mend.is_empty() {
        let line = |(number, (title, saves)): (usize, &(String, String))| {
            let saves = if saves.is_empty() { String::new() } else { format!(" (saves {saves})") };
            format!("{}. {title}{saves}", number + 1)
        };
        let lines: Vec<String> = digest.mend.iter().enumerate().map(line).collect();
        blocks.push(Block::text(plain(&format!("What to mend first:\n{}", lines.join("\n")))));
    }
    if !digest.warnings.is_empty() {
        let warnings: Vec<&str> = digest.warnings.iter().map(|warning| warning.trim_end_matches('.')).collect();
        blocks.push(Block::text(plain(&format!("To be read with care: {}.", warnings.join("; ")))));
    }
    blocks
}

/// The five scores.
pub(crate) fn scores(digest: &Digest) -> Block {
    let field = |category: Category| {
        let value = match digest.scores.get(&category) {
            Some(score) => format!("{score} {}", Rating::of_score(*score).word()),
            None => "not scored".to_owned(),
        };
        Field::new(category.title(), value)
    };
    Block::fields("Scores, of 100", Category::ALL.into_iter().map(field).collect())
}

/// The core metrics and the size.
pub(crate) fn metrics(digest: &Digest) -> Block {
    let mut fields: Vec<Field> = digest
        .metrics
        .iter()
        .map(|metric| Field::new(&metric.title, format!("{} {}", metric.text(), metric.rating().word())))
        .collect();
    fields.extend(digest.bytes.map(|bytes| Field::new("Transferred", present::bytes(bytes))));
    Block::fields("Core metrics", fields)
}

/// Text of a page without backticks, which mark what can be typed.
pub(crate) fn plain(text: &str) -> String {
    text.replace('`', "'")
}
