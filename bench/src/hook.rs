//! A destination that is told by webhook: the target's [`Addresses::hook`](crate::setup::Addresses::hook).

use std::collections::HashSet;
use std::time::Duration;

use anyhow::{anyhow, ensure};
use monitor_core::people::OrganisationId;
use storage::{NotificationFilter, NotificationState, Store};
use tokio::time::Instant;

use crate::chat::Chat;
use crate::setup::Setup;
use crate::target::Delivery;

/// How long what is to be told may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often it is looked whether it was told.
const EVERY: Duration = Duration::from_millis(50);

/// Adds the destination, with further fields. As it is the only one, it is told of everything.
pub(crate) async fn add(setup: &Setup, chat: &Chat, more: &str) -> anyhow::Result<()> {
    setup.target.forget_deliveries().await?;
    chat.say(&format!("add-destination hook webhook url={} {more}", setup.target.at.hook())).await?;
    let routes = chat.say("list-routes").await?;
    ensure!(routes.to_string().contains("hook"), "the destination is told of nothing: {routes}");
    Ok(())
}

/// Waits until what was told since a time, in microseconds since 1970, is enough, and answers that.
pub(crate) async fn wait(
    setup: &Setup,
    since_us: u64,
    is_enough: impl Fn(&[Delivery]) -> bool,
) -> anyhow::Result<Vec<Delivery>> {
    let until = Instant::now() + PATIENCE;
    loop {
        let mut told = setup.target.deliveries().await?;
        told.retain(|told| told.arrived_us >= since_us);
        if is_enough(&told) {
            return Ok(told);
        }
        if Instant::now() > until {
            let last = told.last().map(|told| (&told.event, &told.about, told.members));
            return Err(anyhow!(
                "{} notifications came within {PATIENCE:?}, too few; the last one: {last:?}",
                told.len()
            ));
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Waits until a running server has written down what came of everything that was to be told.
pub(crate) async fn settled(store: &Store) -> anyhow::Result<()> {
    let until = Instant::now() + PATIENCE;
    while store.outbox_depth().await? > 0 {
        ensure!(Instant::now() < until, "not everything was told within {PATIENCE:?}");
        tokio::time::sleep(EVERY).await;
    }
    Ok(())
}

/// Checks that everything that was to be told was told once, and nothing else. Answers how much that is.
pub(crate) async fn count(store: &Store, organisation: OrganisationId, arrived: usize) -> anyhow::Result<u64> {
    let count = async |state| {
        let filter = NotificationFilter { state, ..NotificationFilter::default() };
        store.notifications(organisation, &filter, 0, 1).await.map(|(total, _)| total)
    };
    let (written, sent) = (count(None).await?, count(Some(NotificationState::Sent)).await?);
    ensure!(written == sent, "{written} notifications were to be told, {sent} were");
    ensure!(u64::try_from(arrived)? == sent, "{sent} notifications were told, {arrived} arrived");
    Ok(sent)
}

/// How many different notifications these are.
pub(crate) fn distinct(told: &[Delivery]) -> usize {
    told.iter().map(|told| &told.key).collect::<HashSet<_>>().len()
}
