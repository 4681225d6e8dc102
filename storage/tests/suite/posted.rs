//! What chat platforms were told.

use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::alerting::SilenceId;
use monitor_core::incident::{Entry, IncidentId, Resolution};
use monitor_core::monitor::MonitorId;
use monitor_core::outcome::Reason;
use monitor_core::people::ConversationId;
use storage::{Audience, Cards, PostId, Posted, Store, Waiting};
use test_support::both;
use test_support::builders::{START, monitors, open_incident, resolve_incident};
use test_support::database::TestDatabase;

use crate::support::Raw;

const MINUTE: Duration = Duration::from_secs(60);

fn at(minutes: u32) -> Timestamp {
    START + MINUTE * minutes
}

/// Three monitors, of which a conversation of Discord and one of the web are told.
async fn told(store: &Store) -> (ConversationId, Vec<MonitorId>) {
    let (actor, ids) = monitors(store, &[MINUTE; 3]).await;
    let discord = store.conversation(actor.organisation, "discord", "42", START).await.unwrap();
    let web = store.conversation(actor.organisation, "web", "page", START).await.unwrap();
    let tx = store.begin().await.unwrap();
    for id in &ids {
        tx.subscribe(*id, discord).await.unwrap();
        tx.subscribe(*id, web).await.unwrap();
    }
    tx.commit().await.unwrap();
    (discord, ids)
}

async fn fail(store: &Store, monitor: MonitorId, at: Timestamp) -> IncidentId {
    let tx = store.begin().await.unwrap();
    let incident = open_incident(&tx, monitor, at, Reason::ConnectionRefused, "refused").await.unwrap();
    tx.post_incident(incident, Cards::All, at).await.unwrap();
    tx.commit().await.unwrap();
    incident
}

async fn recover(store: &Store, monitor: MonitorId, at: Timestamp) {
    let tx = store.begin().await.unwrap();
    let incident = resolve_incident(&tx, monitor, at, Resolution::Recovered).await.unwrap();
    tx.post_incident(incident, Cards::All, at).await.unwrap();
    tx.commit().await.unwrap();
}

async fn waiting(store: &Store) -> Vec<Waiting> {
    store.conversations_waiting("discord").await.unwrap()
}

both!(a_conversation_waits_until_it_was_told, async |database: TestDatabase| {
    let store = &database.store;
    let (discord, ids) = told(store).await;
    assert_eq!(waiting(store).await, []);
    fail(store, ids[0], at(1)).await;
    fail(store, ids[1], at(2)).await;
    let [found] = &waiting(store).await[..] else { panic!("one of discord") };
    assert_eq!((found.conversation, found.workspace.as_deref(), found.external_id.as_str()), (discord, None, "42"));
    assert_eq!((found.told_seq, found.summed_seq, found.last_seq), (0, 0, 2));

    store.told(discord, 2, at(2)).await.unwrap();
    assert_eq!(waiting(store).await, []);
    store.told(discord, 1, at(2)).await.unwrap();
    assert_eq!(waiting(store).await, [], "never back");

    fail(store, ids[2], at(3)).await;
    store.summed_up(discord, 3, at(3)).await.unwrap();
    assert_eq!(waiting(store).await[0].summed_seq, 3);
    let closed = async || waiting(store).await[0].closed;
    assert!(!closed().await);
    store.close_conversation(discord, at(4)).await.unwrap();
    assert!(closed().await, "it waits all the same");
    store.hear_in_closed(discord, at(5)).await.unwrap();
    assert_eq!((closed().await, waiting(store).await[0].heard_at), (true, at(5)), "that says nothing of the bot");
    store.open_conversation(discord).await.unwrap();
    store.open_conversation(discord).await.unwrap();
    assert!(!closed().await);
    store.hear_in_closed(discord, at(6)).await.unwrap();
    assert_eq!(waiting(store).await[0].heard_at, at(5), "it was open");
    store.close_conversation(discord, at(4)).await.unwrap();
    // Neither another platform's nor one whose id only begins like it.
    for (platform, id, opened) in [("slack", "42", 0), ("discord", "4", 0), ("discord", "42", 1), ("discord", "42", 0)]
    {
        assert_eq!(store.open_conversations(platform, id).await.unwrap(), opened, "{platform} {id}");
    }
    assert!(!closed().await);
});

both!(a_message_is_remembered_as_long_as_what_it_shows, async |database: TestDatabase| {
    let store = &database.store;
    let (discord, ids) = told(store).await;
    fail(store, ids[0], at(1)).await;
    let tx = store.begin().await.unwrap();
    tx.post_notice(Audience::Everybody, "sight", "I see nothing", at(1)).await.unwrap();
    tx.commit().await.unwrap();
    let card = PostId::Card(store.messages_after(discord, 0, 1).await.unwrap()[0].id);
    let notice = PostId::Notice(store.notices_after(discord, 0, 1).await.unwrap()[0].id);
    let first = Posted { message: "m1".to_owned(), thread: None, revision: 1, entry: 0, silence: None };
    for post in [card, notice] {
        assert_eq!(store.posted(post).await.unwrap(), None);
        store.keep_posted(post, &first).await.unwrap();
        assert_eq!(store.posted(post).await.unwrap(), Some(first.clone()));
    }
    let thread = Some("t\0".to_owned());
    let later = Posted { thread, revision: 2, entry: 7, silence: Some(SilenceId(3)), ..first.clone() };
    store.keep_posted(card, &later).await.unwrap();
    let kept = store.posted(card).await.unwrap().unwrap();
    assert_eq!(kept, Posted { thread: Some("t\u{fffd}".to_owned()), ..later });
    assert_eq!(store.posted(notice).await.unwrap(), Some(first.clone()));

    store.forget_posted(notice).await.unwrap();
    assert_eq!(store.posted(notice).await.unwrap(), None);
    Raw::open(&database).await.run("DELETE FROM incident").await;
    assert_eq!(store.posted(card).await.unwrap(), None);
    store.keep_posted(card, &first).await.unwrap();
    assert_eq!(store.posted(card).await.unwrap(), None, "what it shows is gone");
});

both!(what_was_missed_is_counted, async |database: TestDatabase| {
    let store = &database.store;
    let (discord, ids) = told(store).await;
    assert_eq!(store.backlog(discord, (0, 9), 10).await.unwrap(), None);
    let mut incidents = Vec::new();
    for (minute, id) in (1..).zip(&ids) {
        incidents.push(fail(store, *id, at(minute)).await);
    }
    recover(store, ids[0], at(9)).await;
    let backlog = store.backlog(discord, (0, 4), 1).await.unwrap().unwrap();
    assert_eq!((backlog.cards, backlog.open, backlog.since), (3, 2, at(1)));
    assert_eq!(backlog.latest.iter().map(|row| row.incident.id).collect::<Vec<_>>(), [incidents[2]]);

    // Of the two that are open the second is after the first.
    assert!(!store.few_unposted(discord, (2, 4), 1).await.unwrap());
    assert!(store.few_unposted(discord, (3, 4), 1).await.unwrap());
    let last = store.messages_after(discord, 2, 1).await.unwrap()[0].id;
    let posted = Posted { message: "m".to_owned(), thread: None, revision: 1, entry: 0, silence: None };
    store.keep_posted(PostId::Card(last), &posted).await.unwrap();
    assert!(store.few_unposted(discord, (2, 4), 1).await.unwrap());

    // Of a card that was there when it was told last, the first that happened since then counts, whatever changed it last.
    store.told(discord, 4, at(4)).await.unwrap();
    let tx = store.begin().await.unwrap();
    let noted = Entry::Noted { text: "one".to_owned() };
    tx.add_entries(&[(incidents[2], at(5), None, noted)]).await.unwrap();
    tx.post_incident(incidents[2], Cards::All, at(8)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.backlog(discord, (4, 5), 1).await.unwrap().unwrap().since, at(5));
    // Also of one that was passed over and is not shown; and when nothing happened that could be told, it changed only now.
    store.forget_posted(PostId::Card(last)).await.unwrap();
    assert_eq!(store.backlog(discord, (4, 5), 1).await.unwrap().unwrap().since, at(5));
    store.told(discord, 5, at(9)).await.unwrap();
    let tx = store.begin().await.unwrap();
    tx.post_incident(incidents[2], Cards::All, at(20)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.backlog(discord, (5, 6), 1).await.unwrap().unwrap().since, at(20));
});

both!(the_news_of_an_incident_are_what_people_are_told_where_its_card_is, async |database: TestDatabase| {
    let store = &database.store;
    let (_, ids) = told(store).await;
    let incident = fail(store, ids[0], at(1)).await;
    let noted = |text: &str| Entry::Noted { text: text.to_owned() };
    let ended = Entry::Ended { monitor: ids[0], name: "m1".to_owned(), resolution: Resolution::Recovered };
    let tx = store.begin().await.unwrap();
    let entries = [noted("one"), ended, noted("two"), noted("three")];
    tx.add_entries(&entries.map(|entry| (incident, at(2), None, entry))).await.unwrap();
    tx.commit().await.unwrap();
    let news = async |after, limit| {
        let news = store.news_after(incident, after, limit).await.unwrap();
        news.into_iter().map(|(id, entry)| (id, entry.unwrap().entry)).collect::<Vec<_>>()
    };
    let all = news(0, 10).await;
    assert_eq!(all.iter().map(|(_, entry)| entry.clone()).collect::<Vec<_>>(), ["one", "two", "three"].map(noted));
    assert_eq!(news(all[0].0, 10).await, all[1..]);
    assert_eq!(news(0, 1).await, all[2..], "the latest");
});

both!(what_happened_before_is_told_nowhere, async |database: TestDatabase| {
    let store = &database.store;
    let (_, ids) = told(store).await;
    fail(store, ids[0], at(1)).await;
    let names: Vec<String> = store.migrations().await.unwrap().into_iter().map(|(name, _)| name).collect();
    let step = names.iter().position(|name| name == "m0017_posted").unwrap();
    store.migrate_down(u32::try_from(names.len() - step).unwrap()).await.unwrap();
    store.migrate().await.unwrap();
    assert_eq!(waiting(store).await, []);
});
