//! Examples out of files, and the answers and scores of a task on them.

use burn::tensor::Device;
use serde::de::DeserializeOwned;

use crate::metrics::Scores;
use crate::objective::{Model, Objective, Task};
use cimiento_data::content::Remark;
use cimiento_data::encode::{EncodeError, Encoded};
use cimiento_data::order;
use cimiento_data::records::{self, RecordError, Source};
use cimiento_data::unusable::{LeftOut, OnBad, Tolerance, TooMany, Unusable};

/// Examples that cannot be had.
#[derive(thiserror::Error, Debug)]
pub enum ExamplesError {
    /// A file.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Records that cannot be used.
    #[error(transparent)]
    Unusable(#[from] TooMany),
    /// The records as a whole.
    #[error("{path}: {source}")]
    Survey {
        /// The file.
        path: String,
        /// Why.
        source: EncodeError,
    },
    /// Nothing to work with.
    #[error("{path}: no examples")]
    Empty {
        /// The file.
        path: String,
    },
}

/// What became of some records.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Records read, or found unreadable.
    pub rows: usize,
    /// Texts cut to fit the context.
    pub truncated: usize,
    /// Records left out because their answer is not where it should be.
    pub misaligned: usize,
    /// Which records became examples, by their place among those read; ascending.
    pub kept: Vec<usize>,
    /// All records left out, for whatever reason.
    pub left_out: LeftOut,
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

/// The column or key that names a record; what it holds is kept beside it.
pub const ID: &str = "id";

/// The records of some sources.
#[derive(Clone, Debug)]
pub struct Gathered<R> {
    /// Those that could be read.
    pub records: Vec<records::Located<R>>,
    /// Those that could not.
    pub unreadable: LeftOut,
}

impl<R> Gathered<R> {
    fn rows(&self) -> usize {
        self.records.len() + self.unreadable.count
    }

    /// The error that unreadable records are where none may be left out.
    fn refused(&self, on_bad: OnBad) -> Option<ExamplesError> {
        let none = self.unreadable.clone().none(self.rows()).err().filter(|_| on_bad == OnBad::Error);
        none.map(ExamplesError::from)
    }

    fn path(&self) -> String {
        self.records.first().map(|located| located.path.display().to_string()).unwrap_or_default()
    }
}

/// Reads all records of some sources.
///
/// # Errors
/// Records that cannot be read, unless they may be left out; a file that cannot be read; a source without records.
pub fn read_records<R: DeserializeOwned>(sources: &[Source], on_bad: OnBad) -> Result<Gathered<R>, ExamplesError> {
    let mut found = Gathered { records: Vec::new(), unreadable: LeftOut::default() };
    for source in sources {
        let before = found.rows();
        for located in records::read(source)?.keeping(vec![ID.into()]) {
            match located {
                Ok(located) => found.records.push(located),
                // The encoding of a whole file explains what seems wrong with its records.
                Err(error @ RecordError::Encoding { .. }) => return Err(error.into()),
                Err(error) => {
                    if error.record().is_none() {
                        // What is wrong with records explains more than what that does to their file.
                        return Err(found.refused(on_bad).unwrap_or(error.into()));
                    }
                    found.unreadable.extend(LeftOut::of(&error));
                }
            }
        }
        if found.rows() == before {
            return Err(ExamplesError::Empty { path: source.path.display().to_string() });
        }
    }
    match found.refused(on_bad) {
        Some(refused) => Err(refused),
        None => Ok(found),
    }
}

/// What the records tell before training ([`Task::survey`]). Those that no survey can use are left out if they may be.
///
/// # Errors
/// What makes the records unusable, with the places of those that are at fault alone.
pub fn survey<T: Task>(
    config: &T::Config,
    gathered: &mut Gathered<T::Record>,
    on_bad: OnBad,
) -> Result<T::State, ExamplesError> {
    let all = |gathered: &Gathered<T::Record>| {
        let records: Vec<T::Record> = gathered.records.iter().map(|located| located.record.clone()).collect();
        T::survey(config, &records).map_err(|source| ExamplesError::Survey { path: gathered.path(), source })
    };
    let refused = match all(gathered) {
        Err(refused) if on_bad == OnBad::Skip => refused,
        surveyed => return surveyed,
    };
    let rows = gathered.records.len();
    let mut bad = LeftOut::default();
    gathered.records.retain(|located| match T::survey(config, std::slice::from_ref(&located.record)) {
        // One record alone is of one class, and has one value.
        Ok(_) | Err(EncodeError::SingleClass { .. } | EncodeError::Constant { .. }) => true,
        Err(why) => {
            bad.add(unusable(located, &why));
            false
        }
    });
    if bad.count == 0 || bad.count == rows {
        return Err(refused);
    }
    gathered.unreadable.extend(bad);
    all(gathered)
}

/// Whether those records that became examples can be learned from alone: a single class may be left, say.
///
/// # Errors
/// What makes them unusable.
pub fn survey_kept<T: Task>(
    config: &T::Config,
    gathered: &Gathered<T::Record>,
    report: &Report,
) -> Result<(), ExamplesError> {
    if report.kept.len() == gathered.records.len() {
        return Ok(());
    }
    let kept: Vec<T::Record> = report.kept.iter().map(|&at| gathered.records[at].record.clone()).collect();
    let refused = T::survey(config, &kept).err();
    refused.map_or(Ok(()), |source| Err(ExamplesError::Survey { path: gathered.path(), source }))
}

fn unusable<R>(located: &records::Located<R>, why: &EncodeError) -> Unusable {
    Unusable { place: format!("{}:{}", located.path.display(), located.line), why: why.to_string() }
}

/// Encodes records. Those whose answer does not occur in their passage are left out and counted, others that cannot be
/// used only if they may be.
///
/// # Errors
/// Records that cannot be used, the first several with their places; more of them than the limit.
pub fn encode<T: Task>(
    task: &T,
    gathered: &Gathered<T::Record>,
    tolerance: Tolerance,
) -> Result<(Vec<T::Example>, Report), ExamplesError> {
    let rows = gathered.rows();
    let mut report = Report { rows, left_out: gathered.unreadable.clone(), ..Report::default() };
    let mut examples = Vec::with_capacity(gathered.records.len());
    let mut bad = LeftOut::default();
    for (index, located) in gathered.records.iter().enumerate() {
        match task.encode(&located.record, true) {
            Ok(Encoded { example, truncated, remarks }) => {
                report.truncated += usize::from(truncated);
                T::content(&located.record).remarks.iter().chain(&remarks).for_each(|remark| report.remark(remark));
                examples.push(example);
                report.kept.push(index);
            }
            Err(why @ EncodeError::Misaligned { .. }) => {
                report.misaligned += 1;
                report.left_out.add(unusable(located, &why));
            }
            Err(why) => bad.add(unusable(located, &why)),
        }
    }
    match tolerance.on_bad {
        OnBad::Error => bad.none(rows)?,
        OnBad::Skip => report.left_out.extend(bad),
    }
    report.left_out.at_most(tolerance.max_skipped, rows)?;
    if examples.is_empty() {
        return Err(ExamplesError::Empty { path: gathered.path() });
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
    let looking_back = Model { backbone: model.backbone.clone().looking_back(), ..model.clone() };
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
