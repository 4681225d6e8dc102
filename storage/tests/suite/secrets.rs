use std::os::unix::fs::PermissionsExt;

use monitor_core::http::{Auth, Header, HeaderValue};
use monitor_core::monitor::{CheckSpec, Settings};
use monitor_core::people::Actor;
use monitor_core::secret::Secret;
use storage::{SecretKey, StoreError};
use test_support::both;
use test_support::database::TestDatabase;

use crate::support::{NOW, Raw, add, later, settings};

pub(crate) const OTHER_KEY: &str = "//////////////////////////////////////////8=";
const BEARER: &str = "s3cr3t-bearer-\"quoted\"";
const HEADER: &str = "s3cr3t-header";

fn with_secrets(name: &str) -> Settings {
    let mut settings = settings(name);
    let CheckSpec::Http(spec) = &mut settings.spec else { panic!("an HTTP check") };
    spec.auth = Some(Auth::Bearer(Secret::new(BEARER)));
    spec.headers = vec![
        Header { name: "Accept".into(), value: HeaderValue::Plain("*/*".into()) },
        Header { name: "X-Key".into(), value: HeaderValue::Secret(Secret::new(HEADER)) },
    ];
    settings
}

/// All that lies in the database: the files of SQLite as they are, the rows of PostgreSQL as text.
pub(crate) async fn everything(database: &TestDatabase) -> Vec<u8> {
    if !database.is_postgres() {
        let file = database.url.strip_prefix("sqlite:").unwrap();
        let folder = std::path::Path::new(file).parent().unwrap();
        let files = std::fs::read_dir(folder).unwrap().map(|entry| std::fs::read(entry.unwrap().path()).unwrap());
        return files.flatten().collect();
    }
    let raw = Raw::open(database).await;
    let mut dump = String::new();
    for table in raw.texts("SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'").await
    {
        // Once as stored and once with bytes as text, since bytes are dumped in hexadecimal.
        dump += &raw
            .texts(&format!("SELECT t::text || encode(convert_to(t::text, 'UTF8'), 'escape') FROM {table} t"))
            .await
            .join("\n");
    }
    dump.into_bytes()
}

pub(crate) fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    let hex: String = needle.iter().map(|byte| format!("{byte:02x}")).collect();
    [needle, hex.as_bytes()].iter().any(|needle| haystack.windows(needle.len()).any(|window| window == *needle))
}

async fn owner_and_monitor(database: &TestDatabase) -> Actor {
    let owner = database.store.bootstrap(NOW).await.unwrap();
    add(&database.store, owner, &with_secrets("shop")).await.unwrap();
    owner
}

both!(secrets_come_back_as_they_were, async |database: TestDatabase| {
    let owner = owner_and_monitor(&database).await;
    let monitor = database.store.monitor(owner.organisation, "shop").await.unwrap().unwrap();
    assert_eq!(monitor.settings, with_secrets("shop"));
    let by_id = database.store.monitors_by_id(&[monitor.id]).await.unwrap();
    assert_eq!(by_id, [monitor]);
});

both!(secrets_are_nowhere_in_the_database, async |database: TestDatabase| {
    let owner = owner_and_monitor(&database).await;
    let conversation = database.store.conversation(owner.organisation, "web", "x", NOW).await.unwrap();
    database.store.save_dialog(conversation, owner.person, "typed s3cr3t-dialog", later(60)).await.unwrap();
    database.store.save_action("t1", conversation, "carries s3cr3t-action", later(60)).await.unwrap();

    let everything = everything(&database).await;
    assert!(contains(&everything, b"https://shop.example/"), "the search finds what is there");
    assert!(!contains(&everything, b"s3cr3t"));
});

both!(changed_secrets_replace_the_old_ones, async |database: TestDatabase| {
    let owner = owner_and_monitor(&database).await;
    let store = &database.store;
    let id = store.monitor(owner.organisation, "shop").await.unwrap().unwrap().id;
    let tx = store.begin().await.unwrap();
    assert!(tx.update_monitor(id, &settings("shop"), NOW).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(store.monitor(owner.organisation, "shop").await.unwrap().unwrap().settings, settings("shop"));
    let raw = Raw::open(&database).await;
    assert_eq!(raw.number("SELECT count(*) FROM monitor WHERE sealed_secrets IS NULL").await, 1);
});

both!(another_key_opens_nothing_and_says_so, async |database: TestDatabase| {
    let owner = owner_and_monitor(&database).await;
    let conversation = database.store.conversation(owner.organisation, "web", "x", NOW).await.unwrap();
    database.store.save_dialog(conversation, owner.person, "state", later(60)).await.unwrap();

    let stranger = database.open_again(OTHER_KEY).await;
    let error = stranger.monitor(owner.organisation, "shop").await.unwrap_err();
    assert!(matches!(&error, StoreError::Secret(why) if why.contains("put back the key file")), "{error}");
    let error = stranger.dialog(conversation, owner.person, NOW).await.unwrap_err();
    assert!(matches!(error, StoreError::Secret(_)), "{error}");
});

both!(a_sealed_value_opens_only_where_it_was_sealed, async |database: TestDatabase| {
    let owner = owner_and_monitor(&database).await;
    let store = &database.store;
    let conversation = store.conversation(owner.organisation, "web", "x", NOW).await.unwrap();
    store.save_dialog(conversation, owner.person, "delete-monitor shop --yes", later(60)).await.unwrap();
    store.save_action("t1", conversation, "status", later(60)).await.unwrap();
    store.save_action("t2", conversation, "delete-monitor shop --yes", later(60)).await.unwrap();

    let raw = Raw::open(&database).await;
    for source in [
        "SELECT sealed FROM dialog",
        "SELECT sealed_secrets FROM monitor",
        "SELECT sealed FROM action WHERE token = 't2'",
    ] {
        raw.run(&format!("UPDATE action SET sealed = ({source}) WHERE token = 't1'")).await;
        let error = store.action("t1", conversation, NOW).await.unwrap_err();
        assert!(matches!(error, StoreError::Secret(_)) && !error.to_string().contains("t1"), "{source}: {error}");
    }
});

both!(a_sealed_value_that_was_damaged_does_not_open, async |database: TestDatabase| {
    let owner = owner_and_monitor(&database).await;
    let raw = Raw::open(&database).await;
    let (empty, short) = if database.is_postgres() { (r"'\x'", r"'\x01ff'") } else { ("x''", "x'01ff'") };
    for damaged in [empty, short, "NULL"] {
        raw.run(&format!("UPDATE monitor SET sealed_secrets = {damaged}")).await;
        let error = database.store.monitor(owner.organisation, "shop").await.unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { table: "monitor", column: "sealed_secrets", .. }), "{error}");
    }
});

#[test]
fn a_key_is_made_once_and_only_its_owner_may_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/secret.key");
    SecretKey::from_file_or_create(&path).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    SecretKey::from_file_or_create(&path).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no draft is left behind");
}

#[test]
fn processes_that_make_a_key_at_once_end_up_with_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret.key");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| SecretKey::from_file_or_create(&path).unwrap());
        }
    });
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_file_that_is_no_key_is_named_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret.key");
    for text in ["", "hunter2", "AAAA", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8AAAAA"] {
        std::fs::write(&path, text).unwrap();
        let error = SecretKey::from_file_or_create(&path).unwrap_err().to_string();
        assert!(error.contains("secret.key") && error.contains("openssl rand -base64 32"), "{error}");
        assert!(text.is_empty() || !error.contains(text), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn a_key_is_never_shown() {
    assert_eq!(format!("{:?}", SecretKey::from_base64(OTHER_KEY).unwrap()), "***");
}
