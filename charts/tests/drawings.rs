//! What every chart keeps to, whatever it is given.

use charts::{Bar, BarChart, Chart, LineChart, PngError, Point, Series, Span, State, Theme, TimelineChart, Unit};
use resvg::tiny_skia::Pixmap;
use resvg::usvg::roxmltree::Document;

const HOUR: i64 = 3_600_000;
/// Monday, 3 August 2026, 09:00 UTC.
const NOW: i64 = 1_785_747_600_000;

fn line(title: &str, names: &[&str], values: &[&[Option<f64>]]) -> Chart {
    let series = |(name, values): (&&str, &&[Option<f64>])| Series {
        name: (*name).to_owned(),
        points: values
            .iter()
            .zip(0..)
            .map(|(value, hour)| Point { at_ms: NOW - 6 * HOUR + hour * HOUR, value: *value })
            .collect(),
    };
    Chart::Line(LineChart {
        title: title.to_owned(),
        unit: Unit::Milliseconds,
        start_ms: NOW - 6 * HOUR,
        end_ms: NOW,
        series: names.iter().zip(values).map(series).collect(),
    })
}

fn latency() -> Chart {
    let p50 = [Some(120.0), Some(135.0), Some(128.0), None, Some(180.0), Some(142.0), Some(139.5)];
    let p95 = [Some(310.0), Some(290.0), Some(420.0), None, Some(905.0), Some(350.0), Some(333.0)];
    line("Latency of shop", &["p50", "p95"], &[&p50, &p95])
}

fn bars(title: &str, bars: &[(&str, Option<f64>, Option<&str>)]) -> Chart {
    let bar = |(label, value, detail): &(&str, Option<f64>, Option<&str>)| Bar {
        label: (*label).to_owned(),
        value: *value,
        detail: detail.map(str::to_owned),
    };
    Chart::Bars(BarChart { title: title.to_owned(), unit: Unit::Bytes, bars: bars.iter().map(bar).collect() })
}

fn traffic() -> Chart {
    let days = [
        ("1 Aug", Some(1.2e9), Some("2,880 checks")),
        ("2 Aug", None, None),
        ("3 Aug", Some(4.5e8), Some("1,080 checks")),
    ];
    bars("Traffic per day", &days)
}

fn uptime() -> Chart {
    let spans = [(6, 3, State::Up), (3, 2, State::Down), (2, 1, State::Degraded), (1, 0, State::Paused)];
    let span = |(from, to, state)| Span { start_ms: NOW - from * HOUR, end_ms: NOW - to * HOUR, state };
    let spans = spans.map(span).to_vec();
    Chart::Timeline(TimelineChart { title: "Uptime of shop".to_owned(), start_ms: NOW - 6 * HOUR, end_ms: NOW, spans })
}

fn empty() -> [Chart; 3] {
    [
        line("Nothing", &["p50"], &[&[None, Some(f64::NAN)]]),
        bars("Nothing", &[("3 Aug", None, None)]),
        Chart::Timeline(TimelineChart { title: "Nothing".to_owned(), start_ms: 0, end_ms: NOW, spans: Vec::new() }),
    ]
}

#[test]
fn a_line_is_drawn_as_designed() {
    insta::assert_snapshot!("line_svg", latency().svg(Theme::Light));
    insta::assert_snapshot!("line_text", latency().text(80));
    insta::assert_snapshot!(latency().alt(), @"Latency of shop, 3 Aug 2026, 03:00 – 09:00 UTC: p50 120 ms to 180 ms, last 140 ms; p95 290 ms to 905 ms, last 333 ms.");
}

#[test]
fn bars_are_drawn_as_designed() {
    insta::assert_snapshot!("bars_svg", traffic().svg(Theme::Dark));
    insta::assert_snapshot!("bars_text", traffic().text(60));
    insta::assert_snapshot!(traffic().alt(), @"Traffic per day: 3 bars, 1 without data, 450 MB (3 Aug) to 1.2 GB (1 Aug), last 450 MB (3 Aug).");
}

#[test]
fn many_bars_stand_in_a_terminal() {
    let labels: Vec<String> = (1..=31).map(|day| format!("{day} Jul")).collect();
    let days: Vec<_> = labels
        .iter()
        .zip(0..)
        .map(|(label, day)| (label.as_str(), (day != 9).then_some(f64::from(day % 7) * 1e8), None))
        .collect();
    insta::assert_snapshot!("standing_bars_text", bars("Traffic per day", &days).text(80));
}

#[test]
fn a_timeline_is_drawn_as_designed() {
    insta::assert_snapshot!("timeline_svg", uptime().svg(Theme::Auto));
    insta::assert_snapshot!("timeline_text", uptime().text(60));
    insta::assert_snapshot!(uptime().alt(), @"Uptime of shop, 3 Aug 2026, 03:00 – 09:00 UTC: up for 3 h, degraded for 1 h, down for 1 h, paused for 1 h.");
}

#[test]
fn an_empty_chart_says_so_everywhere() {
    for chart in empty() {
        for said in [chart.svg(Theme::Light), chart.text(80), chart.alt()] {
            assert!(said.contains("no data in this period"), "{said}");
        }
    }
}

#[test]
fn a_chart_is_the_same_after_a_trip_through_json() {
    for chart in [latency(), traffic(), uptime()] {
        let json = serde_json::to_string(&chart).unwrap();
        assert_eq!(serde_json::from_str::<Chart>(&json).unwrap(), chart);
    }
    insta::assert_snapshot!(serde_json::to_string(&traffic()).unwrap(), @r#"{"kind":"bars","title":"Traffic per day","unit":"bytes","bars":[{"label":"1 Aug","value":1200000000.0,"detail":"2,880 checks"},{"label":"2 Aug","value":null,"detail":null},{"label":"3 Aug","value":450000000.0,"detail":"1,080 checks"}]}"#);
}

#[test]
fn names_written_by_strangers_stay_text() {
    let evil = "</text></title></desc><script>alert(1)</script><image href=\"https://evil.test/x\" onload='x'/>&amp;]]>\0\u{1b}[31m\u{202e}";
    let spans = vec![Span { start_ms: 0, end_ms: HOUR, state: State::Down }];
    let charts = [
        line(evil, &[evil, evil], &[&[Some(1.0), Some(2.0)], &[Some(3.0)]]),
        bars(evil, &[(evil, Some(1.0), Some(evil)), (evil, None, None)]),
        Chart::Timeline(TimelineChart { title: evil.to_owned(), start_ms: 0, end_ms: HOUR, spans }),
    ];
    for chart in charts {
        for theme in [Theme::Light, Theme::Dark, Theme::Auto] {
            assert_harmless(&Document::parse(&chart.svg(theme)).unwrap());
        }
        let text = chart.text(80) + &chart.alt();
        assert!(
            !text.chars().any(|character| character.is_control() && character != '\n' || character == '\u{202e}'),
            "{text:?}"
        );
        chart.png(Theme::Light, 1.0).unwrap();
    }
}

/// The document holds known elements only, none of which runs or loads anything.
fn assert_harmless(document: &Document<'_>) {
    for element in document.descendants().filter(|node| node.is_element()) {
        let name = element.tag_name().name();
        assert!(
            ["svg", "title", "desc", "style", "rect", "path", "circle", "text", "tspan", "g"].contains(&name),
            "{name}"
        );
        for attribute in element.attributes() {
            assert!(!attribute.name().starts_with("on") && !attribute.name().ends_with("href"), "{}", attribute.name());
        }
    }
}

#[test]
fn an_svg_names_and_describes_itself() {
    for chart in [latency(), traffic(), uptime()] {
        let svg = chart.svg(Theme::Auto);
        let document = Document::parse(&svg).unwrap();
        let root = document.root_element();
        assert_eq!(root.attribute("role"), Some("img"));
        let child = |name| {
            root.children()
                .find(|node| node.has_tag_name(("http://www.w3.org/2000/svg", name)))
                .and_then(|node| node.text())
        };
        assert_eq!(child("title"), Some(chart.title()));
        assert_eq!(child("desc"), Some(chart.alt().as_str()));
    }
}

#[test]
fn only_the_adapting_theme_needs_a_style_sheet() {
    assert!(uptime().svg(Theme::Auto).contains("prefers-color-scheme:dark"));
    for theme in [Theme::Light, Theme::Dark] {
        let svg = uptime().svg(theme);
        assert!(!svg.contains("<style") && !svg.contains("var("), "{svg}");
    }
}

#[test]
fn a_png_has_the_size_asked_for() {
    for (chart, height) in [(latency(), 290), (traffic(), 240), (uptime(), 156)] {
        for scale in [1_u16, 2] {
            let pixels = Pixmap::decode_png(&chart.png(Theme::Dark, f32::from(scale)).unwrap()).unwrap();
            assert_eq!((pixels.width(), pixels.height()), (720 * u32::from(scale), height * u32::from(scale)));
        }
    }
}

#[test]
fn a_png_of_the_adapting_theme_is_the_light_one() {
    assert_eq!(uptime().png(Theme::Auto, 1.0).unwrap(), uptime().png(Theme::Light, 1.0).unwrap());
}

#[test]
fn the_embedded_font_draws_latin_greek_and_cyrillic_in_two_weights() {
    let titles = ["", "shop", "shoq", "Ωμέγα", "Ωμέγα ά", "Магазин", "Магазик", "→ ✗", "↑ ✗"];
    let drawn = titles.map(|title| line(title, &[], &[]).png(Theme::Light, 1.0).unwrap());
    for (index, one) in drawn.iter().enumerate() {
        for (other_index, other) in drawn.iter().enumerate().skip(index + 1) {
            assert_ne!(one, other, "{:?} looks like {:?}", titles[index], titles[other_index]);
        }
    }
}

#[test]
fn a_scale_out_of_range_is_refused_with_a_reason() {
    for scale in [0.0, -1.0, 4.1, f32::NAN, f32::INFINITY] {
        let refused = uptime().png(Theme::Light, scale).unwrap_err();
        assert!(matches!(refused, PngError::Scale(_)), "{refused}");
        assert!(refused.to_string().contains("between 0.1 and 4"), "{refused}");
    }
}

#[test]
fn a_drawing_is_bounded_by_its_width_and_not_by_its_data() {
    let values: Vec<Option<f64>> =
        (0..100_000).map(|index| (index % 3 > 0).then_some(f64::from(index % 977))).collect();
    let points = values.iter().zip(0..).map(|(value, at_ms)| Point { at_ms, value: *value }).collect();
    let series = vec![Series { name: "p50".to_owned(), points }];
    let long = "x".repeat(1_000_000);
    let spans = (0..100_000).map(|at| Span {
        start_ms: at,
        end_ms: at + 1,
        state: if at % 2 == 0 { State::Up } else { State::Down },
    });
    let charts = [
        Chart::Line(LineChart { title: long.clone(), unit: Unit::Count, start_ms: 0, end_ms: 100_000, series }),
        bars(&long, &values.iter().map(|value| ("day", *value, None)).collect::<Vec<_>>()),
        Chart::Timeline(TimelineChart { title: long.clone(), start_ms: 0, end_ms: 100_000, spans: spans.collect() }),
    ];
    for chart in charts {
        let (svg, text) = (chart.svg(Theme::Auto), chart.text(80));
        assert!(svg.len() < 250_000, "{} bytes of SVG for {:.20}", svg.len(), svg);
        assert!(text.len() < 10_000, "{} bytes of text", text.len());
    }
}
