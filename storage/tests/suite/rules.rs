//! Alert rules and what is remembered of them.

use std::time::Duration;

use monitor_core::alerting::rule::{Rule, RuleState, Signals, Standing};
use monitor_core::alerting::{RuleId, Selector, Severity};
use monitor_core::health::Status;
use monitor_core::monitor::MonitorId;
use storage::{RuleStateRow, Store};
use test_support::both;

use crate::support::{NOW, add, later, settings};

fn rule(condition: &str) -> Rule {
    Rule {
        severity: Severity::Warning,
        remind: Some(Duration::from_secs(3_600)),
        notify: vec!["#ops".into(), "@primary".into()],
        ..Rule::new(Selector::of(vec![MonitorId(1)]), condition.parse().unwrap())
    }
}

/// What a rule remembers for which an alert is open.
fn firing() -> RuleState {
    let mut state = RuleState::default();
    let standing = Some(Standing { status: Status::Down, since: NOW, from: Status::Up });
    state.step(&rule("down"), NOW, &Signals { standing, ..Signals::default() });
    state
}

async fn insert(store: &Store, condition: &str) -> RuleId {
    let owner = store.bootstrap(NOW).await.unwrap();
    let tx = store.begin().await.unwrap();
    let id = tx.insert_alert_rule(&owner, "shop", &rule(condition), NOW).await.unwrap();
    tx.commit().await.unwrap();
    id
}

async fn save(store: &Store, states: &[RuleStateRow]) {
    let tx = store.begin().await.unwrap();
    tx.save_rule_states(states).await.unwrap();
    tx.commit().await.unwrap();
}

both!(a_rule_is_read_back_and_its_mark_tells_it_from_others, async |database| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    let none = store.rules_mark().await.unwrap();
    assert_eq!(none, Default::default());
    let id = insert(store, "p95 over 10m > 800ms for 5m").await;
    let one = store.rules_mark().await.unwrap();
    let rows = store.alert_rules(Some(owner.organisation)).await.unwrap();
    assert_eq!((rows.len(), rows[0].id, rows[0].words.as_str()), (1, id, "shop"));
    assert_eq!(rows[0].rule, rule("p95 over 10m > 800ms for 5m"));
    let tx = store.begin().await.unwrap();
    assert!(tx.delete_alert_rule(owner.organisation, id).await.unwrap());
    assert!(!tx.delete_alert_rule(owner.organisation, id).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(store.rules_mark().await.unwrap(), none);
    assert_ne!(insert(store, "down").await, id, "numbers are never given twice");
    assert_ne!(store.rules_mark().await.unwrap(), one);
});

both!(a_look_and_a_wait_are_claimed_once, async |database| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    let shop = add(store, owner, &settings("shop")).await.unwrap();
    let (figures, waiting) = (insert(store, "p95 over 10m > 800ms").await, insert(store, "down for 5m").await);
    assert_eq!(store.claim_rules(later(9)).await.unwrap(), []);
    assert_eq!(store.claim_rules(later(10)).await.unwrap(), [figures]);
    assert_eq!(store.claim_rules(later(10)).await.unwrap(), []);
    assert_eq!(store.claim_rules(later(20)).await.unwrap(), [figures]);

    let row = RuleStateRow { rule: waiting, monitor: shop, state: firing(), due: Some(later(300)) };
    save(store, std::slice::from_ref(&row)).await;
    assert_eq!(store.rule_states_of(&[waiting]).await.unwrap(), std::slice::from_ref(&row));
    assert_eq!(store.claim_rule_states(later(299), 10).await.unwrap(), []);
    assert_eq!(store.claim_rule_states(later(300), 10).await.unwrap(), [(waiting, shop)]);
    assert_eq!(store.claim_rule_states(later(301), 10).await.unwrap(), [], "somebody is at it");
    assert_eq!(store.claim_rule_states(later(330), 10).await.unwrap(), [(waiting, shop)], "and seems to be gone");
    save(store, &[RuleStateRow { state: RuleState::default(), due: None, ..row }]).await;
    assert_eq!(store.rule_states_of(&[waiting]).await.unwrap(), []);
});

both!(nothing_is_remembered_of_what_is_gone, async |database| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    let (shop, mail) =
        (add(store, owner, &settings("shop")).await.unwrap(), add(store, owner, &settings("mail")).await.unwrap());
    let id = insert(store, "down").await;
    let before = store.subjects_mark().await.unwrap();
    let state = |monitor| RuleStateRow { rule: id, monitor, state: firing(), due: None };
    save(store, &[state(shop), state(mail), state(MonitorId(99)), RuleStateRow { rule: RuleId(99), ..state(shop) }])
        .await;
    assert_eq!(store.rule_states_of(&[id]).await.unwrap().len(), 2);
    let tx = store.begin().await.unwrap();
    tx.delete_monitor(mail).await.unwrap();
    assert_eq!(tx.rule_states(&[shop, mail]).await.unwrap(), [state(shop)]);
    tx.forget_rule_states(&[shop]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.rule_states_of(&[id]).await.unwrap(), []);
    assert_ne!(store.subjects_mark().await.unwrap(), before);
    assert_eq!(store.subjects().await.unwrap().len(), 1);
});
