use super::*;
use proptest::prelude::*;

const COLOUR: TextStyle = TextStyle { width: 100, colour: true };

fn item(status: Status, name: &str, detail: &str) -> StatusItem {
    StatusItem { status, name: name.into(), detail: detail.into() }
}

fn gallery() -> Reply {
    let rows = vec![vec!["shop".into(), "182 ms".into()], vec!["店店".into(), "1.24 s".into()]];
    Reply::of(vec![
        Block::text("All is well. Say `help` for more."),
        Block::fields("Settings", vec![Field::new("interval", "30s"), Field::new("address", "https://shop.example/")]),
        Block::table("Latency", &["monitor", ">p95"], rows),
        Block::StatusList {
            title: None,
            items: vec![item(Status::Up, "shop", "182 ms"), item(Status::Down, "api", "connection refused")],
        },
        Block::Code { text: "{\"a\": 1}".into() },
        Block::File { name: "shop.svg".into(), media_type: "image/svg+xml".into(), data: "AAAAAA==".into() },
    ])
}

#[test]
fn every_block_has_its_text() {
    insta::assert_snapshot!(gallery().to_text(TextStyle::PLAIN), @r#"
    All is well. Say `help` for more.

    Settings
      interval  30s
      address   https://shop.example/

    Latency
      monitor     p95
      shop     182 ms
      店店     1.24 s

      ● up    shop  182 ms
      ✖ down  api   connection refused

    {"a": 1}

    File shop.svg (image/svg+xml, 4 B)
    "#);
}

#[test]
fn colours_stand_around_what_they_mean() {
    let text = Reply::of(vec![
        Block::text("Say `help` or ` alone"),
        Block::StatusList { title: Some("Now".into()), items: vec![item(Status::Down, "api", "refused")] },
    ]);
    insta::assert_snapshot!(text.to_text(COLOUR).replace('\u{1b}', "␛"), @r"
    Say ␛[36mhelp␛[0m or ` alone

    ␛[1mNow␛[0m
      ␛[31m✖ down␛[0m  api  refused
    ");
}

#[test]
fn a_form_shows_what_may_be_answered() {
    let field = |placeholder: Option<&str>, choices: &[&str]| FormField {
        name: "x".into(),
        label: "X?".into(),
        kind: FormKind::Text,
        required: true,
        placeholder: placeholder.map(str::to_owned),
        choices: choices.iter().map(|choice| (*choice).to_owned()).collect(),
        secret: false,
    };
    let form = Block::Form {
        title: "X".into(),
        token: "1".into(),
        fields: vec![field(Some("https://shop.example"), &[]), field(None, &["yes", "no"])],
    };
    insta::assert_snapshot!(Reply::of(vec![form]).to_text(TextStyle::PLAIN), @r"
    For example: https://shop.example
    Possible answers: yes, no
    ");
}

#[test]
fn a_table_is_shortened_in_its_widest_column_and_never_wider_than_the_terminal() {
    let rows = vec![vec!["shop".to_owned(), format!("https://shop.example/{}", "x".repeat(500)), "182 ms".to_owned()]];
    let table = Reply::of(vec![Block::table("Monitors", &["name", "address", ">latency"], rows)]);
    let text = table.to_text(TextStyle { width: 50, colour: false });
    insta::assert_snapshot!(text, @r"
    Monitors
      name  address                            latency
      shop  https://shop.example/xxxxxxxxxxx…   182 ms
    ");
    assert!(text.lines().all(|line| line::width(line) <= 50));
}

#[test]
fn escape_sequences_of_a_target_reach_no_terminal() {
    let evil = "\u{1b}]0;pwned\u{7}\u{1b}[2J\u{9b}31m\rgone\u{202e}\u{0}\u{7f}";
    let column = |text: &str| vec![vec![text.to_owned()]];
    let reply = Reply::of(vec![
        Block::text(evil),
        Block::fields(evil, vec![Field::new(evil, evil)]),
        Block::table(evil, &[evil], column(evil)),
        Block::StatusList { title: Some(evil.into()), items: vec![item(Status::Up, evil, evil)] },
        Block::Code { text: evil.into() },
        Block::File { name: evil.into(), media_type: evil.into(), data: String::new() },
    ]);
    let plain = reply.to_text(TextStyle::PLAIN);
    assert!(plain.chars().all(|c| c == '\n' || !c.is_control()), "{plain:?}");
    assert!(!plain.contains('\u{202e}'));
    assert!(plain.contains("␛]0;pwned␇"), "{plain}");
    let coloured = reply.to_text(COLOUR);
    for (at, _) in coloured.match_indices('\u{1b}') {
        assert!(
            coloured[at..].starts_with("\u{1b}[") && coloured[at..].find('m').is_some_and(|end| end <= 4),
            "{coloured:?}"
        );
    }
}

#[test]
fn long_text_is_broken_between_words_and_long_words_stay_whole() {
    let address = format!("https://shop.example/{}", "x".repeat(60));
    let text = Reply::text(format!("one two three four five six seven eight nine ten {address} end"));
    insta::assert_snapshot!(text.to_text(TextStyle { width: 40, colour: false }), @r"
    one two three four five six seven eight
    nine ten
    https://shop.example/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
    end
    ");
}

proptest! {
    #[test]
    fn no_text_panics_and_plain_text_has_no_control_characters(text in any::<String>(), cell in "\\PC{0,300}", width in 0_usize..300) {
        let reply = Reply::of(vec![
            Block::text(text.clone()),
            Block::fields(text.clone(), vec![Field::new(&cell, text.clone())]),
            Block::table("t", &[&cell, ">b"], vec![vec![text.clone(), cell.clone()]]),
            Block::StatusList { title: None, items: vec![item(Status::Paused, &cell, &text)] },
            Block::File { name: cell, media_type: text.clone(), data: text },
        ]);
        let plain = reply.to_text(TextStyle { width, colour: false });
        prop_assert!(plain.chars().all(|c| c == '\n' || !c.is_control()));
    }
}
