//! The MQTT check: login, and a message of a topic.
//!
//! The packets of MQTT 3.1.1, which every broker speaks, are written and read by rumqttc's codec. Its client connects by
//! itself, so it is not used. Source: <https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html>.

use futures_util::{FutureExt, SinkExt, StreamExt};
use monitor_core::assertion::{FactKind, Value};
use monitor_core::checks::MqttSpec;
use monitor_core::http::SpecError;
use monitor_core::outcome::Reason;
use rumqttc::mqttbytes::v4::{Codec, ConnAck, Connect, ConnectReturnCode, Packet};
use rumqttc::mqttbytes::v4::{Subscribe, SubscribeReasonCode};
use rumqttc::mqttbytes::{Error, QoS};
use tokio::io::AsyncReadExt;
use tokio_util::codec::{Framed, FramedParts};

use crate::connect::Stream;
use crate::failure::{Failure, clean};
use crate::outbound::Outbound;
use crate::trace::{Phase, Trace};

/// Largest packet that is read, in bytes.
const MAX_PACKET_BYTES: usize = 64 * 1024;

/// How long the broker may keep a connection that says nothing, in seconds: longer than any check takes.
const KEEP_ALIVE_S: u16 = 90;

/// The number of our one subscription.
const SUBSCRIPTION: u16 = 1;

/// The first bytes of every answer to CONNECT: the kind of the packet and its length.
const CONNACK: [u8; 2] = [0x20, 2];

/// An MQTT check ready to run.
pub(crate) struct MqttProbe {
    spec: MqttSpec,
}

type Packets = Framed<Stream, Codec>;

impl MqttProbe {
    pub(crate) fn compile(spec: &MqttSpec) -> Result<Self, SpecError> {
        Ok(Self { spec: spec.clone() })
    }

    pub(crate) async fn probe(&self, outbound: &Outbound, trace: &mut Trace) -> Result<(), Failure> {
        let stream = outbound.open(&self.spec.endpoint, self.spec.tls, trace).await?;
        trace.enter(Phase::Send);
        let codec = Codec { max_incoming_size: MAX_PACKET_BYTES, max_outgoing_size: MAX_PACKET_BYTES };
        let mut packets = Framed::new(stream, codec);
        send(&mut packets, Packet::Connect(self.hello()?)).await?;
        trace.enter(Phase::FirstByte);
        let mut packets = answered(packets).await?;
        trace.details.protocol = Some("MQTT 3.1.1".to_owned());
        match next(&mut packets).await? {
            Packet::ConnAck(answer) => let_in(&answer)?,
            other => return Err(mismatch(&format!("it answers CONNECT with {}", named(&other)))),
        }
        if let Some(topic) = &self.spec.topic {
            trace.wait_for(format!("no message of topic {} came", clean(topic, 80)));
            let message = message(&mut packets, topic).await?;
            trace.response_bytes = message.len() as u64;
            trace.facts.set(FactKind::Size, Value::Size(trace.response_bytes));
            if trace.wanted().body {
                trace.facts.set_body(message);
            }
        }
        // As far as it goes at once: whether the broker takes leave is not what is checked.
        let _ = packets.send(Packet::Disconnect).now_or_never();
        Ok(())
    }

    /// CONNECT by a name of its own, because a broker ends the older of two connections of the same name.
    fn hello(&self) -> Result<Connect, Failure> {
        let random = getrandom::u32();
        let random = random.map_err(|_| Failure::new(Reason::ProbeFailed, "the system gives no random numbers"))?;
        let mut hello = Connect::new(format!("watchword{random:08x}"));
        hello.keep_alive = KEEP_ALIVE_S;
        if let Some(login) = &self.spec.login {
            hello.set_login(login.user.as_str(), login.password.expose());
        }
        Ok(hello)
    }
}

/// Waits until the first bytes are there, and refuses what no broker says: as a packet it might never end.
async fn answered(packets: Packets) -> Result<Packets, Failure> {
    let mut parts = packets.into_parts();
    while parts.read_buf.len() < CONNACK.len() {
        let read = parts.io.read_buf(&mut parts.read_buf).await;
        if read.map_err(|error| Failure::io(&error, "waiting for the answer"))? == 0 {
            return Err(closed());
        }
    }
    if !parts.read_buf.starts_with(&CONNACK) {
        let said = clean(&String::from_utf8_lossy(&parts.read_buf), 60);
        return Err(mismatch(&format!("it answers CONNECT with “{said}”")));
    }
    let mut whole = FramedParts::new::<Packet>(parts.io, parts.codec);
    whole.read_buf = parts.read_buf;
    Ok(Framed::from_parts(whole))
}

fn let_in(answer: &ConnAck) -> Result<(), Failure> {
    use ConnectReturnCode as Code;
    let (reason, message) = match answer.code {
        Code::Success => return Ok(()),
        Code::RefusedProtocolVersion => (Reason::ProtocolMismatch, "the broker does not speak MQTT 3.1.1"),
        Code::BadClientId => (Reason::UnexpectedAnswer, "the broker refuses the client's name"),
        Code::ServiceUnavailable => (Reason::NotServing, "the broker says that it is not available"),
        Code::BadUserNamePassword => {
            (Reason::AuthenticationFailed, "the broker does not know the user and the password")
        }
        Code::NotAuthorized => (Reason::AuthenticationFailed, "the broker does not let us in without another login"),
    };
    Err(Failure::new(reason, message))
}

/// Subscribes to the topic, and waits for a message of it, which may come before the subscription is acknowledged.
async fn message(packets: &mut Packets, topic: &str) -> Result<Vec<u8>, Failure> {
    let mut subscribe = Subscribe::new(topic, QoS::AtMostOnce);
    subscribe.pkid = SUBSCRIPTION;
    send(packets, Packet::Subscribe(subscribe)).await?;
    loop {
        match next(packets).await? {
            Packet::Publish(message) => return Ok(message.payload.into()),
            Packet::SubAck(answer) if answer.return_codes.contains(&SubscribeReasonCode::Failure) => {
                let message = format!("the broker refuses the subscription to {}", clean(topic, 80));
                return Err(Failure::new(Reason::QueryFailed, message));
            }
            Packet::SubAck(_) => {}
            other => return Err(mismatch(&format!("it answers SUBSCRIBE with {}", named(&other)))),
        }
    }
}

async fn send(packets: &mut Packets, packet: Packet) -> Result<(), Failure> {
    packets.send(packet).await.map_err(|error| failed(&error))
}

async fn next(packets: &mut Packets) -> Result<Packet, Failure> {
    packets
        .next()
        .await
        .unwrap_or_else(|| Err(Error::Io(std::io::ErrorKind::UnexpectedEof.into())))
        .map_err(|e| failed(&e))
}

fn failed(error: &Error) -> Failure {
    match error {
        // The codec says so of a packet whose end never came.
        Error::Io(error) if error.kind() == std::io::ErrorKind::Other && error.get_ref().is_some() => {
            let tls = Failure::io(error, "waiting for the answer");
            if tls.reason == Reason::ConnectionReset { closed() } else { tls }
        }
        Error::Io(error) => Failure::io(error, "waiting for the answer"),
        Error::PayloadSizeLimitExceeded(bytes) => {
            let message = format!("a packet of {bytes} bytes came; {} KiB are read at most", MAX_PACKET_BYTES / 1024);
            Failure::new(Reason::BodyTooLarge, message)
        }
        other => mismatch(&clean(&other.to_string(), 80)),
    }
}

fn closed() -> Failure {
    Failure::new(Reason::ConnectionReset, "the target closed the connection while waiting for the answer")
}

fn mismatch(what: &str) -> Failure {
    Failure::new(Reason::ProtocolMismatch, format!("the target does not speak MQTT: {what}"))
}

/// The kind of a packet, without what is in it.
fn named(packet: &Packet) -> String {
    format!("{packet:?}").split(['(', ' ']).next().unwrap_or_default().to_ascii_uppercase()
}
