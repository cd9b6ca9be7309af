//! Windows as tensors: which positions may be an answer's ends, and which of them are.

use std::ops::Range;

use burn::tensor::{Bool, Device, Int, Tensor, TensorData, activation};
use cimiento_core::objective::Model;
use cimiento_core::tokens::{self, BUDGET, Sequence, Tokens, indices};
use rand::RngExt;
use rand::rngs::StdRng;

use crate::head::{SpanHead, Views};
use crate::window::{Example, Window};

/// A score no real one reaches, yet finite in half precision.
const CLOSED: f32 = -3.0e4;

/// Packed windows on a device.
///
/// A window's candidates are its `[bos]`, which stands for "not in here", and the tokens of the passage: `1 +
/// window.tokens.len()` of them, padded to the most in the batch.
pub(crate) struct Windows {
    tokens: Tokens,
    /// Flat positions of the candidates, `[windows · candidates]`.
    candidates: Tensor<1, Int>,
    /// Flat positions of the tokens before them.
    before: Tensor<1, Int>,
    /// Flat positions of the `[sep]` behind the questions, `[windows]`.
    questions: Tensor<1, Int>,
    /// Where there is none, `[windows, candidates]`.
    closed: Tensor<2, Bool>,
}

impl Windows {
    pub(crate) fn new(windows: &[&Window], pad: u32, device: &Device) -> Self {
        let sequences: Vec<&Sequence> = windows.iter().map(|window| &window.sequence).collect();
        let (tokens, starts) = Tokens::pack(&sequences, pad, device);
        let most = 1 + windows.iter().map(|window| window.tokens.len()).max().unwrap_or(0);
        let [mut candidates, mut before] = [(); 2].map(|()| Vec::with_capacity(windows.len() * most));
        let mut closed = Vec::with_capacity(windows.len() * most);
        for (window, &start) in windows.iter().zip(&starts) {
            for index in 0..most {
                let open = (1..=window.tokens.len()).contains(&index);
                // Nothing stands before `[bos]`.
                let place = if open { window.offset + index - 1 } else { 0 };
                candidates.push(start + place);
                before.push(start + place.saturating_sub(1));
                closed.push(!open && index > 0);
            }
        }
        let questions: Vec<usize> =
            windows.iter().zip(&starts).map(|(window, start)| start + window.offset - 1).collect();
        Self {
            tokens,
            candidates: indices(candidates, device),
            before: indices(before, device),
            questions: indices(questions, device),
            closed: Tensor::from_data(TensorData::new(closed, [windows.len(), most]), device),
        }
    }

    /// Start and end logits of the candidates, each `[windows, candidates]`.
    fn logits(&self, model: &Model<SpanHead>) -> [Tensor<2>; 2] {
        let [windows, most] = self.closed.dims();
        let [rows, width] = self.tokens.dims();
        let states = model.backbone.states(&self.tokens);
        let d_model = states.dims()[2];
        let states = states.reshape([rows * width, d_model]);
        let at = |places: &Tensor<1, Int>| states.clone().select(0, places.clone());
        let views = Views {
            candidates: at(&self.candidates).reshape([windows, most, d_model]),
            before: at(&self.before).reshape([windows, most, d_model]),
            question: at(&self.questions),
        };
        model.head.forward(views).map(|logits| logits.mask_fill(self.closed.clone(), CLOSED))
    }

    /// For each window its start and end logits on the host, one a candidate.
    pub(crate) fn scores(&self, model: &Model<SpanHead>) -> Vec<[Vec<f64>; 2]> {
        let most = self.closed.dims()[1];
        let host = |logits: Tensor<2>| -> Vec<f64> { logits.into_data().iter::<f64>().collect() };
        let [starts, ends] = self.logits(model).map(host);
        starts.chunks(most).zip(ends.chunks(most)).map(|(start, end)| [start.to_vec(), end.to_vec()]).collect()
    }
}

/// Windows and where their answers begin and end.
pub struct Batch {
    windows: Windows,
    /// Index of the candidate, start and end, `[windows, 1]`.
    targets: [Tensor<2, Int>; 2],
    /// How many tokens, padding left out.
    tokens: usize,
}

impl Batch {
    /// The windows to learn from: all that hold an answer, one of those answers each, and at most one an example of
    /// those that hold none, lest long passages teach that there never is an answer.
    pub(crate) fn new(examples: &[Example], pad: u32, rng: &mut StdRng, device: &Device) -> Self {
        let mut windows = Vec::new();
        let mut targets = [Vec::new(), Vec::new()];
        for example in examples.iter().filter(|example| example.references.is_some()) {
            let mut without = Vec::new();
            for window in &example.windows {
                let held: Vec<_> = example.spans.iter().filter(|span| window.holds(span)).collect();
                if held.is_empty() {
                    without.push(window);
                } else {
                    let (first, last) = held[rng.random_range(0..held.len())];
                    windows.push(window);
                    targets[0].push(1 + first - window.tokens.start);
                    targets[1].push(1 + last - window.tokens.start);
                }
            }
            if !without.is_empty() {
                windows.push(without[rng.random_range(0..without.len())]);
                targets.iter_mut().for_each(|target| target.push(0));
            }
        }
        let count = windows.len();
        Self {
            tokens: windows.iter().map(|window| window.sequence.ids.len()).sum(),
            windows: Windows::new(&windows, pad, device),
            targets: targets.map(|target| indices(target, device).reshape([count, 1])),
        }
    }

    /// How many windows.
    pub(crate) fn len(&self) -> usize {
        self.targets[0].dims()[0]
    }

    /// How many tokens, padding left out.
    pub(crate) fn tokens(&self) -> usize {
        self.tokens
    }

    /// Summed over windows, the mean of the cross-entropies of start and end over the candidates, `[1]`.
    pub(crate) fn loss(&self, model: &Model<SpanHead>) -> Tensor<1> {
        let [start, end] = self.windows.logits(model);
        let [first, last] = self.targets.clone();
        let total = |logits, target| activation::log_softmax(logits, 1).gather(1, target).sum();
        (total(start, first) + total(end, last)).mul_scalar(-0.5)
    }
}

/// Consecutive windows that are read together.
pub(crate) fn runs(windows: &[&Window]) -> Vec<Range<usize>> {
    tokens::runs(&windows.iter().map(|window| window.sequence.ids.len()).collect::<Vec<_>>(), BUDGET)
}
