//! Alert rules: when they fire, when they end, and what is remembered of them.

use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::alerting::rule::Rule;
use monitor_core::alerting::{Event, RuleId, Severity};
use monitor_core::health::Status;
use monitor_core::incident::Resolution;
use monitor_core::monitor::{Monitor, Settings};
use monitor_core::outcome::{Details, Reason};
use monitor_core::people::{Actor, Role};
use monitor_core::report::Window;
use monitor_core::secret::Secret;
use services::view::IncidentFilter;
use services::{AlertRuleView, Finished, NewRoute, ServiceError, Services, Silenced};
use storage::{Budget, DestinationSettings, NotificationFilter};
use test_support::both;
use test_support::builders::{outcome, settings};
use test_support::database::KEY;

use crate::common::{World, strict};

const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const BAD: Reason = Reason::ConnectionRefused;

impl World {
    async fn rule(&self, words: &str, condition: &str, severity: Severity) -> AlertRuleView {
        let rule = self.written(words, condition, severity).await;
        self.services.add_alert(&self.owner, words, &rule).await.unwrap()
    }

    async fn written(&self, words: &str, condition: &str, severity: Severity) -> Rule {
        let selector = self.services.about(&self.owner, words).await.unwrap();
        Rule { severity, ..Rule::new(selector, condition.parse().unwrap()) }
    }

    /// The titles of all incidents with how loud they are, those that are over in brackets, the oldest first.
    async fn titles(&self) -> Vec<String> {
        told(&self.services, &self.owner).await
    }

    /// Time passes, and the rules look.
    pub(crate) async fn look_after(&self, time: Duration) -> Vec<String> {
        self.clock.advance(time);
        self.services.evaluate_rules().await.unwrap();
        self.titles().await
    }

    /// A check of that monitor that took so long.
    async fn check_taking(&self, monitor: &Monitor, ms: u64) {
        self.clock.advance(Duration::from_secs(10));
        let finished = self.finished(monitor, Reason::Ok).await;
        let outcome = monitor_core::outcome::Outcome { duration: Duration::from_millis(ms), ..finished.outcome };
        self.services.record(&[Finished { outcome, ..finished }]).await.unwrap();
    }

    pub(crate) async fn destinations(&self, names: &[&str]) {
        let tx = self.store().begin().await.unwrap();
        for name in names {
            let (name, kind) = ((*name).to_owned(), "webhook".to_owned());
            let new = DestinationSettings { name, kind, fields: Secret::new("{}"), rate: None, fallback: None };
            let id = tx.insert_destination(self.owner.organisation, self.owner.person, &new, self.now()).await;
            id.unwrap().unwrap();
        }
        tx.commit().await.unwrap();
    }

    async fn route(&self, about: &str, severity: Severity, to: &str) {
        let steps = vec![(Duration::ZERO, vec![to.to_owned()])];
        self.services.add_route(&self.owner, &NewRoute { about: about.to_owned(), severity, steps }).await.unwrap();
    }

    /// Has `ops` told when the shop has recovered.
    pub(crate) async fn recovery_rule(&self, cooldown: Duration) -> RuleId {
        let rule = self.written("shop", "recovered", Severity::Info).await;
        let rule = Rule { notify: vec!["#ops".to_owned()], cooldown, ..rule };
        self.services.add_alert(&self.owner, "shop", &rule).await.unwrap().row.id
    }

    /// The notices that are told outside, sorted: `ops: shop has recovered`.
    pub(crate) async fn news(&self) -> Vec<String> {
        let filter = NotificationFilter::default();
        let (_, rows) = self.store().notifications(self.owner.organisation, &filter, 0, 1_000).await.unwrap();
        // Only read: what is claimed is not committed.
        let tx = self.store().begin().await.unwrap();
        let mut said = Vec::new();
        for row in rows.iter().filter(|row| row.event == Event::Notice) {
            let budget = |_: &str| Budget { burst: 1_000, per_minute: 60_000 };
            let claim = tx.claim_notification(row.id, self.now(), MINUTE, budget).await.unwrap().unwrap();
            said.push(format!("{}: {}", row.destination_name, claim.content.unwrap().text));
        }
        said.sort();
        said
    }

    async fn remembered(&self) -> usize {
        let ids: Vec<_> = self.store().alert_rules(None).await.unwrap().iter().map(|row| row.id).collect();
        self.store().rule_states_of(&ids).await.unwrap().len()
    }
}

async fn told(services: &Services, actor: &Actor) -> Vec<String> {
    let rows = services.incidents(actor, None, &IncidentFilter::default(), 1_000).await.unwrap();
    let mut told: Vec<_> = rows
        .iter()
        .map(|row| {
            let line = format!("{} {}", row.incident.severity.as_str(), row.incident.title);
            (row.incident.id, if row.incident.resolved.is_some() { format!("({line})") } else { line })
        })
        .collect();
    told.sort();
    told.into_iter().map(|(_, line)| line).collect()
}

both!(a_rule_of_ones_own_says_when_a_monitor_that_is_down_is_told_of, async |database| {
    let world = World::new(database).await;
    let (shop, mail) = (world.add("shop").await, world.add("mail").await);
    world.rule("shop", "down for 3 checks", Severity::Warning).await;
    world.check(&shop, Reason::Ok).await;
    world.check(&shop, BAD).await;
    world.check(&shop, BAD).await;
    assert_eq!(world.titles().await, [""; 0]);
    world.check(&mail, BAD).await;
    assert_eq!(world.titles().await, ["critical mail is down"], "others are told of at once");
    world.check(&shop, BAD).await;
    assert_eq!(world.titles().await[1], "warning shop: it is down, for 3 checks");
    world.check(&shop, Reason::Ok).await;
    assert_eq!(world.titles().await[1], "(warning shop: it is down, for 3 checks)");
});

both!(a_narrower_rule_wins_over_a_broader_one, async |database| {
    let world = World::new(database).await;
    let labelled = Settings { policy: strict(), ..settings("api", MINUTE) };
    let mut labelled = labelled;
    labelled.labels.set("env=prod".parse().unwrap());
    let (shop, api, mail) = (world.add("shop").await, world.add_with(labelled).await, world.add("mail").await);
    let all = world.rule("all", "down", Severity::Info).await;
    let label = world.rule("env=prod", "down", Severity::Warning).await;
    world.rule("shop", "down", Severity::Critical).await;
    for monitor in [&shop, &api, &mail] {
        world.check(monitor, BAD).await;
    }
    assert_eq!(world.titles().await, ["critical shop: it is down", "warning api: it is down", "info mail: it is down"]);
    let views = world.services.list_alerts(&world.owner).await.unwrap();
    let about: Vec<_> = views.iter().map(|view| (view.row.words.as_str(), view.monitors, view.firing_count)).collect();
    assert_eq!(about, [("all", 1, 1), ("env=prod", 1, 1), ("shop", 1, 1)]);
    assert_eq!(views[1].firing[0].0, "api");

    // What is not labelled so any more is not told of by that rule any more.
    let mut unlabelled = world.services.monitor(&world.owner, "api").await.unwrap().settings;
    unlabelled.labels.remove("env");
    world.services.edit_monitor(&world.owner, "api", &unlabelled).await.unwrap();
    assert_eq!(world.look_after(MINUTE).await[1], "(warning api: it is down)");
    unlabelled.labels.set("env=prod".parse().unwrap());
    world.services.edit_monitor(&world.owner, "api", &unlabelled).await.unwrap();
    world.clock.advance(MINUTE * 10);
    world.check(&api, BAD).await;
    let view = world.services.alert_rule(&world.owner, label.row.id).await.unwrap();
    assert_eq!(view.firing_count, 1);

    // Once the narrower one is gone the broader one tells.
    world.services.delete_alert(&world.owner, label.row.id).await.unwrap();
    world.check(&api, BAD).await;
    let view = world.services.alert_rule(&world.owner, all.row.id).await.unwrap();
    assert_eq!((view.monitors, view.firing_count), (2, 2));
});

both!(without_checks_time_alone_fires_a_rule, async |database| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    world.rule("shop", "down for 5m", Severity::Critical).await;
    world.check(&shop, BAD).await;
    assert_eq!(world.look_after(MINUTE * 4).await, [""; 0]);
    assert_eq!(world.look_after(MINUTE).await, ["critical shop: it is down, for 5 min"]);
    world.check(&shop, Reason::Ok).await;
    assert_eq!(world.titles().await, ["(critical shop: it is down, for 5 min)"]);
    assert_eq!(world.remembered().await, 1, "the cooldown is remembered");
    world.clock.advance(MINUTE * 5);
    world.check(&shop, Reason::Ok).await;
    assert_eq!(world.remembered().await, 0);
});

both!(figures_fire_and_end_a_rule, async |database| {
    let world = World::new(database).await;
    let (shop, mail) = (world.add("shop").await, world.add("mail").await);
    world.rule("all", "p95 over 2m > 800ms for 1m", Severity::Warning).await;
    for _ in 0..6 {
        world.check_taking(&shop, 900).await;
    }
    world.check_taking(&mail, 100).await;
    assert_eq!(world.look_after(Duration::from_secs(10)).await, [""; 0], "it has to hold for a minute");
    for _ in 0..6 {
        world.check_taking(&shop, 900).await;
    }
    let told = world.look_after(Duration::from_secs(10)).await;
    assert_eq!(told, ["warning shop: p95 over 2 min was 900 ms, above 800 ms, for 1 min 10 s"]);
    assert_eq!(world.look_after(MINUTE * 60).await, told, "nothing is known any more, so nothing ends");
    world.services.roll_up().await.unwrap();
    for _ in 0..12 {
        world.check_taking(&shop, 100).await;
    }
    assert!(world.look_after(Duration::from_secs(10)).await[0].starts_with("(warning shop"));
});

both!(a_rule_whose_condition_holds_already_fires_at_once, async |database| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    for _ in 0..30 {
        world.check_taking(&shop, 900).await;
    }
    world.services.roll_up().await.unwrap();
    world.clock.advance(Duration::from_secs(5));
    let view = world.rule("shop", "p95 over 1m > 800ms for 2m", Severity::Info).await;
    assert_eq!((view.firing_count, view.firing[0].1), (1, world.now()));
    world.services.delete_alert(&world.owner, view.row.id).await.unwrap();
    for reason in [BAD, BAD, BAD] {
        world.check(&shop, reason).await;
    }
    world.clock.advance(Duration::from_secs(1));
    for condition in ["down", "down for 3 checks", "down for 20s", "2 of 3 checks failed", "degraded or down"] {
        let view = world.rule("shop", condition, Severity::Info).await;
        assert_eq!(view.firing_count, 1, "{condition}");
    }
    for condition in ["degraded", "recovered", "down for 4 checks", "heartbeat missed", "certificate.days < 14"] {
        let view = world.rule("shop", condition, Severity::Info).await;
        assert_eq!(view.firing_count, 0, "{condition}");
    }
});

both!(within_the_cooldown_a_rule_is_held_back_and_fires_at_its_end, async |database| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    let rule = world.rule("shop", "down", Severity::Critical).await;
    for reason in [BAD, Reason::Ok, BAD] {
        world.check(&shop, reason).await;
    }
    assert_eq!(world.titles().await, ["(critical shop: it is down)"]);
    let view = world.services.alert_rule(&world.owner, rule.row.id).await.unwrap();
    assert_eq!((view.firing_count, view.waiting_count), (0, 1));
    world.look_after(MINUTE * 4).await;
    assert_eq!(world.titles().await, ["(critical shop: it is down)"]);
    assert_eq!(world.look_after(MINUTE).await, ["critical shop: it is down"]);
});

both!(of_several_processes_one_evaluates_a_rule, async |database| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    let rule = world.rule("shop", "latency over 5m > 800ms", Severity::Warning).await;
    let other = world.beside(world.database.open_again(KEY).await);
    world.check_taking(&shop, 2_000).await;
    world.clock.advance(MINUTE);
    let (here, there) = tokio::join!(world.services.evaluate_rules(), other.evaluate_rules());
    assert_eq!(here.unwrap() + there.unwrap(), 1);
    assert_eq!(world.titles().await.len(), 1);
    assert_eq!(world.store().claim_rules(world.now()).await.unwrap(), []);
    world.clock.advance(MINUTE);
    assert_eq!(world.store().claim_rules(world.now()).await.unwrap(), [rule.row.id]);
});

both!(a_rule_made_elsewhere_counts_when_a_status_changes, async |database| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    world.check(&shop, Reason::Ok).await;
    let other = world.beside(world.database.open_again(KEY).await);
    let rule = world.written("shop", "down", Severity::Info).await;
    other.add_alert(&world.owner, "shop", &rule).await.unwrap();
    let finished = world.finished(&shop, BAD).await;
    world.services.record(&[finished]).await.unwrap();
    assert_eq!(world.titles().await, ["info shop: it is down"]);
});

both!(deleting_a_rule_withdraws_its_alerts, async |database| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    let rule = world.rule("shop", "down", Severity::Warning).await;
    world.check(&shop, BAD).await;
    let deleted = world.services.delete_alert(&world.owner, rule.row.id).await.unwrap();
    assert_eq!((deleted.row.id, deleted.firing_count), (rule.row.id, 1));
    let filter = IncidentFilter::default();
    let rows = world.services.incidents(&world.owner, None, &filter, 10).await.unwrap();
    assert_eq!(rows[0].incident.resolved, Some((world.now(), Resolution::Withdrawn)));
    assert_eq!(world.remembered().await, 0);
    let again = world.services.delete_alert(&world.owner, rule.row.id).await;
    assert!(matches!(again, Err(ServiceError::RuleNotFound(_))));
    // It is down still, which is told as it always is without such a rule.
    world.check(&shop, BAD).await;
    assert_eq!(world.titles().await, ["(warning shop: it is down)", "critical shop is down"]);
});

both!(a_monitor_that_is_paused_or_deleted_is_forgotten, async |database| {
    let world = World::new(database).await;
    let (shop, mail) = (world.add("shop").await, world.add("mail").await);
    world.rule("all", "2 of 3 checks failed", Severity::Warning).await;
    for monitor in [&shop, &mail, &shop, &mail] {
        world.check(monitor, BAD).await;
    }
    assert_eq!(world.remembered().await, 2);
    world.services.pause_monitor(&world.owner, "shop").await.unwrap();
    assert_eq!(world.remembered().await, 1);
    assert_eq!(world.status(&shop).await, Status::Paused);
    world.services.delete_monitor(&world.owner, "mail").await.unwrap();
    assert_eq!(world.remembered().await, 0);
    assert!(world.titles().await.iter().all(|line| line.starts_with('(')));
    world.services.evaluate_rules().await.unwrap();
});

both!(a_certificate_that_ends_soon_is_told_of_and_its_renewal_ends_that, async |database| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    world.rule("all", "certificate.days < 14", Severity::Warning).await;
    for (days, told) in [
        (20, vec![]),
        (10, vec!["warning shop: the certificate ends in 9.9 days, below 14"]),
        (90, vec!["(warning shop: the certificate ends in 9.9 days, below 14)"]),
    ] {
        world.clock.advance(MINUTE);
        let finished = world.finished(&shop, Reason::Ok).await;
        let certificate_not_after = Some(world.now() + Duration::from_secs(86_400 * days));
        let details = Details { certificate_not_after, ..Details::default() };
        let outcome = monitor_core::outcome::Outcome { details, ..outcome(world.now(), Reason::Ok) };
        world.services.record(&[Finished { outcome, ..finished }]).await.unwrap();
        assert_eq!(world.look_after(MINUTE * 5).await, told);
    }
});

both!(a_recovery_is_told_in_words_and_holds_no_incident_open, async |database| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    world.destinations(&["ops", "desk", "loud"]).await;
    world.route("all", Severity::Info, "desk").await;
    world.route("all", Severity::Critical, "loud").await;
    let rule = world.recovery_rule(Duration::from_secs(300)).await;
    for reason in [Reason::Ok, BAD, Reason::Ok] {
        world.check(&shop, reason).await;
    }
    assert_eq!(world.titles().await, ["(critical shop is down)"], "it is over with the check that found it well");
    let view = world.services.incidents(&world.owner, None, &IncidentFilter::default(), 10).await.unwrap().remove(0);
    let (resolved, resolution) = view.incident.resolved.unwrap();
    assert_eq!((resolved.floor(Duration::from_secs(1)), resolution), (world.now(), Resolution::Recovered));
    world.look_after(Duration::from_secs(5)).await;
    assert_eq!(
        world.news().await,
        [
            "desk: shop has recovered after 10 s: Nothing listens on the target's port.",
            "ops: shop has recovered after 10 s: Nothing listens on the target's port."
        ]
    );
    let firing = async || world.services.alert_rule(&world.owner, rule).await.unwrap().firing_count;
    assert_eq!(firing().await, 1);
    for _ in 0..12 {
        world.check(&shop, Reason::Ok).await;
        world.look_after(Duration::from_secs(1)).await;
    }
    assert_eq!((firing().await, world.news().await.len()), (0, 2));
    assert_eq!(world.titles().await, ["(critical shop is down)"], "nothing else was opened");
    let timeline = world.store().timeline(view.incident.id, 1_000).await.unwrap();
    assert!(!format!("{timeline:?}").contains("has recovered"), "{timeline:?}");
    let window = Window { from: world.now() - MINUTE * 10, to: world.now() };
    let rule = world.written("shop", "recovered", Severity::Info).await;
    let simulated = world.services.simulate_alert(&world.owner, &rule, window).await.unwrap();
    assert_eq!(simulated.alerts.len(), 1);
});

both!(within_the_cooldown_or_a_silence_a_recovery_is_not_told, async |database| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    world.destinations(&["ops"]).await;
    world.recovery_rule(MINUTE * 5).await;
    for reason in [BAD, Reason::Ok, BAD, Reason::Ok, BAD, Reason::Ok] {
        world.check(&shop, reason).await;
        world.look_after(Duration::from_secs(1)).await;
    }
    assert_eq!(world.news().await.len(), 1, "{:?}", world.news().await);
    world.look_after(MINUTE * 10).await;
    world.look_after(MINUTE).await;
    assert_eq!(world.news().await.len(), 1, "what is not told in time is no news any more");
    let silenced = Silenced::Monitors("shop".to_owned());
    world.services.silence(&world.owner, &silenced, MINUTE * 5, "deploy").await.unwrap();
    for turn in 1..=2 {
        world.check(&shop, BAD).await;
        world.check(&shop, Reason::Ok).await;
        world.look_after(Duration::from_secs(1)).await;
        assert_eq!(world.news().await.len(), turn, "after the silence it is told");
        world.look_after(MINUTE).await;
        world.look_after(MINUTE * 10).await;
    }
});

both!(a_recovery_in_an_absence_is_told_once, async |database| {
    let mut world = World::new(database).await;
    let shop = world.add("shop").await;
    world.destinations(&["ops"]).await;
    world.recovery_rule(Duration::ZERO).await;
    world.check(&shop, BAD).await;
    for told in [1, 1] {
        world.services.beat().await.unwrap();
        world.clock.advance(MINUTE * 10);
        world.restart().await;
        world.services.account_for_absence().await.unwrap();
        world.look_after(Duration::from_secs(1)).await;
        for _ in 0..3 {
            world.check(&shop, Reason::Ok).await;
            world.look_after(Duration::from_secs(1)).await;
        }
        assert_eq!(world.news().await.len(), told, "{:?}", world.news().await);
    }
    assert_eq!(world.titles().await, ["(critical shop is down)"]);
});

both!(two_processes_tell_a_recovery_once, async |database| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    world.destinations(&["ops"]).await;
    world.recovery_rule(MINUTE).await;
    let other = world.beside(world.database.open_again(KEY).await);
    world.check(&shop, BAD).await;
    world.check(&shop, Reason::Ok).await;
    let (here, there) = tokio::join!(world.services.evaluate_rules(), other.evaluate_rules());
    here.unwrap();
    there.unwrap();
    assert_eq!(world.news().await.len(), 1);
});

both!(a_simulation_tells_what_was_told, async |database| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    let from = world.now();
    let rule = world.rule("shop", "down for 2 checks", Severity::Warning).await.row.rule;
    for reason in [Reason::Ok, BAD, BAD, BAD, Reason::Ok, BAD, Reason::Ok] {
        world.check(&shop, reason).await;
    }
    let fired = |at: Timestamp| at.since(from).as_secs();
    let window = Window { from: from - MINUTE, to: world.now() + MINUTE };
    world.clock.advance(MINUTE);
    let simulated = world.services.simulate_alert(&world.owner, &rule, window).await.unwrap();
    let alerts: Vec<_> = simulated
        .alerts
        .iter()
        .map(|alert| (alert.monitor.as_str(), fired(alert.episode.fired_at), alert.episode.cleared_at.map(fired)))
        .collect();
    assert_eq!(alerts, [("shop", 30, Some(50))]);
    assert_eq!(world.titles().await, ["(warning shop: it is down, for 2 checks)"]);
    let error_rate = world.written("all", "error rate over 1m > 50%", Severity::Info).await;
    let simulated = world.services.simulate_alert(&world.owner, &error_rate, window).await.unwrap();
    assert_eq!((simulated.alerts.len(), simulated.monitors), (1, 1));
    assert_eq!(world.services.list_alerts(&world.owner).await.unwrap().len(), 1, "trying changes nothing");
});

both!(rules_that_cannot_be_are_refused, async |database| {
    let world = World::new(database).await;
    world.add("shop").await;
    let rule = world.written("shop", "down", Severity::Warning).await;
    let viewer = Actor { role: Role::Viewer, ..world.owner };
    let denied = world.services.add_alert(&viewer, "shop", &rule).await;
    assert!(matches!(denied, Err(ServiceError::Denied { .. })));
    let long = Rule { cooldown: MINUTE * 60 * 24 * 8, ..rule };
    let refused = world.services.add_alert(&world.owner, "shop", &long).await.unwrap_err();
    assert!(refused.to_string().contains("7d at most"), "{refused}");
    let unknown = world.services.about(&world.owner, "shpo").await.unwrap_err();
    assert!(unknown.to_string().contains("shop"), "{unknown}");
});
