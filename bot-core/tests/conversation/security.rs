//! Security checks, by talking.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bot_core::reply::Block;
use bot_core::{Reply, cards};
use insta::assert_snapshot;
use monitor_core::code::ErrorCode;
use monitor_core::people::Role;
use monitor_core::security::observed::Proof;
use probes::security::LookError;
use probes::security::zap::ZapError;
use services::testing::Sight;
use services::view::Content;

use crate::chat::{Chat, redacted};

/// Nothing answers there, and nobody is asked for a name.
const PAGE: &str = "https://127.0.0.1/";
const HOST: &str = "127.0.0.1";

/// The card of the check that was asked for last.
async fn card(chat: &Chat) -> Reply {
    let posts = chat.services.messages_after(&chat.actor, chat.conversation, 0).await.unwrap();
    let checks = posts.iter().filter_map(|post| match &post.content {
        Content::SecurityCheck(row) => Some((row.id, &post.content)),
        _ => None,
    });
    let (_, content) = checks.max_by_key(|(id, _)| *id).expect("there is one");
    cards::card(content, chat.services.now())
}

fn buttons(reply: &Reply) -> Vec<&str> {
    reply.actions.iter().map(|action| action.label.as_str()).collect()
}

/// The one file of a reply: its name and what is in it.
fn file(reply: &Reply) -> (String, String) {
    let file = reply.blocks.iter().find_map(|block| match block {
        Block::File { name, data, .. } => Some((name.clone(), data)),
        _ => None,
    });
    let (name, data) = file.expect("there is a file");
    (name, String::from_utf8(STANDARD.decode(data).unwrap()).unwrap())
}

#[tokio::test]
async fn a_site_is_graded_and_says_what_to_mend() {
    let chat = Chat::start().await;
    chat.sites.then([Sight::Poor, Sight::Good]);
    assert_snapshot!(chat.say("check-security 127.0.0.1").await, @"Security check 1 of https://127.0.0.1/ waits for its turn. Its card shows how far it is. `cancel-security-check 1` calls it off.");
    let waiting = card(&chat).await;
    assert_snapshot!(redacted(&waiting), @"Security check 1 of https://127.0.0.1/ waits for its turn.");
    assert_eq!(buttons(&waiting), ["Cancel"]);
    chat.make_security_check().await;
    let done = card(&chat).await;
    assert_snapshot!("a_poor_site", redacted(&done));
    assert_eq!(buttons(&done), ["All findings", "Check again"]);

    chat.pass(Duration::from_secs(3_600));
    chat.press(&done, "Check again").await;
    chat.make_security_check().await;
    assert_snapshot!("a_site_that_was_mended", redacted(&card(&chat).await));
    assert_snapshot!(chat.say("list-security-checks").await, @r"
    2 security checks
      number  page  when  grade  findings  looked at  state
           2  https://127.0.0.1/  12 s ago  A+  none  as a browser  done
           1  https://127.0.0.1/  1 h ago  D  3 medium, 1 low, 4 info  as a browser  done
    ");
    assert_snapshot!("all_of_it", chat.press(&done, "All findings").await);
}

#[tokio::test]
async fn a_check_is_had_as_a_file() {
    let chat = Chat::start().await;
    chat.sites.then([Sight::Poor]);
    chat.say(&format!("check-security {PAGE}")).await;
    chat.make_security_check().await;
    let (name, csv) = file(&chat.reply("show-security-check 127.0.0.1 as csv").await);
    assert_eq!(name, "security-check-1.csv");
    assert!(csv.starts_with("risk,id,title,evidence,why,mend,reference\r\n"), "{csv}");
    assert!(csv.contains(",csp-missing,") && csv.contains("\r\nnot looked at,tls-ssl3,,"), "{csv}");
    let (name, json) = file(&chat.reply("show-security-check 1 as json").await);
    assert_eq!(name, "security-check-1.json");
    let review: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&review["asked"], &review["depth"]), (&PAGE.into(), &"passive".into()));
}

#[tokio::test]
async fn a_host_is_shown_to_be_ones_own() {
    let chat = Chat::start().await;
    assert_snapshot!(chat.say("list-hosts").await, @"No host is shown to be yours. `verify-host shop.example` says how to show it.");
    let asked = chat.reply("verify-host shop.example").await;
    let token = chat.services.owned_hosts(&chat.actor).await.unwrap()[0].token.clone();
    assert_snapshot!(redacted(&asked).replace(&token, "TOKEN"), @r"
    `shop.example` is not shown to be yours yet. Put this in its DNS or on it, one of both, and say `verify-host shop.example` again:

    One of both
      TXT record  _watchword.shop.example with the text watchword-verification=TOKEN
      file  https://shop.example/.well-known/watchword.txt with the text TOKEN
    ");
    chat.sites.prove("shop.example", Err("no name server answers".to_owned()));
    let unsure = chat.press(&asked, "Look again").await;
    assert!(unsure.contains(&token) && unsure.contains("no name server answers"), "{unsure}");
    chat.sites.prove("shop.example", Ok(Some(Proof::Dns)));
    assert_snapshot!(chat.press(&asked, "Look again").await, @r"
    `shop.example` is shown to be yours, by a TXT record. Leave it there: I look again once it is older than 7 days.
    `check-security shop.example` looks deeper from now on.
    ");
    chat.say("verify-host api.shop.example:8443").await;
    chat.pass(Duration::from_secs(3_600));
    assert_snapshot!(chat.say("list-hosts").await, @r"
    2 hosts
      host  shown by  seen  added by
      api.shop.example:8443  nothing yet  Owner
      shop.example  a TXT record  1 h ago  Owner
    ");
    chat.sites.prove("shop.example", Err("no name server answers".to_owned()));
    assert_snapshot!(chat.say("verify-host shop.example").await, @"`shop.example` was shown to be yours at 2026-03-01 00:00 UTC, by a TXT record. Just now I could not look again: no name server answers.");
    assert_snapshot!(chat.say("forget-host shop.exampl").await, @"✗ There is no host `shop.exampl`; did you mean `api.shop.example:8443` or `shop.example`?");
    assert_snapshot!(chat.say("forget-host shop.example").await, @"`shop.example` is forgotten, and its record or file can go. `verify-host shop.example` begins anew, with another token.");
    assert_eq!(chat.completions("forget-host a").await.1, ["api.shop.example:8443"]);
    let editor = chat.person(Role::Editor).await;
    assert_snapshot!(chat.says(editor, "verify-host shop.example").await, @"✗ As editor you may not manage people and places; ask an owner or admin of your organisation.");
}

#[tokio::test]
async fn a_site_of_ones_own_is_looked_at_more_deeply() {
    let chat = Chat::start().await;
    chat.sites.prove(HOST, Ok(Some(Proof::File)));
    chat.say("verify-host 127.0.0.1").await;
    chat.sites.then([Sight::Poor]);
    chat.say(&format!("check-security {PAGE}")).await;
    chat.make_security_check().await;
    let shown = redacted(&card(&chat).await);
    assert!(shown.contains("High risk:") && shown.contains("/.git/HEAD"), "{shown}");
    assert!(!shown.contains("verify-host"), "{shown}");
    let refused = chat.reply(&format!("check-security {PAGE} deep")).await;
    assert_eq!(refused.code.as_deref(), Some(ErrorCode::Unavailable.as_str()));
    assert_snapshot!(redacted(&refused), @"✗ Deep scans are not available here: set `security.zap_url` to where an OWASP ZAP listens.");
    chat.sites.scan_with(Ok(serde_json::json!({ "alerts": [] })));
    assert_snapshot!(chat.say("check-security https://127.0.0.2/ deep").await, @"✗ A deep scan attacks, so it is made of hosts alone that are shown to be yours; say `verify-host 127.0.0.2` first.");
    chat.say(&format!("check-security {PAGE} deep")).await;
    chat.make_security_check().await;
    let shown = redacted(&card(&chat).await);
    assert!(shown.contains("(deep) is done after 12 s") && shown.contains("by OWASP ZAP"), "{shown}");
    chat.sites.scan_with(Err(ZapError::Refused("the key is wrong".to_owned())));
    chat.say(&format!("check-security {PAGE} deep")).await;
    chat.make_security_check().await;
    let shown = redacted(&card(&chat).await);
    assert!(shown.contains("ZAP refuses: the key is wrong") && !shown.contains("by OWASP ZAP"), "{shown}");
}

#[tokio::test]
async fn what_does_not_work_says_so() {
    let chat = Chat::start().await;
    assert_snapshot!(chat.say("check-security").await, @r"
    Which page shall I look at?

    For example: https://shop.example
    ");
    chat.say("cancel").await;
    assert_snapshot!(chat.say("check-security https://ada:hunter2@shop.example").await, @"✗ Write the address without a user and a password; what is behind a login is not looked at.");
    assert_snapshot!(chat.say("check-security again x").await, @"✗ `x` is not the number of a security check; `list-security-checks` shows them.");
    assert_snapshot!(chat.say("check-security again 7 127.0.0.1").await, @"✗ `again` takes all that was said for that check; leave out `url`.");
    assert_snapshot!(chat.say("show-security-check").await, @"✗ There is no security check that could be meant; `check-security https://shop.example` makes one.");
    assert_snapshot!(chat.say("list-security-checks").await, @"There is no such security check yet. `check-security https://shop.example` makes one.");
    assert_snapshot!(chat.say("cancel-security-check").await, @"✗ There is no security check that could be meant; `check-security https://shop.example` makes one.");
    chat.say(&format!("check-security {PAGE}")).await;
    assert_snapshot!(chat.say("cancel-security-check").await, @"Security check 1 is called off.");
    assert_snapshot!(chat.say("cancel-security-check 1").await, @"✗ Security check 1 is over already.");
    chat.sites.then([Sight::Fail(LookError::Unreachable("nothing answers at 127.0.0.1 port 443".to_owned()))]);
    chat.say(&format!("check-security {PAGE}")).await;
    chat.make_security_check().await;
    let failed = card(&chat).await;
    assert_snapshot!(redacted(&failed), @"Security check 2 of https://127.0.0.1/ failed: nothing answers at 127.0.0.1 port PORT (unreachable)");
    assert_eq!(buttons(&failed), ["Check again"]);
    assert_snapshot!(chat.say("show-security-check 2 as csv").await, @"Security check 2 of https://127.0.0.1/ failed: nothing answers at 127.0.0.1 port PORT (unreachable)");
}
