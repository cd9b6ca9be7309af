//! Slips of the fingers.

use rand::RngExt;
use rand::rngs::StdRng;

/// The fewest letters of a word that is misspelt.
const SHORTEST: usize = 4;
/// The rows of a keyboard, each a third of a key to the right of the one above.
const ROWS: [&str; 3] = ["qwertyuiop", "asdfghjkl", "zxcvbnm"];

/// Changes one letter behind the first. Says whether there was one to change.
pub fn misspell(word: &mut String, rng: &mut StdRng) -> bool {
    let mut letters: Vec<char> = word.chars().collect();
    if letters.len() < SHORTEST || !letters.iter().all(|c| c.is_alphabetic()) {
        return false;
    }
    let before = letters.clone();
    let at = rng.random_range(1..letters.len());
    match rng.random_range(0..6) {
        0 | 1 => drop(letters.remove(at)),
        2 => letters.insert(at, letters[at]),
        3 | 4 => {
            let next = if at + 1 < letters.len() { at + 1 } else { at - 1 };
            letters.swap(at, next);
        }
        _ => letters[at] = beside(letters[at], rng).unwrap_or(letters[at]),
    }
    *word = letters.iter().collect();
    letters != before
}

/// A key next to that of a small letter.
fn beside(letter: char, rng: &mut StdRng) -> Option<char> {
    let (row, column) = ROWS.iter().enumerate().find_map(|(row, keys)| Some((row, keys.find(letter)?)))?;
    let key = |row: Option<usize>, column: Option<usize>| ROWS.get(row?)?.chars().nth(column?);
    let keys = [
        key(Some(row), column.checked_sub(1)),
        key(Some(row), Some(column + 1)),
        key(row.checked_sub(1), Some(column)),
        key(row.checked_sub(1), Some(column + 1)),
        key(Some(row + 1), column.checked_sub(1)),
        key(Some(row + 1), Some(column)),
    ];
    let keys: Vec<char> = keys.into_iter().flatten().collect();
    Some(keys[rng.random_range(0..keys.len())])
}
