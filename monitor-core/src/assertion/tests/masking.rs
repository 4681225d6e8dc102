use super::*;

fn seen(text: &str, facts: &Facts, secrets: &[&str]) -> String {
    let secrets: Vec<String> = secrets.iter().map(|secret| (*secret).to_owned()).collect();
    let judged = compile(text).evaluate(facts, &secrets);
    let seen = judged.results[0].seen.clone().unwrap();
    assert!(judged.failure.unwrap().1.ends_with(&seen));
    seen
}

#[test]
fn a_secret_that_comes_back_is_hidden_wherever_it_is_seen() {
    let mut facts = Facts::new();
    facts.set_headers(vec![("x-echo".into(), "Bearer hunter2-and-more".into())]);
    facts.set(FactKind::Banner, "hello hunter2");
    facts.set(FactKind::Answers, vec!["v=hunter2".to_owned(), "b".to_owned()]);
    facts.set_body(br#"{"token":"hunter2","list":["a\"b",12345678],"hunter2":1}"#.to_vec());
    for (text, expected) in [
        ("body contains gone", r#"“{"token":"***","list":["a\"b",12345678],"***":1}”"#),
        ("header x-echo == a", "“Bearer ***-and-more”"),
        ("banner == a", "“hello ***”"),
        ("answers contains a", "“v=***”, “b”"),
        ("json $.token == a", "\"***\""),
        ("json $ == 1", r#"{"***":1,"list":["***",***],"token":"***"}"#),
        ("json $.list[1] == 1 or banner == a", "json $.list[1] ***, banner “hello ***”"),
    ] {
        let hidden: &[&str] =
            if text.starts_with("json") { &["hunter2", "a\"b", "12345678"] } else { &["hunter2", ""] };
        assert_eq!(seen(text, &facts, hidden), expected, "{text}");
    }
}

#[test]
fn of_two_secrets_the_longer_is_hidden_whole() {
    let mut facts = Facts::new();
    facts.set(FactKind::Banner, "hunter2-and-more hunter2");
    assert_eq!(seen("banner == a", &facts, &["hunter2", "hunter2-and-more"]), "“*** ***”");
}

#[test]
fn an_excerpt_does_not_end_within_a_secret() {
    let secret = "s3cr3t".repeat(40);
    for before in (0..420).step_by(3) {
        let text = format!("{}{secret}", "x".repeat(before));
        let mut facts = Facts::new();
        facts.set_body(text.clone().into_bytes());
        assert!(!seen("body contains ok", &facts, &[&secret]).contains("s3"), "{before}");
        facts.set_body(serde_json::json!({ "a": [text, text] }).to_string().into_bytes());
        assert!(!seen("json $ == 1", &facts, &[&secret]).contains("s3"), "{before}");
    }
}
