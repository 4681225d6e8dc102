//! What documents are made of, and that no text of a stranger becomes a part of it.
#![expect(clippy::unwrap_used, reason = "tests")]

mod samples;

use documents::{ReportDocument, report, tables};
use monitor_core::Timestamp;
use monitor_core::audit::{Category, budget};
use monitor_core::http::shorten;
use proptest::prelude::*;
use samples::{HOSTILE, NOW, PIXEL, document, period, with_text};

/// A tag as it stands in a document: its name, and its attributes as they are.
#[derive(Debug)]
struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
    /// The text up to the next tag.
    text: String,
}

impl Tag {
    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The tags of a document, as a browser finds them: each `<` begins one.
fn tags(html: &str) -> Vec<Tag> {
    html.split('<').skip(1).map(tag).collect()
}

fn tag(rest: &str) -> Tag {
    let (mut parts, mut quoted) = (vec![String::new()], false);
    let mut end = rest.len();
    for (at, c) in rest.char_indices() {
        match c {
            '>' if !quoted => {
                end = at + 1;
                break;
            }
            ' ' if !quoted => parts.push(String::new()),
            '"' => quoted = !quoted,
            c => parts.last_mut().unwrap().push(c),
        }
    }
    let attribute = |part: &String| {
        let (name, value) = part.split_once('=').unwrap_or((part.as_str(), ""));
        (name.to_owned(), value.to_owned())
    };
    Tag { name: parts[0].clone(), attributes: parts[1..].iter().map(attribute).collect(), text: rest[end..].to_owned() }
}

/// Names of tags with names of their attributes: what a text must not change.
fn skeleton(html: &str) -> Vec<String> {
    let names = |tag: Tag| tag.attributes.iter().fold(tag.name.clone(), |all, (name, _)| format!("{all} {name}"));
    tags(html).into_iter().map(names).collect()
}

/// Headings, heads of tables and words of pictures, in their order.
fn outline(html: &str) -> String {
    let (mut lines, mut heading) = (Vec::<String>::new(), None::<usize>);
    for tag in tags(html) {
        match tag.name.as_str() {
            "h1" | "h2" | "h3" => {
                heading = Some(lines.len());
                lines.push(format!("{} {}", tag.name, tag.text));
                continue;
            }
            "/h1" | "/h2" | "/h3" => heading = None,
            "th" if tag.attribute("scope") == Some("col") => lines.push(format!("   | {}", tag.text)),
            "svg" | "div" => lines.extend(tag.attribute("aria-label").map(|words| format!("   ({words})"))),
            "img" => lines.extend(tag.attribute("alt").map(|words| format!("   [{words}]"))),
            _ => {}
        }
        if let Some(at) = heading {
            lines[at].push_str(&tag.text);
        }
    }
    lines.join("\n")
}

#[test]
fn an_audit_has_its_chapters_in_order() {
    let mut sample = samples::slow();
    sample.summary.screenshot = Some(PIXEL.to_owned());
    sample.summary.filmstrip.truncate(2);
    insta::assert_snapshot!(outline(&sample.html()));
}

#[test]
fn a_first_audit_without_findings_says_so() {
    let html = samples::empty().html();
    for text in [
        "Nothing could be scored.",
        "No metric could be measured.",
        "There is no picture of the page.",
        "There is no audit made like this one before it.",
        "Nothing would save time or bytes.",
        "No audit failed",
    ] {
        assert!(html.contains(text), "{text}");
    }
    for chapter in ["Budgets", "What changed", "Progressive Web App", "What was transferred", "How the page came up"] {
        assert!(!html.contains(&format!("<h2>{chapter}</h2>")), "{chapter}");
    }
}

#[test]
fn the_cover_says_what_was_not_found_out_and_with_what_it_compares() {
    let mut sample = samples::good();
    sample.budgets = budget::parse("pwa >= 90, seo >= 90").unwrap();
    sample.summary.scores.remove(&Category::Pwa);
    sample.summary.transfer.retain(|part| part.kind == "total");
    sample.summary.transfer[0].requests = 1;
    sample.before = Some(sample.summary.clone());
    let html = sample.html();
    for text in [
        "What could be scored is good. 1 category could not be scored. 1 of 2 budgets kept. 1 budget could not be looked at.",
        "Nothing got worse since audit ",
        " in 1 request.",
    ] {
        assert!(html.contains(text), "{text}");
    }
}

#[test]
fn a_report_has_its_chapters_in_order() {
    let (report_of, alerts) = period();
    let html = report(&document(Some("shop"), &report_of, &alerts), Timestamp::from_millis(NOW), Some("Ada"));
    insta::assert_snapshot!(outline(&html));
}

#[test]
fn headings_skip_no_level_and_columns_have_a_scope() {
    let (report_of, alerts) = period();
    let now = Timestamp::from_millis(NOW);
    let documents = [
        samples::slow().html(),
        samples::many().html(),
        samples::empty().html(),
        report(&document(None, &report_of, &alerts), now, None),
    ];
    for html in documents {
        let mut level = 0;
        for tag in tags(&html) {
            if let Some(next @ 1..=6) = tag.name.strip_prefix('h').and_then(|level| level.parse().ok()) {
                assert!(next <= level + 1, "h{next} after h{level}: {}", tag.text);
                level = next;
            }
            assert!(tag.name != "th" || tag.attribute("scope").is_some(), "{tag:?}");
            assert!(tag.name != "img" || tag.attribute("alt").is_some(), "{tag:?}");
        }
        assert_eq!(html.matches("<h1>").count(), 1);
        assert!(html.starts_with("<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>"));
    }
}

#[test]
fn two_hundred_findings_are_all_named() {
    let html = samples::many().html();
    for at in [0, 100, 199] {
        assert!(html.contains(&format!("Finding {at} of a page")), "{at}");
    }
    assert!(html.contains("and 37 more places"));
}

#[test]
fn what_is_no_picture_is_not_shown() {
    let html = samples::hostile().html();
    assert!(!html.contains("<img"));
    assert!(html.contains("There is no picture of the page."));
    let mut sample = samples::slow();
    sample.summary.screenshot = Some(PIXEL.to_owned());
    let html = sample.html();
    let pictures: Vec<Tag> = tags(&html).into_iter().filter(|tag| tag.name == "img").collect();
    assert!(!pictures.is_empty());
    assert!(pictures.iter().all(|tag| tag.attribute("src").unwrap().starts_with("data:image/jpeg;base64,/9j/")));
}

#[test]
fn nothing_leads_out_of_a_document_or_runs_in_it() {
    let (report_of, alerts) = period();
    let report = report(&document(Some(HOSTILE), &report_of, &alerts), Timestamp::from_millis(NOW), Some(HOSTILE));
    for html in [samples::hostile().html(), samples::slow().html(), report] {
        assert!(
            html.contains("content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:\"")
        );
        for tag in tags(&html) {
            assert!(
                !["script", "a", "link", "iframe", "object", "base", "form"].contains(&tag.name.as_str()),
                "{tag:?}"
            );
            assert!(tag.attributes.iter().all(|(name, _)| !name.starts_with("on") && name != "href"), "{tag:?}");
        }
        assert!(!html.contains(['\u{0}', '\u{1b}', '\u{202e}']));
    }
}

/// Texts that look like markup, and any others.
fn texts() -> impl Strategy<Value = String> {
    let pieces = [
        "<", ">", "\"", "'", "&", "=", " ", "-->", "<!--", "</style>", "</title>", "<script>", "}", "\\", "\u{202e}",
        "\u{0}", "名", "x",
    ];
    let markup =
        proptest::collection::vec(proptest::sample::select(pieces.to_vec()), 1..12).prop_map(|pieces| pieces.concat());
    prop_oneof![markup, any::<String>().prop_filter("something", |text| !text.is_empty())]
}

/// The longest that a text may be and still be shown as a whole everywhere but in headings.
const SHOWN: usize = 60;

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn no_text_changes_the_structure_of_an_audit(text in texts()) {
        prop_assert_eq!(skeleton(&with_text(&text).html()), skeleton(&with_text("harmless").html()));
    }

    #[test]
    fn no_text_changes_the_structure_of_a_report(text in texts()) {
        let text = shorten(&text, SHOWN);
        prop_assert_eq!(skeleton(&report_saying(&text)), skeleton(&report_saying("harmless")));
    }

    #[test]
    fn tables_have_as_many_cells_in_every_row_whatever_is_in_them(text in texts()) {
        let (report_of, mut alerts) = period();
        alerts.iter_mut().for_each(|alert| alert.message.clone_from(&text));
        for (name, table) in tables(&document(Some(&text), &report_of, &alerts)) {
            let rows = parsed(&table);
            prop_assert!(rows.len() > 1 && rows.iter().all(|row| row.len() == rows[0].len()), "{}: {:?}", name, rows);
            for cell in rows.iter().flatten() {
                prop_assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']), "{:?}", cell);
            }
        }
    }
}

fn report_saying(text: &str) -> String {
    let (report_of, mut alerts) = period();
    alerts.iter_mut().for_each(|alert| alert.message = text.to_owned());
    let said: ReportDocument<'_> =
        ReportDocument { target: Some(text.to_owned()), ..document(Some(text), &report_of, &alerts) };
    report(&said, Timestamp::from_millis(NOW), Some(text))
}

/// Reads comma-separated values as RFC 4180 says.
fn parsed(table: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = table.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted && chars.peek() == Some(&'\n') => {
                chars.next();
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            c => cell.push(c),
        }
    }
    assert!(row.is_empty() && cell.is_empty() && !quoted, "the last line does not end");
    rows
}

#[test]
fn tables_hold_the_figures() {
    let (report_of, alerts) = period();
    let tables = tables(&document(Some("shop"), &report_of, &alerts));
    let heads: Vec<String> = tables
        .iter()
        .map(|(name, table)| format!("{name}: {} rows of {}", parsed(table).len() - 1, table.lines().next().unwrap()))
        .collect();
    insta::assert_snapshot!(heads.join("\n"), @r"
    figures: 25 rows of figure,value,unit
    days: 31 rows of day,checks,bytes
    incidents: 4 rows of monitor,opened_at,resolved_at,resolution,reason,message
    ");
    let figures = &tables[0].1;
    for line in ["monitor,shop,\r\n", "checks,2880,\r\n", "checks failed,8,\r\n", "incidents,4,\r\n"] {
        assert!(figures.contains(line), "{line:?} in {figures}");
    }
}
