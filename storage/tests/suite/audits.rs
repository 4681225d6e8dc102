//! Audits as stored: what is sealed, and what cannot be read.

use std::time::Duration;

use monitor_core::audit::AuditId;
use monitor_core::audit::spec::{AuditSpec, Named};
use monitor_core::people::Actor;
use monitor_core::secret::Secret;
use storage::{AuditFilter, Doing, NewAudit, Store, StoreError};
use test_support::both;
use test_support::database::TestDatabase;

use crate::support::{NOW, Raw, later};

fn spec() -> AuditSpec {
    let mut spec = AuditSpec::of("https://shop.example").unwrap();
    spec.headers.push(Named { name: "Authorization".to_owned(), value: Secret::new("hunter2") });
    spec.cookies.push(Named { name: "session".to_owned(), value: Secret::new("hunter3") });
    spec
}

async fn ask(store: &Store) -> (Actor, AuditId) {
    let owner = store.bootstrap(NOW).await.unwrap();
    let spec = spec();
    let (asked_by, conversation, schedule) = (Some(owner.person), None, None);
    let new = NewAudit { organisation: owner.organisation, asked_by, conversation, schedule, spec: &spec, waits: None };
    let tx = store.begin().await.unwrap();
    let id = tx.insert_audit(&new, NOW).await.unwrap();
    tx.commit().await.unwrap();
    (owner, id)
}

both!(what_a_page_is_sent_is_sealed, async |database: TestDatabase| {
    let (store, raw) = (&database.store, Raw::open(&database).await);
    let (owner, id) = ask(store).await;
    let stored = raw.texts("SELECT spec FROM audit").await;
    assert!(stored[0].contains("Authorization") && !stored[0].contains("hunter"), "{stored:?}");
    assert_eq!(store.audit_spec(owner.organisation, id).await.unwrap(), Some(spec()));
    let other = database.open_again("//////////////////////////////////////////8=").await;
    let refused = other.audit_spec(owner.organisation, id).await;
    assert!(matches!(refused, Err(StoreError::Secret(_))), "{refused:?}");
    assert!(other.claim_audit(NOW, later(60)).await.unwrap().unwrap().spec.is_none(), "it is told, not tried for ever");
});

both!(a_claim_is_kept_by_whoever_renews_it, async |database: TestDatabase| {
    let store = &database.store;
    ask(store).await;
    let mut claim = store.claim_audit(NOW, later(60)).await.unwrap().unwrap();
    let lost = claim.clone();
    let doing = Doing { fraction: 0.5, text: "half\0".to_owned() };
    let tx = store.begin().await.unwrap();
    assert!(tx.renew(&mut claim, later(120), &doing).await.unwrap());
    tx.commit().await.unwrap();
    assert!(store.claim_audit(later(60), later(120)).await.unwrap().is_none());
    assert_eq!(store.is_called_off(&claim).await.unwrap(), Some(false));
    assert_eq!(store.is_called_off(&lost).await.unwrap(), None);
    store.hand_back(&lost).await.unwrap();
    assert!(
        store.claim_audit(later(60), later(120)).await.unwrap().is_none(),
        "by an old claim nothing is handed back"
    );
    let row = &store.audits(claim.organisation, &AuditFilter::default(), 0, 1).await.unwrap().1[0];
    assert_eq!(row.doing, (0.5, "half\u{fffd}".to_owned()));
});

both!(a_clock_that_is_set_back_keeps_no_audit_waiting, async |database: TestDatabase| {
    let store = &database.store;
    ask(store).await;
    let hour = Duration::from_secs(3_600);
    store.beat(NOW + hour).await.unwrap();
    store.claim_audit(NOW + hour, NOW + hour + Duration::from_secs(60)).await.unwrap().unwrap();
    assert!(store.clock_went_back(NOW + hour, NOW).await.unwrap());
    assert!(store.claim_audit(later(59), later(120)).await.unwrap().is_none());
    assert!(store.claim_audit(later(60), later(120)).await.unwrap().is_some());
});

both!(a_signature_is_of_one_text_and_one_key, async |database: TestDatabase| {
    let store = &database.store;
    let signature = store.sign("file 1");
    assert!(store.is_signed("file 1", &signature));
    assert_eq!(signature.len(), 43);
    assert!(!store.is_signed("file 2", &signature));
    for wrong in ["", "*", &signature[1..], &format!("{signature}A"), &store.sign("file 2")] {
        assert!(!store.is_signed("file 1", wrong), "{wrong}");
    }
    let other = database.open_again("//////////////////////////////////////////8=").await;
    assert!(!other.is_signed("file 1", &signature));
});
