//! Mails as they are written, and as a real mail server takes, refuses and delivers them.

use std::collections::BTreeMap;

use monitor_core::alerting::{Event, Notification};
use test_support::services;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use super::{html, payload};
use crate::destination::Destination;
use crate::fields::Fields;
use crate::message::{Post, Receipt, SendError};
use crate::{Settings, samples};

/// What begins like a PNG.
const CHART: &[u8] = b"\x89PNG\r\n\x1a\nand so on";

fn given<'a>(url: &'a str, to: &'a str) -> BTreeMap<&'static str, &'a str> {
    BTreeMap::from([("url", url), ("from", "Watchword <watchword@shop.test>"), ("to", to)])
}

fn read(given: &BTreeMap<&'static str, &str>) -> Settings {
    samples::settings("email", &given.iter().map(|(name, value)| (*name, *value)).collect::<Vec<_>>())
}

fn with_login<'a>(url: &'a str, to: &'a str, password: &'a str) -> Settings {
    let mut given = given(url, to);
    given.extend([("user", services::USER), ("password", password)]);
    read(&given)
}

/// A notification with a key that no other test has.
fn of(event: Event, key: &str) -> Notification {
    Notification { key: key.to_owned(), ..samples::of(event) }
}

async fn send(settings: &Settings, post: &Post<'_>) -> Result<Receipt, SendError> {
    crate::send(settings, post, &samples::services_outbound(), samples::NOW).await
}

fn settings() -> super::Settings {
    let given = given("smtps://mail.shop.test", "ops@shop.test, Ä Ö <ada@shop.test>");
    let given = given.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    super::Settings::read(&Fields::new(&const { super::Settings::KIND }, &given).unwrap()).unwrap()
}

#[test]
fn what_is_sent() {
    let settings = settings();
    for notification in samples::all() {
        let event = notification.event;
        if matches!(event, Event::Opened | Event::Grew | Event::Acknowledged | Event::Resolved | Event::Test) {
            let post = Post { chart: Some(CHART), ..samples::post(&notification) };
            let (message, _) = payload::payload(&settings, &post).unwrap();
            let head = message.headers().to_string().replace("\r\n", "\n");
            // What stands between the parts is another each time.
            let head: Vec<&str> = head.lines().filter(|line| !line.contains("boundary")).collect();
            let page = html::page(&post).replace("\r\n", "\n");
            insta::assert_snapshot!(event.as_str(), format!("{}\n\n{page}", head.join("\n")));
        }
    }
}

#[test]
fn keys_of_any_letters_make_ids() {
    let (_, id) = payload::payload(&settings(), &samples::post(&of(Event::Opened, "a <b>\r\n@c"))).unwrap();
    assert_eq!(id, "a--b----c@shop.test");
}

#[test]
fn a_title_adds_no_header() {
    let mut notification = of(Event::Opened, "lines");
    notification.incident.as_mut().unwrap().title = "shop\r\nBcc: mallory@shop.test".to_owned();
    let (message, _) = payload::payload(&settings(), &samples::post(&notification)).unwrap();
    let text = String::from_utf8(message.formatted()).unwrap();
    assert!(text.contains("Subject: shop  Bcc: mallory@shop.test"), "{text}");
    assert!(!text.contains("\nBcc"), "{text}");
}

#[tokio::test]
async fn a_mail_server_delivers_text_html_and_chart_after_starttls_and_login() {
    let notification = of(Event::Opened, "delivered-opened");
    let post = Post { chart: Some(CHART), ..samples::post(&notification) };
    let url = services::smtp();
    let settings = with_login(&url, "members@mail.test, Ada <ada@mail.test>, unknown@mail.test", services::PASSWORD);
    let receipt = send(&settings, &post).await.unwrap();
    assert_eq!(receipt.id.as_deref(), Some("delivered-opened@shop.test"));
    assert!(receipt.text.starts_with("250 OK id="), "{}", receipt.text);
    assert!(receipt.text.ends_with("; 1 of 3 recipients refused"), "{}", receipt.text);

    let mails = services::delivered("Message-ID: <delivered-opened@shop.test>", 2).await;
    assert_eq!(mails.len(), 2);
    for recipient in ["members@mail.test", "ada@mail.test"] {
        let mail = mails.iter().find(|mail| mail.contains(&format!("Envelope-to: {recipient}"))).unwrap();
        for part in [
            "with esmtpsa",
            "From: Watchword <watchword@shop.test>",
            "To: members@mail.test, Ada <ada@mail.test>, unknown@mail.test",
            "Subject: shop is down",
            "Date: Sun, 01 Mar 2026 10:00:00 +0000",
            "Auto-Submitted: auto-generated",
            "Content-Type: multipart/alternative",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Type: multipart/related",
            "Content-Type: text/html; charset=utf-8",
            "cid:chart@watchword",
            "Content-Type: image/png",
            "Content-ID: <chart@watchword>",
            "Content-Disposition: inline",
            "iVBORw0KGgphbmQgc28gb24=",
        ] {
            assert!(mail.contains(part), "{part} is missing in {mail}");
        }
    }
}

#[tokio::test]
async fn mails_of_an_incident_answer_the_first() {
    let url = services::smtp_tls();
    let settings = read(&given(&url, "ops@mail.test"));
    let opened = of(Event::Opened, "thread-opened");
    let first = send(&settings, &samples::post(&opened)).await.unwrap();
    let resolved = of(Event::Resolved, "thread-resolved");
    send(&settings, &Post { before: Some(&first), ..samples::post(&resolved) }).await.unwrap();
    let thread = "watchword-incident-42-1772359200000@shop.test";
    let mail = services::delivered("Message-ID: <thread-opened@shop.test>", 1).await.remove(0);
    assert!(mail.contains(&format!("In-Reply-To: <{thread}>")), "{mail}");
    let mail = services::delivered("Message-ID: <thread-resolved@shop.test>", 1).await.remove(0);
    assert!(mail.contains("Subject: Resolved: shop is down"), "{mail}");
    assert!(mail.contains("In-Reply-To: <thread-opened@shop.test>"), "{mail}");
    assert!(mail.replace("\n ", " ").contains(&format!("References: <{thread}> <thread-opened@shop.test>")), "{mail}");
}

#[tokio::test]
async fn refusals_of_the_mail_server_are_classed_and_hold_no_password() {
    let (url, tls) = (services::smtp(), services::smtp_tls());
    let notification = of(Event::Opened, "refused");
    let mut told = Vec::new();
    for settings in [
        with_login(&url, "ops@mail.test", "wrong-password"),
        read(&given(&tls, "unknown@mail.test")),
        read(&given(&tls, "members@mail.test")),
        read(&given(&url, "ops@mail.test, later@mail.test")),
        // TLS from the start where the server greets in the clear.
        read(&given(&url.replace("smtp://", "smtps://"), "ops@mail.test")),
    ] {
        let error = send(&settings, &samples::post(&notification)).await.unwrap_err();
        assert!(!format!("{error} {error:?} {settings:?}").contains("wrong-password"), "{error:?}");
        told.push(format!("{error:?}"));
    }
    insta::assert_snapshot!(told.join("\n"));
}

#[tokio::test]
async fn a_mail_server_on_a_private_address_is_refused_like_any_target() {
    let settings = read(&given("smtp://127.0.0.1:1", "ops@mail.test"));
    let config = probes::OutboundConfig { allow_private: false, ca_file: None, user_agent: "Watchword/test".into() };
    let outbound = probes::Outbound::new(&config).unwrap();
    let notification = of(Event::Opened, "private");
    let error = crate::send(&settings, &samples::post(&notification), &outbound, samples::NOW).await.unwrap_err();
    assert!(matches!(error, SendError::Never { .. }), "{error:?}");
    assert!(error.why().contains("loopback"), "{error}");
}

/// A mail server that answers each line by `answer`, and what it was told until the connection ended.
async fn scripted(answer: fn(&str) -> &'static str) -> (String, tokio::task::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let task = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let (read, mut write) = stream.into_split();
        let (mut lines, mut told) = (BufReader::new(read).lines(), Vec::new());
        let mut next = "220 here\r\n";
        loop {
            if write.write_all(next.as_bytes()).await.is_err() {
                return told;
            }
            let Ok(Some(line)) = lines.next_line().await else { return told };
            next = answer(&line);
            told.push(line);
        }
    });
    (url, task)
}

#[tokio::test]
async fn nothing_is_sent_in_the_clear_to_a_server_without_starttls() {
    let (url, task) = scripted(|_| "250 here\r\n").await;
    let settings = with_login(&url, "ops@mail.test", "hunter2-hunter2");
    let notification = of(Event::Opened, "clear");
    let error = send(&settings, &samples::post(&notification)).await.unwrap_err();
    assert_eq!(error.why(), "the mail server does not offer STARTTLS");
    assert_eq!(task.await.unwrap(), ["EHLO watchword.invalid"]);
}

#[tokio::test]
async fn a_mail_server_on_this_machine_may_do_without_tls_when_told_so() {
    let (url, task) = scripted(|line| match line.split(' ').next().unwrap_or_default() {
        "DATA" => "354 go on\r\n",
        "." => "250 2.0.0 queued as 7\r\n",
        "EHLO" => "250-here\r\n250 8BITMIME\r\n",
        "MAIL" | "RCPT" | "QUIT" => "250 ok\r\n",
        _ => "",
    })
    .await;
    let mut given = given(&url, "ops@mail.test");
    given.insert("security", "plain");
    let notification = of(Event::Opened, "plain");
    let receipt = send(&read(&given), &samples::post(&notification)).await.unwrap();
    assert_eq!(receipt.text, "250 2.0.0 queued as 7");
    assert!(task.await.unwrap().contains(&"RCPT TO:<ops@mail.test>".to_owned()));
}

#[tokio::test]
async fn a_mail_server_that_never_stops_talking_is_left() {
    let talking = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", talking.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = talking.accept().await.unwrap();
        while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
    });
    let mut given = given(&url, "ops@mail.test");
    given.insert("security", "plain");
    let notification = of(Event::Opened, "talking");
    let error = send(&read(&given), &samples::post(&notification)).await.unwrap_err();
    assert!(matches!(error, SendError::Again { .. }), "{error:?}");
}

#[test]
fn what_cannot_work_is_refused_at_once() {
    let mut told = Vec::new();
    for (name, value) in [
        ("url", "https://mail.shop.test"),
        ("url", "smtp://ada:secret@mail.shop.test"),
        ("url", "mail.shop.test"),
        ("from", "nobody"),
        ("to", "ops@"),
        ("to", ", ,"),
        ("security", "plain"),
        ("security", "ssl"),
        ("user", "ada"),
        ("password", "hunter2-hunter2"),
    ] {
        let mut given = given("smtp://mail.shop.test", "ops@shop.test");
        given.insert(name, value);
        let given = given.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let error = Settings::read("email", &given).unwrap_err();
        assert!(!error.to_string().contains("secret") && !error.to_string().contains("hunter2"), "{error}");
        told.push(format!("{name}={value} -> {error}"));
    }
    insta::assert_snapshot!(told.join("\n"));
}
