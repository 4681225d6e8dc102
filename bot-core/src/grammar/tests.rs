use super::*;
use crate::commands;
use proptest::prelude::*;

fn words(text: &str) -> Vec<String> {
    tokenize(text).unwrap().into_iter().map(|token| token.text).collect()
}

/// What a message was understood as: the command and what it was given, or what is wrong.
fn understood(text: &str) -> String {
    let (command, tokens) = match Line::read(text) {
        Err(error) => return error.to_string(),
        Ok(Line::Empty) => return "nothing".to_owned(),
        Ok(Line::Other(word, _)) => return format!("no command: {word}"),
        Ok(Line::Address(tokens)) => (&commands::add_monitor::COMMAND, tokens),
        Ok(Line::Command(command, tokens)) => (command, tokens),
    };
    match parse(command.arguments, &tokens, &Given::default()) {
        Err(error) => error.to_string(),
        Ok(given) => {
            let json = serde_json::to_string(&given).unwrap();
            let pairs: Vec<(String, Option<String>)> = serde_json::from_str(&json).unwrap();
            let pair =
                |(name, value): (String, Option<String>)| format!(" {name}={}", value.as_deref().unwrap_or("(none)"));
            format!("{}{}", command.name, pairs.into_iter().map(pair).collect::<String>())
        }
    }
}

#[test]
fn quotes_of_every_kind_hold_words_together_and_apostrophes_do_no_harm() {
    for (text, expected) in [
        ("a b  c", vec!["a", "b", "c"]),
        (r#"contains "two words" x"#, vec!["contains", "two words", "x"]),
        ("contains 'two words'", vec!["contains", "two words"]),
        ("contains “two words”", vec!["contains", "two words"]),
        ("contains „two words“", vec!["contains", "two words"]),
        ("contains ‘two words’", vec!["contains", "two words"]),
        ("contains «two words»", vec!["contains", "two words"]),
        ("contains `two words`", vec!["contains", "two words"]),
        ("don't can’t rock'n'roll", vec!["don't", "can’t", "rock'n'roll"]),
        ("'it's fine' ‘it’s fine’", vec!["it's fine", "it’s fine"]),
        (r#""say \"hi\"" "a\\b" "^v\d+$""#, vec![r#"say "hi""#, r"a\b", r"^v\d+$"]),
        (r#"'a\'b c' '{"n":"x\ny"}'"#, vec!["a'b c", r#"{"n":"x\ny"}"#]),
        (r#"header:"X-Key: abc" --body='{"a": 1}'"#, vec!["header:X-Key: abc", r#"--body={"a": 1}"#]),
        (r#"oauth2:"https://id.example a:b" --sigv4='k s'"#, vec!["oauth2:https://id.example a:b", "--sigv4=k s"]),
        (r#"https://x.example/?q="a a:"b"#, vec![r#"https://x.example/?q="a"#, "a:b"]),
        (r"back\slash C:\x", vec![r"back\slash", r"C:\x"]),
        ("\"\" ''", vec!["", ""]),
        ("\u{feff}status\u{200b}\u{a0}now", vec!["status", "now"]),
    ] {
        let text = if text.ends_with("a:\"b") { format!("{text}\"") } else { text.to_owned() };
        assert_eq!(words(&text), expected, "{text}");
    }
}

#[test]
fn only_quotes_around_all_of_a_text_are_left_out() {
    for (text, expected) in [
        (r#""two words""#, "two words"),
        (r#""say \"hi\"""#, r#"say "hi""#),
        ("'it's fine'", "it's fine"),
        ("„two words“", "two words"),
        ("\"\"", ""),
        (r#""hun"ter2"#, r#""hun"ter2"#),
        (r#""a","b""#, r#""a","b""#),
        (r#""a" and "b""#, r#""a" and "b""#),
        ("\"never closed", "\"never closed"),
        ("plain", "plain"),
        ("", ""),
    ] {
        assert_eq!(unquoted(text), expected, "{text}");
    }
}

#[test]
fn a_quote_that_is_never_closed_is_shown() {
    assert_eq!(
        understood("add-monitor x contains \"all systems"),
        "A quote is opened before “all systems” and never closed; put a \" where it ends."
    );
    assert_eq!(understood("status ‘now"), "A quote is opened before “now” and never closed; put a ’ where it ends.");
}

#[test]
fn words_flags_and_pairs_say_the_same() {
    let expected = "add-monitor url=https://shop.example interval=30s name=shop expect=200,301";
    for text in [
        "add-monitor https://shop.example every 30s name shop expect 200,301",
        "add-monitor https://shop.example --interval 30s --name shop --expect 200,301",
        "add-monitor https://shop.example --interval=30s --name=shop --expect=200,301",
        "add-monitor https://shop.example —interval 30s —name=shop –expect 200,301",
        "add-monitor url:https://shop.example interval:30s name:shop expect:200,301",
        "add-monitor url: https://shop.example interval: 30s name: 'shop' expect: \"200,301\"",
        "add-monitor url=https://shop.example interval=30s name=shop expect=200,301",
        "add-monitor --url \"https://shop.example\" EVERY 30s Name:shop --status=200,301",
        "/add_monitor https://shop.example every 30s name shop expect 200,301",
        "!ADD-MONITOR https://shop.example every 30s name shop expect 200,301",
        "@watchword add-monitor https://shop.example every 30s name shop expect 200,301",
        "Watchword, add monitor https://shop.example every 30s name shop expect 200,301",
        "/watchword add https://shop.example every 30s name shop expect 200,301",
        "/add_monitor@watchword_bot https://shop.example every 30s name shop expect 200,301",
        "https://shop.example every 30s name shop expect 200,301",
    ] {
        assert_eq!(understood(text), expected, "{text}");
    }
}

#[test]
fn everything_that_a_check_can_have_can_be_said() {
    let text = "add-monitor shop.example:8443/x contains ok contains 'two words' matches \"^v\\d\" json $.status=ok \
                header X-A: 1 secret-header \"X-Key: abc\" bearer T0K3N method post body '{\"a\":1}' redirects no retries 2 \
                confirm 2/3 recover 2 slow 800ms timeout 5s --yes";
    insta::assert_snapshot!(understood(text), @r#"
    add-monitor url=shop.example:8443/x contains=ok contains=two words matches=^v\d json=$.status=ok header=X-A: 1 secret-header=X-Key: abc bearer=T0K3N method=post body={"a":1} redirects=no retries=2 confirm=2/3 recover=2 slow=800ms timeout=5s yes=yes
    "#);
}

#[test]
fn none_takes_away_unless_it_is_quoted() {
    assert_eq!(
        understood("edit-monitor shop slow none contains none bearer:none"),
        "edit-monitor monitor=shop slow=(none) contains=(none) bearer=(none)"
    );
    assert_eq!(understood("edit-monitor shop contains \"none\""), "edit-monitor monitor=shop contains=none");
    assert_eq!(understood("edit-monitor none slow none"), "edit-monitor monitor=none slow=(none)");
    assert_eq!(understood("edit-monitor shop redirects none"), "edit-monitor monitor=shop redirects=none");
    assert_eq!(
        understood("edit-monitor shop every none"),
        "`every` cannot be none; give it a value, like `every 30s`."
    );
}

#[test]
fn durations_are_read_as_they_are_spoken() {
    for (said, read) in [
        ("every 2 minutes", "2 minutes"),
        ("every 2m", "2m"),
        ("every minute", "minute"),
        ("every hour", "hour"),
        ("interval:30 s", "30 s"),
        ("--interval 1.5 h", "1.5 h"),
    ] {
        assert_eq!(
            understood(&format!("edit-monitor shop {said} retries 1")),
            format!("edit-monitor monitor=shop interval={read} retries=1")
        );
    }
    assert_eq!(understood("edit-monitor shop every 30 retries 1"), "edit-monitor monitor=shop interval=30 retries=1");
    assert_eq!(understood("show-report shop last 7 days"), "show-report monitor=shop period=7 days");
    assert_eq!(understood("show-report 7 days shop"), "show-report period=7 days monitor=shop");
}

#[test]
fn what_is_named_after_without_is_taken_away() {
    assert_eq!(
        understood("edit-monitor shop without contains remove header WITHOUT redirects"),
        "edit-monitor monitor=shop contains=(none) header=(none) redirects=none"
    );
    assert_eq!(
        understood("edit-monitor shop without every"),
        "`every` cannot be none; give it a value, like `every 30s`."
    );
    assert_eq!(understood("edit-monitor shop contains without"), "edit-monitor monitor=shop contains=without");
}

#[test]
fn words_that_say_something_else_cannot_be_names() {
    for word in [
        "yes",
        "No",
        "ok",
        "all",
        "none",
        "7d",
        "2w",
        "1m",
        "week",
        "today",
        "open",
        "DOWN",
        "paused",
        "every",
        "url",
        "contains",
        "secret_header",
        "as",
        "status",
        "rm",
        "show-report",
        "report",
        "now",
        "for",
        "without",
    ] {
        assert!(is_reserved(word), "{word}");
        assert!(Kind::Name.check(word).unwrap_err().why.contains(&format!("`shop-{word}`")), "{word}");
        assert_eq!(Kind::Name.check(&format!("shop-{word}")), Ok(()));
    }
    for name in [
        "shop",
        "blog.example",
        "api",
        "7",
        "7-days",
        "yes-shop",
        "shop-add",
        "web",
        "downtown",
        "discord",
        "admin",
        "weekly",
        "smtp",
        "imap",
        "a",
        "png",
    ] {
        assert!(!is_reserved(name), "{name}");
    }
}

#[test]
fn values_find_their_argument_by_what_they_are() {
    assert_eq!(understood("show-report 7d"), "show-report period=7d");
    assert_eq!(understood("show-report shop 2w"), "show-report monitor=shop period=2w");
    assert_eq!(understood("show-report for shop"), "show-report monitor=shop");
    assert_eq!(understood("show-report shop for 7d"), "show-report monitor=shop period=7d");
    assert_eq!(understood("show-report 7d 90d"), "show-report period=7d monitor=90d");
    assert_eq!(
        understood("show-report from 2026-03-01 14:00 to 2026-03-08 as png"),
        "show-report from=2026-03-01 14:00 to=2026-03-08 as=png"
    );
    assert_eq!(understood("list-monitors DOWN shop page 2"), "list-monitors status=DOWN text=shop page=2");
    assert_eq!(understood("help add monitor"), "help command=add monitor");
}

#[test]
fn what_is_not_understood_is_named_with_what_was_probably_meant() {
    for (text, expected) in [
        ("add-monitor https://x.example evry 30s", "I don't know what to do with “evry” here; did you mean `every`?"),
        ("add-monitor evry 30s", "I don't know what to do with “evry” here; did you mean `every`?"),
        (
            "add-monitor https://x.example --intervall 30s",
            "I don't know the option `--intervall`; did you mean `--interval`?",
        ),
        ("add-monitor https://x.example --frobnicate=1", "I don't know the option `--frobnicate`."),
        (
            "add-monitor https://x.example qqq",
            "I don't know what to do with “qqq” here. Put quotes around text that has spaces.",
        ),
        (
            "add-monitor not_a url",
            "`url`: `not_a` is not an address I can watch; write it like https://shop.example/health.",
        ),
        (
            "add-monitor 'ht!tp//x y'",
            "`url`: `ht!tp//x y` is not an address I can watch; write it like https://shop.example/health.",
        ),
        ("add-monitor https://x.example every", "`every` needs a value, like `every 30s`."),
        (
            "add-monitor https://x.example every soon",
            "`every`: `soon` is not a duration; write it like 30s, 5m, 1h30m or 500ms.",
        ),
        ("add-monitor https://x.example every 30s interval:5s", "`every` is given twice; once is enough."),
        (
            "add-monitor ftp://x.example",
            "`url`: I cannot watch `ftp:` addresses; use one like https://, tcp:// or dns://.",
        ),
        ("add-monitor https://x.example retries 9", "`retries`: `9` is not a number from 0 to 5."),
        ("add-monitor https://x.example confirm 3/2", "`confirm`: `3/2` is not a share; write n of m checks like 2/3."),
        (
            "add-monitor https://x.example redirects 99",
            "`redirects`: `99` is not a number of redirects; use `no` or 0 to 20.",
        ),
        (
            "add-monitor https://x.example name 'two words'",
            "`name`: `two words` cannot be a name; use 1 to 60 letters, digits, dots, dashes or underscores.",
        ),
        ("show-report shop as gif", "`as`: `gif` is not one of chart, pdf, csv, png, svg, json."),
        (
            "show-report from yesterday",
            "`from`: `yesterday` is not a day or a time; write it like 2026-03-01 or 2026-03-01T14:00 (UTC).",
        ),
        ("show-report period 7", "`period`: `7` is not a period; write it like 1h, 24h, 7d, 2w, today or yesterday."),
        ("pause-monitor shop blog", "I take one monitor at a time; say it again for “blog”."),
        ("delete-monitor shop blog", "I take one monitor at a time; say it again for “blog”."),
        ("show-report 3m", "`period`: a report covers 5 minutes to 10 years, not 3 min."),
    ] {
        assert_eq!(understood(text), expected, "{text}");
    }
}

#[test]
fn what_can_be_repeated_cannot_be_repeated_for_ever() {
    let patterns = r"matches '\w{20}' ".repeat(400);
    assert_eq!(
        understood(&format!("edit-monitor shop {patterns}")),
        "`matches` is given more than 32 times, which is the most."
    );
}

#[test]
fn secrets_are_not_repeated_in_messages() {
    for text in [
        "add-monitor x.example basic hunter2",
        "add-monitor x.example secret-header hunter2",
        "add-monitor x.example bearer hunter2 bearer hunter2",
    ] {
        let said = understood(text);
        assert!(!said.contains("hunter2"), "{said}");
    }
    let Ok(Line::Command(command, tokens)) = Line::read("add-monitor x.example bearer hunter2") else { panic!() };
    assert!(!format!("{:?}", parse(command.arguments, &tokens, &Given::default())).contains("hunter2"));
}

#[test]
fn times_are_utc_unless_they_say_otherwise() {
    let time = |text: &str| parse_time(text).map(|(at, day)| (at.to_second(), day));
    assert_eq!(time("2026-03-01"), Ok(("2026-03-01 00:00:00 UTC".to_owned(), true)));
    for text in [
        "2026-03-01 14:00",
        "2026-03-01T14:00",
        "2026-03-01T14:00:00Z",
        "2026-03-01 14:00 UTC",
        "2026-03-01T16:00:00+02:00",
    ] {
        assert_eq!(time(text), Ok(("2026-03-01 14:00:00 UTC".to_owned(), false)), "{text}");
    }
    for text in ["", "yesterday", "2026-13-01", "2026-02-30", "14:00", "99999-01-01"] {
        assert!(parse_time(text).is_err(), "{text}");
    }
}

#[test]
fn ten_megabytes_are_refused_before_they_are_looked_at() {
    let paste = "add-monitor \"".repeat(800_000);
    assert!(matches!(Line::read(&paste), Err(GrammarError::TooLong)));
    assert!(matches!(Line::read(&"x".repeat(MAX_CHARS + 1)), Err(GrammarError::TooLong)));
    assert!(matches!(Line::read(&"ä".repeat(MAX_CHARS)), Ok(Line::Other(..))));
}

#[test]
fn every_command_is_declared_so_that_it_can_be_said() {
    let mut names = std::collections::HashSet::new();
    for command in commands::COMMANDS {
        for name in std::iter::once(&command.name).chain(command.aliases) {
            assert!(names.insert(*name), "{name} is two commands");
            assert_eq!(
                commands::find(&name.to_uppercase().replace('-', "_")).map(|found| found.name),
                Some(command.name)
            );
        }
        let mut own = std::collections::HashSet::new();
        for argument in all(command.arguments) {
            for name in argument.names().collect::<std::collections::HashSet<_>>() {
                assert!(own.insert(name), "{name} is two arguments of {}", command.name);
            }
            assert_eq!(argument.required, !argument.ask.is_empty(), "{}", argument.name);
            assert!(argument.about.ends_with('.'), "{}", argument.about);
            let example = format!(
                "{} {} {}",
                command.name,
                argument.word(),
                if argument.kind == Kind::Flag { "" } else { argument.example }
            );
            assert!(understood(&example).starts_with(command.name), "{example}: {}", understood(&example));
        }
        for example in command.examples {
            assert!(understood(example).starts_with(command.name), "{example}: {}", understood(example));
        }
    }
}

/// Text made of what the grammar cares about, which random characters seldom are.
fn tricky() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "add-monitor",
        "edit-monitor",
        "show-report",
        "help",
        " ",
        " ",
        "every",
        "30s",
        "--",
        "--interval",
        "=",
        ":",
        "\"",
        "'",
        "“",
        "”",
        "‘",
        "’",
        "«",
        "\\",
        "`",
        "header",
        "X-A:",
        "none",
        "from",
        "2026-03-01",
        "14:00",
        "https://x.example",
        "contains",
        "json",
        "$.a",
        "[",
        "é",
        "店",
        "\u{0}",
        "\n",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_message_panics(text in any::<String>(), tricky in tricky()) {
        understood(&text);
        understood(&tricky);
        for command in commands::COMMANDS {
            understood(&format!("{} {text}", command.name));
            understood(&format!("{} {tricky}", command.name));
        }
    }

    #[test]
    fn words_follow_each_other_and_hold_no_more_than_the_message(text in prop_oneof![any::<String>(), tricky()]) {
        if let Ok(tokens) = tokenize(&text) {
            let mut end = 0;
            for token in &tokens {
                prop_assert!(token.at.start >= end && token.at.end > token.at.start && token.text.len() <= token.at.len());
                end = token.at.end;
            }
            prop_assert!(end <= text.len());
        }
    }

    #[test]
    fn what_is_quoted_is_read_back(text in "\\PC{0,60}") {
        let quoted = format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        prop_assert_eq!(words(&quoted), [text]);
    }
}
