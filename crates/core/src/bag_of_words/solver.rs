//! Linear models of sparse rows, by Newton's method.
//!
//! What is minimised is `Σ loss(x W + b, y) + ½ ‖W‖²`; the bias `b` is not penalised. Each step's system is solved by
//! conjugate gradients as far as its distance from the minimum deserves (Dembo and Steihaug 1983, *Truncated-Newton
//! Algorithms for Large-Scale Unconstrained Optimization*), so that no second derivative is ever stored.

use rayon::prelude::*;

/// Sparse rows.
pub struct Rows {
    width: usize,
    starts: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<f64>,
}

/// Rows to learn from, by row and by column.
pub struct Learned {
    rows: Rows,
    columns: Rows,
}

/// What scores are compared with.
pub enum Loss<'a> {
    /// Logistic loss of one score a row.
    Binary(&'a [bool]),
    /// Cross-entropy of so many scores a row.
    Classes(&'a [usize], usize),
    /// Half the squared error of one score a row.
    Numbers(&'a [f64]),
}

/// A fitted model of `outputs` scores a row.
pub struct Linear {
    outputs: usize,
    /// `[width, outputs]`, then the biases.
    parameters: Vec<f64>,
}

impl Rows {
    /// Rows of columns below `width`, each in rising order.
    pub fn new(width: usize, rows: impl ParallelIterator<Item = Vec<(u32, f64)>>) -> Self {
        let rows: Vec<Vec<(u32, f64)>> = rows.collect();
        let starts = starts(rows.iter().map(Vec::len));
        let (columns, values) = rows.into_iter().flatten().unzip();
        Self { width, starts, columns, values }
    }

    fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Columns as rows.
    fn transposed(&self) -> Self {
        let mut lengths = vec![0; self.width];
        self.columns.iter().for_each(|&column| lengths[column as usize] += 1);
        let starts = starts(lengths.into_iter());
        let mut next = starts.clone();
        let (mut columns, mut values) = (vec![0; self.columns.len()], vec![0.0; self.columns.len()]);
        for row in 0..self.len() {
            for at in self.starts[row]..self.starts[row + 1] {
                let place = &mut next[self.columns[at] as usize];
                (columns[*place], values[*place]) = (row as u32, self.values[at]);
                *place += 1;
            }
        }
        Self { width: self.len(), starts, columns, values }
    }

    /// The product with `[width, outputs]`: `[rows, outputs]`.
    fn times(&self, dense: &[f64], outputs: usize) -> Vec<f64> {
        let mut product = vec![0.0; self.len() * outputs];
        product.par_chunks_mut(outputs).with_min_len(256).enumerate().for_each(|(row, product)| {
            for at in self.starts[row]..self.starts[row + 1] {
                let from = self.columns[at] as usize * outputs;
                let value = self.values[at];
                product.iter_mut().zip(&dense[from..from + outputs]).for_each(|(sum, weight)| *sum += value * weight);
            }
        });
        product
    }
}

fn starts(lengths: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut starts = vec![0];
    lengths.for_each(|length| starts.push(starts[starts.len() - 1] + length));
    starts
}

/// Scores as probabilities.
pub fn softmax(scores: &[f64]) -> Vec<f64> {
    let highest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let odds: Vec<f64> = scores.iter().map(|score| (score - highest).exp()).collect();
    let sum: f64 = odds.iter().sum();
    odds.into_iter().map(|odds| odds / sum).collect()
}

impl Loss<'_> {
    fn outputs(&self) -> usize {
        if let Self::Classes(_, count) = self { *count } else { 1 }
    }

    /// The loss of `scores`, its gradient by them, and the probabilities that its curvature is made of.
    fn at(&self, scores: &[f64]) -> (f64, Vec<f64>, Vec<f64>) {
        match self {
            Self::Numbers(gold) => {
                let errors: Vec<f64> = scores.iter().zip(*gold).map(|(score, gold)| score - gold).collect();
                (errors.iter().map(|error| error * error / 2.0).sum(), errors, Vec::new())
            }
            Self::Binary(gold) => {
                let probabilities: Vec<f64> = scores.iter().map(|score| 1.0 / (1.0 + (-score).exp())).collect();
                let loss = |(score, gold): (&f64, &bool)| {
                    let score = if *gold { *score } else { -score };
                    (-score).max(0.0) + (-score.abs()).exp().ln_1p()
                };
                let loss = scores.iter().zip(*gold).map(loss).sum();
                let errors = probabilities.iter().zip(*gold).map(|(p, gold)| p - f64::from(*gold)).collect();
                (loss, errors, probabilities)
            }
            Self::Classes(gold, count) => {
                let probabilities: Vec<f64> = scores.chunks(*count).flat_map(softmax).collect();
                let mut errors = probabilities.clone();
                let mut loss = 0.0;
                for (row, &class) in gold.iter().enumerate() {
                    errors[row * count + class] -= 1.0;
                    let scores = &scores[row * count..(row + 1) * count];
                    let highest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                    loss +=
                        scores.iter().map(|score| (score - highest).exp()).sum::<f64>().ln() + highest - scores[class];
                }
                (loss, errors, probabilities)
            }
        }
    }

    /// The second derivative by the scores times a change of these, in place.
    fn curve(&self, probabilities: &[f64], change: &mut [f64]) {
        match self {
            Self::Numbers(_) => {}
            Self::Binary(_) => change.iter_mut().zip(probabilities).for_each(|(change, p)| *change *= p * (1.0 - p)),
            Self::Classes(_, count) => {
                for (change, p) in change.chunks_mut(*count).zip(probabilities.chunks(*count)) {
                    let mean = dot(change, p);
                    change.iter_mut().zip(p).for_each(|(change, p)| *change = p * (*change - mean));
                }
            }
        }
    }
}

/// Newton steps at most; a few are enough.
const STEPS: usize = 100;
/// Steps of conjugate gradients at most, for each of these.
const INNER: usize = 500;
/// The gradient has become this small a share of the first.
const TOLERANCE: f64 = 1e-9;

impl Learned {
    /// Rows to learn from.
    pub fn new(rows: Rows) -> Self {
        Self { columns: rows.transposed(), rows }
    }

    /// Fits a model.
    ///
    /// # Panics
    /// When the loss is not of as many rows.
    pub fn fit(&self, loss: &Loss) -> Linear {
        let outputs = loss.outputs();
        let mut model = Linear { outputs, parameters: vec![0.0; (self.rows.width + 1) * outputs] };
        let mut first = None;
        for _ in 0..STEPS {
            let scores = model.scores(&self.rows);
            let (value, errors, probabilities) = loss.at(&scores);
            let gradient = self.back(&errors, &model.parameters, outputs);
            let norm = dot(&gradient, &gradient).sqrt();
            let share = norm / first.get_or_insert(norm).max(f64::MIN_POSITIVE);
            if share <= TOLERANCE {
                break;
            }
            let curve = |change: &[f64]| {
                let mut change_of_errors = scores_of(&self.rows, change, outputs);
                loss.curve(&probabilities, &mut change_of_errors);
                self.back(&change_of_errors, change, outputs)
            };
            let step = conjugate_gradients(&gradient, curve, share.sqrt().min(0.1) * norm);
            if !model.descend(&step, &scores, value + model.penalty(), dot(&gradient, &step), &self.rows, loss) {
                // Rounding hides any further descent.
                break;
            }
        }
        model
    }

    /// The gradient by the parameters, from that by the scores; and what the penalty adds at `parameters`.
    fn back(&self, errors: &[f64], parameters: &[f64], outputs: usize) -> Vec<f64> {
        let mut gradient = self.columns.times(errors, outputs);
        gradient.iter_mut().zip(parameters).for_each(|(gradient, weight)| *gradient += weight);
        gradient.extend((0..outputs).map(|output| errors.iter().skip(output).step_by(outputs).sum::<f64>()));
        gradient
    }
}

impl Linear {
    /// The scores of rows, `[rows, outputs]`.
    pub fn scores(&self, rows: &Rows) -> Vec<f64> {
        scores_of(rows, &self.parameters, self.outputs)
    }

    fn penalty(&self) -> f64 {
        let weights = &self.parameters[..self.parameters.len() - self.outputs];
        dot(weights, weights) / 2.0
    }

    /// Goes against `step` as far as the objective, now `value`, falls by a fair share of what `slope` promises; false where
    /// it does nowhere.
    fn descend(&mut self, step: &[f64], scores: &[f64], value: f64, slope: f64, rows: &Rows, loss: &Loss) -> bool {
        let change = scores_of(rows, step, self.outputs);
        let from = self.parameters.clone();
        let mut share = 1.0;
        for _ in 0..30 {
            let moved: Vec<f64> = scores.iter().zip(&change).map(|(score, change)| score - share * change).collect();
            self.parameters = from.iter().zip(step).map(|(parameter, step)| parameter - share * step).collect();
            if loss.at(&moved).0 + self.penalty() <= value - 1e-4 * share * slope {
                return true;
            }
            share /= 2.0;
        }
        self.parameters = from;
        false
    }
}

fn scores_of(rows: &Rows, parameters: &[f64], outputs: usize) -> Vec<f64> {
    let (weights, biases) = parameters.split_at(parameters.len() - outputs);
    let mut scores = rows.times(weights, outputs);
    scores.chunks_mut(outputs).for_each(|row| row.iter_mut().zip(biases).for_each(|(score, bias)| *score += bias));
    scores
}

/// The `x` at which `curve(x)` is `gradient`, up to a residue of length `enough`.
fn conjugate_gradients(gradient: &[f64], curve: impl Fn(&[f64]) -> Vec<f64>, enough: f64) -> Vec<f64> {
    let mut x = vec![0.0; gradient.len()];
    let mut residue = gradient.to_vec();
    let mut direction = residue.clone();
    let mut square = dot(&residue, &residue);
    for _ in 0..INNER {
        if square.sqrt() <= enough {
            break;
        }
        let curved = curve(&direction);
        let bend = dot(&direction, &curved);
        if bend <= f64::EPSILON * square {
            break;
        }
        let along = square / bend;
        x.iter_mut().zip(&direction).for_each(|(x, direction)| *x += along * direction);
        residue.iter_mut().zip(&curved).for_each(|(residue, curved)| *residue -= along * curved);
        let next = dot(&residue, &residue);
        let kept = next / std::mem::replace(&mut square, next);
        direction.iter_mut().zip(&residue).for_each(|(direction, residue)| *direction = residue + kept * *direction);
    }
    x
}

fn dot(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}
