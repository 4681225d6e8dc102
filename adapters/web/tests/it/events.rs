use std::collections::BTreeMap;

use axum::body::{Body, BodyDataStream};
use axum::http::StatusCode;
use futures_util::StreamExt as _;
use monitor_core::incident::Grouping;
use monitor_core::outcome::Reason;
use serde_json::{Value, json};

use crate::world::{World, asking};

/// A stream being read.
struct Events {
    body: BodyDataStream,
    rest: String,
}

#[derive(Debug)]
struct Event {
    name: String,
    id: Option<i64>,
    data: Value,
}

impl Events {
    async fn open(world: &World, query: &str, last_event_id: Option<i64>) -> Self {
        let mut request = asking(&format!("/api/v1/conversations/c/events{query}"));
        if let Some(id) = last_event_id {
            request = request.header("last-event-id", id);
        }
        let response = world.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { body: response.into_body().into_data_stream(), rest: String::new() }
    }

    /// The next event that has data; `None` when the stream ended.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((event, rest)) = self.rest.split_once("\n\n") {
                let lines = event.lines().filter_map(|line| line.split_once(':'));
                let fields: BTreeMap<String, String> =
                    lines.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect();
                self.rest = rest.to_owned();
                let Some(data) = fields.get("data") else { continue };
                return Some(Event {
                    name: fields["event"].clone(),
                    id: fields.get("id").map(|id| id.parse().unwrap()),
                    data: serde_json::from_str(data).unwrap(),
                });
            }
            self.rest += std::str::from_utf8(&self.body.next().await?.unwrap()).unwrap();
        }
    }

    async fn card(&mut self) -> Event {
        loop {
            let event = self.next().await.expect("a card comes");
            if event.name == "card" {
                return event;
            }
        }
    }

    async fn overview(&mut self) -> Value {
        loop {
            let event = self.next().await.expect("an overview comes");
            if event.name == "overview" {
                return event.data;
            }
        }
    }
}

#[tokio::test]
async fn an_audit_is_one_card_from_its_place_in_the_queue_to_its_report() {
    let world = World::start().await;
    let mut events = Events::open(&world, "", None).await;
    world.say("audit http://127.0.0.1:9/").await;
    let waits = events.card().await;
    assert_eq!((&waits.data["passing"], &waits.data["revision"]), (&json!(true), &json!(1)));
    let claim = world.services.claim_audit().await.unwrap().unwrap();
    world.services.work_on_audit(claim, &world.shutdown).await.unwrap();
    let done = loop {
        let card = events.card().await;
        assert_eq!(card.data["id"], waits.data["id"]);
        if card.data["passing"].is_null() {
            break card.data;
        }
    };
    assert!(done["reply"]["text"].as_str().unwrap().contains("is done after"), "{done}");
    let report = done["reply"]["actions"][0].clone();
    assert_eq!(report["label"], "Report PDF");
    let pressed = json!({ "action": report["token"], "conversation": "c" });
    let (_, answer) = world.post(pressed.to_string()).await;
    let file = answer["replies"][0]["blocks"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&file["type"], &file["media_type"]), (&json!("file"), &json!("application/pdf")));
}

#[tokio::test]
async fn an_incident_is_one_card_that_changes() {
    let world = World::start().await;
    let (_, monitors) = world.monitors(1, "c").await;
    let mut events = Events::open(&world, "", None).await;
    world.check(&world.services, &monitors, Reason::UnexpectedStatus).await;
    let opened = events.card().await;
    assert_eq!(
        (opened.data["revision"].as_i64(), opened.data["created_at"].as_str()),
        (Some(1), Some("2026-03-01T00:00:01.000Z"))
    );
    assert!(opened.data["reply"]["text"].as_str().unwrap().contains("m1"), "{opened:?}");

    world.check(&world.services, &monitors, Reason::Ok).await;
    let resolved = events.card().await;
    assert_eq!(resolved.data["id"], opened.data["id"]);
    assert_eq!(resolved.data["revision"], 2);
    assert_eq!(resolved.data["created_at"], opened.data["created_at"]);
    assert!(resolved.id > opened.id);
    assert_ne!(resolved.data["reply"], opened.data["reply"]);
}

#[tokio::test]
async fn a_broken_stream_resumes_where_it_was() {
    let world = World::start().await;
    let (_, monitors) = world.monitors(3, "c").await;
    for monitor in &monitors {
        world.check(&world.services, &[*monitor], Reason::UnexpectedStatus).await;
    }
    let mut events = Events::open(&world, "", None).await;
    let cards = [events.card().await, events.card().await, events.card().await];
    let first = cards[0].id.unwrap();
    for mut resumed in [
        Events::open(&world, &format!("?after={first}"), None).await,
        Events::open(&world, "?after=0", Some(first)).await,
    ] {
        assert_eq!(resumed.card().await.id, cards[1].id);
        assert_eq!(resumed.card().await.id, cards[2].id);
    }
}

#[tokio::test]
async fn a_cursor_from_another_database_starts_over() {
    let world = World::start().await;
    let (_, monitors) = world.monitors(1, "c").await;
    world.check(&world.services, &monitors, Reason::UnexpectedStatus).await;
    let mut events = Events::open(&world, "?after=999", None).await;
    assert_eq!(events.card().await.data["revision"], 1);
}

#[tokio::test]
async fn without_a_cursor_it_starts_with_the_last_fifty_cards() {
    let world = World::start().await;
    let (_, monitors) = world.monitors(60, "c").await;
    for monitor in &monitors {
        // So far apart that each is an incident of its own.
        world.pass(Grouping::STORM_WITHIN);
        world.check(&world.services, &[*monitor], Reason::UnexpectedStatus).await;
    }
    let mut events = Events::open(&world, "", None).await;
    let mut seen = Vec::new();
    loop {
        let event = events.next().await.unwrap();
        match event.id {
            Some(id) => seen.push(id),
            // How everything stands comes after what the stream starts with.
            None => break,
        }
    }
    assert_eq!(seen, (11..=60).collect::<Vec<i64>>());
}

#[tokio::test]
async fn what_another_process_records_is_told_too() {
    let world = World::start().await;
    let (_, monitors) = world.monitors(1, "c").await;
    let mut events = Events::open(&world, "", None).await;
    events.overview().await;
    let other = world.other_process().await;
    world.check(&other, &monitors, Reason::UnexpectedStatus).await;
    assert_eq!(events.card().await.data["revision"], 1);
}

#[tokio::test]
async fn how_everything_stands_is_told_when_it_changes() {
    let world = World::start().await;
    let (_, monitors) = world.monitors(2, "c").await;
    world.check(&world.services, &monitors, Reason::Ok).await;
    let mut events = Events::open(&world, "", None).await;
    assert_eq!(events.overview().await, json!({ "up": 2 }));
    world.check(&world.services, &monitors[..1], Reason::UnexpectedStatus).await;
    assert_eq!(events.overview().await, json!({ "up": 1, "down": 1 }));
}

#[tokio::test]
async fn streams_end_when_the_server_stops() {
    let world = World::start().await;
    let mut events = Events::open(&world, "", None).await;
    events.overview().await;
    world.shutdown.cancel();
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn another_conversation_is_told_nothing() {
    let world = World::start().await;
    let (_, monitors) = world.monitors(1, "elsewhere").await;
    world.check(&world.services, &monitors, Reason::UnexpectedStatus).await;
    let mut events = Events::open(&world, "", None).await;
    world.shutdown.cancel();
    while let Some(event) = events.next().await {
        assert_ne!(event.name, "card");
    }
}
