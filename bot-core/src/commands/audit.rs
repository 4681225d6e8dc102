use monitor_core::audit::spec::{AuditSpec, Named};
use monitor_core::audit::{AuditId, budget, locale};
use monitor_core::code::ErrorCode;
use monitor_core::people::Permission;
use monitor_core::secret::Secret;
use services::view::AuditRow;

use super::route::words;
use crate::cards::audit;
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind, Known, parse_header};

/// What an audit can be told. The device stands before the page, for anything could be a page.
pub(super) const SPEC: &[Argument] = &[
    Argument::new("device", Kind::Choice(&["mobile", "desktop"]), "As what kind of device the page is loaded.")
        .words(&["device", "as"])
        .positional()
        .default("mobile"),
    Argument::new("runs", Kind::Number(1, 9), "How many times it is loaded; the median run counts.").default("3"),
    Argument::new(
        "throttling",
        Kind::Choice(&["simulate", "devtools", "none"]),
        "How a slow device and network are imitated: computed, by slowing the browser down, or not at all.",
    )
    .default("simulate"),
    Argument::new("locale", Kind::Text, "The language of the page and of what Lighthouse writes.")
        .words(&["locale", "language"])
        .like("de")
        .default("en-US"),
    Argument::new(
        "secret-header",
        Kind::Header,
        "A header that goes to the page's own origin alone, for a page behind a login; kept encrypted and never shown.",
    )
    .repeated()
    .secret(),
    Argument::new("cookie", Kind::Text, "A cookie of the page's own host, kept encrypted and never shown.")
        .like("session=4f2a")
        .repeated()
        .secret(),
    Argument::new("budget", Kind::Text, "Limits that the page has to keep, with commas between them.")
        .words(&["budget", "budgets"])
        .like("\"lcp < 2.5s, performance >= 90, size < 1MB\"")
        .greedy(),
];

/// The page that is audited.
pub(super) const PAGE: Argument = Argument::new("url", Kind::Text, "The page; without a scheme it is https.")
    .words(&["url", "page"])
    .like("https://shop.example")
    .positional();

/// Which audit a command is about.
pub(super) const AUDIT: Argument =
    Argument::new("audit", Kind::Text, "Its number, or the page or the schedule of which the latest is meant.")
        .of(Known::Audit)
        .like("12")
        .positional();

/// Asks for an audit.
pub(crate) const COMMAND: Command = Command {
    name: "audit",
    aliases: &["lighthouse"],
    summary: "Audits a page with Lighthouse: how fast, accessible, sound, findable and installable it is, what to mend first, and a report as PDF.",
    examples: &[
        "audit https://shop.example",
        "audit shop.example desktop runs 5",
        "audit https://shop.example/cart cookie session=4f2a budget lcp < 2.5s, performance >= 90, size < 1MB",
        "audit again 12",
    ],
    arguments: &[
        SPEC,
        &[
            Argument::new("again", Kind::Text, "Makes an audit once more, with all that was said for it.")
                .words(&["again", "like"])
                .of(Known::Audit)
                .like("12"),
            PAGE.required("Which page shall I audit?").unless(&["again"]),
        ],
    ],
    permission: Permission::Respond,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    turn.services.can_audit()?;
    let row = match given.get("again") {
        Some(_) => {
            if let Some(other) = given.names().find(|name| *name != "again") {
                let text = format!("`again` takes all that was said for that audit; leave out `{other}`.");
                return Err(Failure::new(ErrorCode::ConflictingArguments, text));
            }
            let id = number(&given, "again")?;
            turn.services.audit_again(turn.actor, turn.conversation, id).await?
        }
        None => turn.services.audit(turn.actor, turn.conversation, &spec(&given)?).await?,
    };
    Ok(Answer::text(format!(
        "{} `show-audit {id}` shows how far it is, `cancel-audit {id}` calls it off.",
        asked(&row, turn),
        id = row.id
    )))
}

fn asked(row: &AuditRow, turn: Turn<'_>) -> String {
    audit::headline(row, turn.now)
}

/// What an audit is to be, of what was said.
pub(super) fn spec(given: &Given) -> Result<AuditSpec, Failure> {
    let mut spec = AuditSpec::of(given.get("url").unwrap_or_default())?;
    if let Some(device) = given.get("device") {
        spec.device = device.parse()?;
    }
    if let Some(throttling) = given.get("throttling") {
        spec.throttling = throttling.parse()?;
    }
    if let Some(said) = given.get("locale") {
        spec.locale = locale::parse(said)?.to_owned();
    }
    spec.runs = given.number("runs").unwrap_or(spec.runs);
    for header in given.all("secret-header").flatten() {
        let (name, value) = parse_header(header).unwrap_or_default();
        spec.headers.push(Named { name: name.to_owned(), value: Secret::new(value) });
    }
    for cookie in given.all("cookie").flatten() {
        let Some((name, value)) = cookie.split_once('=') else {
            return Err(Failure::new(ErrorCode::InvalidValue, "Write a cookie like `session=4f2a`."));
        };
        spec.cookies.push(Named { name: name.trim().to_owned(), value: Secret::new(value.trim()) });
    }
    let budgets = words(given, "budget");
    if !budgets.is_empty() {
        spec.budgets = budget::parse(&budgets)?;
    }
    spec.validate()?;
    Ok(spec)
}

/// The number of an audit that was said, with or without a `#`.
pub(super) fn number(given: &Given, name: &str) -> Result<AuditId, Failure> {
    let said = given.get(name).unwrap_or_default();
    said.trim_start_matches('#').parse().map(AuditId).map_err(|_| {
        let said = audit::plain(&monitor_core::http::shorten(said, 40));
        let text = format!("`{said}` is not the number of an audit; `list-audits` shows them.");
        Failure::new(ErrorCode::InvalidValue, text)
    })
}
