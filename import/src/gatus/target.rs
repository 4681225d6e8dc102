//! What an endpoint watches, by the scheme of its address.

use monitor_core::checks::{
    DnsSpec, Endpoint, GraphQlSpec, GrpcSpec, IcmpSpec, StartTls, TcpSpec, TlsSpec, WebSocketSpec,
};
use monitor_core::http::{Header, HttpSpec, Proxy};
use monitor_core::monitor::CheckSpec;

use crate::record::Record;
use crate::request;

pub(super) fn spec(record: &mut Record, client: &mut Record) -> Result<CheckSpec, String> {
    let url = record.text("url").ok_or("it has no url")?;
    if let Some(mut dns) = record.record("dns") {
        return self::dns(&url, &mut dns).map(CheckSpec::Dns);
    }
    if record.record("ssh").is_some() {
        return Err("SSH is not possible here; watch its port by tcp".to_owned());
    }
    let (scheme, rest) = url.split_once("://").ok_or("its url has no scheme")?;
    let bare = rest.trim_end_matches('/');
    let with_port = |port| Endpoint::parse(bare, port).map_err(|error| error.to_string());
    match scheme {
        "http" | "https" => web(&url, record, client),
        "tcp" => Ok(CheckSpec::Tcp(tcp(with_port(None)?, record))),
        "tls" => Ok(CheckSpec::Tls(TlsSpec::new(with_port(Some(443))?))),
        "starttls" => {
            Ok(CheckSpec::Tls(TlsSpec { starttls: Some(StartTls::Smtp), ..TlsSpec::new(with_port(Some(587))?) }))
        }
        "icmp" => IcmpSpec::new(bare).map(CheckSpec::Icmp).map_err(|error| error.to_string()),
        "ws" | "wss" => {
            let mut spec = WebSocketSpec::new(&url).map_err(|error| error.to_string())?;
            spec.send = record.text("body");
            spec.headers = request::headers(record.take("headers"))?;
            Ok(CheckSpec::WebSocket(spec))
        }
        "grpc" | "grpcs" => {
            let tls = scheme == "grpcs";
            Ok(CheckSpec::Grpc(GrpcSpec::new(with_port(Some(if tls { 443 } else { 80 }))?, tls)))
        }
        other => Err(format!("{other}:// is not possible here")),
    }
}

fn dns(url: &str, dns: &mut Record) -> Result<DnsSpec, String> {
    let mut spec = DnsSpec::new(&dns.text("query-name").ok_or("its DNS query has no name")?);
    if let Some(kind) = dns.text("query-type") {
        spec.record = kind.parse().map_err(|error: monitor_core::http::SpecError| error.to_string())?;
    }
    let server = url.split_once("://").map_or(url, |(_, server)| server);
    spec.resolver = Some(Endpoint::parse(server, Some(53)).map_err(|error| error.to_string())?);
    Ok(spec)
}

fn tcp(endpoint: Endpoint, record: &mut Record) -> TcpSpec {
    // What is sent is written with escapes here.
    let send = record.text("body").map(|body| body.replace('\\', r"\\").replace('\n', r"\n").replace('\r', r"\r"));
    TcpSpec { send, ..TcpSpec::new(endpoint) }
}

fn web(url: &str, record: &mut Record, client: &mut Record) -> Result<CheckSpec, String> {
    let mut http = request::request(url, record.text("method"))?;
    http.headers = request::headers(record.take("headers"))?;
    if client.flag("ignore-redirect") == Some(true) {
        http.max_redirects = 0;
    }
    if let Some(proxy) = client.text("proxy-url") {
        let spec = HttpSpec::get(&proxy).map_err(|error| error.to_string())?;
        if spec.auth.is_some() {
            return Err("its proxy wants a login, which has to be given by hand".to_owned());
        }
        http.proxy = Some(Proxy { url: spec.url, login: None });
    }
    if let Some(mut oauth2) = client.record("oauth2") {
        let token_url = oauth2.text("token-url").ok_or("its OAuth 2 login has no token-url")?;
        let scopes = oauth2.list("scopes");
        let scopes: Vec<&str> = scopes.iter().filter_map(serde_json::Value::as_str).collect();
        let (id, secret) = (oauth2.text("client-id"), oauth2.text("client-secret"));
        let auth = request::oauth2(&token_url, id.unwrap_or_default(), secret.unwrap_or_default(), scopes.join(" "))?;
        http.auth = Some(auth);
    }
    let body = record.text("body");
    if record.flag("graphql") == Some(true) {
        let query = body.ok_or("its GraphQL query (body) is missing")?;
        // Its own content type is what is sent anyhow.
        http.headers.retain(|header: &Header| !header.name.eq_ignore_ascii_case("content-type"));
        return Ok(CheckSpec::GraphQl(GraphQlSpec { http, query, variables: None, operation: None }));
    }
    http.body = body.map(|body| request::body(&body));
    Ok(CheckSpec::Http(http))
}
