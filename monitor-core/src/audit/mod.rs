//! Audits of web pages: what is asked for, what Lighthouse and Chromium found, and how two audits differ.
//!
//! | module | what it defines |
//! |---|---|
//! | [`spec`], [`locale`] | what is audited and how |
//! | [`figure`] | the figures of an audit by name: scores, metrics, bytes, requests |
//! | [`summary`] | what an audit found, without Lighthouse's own 600 kB |
//! | [`pwa`] | whether a page is a Progressive Web App: what Chromium says of it, and its score |
//! | [`budget`] | limits that a page has to keep |
//! | [`changes`] | what changed between two audits, and whether that is more than noise |

pub mod budget;
pub mod changes;
pub mod figure;
pub mod locale;
pub mod pwa;
pub mod spec;
pub mod summary;

/// An audit's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct AuditId(pub i64);

impl std::fmt::Display for AuditId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// What an audit looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Category {
    /// How fast the page is.
    Performance,
    /// Whether everybody can use it.
    Accessibility,
    /// Whether it does what the web's platform advises.
    BestPractices,
    /// Whether search engines can read it.
    Seo,
    /// Whether it can be installed and starts offline.
    Pwa,
}

impl Category {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 5] = [Self::Performance, Self::Accessibility, Self::BestPractices, Self::Seo, Self::Pwa];

    /// Its name in specs, budgets and Lighthouse's results.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Performance => "performance",
            Self::Accessibility => "accessibility",
            Self::BestPractices => "best-practices",
            Self::Seo => "seo",
            Self::Pwa => "pwa",
        }
    }

    /// Its name for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Performance => "Performance",
            Self::Accessibility => "Accessibility",
            Self::BestPractices => "Best practices",
            Self::Seo => "SEO",
            Self::Pwa => "Progressive Web App",
        }
    }
}

/// How good a score or a metric is: Lighthouse's three colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rating {
    /// Green.
    Good,
    /// Orange.
    NeedsWork,
    /// Red.
    Poor,
}

impl Rating {
    /// Of a score of 0 to 100. Source: <https://developer.chrome.com/docs/lighthouse/performance/performance-scoring>.
    #[must_use]
    pub fn of_score(score: u8) -> Self {
        match score {
            90.. => Self::Good,
            50..90 => Self::NeedsWork,
            _ => Self::Poor,
        }
    }

    /// In words.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::NeedsWork => "needs work",
            Self::Poor => "poor",
        }
    }
}
