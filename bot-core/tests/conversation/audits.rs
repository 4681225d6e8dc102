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
    assert_snapshot!(chat.say(&format!("audit {PAGE} runs 5")).await, @"Audit 1 of http://127.0.0.1:PORT/ (mobile, 5 runs) is the next to be made. `show-audit 1` shows how far it is, `cancel-audit 1` calls it off.");
    let waiting = card(&chat).await;
    assert_snapshot!(redacted(&waiting), @"Audit 1 of http://127.0.0.1:PORT/ (mobile, 5 runs) is the next to be made.");
    assert_eq!(buttons(&waiting), ["Cancel"]);
    chat.make_audit().await;
    let done = card(&chat).await;
    assert_snapshot!(redacted(&done), @r"
    Audit 1 of http://127.0.0.1:PORT/ (mobile, 5 runs) is done after 42 s.

    Scores, of 100
      Performance  100 good
      Accessibility  100 good
      Best practices  100 good
      SEO  100 good
      Progressive Web App  0 poor

    Core metrics
      First Contentful Paint  [ms] good
      Largest Contentful Paint  [ms] good
      Total Blocking Time  [ms] good
      Cumulative Layout Shift  0.00 good
      Speed Index  [ms] good
      Time to First Byte  [ms] good
      Transferred  564 B

    To be read with care: Only 1 of 5 runs could be scored.
    ");
    assert_eq!(buttons(&done), ["Report PDF", "Compare", "Run again"]);

    chat.pass(Duration::from_secs(3_600));
    assert_snapshot!(chat.press(&done, "Run again").await, @"Audit 2 of http://127.0.0.1:PORT/ (mobile, 5 runs) is the next to be made. `show-audit 2` shows how far it is, `cancel-audit 2` calls it off.");
    chat.make_audit().await;
    let slow = card(&chat).await;
    assert_snapshot!(redacted(&slow), @r"
    Audit 2 of http://127.0.0.1:PORT/ (mobile, 5 runs) is done after 42 s.

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

    Worse than audit 1: Performance 100 → 56; Accessibility 100 → 15; Best practices 100 → 81; SEO 100 → 67; First Contentful Paint [ms] → 3.7
    s; Largest Contentful Paint [ms] → [ms]; Total Blocking Time [ms] → [ms]; Speed Index [ms] → [ms]; Time to First Byte [ms] → 554
    ms.

    What to mend first:
    1. Reduce unused JavaScript (saves [ms] of LCP, 168 kB)
    2. Render-blocking requests (saves [ms] of FCP)
    3. Reduce JavaScript execution time (saves [ms] of TBT)

    To be read with care: The page loaded too slowly to finish within the time limit. Results may be incomplete; Only 3 of 5 runs could be
    scored.
    ");
    assert_snapshot!(chat.press(&slow, "Compare").await, @r"
    http://127.0.0.1:PORT/ (mobile): audit 1 of 2026-03-01 00:00 UTC, then audit 2 of 2026-03-01 01:00 UTC. 9 figures got worse by more than
    chance.

    Figures
      what  before  after  which is
      Performance  100  56  worse
      Accessibility  100  15  worse
      Best practices  100  81  worse
      SEO  100  67  worse
      Progressive Web App  0  0  as before
      First Contentful Paint  [ms]  [ms]  worse
      Largest Contentful Paint  [ms]  [ms]  worse
      Total Blocking Time  [ms]  [ms]  worse
      Cumulative Layout Shift  0.00  0.00  as before
      Speed Index  [ms]  [ms]  worse
      Time to First Byte  [ms]  [ms]  worse
      Page size  564 B  300 kB
      HTML  564 B  2.1 kB
      Scripts  0 B  174 kB
      Style sheets  0 B  26 kB
      Images  0 B  97 kB
      Other  0 B  209 B

    Newly failing (32)
      category  what
      Performance  Page prevented back/forward cache restoration
      Performance  Reduce JavaScript execution time
      Performance  Improve image delivery
      Performance  LCP breakdown
      Performance  LCP request discovery
      Performance  Minimize main-thread work
      Performance  Network dependency tree
      Performance  Render-blocking requests
      Performance  Minify JavaScript
      Performance  Image elements do not have explicit width and height
      Performance  Reduce unused CSS
      Performance  Reduce unused JavaScript
      Performance  Optimize viewport for mobile
      Accessibility  Buttons do not have an accessible name
      Accessibility  Background and foreground colors do not have a sufficient contrast rat…
      Accessibility  Document doesn't have a <title> element
      Accessibility  <html> element does not have a [lang] attribute
      Accessibility  Image elements do not have [alt] attributes
      Accessibility  Form elements do not have associated labels
      Accessibility  Document does not have a main landmark
      Accessibility  Links do not have a discernible name
      Accessibility  Lists do not contain only <li> elements and script supporting elements…
      Accessibility  Touch targets do not have sufficient size or spacing
      Best practices  Charset declaration is missing or occurs too late in the HTML
      Best practices  Browser errors were logged to the console
      Best practices  Requests the geolocation permission on page load
      Best practices  Displays images with incorrect aspect ratio
      Best practices  Serves images with low resolution
      SEO  Links are not crawlable
      SEO  Document doesn't have a <title> element
      SEO  Image elements do not have [alt] attributes
      SEO  Document does not have a meta description
    ");
    assert_snapshot!(chat.say("list-audits").await, @r"
    2 audits
      number  page  as  when  perf  a11y  best  seo  pwa  state
           2  http://127.0.0.1:PORT/  mobile  42 s ago  56  15  81  67  0  worse than before
           1  http://127.0.0.1:PORT/  mobile  1 h 1 min ago  100  100  100  100  0  done
    ");
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

    Worse than audit 1: Performance 100 → 56; Accessibility 100 → 15; Best practices 100 → 81; SEO 100 → 67; First Contentful Paint [ms] → 3.7
    s; Largest Contentful Paint [ms] → [ms]; Total Blocking Time [ms] → [ms]; Speed Index [ms] → [ms]; Time to First Byte [ms] → 554
    ms.

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
      budgets  lcp < 2.5s, performance >= 90
      asked by  Owner
    "#);
    assert!(!shown.contains("hunter2"), "{shown}");
    let report = chat.press_for(&card(&chat).await, "Report PDF").await;
    assert_eq!(files(&report), ["audit-2-127.0.0.1.pdf application/pdf"]);
    assert_snapshot!(redacted(&report), @r"
    The report of audit 2: http://127.0.0.1:PORT/

    File audit-2-127.0.0.1.pdf (application/pdf, 10 B)
    ");
    chat.services.publish_files_at("https://watch.example");
    let linked = redacted(&chat.reply("show-audit as pdf").await);
    assert!(linked.contains("https://watch.example/files/"), "{linked}");
    let json = chat.reply(&format!("show-audit {PAGE} as json")).await;
    assert_eq!(files(&json), ["audit-2.json application/json"]);
}

#[tokio::test]
async fn what_was_not_found_out_is_shown_so() {
    let chat = Chat::start().await;
    chat.audits.then([Act::Accessible { score: None, lighthouse: "13.5.0" }]);
    chat.say(&format!("audit {PAGE} budget accessibility >= 90")).await;
    chat.make_audit().await;
    let shown = chat.say("show-audit 1").await;
    assert!(shown.contains("Accessibility  not scored"), "{shown}");
    assert!(shown.contains("Budgets that could not be looked at: accessibility >= 90."), "{shown}");
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
        assert_snapshot!(redacted(&shown), @r"
        Audit 1 of http://127.0.0.1:PORT/ (desktop, 3 runs) is being made.
        ▓▓▓▓░░░░░░░░ 35 % · Run 1 of 3: loading the page
        ");
        assert_eq!(buttons(&shown), ["Cancel"]);
        chat.press(&shown, "Cancel").await
    };
    let ((), said) = tokio::join!(chat.make_audit(), cancel);
    assert_snapshot!(said, @"Audit 1 is being called off; that takes a moment.");
    assert_snapshot!(redacted(&card(&chat).await), @"Audit 1 of http://127.0.0.1:PORT/ (desktop, 3 runs) was called off.");
    assert_snapshot!(chat.say("cancel-audit").await, @"✗ There is no audit that could be meant; `audit https://shop.example` makes one.");
    assert_snapshot!(chat.say("cancel-audit 1").await, @"✗ Audit 1 is over already.");
    assert_snapshot!(chat.say("show-audit 1 as pdf").await, @"✗ Audit 1 is cancelled, so there is nothing that it found.");
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
    assert_snapshot!(chat.say("list-audits").await, @r"
    1 audit
      number  page  as  when  perf  a11y  best  seo  pwa  state
           1  http://127.0.0.1:PORT/  mobile  42 s ago  –  –  –  –  –  failed: NOT_HTML
    ");
}

#[tokio::test]
async fn what_does_not_work_is_refused_before_it_waits() {
    let chat = Chat::start().await;
    assert_snapshot!(chat.say("audit").await, @r"
    Which page shall I audit?

    For example: https://shop.example
    ");
    chat.say("cancel").await;
    assert_snapshot!(chat.say("audit ftp://shop.example").await, @"✗ I cannot watch `ftp:` addresses; use http:// or https://.");
    assert_snapshot!(chat.say("audit https://ada:hunter2@shop.example").await, @"✗ Write the address without a user and a password; a page behind a login is audited with a cookie or a header, such as `Authorization`.");
    assert_snapshot!(chat.say(&format!("audit {PAGE} budget lcp < soon")).await, @r"
    ✗ `soon` is not a duration; write it like 800ms, 2s, 1m30s or 1h.

    lcp < soon
          ^^^^
    ");
    assert_snapshot!(chat.say(&format!("audit {PAGE} runs 10")).await, @"✗ `runs`: `10` is not a number from 1 to 9. `help audit` shows what it takes.");
    assert_snapshot!(chat.say(&format!("audit {PAGE} locale klingon")).await, @r"
    ✗ Lighthouse does not write `klingon`; use one of ar, ar-XB, bg, ca, cs, da, de, el, en-GB, en-US, en-XA, en-XL, es, es-419, fi, fil, fr, he,
    hi, hr, hu, id, it, ja, ko, lt, lv, nl, no, pl, pt, pt-PT, ro, ru, sk, sl, sr, sr-Latn, sv, ta, te, th, tr, uk, vi, zh, zh-HK, zh-TW.
    ");
    assert_snapshot!(chat.say(&format!("audit {PAGE} cookie session")).await, @"✗ Write a cookie like `session=4f2a`.");
    assert_snapshot!(chat.say("audit again 7").await, @"✗ There is no audit `7`; `list-audits` shows those there are.");
    assert_snapshot!(chat.say(&format!("audit again 7 {PAGE}")).await, @"✗ `again` takes all that was said for that audit; leave out `url`.");
    assert_snapshot!(chat.say("show-audit").await, @"✗ There is no audit that could be meant; `audit https://shop.example` makes one.");
    assert_snapshot!(chat.say("compare-audits").await, @"✗ There is no audit that could be meant; `audit https://shop.example` makes one.");
    assert_snapshot!(chat.say("list-audits").await, @"There is no such audit yet. `audit https://shop.example` makes one.");
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
    assert_snapshot!(chat.say(&format!("schedule-audit {PAGE}")).await, @r#"
    ✗ Say when, like `every day at 03:00`, `every monday at 6am`, `every 6 hours` or `cron "0 4 1 * *"`.
    "#);
    let line =
        format!("schedule-audit {PAGE} every weekday at 6:30am zone Europe/Berlin name shop-home budget lcp < 2.5s");
    assert_snapshot!(chat.say(&line).await, @r"
    `shop-home` audits http://127.0.0.1:PORT/ (mobile) at `30 6 * * 1,2,3,4,5` (Europe/Berlin), next at 2026-03-02 06:30 Europe/Berlin. Its cards
    appear here. `delete-audit-schedule shop-home` ends it.
    ");
    assert_snapshot!(chat.say(&format!("schedule-audit {PAGE} desktop every 6 hours")).await, @r"
    `127.0.0.1` audits http://127.0.0.1:PORT/ (desktop) at `0 */6 * * *` (UTC), next at 2026-03-01 06:00 UTC. Its cards appear here.
    `delete-audit-schedule 127.0.0.1` ends it.
    ");
    chat.pass(Duration::from_secs(86_400));
    chat.services.turn_audit_schedules().await.unwrap();
    chat.audits.then([Act::Slow]);
    chat.make_audit().await;
    assert_snapshot!(chat.say("list-audit-schedules").await, @r"
    2 audit schedules
      name  page  as  when  next  budgets  wrong now  by
      127.0.0.1  http://127.0.0.1:PORT/  desktop  at '0 */6 * * *' (UTC)  2026-03-02 06:00  Owner
      shop-home  http://127.0.0.1:PORT/  mobile  at '30 6 * * 1,2,3,4,5' (Europe/Berlin)  2026-03-02 06:30  lcp < 2.5s  Owner
    ");
    assert_snapshot!(chat.say("list-audits 127.0.0.1").await, @r"
    1 audit
      number  page  as  when  perf  a11y  best  seo  pwa  state
           1  http://127.0.0.1:PORT/  desktop  42 s ago  56  15  81  67  0  done
    ");
    assert_snapshot!(chat.say("delete-audit-schedule shop-hom").await, @"✗ There is no audit schedule `shop-hom`; did you mean `shop-home`?");
    chat.say("cancel").await;
    assert_snapshot!(chat.say("delete-audit-schedule shop-home").await, @"Shall I end `shop-home`, which audits http://127.0.0.1:PORT/ at `30 6 * * 1,2,3,4,5` (Europe/Berlin)? `yes` or `no`.");
    assert_snapshot!(chat.say("yes").await, @"`shop-home` is ended. Its audits stay; `list-audits` shows them.");
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
