//! Monitors of other protocols.

use monitor_core::checks::{
    DnsSpec, Endpoint, GrpcSpec, IcmpSpec, Login, MailSpec, MqttSpec, RedisSpec, Security, SqlSpec, TcpSpec,
    WebSocketSpec,
};
use monitor_core::monitor::CheckSpec;
use monitor_core::secret::Secret;
use url::Url;

use crate::asserted::quoted;
use crate::draft::Draft;
use crate::record::Record;

pub(super) fn draft(
    kind: &str,
    record: &mut Record,
    start: impl FnOnce(CheckSpec) -> Result<Draft, String>,
) -> Result<Draft, String> {
    match kind {
        "port" => start(CheckSpec::Tcp(TcpSpec::new(endpoint(record, None)?))),
        "ping" => ping(record).and_then(|spec| start(CheckSpec::Icmp(spec))),
        "dns" => dns(record, start),
        "mqtt" => mqtt(record, start),
        "postgres" => sql(record, 5432).and_then(|spec| start(CheckSpec::Postgres(spec))),
        "mysql" => sql(record, 3306).and_then(|spec| start(CheckSpec::Mysql(spec))),
        "redis" => redis(record).and_then(|spec| start(CheckSpec::Redis(spec))),
        "smtp" => smtp(record).and_then(|spec| start(CheckSpec::Smtp(spec))),
        "websocket-upgrade" => websocket(record).and_then(|spec| start(CheckSpec::WebSocket(spec))),
        "grpc-keyword" => grpc(record).and_then(|spec| start(CheckSpec::Grpc(spec))),
        "" => Err("it has no type".to_owned()),
        other => Err(format!("monitors of type {other} are not possible here")),
    }
}

fn text<E: ToString>(error: E) -> String {
    error.to_string()
}

fn endpoint(record: &mut Record, default_port: Option<u16>) -> Result<Endpoint, String> {
    let host = record.text("hostname").ok_or("it has no host")?;
    let port = record.count("port").and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0).or(default_port);
    Endpoint::parse(&host, port).map_err(text)
}

fn ping(record: &mut Record) -> Result<IcmpSpec, String> {
    let mut spec = IcmpSpec::new(&record.text("hostname").ok_or("it has no host")?).map_err(text)?;
    if let Some(bytes) = record.count("packet_size").filter(|bytes| *bytes > 0) {
        spec.payload_bytes = u16::try_from(bytes).unwrap_or(u16::MAX).clamp(8, 1_400);
    }
    if let Some(count) = record.count("ping_count").filter(|count| *count > 0) {
        spec.count = u8::try_from(count).unwrap_or(u8::MAX).min(10);
    }
    record.ignore(&["ping_numeric", "ping_per_request_timeout"]);
    Ok(spec)
}

fn dns(record: &mut Record, start: impl FnOnce(CheckSpec) -> Result<Draft, String>) -> Result<Draft, String> {
    let mut spec = DnsSpec::new(&record.text("hostname").ok_or("it has no host")?);
    let port = record.count("port").and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0);
    if let Some(kind) = record.text("dns_resolve_type") {
        spec.record = kind.parse().map_err(text)?;
    }
    let servers = record.text("dns_resolve_server").unwrap_or_default();
    let mut servers = servers.split(',').map(str::trim).filter(|server| !server.is_empty());
    if let Some(first) = servers.next() {
        spec.resolver = Some(Endpoint::parse(first, Some(port.unwrap_or(53))).map_err(text)?);
    }
    let more: Vec<&str> = servers.collect();
    let mut draft = start(CheckSpec::Dns(spec))?;
    if !more.is_empty() {
        draft.note(format!("only the first dns_resolve_server is asked, not {}", more.join(", ")));
    }
    Ok(draft)
}

fn mqtt(record: &mut Record, start: impl FnOnce(CheckSpec) -> Result<Draft, String>) -> Result<Draft, String> {
    let host = record.text("hostname").ok_or("it has no host")?;
    let (scheme, host) = host.split_once("://").unwrap_or(("mqtt", &host));
    let tls = match scheme {
        "mqtt" => false,
        "mqtts" => true,
        other => return Err(format!("MQTT over {other} is not possible here")),
    };
    let port = record.count("port").and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0);
    let port = port.unwrap_or(if tls { 8883 } else { 1883 });
    let mut spec = MqttSpec { tls, ..MqttSpec::new(Endpoint::parse(host, Some(port)).map_err(text)?) };
    let password = record.text("mqtt_password").unwrap_or_default();
    spec.login = record.text("mqtt_username").map(|user| Login { user, password: Secret::new(password) });
    spec.topic = record.text("mqtt_topic");
    let (wanted, kind) = (record.text("mqtt_success_message"), record.text("mqtt_check_type"));
    if kind.as_deref() == Some("json-query") {
        return Err("its JSON query of an MQTT message cannot be said here".to_owned());
    }
    let mut draft = start(CheckSpec::Mqtt(spec))?;
    if let Some(wanted) = wanted {
        draft.assert(&format!("body contains {}", quoted(&wanted)), "mqtt_success_message");
    }
    Ok(draft)
}

/// The parts of `postgres://user:password@host:port/database`.
struct Place {
    endpoint: Endpoint,
    login: Option<Login>,
    path: Option<String>,
    url: Url,
}

fn place(record: &mut Record, default_port: u16) -> Result<Place, String> {
    let address = record.text("database_connection_string").ok_or("it has no connection string")?;
    // What is wrong with it is not told, as it holds a password.
    let url = Url::parse(address.trim()).map_err(|_| "its connection string is not an address")?;
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or("its connection string has no host")?;
    let endpoint = Endpoint::parse(host, Some(url.port().unwrap_or(default_port))).map_err(text)?;
    let decoded = |part: &str| {
        let form = part.replace('+', "%2B");
        url::form_urlencoded::parse(format!("v={form}").as_bytes())
            .next()
            .map(|(_, v)| v.into_owned())
            .unwrap_or_default()
    };
    let (user, password) = (decoded(url.username()), url.password().map(decoded));
    let login = (!user.is_empty() || password.is_some())
        .then(|| Login { user, password: Secret::new(password.unwrap_or_default()) });
    let path = Some(decoded(url.path().trim_start_matches('/'))).filter(|path| !path.is_empty());
    Ok(Place { endpoint, login, path, url })
}

fn sql(record: &mut Record, default_port: u16) -> Result<SqlSpec, String> {
    let place = place(record, default_port)?;
    let query = record.text("database_query").unwrap_or_else(|| "SELECT 1".to_owned());
    let secure = place.url.query_pairs().any(|(name, value)| {
        matches!(name.as_ref(), "ssl" | "sslmode" | "ssl-mode")
            && !matches!(value.as_ref(), "false" | "0" | "disable" | "DISABLED" | "allow" | "prefer" | "PREFERRED")
    });
    let security = if secure { Security::StartTls } else { Security::None };
    Ok(SqlSpec { endpoint: place.endpoint, database: place.path, login: place.login, security, query })
}

fn redis(record: &mut Record) -> Result<RedisSpec, String> {
    let place = place(record, 6379)?;
    let database = match place.path {
        Some(number) => number.parse().map_err(|_| "its connection string names no database by number")?,
        None => 0,
    };
    record.ignore(&["database_query"]);
    Ok(RedisSpec {
        tls: place.url.scheme() == "rediss",
        login: place.login,
        database,
        ..RedisSpec::new(place.endpoint)
    })
}

fn smtp(record: &mut Record) -> Result<MailSpec, String> {
    let security = match record.text("smtp_security").as_deref() {
        Some("secure") => Security::Tls,
        Some("starttls") => Security::StartTls,
        _ => Security::None,
    };
    Ok(MailSpec::new(endpoint(record, Some(25))?, security))
}

fn websocket(record: &mut Record) -> Result<WebSocketSpec, String> {
    let mut spec = WebSocketSpec::new(&record.text("url").ok_or("it has no address")?).map_err(text)?;
    spec.subprotocol = record.text("ws_subprotocol");
    record.ignore(&["accepted_statuscodes_json", "accepted_statuscodes"]);
    Ok(spec)
}

fn grpc(record: &mut Record) -> Result<GrpcSpec, String> {
    let service = record.text("grpc_service_name").unwrap_or_default();
    if !matches!(service.as_str(), "Health" | "grpc.health.v1.Health") {
        return Err(format!("gRPC is asked by its health protocol here, not by {service}"));
    }
    let tls = record.flag("grpc_enable_tls") == Some(true);
    let address = record.text("grpc_url").ok_or("it has no address")?;
    record.ignore(&["grpc_protobuf", "grpc_method", "grpc_body", "keyword"]);
    Ok(GrpcSpec::new(Endpoint::parse(&address, None).map_err(text)?, tls))
}
