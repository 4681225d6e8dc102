use bot_core::Reply;
use bot_core::reply::{Action, ActionStyle, Align, Block, Column, Field, FormField, FormKind, StatusItem};
use charts::{Bar, BarChart, Chart, LineChart, Point, Series, Span, State, TimelineChart, Unit};
use monitor_core::health::Status;
use proptest::prelude::*;
use proptest::sample::select;

/// What every place of a marker is until all of a reply is there.
const PLACE: &str = "\u{f8ff}";

/// Replies of any size and of any characters: empty and huge, emoji and accents in heaps, text from right to left, markup and
/// mentions of every platform, tables of a thousand rows, words without end, many buttons.
///
/// All that is not empty has markers in it, words of plain letters and digits that stand nowhere else. [`essence`] says which
/// of them have to be found in what was rendered.
pub fn reply() -> impl Strategy<Value = Reply> {
    let blocks = prop::collection::vec(block(), 0..6);
    let actions = prop_oneof![4 => Just(0), 4 => 1_usize..6, 1 => 6_usize..60];
    let actions = actions.prop_flat_map(|count| prop::collection::vec(action(), count));
    (blocks, actions, any::<bool>(), any::<bool>()).prop_map(|(blocks, actions, ok, sensitive)| {
        let mut reply = Reply { ok, blocks, actions, sensitive, ..Reply::text("") };
        mark(&mut reply);
        reply
    })
}

/// The markers that have to be found, whole, in what a [`reply`] was rendered to: messages, files that go with them, what stands
/// in their forms, and what pictures are described by. Of what a platform can only show shortened, such as titles, names and
/// labels, that is how it begins; of texts, code, values and cells it is all. Buttons are not among them, for whatever they do
/// can be typed as well.
#[must_use]
pub fn essence(reply: &Reply) -> Vec<String> {
    let mut found = Vec::new();
    for block in &reply.blocks {
        match block {
            Block::Text { text } | Block::Code { text } => found.extend(markers(text)),
            Block::Fields { title, fields } => {
                found.extend(title.iter().flat_map(|title| beginning(title)));
                for field in fields {
                    found.extend(beginning(&field.name));
                    found.extend(markers(&field.value));
                }
            }
            Block::Table { title, columns, rows } => {
                found.extend(title.iter().flat_map(|title| beginning(title)));
                found.extend(columns.iter().flat_map(|column| beginning(&column.name)));
                found.extend(rows.iter().flatten().flat_map(|cell| markers(cell)));
            }
            Block::StatusList { title, items } => {
                found.extend(title.iter().flat_map(|title| beginning(title)));
                found.extend(items.iter().flat_map(|item| beginning(&item.name).chain(beginning(&item.detail))));
            }
            Block::Chart { chart } => found.extend(beginning(chart.title())),
            Block::Form { title, fields, .. } => {
                found.extend(beginning(title));
                found.extend(fields.iter().flat_map(|field| beginning(&field.label)));
            }
            Block::File { name, .. } => found.extend(beginning(name)),
        }
    }
    found
}

/// All markers of a text.
fn markers(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| is_marker(word)).map(str::to_owned)
}

/// The marker that a text begins with.
fn beginning(text: &str) -> impl Iterator<Item = String> {
    markers(text).take(1)
}

fn is_marker(word: &str) -> bool {
    word.strip_prefix("zq").and_then(|rest| rest.strip_suffix('x')).is_some_and(|number| number.parse::<u32>().is_ok())
}

/// Gives every marker its number.
fn mark(reply: &mut Reply) {
    let mut next = 0;
    let mut number = |text: &mut String| {
        while text.contains(PLACE) {
            *text = text.replacen(PLACE, &format!("zq{next}x"), 1);
            next += 1;
        }
    };
    for block in &mut reply.blocks {
        match block {
            Block::Text { text } | Block::Code { text } => number(text),
            Block::Fields { title, fields } => {
                title.iter_mut().for_each(&mut number);
                fields.iter_mut().flat_map(|field| [&mut field.name, &mut field.value]).for_each(&mut number);
            }
            Block::Table { title, columns, rows } => {
                title.iter_mut().for_each(&mut number);
                columns.iter_mut().map(|column| &mut column.name).for_each(&mut number);
                rows.iter_mut().flatten().for_each(&mut number);
            }
            Block::StatusList { title, items } => {
                title.iter_mut().for_each(&mut number);
                items.iter_mut().flat_map(|item| [&mut item.name, &mut item.detail]).for_each(&mut number);
            }
            Block::Chart { chart } => number(match chart {
                Chart::Line(chart) => &mut chart.title,
                Chart::Bars(chart) => &mut chart.title,
                Chart::Timeline(chart) => &mut chart.title,
            }),
            Block::Form { title, fields, .. } => {
                number(title);
                fields.iter_mut().map(|field| &mut field.label).for_each(&mut number);
            }
            Block::File { name, .. } => number(name),
        }
    }
}

/// What means something to some platform, or is hard to count.
const NASTY: &[&str] = &[
    "@everyone",
    "@here",
    "<@1100>",
    "<@&99>",
    "<#42>",
    "<!channel>",
    "<!here>",
    "<@U0BOT>",
    "<https://x.example|y>",
    "[here](https://x.example)",
    "https://x.example/?a=1&b=2",
    "discord.gg/abc",
    "<b>bold</b>",
    "<script>",
    "</pre>",
    "&amp;",
    "&lt;!channel&gt;",
    "&",
    "<",
    ">",
    "```",
    "```sh\n",
    "`",
    "``",
    "`code`",
    "`a`b`",
    "*",
    "**x**",
    "_y_",
    "__z__",
    "~~w~~",
    "||v||",
    "# big",
    "> quoted",
    "- item",
    "1. one",
    "\\",
    "\\`",
    "{}[]()+-=|!.#",
    ":smile:",
    "👩\u{200d}👩\u{200d}👧\u{200d}👦",
    "🏳\u{fe0f}\u{200d}🌈",
    "🇩🇪🇫🇷",
    "👍🏽",
    "e\u{301}\u{302}\u{303}",
    "Z\u{330}\u{334}\u{353}\u{307}",
    "שלום עולם",
    "مرحبا",
    "\u{202e}reversed\u{202c}",
    "\u{200b}",
    "\u{feff}",
    "\u{0}",
    "\u{7}",
    "\u{1b}[31m",
    "\t",
    "\r\n",
    "\n",
    "\n\n\n",
    "ﷺ",
    "𝕏𝕐ℤ",
    "漢字かな",
    "ᄒ\u{1161}\u{11ab}",
    "\u{600}",
    "\u{2028}",
    "\"",
    "'",
    "$(x)",
    "%s%n",
];

/// A text within a line, or of several, of any length.
fn text() -> BoxedStrategy<String> {
    let nasty = || prop::collection::vec(select(NASTY), 1..12);
    prop_oneof![
        1 => Just(String::new()),
        6 => Just(format!("{PLACE} is plain")),
        6 => nasty().prop_map(|parts| format!("{PLACE} {} {PLACE}", parts.join(" "))),
        4 => nasty().prop_map(|parts| format!("{PLACE} {} {PLACE}", parts.concat())),
        2 => (nasty(), 1_usize..120).prop_map(|(parts, times)| {
            format!("{PLACE} {} {PLACE} {PLACE}", format!("{} ", parts.concat()).repeat(times))
        }),
        1 => (1_usize..9_000).prop_map(|long| format!("{PLACE} {} {PLACE}", "w".repeat(long))),
        1 => (1_usize..400).prop_map(|lines| format!("a line with {PLACE} in it\n").repeat(lines)),
        1 => (1_usize..3_000).prop_map(|marks| format!("{PLACE} e{} {PLACE}", "\u{301}".repeat(marks))),
        1 => Just(format!("{PLACE} {} {PLACE}", "👩\u{200d}👩\u{200d}👧".repeat(300))),
    ]
    .boxed()
}

/// A short text, now and then a long one.
fn label() -> BoxedStrategy<String> {
    prop_oneof![8 => Just(format!("{PLACE} name")), 2 => text()].boxed()
}

fn block() -> impl Strategy<Value = Block> {
    let title = || prop::option::of(label());
    let field = (label(), text()).prop_map(|(name, value)| Field { name, value });
    let fields = prop_oneof![8 => 0_usize..8, 1 => 8_usize..60];
    let fields = fields.prop_flat_map(move |count| prop::collection::vec(field.clone(), count));
    let item = (select(Status::ALL.as_slice()), label(), text());
    let item = item.prop_map(|(status, name, detail)| StatusItem { status, name, detail });
    prop_oneof![
        6 => text().prop_map(|text| Block::Text { text }),
        3 => (title(), fields).prop_map(|(title, fields)| Block::Fields { title, fields }),
        3 => table(),
        3 => (title(), prop::collection::vec(item, 0..30)).prop_map(|(title, items)| Block::StatusList { title, items }),
        1 => chart().prop_map(|chart| Block::Chart { chart }),
        2 => text().prop_map(|text| Block::Code { text }),
        1 => (label(), "[0-9a-f]{16}", prop::collection::vec(form_field(), 0..8))
            .prop_map(|(title, token, fields)| Block::Form { title, token, fields }),
        1 => (label(), select(&["image/png", "text/csv", "application/pdf", "a/b\nc"][..]), select(&["", "AA==", "aGVsbG8gd29ybGQ="][..]))
            .prop_map(|(name, media_type, data)| Block::File { name, media_type: media_type.to_owned(), data: data.to_owned() }),
    ]
}

fn table() -> impl Strategy<Value = Block> {
    let column = (label(), select(&[Align::Left, Align::Right][..])).prop_map(|(name, align)| Column { name, align });
    let narrow = || prop_oneof![3 => Just(PLACE.to_owned()), 1 => Just("-".to_owned())];
    let size = prop_oneof![6 => (0_usize..6, 0_usize..12), 1 => (1_usize..4, 1_000_usize..1_001), 1 => (30_usize..40, 1_usize..4)];
    (prop::option::of(label()), size, any::<bool>()).prop_flat_map(move |(title, (columns, rows), wide)| {
        let cell = if wide && rows < 12 { text().boxed() } else { narrow().boxed() };
        let rows = prop::collection::vec(prop::collection::vec(cell, columns), rows);
        (Just(title), prop::collection::vec(column.clone(), columns), rows)
            .prop_map(|(title, columns, rows)| Block::Table { title, columns, rows })
    })
}

fn chart() -> impl Strategy<Value = Chart> {
    let unit = select(&[Unit::Milliseconds, Unit::Bytes, Unit::Count, Unit::Percent][..]);
    let value = prop::option::of(prop_oneof![0.0..1e6, Just(f64::NAN), Just(f64::INFINITY), Just(-1.0), Just(1e300)]);
    let points = prop::collection::vec((any::<i32>(), value.clone()), 0..20);
    let bars = prop::collection::vec((text(), value), 0..5);
    let spans = prop::collection::vec(
        (any::<i32>(), any::<i32>(), select(&[State::Up, State::Down, State::Unknown][..])),
        0..9,
    );
    (label(), unit, points, bars, spans, 0..3).prop_map(|(title, unit, points, bars, spans, which)| match which {
        0 => {
            let points = points.into_iter().map(|(at, value)| Point { at_ms: at.into(), value }).collect();
            let series = vec![Series { name: "time".to_owned(), points }];
            Chart::Line(LineChart { title, unit, start_ms: 0, end_ms: 86_400_000, series })
        }
        1 => {
            let bar = |(label, value): (String, _)| Bar { label: label.replace(PLACE, ""), value, detail: None };
            Chart::Bars(BarChart { title, unit, bars: bars.into_iter().map(bar).collect() })
        }
        _ => {
            let span = |(start, end, state)| Span { start_ms: i64::from(start), end_ms: i64::from(end), state };
            let spans = spans.into_iter().map(span).collect();
            Chart::Timeline(TimelineChart { title, start_ms: 0, end_ms: 86_400_000, spans })
        }
    })
}

fn form_field() -> impl Strategy<Value = FormField> {
    let kind = select(&[FormKind::Text, FormKind::Choice, FormKind::Confirm][..]);
    let choices = prop_oneof![3 => Just(0), 2 => 1_usize..6, 1 => 90_usize..130];
    let name = select(&["url", "interval", "monitor", "a-very-long-name-of-an-argument-that-nobody-would-declare"][..]);
    (name, label(), kind, any::<bool>(), prop::option::of(text()), choices).prop_map(
        |(name, label, kind, required, placeholder, choices)| FormField {
            name: name.to_owned(),
            label,
            kind,
            required,
            placeholder: placeholder.map(|text| text.replace(PLACE, "")),
            choices: (0..choices).map(|number| format!("choice {number} @everyone")).collect(),
            secret: false,
        },
    )
}

fn action() -> impl Strategy<Value = Action> {
    let style = select(&[ActionStyle::Primary, ActionStyle::Danger, ActionStyle::Default][..]);
    // Without a q, for else one in some thousand replies has what looks like a marker in a token.
    (text(), "[A-Za-pr-z0-9_.-]{40,48}", style).prop_map(|(label, token, style)| Action {
        label: label.replace(PLACE, ""),
        token,
        style,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use bot_core::TextStyle;

    use super::*;

    proptest! {
        #[test]
        fn every_marker_is_there_once(reply in reply()) {
            let markers = essence(&reply);
            let all: HashSet<&String> = markers.iter().collect();
            prop_assert_eq!(all.len(), markers.len());
            let json = serde_json::to_string(&reply).unwrap();
            let mut counts = HashMap::<u32, usize>::new();
            let numbers = json.split("zq").skip(1).filter_map(|rest| rest.split_once('x')?.0.parse().ok());
            numbers.for_each(|number| *counts.entry(number).or_default() += 1);
            for marker in &markers {
                let number = marker["zq".len()..marker.len() - 1].parse().unwrap();
                prop_assert_eq!(counts.get(&number), Some(&1), "{}", marker);
            }
            prop_assert!(!json.contains(PLACE));
        }
    }

    #[test]
    fn a_block_that_is_lost_is_noticed() {
        let mut reply = Reply::of(vec![Block::text(PLACE), Block::fields(PLACE, vec![Field::new(PLACE, PLACE)])]);
        mark(&mut reply);
        assert_eq!(essence(&reply), ["zq0x", "zq1x", "zq2x", "zq3x"]);
        let text = reply.to_text(TextStyle::PLAIN);
        assert!(essence(&reply).iter().all(|marker| text.contains(marker)), "{text}");
        reply.blocks.remove(1);
        assert!(!reply.to_text(TextStyle::PLAIN).contains("zq3x"));
    }
}
