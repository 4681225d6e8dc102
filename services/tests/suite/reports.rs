//! Reports against figures that are worked out from every single outcome.

mod history;

use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::health::Status;
use monitor_core::monitor::MonitorId;
use monitor_core::outcome::{Reason, Verdict};
use monitor_core::report::{DAY, Retention, Window};
use monitor_core::rollup::Tally;
use monitor_core::sketch::Sketch;
use services::view::ReportView;
use test_support::both;
use test_support::builders::START;

use crate::common::{EVER, World};
use crate::random::Random;
use history::History;

const HOUR: Duration = Duration::from_secs(3_600);

const RETENTION: Retention = Retention {
    raw: Duration::from_secs(6 * 3_600),
    minute: DAY,
    hour: Duration::from_secs(2 * 86_400),
    day: Duration::from_secs(1_000 * 86_400),
};

both!(reports_of_three_days_are_what_every_outcome_adds_up_to, async |database| {
    let world = World::keeping(database, RETENTION).await;
    let mut random = Random(3);
    let mut history = History::begin(&world).await;
    for half_day in 1..=6 {
        history.live_until(&world, &mut random, START + half_day * DAY / 2).await;
        for _ in 0..10 {
            let window = some_window(&mut random, world.now());
            for monitor in history.monitors() {
                compare(&world, &history, Some(monitor), window).await;
            }
            compare(&world, &history, None, window).await;
        }
        the_report_of_all_is_the_sum_of_each(&world, &history).await;
    }
    history.is_worth_it();
});

/// One that ends anywhere from hours before the beginning to an hour from now, or close to now.
fn some_window(random: &mut Random, now: Timestamp) -> Window {
    let mut up_to = |most: Duration| Duration::from_millis(random.between(0, u64::try_from(most.as_millis()).unwrap()));
    let (long, short) = (up_to(3 * DAY), up_to(2 * HOUR));
    let (ever, lately) = (now + HOUR - up_to(now.since(START) + 4 * HOUR), now - up_to(3 * HOUR));
    let length = if random.percent(70) { long } else { short };
    let to = if random.percent(50) { ever } else { lately };
    Window { from: to - length, to }
}

async fn report(world: &World, monitor: Option<(MonitorId, &str)>, window: Window) -> ReportView {
    world.services.report(&world.owner, monitor.map(|(_, name)| name), window).await.unwrap()
}

async fn compare(world: &World, history: &History, monitor: Option<(MonitorId, &str)>, asked: Window) {
    let view = report(world, monitor, asked).await;
    let (now, report) = (world.now(), &view.report);
    let scope = monitor.map(|(id, _)| id);
    let window = report.window;
    let context = format!("{scope:?} {asked:?} -> {window:?} at {now}");

    let asked = Window { from: asked.from.min(now), to: asked.to.min(now) };
    assert!(window.from <= asked.from && asked.from.since(window.from) < DAY, "{context}");
    assert!(window.to >= asked.to && window.to.since(asked.to) < DAY && window.to <= now, "{context}");
    if now.since(asked.from) <= RETENTION.raw && asked.length() <= 2 * HOUR {
        assert_eq!(window, asked, "{context}");
    }
    same_figures(&report.tally, history, scope, window, &context);
    for status in Status::ALL {
        let expected = history.time(scope, status, window);
        assert_eq!(report.accounting.time(status), expected, "{status:?} {context}");
    }
    for day in &report.days {
        let checks = history.outcomes(scope, window).filter(|outcome| outcome.at.floor(DAY) == day.day);
        let (checks, bytes) = checks.fold((0, 0), |(checks, bytes), next| (checks + 1, bytes + next.response_bytes));
        assert_eq!((day.checks, day.bytes), (checks, bytes), "{context}");
    }
    assert_eq!(report.days.iter().map(|day| day.checks).sum::<u64>(), report.tally.total(), "{context}");
    same_incidents(&view, history, scope, &context);
}

fn same_figures(tally: &Tally, history: &History, scope: Option<MonitorId>, window: Window, context: &str) {
    let count = |verdict| history.outcomes(scope, window).filter(|outcome| outcome.verdict() == verdict).count() as u64;
    let verdicts = [tally.ok, tally.slow, tally.failed, tally.inconclusive];
    assert_eq!(verdicts, [Verdict::Ok, Verdict::Slow, Verdict::Failed, Verdict::Inconclusive].map(count), "{context}");
    let bytes: u64 = history.outcomes(scope, window).map(|outcome| outcome.response_bytes).sum();
    assert_eq!(tally.bytes, bytes, "{context}");

    let answered = |verdict| matches!(verdict, Verdict::Ok | Verdict::Slow);
    let mut latencies: Vec<Duration> = history
        .outcomes(scope, window)
        .filter(|outcome| answered(outcome.verdict()))
        .map(|outcome| outcome.duration)
        .collect();
    latencies.sort_unstable();
    let mean = latencies.iter().sum::<Duration>().as_micros().checked_div(latencies.len() as u128);
    assert_eq!(tally.mean_latency().map(|mean| mean.as_micros()), mean, "{context}");
    for percent in [50, 95, 99] {
        let exact = latencies.get((latencies.len() * percent).div_ceil(100).max(1) - 1).copied().unwrap_or_default();
        let estimate = tally.latency.quantile(percent as f64 / 100.0).unwrap_or_default();
        let error = estimate.abs_diff(exact).as_secs_f64();
        assert!(
            error <= exact.as_secs_f64() * Sketch::RELATIVE_ERROR + 1e-9,
            "p{percent} {estimate:?} {exact:?} {context}"
        );
    }
}

fn same_incidents(view: &ReportView, history: &History, scope: Option<MonitorId>, context: &str) {
    let Window { from, to } = view.report.window;
    let within = |at: Timestamp| from <= at && at < to;
    let incidents = || history.incidents(scope);
    let touching = incidents().filter(|incident| incident.opened < to && incident.resolved.is_none_or(|at| at >= from));
    assert_eq!(
        (view.incidents.len(), view.report.incidents.len()),
        (touching.clone().count(), touching.count()),
        "{context}"
    );
    let ended: Vec<Duration> = incidents()
        .filter_map(|incident| incident.resolved.filter(|at| within(*at)).map(|at| at.since(incident.opened)))
        .collect();
    let mttr = ended.iter().sum::<Duration>().checked_div(u32::try_from(ended.len()).unwrap());
    assert_eq!(view.report.mttr, mttr, "{context}");
    let up =
        history.time(scope, Status::Up, view.report.window) + history.time(scope, Status::Degraded, view.report.window);
    let opened = incidents().filter(|incident| within(incident.opened)).count();
    assert_eq!(view.report.mtbf, up.checked_div(u32::try_from(opened).unwrap()), "{context}");
}

async fn the_report_of_all_is_the_sum_of_each(world: &World, history: &History) {
    for window in [Window { from: START, to: START + 3 * DAY }, Window { from: START + DAY, to: START + 2 * DAY }] {
        let all = report(world, None, window).await;
        let (mut tally, mut up, mut counted) = (Tally::default(), Duration::ZERO, Duration::ZERO);
        for monitor in history.monitors() {
            let single = report(world, Some(monitor), window).await.report;
            assert_eq!(single.window, all.report.window);
            tally.merge(&single.tally);
            up += single.accounting.up();
            counted += single.accounting.counted();
        }
        assert_eq!((all.report.tally, all.monitors), (tally, 3));
        assert_eq!((all.report.accounting.up(), all.report.accounting.counted()), (up, counted));
    }
}

both!(a_report_of_the_future_or_of_nothing_is_empty, async |database| {
    let world = World::new(database).await;
    world.add("shop").await;
    let now = world.now();
    for window in [
        Window { from: now + DAY, to: now + 2 * DAY },
        Window { from: now, to: now },
        Window { from: now, to: now - DAY },
        Window { from: now - 900 * DAY, to: now - 800 * DAY },
        EVER,
    ] {
        for name in [Some("shop"), None] {
            let view = world.services.report(&world.owner, name, window).await.unwrap();
            assert_eq!((view.report.tally.total(), view.report.accounting.uptime()), (0, None), "{window:?}");
            assert_eq!((view.monitors, view.monitor.is_some()), (1, name.is_some()));
            assert!(view.report.window.to <= now);
        }
    }
});

both!(what_was_found_just_now_is_in_the_report_of_the_last_hour, async |database| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    world.clock.advance(2 * HOUR);
    world.services.roll_up().await.unwrap();
    world.check(&shop, Reason::Ok).await;
    world.clock.advance(Duration::from_millis(1));
    let window = Window { from: world.now() - HOUR, to: world.now() };
    let report = world.services.report(&world.owner, Some("shop"), window).await.unwrap().report;
    assert_eq!((report.tally.total(), report.window), (1, window));
});
