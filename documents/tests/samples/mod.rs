//! Documents to be looked at and tested: made from results of Lighthouse and from what a page could do to us.
#![expect(dead_code, reason = "each of those who use it needs a part")]
#![expect(clippy::panic, reason = "samples that cannot be read")]

use std::collections::BTreeMap;
use std::time::Duration;

use documents::{AuditDocument, Before, Outage, Past, ReportDocument, audit, report};
use monitor_core::Timestamp;
use monitor_core::alerting::{AlertId, Severity};
use monitor_core::audit::budget::{self, Budget};
use monitor_core::audit::changes;
use monitor_core::audit::pwa::Observed;
use monitor_core::audit::spec::{AuditSpec, Device};
use monitor_core::audit::summary::{Element, Failed, Frame, Summary, Taken, read};
use monitor_core::audit::{AuditId, Category};
use monitor_core::health::Status;
use monitor_core::incident::{Alert, Resolution};
use monitor_core::monitor::MonitorId;
use monitor_core::outcome::Reason;
use monitor_core::report::{DAY, Inputs, Report, Span, Window};
use monitor_core::rollup::{Sample as Check, Tally};

const SLOW: &str = include_str!("../../../monitor-core/src/audit/testdata/slow.json");
const GOOD: &str = include_str!("../../../monitor-core/src/audit/testdata/good.json");

/// The smallest JPEG that there is: one grey pixel.
pub(crate) const PIXEL: &str = "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQEBAgGBgUGCQgKCgkICQkKDA8MCgsOCwkJDRENDg8QEBEQCgwSExIQEw8QEBD/yQALCAABAAEBAREA/8wABgAQEAX/2gAIAQEAAD8A0s8g/9k=";

/// What a page could write everywhere.
pub(crate) const HOSTILE: &str = "\"'></title></style></code><script>alert(1)</script><img src=x onerror=alert(2)><a href=\"javascript:x\">\u{202e}x</a>&amp;\u{0}<!--";

/// Sunday, 22 November 2026, 09:30 UTC.
pub(crate) const NOW: i64 = 1_795_339_800_000;

/// An audit with all that its report needs.
#[derive(Clone)]
pub(crate) struct Sample {
    pub(crate) summary: Summary,
    pub(crate) before: Option<Summary>,
    pub(crate) past: Vec<BTreeMap<Category, u8>>,
    pub(crate) budgets: Vec<Budget>,
    pub(crate) by: Option<String>,
}

impl Sample {
    pub(crate) fn html(&self) -> String {
        let at = |days: usize| Timestamp::from_millis(NOW - i64::try_from(days).unwrap_or(0) * 86_400_000);
        let past: Vec<Past<'_>> = self
            .past
            .iter()
            .enumerate()
            .map(|(index, scores)| Past { at: at(self.past.len() - index), scores })
            .collect();
        let changes = self.before.as_ref().and_then(|before| changes::between(before, &self.summary).ok());
        audit(&AuditDocument {
            id: AuditId(128),
            at: at(0),
            by: self.by.as_deref(),
            schedule: self.by.as_ref().map(|_| "shop-nightly"),
            summary: &self.summary,
            budgets: &self.budgets,
            past: &past,
            before: changes.as_ref().map(|changes| Before { id: AuditId(127), at: at(1), changes }),
        })
    }
}

fn read_all(address: &str, device: Device, json: &str) -> Summary {
    let lhrs: Vec<serde_json::Value> = serde_json::from_str(json).unwrap_or_default();
    let Ok(mut spec) = AuditSpec::of(address) else { panic!("{address} is no address") };
    spec.device = device;
    spec.runs = u8::try_from(lhrs.len()).unwrap_or(1);
    let observed = Observed {
        viewport: Some("width=device-width".to_owned()),
        content_width: Some((412, 412)),
        ..Observed::default()
    };
    let took = Duration::from_secs(41);
    match read(&Taken { spec: &spec, lhrs: &lhrs, observed: Some(&observed), chromium: "156.0.8078.79", took }) {
        Ok(summary) => summary,
        Err(error) => panic!("the results cannot be read: {error}"),
    }
}

/// A page with many faults on a phone, with a past.
pub(crate) fn slow() -> Sample {
    let summary = read_all("http://shop.example/bad", Device::Mobile, SLOW);
    let mut before = summary.clone();
    for metric in &mut before.metrics {
        metric.value *= 0.5;
    }
    for run in &mut before.runs {
        run.metrics.values_mut().for_each(|value| *value *= 0.5);
    }
    before.scores.insert(Category::Accessibility, 64);
    let passes = before.failed.remove(0);
    before.passed.push(passes.id);
    let past = (0..14_u8).map(|day| {
        let score = |(at, (category, score)): (usize, (&Category, &u8))| {
            let moved = i32::from(*score) + 22 - i32::from(day) * 3 / 2
                + i32::from((day * 7 + u8::try_from(at).unwrap_or(0) * 5) % 9);
            (*category, u8::try_from(moved.clamp(0, 100)).unwrap_or(0))
        };
        summary.scores.iter().enumerate().map(score).collect()
    });
    Sample {
        past: past.collect(),
        budgets: budget::parse("lcp < 2.5s, performance >= 50, size < 2MB, script requests < 20").unwrap_or_default(),
        by: Some("Ada".to_owned()),
        before: Some(before),
        summary,
    }
}

/// The first audit of that page.
pub(crate) fn first() -> Sample {
    Sample { past: Vec::new(), before: None, budgets: Vec::new(), by: None, ..slow() }
}

/// A page without faults.
pub(crate) fn good() -> Sample {
    let summary = read_all("https://shop.example/good", Device::Desktop, GOOD);
    Sample { summary, before: None, past: Vec::new(), budgets: Vec::new(), by: None }
}

/// An audit that found nothing at all.
pub(crate) fn empty() -> Sample {
    let Sample { summary, .. } = good();
    Sample {
        summary: Summary {
            scores: BTreeMap::new(),
            metrics: Vec::new(),
            transfer: Vec::new(),
            opportunities: Vec::new(),
            failed: Vec::new(),
            passed: Vec::new(),
            pwa: Vec::new(),
            filmstrip: Vec::new(),
            screenshot: None,
            runs: Vec::new(),
            warnings: Vec::new(),
            ..summary
        },
        ..good()
    }
}

/// A page whose every text attacks.
pub(crate) fn hostile() -> Sample {
    with_text(HOSTILE)
}

/// Every text of an audit is this one.
pub(crate) fn with_text(text: &str) -> Sample {
    let mut sample = slow();
    let said = text.to_owned();
    let summary = &mut sample.summary;
    summary.requested_url.clone_from(&said);
    summary.final_url = format!("{said}2");
    summary.opportunities.iter_mut().for_each(|one| (one.title, one.description) = (said.clone(), said.clone()));
    for failed in &mut summary.failed {
        (failed.title, failed.description) = (said.clone(), said.clone());
        failed.elements =
            vec![Element { selector: said.clone(), snippet: said.clone(), explanation: Some(said.clone()) }; 5];
        failed.element_count = 9;
    }
    summary.pwa.iter_mut().for_each(|check| (check.title, check.detail) = (said.clone(), said.clone()));
    summary.metrics.iter_mut().for_each(|metric| (metric.title, metric.id) = (said.clone(), said.clone()));
    summary.filmstrip = vec![Frame { at_ms: 300, jpeg: said.clone() }];
    summary.screenshot = Some(said.clone());
    summary.warnings = vec![said.clone(); 3];
    let measured = &mut summary.measured;
    (measured.lighthouse, measured.chromium, measured.locale) = (said.clone(), said.clone(), said.clone());
    sample.before = Some(Summary { failed: Vec::new(), ..summary.clone() });
    sample.by = Some(said);
    sample
}

/// Two hundred findings, and an address that does not end.
pub(crate) fn many() -> Sample {
    let mut sample = slow();
    let address = format!("https://shop.example/{}?{}", "a-very-long-path/".repeat(40), "x".repeat(1_300));
    let found = |at: usize| Failed {
        category: Category::ALL[at % 4],
        id: format!("audit-{at}"),
        title: format!("Finding {at} of a page that has everything wrong that a page can have wrong"),
        description: "Why it matters. ".repeat(12),
        weight: f64::from(u8::try_from(at % 11).unwrap_or(0)),
        elements: vec![
            Element {
                selector: "div > p > span".repeat(8),
                snippet: "<div class=\"x\">".repeat(16),
                explanation: Some("It has no name.".to_owned())
            };
            5
        ],
        element_count: 40,
    };
    sample.summary.failed = (0..200).map(found).collect();
    (sample.summary.requested_url, sample.summary.final_url) = (address.clone(), format!("{address}&led=here"));
    sample.summary.screenshot = None;
    sample
}

/// Texts in other languages and directions.
pub(crate) fn languages() -> Sample {
    let mut sample = slow();
    let texts = [
        ("画像要素に alt 属性がありません", "情報を伝える要素には、短くわかりやすい代替テキストを付けてください。"),
        ("عناصر الصور لا تحتوي على سمات alt", "يجب أن تحتوي العناصر الإعلامية على نص بديل قصير ووصفي."),
        (
            "Zażółć gęślą jaźń 🎉🚀 Ελληνικά Кириллица",
            "Ein sehr langes Donaudampfschifffahrtsgesellschaftskapitänswort 👩‍👩‍👧‍👦",
        ),
        ("לאלמנטים של תמונה אין מאפייני alt", "한국어 설명: 이미지에 대체 텍스트가 없습니다. ไทย हिन्दी"),
    ];
    for (at, failed) in sample.summary.failed.iter_mut().enumerate() {
        let (title, description) = texts[at % texts.len()];
        (failed.title, failed.description) = (title.to_owned(), description.to_owned());
    }
    sample.summary.measured.locale = "ja".to_owned();
    sample.summary.requested_url = "https://例え.テスト/商品/一覧?q=🎁".to_owned();
    sample.by = Some("Łucja 山田 🦊".to_owned());
    sample
}

/// Reports of a period.
pub(crate) fn report_samples() -> Vec<(&'static str, String)> {
    let now = Timestamp::from_millis(NOW);
    let (full, alerts) = period();
    let empty = Report::build(Inputs {
        window: full.window,
        now,
        tallies: Vec::new(),
        timelines: Vec::new(),
        incidents: Vec::new(),
    });
    let one = document(Some("shop"), &full, &alerts);
    let all = ReportDocument { monitors: 1_204, ..document(None, &full, &alerts) };
    let hostile = document(Some(HOSTILE), &full, &alerts);
    vec![
        ("report", report(&one, now, Some("Ada"))),
        ("report-all", report(&all, now, Some("Ada"))),
        ("report-empty", report(&document(Some("new"), &empty, &[]), now, None)),
        ("report-hostile", report(&hostile, now, Some(HOSTILE))),
    ]
}

/// A document of a period.
pub(crate) fn document<'a>(monitor: Option<&'a str>, report: &'a Report, alerts: &'a [Alert]) -> ReportDocument<'a> {
    ReportDocument {
        monitor,
        target: monitor.map(|_| "https://shop.example/".to_owned()),
        monitors: 1,
        asked: report.window,
        report,
        timeline: &[],
        outages: alerts.iter().map(|alert| Outage { monitor: monitor.unwrap_or("shop"), alert }).collect(),
    }
}

/// Thirty days with some incidents.
pub(crate) fn period() -> (Report, Vec<Alert>) {
    let now = Timestamp::from_millis(NOW);
    let window = Window { from: now - DAY * 30, to: now };
    let at = |hours: u32| window.from + Duration::from_secs(3_600) * hours;
    let tallies = (0..720_u32).map(|hour| {
        let mut tally = Tally::default();
        for check in 0..4_u32 {
            let reason = if hour % 200 == 77 && check < 2 { Reason::ConnectionRefused } else { Reason::Ok };
            let duration = Duration::from_millis(u64::from(120 + hour * 13 % 60 + check * 9));
            tally.add(&Check { at: at(hour), reason, duration, response_bytes: 24_000 + u64::from(hour * 7) });
        }
        (at(hour), tally)
    });
    let alert = |id: i64, hour: u32, message: &str| Alert {
        id: AlertId(id),
        incident: None,
        monitor: MonitorId(1),
        rule: None,
        severity: Severity::Critical,
        opened_at: at(hour),
        resolved: (id != 4).then(|| (at(hour) + Duration::from_secs(1_860), Resolution::Recovered)),
        reason: Reason::ConnectionRefused,
        message: message.to_owned(),
    };
    let alerts = vec![
        alert(4, 719, ""),
        alert(3, 477, HOSTILE),
        alert(2, 277, "the connection was refused by 203.0.113.7:443"),
        alert(1, 77, "expected status is 200 to 399, got 503"),
    ];
    let span = |from: u32, to: u32, status: Status| Span { from: at(from), to: at(to), status };
    let timeline = vec![
        span(0, 77, Status::Up),
        span(77, 78, Status::Down),
        span(78, 277, Status::Up),
        span(277, 278, Status::Down),
        span(278, 300, Status::Maintenance),
        span(300, 720, Status::Up),
    ];
    let report = Report::build(Inputs {
        window,
        now,
        tallies: tallies.collect(),
        timelines: vec![timeline],
        incidents: alerts.clone(),
    });
    (report, alerts)
}
