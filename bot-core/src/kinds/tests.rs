use std::collections::HashSet;

use monitor_core::checks::RecordType;
use monitor_core::monitor::{CheckSpec, Settings};

use super::*;
use crate::Reply;
use crate::commands::add_monitor;
use crate::grammar::{Kind, Line, parse};
use crate::{present, settings};

/// What a line adds, without asking any monitor that it may depend on.
fn added(line: &str) -> Result<Settings, Failure> {
    let tokens = match Line::read(line)? {
        Line::Address(tokens) => tokens,
        Line::Command(command, tokens) if command.name == add_monitor::COMMAND.name => tokens,
        other => panic!("{line}: {other:?}"),
    };
    let given = parse(add_monitor::COMMAND.arguments, &tokens, &Given::default())?;
    settings::for_target(given.get("url").unwrap_or_default(), &given)
}

/// What is answered to a line that adds nothing.
fn refused(line: &str) -> String {
    match added(line) {
        Ok(settings) => panic!("{line}: {settings:?}"),
        Err(failure) => Reply::from(failure).to_text(crate::TextStyle { width: 400, colour: false }),
    }
}

/// A monitor as it is shown.
fn shown(settings: &Settings) -> String {
    let fields = present::settings(settings, &[]);
    fields.iter().map(|field| format!("{}: {}", field.name, field.value)).collect::<Vec<_>>().join("\n")
}

fn shows(line: &str) -> String {
    shown(&added(line).unwrap_or_else(|failure| panic!("{line}: {failure:?}")))
}

#[test]
fn the_kinds_are_those_of_the_core() {
    let core: HashSet<&str> = CheckSpec::KINDS.iter().map(|(word, _)| *word).collect();
    let own: HashSet<&str> = KINDS.iter().map(|kind| kind.name).collect();
    assert_eq!(own, core);
    let mut words = HashSet::new();
    for kind in KINDS {
        for word in std::iter::once(&kind.name).chain(kind.aliases) {
            assert!(words.insert(*word), "{word} is two kinds");
        }
        let spec = added(kind.examples[0]).unwrap().spec;
        assert_eq!((spec.kind(), of(&spec).name), (kind.name, kind.name));
        assert_eq!(kind.facts(), spec.facts());
    }
    let schemes: Vec<&&str> = KINDS.iter().flat_map(|kind| kind.schemes).collect();
    assert_eq!(schemes.iter().collect::<HashSet<_>>().len(), schemes.len(), "a scheme has one kind");
}

#[test]
fn every_option_belongs_to_a_kind_and_every_kind_names_options_that_exist() {
    for kind in KINDS {
        for name in kind.options {
            assert!(options::named(name).is_some(), "{name} of {}", kind.name);
        }
    }
    for option in options::OPTIONS {
        assert!(KINDS.iter().any(|kind| kind.options.contains(&option.name)), "{} is of no kind", option.name);
    }
    let records: Vec<String> = RecordType::ALL.iter().map(ToString::to_string).collect();
    let Some(Kind::Choice(choices)) = options::named("type").map(|option| option.kind) else { panic!() };
    assert_eq!(choices, records);
}

#[test]
fn every_example_is_a_monitor_that_is_shown_without_its_secrets() {
    for kind in KINDS {
        for example in kind.examples.iter().filter(|example| !example.contains("depends-on")) {
            let settings = added(example).unwrap_or_else(|failure| panic!("{example}: {failure:?}"));
            assert_eq!(settings.spec.kind(), kind.name, "{example}");
            let said = shown(&settings);
            let mut spec = settings.spec.clone();
            for secret in spec.secrets_mut() {
                assert!(!said.contains(secret.expose()) && !settings.spec.target().contains(secret.expose()), "{said}");
                assert!(crate::may_hold_secret(example, false), "{example}");
            }
            assert_eq!(settings.interval, kind.interval_of(example), "{example}");
        }
    }
}

impl CheckKind {
    fn interval_of(&self, example: &str) -> Duration {
        if self.is_probed() && example.contains("every 30s") { Duration::from_secs(30) } else { self.interval }
    }
}

#[test]
fn an_address_says_by_its_scheme_what_is_checked() {
    for (line, target) in [
        ("add-monitor tcp://db.example:5432", "tcp://db.example:5432"),
        ("tcp://[2001:db8::1]:22", "tcp://[2001:db8::1]:22"),
        ("add-monitor ping://192.0.2.1", "icmp://192.0.2.1"),
        ("add-monitor dns://example.org?type=MX", "dns://example.org?type=MX"),
        ("add-monitor tls://shop.example", "tls://shop.example:443"),
        ("add-monitor domain:shop.example", "domain:shop.example"),
        ("add-monitor domain://shop.example", "domain:shop.example"),
        ("add-monitor grpc://api.example:50051/shop.v1.Orders", "grpc://api.example:50051/shop.v1.Orders"),
        ("add-monitor grpcs://api.example", "grpcs://api.example:443/"),
        ("add-monitor ws://live.example/feed", "ws://live.example/feed"),
        ("add-monitor smtps://mail.example", "smtps://mail.example:465"),
        ("add-monitor imap://mail.example", "imap://mail.example:143"),
        ("add-monitor postgresql://ada:pw@db.example/shop", "postgres://db.example:5432/shop"),
        ("add-monitor mariadb://db.example:3307", "mysql://db.example:3307/"),
        ("add-monitor rediss://cache.example/3", "rediss://cache.example:6379/3"),
        ("add-monitor mqtts://broker.example/a/b", "mqtts://broker.example:8883/a/b"),
    ] {
        assert_eq!(added(line).unwrap_or_else(|failure| panic!("{line}: {failure:?}")).spec.target(), target, "{line}");
    }
}

#[test]
fn the_word_of_a_kind_stands_before_a_plain_target() {
    for (line, target, name) in [
        ("add-monitor tls shop.example", "tls://shop.example:443", "shop.example-tls"),
        ("add-monitor every 30s cert https://shop.example:8443/x", "tls://shop.example:8443", "shop.example-tls"),
        ("add-monitor ping router", "icmp://router", "router-icmp"),
        ("add-monitor ping ::1", "icmp://[::1]", "1-icmp"),
        ("add-monitor http localhost:1", "https://localhost:1/", "localhost-1"),
        ("add-monitor tcp db.example:1 tls", "tcp://db.example:1", "db.example-1"),
        ("add-monitor kind:redis url:cache", "redis://cache:6379/0", "cache-redis"),
        ("add-monitor dns example.org type mx", "dns://example.org?type=MX", "example.org-dns"),
        ("add-monitor heartbeat backup every 1d grace 2h", "every 1d, grace 2h", "backup"),
        (
            "add-monitor heartbeat x cron \"0 3 * * *\" zone Europe/Berlin",
            "cron 0 3 * * * Europe/Berlin, grace 1h",
            "x",
        ),
        ("add-monitor heartbeat x oncalendar \"Mon..Fri 09:00\"", "on Mon..Fri 09:00 UTC, grace 1h", "x"),
        ("add-monitor flow checkout step 'GET https://shop.example/'", "https://shop.example/", "checkout"),
        ("add-monitor graphql api.example/graphql", "https://api.example/graphql", "api.example-graphql"),
    ] {
        let settings = added(line).unwrap_or_else(|failure| panic!("{line}: {failure:?}"));
        assert_eq!((settings.spec.target().as_str(), settings.name.as_str()), (target, name), "{line}");
    }
    assert!(matches!(added("add-monitor tcp db.example:1 tls").unwrap().spec, CheckSpec::Tcp(spec) if spec.tls));
}

#[test]
fn what_a_kind_does_not_take_is_refused_with_what_it_takes() {
    for (line, expected) in [
        ("add-monitor tcp://x:1 query a", "`query` is not an option of tcp checks, which take send, expect, tls."),
        (
            "add-monitor heartbeat x timeout 5s",
            "`timeout` is not an option of heartbeat checks, which take grace, cron, oncalendar, zone, max-duration, min-gap, overlap, keep-pings.",
        ),
        (
            "add-monitor tls ftp://x.example",
            "`url`: tls checks take no `ftp:` addresses; write HOST[:PORT] or tls://HOST[:PORT].",
        ),
        (
            "add-monitor ping tcp://x.example:1",
            "`url`: icmp checks take no `tcp:` addresses; `kind tcp` takes them; write HOST or ping://HOST.",
        ),
        (
            "add-monitor tcp db.example",
            "`url`: `db.example` does not say where to connect; write it like db.example:5432.",
        ),
        (
            "add-monitor gopher://x.example",
            "`url`: I cannot watch `gopher:` addresses; use one like https://, tcp:// or dns://.",
        ),
        (
            "add-monitor kind pong x",
            "`kind`: `pong` is not something that I can check; say one of http, tcp, icmp, dns, tls, domain, grpc, graphql, websocket, smtp, imap, postgres, mysql, redis, mqtt, flow, heartbeat.",
        ),
        ("add-monitor tcp://x:1 expect a expect b", "`expect` is given twice; this check takes one."),
        (
            "add-monitor dns x.example type MXX",
            "`type`: `MXX` is not one of A, AAAA, CAA, CNAME, DS, DNSKEY, HTTPS, MX, NAPTR, NS, PTR, SOA, SRV, SVCB, SSHFP, TLSA, TXT.",
        ),
        ("add-monitor tls x.example warn soon", "`warn`: `soon` are no numbers of days; write them like `30,14,7,1`."),
        (
            "add-monitor heartbeat x every 1d cron \"0 3 * * *\"",
            "Say one of `every`, `cron` and `oncalendar`; a heartbeat has one schedule.",
        ),
        (
            "add-monitor flow x",
            "A flow needs steps, like `step 'GET https://shop.example/cart expect 200'`. `help flow` shows more.",
        ),
        ("add-monitor https://x.example body a form b=c", "Say either `body` or `form`; a request has one body."),
        (
            "add-monitor https://x.example digest a:b ntlm c:d",
            "Say either `digest` or `ntlm`; a request has one kind of authentication.",
        ),
        (
            "add-monitor https://x.example timeout 5s slow 10s",
            "An answer cannot be slow from 10s on when checks time out after 5s; choose less for `slow` or more for `timeout`.",
        ),
        ("add-monitor https://x.example label env", "`env` is not a label; write it like env=prod."),
    ] {
        assert_eq!(refused(line), expected, "{line}");
    }
    assert!(refused("add-monitor heartbeat x cron \"61 3 * * *\"").contains("`61 3 * * *` is no schedule"));
    assert!(refused("add-monitor heartbeat x cron \"0 3 * * *\" zone Mars/Phobos").contains("is not a time zone"));
}

#[test]
fn a_wrong_assertion_is_shown_with_a_caret_in_a_fixed_width() {
    let Err(failure) = added("add-monitor https://x.example assert \"status im 200\"") else { panic!() };
    let reply = Reply::from(failure);
    let [_, crate::reply::Block::Code { text }] = reply.blocks.as_slice() else { panic!("{reply:?}") };
    assert_eq!(text, "status im 200\n       ^^");
    let Err(failure) = added("add-monitor ping router assert \"status == 200\"") else { panic!() };
    let reply = Reply::from(failure);
    assert!(matches!(reply.blocks.last(), Some(crate::reply::Block::Code { .. })), "{reply:?}");
}

#[test]
fn short_words_are_assertions() {
    insta::assert_snapshot!(shows("add-monitor https://x.example expect 200,3xx contains 'say \"hi\"' matches \"^a/b\\d\" json $.a=ok json $.b json '$.c > 5' json $.d=7 slow 800ms assert \"size<2MB\""), @r#"
    address: https://x.example/
    interval: every 1m
    timeout: 10s
    expects: size < 2MB
    and: status in 200, 300..399
    and: body contains "say \"hi\""
    and: body matches /^a\/b\d/
    and: json $.a == "ok"
    and: json $.b exists
    and: json $.c > 5
    and: json $.d == 7
    and: latency < 800ms as degraded
    redirects: followed, up to 10
    down after: a failed check (tried again 2 times), up after 1 good check
    "#);
    insta::assert_snapshot!(shows("add-monitor postgres://ada:pw@db.example/shop expect 0 slow 1s"), @r"
    kind: postgres
    address: postgres://db.example:5432/shop
    interval: every 1m
    timeout: 10s
    expects: value == 0
    and: latency < 1s as degraded
    query: SELECT 1
    logs in as: ada (password hidden)
    down after: a failed check (tried again 2 times), up after 1 good check
    ");
}

#[test]
fn a_short_word_given_anew_replaces_what_it_made_and_nothing_else() {
    let mut settings = added("add-monitor https://x.example assert 'body contains \"a\" and size > 1' contains a contains b json $.x=1 slow 1s").unwrap();
    let mut change = |words: &str| {
        let tokens = crate::grammar::tokenize(words).unwrap();
        let given = parse(add_monitor::COMMAND.arguments, &tokens, &Given::default()).unwrap();
        settings::apply(&http::KIND, &given, &mut settings).unwrap();
        settings.assertions.iter().map(|assertion| assertion.as_str()).collect::<Vec<_>>().join("; ")
    };
    let both = "body contains \"a\" and size > 1";
    assert_eq!(change("contains c slow none"), format!("{both}; json $.x == 1; body contains \"c\""));
    assert_eq!(change("json none expect 404"), format!("{both}; body contains \"c\"; status in 404"));
    assert_eq!(change("expect none contains none"), both);
    assert_eq!(change("assert \"status == 200\""), "status == 200");
    assert_eq!(change("expect 201"), "status in 201");
    assert_eq!(change("assert none"), "");
}

#[test]
fn a_query_taken_away_is_that_of_the_beginning() {
    for (line, query) in [
        ("redis://x.example query \"LLEN jobs\"", "PING"),
        ("postgres://x.example query \"SELECT 2\"", "SELECT 1"),
        ("mysql://x.example query \"SELECT 2\"", "SELECT 1"),
        ("graphql https://x.example query \"{ a }\"", "{ __typename }"),
    ] {
        let mut settings = added(&format!("add-monitor {line}")).unwrap();
        let tokens = crate::grammar::tokenize("query none").unwrap();
        let given = parse(add_monitor::COMMAND.arguments, &tokens, &Given::default()).unwrap();
        settings::apply(of(&settings.spec), &given, &mut settings).unwrap();
        let said = shown(&settings);
        assert!(said.contains(&format!(": {query}\n")), "{said}");
    }
}

#[test]
fn what_is_sent_is_shown_without_secrets() {
    let certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----";
    for options in [
        "digest ada:hunter2".to_owned(),
        "ntlm 'SHOP\\ada:hunter2'".to_owned(),
        "oauth2 \"https://id.example/token shop:hunter2 read write\"".to_owned(),
        "sigv4 \"AKID:hunter2 eu-central-1/execute-api\"".to_owned(),
        "proxy http://ada:hunter2@proxy.example:3128".to_owned(),
        format!("client-cert \"{certificate}\""),
    ] {
        let settings = added(&format!("add-monitor https://x.example {options}")).unwrap();
        let said = shown(&settings);
        assert!(said.contains("hidden") && !said.contains("hunter2"), "{said}");
        assert!(settings.spec.clone().secrets_mut()[0].expose().contains("hunter2"), "{options}");
        assert!(crate::may_hold_secret(&options, false), "{options}");
    }
    for line in [
        "add-monitor https://x.example oauth2 hunter2",
        "add-monitor https://x.example sigv4 \"a:hunter2 b\"",
        "add-monitor https://x.example client-cert hunter2",
        "add-monitor https://x.example proxy ftp://ada:hunter2@x",
        "add-monitor postgres://ada:hunter2@db!example/x",
        "add-monitor postgres://ada:hun/ter2@db.example/x",
        "add-monitor https://ada:hunter2@a$b.example",
        "add-monitor redis ada:hunter2@cache.example:x",
    ] {
        let said = refused(line);
        assert!(!said.contains("hunter2") && !said.contains("ter2"), "{line}: {said}");
        assert!(crate::may_hold_secret(line, true), "{line}");
    }
}

#[test]
fn a_flow_is_shown_step_by_step() {
    insta::assert_snapshot!(shows(flow::KIND.examples[0]), @r#"
    kind: flow
    interval: every 1m
    timeout: 20s
    step 1: login: POST https://shop.example/login
    body: JSON {"user":"ada"}
    captures: token from json $.token
    step 2: cart: GET https://shop.example/cart
    sends: a bearer token (hidden)
    expects: status in 200
    expects: json $.items exists
    down after: a failed check (tried again 2 times), up after 1 good check
    "#);
}

#[test]
fn secrets_stay_with_whom_they_were_given_for() {
    for (line, moves) in [
        (
            "postgres://ada:pw@db.example/shop",
            [
                ("postgres://db.example/other", true),
                ("postgres://evil.example/shop", false),
                ("postgres://ada:new@evil.example/", true),
            ],
        ),
        (
            "https://ada:pw@x.example",
            [("https://x.example/a", true), ("https://evil.example", false), ("http://x.example", false)],
        ),
        (
            "mqtts://ada:pw@x.example",
            [("mqtts://x.example/topic", true), ("mqtts://x.example:1", false), ("mqtt://evil.example", false)],
        ),
    ] {
        let before = added(line).unwrap();
        for (target, may) in moves {
            let mut after = before.clone();
            let kind = of(&after.spec);
            (kind.moved)(&mut after.spec, start(kind, target).unwrap());
            assert_eq!(secrets_stay(&before, &after).is_ok(), may, "{line} to {target}");
        }
    }
    let before = added("https://x.example bearer hunter2").unwrap();
    let mut after = before.clone();
    let tokens = crate::grammar::tokenize("proxy http://evil.example:3128").unwrap();
    let given = parse(add_monitor::COMMAND.arguments, &tokens, &Given::default()).unwrap();
    settings::apply(&http::KIND, &given, &mut after).unwrap();
    assert!(secrets_stay(&before, &after).is_err(), "a proxy reads along");
}
