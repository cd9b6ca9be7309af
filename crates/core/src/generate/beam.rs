//! Beam search: the likeliest whole text among those that a beam of fixed width reaches, for many prompts side by side.

use super::choose::{log_softmax, penalise};
use super::{BeamConfig, Logits, Writer};
use crate::tokens::{Sequence, indices};

/// A text under way or finished, with the sum of its tokens' log-probabilities.
#[derive(Clone)]
struct Hypothesis {
    ids: Vec<u32>,
    log_probability: f64,
    /// Whether it is closed by an end token, which `ids` leave out.
    ended: bool,
}

impl Hypothesis {
    /// Log-probability per length to the power of the penalty; an end token counts as one.
    fn score(&self, length_penalty: f64) -> f64 {
        let length = self.ids.len() + usize::from(self.ended);
        self.log_probability / (length as f64).powf(length_penalty)
    }
}

/// The search for the text of one prompt.
struct Search<'a> {
    prompt: &'a Sequence,
    /// Tokens that may be written.
    room: usize,
    /// Texts under way, the likeliest first; none once the search is over.
    beams: Vec<Hypothesis>,
    /// As many as the beam is wide, the best first.
    finished: Vec<Hypothesis>,
}

impl Search<'_> {
    /// Takes one step with the scores of its beams, which are the rows of `logits` from `first` on. Returns the row that
    /// each of its beams goes on from.
    fn step(&mut self, writer: &Writer, logits: &mut Logits, first: usize, config: &BeamConfig) -> Vec<usize> {
        let mut candidates: Vec<(usize, u32, f64)> = Vec::new();
        for (place, beam) in self.beams.iter().enumerate() {
            let mut log_probabilities = log_softmax(logits.row(first + place));
            if writer.config.repetition_penalty != 1.0 {
                let seen = self.prompt.ids.iter().chain(&beam.ids).copied();
                penalise(&mut log_probabilities, writer.config.repetition_penalty, seen);
            }
            // What is forbidden keeps its share, so that a text that avoids much of it is no likelier for that.
            writer.forbid(&mut log_probabilities, self.prompt, &beam.ids);
            let mut scored: Vec<(u32, f64)> = log_probabilities
                .into_iter()
                .enumerate()
                .filter(|(_, p)| p.is_finite())
                .map(|(id, p)| (id as u32, beam.log_probability + p))
                .collect();
            // Even if every beam's best are all to end, enough are left to go on.
            let keep = ((1 + writer.control.ends.len()) * config.width).min(scored.len());
            if keep < scored.len() {
                scored.select_nth_unstable_by(keep, |a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
                scored.truncate(keep);
            }
            candidates.extend(scored.into_iter().map(|(id, p)| (place, id, p)));
        }
        candidates.sort_by(|a, b| b.2.total_cmp(&a.2).then((a.0, a.1).cmp(&(b.0, b.1))));
        let mut rows = Vec::new();
        let mut next = Vec::new();
        // How many of those that go on are among the first `width` candidates.
        let mut leading = 0;
        for (rank, (place, id, log_probability)) in candidates.into_iter().enumerate() {
            let mut ids = self.beams[place].ids.clone();
            if writer.control.ends.contains(&id) {
                // An end counts only among the first `width` candidates, as in the usual formulation.
                if rank < config.width {
                    self.finished.push(Hypothesis { ids, log_probability, ended: true });
                }
                continue;
            }
            ids.push(id);
            rows.push(first + place);
            next.push(Hypothesis { ids, log_probability, ended: false });
            leading += usize::from(rank < config.width);
            if next.len() == config.width {
                break;
            }
        }
        let full = next.first().is_some_and(|beam| beam.ids.len() == self.room);
        if full {
            // What has no room to go on stands beside what has ended: the score decides.
            self.finished.extend(next.drain(..leading));
        }
        let score = |text: &Hypothesis| text.score(config.length_penalty);
        self.finished.sort_by(|a, b| score(b).total_cmp(&score(a)));
        self.finished.truncate(config.width);
        let settled = self.finished.len() == config.width && cannot_improve(&next, &self.finished, config);
        if full || settled || next.is_empty() {
            if self.finished.is_empty() {
                self.finished = std::mem::take(&mut self.beams);
            }
            (rows, next) = Default::default();
        }
        self.beams = next;
        rows
    }

    /// The best text found.
    fn best(self) -> Vec<u32> {
        self.finished.into_iter().next().map(|best| best.ids).unwrap_or_default()
    }
}

/// One text a prompt, the beams of all of them side by side.
pub(super) fn search(writer: &Writer, prompts: &[Sequence], config: &BeamConfig) -> Vec<Vec<u32>> {
    let borrowed: Vec<&Sequence> = prompts.iter().collect();
    let (mut cache, mut logits) = writer.start(&borrowed);
    let start = prompts.iter().map(|prompt| {
        let room = writer.room(prompt.ids.len());
        let nothing = Hypothesis { ids: Vec::new(), log_probability: 0.0, ended: false };
        // Even where there is no room for a token, the prompt has its row.
        Search { prompt, room, beams: vec![nothing], finished: Vec::new() }
    });
    let mut searches: Vec<Search> = start.collect();
    loop {
        let (mut first, mut rows) = (0, Vec::new());
        for search in &mut searches {
            let held = search.beams.len();
            if search.room == 0 {
                search.beams.clear();
            } else if held > 0 {
                rows.extend(search.step(writer, &mut logits, first, config));
            }
            first += held;
        }
        if rows.is_empty() {
            break;
        }
        cache.select_rows(indices(rows, &writer.device()));
        let open =
            || searches.iter().flat_map(|search| search.beams.iter().map(move |beam| (search.prompt.ids.len(), beam)));
        let last: Vec<u32> = open().map(|(_, beam)| beam.ids[beam.ids.len() - 1]).collect();
        let positions: Vec<usize> = open().map(|(read, beam)| read + beam.ids.len() - 1).collect();
        logits = writer.next(&last, &positions, &mut cache);
    }
    searches.into_iter().map(|search| search.best()).collect()
}

/// Whether the likeliest open text, were it as good as it is now, would take no finished one's place (`early_stopping`
/// false in `transformers`).
fn cannot_improve(open: &[Hypothesis], finished: &[Hypothesis], config: &BeamConfig) -> bool {
    let [open, worst] = [open.first(), finished.last()]
        .map(|text| text.map_or(f64::NEG_INFINITY, |text| text.score(config.length_penalty)));
    open <= worst
}
