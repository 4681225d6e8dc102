//! Which monitors somebody means.

use monitor_core::alerting::Selector;
use monitor_core::labels::Label;
use monitor_core::people::{Actor, Permission};

use crate::{Result, Services, require};

/// Most monitors that are named one by one.
const MOST_NAMES: usize = 100;

impl Services {
    /// The monitors that a person names: `all` or `everything`, names, labels like `env=prod`, `group:shop`, of which all have to hold.
    ///
    /// # Errors
    /// [`crate::ServiceError::Denied`], [`crate::ServiceError::MonitorNotFound`], [`crate::ServiceError::Invalid`],
    /// [`crate::ServiceError::TooManyNames`], [`crate::ServiceError::Internal`].
    pub async fn about(&self, actor: &Actor, words: &str) -> Result<Selector> {
        require(actor, Permission::Read)?;
        let mut selector = Selector::default();
        let mut monitors = Vec::new();
        for word in words.split([' ', ',']).filter(|word| !word.is_empty()) {
            let group = word.split_once(':').filter(|(key, _)| key.eq_ignore_ascii_case("group"));
            match group {
                _ if ["all", "everything"].iter().any(|all| word.eq_ignore_ascii_case(all)) => {}
                Some((_, group)) => selector.group = Some(group.to_owned()),
                None if word.contains('=') => selector.labels.set(word.parse::<Label>()?),
                None => monitors.push(self.monitor(actor, word).await?.id),
            }
            if monitors.len() > MOST_NAMES {
                return Err(crate::ServiceError::TooManyNames(MOST_NAMES));
            }
        }
        selector.monitors = (!monitors.is_empty()).then_some(monitors);
        Ok(selector)
    }
}
