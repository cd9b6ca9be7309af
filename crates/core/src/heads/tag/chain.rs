//! A chain of tags: its probabilities, the gradient of its likelihood, and the best path through it (Lafferty et al. 2001; Lample et
//! al. 2016, section 2.2). Exact sums in double precision, on the host.

use std::ops::Range;

/// What no path may go through.
const CLOSED: f64 = f64::NEG_INFINITY;

/// Scores of tags following each other, in the scheme IOB2: tag 0 is outside, tags `1 + 2k` and `2 + 2k` begin and go on with a
/// span of type k.
pub(super) struct Chain {
    tags: usize,
    /// `[tags + 1, tags]`: to a tag from each tag, and from before the first word.
    scores: Vec<f64>,
}

/// A text's chain, summed forward and backward.
pub(super) struct Sums<'a> {
    chain: &'a Chain,
    /// `[words, tags]`.
    emissions: &'a [f64],
    /// Logarithms of the sums over the paths that end, and that begin, at a tag of a word; the word's own score is in the first.
    forward: Vec<f64>,
    backward: Vec<f64>,
    /// Logarithm of the sum over all paths.
    pub total: f64,
}

impl Chain {
    /// With learned scores `[tags + 1, tags]`, or with none.
    pub fn new(tags: usize, learned: Option<&[f64]>) -> Self {
        let mut scores = learned.map_or_else(|| vec![0.0; (tags + 1) * tags], <[f64]>::to_vec);
        for from in 0..=tags {
            for to in (2..tags).step_by(2) {
                if from != to && from != to - 1 {
                    scores[from * tags + to] = CLOSED;
                }
            }
        }
        Self { tags, scores }
    }

    fn step(&self, from: usize, to: usize) -> f64 {
        self.scores[from * self.tags + to]
    }

    /// From before the first word.
    fn first(&self, to: usize) -> f64 {
        self.step(self.tags, to)
    }

    /// The sums over all paths through words with these scores of tags, `[words, tags]`.
    pub fn sums<'a>(&'a self, emissions: &'a [f64]) -> Sums<'a> {
        let tags = self.tags;
        let words = emissions.len() / tags;
        let [mut forward, mut backward] = [vec![0.0; words * tags], vec![0.0; words * tags]];
        let mut terms = vec![0.0; tags];
        for word in 0..words {
            for to in 0..tags {
                let sum = if word == 0 {
                    self.first(to)
                } else {
                    for (from, term) in terms.iter_mut().enumerate() {
                        *term = forward[(word - 1) * tags + from] + self.step(from, to);
                    }
                    log_sum(&terms)
                };
                forward[word * tags + to] = sum + emissions[word * tags + to];
            }
        }
        for word in (0..words.saturating_sub(1)).rev() {
            for from in 0..tags {
                for (to, term) in terms.iter_mut().enumerate() {
                    let at = (word + 1) * tags + to;
                    *term = self.step(from, to) + emissions[at] + backward[at];
                }
                backward[word * tags + from] = log_sum(&terms);
            }
        }
        let total = if words == 0 { 0.0 } else { log_sum(&forward[(words - 1) * tags..]) };
        Sums { chain: self, emissions, forward, backward, total }
    }

    /// The score of one path.
    pub fn path(&self, emissions: &[f64], path: &[usize]) -> f64 {
        let mut before = self.tags;
        let mut sum = 0.0;
        for (word, &tag) in path.iter().enumerate() {
            sum += self.step(before, tag) + emissions[word * self.tags + tag];
            before = tag;
        }
        sum
    }

    /// The path with the highest score (Viterbi 1967); of equal ones the first.
    pub fn best(&self, emissions: &[f64]) -> Vec<usize> {
        let tags = self.tags;
        let words = emissions.len() / tags;
        let mut scores: Vec<f64> = (0..tags).map(|to| self.first(to) + emissions.get(to).unwrap_or(&0.0)).collect();
        let mut from = vec![0; words * tags];
        for word in 1..words {
            let next: Vec<f64> = (0..tags)
                .map(|to| {
                    let of = |from: usize| scores[from] + self.step(from, to);
                    let best = (1..tags).fold(0, |best, other| if of(other) > of(best) { other } else { best });
                    from[word * tags + to] = best;
                    of(best) + emissions[word * tags + to]
                })
                .collect();
            scores = next;
        }
        let mut tag = (1..tags).fold(0, |best, other| if scores[other] > scores[best] { other } else { best });
        let mut path = vec![0; words];
        for word in (0..words).rev() {
            path[word] = tag;
            tag = from[word * tags + tag];
        }
        path
    }
}

impl Sums<'_> {
    /// Adds the probabilities of a word's tags to `emissions` (`[words, tags]`) and those of what follows what to `steps`
    /// (`[tags + 1, tags]`): the gradient of [`Self::total`].
    pub fn expect(&self, emissions: &mut [f64], steps: &mut [f64]) {
        let tags = self.chain.tags;
        let words = self.emissions.len() / tags;
        for (sum, (forward, backward)) in emissions.iter_mut().zip(self.forward.iter().zip(&self.backward)) {
            *sum += (forward + backward - self.total).exp();
        }
        for tag in 0..tags.min(self.emissions.len()) {
            steps[tags * tags + tag] += (self.forward[tag] + self.backward[tag] - self.total).exp();
        }
        for word in 1..words {
            for from in 0..tags {
                let before = self.forward[(word - 1) * tags + from] - self.total;
                for to in 0..tags {
                    let at = word * tags + to;
                    let sum = before + self.chain.step(from, to) + self.emissions[at] + self.backward[at];
                    steps[from * tags + to] += sum.exp();
                }
            }
        }
    }

    /// The probability that just these words are a span of type `kind`, whatever the others are.
    pub fn span(&self, words: &Range<usize>, kind: usize) -> f64 {
        let tags = self.chain.tags;
        let (begin, inner) = (1 + 2 * kind, 2 + 2 * kind);
        let mut sum = self.forward[words.start * tags + begin];
        let mut last = begin;
        for word in words.start + 1..words.end {
            sum += self.chain.step(last, inner) + self.emissions[word * tags + inner];
            last = inner;
        }
        if words.end * tags < self.emissions.len() {
            let next = |to: usize| {
                let at = words.end * tags + to;
                self.chain.step(last, to) + self.emissions[at] + self.backward[at]
            };
            let terms: Vec<f64> = (0..tags).map(|to| if to == inner { CLOSED } else { next(to) }).collect();
            sum += log_sum(&terms);
        }
        (sum - self.total).exp().clamp(0.0, 1.0)
    }
}

fn log_sum(terms: &[f64]) -> f64 {
    let top = terms.iter().copied().fold(CLOSED, f64::max);
    if top == CLOSED {
        return CLOSED;
    }
    top + terms.iter().map(|term| (term - top).exp()).sum::<f64>().ln()
}

/// The spans of a path that [`Chain::best`] found: words and type.
pub(super) fn spans(path: &[usize]) -> Vec<(Range<usize>, usize)> {
    let mut found: Vec<(Range<usize>, usize)> = Vec::new();
    for (word, &tag) in path.iter().enumerate().filter(|(_, tag)| **tag > 0) {
        let kind = (tag - 1) / 2;
        match found.last_mut().filter(|(words, open)| tag % 2 == 0 && words.end == word && *open == kind) {
            Some((words, _)) => words.end = word + 1,
            None => found.push((word..word + 1, kind)),
        }
    }
    found
}

/// The path of spans.
pub(super) fn path(words: usize, spans: impl Iterator<Item = (Range<usize>, usize)>) -> Vec<usize> {
    let mut path = vec![0; words];
    for (range, kind) in spans {
        path[range.clone()].fill(2 + 2 * kind);
        path[range.start] = 1 + 2 * kind;
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every path through `words` words that the scheme allows.
    fn paths(words: usize, tags: usize) -> Vec<Vec<usize>> {
        let all = (0..tags.pow(words as u32)).map(|mut number| {
            let digit = |_| {
                let digit = number % tags;
                number /= tags;
                digit
            };
            (0..words).map(digit).collect::<Vec<_>>()
        });
        all.filter(|path| {
            path.iter().enumerate().all(|(at, &tag)| {
                tag == 0 || tag % 2 == 1 || at > 0 && (path[at - 1] == tag || path[at - 1] == tag - 1)
            })
        })
        .collect()
    }

    fn numbers(count: usize, seed: u64) -> Vec<f64> {
        (0..count as u64).map(|at| ((at + 1) * (seed * 7919 + 31) % 97) as f64 / 20.0 - 2.0).collect()
    }

    #[test]
    fn sums_are_those_over_every_path() {
        let (tags, words) = (5, 4);
        let (learned, emissions) = (numbers(tags * (tags + 1), 3), numbers(tags * words, 5));
        let chain = Chain::new(tags, Some(&learned));
        let sums = chain.sums(&emissions);
        let all = paths(words, tags);
        let scores: Vec<f64> = all.iter().map(|path| chain.path(&emissions, path)).collect();
        assert!((sums.total - log_sum(&scores)).abs() < 1e-9);
        let best = all.iter().zip(&scores).max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0;
        assert_eq!(&chain.best(&emissions), best);
        let (mut tag_sums, mut steps) = (vec![0.0; tags * words], vec![0.0; tags * (tags + 1)]);
        sums.expect(&mut tag_sums, &mut steps);
        let share = |wanted: &dyn Fn(&[usize]) -> bool| -> f64 {
            let found = all.iter().zip(&scores).filter(|(path, _)| wanted(path));
            found.map(|(_, score)| (score - sums.total).exp()).sum()
        };
        for word in 0..words {
            for tag in 0..tags {
                assert!((tag_sums[word * tags + tag] - share(&|path| path[word] == tag)).abs() < 1e-9);
            }
        }
        let followed = share(&|path| path[0] == 1 && path[1] == 2)
            + share(&|path| path[1] == 1 && path[2] == 2)
            + share(&|path| path[2] == 1 && path[3] == 2);
        assert!((steps[tags + 2] - followed).abs() < 1e-9);
        assert!((steps[tags * tags + 1] - share(&|path| path[0] == 1)).abs() < 1e-9);
        for (range, kind) in [(0..1, 0), (1..3, 1), (2..4, 0), (0..4, 1)] {
            let exact = share(&|path| spans(path).contains(&(range.clone(), kind)));
            assert!((sums.span(&range, kind) - exact).abs() < 1e-9, "{range:?} {kind}");
        }
    }

    #[test]
    fn no_best_path_goes_on_with_what_was_not_begun() {
        let chain = Chain::new(3, None);
        let emissions = [0.0, -1.0, 9.0, 0.0, -1.0, 9.0];
        assert_eq!(chain.best(&emissions), [1, 2]);
        assert_eq!(chain.best(&[]), Vec::<usize>::new());
        assert_eq!(spans(&[0, 1, 2, 1, 3, 4, 0]), [(1..3, 0), (3..4, 0), (4..6, 1)]);
        assert_eq!(path(7, spans(&[0, 1, 2, 1, 3, 4, 0]).into_iter()), [0, 1, 2, 1, 3, 4, 0]);
    }
}
