//! Cipher suites that are not to be used any more, by what is wrong with them.
//! Numbers and names: <https://www.iana.org/assignments/tls-parameters/>; reasons: <https://www.rfc-editor.org/rfc/rfc9325>.

/// A suite's number and its name, as IANA has them.
pub(super) type Suite = (u16, &'static str);

/// Suites with the same thing wrong. A server is asked once for each of the lists, so it tells one suite of each.
pub(super) const WEAK: &[&[Suite]] = &[
    // Nothing is encrypted.
    &[
        (0x0001, "TLS_RSA_WITH_NULL_MD5"),
        (0x0002, "TLS_RSA_WITH_NULL_SHA"),
        (0x003b, "TLS_RSA_WITH_NULL_SHA256"),
        (0xc001, "TLS_ECDH_ECDSA_WITH_NULL_SHA"),
        (0xc006, "TLS_ECDHE_ECDSA_WITH_NULL_SHA"),
        (0xc00b, "TLS_ECDH_RSA_WITH_NULL_SHA"),
        (0xc010, "TLS_ECDHE_RSA_WITH_NULL_SHA"),
        (0xc015, "TLS_ECDH_anon_WITH_NULL_SHA"),
    ],
    // Nobody shows who they are.
    &[
        (0x0018, "TLS_DH_anon_WITH_RC4_128_MD5"),
        (0x001a, "TLS_DH_anon_WITH_DES_CBC_SHA"),
        (0x001b, "TLS_DH_anon_WITH_3DES_EDE_CBC_SHA"),
        (0x0034, "TLS_DH_anon_WITH_AES_128_CBC_SHA"),
        (0x003a, "TLS_DH_anon_WITH_AES_256_CBC_SHA"),
        (0x006c, "TLS_DH_anon_WITH_AES_128_CBC_SHA256"),
        (0x006d, "TLS_DH_anon_WITH_AES_256_CBC_SHA256"),
        (0x00a6, "TLS_DH_anon_WITH_AES_128_GCM_SHA256"),
        (0x00a7, "TLS_DH_anon_WITH_AES_256_GCM_SHA384"),
        (0xc016, "TLS_ECDH_anon_WITH_RC4_128_SHA"),
        (0xc017, "TLS_ECDH_anon_WITH_3DES_EDE_CBC_SHA"),
        (0xc018, "TLS_ECDH_anon_WITH_AES_128_CBC_SHA"),
        (0xc019, "TLS_ECDH_anon_WITH_AES_256_CBC_SHA"),
    ],
    // Keys of 40 bits.
    &[
        (0x0003, "TLS_RSA_EXPORT_WITH_RC4_40_MD5"),
        (0x0006, "TLS_RSA_EXPORT_WITH_RC2_CBC_40_MD5"),
        (0x0008, "TLS_RSA_EXPORT_WITH_DES40_CBC_SHA"),
        (0x000b, "TLS_DH_DSS_EXPORT_WITH_DES40_CBC_SHA"),
        (0x000e, "TLS_DH_RSA_EXPORT_WITH_DES40_CBC_SHA"),
        (0x0011, "TLS_DHE_DSS_EXPORT_WITH_DES40_CBC_SHA"),
        (0x0014, "TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA"),
        (0x0017, "TLS_DH_anon_EXPORT_WITH_RC4_40_MD5"),
        (0x0019, "TLS_DH_anon_EXPORT_WITH_DES40_CBC_SHA"),
    ],
    // A stream cipher that is broken: RFC 7465.
    &[
        (0x0004, "TLS_RSA_WITH_RC4_128_MD5"),
        (0x0005, "TLS_RSA_WITH_RC4_128_SHA"),
        (0xc002, "TLS_ECDH_ECDSA_WITH_RC4_128_SHA"),
        (0xc007, "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA"),
        (0xc00c, "TLS_ECDH_RSA_WITH_RC4_128_SHA"),
        (0xc011, "TLS_ECDHE_RSA_WITH_RC4_128_SHA"),
    ],
    // Keys of 56 bits.
    &[
        (0x0009, "TLS_RSA_WITH_DES_CBC_SHA"),
        (0x000c, "TLS_DH_DSS_WITH_DES_CBC_SHA"),
        (0x000f, "TLS_DH_RSA_WITH_DES_CBC_SHA"),
        (0x0012, "TLS_DHE_DSS_WITH_DES_CBC_SHA"),
        (0x0015, "TLS_DHE_RSA_WITH_DES_CBC_SHA"),
    ],
    // Blocks of 64 bits, which repeat too soon (Sweet32).
    &[
        (0x0007, "TLS_RSA_WITH_IDEA_CBC_SHA"),
        (0x000a, "TLS_RSA_WITH_3DES_EDE_CBC_SHA"),
        (0x000d, "TLS_DH_DSS_WITH_3DES_EDE_CBC_SHA"),
        (0x0010, "TLS_DH_RSA_WITH_3DES_EDE_CBC_SHA"),
        (0x0013, "TLS_DHE_DSS_WITH_3DES_EDE_CBC_SHA"),
        (0x0016, "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA"),
        (0xc003, "TLS_ECDH_ECDSA_WITH_3DES_EDE_CBC_SHA"),
        (0xc008, "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA"),
        (0xc00d, "TLS_ECDH_RSA_WITH_3DES_EDE_CBC_SHA"),
        (0xc012, "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA"),
    ],
    // No forward secrecy: who gets the key later reads what was recorded.
    &[
        (0x002f, "TLS_RSA_WITH_AES_128_CBC_SHA"),
        (0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA"),
        (0x003c, "TLS_RSA_WITH_AES_128_CBC_SHA256"),
        (0x003d, "TLS_RSA_WITH_AES_256_CBC_SHA256"),
        (0x0041, "TLS_RSA_WITH_CAMELLIA_128_CBC_SHA"),
        (0x0084, "TLS_RSA_WITH_CAMELLIA_256_CBC_SHA"),
        (0x0096, "TLS_RSA_WITH_SEED_CBC_SHA"),
        (0x009c, "TLS_RSA_WITH_AES_128_GCM_SHA256"),
        (0x009d, "TLS_RSA_WITH_AES_256_GCM_SHA384"),
        (0xc09c, "TLS_RSA_WITH_AES_128_CCM"),
        (0xc09d, "TLS_RSA_WITH_AES_256_CCM"),
    ],
];

/// Suites with nothing wrong beside their age, for TLS 1.2 and older.
const SOUND: &[u16] = &[
    0xc02b, 0xc02c, 0xc02f, 0xc030, 0xcca8, 0xcca9, 0xccaa, 0x009e, 0x009f, 0xc023, 0xc024, 0xc027, 0xc028, 0xc009,
    0xc00a, 0xc013, 0xc014, 0x0033, 0x0039, 0x0032, 0x0038, 0x0067, 0x006b,
];

/// The suites of TLS 1.3.
pub(super) const TLS13: &[u16] = &[0x1301, 0x1302, 0x1303];

/// All suites of TLS 1.2 and older that a server may speak, the sound ones first.
pub(super) fn all() -> Vec<u16> {
    SOUND.iter().copied().chain(WEAK.iter().copied().flatten().map(|(number, _)| *number)).collect()
}

/// The name of a weak suite.
pub(super) fn name(number: u16) -> Option<&'static str> {
    WEAK.iter().copied().flatten().find(|(known, _)| *known == number).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_suite_stands_in_two_lists() {
        let all = all();
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
        let names: HashSet<_> = WEAK.iter().copied().flatten().map(|(_, name)| name).collect();
        assert_eq!(names.len(), all.len() - SOUND.len());
    }
}
