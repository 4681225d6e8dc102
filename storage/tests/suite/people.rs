use monitor_core::people::{Actor, OrganisationId, PersonId, Role};
use storage::{Store, StoreError};
use test_support::both;
use test_support::database::{KEY, TestDatabase};

use crate::support::{NOW, Raw};

both!(the_first_organisation_is_made_once, async |database: TestDatabase| {
    let first = database.store.bootstrap(NOW).await.unwrap();
    assert_eq!(first.role, Role::Owner);
    assert_eq!(database.store.bootstrap(NOW).await.unwrap(), first);
    assert_eq!(database.store.role(first.organisation, first.person).await.unwrap(), Some(Role::Owner));
});

both!(processes_that_start_at_once_make_one_organisation, async |database: TestDatabase| {
    let (a, b) = (database.open_again(KEY).await, database.open_again(KEY).await);
    let (a, b, c, d) =
        tokio::join!(a.bootstrap(NOW), b.bootstrap(NOW), a.bootstrap(NOW), database.store.bootstrap(NOW));
    let owner = a.unwrap();
    assert_eq!([b.unwrap(), c.unwrap(), d.unwrap()], [owner; 3]);
    let raw = Raw::open(&database).await;
    assert_eq!(raw.number("SELECT count(*) FROM organisation").await, 1);
    assert_eq!(raw.number("SELECT count(*) FROM person").await, 1);
});

both!(a_person_has_the_role_given_and_none_elsewhere, async |database: TestDatabase| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    for role in Role::ALL {
        let person = store.add_person(owner.organisation, "Ada", role, NOW).await.unwrap();
        assert_eq!(store.role(owner.organisation, person).await.unwrap(), Some(role));
        assert_eq!(store.role(OrganisationId(owner.organisation.0 + 1), person).await.unwrap(), None);
    }
    assert_eq!(store.role(owner.organisation, PersonId(9_999)).await.unwrap(), None);
});

both!(nobody_is_added_to_an_organisation_that_does_not_exist, async |database: TestDatabase| {
    let refused = database.store.add_person(OrganisationId(9_999), "Ada", Role::Viewer, NOW).await;
    assert!(matches!(refused, Err(StoreError::Other(_))), "{refused:?}");
    assert_eq!(Raw::open(&database).await.number("SELECT count(*) FROM person").await, 0);
});

async fn link(store: &Store, to: Actor) {
    let tx = store.begin().await.unwrap();
    tx.link("slack", "acme", "U1", to.organisation, to.person, NOW).await.unwrap();
    tx.commit().await.unwrap();
}

both!(a_chat_user_is_who_it_was_linked_to_last, async |database: TestDatabase| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    let ada = store.add_person(owner.organisation, "Ada", Role::Editor, NOW).await.unwrap();
    assert_eq!(store.identity("slack", "acme", "U1").await.unwrap(), None);

    link(store, owner).await;
    assert_eq!(store.identity("slack", "acme", "U1").await.unwrap(), Some(owner));
    let expected = Actor { organisation: owner.organisation, person: ada, role: Role::Editor };
    link(store, expected).await;
    assert_eq!(store.identity("slack", "acme", "U1").await.unwrap(), Some(expected));

    assert_eq!(store.identity("slack", "other", "U1").await.unwrap(), None);
    assert_eq!(store.identity("discord", "acme", "U1").await.unwrap(), None);
    assert_eq!(store.identity("slack", "acme", "U\0").await.unwrap(), None);
});

both!(who_is_no_member_any_more_is_nobody, async |database: TestDatabase| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    link(store, owner).await;
    Raw::open(&database).await.run("DELETE FROM membership").await;
    assert_eq!(store.identity("slack", "acme", "U1").await.unwrap(), None);
});

both!(a_role_that_nobody_knows_is_corrupt, async |database: TestDatabase| {
    let owner = database.store.bootstrap(NOW).await.unwrap();
    Raw::open(&database).await.run("UPDATE membership SET role = 'emperor'").await;
    let error = database.store.role(owner.organisation, owner.person).await.unwrap_err();
    let id = format!("{}/{}", owner.organisation, owner.person);
    assert!(
        matches!(&error, StoreError::Corrupt { table: "membership", column: "role", id: row } if *row == id),
        "{error:?}"
    );
});

both!(a_conversation_is_made_once, async |database: TestDatabase| {
    let store = &database.store;
    let organisation = store.bootstrap(NOW).await.unwrap().organisation;
    let open = |id: &'static str| store.conversation(organisation, "web", id, NOW);
    let (a, b, c, d) = tokio::join!(open("x"), open("x"), open("x"), open("y"));
    let (a, b, c, d) = (a.unwrap(), b.unwrap(), c.unwrap(), d.unwrap());
    assert_eq!([b, c], [a, a]);
    assert_ne!(d, a);
    assert_eq!(open("x").await.unwrap(), a);
    assert_ne!(store.conversation(organisation, "slack", "x", NOW).await.unwrap(), a);
});

both!(a_conversation_of_another_organisation_is_not_given_away, async |database: TestDatabase| {
    let store = &database.store;
    let organisation = store.bootstrap(NOW).await.unwrap().organisation;
    store.conversation(organisation, "web", "x", NOW).await.unwrap();
    let other = OrganisationId(organisation.0 + 1);
    let raw = Raw::open(&database).await;
    raw.run(&format!("INSERT INTO organisation (id, name, created_at_ms) VALUES ({other}, 'Other', 0)")).await;
    assert!(store.conversation(other, "web", "x", NOW).await.is_err());
    assert!(store.conversation(other, "web", "z", NOW).await.is_ok());
});
