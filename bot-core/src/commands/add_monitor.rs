use monitor_core::assertion::FactKind;
use monitor_core::code::ErrorCode;
use monitor_core::monitor::{CheckSpec, Settings};
use monitor_core::outcome::{Outcome, Reason, Verdict};
use monitor_core::people::Permission;

use super::YES;
use crate::command::{Answer, Command, Failure, Turn, sentence};
use crate::grammar::{Argument, Given, Kind};
use crate::kinds::{self, options};
use crate::present;
use crate::reply::{Block, Field};
use crate::settings;

const OWN: &[Argument] = &[
    Argument::new(
        "kind",
        Kind::CheckKind,
        "What kind of check; without it the address says, and a bare host is a website.",
    )
    .words(&["kind"])
    .positional(),
    Argument::new(
        "url",
        Kind::Address,
        "The address to watch; https:// is added when it is missing. The name of a flow or a heartbeat.",
    )
    .words(&["url", "address", "target"])
    .positional()
    .required("Which address should I watch?"),
    Argument::new("name", Kind::Name, "What to call it; without it I propose a name.").words(&["name", "as"]),
    YES,
];

/// Starts watching an address.
pub(crate) const COMMAND: Command = Command {
    name: "add-monitor",
    aliases: &["add", "watch", "new-monitor"],
    summary: "Watches an address. I try it once, show what I found, and ask before I save.",
    examples: &[
        "add-monitor https://shop.example every 30s",
        "add-monitor https://shop.example/api every 1m name shop-api expect 200,301 contains ok slow 800ms",
        "add-monitor url:https://shop.example interval:10s secret-header:\"X-Key: abc\"",
        "add-monitor https://shop.example --interval=30s --yes",
        "add-monitor tls shop.example label env=prod group shop",
        "add-monitor tcp://db.example:5432 depends-on router",
        "add-monitor heartbeat nightly-backup every 1d grace 1h",
    ],
    arguments: &[OWN, settings::ARGUMENTS, kinds::ASSERTIONS, options::OPTIONS],
    permission: Permission::Edit,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let mut wanted = settings::for_target(given.get("url").unwrap_or_default(), &given)?;
    settings::depend(turn, &given, None, &mut wanted).await?;
    if turn.confirmed {
        return Ok(Answer::of(vec![added(turn, &wanted).await?]));
    }
    let named = given.has("name") || kinds::of(&wanted.spec).is_named_by_target();
    let free = turn.services.free_name(turn.actor, &wanted.name).await?;
    let taken = (free != wanted.name && named).then(|| wanted.name.clone());
    let outcome = match kinds::of(&wanted.spec).is_probed() {
        true => Some(turn.services.preview(turn.actor, &wanted).await?),
        false => None,
    };
    if let Some(outcome) = outcome.as_ref().filter(|outcome| outcome.reason == Reason::AddressRefused) {
        return Err(never_checked(outcome));
    }
    let mut blocks = outcome.as_ref().map(found).unwrap_or_default();
    if given.has("yes") {
        // A name that was given is used or refused; a name that I chose is mine to number.
        wanted.name = if named { wanted.name } else { free };
        blocks.push(added(turn, &wanted).await?);
        return Ok(Answer::of(blocks));
    }
    wanted.name = free;
    let mut proposed = Given::default();
    proposed.put("name", Some(wanted.name.as_str()));
    let note = match &outcome {
        Some(outcome) => propose_statuses(&given, outcome, &mut wanted, &mut proposed)?
            .or_else(|| plain(given.get("url").unwrap_or_default(), outcome, &wanted))
            .or_else(|| as_it_is(outcome)),
        None => None,
    };
    let taken = taken.map(|taken| format!("There is a monitor `{taken}` already, so I propose `{}`.", wanted.name));
    let notes: Vec<String> = note.into_iter().chain(taken).collect();
    blocks.push(proposal(&wanted, &settings::parents(turn, &wanted).await?));
    blocks.extend((!notes.is_empty()).then(|| Block::text(notes.join("\n"))));
    blocks.push(Block::text("Shall I watch it? `yes` or `no`, or change something first, like `every 10s name shop`."));
    Ok(Answer::question(blocks, "Shall I watch it?", proposed))
}

/// A monitor of an address that may not be reached would never be checked, so it is not saved.
fn never_checked(outcome: &Outcome) -> Failure {
    let failure = Failure::new(ErrorCode::AddressRefused, format!("I cannot watch it: {}", sentence(&outcome.message)));
    match &outcome.details.final_url {
        Some(url) => failure.and(&format!("It redirects there ({url}); `redirects no` judges the redirect itself.")),
        None => failure,
    }
}

/// What the first check found.
fn found(outcome: &Outcome) -> Vec<Block> {
    let verdict = format!("I tried it once. {}", present::verdict(outcome));
    vec![Block::text(verdict), Block::fields("What I found", present::findings(outcome))]
}

fn proposal(settings: &Settings, parents: &[String]) -> Block {
    let mut fields = vec![Field::new("name", settings.name.as_str())];
    fields.extend(present::settings(settings, parents));
    Block::fields("I would watch it like this", fields)
}

/// An address that redirects on purpose is watched as it is. One that answers 404 or 503 is most likely mistyped or broken
/// now, so that its owner has to say that it is meant to.
fn propose_statuses(
    given: &Given,
    outcome: &Outcome,
    wanted: &mut Settings,
    proposed: &mut Given,
) -> Result<Option<String>, Failure> {
    let (CheckSpec::Http(_), Reason::UnexpectedStatus, Some(status)) =
        (&wanted.spec, outcome.reason, outcome.http_status)
    else {
        return Ok(None);
    };
    let chosen = given.has("expect") || wanted.assertions.iter().any(|own| own.mentions(FactKind::Status));
    if chosen || status >= 400 {
        let down = format!("It answers {status}, which is not what is expected, so it would count as down.");
        let meant = format!(" If it is meant to answer so, say `expect {status}`.");
        return Ok(Some(if chosen { down } else { down + &meant }));
    }
    proposed.put("expect", Some(&status.to_string()));
    kinds::expect(proposed, &mut wanted.assertions, "status ")?;
    Ok(Some(format!("It answers {status}, so I would expect that. If that is wrong now, say `expect 200`.")))
}

/// Where TLS was my guess and failed, the words that ask without it.
fn plain(said: &str, outcome: &Outcome, wanted: &Settings) -> Option<String> {
    let CheckSpec::Http(spec) = &wanted.spec else { return None };
    // A password in the address would be lost with it, and must not be shown.
    let guessed = !said.contains("://") && spec.auth.is_none();
    // Some that speak plain HTTP close the connection when they are greeted by TLS.
    let closed = outcome.reason == Reason::ConnectionReset && outcome.timings.send_request.is_none();
    let failed = closed || matches!(outcome.reason, Reason::TlsHandshake | Reason::TlsTimeout);
    let mut url = spec.url.clone();
    (guessed && failed && url.set_scheme("http").is_ok()).then(|| {
        let address = url.as_str().trim_end_matches('/');
        format!("I asked by https://, since no scheme was said. If it speaks plain HTTP, say `url {address}`.")
    })
}

fn as_it_is(outcome: &Outcome) -> Option<String> {
    let note = match outcome.verdict() {
        Verdict::Failed => "As it is now it would count as down. I can watch it all the same.",
        Verdict::Inconclusive => {
            "I could not reach it from here, so I would know nothing of it. I can watch it all the same."
        }
        Verdict::Ok | Verdict::Slow => return None,
    };
    Some(note.to_owned())
}

async fn added(turn: Turn<'_>, settings: &Settings) -> Result<Block, Failure> {
    let monitor = turn.services.add_monitor(turn.actor, settings, turn.conversation).await?;
    let name = &monitor.settings.name;
    if !kinds::of(&monitor.settings.spec).is_probed() {
        let url = turn.services.ping_url(turn.actor, name.as_str()).await?;
        return Ok(Block::text(format!(
            "I wait for `{name}` now ({}), from its first ping on, and tell you here when it fails. It reports in at `{url}`; `/start`, `/fail` or an exit code behind that say more. `show-monitor {name}` shows how it is.",
            monitor.settings.spec.target()
        )));
    }
    let interval = monitor_core::duration::format(monitor.settings.interval);
    Ok(Block::text(format!(
        "I watch `{name}` now, every {interval}, and tell you here when it fails. `show-monitor {name}` shows how it is."
    )))
}
