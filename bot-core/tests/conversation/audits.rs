//! Audits, by talking.

use std::time::Duration;

use bot_core::reply::Block;
use bot_core::{Reply, cards};
use insta::assert_snapshot;
use monitor_core::code::ErrorCode;
use services::AuditError;
use services::testing::Act;
use services::view::Content;

use crate::chat::{Chat, redacted};

/// Nothing answers there, and nobody is asked for a name.
const PAGE: &str = "http://127.0.0.1:9/";

/// The card of the audit that was asked for last. One that changes while it is looked for is left to the next look.
async fn card(chat: &Chat) -> Reply {
    loop {
        let posts = chat.services.messages_after(&chat.actor, chat.conversation, 0).await.unwrap();
        let audits = posts.iter().filter_map(|post| match &post.content {
            Content::Audit(row) => Some((row.id, &post.content)),
            _ => None,
        });
        if let Some((_, content)) = audits.max_by_key(|(id, _)| *id) {
            return cards::card(content, chat.services.now());
        }
    }
}

fn buttons(reply: &Reply) -> Vec<&str> {
    reply.actions.iter().map(|action| action.label.as_str()).collect()
}

/// The files of a reply, with their sizes.
fn files(reply: &Reply) -> Vec<String> {
    let files = reply.blocks.iter().filter_map(|block| match block {
        Block::File { name, media_type, .. } => Some(format!("{name} {media_type}")),
        _ => None,
    });
    files.collect()
}

#[tokio::test]
async fn an_audit_is_asked_for_watched_and_read() {
    let chat = Chat::start().await;
    chat.audits.then([Act::Fast, Act::Slow]);
    assert_snapshot!(chat.say(&format!("audit {PAGE} runs 5")).await, @"Audit 1 of http://127.0.0.1:PORT/ (mobile, 5 runs) is the next to be made. Its card shows how far it is. `cancel-audit 1` calls it off.");
    let waiting = card(&chat).await;
    assert_snapshot!(redacted(&waiting), @"");
    assert_eq!(buttons(&waiting), ["Cancel"]);
    chat.make_audit().await;
    let done = card(&chat).await;
    assert_snapshot!(redacted(&done), @"");
    assert_eq!(buttons(&done), ["Report PDF", "Compare", "Run again"]);

    chat.pass(Duration::from_secs(3_600));
    assert_snapshot!(chat.press(&done, "Run again").await, @"");
    chat.make_audit().await;
    let slow = card(&chat).await;
    assert_snapshot!(redacted(&slow), @"");
    assert_snapshot!(chat.press(&slow, "Compare").await, @"");
    assert_snapshot!(chat.say("list-audits").await, @"");
}

#[tokio::test]
async fn an_audit_is_shown_in_full_and_as_a_file() {
    let chat = Chat::start().await;
    chat.audits.then([Act::Fast, Act::Slow]);
    let budgets = "budget lcp < 2.5s, performance >= 90 cookie session=hunter2";
    for _ in 0..2 {
        chat.say(&format!("audit {PAGE} {budgets}")).await;
        chat.make_audit().await;
    }
    let shown = chat.say("show-audit 2").await;
    assert_snapshot!(shown, @r#"
    Audit 2 of http://127.0.0.1:PORT/ (mobile, 3 runs) is done after 42 s.

    Scores, of 100
      Performance  56 needs work
      Accessibility  15 poor
      Best practices  81 needs work
      SEO  67 needs work
      Progressive Web App  0 poor

    Core metrics
      First Contentful Paint  [ms] poor
      Largest Contentful Paint  [ms] poor
      Total Blocking Time  [ms] poor
      Cumulative Layout Shift  0.00 good
      Speed Index  [ms] needs work
      Time to First Byte  [ms] good
      Transferred  300 kB

    Budgets broken: Largest Contentful Paint: [ms], but the budget is less than [ms]; Performance: 56, but the budget is 90 or more.

    Worse than the audit before: Performance 100 → 56; Accessibility 100 → 15; Best practices 100 → 81; SEO 100 → 67; First Contentful Paint 186
    ms → [ms]; Largest Contentful Paint [ms] → [ms]; Total Blocking Time [ms] → [ms]; Speed Index [ms] → [ms]; Time to First Byte 128
    ms → [ms].

    What to mend first:
    1. Reduce unused JavaScript (saves [ms] of LCP, 168 kB)
    2. Render-blocking requests (saves [ms] of FCP)
    3. Reduce JavaScript execution time (saves [ms] of TBT)

    To be read with care: The page loaded too slowly to finish within the time limit. Results may be incomplete.

    What would save most
      what  saves time  saves
      Reduce unused JavaScript  FCP [ms], LCP [ms]  168 kB
      Render-blocking requests  FCP [ms]
      Reduce JavaScript execution time  TBT [ms]
      Minimize main-thread work  TBT [ms]
      Improve image delivery  LCP [ms]  45.7 kB
      Minify JavaScript  FCP [ms], LCP [ms]  18 kB
      Reduce unused CSS  LCP [ms]  26 kB

    Performance: 6 audits failed
      what  elements  where
      Page prevented back/forward cache restoration  2
      LCP breakdown  1  body > img
      LCP request discovery  1  body > img
      Network dependency tree
      Image elements do not have explicit width and height  1  body > img
      Optimize viewport for mobile

    Accessibility: 10 audits failed
      what  elements  where
      Image elements do not have [alt] attributes  2  body > img
      Buttons do not have an accessible name  1  body > button
      Form elements do not have associated labels  1  body > input
      Background and foreground colors do not have a sufficient contrast rat…  2  body > p
      Document doesn't have a <title> element  1  html
      <html> element does not have a [lang] attribute  1  html
      Links do not have a discernible name  1  body > a
      Lists do not contain only <li> elements and script supporting elements…  1  body > ul
      Touch targets do not have sufficient size or spacing  1  body > button
      Document does not have a main landmark  1  html

    Best practices: 5 audits failed
      what  elements  where
      Browser errors were logged to the console  3  http://shop.example/app.js?ms=400:6001:85
      Requests the geolocation permission on page load  1  http://shop.example/bad:6:188
      Displays images with incorrect aspect ratio  1  body > img
      Serves images with low resolution  1  body > img
      Charset declaration is missing or occurs too late in the HTML

    SEO: 4 audits failed
      what  elements  where
      Image elements do not have [alt] attributes  2  body > img
      Links are not crawlable  1  body > a
      Document doesn't have a <title> element  1  html
      Document does not have a meta description

    What an app should do and this page does not
      what  found
      Can be installed  The page names no manifest: link one with <link rel="manifest" href="……
      Is laid out for the device's width  The page has no viewport: add <meta name="viewport" content="width=dev…
      Starts without a network  No service worker covers the page: register one whose scope contains i…
      Has a splash screen  There is no manifest that could be read: link one with <link rel="mani…
      Colours the window's frame  The page names no colour: add <meta name="theme-color" content="…">.
      Fits the window's width  The page's width could not be measured.
      Has an icon that may be cut to any shape  There is no manifest that could be read: link one with <link rel="mani…

    [chart: Scores of http://127.0.0.1:PORT/]

    How it was measured
      with  Lighthouse 13.5.0, Chromium 156.0.8078.79
      as  mobile, throttling simulate, en-US
      runs  3 runs, performance 56 to 56; the median counts
      cookies  session
      budgets  lcp < 2s500ms, performance >= 90
      asked by  Owner
    "#);
    assert!(!shown.contains("hunter2"), "{shown}");
    let report = chat.press_for(&card(&chat).await, "Report PDF").await;
    assert_eq!(files(&report), ["audit-2-127.0.0.1.pdf application/pdf"]);
    assert_snapshot!(redacted(&report), @"");
    chat.services.publish_files_at("https://watch.example");
    let linked = redacted(&chat.reply("show-audit as pdf").await);
    assert!(linked.contains("https://watch.example/files/"), "{linked}");
    let json = chat.reply(&format!("show-audit {PAGE} as json")).await;
    assert_eq!(files(&json), ["audit-2.json application/json"]);
}

#[tokio::test]
async fn an_audit_that_is_being_made_is_called_off() {
    let chat = Chat::start().await;
    chat.audits.then([Act::Hang]);
    chat.say(&format!("audit {PAGE} desktop")).await;
    let cancel = async {
        chat.audits.begun(1).await;
        let shown = loop {
            let shown = card(&chat).await;
            if redacted(&shown).contains("35 %") {
                break shown;
            }
        };
        assert_snapshot!(redacted(&shown), @"");
        assert_eq!(buttons(&shown), ["Cancel"]);
        chat.press(&shown, "Cancel").await
    };
    let ((), said) = tokio::join!(chat.make_audit(), cancel);
    assert_snapshot!(said, @"");
    assert_snapshot!(redacted(&card(&chat).await), @"");
    assert_snapshot!(chat.say("cancel-audit").await, @"");
    assert_snapshot!(chat.say("cancel-audit 1").await, @"");
    assert_snapshot!(chat.say("show-audit 1 as pdf").await, @"");
}

#[tokio::test]
async fn a_page_that_cannot_be_audited_says_why() {
    let chat = Chat::start().await;
    let error =
        AuditError::Page { code: "NOT_HTML".to_owned(), message: "the page is `text/plain`, not HTML".to_owned() };
    chat.audits.then([Act::Fail(error)]);
    chat.say(&format!("audit {PAGE}")).await;
    chat.make_audit().await;
    let failed = card(&chat).await;
    assert_snapshot!(redacted(&failed), @"Audit 1 of http://127.0.0.1:PORT/ (mobile, 3 runs) failed: the page is 'text/plain', not HTML (NOT_HTML)");
    assert_eq!(buttons(&failed), ["Run again"]);
    assert_snapshot!(chat.say("list-audits").await, @"");
}

#[tokio::test]
async fn what_does_not_work_is_refused_before_it_waits() {
    let chat = Chat::start().await;
    assert_snapshot!(chat.say("audit").await, @r"
    Which page shall I audit?

    For example: https://shop.example
    ");
    chat.say("cancel").await;
    assert_snapshot!(chat.say("audit ftp://shop.example").await, @"");
    assert_snapshot!(chat.say("audit https://ada:hunter2@shop.example").await, @"");
    assert_snapshot!(chat.say(&format!("audit {PAGE} budget lcp < soon")).await, @"");
    assert_snapshot!(chat.say(&format!("audit {PAGE} runs 10")).await, @"");
    assert_snapshot!(chat.say(&format!("audit {PAGE} locale klingon")).await, @"");
    assert_snapshot!(chat.say(&format!("audit {PAGE} cookie session")).await, @"");
    assert_snapshot!(chat.say("audit again 7").await, @"");
    assert_snapshot!(chat.say(&format!("audit again 7 {PAGE}")).await, @"");
    assert_snapshot!(chat.say("show-audit").await, @"");
    assert_snapshot!(chat.say("compare-audits").await, @"");
    assert_snapshot!(chat.say("list-audits").await, @"");
}

#[tokio::test]
async fn where_audits_cannot_be_made_that_is_said_at_once() {
    let mut chat = Chat::start().await;
    chat.without_audits("Chromium was not found; install it, or set audits.chromium");
    let reply = chat.reply("audit https://shop.example").await;
    assert_eq!(reply.code.as_deref(), Some(ErrorCode::Unavailable.as_str()));
    assert_snapshot!(redacted(&reply), @"✗ Audits are not available here: Chromium was not found; install it, or set audits.chromium.");
    assert!(chat.say("list-audits").await.starts_with("There is no such audit yet."));
}

#[tokio::test]
async fn pages_are_audited_again_and_again() {
    let chat = Chat::start().await;
    assert_snapshot!(chat.say("list-audit-schedules").await, @"Nothing is audited again and again. `schedule-audit https://shop.example every day at 03:00` has a page audited.");
    assert_snapshot!(chat.say(&format!("schedule-audit {PAGE}")).await, @"");
    let line =
        format!("schedule-audit {PAGE} every weekday at 6:30am zone Europe/Berlin name shop-home budget lcp < 2.5s");
    assert_snapshot!(chat.say(&line).await, @"");
    assert_snapshot!(chat.say(&format!("schedule-audit {PAGE} desktop cron \"0 */6 * * *\"")).await, @"");
    chat.pass(Duration::from_secs(86_400));
    chat.services.turn_audit_schedules().await.unwrap();
    chat.audits.then([Act::Slow]);
    chat.make_audit().await;
    assert_snapshot!(chat.say("list-audit-schedules").await, @"");
    assert_snapshot!(chat.say("list-audits 127.0.0.1").await, @"");
    assert_snapshot!(chat.say("delete-audit-schedule shop-hom").await, @"");
    chat.say("cancel").await;
    assert_snapshot!(chat.say("delete-audit-schedule shop-home").await, @"");
    assert_snapshot!(chat.say("yes").await, @"");
}

#[tokio::test]
async fn what_there_is_is_completed() {
    let chat = Chat::start().await;
    chat.say(&format!("audit {PAGE}")).await;
    chat.say(&format!("schedule-audit {PAGE} every day at 03:00 name home")).await;
    assert_eq!(chat.completions("show-audit ").await.1[0], "1");
    assert_eq!(chat.completions("delete-audit-schedule h").await.1, ["home"]);
    assert_eq!(chat.completions("audit https://shop.example throttling d").await.1, ["devtools"]);
}
