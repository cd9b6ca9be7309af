//! Records to examples, examples to losses, states to answers.

use burn::tensor::{Device, Tensor};
use cimiento_core::backbone::BackboneConfig;
use cimiento_core::heads::{Class, Exported, Imported, NoClass};
use cimiento_core::metrics::{self, Bin, ClassReport, Scores, best_threshold};
use cimiento_core::objective::{Model, Objective, Task};
use cimiento_data::content::Content;
use cimiento_data::encode::{EncodeError, Encoded};
use cimiento_data::fields::{Field, FieldKind, Targets};
use cimiento_data::quality::Warning;
use cimiento_data::tokenizer::Tokenizer;
use rand::rngs::StdRng;

use crate::answer::{Answer, Decoder};
use crate::baselines::{self, global_threshold};
use crate::config::{Choice, Config, ProblemType, State, Threshold};
use crate::example::{self, Batch, Example};
use crate::exchange;
use crate::head::Classifier;
use crate::record::Record;
use crate::target::{self, Gold};

/// Classification of texts into the classes that the training data have, or a number for each.
pub struct Sentiment {
    config: Config,
    state: State,
    tokenizer: Tokenizer,
    context: usize,
}

impl Sentiment {
    /// The most tokens of a sequence.
    fn limit(&self) -> usize {
        if self.config.max_tokens == 0 { self.context } else { self.config.max_tokens.min(self.context) }
    }

    /// What was learned of the training records.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Whether thresholds are chosen on validation data.
    fn is_fitted(&self) -> bool {
        let several = self.config.problem_type == ProblemType::MultiLabelClassification;
        several && matches!(self.config.threshold, Threshold::Chosen(_))
    }

    /// The state with the thresholds at which answers to labelled examples have the best F1.
    pub(crate) fn with_thresholds(&self, answers: &[Answer], examples: &[Example]) -> State {
        let (rows, gold) = self.judged(answers, examples, |example| baselines::labels(example).cloned());
        let count = self.state.labels.len();
        let of_label = |label: usize| {
            let scores: Vec<f64> = rows.iter().map(|row| row[label]).collect();
            best_threshold(&scores, &gold.iter().map(|gold| gold.contains(&label)).collect::<Vec<_>>())
        };
        let thresholds = match self.config.threshold {
            Threshold::Given(given) => vec![given; count],
            Threshold::Chosen(Choice::Global) => vec![global_threshold(&rows, &gold); count],
            Threshold::Chosen(Choice::PerLabel) => (0..count).map(of_label).collect(),
        };
        State { thresholds, ..self.state.clone() }
    }

    fn decoder(&self) -> Decoder<'_> {
        Decoder {
            problem: self.config.problem_type,
            function: self.config.function_to_apply,
            state: &self.state,
            threshold: if let Threshold::Given(given) = self.config.threshold { Some(given) } else { None },
        }
    }

    /// Probabilities of the examples whose target is known, and that.
    fn judged<'a, G>(
        &self,
        answers: &[Answer],
        examples: &'a [Example],
        gold: impl Fn(&'a Example) -> Option<G>,
    ) -> (Vec<Vec<f64>>, Vec<G>) {
        let labels = &self.state.labels;
        answers.iter().zip(examples).filter_map(|(answer, example)| Some((answer.row(labels), gold(example)?))).unzip()
    }

    /// Labels given to the examples whose labels are known.
    fn given(&self, answers: &[Answer], examples: &[Example]) -> Vec<Vec<usize>> {
        let place = |name: &String| self.state.labels.iter().position(|known| known == name);
        let given = |answer: &Answer| match answer {
            Answer::Labels { labels, .. } => labels.iter().filter_map(place).collect(),
            Answer::Class { .. } | Answer::Number { .. } => Vec::new(),
        };
        let known = answers.iter().zip(examples).filter(|(_, example)| example.gold.is_some());
        known.map(|(answer, _)| given(answer)).collect()
    }
}

impl Objective for Sentiment {
    type Example = Example;
    type Batch = Batch;
    type Head = Classifier;

    fn head(&self, backbone: &BackboneConfig, rng: &mut StdRng, device: &Device) -> Classifier {
        Classifier::new(backbone, self.state.labels.len(), rng, device)
    }

    fn collate(&self, examples: &[Example], _progress: f64, _rng: &mut StdRng, device: &Device) -> Batch {
        example::batch(examples, &self.state, self.tokenizer.special().pad, device)
    }

    fn targets(&self, batch: &Batch) -> usize {
        batch.targets.count()
    }

    fn tokens(&self, batch: &Batch) -> usize {
        batch.length
    }

    fn loss(&self, model: &Model<Classifier>, batch: &Batch) -> Tensor<1> {
        let states = batch.places.states(&model.backbone, &batch.tokens, self.config.pooling);
        batch.targets.loss(&model.head, states, self.config.label_smoothing)
    }
}

impl Task for Sentiment {
    const NAME: &'static str = "sentiment";
    const METRIC: &'static str = "accuracy";
    const PLAIN: Option<&'static str> = Some("text");
    const FIELDS: &'static [Field] = &[
        Field {
            name: "text",
            kind: FieldKind::Text,
            also: &["review", "sentence", "content", "body", "comment", "message", "tweet", "description"],
            target: false,
        },
        Field {
            name: "label",
            kind: FieldKind::Class,
            also: &[
                "class",
                "category",
                "sentiment",
                "stars",
                "rating",
                "target",
                "labels",
                "topic",
                "intent",
                "emotion",
            ],
            target: true,
        },
    ];
    type Config = Config;
    type State = State;
    type Record = Record;
    type Answer = Answer;

    fn settings_for(targets: Targets) -> Option<String> {
        Some(match targets {
            Targets::Several(separator) => {
                format!("problem_type = \"multi_label_classification\"\nseparator = \"{separator}\"\n")
            }
            Targets::Lists => "problem_type = \"multi_label_classification\"\n".to_owned(),
            Targets::Numbers => "problem_type = \"regression\"\n".to_owned(),
        })
    }

    fn survey(config: &Config, records: &[Record]) -> Result<State, EncodeError> {
        let pairs = Some(records.iter().any(|record| record.text_pair.is_some()));
        Ok(State { pairs, ..target::survey(config, records)? })
    }

    fn learned_pairs(state: &State) -> Option<bool> {
        state.pairs
    }

    fn of_training(trained: &Config, asked: &Config) -> Vec<&'static str> {
        // The head was trained on vectors pooled so.
        let mut keys = vec!["label_smoothing", "class_weights", "pooling"];
        if let Threshold::Chosen(_) = asked.threshold {
            // A number is as good later.
            keys.push("threshold");
        }
        // Of classes, one may be asked for or several: a model from elsewhere does not always say which.
        if [trained, asked].iter().any(|config| config.problem_type == ProblemType::Regression) {
            keys.push("problem_type");
        }
        keys
    }

    fn same_head(found: &State, wanted: &State) -> bool {
        found.labels == wanted.labels && found.scale == wanted.scale
    }

    fn warnings(config: &Config, records: &[Record]) -> Vec<Warning> {
        target::warnings(config, records)
    }

    fn new(config: Config, state: State, tokenizer: Tokenizer, context: usize) -> Self {
        Self { config, state, tokenizer, context }
    }

    fn validate(config: &Config) -> Result<(), String> {
        config.validate()
    }

    fn metric(config: &Config) -> &'static str {
        match config.problem_type {
            ProblemType::SingleLabelClassification => Self::METRIC,
            // Unlike F1 it needs no threshold, which is chosen at the end.
            ProblemType::MultiLabelClassification => "macro_ap",
            ProblemType::Regression => "rmse",
        }
    }

    fn suits(config: &Config, backbone: &BackboneConfig) -> Result<(), String> {
        match config.pooling {
            Some(pooling) if backbone.blind(pooling) => Err(
                "pooling = \"first\" cannot be used: this backbone only looks back, so that the first state is the same for \
                 every text; take \"last\" or \"mean\""
                .into()),
            _ => Ok(()),
        }
    }

    fn encode(&self, record: &Record, labelled: bool) -> Result<Encoded<Example>, EncodeError> {
        let gold = if labelled { Some(target::gold(&self.config, &self.state, record)?) } else { None };
        let (sequence, truncated) = example::sequence(record, &self.tokenizer, self.limit())?;
        let example = Example { text: record.whole(), sequence, gold };
        Ok(Encoded { example, truncated, remarks: Vec::new() })
    }

    fn answer(&self, model: &Model<Classifier>, examples: &[Example], device: &Device) -> Vec<Answer> {
        let mut answers = Vec::with_capacity(examples.len());
        for run in example::runs(examples) {
            let (tokens, places) = example::pack(examples[run].iter(), self.tokenizer.special().pad, device);
            let states = places.states(&model.backbone, &tokens, self.config.pooling);
            answers.extend(self.decoder().answers(model.head.forward(states)));
        }
        answers
    }

    fn fit(&self, model: &Model<Classifier>, examples: &[Example], device: &Device) -> Option<State> {
        self.is_fitted().then(|| self.with_thresholds(&self.answer(model, examples, device), examples))
    }

    fn score(&self, answers: &[Answer], examples: &[Example]) -> Scores {
        match self.config.problem_type {
            ProblemType::SingleLabelClassification => {
                let (rows, gold) = self.judged(answers, examples, baselines::class);
                metrics::classification(&rows, &gold)
            }
            ProblemType::MultiLabelClassification => {
                let (rows, gold) = self.judged(answers, examples, |example| baselines::labels(example).cloned());
                metrics::multi_label(&rows, &self.given(answers, examples), &gold)
            }
            ProblemType::Regression => {
                let value = |answer: &Answer| if let Answer::Number { value } = answer { *value } else { f64::NAN };
                let pairs = answers.iter().zip(examples);
                let pairs = pairs.filter_map(|(answer, example)| Some((value(answer), baselines::number(example)?)));
                let (predicted, gold): (Vec<f64>, Vec<f64>) = pairs.unzip();
                metrics::regression(&predicted, &gold)
            }
        }
    }

    fn calibration(&self, answers: &[Answer], examples: &[Example]) -> Option<Vec<Bin>> {
        let (rows, gold) = self.judged(answers, examples, baselines::class);
        (self.config.problem_type == ProblemType::SingleLabelClassification)
            .then(|| metrics::calibration_bins(&rows, &gold))
    }

    fn quality(&self, answers: &[Answer], examples: &[Example]) -> Option<Vec<f64>> {
        let std = self.state.scale.map_or(1.0, |scale| scale.std);
        let place = |name: &String| self.state.labels.iter().position(|known| known == name);
        let quality = |(answer, example): (&Answer, &Example)| match (answer, &example.gold) {
            (Answer::Class { label, .. }, Some(Gold::Class(class))) => f64::from(self.state.labels[*class] == *label),
            (Answer::Labels { labels, .. }, Some(Gold::Labels(gold))) => {
                let right = labels.iter().filter_map(place).filter(|label| gold.contains(label)).count();
                let all = labels.len() + gold.len();
                if all == 0 { 1.0 } else { 2.0 * right as f64 / all as f64 }
            }
            (Answer::Number { value }, Some(Gold::Number(number))) => 1.0 - (value - number).abs() / std,
            _ => 0.0,
        };
        Some(answers.iter().zip(examples).map(quality).collect())
    }

    fn confidence(&self, answer: &Answer) -> Option<f64> {
        match answer {
            Answer::Class { label, probabilities } => probabilities.get(label).copied(),
            Answer::Labels { .. } | Answer::Number { .. } => None,
        }
    }

    fn classes(&self, answers: &[Answer], examples: &[Example]) -> Option<ClassReport> {
        let labels = &self.state.labels;
        match self.config.problem_type {
            ProblemType::SingleLabelClassification => {
                let (rows, gold) = self.judged(answers, examples, baselines::class);
                let place = |answer: &Answer| match answer {
                    Answer::Class { label, .. } => labels.iter().position(|known| known == label).unwrap_or(0),
                    Answer::Labels { .. } | Answer::Number { .. } => 0,
                };
                let known = answers.iter().zip(examples).filter(|(_, example)| baselines::class(example).is_some());
                let predicted: Vec<usize> = known.map(|(answer, _)| place(answer)).collect();
                let report = ClassReport::of(labels, &predicted, &gold);
                Some(report.with_average_precision(&rows, |example, class| gold[example] == class))
            }
            ProblemType::MultiLabelClassification => {
                let (rows, gold) = self.judged(answers, examples, |example| baselines::labels(example).cloned());
                let report = ClassReport::of_several(labels, &self.given(answers, examples), &gold);
                Some(report.with_average_precision(&rows, |example, label| gold[example].contains(&label)))
            }
            ProblemType::Regression => None,
        }
    }

    fn baselines(&self, train: &[Example], examples: &[Example]) -> Vec<(String, Vec<Answer>)> {
        baselines::baselines(&self.decoder(), train, examples)
    }

    fn exported(config: &Config, state: &State, backbone: &BackboneConfig) -> Result<Exported, NoClass> {
        exchange::exported(config, state, backbone)
    }

    fn imported(class: &Class) -> Option<Imported> {
        exchange::imported(class)
    }

    fn content(record: &Record) -> Content {
        let text = if record.text_pair.is_some() { record.whole() } else { record.text.clone() };
        Content { text, ..Content::default() }
    }

    fn class_names(config: &Config, record: &Record) -> Vec<String> {
        target::named(config, record)
    }

    fn show(&self, example: &Example) -> (String, String) {
        let name = |label: &usize| self.state.labels[*label].clone();
        let expected = match &example.gold {
            None => String::new(),
            Some(Gold::Class(class)) => name(class),
            Some(Gold::Labels(labels)) if labels.is_empty() => "(none)".into(),
            Some(Gold::Labels(labels)) => labels.iter().map(name).collect::<Vec<_>>().join(", "),
            Some(Gold::Number(number)) => number.to_string(),
        };
        (example.text.clone(), expected)
    }
}
