//! Starting the real program, talking to it, and stopping it.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "what tests stand on")]

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::time::Duration;

use storage::{ConnectOptions, SecretKey, Store};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::sync::watch;

/// Longer than anything here takes; reached only when something is broken.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program, told to keep everything in that folder.
pub(crate) fn watchword(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_watchword"));
    command.env_clear().env("WATCHWORD_DATA_DIR", folder).current_dir(folder).kill_on_drop(true);
    command
}

/// A running server.
pub(crate) struct Server {
    child: Child,
    folder: PathBuf,
    log: watch::Receiver<String>,
    pub(crate) address: String,
}

/// What one command answered.
pub(crate) struct Answered {
    pub(crate) code: i32,
    pub(crate) text: String,
}

impl Server {
    /// Starts a server on a free port and waits until it says that it is ready.
    pub(crate) async fn start(folder: &Path) -> Self {
        Self::start_with(folder, &[]).await
    }

    /// Starts one with more variables.
    pub(crate) async fn start_with(folder: &Path, variables: &[(&str, &str)]) -> Self {
        let mut command = watchword(folder);
        command.envs(variables.iter().copied());
        command.args(["serve", "--listen", "127.0.0.1:0", "--allow-private-targets", "true"]);
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut so_far = String::new();
        let address = tokio::time::timeout(PATIENCE, async {
            while let Some(line) = lines.next_line().await.unwrap() {
                if let Some((_, address)) = line.split_once("ready: http://") {
                    return address.trim().to_owned();
                }
                so_far.extend([line.as_str(), "\n"]);
            }
            panic!("the server ended: {so_far}")
        });
        let address = address.await.expect("the server becomes ready");
        // What it logs later is read, so that it never blocks on a full pipe.
        let (said, log) = watch::channel(so_far);
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                said.send_modify(|log| log.extend([line.as_str(), "\n"]));
            }
        });
        Self { child, folder: folder.to_owned(), log, address }
    }

    /// All that it has logged.
    pub(crate) fn log(&self) -> String {
        self.log.borrow().clone()
    }

    /// Waits until its log holds that.
    pub(crate) async fn logs(&self, words: &str) {
        let mut log = self.log.clone();
        let said = tokio::time::timeout(PATIENCE, log.wait_for(|log| log.contains(words))).await;
        assert!(matches!(said, Ok(Ok(_))), "`{words}` was not logged: {}", self.log());
    }

    /// Asks for a page; its status and body.
    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        let mut stream = self.send("GET", path, "").await;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    /// Asks for something, and answers the connection on which the answer comes.
    pub(crate) async fn send(&self, method: &str, path: &str, json: &str) -> TcpStream {
        #[expect(clippy::disallowed_methods, reason = "a test's own client")]
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{json}",
            self.address,
            json.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }

    /// Ends it without any chance to tidy up, as `kill -9` does.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// Asks it to end, as an operator does.
    pub(crate) async fn terminate(&mut self) -> ExitStatus {
        let pid = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());
        tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("the server stops").unwrap()
    }

    /// The database that it leaves behind.
    pub(crate) async fn open_database(&self) -> Store {
        let key = SecretKey::from_file_or_create(&self.folder.join("secret.key")).unwrap();
        let url = format!("sqlite:{}", self.folder.join("watchword.db").display());
        Store::connect(&ConnectOptions::new(&url), key).await.unwrap()
    }
}

/// Says the lines of a file.
pub(crate) async fn piped(server: &Server, lines: &str) -> Answered {
    let address = format!("http://{}", server.address);
    let mut command = watchword(&server.folder);
    command.args(["chat", "--server", &address]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).await.unwrap();
    answered(&child.wait_with_output().await.unwrap())
}

/// Says one thing from a terminal.
pub(crate) async fn chat(server: &Server, text: &str) -> Answered {
    let address = format!("http://{}", server.address);
    let output = watchword(&server.folder).args(["chat", "-c", text, "--server", &address]).output().await.unwrap();
    answered(&output)
}

fn answered(output: &Output) -> Answered {
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    Answered { code: output.status.code().unwrap_or(-1), text }
}
