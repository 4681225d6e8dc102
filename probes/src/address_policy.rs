//! Which addresses may be watched.
//!
//! A person who may add a monitor chooses where Watchword connects to, so without a policy every monitor could look
//! into the network that Watchword runs in. The ranges come from the IANA registries of special-purpose addresses:
//! <https://www.iana.org/assignments/iana-ipv4-special-registry/> and
//! <https://www.iana.org/assignments/iana-ipv6-special-registry/>.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why an address is refused, or `None` when it may be reached: the kind of address it is, such as "loopback".
///
/// With `allow_private` only those stay refused that are never a target: unspecified, multicast and broadcast
/// addresses, and the metadata services of clouds, which hand out credentials to whoever asks.
#[must_use]
pub fn refused(ip: IpAddr, allow_private: bool) -> Option<&'static str> {
    let ip = match ip {
        IpAddr::V4(ip) => return refused_v4(ip, allow_private),
        IpAddr::V6(ip) => ip,
    };
    let never = NEVER_V6.iter().find(|range| range.contains(ip));
    let private = PRIVATE_V6.iter().find(|range| !allow_private && range.contains(ip));
    match never.or(private) {
        Some(range) => Some(range.kind),
        None => embedded_v4(ip).into_iter().flatten().find_map(|ip| refused_v4(ip, allow_private)),
    }
}

fn refused_v4(ip: Ipv4Addr, allow_private: bool) -> Option<&'static str> {
    let never = NEVER_V4.iter().find(|range| range.contains(ip));
    let private = PRIVATE_V4.iter().find(|range| !allow_private && range.contains(ip));
    never.or(private).map(|range| range.kind)
}

/// The IPv4 addresses that an IPv6 address leads to when a gateway or the kernel translates it.
fn embedded_v4(ip: Ipv6Addr) -> [Option<Ipv4Addr>; 2] {
    let bits = ip.to_bits();
    #[expect(clippy::cast_possible_truncation, reason = "the lower 32 bits are what is wanted")]
    let at = |shift: u32| Some(Ipv4Addr::from_bits((bits >> shift) as u32));
    let within = |network: Ipv6Addr, prefix| V6 { network, prefix, kind: "" }.contains(ip);
    if ip.is_loopback() {
        [None, None]
    } else if within(v6(0, 0), 96)
        || within(Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96)
        || within(v6(0x64, 0xff9b), 96)
    {
        // Compatible and mapped (RFC 4291, section 2.5.5) and NAT64 (RFC 6052, section 2.1).
        [at(0), None]
    } else if within(v6(0x2002, 0), 16) {
        // 6to4: RFC 3056, section 2.
        [at(80), None]
    } else if within(v6(0x2001, 0), 32) {
        // Teredo holds its server, and its client with all bits turned: RFC 4380, section 4.
        [at(64), at(0).map(|client| Ipv4Addr::from_bits(!client.to_bits()))]
    } else {
        [None, None]
    }
}

struct V4 {
    network: Ipv4Addr,
    prefix: u32,
    kind: &'static str,
}

impl V4 {
    fn contains(&self, ip: Ipv4Addr) -> bool {
        (self.network.to_bits() ^ ip.to_bits()).leading_zeros() >= self.prefix
    }
}

struct V6 {
    network: Ipv6Addr,
    prefix: u32,
    kind: &'static str,
}

impl V6 {
    fn contains(&self, ip: Ipv6Addr) -> bool {
        (self.network.to_bits() ^ ip.to_bits()).leading_zeros() >= self.prefix
    }
}

const fn v4([a, b, c, d]: [u8; 4], prefix: u32, kind: &'static str) -> V4 {
    V4 { network: Ipv4Addr::new(a, b, c, d), prefix, kind }
}

const fn v6(first: u16, second: u16) -> Ipv6Addr {
    Ipv6Addr::new(first, second, 0, 0, 0, 0, 0, 0)
}

const fn net6(network: Ipv6Addr, prefix: u32, kind: &'static str) -> V6 {
    V6 { network, prefix, kind }
}

const METADATA: &str = "cloud metadata";

const NEVER_V4: &[V4] = &[
    v4([169, 254, 169, 254], 32, METADATA), // AWS, Azure, Google Cloud, Oracle, DigitalOcean, OpenStack and others
    v4([169, 254, 170, 2], 32, METADATA),   // AWS ECS task credentials
    v4([169, 254, 170, 23], 32, METADATA),  // AWS EKS pod identity
    v4([100, 100, 100, 200], 32, METADATA), // Alibaba Cloud
    v4([168, 63, 129, 16], 32, METADATA),   // Azure WireServer
    v4([192, 0, 0, 192], 32, METADATA),     // Oracle Cloud, its old address
    v4([0, 0, 0, 0], 8, "unspecified"),
    v4([224, 0, 0, 0], 4, "multicast"),
    v4([255, 255, 255, 255], 32, "broadcast"),
];

const PRIVATE_V4: &[V4] = &[
    v4([127, 0, 0, 0], 8, "loopback"),
    v4([10, 0, 0, 0], 8, "private"),
    v4([172, 16, 0, 0], 12, "private"),
    v4([192, 168, 0, 0], 16, "private"),
    v4([100, 64, 0, 0], 10, "carrier-grade NAT"),
    v4([169, 254, 0, 0], 16, "link-local"),
    v4([192, 0, 0, 0], 24, "protocol assignment"),
    v4([192, 0, 2, 0], 24, "documentation"),
    v4([198, 51, 100, 0], 24, "documentation"),
    v4([203, 0, 113, 0], 24, "documentation"),
    v4([192, 88, 99, 0], 24, "6to4 relay"),
    v4([198, 18, 0, 0], 15, "benchmarking"),
    v4([240, 0, 0, 0], 4, "reserved"),
];

const NEVER_V6: &[V6] = &[
    net6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254), 128, METADATA), // AWS
    net6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23), 128, METADATA),  // AWS EKS pod identity
    net6(Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254), 128, METADATA),  // Google Cloud
    net6(Ipv6Addr::UNSPECIFIED, 128, "unspecified"),
    net6(v6(0xff00, 0), 8, "multicast"),
];

const PRIVATE_V6: &[V6] = &[
    net6(Ipv6Addr::LOCALHOST, 128, "loopback"),
    net6(v6(0xfc00, 0), 7, "private"),
    net6(v6(0xfe80, 0), 10, "link-local"),
    net6(v6(0xfec0, 0), 10, "site-local"),
    net6(Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48, "private"),
    net6(v6(0x100, 0), 64, "discard-only"),
    net6(Ipv6Addr::new(0x2001, 2, 0, 0, 0, 0, 0, 0), 48, "benchmarking"),
    net6(v6(0x2001, 0x10), 28, "reserved"),
    net6(v6(0x2001, 0xdb8), 32, "documentation"),
    net6(v6(0x3fff, 0), 20, "documentation"),
    net6(v6(0x5f00, 0), 16, "segment routing"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(ip: &str, allow_private: bool) -> &'static str {
        refused(ip.parse().unwrap(), allow_private).unwrap_or("")
    }

    #[test]
    fn public_addresses_are_allowed() {
        for ip in [
            "1.1.1.1",
            "8.8.8.8",
            "93.184.215.14",
            "9.255.255.255",
            "11.0.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.255.255",
            "192.169.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "192.0.1.0",
            "192.0.3.0",
            "223.255.255.255",
            "2606:4700::1111",
            "2001:4860:4860::8888",
            "2a00::1",
            "64:ff9b::8.8.8.8",
            "2002:808:808::1",
            "::ffff:8.8.8.8",
            "::8.8.8.8",
            "2001:0:808:808::f7f7:f7f7",
            "2001:20::1",
            "fbff::1",
            "4000::1",
        ] {
            assert_eq!(kind(ip, false), "", "{ip}");
            assert_eq!(kind(ip, true), "", "{ip}");
        }
    }

    #[test]
    fn private_addresses_are_refused_until_they_are_allowed() {
        for (ip, expected) in [
            ("127.0.0.1", "loopback"),
            ("127.255.255.255", "loopback"),
            ("10.0.0.0", "private"),
            ("10.255.255.255", "private"),
            ("172.16.0.0", "private"),
            ("172.31.255.255", "private"),
            ("192.168.0.1", "private"),
            ("192.168.255.255", "private"),
            ("100.64.0.0", "carrier-grade NAT"),
            ("100.127.255.255", "carrier-grade NAT"),
            ("169.254.0.1", "link-local"),
            ("169.254.255.255", "link-local"),
            ("192.0.0.8", "protocol assignment"),
            ("192.0.2.1", "documentation"),
            ("198.51.100.1", "documentation"),
            ("203.0.113.255", "documentation"),
            ("192.88.99.1", "6to4 relay"),
            ("198.18.0.0", "benchmarking"),
            ("198.19.255.255", "benchmarking"),
            ("240.0.0.1", "reserved"),
            ("255.255.255.254", "reserved"),
            ("::1", "loopback"),
            ("fc00::1", "private"),
            ("fdff:ffff::1", "private"),
            ("fe80::1", "link-local"),
            ("febf::1", "link-local"),
            ("fec0::1", "site-local"),
            ("feff::1", "site-local"),
            ("64:ff9b:1::1", "private"),
            ("100::1", "discard-only"),
            ("2001:2::1", "benchmarking"),
            ("2001:10::1", "reserved"),
            ("2001:db8::1", "documentation"),
            ("3fff:fff::1", "documentation"),
            ("5f00::1", "segment routing"),
            // The same in IPv6's clothes.
            ("::ffff:127.0.0.1", "loopback"),
            ("::ffff:10.1.2.3", "private"),
            ("::127.0.0.1", "loopback"),
            ("::10.0.0.1", "private"),
            ("64:ff9b::192.168.1.1", "private"),
            ("64:ff9b::127.0.0.1", "loopback"),
            ("2002:7f00:1::1", "loopback"),
            ("2002:c0a8:101::", "private"),
            ("2001:0:7f00:1::f7f7:f7f7", "loopback"),
            ("2001:0:808:808::80ff:fffe", "loopback"),
            ("2001:0:808:808::f5ff:fffe", "private"),
        ] {
            assert_eq!(kind(ip, false), expected, "{ip}");
            assert_eq!(kind(ip, true), "", "{ip}");
        }
    }

    #[test]
    fn what_is_never_a_target_stays_refused() {
        for (ip, expected) in [
            ("0.0.0.0", "unspecified"),
            ("0.1.2.3", "unspecified"),
            ("224.0.0.1", "multicast"),
            ("239.255.255.255", "multicast"),
            ("255.255.255.255", "broadcast"),
            ("169.254.169.254", "cloud metadata"),
            ("169.254.170.2", "cloud metadata"),
            ("169.254.170.23", "cloud metadata"),
            ("100.100.100.200", "cloud metadata"),
            ("168.63.129.16", "cloud metadata"),
            ("192.0.0.192", "cloud metadata"),
            ("::ffff:192.0.0.192", "cloud metadata"),
            ("::", "unspecified"),
            ("ff02::1", "multicast"),
            ("ffff::1", "multicast"),
            ("fd00:ec2::254", "cloud metadata"),
            ("fd00:ec2::23", "cloud metadata"),
            ("fd20:ce::254", "cloud metadata"),
            ("::ffff:169.254.169.254", "cloud metadata"),
            ("::ffff:0.0.0.0", "unspecified"),
            ("64:ff9b::169.254.169.254", "cloud metadata"),
            ("2002:a9fe:a9fe::", "cloud metadata"),
            ("2001:0:808:808::5601:5601", "cloud metadata"),
        ] {
            assert_eq!(kind(ip, false), expected, "{ip}");
            assert_eq!(kind(ip, true), expected, "{ip}");
        }
    }
}
