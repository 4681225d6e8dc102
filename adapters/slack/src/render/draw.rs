//! Each kind of block as Slack shows it.

use adapter_common::table;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bot_core::TextStyle;
use bot_core::reply::{Action, ActionStyle, Block, Column, Field, FormField, FormKind, Reply, StatusItem};
use charts::{Chart, Theme};
use monitor_core::health::Status;
use serde_json::{Value, json};

use super::limits::{ACTIONS, ALT, BUTTON_TEXT, CODE_CHARS, NOTIFICATION, TABLE_COLUMNS};
use super::rich::{Run, blocks, clean, escape, marked, preformatted, shorten, units};
use super::{Attachment, modal};

/// Pixels per unit of a chart: twice looks sharp.
const CHART_SCALE: f32 = 2.0;

/// Longest title of a table that is named beside its file.
const TITLE: usize = 200;

/// A part of a message.
#[derive(Debug)]
pub(super) enum Piece {
    /// A block with its length.
    Block(Value, usize),
    /// A file that is shared beside the message.
    File(Attachment),
}

impl Piece {
    pub(super) fn into_block(self) -> Option<(Value, usize)> {
        match self {
            Self::Block(block, length) => Some((block, length)),
            Self::File(_) => None,
        }
    }
}

/// All that a reply shows, buttons aside.
pub(super) fn pieces(reply: &Reply) -> Vec<Piece> {
    let mut said = "";
    let mut pieces = Vec::new();
    for block in &reply.blocks {
        match block {
            Block::Form { title, fields, .. } => pieces.extend(form(said, title, fields)),
            block => pieces.extend(piece(block)),
        }
        said = if let Block::Text { text } = block { text } else { "" };
    }
    pieces
}

fn piece(block: &Block) -> Vec<Piece> {
    match block {
        Block::Text { text } => rich(marked(text)),
        Block::Fields { title, fields } => rich(titled(title.as_deref(), fields.iter().flat_map(field).collect())),
        Block::StatusList { title, items } => rich(titled(title.as_deref(), items.iter().flat_map(status).collect())),
        Block::Table { title, columns, rows } => table(title.as_deref(), columns, rows),
        Block::Chart { chart } => self::chart(chart),
        Block::Code { text } => code("output.txt", text),
        Block::Form { title, fields, .. } => form("", title, fields),
        Block::File { name, media_type, data } => file(name, media_type, data),
    }
}

fn rich(mut runs: Vec<Run>) -> Vec<Piece> {
    // A line break at the end would be an empty line.
    if let Some(Run::Plain(last)) = runs.last_mut() {
        last.truncate(last.trim_end_matches('\n').len());
    }
    blocks(runs).into_iter().map(|(block, length)| Piece::Block(block, length)).collect()
}

fn titled(title: Option<&str>, runs: Vec<Run>) -> Vec<Run> {
    let title = title.map(|title| [Run::Bold(clean(title)), Run::Plain("\n".to_owned())]);
    title.into_iter().flatten().chain(runs).collect()
}

fn field(field: &Field) -> Vec<Run> {
    let mut runs = vec![Run::Bold(clean(&field.name)), Run::Plain("  ".to_owned())];
    runs.extend(marked(&field.value));
    runs.push(Run::Plain("\n".to_owned()));
    runs
}

fn status(item: &StatusItem) -> Vec<Run> {
    let detail = if item.detail.is_empty() { String::new() } else { format!(", {}", clean(&item.detail)) };
    vec![
        Run::Emoji(emoji(item.status)),
        Run::Plain(" ".to_owned()),
        Run::Bold(clean(&item.name)),
        Run::Plain(format!("  {}{detail}\n", item.status.as_str())),
    ]
}

fn emoji(status: Status) -> &'static str {
    match status {
        Status::Up => "large_green_circle",
        Status::Degraded => "large_yellow_circle",
        Status::Down => "red_circle",
        Status::Paused => "double_vertical_bar",
        Status::Maintenance => "wrench",
        Status::Unknown | Status::Inconclusive => "white_circle",
    }
}

/// A table in a fixed width when it is narrow, a line for each row when that fits, else a file.
fn table(title: Option<&str>, columns: &[Column], rows: &[Vec<String>]) -> Vec<Piece> {
    let drawn = table::draw(columns, rows);
    let shown = if drawn.width <= TABLE_COLUMNS { drawn.text.clone() } else { table::list(columns, rows) };
    if units(&shown) <= CODE_CHARS {
        let mut pieces = rich(title.map(|title| Run::Bold(clean(title))).into_iter().collect());
        pieces.extend(fixed(&shown));
        return pieces;
    }
    let name = file_name(title.unwrap_or("table"), "csv");
    let title = title.map(|title| shorten(&clean(title), TITLE));
    let of = title.as_ref().map(|title| format!(" “{title}”")).unwrap_or_default();
    let note = format!("The table{of} ({} rows) is too large for a message: it is in the file {name}.", rows.len());
    let data = table::csv(columns, rows).into_bytes();
    let (media_type, note) = ("text/csv".to_owned(), Some(note));
    let instead = title.into_iter().chain([drawn.text]).collect::<Vec<_>>().join("\n");
    vec![Piece::File(Attachment { alt: name.clone(), name, media_type, data, note, instead })]
}

/// A text in a fixed width, as a file when it is long.
fn code(name: &str, text: &str) -> Vec<Piece> {
    if units(text) <= CODE_CHARS {
        return fixed(text);
    }
    let note = format!("The text is too long for a message: it is in the file {name}.");
    vec![Piece::File(Attachment {
        name: name.to_owned(),
        alt: name.to_owned(),
        media_type: "text/plain".to_owned(),
        data: text.into(),
        note: Some(note),
        instead: text.to_owned(),
    })]
}

fn fixed(text: &str) -> Vec<Piece> {
    preformatted(text).into_iter().map(|(block, length)| Piece::Block(block, length)).collect()
}

fn chart(chart: &Chart) -> Vec<Piece> {
    let instead = chart.text(TABLE_COLUMNS);
    match chart.png(Theme::Light, CHART_SCALE) {
        Ok(data) => vec![Piece::File(Attachment {
            name: file_name(chart.title(), "png"),
            alt: shorten(&chart.alt(), ALT),
            media_type: "image/png".to_owned(),
            data,
            note: None,
            instead,
        })],
        Err(error) => {
            tracing::warn!(%error, "a chart could not be drawn as a picture");
            fixed(&instead)
        }
    }
}

fn file(name: &str, media_type: &str, data: &str) -> Vec<Piece> {
    let data = STANDARD.decode(data).unwrap_or_default();
    if data.is_empty() {
        // Slack takes no empty file.
        return rich(vec![Run::Plain(format!("The file {} is empty.", clean(name)))]);
    }
    let name = shorten(&name.replace(['/', '\\'], "-"), 200);
    let instead = match std::str::from_utf8(&data) {
        Ok(text) if media_type.starts_with("text/") || media_type == "application/json" => text.to_owned(),
        _ => format!("The file {name} cannot be shown here. Ask for it in a direct message to me."),
    };
    let (alt, media_type) = (name.clone(), media_type.to_owned());
    vec![Piece::File(Attachment { name, alt, media_type, data, note: None, instead })]
}

/// What a question asks for, but what was `said` before it; the answer can be said as well as given in the form.
fn form(said: &str, title: &str, fields: &[FormField]) -> Vec<Piece> {
    let mut lines: Vec<String> = (title != said).then(|| title.to_owned()).into_iter().collect();
    for field in fields {
        lines.extend((field.label != title).then(|| field.label.clone()));
        match &field.placeholder {
            _ if field.kind == FormKind::Confirm => {}
            _ if !field.choices.is_empty() => lines.push(format!("Possible answers: {}", field.choices.join(", "))),
            Some(example) => lines.push(format!("For example: {example}")),
            None => {}
        }
    }
    rich(marked(&lines.join("\n")))
}

/// The buttons, in as many blocks as they need. The first open forms.
pub(super) fn buttons(reply: &Reply) -> Vec<Piece> {
    let forms = reply.blocks.iter().filter_map(modal::Form::of);
    let answers = forms.filter_map(|form| form.to_value()).map(|value| ("Answer", modal::ANSWER, value, "primary"));
    let presses = reply.actions.iter().map(|Action { label, token, style }| {
        let style = match style {
            ActionStyle::Primary => "primary",
            ActionStyle::Danger => "danger",
            ActionStyle::Default => "",
        };
        (label.as_str(), "press", token.clone(), style)
    });
    let buttons: Vec<(Value, usize)> = answers.chain(presses).enumerate().map(button).collect();
    let row = |buttons: &[(Value, usize)]| {
        let elements: Vec<&Value> = buttons.iter().map(|(button, _)| button).collect();
        let length = buttons.iter().map(|(_, length)| length).sum();
        Piece::Block(json!({ "type": "actions", "elements": elements }), length)
    };
    buttons.chunks(ACTIONS).map(row).collect()
}

/// A button whose `action_id` no other of the message has.
fn button((number, (label, does, value, style)): (usize, (&str, &str, String, &str))) -> (Value, usize) {
    let label = shorten(if label.trim().is_empty() { "…" } else { label }, BUTTON_TEXT);
    let length = units(&label);
    let mut button = json!({
        "type": "button",
        "text": { "type": "plain_text", "text": label, "emoji": false },
        "action_id": format!("{does}-{number}"),
        "value": value,
    });
    if !style.is_empty() {
        button["style"] = style.into();
    }
    (button, length)
}

/// What notifications and screen readers are given.
pub(super) fn notification(reply: &Reply) -> String {
    let shown = |block: &&Block| !matches!(block, Block::Chart { .. } | Block::File { .. });
    let blocks: Vec<Block> = reply.blocks.iter().filter(shown).cloned().collect();
    let text = Reply::of(blocks).to_text(TextStyle::PLAIN);
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = if words.is_empty() { "Watchword".to_owned() } else { words.join(" ") };
    escape(&shorten(&text, NOTIFICATION))
}

/// A name for a file about something.
fn file_name(about: &str, extension: &str) -> String {
    let plain =
        |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-') { c.to_ascii_lowercase() } else { '-' };
    let name: String = about.chars().map(plain).take(60).collect();
    let name = name.trim_matches(['-', '.']);
    format!("{}.{extension}", if name.is_empty() { "watchword" } else { name })
}
