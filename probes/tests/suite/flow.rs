//! Flows over several local servers.

use monitor_core::checks::{Capture, FlowSpec, Source, Step};
use monitor_core::http::{Auth, Body, HttpSpec, MAX_BODY_BYTES};
use monitor_core::monitor::CheckSpec;
use monitor_core::outcome::{Outcome, Reason, Verdict};
use monitor_core::secret::Secret;
use test_support::targets::{Answer, Answering, Misbehaviour, answering, misbehaving};

use crate::{AMPLE, SHORT, config, outbound, run_settings, settings, told};

fn step(name: &str, address: &str) -> Step {
    Step {
        name: name.into(),
        address: address.into(),
        request: HttpSpec::get("https://placeholder.example").unwrap(),
        assertions: Default::default(),
        captures: Vec::new(),
    }
}

fn captures(mut step: Step, name: &str, from: Source) -> Step {
    step.captures.push(Capture { name: name.into(), from });
    step
}

fn asserts(mut step: Step, assertion: &str) -> Step {
    step.assertions.push(assertion.parse().unwrap()).unwrap();
    step
}

async fn run(steps: Vec<Step>, assertions: &[&str]) -> Outcome {
    run_settings(&settings(CheckSpec::Flow(FlowSpec { steps }), assertions), &outbound(), AMPLE).await
}

/// A server that hands out a token and a cookie, and a step that takes both.
async fn login() -> (Answering, Step) {
    let answer = Answer::ok(r#"{"token": "very/secret token", "id": 17}"#).header("Set-Cookie", "session=s3; Path=/");
    let target = answering(answer).await;
    let step = captures(step("login", &format!("{}login", target.url())), "token", Source::Json("$.token".into()));
    (target, step)
}

#[tokio::test]
async fn later_steps_use_what_earlier_ones_were_answered() {
    let (_login, mut first) = login().await;
    first.captures.push(Capture { name: "id".into(), from: Source::Json("$.id".into()) });
    let orders = answering(Answer::ok(r#"{"orders": [1, 2]}"#)).await;
    let mut second = step("orders", &format!("{}users/{{{{id}}}}?t={{{{token}}}}", orders.url()));
    second.request.auth = Some(Auth::Bearer(Secret::new("{{token}}")));
    second.request.method = "POST".into();
    second.request.body = Some(Body::Json(serde_json::json!({"user": "{{id}}", "note": "by {{token}}"})));

    let outcome = run(vec![first, second], &["steps == 2", "json $.orders length == 2", "status == 200"]).await;
    assert_eq!(told(&outcome), "ok");
    assert_eq!(outcome.http_status, Some(200));
    let names: Vec<&str> = outcome.details.steps.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["login", "orders"]);
    let received = orders.last_request();
    assert_eq!(received.request_line(), "POST /users/17?t=very%2Fsecret%20token HTTP/1.1");
    assert_eq!(received.header("authorization"), Some("Bearer very/secret token"));
    assert_eq!(received.header("cookie"), Some("session=s3"));
    let body: serde_json::Value = serde_json::from_slice(&received.body).unwrap();
    assert_eq!(body, serde_json::json!({"user": 17, "note": "by very/secret token"}));
}

#[tokio::test]
async fn cookies_of_redirects_are_carried_on_unless_a_step_wants_none() {
    let home = answering(Answer::ok("welcome")).await;
    let door = answering(Answer::redirect(302, &home.url()).header("Set-Cookie", "door=open; Path=/")).await;
    let last = answering(Answer::ok("")).await;
    let steps = vec![step("door", &door.url()), step("last", &last.url())];
    assert_eq!(told(&run(steps.clone(), &[]).await), "ok");
    assert_eq!(home.last_request().header("cookie"), Some("door=open"));
    assert_eq!(last.last_request().header("cookie"), Some("door=open"));
    let mut steps = steps;
    steps[1].request.cookies = false;
    assert_eq!(told(&run(steps, &[]).await), "ok");
    assert_eq!(last.last_request().header("cookie"), None);
}

#[tokio::test]
async fn a_step_that_fails_ends_the_flow_and_is_named() {
    let (login, first) = login().await;
    let second = answering(Answer::status(503)).await;
    let (then, never) = (step("orders", &second.url()), answering(Answer::ok("")).await);
    let outcome = run(vec![first.clone(), then, step("never", &never.url())], &["steps == 3"]).await;
    assert_eq!(outcome.reason, Reason::UnexpectedStatus);
    assert!(outcome.message.starts_with("step 2 (orders): "), "{}", outcome.message);
    assert_eq!((outcome.details.steps.len(), never.requests(), outcome.http_status), (2, 0, None));

    login.set(Answer::ok(r#"{"error": "no"}"#));
    assert_eq!(
        told(&run(vec![first], &[]).await),
        "unexpected_answer: step 1 (login): there is no {{token}}: `$.token` selects nothing in the body"
    );
}

#[tokio::test]
async fn faults_of_a_step_keep_their_reason() {
    let (_login, first) = login().await;
    for (misbehaviour, reason) in [
        (Misbehaviour::Refuses, Reason::ConnectionRefused),
        (Misbehaviour::Silent, Reason::ResponseTimeout),
        (Misbehaviour::Closes, Reason::ConnectionReset),
        (Misbehaviour::GARBAGE, Reason::HttpProtocol),
        (Misbehaviour::Hangs(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"), Reason::BodyTimeout),
    ] {
        let target = misbehaving(misbehaviour).await;
        let second = step("second", &format!("http://{}/", target.addr()));
        let flow = settings(CheckSpec::Flow(FlowSpec { steps: vec![first.clone(), second] }), &[]);
        let ends = !matches!(reason, Reason::ResponseTimeout | Reason::BodyTimeout);
        let outcome = run_settings(&flow, &outbound(), if ends { AMPLE } else { SHORT }).await;
        assert_eq!(outcome.reason, reason, "{misbehaviour:?}: {}", outcome.message);
        assert!(outcome.message.starts_with("step 2 (second): "), "{}", outcome.message);
    }
}

#[tokio::test]
async fn what_was_captured_is_shown_to_nobody() {
    let (_login, first) = login().await;
    let echo = answering(Answer::status(500)).await;
    echo.set(Answer::redirect(302, "/very%2Fsecret%20token/x"));
    let mut second = step("echo", &format!("{}{{{{token}}}}", echo.url()));
    let outcome = run(vec![first.clone(), second.clone()], &[]).await;
    assert_eq!(outcome.reason, Reason::TooManyRedirects, "{}", outcome.message);
    let all = format!("{outcome:?}");
    assert!(!all.contains("secret token") && !all.contains("secret%20token"), "{all}");

    echo.set(Answer::ok("you said very/secret token"));
    second = asserts(second, "body == hello");
    let outcome = run(vec![first, second], &[]).await;
    assert_eq!(outcome.reason, Reason::BodyMismatch, "{}", outcome.message);
    assert!(outcome.message.contains("you said ***"), "{}", outcome.message);
}

#[tokio::test]
async fn a_step_that_is_degraded_lets_the_flow_go_on() {
    let (_login, first) = login().await;
    let last = answering(Answer::ok("")).await;
    let steps = vec![asserts(first, "header \"x-fast\" exists as degraded"), step("last", &last.url())];
    let outcome = run(steps.clone(), &[]).await;
    assert_eq!((outcome.verdict(), last.requests()), (Verdict::Slow, 1), "{}", outcome.message);
    assert!(outcome.message.starts_with("step 1 (login): "), "{}", outcome.message);
    assert_eq!(run(steps, &["status == 201"]).await.reason, Reason::UnexpectedStatus);
}

#[tokio::test]
async fn each_step_is_held_to_the_address_policy() {
    let strict = probes::Outbound::new(&config(false)).unwrap();
    let flow = settings(CheckSpec::Flow(FlowSpec { steps: vec![step("in", "http://127.0.0.1:1/")] }), &[]);
    let outcome = run_settings(&flow, &strict, AMPLE).await;
    assert_eq!(outcome.reason, Reason::AddressRefused);
    assert!(outcome.message.starts_with("step 1 (in): "), "{}", outcome.message);
}

#[tokio::test]
async fn a_login_with_captured_values_is_shown_to_nobody() {
    let pin = answering(Answer::ok(r#"{"pin": "4711"}"#)).await;
    let first = captures(step("login", &pin.url()), "pin", Source::Json("$.pin".into()));
    // `ada:pin-4711` as it is sent, and what the password has become.
    for echoed in ["YWRhOnBpbi00NzEx", "pin-4711"] {
        let echo = answering(Answer::ok(format!("you said {echoed}"))).await;
        let mut second = asserts(step("echo", &echo.url()), "body == hello");
        second.request.auth = Some(Auth::Basic { user: "ada".into(), password: Secret::new("pin-{{pin}}") });
        let outcome = run(vec![first.clone(), second], &[]).await;
        assert_eq!(echo.last_request().header("authorization"), Some("Basic YWRhOnBpbi00NzEx"));
        assert_eq!(outcome.reason, Reason::BodyMismatch, "{}", outcome.message);
        assert!(outcome.message.ends_with("saw “you said ***”"), "{}", outcome.message);
    }
}

#[tokio::test]
async fn each_answer_may_be_as_large_as_one_alone() {
    let half = usize::try_from(MAX_BODY_BYTES / 2).unwrap() + 1;
    let large = answering(Answer::ok("x".repeat(half))).await;
    let steps = vec![step("one", &large.url()), step("two", &large.url()), step("three", &large.url())];
    let outcome = run(steps, &[]).await;
    assert_eq!(told(&outcome), "ok");
    assert_eq!(outcome.response_bytes, 3 * half as u64);
}
