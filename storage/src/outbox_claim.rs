//! Claiming notifications that are due, within the budgets of their destinations.

use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::alerting::{DestinationId, Event, Notification, NotificationId, Severity};
use monitor_core::incident::IncidentId;
use monitor_core::people::OrganisationId;
use sea_orm::{ConnectionTrait, QueryResult};

use crate::destinations::Budget;
use crate::outbox::{attempts, words};
use crate::rows::{get, integer, json, sql, time};
use crate::sql::Sql;
use crate::{Store, StoreError, Tx};

/// Most notifications that are being delivered to one destination at once, so that one that hangs does not keep the others
/// from being told.
const AT_ONCE: u32 = 8;

/// How long a destination is held at most when it asks to be told nothing for a while. Whatever is held for longer was held
/// before the clock was set back.
pub const LONGEST_HOLD: Duration = Duration::from_secs(3_600);

/// How many notifications may be claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// So many at most.
    pub most: u32,
    /// So many of them are for destinations that nothing is under way to, one for each, so that those that hang leave room for
    /// the others.
    pub aside: u32,
}

impl Room {
    /// Most notifications that may be under way to one destination, when there is room for so many.
    fn at_once(self) -> u32 {
        if self.most > self.aside { AT_ONCE } else { 1 }
    }

    /// What is left of it after so many were claimed.
    fn after(self, claimed: usize) -> Self {
        Self { most: self.most.saturating_sub(u32::try_from(claimed).unwrap_or(u32::MAX)), ..self }
    }

    /// How many of it a destination may have.
    fn of(self, open: &Open) -> u32 {
        let first = u32::from(open.room == AT_ONCE).min(self.most);
        self.most.saturating_sub(self.aside).max(first)
    }
}

/// The right to deliver a notification until the lease runs out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotificationClaim {
    /// The notification.
    pub id: NotificationId,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// Who is told.
    pub destination: DestinationId,
    /// The destination's name when it was to be told.
    pub destination_name: String,
    /// What it is about, if that is an incident.
    pub incident: Option<IncidentId>,
    /// What happened.
    pub event: Event,
    /// How loud it is.
    pub severity: Severity,
    /// What is told; `None`: it cannot be read.
    pub content: Option<Notification>,
    /// How often it was tried, with this attempt.
    pub attempts: u32,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it was tried first.
    pub first_tried: Timestamp,
    /// When the right ends. It is also what the claim is recognised by.
    pub lease: Timestamp,
}

/// What may be delivered now, and when there is more.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClaimedNotifications {
    /// Those that were claimed.
    pub claims: Vec<NotificationClaim>,
    /// When something may be claimed again; `None`: when something is written or ends.
    pub next: Option<Timestamp>,
}

/// Whether a notification `n` is the oldest unfinished one of its destination and incident.
macro_rules! oldest {
    () => {
        "n.destination_id = d.id AND n.state = 'due' AND (n.incident_id IS NULL OR NOT EXISTS (
             SELECT 1 FROM notification o WHERE o.destination_id = n.destination_id AND o.incident_id = n.incident_id
                 AND o.id < n.id AND o.state = 'due'
         ))"
    };
}

/// How many notifications to a destination `d` are under way at `$1`.
macro_rules! under_way {
    () => {
        "(SELECT COUNT(*) FROM notification l
          WHERE l.destination_id = d.id AND l.lease_ms IS NOT NULL AND l.lease_ms > $1)"
    };
}

/// Destinations that may be told something at `$1`, those first that were told nothing for longest. One that is closed for
/// longer than a destination ever is was closed before the clock was set back.
macro_rules! open {
    () => {
        concat!(
            "SELECT d.id, d.kind, d.rate_burst, d.rate_per_minute, d.tat_ms, ",
            under_way!(),
            " AS under_way FROM destination d WHERE (d.open_at_ms <= $1 OR d.open_at_ms > $1 + $3) AND ",
            under_way!(),
            " < $2 AND EXISTS (SELECT 1 FROM notification n WHERE n.next_at_ms <= $1 AND ",
            oldest!(),
            ") ORDER BY d.tat_ms, d.id LIMIT $4 "
        )
    };
}

/// A destination that may be told something.
struct Open {
    id: i64,
    budget: Budget,
    tat: Timestamp,
    room: u32,
}

/// How claims are made.
#[derive(Clone, Copy)]
struct Terms {
    now: Timestamp,
    /// When the claims end.
    lease: Timestamp,
}

impl Store {
    /// Claims as many notifications that are due as there is room for, for as long as `lease`. `budget` answers the budget of a
    /// kind of destination, for those that have none of their own.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn claim_notifications(
        &self,
        now: Timestamp,
        room: Room,
        lease: Duration,
        budget: impl Fn(&str) -> Budget,
    ) -> Result<ClaimedNotifications, StoreError> {
        const ANY: Sql = sql!([open!()]);
        const OPEN: Sql = sql!([open!()] (postgres "FOR NO KEY UPDATE OF d SKIP LOCKED"));
        let values = || {
            let hold = integer(LONGEST_HOLD.as_millis());
            [now.as_millis().into(), room.at_once().into(), hold.into(), i64::from(room.most).into()]
        };
        let mut claims = Vec::new();
        // SQLite has one writer at a time: it is not asked for when nothing is due.
        if self.reader().query_one_raw(ANY.with(self.backend(), values())).await?.is_some() {
            let tx = self.begin().await?;
            let open = tx.conn().query_all_raw(OPEN.with(self.backend(), values())).await?;
            let terms = Terms { now, lease: now + lease };
            for row in open {
                let open = Open::read(&row, &budget)?;
                let wanted = room.after(claims.len()).of(&open);
                claims.extend(tx.claim_of(&open, None, wanted, terms).await?);
            }
            tx.commit().await?;
        }
        let left = room.after(claims.len());
        let next = if left.most == 0 { Some(now) } else { self.next_notification(now, left.at_once()).await? };
        Ok(ClaimedNotifications { claims, next })
    }

    /// When the next notification may be claimed that could not be now, to a destination that fewer than `at_once` are under
    /// way to.
    async fn next_notification(&self, now: Timestamp, at_once: u32) -> Result<Option<Timestamp>, StoreError> {
        const NEXT: Sql = sql!(
            "SELECT MIN(CASE WHEN next.at > next.opens THEN next.at ELSE next.opens END) AS next_at
             FROM (
                 SELECT CASE WHEN d.open_at_ms > $1 + $3 THEN 0 ELSE d.open_at_ms END AS opens, (
                     SELECT n.next_at_ms FROM notification n WHERE " [oldest!()] " ORDER BY n.next_at_ms LIMIT 1
                 ) AS at
                 FROM destination d WHERE " [under_way!()] " < $2
             ) AS next
             WHERE next.at IS NOT NULL"
        );
        let values = [now.as_millis().into(), at_once.into(), integer(LONGEST_HOLD.as_millis()).into()];
        let row = self.reader().query_one_raw(NEXT.with(self.backend(), values)).await?;
        let at: Option<i64> = row.map_or(Ok(None), |row| get(&row, "next_at"))?;
        Ok(at.map(Timestamp::from_millis))
    }

    /// Hands claims back unfinished: the notifications are due at once. Passes over those whose lease ended.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn release_notifications(&self, claims: &[NotificationClaim]) -> Result<(), StoreError> {
        const RELEASE: Sql = sql!(
            "UPDATE notification SET next_at_ms = 0, lease_ms = NULL
             FROM (SELECT CAST(value->>0 AS bigint) AS id, CAST(value->>1 AS bigint) AS lease FROM " rows " AS r) AS claim
             WHERE notification.id = claim.id AND lease_ms = claim.lease"
        );
        let claims: Vec<_> = claims.iter().map(|claim| (claim.id, claim.lease)).collect();
        self.writer().execute_raw(RELEASE.with(self.backend(), [json(&claims)?])).await?;
        Ok(())
    }
}

impl Tx {
    /// Claims one notification, if it is due and the budget of its destination allows it.
    ///
    /// # Errors
    /// Like [`Store::claim_notifications`].
    pub async fn claim_notification(
        &self,
        id: NotificationId,
        now: Timestamp,
        lease: Duration,
        budget: impl Fn(&str) -> Budget,
    ) -> Result<Option<NotificationClaim>, StoreError> {
        const OPEN: Sql = sql!(
            "SELECT d.id, d.kind, d.rate_burst, d.rate_per_minute, d.tat_ms, CAST(0 AS bigint) AS under_way FROM destination d
             WHERE d.id = (SELECT destination_id FROM notification WHERE id = $1) AND d.open_at_ms <= $2 "
             (postgres "FOR NO KEY UPDATE OF d")
        );
        let values = [id.0.into(), now.as_millis().into()];
        let open = self.conn().query_one_raw(OPEN.with(self.store().backend(), values)).await?;
        let Some(open) = open else { return Ok(None) };
        let terms = Terms { now, lease: now + lease };
        Ok(self.claim_of(&Open::read(&open, &budget)?, Some(id), 1, terms).await?.pop())
    }

    /// Claims what is due to one destination, whose row this transaction holds: that one, or up to `most`.
    async fn claim_of(
        &self,
        open: &Open,
        one: Option<NotificationId>,
        most: u32,
        terms: Terms,
    ) -> Result<Vec<NotificationClaim>, StoreError> {
        const CLAIM: Sql = sql!(
            "UPDATE notification SET lease_ms = $3, next_at_ms = $3, attempts = attempts + 1,
                 first_tried_ms = COALESCE(first_tried_ms, $1)
             WHERE id IN (
                 SELECT n.id FROM destination d JOIN notification n ON n.destination_id = d.id
                 WHERE d.id = $2 AND n.next_at_ms <= $1 AND (CAST($5 AS bigint) IS NULL OR n.id = $5) AND " [oldest!()] "
                 ORDER BY n.next_at_ms, n.id LIMIT $4
             ) AND state = 'due' AND next_at_ms <= $1
             RETURNING id, organisation_id, destination_id, destination_name, incident_id, event, severity, state, content,
                 attempts, created_at_ms, first_tried_ms, lease_ms"
        );
        const SPEND: Sql = Sql::both("UPDATE destination SET tat_ms = $2, open_at_ms = $3 WHERE id = $1");
        let (allowed, ..) = open.budget.take(open.tat, terms.now, most.min(open.room));
        let values = [
            terms.now.as_millis().into(),
            open.id.into(),
            terms.lease.as_millis().into(),
            i64::from(allowed).into(),
            one.map(|one| one.0).into(),
        ];
        let backend = self.store().backend();
        let rows = match allowed {
            0 => Vec::new(),
            _ => self.conn().query_all_raw(CLAIM.with(backend, values)).await?,
        };
        let taken = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        let (_, tat, opens) = open.budget.take(open.tat, terms.now, taken);
        let spent = [open.id.into(), tat.as_millis().into(), opens.as_millis().into()];
        self.conn().execute_raw(SPEND.with(backend, spent)).await?;
        let mut claims = rows.iter().map(NotificationClaim::read).collect::<Result<Vec<_>, _>>()?;
        claims.sort_unstable_by_key(|claim| claim.id);
        Ok(claims)
    }
}

impl Open {
    fn read(row: &QueryResult, budget: impl Fn(&str) -> Budget) -> Result<Self, StoreError> {
        let kind: String = get(row, "kind")?;
        let under_way: i64 = get(row, "under_way")?;
        Ok(Self {
            id: get(row, "id")?,
            budget: Budget::read(row)?.unwrap_or_else(|| budget(&kind)),
            tat: time(row, "tat_ms")?,
            room: AT_ONCE.saturating_sub(u32::try_from(under_way).unwrap_or(u32::MAX)),
        })
    }
}

impl NotificationClaim {
    fn read(row: &QueryResult) -> Result<Self, StoreError> {
        let id: i64 = get(row, "id")?;
        let incident: Option<i64> = get(row, "incident_id")?;
        let (event, severity, _) = words(row, id)?;
        let content: String = get(row, "content")?;
        Ok(Self {
            id: NotificationId(id),
            organisation: OrganisationId(get(row, "organisation_id")?),
            destination: DestinationId(get(row, "destination_id")?),
            destination_name: get(row, "destination_name")?,
            incident: incident.map(IncidentId),
            event,
            severity,
            content: serde_json::from_str(&content).ok(),
            attempts: attempts(row)?,
            created_at: time(row, "created_at_ms")?,
            first_tried: time(row, "first_tried_ms")?,
            lease: time(row, "lease_ms")?,
        })
    }
}
