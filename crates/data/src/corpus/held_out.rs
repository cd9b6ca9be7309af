//! Whether a share of the documents holds any out, found before anything is made of them.

use std::path::Path;
use std::sync::Arc;

use super::config::CorpusConfig;
use super::error::CorpusError;
use super::split::draws;

/// So much of a corpus may be held out where the share that was asked for holds out none.
const MOST: f64 = 0.1;
/// Decimals of a share that is chosen.
const DECIMALS: i32 = 15;

/// What becomes of the share that is held out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum HeldOut {
    /// It holds some documents out, and leaves some to learn from; or none are to be held out.
    AsAsked,
    /// It is too small for so few documents: the least that holds one out.
    Raised {
        /// That share.
        share: f64,
        /// Documents that there are.
        documents: u64,
    },
    /// No document can be spared.
    Nothing {
        /// Documents that there are.
        documents: u64,
    },
}

/// What becomes of the share that `config` holds out. Documents are read until one of each side is found, which are those that
/// training would find unless it leaves them out.
///
/// # Errors
/// When the settings contradict each other, or a source cannot be read.
pub fn held_out(config: &CorpusConfig, base: &Path) -> Result<HeldOut, CorpusError> {
    config.validate()?;
    if config.validation == 0.0 {
        return Ok(HeldOut::AsAsked);
    }
    let mut seen = Seen::default();
    for source in &config.sources {
        for document in source.input(base).documents(Arc::default())? {
            let document = document?.record;
            if !document.is_empty() {
                seen.add(draws(&document.text).0);
            }
            if seen.least < config.validation && config.validation <= seen.greatest {
                return Ok(HeldOut::AsAsked);
            }
        }
    }
    Ok(seen.spared(config.validation))
}

/// The numbers that decide which documents are held out.
struct Seen {
    documents: u64,
    /// The smallest, how many documents have it (equal ones do), and the next.
    least: f64,
    of_least: u64,
    second: f64,
    greatest: f64,
}

impl Default for Seen {
    fn default() -> Self {
        Self { documents: 0, least: f64::INFINITY, of_least: 0, second: f64::INFINITY, greatest: f64::NEG_INFINITY }
    }
}

impl Seen {
    fn add(&mut self, draw: f64) {
        self.documents += 1;
        self.greatest = self.greatest.max(draw);
        if draw < self.least {
            (self.second, self.least, self.of_least) = (self.least, draw, 1);
        } else if draw == self.least {
            self.of_least += 1;
        } else {
            self.second = self.second.min(draw);
        }
    }

    /// What is held out where `asked` parts nothing.
    fn spared(&self, asked: f64) -> HeldOut {
        let documents = self.documents;
        let few = self.of_least as f64 <= documents as f64 * asked.max(MOST);
        let share = if few { between(self.least, self.second) } else { None };
        share.map_or(HeldOut::Nothing { documents }, |share| HeldOut::Raised { share, documents })
    }
}

/// The shortest decimal number above `low`, at most `high`.
fn between(low: f64, high: f64) -> Option<f64> {
    let decimals = (1..=DECIMALS).map(|digits| ((low * 10f64.powi(digits)).floor() + 1.0) / 10f64.powi(digits));
    decimals.into_iter().find(|share| low < *share && *share <= high && *share < 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spared(draws: &[f64], asked: f64) -> HeldOut {
        let mut seen = Seen::default();
        draws.iter().for_each(|draw| seen.add(*draw));
        seen.spared(asked)
    }

    #[test]
    fn one_document_is_held_out_where_it_can_be_spared() {
        let ten = [0.5, 0.6, 0.0312, 0.034, 0.7, 0.5, 0.9, 0.8, 0.75, 0.99];
        assert_eq!(spared(&ten, 0.01), HeldOut::Raised { share: 0.032, documents: 10 });
        assert_eq!(spared(&ten[..9], 0.01), HeldOut::Nothing { documents: 9 });
        assert_eq!(spared(&ten[..4], 0.02), HeldOut::Nothing { documents: 4 });
        assert_eq!(spared(&[0.5, 0.6], 0.499), HeldOut::Nothing { documents: 2 });
        assert_eq!(spared(&[0.5, 0.6, 0.7, 0.8], 0.4), HeldOut::Raised { share: 0.6, documents: 4 });
        // Equal documents are on one side.
        assert_eq!(spared(&[0.5; 20], 0.01), HeldOut::Nothing { documents: 20 });
        assert_eq!(spared(&[], 0.01), HeldOut::Nothing { documents: 0 });
    }
}
