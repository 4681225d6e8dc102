use proptest::prelude::*;
use unicode_segmentation::UnicodeSegmentation as _;

use super::*;

const ALL: [Units; 3] = [Units::Chars, Units::Utf16, Units::Bytes];

#[test]
fn what_fits_is_one_message() {
    assert_eq!(split("status: `up`\n```\nx\n```", 40, Units::Chars), ["status: `up`\n```\nx\n```"]);
    assert_eq!(split("", 40, Units::Chars), Vec::<String>::new());
    assert_eq!(split(" \n\n ", 40, Units::Chars), Vec::<String>::new());
}

#[test]
fn lines_stay_whole_where_they_can() {
    let text = "the first line of them\nthe second line\nthe third line, which is longer";
    assert_eq!(
        split(text, 40, Units::Chars),
        ["the first line of them\nthe second line", "the third line, which is longer"]
    );
    let text = "words that go on and on without any end of a line in between";
    assert_eq!(split(text, 40, Units::Chars), ["words that go on and on without any end ", "of a line in between"]);
    assert_eq!(split(&"x".repeat(90), 40, Units::Chars), ["x".repeat(40), "x".repeat(40), "x".repeat(10)]);
}

#[test]
fn a_code_block_is_closed_and_opened_again() {
    let text = "before\n```json\n{\"a\": 1234567890}\n{\"b\": 1234567890}\n```\nafter";
    insta::assert_snapshot!(split(text, 48, Units::Chars).join("\n=====\n"), @r#"
    before
    ```json
    {"a": 1234567890}
    ```
    =====
    ```json
    {"b": 1234567890}
    ```
    after
    "#);
    assert_eq!(split("```\nnever closed", 40, Units::Chars), ["```\nnever closed\n```"]);
}

#[test]
fn a_code_span_and_an_entity_are_never_cut() {
    let text = "say this now please `add-monitor https://x.example` at once &amp;&lt;";
    let messages = split(text, 64, Units::Chars);
    assert_eq!(messages, ["say this now please `add-monitor https://x.example` at once ", "&amp;&lt;"]);
    for limit in LEAST..80 {
        for message in split(&"&amp;`a b`".repeat(50), limit, Units::Chars) {
            assert_eq!(message.replace("&amp;", "").replace("`a b`", ""), "", "{limit}");
        }
    }
}

#[test]
fn a_character_longer_than_a_message_is_cut_all_the_same() {
    let zalgo = format!("e{}", "\u{301}".repeat(1_000));
    let messages = split(&zalgo, 100, Units::Chars);
    assert_eq!(messages.concat(), zalgo);
    assert!(messages.iter().all(|message| Units::Chars.of(message) <= 100));
}

#[test]
fn any_length_of_anything_is_split_in_one_go() {
    for part in [
        "`",
        "``a`",
        "&",
        "&amp",
        "e\u{301}",
        "\u{301}",
        "🇩🇪",
        "👩\u{200d}",
        "```",
        "```a\n",
        " ",
        "\n",
        "\u{600}",
        "`\n``",
    ] {
        let text = part.repeat(200_000 / part.len());
        let messages = split(&text, 4_096, Units::Utf16);
        assert!(messages.iter().all(|message| Units::Utf16.of(message) <= 4_096), "{part:?}");
    }
}

/// Pieces of text that make trouble.
fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("```".to_owned()),
        Just("```rust\n".to_owned()),
        Just("````".to_owned()),
        Just("`".to_owned()),
        Just("``".to_owned()),
        Just("`code span`".to_owned()),
        Just("&amp;".to_owned()),
        Just("&#39;".to_owned()),
        Just("&".to_owned()),
        Just("\n".to_owned()),
        Just("\r\n".to_owned()),
        Just(" ".to_owned()),
        Just("👩\u{200d}👩\u{200d}👧".to_owned()),
        Just("🇩🇪".to_owned()),
        Just("e\u{301}\u{302}".to_owned()),
        Just("\u{600}".to_owned()),
        Just("שלום".to_owned()),
        "[a-z]{1,30}",
        r"\PC{1,5}",
        Just("\u{301}".repeat(120)),
    ];
    prop::collection::vec(part, 0..80).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn nothing_is_lost_and_every_limit_held(text in text(), limit in LEAST..200) {
        for units in ALL {
            let pieces = pieces(&text, limit, units);
            prop_assert_eq!(pieces.iter().map(|piece| piece.text).collect::<String>(), text.as_str());
            for message in split(&text, limit, units) {
                prop_assert!(units.of(&message) <= limit, "{} > {limit}: {message:?}", units.of(&message));
            }
            let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace() && *c != '`').collect::<String>();
            if !text.contains("```rust") {
                prop_assert_eq!(letters(&split(&text, limit, units).concat()), letters(&text));
            }
        }
    }

    #[test]
    fn every_message_closes_the_blocks_it_opens(text in text(), limit in LEAST..200) {
        for message in split(&text, limit, Units::Chars) {
            prop_assert_eq!(message.matches("```").count() % 2, 0, "{:?}", message);
        }
    }

    #[test]
    fn nothing_is_cut_that_belongs_together(text in text(), limit in 120_usize..300) {
        let pieces = pieces(&text, limit, Units::Chars);
        let mut cuts = Vec::new();
        for piece in &pieces {
            cuts.push(cuts.last().copied().unwrap_or(0) + piece.text.len());
        }
        let mut ends: Vec<(usize, usize)> = text.grapheme_indices(true).map(|(at, one)| (at, at + one.len())).collect();
        // What is longer than a message by itself has to be cut.
        ends.retain(|(start, end)| text[*start..*end].chars().count() < 60);
        for cut in cuts {
            prop_assert!(!ends.iter().any(|(start, end)| *start < cut && cut < *end), "a character is cut at {cut}");
            for whole in ["&amp;", "&#39;", "`code span`"] {
                let cut_within = (1..whole.len().min(cut)).any(|at| text.get(cut - at..).is_some_and(|rest| rest.starts_with(whole)));
                // A backtick before it may have made it something else.
                prop_assert!(!cut_within || whole.starts_with('`'), "{whole} is cut");
            }
        }
    }
}
