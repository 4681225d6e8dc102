//! Audits with the real program, browser and Lighthouse: asked for on every surface, watched there, and had as PDF there.

#![expect(clippy::unwrap_used, reason = "what tests stand on")]

use std::net::SocketAddr;

use test_support::platforms;
use test_support::services::{chromium, lighthouse};
use test_support::targets::Answer;
use test_support::targets::misbehaving::nothing_listens;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::common::{Server, chat};
use crate::surfaces::{Stage, Surface, browser, discord, slack, telegram, terminal};

const SHOP: &str = "<!doctype html><html lang=en><title>Shop</title><meta name=viewport content='width=device-width'>\
    <main><h1>Shop</h1><p>All that there is.</p></main>";

/// The variables of a program that audits pages, in a folder of its own whose name is short.
fn auditing(scratch: &tempfile::TempDir) -> Vec<(&'static str, String)> {
    // Audits of a program that runs as root are made by another user.
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o711);
    std::fs::set_permissions(scratch.path(), open).unwrap();
    let text = |path: &std::path::Path| path.to_str().unwrap().to_owned();
    vec![
        ("WATCHWORD_AUDITS_BRIDGE", text(&lighthouse())),
        ("WATCHWORD_AUDITS_CHROMIUM", text(&chromium())),
        ("WATCHWORD_AUDITS_SCRATCH", text(scratch.path())),
    ]
}

fn scratch() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("ww-").tempdir_in("/tmp").unwrap()
}

/// Has the shop audited there, sees that the one message says how it went, and takes the report.
async fn audited<S: Surface>(surface: &mut S, shop: &str, number: u32) {
    surface.say(&format!("audit {shop} runs 1"), &format!("Audit {number}")).await;
    surface.card(&format!("Audit {number} ")).await;
    let done = surface.card("is done").await;
    assert!(done.contains(&format!("Audit {number} ")), "{done}");
    let pdf = surface.pdf().await;
    assert!(pdf.starts_with(b"%PDF-1.") && pdf.len() > 20_000, "{} bytes", pdf.len());
}

#[tokio::test]
async fn a_page_is_audited_on_every_surface_with_the_report_as_a_file() {
    let discord_fake = platforms::discord::Fake::start().await;
    let (slack_fake, telegram_fake) = (platforms::slack::Fake::start().await, telegram::fake().await);
    let (discord_url, slack_url) = (discord_fake.url(), slack_fake.api_url().to_string());
    let scratch = scratch();
    let auditing = auditing(&scratch);
    let mut variables: Vec<(&str, &str)> = auditing.iter().map(|(name, value)| (*name, value.as_str())).collect();
    variables.extend(discord::variables(&discord_url));
    variables.extend(slack::variables(&slack_url));
    variables.extend(telegram::variables(telegram_fake.url()));
    let stage = Stage::new(&variables).await;
    stage.shop.set(Answer::ok(SHOP).header("Content-Type", "text/html"));
    let shop = stage.shop.url();
    let mut terminal = terminal::Terminal::new(&stage.server, stage.folder.path()).await;
    let mut browser = browser::Browser::new(&stage.server).await;
    let mut discord = discord::Discord::new(&discord_fake, &stage).await;
    let mut slack = slack::Slack::new(&slack_fake, &stage).await;
    let mut telegram = telegram::Telegram::new(&telegram_fake, &stage).await;
    stage.server.logs("pages can be audited").await;
    audited(&mut terminal, &shop, 1).await;
    audited(&mut browser, &shop, 2).await;
    audited(&mut discord, &shop, 3).await;
    audited(&mut slack, &shop, 4).await;
    audited(&mut telegram, &shop, 5).await;
}

#[tokio::test]
async fn without_a_browser_everything_else_works_and_audits_say_what_to_install() {
    let folder = tempfile::tempdir().unwrap();
    let bridge = lighthouse();
    let variables =
        [("WATCHWORD_AUDITS_BRIDGE", bridge.to_str().unwrap()), ("WATCHWORD_AUDITS_CHROMIUM", "/nowhere/chromium")];
    let server = Server::start_with(folder.path(), &variables).await;
    server.logs("pages cannot be audited here; everything else works").await;
    let asked = chat(&server, "audit https://shop.example").await;
    assert!(asked.code == 1 && asked.text.contains("/nowhere/chromium"), "{}", asked.text);
    assert_eq!(chat(&server, "list-monitors").await.code, 0);
}

/// A worker of a container that has just started, which says what it works with.
async fn versions_are_told(address: SocketAddr) {
    let listener = TcpListener::bind(address).await.unwrap();
    tokio::spawn(async move {
        let events = "{\"event\":\"started\",\"versions\":{\"node\":\"22.23.3\",\"lighthouse\":\"13.5.0\",\
                      \"chromium\":\"156.0.8078.79\"}}\n{\"event\":\"done\"}\n";
        let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", events.len());
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n") && stream.read_buf(&mut asked).await.unwrap() > 0 {}
            stream.write_all(format!("{head}{events}").as_bytes()).await.unwrap();
        }
    });
}

#[tokio::test]
async fn a_worker_elsewhere_that_starts_later_is_found() {
    let (folder, address) = (tempfile::tempdir().unwrap(), nothing_listens());
    let url = format!("http://{address}/");
    let variables = [("WATCHWORD_AUDITS_URL", url.as_str()), ("WATCHWORD_AUDITS_TOKEN", "a-token-of-the-tests")];
    let server = Server::start_with(folder.path(), &variables).await;
    server.logs("pages cannot be audited here; everything else works").await;
    let asked = chat(&server, "audit https://shop.example").await;
    assert!(asked.code == 1 && asked.text.contains(&address.to_string()), "{}", asked.text);
    versions_are_told(address).await;
    server.logs("pages can be audited").await;
    assert_eq!(server.log().matches("pages cannot be audited here").count(), 1);
}
