//! What becomes of an entry of a file.

use std::collections::HashMap;

use monitor_core::heartbeat::Uuid;
use monitor_core::labels::{Label, Labels, MAX_LABELS};
use monitor_core::monitor::{CheckSpec, MonitorError, Settings};

use crate::words;

/// The key of the label that says where a monitor came from. By it a monitor is known again whatever it is called now.
const ORIGIN: &str = "imported";

/// Most characters of an origin, which leaves the room of a label's value that a number behind it may take.
const ORIGIN_CHARS: usize = 54;

/// What was read of a file.
#[derive(Debug)]
pub struct Import {
    /// The format, for people.
    pub format: &'static str,
    /// The entries in their order.
    pub entries: Vec<Entry>,
    /// What of the file was not read at all.
    pub notes: Vec<String>,
}

/// An entry of a file.
#[derive(Debug)]
pub enum Entry {
    /// It can become a monitor.
    Taken(Box<Draft>),
    /// It cannot.
    Left {
        /// What it is called in the file.
        from: String,
        /// Why.
        why: String,
    },
}

/// A monitor that has not been added yet.
#[derive(Debug)]
pub struct Draft {
    /// What it is called in the file.
    pub from: String,
    /// Its settings; a label says where it came from.
    pub settings: Settings,
    /// Whether it is not to be checked for the time being.
    pub paused: bool,
    /// The address that a heartbeat keeps, so that its job needs another host and nothing else.
    pub address: Option<Uuid>,
    /// What is not as it was, and what could not be carried over.
    pub notes: Vec<String>,
}

impl Draft {
    /// A draft of that name and check with a label of where it came from: a word for the program, and its id there.
    pub(crate) fn new(from: &str, origin: (&str, &str), spec: CheckSpec) -> Result<Self, String> {
        let name = words::name(from).ok_or("it has no name")?;
        let mut notes = Vec::new();
        if name.as_str() != from.trim() {
            notes.push(format!("its name becomes {name}"));
        }
        let mut settings = Settings::new(name, spec);
        let (program, id) = origin;
        let label = label(&format!("{program}/{}", words::id(id, ORIGIN_CHARS - program.len() - 1)));
        settings.labels.set(label.map_err(|error| error.to_string())?);
        Ok(Self { from: from.to_owned(), settings, paused: false, address: None, notes })
    }

    /// Notes an option that could not be carried over.
    pub(crate) fn lose(&mut self, option: &str) {
        self.note(format!("without {option}"));
    }

    /// Notes what is not as it was.
    pub(crate) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Adds an assertion, or a note that it cannot be made of this kind of check.
    pub(crate) fn assert(&mut self, assertion: &str, meant: &str) {
        let mut assertions = self.settings.assertions.clone();
        let spec = &self.settings.spec;
        let fits = assertion
            .parse()
            .and_then(|assertion| assertions.push(assertion))
            .and_then(|()| assertions.compile(spec.facts(), spec.default_assertions()));
        match fits {
            Ok(_) => self.settings.assertions = assertions,
            Err(_) => self.lose(meant),
        }
    }

    /// Sets a label for a tag, whose value may be empty.
    pub(crate) fn tag(&mut self, key: &str, value: &str) {
        let value = if value.trim().is_empty() { "yes" } else { value };
        let text = format!("{}={}", words::word(key, 60).to_lowercase(), words::word(value, 60));
        // A tag of the key of the origin would be taken for one.
        match text.parse::<Label>() {
            Ok(label) if label.key != ORIGIN && self.settings.labels.len() < MAX_LABELS => {
                self.settings.labels.set(label);
            }
            _ => self.lose(&format!("the tag {key}")),
        }
    }

    /// The draft if its settings work, or why they do not.
    pub(crate) fn checked(self) -> Result<Self, String> {
        self.settings.validate().map(|()| self).map_err(|error| error.to_string())
    }
}

impl Import {
    /// Numbers the entries that the other program does not tell apart, such as two of the same name, so that none is taken
    /// for another. No id has a slash, so none looks like a numbered one.
    pub(crate) fn numbered(mut self) -> Self {
        let mut seen: HashMap<String, usize> = HashMap::new();
        for entry in &mut self.entries {
            let Entry::Taken(draft) = entry else { continue };
            let labels = &mut draft.settings.labels;
            let Some(own) = origin(labels) else { continue };
            let number = seen.entry(own.value.clone()).or_default();
            *number += 1;
            if *number > 1
                && let Ok(numbered) = label(&format!("{}/{number}", own.value))
            {
                labels.set(numbered);
            }
        }
        self
    }
}

/// The label that says where a monitor came from.
pub(crate) fn origin(labels: &Labels) -> Option<Label> {
    labels.iter().find(|label| label.key == ORIGIN)
}

fn label(origin: &str) -> Result<Label, MonitorError> {
    format!("{ORIGIN}={origin}").parse()
}

impl Entry {
    /// What became of the entry of that name.
    pub(crate) fn of(from: &str, draft: Result<Draft, String>) -> Self {
        match draft.and_then(Draft::checked) {
            Ok(draft) => Self::Taken(Box::new(draft)),
            Err(why) => Self::Left { from: from.to_owned(), why },
        }
    }
}
