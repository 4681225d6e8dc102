//! Everything that a security check can find, in one table: what it is called, what it costs, why it matters, how to mend it.

use super::notes::clip;
use super::{Finding, Risk};

/// What a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "they say themselves what they are")]
pub enum Topic {
    Redirects,
    Tls,
    Headers,
    Csp,
    Cookies,
    Page,
    Cors,
    Leaks,
    Libraries,
    Dns,
    SecurityTxt,
    Zap,
}

impl Topic {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 12] = [
        Self::Redirects,
        Self::Tls,
        Self::Headers,
        Self::Csp,
        Self::Cookies,
        Self::Page,
        Self::Cors,
        Self::Leaks,
        Self::Libraries,
        Self::Dns,
        Self::SecurityTxt,
        Self::Zap,
    ];

    /// Its name, for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Redirects => "HTTPS and redirects",
            Self::Tls => "TLS and certificates",
            Self::Headers => "Headers",
            Self::Csp => "Content-Security-Policy",
            Self::Cookies => "Cookies",
            Self::Page => "What the page loads",
            Self::Cors => "CORS",
            Self::Leaks => "Information leaks",
            Self::Libraries => "JavaScript libraries",
            Self::Dns => "DNS and mail",
            Self::SecurityTxt => "security.txt",
            Self::Zap => "OWASP ZAP",
        }
    }
}

/// Something that can be found.
#[derive(Debug)]
pub struct Rule {
    /// Its stable id; of a family, whose findings are told apart by what follows, with `*` at the end.
    pub id: &'static str,
    /// What it is about.
    pub topic: Topic,
    /// How bad it is to break it.
    pub risk: Risk,
    /// What that costs, of 100. Nothing if, and only if, the risk is [`Risk::Info`].
    pub points: u32,
    /// It takes more than a browser would send to look at it, and so is only looked at on hosts shown to be one's own.
    pub active: bool,
    /// What is found when it is broken.
    pub title: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// How to mend it.
    pub mend: &'static str,
    /// Where to read more.
    pub reference: &'static str,
}

impl Rule {
    /// Whether its findings have ids of their own that begin like it.
    pub(super) fn is_family(&self) -> bool {
        self.id.ends_with('*')
    }

    fn covers(&self, id: &str) -> bool {
        match self.id.strip_suffix('*') {
            Some(family) => id.starts_with(family),
            None => self.id == id,
        }
    }

    /// The finding that it is broken.
    pub(super) fn broken(&self, id: &str, evidence: &str) -> Finding {
        Finding {
            id: id.to_owned(),
            risk: self.risk,
            title: self.title.to_owned(),
            evidence: clip(evidence),
            why: self.why.to_owned(),
            mend: self.mend.to_owned(),
            reference: self.reference.to_owned(),
        }
    }
}

/// The rule whose finding has this id; `None`: there is none (any more).
#[must_use]
pub fn rule(id: &str) -> Option<&'static Rule> {
    ALL.iter().copied().find(|rule| rule.covers(id))
}

/// What a finding costs. ZAP's alerts cost by their risk.
#[must_use]
pub fn points(finding: &Finding) -> u32 {
    match rule(&finding.id) {
        Some(rule) if rule.topic == Topic::Zap => zap_points(finding.risk),
        Some(rule) => rule.points,
        None => 0,
    }
}

/// What an alert of ZAP costs.
#[must_use]
pub const fn zap_points(risk: Risk) -> u32 {
    match risk {
        Risk::High => 40,
        Risk::Medium => 10,
        Risk::Low => 5,
        Risk::Info => 0,
    }
}

/// Something that earns points, once there are 90 without it.
#[derive(Debug)]
pub struct Bonus {
    /// Its stable id.
    pub id: &'static str,
    /// What it earns.
    pub points: u32,
    /// What earns it.
    pub what: &'static str,
}

macro_rules! bonuses {
    ($($name:ident $id:literal $points:literal $what:literal)*) => {
        $(pub(super) static $name: Bonus = Bonus { id: $id, points: $points, what: $what };)*

        /// Everything that earns points.
        pub static BONUSES: &[&Bonus] = &[$(&$name),*];
    };
}

bonuses! {
    CSP_STRICT "csp-strict" 5 "a policy that breaks no rule of the topic, lets no inline style run, and has `default-src 'none'` or nonces or hashes for scripts"
    COOKIES_STRICT "cookies-strict" 5 "cookies are set, all of them break no rule, and all have `SameSite=Lax` or `Strict`"
    FRAMING_BY_CSP "framing-by-csp" 5 "`frame-ancestors` of the policy rules framing"
    HSTS_PRELOAD "hsts-preload" 5 "`Strict-Transport-Security` with a year or more, `includeSubDomains` and `preload`"
    REFERRER_PRIVATE "referrer-private" 5 "a Referrer-Policy that tells other sites the origin at most: `no-referrer`, `same-origin`, `strict-origin` or `strict-origin-when-cross-origin`"
    SRI_EVERYWHERE "sri-everywhere" 5 "scripts or styles of other domains are loaded, all of them with `integrity`"
}

macro_rules! rules {
    ($($name:ident $id:literal $topic:ident $risk:ident $points:literal $depth:ident {
        $title:literal
        why $why:literal
        mend $mend:literal
        see $reference:literal
    })*) => {
        $(pub(super) static $name: Rule = Rule {
            id: $id,
            topic: Topic::$topic,
            risk: Risk::$risk,
            points: $points,
            active: rules!(@$depth),
            title: $title,
            why: $why,
            mend: $mend,
            reference: $reference,
        };)*

        /// Every rule, by topic.
        pub static ALL: &[&Rule] = &[$(&$name),*];
    };
    (@passive) => { false };
    (@active) => { true };
}

rules! {
    HTTPS_MISSING "https-missing" Redirects High 60 passive {
        "The page is served without encryption"
        why "Everybody on the way can read what visitors see and send, and put other content in its place."
        mend "Get a certificate (Let's Encrypt gives them for nothing), serve the page over HTTPS, and redirect http:// there."
        see "OWASP ASVS 5.0 12.2.1"
    }
    REDIRECT_MISSING "redirect-missing" Redirects Medium 20 passive {
        "http:// is not redirected to https://"
        why "Who types the name or follows an old link stays on an unencrypted connection, which others can read and change."
        mend "Answer every request on port 80 with a redirect (301 or 308) to the same address with https://."
        see "OWASP ASVS 5.0 12.2.1; HTTP Observatory, redirection"
    }
    REDIRECT_DOWNGRADE "redirect-downgrade" Redirects Medium 20 passive {
        "A redirect leads from https:// back to http://"
        why "That one unencrypted step is enough to read the request or to lead the visitor elsewhere."
        mend "Let every redirect point to https:// directly."
        see "OWASP ASVS 5.0 12.2.1"
    }
    REDIRECT_LATE "redirect-late" Redirects Low 10 passive {
        "http:// leads to https:// only after another http:// address"
        why "Each unencrypted step is one more chance to catch the visitor, and the first name never gets its HSTS policy."
        mend "Redirect in the first step to https:// of the same host, and to another name from there."
        see "HTTP Observatory, redirection"
    }
    REDIRECT_OTHER_HOST "redirect-other-host" Redirects Low 5 passive {
        "http:// is redirected to another host before https:// of its own"
        why "The browser never sees the HSTS policy of this name, so the next visit begins unencrypted again."
        mend "Redirect to https:// of the same host first, and to the other host from there."
        see "RFC 6797 7.2; HTTP Observatory, redirection"
    }
    REDIRECT_ELSEWHERE "redirect-elsewhere" Redirects Info 0 passive {
        "The page is on another domain"
        why "Headers, cookies and content were looked at where the redirects ended, which is not the domain that was asked for."
        mend "Check the other address by itself if this is not what was meant."
        see "HTTP Observatory, redirection"
    }
    PAGE_ERROR "page-error" Redirects Info 0 passive {
        "The page answered with an error"
        why "Error pages often have other headers and content than the site itself, so the grade may not be the site's."
        mend "Check an address that answers with a page."
        see "RFC 9110 15"
    }

    TLS_HANDSHAKE "tls-handshake" Tls High 60 passive {
        "No TLS of today can be agreed on"
        why "Browsers of today cannot open the page, or only with suites that are being given up, so nothing of it was looked at; older ones use what others can break."
        mend "Allow TLS 1.2 and 1.3, with suites such as those of Mozilla's intermediate configuration."
        see "OWASP ASVS 5.0 12.1.1; RFC 9325 3.1"
    }
    CERTIFICATE_UNTRUSTED "certificate-untrusted" Tls High 60 passive {
        "The certificate is not trusted"
        why "Browsers warn and turn visitors away, and those who go on cannot tell the site from an impostor."
        mend "Use a certificate for this name from a publicly trusted authority, and send the intermediate certificates with it."
        see "OWASP ASVS 5.0 12.2.2"
    }
    CERTIFICATE_EXPIRED "certificate-expired" Tls High 60 passive {
        "The certificate is not valid now"
        why "Browsers warn and turn visitors away, and people learn to ignore such warnings."
        mend "Renew the certificate, have it renewed by itself (ACME), and watch it with a tls monitor."
        see "OWASP ASVS 5.0 12.2.2"
    }
    CERTIFICATE_EXPIRES "certificate-expires" Tls Low 5 passive {
        "The certificate expires soon"
        why "Programs that renew certificates do so earlier than this: renewal seems not to work."
        mend "Find out why it was not renewed, and watch it with a tls monitor."
        see "OWASP ASVS 5.0 12.2.2"
    }
    CERTIFICATE_KEY "certificate-key" Tls Medium 20 passive {
        "The certificate's key is too weak"
        why "Who can compute the private key can pretend to be the site."
        mend "Make a new key (EC P-256, or RSA with 2048 bits or more) and get a new certificate for it."
        see "OWASP ASVS 5.0 12.1.2; NIST SP 800-57"
    }
    CERTIFICATE_SIGNATURE "certificate-signature" Tls Medium 20 passive {
        "A certificate is signed with a broken hash"
        why "Certificates with MD5 or SHA-1 signatures have been forged; browsers refuse them."
        mend "Get a new certificate; all public authorities sign with SHA-256 or better."
        see "OWASP ASVS 5.0 12.1.2; RFC 9155"
    }
    TLS13_MISSING "tls13-missing" Tls Info 0 passive {
        "TLS 1.3 is not spoken"
        why "TLS 1.2 is still good, but 1.3 is faster and has no weak options left to get wrong."
        mend "Switch TLS 1.3 on; current servers have it on by default."
        see "OWASP ASVS 5.0 12.1.1; RFC 9325 3.1"
    }
    TLS_SSL3 "tls-ssl3" Tls High 40 active {
        "SSL 3 is still spoken"
        why "Its encryption can be broken (POODLE), which gives away session cookies."
        mend "Allow TLS 1.2 and 1.3 only."
        see "OWASP ASVS 5.0 12.1.1; RFC 7568"
    }
    TLS_OLD "tls-old" Tls Medium 20 active {
        "TLS 1.0 or 1.1 is still spoken"
        why "Both are deprecated for their weak hashes and ciphers; no current browser needs them."
        mend "Allow TLS 1.2 and 1.3 only."
        see "OWASP ASVS 5.0 12.1.1; RFC 8996"
    }
    TLS_BROKEN_CIPHER "tls-broken-cipher" Tls High 40 active {
        "Suites without real encryption are taken"
        why "With NULL, anonymous, export, DES or RC4 suites others can read or change what is sent."
        mend "Allow AEAD suites with forward secrecy only, such as those of Mozilla's intermediate configuration."
        see "OWASP ASVS 5.0 12.1.2; RFC 9325 4.1"
    }
    TLS_WEAK_CIPHER "tls-weak-cipher" Tls Low 10 active {
        "Weak suites are taken"
        why "They have no forward secrecy (who gets the key later can read what was recorded), or old block ciphers with known attacks."
        mend "Allow AEAD suites with forward secrecy only, such as those of Mozilla's intermediate configuration."
        see "OWASP ASVS 5.0 12.1.2; RFC 9325 4.1"
    }

    HSTS_MISSING "hsts-missing" Headers Medium 20 passive {
        "No Strict-Transport-Security"
        why "Without HSTS the first request of each visit can be unencrypted, and be caught and redirected by others."
        mend "Send `Strict-Transport-Security: max-age=31536000; includeSubDomains` over HTTPS, once all subdomains have HTTPS."
        see "OWASP ASVS 5.0 3.4.1; RFC 6797; HTTP Observatory"
    }
    HSTS_INVALID "hsts-invalid" Headers Medium 20 passive {
        "Strict-Transport-Security is not valid"
        why "Browsers ignore a policy that they cannot read, as if there were none."
        mend "Send it in this form: `Strict-Transport-Security: max-age=31536000; includeSubDomains`."
        see "RFC 6797 6.1; HTTP Observatory"
    }
    HSTS_SHORT "hsts-short" Headers Low 10 passive {
        "Strict-Transport-Security lasts less than six months"
        why "Who does not come back in that time begins unencrypted again."
        mend "Raise max-age to a year (31536000)."
        see "OWASP ASVS 5.0 3.4.1; HTTP Observatory"
    }
    HSTS_SUBDOMAINS "hsts-subdomains" Headers Info 0 passive {
        "Strict-Transport-Security leaves out subdomains"
        why "An unencrypted subdomain can set cookies for the whole domain."
        mend "Add `includeSubDomains` once all subdomains have HTTPS."
        see "OWASP ASVS 5.0 3.4.1"
    }
    SNIFFING "content-type-sniffing" Headers Low 5 passive {
        "No X-Content-Type-Options: nosniff"
        why "Browsers may run an uploaded text or picture as a script, whatever type the server says it has."
        mend "Send `X-Content-Type-Options: nosniff` with every answer."
        see "OWASP ASVS 5.0 3.4.4; HTTP Observatory"
    }
    FRAMING "framing" Headers Medium 20 passive {
        "Any site may show the page in a frame"
        why "A page laid invisibly over another catches clicks that visitors mean for something else (clickjacking)."
        mend "Send `Content-Security-Policy: frame-ancestors 'none'` (or `'self'`), and `X-Frame-Options: DENY` for old browsers."
        see "OWASP ASVS 5.0 3.4.6; HTTP Observatory"
    }
    REFERRER_UNSAFE "referrer-unsafe" Headers Low 5 passive {
        "The Referrer-Policy tells other sites more than browsers would by default"
        why "Paths and queries of addresses can carry names, searches and tokens, which other sites then see in their logs."
        mend "Send `Referrer-Policy: strict-origin-when-cross-origin` or a stricter one."
        see "OWASP ASVS 5.0 3.4.5; HTTP Observatory"
    }
    REFERRER_MISSING "referrer-missing" Headers Info 0 passive {
        "No valid Referrer-Policy"
        why "Current browsers send the origin alone to other sites by default; older ones send the whole address."
        mend "Send `Referrer-Policy: strict-origin-when-cross-origin` or a stricter one."
        see "OWASP ASVS 5.0 3.4.5"
    }
    PERMISSIONS "permissions-missing" Headers Info 0 passive {
        "No Permissions-Policy"
        why "Frames and injected scripts may ask for camera, microphone and location in the name of the site."
        mend "Send `Permissions-Policy: camera=(), microphone=(), geolocation=()` without what the site uses."
        see "W3C Permissions Policy 5"
    }
    OPENER "opener-policy-missing" Headers Info 0 passive {
        "No Cross-Origin-Opener-Policy"
        why "A page that opens this one in a window keeps a handle on it, and can find things out about it or replace it."
        mend "Send `Cross-Origin-Opener-Policy: same-origin`, or `same-origin-allow-popups` if logins open windows."
        see "OWASP ASVS 5.0 3.4.8"
    }

    CSP_MISSING "csp-missing" Csp Medium 25 passive {
        "No Content-Security-Policy"
        why "If somebody gets a script into the page, nothing keeps the browser from running it."
        mend "Begin with `Content-Security-Policy: default-src 'self'; object-src 'none'; base-uri 'none'` in report-only mode, then enforce it."
        see "OWASP ASVS 5.0 3.4.3; HTTP Observatory"
    }
    CSP_REPORT_ONLY "csp-report-only" Csp Medium 20 passive {
        "The Content-Security-Policy only reports"
        why "A policy in report-only mode stops nothing."
        mend "Once its reports are quiet, send the same policy as `Content-Security-Policy`."
        see "OWASP ASVS 5.0 3.4.3; W3C CSP 3"
    }
    CSP_INLINE "csp-unsafe-inline" Csp Medium 20 passive {
        "The policy lets inline scripts run"
        why "Most injected scripts are inline: the policy does not stop what it is there for."
        mend "Move inline scripts and handlers to files, or give each script a nonce or hash; then drop 'unsafe-inline'."
        see "OWASP ASVS 5.0 3.4.3; HTTP Observatory"
    }
    CSP_ANY_SOURCE "csp-any-source" Csp Medium 20 passive {
        "The policy lets scripts come from anywhere"
        why "With a wildcard, a bare scheme or no rule for scripts, an injected script tag loads what the attacker wants."
        mend "Name the hosts that scripts come from in `script-src`, or use nonces with 'strict-dynamic'."
        see "OWASP ASVS 5.0 3.4.3; HTTP Observatory"
    }
    CSP_EVAL "csp-unsafe-eval" Csp Low 10 passive {
        "The policy lets text be run as a script"
        why "With 'unsafe-eval' text that an attacker controls may become code."
        mend "Replace eval, new Function and string timers, and drop 'unsafe-eval'."
        see "HTTP Observatory; W3C CSP 3"
    }
    CSP_INSECURE "csp-insecure-source" Csp Low 10 passive {
        "The policy takes content over http://"
        why "What is loaded without encryption can be replaced on the way."
        mend "Use https:// sources, or none with a scheme."
        see "HTTP Observatory"
    }
    CSP_OBJECT "csp-object" Csp Low 5 passive {
        "The policy does not forbid plugins"
        why "`object` and `embed` from strange places can run code past the rules for scripts in older browsers."
        mend "Add `object-src 'none'`."
        see "OWASP ASVS 5.0 3.4.3"
    }
    CSP_BASE "csp-base" Csp Low 5 passive {
        "The policy leaves the page's base open"
        why "An injected `base` tag turns all relative addresses, those of scripts too, to the attacker's host."
        mend "Add `base-uri 'none'` (or `'self'`)."
        see "OWASP ASVS 5.0 3.4.3"
    }

    COOKIE_SESSION_INSECURE "cookie-session-insecure" Cookies High 40 passive {
        "A session's cookie may travel unencrypted"
        why "Without Secure, and without HSTS, one unencrypted request gives the session to everybody on the way."
        mend "Set it with `Secure`."
        see "OWASP ASVS 5.0 3.3.1; HTTP Observatory"
    }
    COOKIE_INSECURE "cookie-insecure" Cookies Medium 20 passive {
        "A cookie may travel unencrypted"
        why "Without Secure, and without HSTS, others on the way can read and replace it."
        mend "Set it with `Secure`."
        see "OWASP ASVS 5.0 3.3.1; HTTP Observatory"
    }
    COOKIE_INSECURE_HSTS "cookie-insecure-hsts" Cookies Low 5 passive {
        "A cookie has no Secure, though HSTS covers for it"
        why "HSTS keeps it off unencrypted connections only in browsers that have seen the policy."
        mend "Set it with `Secure`."
        see "OWASP ASVS 5.0 3.3.1; HTTP Observatory"
    }
    COOKIE_SCRIPTS "cookie-readable" Cookies Medium 30 passive {
        "Scripts can read a session's cookie"
        why "One injected script is enough to carry the session away."
        mend "Set it with `HttpOnly`."
        see "OWASP ASVS 5.0 3.3.4; HTTP Observatory"
    }
    COOKIE_SAMESITE "cookie-samesite-missing" Cookies Low 5 passive {
        "A session's cookie says nothing about other sites"
        why "In browsers without a default of Lax it goes along with requests that other sites make (CSRF)."
        mend "Set it with `SameSite=Lax`, or `Strict` where no links lead in from outside."
        see "OWASP ASVS 5.0 3.3.2"
    }
    COOKIE_SAMESITE_INVALID "cookie-samesite-invalid" Cookies Low 10 passive {
        "A cookie's SameSite does not work"
        why "Browsers refuse SameSite=None without Secure, and take values they do not know as if there were none."
        mend "Use `SameSite=Strict`, `Lax`, or `None` together with `Secure`."
        see "OWASP ASVS 5.0 3.3.2; HTTP Observatory"
    }
    COOKIE_PREFIX "cookie-prefix" Cookies Low 5 passive {
        "A cookie does not keep what its name promises"
        why "Browsers refuse `__Secure-` cookies without Secure, and `__Host-` cookies without Secure and Path=/ or with a Domain."
        mend "Give it the attributes, or another name."
        see "OWASP ASVS 5.0 3.3.3; RFC 6265bis 4.1.3"
    }

    MIXED_ACTIVE "mixed-content" Page Medium 20 passive {
        "Scripts, styles or frames are loaded over http://"
        why "Who can replace them on the way rules the page; browsers that know block them, so the page is broken there."
        mend "Load them over https://; `upgrade-insecure-requests` in the policy does so for all."
        see "OWASP ASVS 5.0 12.2.1; W3C Mixed Content"
    }
    MIXED_PASSIVE "mixed-content-media" Page Low 5 passive {
        "Pictures or media are loaded over http://"
        why "Others on the way can see what is looked at, and replace it."
        mend "Load them over https://; `upgrade-insecure-requests` in the policy does so for all."
        see "OWASP ASVS 5.0 12.2.1; W3C Mixed Content"
    }
    FORM_INSECURE "form-insecure" Page Medium 20 passive {
        "A form sends what is typed over http://"
        why "Everybody on the way can read and change it."
        mend "Let the form's action be https://."
        see "OWASP ASVS 5.0 12.2.1"
    }
    SRI_MISSING "sri-missing" Page Low 5 passive {
        "Scripts or styles of other domains have no integrity"
        why "Who breaks into the other server, or buys its name, runs scripts in this page."
        mend "Serve them from the site itself, or add `integrity` (a hash of the file) and `crossorigin`."
        see "OWASP ASVS 5.0 3.6.1; HTTP Observatory"
    }

    CORS_ANY "cors-any-origin" Cors High 50 passive {
        "Any site may read answers in its visitors' name"
        why "The answer allows whatever origin asks, and with cookies: a strange page can read what a logged-in visitor sees."
        mend "Compare the origin with a list of allowed ones, and answer only those."
        see "OWASP ASVS 5.0 3.4.2; HTTP Observatory"
    }
    CORS_REFLECTED "cors-reflected" Cors Low 5 passive {
        "The answer repeats any origin that asks"
        why "Without cookies that is no more than `*`, but one more header makes it a hole, and caches may give it to others."
        mend "Say `*` where the content is public, else compare with a list of allowed origins."
        see "OWASP ASVS 5.0 3.4.2"
    }
    CORS_NULL "cors-null" Cors Medium 20 active {
        "The origin `null` is allowed, with cookies"
        why "Any page can have the origin `null`, by a sandboxed frame, and so read what a logged-in visitor sees."
        mend "Take `null` off the list of allowed origins."
        see "OWASP ASVS 5.0 3.4.2"
    }
    CORS_SIMILAR "cors-similar-origin" Cors High 40 active {
        "Origins that only look like the site's own are allowed, with cookies"
        why "Anybody can register such a name and read what a logged-in visitor sees."
        mend "Compare whole origins, not their beginnings or ends."
        see "OWASP ASVS 5.0 3.4.2"
    }

    BANNER "version-banner" Leaks Low 5 passive {
        "The server tells the versions of its software"
        why "Who looks for sites with a known hole finds this one by a search."
        mend "Switch the versions off (`server_tokens off`, `ServerTokens Prod`, `expose_php = Off`), and keep the software current."
        see "OWASP ASVS 5.0 13.4.6"
    }
    DEBUG_PAGE "debug-page" Leaks Medium 20 passive {
        "An error page shows the insides of the program"
        why "Traces give away paths, versions, settings, and at times secrets."
        mend "Switch debug mode off in production, and show a plain error page."
        see "OWASP ASVS 5.0 13.4.2"
    }
    SOURCE_MAP_NAMED "source-map-named" Leaks Info 0 passive {
        "Scripts name their source maps"
        why "If the maps are there, everybody can read the original source with its comments."
        mend "Build without source maps for production, or let only your own people fetch them."
        see "OWASP ASVS 5.0 13.4.7"
    }
    EXPOSED_SOURCE_MAP "exposed-source-map" Leaks Low 5 active {
        "Source maps are open to everybody"
        why "Everybody can read the original source with its comments, and look for holes in it."
        mend "Build without source maps for production, or let only your own people fetch them."
        see "OWASP ASVS 5.0 13.4.7"
    }
    EXPOSED_GIT "exposed-git" Leaks High 60 active {
        "The source's history is open to everybody"
        why "The whole repository can be fetched, with every password that was ever committed."
        mend "Take .git (or .svn) out of what is served, and replace all secrets that were ever in it."
        see "OWASP ASVS 5.0 13.4.1"
    }
    EXPOSED_ENV "exposed-env" Leaks High 80 active {
        "A file with secrets is open to everybody"
        why "Such files hold passwords, their hashes, or keys: whoever finds it can use them."
        mend "Take the file out of what is served, and replace every secret in it now."
        see "OWASP ASVS 5.0 13.3.1; 13.4.7"
    }
    EXPOSED_BACKUP "exposed-backup" Leaks High 50 active {
        "A backup is open to everybody"
        why "Backups hold source, data or secrets."
        mend "Move it out of what is served, and treat what is in it as known to others."
        see "OWASP ASVS 5.0 13.4.7"
    }
    EXPOSED_STATUS "exposed-server-status" Leaks Medium 20 active {
        "The server's status is open to everybody"
        why "It shows what others ask for, with their addresses, and how the server is built."
        mend "Let only your own machines fetch it."
        see "OWASP ASVS 5.0 13.4.5"
    }
    EXPOSED_LISTING "exposed-directory-listing" Leaks Low 10 active {
        "A folder's contents are listed"
        why "Lists show files that nobody was meant to find."
        mend "Switch listings off (`autoindex off`, `Options -Indexes`)."
        see "OWASP ASVS 5.0 13.4.3"
    }
    EXPOSED_FILE "exposed-file" Leaks Medium 20 active {
        "A file that should not be there is open to everybody"
        why "It was not made for visitors, and tells attackers about the site."
        mend "Take it out of what is served, and replace secrets that are in it."
        see "OWASP ASVS 5.0 13.4.7"
    }
    TRACE "method-trace" Leaks Low 5 active {
        "The method TRACE is answered"
        why "It repeats a request with its headers, also those that proxies add and scripts may not see."
        mend "Switch it off (`TraceEnable off`)."
        see "OWASP ASVS 5.0 13.4.4"
    }

    LIBRARY "library-*" Libraries Medium 10 passive {
        "A JavaScript library has known holes"
        why "What is wrong with it is public, and tools look for it."
        mend "Update it; if it is not maintained any more, replace it."
        see "OWASP ASVS 5.0 15.2.1"
    }

    CAA_MISSING "caa-missing" Dns Low 5 passive {
        "No CAA record"
        why "Every authority in the world may issue certificates for the domain; a CAA record allows those that you use."
        mend "Add a record such as `CAA 0 issue \"letsencrypt.org\"`."
        see "RFC 8659"
    }
    SPF_MISSING "spf-missing" Dns Low 10 passive {
        "No SPF record"
        why "Others can send mail in the domain's name, and receivers have no list to hold it against."
        mend "Add a TXT record that lists who sends its mail, or `v=spf1 -all` if nobody does."
        see "RFC 7208"
    }
    SPF_INVALID "spf-invalid" Dns Low 10 passive {
        "The SPF record does not work"
        why "Receivers treat a faulty or doubled record as if there were none."
        mend "Keep one record, with at most ten terms that need look-ups."
        see "RFC 7208 4.5, 4.6.4"
    }
    SPF_OPEN "spf-open" Dns Medium 10 passive {
        "The SPF record allows everybody"
        why "`+all` declares mail from any server in the world to be genuine."
        mend "End it with `-all` or `~all`."
        see "RFC 7208 5.1"
    }
    SPF_NEUTRAL "spf-neutral" Dns Low 5 passive {
        "The SPF record does not say what to do with others"
        why "With `?all`, or no `all` at all, mail of strangers is treated as if there were no record."
        mend "End it with `-all` or `~all`."
        see "RFC 7208 5.1"
    }
    DMARC_MISSING "dmarc-missing" Dns Medium 10 passive {
        "No DMARC policy"
        why "Receivers are not told to refuse mail with a forged sender of this domain."
        mend "Add a TXT record at _dmarc, at first `v=DMARC1; p=none; rua=mailto:...`, then `p=quarantine` or `p=reject`."
        see "RFC 7489 6.3"
    }
    DMARC_INVALID "dmarc-invalid" Dns Medium 10 passive {
        "The DMARC policy is not valid"
        why "Receivers ignore a faulty or doubled record."
        mend "Keep one record that begins with `v=DMARC1; p=`."
        see "RFC 7489 6.3, 6.6.3"
    }
    DMARC_NONE "dmarc-none" Dns Low 5 passive {
        "The DMARC policy only watches"
        why "With `p=none` forged mail is reported, and delivered."
        mend "Once the reports are good, raise it to `p=quarantine` or `p=reject`."
        see "RFC 7489 6.3"
    }

    SECURITY_TXT_MISSING "security-txt-missing" SecurityTxt Info 0 passive {
        "No security.txt"
        why "Who finds a hole does not know whom to tell."
        mend "Put a file with `Contact:` and `Expires:` at /.well-known/security.txt."
        see "RFC 9116"
    }
    SECURITY_TXT_INVALID "security-txt-invalid" SecurityTxt Info 0 passive {
        "security.txt is not valid"
        why "A file without a contact or that is past its date is not to be trusted."
        mend "Give it a `Contact:` and one `Expires:` in the future."
        see "RFC 9116 2.5"
    }

    ZAP "zap-*" Zap Medium 10 active {
        "ZAP raised an alert"
        why "OWASP ZAP found it when it scanned the site."
        mend "Read what ZAP says of it."
        see "https://www.zaproxy.org/docs/alerts/"
    }
}
