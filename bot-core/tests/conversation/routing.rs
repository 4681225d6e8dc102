//! Routes, rotations, silences and quiet hours, by talking.

use std::time::Duration;

use insta::assert_snapshot;
use monitor_core::people::Role;
use services::{Fields, NewDestination};

use crate::chat::Chat;

/// A chat with these destinations.
async fn chat(names: &[&str]) -> Chat {
    let chat = Chat::start().await;
    for name in names {
        let fields = Fields([("url".to_owned(), chat.target.url())].into());
        let (name, kind) = ((*name).to_owned(), "webhook".to_owned());
        let new = NewDestination { name, kind, fields, ..NewDestination::default() };
        chat.services.add_destination(&chat.actor, &new).await.unwrap();
    }
    chat
}

#[tokio::test]
async fn routes_are_made_listed_and_deleted() {
    let chat = chat(&["ops", "boss-sms", "ada", "bob"]).await;
    chat.say("add-rotation primary ada bob at 09:00").await;
    assert_snapshot!(chat.say("list-routes").await, @"There is no route, so nobody outside of this chat is told. `add-route all notify ops-mail` makes one.");
    assert_snapshot!(chat.say("add-route env=prod severity critical notify #ops then 10m @primary then 30m boss-sms").await, @r"
    Route 1: of incidents of `env=prod` that are critical, I tell at once `ops`, after 10m `@primary`, after 30m `boss-sms`. `ack` keeps the
    later ones from being told.
    ");
    assert_snapshot!(chat.say("add-route notify ops boss-sms then 1 hour @primary ada").await, @r"
    Route 2: of incidents of `all`, I tell at once `ops` and `boss-sms`, after 1h `@primary` and `ada`. `ack` keeps the later ones from being
    told. You named no monitors, so it is about all of them; `add-route env=prod …` would be about some.
    ");
    assert_snapshot!(chat.say("add-route group:shop team=web severity:warning notify:ops").await, @"Route 3: of incidents of `group:shop team=web` that are warnings or critical, I tell at once `ops`.");
    assert_snapshot!(chat.say("list-routes").await, @r"
    Routes (3)
      number  about  least severity  who is told
           1  env=prod  critical  notify ops then 10m @primary then 30m boss-sms
           2  all  info  notify ops boss-sms then 1h @primary ada
           3  group:shop team=web  warning  notify ops
    ");
    assert_snapshot!(chat.say("delete-route 1").await, @"Route 1 is deleted. `add-route env=prod severity critical notify ops then 10m @primary then 30m boss-sms` makes it again.");
    assert_snapshot!(chat.say("delete-route 1").await, @"✗ There is no route 1; `list-routes` shows those there are.");
    assert_snapshot!(chat.say("delete-route all").await, @"✗ `all` is not the number of a route; `list-routes` shows them.");
    chat.say("delete-route 2").await;
    assert_snapshot!(chat.say("delete-route #3").await, @r"
    Route 3 is deleted. There is none left, so nobody outside of this chat is told. `add-route group:shop team=web severity warning notify ops`
    makes it again.
    ");
}

#[tokio::test]
async fn what_is_wrong_with_a_route_is_said() {
    let chat = chat(&["ops-mail"]).await;
    assert_snapshot!(chat.say("add-route all notify opsmail").await, @"✗ There is no destination `opsmail`; did you mean `ops-mail`?");
    assert_snapshot!(chat.say("add-route all notify @primary").await, @"✗ There is no rotation `@primary`; `list-rotations` shows those there are.");
    assert_snapshot!(chat.say("add-route nowhere notify ops-mail").await, @"✗ There is no monitor `nowhere`; `list-monitors` shows those there are.");
    assert_snapshot!(chat.say("add-route all notify ops-mail then ops-mail").await, @"✗ Say how long after the beginning `ops-mail` is told, like `then 10m ops-mail`.");
    assert_snapshot!(chat.say("add-route all notify ops-mail then 8d ops-mail").await, @"✗ A step comes at most 7 days after the first.");
    assert_snapshot!(chat.say("add-route all notify ops-mail then 30m ops-mail then 10m ops-mail").await, @"✗ Each step comes later than the one before, counted from the first: `then 10m @primary then 30m boss`.");
    assert_snapshot!(chat.say("add-route all notify ops-mail then 30m").await, @"✗ Say who is told, like `notify ops-mail`.");
    assert_snapshot!(chat.say("add-route all severity loud notify ops-mail").await, @"✗ `severity`: `loud` is not one of info, warning, critical. `help add-route` shows what it takes.");
    assert_snapshot!(chat.say("add-route all").await, @r"
    Who shall be told? Say destinations, or a rotation like @primary.

    For example: ops-mail
    ");
    assert_snapshot!(chat.say("ops-mail").await, @"Route 1: of incidents of `all`, I tell at once `ops-mail`.");
}

#[tokio::test]
async fn people_take_turns_and_stand_in_for_each_other() {
    let chat = chat(&["ada-phone", "bob-sms", "eve"]).await;
    assert_snapshot!(chat.say("who-is-on-call").await, @"There is no rotation. `add-rotation primary ada-phone bob-sms weekly monday 09:00 Europe/Berlin` makes one.");
    assert_snapshot!(chat.say("add-rotation primary ada-phone bob-sms weekly monday 09:00 Europe/Berlin").await, @r"
    `@primary` takes turns weekly monday 09:00 Europe/Berlin: `ada-phone` is on call until 2026-03-02 09:00 Europe/Berlin, then `bob-sms`.
    `add-route all notify @primary` has it told.
    ");
    assert_snapshot!(chat.say("add-rotation nights daily 18:00 America/New_York with bob-sms ada-phone").await, @r"
    `@nights` takes turns daily 18:00 America/New_York: `bob-sms` is on call until 2026-03-01 18:00 America/New_York, then `ada-phone`.
    `add-route all notify @nights` has it told.
    ");
    assert_snapshot!(chat.say("override-on-call primary eve from 2026-12-24 to 2026-12-27").await, @"`eve` is on call in `@primary` from 2026-12-24 00:00 to 2026-12-28 00:00 Europe/Berlin. `who-is-on-call primary` shows who it is when.");
    assert_snapshot!(chat.say("who-is-on-call primary").await, @r"
    @primary
      on call  ada-phone
      next  2026-03-02 09:00 bob-sms
                 2026-03-09 09:00 ada-phone
                 2026-03-16 09:00 bob-sms
                 2026-03-23 09:00 ada-phone
      hand-over  weekly monday 09:00 Europe/Berlin
      stand in  eve from 2026-12-24 00:00 to 2026-12-28 00:00 Europe/Berlin
    ");
    assert_snapshot!(chat.say("who-is-on-call @primary at 2026-12-24").await, @r"
    @primary
      on call  eve (stands in)
      next  2026-12-28 00:00 bob-sms
                 2026-12-28 09:00 ada-phone
                 2027-01-04 09:00 bob-sms
                 2027-01-11 09:00 ada-phone
      hand-over  weekly monday 09:00 Europe/Berlin
      stand in  eve from 2026-12-24 00:00 to 2026-12-28 00:00 Europe/Berlin
    ");
    assert_snapshot!(chat.say("list-rotations").await, @r"
    Rotations (2)
      name  who  hand-over  on call  until
      @nights  bob-sms, ada-phone  daily 18:00 America/New_York  bob-sms  2026-03-01 18:00 America/New_York
      @primary  ada-phone, bob-sms  weekly monday 09:00 Europe/Berlin  ada-phone  2026-03-02 09:00 Europe/Berlin
    ");
    assert_snapshot!(chat.say("override-on-call primary eve from 2026-12-24 to 2026-12-23").await, @"✗ The end has to come after the beginning, and after now.");
    assert_snapshot!(chat.say("override-on-call primary nobody to 2026-12-23").await, @"✗ There is no destination `nobody`; `list-destinations` shows those there are.");
    assert_snapshot!(chat.say("add-rotation primary eve daily 09:00").await, @"✗ There is a rotation `primary` already; choose another name.");
    assert_snapshot!(chat.say("add-rotation other eve at 25:00").await, @"✗ `at`: `25:00` is not a time of day; write it like 09:00 or 22:30. `help add-rotation` shows what it takes.");
    assert_snapshot!(chat.say("add-rotation other eve zone Europe/Springfield").await, @r"
    ✗ `zone`: `Europe/Springfield` is not a time zone; use one of the IANA names, like `Europe/Berlin` or `UTC`. `help add-rotation` shows what it
    takes.
    ");
    chat.say("add-route all notify @primary").await;
    assert_snapshot!(chat.say("delete-rotation primary").await, @"✗ Route 1 tells whoever is on call in `primary`; say `delete-route 1` first.");
    assert_snapshot!(chat.say("delete-rotation nights").await, @"`@nights` is deleted. `add-rotation nights bob-sms ada-phone daily 18:00 America/New_York` makes it again.");
    assert_snapshot!(chat.say("who-is-on-call primry").await, @"✗ There is no rotation `primry`; did you mean `primary`?");
}

#[tokio::test]
async fn something_is_silent_for_a_while() {
    let chat = chat(&["ops"]).await;
    chat.add("shop").await;
    assert_snapshot!(chat.say("list-silences").await, @"Nothing is silent.");
    assert_snapshot!(chat.say("silence shop 2h because \"deploy\"").await, @"Nobody is told of `shop` until 2026-03-01 02:00 UTC. `end-silence 1` ends that before.");
    assert_snapshot!(chat.say("silence env=prod group:shop for 2 days because we move house").await, @"Nobody is told of `env=prod group:shop` until 2026-03-03 00:00 UTC. `end-silence 2` ends that before.");
    assert_snapshot!(chat.say("list-silences").await, @r"
    Silences (2)
      number  what  until  for  by  because
           1  shop  2026-03-01 02:00 UTC  2 h  Owner  deploy
           2  env=prod group:shop  2026-03-03 00:00 UTC  2 d  Owner  we move house
    ");
    assert_snapshot!(chat.say("end-silence").await, @"✗ There are several silences; `list-silences` shows them. Say which one.");
    assert_snapshot!(chat.say("end-silence shop").await, @"The silence of `shop` is over. Whoever would have been told of what still is, is told now.");
    assert_snapshot!(chat.say("end-silence").await, @"The silence of `env=prod group:shop` is over. Whoever would have been told of what still is, is told now.");
    assert_snapshot!(chat.say("end-silence 2").await, @"✗ There is no silence 2 any more; `list-silences` shows those there are.");
    assert_snapshot!(chat.say("silence shop").await, @r"
    For how long? Say it like 2h or 1d.

    For example: 2h
    ");
    assert_snapshot!(chat.say("1d").await, @"Nobody is told of `shop` until 2026-03-02 00:00 UTC. `end-silence 3` ends that before.");
    chat.pass(Duration::from_secs(86_400));
    assert_snapshot!(chat.say("list-silences").await, @"Nothing is silent.");
    assert_snapshot!(chat.say("silence shop 10s").await, @"✗ A silence lasts 1 minute to 90 days, not 10 s.");
    assert_snapshot!(chat.say("silence shpo 10m").await, @"✗ There is no monitor `shpo`; did you mean `shop`?");
    assert_snapshot!(chat.say("silence #99 10m").await, @"✗ There is no incident `99`; `list-incidents` shows those there are.");
}

#[tokio::test]
async fn everything_is_silenced_only_by_who_means_it() {
    let chat = chat(&[]).await;
    let asked = chat.reply("silence all 30m because \"network maintenance\"").await;
    assert_snapshot!(crate::chat::redacted(&asked), @"Shall nobody be told of anything for 30 min? No destination is, and no new card is posted here. `yes` or `no`.");
    assert_eq!(asked.actions[0].style, bot_core::reply::ActionStyle::Danger);
    assert_snapshot!(chat.press(&asked, "Yes").await, @"Nobody is told of `all` until 2026-03-01 00:30 UTC. `end-silence 1` ends that before.");
    assert_snapshot!(chat.say("end-silence all").await, @"The silence of `all` is over. Whoever would have been told of what still is, is told now.");
    chat.say("silence all 30m").await;
    assert_snapshot!(chat.say("no").await, @"All right, I did nothing.");
    assert_snapshot!(chat.say("list-silences").await, @"Nothing is silent.");
    let responder = chat.person(Role::Responder).await;
    assert!(chat.says(responder, "silence all 30m --yes").await.starts_with("Nobody is told of `all`"));
    let viewer = chat.person(Role::Viewer).await;
    assert!(chat.says(viewer, "end-silence all").await.starts_with("✗ As viewer you may not"));
}

#[tokio::test]
async fn a_destination_has_quiet_hours() {
    let chat = chat(&["ops-mail"]).await;
    assert_snapshot!(chat.say("quiet-hours ops-mail").await, @"`ops-mail` is told at any hour. `quiet-hours ops-mail 22:00-07:00 Europe/Berlin except critical` changes that.");
    assert_snapshot!(chat.say("quiet-hours ops-mail 22:00-07:00 Europe/Berlin except critical").await, @r"
    `ops-mail` is quiet 22:00-07:00 Europe/Berlin except critical: it is told after these hours of what still is. What is critical is told all
    the same.
    ");
    assert_snapshot!(chat.say("quiet-hours #ops-mail").await, @"`ops-mail` is quiet 22:00-07:00 Europe/Berlin except critical. `quiet-hours ops-mail off` takes that away.");
    assert_snapshot!(chat.say("quiet-hours ops-mail 18:00–08:00 on mon-fri").await, @r"
    `ops-mail` is quiet 18:00-08:00 UTC on weekdays: it is told after these hours of what still is. That holds for what is critical as well;
    `except critical` lets that through.
    ");
    assert_snapshot!(chat.say("quiet-hours ops-mail 9-5").await, @"✗ `9` is not a time of day; write it like 09:00 or 22:30.");
    assert_snapshot!(chat.say("quiet-hours ops-mail 09:00-09:00").await, @"✗ These quiet hours would never end; say from when to when, like `22:00-07:00`.");
    assert_snapshot!(chat.say("quiet-hours ops-mail off").await, @"`ops-mail` is told at any hour.");
    assert_snapshot!(chat.say("quiet-hours ops off").await, @"✗ There is no destination `ops`; did you mean `ops-mail`?");
}

#[tokio::test]
async fn what_people_say_of_turns_and_hours_is_understood() {
    let chat = chat(&["ada-phone", "bob-sms", "ops-mail"]).await;
    assert_snapshot!(chat.say("add-rotation primary ada-phone bob-sms").await, @r"
    When does one hand over to the next? Say it like weekly monday 09:00 Europe/Berlin, or daily 18:00.

    For example: 18:00
    ");
    assert_snapshot!(chat.say("daily 9am Europe/Berlin").await, @r"
    `@primary` takes turns daily 09:00 Europe/Berlin: `ada-phone` is on call until 2026-03-01 09:00 Europe/Berlin, then `bob-sms`.
    `add-route all notify @primary` has it told.
    ");
    assert_snapshot!(chat.say("Who is on call?").await, @r"
    @primary
      on call  ada-phone
      next  2026-03-01 09:00 bob-sms
                 2026-03-02 09:00 ada-phone
                 2026-03-03 09:00 bob-sms
                 2026-03-04 09:00 ada-phone
      hand-over  daily 09:00 Europe/Berlin
    ");
    assert_snapshot!(chat.say("override on call primary bob-sms for 2h").await, @"`bob-sms` is on call in `@primary` from 2026-03-01 01:00 to 2026-03-01 03:00 Europe/Berlin. `who-is-on-call primary` shows who it is when.");
    assert_snapshot!(chat.say("override-on-call primary bob-sms until 20:30").await, @"`bob-sms` is on call in `@primary` from 2026-03-01 01:00 to 2026-03-01 20:30 Europe/Berlin. `who-is-on-call primary` shows who it is when.");
    assert_snapshot!(chat.say("override-on-call primary ada-phone from 10 pm to 6:30am").await, @"`ada-phone` is on call in `@primary` from 2026-03-01 22:00 to 2026-03-02 06:30 Europe/Berlin. `who-is-on-call primary` shows who it is when.");
    assert_snapshot!(chat.say("override-on-call primary ada-phone 2h until 20:30").await, @"✗ Say either for how long or until when, not both.");
    assert_snapshot!(chat.say("override-on-call primary ada-phone").await, @r"
    Until when? Say the last day, a time like 20:30, or for how long, like 2h.

    For example: 20:30
    ");
    assert_snapshot!(chat.say("3h").await, @"`ada-phone` is on call in `@primary` from 2026-03-01 01:00 to 2026-03-01 04:00 Europe/Berlin. `who-is-on-call primary` shows who it is when.");
    assert_snapshot!(chat.say("who-is-on-call primary at 20:29").await, @r"
    @primary
      on call  bob-sms (stands in)
      next  2026-03-01 22:00 ada-phone (stands in)
                 2026-03-02 06:30 bob-sms
                 2026-03-02 09:00 ada-phone
                 2026-03-03 09:00 bob-sms
      hand-over  daily 09:00 Europe/Berlin
      stand in  bob-sms from 2026-03-01 01:00 to 2026-03-01 20:30 Europe/Berlin
                 ada-phone from 2026-03-01 22:00 to 2026-03-02 06:30 Europe/Berlin
    ");
    assert_snapshot!(chat.say("quiet-hours ops-mail from 10pm to 7am Europe/Berlin").await, @r"
    `ops-mail` is quiet 22:00-07:00 Europe/Berlin: it is told after these hours of what still is. That holds for what is critical as well;
    `except critical` lets that through.
    ");
    assert_snapshot!(chat.say("quiet-hours ops-mail 10pm-7:30am").await, @r"
    `ops-mail` is quiet 22:00-07:30 UTC: it is told after these hours of what still is. That holds for what is critical as well;
    `except critical` lets that through.
    ");
    assert_snapshot!(chat.say("quiet-hours ops-mail 22:00 to 07:00").await, @r"
    `ops-mail` is quiet 22:00-07:00 UTC: it is told after these hours of what still is. That holds for what is critical as well;
    `except critical` lets that through.
    ");
    assert_snapshot!(chat.say("quiet-hours ops-mail from 10pm").await, @"✗ Say from when to when, like `22:00-07:00` or `from 10pm to 7am`.");
}

#[tokio::test]
async fn who_declares_an_incident_hears_why_nobody_is_told() {
    let chat = chat(&["ops-mail"]).await;
    let end = async |said: &str| chat.say(said).await.rsplit("\n\n").next().unwrap_or_default().to_owned();
    assert_snapshot!(end("declare-incident \"payments are slow\"").await, @"Nobody outside of this conversation is told: no route is about all incidents. `add-route all notify NAME` makes one.");
    chat.say("add-route all notify ops-mail").await;
    chat.say("quiet-hours ops-mail 22:00-07:00").await;
    assert_snapshot!(end("declare-incident \"payments are slower\"").await, @r"
    Nobody outside of this conversation is told now: ops-mail waits, quiet hours (22:00-07:00 UTC) until 2026-03-01 07:00 UTC; route 1: all,
    critical.
    ");
    chat.say("silence all 1h --yes because deploy").await;
    assert_snapshot!(end("declare-incident \"payments are off\"").await, @"Nobody outside of this conversation is told now: silence 1: all until 2026-03-01 01:00 UTC, by Owner: deploy.");
    chat.say("end-silence 1").await;
    chat.say("quiet-hours ops-mail off").await;
    let told = chat.say("declare-incident \"payments are gone\"").await;
    assert!(!told.contains("Nobody outside"), "{told}");
}

#[tokio::test]
async fn quiet_hours_that_are_taken_away_say_that_what_waited_is_told() {
    let chat = chat(&["ops-mail"]).await;
    chat.say("add-route all notify ops-mail").await;
    chat.add("shop").await;
    chat.say("quiet-hours ops-mail 22:00-07:00").await;
    chat.target.set_status(503);
    chat.say("check-now shop").await;
    assert_snapshot!(chat.say("list-notifications").await, @"There is no such notification.");
    assert_snapshot!(chat.say("quiet-hours ops-mail off").await, @"`ops-mail` is told at any hour. What waited and still is, is told now.");
    chat.services.escalate().await.unwrap();
    assert_snapshot!(chat.say("list-notifications").await, @r"
    1 notification
      number  when  to  what  outcome
           1  just now  ops-mail  opened #1  waits for its turn
    ");
}
