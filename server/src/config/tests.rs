use super::*;

fn load_with(file: &str, env: &[(&str, &str)], flags: &[(&str, &str)]) -> Result<Config, String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("watchword.toml");
    std::fs::write(&path, file).unwrap();
    let find = |pairs: &[(&str, &str)], key: &str| {
        pairs.iter().find(|(name, _)| *name == key).map(|(_, value)| (*value).to_owned())
    };
    let given = Given { file: Some(path), env: &|name| find(env, name), flag: &|key| find(flags, key) };
    load(&given).map_err(|error| error.to_string().replace(&dir.path().display().to_string(), ""))
}

#[test]
fn flags_count_before_the_environment_before_the_file_before_the_defaults() {
    let file = "[server]\nlisten = \"127.0.0.1:1\"\ndata_dir = \"file\"\ngrace = \"1s\"";
    let env = [("WATCHWORD_LISTEN", "127.0.0.1:2"), ("WATCHWORD_DATA_DIR", "env")];
    let config = load_with(file, &env, &[("server.listen", "127.0.0.1:3")]).unwrap();
    assert_eq!(config.server.listen.port(), 3);
    assert_eq!(config.server.data_dir, Path::new("env"));
    assert_eq!(config.server.grace.as_secs(), 1);
    assert_eq!(config.database.readers, 4);
}

#[test]
fn every_refusal_names_the_field_and_where_its_value_came_from() {
    let error = |file, env| load_with(file, env, &[]).unwrap_err();
    type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);
    let cases: [Case<'_>; 11] = [
        ("", &[("WATCHWORD_LISTEN", "0.0.0.0:80")], "server.listen (from WATCHWORD_LISTEN): only loopback"),
        (
            "",
            &[("WATCHWORD_LISTEN", "8080")],
            "server.listen (from WATCHWORD_LISTEN): `8080` is not an address with a port; write it like 127.0.0.1:8080",
        ),
        ("[server]\nlisten = \"[::]:80\"", &[], "server.listen (from /watchword.toml): only loopback"),
        ("[server]\nport = 80", &[], "unknown field `port`"),
        ("[sever]\n", &[], "unknown field `sever`"),
        (
            "",
            &[("WATCHWORD_DATABASE_READERS", "many")],
            "database.readers (from WATCHWORD_DATABASE_READERS): invalid type",
        ),
        (
            "",
            &[("WATCHWORD_DATABASE_READERS", "0")],
            "database.readers (from WATCHWORD_DATABASE_READERS): choose 1 to 64",
        ),
        ("", &[("WATCHWORD_ALLOW_PRIVATE_TARGETS", "maybe")], "outbound.allow_private_targets (from WATCHWORD_ALLOW"),
        (
            "",
            &[("WATCHWORD_RETENTION_RAW", "soon")],
            "retention.raw (from WATCHWORD_RETENTION_RAW): `soon` is not a duration",
        ),
        ("", &[("WATCHWORD_RETENTION_RAW", "5m")], "retention.raw (from WATCHWORD_RETENTION_RAW): keep 1h at least"),
        ("[secrets]\nkey = \"a\"\nkey_file = \"b\"", &[], "secrets.key (from /watchword.toml): set the key or"),
    ];
    for (file, env, expected) in cases {
        let error = error(file, env);
        assert!(error.contains(expected), "{error} should contain {expected}");
    }
    assert!(error("[server\n", &[]).contains("is not valid TOML"));
}

#[test]
fn secrets_are_never_shown() {
    let env = [("WATCHWORD_DATABASE_URL", "postgres://ww:hunter2@db/ww"), ("WATCHWORD_SECRET_KEY", "c2VjcmV0")];
    let config = load_with("", &env, &[]).unwrap();
    let shown: Vec<String> = SETTINGS.iter().map(|setting| config.shown(setting.key)).collect();
    let shown = format!("{shown:?} {config:?}");
    assert!(!shown.contains("hunter2") && !shown.contains("c2VjcmV0"), "{shown}");
    assert!(shown.contains("postgres://ww:***@db/ww"));
}

#[test]
fn localhost_is_an_address_to_listen_on() {
    let listen =
        |text| load_with("", &[("WATCHWORD_LISTEN", text)], &[]).map(|config| config.server.listen.to_string());
    assert_eq!(listen("localhost:8199").unwrap(), "127.0.0.1:8199");
    for text in ["nonsense", "localhost", "localhost:", "localhost:99999", ""] {
        assert!(listen(text).unwrap_err().contains("write it like 127.0.0.1:8080"), "{text}");
    }
}

#[test]
fn a_file_that_is_missing_is_told_once() {
    let given = Given { file: Some("/nonexistent.toml".into()), env: &|_| None, flag: &|_| None };
    let told = format!("{:#}", anyhow::Error::from(load(&given).unwrap_err()));
    assert_eq!(told.matches("No such file").count(), 1, "{told}");
    assert!(told.contains("/nonexistent.toml"), "{told}");
}

#[test]
fn a_variable_that_is_no_setting_is_told_with_what_was_meant() {
    let names = ["WATCHWORD_RETENTON_RAW", "WATCHWORD_PIGEON", "WATCHWORD_LISTEN", "WATCHWORD_CONFIG", "HOME"];
    let told = unknown(names.into_iter().map(str::to_owned));
    let told: Vec<_> = told.iter().map(|(name, closest)| (name.as_str(), *closest)).collect();
    assert_eq!(told, [("WATCHWORD_PIGEON", None), ("WATCHWORD_RETENTON_RAW", Some("WATCHWORD_RETENTION_RAW"))]);
}

/// The sample, with every default uncommented, is a valid file that changes nothing.
#[test]
fn the_sample_says_the_defaults() {
    let uncommented = |line: &str| match line.strip_prefix("# ") {
        Some(setting) if setting.contains(" = ") && !setting.ends_with("= ") && !setting.contains('(') => {
            setting.to_owned()
        }
        _ => line.to_owned(),
    };
    let file: Vec<String> = sample().lines().map(uncommented).collect();
    let (sampled, default) = (load_with(&file.join("\n"), &[], &[]).unwrap(), Config::default());
    for setting in SETTINGS {
        assert_eq!(sampled.shown(setting.key), default.shown(setting.key), "{}", setting.key);
        assert!(
            file.iter().any(|line| line.starts_with(setting.parts().1) || setting.default.is_empty()),
            "{}",
            setting.key
        );
    }
}

#[test]
fn the_reference_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/configuration.md");
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == docs(), "run `watchword config --docs > docs/configuration.md`");
}

#[test]
fn a_platform_that_lacks_something_is_refused_with_what_it_lacks() {
    let token = ("WATCHWORD_SLACK_BOT_TOKEN", "xoxb-1");
    let discord = [("WATCHWORD_DISCORD_TOKEN", "abc"), ("WATCHWORD_DISCORD_MODE", "http")];
    let key = ("WATCHWORD_DISCORD_PUBLIC_KEY", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
    let telegram = [("WATCHWORD_TELEGRAM_TOKEN", "1:a"), ("WATCHWORD_TELEGRAM_MODE", "webhook")];
    let url = ("WATCHWORD_TELEGRAM_WEBHOOK_URL", "https://watch.example");
    let cases: [(Vec<(&str, &str)>, &str); 12] = [
        (vec![token], "slack.app_token"),
        (vec![("WATCHWORD_SLACK_APP_TOKEN", "xapp-1")], "slack.bot_token"),
        (vec![token, ("WATCHWORD_SLACK_MODE", "http")], "slack.signing_secret"),
        (
            vec![token, ("WATCHWORD_SLACK_APP_TOKEN", "xapp-1"), ("WATCHWORD_SLACK_COMMAND", "/Watch Word")],
            "slack.command",
        ),
        (discord.to_vec(), "discord.public_key"),
        ([discord.to_vec(), vec![key]].concat(), "chat.listen"),
        (vec![token, ("WATCHWORD_SLACK_MODE", "http"), ("WATCHWORD_SLACK_SIGNING_SECRET", "abc")], "chat.listen"),
        (vec![("WATCHWORD_DISCORD_GUILD", "our server")], "discord.guild"),
        (vec![("WATCHWORD_DISCORD_GUILD", "0")], "discord.guild"),
        (vec![("WATCHWORD_DISCORD_GUILD", "99999999999999999999")], "discord.guild"),
        (telegram.to_vec(), "telegram.webhook_url"),
        ([telegram.to_vec(), vec![url]].concat(), "chat.listen"),
    ];
    for (env, expected) in cases {
        let error = load_with("", &env, &[]).unwrap_err();
        assert!(error.starts_with(expected), "{error} should be about {expected}");
    }
    let whole = [telegram.to_vec(), vec![url, ("WATCHWORD_CHAT_LISTEN", "0.0.0.0:8082")]].concat();
    assert!(load_with("", &whole, &[]).is_ok());
}

#[test]
fn tokens_are_not_shown() {
    let env = [("WATCHWORD_TELEGRAM_TOKEN", "123:hunter2"), ("WATCHWORD_SLACK_SIGNING_SECRET", "")];
    let config = load_with("", &env, &[]).unwrap();
    assert_eq!((config.shown("telegram.token"), config.shown("slack.signing_secret")), ("***".into(), String::new()));
    assert!(!format!("{config:?}").contains("hunter2"));
}

#[test]
fn the_configuration_in_the_pages_of_the_platforms_is_read() {
    for page in ["discord", "slack", "telegram"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../docs/{page}.md"));
        let text = std::fs::read_to_string(path).unwrap();
        let blocks: Vec<&str> = text.split("```toml").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
        assert_eq!(blocks.len(), 2, "{page}: one for each mode");
        for block in blocks {
            let block: String = block.lines().map(|line| format!("{}\n", line.trim_start())).collect();
            assert!(load_with(&block, &[], &[]).is_ok(), "{page}: {:?}", load_with(&block, &[], &[]).err());
        }
    }
}

#[test]
fn what_security_checks_are_told_is_checked() {
    let (url, key, contact) =
        ("WATCHWORD_SECURITY_ZAP_URL", "WATCHWORD_SECURITY_ZAP_KEY", "WATCHWORD_SECURITY_CONTACT");
    let long = "a".repeat(201);
    for (env, field) in [
        ([(key, "hunter2")], "security.zap_url (from /watchword.toml)"),
        ([(url, "ftp://zap")], "security.zap_url (from WATCHWORD_SECURITY_ZAP_URL)"),
        ([(url, "zap:8090 x")], "security.zap_url (from WATCHWORD_SECURITY_ZAP_URL)"),
        ([(contact, "a (b)")], "security.contact (from WATCHWORD_SECURITY_CONTACT)"),
        ([(contact, "müller@shop.example")], "security.contact (from WATCHWORD_SECURITY_CONTACT)"),
        ([(contact, long.as_str())], "security.contact (from WATCHWORD_SECURITY_CONTACT)"),
    ] {
        let error = load_with("", &env, &[]).unwrap_err();
        assert!(error.starts_with(field), "{error}");
    }
    let env = [(url, "http://ada:hunter1@127.0.0.1:8090"), (key, "hunter2"), (contact, "security@shop.example")];
    let config = load_with("", &env, &[]).unwrap();
    let shown: Vec<String> = SETTINGS.iter().map(|setting| config.shown(setting.key)).collect();
    assert!(!format!("{shown:?} {config:?}").contains("hunter2") && !shown.concat().contains("hunter1"), "{shown:?}");
    assert!(config.security.zap().is_some());
    let named = config.security.user_agent("Watchword/1.0");
    assert_eq!(named, "Watchword/1.0 (contact: security@shop.example)");
    assert_eq!(Config::default().security.user_agent("Watchword/1.0"), "Watchword/1.0");
}
