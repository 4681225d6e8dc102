/// A type of what a page loads: Lighthouse's `resource-summary`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResourceKind {
    /// All types together.
    Total,
    /// HTML.
    Document,
    /// Scripts.
    Script,
    /// Style sheets.
    Stylesheet,
    /// Pictures.
    Image,
    /// Fonts.
    Font,
    /// Sound and film.
    Media,
    /// Anything else.
    Other,
    /// What comes from others, of all types: counted among these once more.
    ThirdParty,
}

impl ResourceKind {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 9] = [
        Self::Total,
        Self::Document,
        Self::Script,
        Self::Stylesheet,
        Self::Image,
        Self::Font,
        Self::Media,
        Self::Other,
        Self::ThirdParty,
    ];

    /// Lighthouse's name.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Document => "document",
            Self::Script => "script",
            Self::Stylesheet => "stylesheet",
            Self::Image => "image",
            Self::Font => "font",
            Self::Media => "media",
            Self::Other => "other",
            Self::ThirdParty => "third-party",
        }
    }

    /// Its name for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Total => "Page size",
            Self::Document => "HTML",
            Self::Script => "Scripts",
            Self::Stylesheet => "Style sheets",
            Self::Image => "Images",
            Self::Font => "Fonts",
            Self::Media => "Media",
            Self::Other => "Other",
            Self::ThirdParty => "Third parties",
        }
    }
}
