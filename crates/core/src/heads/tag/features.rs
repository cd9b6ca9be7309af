//! Features of a word as taggers without a network have them (Ratnaparkhi 1996; Okazaki's CRFsuite): the word, its beginnings and
//! ends, its shape, and those of its neighbours, each hashed to a row of a table (Weinberger et al. 2009).

/// The rows of each word's features, as many for every word.
pub(super) fn rows(words: &[String], buckets: usize) -> Vec<Vec<u32>> {
    if buckets == 0 {
        return vec![Vec::new(); words.len()];
    }
    // What stands before the first word and behind the last.
    let edge = Seen::default();
    let seen: Vec<Seen> = words.iter().map(|word| Seen::of(word)).collect();
    let loud = words.iter().all(|word| word.chars().all(|letter| !letter.is_lowercase()));
    let mut all = Vec::with_capacity(words.len());
    for at in 0..words.len() {
        let mut bag = Bag { buckets, rows: Vec::with_capacity(56), template: 0 };
        let near = |offset: isize| at.checked_add_signed(offset).and_then(|at| seen.get(at)).unwrap_or(&edge);
        let own = near(0);
        for offset in -2..=2 {
            let seen = near(offset);
            bag.add(&[&seen.lower]);
            bag.add(&[&seen.shape]);
        }
        for offset in -1..=1 {
            let seen = near(offset);
            bag.add(&[&seen.word]);
            bag.add(&[&seen.brief]);
            for length in 1..=4 {
                bag.add(&[seen.start(length)]);
                bag.add(&[seen.end(length)]);
            }
        }
        for (one, other) in [(-1, 0), (0, 1), (-1, 1), (-2, -1), (1, 2)] {
            bag.add(&[&near(one).lower, &near(other).lower]);
            bag.add(&[&near(one).brief, &near(other).brief]);
        }
        bag.add(&[&near(-1).brief, &own.brief, &near(1).brief]);
        bag.add(&[&near(-1).lower, &own.brief]);
        bag.add(&[&near(1).lower, &own.brief]);
        bag.add(&[&own.brief, if loud { "loud" } else { "" }]);
        bag.add(&[&own.shape, if at == 0 { "first" } else { "" }]);
        all.push(bag.rows);
    }
    all
}

/// What is seen of a word by itself.
#[derive(Default)]
struct Seen {
    word: String,
    lower: String,
    /// A letter of each kind for every letter.
    shape: String,
    /// The same with runs as one.
    brief: String,
}

impl Seen {
    fn of(word: &str) -> Self {
        let kind = |letter: char| match letter {
            _ if letter.is_uppercase() => 'X',
            _ if letter.is_alphabetic() => 'x',
            _ if letter.is_numeric() => '0',
            _ => letter,
        };
        let shape: String = word.chars().map(kind).collect();
        let mut brief = String::new();
        for sign in shape.chars() {
            if !brief.ends_with(sign) {
                brief.push(sign);
            }
        }
        Self { word: word.to_owned(), lower: word.to_lowercase(), shape, brief }
    }

    /// The first letters, or nothing of a shorter word.
    fn start(&self, length: usize) -> &str {
        self.lower.char_indices().nth(length - 1).map_or("", |(at, last)| &self.lower[..at + last.len_utf8()])
    }

    /// The last letters, or nothing of a shorter word.
    fn end(&self, length: usize) -> &str {
        self.lower.char_indices().rev().nth(length - 1).map_or("", |(at, _)| &self.lower[at..])
    }
}

/// Rows of the table, a template after the other.
struct Bag {
    buckets: usize,
    rows: Vec<u32>,
    template: u64,
}

impl Bag {
    fn add(&mut self, parts: &[&str]) {
        self.template += 1;
        // FNV-1a, with the template before the parts and a zero behind each.
        let mut hash = 0xcbf2_9ce4_8422_2325 ^ self.template.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for part in parts {
            for byte in part.bytes().chain([0]) {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
        // Its low bits know little of the first bytes.
        hash ^= hash >> 32;
        self.rows.push((hash % self.buckets as u64) as u32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &[&str]) -> Vec<Vec<u32>> {
        rows(&words.iter().map(|word| word.to_string()).collect::<Vec<_>>(), 1 << 20)
    }

    #[test]
    fn a_word_has_the_same_features_in_the_same_surroundings() {
        let (one, other) = (of(&["in", "Leeds", "today", "."]), of(&["x", "y", "in", "Leeds", "today", "."]));
        assert!(one.iter().chain(&other).all(|rows| rows.len() == one[0].len()));
        let shared = |a: &[u32], b: &[u32]| a.iter().zip(b).filter(|(a, b)| a == b).count();
        let alike = shared(&one[1], &other[3]);
        assert!(alike > one[1].len() / 2 && alike < one[1].len(), "{alike} of {}", one[1].len());
        assert!(shared(&of(&["Leeds"])[0], &of(&["table"])[0]) < one[0].len() * 3 / 4);
        assert_eq!(rows(&["a".into()], 0), [Vec::<u32>::new()]);
    }

    #[test]
    fn shapes_and_ends_are_of_letters() {
        let seen = Seen::of("McÉl-42");
        assert_eq!((seen.shape.as_str(), seen.brief.as_str()), ("XxXx-00", "XxXx-0"));
        assert_eq!((seen.start(2), seen.end(3), seen.start(4)), ("mc", "-42", "mcél"));
        assert_eq!((Seen::of("ab").start(3), Seen::of("é").end(1)), ("", "é"));
    }
}
