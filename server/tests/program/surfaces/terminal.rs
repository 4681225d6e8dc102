//! `watchword chat`: each line by itself, and one that stays open and shows the cards.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout};

use super::{PATIENCE, Surface};
use crate::common::{Server, chat, watchword};

pub(crate) struct Terminal<'a> {
    server: &'a Server,
    folder: PathBuf,
    lines: Lines<BufReader<ChildStdout>>,
    _open: (Child, ChildStdin),
}

impl<'a> Terminal<'a> {
    pub(crate) async fn new(server: &'a Server, folder: &Path) -> Self {
        let mut command = watchword(folder);
        command.args(["chat", "--server", &format!("http://{}", server.address)]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let stdin = child.stdin.take().unwrap();
        Self { server, folder: folder.to_owned(), lines, _open: (child, stdin) }
    }
}

impl Surface for Terminal<'_> {
    const LAST_CHART: &'static str = "Uptime of shop";

    async fn say(&mut self, line: &str, shows: &str) -> String {
        let answered = chat(self.server, line).await;
        assert!(answered.text.contains(shows), "{line}: {}", answered.text);
        answered.text
    }

    async fn press(&mut self, label: &str, shows: &str) -> String {
        self.say(&label.to_lowercase(), shows).await
    }

    async fn card(&mut self, shows: &str) -> String {
        let found = tokio::time::timeout(PATIENCE, async {
            while let Some(line) = self.lines.next_line().await.unwrap() {
                if line.contains(shows) {
                    return line;
                }
            }
            panic!("the terminal ended")
        });
        found.await.unwrap_or_else(|_| panic!("no card shows `{shows}`"))
    }

    async fn press_card(&mut self, label: &str) {
        assert_eq!(label, "Acknowledge");
        self.say("ack", "shop").await;
    }

    async fn pdf(&mut self) -> Vec<u8> {
        let said = self.say("show-audit as pdf", "Saved as ").await;
        let path = said.lines().find_map(|line| line.trim().strip_prefix("Saved as ")).unwrap();
        std::fs::read(self.folder.join(path)).unwrap()
    }
}
