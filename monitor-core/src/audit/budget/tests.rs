use proptest::prelude::*;

use super::*;
use crate::audit::summary::tests::slow;

#[test]
fn every_budget_has_a_canonical_text() {
    for (written, canonical) in [
        ("lcp < 2.5s", "lcp < 2.5s"),
        ("LCP<2500 ms", "lcp < 2.5s"),
        ("performance >= 90", "performance >= 90"),
        ("perf ≥ 90", "performance >= 90"),
        ("a11y > 95", "accessibility > 95"),
        ("size < 1MB", "size < 1MB"),
        ("weight <= 1.5 mb", "size <= 1500kB"),
        ("js < 300kB", "script < 300kB"),
        ("third-party < 0", "third-party < 0"),
        ("requests < 80", "requests < 80"),
        ("images Requests <= 20", "image requests <= 20"),
        ("cls < 0.1", "cls < 0.1"),
        ("tbt ≤ 200ms", "tbt <= 200ms"),
        ("ttfb < 1s", "ttfb < 1s"),
    ] {
        let budget: Budget = written.parse().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(budget.to_string(), canonical);
        assert_eq!(canonical.parse(), Ok(budget));
        let stored = serde_json::to_string(&budget).unwrap();
        assert_eq!(stored, format!("\"{canonical}\""));
        assert_eq!(serde_json::from_str::<Budget>(&stored).unwrap(), budget);
    }
}

#[test]
fn several_are_told_apart_by_commas_or_and() {
    let several = ["lcp < 2.5s, performance >= 90,size<1MB", "lcp < 2.5 s and performance >= 90 AND size < 1 MB"];
    for text in several {
        let texts: Vec<String> = parse(text).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["lcp < 2.5s", "performance >= 90", "size < 1MB"], "{text}");
    }
    assert_eq!(parse("cls < 0.1, and fcp < 1s").unwrap().len(), 2);
    assert!("cls < 0.1, fcp < 1s".parse::<Budget>().is_err());
}

#[test]
fn a_fault_is_pointed_at_and_said_how_to_mend() {
    let many = ["cls < 1"; 21].join(", ");
    let long = "cls < 0.1, ".repeat(100);
    let faults = [
        "",
        "lcp < 2.5s,",
        "lcpp < 2s",
        "speed < 2s",
        "fid requests < 2",
        "size requests < 10",
        "lcp",
        "lcp 2.5s",
        "lcp == 2.5s",
        "lcp > 2.5s",
        "performance < 90",
        "lcp <",
        "lcp < 2.5",
        "lcp < fast",
        "lcp < 11m",
        "performance >= 90%",
        "performance >= 101",
        "performance >= 89.5",
        "cls < 0.1s",
        "size < 80 files",
        "size < much",
        "requests < 1.5",
        "lcp < 2.5s performance >= 90",
        "lcp < 2.5s or size < 1MB",
        "lcp < -1s",
        &many,
        &long,
    ];
    let shown: Vec<String> = faults
        .into_iter()
        .map(|text| match parse(text) {
            Err(error) => format!("{error}\n"),
            Ok(budgets) => panic!("`{text}` is read as {budgets:?}"),
        })
        .collect();
    insta::assert_snapshot!("faults", shown.join("\n"));
}

#[test]
fn what_is_not_kept_is_told_with_what_was_seen() {
    let summary = slow();
    let budgets = parse(
        "lcp < 2.5s, performance >= 90, size < 1MB, script <= 100kB, requests < 80, cls < 0.1, tbt < 10s, accessibility > 10, \
         image requests < 2",
    )
    .unwrap();
    let told: Vec<String> = breaches(&budgets, &summary).iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    Largest Contentful Paint: 4.5 s, but the budget is less than 2.5 s
    Performance: 56, but the budget is 90 or more
    Scripts: 174 kB, but the budget is 100 kB at most
    Requests (images): 2, but the budget is less than 2
    ");
}

#[test]
fn a_limit_is_within_only_when_it_says_so() {
    let mut summary = slow();
    summary.metrics[1].value = 2_500.0;
    summary.scores.insert(crate::audit::Category::Seo, 90);
    for (text, verdict) in [
        ("lcp < 2.5s", Verdict::Broken),
        ("lcp <= 2.5s", Verdict::Kept),
        ("seo > 90", Verdict::Broken),
        ("seo >= 90", Verdict::Kept),
        ("lcp < 2501ms", Verdict::Kept),
    ] {
        assert_eq!(text.parse::<Budget>().unwrap().judge(&summary), verdict, "{text}");
    }
    summary.metrics[1].value = 2_500.4;
    let breach = &breaches(&["lcp <= 2.5s".parse().unwrap()], &summary)[0];
    assert_eq!(breach.to_string(), "Largest Contentful Paint: 2500.4 ms, but the budget is 2.5 s at most");
}

#[test]
fn what_was_not_found_out_is_neither_kept_nor_broken() {
    let mut summary = slow();
    summary.metrics.clear();
    let budget: Budget = "lcp < 2.5s".parse().unwrap();
    assert_eq!(budget.judge(&summary), Verdict::Unknown);
    assert_eq!(breaches(&[budget], &summary), []);
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,80}") {
        let _ = parse(&text);
    }

    #[test]
    fn what_is_read_is_written_and_read_back(
        figure in prop::sample::select(Figure::all().collect::<Vec<_>>()),
        inclusive in any::<bool>(),
        number in 0_u32..=100,
        unit in prop::sample::select(vec!["", "ms", "s", "kB", "MiB", "B"]),
    ) {
        let sign = if figure.more_is_better() { ">" } else { "<" };
        let text = format!("{figure} {sign}{}{number}{unit}", if inclusive { "= " } else { "" });
        if let Ok(budget) = text.parse::<Budget>() {
            prop_assert_eq!(budget.to_string().parse(), Ok(budget));
        }
    }
}
