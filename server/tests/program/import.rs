//! `watchword import`, beside a running server.

use crate::common::{Server, chat, watchword};

const SERVICES: &str = r#"[
    {"name": "Web shop", "base_url": "https://shop.example", "health_path": "/health", "owner": "team-a"},
    {"name": "files", "base_url": "ftp://files.example"}
]"#;

#[tokio::test]
async fn an_import_beside_a_running_server_is_seen_there_and_doubles_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("services.json");
    std::fs::write(&file, SERVICES).unwrap();
    let server = Server::start(folder.path()).await;
    let import = |arguments: &'static [&'static str]| {
        let mut command = watchword(folder.path());
        command.arg("import").arg(&file).args(arguments);
        async move {
            let output = command.output().await.unwrap();
            let errors = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{errors}");
            String::from_utf8(output.stdout).unwrap()
        }
    };
    assert!(import(&["--dry-run"]).await.contains("1 would add, 0 unchanged, 1 not taken."));
    assert!(import(&[]).await.contains("Web shop  added      Web-shop\n"));
    assert!(import(&[]).await.contains("0 added, 1 unchanged, 1 not taken."));
    let listed = chat(&server, "list-monitors").await;
    assert_eq!(listed.text.matches("Web-shop").count(), 1, "{}", listed.text);
}

#[tokio::test]
async fn a_file_that_is_none_is_refused_with_what_to_give() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("x"), "hello").unwrap();
    for (file, message) in [("x", "I don't know this file; give a services.json"), ("y", "cannot read y")] {
        let refused = watchword(folder.path()).args(["import", file]).output().await.unwrap();
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(refused.status.code() == Some(2) && said.contains(message), "{said}");
    }
}
