//! Who may do what: every entry that takes an actor, by every role.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

use monitor_core::alerting::rule::Rule;
use monitor_core::alerting::{
    DestinationId, Handover, MaintenanceId, RouteId, RuleId, Selector, Severity, SilenceId, When, Zone,
};
use monitor_core::audit::AuditId;
use monitor_core::audit::spec::AuditSpec;
use monitor_core::people::{Actor, Permission, PersonId, Role, WorkspaceId};
use services::platforms::Followed;
use services::view::{
    AuditFilter, IncidentFilter, NotificationFilter, OverviewFilter, SecurityCheckId, SecurityFilter,
};
use services::{
    Arrival, DestinationChange, Fields, NewDestination, NewRotation, NewRoute, NewSchedule, NewWindow, Result,
    ServiceError, Silenced,
};
use test_support::both;
use test_support::database::TestDatabase;
use test_support::targets::{Answer, answering};

use crate::common::{EVER, World, watching};
use crate::heartbeats::nightly;

/// An entry, called by somebody about the monitor `shop`, which exists and is not paused.
type Call = for<'a> fn(&'a World, Actor) -> Pin<Box<dyn Future<Output = Result<()>> + 'a>>;

macro_rules! entries {
    ($($name:ident asks $permission:ident: |$world:ident, $actor:ident| $call:expr;)+) => {
        &[$((stringify!($name), Permission::$permission, |$world, $actor| {
            Box::pin(async move { $call.await.map(|_| ()) })
        })),+]
    };
}

/// A filter that means no monitor.
fn nothing() -> OverviewFilter {
    OverviewFilter { text: Some("nothing like this".to_owned()), ..OverviewFilter::default() }
}

const ENTRIES: &[(&str, Permission, Call)] = entries! {
    about asks Read: |world, actor| world.services.about(&actor, "shop");
    add_alert asks Edit: |world, actor| async move {
        let rule = Rule::new(Selector::default(), "degraded".parse().unwrap());
        world.services.add_alert(&actor, "all", &rule).await
    };
    audit asks Respond: |world, actor| async move {
        let spec = AuditSpec::of("http://127.0.0.1:9/").unwrap();
        absent(world.services.audit(&actor, world.conversation, &spec)).await
    };
    audit_again asks Respond: |world, actor| {
        absent(world.services.audit_again(&actor, world.conversation, AuditId(0)))
    };
    cancel_audit asks Respond: |world, actor| absent(world.services.cancel_audit(&actor, None));
    audits asks Read: |world, actor| async move {
        world.services.audits(&actor, &AuditFilter::default(), 0, 10).await
    };
    audits_of asks Read: |world, actor| world.services.audits_of(&actor, None);
    find_audit asks Read: |world, actor| absent(world.services.find_audit(&actor, None));
    show_audit asks Read: |world, actor| absent(world.services.show_audit(&actor, None));
    compare_audits asks Read: |world, actor| absent(world.services.compare_audits(&actor, None, None));
    audit_report asks Read: |world, actor| absent(world.services.audit_report(&actor, Some("12")));
    schedule_audit asks Edit: |world, actor| async move {
        let spec = AuditSpec::of("http://127.0.0.1:9/").unwrap();
        let new = NewSchedule { name: None, spec, cron: "0 3 * * *".to_owned(), zone: "UTC".to_owned() };
        absent(world.services.schedule_audit(&actor, world.conversation, &new)).await
    };
    audit_schedules asks Read: |world, actor| world.services.audit_schedules(&actor);
    audit_schedule asks Read: |world, actor| absent(world.services.audit_schedule(&actor, "nobody"));
    delete_audit_schedule asks Edit: |world, actor| absent(world.services.delete_audit_schedule(&actor, "nobody"));
    check_security asks Respond: |world, actor| {
        world.services.check_security(&actor, world.conversation, "http://127.0.0.1:9/", false)
    };
    check_security_again asks Respond: |world, actor| {
        absent(world.services.check_security_again(&actor, world.conversation, SecurityCheckId(0)))
    };
    cancel_security_check asks Respond: |world, actor| {
        absent(world.services.cancel_security_check(&actor, Some(SecurityCheckId(0))))
    };
    security_checks asks Read: |world, actor| async move {
        world.services.security_checks(&actor, &SecurityFilter::default(), 0, 10).await
    };
    security_checks_of asks Read: |world, actor| world.services.security_checks_of(&actor, None);
    find_security_check asks Read: |world, actor| absent(world.services.find_security_check(&actor, Some("0")));
    show_security_check asks Read: |world, actor| absent(world.services.show_security_check(&actor, Some("0")));
    verify_host asks Manage: |world, actor| world.services.verify_host(&actor, "127.0.0.1:9");
    owned_hosts asks Read: |world, actor| world.services.owned_hosts(&actor);
    forget_host asks Manage: |world, actor| absent(world.services.forget_host(&actor, "nowhere.example"));
    maintenance asks Read: |world, actor| world.services.maintenance(&actor);
    add_maintenance asks Edit: |world, actor| async move {
        let (now, hour) = (world.services.now(), Duration::from_secs(3_600));
        let when = When::once(now + hour, now + 2 * hour, Zone::new("UTC").unwrap(), now).unwrap();
        let new = NewWindow { about: "shop".to_owned(), when, reason: String::new() };
        world.services.add_maintenance(&actor, &new).await
    };
    end_maintenance asks Edit: |world, actor| absent(world.services.end_maintenance(&actor, MaintenanceId(0)));
    delete_maintenance asks Edit: |world, actor| absent(world.services.delete_maintenance(&actor, MaintenanceId(0)));
    list_alerts asks Read: |world, actor| world.services.list_alerts(&actor);
    alert_rule asks Read: |world, actor| absent(world.services.alert_rule(&actor, RuleId(0)));
    delete_alert asks Edit: |world, actor| absent(world.services.delete_alert(&actor, RuleId(0)));
    simulate_alert asks Read: |world, actor| async move {
        let rule = Rule::new(Selector::default(), "down".parse().unwrap());
        world.services.simulate_alert(&actor, &rule, EVER).await
    };
    destinations asks Read: |world, actor| world.services.destinations(&actor);
    destination asks Read: |world, actor| absent(world.services.destination(&actor, "nobody"));
    destination_uses asks Read: |world, actor| absent(world.services.destination_uses(&actor, "nobody"));
    add_destination asks Edit: |world, actor| async move {
        let fields = Fields([("url".to_owned(), "https://hooks.example/x".to_owned())].into());
        let (name, kind) = (format!("to-{}", actor.role.as_str()), "webhook".to_owned());
        let new = NewDestination { name, kind, fields, ..NewDestination::default() };
        world.services.add_destination(&actor, &new).await
    };
    edit_destination asks Edit: |world, actor| async move {
        absent(world.services.edit_destination(&actor, "nobody", &DestinationChange::default())).await
    };
    delete_destination asks Edit: |world, actor| absent(world.services.delete_destination(&actor, "nobody"));
    test_destination asks Respond: |world, actor| absent(world.services.test_destination(&actor, "nobody"));
    notifications asks Read: |world, actor| async move {
        world.services.notifications(&actor, &NotificationFilter::default(), 0, 10).await
    };
    resend asks Respond: |world, actor| world.services.resend(&actor, None);
    routes asks Read: |world, actor| world.services.routes(&actor);
    add_route asks Edit: |world, actor| async move {
        let steps = vec![(Duration::ZERO, vec!["nobody".to_owned()])];
        let new = NewRoute { about: "all".to_owned(), severity: Severity::Info, steps };
        absent(world.services.add_route(&actor, &new)).await
    };
    delete_route asks Edit: |world, actor| absent(world.services.delete_route(&actor, RouteId(0)));
    route_everything_if_none asks Edit: |world, actor| {
        absent(world.services.route_everything_if_none(&actor, DestinationId(0)))
    };
    quiet_hours asks Read: |world, actor| absent(world.services.quiet_hours(&actor, "nobody"));
    set_quiet_hours asks Edit: |world, actor| absent(world.services.set_quiet_hours(&actor, "nobody", None));
    rotations asks Read: |world, actor| world.services.rotations(&actor, None, world.now());
    add_rotation asks Edit: |world, actor| async move {
        let handover = Handover { weekday: None, time: "09:00".parse().unwrap() };
        let zone = Zone::new("UTC").unwrap();
        let participants = vec!["nobody".to_owned()];
        let new = NewRotation { name: "primary".to_owned(), participants, handover, zone };
        absent(world.services.add_rotation(&actor, &new)).await
    };
    delete_rotation asks Edit: |world, actor| absent(world.services.delete_rotation(&actor, "nobody"));
    override_on_call asks Respond: |world, actor| {
        absent(world.services.override_on_call(&actor, "nobody", "nobody", EVER))
    };
    silences asks Read: |world, actor| world.services.silences(&actor);
    silence asks Respond: |world, actor| async move {
        let what = Silenced::Monitors("group:nowhere".to_owned());
        world.services.silence(&actor, &what, Duration::from_secs(60), "").await
    };
    end_silence asks Respond: |world, actor| absent(world.services.end_silence(&actor, SilenceId(0)));
    acknowledge asks Respond: |world, actor| async move {
        let which = have_incident(world).await;
        world.services.acknowledge(&actor, Some(&which), "").await
    };
    declare_incident asks Respond: |world, actor| {
        world.services.declare_incident(&actor, world.conversation, "payments are slow", Severity::Info)
    };
    incident asks Read: |world, actor| async move {
        let which = have_incident(world).await;
        world.services.incident(&actor, Some(&which)).await
    };
    note asks Respond: |world, actor| async move {
        let which = have_incident(world).await;
        world.services.note(&actor, Some(&which), "restarted").await
    };
    postmortem asks Read: |world, actor| async move {
        let which = have_incident(world).await;
        world.services.postmortem(&actor, Some(&which)).await
    };
    resolve asks Respond: |world, actor| async move {
        let which = have_incident(world).await;
        world.services.resolve(&actor, Some(&which), "", None).await
    };
    set_cause asks Respond: |world, actor| async move {
        let which = have_incident(world).await;
        world.services.set_cause(&actor, Some(&which), "a full disk").await
    };
    show_incident asks Read: |world, actor| async move {
        let which = have_incident(world).await;
        world.services.show_incident(&actor, Some(&which)).await
    };
    why asks Read: |world, actor| async move {
        let which = have_incident(world).await;
        world.services.why(&actor, Some(&which)).await
    };
    code_to_connect asks Manage: |world, actor| world.services.code_to_connect(&actor, "discord");
    code_to_link asks Read: |world, actor| world.services.code_to_link(&actor, "slack");
    invite asks Manage: |world, actor| world.services.invite(&actor, "ada", Role::Viewer, "telegram");
    connections asks Manage: |world, actor| world.services.connections(&actor);
    workspace asks Manage: |world, actor| absent(world.services.workspace(&actor, world.conversation, Some("nowhere")));
    disconnect asks Manage: |world, actor| absent(world.services.disconnect(&actor, WorkspaceId(0)));
    set_access asks Manage: |world, actor| absent(world.services.set_access(&actor, world.conversation, None));
    map_role asks Manage: |world, actor| absent(world.services.map_role(&actor, WorkspaceId(0), "1", None));
    member asks Manage: |world, actor| absent(world.services.member(&actor, "nobody"));
    unlink asks Manage: |world, actor| absent(world.services.unlink(&actor, PersonId(0), None));
    myself asks Read: |world, actor| world.services.myself(&actor, world.conversation);
    name_of asks Read: |world, actor| world.services.name_of(&actor, world.conversation, PersonId(0));
    following asks Read: |world, actor| world.services.following(&actor, world.conversation);
    follow asks Respond: |world, actor| async move {
        world.services.follow(&actor, world.conversation, &Followed::Monitor("shop".to_owned())).await
    };
    unfollow asks Respond: |world, actor| async move {
        world.services.unfollow(&actor, world.conversation, &Followed::Monitor("shop".to_owned())).await
    };
    label_names asks Read: |world, actor| world.services.label_names(&actor, "", 10);
    group_names asks Read: |world, actor| world.services.group_names(&actor, "", 10);
    destination_names asks Read: |world, actor| world.services.destination_names(&actor);
    rotation_names asks Read: |world, actor| world.services.rotation_names(&actor);
    member_names asks Manage: |world, actor| world.services.member_names(&actor);
    action asks Read: |world, actor| world.services.action(&actor, world.conversation, "token");
    add_monitor asks Edit: |world, actor| {
        let settings = watching(&format!("new-{}", actor.role.as_str()), "https://shop.example");
        async move { world.services.add_monitor(&actor, &settings, world.conversation).await }
    };
    check_now asks Respond: |world, actor| world.services.check_now(&actor, "shop");
    conversation asks Read: |world, actor| world.services.conversation(&actor, "web", actor.role.as_str());
    delete_all asks Edit: |world, actor| async move { world.services.delete_all(&actor, &nothing()).await };
    delete_monitor asks Edit: |world, actor| world.services.delete_monitor(&actor, "shop");
    dialog asks Read: |world, actor| world.services.dialog(&actor, world.conversation);
    edit_monitor asks Edit: |world, actor| async move {
        let settings = world.services.monitor(&world.owner, "shop").await?.settings;
        world.services.edit_monitor(&actor, "shop", &settings).await
    };
    end_dialog asks Read: |world, actor| world.services.end_dialog(&actor, world.conversation);
    take_dialog asks Read: |world, actor| world.services.take_dialog(&actor, world.conversation, |_| true);
    settle_dialog asks Read: |world, actor| world.services.settle_dialog(&actor, world.conversation, true, |_| true);
    free_name asks Read: |world, actor| async move {
        let wanted = world.services.monitor(&world.owner, "shop").await?.settings.name;
        world.services.free_name(&actor, &wanted).await
    };
    import_monitor asks Edit: |world, actor| async move {
        let settings = watching(&format!("imported-{}", actor.role.as_str()), "https://shop.example");
        let arrival = Arrival { settings, paused: true, address: None };
        world.services.import_monitor(&actor, &arrival, world.conversation).await
    };
    incidents asks Read: |world, actor| async move {
        world.services.incidents(&actor, None, &IncidentFilter::default(), 10).await
    };
    label_all asks Edit: |world, actor| async move { world.services.label_all(&actor, &nothing(), &[], &[]).await };
    last_seq asks Read: |world, actor| world.services.last_seq(&actor, world.conversation);
    list asks Read: |world, actor| async move { world.services.list(&actor, &OverviewFilter::default(), 0, 10).await };
    messages_after asks Read: |world, actor| world.services.messages_after(&actor, world.conversation, 0);
    monitor asks Read: |world, actor| world.services.monitor(&actor, "shop");
    monitor_names asks Read: |world, actor| world.services.monitor_names(&actor, "", 10);
    names_of asks Read: |world, actor| async move { world.services.names_of(&actor, &[]).await };
    offer_action asks Read: |world, actor| world.services.offer_action(&actor, world.conversation, "status");
    pause_all asks Edit: |world, actor| async move { world.services.pause_all(&actor, &nothing(), true).await };
    pause_monitor asks Edit: |world, actor| world.services.pause_monitor(&actor, "shop");
    ping_body asks Read: |world, actor| async move {
        have_nightly(world).await;
        world.services.ping_body(&actor, "nightly", 1).await
    };
    ping_key_url asks Edit: |world, actor| world.services.ping_key_url(&actor);
    ping_url asks Edit: |world, actor| async move {
        have_nightly(world).await;
        world.services.ping_url(&actor, "nightly").await
    };
    pings asks Read: |world, actor| async move {
        have_nightly(world).await;
        world.services.pings(&actor, "nightly", 1).await
    };
    preview asks Edit: |world, actor| async move {
        let settings = world.services.monitor(&world.owner, "shop").await?.settings;
        world.services.preview(&actor, &settings).await
    };
    renew_ping_key asks Edit: |world, actor| world.services.renew_ping_key(&actor);
    report asks Read: |world, actor| world.services.report(&actor, Some("shop"), EVER);
    report_pdf asks Read: |world, actor| absent(world.services.report_pdf(&actor, None, EVER));
    resume_monitor asks Edit: |world, actor| world.services.resume_monitor(&actor, "shop");
    save_dialog asks Read: |world, actor| world.services.save_dialog(&actor, world.conversation, "{}");
    select asks Read: |world, actor| async move { world.services.select(&actor, &nothing()).await };
    show asks Read: |world, actor| world.services.show(&actor, "shop");
    status asks Read: |world, actor| world.services.status(&actor);
};

/// There is no such thing, which only those are told who may ask.
async fn absent<T>(call: impl Future<Output = Result<T>>) -> Result<()> {
    match call.await {
        Err(
            ServiceError::RuleNotFound(_)
            | ServiceError::RouteNotFound(_)
            | ServiceError::RotationNotFound { .. }
            | ServiceError::DestinationNotFound { .. }
            | ServiceError::SilenceNotFound(_)
            | ServiceError::WorkspaceNotFound(_)
            | ServiceError::NotWorkspace
            | ServiceError::PersonNotFound(_)
            | ServiceError::MaintenanceNotFound(_)
            | ServiceError::AuditsUnavailable(_)
            | ServiceError::PrintingUnavailable(_)
            | ServiceError::AuditNotFound(_)
            | ServiceError::NoAudit
            | ServiceError::AuditScheduleNotFound { .. }
            | ServiceError::SecurityCheckNotFound(_)
            | ServiceError::HostNotFound { .. },
        ) => Ok(()),
        answer => answer.map(|_| ()),
    }
}

/// Declares an incident; answers its number.
async fn have_incident(world: &World) -> String {
    let declared = world.services.declare_incident(&world.owner, world.conversation, "declared", Severity::Info).await;
    declared.unwrap().incident.id.to_string()
}

/// Adds a heartbeat, unless there is one.
async fn have_nightly(world: &World) {
    if world.services.monitor(&world.owner, "nightly").await.is_err() {
        world.add_with(nightly("nightly")).await;
    }
}

/// All that people can see of monitors and that an entry may change.
async fn picture(world: &World) -> String {
    let monitors = world.services.list(&world.owner, &OverviewFilter::default(), 0, 100).await.unwrap();
    let shop = world.services.monitor(&world.owner, "shop").await.unwrap();
    format!("{monitors:?} {shop:?}")
}

async fn every_role_may_do_what_its_permissions_say(database: TestDatabase) {
    let target = answering(Answer::ok("fine")).await;
    let world = World::new(database).await;
    let mut actors = Vec::new();
    for role in Role::ALL {
        let added = world.store().add_person(world.owner.organisation, role.as_str(), role, world.now()).await;
        actors.push(Actor { person: added.unwrap(), role, ..world.owner });
    }
    for (name, permission, call) in ENTRIES {
        for &actor in &actors {
            if world.services.resume_monitor(&world.owner, "shop").await.is_err() {
                world.watch("shop", &target.url()).await;
            }
            let before = picture(&world).await;
            let answer = call(&world, actor).await;
            if actor.role.may(*permission) {
                assert!(answer.is_ok(), "{name} as {:?}: {answer:?}", actor.role);
                continue;
            }
            let denied = matches!(answer, Err(ServiceError::Denied { permission: asked, role }) if (asked, role) == (*permission, actor.role));
            assert!(denied, "{name} as {:?}: {answer:?}", actor.role);
            assert_eq!(picture(&world).await, before, "{name} as {:?}", actor.role);
        }
    }
}

both!(roles, every_role_may_do_what_its_permissions_say);

/// The names of the public functions that take an actor.
fn entries_of(source: &str) -> impl Iterator<Item = &str> {
    let functions = source.split("pub async fn ").skip(1);
    functions.filter_map(|function| {
        let (name, rest) = function.split_once('(')?;
        let (arguments, _) = rest.split_once(')')?;
        arguments.contains("actor: &Actor").then_some(name)
    })
}

/// Reads every file of a folder and of those within it.
fn read_all(folder: &Path, sources: &mut Vec<String>) {
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        match path.is_dir() {
            true => read_all(&path, sources),
            false => sources.push(fs::read_to_string(path).unwrap()),
        }
    }
}

#[test]
fn no_entry_is_left_out_of_the_table() {
    let mut sources = Vec::new();
    read_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut sources);
    let entries: BTreeSet<&str> = sources.iter().flat_map(|source| entries_of(source)).collect();
    let tested: BTreeSet<&str> = ENTRIES.iter().map(|(name, ..)| *name).collect();
    assert_eq!(tested, entries);
}

#[test]
fn a_refusal_says_who_can_help() {
    let refusal = ServiceError::Denied { permission: Permission::Edit, role: Role::Viewer };
    assert_eq!(
        refusal.to_string(),
        "as viewer you may not add, change or delete monitors; ask an owner or admin of your organisation"
    );
}
