//! Chat platforms: who somebody is there, which place is whose, and codes.

use std::time::Duration;

use monitor_core::outcome::Reason;
use monitor_core::people::{Actor, ConversationId, Role};
use services::ServiceError;
use services::platforms::{Followed, Meeting, Place, Visitor};
use test_support::both;
use test_support::builders::settings;

use crate::common::World;

const OPS: Place<'_> =
    Place { platform: "discord", workspace: Some("acme"), workspace_name: "Acme", conversation: "ops", title: "#ops" };

const DIRECT: Place<'_> =
    Place { platform: "discord", workspace: None, workspace_name: "", conversation: "dm-ada", title: "" };

const ADA: Visitor<'_> = Visitor { scope: "", user: "ada", name: "Ada", roles: &[] };

const EVE: Visitor<'_> = Visitor { scope: "", user: "eve", name: "Eve", roles: &[] };

async fn connect(world: &World, by: &Actor, place: &Place<'_>) {
    let code = world.services.code_to_connect(by, place.platform).await.unwrap();
    world.services.connect(place, &code.code).await.unwrap();
}

async fn invite(world: &World, by: &Actor, visitor: &Visitor<'_>, role: Role) {
    let code = world.services.invite(by, visitor.name, role, "discord").await.unwrap();
    world.services.link(&OPS, visitor, &code.code).await.unwrap();
}

/// As whom somebody is admitted there.
#[expect(clippy::panic, reason = "a test fails by panicking")]
async fn admitted(world: &World, place: &Place<'_>, visitor: &Visitor<'_>) -> (Actor, ConversationId) {
    match world.services.meet(place, visitor).await.unwrap() {
        Meeting::Admitted(actor, conversation) => (actor, conversation),
        other => panic!("{visitor:?} in {place:?}: {other:?}"),
    }
}

async fn refused(world: &World, place: &Place<'_>, visitor: &Visitor<'_>) -> Meeting {
    let meeting = world.services.meet(place, visitor).await.unwrap();
    assert!(!matches!(meeting, Meeting::Admitted(..)), "{visitor:?} in {place:?}: {meeting:?}");
    meeting
}

both!(a_meeting_is_the_same_every_time, async |database| {
    let world = World::new(database).await;
    assert_eq!(refused(&world, &OPS, &ADA).await, Meeting::Unconnected);
    assert_eq!(refused(&world, &DIRECT, &ADA).await, Meeting::Unlinked);
    connect(&world, &world.owner, &OPS).await;
    assert_eq!(refused(&world, &OPS, &ADA).await, Meeting::Unlinked);
    invite(&world, &world.owner, &ADA, Role::Editor).await;
    let (ada, ops) = admitted(&world, &OPS, &ADA).await;
    assert_eq!((ada.organisation, ada.role), (world.owner.organisation, Role::Editor));
    assert_eq!(admitted(&world, &OPS, &ADA).await, (ada, ops));
    let (alone, dm) = admitted(&world, &DIRECT, &ADA).await;
    assert_eq!(alone, ada);
    assert_ne!(dm, ops);
    // The same user elsewhere, and another there, are somebody else.
    assert_eq!(refused(&world, &OPS, &Visitor { scope: "T1", ..ADA }).await, Meeting::Unlinked);
    assert_eq!(refused(&world, &Place { platform: "slack", ..DIRECT }, &ADA).await, Meeting::Unlinked);
    assert_eq!(refused(&world, &OPS, &EVE).await, Meeting::Unlinked);
});

both!(a_guest_keeps_a_person_and_names_stay_fresh, async |database| {
    let world = World::new(database).await;
    connect(&world, &world.owner, &OPS).await;
    invite(&world, &world.owner, &ADA, Role::Admin).await;
    let (ada, ops) = admitted(&world, &OPS, &ADA).await;
    world.services.set_access(&ada, ops, Some(Role::Responder)).await.unwrap();
    // Somebody who says two things at once is one person all the same.
    let (a, b) = tokio::join!(admitted(&world, &OPS, &EVE), admitted(&world, &OPS, &EVE));
    let (eve, _) = a;
    assert_eq!(a, b);
    assert_eq!((eve.role, eve.person == ada.person), (Role::Responder, false));
    assert_eq!(world.services.myself(&eve, ops).await.unwrap().name, "Eve");
    assert_eq!(world.services.myself(&eve, ops).await.unwrap().member, None);
    let renamed = Place { title: "#incidents", workspace_name: "Acme Inc", ..OPS };
    let (same, _) = admitted(&world, &renamed, &Visitor { name: "Eve\u{7}\u{202e} `B`", ..EVE }).await;
    assert_eq!(same, eve);
    assert_eq!(world.services.myself(&eve, ops).await.unwrap().name, "Eve 'B'");
    let connections = world.services.connections(&ada).await.unwrap();
    assert_eq!(connections.workspaces[0].name, "Acme Inc");
    let titles: Vec<&str> = connections.places.iter().map(|place| place.title.as_str()).collect();
    assert_eq!(titles, ["#incidents"]);
    // An event that names nothing takes no name away.
    admitted(&world, &Place { title: "", workspace_name: "", ..OPS }, &ADA).await;
    assert_eq!(world.services.connections(&ada).await.unwrap().workspaces[0].name, "Acme Inc");
    // A guest is no member, and cannot become one by a code of their own.
    assert!(matches!(world.services.code_to_link(&eve, "discord").await, Err(ServiceError::NotMember)));
    assert_eq!(world.services.connections(&ada).await.unwrap().members.len(), 2);
});

both!(nobody_may_do_less_for_being_linked, async |database| {
    let world = World::new(database).await;
    connect(&world, &world.owner, &OPS).await;
    invite(&world, &world.owner, &ADA, Role::Admin).await;
    invite(&world, &world.owner, &EVE, Role::Viewer).await;
    let (ada, ops) = admitted(&world, &OPS, &ADA).await;
    world.services.set_access(&ada, ops, Some(Role::Responder)).await.unwrap();
    assert_eq!(admitted(&world, &OPS, &EVE).await.0.role, Role::Responder);
    assert_eq!(admitted(&world, &OPS, &ADA).await.0.role, Role::Admin);
});

both!(power_that_a_place_lends_does_not_last, async |database| {
    let world = World::new(database).await;
    connect(&world, &world.owner, &OPS).await;
    invite(&world, &world.owner, &ADA, Role::Viewer).await;
    let (_, ops) = admitted(&world, &OPS, &ADA).await;
    world.services.set_access(&world.owner, ops, Some(Role::Admin)).await.unwrap();
    let ((ada, _), (eve, _)) = (admitted(&world, &OPS, &ADA).await, admitted(&world, &OPS, &EVE).await);
    assert_eq!((ada.role, eve.role), (Role::Admin, Role::Admin));
    // Neither a guest nor a member who is less elsewhere lets anybody in for good.
    for (actor, guest) in [(eve, true), (ada, false)] {
        let invited = world.services.invite(&actor, "Rex", Role::Viewer, "discord").await.map(drop);
        for refused in [invited, world.services.code_to_connect(&actor, "discord").await.map(drop)] {
            let right = match &refused {
                Err(ServiceError::NotMember) => guest,
                Err(ServiceError::Denied { role: Role::Viewer, .. }) => !guest,
                _ => false,
            };
            assert!(right, "{refused:?}");
        }
    }
});

both!(what_lasts_is_done_by_members_who_may_do_it_everywhere, async |database| {
    let world = World::new(database).await;
    connect(&world, &world.owner, &OPS).await;
    let bob = Visitor { user: "bob", name: "Bob", ..ADA };
    invite(&world, &world.owner, &ADA, Role::Viewer).await;
    invite(&world, &world.owner, &bob, Role::Responder).await;
    let (_, ops) = admitted(&world, &OPS, &ADA).await;
    world.services.set_access(&world.owner, ops, Some(Role::Admin)).await.unwrap();
    let (ada, _) = admitted(&world, &OPS, &ADA).await;
    let workspace = world.services.connections(&world.owner).await.unwrap().workspaces[0].id;
    for visitor in [bob, EVE] {
        let (actor, _) = admitted(&world, &OPS, &visitor).await;
        assert_eq!(actor.role, Role::Admin);
        // Up to what they are as members, and taking away, last as well.
        for refused in [
            world.services.map_role(&actor, workspace, "everyone", Some(Role::Responder)).await.map(drop),
            world.services.map_role(&actor, workspace, "everyone", None).await.map(drop),
            world.services.set_access(&actor, ops, Some(Role::Viewer)).await.map(drop),
            world.services.set_access(&actor, ops, None).await.map(drop),
            world.services.unlink(&actor, ada.person, None).await.map(drop),
            world.services.disconnect(&actor, workspace).await.map(drop),
        ] {
            let right = match refused {
                Err(ServiceError::Denied { role: Role::Responder, .. }) => visitor == bob,
                Err(ServiceError::NotMember) => visitor == EVE,
                _ => false,
            };
            assert!(right, "{visitor:?}: {refused:?}");
        }
    }
    // Oneself is let go by oneself.
    assert_eq!(world.services.unlink(&ada, ada.person, None).await.unwrap(), 1);
    let place = world.services.following(&world.owner, ops).await.unwrap();
    assert_eq!(place.unlinked, Some(Role::Admin));
});

both!(who_speaks_where_nothing_can_be_told_leaves_it_closed_since_then, async |database| {
    let world = World::new(database).await;
    connect(&world, &world.owner, &OPS).await;
    invite(&world, &world.owner, &ADA, Role::Admin).await;
    let (_, ops) = admitted(&world, &OPS, &ADA).await;
    let since = world.now();
    world.services.store().close_conversation(ops, since).await.unwrap();
    world.clock.advance(Duration::from_secs(60));
    admitted(&world, &OPS, &ADA).await;
    assert_eq!(world.services.following(&world.owner, ops).await.unwrap().closed_at, Some(since));
});

both!(a_code_lets_in_only_as_long_as_whoever_made_it_might_make_it, async |database| {
    let world = World::new(database).await;
    invite(&world, &world.owner, &ADA, Role::Owner).await;
    let (ada, _) = admitted(&world, &DIRECT, &ADA).await;
    let now_is = async |role: Role| {
        let update = format!("UPDATE membership SET role = '{}' WHERE person_id = {}", role.as_str(), ada.person);
        world.database.execute(&update).await;
    };
    let codes = async |role| {
        let invite = world.services.invite(&ada, "Eve", role, "discord").await.unwrap().code;
        (invite, world.services.code_to_connect(&ada, "discord").await.unwrap().code)
    };
    let (owner, connect) = codes(Role::Owner).await;
    now_is(Role::Admin).await;
    // As an admin she could still connect a place, but make nobody an owner.
    let refused = world.services.link(&DIRECT, &EVE, &owner).await;
    assert!(matches!(refused, Err(ServiceError::InvalidCode)), "{refused:?}");
    world.services.connect(&OPS, &connect).await.unwrap();
    let (admin, connect) = codes(Role::Admin).await;
    now_is(Role::Editor).await;
    let refused = world.services.link(&DIRECT, &EVE, &admin).await;
    assert!(matches!(refused, Err(ServiceError::InvalidCode)), "{refused:?}");
    let elsewhere = Place { workspace: Some("other"), ..OPS };
    let refused = world.services.connect(&elsewhere, &connect).await;
    assert!(matches!(refused, Err(ServiceError::InvalidCode)), "{refused:?}");
    assert_eq!(self::refused(&world, &DIRECT, &EVE).await, Meeting::Unlinked);
});

both!(a_code_lets_one_in_and_no_other, async |database| {
    let world = World::new(database).await;
    let code = world.services.invite(&world.owner, "Ada", Role::Viewer, "discord").await.unwrap();
    let beside = world.beside(world.database.open_again(test_support::database::KEY).await);
    let (a, b, c) = tokio::join!(
        world.services.link(&DIRECT, &ADA, &code.code),
        beside.link(&DIRECT, &EVE, &code.code),
        world.services.link(&DIRECT, &EVE, &code.code),
    );
    let let_in = [&a, &b, &c].iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(let_in, 1, "{a:?} {b:?} {c:?}");
    assert_eq!(world.services.connections(&world.owner).await.unwrap().members.len(), 2);

    let code = world.services.code_to_connect(&world.owner, "discord").await.unwrap();
    let elsewhere = Place { workspace: Some("other"), ..OPS };
    let (a, b) = tokio::join!(world.services.connect(&OPS, &code.code), beside.connect(&elsewhere, &code.code));
    assert!(a.is_ok() != b.is_ok(), "{a:?} {b:?}");
});

both!(a_code_is_forgotten_when_it_is_late_or_whose_it_was_is_gone, async |database| {
    let world = World::new(database).await;
    let minute = Duration::from_secs(60);
    let late = world.services.code_to_link(&world.owner, "discord").await.unwrap();
    world.clock.advance(15 * minute - Duration::from_millis(1));
    let kept = world.services.code_to_link(&world.owner, "discord").await.unwrap();
    world.clock.advance(Duration::from_millis(1));
    let refused = world.services.link(&DIRECT, &EVE, &late.code).await;
    assert!(matches!(refused, Err(ServiceError::InvalidCode)), "{refused:?}");
    world.services.link(&DIRECT, &ADA, &kept.code).await.unwrap();
    for _ in 0..20 {
        world.services.code_to_link(&world.owner, "discord").await.unwrap();
    }
    let many = world.services.code_to_link(&world.owner, "discord").await;
    assert!(matches!(many, Err(ServiceError::TooManyCodes)), "{many:?}");
    world.clock.advance(15 * minute);
    let code = world.services.code_to_link(&world.owner, "discord").await.unwrap();
    // Nothing of a code can be read where it is kept.
    world.database.execute("DELETE FROM membership").await;
    let refused = world.services.link(&DIRECT, &EVE, &code.code).await;
    assert!(matches!(refused, Err(ServiceError::InvalidCode)), "{refused:?}");
    assert_eq!(self::refused(&world, &DIRECT, &ADA).await, Meeting::Unlinked);
});

both!(whoever_is_linked_anew_leaves_what_was_said_before, async |database| {
    let world = World::new(database).await;
    let stranger = world.database.stranger().await;
    invite(&world, &world.owner, &ADA, Role::Admin).await;
    let (ours, before) = admitted(&world, &DIRECT, &ADA).await;
    world.services.follow(&ours, before, &Followed::Everything).await.unwrap();
    invite(&world, &stranger, &ADA, Role::Viewer).await;
    assert!(
        world.services.connections(&world.owner).await.unwrap().places.is_empty(),
        "nothing is told there any more"
    );
    let (theirs, after) = admitted(&world, &DIRECT, &ADA).await;
    assert_eq!((theirs.organisation, theirs.role), (stranger.organisation, Role::Viewer));
    assert_ne!(after, before);
    let place = world.services.following(&theirs, after).await.unwrap();
    assert!(!place.follows_all);
});

both!(what_is_connected_twice_stays_with_the_first, async |database| {
    let world = World::new(database).await;
    let stranger = world.database.stranger().await;
    connect(&world, &world.owner, &OPS).await;
    let code = world.services.code_to_connect(&stranger, "discord").await.unwrap();
    let refused = world.services.connect(&OPS, &code.code).await;
    assert!(matches!(refused, Err(ServiceError::Connected)), "{refused:?}");
    let theirs = Place { workspace: Some("rivals"), ..OPS };
    world.services.connect(&theirs, &code.code).await.unwrap();
    // One channel in both: it is of the one where somebody was admitted first.
    invite(&world, &world.owner, &ADA, Role::Admin).await;
    invite(&world, &stranger, &EVE, Role::Admin).await;
    admitted(&world, &OPS, &ADA).await;
    assert_eq!(self::refused(&world, &theirs, &EVE).await, Meeting::Unconnected);
    let own = world.services.connections(&world.owner).await.unwrap().workspaces;
    let denied = world.services.disconnect(&stranger, own[0].id).await;
    assert!(matches!(denied, Err(ServiceError::WorkspaceNotFound(_))), "{denied:?}");
    let denied = world.services.map_role(&stranger, own[0].id, "1", Some(Role::Viewer)).await;
    assert!(matches!(denied, Err(ServiceError::WorkspaceNotFound(_))), "{denied:?}");
    world.services.disconnect(&world.owner, own[0].id).await.unwrap();
    admitted(&world, &theirs, &EVE).await;
});

both!(a_place_with_a_new_id_is_the_same_place, async |database| {
    let world = World::new(database).await;
    let group = Place { platform: "telegram", workspace: Some("-7"), conversation: "-7", ..OPS };
    let topic = Place { conversation: "-7/3", ..group };
    // Neither begins with the other's id and a slash.
    let other = Place { workspace: Some("-77"), conversation: "-77", ..group };
    connect(&world, &world.owner, &group).await;
    connect(&world, &world.owner, &other).await;
    let code = world.services.invite(&world.owner, ADA.name, Role::Admin, "telegram").await.unwrap();
    world.services.link(&group, &ADA, &code.code).await.unwrap();
    let (ada, whole) = admitted(&world, &group, &ADA).await;
    let (_, part) = admitted(&world, &topic, &ADA).await;
    let (_, others) = admitted(&world, &other, &ADA).await;
    world.services.set_access(&ada, part, Some(Role::Viewer)).await.unwrap();
    assert!(world.services.move_workspace("telegram", "-7", "-1007").await.unwrap());
    let moved = |place| Place { workspace: Some("-1007"), ..place };
    let (group_now, topic_now) =
        (moved(Place { conversation: "-1007", ..group }), moved(Place { conversation: "-1007/3", ..group }));
    assert_eq!(admitted(&world, &group_now, &ADA).await, (ada, whole));
    assert_eq!(admitted(&world, &topic_now, &ADA).await, (ada, part));
    assert_eq!(admitted(&world, &topic_now, &EVE).await.1, part);
    assert_eq!(admitted(&world, &other, &ADA).await, (ada, others));
    assert_eq!(refused(&world, &group, &ADA).await, Meeting::Unconnected);
    // Told twice, and on another platform.
    assert!(!world.services.move_workspace("telegram", "-7", "-1007").await.unwrap());
    assert!(!world.services.move_workspace("discord", "-1007", "-1008").await.unwrap());
    assert_eq!(admitted(&world, &group_now, &ADA).await, (ada, whole));
});

both!(a_place_that_is_connected_under_its_new_id_already_stays_as_it_is, async |database| {
    let world = World::new(database).await;
    let old = Place { platform: "telegram", workspace: Some("-7"), conversation: "-7", ..OPS };
    let new = Place { workspace: Some("-1007"), conversation: "-1007", ..old };
    let stranger = world.database.stranger().await;
    connect(&world, &world.owner, &old).await;
    connect(&world, &stranger, &new).await;
    for (by, place) in [(&world.owner, &old), (&stranger, &new)] {
        let visitor = if place == &old { ADA } else { EVE };
        let code = world.services.invite(by, visitor.name, Role::Admin, "telegram").await.unwrap();
        world.services.link(place, &visitor, &code.code).await.unwrap();
    }
    admitted(&world, &old, &ADA).await;
    let theirs = admitted(&world, &new, &EVE).await;
    assert!(world.services.move_workspace("telegram", "-7", "-1007").await.unwrap());
    assert_eq!(admitted(&world, &new, &EVE).await, theirs);
    assert_eq!(refused(&world, &new, &ADA).await, Meeting::Unlinked);
    assert!(world.services.connections(&world.owner).await.unwrap().workspaces.is_empty());
});

both!(who_follows_everything_is_told_of_what_is_added_later, async |database| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    let follower = world.services.conversation(&world.owner, "web", "followers").await.unwrap();
    let idle = world.services.conversation(&world.owner, "web", "idle").await.unwrap();
    world.services.follow(&world.owner, follower, &Followed::Everything).await.unwrap();
    world.services.follow(&world.owner, idle, &Followed::Monitor("SHOP".to_owned())).await.unwrap();
    world.services.unfollow(&world.owner, idle, &Followed::Everything).await.unwrap();
    let stranger = world.database.stranger().await;
    let theirs = world.services.conversation(&stranger, "web", "theirs").await.unwrap();
    world.services.follow(&stranger, theirs, &Followed::Everything).await.unwrap();
    let blog = world.add("blog").await;
    world.check(&shop, Reason::ConnectionRefused).await;
    world.check(&blog, Reason::ConnectionRefused).await;
    let cards =
        async |actor: &Actor, conversation| world.services.messages_after(actor, conversation, 0).await.unwrap().len();
    assert_eq!(cards(&world.owner, follower).await, cards(&world.owner, world.conversation).await);
    assert!(cards(&world.owner, follower).await > 0);
    assert_eq!(cards(&world.owner, idle).await, 0);
    assert_eq!(cards(&stranger, theirs).await, 0);
    let everything = world.services.unfollow(&world.owner, follower, &Followed::Monitor("shop".to_owned())).await;
    assert!(matches!(everything, Err(ServiceError::FollowsEverything)), "{everything:?}");
    let foreign = world.services.follow(&stranger, follower, &Followed::Everything).await;
    assert!(matches!(foreign, Err(ServiceError::ConversationNotFound)), "{foreign:?}");
});

both!(names_are_suggested_by_their_beginnings, async |database| {
    let world = World::new(database).await;
    let stranger = world.database.stranger().await;
    let mut shop = settings("shop", Duration::from_secs(60));
    for label in ["env=prod", "team=Web"] {
        shop.labels.set(label.parse().unwrap());
    }
    shop.group = Some("Front".to_owned());
    world.add_with(shop).await;
    let labels = async |actor, prefix| world.services.label_names(actor, prefix, 10).await.unwrap();
    assert_eq!(labels(&world.owner, "").await, ["env=prod", "team=Web"]);
    assert_eq!(labels(&world.owner, "TEAM=w").await, ["team=Web"]);
    assert_eq!(labels(&world.owner, "prod").await, Vec::<String>::new());
    assert_eq!(labels(&stranger, "").await, Vec::<String>::new());
    assert_eq!(world.services.group_names(&world.owner, "fr", 10).await.unwrap(), ["Front"]);
    assert_eq!(world.services.group_names(&world.owner, "x", 10).await.unwrap(), Vec::<String>::new());
});
