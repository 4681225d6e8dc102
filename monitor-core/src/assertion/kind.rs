use std::fmt;

/// What kind of value a fact is, which decides how it can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Type {
    /// A number.
    Number,
    /// A length of time.
    Duration,
    /// A number of bytes.
    Size,
    /// A text.
    Text,
    /// Several texts.
    Texts,
    /// Yes or no.
    Bool,
    /// Any JSON value.
    Json,
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Number => "a number",
            Self::Duration => "a duration",
            Self::Size => "a size",
            Self::Text => "a text",
            Self::Texts => "a list of texts",
            Self::Bool => "true or false",
            Self::Json => "a JSON value",
        })
    }
}

/// Declares the facts once: variant, the word for it, how it is written, its type, and the sentence that explains it.
macro_rules! facts {
    ($($variant:ident $word:literal $usage:literal $ty:ident $about:literal;)+) => {
        /// Something that a probe can find out and an assertion can be about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum FactKind {
            $(#[doc = $about] $variant,)+
        }

        impl FactKind {
            /// Every kind of fact.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word that an assertion begins with.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// How it is written in an assertion, what follows the word included.
            #[must_use]
            pub fn usage(self) -> &'static str {
                match self { $(Self::$variant => $usage,)+ }
            }

            /// The type of its value.
            #[must_use]
            pub fn ty(self) -> Type {
                match self { $(Self::$variant => Type::$ty,)+ }
            }

            /// One sentence for the docs.
            #[must_use]
            pub fn about(self) -> &'static str {
                match self { $(Self::$variant => $about,)+ }
            }
        }
    };
}

facts! {
    Status "status" "status" Number "The HTTP status of the answer.";
    Header "header" "header \"NAME\"" Text "A header of the answer; several of that name are joined with commas.";
    Body "body" "body" Text "The body of the answer.";
    Json "json" "json PATH" Json "The first value that a JSONPath selects in the body.";
    Latency "latency" "latency" Duration "How long the probe took in all.";
    LatencyDns "latency.dns" "latency.dns" Duration "How long resolving the name took.";
    LatencyConnect "latency.connect" "latency.connect" Duration "How long making the connection took.";
    LatencyTls "latency.tls" "latency.tls" Duration "How long the TLS handshake took.";
    LatencyFirstByte "latency.first_byte" "latency.first_byte" Duration "How long the answer took to begin once it was asked for.";
    Size "size" "size" Size "How many bytes were received as the answer's body.";
    CertificateDays "certificate.days" "certificate.days" Number "Days until the certificate ends.";
    CertificateIssuer "certificate.issuer" "certificate.issuer" Text "Who signed the certificate.";
    CertificateSubject "certificate.subject" "certificate.subject" Text "Whom the certificate is for.";
    CertificateNames "certificate.names" "certificate.names" Texts "The host names that the certificate is for.";
    TlsProtocol "tls.protocol" "tls.protocol" Text "The version of TLS.";
    TlsCipher "tls.cipher" "tls.cipher" Text "The cipher suite of TLS.";
    Protocol "protocol" "protocol" Text "The application protocol and its version.";
    Answers "answers" "answers" Texts "The records that the name server answered with.";
    Ttl "ttl" "ttl" Duration "How long the DNS answer may be kept.";
    Dnssec "dnssec" "dnssec" Bool "Whether DNSSEC proves the answer.";
    DomainDays "domain.days" "domain.days" Number "Days until the registration of the domain ends.";
    DomainRegistrar "domain.registrar" "domain.registrar" Text "The registrar of the domain.";
    Loss "loss" "loss" Number "How many echo requests had no reply, in percent.";
    Banner "banner" "banner" Text "What the target said first.";
    Rows "rows" "rows" Number "How many rows a query gave.";
    Result "value" "value" Text "The first value that a query or command gave.";
    GrpcStatus "grpc.status" "grpc.status" Text "The serving status that a gRPC service reported.";
    Steps "steps" "steps" Number "How many steps of a flow were done.";
    Duration "duration" "duration" Duration "How long a heartbeat's run took.";
    ExitCode "exit" "exit" Number "The exit code that a heartbeat's run ended with.";
}

impl FactKind {
    /// The kind of that word, in any case.
    pub(super) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.word().eq_ignore_ascii_case(word))
    }

    /// Whether it is a text that often is a number, so that it compares as one.
    pub(super) fn may_be_number(self) -> bool {
        matches!(self, Self::Header | Self::Body | Self::Result)
    }

    /// Whether it is the time that a probe or a part of it took.
    pub(super) fn is_latency(self) -> bool {
        matches!(
            self,
            Self::Latency | Self::LatencyDns | Self::LatencyConnect | Self::LatencyTls | Self::LatencyFirstByte
        )
    }

    /// Whether it is a number of days, which then may be written with a unit.
    pub(super) fn is_days(self) -> bool {
        matches!(self, Self::CertificateDays | Self::DomainDays)
    }
}

/// A set of kinds of facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct FactSet(u64);

const _: () = assert!(FactKind::ALL.len() <= 64, "a set has a bit for each kind");

impl FactSet {
    pub(super) fn only(kind: FactKind) -> Self {
        Self(1 << (kind as u8))
    }

    pub(super) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn contains(self, kind: FactKind) -> bool {
        self.intersects(Self::only(kind))
    }

    pub(super) fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) fn kinds(self) -> impl Iterator<Item = FactKind> {
        FactKind::ALL.iter().copied().filter(move |kind| self.contains(*kind))
    }
}
