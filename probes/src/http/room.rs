//! Room in memory for the bodies that are kept to be judged, of all checks together.

use std::sync::Arc;

use monitor_core::http::MAX_BODY_BYTES;
use monitor_core::outcome::Reason;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::failure::Failure;
use crate::trace::{Phase, Trace};

/// What the bodies of all checks may take together.
const ALL_BYTES: usize = 256 * 1024 * 1024;

/// A body up to this size is kept without asking for room.
pub(super) const FREE_BYTES: usize = 64 * 1024;

/// Room is given out in pieces of this size.
const PIECE_BYTES: usize = 1024;

/// The room that is left, one permit for each piece.
pub(crate) struct BodyRoom(Arc<Semaphore>);

impl Default for BodyRoom {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(ALL_BYTES / PIECE_BYTES)))
    }
}

impl BodyRoom {
    /// Makes room in `kept` for so many bytes more, `held` being what it has got of the common room. Waits for it when there
    /// is none, which is not the target's time. Room is taken as it is filled and not as a target announces it: one that
    /// never sends what it has announced takes none from the others.
    pub(super) async fn grow(
        &self,
        kept: &mut Vec<u8>,
        more: usize,
        held: &mut Option<OwnedSemaphorePermit>,
        trace: &mut Trace,
    ) -> Result<(), Failure> {
        let wanted = kept.len() + more;
        let has = held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        if wanted <= FREE_BYTES.max(has * PIECE_BYTES) {
            return Ok(());
        }
        let most = usize::try_from(MAX_BODY_BYTES).unwrap_or(usize::MAX);
        let bytes = wanted.next_power_of_two().min(most).max(wanted);
        let pieces = bytes.div_ceil(PIECE_BYTES) - has;
        let pieces = u32::try_from(pieces).unwrap_or(u32::MAX);
        let got = match Arc::clone(&self.0).try_acquire_many_owned(pieces) {
            Ok(got) => got,
            Err(_) => {
                trace.enter(Phase::Room);
                let got = Arc::clone(&self.0).acquire_many_owned(pieces).await;
                trace.enter(Phase::Body);
                got.map_err(|_| Failure::new(Reason::ProbeFailed, "there is no room for bodies any more"))?
            }
        };
        match held {
            Some(held) => held.merge(got),
            None => *held = Some(got),
        }
        kept.reserve_exact(bytes - kept.len());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use monitor_core::Timestamp;
    use monitor_core::assertion::Assertions;
    use monitor_core::http::HttpSpec;
    use monitor_core::monitor::{CheckSpec, MonitorName, Settings};
    use monitor_core::outcome::{Outcome, Verdict};
    use test_support::targets::{Answer, Answering, answering};

    use super::*;
    use crate::trace::Wanted;
    use crate::{Check, Outbound, OutboundConfig};

    /// Checks a target whose body is wanted.
    async fn run(target: &Answering, outbound: &Outbound, timeout: Duration) -> Outcome {
        let spec = CheckSpec::Http(HttpSpec::get(&target.url()).unwrap());
        let assertions = Assertions::new(vec!["body contains end".parse().unwrap()]).unwrap();
        let settings = Settings { assertions, ..Settings::new(MonitorName::new("target").unwrap(), spec) };
        let check = Check::compile(&settings).unwrap();
        crate::run(&check, outbound, Timestamp::from_millis(7), timeout).await
    }

    #[tokio::test]
    async fn a_large_body_waits_for_room_within_its_time_and_gives_it_back() {
        let config = OutboundConfig { allow_private: true, ca_file: None, user_agent: "Watchword/test".into() };
        let outbound = Outbound::new(&config).unwrap();
        let (short, ample) = (Duration::from_millis(300), Duration::from_secs(10));
        let small = answering(Answer::ok("x".repeat(FREE_BYTES - 3) + "end")).await;
        let large = answering(Answer::ok("x".repeat(1024 * 1024) + "end")).await;
        let room = Arc::clone(&outbound.body_room().0);
        let all = room.available_permits();
        let taken = Arc::clone(&room).try_acquire_many_owned(u32::try_from(all).unwrap()).unwrap();

        assert_eq!(run(&small, &outbound, ample).await.reason, Reason::Ok);
        let outcome = run(&large, &outbound, short).await;
        assert_eq!((outcome.reason, outcome.verdict()), (Reason::LocalResources, Verdict::Inconclusive));
        let said = "other answers took all the room that this machine has for them, and none became free within 300 ms";
        assert_eq!(outcome.message, said);
        // What is wrong whatever the body says is told all the same.
        large.set_status(500);
        assert_eq!(run(&large, &outbound, short).await.reason, Reason::UnexpectedStatus);
        large.set_status(200);

        let (outcome, ()) = tokio::join!(run(&large, &outbound, ample), async {
            large.reached(3).await;
            drop(taken);
        });
        assert_eq!((outcome.reason, outcome.message.as_str()), (Reason::Ok, ""));
        assert_eq!(room.available_permits(), all);
    }

    #[tokio::test]
    async fn a_body_takes_as_much_room_as_it_fills() {
        let room = BodyRoom::default();
        let all = room.0.available_permits();
        let mut trace = Trace::start(Timestamp::from_millis(7), Duration::from_secs(1), Wanted::default());
        let (mut kept, mut held) = (Vec::new(), None);
        for (bytes, pieces) in
            [(FREE_BYTES, 0), (FREE_BYTES + 1, 128), (128 * 1024, 128), (200_000, 256), (9_000_000, 10_240)]
        {
            let more = bytes - kept.len();
            room.grow(&mut kept, more, &mut held, &mut trace).await.unwrap();
            kept.resize(bytes, b'x');
            assert_eq!(all - room.0.available_permits(), pieces, "{bytes}");
            assert!(pieces == 0 || kept.capacity() <= pieces * PIECE_BYTES, "{bytes}");
        }
        drop(held);
        assert_eq!(room.0.available_permits(), all);
    }
}
