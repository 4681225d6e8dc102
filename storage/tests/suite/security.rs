//! Security checks as stored: who works on which, and what a host's proof is.

use std::time::Duration;

use monitor_core::people::Actor;
use monitor_core::security::observed::Proof;
use storage::{Doing, NewSecurityCheck, SecurityCheckId, SecurityEnd, Store, TaskClaim, TaskState};
use test_support::both;
use test_support::database::TestDatabase;

use crate::support::{NOW, Raw, later};

async fn ask(store: &Store, owner: Actor, host: &str) -> SecurityCheckId {
    let conversation = store.conversation(owner.organisation, "web", "ada", NOW).await.unwrap();
    let url = format!("https://{host}/");
    let (organisation, asked_by) = (owner.organisation, owner.person);
    let new = NewSecurityCheck { organisation, asked_by, conversation, url: &url, host, deep: false };
    let tx = store.begin().await.unwrap();
    let id = tx.insert_security_check(new, NOW).await.unwrap();
    tx.commit().await.unwrap();
    id
}

both!(of_one_host_one_is_made_after_the_other, async |database: TestDatabase| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    let mut ids = Vec::new();
    for host in ["shop.example", "shop.example", "api.example", "shop.example:8443"] {
        ids.push(ask(store, owner, host).await);
    }
    let mut claims = Vec::new();
    while let Some(claim) = store.claim_security_check(NOW, later(60)).await.unwrap() {
        claims.push(claim);
    }
    assert_eq!(claims.iter().map(|claim| claim.id).collect::<Vec<_>>(), [ids[0], ids[2], ids[3]]);
    let tx = store.begin().await.unwrap();
    assert!(tx.end_security_check(&claims[0], &SecurityEnd::Cancelled, later(1)).await.unwrap());
    assert!(!tx.end_security_check(&claims[0], &SecurityEnd::Cancelled, later(1)).await.unwrap(), "once");
    tx.commit().await.unwrap();
    assert_eq!(store.claim_security_check(later(1), later(61)).await.unwrap().map(|claim| claim.id), Some(ids[1]));
    let abandoned = store.claim_security_check(later(60), later(120)).await.unwrap().unwrap();
    assert_eq!((abandoned.id, abandoned.attempts), (ids[2], 2), "a lease that has run out keeps nobody waiting");
});

both!(a_claim_is_kept_by_whoever_renews_it_and_handed_back, async |database: TestDatabase| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    let id = ask(store, owner, "shop.example").await;
    let mut claim = store.claim_security_check(NOW, later(60)).await.unwrap().unwrap();
    let lost = claim.clone();
    let tx = store.begin().await.unwrap();
    let doing = Doing { fraction: 0.25, text: "Looking\0".to_owned() };
    assert!(tx.renew(&mut claim, later(120), &doing).await.unwrap());
    assert!(!tx.renew(&mut lost.clone(), later(180), &doing).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!((claim.lease(), store.is_called_off(&claim).await.unwrap()), (later(120), Some(false)));
    assert_eq!(store.is_called_off(&lost).await.unwrap(), None);
    let row = store.security_check(owner.organisation, id).await.unwrap().unwrap();
    assert_eq!((row.state, row.doing), (TaskState::Running, (0.25, "Looking\u{fffd}".to_owned())));
    store.hand_back(&lost).await.unwrap();
    assert!(store.claim_security_check(later(60), later(120)).await.unwrap().is_none(), "not by an old claim");
    store.hand_back(&claim).await.unwrap();
    assert_eq!(store.claim_security_check(later(61), later(120)).await.unwrap().unwrap().attempts, 1);
});

both!(a_clock_that_is_set_back_keeps_no_check_waiting, async |database: TestDatabase| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    ask(store, owner, "shop.example").await;
    let hour = Duration::from_secs(3_600);
    store.beat(NOW + hour).await.unwrap();
    store.claim_security_check(NOW + hour, NOW + hour + Duration::from_secs(60)).await.unwrap().unwrap();
    assert!(store.clock_went_back(NOW + hour, NOW).await.unwrap());
    assert!(store.claim_security_check(later(59), later(120)).await.unwrap().is_none());
    assert!(store.claim_security_check(later(60), later(120)).await.unwrap().is_some());
});

both!(a_host_has_one_token_in_each_organisation, async |database: TestDatabase| {
    let (store, raw) = (&database.store, Raw::open(&database).await);
    let (owner, other) = (store.bootstrap(NOW).await.unwrap(), database.stranger().await);
    let tx = store.begin().await.unwrap();
    for (actor, token) in [(owner, "first"), (owner, "second"), (other, "theirs")] {
        tx.insert_owned_host(&actor, "shop.example", token, NOW).await.unwrap();
    }
    assert_eq!(tx.count_owned_hosts(owner.organisation).await.unwrap(), 1);
    tx.commit().await.unwrap();
    let host = async |actor: Actor| store.owned_host(actor.organisation, "shop.example").await.unwrap();
    let own = host(owner).await.unwrap();
    assert_eq!((own.token.as_str(), own.proved), ("first", None));
    store.set_host_proof(own.id, Some((Proof::File, later(5)))).await.unwrap();
    assert_eq!(host(owner).await.unwrap().proved, Some((Proof::File, later(5))));
    assert_eq!(host(other).await.unwrap().proved, None, "what one organisation shows is not another's");
    store.set_host_proof(own.id, None).await.unwrap();
    assert_eq!(host(owner).await.unwrap().proved, None);
    assert!(store.forget_host(own.id).await.unwrap() && !store.forget_host(own.id).await.unwrap());
    assert_eq!(raw.texts("SELECT token FROM owned_host").await, ["theirs"]);
});
