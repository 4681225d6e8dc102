use super::Kind;

/// What there is that an argument can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Monitors.
    Monitor,
    /// Labels of monitors.
    Label,
    /// Groups of monitors.
    Group,
    /// Incidents.
    Incident,
    /// Monitors, labels, groups, or all.
    Subject,
    /// Destinations.
    Destination,
    /// Rotations.
    Rotation,
    /// Destinations, and rotations with an `@`.
    Target,
    /// Routes.
    Route,
    /// Alert rules.
    Rule,
    /// Silences.
    Silence,
    /// Maintenance.
    Maintenance,
    /// Audits.
    Audit,
    /// What is audited again and again.
    AuditSchedule,
    /// Security checks.
    SecurityCheck,
    /// Hosts that are, or are to be, shown to be one's own.
    Host,
    /// Members.
    Member,
    /// Workspaces that are connected.
    Workspace,
}

/// An argument of a command, declared once: the parser, dialogs, help, completion and the docs are derived from it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Argument {
    /// Its name, as in `--interval` and `interval:`.
    pub name: &'static str,
    /// Words that say the same, the best first; without any, its name is the word.
    pub words: &'static [&'static str],
    /// What its values are.
    pub kind: Kind,
    /// Whether its value can stand alone, without a word before it.
    pub positional: bool,
    /// Whether it is asked for when it is missing.
    pub required: bool,
    /// Arguments of which one, when it is given, makes this one needless although it is required.
    pub unless: &'static [&'static str],
    /// Whether it may be given more than once.
    pub repeated: bool,
    /// Whether all values that follow are its own, until another argument's word.
    pub greedy: bool,
    /// Whether `none` takes it away again.
    pub removable: bool,
    /// Whether its values are secrets: lines that hold one are kept nowhere.
    pub secret: bool,
    /// What holds when it is not given.
    pub default: Option<&'static str>,
    /// An example of a value.
    pub example: &'static str,
    /// One sentence about it.
    pub about: &'static str,
    /// The question when it is missing.
    pub ask: &'static str,
    /// What it names, as far as its kind does not tell.
    pub known: Option<Known>,
}

/// The arguments of a command, in groups that commands share.
pub type Arguments = &'static [&'static [Argument]];

impl Argument {
    /// An optional argument that is given once, by a word.
    #[must_use]
    pub const fn new(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self {
            name,
            words: &[],
            kind,
            positional: false,
            required: false,
            unless: &[],
            repeated: false,
            greedy: false,
            removable: false,
            secret: false,
            default: None,
            example: kind.example(),
            about,
            ask: "",
            known: None,
        }
    }

    /// With these words.
    #[must_use]
    pub const fn words(self, words: &'static [&'static str]) -> Self {
        Self { words, ..self }
    }

    /// Its value can stand alone.
    #[must_use]
    pub const fn positional(self) -> Self {
        Self { positional: true, ..self }
    }

    /// It is asked for with this question.
    #[must_use]
    pub const fn required(self, ask: &'static str) -> Self {
        Self { required: true, ask, ..self }
    }

    /// It is not asked for when one of these is given.
    #[must_use]
    pub const fn unless(self, unless: &'static [&'static str]) -> Self {
        Self { unless, ..self }
    }

    /// It may be given more than once.
    #[must_use]
    pub const fn repeated(self) -> Self {
        Self { repeated: true, ..self }
    }

    /// It may be given more than once, and takes all values that follow.
    #[must_use]
    pub const fn greedy(self) -> Self {
        Self { repeated: true, greedy: true, ..self }
    }

    /// `none` takes it away.
    #[must_use]
    pub const fn removable(self) -> Self {
        Self { removable: true, ..self }
    }

    /// Its values are secrets.
    #[must_use]
    pub const fn secret(self) -> Self {
        Self { secret: true, ..self }
    }

    /// What holds when it is not given.
    #[must_use]
    pub const fn default(self, default: &'static str) -> Self {
        Self { default: Some(default), ..self }
    }

    /// It names one of these.
    #[must_use]
    pub const fn of(self, known: Known) -> Self {
        Self { known: Some(known), ..self }
    }

    /// Whether there are values to suggest that differ from day to day.
    #[must_use]
    pub const fn names_what_is_there(&self) -> bool {
        self.known.is_some() || matches!(self.kind, Kind::Monitor | Kind::Incident | Kind::Label)
    }

    /// The word that says it best.
    #[must_use]
    pub fn word(&self) -> &'static str {
        self.words.first().copied().unwrap_or(self.name)
    }

    /// With this example of a value instead of that of its kind.
    #[must_use]
    pub const fn like(self, example: &'static str) -> Self {
        Self { example, ..self }
    }

    /// Whether somebody who says this word means this argument.
    #[must_use]
    pub fn is_called(&self, word: &str) -> bool {
        same_word(self.name, word) || self.words.iter().any(|own| same_word(own, word))
    }

    /// All that it can be called.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.words.iter().copied())
    }
}

/// All arguments of all groups.
pub fn all(arguments: Arguments) -> impl Iterator<Item = &'static Argument> {
    arguments.iter().copied().flatten()
}

/// The argument that is meant by a word.
#[must_use]
pub fn find(arguments: Arguments, word: &str) -> Option<&'static Argument> {
    all(arguments).find(|argument| argument.is_called(word))
}

/// Whether two words are the same to a reader who minds neither case nor the difference of `_` and `-`.
#[must_use]
pub fn same_word(one: &str, other: &str) -> bool {
    let plain = |b: u8| if b == b'_' { b'-' } else { b.to_ascii_lowercase() };
    one.len() == other.len() && one.bytes().map(plain).eq(other.bytes().map(plain))
}
