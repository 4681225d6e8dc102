use std::time::Duration;

use monitor_core::alerting::rule::RuleError;
use monitor_core::alerting::{MaintenanceId, NotificationId, RouteId, RoutingError, RuleId, SilenceId, WindowError};
use monitor_core::audit::AuditId;
use monitor_core::audit::changes::Incomparable;
use monitor_core::code::ErrorCode;
use monitor_core::duration::humanize;
use monitor_core::monitor::{MonitorError, MonitorName};
use monitor_core::people::{Permission, Role};
use storage::{SecurityCheckId, StoreError};

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
    /// No destination has that name.
    #[error("there is no destination `{name}`{}", destination_hint(suggestions))]
    DestinationNotFound {
        /// The name asked for.
        name: String,
        /// Names that are close to it, the closest first.
        suggestions: Vec<String>,
    },
    /// Another destination has that name.
    #[error(
        "there is a destination `{0}` already; choose another name, or change that one with `edit-destination {0}`"
    )]
    DestinationTaken(String),
    /// Something of a destination does not work.
    #[error("`{field}` {why}")]
    InvalidDestination {
        /// What: `name`, `rate`, `fallback`, or a field of its kind.
        field: String,
        /// What is wrong, and what to do.
        why: String,
    },
    /// There is no such notification.
    #[error("there is no notification {0}; `list-notifications failed` shows those that could not be delivered")]
    NotificationNotFound(NotificationId),
    /// The notification is not one to be sent again.
    #[error("notification {notification} cannot be sent again: {why}")]
    NotResent {
        /// The notification.
        notification: NotificationId,
        /// Why.
        why: String,
    },
    /// There is no such alert rule.
    #[error("there is no alert rule {0}; `list-alerts` shows those there are")]
    RuleNotFound(RuleId),
    /// The alert rule does not work.
    #[error(transparent)]
    InvalidRule(#[from] RuleError),
    /// The organisation has as many alert rules as it may have.
    #[error("there are {0} alert rules already, which is the most there can be; delete one first")]
    TooManyRules(usize),
    /// More monitors are named one by one than can be.
    #[error("{0} monitors at most can be named; choose them by a label, like env=prod")]
    TooManyNames(usize),
    /// There is no such incident.
    #[error("there is no incident `{0}`; `list-incidents` shows those there are")]
    IncidentNotFound(String),
    /// There is no open incident.
    #[error("there is no open incident; say which one you mean, like `#12`")]
    NoIncident,
    /// There are several open incidents.
    #[error(
        "there are several open incidents; say which one you mean, like `#12` or a monitor's name. `list-incidents open` shows them"
    )]
    WhichIncident,
    /// The incident is over.
    #[error("incident #{0} is over already")]
    IncidentOver(i64),
    /// Somebody takes care of the incident.
    #[error("{by} has acknowledged incident #{incident} already")]
    Acknowledged {
        /// The incident's number.
        incident: i64,
        /// Who takes care of it.
        by: String,
    },
    /// What a person wrote is too long.
    #[error("that is {chars} characters long; {most} are possible")]
    TextTooLong {
        /// How long it is.
        chars: usize,
        /// How long it may be.
        most: usize,
    },
    /// There is no such route.
    #[error("there is no route {0}; `list-routes` shows those there are")]
    RouteNotFound(RouteId),
    /// No rotation has that name.
    #[error("there is no rotation `{name}`{}", close(suggestions, "list-rotations"))]
    RotationNotFound {
        /// The name asked for.
        name: String,
        /// Names that are close to it, the closest first.
        suggestions: Vec<String>,
    },
    /// Another rotation has that name.
    #[error("there is a rotation `{0}` already; choose another name")]
    RotationTaken(String),
    /// A route or a rule tells whoever is on call in the rotation.
    #[error("{by} tells whoever is on call in `{name}`; say `{first}` first")]
    RotationInUse {
        /// The rotation.
        name: String,
        /// What does: `route 2`.
        by: String,
        /// What takes that away: `delete-route 2`.
        first: String,
    },
    /// There is no such silence, or it is over.
    #[error("there is no silence {0} any more; `list-silences` shows those there are")]
    SilenceNotFound(SilenceId),
    /// A silence of that length is not possible.
    #[error("a silence lasts 1 minute to 90 days, not {}", humanize(*.0))]
    SilenceLength(Duration),
    /// Something ends before it begins, or before now.
    #[error("the end has to come after the beginning, and after now")]
    EndsTooEarly,
    /// A route, a rotation or quiet hours do not work.
    #[error(transparent)]
    Routing(#[from] RoutingError),
    /// There is no such maintenance.
    #[error("there is no maintenance {0} that is on or to come; `list-maintenance` shows those there are")]
    MaintenanceNotFound(MaintenanceId),
    /// The maintenance is not on.
    #[error("maintenance {0} is not on; `end-maintenance {0} all` deletes it with all times that are to come")]
    MaintenanceNotOn(MaintenanceId),
    /// The maintenance would not work.
    #[error(transparent)]
    Window(#[from] WindowError),
    /// There are as many as there may be.
    #[error("there are {most} {what} already, which is the most; delete one that is not needed")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many.
        most: usize,
    },
    /// The code lets nobody in there.
    #[error(
        "that code is none I know here: a code works once, for 15 minutes, and on the platform that it was made for; have a new one made"
    )]
    InvalidCode,
    /// There is no such platform.
    #[error("`{0}` is no platform I talk on; say one of discord, slack, telegram")]
    UnknownPlatform(String),
    /// A person has made as many codes as can be open at a time.
    #[error("you have many codes that were not used yet; wait until they expire, 15 minutes after you made them")]
    TooManyCodes,
    /// The place is connected already.
    #[error("this place is connected already; an owner or admin of its organisation can say `disconnect` here first")]
    Connected,
    /// That is possible in a workspace alone.
    #[error("this is not a place that many share; say it in a channel or group that is, or is to be, connected")]
    NotWorkspace,
    /// No connected workspace is meant.
    #[error(
        "{}; `list-connections` shows those there are",
        .0.as_ref().map_or_else(|| "there is no connected place".to_owned(), |name| format!("there is no connected place `{name}`"))
    )]
    WorkspaceNotFound(Option<String>),
    /// Several workspaces are connected.
    #[error("several places are meant; say the number of one, as `list-connections` shows it")]
    WhichWorkspace,
    /// No member is meant.
    #[error("there is nobody called `{0}`; `list-connections` shows who there is")]
    PersonNotFound(String),
    /// Several members are called so.
    #[error("several people are called `{0}`; say the number of one, as `list-connections` shows it")]
    WhichPerson(String),
    /// Nothing here makes audits.
    #[error("audits are not available here: {0}")]
    AuditsUnavailable(String),
    /// Nothing here prints reports.
    #[error("reports cannot be printed here: {0}")]
    PrintingUnavailable(String),
    /// There is no such audit.
    #[error("there is no audit `{0}`; `list-audits` shows those there are")]
    AuditNotFound(String),
    /// There is no audit that could be meant.
    #[error("there is no audit that could be meant; `audit https://shop.example` makes one")]
    NoAudit,
    /// Several audits could be meant.
    #[error("there are several audits; say the number of one, like `#12`. `list-audits` shows them")]
    WhichAudit,
    /// The audit is over.
    #[error("audit {0} is over already")]
    AuditOver(AuditId),
    /// The audit found nothing.
    #[error("audit {audit} is {state}, so there is nothing that it found")]
    NoFigures {
        /// The audit.
        audit: AuditId,
        /// How far it is.
        state: &'static str,
    },
    /// There is nothing to compare an audit with.
    #[error(
        "there is no audit made like audit {0} before it (page, device, schedule, language, headers and cookies); say with which one to compare it, like `compare-audits {0} 7`"
    )]
    NothingBefore(AuditId),
    /// Two audits are not of the same.
    #[error("{0}; choose two of the same page, device and throttling")]
    Incomparable(#[from] Incomparable),
    /// The report could not be printed.
    #[error("the report of audit {0} could not be printed; try again, and look into the log if it stays so")]
    NotPrinted(AuditId),
    /// The report of a period could not be printed.
    #[error("the report could not be printed; try again, and look into the log if it stays so")]
    ReportNotPrinted,
    /// The page is at an address that may not be reached.
    #[error("this page may not be looked at from here: {0}")]
    PageRefused(String),
    /// Something of an audit's schedule does not work.
    #[error("`{field}` {why}")]
    InvalidAudit {
        /// What.
        field: String,
        /// What is wrong, and what to do.
        why: String,
    },
    /// No schedule of audits has that name.
    #[error("there is no audit schedule `{name}`{}", close(suggestions, "list-audit-schedules"))]
    AuditScheduleNotFound {
        /// The name asked for.
        name: String,
        /// Names that are close to it, the closest first.
        suggestions: Vec<String>,
    },
    /// Another schedule of audits has that name.
    #[error("there is an audit schedule `{0}` already; choose another name, like `name {0}-2`")]
    AuditScheduleTaken(String),
    /// There is no such security check.
    #[error("there is no security check `{0}`; `list-security-checks` shows those there are")]
    SecurityCheckNotFound(String),
    /// There is no security check that could be meant.
    #[error("there is no security check that could be meant; `check-security https://shop.example` makes one")]
    NoSecurityCheck,
    /// Several security checks could be meant.
    #[error("there are several security checks; say the number of one, like `#12`. `list-security-checks` shows them")]
    WhichSecurityCheck,
    /// The security check is over.
    #[error("security check {0} is over already")]
    SecurityCheckOver(SecurityCheckId),
    /// There is no ZAP for deep scans.
    #[error("deep scans are not available here: set `security.zap_url` to where an OWASP ZAP listens")]
    ScansUnavailable,
    /// A deep scan of a host that is not shown to be the organisation's.
    #[error(
        "a deep scan attacks, so it is made of hosts alone that are shown to be yours; say `verify-host {0}` first"
    )]
    HostNotVerified(String),
    /// The organisation has no such host.
    #[error("there is no host `{name}`{}", close(suggestions, "list-hosts"))]
    HostNotFound {
        /// The host asked for.
        name: String,
        /// Hosts that are close to it, the closest first.
        suggestions: Vec<String>,
    },
    /// Somebody is a guest, whom only the place lets speak.
    #[error("you are a guest here and no member of the organisation; an owner or admin can `invite` you")]
    NotMember,
    /// An invitation without a name.
    #[error("say what the person is called, like `invite ada responder`")]
    NoName,
    /// Nobody gives or takes what is above one's own role.
    #[error("as {} you cannot decide about the role {}", own.as_str(), role.as_str())]
    RoleAboveOwn {
        /// What the person is.
        own: Role,
        /// What was to be given.
        role: Role,
    },
    /// The cards of all monitors appear in the conversation.
    #[error("the cards of all monitors appear here; say `unfollow everything`, and then `follow` what you want")]
    FollowsEverything,
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
            Self::DestinationNotFound { .. } => ErrorCode::DestinationNotFound,
            Self::DestinationTaken(_) => ErrorCode::NameTaken,
            Self::InvalidDestination { .. } => ErrorCode::InvalidDestination,
            Self::NotificationNotFound(_) | Self::NotResent { .. } => ErrorCode::NotificationNotFound,
            Self::RuleNotFound(_) => ErrorCode::RuleNotFound,
            Self::InvalidRule(error) => error.code(),
            Self::TooManyRules(_) | Self::TooManyNames(_) => ErrorCode::TooMuch,
            Self::IncidentNotFound(_) | Self::NoIncident | Self::WhichIncident => ErrorCode::IncidentNotFound,
            Self::IncidentOver(_) | Self::Acknowledged { .. } => ErrorCode::Settled,
            Self::TextTooLong { .. } => ErrorCode::TooMuch,
            Self::RouteNotFound(_) | Self::RotationNotFound { .. } | Self::SilenceNotFound(_) => ErrorCode::NotFound,
            Self::RotationTaken(_) => ErrorCode::NameTaken,
            Self::RotationInUse { .. } => ErrorCode::InUse,
            Self::SilenceLength(_) | Self::EndsTooEarly => ErrorCode::InvalidPeriod,
            Self::Routing(error) => error.code(),
            Self::MaintenanceNotFound(_) => ErrorCode::NotFound,
            Self::MaintenanceNotOn(_) => ErrorCode::Settled,
            Self::Window(error) => error.code(),
            Self::TooMany { .. } => ErrorCode::TooMuch,
            Self::InvalidCode => ErrorCode::InvalidCode,
            Self::UnknownPlatform(_) => ErrorCode::InvalidValue,
            Self::TooManyCodes => ErrorCode::TooMuch,
            Self::Connected => ErrorCode::Settled,
            Self::NotWorkspace => ErrorCode::InvalidValue,
            Self::WorkspaceNotFound(_) | Self::WhichWorkspace => ErrorCode::NotFound,
            Self::PersonNotFound(_) | Self::WhichPerson(_) => ErrorCode::NotFound,
            Self::AuditsUnavailable(_) | Self::PrintingUnavailable(_) => ErrorCode::Unavailable,
            Self::AuditNotFound(_) | Self::NoAudit | Self::WhichAudit => ErrorCode::NotFound,
            Self::NothingBefore(_) | Self::AuditScheduleNotFound { .. } => ErrorCode::NotFound,
            Self::AuditOver(_) | Self::NoFigures { .. } => ErrorCode::Settled,
            Self::Incomparable(_) => ErrorCode::ConflictingArguments,
            Self::NotPrinted(_) | Self::ReportNotPrinted => ErrorCode::Internal,
            Self::PageRefused(_) => ErrorCode::AddressRefused,
            Self::InvalidAudit { .. } => ErrorCode::InvalidValue,
            Self::AuditScheduleTaken(_) => ErrorCode::NameTaken,
            Self::SecurityCheckNotFound(_) | Self::NoSecurityCheck | Self::WhichSecurityCheck => ErrorCode::NotFound,
            Self::HostNotFound { .. } => ErrorCode::NotFound,
            Self::SecurityCheckOver(_) => ErrorCode::Settled,
            Self::ScansUnavailable => ErrorCode::Unavailable,
            Self::HostNotVerified(_) => ErrorCode::Unverified,
            Self::NotMember | Self::RoleAboveOwn { .. } => ErrorCode::Denied,
            Self::NoName => ErrorCode::MissingValue,
            Self::FollowsEverything => ErrorCode::InUse,
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
        Permission::Manage => "manage people and places",
    }
}

fn hint(suggestions: &[String]) -> String {
    close(suggestions, "list-monitors")
}

fn destination_hint(suggestions: &[String]) -> String {
    close(suggestions, "list-destinations")
}

/// The names that may have been meant, or the command that lists all.
fn close(suggestions: &[String], list: &str) -> String {
    match suggestions {
        [] => format!("; `{list}` shows those there are"),
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
