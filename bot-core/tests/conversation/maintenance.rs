//! Work that is announced, by talking.

use std::time::Duration;

use monitor_core::people::Role;

use crate::chat::Chat;

const HOUR: Duration = Duration::from_secs(3_600);

#[tokio::test]
async fn work_begins_now_shows_everywhere_and_ends_early() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    chat.add("blog").await;
    insta::assert_snapshot!(chat.say("list-maintenance").await, @r#"Nothing is in maintenance, and nothing is planned. `add-maintenance shop 2h because "upgrade"` begins one."#);
    let reply = chat.reply("add-maintenance shop 2h because \"database upgrade\"").await;
    insta::assert_snapshot!(crate::chat::redacted(&reply), @r"
    Maintenance 1 of `shop` (database upgrade) is on until 02:00 UTC: 1 monitor. Nobody is told of what they do. `end-maintenance 1` ends it
    before.
    ");
    chat.pass(Duration::from_secs(60));
    insta::assert_snapshot!(chat.say("status").await, @r"
    2 monitors: 1 unknown, 1 maintenance
      ○ unknown  blog  http://127.0.0.1:PORT/ · every 1m

    In maintenance: `shop` until 02:00 UTC (database upgrade).
    ");
    insta::assert_snapshot!(chat.say("list-monitors maintenance").await, @r"
    1 monitor
      ‖ maintenance  shop  until 02:00 UTC (database upgrade) · http://127.0.0.1:PORT/ · every 1m
    ");
    let shown = chat.say("show-monitor shop").await;
    insta::assert_snapshot!(shown.lines().next().unwrap(), @"  ‖ maintenance  shop  until 02:00 UTC (database upgrade)");
    insta::assert_snapshot!(chat.say("list-maintenance").await, @r"
    Maintenance (1)
      number  what  is  when  by  because
           1  shop  on until 02:00 UTC  2026-03-01 00:00 for 2 h (UTC)  Owner  database upgrade
    ");
    insta::assert_snapshot!(chat.press(&reply, "End it").await, @"Maintenance 1 of `shop` is over; its monitors are checked now.");
    insta::assert_snapshot!(chat.say("end-maintenance shop").await, @"✗ There is no maintenance `shop` that is on or to come; `list-maintenance` shows those there are.");
    chat.pass(HOUR);
    let report = chat.say("show-report shop 24h").await;
    assert!(report.contains("maintenance"), "{report}");
}

#[tokio::test]
async fn work_is_planned_by_the_clock_of_a_zone() {
    let chat = Chat::start().await;
    let line = "add-maintenance env=prod from 2026-12-01 22:00 to 2026-12-02 02:00 zone Europe/Berlin because \"move\"";
    insta::assert_snapshot!(chat.say(line).await, @r"
    Maintenance 1 of `env=prod` (move) is planned, next from 2026-12-01 22:00 to 2026-12-02 02:00 Europe/Berlin. `end-maintenance 1` calls it
    off.
    ");
    insta::assert_snapshot!(chat.say("add-maintenance all from 2026-12-24 to 2026-12-26 zone America/New_York").await, @"Maintenance 2 of `all` is planned, next from 2026-12-24 00:00 to 2026-12-27 00:00 America/New_York. `end-maintenance 2` calls it off.");
    insta::assert_snapshot!(chat.say("list-maintenance").await, @r"
    Maintenance (2)
      number  what  is  when  by  because
           1  env=prod  next 2026-12-01 22:00 Europe/Berlin  2026-12-01 22:00 for 4 h (Europe/Berlin)  Owner  move
           2  all  next 2026-12-24 00:00 America/New_York  2026-12-24 00:00 for 3 d (America/New_York)  Owner
    ");
    insta::assert_snapshot!(chat.say("end-maintenance").await, @"✗ There are several; `list-maintenance` shows them. Say which one, like `3`.");
    insta::assert_snapshot!(chat.say("end-maintenance env=prod").await, @"Maintenance 1 of `env=prod` is deleted.");
    insta::assert_snapshot!(chat.say("end-maintenance 2").await, @"Maintenance 2 of `all` is deleted.");
}

#[tokio::test]
async fn work_that_comes_again_is_previewed_and_ended_once_or_for_good() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    let line = "add-maintenance all rrule \"FREQ=WEEKLY;BYDAY=SU\" at 03:00 for 2h zone Europe/Berlin because patches";
    insta::assert_snapshot!(chat.say(line).await, @r"
    Maintenance 1 of `all` (patches) is planned, next from 2026-03-01 03:00 to 2026-03-01 05:00 Europe/Berlin. `end-maintenance 1` calls it off.

    The next 5 times (Europe/Berlin)
      begins  ends  which is
      2026-03-01 03:00  2026-03-01 05:00  in 2 h
      2026-03-08 03:00  2026-03-08 05:00  in 7 d 2 h
      2026-03-15 03:00  2026-03-15 05:00  in 14 d 2 h
      2026-03-22 03:00  2026-03-22 05:00  in 21 d 2 h
      2026-03-29 03:00  2026-03-29 05:00  in 28 d 1 h
    ");
    insta::assert_snapshot!(chat.say("list-maintenance 1").await, @r"
    Maintenance 1
      what  all
      is  next 03:00 Europe/Berlin
      when  FREQ=WEEKLY;BYDAY=SU at 03:00 for 2 h (Europe/Berlin)
      by  Owner
      because  patches

    The next 5 times (Europe/Berlin)
      begins  ends  which is
      2026-03-01 03:00  2026-03-01 05:00  in 2 h
      2026-03-08 03:00  2026-03-08 05:00  in 7 d 2 h
      2026-03-15 03:00  2026-03-15 05:00  in 14 d 2 h
      2026-03-22 03:00  2026-03-22 05:00  in 21 d 2 h
      2026-03-29 03:00  2026-03-29 05:00  in 28 d 1 h
    ");
    insta::assert_snapshot!(chat.say("end-maintenance 1 now").await, @"✗ Maintenance 1 is not on; `end-maintenance 1 all` deletes it with all times that are to come.");
    let next = chat.services.maintenance(&chat.actor).await.unwrap()[0].next.unwrap();
    chat.pass(next.since(chat.services.now()));
    chat.services.turn_maintenance().await.unwrap();
    let asked = chat.reply("end-maintenance 1").await;
    insta::assert_snapshot!(crate::chat::redacted(&asked), @r"
    Maintenance 1 of `all` is on, and comes again: FREQ=WEEKLY;BYDAY=SU at 03:00 for 2 h (Europe/Berlin). `end-maintenance 1 now` ends only this
    time, `end-maintenance 1 all` this and all that are to come.
    ");
    insta::assert_snapshot!(chat.press(&asked, "Only this time").await, @"Maintenance 1 of `all` is over; its monitors are checked now. It comes again at 2026-03-08 03:00 Europe/Berlin.");
    insta::assert_snapshot!(chat.say("end-maintenance 1").await, @r"
    Shall I delete maintenance 1 of `all` with all times that are to come (FREQ=WEEKLY;BYDAY=SU at 03:00 for 2 h (Europe/Berlin))? `yes` or
    `no`.
    ");
    insta::assert_snapshot!(chat.say("no").await, @"All right, I did nothing.");
    assert!(chat.say("end-maintenance 1").await.starts_with("Shall I delete"));
    insta::assert_snapshot!(chat.say("yes").await, @"Maintenance 1 of `all` is deleted.");
    insta::assert_snapshot!(chat.say("list-maintenance 1").await, @"✗ There is no maintenance `1` that is on or to come; `list-maintenance` shows those there are.");
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_what_can() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    let lines = [
        "add-maintenance shop because upgrade",
        "add-maintenance shop 2h to 2026-12-02",
        "add-maintenance shop 30s",
        "add-maintenance shop from 2020-01-01 to 2020-01-02",
        "add-maintenance shop at 03:00 for 2h",
        "add-maintenance shop rrule \"FREQ=DAILY\" for 2h",
        "add-maintenance shop rrule \"FREQ=DAILY\" at 03:00",
        "add-maintenance shop rrule \"FREQ=SECONDLY\" at 03:00 for 2h",
        "add-maintenance shop rrule \"FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30\" at 03:00 for 2h",
        "add-maintenance shop rrule \"FREQ=DAILY\" at 03:00 for 25h",
        "add-maintenance shop rrule \"FREQ=DAILY\" at 3 for 2h",
        "add-maintenance shop 2h zone Europe/Springfield",
        "add-maintenance shpo 2h",
        "end-maintenance 9",
    ];
    let mut said = Vec::new();
    for line in lines {
        said.push(format!("> {line}\n{}", chat.say(line).await));
        chat.say("cancel").await;
    }
    insta::assert_snapshot!(said.join("\n"), @r#"
    > add-maintenance shop because upgrade
    ✗ Say for how long, like `2h`, or until when, like `to 2026-12-02 02:00`.
    > add-maintenance shop 2h to 2026-12-02
    ✗ Say either for how long or until when, not both.
    > add-maintenance shop 30s
    ✗ A maintenance lasts from 1 minute to 90 days; `pause-monitor` stops checks for longer.
    > add-maintenance shop from 2020-01-01 to 2020-01-02
    ✗ That time is over; say when the maintenance is to end, like `2h` or `to 2026-12-02 02:00`.
    > add-maintenance shop at 03:00 for 2h
    ✗ Say `from 2026-12-01 22:00` for a maintenance that comes once, or `every sunday at 03:00` for one that comes again.
    > add-maintenance shop rrule "FREQ=DAILY" for 2h
    ✗ Say the time of day at which it begins, like `at 03:00`.
    > add-maintenance shop rrule "FREQ=DAILY" at 03:00
    ✗ Say for how long each time lasts, like `for 2h`.
    > add-maintenance shop rrule "FREQ=SECONDLY" at 03:00 for 2h
    ✗ `FREQ=SECONDLY` is not possible in a recurrence rule here; use FREQ (DAILY, WEEKLY, MONTHLY or YEARLY), INTERVAL, COUNT, UNTIL, BYMONTH,
    BYMONTHDAY, BYYEARDAY, BYWEEKNO, BYDAY, BYSETPOS and WKST, and say the time of day with `at 03:00`.
    > add-maintenance shop rrule "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30" at 03:00 for 2h
    ✗ No day within the next years is meant by that recurrence rule, so the maintenance would never begin.
    > add-maintenance shop rrule "FREQ=DAILY" at 03:00 for 25h
    ✗ It would begin again before it is over; make it shorter, or less often.
    > add-maintenance shop rrule "FREQ=DAILY" at 3 for 2h
    ✗ `at`: `3` is not a time of day; write it like 09:00 or 22:30. `help add-maintenance` shows what it takes.
    > add-maintenance shop 2h zone Europe/Springfield
    ✗ `zone`: `Europe/Springfield` is not a time zone; use one of the IANA names, like `Europe/Berlin` or `UTC`. `help add-maintenance` shows what
    it takes.
    > add-maintenance shpo 2h
    ✗ There is no monitor `shpo`; did you mean `shop`?
    > end-maintenance 9
    ✗ There is no maintenance `9` that is on or to come; `list-maintenance` shows those there are.
    "#);
    insta::assert_snapshot!(chat.say("add-maintenance 2h").await, @r"
    What is worked on? Say a monitor, a label like env=prod, a group like group:shop, or all.

    For example: shop
    ");
    insta::assert_snapshot!(chat.say("shop").await, @"Maintenance 1 of `shop` is on until 02:00 UTC: 1 monitor. Nobody is told of what they do. `end-maintenance 1` ends it before.");
}

#[tokio::test]
async fn it_comes_again_on_days_of_the_week_as_people_say_them() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    let mut said = Vec::new();
    for line in [
        "add-maintenance shop every sunday at 3am for 2h zone Europe/Berlin because patches",
        "add-maintenance shop every weekday at 10:30 pm 1h",
        "add-maintenance shop every someday at 3am for 2h",
        "add-maintenance shop every sunday rrule \"FREQ=DAILY\" at 3am for 2h",
        "add-maintenance shop every sunday for 2h",
        "add-maintenance shop from 22:00 to 06:00",
    ] {
        said.push(format!("> {line}\n{}", chat.say(line).await));
    }
    insta::assert_snapshot!(said.join("\n"), @r#"
    > add-maintenance shop every sunday at 3am for 2h zone Europe/Berlin because patches
    Maintenance 1 of `shop` (patches) is planned, next from 2026-03-01 03:00 to 2026-03-01 05:00 Europe/Berlin. `end-maintenance 1` calls it
    off.

    The next 5 times (Europe/Berlin)
      begins  ends  which is
      2026-03-01 03:00  2026-03-01 05:00  in 2 h
      2026-03-08 03:00  2026-03-08 05:00  in 7 d 2 h
      2026-03-15 03:00  2026-03-15 05:00  in 14 d 2 h
      2026-03-22 03:00  2026-03-22 05:00  in 21 d 2 h
      2026-03-29 03:00  2026-03-29 05:00  in 28 d 1 h
    > add-maintenance shop every weekday at 10:30 pm 1h
    Maintenance 2 of `shop` is planned, next from 2026-03-02 22:30 to 2026-03-02 23:30 UTC. `end-maintenance 2` calls it off.

    The next 5 times (UTC)
      begins  ends  which is
      2026-03-02 22:30  2026-03-02 23:30  in 1 d 22 h
      2026-03-03 22:30  2026-03-03 23:30  in 2 d 22 h
      2026-03-04 22:30  2026-03-04 23:30  in 3 d 22 h
      2026-03-05 22:30  2026-03-05 23:30  in 4 d 22 h
      2026-03-06 22:30  2026-03-06 23:30  in 5 d 22 h
    > add-maintenance shop every someday at 3am for 2h
    ✗ `someday` are no days; write them like `mon-fri`, `sat,sun`, `weekdays` or `every day`.
    > add-maintenance shop every sunday rrule "FREQ=DAILY" at 3am for 2h
    ✗ Say either `every` or `rrule`, not both.
    > add-maintenance shop every sunday for 2h
    ✗ Say the time of day at which it begins, like `at 03:00`.
    > add-maintenance shop from 22:00 to 06:00
    Maintenance 3 of `shop` is planned, next from 2026-03-01 22:00 to 2026-03-02 06:00 UTC. `end-maintenance 3` calls it off.
    "#);
}

#[tokio::test]
async fn only_editors_announce_work_and_all_may_look() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    let responder = chat.person(Role::Responder).await;
    let refused = chat.says(responder, "add-maintenance shop 2h").await;
    assert!(refused.starts_with("✗ As "), "{refused}");
    assert!(chat.says(responder, "end-maintenance").await.starts_with("✗ As "));
    assert!(chat.says(responder, "list-maintenance").await.contains("nothing is planned"));
}
