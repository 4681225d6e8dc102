//! What makes audits is looked for, and may be found later.

use std::sync::Arc;

use services::testing::Act;
use services::view::AuditState;
use services::{AuditOptions, Auditing, Sought};
use test_support::both;

use super::{Room, page};

both!(audits_are_made_as_soon_as_there_is_what_makes_them, async |database| {
    let mut room = Room::new(database).await;
    let sought = Arc::new(Sought::default());
    let options = AuditOptions { auditing: Auditing::Sought(Arc::clone(&sought)), ..room.scripted.options() };
    let services = room.world.auditing(room.world.store().clone(), options);
    room.world.services = services;
    let why = || room.services().can_audit().unwrap_err().to_string();
    assert!(why().contains("ask again in some seconds"), "{}", why());

    assert!(sought.missing("the worker does not answer"));
    assert!(!sought.missing("the worker does not answer"), "that is no news");
    assert!(sought.missing("the worker answered 401"));
    assert_eq!(why(), "audits are not available here: the worker answered 401");
    assert!(room.services().claim_audit().await.unwrap().is_none());

    sought.found(Arc::new(room.scripted.clone()));
    let row = room.audited(&page(), Act::Fast).await;
    assert!(row.state == AuditState::Done && row.pdf.is_some(), "{row:?}");
});
