//! Security checks: asked for, made, judged, told, kept; and whose hosts are. The sites are as they are told to be.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use monitor_core::people::Actor;
use monitor_core::security::Depth;
use monitor_core::security::observed::Proof;
use probes::security::LookError;
use probes::security::zap::ZapError;
use probes::{Outbound, OutboundConfig};
use serde_json::json;
use services::testing::{Sight, Sites};
use services::view::{Content, SecurityDigest, SecurityFilter, SecurityRow, TaskState};
use services::{Probing, SecurityOptions, ServiceError, Services, Worked};
use storage::SecurityClaim;
use test_support::both;
use test_support::database::{KEY, TestDatabase};
use test_support::targets::Answer;
use test_support::targets::tls::{Authority, Flaw};
use tokio_util::sync::CancellationToken;

use crate::common::World;

/// Nothing answers there, and nobody is asked for a name.
const PAGE: &str = "http://127.0.0.1:9/";
const HOST: &str = "127.0.0.1:9";

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

/// A world in which sites are looked at.
struct Room {
    world: World,
    sites: Sites,
}

impl Room {
    async fn new(database: TestDatabase) -> Self {
        let (mut world, sites) = (World::new(database).await, Sites::default());
        world.services = world.inspecting(world.store().clone(), sites.options(), true);
        Self { world, sites }
    }

    fn services(&self) -> &Services {
        &self.world.services
    }

    async fn ask(&self, page: &str, deep: bool) -> Result<SecurityRow, ServiceError> {
        self.services().check_security(&self.world.owner, self.world.conversation, page, deep).await
    }

    async fn claim(&self) -> SecurityClaim {
        self.services().claim_security_check().await.unwrap().unwrap()
    }

    async fn work(&self, claim: SecurityClaim) -> Worked {
        self.services().work_on_security_check(claim, &CancellationToken::new()).await.unwrap()
    }

    async fn row(&self, row: &SecurityRow) -> SecurityRow {
        self.services().find_security_check(&self.world.owner, Some(&row.id.to_string())).await.unwrap()
    }

    /// The card of a check, with its revision.
    async fn card(&self, check: &SecurityRow) -> (i32, SecurityRow) {
        let found = self.world.cards().await.into_iter().find_map(|post| match &post.content {
            Content::SecurityCheck(row) if row.id == check.id => Some((post.revision, (**row).clone())),
            _ => None,
        });
        found.unwrap()
    }

    /// Asks for a check of a page and has it made.
    async fn checked(&self, deep: bool) -> (SecurityRow, SecurityDigest) {
        let asked = self.ask(PAGE, deep).await.unwrap();
        let claim = self.claim().await;
        assert_eq!(self.work(claim).await, Worked::Done);
        self.world.clock.advance(MINUTE);
        let row = self.row(&asked).await;
        let digest = row.digest.clone().unwrap();
        (row, digest)
    }

    /// Shows that the host is the organisation's.
    async fn own(&self) {
        self.sites.prove(HOST, Ok(Some(Proof::Dns)));
        let verified = self.services().verify_host(&self.world.owner, HOST).await.unwrap();
        assert!(verified.row.proved.is_some(), "{verified:?}");
    }
}

fn ids(digest: &SecurityDigest) -> Vec<&str> {
    digest.findings.iter().map(|finding| finding.id.as_str()).collect()
}

both!(a_check_is_one_card_from_the_queue_to_the_grade, async |database| {
    let room = Room::new(database).await;
    room.sites.then([Sight::Poor]);
    let asked = room.ask(PAGE, false).await.unwrap();
    assert_eq!((asked.state, asked.by.as_deref(), asked.host.as_str()), (TaskState::Queued, Some("Owner"), HOST));
    assert_eq!(room.card(&asked).await.0, 1);
    let claim = room.claim().await;
    assert_eq!(room.work(claim).await, Worked::Done);
    let (revision, row) = room.card(&asked).await;
    let digest = row.digest.unwrap();
    assert!(revision > 1 && row.state == TaskState::Done, "{revision}");
    assert!(ids(&digest).contains(&"csp-missing"), "{digest:?}");
    assert!(digest.formula.contains("csp-missing") && digest.formula.contains(&digest.grade.to_string()), "{digest:?}");
    assert_eq!((row.depth, room.sites.asked()), (Some(Depth::Passive), vec![(PAGE.to_owned(), Depth::Passive)]));
    let view = room.services().show_security_check(&room.world.owner, Some(HOST)).await.unwrap();
    let review = view.review.unwrap();
    assert_eq!((review.grade, review.points), (digest.grade, digest.points));
    let all: u64 = digest.risks.iter().map(|(_, many)| many).sum();
    assert_eq!((review.findings.len() as u64, view.changes), (all, None));
    assert!(digest.findings.len() <= 10);
    assert!(room.services().claim_security_check().await.unwrap().is_none(), "once is enough");
});

both!(what_changed_since_the_check_before_is_told, async |database| {
    let room = Room::new(database).await;
    room.sites.then([Sight::Poor, Sight::Good, Sight::Good]);
    let (poor, first) = room.checked(false).await;
    assert_eq!(first.changes, None);
    let (_, second) = room.checked(false).await;
    let changes = second.changes.unwrap();
    assert_eq!((changes.since, changes.grade), (poor.id, first.grade));
    assert!(second.grade > first.grade && !changes.mended.is_empty() && changes.new.is_empty(), "{changes:?}");
    let (third, digest) = room.checked(false).await;
    let changes = digest.changes.unwrap();
    assert!(changes.new.is_empty() && changes.mended.is_empty(), "{changes:?}");
    let view = room.services().show_security_check(&room.world.owner, Some(&third.id.to_string())).await.unwrap();
    assert_eq!(view.changes.unwrap().points, 0);
    let other = room.ask("http://127.0.0.1:9/login", false).await.unwrap();
    let claim = room.claim().await;
    room.work(claim).await;
    assert_eq!(room.row(&other).await.digest.unwrap().changes, None, "another page is another page");
});

both!(more_than_a_browser_would_send_goes_to_hosts_of_ones_own_alone, async |database| {
    let room = Room::new(database).await;
    let depth = async || {
        room.checked(false).await;
        room.sites.asked().last().unwrap().1
    };
    assert_eq!(depth().await, Depth::Passive);
    let verified = room.services().verify_host(&room.world.owner, HOST).await.unwrap();
    assert_eq!((verified.row.proved, verified.unknown), (None, None));
    assert_eq!(depth().await, Depth::Passive, "a token that is nowhere shows nothing");
    room.own().await;
    assert_eq!(depth().await, Depth::Active);
    room.services().forget_host(&room.world.owner, HOST).await.unwrap();
    assert_eq!(depth().await, Depth::Passive);
    assert!(room.services().owned_hosts(&room.world.owner).await.unwrap().is_empty());
});

both!(what_one_organisation_shows_is_not_anothers, async |database| {
    let room = Room::new(database).await;
    room.own().await;
    let stranger: Actor = room.world.database.stranger().await;
    let services = room.services();
    let place = services.conversation(&stranger, "web", "theirs").await.unwrap();
    let theirs = services.check_security(&stranger, place, PAGE, false).await.unwrap();
    let claim = room.claim().await;
    room.work(claim).await;
    assert_eq!(room.sites.asked(), [(PAGE.to_owned(), Depth::Passive)]);
    assert!(services.owned_hosts(&stranger).await.unwrap().is_empty());
    let denied = services.show_security_check(&room.world.owner, Some(&theirs.id.to_string())).await;
    assert!(matches!(denied, Err(ServiceError::SecurityCheckNotFound(_))), "{denied:?}");
    let denied = services.check_security(&room.world.owner, place, PAGE, false).await;
    assert!(matches!(denied, Err(ServiceError::ConversationNotFound)), "{denied:?}");
});

both!(a_host_on_another_port_is_another_host, async |database| {
    let room = Room::new(database).await;
    room.own().await;
    room.ask("http://127.0.0.1:10/", false).await.unwrap();
    let claim = room.claim().await;
    room.work(claim).await;
    assert_eq!(room.sites.asked(), [("http://127.0.0.1:10/".to_owned(), Depth::Passive)]);
});

both!(a_proof_is_looked_at_again_when_it_is_old, async |database| {
    let room = Room::new(database).await;
    room.own().await;
    room.world.clock.advance(6 * DAY);
    room.checked(false).await;
    assert_eq!(room.sites.tokens_looked_for(), 1, "it is not old yet");
    room.world.clock.advance(DAY);
    room.checked(false).await;
    assert_eq!((room.sites.tokens_looked_for(), room.sites.asked().last().unwrap().1), (2, Depth::Active));

    room.world.clock.advance(8 * DAY);
    room.sites.prove(HOST, Err("no name server answers".to_owned()));
    let (row, digest) = room.checked(false).await;
    assert_eq!(row.depth, Some(Depth::Passive));
    assert!(digest.notes[0].contains("no name server answers"), "{digest:?}");
    room.sites.prove(HOST, Ok(Some(Proof::File)));
    assert_eq!(room.checked(false).await.0.depth, Some(Depth::Active), "it was not lost by that");

    room.world.clock.advance(8 * DAY);
    room.sites.prove(HOST, Ok(None));
    let (row, digest) = room.checked(false).await;
    assert_eq!(row.depth, Some(Depth::Passive));
    assert!(digest.notes[0].contains("`verify-host 127.0.0.1:9`"), "{digest:?}");
    assert_eq!(room.services().owned_hosts(&room.world.owner).await.unwrap()[0].proved, None);
    let (_, digest) = room.checked(false).await;
    assert!(digest.notes.is_empty(), "it is told once: {digest:?}");
});

both!(a_deep_scan_needs_a_zap_and_a_host_of_ones_own, async |database| {
    let room = Room::new(database).await;
    let refused = room.ask(PAGE, true).await;
    assert!(matches!(refused, Err(ServiceError::ScansUnavailable)), "{refused:?}");
    room.sites.scan_with(Ok(json!({ "alerts": [] })));
    let refused = room.ask(PAGE, true).await;
    assert!(matches!(refused, Err(ServiceError::HostNotVerified(_))), "{refused:?}");
    assert!(room.services().claim_security_check().await.unwrap().is_none());
    room.own().await;
    let (row, digest) = room.checked(true).await;
    assert_eq!((row.depth, digest.notes.len(), digest.not_looked.len()), (Some(Depth::Deep), 0, 0), "{digest:?}");

    for says in [Err(ZapError::Refused("the key is wrong".to_owned())), Ok(json!("no alerts"))] {
        room.sites.scan_with(says);
        let (row, digest) = room.checked(true).await;
        assert!(digest.not_looked.iter().any(|why| why.contains("ZAP")), "it is never taken for well: {digest:?}");
        assert_eq!(row.depth, Some(Depth::Active), "ZAP has not scanned it");
    }
    room.sites.scan_cut_short("ZAP has more");
    let (row, digest) = room.checked(true).await;
    assert_eq!((row.depth, digest.not_looked), (Some(Depth::Deep), vec!["ZAP has more".to_owned()]));
    room.ask(PAGE, true).await.unwrap();
    room.services().forget_host(&room.world.owner, HOST).await.unwrap();
    let claim = room.claim().await;
    assert_eq!(room.work(claim).await, Worked::Done);
    assert_eq!(room.sites.asked().last().unwrap().1, Depth::Passive, "what counts is whose the host is now");
});

both!(what_cannot_be_looked_at_says_why, async |database| {
    let room = Room::new(database).await;
    let gone = "nothing answers at 127.0.0.1:9".to_owned();
    for (error, code) in [
        (LookError::Unreachable(gone.clone()), "unreachable"),
        (LookError::Refused("private".to_owned()), "address_refused"),
        (LookError::Address, "address"),
    ] {
        room.sites.then([Sight::Fail(error.clone())]);
        let asked = room.ask(PAGE, false).await.unwrap();
        let claim = room.claim().await;
        assert_eq!(room.work(claim).await, Worked::Failed);
        assert_eq!(room.card(&asked).await.1.error, Some((code.to_owned(), error.to_string())));
        let view = room.services().show_security_check(&room.world.owner, Some(&asked.id.to_string())).await.unwrap();
        assert!(view.review.is_none());
    }
});

both!(a_check_is_called_off, async |database| {
    let room = Room::new(database).await;
    let owner = &room.world.owner;
    let none = room.services().cancel_security_check(owner, None).await;
    assert!(matches!(none, Err(ServiceError::NoSecurityCheck)), "{none:?}");
    room.ask(PAGE, false).await.unwrap();
    let waiting = room.services().cancel_security_check(owner, None).await.unwrap();
    assert_eq!(waiting.state, TaskState::Cancelled);
    assert!(room.services().claim_security_check().await.unwrap().is_none());
    let again = room.services().cancel_security_check(owner, Some(waiting.id)).await;
    assert!(matches!(again, Err(ServiceError::SecurityCheckOver(_))), "{again:?}");

    room.sites.then([Sight::Hang]);
    let asked = room.ask(PAGE, false).await.unwrap();
    let claim = room.claim().await;
    let other = room.world.inspecting(room.world.database.open_again(KEY).await, room.sites.options(), true);
    let cancel = async {
        room.sites.begun(1).await;
        other.cancel_security_check(owner, Some(asked.id)).await.unwrap()
    };
    let (worked, row) = tokio::join!(room.work(claim), cancel);
    assert_eq!((worked, row.cancelling), (Worked::Cancelled, true));
    assert_eq!(room.card(&asked).await.1.state, TaskState::Cancelled);
});

both!(a_stop_hands_a_check_back_and_a_killed_process_leaves_its_lease, async |database| {
    let room = Room::new(database).await;
    room.sites.then([Sight::Hang]);
    let asked = room.ask(PAGE, false).await.unwrap();
    let (claim, stop) = (room.claim().await, CancellationToken::new());
    let stopping = async {
        room.sites.begun(1).await;
        stop.cancel();
    };
    let (worked, ()) = tokio::join!(room.services().work_on_security_check(claim, &stop), stopping);
    assert_eq!(worked.unwrap(), Worked::Released);
    assert_eq!(room.row(&asked).await.state, TaskState::Queued);
    for attempt in 1..=3 {
        assert_eq!(room.claim().await.attempts, attempt);
        room.world.clock.advance(59 * SECOND);
        assert!(room.services().claim_security_check().await.unwrap().is_none(), "somebody may be at it");
        room.world.clock.advance(SECOND);
    }
    let claim = room.claim().await;
    assert_eq!(room.work(claim.clone()).await, Worked::Failed);
    assert_eq!(room.row(&asked).await.error.unwrap().0, "given_up");
    assert_eq!(room.work(claim).await, Worked::Lost);
});

both!(what_a_killed_process_left_going_on_in_zap_is_stopped, async |database| {
    let room = Room::new(database).await;
    room.sites.scan_with(Ok(json!({ "alerts": [] })));
    room.own().await;
    room.checked(true).await;
    assert_eq!(room.sites.scans_stopped(), 0, "nobody was killed");

    // Claimed, and never heard of again.
    let killed = room.ask(PAGE, true).await.unwrap();
    room.claim().await;
    room.world.clock.advance(MINUTE);
    let claim = room.claim().await;
    assert_eq!((claim.attempts, room.work(claim).await, room.sites.scans_stopped()), (2, Worked::Done, 1));
    assert_eq!(room.row(&killed).await.state, TaskState::Done);

    let cancelled = room.ask(PAGE, true).await.unwrap();
    room.claim().await;
    room.services().cancel_security_check(&room.world.owner, Some(cancelled.id)).await.unwrap();
    room.world.clock.advance(MINUTE);
    let claim = room.claim().await;
    assert_eq!((claim.cancelled, room.work(claim).await, room.sites.scans_stopped()), (true, Worked::Cancelled, 2));

    room.ask(PAGE, false).await.unwrap();
    room.claim().await;
    room.world.clock.advance(MINUTE);
    let claim = room.claim().await;
    assert_eq!((room.work(claim).await, room.sites.scans_stopped()), (Worked::Done, 2), "ZAP had no part in it");
});

both!(what_cannot_be_a_page_is_refused, async |database| {
    let room = Room::new(database).await;
    for page in ["", "ftp://shop.example", "https://ada:hunter2@shop.example", "https://"] {
        let refused = room.ask(page, false).await;
        assert!(matches!(refused, Err(ServiceError::Invalid(_))), "{page}: {refused:?}");
    }
    let strict = room.world.inspecting(room.world.store().clone(), room.sites.options(), false);
    let refused = strict.check_security(&room.world.owner, room.world.conversation, PAGE, false).await;
    assert!(matches!(refused, Err(ServiceError::PageRefused(_))), "{refused:?}");
    let with_fragment = room.ask(&format!("{PAGE}#top"), false).await.unwrap();
    assert_eq!(with_fragment.url, PAGE);
});

both!(so_many_wait_and_no_more, async |database| {
    let room = Room::new(database).await;
    for _ in 0..50 {
        room.ask(PAGE, false).await.unwrap();
    }
    let many = room.ask(PAGE, false).await;
    assert!(matches!(many, Err(ServiceError::TooMany { .. })), "{many:?}");
});

both!(checks_are_kept_as_long_as_audits, async |database| {
    let room = Room::new(database).await;
    let (old, _) = room.checked(false).await;
    room.own().await;
    room.world.clock.advance(364 * DAY);
    let (new, _) = room.checked(false).await;
    room.services().forget().await.unwrap();
    let kept = async || {
        let checks = room.services().security_checks(&room.world.owner, &SecurityFilter::default(), 0, 10).await;
        checks.unwrap().1.iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(kept().await, [new.id, old.id]);
    room.world.clock.advance(DAY);
    room.services().forget().await.unwrap();
    assert_eq!(kept().await, [new.id]);
    assert_eq!(room.world.cards().await.len(), 1, "the card goes with its check");
    assert_eq!(room.services().owned_hosts(&room.world.owner).await.unwrap().len(), 1);
    let view = room.services().show_security_check(&room.world.owner, None).await.unwrap();
    assert_eq!(view.changes, None, "what it was compared with is gone");
});

both!(hosts_are_found_as_people_write_them, async |database| {
    let room = Room::new(database).await;
    let (services, owner) = (room.services(), &room.world.owner);
    for said in ["Shop.Example", "https://shop.example/cart", "shop.example:443", "shop.example"] {
        assert_eq!(services.verify_host(owner, said).await.unwrap().row.host, "shop.example", "{said}");
    }
    let first = services.owned_hosts(owner).await.unwrap();
    assert_eq!(first.len(), 1, "{first:?}");
    assert!(first[0].token.len() >= 32, "{first:?}");
    let missed = services.forget_host(owner, "shop.exampel").await;
    let Err(ServiceError::HostNotFound { suggestions, .. }) = missed else { panic!("{missed:?}") };
    assert_eq!(suggestions, ["shop.example"]);
    for wrong in ["", "ftp://shop.example", "a b"] {
        let refused = services.verify_host(owner, wrong).await;
        assert!(matches!(refused, Err(ServiceError::Invalid(_))), "{wrong}: {refused:?}");
    }
});

#[tokio::test]
async fn a_real_site_shows_whose_it_is_and_is_looked_at_more_deeply_from_then_on() {
    let (authority, token) = (Authority::new(), Arc::new(OnceLock::<String>::new()));
    let shown = Arc::clone(&token);
    let site = authority.serve_site(Flaw::None, move |request| match request.request_line().split(' ').nth(1) {
        Some("/") => Answer::ok("<!doctype html><title>Shop</title>").header("Content-Type", "text/html"),
        Some("/.git/HEAD") => Answer::ok("ref: refs/heads/main\n"),
        Some("/.well-known/watchword.txt") => shown.get().map_or(Answer::status(404), Answer::ok),
        _ => Answer::status(404),
    });
    let site = site.await;
    let folder = tempfile::tempdir().unwrap();
    let ca_file = folder.path().join("ca.pem");
    std::fs::write(&ca_file, authority.pem()).unwrap();
    let config = OutboundConfig { allow_private: true, ca_file: Some(ca_file), user_agent: "Watchword/test".into() };
    let inspector = Probing::new(Outbound::new(&config).unwrap(), None);
    let mut room = Room::new(TestDatabase::sqlite().await).await;
    let options = SecurityOptions { inspector: Some(Arc::new(inspector)) };
    room.world.services = room.world.inspecting(room.world.store().clone(), options, true);
    let (services, owner, host) = (room.services(), &room.world.owner, site.addr().to_string());
    let made = async || {
        let asked = room.ask(&host, false).await.unwrap();
        let claim = room.claim().await;
        room.work(claim).await;
        let row = room.row(&asked).await;
        (row.depth, row.digest.unwrap_or_else(|| panic!("{:?}", row.error)))
    };
    let (depth, passive) = made().await;
    assert_eq!(depth, Some(Depth::Passive));
    assert!(ids(&passive).contains(&"csp-missing"), "{passive:?}");
    assert!(site.asked().iter().all(|asked| !asked.contains(".git")), "{:?}", site.asked());

    let verified = services.verify_host(owner, &host).await.unwrap();
    assert_eq!((verified.row.proved, verified.unknown), (None, None));
    token.set(verified.row.token).unwrap();
    let verified = services.verify_host(owner, &host).await.unwrap();
    assert_eq!(verified.row.proved.map(|(proof, _)| proof), Some(Proof::File));
    let (depth, active) = made().await;
    assert_eq!(depth, Some(Depth::Active));
    assert!(active.findings[0].evidence.contains("/.git/HEAD"), "{active:?}");
    let changes = active.changes.unwrap();
    assert!(changes.new.is_empty(), "nobody knows since when it is open: {changes:?}");
}
