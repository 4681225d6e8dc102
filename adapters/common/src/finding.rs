//! What `watchword doctor` finds out about a platform.

/// Something that was looked at before a platform is spoken to in earnest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at and what it showed, in one line. Never holds a token.
    pub what: String,
    /// Whether it is as it has to be.
    pub ok: bool,
    /// What to do about it; or, when it is, to have more than that.
    pub mend: Option<String>,
}

impl Finding {
    /// Something that is as it has to be.
    #[must_use]
    pub fn ok(what: impl Into<String>) -> Self {
        Self { what: what.into(), ok: true, mend: None }
    }

    /// Something that is not, and what to do about it.
    #[must_use]
    pub fn wrong(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { what: what.into(), ok: false, mend: Some(mend.into()) }
    }
}
