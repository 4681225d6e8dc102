//! No chart there can be makes a drawing panic, an SVG malformed or a terminal's line too long.

use charts::{Bar, BarChart, Chart, LineChart, Point, Series, Span, State, Theme, TimelineChart, Unit};
use proptest::collection::vec;
use proptest::prelude::*;
use resvg::usvg::{Options, Tree, roxmltree};
use unicode_width::UnicodeWidthStr;

fn number() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![
        Just(None),
        any::<f64>().prop_map(Some),
        (0.0..5_000.0).prop_map(Some),
        (-1.0..1.0).prop_map(Some),
        prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN_POSITIVE, -0.0])
            .prop_map(Some),
    ]
}

fn time() -> impl Strategy<Value = i64> {
    prop_oneof![
        any::<i64>(),
        0_i64..100_000,
        1_700_000_000_000_i64..1_800_000_000_000,
        Just(i64::MIN),
        Just(i64::MAX),
        Just(0)
    ]
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[a-z ]{0,12}", "[<>&\"'店é\u{0}\u{1b}\u{202e}]{0,300}"]
}

fn unit() -> impl Strategy<Value = Unit> {
    prop::sample::select(vec![Unit::Milliseconds, Unit::Bytes, Unit::Count, Unit::Percent])
}

fn state() -> impl Strategy<Value = State> {
    use State::{Degraded, Down, Inconclusive, Maintenance, Paused, Unknown, Up};
    prop::sample::select(vec![Up, Degraded, Down, Paused, Maintenance, Unknown, Inconclusive])
}

fn line() -> impl Strategy<Value = Chart> {
    let point = (time(), number()).prop_map(|(at_ms, value)| Point { at_ms, value });
    let series = (name(), vec(point, 0..40)).prop_map(|(name, points)| Series { name, points });
    (name(), unit(), time(), time(), vec(series, 0..9)).prop_map(|(title, unit, start_ms, end_ms, series)| {
        Chart::Line(LineChart { title, unit, start_ms, end_ms, series })
    })
}

fn bars() -> impl Strategy<Value = Chart> {
    let bar =
        (name(), number(), prop::option::of(name())).prop_map(|(label, value, detail)| Bar { label, value, detail });
    (name(), unit(), vec(bar, 0..300)).prop_map(|(title, unit, bars)| Chart::Bars(BarChart { title, unit, bars }))
}

fn timeline() -> impl Strategy<Value = Chart> {
    let span = (time(), time(), state()).prop_map(|(start_ms, end_ms, state)| Span { start_ms, end_ms, state });
    (name(), time(), time(), vec(span, 0..40))
        .prop_map(|(title, start_ms, end_ms, spans)| Chart::Timeline(TimelineChart { title, start_ms, end_ms, spans }))
}

/// Every attribute that says where something is.
fn coordinates(svg: &str) -> Result<Vec<String>, roxmltree::Error> {
    let document = roxmltree::Document::parse(svg)?;
    let places = ["d", "x", "y", "width", "height", "cx", "cy"];
    let elements = document.root_element().descendants().skip(1);
    let attributes = elements.flat_map(|node| node.attributes().filter(|attribute| places.contains(&attribute.name())));
    Ok(attributes.map(|attribute| attribute.value().to_owned()).collect())
}

fn are_on_the_card(coordinates: &str) -> bool {
    let numbers = coordinates.split(|character: char| "MLHVQZhv ".contains(character)).filter(|part| !part.is_empty());
    numbers.into_iter().all(|number| number.parse::<f64>().is_ok_and(|number| (0.0..=720.0).contains(&number)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_drawing_of_every_chart_is_sound(
        chart in prop_oneof![line(), bars(), timeline()],
        theme in prop::sample::select(vec![Theme::Light, Theme::Dark, Theme::Auto]),
        width in any::<usize>(),
    ) {
        let svg = chart.svg(theme);
        let tree = Tree::from_str(&svg, &Options::default());
        prop_assert!(tree.is_ok(), "{tree:?}\n{svg}");
        for coordinates in coordinates(&svg)? {
            prop_assert!(are_on_the_card(&coordinates), "{coordinates}");
        }
        for row in chart.text(width).lines() {
            prop_assert!(row.width() <= width.clamp(40, 240), "{} columns: {row}", row.width());
        }
        prop_assert!(!chart.alt().contains('\n'));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_chart_becomes_a_picture(chart in prop_oneof![line(), bars(), timeline()], scale in 0.1_f32..0.3) {
        let drawn = chart.png(Theme::Dark, scale);
        prop_assert!(drawn.is_ok(), "{drawn:?}");
    }
}
