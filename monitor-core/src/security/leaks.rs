//! What a site tells about its insides.

use url::Url;

use super::notes::{Notes, named};
use super::observed::{Active, Answer, Script, is_of_asked};
use super::rules::{self, Rule};
use super::site::{NOT_OWNED, Site, elsewhere};

/// Headers in which software names itself.
const BANNERS: [&str; 5] = ["server", "x-powered-by", "x-aspnet-version", "x-aspnetmvc-version", "x-generator"];

/// How error pages of programs in debug mode give themselves away.
const TRACES: [&str; 9] = [
    "Traceback (most recent call last)",
    "Werkzeug Debugger",
    "You're seeing this error because you have <code>DEBUG = True</code>",
    "Server Error in '/",
    "Whoops, looks like something went wrong",
    "<b>Fatal error</b>:  Uncaught",
    "Whitelabel Error Page",
    "at java.base/",
    "Action Controller: Exception caught",
];

/// Those of them that stand on what is told of a name that nothing has outside of debug mode too, where they give nothing away.
const NOT_FOUND: [&str; 2] = ["Server Error in '/", "Whitelabel Error Page"];

static EXPOSED: [&Rule; 7] = [
    &rules::EXPOSED_GIT,
    &rules::EXPOSED_ENV,
    &rules::EXPOSED_BACKUP,
    &rules::EXPOSED_STATUS,
    &rules::EXPOSED_LISTING,
    &rules::EXPOSED_SOURCE_MAP,
    &rules::EXPOSED_FILE,
];

pub(super) fn judge(site: &Site<'_>, notes: &mut Notes) {
    notes.judge_part(&rules::BANNER, named(&banners(site)), site.unread());
    debug_page(site, notes);
    match &site.seen.active {
        Some(active) => exposed(site, active, notes),
        None => {
            notes.judge_part(&rules::SOURCE_MAP_NAMED, named(&naming_maps(site, |_, _| true)), site.scripts_cut());
            notes.not_looked(&EXPOSED, NOT_OWNED);
            notes.not_looked(&[&rules::TRACE], NOT_OWNED);
        }
    }
}

/// Only an error shows how errors are told: the page if it is one, or what is answered for a name that nothing has.
fn debug_page(site: &Site<'_>, notes: &mut Notes) {
    let Site { seen, answer, .. } = site;
    let page = Some(("the page", answer.status, &seen.body)).filter(|(_, status, _)| *status >= 400);
    let active = seen.active.as_ref();
    let error = active.and_then(|active| active.error_page.as_ref()).filter(|error| error.status >= 400);
    let other = error.map(|error| ("a name that nothing has", error.status, &error.body));
    let shown = page.iter().chain(&other).find_map(|(what, status, body)| {
        let mut telling = TRACES.iter().filter(|trace| *status != 404 || !NOT_FOUND.contains(trace));
        let trace = telling.find(|trace| body.contains(**trace))?;
        Some(format!("{what} answered {status} with \"{trace}\""))
    });
    let elsewhere = elsewhere(seen);
    let unseen = match (page, active) {
        (Some(_), _) => seen.body_cut.as_deref(),
        (None, None) => Some(NOT_OWNED),
        (None, Some(active)) if other.is_none() => elsewhere
            .as_deref()
            .or(active.cut_short.as_deref())
            .or(Some("no error was answered, also not for what is not there")),
        (None, Some(_)) => {
            let cut = error.filter(|error| error.cut).map(|_| "the error page was not read to its end");
            elsewhere.as_deref().or(cut)
        }
    };
    notes.judge_part(&rules::DEBUG_PAGE, shown, unseen);
}

fn banners(site: &Site<'_>) -> Vec<String> {
    let mut banners: Vec<String> = site.own_answers().flat_map(of_answer).collect();
    let generators = site.page.tags().iter().filter(|tag| tag.name == "meta" && tag.has_word("name", "generator"));
    let generators = generators.filter_map(|tag| tag.attribute("content")).filter(|name| has_version(name));
    banners.extend(generators.map(|name| format!("generator: {name}")));
    banners.sort();
    banners.dedup();
    banners
}

fn of_answer(answer: &Answer) -> Vec<String> {
    let told = |name: &'static str| {
        answer.values(name).filter(|value| has_version(value)).map(move |value| format!("{name}: {value}"))
    };
    BANNERS.into_iter().flat_map(told).collect()
}

/// A number with a dot, as in `nginx/1.25.3`, or one that stands by itself after a name, as in `PHP/8` and `Drupal 10`; none in
/// `HTTP3Server`. What stands in brackets is as often the name of a machine: `ECS (nyb/1D2B)`.
fn has_version(banner: &str) -> bool {
    let is_dotted = |word: &str| {
        let after = behind_number(word).and_then(|rest| rest.strip_prefix('.'));
        after.is_some_and(|after| after.starts_with(|c: char| c.is_ascii_digit()))
    };
    let outside = banner.split('(').enumerate().map(|(n, part)| match n {
        0 => part,
        _ => part.split_once(')').map_or("", |(_, outside)| outside),
    });
    let mut alone =
        outside.flat_map(|part| part.split(|c: char| c.is_whitespace() || matches!(c, '/' | ',' | ';')).skip(1));
    banner.split(|c: char| !c.is_ascii_alphanumeric() && c != '.').any(is_dotted)
        || alone.any(|word| behind_number(word) == Some(""))
}

/// What stands behind the number that a word begins with.
fn behind_number(word: &str) -> Option<&str> {
    let word = word.strip_prefix(['v', 'V']).unwrap_or(word);
    let rest = word.trim_start_matches(|c: char| c.is_ascii_digit());
    (rest.len() < word.len()).then_some(rest)
}

/// Those of the site's own scripts that end with the name of their map. One within the script is the map itself.
fn naming_maps<'s>(site: &Site<'s>, of: impl Fn(&Script, &Url) -> bool) -> Vec<&'s str> {
    let is_meant = |script: &Script| Url::parse(&script.url).is_ok_and(|url| site.is_own(&url) && of(script, &url));
    let own = site.seen.scripts.iter().filter(|script| is_meant(script));
    let naming = own.filter(|script| {
        ["//# sourceMappingURL=", "//@ sourceMappingURL="].iter().any(|sign| script.text.contains(sign))
    });
    naming.map(|script| script.url.split('?').next().unwrap_or_default()).collect()
}

fn exposed(site: &Site<'_>, active: &Active, notes: &mut Notes) {
    let of = |is: &dyn Fn(&Rule) -> bool| {
        let found = active.exposed.iter().filter(|file| is(rule_of(&file.kind)));
        named(&found.map(|file| format!("{} ({})", file.url, file.sign)).collect::<Vec<_>>())
    };
    let elsewhere = elsewhere(site.seen);
    let cut_short = elsewhere.as_deref().or(active.cut_short.as_deref());
    // Their maps were not asked for.
    let asked = Url::parse(&site.seen.asked).ok();
    let is_asked = |script: &Script, url: &Url| {
        asked.as_ref().is_some_and(|asked| is_of_asked(url, asked))
            && script.map().is_some_and(|map| map.origin() == url.origin())
    };
    let others = naming_maps(site, |script, url| !is_asked(script, url));
    for rule in EXPOSED {
        // Maps and folders are those of the scripts that were read.
        let unread = match rule.id {
            id if id == rules::EXPOSED_SOURCE_MAP.id => site
                .scripts_cut()
                .or((!others.is_empty()).then_some("maps that are not files of the host itself were not asked for")),
            id if id == rules::EXPOSED_LISTING.id => site.scripts_cut(),
            _ => None,
        };
        notes.judge_part(rule, of(&|known| known.id == rule.id), cut_short.or(unread));
    }
    if let Some(evidence) = named(&others) {
        notes.judge(&rules::SOURCE_MAP_NAMED, Some(evidence));
    }
    let trace = active.methods.iter().any(|method| method == "TRACE");
    notes.judge_part(&rules::TRACE, trace.then(|| "the server repeats what it is sent".to_owned()), cut_short);
}

/// The rule that a file of this kind breaks by being there.
fn rule_of(kind: &str) -> &'static Rule {
    match kind {
        "git" | "svn" => &rules::EXPOSED_GIT,
        "env" | "htpasswd" => &rules::EXPOSED_ENV,
        "backup" => &rules::EXPOSED_BACKUP,
        "server-status" => &rules::EXPOSED_STATUS,
        "directory-listing" => &rules::EXPOSED_LISTING,
        "source-map" => &rules::EXPOSED_SOURCE_MAP,
        _ => &rules::EXPOSED_FILE,
    }
}
