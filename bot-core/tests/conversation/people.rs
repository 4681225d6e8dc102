//! Who is let in on chat platforms, by which words, and what they may do there.

use std::time::Duration;

use bot_core::reply::Block;
use bot_core::{Input, Place, Reply, Visitor};
use insta::assert_snapshot;
use monitor_core::people::Actor;

use crate::chat::{Chat, redacted};

const MINUTE: Duration = Duration::from_secs(60);

/// A channel of the guild `acme`.
fn channel(id: &str) -> Place<'_> {
    Place { platform: "discord", workspace: Some("acme"), workspace_name: "Acme", conversation: id, title: "#ops" }
}

/// A direct conversation.
fn direct(id: &str) -> Place<'_> {
    Place { platform: "discord", workspace: None, workspace_name: "", conversation: id, title: "" }
}

fn user<'a>(id: &'a str, roles: &'a [String]) -> Visitor<'a> {
    Visitor { scope: "", user: id, name: id, roles }
}

/// What is answered to a user there, as text.
async fn says(chat: &Chat, place: Place<'_>, id: &str, text: &str) -> String {
    redacted(&hears(chat, place, id, text).await)
}

async fn hears(chat: &Chat, place: Place<'_>, id: &str, text: &str) -> Reply {
    chat.receive(place, user(id, &[]), Input::Text(text.to_owned())).await
}

async fn presses(chat: &Chat, place: Place<'_>, id: &str, reply: &Reply, label: &str) -> String {
    let action = reply.actions.iter().find(|action| action.label == label).unwrap();
    redacted(&chat.receive(place, user(id, &[]), Input::Action(action.token.clone())).await)
}

/// The words that an answer says are to be said, with their code.
fn words(reply: &Reply) -> String {
    assert!(reply.ok && reply.sensitive, "{reply:?}");
    let code = reply.blocks.iter().find_map(|block| match block {
        Block::Code { text } => Some(text.clone()),
        _ => None,
    });
    code.unwrap()
}

/// Connects a guild by what its owner says.
async fn connect(chat: &Chat, by: Actor, place: Place<'_>) {
    let words = words(&chat.reply_to(by, Input::Text("connect discord".to_owned())).await);
    let connected = hears(chat, place, "somebody", &words).await;
    assert!(connected.ok, "{connected:?}");
}

/// Lets a user in with a role.
async fn invite(chat: &Chat, id: &str, role: &str) {
    let words = words(&chat.reply(&format!("invite {id} {role} discord")).await);
    let welcome = hears(chat, direct(&format!("dm-{id}")), id, &words).await;
    assert!(welcome.ok, "{welcome:?}");
}

/// The text with its code, which is another each time, taken out.
fn without_code(text: &str) -> String {
    regex::Regex::new(r"\b[0-9A-Z]{5}-[0-9A-Z]{5}\b").unwrap().replace_all(text, "CODE").into_owned()
}

#[tokio::test]
async fn a_place_is_connected_and_a_person_linked_by_words() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    let ops = channel("ops");
    assert_snapshot!(says(&chat, ops, "ada", "status").await, @r"
    ✗ I do not know this place yet, so I do nothing here. To connect this place, an owner or admin says `connect discord` where Watchword knows
    them already (in its terminal, on the web, or in another chat), and then here the `connect CODE` that they are told there.
    ");
    let made = chat.reply("connect discord").await;
    assert_snapshot!(without_code(&redacted(&made)), @r"
    Say this to me in the Discord server that is to be connected:

    connect CODE

    It works once, until 2026-03-01 00:15 UTC. `link discord` makes a code by which I know you there as well.
    ");
    let words_here = words(&made);
    assert_snapshot!(says(&chat, ops, "ada", &format!("watchword, {}", words_here.to_lowercase())).await, @r"
    Acme (Discord) is connected. People whom I do not know may do nothing here yet: `link discord`, said where you made the code, makes one by
    which I know you here; then `set-access read` lets everybody here look, `invite` lets more people in, and `follow everything` tells you here
    when something fails.
    ");
    assert_snapshot!(says(&chat, ops, "ada", "status").await, @r"
    ✗ I do not know you here yet, so I do nothing for you. If Watchword knows you elsewhere (in its terminal, on the web, or in another chat), say
    `link discord` there, and then here the `link CODE` that you are told. If not, ask an owner or admin to `invite` you.
    ");
    assert_snapshot!(says(&chat, ops, "ada", "help").await, @r"
    Hello! I am Watchword: I watch websites, servers and jobs, and tell people when they fail.

    If Watchword knows you elsewhere (in its terminal, on the web, or in another chat), say `link discord` there, and then here the `link CODE`
    that you are told. If not, ask an owner or admin to `invite` you.

    An owner or admin can also say `set-access read` here, and then everybody here may look.
    ");
    let made = chat.reply("link discord").await;
    assert_snapshot!(without_code(&redacted(&made)), @r"
    Say this to me on Discord, best in a direct message:

    link CODE

    It works once, until 2026-03-01 00:15 UTC. Whoever says it is you to me, so tell nobody.
    ");
    assert_snapshot!(says(&chat, direct("dm"), "ada", &format!("/{}", words(&made))).await, @"Welcome, ada! I know you on Discord now; you are owner of your organisation. `help` shows what you can say.");
    assert_snapshot!(says(&chat, ops, "ada", "whoami").await, @r"
    name  ada
    role  owner
    linked on  Discord
    others may do here  nothing
    cards here  nothing
    ");
    assert_snapshot!(says(&chat, direct("dm"), "ada", "whoami").await, @r"
    name  ada
    role  owner
    linked on  Discord
    cards here  nothing
    ");
    assert!(says(&chat, ops, "ada", "status").await.contains("shop"));
    assert!(chat.say("whoami").await.contains("ada"), "who had no name yet is called what the platform says");
    assert_snapshot!(says(&chat, ops, "ada", "list-connections").await, @r"
    Connected (1)
      number  on  name  since  by  roles
           1  Discord  Acme  2026-03-01  ada

    Conversations (2)
      in  conversation  others may  cards of
      Discord  (alone with a member)  nothing
      Acme  #ops  nothing  nothing

    Members (1)
      number  name  role  linked on
           1  ada  owner  Discord
    ");
}

#[tokio::test]
async fn a_code_works_once_for_a_while_where_it_was_made_for() {
    let chat = Chat::start().await;
    let (ops, other) = (channel("ops"), Place { platform: "slack", ..channel("ops") });
    let connects = words(&chat.reply("connect discord").await);
    let refused = says(&chat, other, "ada", &connects).await;
    assert_snapshot!(refused, @"✗ That code is none I know here: a code works once, for 15 minutes, and on the platform that it was made for; have a new one made.");
    let links = words(&chat.reply("link discord").await);
    // Each does what it was made for alone.
    assert_eq!(says(&chat, ops, "ada", &links.replace("link", "connect")).await, refused);
    assert_eq!(says(&chat, ops, "ada", &connects.replace("connect", "link")).await, refused);
    assert!(hears(&chat, ops, "ada", &connects).await.ok);
    assert_eq!(says(&chat, Place { workspace: Some("other"), ..ops }, "ada", &connects).await, refused);
    assert!(hears(&chat, ops, "ada", &links).await.ok);
    assert_eq!(says(&chat, ops, "eve", &links).await, refused);
    let late = words(&chat.reply("link discord").await);
    chat.pass(15 * MINUTE);
    assert_eq!(says(&chat, ops, "eve", &late).await, refused);
    let again = words(&chat.reply("connect discord").await);
    assert_snapshot!(says(&chat, ops, "ada", &again).await, @"✗ This place is connected already; an owner or admin of its organisation can say `disconnect` here first.");
    // What could not be connected there can be elsewhere, and a direct conversation is no place.
    assert_snapshot!(says(&chat, direct("dm"), "ada", &again).await, @"✗ This is not a place that many share; say it in a channel or group that is, or is to be, connected.");
    assert!(hears(&chat, Place { workspace: Some("other"), ..ops }, "ada", &again).await.ok);
    assert_snapshot!(says(&chat, ops, "eve", "link 12345-6789").await, @r"
    ✗ That is no code that works: a code has ten letters and digits and no space in it, like `7KQ2M-X9D4T`. Say it once more just as you were told
    it, or have a new one made. If Watchword knows you elsewhere (in its terminal, on the web, or in another chat), say `link discord` there,
    and then here the `link CODE` that you are told. If not, ask an owner or admin to `invite` you.
    ");
    assert_snapshot!(says(&chat, direct("dm-eve"), "eve", "link 12345-67890").await, @"✗ That code is none I know here: a code works once, for 15 minutes, and on the platform that it was made for; have a new one made.");
    assert_snapshot!(chat.say("link 12345-67890").await, @"Say that to me on Discord, Slack or Telegram itself, where I am to know you.");
    assert_snapshot!(chat.say("connect irc").await, @"✗ I don't know what to do with “irc” here. Put quotes around text that has spaces. `help connect` shows what it takes.");
}

#[tokio::test]
async fn what_is_nearly_a_code_is_taken_for_nothing_else() {
    let chat = Chat::start().await;
    let ops = channel("ops");
    connect(&chat, chat.actor, ops).await;
    let links = words(&chat.reply("link discord").await);
    let split = links.replace('-', " ");
    let mistyped = format!("{links}X");
    let thirds = [
        "link 7KQ 2MX9 D4T",
        "connect 7KQ2M X9D4T",
        "link discord 7KQ2M X9D4T",
        "link code:7KQ2M X9D4T",
        "link ABCDE FGHJK",
    ];
    for stranger in [true, false] {
        if !stranger {
            invite(&chat, "ada", "owner").await;
        }
        for line in [split.as_str(), mistyped.as_str()].iter().chain(&thirds) {
            let refused = hears(&chat, ops, "ada", line).await;
            assert_eq!((refused.ok, refused.code.as_deref()), (false, Some("invalid_code")), "{line}: {refused:?}");
            assert!(refused.sensitive, "it may be a code but for a slip of the finger: {line}");
        }
    }
    assert_snapshot!(says(&chat, ops, "ada", &split).await, @r"
        ✗ That is no code that works: a code has ten letters and digits and no space in it, like `7KQ2M-X9D4T`. Say it once more just as you were told
        it, or have a new one made.
        ");
    // A slip of the finger in the platform is none in a code.
    assert_eq!(says(&chat, ops, "ada", "connect discrod").await, chat.say("connect discrod").await);
    assert!(hears(&chat, ops, "ada", &links).await.ok, "what was refused is not used up");
}

#[tokio::test]
async fn whoever_is_not_let_in_learns_nothing() {
    let chat = Chat::start().await;
    chat.add("secretshop").await;
    connect(&chat, chat.actor, channel("ops")).await;
    invite(&chat, "ada", "editor").await;
    let asked = hears(&chat, channel("ops"), "ada", "delete-monitor secretshop").await;
    let card = Input::Action("card.1.ack".to_owned());
    let yes = Input::Action(asked.actions[0].token.clone());
    let everything =
        ["status", "list-monitors", "show-monitor secretshop", "help", "hello", "yes", "", "https://x.example"];
    for place in
        [channel("ops"), channel("other"), direct("dm-eve"), Place { workspace: Some("nowhere"), ..channel("z") }]
    {
        for input in everything.map(|text| Input::Text(text.to_owned())).into_iter().chain([card.clone(), yes.clone()])
        {
            let reply = chat.receive(place, user("eve", &[]), input.clone()).await;
            let text = redacted(&reply);
            let leaks = ["secretshop", "Watchword organisation", "Owner"].iter().any(|word| text.contains(word));
            assert!(!leaks && reply.actions.is_empty(), "{input:?}: {text}");
            assert_eq!(reply.ok, matches!(&input, Input::Text(said) if ["help", "hello", ""].contains(&said.as_str())));
        }
        for (command, argument) in [("show-monitor", "monitor"), ("ack", "incident"), ("list-monitors", "label")] {
            assert!(chat.suggestions(place, user("eve", &[]), command, argument, "").await.is_empty());
        }
    }
    assert!(chat.reply("show-monitor secretshop").await.ok, "nothing was done");
}

#[tokio::test]
async fn a_channel_may_let_everybody_read_or_more() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    let ops = channel("ops");
    connect(&chat, chat.actor, ops).await;
    invite(&chat, "ada", "admin").await;
    assert_snapshot!(says(&chat, ops, "ada", "set-access read").await, @"Everybody here may now look at everything of this organisation, and change nothing.");
    assert!(says(&chat, ops, "eve", "status").await.contains("shop"));
    assert_snapshot!(says(&chat, ops, "eve", "pause-monitor shop").await, @"✗ As viewer you may not add, change or delete monitors; ask an owner or admin of your organisation.");
    assert_snapshot!(says(&chat, ops, "eve", "check-now shop").await, @"✗ As viewer you may not run checks or act on incidents; ask an owner or admin of your organisation.");
    assert_snapshot!(says(&chat, ops, "eve", "whoami").await, @r"
    name  eve
    role  viewer, as a guest of this conversation
    others may do here  read
    cards here  nothing
    ");
    assert_snapshot!(says(&chat, ops, "eve", "link discord").await, @"✗ You are a guest here and no member of the organisation; an owner or admin can `invite` you.");
    assert!(says(&chat, channel("other"), "eve", "status").await.starts_with('✗'), "only there");
    assert_snapshot!(says(&chat, ops, "ada", "set-access editor").await, @"Everybody here may now do what an editor may.");
    assert!(says(&chat, ops, "eve", "pause-monitor shop").await.starts_with("`shop` is paused"));
    assert_snapshot!(says(&chat, ops, "eve", "set-access owner").await, @"✗ As editor you may not manage people and places; ask an owner or admin of your organisation.");
    assert_snapshot!(says(&chat, ops, "ada", "set-access owner").await, @"✗ As admin you cannot decide about the role owner.");
    assert_snapshot!(says(&chat, ops, "ada", "set-access nothing").await, @"Here I now do nothing for people whom I do not know.");
    assert!(says(&chat, ops, "eve", "status").await.starts_with("✗ I do not know you here yet"));
    assert_snapshot!(chat.say("set-access read").await, @"✗ This is not a place that many share; say it in a channel or group that is, or is to be, connected.");
    // Whoever is known may do no less than a stranger.
    invite(&chat, "bob", "viewer").await;
    assert!(says(&chat, ops, "bob", "resume-monitor shop").await.starts_with("✗ As viewer"));
    says(&chat, ops, "ada", "set-access editor").await;
    assert!(says(&chat, ops, "bob", "resume-monitor shop").await.contains("shop"));
    assert!(!says(&chat, ops, "bob", "pause-monitor shop").await.starts_with('✗'));
}

#[tokio::test]
async fn roles_of_the_platform_count_and_the_mightiest_wins() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    let ops = channel("ops");
    connect(&chat, chat.actor, ops).await;
    invite(&chat, "ada", "admin").await;
    invite(&chat, "bob", "viewer").await;
    assert_snapshot!(says(&chat, ops, "ada", "map-role <@&111> viewer").await, @"Who has the role 111 in Acme (Discord) may now do what a viewer may.");
    assert_snapshot!(chat.say("map-role 222 editor").await, @"Who has the role 222 in Acme (Discord) may now do what an editor may.");
    assert_snapshot!(says(&chat, ops, "ada", "map-role 333 owner").await, @"✗ As admin you cannot decide about the role owner.");
    assert_snapshot!(chat.say("map-role 333 editor in elsewhere").await, @"✗ There is no connected place `elsewhere`; `list-connections` shows those there are.");
    let pause = async |id: &'static str, roles: &[&str]| {
        let roles: Vec<String> = roles.iter().map(|role| (*role).to_owned()).collect();
        let input = Input::Text("pause-monitor shop".to_owned());
        redacted(&chat.receive(ops, user(id, &roles), input).await)
    };
    assert!(pause("eve", &["000"]).await.starts_with("✗ I do not know you here yet"));
    assert!(pause("eve", &["111", "000"]).await.starts_with("✗ As viewer"));
    assert!(pause("eve", &["111", "222"]).await.starts_with("`shop` is paused"));
    assert!(pause("bob", &["000"]).await.starts_with("✗ As viewer"));
    assert!(pause("bob", &["222"]).await.contains("shop"));
    assert_snapshot!(says(&chat, ops, "ada", "map-role 222 nothing").await, @"Who has the role 222 in Acme (Discord) may do nothing more by that.");
    assert!(pause("bob", &["222"]).await.starts_with("✗ As viewer"));
    assert!(pause("eve", &["222"]).await.starts_with("✗ I do not know you here yet"));
}

#[tokio::test]
async fn nobody_gives_or_takes_what_is_above_oneself() {
    let chat = Chat::start().await;
    connect(&chat, chat.actor, channel("ops")).await;
    let mine = words(&chat.reply("link discord").await);
    assert!(hears(&chat, direct("dm-boss"), "boss", &mine).await.ok);
    invite(&chat, "ada", "admin").await;
    let dm = direct("dm-ada");
    assert_snapshot!(says(&chat, dm, "ada", "invite eve owner").await, @"✗ As admin you cannot decide about the role owner.");
    assert_snapshot!(says(&chat, dm, "ada", "unlink boss --yes").await, @"✗ As admin you cannot decide about the role owner.");
    assert!(hears(&chat, dm, "ada", "invite eve admin").await.ok);
    invite(&chat, "bob", "editor").await;
    for text in ["connect discord", "invite eve viewer", "set-access read", "map-role 1 viewer", "list-connections"] {
        let refused = says(&chat, direct("dm-bob"), "bob", text).await;
        assert!(refused.starts_with("✗ As editor you may not manage people and places"), "{text}: {refused}");
    }
    assert!(says(&chat, direct("dm-bob"), "bob", "unlink ada").await.starts_with("✗ As editor you may not manage"));
}

#[tokio::test]
async fn a_confirmation_is_given_by_the_asker_or_by_somebody_who_may() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    let ops = channel("ops");
    connect(&chat, chat.actor, ops).await;
    for (id, role) in [("ada", "editor"), ("bob", "responder"), ("cy", "editor")] {
        invite(&chat, id, role).await;
    }
    let asked = hears(&chat, ops, "ada", "delete-monitor shop").await;
    assert_snapshot!(presses(&chat, ops, "bob", &asked, "Yes").await, @"✗ I asked ada that. As responder you may not add, change or delete monitors; ask an owner or admin of your organisation.");
    assert_snapshot!(presses(&chat, ops, "bob", &asked, "No").await, @"✗ I asked ada that. As responder you may not add, change or delete monitors; ask an owner or admin of your organisation.");
    assert_snapshot!(presses(&chat, ops, "eve", &asked, "Yes").await, @r"
    ✗ I do not know you here yet, so I do nothing for you. If Watchword knows you elsewhere (in its terminal, on the web, or in another chat), say
    `link discord` there, and then here the `link CODE` that you are told. If not, ask an owner or admin to `invite` you.
    ");
    assert!(presses(&chat, channel("other"), "cy", &asked, "Yes").await.starts_with("✗ This button has expired"));
    assert_snapshot!(presses(&chat, ops, "cy", &asked, "Yes").await, @"`shop` is deleted.");
    assert_snapshot!(presses(&chat, ops, "ada", &asked, "Yes").await, @"✗ That question is settled, or I asked another one since.");
    chat.add("shop").await;
    let asked = hears(&chat, ops, "ada", "delete-monitor shop").await;
    assert_snapshot!(presses(&chat, ops, "cy", &asked, "No").await, @"All right, I did nothing.");
    assert!(says(&chat, ops, "ada", "yes").await.starts_with("✗ There is no question open"));
    let asked = hears(&chat, ops, "ada", "delete-monitor shop").await;
    chat.pass(25 * 60 * MINUTE);
    assert!(presses(&chat, ops, "ada", &asked, "Yes").await.starts_with("✗ This button has expired"));
    assert!(chat.reply("show-monitor shop").await.ok);
    // What silences everything asks back as well, and the responder who asks may confirm.
    let asked = hears(&chat, ops, "bob", "silence all 1h").await;
    assert!(asked.actions.iter().any(|action| action.label == "Yes"), "{asked:?}");
    assert!(presses(&chat, ops, "bob", &asked, "Yes").await.starts_with("Nobody is told of `all`"));
    assert!(says(&chat, ops, "bob", "silence everything 1h").await.starts_with("Shall nobody be told of anything"));
    assert!(says(&chat, ops, "bob", "yes").await.starts_with("Nobody is told of `everything`"));
}

#[tokio::test]
async fn two_organisations_never_see_each_other() {
    let chat = Chat::start().await;
    chat.add("ours").await;
    let stranger = chat.stranger().await;
    let theirs = Place { workspace: Some("rivals"), workspace_name: "Rivals", ..channel("their-ops") };
    connect(&chat, chat.actor, channel("ops")).await;
    let room = chat.services.conversation(&stranger, "test", "their-room").await.unwrap();
    let code = chat.services.code_to_connect(&stranger, "discord").await.unwrap();
    assert!(hears(&chat, theirs, "rex", &format!("connect {}", code.code)).await.ok);
    let code = chat.services.invite(&stranger, "rex", monitor_core::people::Role::Owner, "discord").await.unwrap();
    assert!(hears(&chat, direct("dm-rex"), "rex", &format!("link {}", code.code)).await.ok);
    invite(&chat, "ada", "owner").await;

    assert!(says(&chat, channel("ops"), "rex", "status").await.starts_with("✗ I do not know you here yet"));
    assert!(says(&chat, theirs, "ada", "status").await.starts_with("✗ I do not know you here yet"));
    assert_snapshot!(says(&chat, direct("dm-rex"), "rex", "status").await, @"There are no monitors yet. `add-monitor https://shop.example` adds one.");
    assert!(says(&chat, direct("dm-ada"), "ada", "status").await.contains("ours"));
    // A guest of the other organisation is somebody else there, whatever he is at home.
    assert!(hears(&chat, theirs, "rex", "set-access read").await.ok);
    assert_snapshot!(says(&chat, theirs, "ada", "status").await, @"There are no monitors yet. `add-monitor https://shop.example` adds one.");
    assert_snapshot!(says(&chat, theirs, "ada", "whoami").await, @r"
    name  ada
    role  viewer, as a guest of this conversation
    others may do here  read
    cards here  nothing
    ");
    assert!(chat.suggestions(theirs, user("ada", &[]), "show-monitor", "monitor", "").await.is_empty());
    assert!(!says(&chat, theirs, "rex", "list-connections").await.contains("Acme"));
    assert!(says(&chat, theirs, "rex", "disconnect Acme").await.starts_with("✗ There is no connected place `Acme`"));
    // A channel that both share talks for the one where it was seen first.
    hears(&chat, channel("ops"), "ada", "set-access read").await;
    let shared = Place { workspace: Some("rivals"), workspace_name: "Rivals", ..channel("ops") };
    assert!(says(&chat, shared, "rex", "status").await.starts_with("✗ I do not know this place yet"));
    assert!(says(&chat, channel("ops"), "eve", "status").await.contains("ours"));
    assert!(chat.services.following(&chat.actor, room).await.is_err());
}

#[tokio::test]
async fn a_place_is_disconnected_after_a_yes_and_can_be_connected_again() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    let ops = channel("ops");
    connect(&chat, chat.actor, ops).await;
    invite(&chat, "ada", "admin").await;
    hears(&chat, ops, "ada", "set-access read").await;
    let asked = hears(&chat, ops, "ada", "disconnect").await;
    assert_snapshot!(redacted(&asked), @r"
    Shall I disconnect Acme (Discord)? I do nothing there any more and tell nothing there; which cards appear where, and who may do what there,
    is forgotten. Who is linked stays so. `yes` or `no`.
    ");
    assert!(presses(&chat, ops, "eve", &asked, "Yes").await.starts_with("✗ I asked ada that. As viewer"));
    assert_snapshot!(presses(&chat, ops, "ada", &asked, "Yes").await, @"Acme (Discord) is disconnected.");
    assert!(says(&chat, ops, "ada", "status").await.starts_with("✗ I do not know this place yet"));
    assert!(presses(&chat, ops, "ada", &asked, "Yes").await.starts_with("✗ I do not know this place yet"));
    assert!(says(&chat, direct("dm-ada"), "ada", "status").await.contains("shop"), "who is linked stays so");
    assert_snapshot!(chat.say("disconnect").await, @"✗ There is no connected place; `list-connections` shows those there are.");
    connect(&chat, chat.actor, ops).await;
    assert!(
        says(&chat, ops, "eve", "status").await.starts_with("✗ I do not know you here yet"),
        "access was forgotten"
    );
    // With a question open, nothing else can be asked of a conversation that is gone.
    hears(&chat, ops, "ada", "delete-monitor shop").await;
    assert_snapshot!(says(&chat, ops, "ada", "disconnect --yes").await, @r"
    I dropped my question about `delete-monitor`.

    Acme (Discord) is disconnected.
    ");
}

#[tokio::test]
async fn who_is_unlinked_is_known_no_more_and_told_nothing_alone() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    for (id, role) in [("ada", "admin"), ("bob", "admin")] {
        invite(&chat, id, role).await;
    }
    let (ada, bob) = (direct("dm-ada"), direct("dm-bob"));
    assert!(hears(&chat, bob, "bob", "follow everything").await.ok);
    let invitation = words(&hears(&chat, bob, "bob", "invite eve viewer").await);
    let again = words(&hears(&chat, bob, "bob", "link discord").await);
    let asked = hears(&chat, ada, "ada", "unlink bob discord").await;
    assert_snapshot!(redacted(&asked), @"Shall I know bob no more on Discord? A new code, made by `link` or `invite`, would be needed again. `yes` or `no`.");
    assert_snapshot!(presses(&chat, ada, "ada", &asked, "Yes").await, @"I know bob no more on Discord (1 link).");
    assert!(says(&chat, bob, "bob", "status").await.starts_with("✗ I do not know you here yet"));
    assert!(!chat.say("list-connections").await.contains("everything"), "nothing is told there any more");
    for words in [again, invitation] {
        assert!(says(&chat, bob, "bob", &words).await.starts_with("✗ That code is none I know here"));
    }
    assert_snapshot!(says(&chat, ada, "ada", "unlink bob --yes").await, @"✗ I do not know bob anywhere, so nothing was done.");
    assert_snapshot!(says(&chat, ada, "ada", "unlink nobody").await, @"✗ There is nobody called `nobody`; `list-connections` shows who there is.");
    assert_snapshot!(says(&chat, ada, "ada", "unlink").await, @"Shall I know you no more anywhere? A new code, made by `link` or `invite`, would be needed again. `yes` or `no`.");
    assert_snapshot!(says(&chat, ada, "ada", "yes").await, @"I know you no more anywhere (1 link).");
    assert!(says(&chat, ada, "ada", "yes").await.starts_with("✗ I do not know you here yet"));
}

#[tokio::test]
async fn whose_cards_appear_is_said_in_the_conversation() {
    let chat = Chat::start().await;
    for name in ["shop", "blog"] {
        chat.add(name).await;
    }
    chat.reply("edit-monitor shop label env=prod group web").await;
    let ops = channel("ops");
    connect(&chat, chat.actor, ops).await;
    invite(&chat, "ada", "responder").await;
    assert_snapshot!(says(&chat, ops, "ada", "follow env=prod").await, @"I tell here when any of these fails: 1 monitor (`shop`). What is added later is told where it is added.");
    assert_snapshot!(says(&chat, ops, "ada", "follow blog").await, @"I tell here when `blog` fails.");
    assert!(says(&chat, ops, "ada", "whoami").await.contains("2 monitors"));
    assert_snapshot!(says(&chat, ops, "ada", "unfollow group:web").await, @"I tell nothing here any more of 1 monitor (`shop`).");
    assert_snapshot!(says(&chat, ops, "ada", "follow everything").await, @"I tell here when anything fails, also what is still to be added.");
    assert_snapshot!(says(&chat, ops, "ada", "unfollow blog").await, @"✗ The cards of all monitors appear here; say `unfollow everything`, and then `follow` what you want.");
    assert!(says(&chat, ops, "ada", "whoami").await.contains("everything"));
    assert_snapshot!(says(&chat, ops, "ada", "unfollow everything").await, @"I tell nothing here by myself any more. `follow` begins again.");
    assert!(says(&chat, ops, "ada", "whoami").await.contains("cards here  nothing"));
    assert_snapshot!(says(&chat, ops, "ada", "follow env=staging").await, @"✗ No monitor is `env=staging`. `list-monitors` shows all.");
    assert_snapshot!(says(&chat, ops, "ada", "follow").await, @r"
    Which monitor?

    Possible answers: blog, shop
    ");
}

#[tokio::test]
async fn values_are_suggested_from_what_there_is() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    chat.reply("edit-monitor shop label env=prod label team=web group Shopfront").await;
    chat.reply(&format!("add-destination ops-mail webhook {}", chat.target.url())).await;
    chat.reply("add-rotation primary ops-mail daily 09:00").await;
    chat.reply("add-route shop notify ops-mail").await;
    chat.reply("silence shop 1h").await;
    chat.reply("declare-incident \"payments are slow\"").await;
    connect(&chat, chat.actor, channel("ops")).await;
    invite(&chat, "ada", "owner").await;
    let ada = user("ada", &[]);
    for (command, argument, typed, expected) in [
        ("show-monitor", "monitor", "SH", &["shop"][..]),
        ("list-monitors", "label", "env", &["env=prod"]),
        ("pause_monitor", "group", "shop", &["Shopfront"]),
        ("ack", "incident", "", &["#1"]),
        ("ack", "incident", "#1", &["#1"]),
        ("ack", "incident", "slow", &["#1"]),
        ("ack", "incident", "#2", &[]),
        ("show-destination", "destination", "ops", &["ops-mail"]),
        ("delete-rotation", "rotation", "@pri", &["primary"]),
        ("add-route", "notify", "@", &["@primary"]),
        ("end-silence", "silence", "sho", &["1"]),
        ("silence", "what", "", &["all", "shop", "env=prod", "team=web"]),
        ("silence", "what", "group:s", &["group:Shopfront"]),
        ("silence", "what", "#", &["#1"]),
        ("unlink", "person", "ad", &["ada"]),
        ("disconnect", "place", "acm", &["1"]),
        ("set-access", "access", "re", &["read", "responder"]),
        ("show-monitor", "nothing-like-it", "", &[]),
        ("nothing-like-it", "monitor", "", &[]),
    ] {
        let found = chat.suggestions(channel("ops"), ada, command, argument, typed).await;
        assert_eq!(found, expected, "{command} {argument}:{typed}");
    }
    let (_, typed) = chat.completions("end-silence ").await;
    assert_eq!(typed, ["1"], "as in the terminal");
    assert_eq!(chat.completions("ack #").await.1, ["#1"]);
    assert_eq!(chat.completions("pause-monitor env=").await.1, ["env=prod"]);
    // Who may not say it is not told what it could be said of.
    invite(&chat, "bob", "viewer").await;
    assert!(chat.suggestions(channel("ops"), user("bob", &[]), "unlink", "person", "").await.is_empty());
    assert!(chat.suggestions(channel("ops"), user("bob", &[]), "pause-monitor", "monitor", "").await.is_empty());
}
