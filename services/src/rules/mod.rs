//! Alert rules: when something is told, and how loudly.
//!
//! Every organisation has a rule that has no row: a monitor that is down is told of at once, as critical. It is the only one
//! whose alerts are opened for every monitor, because what was down when is reported by them; where a rule of its own says
//! when to tell that a monitor is down, those alerts are kept but not told. Other rules are steps of
//! [`RuleState`](monitor_core::alerting::rule::RuleState): those about the status and about single checks are taken with each
//! check in its transaction ([`Watch::follow`]), those about figures and those that wait by a chore
//! ([`Services::evaluate_rules`](crate::Services::evaluate_rules)). A rule about a recovery opens no alert, since nothing is
//! wrong: whoever takes the step tells of it in words, in the same transaction ([`tell_news`]).

mod about;
mod book;
mod look;
mod manage;
mod news;
mod replay;
mod signals;
mod steps;
mod watch;

use monitor_core::Timestamp;
use monitor_core::alerting::rule::Class;
use storage::{LooseAlert, StoreError, Tx};

pub use manage::AlertRuleView;
pub(crate) use news::tell as tell_news;
pub use replay::{SimulatedAlert, Simulation};
pub(crate) use watch::{Followed, Seen, Watch};

/// How often [`Services::evaluate_rules`](crate::Services::evaluate_rules) has to be called.
pub const LOOK_EVERY: std::time::Duration = std::time::Duration::from_secs(10);

/// Those of these alerts that are to be told. That a monitor is down is told by the rules of its own that say when, if there
/// are any for it.
pub(crate) async fn due(tx: &Tx, mut alerts: Vec<LooseAlert>, _now: Timestamp) -> Result<Vec<LooseAlert>, StoreError> {
    if alerts.iter().all(|loose| loose.alert.rule.is_some()) {
        return Ok(alerts);
    }
    let mut rules = tx.alert_rules(None).await?;
    rules.retain(|row| row.rule.condition.class() == Class::Down);
    alerts.retain(|loose| {
        let tells = |row: &storage::RuleRow| {
            let selector = &row.rule.selector;
            row.organisation == loose.organisation
                && selector.matches(loose.alert.monitor, &loose.labels, loose.group.as_deref())
        };
        loose.alert.rule.is_some() || !rules.iter().any(tells)
    });
    Ok(alerts)
}
