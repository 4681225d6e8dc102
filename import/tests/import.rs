//! Files of other programs, and what becomes of them.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use std::path::PathBuf;
use std::sync::Arc;

use import::{Draft, Entry, Import, ImportError};
use monitor_core::people::{Actor, ConversationId, Role};
use monitor_core::report::Retention;
use probes::{Outbound, OutboundConfig};
use services::{ServiceError, Services, SystemClock};
use sqlx::{Connection, SqliteConnection};
use test_support::database::TestDatabase;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

async fn read(name: &str) -> Import {
    import::read(&fixture(name)).await.unwrap()
}

/// Everything about the entries that a person could look at.
fn described(import: &Import) -> String {
    let entry = |entry: &Entry| match entry {
        Entry::Left { from, why } => format!("{from}: not taken: {why}\n"),
        Entry::Taken(draft) => described_draft(draft),
    };
    import.entries.iter().map(entry).collect::<Vec<_>>().join("\n") + &format!("\nnot read: {:?}\n", import.notes)
}

fn described_draft(draft: &Draft) -> String {
    let settings = &draft.settings;
    let mut text = format!("{}: {} {}\n", draft.from, settings.name, settings.spec.target());
    text += &format!("  every {:?} within {:?}, {:?}\n", settings.interval, settings.timeout, settings.policy);
    for assertion in &settings.assertions {
        text += &format!("  asserts {assertion}\n");
    }
    let labels: Vec<String> = settings.labels.iter().map(|label| label.to_string()).collect();
    text += &format!(
        "  {} group {:?} paused {} address {:?}\n",
        labels.join(" "),
        settings.group,
        draft.paused,
        draft.address
    );
    text += &draft.notes.iter().map(|note| format!("  - {note}\n")).collect::<String>();
    text
}

#[tokio::test]
async fn a_list_of_services_is_read() {
    insta::assert_snapshot!(described(&read("services.json").await));
}

#[tokio::test]
async fn a_configuration_of_gatus_is_read() {
    insta::assert_snapshot!(described(&read("gatus.yaml").await));
}

#[tokio::test]
async fn the_checks_of_healthchecks_are_read() {
    insta::assert_snapshot!(described(&read("healthchecks.json").await));
}

#[tokio::test]
async fn a_backup_of_uptime_kuma_is_read() {
    insta::assert_snapshot!(described(&read("kuma-backup.json").await));
}

/// The columns of version 2 that matter, as knex makes them.
const KUMA: &str = r#"
    CREATE TABLE monitor (
        id INTEGER PRIMARY KEY AUTOINCREMENT, name VARCHAR(150), active BOOLEAN NOT NULL DEFAULT 1, user_id INTEGER,
        interval INTEGER NOT NULL DEFAULT 20, url TEXT, type VARCHAR(20), weight INTEGER DEFAULT 2000,
        hostname VARCHAR(255), port INTEGER, created_date DATETIME NOT NULL DEFAULT (DATETIME('now')),
        keyword VARCHAR(255), maxretries INTEGER NOT NULL DEFAULT 0, ignore_tls BOOLEAN NOT NULL DEFAULT 0,
        upside_down BOOLEAN NOT NULL DEFAULT 0, maxredirects INTEGER NOT NULL DEFAULT 10,
        accepted_statuscodes_json TEXT NOT NULL DEFAULT '["200-299"]', dns_resolve_type VARCHAR(5),
        dns_resolve_server VARCHAR(255), dns_last_result VARCHAR(255), retry_interval INTEGER NOT NULL DEFAULT 0,
        push_token VARCHAR(32), method TEXT NOT NULL DEFAULT 'GET', body TEXT, headers TEXT, basic_auth_user TEXT,
        basic_auth_pass TEXT, docker_container VARCHAR(255), proxy_id INTEGER, expiry_notification BOOLEAN DEFAULT 1,
        mqtt_topic TEXT, mqtt_success_message VARCHAR(255), mqtt_username VARCHAR(255), mqtt_password VARCHAR(255),
        database_connection_string VARCHAR(2000), database_query TEXT, auth_method VARCHAR(250),
        resend_interval INTEGER NOT NULL DEFAULT 0, packet_size INTEGER NOT NULL DEFAULT 56,
        http_body_encoding VARCHAR(25), description TEXT, parent INTEGER, invert_keyword BOOLEAN NOT NULL DEFAULT 0,
        json_path TEXT, json_path_operator VARCHAR(255), expected_value VARCHAR(255), timeout DOUBLE NOT NULL DEFAULT 0,
        gamedig_given_port_only BOOLEAN NOT NULL DEFAULT 1, kafka_producer_ssl BOOLEAN NOT NULL DEFAULT 0,
        conditions TEXT NOT NULL DEFAULT '[]', cache_bust BOOLEAN NOT NULL DEFAULT 0, smtp_security VARCHAR(255),
        ip_family VARCHAR(4)
    );
    CREATE TABLE tag (id INTEGER PRIMARY KEY, name VARCHAR(255), color VARCHAR(255));
    CREATE TABLE monitor_tag (id INTEGER PRIMARY KEY, monitor_id INTEGER, tag_id INTEGER, value TEXT);
    INSERT INTO tag VALUES (1, 'Env', '#fff');
    INSERT INTO monitor_tag (monitor_id, tag_id, value) VALUES (2, 1, 'prod');
    INSERT INTO monitor (name, type) VALUES ('Databases', 'group');
    INSERT INTO monitor (name, type, interval, parent, database_connection_string, database_query, timeout)
        VALUES ('Orders DB', 'postgres', 60, 1, 'postgres://ada:p%40ss@db.example:5433/orders?sslmode=require', 'SELECT 7', 48.0);
    INSERT INTO monitor (name, type, interval, active, database_connection_string) VALUES ('Cache', 'redis', 30, 0, 'redis://cache.example:6379/2');
    INSERT INTO monitor (name, type, interval, hostname, port) VALUES ('SSH', 'port', 20, 'host.example', 22);
    INSERT INTO monitor (name, type, interval, hostname, packet_size) VALUES ('Ping', 'ping', 20, 'host.example', 100);
    INSERT INTO monitor (name, type, interval, hostname, port, dns_resolve_type, dns_resolve_server)
        VALUES ('Zone', 'dns', 60, 'example.org', 53, 'MX', '1.1.1.1,8.8.8.8');
    INSERT INTO monitor (name, type, interval, url, keyword, invert_keyword, headers, body, method, http_body_encoding, ip_family)
        VALUES ('Words', 'keyword', 60, 'https://example.org', 'say "no"', 1, '{"X-Api-Key": "k3y"}', '{"a": 1}', 'POST', 'json', 'ipv6');
    INSERT INTO monitor (name, type, interval, url, json_path, json_path_operator, expected_value)
        VALUES ('Query', 'json-query', 60, 'https://example.org', 'data[0].state', '==', 'ok');
    INSERT INTO monitor (name, type, interval, url, json_path, json_path_operator, expected_value)
        VALUES ('JSONata', 'json-query', 60, 'https://example.org', '$sum(a.b)', '==', '3');
    INSERT INTO monitor (name, type, interval, hostname, port, mqtt_topic, mqtt_success_message, mqtt_username, mqtt_password)
        VALUES ('Broker', 'mqtt', 60, 'mqtts://mq.example', 8883, 'a/b', 'up', 'ada', 'x');
    INSERT INTO monitor (name, type, interval, hostname, smtp_security) VALUES ('Mail', 'smtp', 60, 'mail.example', 'starttls');
    INSERT INTO monitor (name, type, interval) VALUES ('Radius', 'radius', 60);
"#;

async fn kuma() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("kuma.db").display());
    let mut connection = SqliteConnection::connect(&url).await.unwrap();
    sqlx::raw_sql(KUMA).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    folder
}

#[tokio::test]
async fn a_database_of_uptime_kuma_is_read() {
    let folder = kuma().await;
    insta::assert_snapshot!(described(&import::read(&folder.path().join("kuma.db")).await.unwrap()));
}

#[tokio::test]
async fn files_that_are_none_of_these_are_refused_with_what_to_give() {
    let folder = tempfile::tempdir().unwrap();
    type Case<'a> = (&'a [u8], fn(&ImportError) -> bool);
    let cases: [Case<'_>; 9] = [
        (b"", |error| matches!(error, ImportError::Unknown)),
        (b"hello", |error| matches!(error, ImportError::Unknown)),
        (b"{}", |error| matches!(error, ImportError::Unknown)),
        (b"[{\"name\": ", |error| matches!(error, ImportError::Broken { format: "JSON", .. })),
        (b"endpoints: [1\nb: :", |error| matches!(error, ImportError::Broken { format: "YAML", .. })),
        (b"endpoints: 7", |error| matches!(error, ImportError::Unknown)),
        (b"\xff\xfe\x00\x01", |error| matches!(error, ImportError::Unknown | ImportError::Broken { .. })),
        (b"SQLite format 3\0garbage", |error| matches!(error, ImportError::Broken { .. })),
        (b"a: &a [x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a]\nendpoints: *c", |error| {
            matches!(error, ImportError::Broken { .. })
        }),
    ];
    for (content, expected) in cases {
        let path = folder.path().join("file");
        std::fs::write(&path, content).unwrap();
        let error = import::read(&path).await.unwrap_err();
        assert!(expected(&error), "{:?}: {error}", String::from_utf8_lossy(content));
    }
    let error = import::read(&folder.path().join("missing")).await.unwrap_err();
    assert!(matches!(error, ImportError::Unreadable { .. }), "{error}");
    for odd in [
        "[]",
        "[1, null, \"x\", {}]",
        "{\"monitorList\": [1, {\"type\": 7}]}",
        "{\"checks\": [[]]}",
        "endpoints: [1, {}]",
    ] {
        std::fs::write(folder.path().join("file"), odd).unwrap();
        let import = import::read(&folder.path().join("file")).await.unwrap();
        assert!(import.entries.iter().all(|entry| matches!(entry, Entry::Left { .. })), "{odd}");
    }
}

struct World {
    services: Services,
    owner: Actor,
    tell: ConversationId,
    _database: TestDatabase,
}

impl World {
    async fn new() -> Self {
        let database = TestDatabase::sqlite().await;
        let config = OutboundConfig { allow_private: true, ca_file: None, user_agent: "Watchword/test".into() };
        let outbound = Outbound::new(&config).unwrap();
        let services = Services::new(database.store.clone(), outbound, Arc::new(SystemClock), Retention::default());
        let owner = services.local_owner().await.unwrap();
        let tell = services.conversation(&owner, "terminal", "terminal").await.unwrap();
        Self { services, owner, tell, _database: database }
    }

    async fn import(&self, import: Import, dry_run: bool) -> String {
        let (format, notes) = (import.format, import.notes.clone());
        let done = import::apply(&self.services, &self.owner, import, self.tell, dry_run).await.unwrap();
        import::table(format, &notes, &done, dry_run)
    }

    async fn names(&self) -> Vec<String> {
        self.services.monitor_names(&self.owner, "", 1_000).await.unwrap()
    }
}

#[tokio::test]
async fn an_import_that_is_run_twice_doubles_nothing() {
    let world = World::new().await;
    let dry = world.import(read("kuma-backup.json").await, true).await;
    assert!(world.names().await.is_empty());
    let first = world.import(read("kuma-backup.json").await, false).await;
    let words = |table: &str| table.replace("would add", "added").split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(words(&dry), words(&first));
    insta::assert_snapshot!(first);
    let names = world.names().await;
    assert_eq!(names, ["Home-page", "Home-page-2"]);
    // Whatever it is called by now, it is known again.
    let monitor = world.services.monitor(&world.owner, "home-page").await.unwrap();
    let mut settings = monitor.settings.clone();
    settings.name = monitor_core::monitor::MonitorName::new("front").unwrap();
    world.services.edit_monitor(&world.owner, "home-page", &settings).await.unwrap();
    insta::assert_snapshot!(world.import(read("kuma-backup.json").await, false).await);
    assert_eq!(world.names().await.len(), 2);
}

#[tokio::test]
async fn entries_whose_names_look_alike_are_all_added_and_known_again() {
    let (a, b) = (format!("{}a", "x".repeat(55)), format!("{}b", "x".repeat(55)));
    let names = ["Shop API", "Shop/API", "Shop-API", "Shop-API", "Shop-API-2", "Shop API", &a, &b];
    let entry = |(index, name): (usize, &&str)| serde_json::json!({"name": name, "base_url": format!("https://{index}.example")});
    let list: Vec<serde_json::Value> = names.iter().enumerate().map(entry).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("services.json");
    std::fs::write(&path, serde_json::Value::from(list).to_string()).unwrap();
    let world = World::new().await;
    // One is there already, added by hand.
    let mut own = import::read(&path).await.unwrap();
    let Some(Entry::Taken(draft)) = own.entries.first_mut() else { panic!("it is taken") };
    draft.settings.labels.remove("imported");
    own.entries.truncate(1);
    world.import(own, false).await;
    for (dry_run, ended) in [
        (true, "7 would add, 1 unchanged"),
        (false, "7 added, 1 unchanged"),
        (false, "0 added, 8 unchanged"),
        (true, "0 would add, 8 unchanged"),
    ] {
        let table = world.import(import::read(&path).await.unwrap(), dry_run).await;
        assert!(table.contains(ended), "{table}");
    }
    let mut targets = Vec::new();
    for name in world.names().await {
        targets.push(world.services.monitor(&world.owner, &name).await.unwrap().settings.spec.target());
    }
    targets.sort();
    assert_eq!(targets, [0, 1, 2, 3, 4, 5, 6, 7].map(|index| format!("https://{index}.example/")));
}

#[tokio::test]
async fn a_tag_cannot_say_where_a_monitor_came_from() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gatus.yaml");
    let endpoints = ["a", "b"].map(|name| {
        format!("  - {{name: {name}, url: 'https://{name}.example', conditions: [], extra-labels: {{Imported: x}}}}\n")
    });
    std::fs::write(&path, format!("endpoints:\n{}", endpoints.concat())).unwrap();
    let world = World::new().await;
    let table = world.import(import::read(&path).await.unwrap(), false).await;
    assert!(table.contains("2 added") && table.contains("without the tag Imported"), "{table}");
}

#[tokio::test]
async fn secrets_pauses_and_addresses_arrive_with_their_monitors() {
    let world = World::new().await;
    for file in ["services.json", "gatus.yaml", "healthchecks.json"] {
        world.import(read(file).await, false).await;
    }
    let paused = |name: &'static str| {
        let world = &world;
        async move { world.services.monitor(&world.owner, name).await.unwrap().paused }
    };
    assert!(paused("user-service").await && paused("ping").await == paused("database-backup").await);
    assert!(!paused("shop").await);
    let url = world.services.ping_url(&world.owner, "filesystem-backup").await.unwrap();
    assert!(url.ends_with("/ping/31365bce-8da9-4729-8ff3-aaa71d56b712"), "{url}");
    let mut monitor = world.services.monitor(&world.owner, "user-service").await.unwrap();
    let secrets: Vec<String> = monitor.settings.spec.secrets_mut().iter().map(|s| s.expose().to_owned()).collect();
    assert_eq!(secrets, ["Bearer t0ken"]);
}

#[tokio::test]
async fn who_may_not_edit_imports_nothing() {
    let world = World::new().await;
    let reader = Actor { role: Role::Viewer, ..world.owner };
    let ended = import::apply(&world.services, &reader, read("services.json").await, world.tell, false).await;
    assert!(matches!(ended, Err(ServiceError::Denied { .. })));
    assert!(world.names().await.is_empty());
}
