//! Examples out of files, and the answers and scores of a task on them.

use burn::tensor::Device;

use crate::metrics::Scores;
use crate::objective::{EncodeError, Encoded, Model, Objective, Remark, Task};
use crate::order;
use crate::records::{self, RecordError, Source};

/// Examples that cannot be had.
#[derive(thiserror::Error, Debug)]
pub enum ExamplesError {
    /// A file.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A record.
    #[error("{path}:{line}: {source}")]
    Encode {
        /// The file.
        path: String,
        /// From 1.
        line: usize,
        /// Why.
        source: EncodeError,
    },
    /// The records as a whole.
    #[error("{path}: {source}")]
    Survey {
        /// The file.
        path: String,
        /// Why.
        source: EncodeError,
    },
    /// Too many records were left out.
    #[error(
        "{path}: {misaligned} of {rows} answers do not occur in their passages (first at line {line}: {first}), more than the limit of {limit:.1} %: mend the data or raise `max_misaligned`"
    )]
    Misaligned {
        /// The file.
        path: String,
        /// Records left out.
        misaligned: usize,
        /// Records read.
        rows: usize,
        /// The first one.
        line: usize,
        /// Its error.
        first: EncodeError,
        /// Allowed, in percent.
        limit: f64,
    },
    /// Nothing to work with.
    #[error("{path}: no examples")]
    Empty {
        /// The file.
        path: String,
    },
}

/// What became of a file's records.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Records read.
    pub rows: usize,
    /// Texts cut to fit the context.
    pub truncated: usize,
    /// Records left out because their answer is not where it should be.
    pub misaligned: usize,
    /// Which records became examples, by their place among those read; ascending.
    pub kept: Vec<usize>,
    /// What is odd about how many records.
    pub remarks: Vec<(Remark, usize)>,
}

impl Report {
    fn remark(&mut self, remark: &Remark) {
        match self.remarks.iter_mut().find_map(|(known, count)| known.merge(remark).then_some(count)) {
            Some(count) => *count += 1,
            None => self.remarks.push((*remark, 1)),
        }
    }

    /// The remarks about more records than may be so without worry, and how many those are.
    pub fn warnings(&self) -> impl Iterator<Item = &(Remark, usize)> {
        self.remarks.iter().filter(|(remark, count)| *count as f64 > remark.tolerated * self.rows as f64)
    }
}

/// Reads all records of a source.
///
/// # Errors
/// The first record that cannot be read, with file and line; a source without records.
pub fn read_records<T: Task>(source: &Source) -> Result<Vec<records::Located<T::Record>>, ExamplesError> {
    let all: Vec<_> = records::read(source)?.collect::<Result<_, _>>()?;
    if all.is_empty() {
        return Err(ExamplesError::Empty { path: source.path.display().to_string() });
    }
    Ok(all)
}

/// Encodes records. Those whose answer does not occur in their passage are left out and counted, up to the share
/// `max_misaligned`; any other record that cannot be used is an error.
///
/// # Errors
/// [`ExamplesError`], with file and line.
pub fn encode<T: Task>(
    task: &T,
    records: &[records::Located<T::Record>],
    max_misaligned: f64,
) -> Result<(Vec<T::Example>, Report), ExamplesError> {
    let mut report = Report { rows: records.len(), ..Report::default() };
    let mut examples = Vec::with_capacity(records.len());
    let mut first = None;
    for (index, located) in records.iter().enumerate() {
        match task.encode(&located.record, true) {
            Ok(Encoded { example, truncated, remarks }) => {
                report.truncated += usize::from(truncated);
                T::content(&located.record).remarks.iter().chain(&remarks).for_each(|remark| report.remark(remark));
                examples.push(example);
                report.kept.push(index);
            }
            Err(error @ EncodeError::Misaligned { .. }) => {
                report.misaligned += 1;
                first.get_or_insert((located, error));
            }
            Err(source) => {
                let path = located.path.display().to_string();
                return Err(ExamplesError::Encode { path, line: located.line, source });
            }
        }
    }
    if let Some((located, first)) = first
        && report.misaligned as f64 > max_misaligned * report.rows as f64
    {
        return Err(ExamplesError::Misaligned {
            path: located.path.display().to_string(),
            misaligned: report.misaligned,
            rows: report.rows,
            line: located.line,
            first,
            limit: 100.0 * max_misaligned,
        });
    }
    if examples.is_empty() {
        let path = records.first().map(|located| located.path.display().to_string()).unwrap_or_default();
        return Err(ExamplesError::Empty { path });
    }
    Ok((examples, report))
}

/// The mean loss of a model's targets as it reads, and were every token to see only what came before it: what other
/// programs, which know no other way, make of it.
pub fn losses_looking_back<O: Objective>(
    objective: &O,
    model: &Model<O::Head>,
    examples: &[O::Example],
    device: &Device,
) -> [f64; 2] {
    let looking_back = Model { backbone: model.backbone.clone().looking_back(), head: model.head.clone() };
    [model, &looking_back].map(|model| {
        let (mut loss, mut targets) = (0.0, 0);
        for examples in examples.chunks(16) {
            let batch = objective.collate(examples, 0.0, &mut order::rng(0, 0, 0), device);
            loss += f64::from(objective.loss(model, &batch).into_scalar::<f32>());
            targets += objective.targets(&batch);
        }
        loss / targets.max(1) as f64
    })
}

/// Answers and scores of a model on labelled examples.
pub fn evaluate<T: Task>(
    task: &T,
    model: &Model<T::Head>,
    examples: &[T::Example],
    device: &Device,
) -> (Vec<T::Answer>, Scores) {
    let answers = task.answer(model, examples, device);
    let scores = task.score(&answers, examples);
    (answers, scores)
}
