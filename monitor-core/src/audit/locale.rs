//! The languages that Lighthouse writes in.

use crate::http::{SpecError, shorten};

/// The locales of Lighthouse 13.5 (`shared/localization/locales` of its package). `en-XA`, `en-XL` and `ar-XB` are made up to
/// test translations.
pub const LOCALES: [&str; 48] = [
    "ar", "ar-XB", "bg", "ca", "cs", "da", "de", "el", "en-GB", "en-US", "en-XA", "en-XL", "es", "es-419", "fi", "fil",
    "fr", "he", "hi", "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "nl", "no", "pl", "pt", "pt-PT", "ro", "ru",
    "sk", "sl", "sr", "sr-Latn", "sv", "ta", "te", "th", "tr", "uk", "vi", "zh", "zh-HK", "zh-TW",
];

/// The locale of audits that name none.
pub const DEFAULT_LOCALE: &str = "en-US";

/// Reads a locale in any case, with a hyphen or an underscore. A region that Lighthouse does not have stands for its
/// language: `de-AT` is `de`, `en` is `en-US`.
///
/// # Errors
/// [`SpecError::Option`] for a language that Lighthouse does not write.
pub fn parse(text: &str) -> Result<&'static str, SpecError> {
    let wanted = text.trim().replace('_', "-");
    let known = |wanted: &str| LOCALES.into_iter().find(|locale| locale.eq_ignore_ascii_case(wanted));
    let language = wanted.split('-').next().unwrap_or_default();
    let english = language.eq_ignore_ascii_case("en").then_some(DEFAULT_LOCALE);
    known(&wanted).or(english).or_else(|| known(language)).ok_or_else(|| {
        let text = shorten(text.trim(), 40);
        SpecError::Option(format!("Lighthouse does not write `{text}`; use one of {}", LOCALES.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_is_read_as_people_write_it() {
        for (text, locale) in
            [("de", "de"), ("de-AT", "de"), ("de_DE", "de"), ("EN", "en-US"), ("en-gb", "en-GB"), ("pt-BR", "pt")]
        {
            assert_eq!(parse(text), Ok(locale));
        }
    }

    #[test]
    fn a_language_that_lighthouse_does_not_write_is_refused() {
        for text in ["", "klingon", "d e", "../de", "-de"] {
            assert!(parse(text).is_err(), "{text:?}");
        }
        assert!(parse("xx").unwrap_err().to_string().contains("zh-TW"));
    }
}
