//! Each kind of block as parts of messages.

use adapter_common::table;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bot_core::reply::{Align, Block, Column, Field, FormField, StatusItem};
use charts::{Chart, Theme};
use monitor_core::health::Status;

use super::UNITS;
use super::payload::{Embed, EmbedField, EmbedImage, File};
use super::text::{code_block, escape, marked, pieces, some_within, within};
use crate::limits;

/// Longest text that is shown as messages; a longer one goes as a file, so that no answer fills the channel.
const LONG: usize = 2 * limits::CONTENT;
/// Columns of a table that is drawn; a wider one breaks its lines on most screens, and goes as a file.
const TABLE_COLUMNS: usize = 72;
/// Pixels per unit of a chart, which is then 1440 pixels wide.
const CHART_SCALE: f32 = 2.0;
/// Longest value that stands beside others.
const INLINE: usize = 30;

/// Something that stands whole in one message.
pub(super) enum Part {
    /// Markup of at most [`limits::CONTENT`] characters.
    Text(String),
    Embed(Embed),
    /// A file, what it is described by, and a box that belongs to it.
    File(File, Option<String>, Option<Embed>),
}

/// The text of a block that is nothing else.
pub(super) fn plain_text(block: &Block) -> Option<&str> {
    match block {
        Block::Text { text } => Some(text),
        _ => None,
    }
}

/// What a form asks.
pub(super) fn form_title(block: &Block) -> Option<&str> {
    match block {
        Block::Form { title, .. } => Some(title),
        _ => None,
    }
}

pub(super) fn parts(block: &Block) -> Vec<Part> {
    match block {
        Block::Text { text } => prose(text, marked(text)),
        Block::Code { text } if text.trim().is_empty() => Vec::new(),
        Block::Code { text } => prose(text, code_block(text)),
        Block::Fields { title, fields } => self::fields(title.as_deref(), fields),
        Block::Table { title, columns, rows } => table(title.as_deref(), columns, rows),
        Block::StatusList { title, items } => statuses(title.as_deref(), items),
        Block::Chart { chart } => self::chart(chart),
        Block::Form { title, fields, .. } => form(title, fields),
        Block::File { name, data, .. } => attached(name, data),
    }
}

fn prose(text: &str, markup: String) -> Vec<Part> {
    if UNITS.of(&markup) > LONG {
        return vec![text_file("answer.txt", text.to_owned())];
    }
    pieces(&markup, limits::CONTENT).into_iter().map(Part::Text).collect()
}

fn text_file(name: &str, text: String) -> Part {
    Part::File(File { name: name.to_owned(), data: text.into_bytes() }, None, None)
}

/// A title above what follows.
fn headline(title: Option<&str>) -> Option<Part> {
    let title = title.filter(|title| !title.trim().is_empty())?;
    Some(Part::Text(format!("**{}**", some_within(title, limits::EMBED_TITLE))))
}

fn fields(title: Option<&str>, fields: &[Field]) -> Vec<Part> {
    let title = title.filter(|title| !title.trim().is_empty());
    let new = |title: Option<&str>| Embed {
        title: title.map(|title| within(title, limits::EMBED_TITLE)),
        ..Embed::default()
    };
    let mut embeds = vec![new(title)];
    let mut long = Vec::new();
    for Field { name, value } in fields {
        let shown = marked(value.trim());
        let label = some_within(name, limits::FIELD_NAME);
        if UNITS.of(&shown) > limits::FIELD_VALUE {
            long.push(Part::Text(format!("**{label}**")));
            long.extend(prose(value, shown));
            continue;
        }
        let inline = UNITS.of(&shown) <= INLINE;
        let value = if shown.is_empty() { "—".to_owned() } else { shown };
        let field = EmbedField { name: label, value, inline };
        let size = UNITS.of(&field.name) + UNITS.of(&field.value);
        let full =
            |embed: &Embed| embed.fields.len() == limits::EMBED_FIELDS || embed.size() + size > limits::EMBEDS_TEXT;
        if embeds.last().is_none_or(full) {
            embeds.push(new(None));
        }
        if let Some(last) = embeds.last_mut() {
            last.fields.push(field);
        }
    }
    embeds.retain(|embed| embed.title.is_some() || !embed.fields.is_empty());
    embeds.into_iter().map(Part::Embed).chain(long).collect()
}

fn table(title: Option<&str>, columns: &[Column], rows: &[Vec<String>]) -> Vec<Part> {
    let drawn = table::draw(columns, rows);
    let narrow = drawn.width <= TABLE_COLUMNS;
    let block = code_block(&if narrow { drawn.text.clone() } else { table::list(columns, rows) });
    if UNITS.of(&block) > limits::CONTENT || drawn.text.trim().is_empty() {
        let file = || text_file("table.csv", table::csv(columns, rows));
        let body = (!drawn.text.trim().is_empty()).then(file);
        return headline(title).into_iter().chain(body).collect();
    }
    match headline(title) {
        Some(Part::Text(title)) if UNITS.of(&title) + 1 + UNITS.of(&block) <= limits::CONTENT => {
            vec![Part::Text(format!("{title}\n{block}"))]
        }
        title => title.into_iter().chain([Part::Text(block)]).collect(),
    }
}

/// The colour that says a status.
pub(super) fn colour(status: Status) -> u32 {
    match status {
        Status::Up => 0x2e_a0_43,
        Status::Degraded => 0xd2_99_22,
        Status::Down => 0xd7_3a_49,
        Status::Maintenance => 0x38_8b_fd,
        Status::Paused | Status::Unknown | Status::Inconclusive => 0x8b_94_9e,
    }
}

fn mark(status: Status) -> &'static str {
    match status {
        Status::Up => "🟢",
        Status::Degraded => "🟡",
        Status::Down => "🔴",
        Status::Maintenance => "🔵",
        Status::Paused => "⏸️",
        Status::Unknown | Status::Inconclusive => "⚪",
    }
}

/// How much a status asks for attention.
fn weight(status: Status) -> u8 {
    match status {
        Status::Down => 4,
        Status::Degraded => 3,
        Status::Inconclusive | Status::Unknown => 2,
        Status::Maintenance | Status::Paused => 1,
        Status::Up => 0,
    }
}

fn statuses(title: Option<&str>, items: &[StatusItem]) -> Vec<Part> {
    let [item] = items else { return many(title, items) };
    let heading = format!("{} {}", mark(item.status), some_within(&item.name, limits::EMBED_TITLE - 4));
    let detail = if item.detail.is_empty() { item.status.as_str().to_owned() } else { marked(&item.detail) };
    let mut detail = pieces(&detail, limits::EMBED_DESCRIPTION).into_iter();
    let embed = Embed {
        title: Some(heading),
        description: detail.next(),
        color: Some(colour(item.status)),
        ..Embed::default()
    };
    let rest = detail.flat_map(|text| pieces(&text, limits::CONTENT)).map(Part::Text);
    headline(title).into_iter().chain([Part::Embed(embed)]).chain(rest).collect()
}

fn many(title: Option<&str>, items: &[StatusItem]) -> Vec<Part> {
    let line = |item: &StatusItem| {
        let name = some_within(&item.name.replace('\n', " "), 100);
        let detail = within(&item.detail.replace('\n', " "), 300);
        format!("{} **{name}** {}", mark(item.status), if detail.is_empty() { item.status.as_str() } else { &detail })
    };
    let lines = items.iter().map(line).collect::<Vec<_>>().join("\n");
    let worst = items.iter().map(|item| item.status).max_by_key(|status| weight(*status));
    let body: Vec<Part> = if UNITS.of(&lines) > LONG {
        let column = |name: &str| Column { name: name.to_owned(), align: Align::Left };
        let row = |item: &StatusItem| vec![item.status.as_str().to_owned(), item.name.clone(), item.detail.clone()];
        let rows: Vec<_> = items.iter().map(row).collect();
        vec![text_file("status.csv", table::csv(&["status", "name", "detail"].map(column), &rows))]
    } else {
        let embed = |description| {
            Part::Embed(Embed { description: Some(description), color: worst.map(colour), ..Embed::default() })
        };
        pieces(&lines, limits::EMBED_DESCRIPTION).into_iter().map(embed).collect()
    };
    headline(title).into_iter().chain(body).collect()
}

fn chart(chart: &Chart) -> Vec<Part> {
    let title = some_within(chart.title(), limits::EMBED_TITLE);
    match chart.png(Theme::Light, CHART_SCALE) {
        Ok(data) if data.len() <= limits::FILE_BYTES => {
            let name = "chart.png".to_owned();
            let image = Some(EmbedImage { url: format!("attachment://{name}") });
            let alt = UNITS.shorten(&chart.alt(), limits::FILE_DESCRIPTION).into_owned();
            let embed = Embed { title: Some(title), image, ..Embed::default() };
            vec![Part::File(File { name, data }, Some(alt), Some(embed))]
        }
        _ => {
            let text = chart.text(TABLE_COLUMNS);
            headline(Some(chart.title())).into_iter().chain(prose(&text, code_block(&text))).collect()
        }
    }
}

fn form(title: &str, fields: &[FormField]) -> Vec<Part> {
    let line = |field: &FormField| {
        let label = field.label.trim();
        let asks = if label.is_empty() || label == title.trim() { String::new() } else { marked(label) };
        let example = field.placeholder.as_deref().map(str::trim).filter(|example| !example.is_empty());
        let example = example.map(|example| format!("for example {}", escape(&UNITS.shorten(example, 100))));
        // What a menu cannot hold can be typed.
        let choices = (field.choices.len() > limits::SELECT_OPTIONS).then(|| escape(&field.choices.join(", ")));
        [asks, example.unwrap_or_default(), choices.unwrap_or_default()]
            .into_iter()
            .filter(|text| !text.is_empty())
            .collect::<Vec<_>>()
    };
    let lines: Vec<String> = fields.iter().flat_map(line).collect();
    let heading = (!title.trim().is_empty()).then(|| format!("**{}**", some_within(title, limits::EMBED_TITLE)));
    let markup = heading.into_iter().chain(lines).collect::<Vec<_>>().join("\n");
    let raw =
        || fields.iter().map(|field| format!("{}\n{}\n", field.label, field.choices.join(", "))).collect::<String>();
    if UNITS.of(&markup) > LONG { prose(&format!("{title}\n{}", raw()), markup) } else { prose(title, markup) }
}

fn attached(name: &str, data: &str) -> Vec<Part> {
    let name = file_name(name);
    match STANDARD.decode(data) {
        Ok(data) if data.len() <= limits::FILE_BYTES => vec![Part::File(File { name, data }, None, None)],
        Ok(data) => {
            let megabytes = data.len() / (1024 * 1024);
            vec![Part::Text(format!(
                "`{name}` has {megabytes} MB, and Discord takes 10 at most. Ask for it in the web chat or the terminal instead."
            ))]
        }
        Err(_) => vec![Part::Text(format!("`{name}` cannot be read, so it is not attached."))],
    }
}

/// A name that Discord leaves as it is: it replaces whatever else is in it.
fn file_name(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' };
    let name: String = UNITS.head(name, 100).chars().map(plain).collect();
    let name = name.trim_matches(['.', '_']);
    if name.is_empty() { "file".to_owned() } else { name.to_owned() }
}
