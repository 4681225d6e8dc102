//! The line one types on: a thread of its own, for reading from a terminal blocks.

use std::path::PathBuf;
use std::sync::mpsc as blocking;

use bot_core::TextStyle;
use rustyline::completion::{Completer, Pair};
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{
    CompletionType, Config, Context, Editor, ExternalPrinter as _, Helper, Highlighter, Hinter, Validator,
};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use crate::client::{Choice, Client, Completion};

const PROMPT: &str = "watchword> ";
const PROMPT_IN_COLOUR: &str = "\u{1b}[1;34mwatchword>\u{1b}[0m ";

/// Messages that may wait to be shown above the line.
const WAITING: usize = 256;

/// Completions up to which each is listed with what it is; more stand side by side.
const EXPLAINED: usize = 12;

/// Columns that a completion and what it is may take.
const WIDEST: usize = 76;

/// A line that was typed.
#[derive(Debug)]
pub(crate) struct Typed {
    pub(crate) text: String,
    /// Columns of the terminal.
    pub(crate) width: usize,
}

/// The thread's other end.
#[derive(Debug)]
pub(crate) struct Line {
    typed: mpsc::Receiver<Result<Typed, ReadlineError>>,
    ask: blocking::Sender<Option<String>>,
    above: Option<blocking::SyncSender<String>>,
    /// Columns of the terminal at the start.
    pub(crate) width: usize,
}

/// How the line behaves.
pub(crate) struct Settings {
    pub(crate) history: Option<PathBuf>,
    pub(crate) colour: bool,
}

impl Line {
    /// Starts the thread, which waits to be asked.
    pub(crate) fn start(client: Client, settings: Settings) -> Result<Self, ReadlineError> {
        let mut editor = editor(Some(Completions { client, runtime: Handle::current() }))?;
        if let Some(path) = &settings.history {
            // There is none before the first session; one that cannot be read is no reason not to talk.
            let _ = editor.load_history(path);
        }
        let width = columns(&mut editor);
        let above = editor.create_external_printer().ok().map(|mut printer| {
            let (sender, receiver) = blocking::sync_channel::<String>(WAITING);
            // Printing waits for the line to be ready, so it too has its own thread.
            std::thread::spawn(move || receiver.into_iter().try_for_each(|message| printer.print(message)));
            sender
        });
        let (ask, asked) = blocking::channel();
        let (lines, typed) = mpsc::channel(1);
        std::thread::spawn(move || read(&mut editor, &settings, &asked, &lines));
        Ok(Self { typed, ask, above, width })
    }

    /// Lets the person type the next line, and keeps that one to be recalled. Only once it was answered is it known whether a
    /// line may be kept.
    pub(crate) fn ask(&self, keep: Option<String>) {
        // A thread that has ended has closed `typed`, which is where it is noticed.
        let _ = self.ask.send(keep);
    }

    /// The line that was typed; `None` when the person left.
    pub(crate) async fn typed(&mut self) -> Option<Result<Typed, ReadlineError>> {
        self.typed.recv().await
    }

    /// Shows a message above the line being typed; gives it back when there is no terminal to do so.
    pub(crate) fn show_above(&self, message: String) -> Option<String> {
        let Some(above) = &self.above else { return Some(message) };
        // With so many waiting nobody reads any more; `list-incidents` has them all.
        let _ = above.try_send(message);
        None
    }
}

fn editor(helper: Option<Completions>) -> Result<Editor<Completions, FileHistory>, ReadlineError> {
    let config =
        Config::builder().auto_add_history(false).history_ignore_space(true).completion_type(CompletionType::List);
    let mut editor = Editor::with_config(config.build())?;
    editor.set_helper(helper);
    Ok(editor)
}

/// Columns of the terminal that is written to, or of plain text where there is none.
pub(crate) fn width() -> usize {
    editor(None).map_or(TextStyle::PLAIN.width, |mut editor| columns(&mut editor))
}

fn columns(editor: &mut Editor<Completions, FileHistory>) -> usize {
    editor.dimensions().map_or(TextStyle::PLAIN.width, |(columns, _)| usize::from(columns))
}

/// Reads one line each time it is asked, until the person leaves or nobody asks any more.
fn read(
    editor: &mut Editor<Completions, FileHistory>,
    settings: &Settings,
    asked: &blocking::Receiver<Option<String>>,
    lines: &mpsc::Sender<Result<Typed, ReadlineError>>,
) {
    while let Ok(keep) = asked.recv() {
        remember(editor, settings, keep);
        let prompt = if settings.colour { PROMPT_IN_COLOUR } else { PROMPT };
        let line = loop {
            match editor.readline(&(PROMPT, prompt)) {
                // Ctrl-C clears the line.
                Err(ReadlineError::Interrupted) => {}
                line => break line,
            }
        };
        let typed = match line {
            Ok(text) => Ok(Typed { text, width: columns(editor) }),
            Err(ReadlineError::Eof) => return,
            Err(error) => Err(error),
        };
        if lines.blocking_send(typed).is_err() {
            return;
        }
    }
}

fn remember(editor: &mut Editor<Completions, FileHistory>, settings: &Settings, line: Option<String>) {
    let Some(line) = line else { return };
    // A history that cannot be written is still there for this session.
    if let (Ok(true), Some(path)) = (editor.add_history_entry(line), &settings.history) {
        let _ = editor.append_history(path);
    }
}

/// Asks the server how a line could go on.
#[derive(Helper, Hinter, Highlighter, Validator)]
struct Completions {
    client: Client,
    runtime: Handle,
}

impl Completer for Completions {
    type Candidate = Pair;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let before = line.get(..at).unwrap_or(line);
        let completion = self.runtime.block_on(self.client.complete(before)).unwrap_or_default();
        Ok((completion.start.min(at), candidates(completion)))
    }
}

fn candidates(completion: Completion) -> Vec<Pair> {
    let count = completion.choices.len();
    let widest = completion.choices.iter().map(|choice| choice.text.chars().count()).max().unwrap_or(0);
    let pair = |choice: Choice| Pair {
        display: if count <= EXPLAINED { explained(&choice, widest) } else { choice.text.clone() },
        // A lone choice is taken at once; the space after it lets one type on.
        replacement: if count == 1 { format!("{} ", choice.text) } else { choice.text },
    };
    completion.choices.into_iter().map(pair).collect()
}

/// A completion with what it is, on one line.
fn explained(choice: &Choice, widest: usize) -> String {
    let line = format!("{:widest$}  {}", choice.text, choice.about);
    match line.char_indices().nth(WIDEST) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line.trim_end().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(choices: &[(&str, &str)]) -> Vec<(String, String)> {
        let choices = choices.iter().map(|(text, about)| Choice { text: (*text).into(), about: (*about).into() });
        let pairs = candidates(Completion { start: 0, choices: choices.collect() });
        pairs.into_iter().map(|pair| (pair.display, pair.replacement)).collect()
    }

    #[test]
    fn a_lone_choice_is_followed_by_a_space() {
        assert_eq!(shown(&[("shop", "")]), [("shop".to_owned(), "shop ".to_owned())]);
    }

    #[test]
    fn choices_are_explained_on_one_line_each() {
        let long = "x".repeat(100);
        let shown = shown(&[("status", "How everything is"), ("show-report", &long)]);
        assert_eq!(shown[0], ("status       How everything is".to_owned(), "status".to_owned()));
        assert_eq!(shown[1].0.chars().count(), WIDEST + 1);
    }

    #[test]
    fn many_choices_stand_side_by_side() {
        let many = vec![("m", "a monitor"); EXPLAINED + 1];
        assert!(shown(&many).iter().all(|(display, _)| display == "m"));
    }
}
