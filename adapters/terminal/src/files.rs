//! Saves the files of a reply.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Longest name kept, in characters.
const LONGEST_NAME: usize = 80;

/// Files of the same name that are told apart by a number before one is refused.
const MOST_SAME: u32 = 1_000;

/// Writes a file given in base64 into the folder and tells its path. Nothing is overwritten: a name taken gets a number.
///
/// # Errors
/// When the data is not base64, or the folder cannot be written to.
pub(crate) fn save(folder: &Path, name: &str, data: &str) -> io::Result<PathBuf> {
    let bytes = STANDARD.decode(data).map_err(io::Error::other)?;
    let name = safe(name);
    let (stem, extension) =
        name.rsplit_once('.').map_or((name.as_str(), String::new()), |(stem, end)| (stem, format!(".{end}")));
    for number in 0..MOST_SAME {
        let number = if number == 0 { String::new() } else { format!("-{number}") };
        let path = folder.join(format!("{stem}{number}{extension}"));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(mut file) => return file.write_all(&bytes).map(|()| path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("there are too many files of that name; move some away"))
}

/// A name without folders, hidden files or characters that a shell would mind.
fn safe(name: &str) -> String {
    let kept = |letter: char| if letter.is_ascii_alphanumeric() || "._-".contains(letter) { letter } else { '-' };
    let name: String = name.chars().map(kept).collect();
    let name = name.trim_start_matches(['.', '-']);
    // The end is kept, for that is where the extension stands; all characters are ASCII by now.
    let name = &name[name.len().saturating_sub(LONGEST_NAME)..];
    if name.is_empty() { "file".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_taken_gets_a_number_and_nothing_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let saved = ["YQ==", "Yg==", "Yw=="].map(|data| save(folder.path(), "shop.png", data).unwrap());
        let names = saved.each_ref().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned());
        assert_eq!(names, ["shop.png", "shop-1.png", "shop-2.png"]);
        assert_eq!(saved.map(|path| std::fs::read_to_string(path).unwrap()), ["a", "b", "c"]);
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        for (given, wanted) in [
            ("../../etc/passwd", "etc-passwd"),
            ("/etc/passwd", "etc-passwd"),
            (".bashrc", "bashrc"),
            ("a b;rm -rf.png", "a-b-rm--rf.png"),
            ("-rf", "rf"),
            ("...", "file"),
            ("", "file"),
            ("Bericht für März.pdf", "Bericht-f-r-M-rz.pdf"),
        ] {
            assert_eq!(safe(given), wanted);
        }
        assert_eq!(safe(&format!("{}.png", "x".repeat(500))).len(), LONGEST_NAME);
    }

    #[test]
    fn data_that_is_not_base64_is_refused_before_a_file_exists() {
        let folder = tempfile::tempdir().unwrap();
        assert!(save(folder.path(), "x.png", "***").is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
