//! Who may do what: every entry that takes an actor, by every role.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::pin::Pin;

use monitor_core::people::{Actor, Permission, Role};
use services::view::{IncidentFilter, OverviewFilter};
use services::{Arrival, Result, ServiceError};
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
    resume_monitor asks Edit: |world, actor| world.services.resume_monitor(&actor, "shop");
    save_dialog asks Read: |world, actor| world.services.save_dialog(&actor, world.conversation, "{}");
    select asks Read: |world, actor| async move { world.services.select(&actor, &nothing()).await };
    show asks Read: |world, actor| world.services.show(&actor, "shop");
    status asks Read: |world, actor| world.services.status(&actor);
};

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

#[test]
fn no_entry_is_left_out_of_the_table() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let sources: Vec<String> =
        fs::read_dir(folder).unwrap().map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect();
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
