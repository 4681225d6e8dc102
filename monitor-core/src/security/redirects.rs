//! Whether visitors get to an encrypted page, however they come.

use url::Url;

use super::notes::Notes;
use super::observed::{Answer, Observed};
use super::rules::{self, Rule};
use super::site::{NO_PAGE, bare, bare_text, is_within};

static OF_PLAIN: [&Rule; 3] = [&rules::REDIRECT_MISSING, &rules::REDIRECT_LATE, &rules::REDIRECT_OTHER_HOST];

static OF_THE_PAGE: [&Rule; 3] = [&rules::HTTPS_MISSING, &rules::REDIRECT_ELSEWHERE, &rules::PAGE_ERROR];

pub(super) fn judge(seen: &Observed, notes: &mut Notes) {
    let page = seen.page();
    match page {
        Some(page) => {
            notes.judge(&rules::HTTPS_MISSING, (!is_https(&page.url)).then(|| bare_text(&page.url)));
            let elsewhere = Url::parse(&page.url).is_ok_and(|url| !is_within(&url, &seen.dns.domain));
            notes.judge(&rules::REDIRECT_ELSEWHERE, elsewhere.then(|| bare_text(&page.url)));
            let error = (page.status >= 400).then(|| answered(page));
            notes.judge(&rules::PAGE_ERROR, error);
        }
        None => notes.not_looked(&OF_THE_PAGE, NO_PAGE),
    }
    notes.judge(&rules::REDIRECT_DOWNGRADE, downgrade(&seen.hops));
    // A page that is not encrypted at all has a rule of its own.
    if page.is_none_or(|page| is_https(&page.url)) {
        plain(seen, notes);
    }
}

fn answered(answer: &Answer) -> String {
    format!("{} answered {}", bare_text(&answer.url), answer.status)
}

fn is_https(url: &str) -> bool {
    url.starts_with("https:")
}

fn leads_to_https(answer: &Answer) -> bool {
    let to = answer.values("location").next().filter(|_| (300..400).contains(&answer.status));
    to.and_then(|to| Url::parse(&answer.url).ok()?.join(to).ok()).is_some_and(|to| to.scheme() == "https")
}

fn downgrade(hops: &[Answer]) -> Option<String> {
    let step = hops.windows(2).find(|step| matches!(step, [from, to] if is_https(&from.url) && !is_https(&to.url)))?;
    Some(step.iter().map(|answer| bare_text(&answer.url)).collect::<Vec<_>>().join(" to "))
}

/// Where nothing listens for http:// there is nothing to redirect, and an error shows nothing: all is kept.
fn plain(seen: &Observed, notes: &mut Notes) {
    let answers = match &seen.plain {
        Ok(answers) => answers.as_slice(),
        Err(reason) => return notes.not_looked(&OF_PLAIN, reason),
    };
    let shows = |last: &&Answer| !is_https(&last.url) && (last.status < 400 || last.status == 401);
    // It may lead to a page that could not be had.
    let last = answers.last().filter(shows).filter(|last| !leads_to_https(last));
    notes.judge(&rules::REDIRECT_MISSING, last.map(answered));
    if last.is_some() {
        return;
    }
    let step = |leads_astray: fn(&Url, &Url) -> bool| match answers {
        [first, next, ..] => match (Url::parse(&first.url), Url::parse(&next.url)) {
            (Ok(from), Ok(to)) if leads_astray(&from, &to) => Some(format!("{} to {}", bare(&from), bare(&to))),
            _ => None,
        },
        _ => None,
    };
    notes.judge(&rules::REDIRECT_LATE, step(|_, to| to.scheme() == "http"));
    notes.judge(&rules::REDIRECT_OTHER_HOST, step(|from, to| to.scheme() == "https" && from.host() != to.host()));
}
