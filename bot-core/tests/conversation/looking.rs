use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bot_core::reply::Block;
use bot_core::{Reply, cards};
use insta::assert_snapshot;
use services::view::IncidentFilter;
use test_support::targets::answering::Answer;

use crate::chat::{Chat, redacted};

const MINUTE: Duration = Duration::from_secs(60);

/// What a check on a busy machine takes at most; keeps durations from being a moment short of a round figure.
const A_LITTLE: Duration = Duration::from_millis(300);

#[tokio::test]
async fn a_newcomer_is_shown_the_way() {
    let chat = Chat::start().await;
    assert_snapshot!(chat.say("hi").await, @r"
    Hello! I watch websites, servers and jobs, and tell you when they fail. Say for example:

      https://shop.example  watch that address
      status  how everything is
      show-report 7d  uptime, latency and traffic of a week
      help  all I can do
    ");
    assert_eq!(chat.say("What can you do?").await, chat.say("hi").await);
    assert_eq!(chat.say("watchword").await, chat.say("").await);
    assert_snapshot!(chat.say("status").await, @"There are no monitors yet. `add-monitor https://shop.example` adds one.");
    assert_snapshot!(chat.say("list-monitors").await, @"There are no monitors yet. `add-monitor https://shop.example` adds one.");
    assert_snapshot!(chat.say("list-incidents").await, @"There was no incident.");
    assert_snapshot!(chat.say("help").await, @r"
    Talking
      help  Shows what I can do, or all about one command, kind of check or kind of destination.
      cancel  Forgets the question I asked.

    Monitors
      add-monitor  Watches an address. I try it once, show what I found, and ask before I save.
      list-monitors  Lists the monitors, the worst first.
      show-monitor  Shows a monitor: how it is, what it does, its latest checks and its last 24 hours.
      check-now  Checks a monitor at once and shows what was found.
      edit-monitor  Changes what you name and leaves the rest. Assertions given anew replace those of their kind, headers those of their name.
      pause-monitor  Stops checking a monitor, or all of a label or group, until they are resumed; open incidents end.
      resume-monitor  Starts checking a paused monitor, or all of a label or group, again, at once.
      label-monitors  Sets labels of many monitors at once, or takes them away. `edit-monitor shop label env=prod` labels one.
      delete-monitor  Deletes a monitor, or all of a label or group, and all that is known of them. I ask before I do.

    How things are and were
      status  Says how everything is, what is in trouble first.
      show-report  Shows what a period looked like, of one monitor or of all: checks, uptime, latency, traffic, incidents.

    Heartbeats
      show-pings  Shows what a heartbeat's job has reported last, or what it sent along.
      ping-key  Shows the address below which every heartbeat can be pinged by its name, or makes another key for it.

    Audits
      audit  Audits a page with Lighthouse: how fast, accessible, sound, findable and installable it is, what to mend first, and
                             a report as PDF.
      list-audits  Lists audits with their scores, the latest first.
      show-audit  Shows what an audit found: scores, core metrics, what to mend and where, and how it was over time; or gives its
                             report as PDF.
      compare-audits  Compares two audits of a page: scores, metrics and sizes, what newly fails and what passes now, and what of that is
                             more than chance.
      cancel-audit  Calls an audit off that waits or is being made.
      schedule-audit  Has a page audited again and again. Budgets that are broken and what gets worse are an incident until an audit
                             finds nothing wrong.
      list-audit-schedules  Lists what is audited again and again, and when next.
      delete-audit-schedule  Ends a schedule of audits; the audits that were made stay. I ask before I do.

    Incidents
      list-incidents  Lists incidents, the latest first, with their numbers and who takes care of them.
      show-incident  Shows an incident: how it stands, what is affected, what happened, and who was told.
      why  Explains why you were told, or were not: which checks, how they counted, which rule, what was held back and by what,
                        what was sent where.
      ack  Says that you take care of an incident: nobody further is told, and everybody sees that it is you.
      resolve  Says that an incident is over, and what caused it.
      note  Writes something down in an incident's timeline.
      root-cause  Says what caused an incident, open or over; it stands in the postmortem.
      declare-incident  Declares an incident that no check has found, tells whoever is to be told, and keeps its timeline.
      postmortem  Gives an incident as a Markdown file: what happened, what was affected, the timeline, the cause.

    When to tell
      add-alert  Adds a rule that says when somebody is told of monitors. Where its condition holds already, it fires at once.
      list-alerts  Lists the alert rules and what each is doing now.
      simulate-alert  Says what an alert rule would have told in the past: when, for how long, and how often. Nothing is told or changed.
      delete-alert  Deletes an alert rule; its open alerts end. I ask before I do. To change a rule, delete it and add another.

    Where to tell
      add-destination  Adds a place outside of this chat that can be told: a mailbox, a channel, a phone. I ask for what its kind needs.
      list-destinations  Lists the places outside of this chat that can be told.
      show-destination  Shows a destination: what it is, whether it takes what it is told, and what it was told last.
      test-destination  Sends a test to a destination, the way all notifications go, and says what was answered.
      edit-destination  Changes what you name of a destination and leaves the rest.
      delete-destination  Deletes a destination. I say who relies on it, and ask before I do.
      list-notifications  Lists what destinations were told or are to be told, the latest first, and what came of it.
      resend  Sends a notification again that could not be delivered, or all that failed.

    Whom to tell
      add-route  Says who is told of incidents of some monitors, and who next if nobody takes care. All routes that fit apply.
      list-routes  Lists who is told of what. All routes that fit an incident apply.
      delete-route  Deletes a route: who it tells is told no more. I say how to make it again.
      quiet-hours  Sets, shows or takes away the hours at which a destination is not told, but after them.
      add-rotation  Has destinations take turns in being on call. A route tells whoever it is with `@` and the name.
      list-rotations  Lists who takes turns in being on call.
      who-is-on-call  Says who is on call, and who is next, now or at a time.
      override-on-call  Has a destination stand in for those whose turn it is. Of several at the same time the last one counts.
      delete-rotation  Deletes a rotation that no route tells. I say how to make it again.

    When not to tell
      silence  Tells nobody of some monitors or an incident for a while. It is watched all the same, and what still is when the silence
                        ends is told then.
      list-silences  Lists of what nobody is told for a while, why, and until when.
      end-silence  Ends a silence. Whoever would have been told of what still is, is told at once.
      add-maintenance  Announces work on monitors, now, later or again and again: while it lasts they are checked, but nobody is told, and the
                        time does not count in reports.
      list-maintenance  Lists the maintenance that is on and that is to come; of one of them the next five times.
      end-maintenance  Ends maintenance before its time, or deletes it before it begins; of a recurring one what is on, or all times that are
                        to come.

    People and places
      connect  Makes a code that lets a Discord server, a Slack workspace or a Telegram group talk for this organisation; with the
                        code, connects the place where you say it.
      disconnect  Ends the connection of a Discord server, a Slack workspace or a Telegram group. I ask before I do.
      list-connections  Lists what is connected, what may be done there by people whom I do not know, whose cards appear where, and who the
                        members are.
      link  Makes a code by which I know you on Discord, Slack or Telegram as well; with the code, links you where you say it.
      unlink  Lets me know you no more on a platform, or on all; admins can do that to others as well. I ask before I do.
      whoami  Says who you are to me, what you may do here, and whose cards appear here.
      invite  Makes a code by which somebody becomes a member, with a role that is not above yours.
      set-access  Sets what people may do in this conversation whom I do not know: nothing, read, or what a role may that is not above
                        yours.
      map-role  Lets everybody with a role of the Discord server do what a role here may that is not above yours.
      follow  Has the cards of incidents appear in this conversation: of everything, of a label or group, or of one monitor.
      unfollow  Has the cards of new incidents appear in this conversation no more; those that are here stay up to date.

    `help add-monitor` tells all about one command. An address alone, like `https://shop.example`, is taken as one to watch.
    ");
    assert_snapshot!(chat.say("help delete monitor").await, @r"
    `delete-monitor [label] <monitor> …` Deletes a monitor, or all of a label or group, and all that is known of them. I ask before I do.

    Also: `delete`, `remove`, `rm`.

    It takes
      [label] env=prod  All monitors with this label; of several, those that have all. Can be given more than once.
      [monitor] shop  The monitor's name.
      group shop  All monitors of this group.
      count 2  How many there have to be of a label or group; if they are more or fewer by then, nothing is deleted.
      yes  Does it without asking back.

    For example: `delete-monitor shop`, `delete-monitor shop --yes`, `delete-monitor env=staging`
    ");
    assert_snapshot!(chat.say("help shwo-report").await, @"✗ I don't know “shwo-report”. Did you mean `show-report`? `help` shows what I can do.");
}

#[tokio::test]
async fn an_incident_is_seen_everywhere_and_its_card_turns_into_recovered() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    assert!(chat.reply("check-now shop").await.ok);
    assert_snapshot!(chat.say("status").await, @"The one monitor is up.");
    chat.pass(MINUTE);
    chat.target.set(Answer::status(500));
    assert_snapshot!(chat.say("check-now shop").await, @r"
    `shop`: It failed after [ms]: answered 500 Internal Server Error, expected 200..299 (unexpected_status).

    What I found
      status  500 over HTTP/1.1
      TCP connection  [ms]
      request sent  [ms]
      first byte  [ms]
      body received  [ms]
      total  [ms]
      size  0 B
      peer  127.0.0.1
      fails  status in 200..299, saw 500 Internal Server Error
    ");
    chat.pass(MINUTE * 2 + A_LITTLE);
    assert_snapshot!(chat.say("status").await, @r"
    1 monitor: 1 down
      ✖ down  shop  answered 500 Internal Server Error, expected 200..299 · for 2 min · http://127.0.0.1:PORT/ · every 1m
    ");
    assert_snapshot!(chat.say("list-monitors down").await, @r"
    1 monitor
      ✖ down  shop  answered 500 Internal Server Error, expected 200..299 · for 2 min · http://127.0.0.1:PORT/ · every 1m
    ");
    assert_snapshot!(chat.say("list-incidents open").await, @r"
    Incidents (1)
      incident  monitor  severity  since  state  why
      #1  shop  critical  2026-03-01 00:01 UTC  open for 2 min  answered 500 Internal Server Error, expected 200..299
    ");
    assert_snapshot!(card(&chat).await, @"  ✖ down  shop  is down — answered 500 Internal Server Error, expected 200..299. Since 00:01 UTC. #1");
    chat.target.set(Answer::ok("all ok"));
    assert!(chat.reply("check shop").await.ok);
    assert_snapshot!(card(&chat).await, @"  ● up  shop  recovered after 2 min at 00:03 UTC; it was: answered 500 Internal Server Error, expected 200..299. #1");
    assert_snapshot!(chat.say("list-incidents shop 1h").await, @r"
    Incidents (1)
      incident  monitor  severity  since  state  why
      #1  shop  critical  2026-03-01 00:01 UTC  recovered after 2 min  answered 500 Internal Server Error, expected 200..299
    ");
    assert_snapshot!(chat.say("show-monitor shop").await, @r"
      ● up  shop  since just now

    Now
      last check  just now
      phases  tcp connection [ms] · send request [ms] · time to first byte [ms] · receive response [ms]
      next check  in 36 s
      answers  HTTP/1.1 from 127.0.0.1
      uptime (24 h)  [%] of 3 min
      p95 (24 h)  [ms]

    Settings
      address  http://127.0.0.1:PORT/
      interval  every 1m
      timeout  10s
      expects  status in 200..299
      redirects  followed, up to 10
      down after  a failed check (not tried again), up after 1 good check

    Latest checks
      when  result  status  total  size
      just now  ok  200  [ms]  6 B
      2 min ago  unexpected_status: answered 500 Internal Server Error, expected 200..299  500  [ms]  0 B
      3 min ago  ok  200  [ms]  6 B

    [chart: Uptime of shop]
    ");
}

#[tokio::test]
async fn an_alert_that_is_withheld_is_said_to_be() {
    let chat = Chat::start().await;
    chat.add("router").await;
    let added =
        chat.say(&format!("add-monitor {} name shop retries 0 depends-on router --yes", chat.target.url())).await;
    assert!(added.contains("I watch `shop` now"), "{added}");
    chat.target.set(Answer::status(500));
    for name in ["router", "shop"] {
        assert!(chat.reply(&format!("check-now {name}")).await.ok);
    }
    chat.pass(MINUTE * 2 + A_LITTLE);
    assert_snapshot!(chat.say("list-incidents open").await, @r"
    Incidents (1)
      incident  monitor  severity  since  state  why
      #1  router  critical  2026-03-01 00:00 UTC  open for 2 min  answered 500 Internal Server Error, expected 200..299
    ");
    let withheld = "answered 500 Internal Server Error, expected 200..299 · not told: depends on router, which is down";
    let shown = chat.say("show-monitor shop").await;
    assert!(shown.contains(withheld), "{shown}");
    let shown = chat.say("show-monitor router").await;
    assert!(!shown.contains("not told"), "{shown}");
}

async fn card(chat: &Chat) -> String {
    let named = chat.services.incidents(&chat.actor, None, &IncidentFilter::default(), 1).await.unwrap().remove(0);
    redacted(&cards::incident(&named, chat.services.now()))
}

#[tokio::test]
async fn pausing_and_resuming_say_what_was_and_what_is() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    assert_snapshot!(chat.say("pause-monitor shop").await, @"`shop` is paused: I do not check it until you say `resume-monitor shop`.");
    assert_snapshot!(chat.say("pause shop").await, @"`shop` is paused already. `resume-monitor shop` starts it again.");
    assert_snapshot!(chat.say("status").await, @"1 monitor: 1 paused; nothing is in trouble.");
    assert_snapshot!(chat.say("resume-monitor shop").await, @"I check `shop` again, every 1m, beginning now.");
    assert_snapshot!(chat.say("resume shop").await, @"`shop` is not paused; I check it every 1m.");
}

#[tokio::test]
async fn a_long_list_comes_in_pages() {
    let chat = Chat::start().await;
    for number in 0..27 {
        chat.add(&format!("m{number:02}")).await;
    }
    let first = chat.reply("list-monitors").await;
    let text = redacted(&first);
    assert!(
        text.starts_with("27 monitors, page 1 of 2\n") && text.ends_with("`list-monitors page 2` shows more."),
        "{text}"
    );
    assert_snapshot!(chat.press(&first, "Next page").await, @r"
    27 monitors, page 2 of 2
      ○ unknown  m25  http://127.0.0.1:PORT/ · every 1m
      ○ unknown  m26  http://127.0.0.1:PORT/ · every 1m
    ");
    assert_snapshot!(chat.say("list page 3").await, @"✗ There is no page 3; 27 monitors are on 2 pages.");
    assert_snapshot!(chat.say("list m11").await, @r"
    1 monitor
      ○ unknown  m11  http://127.0.0.1:PORT/ · every 1m
    ");
    assert_snapshot!(chat.say("list down").await, @"No monitor is like that. `list-monitors` shows all.");
    assert_snapshot!(chat.say("list dwn").await, @"No monitor is like that. Did you mean `down`? `list-monitors` shows all.");
}

/// A morning: ten good checks, two minutes of failure, ten good checks.
async fn after_a_morning() -> Chat {
    let chat = Chat::start().await;
    chat.pass(MINUTE * 60 * 8);
    chat.add("shop").await;
    for minute in 0..22 {
        chat.target.set(if (10..12).contains(&minute) { Answer::status(500) } else { Answer::ok("x".repeat(1_000)) });
        chat.reply("check-now shop").await;
        chat.pass(if [9, 11, 21].contains(&minute) { MINUTE + A_LITTLE } else { MINUTE });
    }
    chat
}

#[tokio::test]
async fn a_report_has_its_figures_how_they_were_counted_and_its_charts() {
    let chat = after_a_morning().await;
    let reply = chat.reply("show-report shop 1h").await;
    let (charts, rest): (Vec<Block>, Vec<Block>) =
        reply.blocks.into_iter().partition(|block| matches!(block, Block::Chart { .. }));
    assert_snapshot!(redacted(&Reply::of(rest)), @r"
    Report on `shop`: 2026-03-01 07:22 to 2026-03-01 08:22 UTC (1 h)

    Uptime
      uptime  [%]
      time down  2 min
      incidents  1
      MTTR  2 min (mean time to recovery)
      MTBF  20 min (mean time between failures)

    Checks
      total  22
      successful  20
      failed  2
      success rate  [%]
      error rate  9.09%

    Latency
      mean  [ms]
      p50  [ms]
      p95  [ms]
      p99  [ms]

    Traffic
      in all  20 kB
      per check  909 B
      per day  –
      peak day  2026-03-01 (20 kB)

    Incidents (1)
      monitor  since  state  why
      shop  2026-03-01 08:10 UTC  recovered after 2 min  answered 500 Internal Server Error, expected 200..299

    How it was counted: Uptime is the time up or degraded (20 min) by the time up, degraded or down (22 min). Left out, because nothing is known
    then: unknown 37 min 59 s. A monitor is down from the check that confirms a failure to the one that confirms recovery. Rates leave out
    inconclusive checks; latency is that of successful checks, its percentiles within 1%; traffic is response bodies, per day since the first
    check of the period and not below a day; days are in UTC. MTTR is the mean length of incidents that ended in the period, MTBF the time up by
    the incidents that began in it.
    ");
    let titles: Vec<String> = charts
        .iter()
        .map(|block| if let Block::Chart { chart } = block { chart.title().to_owned() } else { String::new() })
        .collect();
    assert_eq!(titles, ["Latency of shop", "Traffic per day of shop", "Uptime of shop"]);
    let all = chat.say("show-report all from 2026-03-01 08:00 to 2026-03-01 as chart").await;
    assert!(all.starts_with("Report on 1 monitor: 2026-03-01 08:00 to 2026-03-01 08:22 UTC (22 min)"), "{all}");
}

#[tokio::test]
async fn a_report_comes_as_files_or_json_too() {
    let chat = after_a_morning().await;
    for (kind, media, start) in [("png", "image/png", "iVBORw0KGgo"), ("svg", "image/svg+xml", "PHN2Zy")] {
        let reply = chat.reply(&format!("show-report shop 1h as {kind}")).await;
        let files: Vec<&str> = reply
            .blocks
            .iter()
            .filter_map(|block| match block {
                Block::File { name, media_type, data } => {
                    assert_eq!(media_type, media);
                    assert!(data.starts_with(start), "{}", &data[..20]);
                    Some(name.as_str())
                }
                _ => None,
            })
            .collect();
        assert_eq!(
            files,
            [format!("shop-latency.{kind}"), format!("shop-traffic.{kind}"), format!("shop-uptime.{kind}")]
        );
    }
    let files = |reply: Reply| -> Vec<(String, String, String)> {
        let file = |block| match block {
            Block::File { name, media_type, data } => {
                Some((name, media_type, String::from_utf8(STANDARD.decode(data).unwrap()).unwrap()))
            }
            _ => None,
        };
        reply.blocks.into_iter().filter_map(file).collect()
    };
    let tables = files(chat.reply("show-report shop 1h as csv").await);
    let names: Vec<&str> = tables.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(names, ["shop-figures.csv", "shop-days.csv", "shop-incidents.csv"]);
    assert!(tables[0].2.contains("checks failed,2,\r\n"), "{}", tables[0].2);
    assert!(tables[2].2.contains(",unexpected_status,"), "{}", tables[2].2);

    let reply = chat.reply("show-report shop 1h as pdf").await;
    assert!(redacted(&reply).starts_with("The report on shop"), "{}", redacted(&reply));
    let [(name, media_type, data)]: [(String, String, String); 1] = files(reply).try_into().unwrap();
    assert_eq!((name.as_str(), media_type.as_str()), ("report-shop-2026-03-01-2026-03-01.pdf", "application/pdf"));
    assert!(data.starts_with("%PDF-"), "{data}");
    let document = chat.audits.printed().pop().unwrap();
    assert!(document.contains("<h1><bdi>shop</bdi></h1>") && document.contains("Latency of shop"));

    let reply = chat.reply("show-report shop 1h as json").await;
    let [Block::Code { text }] = reply.blocks.as_slice() else { panic!("{reply:?}") };
    let figures: serde_json::Value = serde_json::from_str(text).unwrap();
    assert_eq!(figures["checks"]["total"], 22);
    assert_eq!(figures["checks"]["failed"], 2);
    assert_eq!(figures["incidents"][0]["reason"], "unexpected_status");
    assert_eq!(figures["mttr_seconds"].as_f64().map(f64::floor), Some(120.0));
}

#[tokio::test]
async fn periods_that_make_no_sense_are_explained() {
    let chat = Chat::start().await;
    for (text, expected) in [
        (
            "show-report from 2026-03-08 to 2026-03-01",
            "✗ The period starts at 2026-03-08 00:00 UTC, which has not come yet.",
        ),
        (
            "show-report from 2026-02-08 to 2026-02-01",
            "✗ The period ends (2026-02-02 00:00 UTC) before it starts (2026-02-08 00:00 UTC).",
        ),
        ("show-report to 2026-02-01", "✗ Say where it starts, like `from 2026-03-01 to 2026-03-08`."),
        ("show-report 7d from 2026-02-01", "✗ Say either a period like 7d, or from and to, not both."),
        ("show-report from 0001-01-01", "✗ A report covers 5 minutes to 10 years, not 739675 d."),
        (
            "show-report period 10s",
            "✗ `period`: a report covers 5 minutes to 10 years, not 10 s. `help show-report` shows what it takes.",
        ),
        (
            "show-report 1m",
            "✗ `period`: a report covers 5 minutes to 10 years, not 1 min. `help show-report` shows what it takes.",
        ),
        ("show-report for jsn", "✗ There is no monitor `jsn`; `list-monitors` shows those there are."),
        ("show-report today", "✗ The period starts at 2026-03-01 00:00 UTC, which has not come yet."),
        ("show-report shpo 7d", "✗ There is no monitor `shpo`; `list-monitors` shows those there are."),
    ] {
        assert_eq!(chat.say(text).await, expected, "{text}");
    }
}

#[tokio::test]
async fn days_have_names() {
    let chat = after_a_morning().await;
    for (text, period) in [
        ("show-report today", "2026-03-01 00:00 to 2026-03-01 08:22 UTC"),
        ("show-report for shop yesterday", "2026-02-28 00:00 to 2026-03-01 00:00 UTC (1 d)"),
        ("show-report shop last 7 days", "to 2026-03-01 08:22 UTC (7 d)"),
        ("show-report last week", "to 2026-03-01 08:22 UTC (7 d)"),
        ("show-report 2 weeks", "to 2026-03-01 08:22 UTC (14 d)"),
    ] {
        let said = chat.say(text).await;
        assert!(said.contains(period), "{text}: {said}");
    }
}

#[tokio::test]
async fn completion_offers_what_can_come_next() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    chat.add("shop-api").await;
    for (text, start, expected) in [
        (
            "sho",
            0,
            &["show-monitor", "show-report", "show-pings", "show-audit", "show-incident", "show-destination"][..],
        ),
        ("/sho", 1, &["show-monitor", "show-report", "show-pings", "show-audit", "show-incident", "show-destination"]),
        ("show-monitor ", 13, &["shop", "shop-api"]),
        ("show-monitor SHOP-", 13, &["shop-api"]),
        ("pause-monitor monitor:sh", 22, &["shop", "shop-api"]),
        ("edit-monitor shop ti", 18, &["timeout"]),
        ("edit-monitor shop --int", 18, &["--interval"]),
        ("edit-monitor shop every 3", 24, &["30s"]),
        ("edit-monitor shop every 30s ev", 28, &[]),
        ("show-report shop as ", 20, &["chart", "pdf", "csv", "png", "svg", "json"]),
        ("show-report 9", 12, &["90d"]),
        ("list-monitors d", 14, &["degraded", "down"]),
        ("help add-m", 5, &["add-monitor", "add-maintenance"]),
        ("frobnicate x", 12, &[]),
        ("show-monitor \"sh", 16, &[]),
    ] {
        let (at, choices) = chat.completions(text).await;
        assert_eq!(choices, expected, "{text}");
        assert!(choices.is_empty() || at == start, "{text}: {at}");
    }
}
