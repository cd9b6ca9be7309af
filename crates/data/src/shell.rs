//! Words as a shell takes them: what messages say can be pasted.

/// A word, in quotes where it needs them.
pub fn quoted(word: &str) -> String {
    let plain = !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || "_./=:,+-".contains(c));
    if plain { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_are_quoted_where_a_shell_would_change_them() {
        for (word, expected) in [
            ("a/b.csv", "a/b.csv"),
            ("text=Größe", "text=Größe"),
            ("", "''"),
            ("a b", "'a b'"),
            ("it's;", "'it'\\''s;'"),
        ] {
            assert_eq!(quoted(word), expected);
        }
    }
}
