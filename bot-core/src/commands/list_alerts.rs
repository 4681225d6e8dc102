use monitor_core::duration;
use monitor_core::people::Permission;
use services::AlertRuleView;

use super::alert::doing;
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::Given;
use crate::present;
use crate::reply::Block;

/// Lists the alert rules.
pub(crate) const COMMAND: Command = Command {
    name: "list-alerts",
    aliases: &["alerts", "rules", "list-rules"],
    summary: "Lists the alert rules and what each is doing now.",
    examples: &["list-alerts"],
    arguments: &[],
    permission: Permission::Read,
    run: |turn, given| Box::pin(run(turn, given)),
};

/// What holds for every monitor for which no rule says otherwise.
const BUILT_IN: &str =
    "A monitor that is down is told at once, as critical, unless one of these rules about `down` is for it.";

async fn run(turn: Turn<'_>, _given: Given) -> Result<Answer, Failure> {
    let views = turn.services.list_alerts(turn.actor).await?;
    if views.is_empty() {
        let text = "There are no alert rules of your own: a monitor that is down is told at once, as critical. \
                    `add-alert shop when p95 over 10m > 800ms` adds one.";
        return Ok(Answer::text(text));
    }
    let row = |view: &AlertRuleView| {
        let rule = &view.row.rule;
        vec![
            view.row.id.to_string(),
            view.row.words.clone(),
            rule.condition.to_string(),
            rule.severity.as_str().to_owned(),
            tells(view),
            doing(view, turn.now),
        ]
    };
    let title = present::plural(views.len() as u64, "alert rule");
    let columns = [">rule", "about", "when", "severity", "tells", "now"];
    let table = Block::table(title, &columns, views.iter().map(row).collect());
    Ok(Answer::of(vec![table, Block::text(BUILT_IN)]))
}

/// Who is told and how often.
fn tells(view: &AlertRuleView) -> String {
    let rule = &view.row.rule;
    let remind = rule.remind.map(|remind| format!("again every {}", duration::format(remind)));
    rule.notify.iter().cloned().chain(remind).collect::<Vec<_>>().join(" ")
}
