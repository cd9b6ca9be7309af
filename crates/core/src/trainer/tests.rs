use std::cell::Cell;

use burn::tensor::Device;
use rand::rngs::StdRng;
use tempfile::TempDir;

use super::*;
use crate::backbone::{BackboneConfig, Preset, ShapeConfig};
use crate::checkpoint::PRETRAINING;
use crate::feed::ExampleFeed;
use crate::masked::{MixConfig, Pretraining};
use crate::metrics::Score;
use crate::objective::NoHead;
use cimiento_data::corpus::Window;
use cimiento_data::tokenizer::Tokenizer;

const LINES: [&str; 4] =
    ["the miller sold the mule", "the baker baked bread", "rain fell on the mill", "a hen laid an egg"];

struct Fixture {
    folder: TempDir,
    tokenizer: Tokenizer,
    shape: BackboneConfig,
    rows: Vec<Window>,
    config: TrainConfig,
    optimizer: OptimizerConfig,
    mix: MixConfig,
    /// The step, from 0, whose loss is no number.
    poisoned: Option<u64>,
    /// What each validation finds, the last of them ever after.
    scores: Vec<f64>,
}

/// An objective with one step whose loss is no number.
struct Poisoned {
    objective: Pretraining,
    progress: Option<f64>,
}

impl Objective for Poisoned {
    type Example = Window;
    type Batch = (<Pretraining as Objective>::Batch, bool);
    type Head = NoHead;

    fn head(&self, backbone: &BackboneConfig, rng: &mut StdRng, device: &Device) -> NoHead {
        self.objective.head(backbone, rng, device)
    }

    fn collate(&self, examples: &[Window], progress: f64, rng: &mut StdRng, device: &Device) -> Self::Batch {
        (self.objective.collate(examples, progress, rng, device), self.progress == Some(progress))
    }

    fn targets(&self, batch: &Self::Batch) -> usize {
        self.objective.targets(&batch.0)
    }

    fn tokens(&self, batch: &Self::Batch) -> usize {
        self.objective.tokens(&batch.0)
    }

    fn loss(&self, model: &Model<NoHead>, (batch, poisoned): &Self::Batch) -> Tensor<1> {
        let loss = self.objective.loss(model, batch);
        if *poisoned { loss.mul_scalar(f64::NAN) } else { loss }
    }
}

fn fixture() -> Fixture {
    let tokenizer = Tokenizer::train(LINES.iter().map(|line| line.to_string()), 300).unwrap();
    let shape = ShapeConfig { preset: Preset::Micro, ..Default::default() }.resolve(tokenizer.vocab_size()).unwrap();
    let special = tokenizer.special();
    let row = |line: &&str| {
        let mut ids = vec![special.bos];
        ids.extend(tokenizer.encode(line));
        ids.push(special.eos);
        let mut segments = vec![1; ids.len()];
        ids.resize(24, special.pad);
        segments.resize(24, 0);
        Window { ids, segments }
    };
    Fixture {
        folder: TempDir::new().unwrap(),
        rows: LINES.iter().map(row).collect(),
        tokenizer,
        shape,
        config: TrainConfig {
            steps: 12,
            validate_every: 4,
            save_every: 3,
            dropout: 0.1,
            average: 0.5,
            ..Default::default()
        },
        optimizer: OptimizerConfig::default(),
        mix: MixConfig { masked: 0.5, causal: 0.5, prefix: 0.5, ..Default::default() },
        poisoned: None,
        scores: vec![1.0],
    }
}

/// Stops after a step, keeps every loss.
#[derive(Default)]
struct Recorder {
    losses: Vec<f64>,
    validations: Vec<u64>,
    stop_at: Option<u64>,
    stopped: Cell<bool>,
}

impl Observer for Recorder {
    fn step(&mut self, report: &StepReport) {
        self.losses.push(report.loss);
        self.stopped.set(Some(report.step) == self.stop_at);
    }

    fn validation(&mut self, step: u64, _: &Scores) {
        self.validations.push(step);
    }

    fn stop(&self) -> bool {
        self.stopped.get()
    }
}

impl Fixture {
    fn train(
        &self,
        folder: &str,
        resume: bool,
        micro_batch: usize,
        recorder: &mut Recorder,
    ) -> Result<Outcome<NoHead>, TrainError> {
        let objective = Poisoned {
            objective: Pretraining::new(self.mix.clone(), &self.tokenizer),
            progress: self.poisoned.map(|step| step as f64 / self.config.steps as f64),
        };
        let validations = Cell::new(0);
        let device = Device::flex().autodiff();
        let mut rng: StdRng = order::rng(self.config.seed, 0, 0);
        let backbone = self.shape.init(&mut rng, &device).with_dropout(self.config.dropout);
        let trainer = Trainer {
            objective: &objective,
            feed: &ExampleFeed { examples: self.rows.clone(), batch: 4, micro_batch, seed: 1 },
            folder: &self.folder.path().join(folder),
            card: Card {
                kind: PRETRAINING.into(),
                identity: format!("{:?}", self.optimizer),
                backbone: self.shape.clone(),
                task: None,
                lora: None,
                origin: None,
                data: None,
                texts: Default::default(),
            },
            vocabulary: &self.tokenizer.clone().into(),
            config: &self.config,
            optimizer: &self.optimizer,
            schedule: &ScheduleConfig::default(),
            judge: &|_| {
                let value = self.scores[validations.get().min(self.scores.len() - 1)];
                validations.set(validations.get() + 1);
                Scores(vec![Score { metric: "x".into(), value, n: 1, ..Score::default() }])
            },
            criterion: "x".into(),
            lengthens: false,
            fit: &|_| None,
        };
        trainer.train(Model::of_text(backbone, NoHead::default()), resume, recorder)
    }

    fn fingerprint(&self, folder: &str) -> String {
        Checkpoint::open(&self.folder.path().join(folder)).unwrap().fingerprint().unwrap()
    }
}

#[test]
fn an_interrupted_run_ends_in_the_same_bits_as_an_uninterrupted_one() {
    let fixture = fixture();
    let mut whole = Recorder::default();
    fixture.train("whole", false, 4, &mut whole).unwrap();
    // Before, within and after the stretch whose weights are averaged, and between two saves.
    for stop_at in [2, 7, 10] {
        let name = format!("parts-{stop_at}");
        let mut first = Recorder { stop_at: Some(stop_at), ..Default::default() };
        assert!(fixture.train(&name, false, 4, &mut first).unwrap().interrupted);
        let mut second = Recorder::default();
        let outcome = fixture.train(&name, true, 4, &mut second).unwrap();
        assert!(!outcome.interrupted);
        assert_eq!([first.losses, second.losses].concat(), whole.losses, "stopped at {stop_at}");
        assert_eq!(fixture.fingerprint(&name), fixture.fingerprint("whole"), "stopped at {stop_at}");
    }
}

#[test]
fn micro_batches_weigh_every_target_alike() {
    let mut fixture = fixture();
    // Causal only: the other objectives draw their masks by micro-batch. Lines differ in length, so a mean of
    // micro-batch means would differ from the mean over all targets.
    fixture.mix = MixConfig { masked: 0.0, causal: 1.0, prefix: 0.0, ..Default::default() };
    fixture.config.dropout = 0.0;
    let (mut at_once, mut in_parts) = (Recorder::default(), Recorder::default());
    fixture.train("at-once", false, 4, &mut at_once).unwrap();
    fixture.train("in-parts", false, 1, &mut in_parts).unwrap();
    for (a, b) in at_once.losses.iter().zip(&in_parts.losses) {
        assert!((a - b).abs() < 2e-3 * a, "{a} {b}");
    }
}

#[test]
fn each_objective_learns_four_lines_by_heart() {
    for (name, mix) in [
        ("masked", MixConfig { masked: 1.0, causal: 0.0, prefix: 0.0, ..Default::default() }),
        ("causal", MixConfig { masked: 0.0, causal: 1.0, prefix: 0.0, ..Default::default() }),
        ("prefix", MixConfig { masked: 0.0, causal: 0.0, prefix: 1.0, ..Default::default() }),
    ] {
        for method in [crate::optimizer::Method::Muon, crate::optimizer::Method::AdamW] {
            let mut fixture = fixture();
            fixture.mix = mix.clone();
            fixture.config =
                TrainConfig { steps: 140, save_every: 0, validate_every: 0, average: 0.0, ..Default::default() };
            fixture.optimizer = OptimizerConfig { method, lr: 5e-3, ..Default::default() };
            let mut recorder = Recorder::default();
            fixture.train(name, false, 4, &mut recorder).unwrap();
            let end: f64 = recorder.losses[130..].iter().sum::<f64>() / 10.0;
            assert!(recorder.losses[0] > 4.0, "{name}: starts at {}", recorder.losses[0]);
            assert!(end < 1.0, "{name} with {method:?}: ends at {end}");
        }
    }
}

#[test]
fn a_diverging_run_stops_and_names_the_last_good_checkpoint() {
    let mut fixture = fixture();
    fixture.optimizer = OptimizerConfig { lr: 1e30, muon_lr: 1e30, ..Default::default() };
    fixture.config = TrainConfig { save_every: 1, validate_every: 0, ..fixture.config };
    let error = fixture.train("diverging", false, 4, &mut Recorder::default()).err().unwrap().to_string();
    assert!(error.contains("diverged at step 2"), "{error}");
    assert!(error.contains("step-000001"), "{error}");
}

#[test]
fn a_folder_of_another_configuration_is_refused() {
    let mut fixture = fixture();
    let mut recorder = Recorder { stop_at: Some(2), ..Default::default() };
    fixture.train("run", false, 4, &mut recorder).unwrap();
    fixture.optimizer.lr = 1e-5;
    let error = fixture.train("run", true, 4, &mut Recorder::default()).err().unwrap();
    assert!(matches!(error, TrainError::OtherRun { .. }), "{error}");
}

#[test]
fn only_the_newest_checkpoints_are_kept() {
    let mut fixture = fixture();
    fixture.config.keep_last = 2;
    fixture.train("run", false, 4, &mut Recorder::default()).unwrap();
    let steps: Vec<u64> =
        checkpoint::steps(&fixture.folder.path().join("run")).into_iter().map(|(step, _)| step).collect();
    assert_eq!(steps, [6, 9]);
}

#[test]
fn patience_ends_a_run_that_no_longer_improves() {
    let mut fixture = fixture();
    fixture.config = TrainConfig { patience: 1, validate_every: 2, keep: Keep::Best, ..fixture.config };
    let mut recorder = Recorder::default();
    let outcome = fixture.train("run", false, 4, &mut recorder).unwrap();
    // The score never changes: the second validation is the first stale one, and no third is made of the same weights.
    assert_eq!(outcome.step, 4);
    assert_eq!(recorder.validations, [2, 4]);
    let never = TrainConfig { validate_every: 0, ..fixture.config };
    assert!(never.validate().unwrap_err().contains("train.validate_every"));
}

#[test]
fn a_run_that_skipped_a_step_goes_on_as_if_it_had_not_been_interrupted() {
    let mut fixture = fixture();
    fixture.poisoned = Some(3);
    fixture.config.on_divergence = OnDivergence::Skip;
    let mut whole = Recorder::default();
    fixture.train("whole", false, 4, &mut whole).unwrap();
    assert!(whole.losses[3].is_nan() && whole.losses[4].is_finite());
    fixture.train("parts", false, 4, &mut Recorder { stop_at: Some(6), ..Default::default() }).unwrap();
    fixture.train("parts", true, 4, &mut Recorder::default()).unwrap();
    assert_eq!(fixture.fingerprint("parts"), fixture.fingerprint("whole"));
}

#[test]
fn a_score_that_is_no_number_is_not_the_best() {
    let mut fixture = fixture();
    fixture.config = TrainConfig { validate_every: 2, keep: Keep::Best, ..fixture.config };
    fixture.scores = vec![f64::NAN, 0.5, f64::NAN];
    fixture.train("run", false, 4, &mut Recorder { stop_at: Some(3), ..Default::default() }).unwrap();
    // Its checkpoints can be read, and the next score is better.
    fixture.scores.remove(0);
    let outcome = fixture.train("run", true, 4, &mut Recorder::default()).unwrap();
    assert_eq!(outcome.scores.get("x").unwrap().value, 0.5);
    let best = Checkpoint::open(&fixture.folder.path().join("run/best")).unwrap();
    assert_eq!(best.manifest().progress.step, 4);
}
