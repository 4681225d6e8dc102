//! What makes audits is looked for, and may be found later.

use std::sync::Arc;

use services::testing::Act;
use services::view::AuditState;
use services::{AuditError, AuditOptions, Auditing, Sought, Worked};
use test_support::both;

use super::{Room, page};
use crate::common::EVER;

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

    room.ask(&page()).await;
    let claim = room.claim().await;
    assert!(sought.missing("the worker broke off"));
    assert_eq!(room.work(claim).await, Worked::Released, "it went away before that was begun");
    sought.gone().await;
    assert_eq!(why(), "audits are not available here: the worker broke off");
    let report = room.services().report_pdf(&room.world.owner, None, EVER).await.unwrap_err().to_string();
    assert_eq!(report, "reports cannot be printed here: the worker broke off");
    sought.found(Arc::new(room.scripted.clone()));
    assert!(room.services().can_audit().is_ok());
});

both!(an_audit_waits_for_what_makes_audits_when_that_goes_away_but_not_without_end, async |database| {
    let room = Room::new(database).await;
    let away = || Act::Fail(AuditError::Away("the worker broke off".to_owned()));
    room.scripted.then([away(), Act::Fast]);
    let asked = room.ask(&page()).await;
    assert_eq!(room.make().await, Worked::Released);
    let waiting = room.card(&asked).await.1;
    let why = "audits are not available here: the worker broke off".to_owned();
    assert_eq!((waiting.state, waiting.doing), (AuditState::Queued, (0.0, why)));
    let again = room.claim().await;
    assert_eq!(again.attempts, 2, "it may be the page that makes it go away");
    assert_eq!(room.work(again).await, Worked::Done);

    room.scripted.then([away(), away(), away()]);
    let asked = room.ask(&page()).await;
    for worked in [Worked::Released, Worked::Released, Worked::Released, Worked::Failed] {
        assert_eq!(room.make().await, worked);
    }
    assert_eq!(room.row(&asked).await.error.unwrap().0, "given_up");
});
