use monitor_core::audit::spec::AuditSpec;
use storage::{
    ArtifactKind, Audience, AuditFilter, NewArtifact, NewAudit, NewAuditSchedule, NewSecurityCheck, SecurityFilter,
    StoreError,
};
use test_support::both;
use test_support::database::{KEY, TestDatabase};

use crate::support::{NOW, Raw, add, settings};

/// Every table, column, constraint and index, in words.
async fn schema(database: &TestDatabase) -> Vec<String> {
    let raw = Raw::open(database).await;
    if !database.is_postgres() {
        return raw
            .texts("SELECT type || ' ' || name || ': ' || coalesce(sql, '') FROM sqlite_master ORDER BY 1")
            .await;
    }
    let queries = [
        "SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || is_identity || ' '
             || coalesce(column_default, '') || ' ' || coalesce(collation_name, '')
         FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1",
        "SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
         FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1",
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
        "SELECT relname || ' ' || reloptions::text
         FROM pg_class WHERE relnamespace = 'public'::regnamespace AND reloptions IS NOT NULL ORDER BY 1",
    ];
    let mut schema = Vec::new();
    for query in queries {
        schema.extend(raw.texts(query).await);
    }
    schema
}

both!(up_down_up_leaves_the_same_schema, async |database: TestDatabase| {
    let store = &database.store;
    let up = schema(&database).await;
    let steps = store.migrations().await.unwrap();
    assert!(steps.iter().all(|(_, applied)| *applied), "{steps:?}");

    store.migrate_down(u32::try_from(steps.len()).unwrap()).await.unwrap();
    let down = schema(&database).await;
    let left: Vec<_> =
        down.iter().filter(|line| !line.contains("seaql_migrations") && !line.contains("sqlite_")).collect();
    assert!(left.is_empty(), "{left:?}");
    assert!(store.migrations().await.unwrap().iter().all(|(_, applied)| !applied));

    store.migrate().await.unwrap();
    assert_eq!(schema(&database).await, up);
});

both!(every_single_step_can_be_taken_back_and_made_again, async |database: TestDatabase| {
    let store = &database.store;
    let up = schema(&database).await;
    let steps = u32::try_from(store.migrations().await.unwrap().len()).unwrap();
    for taken_back in 1..=steps {
        store.migrate_down(taken_back).await.unwrap();
        store.migrate().await.unwrap();
        assert_eq!(schema(&database).await, up, "{taken_back} steps");
    }
});

both!(expectations_survive_a_step_back_as_far_as_they_can_be_said, async |database: TestDatabase| {
    let (store, raw) = (&database.store, Raw::open(&database).await);
    let owner = store.bootstrap(NOW).await.unwrap();
    let kept = ["status in 200, 404", "body contains \"ok\"", "json $.n == 7", "latency < 800ms as degraded"];
    let mut shop = settings("shop");
    for text in kept.into_iter().chain(["certificate.days > 14"]) {
        shop.assertions.push(text.parse().unwrap()).unwrap();
    }
    add(store, owner, &shop).await.unwrap();
    let names: Vec<String> = store.migrations().await.unwrap().into_iter().map(|(name, _)| name).collect();
    let settings_step = names.iter().position(|name| name == "m0007_settings").unwrap();
    store.migrate_down(u32::try_from(names.len() - settings_step).unwrap()).await.unwrap();
    let specs = raw.texts("SELECT spec FROM monitor").await;
    let spec: serde_json::Value = serde_json::from_str(&specs[0]).unwrap();
    assert_eq!((&spec["expect"], &spec["slow_after"]["nanos"]), (&"200,404".into(), &800_000_000.into()));
    assert_eq!(spec["assertions"].as_array().unwrap().len(), 2);

    store.migrate().await.unwrap();
    let said = raw.texts("SELECT assertions FROM monitor").await;
    let said: Vec<monitor_core::assertion::Assertion> = serde_json::from_str(&said[0]).unwrap();
    assert_eq!(said.iter().map(ToString::to_string).collect::<Vec<_>>(), kept);
    let spec = raw.texts("SELECT spec FROM monitor").await;
    assert!(!spec[0].contains("expect") && !spec[0].contains("slow_after"), "{spec:?}");
});

both!(processes_that_migrate_at_once_do_it_once, async |database: TestDatabase| {
    database.store.migrate_down(100).await.unwrap();
    let (a, b) = (database.open_again(KEY).await, database.open_again(KEY).await);
    let (a, b, c) = tokio::join!(a.migrate(), b.migrate(), database.store.migrate());
    a.unwrap();
    b.unwrap();
    c.unwrap();
    assert!(database.store.migrations().await.unwrap().iter().all(|(_, applied)| *applied));
});

both!(a_database_of_a_newer_version_is_left_alone, async |database: TestDatabase| {
    let raw = Raw::open(&database).await;
    raw.run("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_future', 0)").await;
    let refused = database.store.migrate().await;
    assert!(matches!(&refused, Err(StoreError::Migration(why)) if why.contains("m9999_future")), "{refused:?}");
});

both!(what_the_queries_rely_on_is_there, async |database: TestDatabase| {
    let schema = schema(&database).await.join("\n");
    let indexes =
        ["monitor_state_next_due_ms", "monitor_state_organisation_id_status", "incident_open", "flip_monitor_id_at_ms"];
    let special = if database.is_postgres() {
        ["USING brin", "fillfactor=60", "monitor.name_key text NO NO  C", "WHERE (resolved_at_ms IS NULL)"]
    } else {
        ["WITHOUT ROWID", "AUTOINCREMENT", "ON DELETE CASCADE", "WHERE \"resolved_at_ms\" IS NULL"]
    };
    for text in indexes.into_iter().chain(special) {
        assert!(schema.contains(text), "{text} is missing in\n{schema}");
    }
});

both!(audits_go_with_their_step_and_leave_nothing_behind, async |database: TestDatabase| {
    let (store, raw) = (&database.store, Raw::open(&database).await);
    let owner = store.bootstrap(NOW).await.unwrap();
    let conversation = store.conversation(owner.organisation, "web", "ada", NOW).await.unwrap();
    let shop = add(store, owner, &settings("shop")).await.unwrap();
    let spec = AuditSpec::of("https://shop.example").unwrap();
    let made = async || {
        let tx = store.begin().await.unwrap();
        let new = NewAuditSchedule {
            organisation: owner.organisation,
            conversation,
            created_by: owner.person,
            name: "home",
            spec: &spec,
            cron: "0 3 * * *",
            zone: "UTC",
            next: NOW,
        };
        let schedule = tx.insert_audit_schedule(&new, NOW).await.unwrap();
        let (asked_by, conversation) = (Some(owner.person), Some(conversation));
        let new =
            NewAudit { organisation: owner.organisation, asked_by, conversation, schedule, spec: &spec, waits: None };
        let id = tx.insert_audit(&new, NOW).await.unwrap();
        tx.post_task(id, NOW).await.unwrap();
        let (organisation, bytes) = (owner.organisation, vec![1]);
        let (audit, kind, name, expires_at) = (Some(id), ArtifactKind::Pdf, "a.pdf", NOW);
        let file = NewArtifact { organisation, audit, kind, name, bytes, expires_at };
        tx.insert_artifact(file, NOW).await.unwrap();
        tx.subscribe(shop, conversation.unwrap()).await.unwrap();
        tx.post_notice(Audience::Everybody, "sight", "I see nothing", NOW).await.unwrap();
        tx.commit().await.unwrap();
    };
    made().await;
    assert_eq!(store.notices_after(conversation, 0, 10).await.unwrap().len(), 2);
    let names: Vec<String> = store.migrations().await.unwrap().into_iter().map(|(name, _)| name).collect();
    let step = names.iter().position(|name| name == "m0018_audits").unwrap();
    store.migrate_down(u32::try_from(names.len() - step).unwrap()).await.unwrap();
    assert_eq!(raw.texts("SELECT text FROM notice").await, ["I see nothing"], "what an older version can draw stays");
    store.migrate().await.unwrap();
    assert_eq!(store.audits(owner.organisation, &AuditFilter::default(), 0, 10).await.unwrap().0, 0);
    made().await;
    assert_eq!(store.notices_after(conversation, 0, 10).await.unwrap().len(), 2);
});

both!(security_checks_go_with_their_step_and_leave_nothing_behind, async |database: TestDatabase| {
    let (store, raw) = (&database.store, Raw::open(&database).await);
    let owner = store.bootstrap(NOW).await.unwrap();
    let conversation = store.conversation(owner.organisation, "web", "ada", NOW).await.unwrap();
    let shop = add(store, owner, &settings("shop")).await.unwrap();
    let made = async || {
        let tx = store.begin().await.unwrap();
        let (organisation, asked_by, url, host) =
            (owner.organisation, owner.person, "https://shop.example/", "shop.example");
        let new = NewSecurityCheck { organisation, asked_by, conversation, url, host, deep: false };
        let id = tx.insert_security_check(new, NOW).await.unwrap();
        tx.post_task(id, NOW).await.unwrap();
        tx.insert_owned_host(&owner, host, "token", NOW).await.unwrap();
        tx.subscribe(shop, conversation).await.unwrap();
        tx.post_notice(Audience::Everybody, "sight", "I see nothing", NOW).await.unwrap();
        tx.commit().await.unwrap();
    };
    made().await;
    assert_eq!(store.notices_after(conversation, 0, 10).await.unwrap().len(), 2);
    let names: Vec<String> = store.migrations().await.unwrap().into_iter().map(|(name, _)| name).collect();
    let step = names.iter().position(|name| name == "m0019_security").unwrap();
    store.migrate_down(u32::try_from(names.len() - step).unwrap()).await.unwrap();
    assert_eq!(raw.texts("SELECT text FROM notice").await, ["I see nothing"], "what an older version can draw stays");
    store.migrate().await.unwrap();
    let left = store.security_checks(owner.organisation, &SecurityFilter::default(), 0, 10).await.unwrap().0;
    assert_eq!((left, store.owned_hosts(owner.organisation).await.unwrap().len()), (0, 0));
    made().await;
    assert_eq!(store.notices_after(conversation, 0, 10).await.unwrap().len(), 2);
});
