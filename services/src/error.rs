use monitor_core::code::ErrorCode;
use monitor_core::monitor::{MonitorError, MonitorName};
use monitor_core::people::{Permission, Role};
use storage::StoreError;

/// Why a service did not do what was asked. The text is for the person who asked and says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The person's role does not allow it.
    #[error("as {} you may not {}; ask an owner or admin of your organisation", role.as_str(), deed(*permission))]
    Denied {
        /// What the entry asks.
        permission: Permission,
        /// What the person is.
        role: Role,
    },
    /// No monitor has that name.
    #[error("there is no monitor `{name}`{}", hint(suggestions))]
    MonitorNotFound {
        /// The name asked for.
        name: String,
        /// Names that are close to it, the closest first.
        suggestions: Vec<String>,
    },
    /// The organisation has no such conversation.
    #[error("there is no such conversation here; start a new one")]
    ConversationNotFound,
    /// Monitors would depend on each other.
    #[error("`{parent}` depends on `{monitor}` itself, or is it; a monitor cannot depend on what depends on it")]
    DependsInCircle {
        /// The monitor that should depend on the other.
        monitor: String,
        /// The other.
        parent: String,
    },
    /// Another monitor has that name.
    #[error("there is a monitor `{0}` already; choose another name, like `name {0}-2`")]
    NameTaken(MonitorName),
    /// The settings do not work.
    #[error(transparent)]
    Invalid(#[from] MonitorError),
    /// A monitor of another kind was asked for what only heartbeats have.
    #[error("`{0}` is not a heartbeat: it is checked from here, and nothing reports in for it")]
    NotHeartbeat(String),
    /// A heartbeat was to be checked.
    #[error("`{0}` is a heartbeat: its job reports in by itself, and there is nothing to check from here")]
    NotChecked(String),
    /// The monitor is being checked and did not become free in time.
    #[error("`{0}` is being checked right now; ask again in a moment")]
    Busy(String),
    /// Something broke here. The log has the cause under the same reference.
    #[error("something went wrong on my side, and it is in the log as {reference}; please try again")]
    Internal {
        /// What ties the message to the log.
        reference: String,
    },
}

impl ServiceError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Denied { .. } => ErrorCode::Denied,
            Self::MonitorNotFound { .. } => ErrorCode::MonitorNotFound,
            Self::ConversationNotFound => ErrorCode::ConversationNotFound,
            Self::DependsInCircle { .. } => ErrorCode::DependsInCircle,
            Self::NameTaken(_) => ErrorCode::NameTaken,
            Self::Invalid(error) => error.code(),
            Self::NotHeartbeat(_) => ErrorCode::NotHeartbeat,
            Self::NotChecked(_) => ErrorCode::NotChecked,
            Self::Busy(_) => ErrorCode::Busy,
            Self::Internal { .. } => ErrorCode::Internal,
        }
    }
}

fn deed(permission: Permission) -> &'static str {
    match permission {
        Permission::Read => "look at monitors",
        Permission::Respond => "run checks or act on incidents",
        Permission::Edit => "add, change or delete monitors",
    }
}

fn hint(suggestions: &[String]) -> String {
    match suggestions {
        [] => "; `list-monitors` shows those there are".to_owned(),
        names => {
            format!("; did you mean {}?", names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or "))
        }
    }
}

/// Logs the cause once, under a reference that the person is given.
impl From<StoreError> for ServiceError {
    fn from(error: StoreError) -> Self {
        let reference = crate::conversations::random_token(6);
        let error: &dyn std::error::Error = &error;
        tracing::error!(%reference, error, "the database did not do what was asked");
        Self::Internal { reference }
    }
}
