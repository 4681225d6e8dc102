//! Audits: asked for, made, told, kept; by an auditor that does what it is told.

mod regressions;
mod schedules;
mod sought;

use std::sync::Arc;
use std::time::Duration;

use monitor_core::audit::spec::{AuditSpec, Named};
use monitor_core::audit::{Category, budget};
use monitor_core::people::ConversationId;
use monitor_core::report::Window;
use monitor_core::secret::Secret;
use services::testing::{Act, Scripted};
use services::view::{AuditFilter, AuditRow, AuditState, Content, Post};
use services::{AuditError, AuditOptions, FileError, ServiceError, Services, Worked};
use storage::AuditClaim;
use test_support::both;
use test_support::database::{KEY, TestDatabase};
use tokio_util::sync::CancellationToken;

use crate::common::World;

/// Nothing answers there, and nobody is asked for a name.
const PAGE: &str = "http://127.0.0.1:9/";

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

/// A world in which audits are made.
pub(crate) struct Room {
    pub(crate) world: World,
    pub(crate) scripted: Scripted,
}

impl Room {
    pub(crate) async fn new(database: TestDatabase) -> Self {
        let (mut world, scripted) = (World::new(database).await, Scripted::default());
        world.services = world.auditing(world.store().clone(), scripted.options());
        Self { world, scripted }
    }

    pub(crate) fn services(&self) -> &Services {
        &self.world.services
    }

    /// Another process.
    async fn beside(&self) -> Services {
        self.world.auditing(self.world.database.open_again(KEY).await, self.scripted.options())
    }

    async fn ask(&self, spec: &AuditSpec) -> AuditRow {
        self.services().audit(&self.world.owner, self.world.conversation, spec).await.unwrap()
    }

    async fn claim(&self) -> AuditClaim {
        self.services().claim_audit().await.unwrap().unwrap()
    }

    async fn work(&self, claim: AuditClaim) -> Worked {
        self.services().work_on_audit(claim, &CancellationToken::new()).await.unwrap()
    }

    /// Has the next audit made.
    pub(crate) async fn make(&self) -> Worked {
        let claim = self.claim().await;
        self.work(claim).await
    }

    async fn row(&self, row: &AuditRow) -> AuditRow {
        self.services().find_audit(&self.world.owner, Some(&row.id.to_string())).await.unwrap()
    }

    /// The card of an audit.
    async fn card(&self, audit: &AuditRow) -> (Post, AuditRow) {
        let found = self.world.cards().await.into_iter().find_map(|post| match &post.content {
            Content::Audit(row) if row.id == audit.id => Some((post.clone(), (**row).clone())),
            _ => None,
        });
        found.unwrap()
    }

    /// Asks for an audit and has it made.
    async fn audited(&self, spec: &AuditSpec, act: Act) -> AuditRow {
        self.scripted.then([act]);
        let asked = self.ask(spec).await;
        assert_eq!(self.make().await, Worked::Done);
        self.world.clock.advance(MINUTE);
        self.row(&asked).await
    }
}

pub(crate) fn page() -> AuditSpec {
    AuditSpec::of(PAGE).unwrap()
}

both!(an_audit_is_one_card_from_the_queue_to_the_report, async |database| {
    let room = Room::new(database).await;
    let asked = room.ask(&page()).await;
    assert_eq!((asked.state, asked.ahead, asked.by.as_deref()), (AuditState::Queued, 0, Some("Owner")));
    let (first, _) = room.card(&asked).await;
    assert_eq!(first.revision, 1);
    room.world.clock.advance(SECOND * 30);
    assert_eq!(room.make().await, Worked::Done);
    let (card, row) = room.card(&asked).await;
    assert_eq!(card.id, first.id);
    assert!(card.revision > first.revision, "{card:?}");
    let digest = row.digest.unwrap();
    assert!(digest.scores[&Category::Accessibility] >= 90, "{digest:?}");
    assert_eq!((row.state, row.pdf.is_some(), digest.is_bad()), (AuditState::Done, true, false));
    let view = room.services().show_audit(&room.world.owner, None).await.unwrap();
    let summary = view.summary.unwrap();
    assert_eq!((summary.requested_url.as_str(), summary.scores), (PAGE, digest.scores));
    assert!(!summary.filmstrip.is_empty() || summary.screenshot.is_some() || summary.passed.len() > 10);
    assert!(room.scripted.printed()[0].contains(PAGE), "the report is of the page");
    assert!(room.services().claim_audit().await.unwrap().is_none(), "once is enough");
});

both!(a_report_can_be_had_by_whoever_has_its_address_until_it_expires, async |database| {
    let room = Room::new(database).await;
    let row = room.audited(&page(), Act::Fast).await;
    let services = room.services();
    assert!(services.audit_report(&room.world.owner, None).await.unwrap().link.is_none(), "nobody said where");
    services.publish_files_at("https://watch.example/");
    let report = services.audit_report(&room.world.owner, Some(&row.id.to_string())).await.unwrap();
    assert_eq!((report.bytes.as_slice(), report.file.name.as_str()), (&b"%PDF-1.7 1"[..], "audit-1-127.0.0.1.pdf"));
    let (link, until) = report.link.unwrap();
    let signature = link.rsplit_once("&sig=").unwrap().1.to_owned();
    let address =
        format!("https://watch.example/files/{}/{}?until={}&sig=", report.file.id, report.file.name, until.as_millis());
    assert!(link.starts_with(&address), "{link}");

    let (id, name, until) = (report.file.id.0, report.file.name.as_str(), until.as_millis());
    let other = room.beside().await;
    for services in [services, &other] {
        let opened = services.open_file(id, name, until, &signature).await.unwrap();
        assert_eq!((opened.bytes, opened.file.media_type.as_str()), (report.bytes.clone(), "application/pdf"));
    }
    for (id, name, until, signature) in [
        (id + 1, name, until, signature.as_str()),
        (id, "other.pdf", until, signature.as_str()),
        (id, name, until + 1, signature.as_str()),
        (id, name, until, ""),
        (id, name, until, &signature[1..]),
    ] {
        assert_eq!(services.open_file(id, name, until, signature).await, Err(FileError::Wrong));
    }
    room.world.clock.advance(DAY * 7);
    assert_eq!(services.open_file(id, name, until, &signature).await, Err(FileError::Expired));
});

both!(the_report_of_a_period_is_printed_kept_and_had_by_its_address, async |database| {
    let room = Room::new(database).await;
    let (services, owner, now) = (room.services(), &room.world.owner, room.world.now());
    services.publish_files_at("https://watch.example/");
    let window = Window { from: now - DAY, to: now };
    let report = services.report_pdf(owner, None, window).await.unwrap();
    assert_eq!(report.bytes, b"%PDF-1.7 1");
    assert!(room.scripted.printed()[0].contains("<h1><bdi>All monitors</bdi></h1>"));
    assert!(report.file.name.starts_with("report-all-") && report.file.name.ends_with(".pdf"), "{}", report.file.name);
    let (link, until) = report.link.unwrap();
    let signature = link.rsplit_once("&sig=").unwrap().1;
    let opened = services.open_file(report.file.id.0, &report.file.name, until.as_millis(), signature).await.unwrap();
    assert_eq!(opened.bytes, report.bytes);

    room.scripted.refuse_to_print(true);
    let refused = services.report_pdf(owner, None, window).await;
    assert!(matches!(refused, Err(ServiceError::ReportNotPrinted)), "{refused:?}");
    let unknown = services.report_pdf(owner, Some("nowhere"), window).await;
    assert!(matches!(unknown, Err(ServiceError::MonitorNotFound { .. })), "{unknown:?}");
});

both!(the_secrets_of_a_page_are_sealed_and_sent_again_when_it_is_audited_again, async |database| {
    let room = Room::new(database).await;
    let mut spec = page();
    let named = |name: &str, value: &str| Named { name: name.to_owned(), value: Secret::new(value) };
    spec.headers.push(named("Authorization", "Bearer hunter2"));
    spec.cookies.push(named("session", "hunter3"));
    let asked = room.ask(&spec).await;
    assert_eq!(asked.spec.headers[0].name, "Authorization");
    assert_eq!(asked.spec.headers[0].value, Secret::default(), "what is shown has no secrets");
    room.make().await;
    room.services().audit_again(&room.world.owner, room.world.conversation, asked.id).await.unwrap();
    room.make().await;
    assert_eq!(room.scripted.asked(), [spec.clone(), spec]);
    let foreign = room.world.database.stranger().await;
    let denied = room.services().audit_again(&foreign, room.world.conversation, asked.id).await;
    assert!(matches!(denied, Err(ServiceError::AuditNotFound(_))), "{denied:?}");
});

both!(audits_are_made_one_after_the_other_and_the_cards_say_who_is_next, async |database| {
    let room = Room::new(database).await;
    let mut asked = Vec::new();
    for _ in 0..3 {
        asked.push(room.ask(&page()).await);
    }
    assert_eq!(asked.iter().map(|row| row.ahead).collect::<Vec<_>>(), [0, 1, 2]);
    let before = room.card(&asked[2]).await.0.revision;
    assert_eq!(room.make().await, Worked::Done);
    let (card, row) = room.card(&asked[2]).await;
    assert_eq!((row.ahead, card.revision), (1, before + 1));
    assert_eq!(room.row(&asked[1]).await.state, AuditState::Queued);
    room.services().cancel_audit(&room.world.owner, Some(asked[1].id)).await.unwrap();
    assert_eq!(room.card(&asked[2]).await.1.ahead, 0);
});

both!(what_waits_is_called_off_at_once, async |database| {
    let room = Room::new(database).await;
    let none = room.services().cancel_audit(&room.world.owner, None).await;
    assert!(matches!(none, Err(ServiceError::NoAudit)), "{none:?}");
    let asked = room.ask(&page()).await;
    let row = room.services().cancel_audit(&room.world.owner, None).await.unwrap();
    assert_eq!((row.state, room.card(&asked).await.1.state), (AuditState::Cancelled, AuditState::Cancelled));
    assert!(room.services().claim_audit().await.unwrap().is_none());
    let again = room.services().cancel_audit(&room.world.owner, Some(asked.id)).await;
    assert!(matches!(again, Err(ServiceError::AuditOver(_))), "{again:?}");
});

both!(what_is_being_made_is_called_off_from_any_process, async |database| {
    let room = Room::new(database).await;
    room.scripted.then([Act::Hang]);
    let asked = room.ask(&page()).await;
    let claim = room.claim().await;
    let other = room.beside().await;
    let cancel = async {
        room.scripted.begun(1).await;
        other.cancel_audit(&room.world.owner, Some(asked.id)).await.unwrap()
    };
    let (worked, row) = tokio::join!(room.work(claim), cancel);
    assert_eq!((worked, row.cancelling), (Worked::Cancelled, true));
    assert_eq!(room.card(&asked).await.1.state, AuditState::Cancelled);
});

#[tokio::test]
async fn what_does_not_end_when_it_is_called_off_is_let_go() {
    let room = Room::new(TestDatabase::sqlite().await).await;
    room.scripted.then([Act::Freeze]);
    let asked = room.ask(&page()).await;
    let claim = room.claim().await;
    let cancel = async {
        room.scripted.begun(1).await;
        room.services().cancel_audit(&room.world.owner, None).await.unwrap()
    };
    assert_eq!(tokio::join!(room.work(claim), cancel).0, Worked::Cancelled);
    assert_eq!(room.row(&asked).await.state, AuditState::Cancelled);
}

both!(an_audit_whose_process_was_killed_is_begun_again_but_not_without_end, async |database| {
    let room = Room::new(database).await;
    let asked = room.ask(&page()).await;
    for attempt in 1..=3 {
        assert_eq!(room.claim().await.attempts, attempt);
        room.world.clock.advance(SECOND * 59);
        assert!(room.services().claim_audit().await.unwrap().is_none(), "somebody may be at it");
        room.world.clock.advance(SECOND);
    }
    assert_eq!(room.make().await, Worked::Failed);
    let (code, message) = room.card(&asked).await.1.error.unwrap();
    assert!(code == "given_up" && message.contains("3 times"), "{code}: {message}");
    assert_eq!(room.scripted.asked().len(), 0);
});

both!(whoever_holds_a_claim_no_longer_changes_nothing, async |database| {
    let room = Room::new(database).await;
    room.scripted.then([Act::Fast, Act::Slow]);
    let asked = room.ask(&page()).await;
    let late = room.claim().await;
    room.world.clock.advance(MINUTE);
    assert_eq!(room.make().await, Worked::Done);
    let done = room.row(&asked).await;
    assert_eq!(room.work(late).await, Worked::Lost);
    assert_eq!(room.row(&asked).await, done);
});

both!(a_stop_hands_an_audit_back, async |database| {
    let room = Room::new(database).await;
    room.scripted.then([Act::Hang]);
    let asked = room.ask(&page()).await;
    let (claim, stop) = (room.claim().await, CancellationToken::new());
    let stopping = async {
        room.scripted.begun(1).await;
        stop.cancel();
    };
    let (worked, ()) = tokio::join!(room.services().work_on_audit(claim, &stop), stopping);
    assert_eq!(worked.unwrap(), Worked::Released);
    assert_eq!(room.row(&asked).await.state, AuditState::Queued);
    let again = room.claim().await;
    assert_eq!(again.attempts, 1, "it was nobody's fault");
    assert_eq!(room.work(again).await, Worked::Done);
});

both!(what_cannot_be_made_says_why, async |database| {
    let room = Room::new(database).await;
    let page_error = AuditError::Page { code: "NOT_HTML".to_owned(), message: "the page is no HTML".to_owned() };
    let broken = AuditError::Broken("node is gone".to_owned());
    for (error, code) in [(page_error, "NOT_HTML"), (AuditError::Deadline, "deadline"), (broken, "broken")] {
        room.scripted.then([Act::Fail(error.clone())]);
        let asked = room.ask(&page()).await;
        assert_eq!(room.make().await, Worked::Failed);
        let row = room.card(&asked).await.1;
        assert_eq!(row.error, Some((code.to_owned(), error.to_string())));
        let none = room.services().audit_report(&room.world.owner, Some(&asked.id.to_string())).await;
        assert!(matches!(none, Err(ServiceError::NoFigures { .. })), "{none:?}");
    }
});

both!(a_report_that_could_not_be_printed_is_printed_when_it_is_asked_for, async |database| {
    let room = Room::new(database).await;
    room.scripted.refuse_to_print(true);
    let row = room.audited(&page(), Act::Fast).await;
    assert_eq!((row.state, row.pdf), (AuditState::Done, None));
    let report = async || room.services().audit_report(&room.world.owner, None).await;
    assert!(matches!(report().await, Err(ServiceError::NotPrinted(_))));
    room.scripted.refuse_to_print(false);
    assert_eq!(report().await.unwrap().bytes, b"%PDF-1.7 1");
    assert_eq!(report().await.unwrap().bytes, b"%PDF-1.7 1", "it is kept");
});

both!(broken_budgets_and_what_got_worse_are_told, async |database| {
    let room = Room::new(database).await;
    let spec = AuditSpec { budgets: budget::parse("lcp < 2.5s, accessibility >= 90").unwrap(), ..page() };
    let fast = room.audited(&spec, Act::Fast).await;
    assert!(!fast.digest.as_ref().unwrap().is_bad(), "{fast:?}");
    let slow = room.audited(&spec, Act::Slow).await;
    let digest = slow.digest.as_ref().unwrap();
    assert!(digest.breaches.iter().any(|breach| breach.starts_with("Largest Contentful Paint")), "{digest:?}");
    assert!(digest.worse.iter().any(|worse| worse.contains(" → ")), "{digest:?}");
    assert!((1..=3).contains(&digest.mend.len()), "{digest:?}");
    let owner = &room.world.owner;
    let compared = room.services().compare_audits(owner, Some(&slow.id.to_string()), None).await.unwrap();
    assert_eq!((compared.before.id, compared.after.id), (fast.id, slow.id));
    assert!(compared.changes.is_regression() && !compared.changes.newly_failing.is_empty());
    let swapped = room.services().compare_audits(owner, Some("1"), Some("2")).await.unwrap();
    assert_eq!(swapped.changes, compared.changes);
    let none = room.services().compare_audits(owner, Some("1"), None).await;
    assert!(matches!(none, Err(ServiceError::NothingBefore(_))), "{none:?}");
    let view = room.services().show_audit(owner, Some(PAGE)).await.unwrap();
    assert_eq!((view.row.id, view.past.iter().map(|row| row.id).collect::<Vec<_>>()), (slow.id, vec![fast.id]));
});

both!(nobody_is_sent_where_the_policy_lets_nobody_go, async |database| {
    let room = Room::new(database).await;
    let strangers = room.world.among_strangers();
    let unavailable = strangers.audit(&room.world.owner, room.world.conversation, &page()).await;
    assert!(matches!(unavailable, Err(ServiceError::AuditsUnavailable(_))), "{unavailable:?}");
    let config = probes::OutboundConfig { allow_private: false, ca_file: None, user_agent: "Watchword/test".into() };
    let options = services::Options { audits: room.scripted.options(), ..services::Options::default() };
    let outbound = probes::Outbound::new(&config).unwrap();
    let clock = Arc::clone(&room.world.clock) as Arc<dyn services::Clock>;
    let strict = Services::with_options(room.world.store().clone(), outbound, clock, options);
    let refused = strict.audit(&room.world.owner, room.world.conversation, &page()).await;
    assert!(matches!(refused, Err(ServiceError::PageRefused(_))), "{refused:?}");
    assert!(room.services().claim_audit().await.unwrap().is_none());
});

both!(what_belongs_to_another_organisation_is_not_there, async |database| {
    let room = Room::new(database).await;
    let row = room.audited(&page(), Act::Fast).await;
    let waiting = room.ask(&page()).await;
    let stranger = room.world.database.stranger().await;
    let services = room.services();
    let id = row.id.to_string();
    assert!(matches!(services.find_audit(&stranger, Some(&id)).await, Err(ServiceError::AuditNotFound(_))));
    assert!(matches!(services.audit_report(&stranger, Some(&id)).await, Err(ServiceError::AuditNotFound(_))));
    assert!(matches!(services.cancel_audit(&stranger, Some(waiting.id)).await, Err(ServiceError::AuditNotFound(_))));
    assert_eq!(services.audits(&stranger, &AuditFilter::default(), 0, 10).await.unwrap(), (0, Vec::new()));
    let elsewhere = services.audit(&stranger, room.world.conversation, &page()).await;
    assert!(matches!(elsewhere, Err(ServiceError::ConversationNotFound)), "{elsewhere:?}");
});

both!(files_pictures_and_audits_are_forgotten_in_their_time, async |database| {
    let mut room = Room::new(database).await;
    let options = AuditOptions { keep: DAY * 10, keep_files: DAY * 2, ..room.scripted.options() };
    let services = room.world.auditing(room.world.store().clone(), options);
    room.world.services = services;
    let row = room.audited(&page(), Act::Slow).await;
    let pictures = async || {
        let view = room.services().show_audit(&room.world.owner, Some("1")).await.unwrap();
        view.summary.unwrap().filmstrip.len()
    };
    let had = pictures().await;
    room.world.clock.advance(DAY);
    room.services().forget().await.unwrap();
    assert_eq!((room.row(&row).await.pdf.is_some(), pictures().await), (true, had));
    room.world.clock.advance(DAY);
    room.services().forget().await.unwrap();
    let kept = room.row(&row).await;
    assert_eq!((kept.pdf, kept.digest, pictures().await), (None, row.digest.clone(), 0));
    assert_eq!(
        room.services().audit_report(&room.world.owner, None).await.unwrap().bytes,
        b"%PDF-1.7 2",
        "printed anew"
    );
    room.ask(&page()).await;
    room.world.clock.advance(DAY * 9);
    room.services().forget().await.unwrap();
    let left = room.services().audits(&room.world.owner, &AuditFilter::default(), 0, 10).await.unwrap().1;
    assert_eq!(left.iter().map(|row| row.state).collect::<Vec<_>>(), [AuditState::Queued], "what waits is kept");
    assert_eq!(room.world.cards().await.len(), 1, "the card goes with its audit");
});

both!(so_many_audits_wait_and_no_more, async |database| {
    let room = Room::new(database).await;
    for _ in 0..50 {
        room.ask(&page()).await;
    }
    let many = room.services().audit(&room.world.owner, room.world.conversation, &page()).await;
    assert!(matches!(many, Err(ServiceError::TooMany { .. })), "{many:?}");
});

both!(a_conversation_that_is_gone_stops_no_audit, async |database| {
    let room = Room::new(database).await;
    let asked = room.ask(&page()).await;
    let ConversationId(id) = room.world.conversation;
    room.world.database.execute(&format!("DELETE FROM conversation WHERE id = {id}")).await;
    assert_eq!(room.make().await, Worked::Done);
    assert_eq!(room.row(&asked).await.state, AuditState::Done);
});
