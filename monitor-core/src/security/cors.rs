//! Which other sites may read answers.

use super::notes::{Notes, named};
use super::observed::Cors;
use super::rules::{self, Rule};
use super::site::{NOT_OWNED, Site, elsewhere};

static PASSIVE: [&Rule; 2] = [&rules::CORS_ANY, &rules::CORS_REFLECTED];

static ACTIVE: [&Rule; 2] = [&rules::CORS_NULL, &rules::CORS_SIMILAR];

pub(super) fn judge(site: &Site<'_>, notes: &mut Notes) {
    let mut any = false;
    match &site.seen.cors {
        Err(reason) => notes.not_looked(&PASSIVE, reason),
        Ok(foreign) => {
            let repeated = is_repeated(foreign);
            any = repeated && foreign.credentials;
            notes.judge(&rules::CORS_ANY, any.then(|| said(foreign)));
            notes.judge(&rules::CORS_REFLECTED, (repeated && !any).then(|| said(foreign)));
        }
    }
    let Some(active) = &site.seen.active else { return notes.not_looked(&ACTIVE, NOT_OWNED) };
    let elsewhere = elsewhere(site.seen);
    let cut_short = elsewhere.as_deref().or(active.cut_short.as_deref()).or(active.cors_cut.as_deref());
    let allowed = active.cors.iter().filter(|cors| is_repeated(cors) && cors.credentials);
    let (null, similar): (Vec<&Cors>, Vec<_>) = allowed.partition(|cors| cors.origin == "null");
    notes.judge_part(&rules::CORS_NULL, null.first().map(|cors| said(cors)), cut_short);
    // Where any origin is allowed those that look alike are too.
    if !any {
        notes.judge_part(
            &rules::CORS_SIMILAR,
            named(&similar.iter().map(|cors| &cors.origin).collect::<Vec<_>>()),
            cut_short,
        );
    }
}

fn is_repeated(cors: &Cors) -> bool {
    cors.allow_origin.as_deref().is_some_and(|allowed| allowed.eq_ignore_ascii_case(&cors.origin))
}

fn said(cors: &Cors) -> String {
    let credentials = if cors.credentials { ", Access-Control-Allow-Credentials: true" } else { "" };
    format!("Access-Control-Allow-Origin: {}{credentials}", cors.origin)
}
