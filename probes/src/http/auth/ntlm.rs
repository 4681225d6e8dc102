//! NTLM version 2 over HTTP: three messages on one connection.
//! Source: <https://learn.microsoft.com/openspecs/windows_protocols/ms-nlmp>.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hyper::body::Bytes;
use md4::{Digest as _, Md4};
use monitor_core::Timestamp;
use monitor_core::outcome::Reason;
use monitor_core::secret::Secret;

use super::challenge::Challenge;
use super::mac::hmac_md5;
use super::{authorized, challenges, is_challenge, not_offered, random};
use crate::failure::Failure;
use crate::http::client::Client;
use crate::http::exchange::Exchange;
use crate::http::hop::Hop;
use crate::outbound::Outbound;
use crate::trace::Trace;

const SIGNATURE: &[u8; 8] = b"NTLMSSP\0";
const UNICODE: u32 = 0x0000_0001;
/// Unicode, request target, NTLM, always sign, extended session security, target info, 128 and 56 bits.
const FLAGS: u32 = UNICODE | 0x0000_0004 | 0x0000_0200 | 0x0000_8000 | 0x0008_0000 | 0x0080_0000 | 0xa000_0000;
/// The entry of the target info that holds the server's time.
const AV_TIMESTAMP: u16 = 7;
/// From 1601 to 1970, in milliseconds.
const EPOCH_OFFSET_MS: i64 = 11_644_473_600_000;

/// A user, whose domain may be empty, and a password.
pub(in crate::http) struct Ntlm {
    domain: String,
    user: String,
    password: Secret,
}

/// What the server wants to see encrypted.
struct ServerChallenge {
    flags: u32,
    challenge: [u8; 8],
    info: Vec<u8>,
}

impl Ntlm {
    pub(super) fn new(user: &str, password: &Secret) -> Self {
        let (domain, user) = user.split_once('\\').unwrap_or(("", user));
        Self { domain: domain.to_owned(), user: user.to_owned(), password: password.clone() }
    }

    /// Offers NTLM, and answers the challenge on the same connection, which the login is then for.
    pub(super) async fn ask(
        &self,
        client: &Client,
        hop: &Hop,
        outbound: &Outbound,
        trace: &mut Trace,
    ) -> Result<Exchange, Failure> {
        let mut offer = authorized(hop, &format!("NTLM {}", BASE64_STANDARD.encode(negotiate())), trace)?;
        // The body goes with the request that counts.
        offer.body = Bytes::new();
        let first = client.send(&offer, outbound, trace).await?;
        if !is_challenge(&first) {
            return if hop.body.is_empty() { Ok(first) } else { client.send(hop, outbound, trace).await };
        }
        let challenges = challenges(&first);
        let challenge = challenges.iter().find(|challenge| challenge.is("NTLM"));
        let challenge = challenge.ok_or_else(|| not_offered("NTLM", &challenges))?;
        let challenge = ServerChallenge::decode(challenge).ok_or_else(|| refused("its challenge cannot be read"))?;
        let message = self.authenticate(&challenge, random()?, trace.at);
        let answer = authorized(hop, &format!("NTLM {}", BASE64_STANDARD.encode(message)), trace)?;
        let connection = first.into_connection().await;
        let connection = connection.ok_or_else(|| refused("it closed the connection that the login was for"))?;
        connection.send(&answer, outbound.user_agent(), trace).await
    }

    /// The third message.
    fn authenticate(&self, server: &ServerChallenge, client: [u8; 8], at: Timestamp) -> Vec<u8> {
        let key = self.key();
        let time = timestamp(&server.info);
        let proof = response(&key, server, client, time.unwrap_or_else(|| filetime(at)));
        // Who tells its time knows that the older response proves nothing.
        let lm = match time {
            Some(_) => vec![0; 24],
            None => [hmac_md5(&key, &[&server.challenge, &client]).as_slice(), &client].concat(),
        };
        let (domain, user) = (utf16(&self.domain), utf16(&self.user));
        let (mut head, mut payload) = (Vec::with_capacity(64), Vec::new());
        head.extend_from_slice(SIGNATURE);
        head.extend_from_slice(&3_u32.to_le_bytes());
        for field in [lm.as_slice(), &proof, &domain, &user, &[], &[]] {
            // All are short: names and a target info of at most 64 KiB, which `decode` has seen to.
            let length = u16::try_from(field.len()).unwrap_or(u16::MAX).to_le_bytes();
            head.extend_from_slice(&length);
            head.extend_from_slice(&length);
            head.extend_from_slice(&u32::try_from(64 + payload.len()).unwrap_or(u32::MAX).to_le_bytes());
            payload.extend_from_slice(field);
        }
        head.extend_from_slice(&(FLAGS & server.flags).to_le_bytes());
        head.extend(payload);
        head
    }

    /// `NTOWFv2`.
    fn key(&self) -> [u8; 16] {
        let password: [u8; 16] = Md4::digest(utf16(self.password.expose())).into();
        hmac_md5(&password, &[&utf16(&self.user.to_uppercase()), &utf16(&self.domain)])
    }
}

/// The first message.
fn negotiate() -> Vec<u8> {
    [SIGNATURE.as_slice(), &1_u32.to_le_bytes(), &FLAGS.to_le_bytes(), &[0; 16]].concat()
}

/// The response of version 2: a proof, and what it is the proof of.
fn response(key: &[u8; 16], server: &ServerChallenge, client: [u8; 8], time: [u8; 8]) -> Vec<u8> {
    let claim = [&[1, 1, 0, 0, 0, 0, 0, 0], time.as_slice(), &client, &[0; 4], &server.info, &[0; 4]].concat();
    let proof = hmac_md5(key, &[&server.challenge, &claim]);
    [proof.as_slice(), &claim].concat()
}

impl ServerChallenge {
    fn decode(challenge: &Challenge) -> Option<Self> {
        let message = BASE64_STANDARD.decode(challenge.token.as_deref()?).ok()?;
        if message.get(..8)? != SIGNATURE || message.get(8..12)? != 2_u32.to_le_bytes() {
            return None;
        }
        let flags = u32::from_le_bytes(message.get(20..24)?.try_into().ok()?);
        let challenge = message.get(24..32)?.try_into().ok()?;
        let length = usize::from(u16::from_le_bytes(message.get(40..42)?.try_into().ok()?));
        let offset = usize::try_from(u32::from_le_bytes(message.get(44..48)?.try_into().ok()?)).ok()?;
        let info = message.get(offset..offset.checked_add(length)?)?.to_vec();
        let fits = flags & UNICODE != 0 && info.len() < 32 * 1024;
        fits.then_some(Self { flags, challenge, info })
    }
}

/// The server's time, when it tells it.
fn timestamp(mut info: &[u8]) -> Option<[u8; 8]> {
    loop {
        let id = u16::from_le_bytes(info.get(..2)?.try_into().ok()?);
        let length = usize::from(u16::from_le_bytes(info.get(2..4)?.try_into().ok()?));
        let value = info.get(4..4 + length)?;
        match id {
            0 => return None,
            AV_TIMESTAMP => return value.try_into().ok(),
            _ => info = &info[4 + length..],
        }
    }
}

/// Tenths of microseconds since 1601.
fn filetime(at: Timestamp) -> [u8; 8] {
    at.as_millis().saturating_add(EPOCH_OFFSET_MS).saturating_mul(10_000).to_le_bytes()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn refused(what: &str) -> Failure {
    Failure::new(Reason::AuthenticationFailed, format!("the target offers NTLM, but {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::auth::hex;

    /// The target info of MS-NLMP, section 4.2.4.1.3: domain and server.
    fn info() -> Vec<u8> {
        let entry = |id: u16, text: &str| {
            let text = utf16(text);
            [&id.to_le_bytes()[..], &u16::try_from(text.len()).unwrap().to_le_bytes(), &text].concat()
        };
        [entry(2, "Domain"), entry(1, "Server"), vec![0; 4]].concat()
    }

    fn server(info: Vec<u8>) -> ServerChallenge {
        ServerChallenge { flags: 0xe28a_8233, challenge: [1, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef], info }
    }

    /// The values of MS-NLMP, section 4.2.4.
    #[test]
    fn the_responses_are_those_of_the_specification() {
        let login = Ntlm::new(r"Domain\User", &Secret::new("Password"));
        assert_eq!(hex(&login.key()), "0c868a403bfd7a93a3001ef22ef02e3f");
        let told = response(&login.key(), &server(info()), [0xaa; 8], [0; 8]);
        assert_eq!(hex(&told[..16]), "68cd0ab851e51c96aabc927bebef6a1c");
        let message = login.authenticate(&server(info()), [0xaa; 8], Timestamp::from_millis(0));
        assert_eq!(hex(&message[64..88]), "86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa");
        let field = |at: usize| {
            let short = |at: usize| usize::from(u16::from_le_bytes([message[at], message[at + 1]]));
            message[short(at + 4)..short(at + 4) + short(at)].to_vec()
        };
        assert_eq!((field(28), field(36), field(44)), (utf16("Domain"), utf16("User"), Vec::new()));
        assert!(field(20).ends_with(&[info(), vec![0; 4]].concat()));
    }

    #[test]
    fn the_time_of_the_server_is_used_when_it_tells_it() {
        let time = [9; 8];
        let info = [&7_u16.to_le_bytes()[..], &8_u16.to_le_bytes(), &time, &[0; 4]].concat();
        assert_eq!(timestamp(&info), Some(time));
        let login = Ntlm::new("User", &Secret::new("Password"));
        let message = login.authenticate(&server(info), [0xaa; 8], Timestamp::from_millis(0));
        assert_eq!(message[64..88], [0; 24]);
        // 1970 in the time of Windows.
        assert_eq!(filetime(Timestamp::from_millis(0)), 116_444_736_000_000_000_i64.to_le_bytes());
        for short in [&[][..], &[7], &[7, 0, 8, 0, 1], &[7, 0, 255, 255]] {
            assert_eq!(timestamp(short), None);
        }
    }

    #[test]
    fn a_broken_challenge_is_not_read() {
        let good = [&SIGNATURE[..], &2_u32.to_le_bytes(), &[0; 8], &FLAGS.to_le_bytes(), &[1; 8], &[0; 24]].concat();
        let decode = |message: &[u8]| {
            let header = format!("NTLM {}", BASE64_STANDARD.encode(message));
            ServerChallenge::decode(&super::super::challenge::parse(&header)[0])
        };
        assert!(decode(&good).is_some());
        for cut in 0..48 {
            assert!(decode(&good[..cut]).is_none(), "{cut}");
        }
        let mut outside = good.clone();
        outside[40..48].copy_from_slice(&[255; 8]);
        assert!(decode(&outside).is_none());
        let mut other = good;
        other[8] = 3;
        assert!(decode(&other).is_none());
    }
}
