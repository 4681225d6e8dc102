//! Blocks as text with backticks and bold marks.

use adapter_common::table;
use bot_core::Reply;
use bot_core::reply::{Block, Column, Field, FormField, FormKind, StatusItem};
use monitor_core::health::Status;

use super::html::{BOLD, NORMAL, clean, without_mentions};
use super::keyboard;

/// Columns of fixed width that a phone shows without breaking the line.
const PHONE: usize = 42;

/// Adds a block below what there is.
pub(super) fn append(text: &mut String, drawn: &str) {
    if !text.is_empty() && !drawn.is_empty() {
        text.push_str("\n\n");
    }
    text.push_str(drawn);
}

pub(super) fn draw(block: &Block) -> String {
    match block {
        Block::Text { text } => foreign(text),
        Block::Fields { title, fields } => titled(title.as_deref(), self::fields(fields)),
        Block::Table { title, columns, rows } => titled(title.as_deref(), table(columns, rows)),
        Block::StatusList { title, items } => titled(title.as_deref(), items.iter().map(status).collect()),
        Block::Code { text } => code(text),
        // They are no text.
        Block::Chart { .. } | Block::Form { .. } | Block::File { .. } => String::new(),
    }
}

/// What a dialog asks, as far as it was not said above and is not on the keyboard.
pub(super) fn form(title: &str, fields: &[FormField], reply: &Reply, index: usize) -> String {
    let mut said: Vec<&str> = reply.blocks[..index].iter().filter_map(text_of).collect();
    let mut lines = Vec::new();
    if !said.iter().any(|text| text.contains(title)) {
        lines.push(foreign(title));
        said.push(title);
    }
    for field in fields {
        if !said.iter().any(|text| text.contains(&field.label)) {
            lines.push(format!("• {}", foreign(&field.label)));
        }
        lines.extend(hint(field, reply));
    }
    lines.join("\n")
}

fn text_of(block: &Block) -> Option<&str> {
    match block {
        Block::Text { text } => Some(text),
        _ => None,
    }
}

fn hint(field: &FormField, reply: &Reply) -> Option<String> {
    match (field.kind, field.example()) {
        (FormKind::Confirm, _) => reply.actions.is_empty().then(|| "Answer `yes` or `no`.".to_owned()),
        _ if keyboard::shows(field, reply) => None,
        _ if !field.choices.is_empty() => {
            let choices: Vec<String> = field.choices.iter().map(|choice| line(choice)).collect();
            Some(format!("Possible answers: {}", choices.join(", ")))
        }
        (_, Some(example)) => Some(format!("For example: `{}`", line(&example).replace('`', "'"))),
        (_, None) => None,
    }
}

fn titled(title: Option<&str>, lines: Vec<String>) -> String {
    let title = title.filter(|title| !title.is_empty()).map(bold);
    title.into_iter().chain(lines).collect::<Vec<_>>().join("\n")
}

fn fields(fields: &[Field]) -> Vec<String> {
    fields.iter().map(|field| format!("{} {}", bold(&format!("{}:", field.name)), foreign(&field.value))).collect()
}

fn status(item: &StatusItem) -> String {
    let detail = if item.detail.is_empty() { String::new() } else { format!(" — {}", line(&item.detail)) };
    // Colours alone say nothing to who cannot tell them apart.
    let said = item.detail.split(|c: char| !c.is_alphanumeric()).any(|word| word == item.status.as_str());
    let word = if said { String::new() } else { format!(" {}", item.status.as_str()) };
    format!("{} {}{word}{detail}", mark(item.status), bold(&item.name))
}

fn mark(status: Status) -> &'static str {
    match status {
        Status::Up => "🟢",
        Status::Degraded => "🟡",
        Status::Down => "🔴",
        Status::Paused => "⏸",
        Status::Maintenance => "🔧",
        Status::Unknown => "⚪",
        Status::Inconclusive => "❔",
    }
}

/// A table that a phone can show is drawn as one. Of a wider one each row is a line of text, which breaks where it has to, and
/// nothing is cut off.
fn table(columns: &[Column], rows: &[Vec<String>]) -> Vec<String> {
    let drawn = table::draw(columns, rows);
    if drawn.width <= PHONE {
        return vec![code(&drawn.text)];
    }
    let names: Vec<String> = columns.iter().map(|column| line(&column.name)).collect();
    std::iter::once(names.join(" · ")).chain(rows.iter().map(|row| self::row(row))).collect()
}

fn row(cells: &[String]) -> String {
    let shown = |(index, cell): (usize, &String)| match index {
        _ if cell.is_empty() => "–".to_owned(),
        0 => bold(cell),
        _ => line(cell),
    };
    format!("• {}", cells.iter().enumerate().map(shown).collect::<Vec<_>>().join(" · "))
}

/// Text to be shown as it is.
pub(super) fn code(text: &str) -> String {
    // A fence within would end it.
    format!("```\n{}\n```", without_mentions(&clean(text)).replace("```", "``\u{200b}`"))
}

fn bold(text: &str) -> String {
    format!("{BOLD}{}{NORMAL}", line(text))
}

/// Text of others on one line.
fn line(text: &str) -> String {
    foreign(text).replace('\n', " ")
}

/// Text of others.
fn foreign(text: &str) -> String {
    without_mentions(&clean(text))
}
