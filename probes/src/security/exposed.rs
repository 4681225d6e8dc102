//! Files that should not be there, and what shows that they are those and not a page which says that nothing was found.

/// How much of a file is read: enough for its sign, and never much of what it holds.
pub(super) const START_BYTES: usize = 4 * 1024;

/// An address to ask for.
pub(super) struct Bait {
    /// Its path.
    pub(super) path: &'static str,
    /// What is exposed if it is there.
    pub(super) kind: &'static str,
    /// What shows from the beginning of the answer that it is that, without any secret.
    pub(super) sign: fn(&[u8]) -> Option<String>,
}

/// What is asked for. Each has cost somebody their secrets; none is guessed at.
pub(super) const BAITS: &[Bait] = &[
    Bait { path: "/.git/HEAD", kind: "git", sign: git },
    Bait { path: "/.env", kind: "env", sign: env },
    Bait { path: "/.env.production", kind: "env", sign: env },
    Bait { path: "/backup.zip", kind: "backup", sign: archive },
    Bait { path: "/backup.tar.gz", kind: "backup", sign: archive },
    Bait { path: "/backup.sql", kind: "backup", sign: dump },
    Bait { path: "/dump.sql", kind: "backup", sign: dump },
    Bait { path: "/wp-config.php.bak", kind: "backup", sign: source },
    Bait { path: "/index.php.bak", kind: "backup", sign: source },
    Bait { path: "/.htpasswd", kind: "htpasswd", sign: passwords },
    Bait { path: "/.svn/wc.db", kind: "svn", sign: sqlite },
    Bait { path: "/.DS_Store", kind: "directory-listing", sign: ds_store },
    Bait { path: "/server-status", kind: "server-status", sign: status },
];

/// Source code: git's pointer to the branch, or to a commit.
fn git(start: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(start).ok()?.trim_end();
    let commit = matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match text.starts_with("ref: refs/") && !text.contains('\n') {
        true => Some("begins with “ref: refs/”".to_owned()),
        false => commit.then(|| "is the number of a commit".to_owned()),
    }
}

/// Settings: nearly all lines are assignments, but for comments and what goes on, in quotes, from the line before.
fn env(start: &[u8]) -> Option<String> {
    let (mut settings, mut others, mut quote) = (0, 0, None);
    for line in whole_lines(start)?.lines().map(str::trim) {
        match (quote, assigned(line)) {
            (Some(open), _) if closes(line, open) => quote = None,
            (Some(_), _) => {}
            (None, _) if line.is_empty() || line.starts_with('#') => {}
            (None, Some(value)) => (settings, quote) = (settings + 1, left_open(value)),
            (None, None) => others += 1,
        }
    }
    let plural = if settings == 1 { "" } else { "s" };
    (settings > 0 && settings >= others * 4).then(|| format!("{settings} line{plural} like NAME=value"))
}

/// What stands behind `NAME=`.
fn assigned(line: &str) -> Option<&str> {
    let (name, value) = line.strip_prefix("export ").unwrap_or(line).split_once('=')?;
    let name = name.trim_end();
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'));
    is_name.then_some(value.trim_start())
}

/// The quote that a value begins with and does not end with.
fn left_open(value: &str) -> Option<char> {
    let quote = ['"', '\'', '`'].into_iter().find(|quote| value.starts_with(*quote))?;
    (!closes(value.strip_prefix(quote)?, quote)).then_some(quote)
}

/// Whether the quote stands in the text, and not behind a backslash.
fn closes(text: &str, quote: char) -> bool {
    let mut before = text.split(quote);
    // Behind the last one there is none.
    before.next_back();
    before.any(|before| !before.ends_with('\\'))
}

fn archive(start: &[u8]) -> Option<String> {
    match start {
        [b'P', b'K', 3, 4, ..] => Some("begins as a ZIP archive does".to_owned()),
        [0x1f, 0x8b, 8, ..] => Some("begins as a gzip archive does".to_owned()),
        // What was sent as a packed archive is unpacked already.
        _ => (start.get(257..262) == Some(b"ustar".as_slice())).then(|| "begins as a tar archive does".to_owned()),
    }
}

fn dump(start: &[u8]) -> Option<String> {
    const SIGNS: &[&str] =
        &["-- MySQL dump", "-- MariaDB dump", "-- PostgreSQL database dump", "CREATE TABLE", "INSERT INTO"];
    let text = String::from_utf8_lossy(start);
    if text.trim_start().starts_with('<') {
        return None;
    }
    SIGNS.iter().find(|sign| text.contains(**sign)).map(|sign| format!("has “{}”", sign.trim_start_matches("-- ")))
}

fn source(start: &[u8]) -> Option<String> {
    start.trim_ascii_start().starts_with(b"<?php").then(|| "begins with “<?php”".to_owned())
}

/// Logins with hashes as Apache and nginx have them.
fn passwords(start: &[u8]) -> Option<String> {
    const HASHES: &[&str] = &["$apr1$", "$2a$", "$2b$", "$2y$", "$1$", "$5$", "$6$", "{SHA}", "{SSHA}"];
    let text = whole_lines(start)?;
    let is_login = |line: &&str| {
        let hash = line.split_once(':').filter(|(user, _)| !user.is_empty() && !user.contains(' '));
        hash.is_some_and(|(_, hash)| HASHES.iter().any(|kind| hash.starts_with(kind)))
    };
    let logins = text.lines().filter(is_login).count();
    let plural = if logins == 1 { "" } else { "s" };
    (logins > 0).then(|| format!("{logins} line{plural} like user:hash"))
}

fn sqlite(start: &[u8]) -> Option<String> {
    start.starts_with(b"SQLite format 3\0").then(|| "begins as a SQLite database does".to_owned())
}

fn ds_store(start: &[u8]) -> Option<String> {
    start.starts_with(b"\0\0\0\x01Bud1").then(|| "begins as macOS's list of a folder does".to_owned())
}

fn status(start: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(start);
    text.contains("Apache Server Status for").then(|| "has “Apache Server Status for”".to_owned())
}

/// A list of a folder's files, as servers write it.
pub(super) fn listing(start: &[u8]) -> Option<String> {
    const SIGNS: &[&str] = &["<title>Index of /", "<h1>Index of /", "<title>Directory listing for /"];
    let text = String::from_utf8_lossy(start);
    let sign = SIGNS.iter().find(|sign| text.contains(**sign))?;
    Some(format!("has “{}”", sign.split('>').nth(1).unwrap_or_default()))
}

/// A source map: JSON of version 3. Source: <https://tc39.es/ecma426/>.
pub(super) fn source_map(start: &[u8]) -> Option<String> {
    let text: String = String::from_utf8_lossy(start).chars().filter(|c| !c.is_whitespace()).collect();
    let json = text.trim_start_matches(")]}'");
    let map = json.starts_with('{')
        && ["\"version\":3", "\"mappings\":", "\"sources\":["].iter().any(|key| json.contains(key));
    map.then(|| "is JSON with the fields of a source map".to_owned())
}

/// Text without the line that may have been cut off at the end; `None`: it is no text, or it is a page.
fn whole_lines(start: &[u8]) -> Option<&str> {
    let end = match start.len() {
        START_BYTES => start.iter().rposition(|&byte| byte == b'\n')?,
        length => length,
    };
    std::str::from_utf8(start.get(..end)?).ok().filter(|text| !text.trim_start().starts_with(['<', '{']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signs(path: &str, start: &[u8]) -> Option<String> {
        let bait = BAITS.iter().find(|bait| bait.path == path).unwrap();
        (bait.sign)(start)
    }

    #[test]
    fn files_are_known_by_how_they_begin() {
        for (path, start, sign) in [
            ("/.git/HEAD", &b"ref: refs/heads/main\n"[..], "begins with “ref: refs/”"),
            ("/.git/HEAD", b"d6602ec5194c87b0fc87103ca4d67251c76f233a\n", "is the number of a commit"),
            ("/.env", b"# here\nAPP_KEY=s3cret\n\nexport DB_PASSWORD=\"x y\"\n", "2 lines like NAME=value"),
            ("/.env.production", b"A=1", "1 line like NAME=value"),
            ("/backup.zip", b"PK\x03\x04....", "begins as a ZIP archive does"),
            ("/backup.tar.gz", b"\x1f\x8b\x08....", "begins as a gzip archive does"),
            ("/backup.sql", b"-- MySQL dump 10.13\n", "has “MySQL dump”"),
            ("/dump.sql", b"BEGIN;\nCREATE TABLE a (b int);", "has “CREATE TABLE”"),
            ("/wp-config.php.bak", b"\n<?php\ndefine('DB_PASSWORD', 's3cret');", "begins with “<?php”"),
            ("/.htpasswd", b"ada:$apr1$abc$def\n", "1 line like user:hash"),
            ("/.svn/wc.db", b"SQLite format 3\0...", "begins as a SQLite database does"),
            ("/.DS_Store", b"\0\0\0\x01Bud1\0", "begins as macOS's list of a folder does"),
            ("/server-status", b"<h1>Apache Server Status for shop", "has “Apache Server Status for”"),
        ] {
            assert_eq!(signs(path, start).as_deref(), Some(sign), "{path}");
            assert!(!sign.contains("s3cret"));
        }
        assert_eq!(listing(b"<html><title>Index of /a/</title>").as_deref(), Some("has “Index of /”"));
        let map = b"{\n \"version\": 3,\n \"sources\": []}";
        assert_eq!(source_map(map).as_deref(), Some("is JSON with the fields of a source map"));
    }

    #[test]
    fn pages_and_texts_that_say_no_are_none_of_them() {
        let texts: &[&[u8]] = &[
            b"",
            b"<!doctype html><title>Not found</title><a href=\"?a=1&b=2\">",
            b"  <html>\n<p>A=1\nB=2\nC=3\nindex of / CREATE TABLE <?php SQLite format 3",
            b"{\"error\": \"not found\", \"A\": 1}",
            b"not found\n",
            b"There is no such page = sorry\n",
            b"ref: nothing of the kind",
            b"\xff\xfe\0\0",
        ];
        for text in texts {
            for bait in BAITS {
                assert_eq!((bait.sign)(text), None, "{} {:?}", bait.path, String::from_utf8_lossy(text));
            }
            assert_eq!(listing(text), None);
            assert_eq!(source_map(text), None);
        }
    }

    #[test]
    fn settings_over_several_lines_are_settings() {
        let key = "MIIEowIBAAKCAQEA0Z3VS5JJcds3xfn\n".repeat(25);
        for (quote, rest) in [('"', "B=2\n"), ('\'', "B=2\n"), ('"', "")] {
            let text = format!(
                "# keys\nA=\"a \\\" b\"\nKEY={quote}-----BEGIN RSA PRIVATE KEY-----\n{key}-----END-----{quote}\n{rest}"
            );
            let sign = format!("{} lines like NAME=value", if rest.is_empty() { 2 } else { 3 });
            assert_eq!(signs("/.env", text.as_bytes()), Some(sign), "{text}");
        }
        let mut cut = format!("KEY=\"{}", key.repeat(9)).into_bytes();
        cut.truncate(START_BYTES);
        assert_eq!(signs("/.env", &cut).as_deref(), Some("1 line like NAME=value"));
        assert_eq!(signs("/.env", b"A=\"x\"\nthere is\nno such\nfile\n"), None);
    }

    #[test]
    fn an_archive_that_was_unpacked_on_the_way_is_known() {
        let mut tar = vec![0; 512];
        tar[257..262].copy_from_slice(b"ustar");
        assert_eq!(signs("/backup.tar.gz", &tar).as_deref(), Some("begins as a tar archive does"));
    }

    #[test]
    fn a_line_that_was_cut_off_is_not_judged() {
        let mut start = b"A=1\nB=2\n".to_vec();
        start.resize(START_BYTES, b'x');
        assert_eq!(signs("/.env", &start).as_deref(), Some("2 lines like NAME=value"));
    }
}
