//! Who looks at sites for security checks, and the ZAP that makes deep scans.

use std::sync::Arc;
use std::time::Duration;

use adapter_common::Finding;
use probes::security::zap;
use probes::{Outbound, OutboundConfig};
use services::{Probing, SecurityOptions};

use crate::config::Config;

/// Security checks as the operator wants them.
pub(crate) fn options(config: &Config, outbound: &Outbound) -> anyhow::Result<SecurityOptions> {
    let named = config.security.user_agent(&config.outbound.user_agent);
    let inspector = Probing::new(outbound.with_user_agent(&named)?, config.security.zap());
    Ok(SecurityOptions { inspector: Some(Arc::new(inspector)) })
}

/// Whether the ZAP answers, where one is set up.
pub(crate) async fn examine(config: &Config, patience: Duration) -> Option<Finding> {
    let zap = config.security.zap()?;
    let outbound = OutboundConfig {
        allow_private: config.outbound.allow_private_targets,
        ca_file: config.outbound.ca_file.clone(),
        user_agent: config.outbound.user_agent.clone(),
    };
    let asked = async {
        let outbound = Outbound::new(&outbound).map_err(|error| error.to_string())?;
        zap::version(&zap, &outbound).await.map_err(|error| error.to_string())
    };
    let found = tokio::time::timeout(patience, asked).await;
    Some(match found.unwrap_or_else(|_| Err(format!("ZAP did not answer within {patience:?}"))) {
        Ok(version) => Finding::ok(format!("ZAP {version} makes deep security checks")),
        Err(why) => Finding::wrong(
            format!("there are no deep security checks: {why}"),
            "see that ZAP runs, and that security.zap_url and security.zap_key are the address and the key of its API",
        ),
    })
}
