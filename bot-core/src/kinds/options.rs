//! The options of check kinds, each declared once. A kind names those that it takes.

use crate::grammar::{Argument, Kind};

const RECORDS: &[&str] = &[
    "A", "AAAA", "CAA", "CNAME", "DS", "DNSKEY", "HTTPS", "MX", "NAPTR", "NS", "PTR", "SOA", "SRV", "SVCB", "SSHFP",
    "TLSA", "TXT",
];

pub(super) const EXPECT: Argument = Argument::new(
    "expect",
    Kind::Text,
    "What the answer has to be: HTTP statuses, DNS records, or text that the answer contains.",
)
.words(&["expect", "status"])
.like("200,301")
.repeated()
.removable();
pub(super) const HEADER: Argument =
    Argument::new("header", Kind::Header, "A header or gRPC metadata to send.").repeated().removable();
pub(super) const SECRET_HEADER: Argument =
    Argument::new("secret-header", Kind::Header, "A header to send whose value is kept encrypted and never shown.")
        .repeated()
        .removable()
        .secret();
pub(super) const BEARER: Argument =
    Argument::new("bearer", Kind::Token, "A bearer token to send, kept encrypted and never shown.")
        .words(&["bearer", "token"])
        .removable()
        .secret();
pub(super) const BASIC: Argument = Argument::new(
    "basic",
    Kind::Credentials,
    "User and password for basic authentication, the password kept encrypted and never shown.",
)
.removable()
.secret();
pub(super) const DIGEST: Argument = Argument::new(
    "digest",
    Kind::Credentials,
    "User and password for digest authentication (RFC 7616), the password kept encrypted and never shown.",
)
.removable()
.secret();
pub(super) const NTLM: Argument = Argument::new(
    "ntlm",
    Kind::Credentials,
    "User and password for NTLM, the password kept encrypted and never shown; with a domain the user is DOMAIN\\user.",
)
.like("'SHOP\\ada:password'")
.removable()
.secret();
pub(super) const OAUTH2: Argument = Argument::new(
    "oauth2",
    Kind::Text,
    "OAuth 2 client credentials: where tokens are had, client id and secret, then scopes. The secret is kept encrypted.",
)
.like("\"https://id.example/token shop:secret read write\"")
.removable()
.secret();
pub(super) const SIGV4: Argument = Argument::new(
    "sigv4",
    Kind::Text,
    "AWS Signature Version 4: access key id and secret, then region/service. The secret is kept encrypted.",
)
.like("\"AKIDEXAMPLE:secret eu-central-1/execute-api\"")
.removable()
.secret();
pub(super) const BODY: Argument =
    Argument::new("body", Kind::Text, "A body to send: JSON if it is JSON, else text; 64 KiB at most.")
        .like("'{\"a\":1}'")
        .removable();
pub(super) const FORM: Argument =
    Argument::new("form", Kind::Text, "Form fields to send as the body, percent-encoded.")
        .like("\"user=ada&page=2\"")
        .removable();
pub(super) const REDIRECTS: Argument = Argument::new(
    "redirects",
    Kind::Redirects,
    "How many redirects to follow, 0 to 20; `no` judges the redirect itself.",
)
.words(&["redirects", "follow"])
.default("10");
pub(super) const CAPTURE: Argument = Argument::new(
    "capture",
    Kind::Capture,
    "A value kept for later steps, where {{name}} stands for it: name=json PATH, name=header NAME, or name=matches REGEX with one group.",
)
.like("token=json $.token")
.repeated();
pub(super) const CREDENTIALS: Argument = Argument::new(
    "credentials",
    Kind::Credentials,
    "Who logs in; the password is kept encrypted and never shown. The same as `user:password@` in the address.",
)
.removable()
.secret();
pub(super) const QUERY: Argument = Argument::new(
    "query",
    Kind::Text,
    "What is asked: a GraphQL query, a SQL query (read-only and rolled back) or a Redis command that reads.",
)
.words(&["query", "command"])
.like("\"SELECT count(*) FROM orders\"")
.removable();

/// Every option.
pub(crate) const OPTIONS: &[Argument] = &[
    EXPECT,
    Argument::new("method", Kind::Method, "The request method.").default("GET"),
    HEADER,
    SECRET_HEADER,
    BEARER,
    BASIC,
    DIGEST,
    NTLM,
    OAUTH2,
    SIGV4,
    Argument::new(
        "client-cert",
        Kind::Text,
        "A certificate with its private key, both as PEM in one quoted text, for targets that want to know who asks (mutual TLS). The key is kept encrypted and never shown.",
    )
    .like("\"-----BEGIN CERTIFICATE----- …\"")
    .removable()
    .secret(),
    BODY,
    FORM,
    REDIRECTS,
    Argument::new(
        "proxy",
        Kind::Text,
        "An HTTP proxy to go through, with a user and a password if it wants them; the password is kept encrypted.",
    )
    .like("http://proxy.example:3128")
    .removable(),
    Argument::new(
        "http-version",
        Kind::Choice(&["auto", "1.1", "2"]),
        "The version of HTTP; `auto` speaks 2 where TLS negotiates it. Without TLS, 2 is spoken by prior knowledge.",
    )
    .words(&["http-version", "http"])
    .default("auto"),
    Argument::new(
        "keep-alive",
        Kind::Switch,
        "Keeps the connection for the next check; the phases of a kept connection are not measured.",
    )
    .default("no"),
    Argument::new("cookies", Kind::Switch, "Sends cookies that an answer sets back along redirects.").default("yes"),
    QUERY,
    Argument::new("variables", Kind::Text, "The variables of a GraphQL query, as a JSON object.")
        .like("'{\"id\": 7}'")
        .removable(),
    Argument::new("operation", Kind::Text, "Which operation of a GraphQL query is meant, when it has several.")
        .like("Health")
        .removable(),
    Argument::new(
        "send",
        Kind::Text,
        "What is sent once connected. For TCP \\r, \\n, \\t, \\0, \\\\ and \\xHH stand for their bytes.",
    )
    .like("\"PING\\r\\n\"")
    .removable(),
    Argument::new("subprotocol", Kind::Text, "The WebSocket subprotocol to ask for.").like("graphql-ws").removable(),
    Argument::new("tls", Kind::Switch, "Speaks TLS; the schemes with an `s` behind them say the same.").default("no"),
    Argument::new("count", Kind::Number(1, 10), "How many echo requests are sent; one answer is enough.").default("3"),
    Argument::new("payload", Kind::Number(8, 1400), "Bytes in an echo request.").like("56").default("56"),
    Argument::new("type", Kind::Choice(RECORDS), "The type of DNS record.").words(&["type", "record"]).default("A"),
    Argument::new("resolver", Kind::Text, "The name server to ask, with a port if it is not 53; without it that of the system.")
        .words(&["resolver", "nameserver"])
        .like("192.0.2.53")
        .removable(),
    Argument::new("dnssec", Kind::Switch, "Wants the answer proven by DNSSEC: the name server has to say so (AD).")
        .default("no"),
    Argument::new("server-name", Kind::Text, "The name to ask for and to find in the certificate, if it is not the host.")
        .words(&["server-name", "sni"])
        .like("shop.example")
        .removable(),
    Argument::new(
        "starttls",
        Kind::Choice(&["smtp", "imap", "pop3", "postgres"]),
        "The protocol that begins in the clear and is upgraded to TLS.",
    )
    .removable(),
    Argument::new("warn", Kind::Text, "The days left at which I warn, 1 to 365, 10 numbers at most.")
        .like("30,14,7,1")
        .default("30,14,7,1"),
    Argument::new("rdap", Kind::Text, "The RDAP server to ask; without it the one that IANA names for the domain.")
        .like("https://rdap.example/")
        .removable(),
    Argument::new("service", Kind::Text, "The gRPC service whose health is asked for; without it that of the server.")
        .like("shop.v1.Orders")
        .removable(),
    Argument::new(
        "security",
        Kind::Choice(&["none", "starttls", "tls"]),
        "How the connection is protected: not at all, upgraded, or TLS from the first byte. With credentials it is upgraded unless you say otherwise.",
    ),
    CREDENTIALS,
    Argument::new("topic", Kind::Text, "An MQTT topic: a message of it, such as a retained one, has to come in time.")
        .like("sensors/hall")
        .removable(),
    Argument::new(
        "step",
        Kind::Text,
        "One request of a flow: [NAME:] [METHOD] ADDRESS, then its options. Steps given anew replace all.",
    )
    .like("'GET https://shop.example/cart expect 200'")
    .repeated(),
    Argument::new("grace", Kind::Duration, "How late a job may report, 1s to 365d.").like("1h").default("1h"),
    Argument::new("cron", Kind::Text, "When a job reports, as five cron fields.").like("\"0 3 * * *\""),
    Argument::new("oncalendar", Kind::Text, "When a job reports, as a systemd calendar event.")
        .words(&["oncalendar", "on-calendar"])
        .like("\"Mon..Fri 09:00\""),
    Argument::new("zone", Kind::Text, "The IANA time zone of `cron` and `oncalendar`.")
        .like("Europe/Berlin")
        .default("UTC"),
    Argument::new("max-duration", Kind::Duration, "How long a run may take from its start to its end, 1s to 365d; without it as long as the grace time.")
        .like("30m")
        .removable(),
    Argument::new("min-gap", Kind::Duration, "The least time from the beginning of a successful run to that of the next, 1s to 365d; where starts are not reported, their ends count.")
        .like("20h")
        .removable(),
    Argument::new("overlap", Kind::Switch, "Whether a run may begin while another one is under way.").default("yes"),
    Argument::new("keep-pings", Kind::Number(1, 1000), "How many of the latest pings are kept, with their bodies.")
        .like("100")
        .default("100"),
];

/// Whether an argument is an option of check kinds, not one of every monitor.
pub(crate) fn is_option(argument: &Argument) -> bool {
    OPTIONS.contains(argument)
}

/// What `expect` is for the kinds that take it: an example, and what it says.
const EXPECTED: &[(&str, &str, &str)] = &[
    (
        "http",
        "200,3xx",
        "The HTTP statuses that are fine: numbers, ranges like 200..299, classes like 3xx. Without it 200..299.",
    ),
    ("graphql", "200", "The HTTP statuses that are fine; any will do without it, as long as GraphQL answers."),
    ("tcp", "PONG", "What the answer has to contain, with the escapes of `send`; without it nothing is read."),
    ("websocket", "pong", "What one of the messages received has to contain; without it none is waited for."),
    (
        "dns",
        "\"10 mail.example.org\"",
        "A record that has to be among the answers; without it one of the type is enough.",
    ),
    ("smtp", "ESMTP", "What the banner has to contain."),
    ("imap", "IMAP4rev1", "What the banner has to contain."),
    ("postgres", "0", "What the first value of the first row has to be."),
    ("mysql", "0", "What the first value of the first row has to be."),
    ("redis", "PONG", "What the command has to answer."),
    ("mqtt", "online", "What the message has to contain."),
    ("flow", "200,3xx", "The HTTP statuses that are fine. Without it 200..299."),
];

/// Kinds whose answer is compared with one value only.
const ONE_VALUE: &[&str] = &["tcp", "websocket", "postgres", "mysql", "redis"];

/// The option of that name as a kind has it.
pub(crate) fn of_kind(kind: &str, option: &Argument) -> Argument {
    match EXPECTED.iter().find(|(name, ..)| *name == kind && option.name == EXPECT.name) {
        Some((_, example, about)) => Argument { about, repeated: !ONE_VALUE.contains(&kind), ..option.like(example) },
        None => *option,
    }
}

/// The option of that name.
pub(crate) fn named(name: &str) -> Option<&'static Argument> {
    OPTIONS.iter().find(|option| option.name == name)
}
