//! What a person may have meant.

/// The word that is written almost like that one.
pub(crate) fn nearest<'a>(word: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (word.chars().count() / 3).clamp(1, 3);
    let distances = words.into_iter().map(|known| (strsim::damerau_levenshtein(word, known), known));
    let nearest = distances
        .filter(|(distance, known)| *distance <= allowed && known.len() > *distance)
        .min_by_key(|(distance, _)| *distance);
    nearest.map(|(_, known)| known)
}
