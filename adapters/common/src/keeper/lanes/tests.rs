use super::*;

const PACE: Duration = Duration::from_secs(1);
const SECOND: Duration = Duration::from_secs(1);

fn waiting(conversation: i64) -> Waiting {
    Waiting {
        conversation: ConversationId(conversation),
        organisation: monitor_core::people::OrganisationId(1),
        workspace: None,
        external_id: conversation.to_string(),
        told_seq: 0,
        summed_seq: 0,
        last_seq: 1,
        closed: false,
        heard_at: Timestamp::from_millis(0),
    }
}

/// Those of a platform that counts each conversation for itself.
fn lanes(now: Instant) -> Lanes {
    Lanes::new("test", PACE, |conversation| conversation, now)
}

fn begun(lanes: &mut Lanes, now: Instant, free: usize) -> Vec<i64> {
    lanes.begin((1..=3).map(waiting).collect(), now, free).iter().map(|(begun, _)| begun.conversation.0).collect()
}

fn finish(lanes: &mut Lanes, conversation: i64, did: Did, now: Instant) {
    lanes.finish(Done { conversation: ConversationId(conversation), began: now, did }, now, 0.0);
}

fn later(after: Option<Duration>) -> Did {
    Did::Later { after, why: "down".to_owned() }
}

#[test]
fn conversations_take_turns_at_their_pace() {
    let start = Instant::now();
    let mut lanes = lanes(start);
    assert_eq!(begun(&mut lanes, start, 2), [1, 2]);
    assert_eq!(begun(&mut lanes, start, 2), [3], "what runs is not begun again");
    finish(&mut lanes, 1, Did::Told("1".to_owned()), start);
    assert_eq!(begun(&mut lanes, start, 2), [0_i64; 0]);
    assert_eq!(lanes.next(start), start + PACE);
    assert_eq!(begun(&mut lanes, start + PACE, 2), [1]);
}

#[test]
fn who_is_asked_to_wait_waits_alone() {
    let start = Instant::now();
    let mut lanes = lanes(start);
    begun(&mut lanes, start, 1);
    finish(&mut lanes, 1, later(Some(Duration::MAX)), start);
    assert_eq!(begun(&mut lanes, start, 3), [2, 3]);
    assert_eq!(begun(&mut lanes, start + 3_599 * SECOND, 3), [0_i64; 0]);
    assert_eq!(begun(&mut lanes, start + 3_600 * SECOND, 3), [1]);
}

#[test]
fn who_is_asked_to_wait_again_and_again_waits_for_longer_each_time() {
    let start = Instant::now();
    let mut lanes = lanes(start);
    let (mut now, mut tries) = (start, 0);
    while now < start + 3_600 * SECOND {
        let due = begun(&mut lanes, now, 3);
        assert_eq!(due.len(), 3, "the platform itself rests not");
        for conversation in due {
            let told = Did::Told(conversation.to_string());
            finish(&mut lanes, conversation, if conversation == 1 { later(Some(Duration::ZERO)) } else { told }, now);
        }
        tries += 1;
        now = lanes.lanes[&ConversationId(1)].rests_until;
    }
    assert!((15..25).contains(&tries), "{tries} tries in an hour");
}

#[test]
fn what_a_platform_counts_together_is_paced_together() {
    let start = Instant::now();
    let mut lanes = Lanes::new("test", PACE, |_| "all", start);
    assert_eq!(begun(&mut lanes, start, 3), [1], "one at a time");
    assert_eq!(begun(&mut lanes, start, 3), [0_i64; 0]);
    finish(&mut lanes, 1, Did::Told("1".to_owned()), start);
    assert_eq!(begun(&mut lanes, start, 3), [0_i64; 0]);
    assert_eq!(lanes.next(start), start + PACE);
    assert_eq!(begun(&mut lanes, start + PACE, 3), [2], "they take turns");
    finish(&mut lanes, 2, later(Some(60 * SECOND)), start + PACE);
    assert_eq!(begun(&mut lanes, start + 60 * SECOND, 3), [0_i64; 0], "all of them are asked to wait");
    assert_eq!(begun(&mut lanes, start + 61 * SECOND, 3), [3]);
}

#[test]
fn a_closed_conversation_is_tried_once_an_hour_and_at_once_when_it_is_open_again() {
    let start = Instant::now();
    let mut lanes = lanes(start);
    let begin = |lanes: &mut Lanes, now: Instant, closed: bool| {
        lanes.begin(vec![Waiting { closed, ..waiting(1) }], now, 1).len()
    };
    assert_eq!(begin(&mut lanes, start, true), 1, "whatever a process before this one found");
    finish(&mut lanes, 1, Did::Closed, start);
    assert_eq!(begin(&mut lanes, start + 3_599 * SECOND, true), 0);
    assert_eq!(begin(&mut lanes, start + 3_600 * SECOND, true), 1);
    finish(&mut lanes, 1, Did::Closed, start + 3_600 * SECOND);
    assert_eq!(begin(&mut lanes, start + 3_601 * SECOND, true), 0);
    assert_eq!(begin(&mut lanes, start + 3_602 * SECOND, false), 1);
}

#[test]
fn a_database_that_does_not_answer_is_asked_less_often_each_time() {
    let start = Instant::now();
    let mut lanes = lanes(start);
    let (mut now, mut tries) = (start, 0);
    while now < start + 3_600 * SECOND {
        tries += begun(&mut lanes, now, 1).len();
        finish(&mut lanes, 1, Did::Failed, now);
        now = lanes.lanes[&ConversationId(1)].rests_until;
    }
    assert!((15..25).contains(&tries), "{tries} tries in an hour");
    begun(&mut lanes, now, 1);
    finish(&mut lanes, 1, Did::Told("1".to_owned()), now);
    assert_eq!(lanes.next(now), now + PACE);
}

#[test]
fn a_platform_that_is_down_is_let_alone_for_longer_each_time() {
    let start = Instant::now();
    let mut lanes = lanes(start);
    let (mut now, mut tries) = (start, 0);
    while now < start + 3_600 * SECOND {
        for conversation in begun(&mut lanes, now, 3) {
            tries += 1;
            finish(&mut lanes, conversation, later(None), now);
        }
        now = lanes.next(now).max(now + Duration::from_millis(1));
    }
    assert!((30..100).contains(&tries), "{tries} tries in an hour of three conversations");
    assert!(lanes.rests_until > now - 300 * SECOND);
    now += 300 * SECOND;
    for conversation in begun(&mut lanes, now, 3) {
        finish(&mut lanes, conversation, Did::Told("1".to_owned()), now);
    }
    assert_eq!(begun(&mut lanes, now + PACE, 3), [1, 2, 3], "all is well again at once");
}
