//! A reply as text: plain for logs, pipes and the API, with colours for terminals.

mod line;
mod table;

use monitor_core::health::Status;

use crate::reply::{Block, Field, FormField, FormKind, Reply, StatusItem};
use line::{clean, fit, one_line, pad, wrap};

/// How a reply is written as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextStyle {
    /// Columns to use; taken as at least 40. Only what cannot be shortened without harm, such as JSON, is wider.
    pub width: usize,
    /// Whether ANSI colours are used.
    pub colour: bool,
}

impl TextStyle {
    /// No colours, 100 columns.
    pub const PLAIN: Self = Self { width: 100, colour: false };
}

const BOLD: &str = "1";
const DIM: &str = "2";
const CYAN: &str = "36";
const RED: &str = "31";
const GREEN: &str = "32";
const YELLOW: &str = "33";

impl Reply {
    /// Writes the reply as text, blocks separated by an empty line, without a line break at the end. Control characters of
    /// whatever stands in it are made visible instead of being sent to the terminal. Buttons are not shown, since what they
    /// do is said in the text.
    #[must_use]
    pub fn to_text(&self, style: TextStyle) -> String {
        let style = TextStyle { width: style.width.max(40), ..style };
        let blocks: Vec<String> =
            self.blocks.iter().map(|block| style.block(block)).filter(|text| !text.is_empty()).collect();
        blocks.join("\n\n")
    }
}

impl TextStyle {
    fn paint(self, code: &str, text: &str) -> String {
        if self.colour && !text.is_empty() { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn block(self, block: &Block) -> String {
        match block {
            Block::Text { text } => self.marked(&wrap(&clean(text), self.width)),
            Block::Fields { title, fields } => self.titled(title.as_deref(), self.fields(fields)),
            Block::Table { title, columns, rows } => self.titled(title.as_deref(), table::draw(self, columns, rows)),
            Block::StatusList { title, items } => self.titled(title.as_deref(), self.statuses(items)),
            Block::Chart { chart } => chart.text(self.width),
            Block::Code { text } => clean(text),
            Block::Form { fields, .. } => self.form(fields),
            Block::File { name, media_type, data } => {
                let bytes = data.len() / 4 * 3
                    - data.bytes().rev().take(2).filter(|byte| *byte == b'=').count().min(data.len() / 4 * 3);
                #[expect(clippy::cast_precision_loss, reason = "a rounded size for people")]
                let size = charts::format::bytes(bytes as f64);
                format!("File {} ({}, {size})", one_line(name), one_line(media_type))
            }
        }
    }

    fn titled(self, title: Option<&str>, lines: Vec<String>) -> String {
        let title = title.map(|title| self.paint(BOLD, &fit(title, self.width)));
        title.into_iter().chain(lines).collect::<Vec<_>>().join("\n")
    }

    /// Colours what stands between backticks.
    fn marked(self, text: &str) -> String {
        if !self.colour {
            return text.to_owned();
        }
        let lines = text.split('\n').map(|line| {
            let parts: Vec<&str> = line.split('`').collect();
            let last = parts.len() - 1;
            let paint = |(index, part): (usize, &&str)| match index % 2 {
                1 if index < last => self.paint(CYAN, part),
                1 => format!("`{part}"),
                _ => (*part).to_owned(),
            };
            parts.iter().enumerate().map(paint).collect::<String>()
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    fn fields(self, fields: &[Field]) -> Vec<String> {
        let names: Vec<String> = fields.iter().map(|field| fit(&field.name, self.width / 2)).collect();
        let widest = names.iter().map(|name| line::width(name)).max().unwrap_or(0);
        let room = self.width.saturating_sub(widest + 4).max(16);
        let line = |(name, field): (String, &Field)| {
            let name = self.paint(DIM, &pad(&name, widest));
            let value = wrap(&clean(&field.value), room).replace('\n', &format!("\n{}", " ".repeat(widest + 4)));
            format!("  {name}  {}", self.marked(&value))
        };
        names.into_iter().zip(fields).map(line).collect()
    }

    fn statuses(self, items: &[StatusItem]) -> Vec<String> {
        let words = items.iter().map(|item| item.status.as_str().len()).max().unwrap_or(0);
        let names: Vec<String> = items.iter().map(|item| fit(&item.name, self.width / 3)).collect();
        let widest = names.iter().map(|name| line::width(name)).max().unwrap_or(0);
        let room = self.width.saturating_sub(words + widest + 8);
        let line = |(name, item): (String, &StatusItem)| {
            let status = self.paint(
                colour_of(item.status),
                &format!("{} {}", mark_of(item.status), pad(item.status.as_str(), words)),
            );
            // One thing has all the room it needs, of many each has a line.
            let detail = if items.len() == 1 { wrap(&one_line(&item.detail), room) } else { fit(&item.detail, room) };
            let indent = format!("\n{}", " ".repeat(words + widest + 8));
            let line = format!("  {status}  {}  {}", pad(&name, widest), detail.replace('\n', &indent));
            line.trim_end().to_owned()
        };
        names.into_iter().zip(items).map(line).collect()
    }

    fn form(self, fields: &[FormField]) -> String {
        let hint = |field: &FormField| match (&field.placeholder, field.choices.is_empty()) {
            _ if field.kind == FormKind::Confirm => None,
            (_, false) => Some(format!("Possible answers: {}", field.choices.join(", "))),
            (Some(example), true) => Some(format!("For example: {example}")),
            (None, true) => None,
        };
        let hints: Vec<String> = fields.iter().filter_map(hint).map(|hint| self.paint(DIM, &one_line(&hint))).collect();
        hints.join("\n")
    }
}

/// The mark of a status: its shape says what its colour says, for a terminal may have none.
fn mark_of(status: Status) -> &'static str {
    match status {
        Status::Up => "●",
        Status::Degraded => "◐",
        Status::Down => "✖",
        Status::Paused | Status::Maintenance => "‖",
        Status::Unknown | Status::Inconclusive => "○",
    }
}

fn colour_of(status: Status) -> &'static str {
    match status {
        Status::Up => GREEN,
        Status::Degraded => YELLOW,
        Status::Down => RED,
        Status::Paused | Status::Maintenance | Status::Unknown | Status::Inconclusive => DIM,
    }
}

#[cfg(test)]
mod tests;
