use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bot_core::grammar::GrammarError;
use monitor_core::code::ErrorCode;
use serde_json::json;
use services::ServiceError;

/// Why a request was not served, told as `{"error": {"code", "message"}}`.
#[derive(Debug)]
pub(crate) enum ApiError {
    NoRoute,
    WrongMethod,
    /// The `Host` is not this machine's.
    ForeignHost(String),
    /// The request comes from a page of another site.
    ForeignSite,
    NotJson,
    /// The body or query is not what the route takes; says how.
    Invalid(String),
    TooLong,
    Service(ServiceError),
}

impl From<ServiceError> for ApiError {
    fn from(error: ServiceError) -> Self {
        Self::Service(error)
    }
}

impl ApiError {
    fn status(&self) -> StatusCode {
        match self {
            Self::NoRoute => StatusCode::NOT_FOUND,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::ForeignHost(_) | Self::ForeignSite => StatusCode::FORBIDDEN,
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Service(error) => match error {
                ServiceError::Denied { .. }
                | ServiceError::RoleAboveOwn { .. }
                | ServiceError::NotMember
                | ServiceError::HostNotVerified(_)
                | ServiceError::InvalidCode => StatusCode::FORBIDDEN,
                ServiceError::MonitorNotFound { .. }
                | ServiceError::DestinationNotFound { .. }
                | ServiceError::NotificationNotFound(_)
                | ServiceError::RuleNotFound(_)
                | ServiceError::IncidentNotFound(_)
                | ServiceError::NoIncident
                | ServiceError::RouteNotFound(_)
                | ServiceError::RotationNotFound { .. }
                | ServiceError::SilenceNotFound(_)
                | ServiceError::MaintenanceNotFound(_)
                | ServiceError::WorkspaceNotFound(_)
                | ServiceError::PersonNotFound(_)
                | ServiceError::AuditNotFound(_)
                | ServiceError::NoAudit
                | ServiceError::NothingBefore(_)
                | ServiceError::AuditScheduleNotFound { .. }
                | ServiceError::SecurityCheckNotFound(_)
                | ServiceError::NoSecurityCheck
                | ServiceError::HostNotFound { .. }
                | ServiceError::ConversationNotFound => StatusCode::NOT_FOUND,
                ServiceError::NameTaken(_)
                | ServiceError::DestinationTaken(_)
                | ServiceError::RotationTaken(_)
                | ServiceError::RotationInUse { .. }
                | ServiceError::NotResent { .. }
                | ServiceError::WhichIncident
                | ServiceError::WhichWorkspace
                | ServiceError::WhichPerson(_)
                | ServiceError::Connected
                | ServiceError::NotWorkspace
                | ServiceError::FollowsEverything
                | ServiceError::IncidentOver(_)
                | ServiceError::Acknowledged { .. }
                | ServiceError::MaintenanceNotOn(_)
                | ServiceError::DependsInCircle { .. }
                | ServiceError::NotHeartbeat(_)
                | ServiceError::NotChecked(_)
                | ServiceError::WhichAudit
                | ServiceError::AuditOver(_)
                | ServiceError::NoFigures { .. }
                | ServiceError::Incomparable(_)
                | ServiceError::WhichSecurityCheck
                | ServiceError::SecurityCheckOver(_)
                | ServiceError::AuditScheduleTaken(_) => StatusCode::CONFLICT,
                ServiceError::Invalid(_)
                | ServiceError::InvalidDestination { .. }
                | ServiceError::InvalidRule(_)
                | ServiceError::TooManyRules(_)
                | ServiceError::TooManyNames(_)
                | ServiceError::TooMany { .. }
                | ServiceError::TooManyCodes
                | ServiceError::UnknownPlatform(_)
                | ServiceError::NoName
                | ServiceError::TextTooLong { .. }
                | ServiceError::SilenceLength(_)
                | ServiceError::EndsTooEarly
                | ServiceError::Routing(_)
                | ServiceError::PageRefused(_)
                | ServiceError::InvalidAudit { .. }
                | ServiceError::Window(_) => StatusCode::BAD_REQUEST,
                ServiceError::Busy(_)
                | ServiceError::AuditsUnavailable(_)
                | ServiceError::PrintingUnavailable(_)
                | ServiceError::ScansUnavailable => StatusCode::SERVICE_UNAVAILABLE,
                ServiceError::NotPrinted(_) | ServiceError::ReportNotPrinted | ServiceError::Internal { .. } => {
                    StatusCode::INTERNAL_SERVER_ERROR
                }
            },
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NoRoute => "no_route",
            Self::WrongMethod => "wrong_method",
            Self::ForeignHost(_) => "foreign_host",
            Self::ForeignSite => "foreign_site",
            Self::NotJson => "not_json",
            Self::Invalid(_) => "invalid",
            Self::TooLong => ErrorCode::MessageTooLong.as_str(),
            Self::Service(error) => error.code().as_str(),
        }
    }

    fn message(&self) -> String {
        match self {
            Self::NoRoute => "there is nothing at this address; the chat is at /".to_owned(),
            Self::WrongMethod => "this address does not take that method".to_owned(),
            Self::ForeignHost(host) => {
                format!(
                    "this server answers to localhost and loopback addresses only, not to {host:?}; open it as http://localhost with its port"
                )
            }
            Self::ForeignSite => "requests from pages of other sites are refused".to_owned(),
            Self::NotJson => "send JSON, with the header `content-type: application/json`".to_owned(),
            Self::Invalid(message) => message.clone(),
            Self::TooLong => GrammarError::TooLong.to_string(),
            Self::Service(error) => error.to_string(),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = json!({ "error": { "code": self.code(), "message": self.message() } });
        (self.status(), Json(body)).into_response()
    }
}
