use std::fs;

use burn::tensor::Device;
use cimiento_data::order;
use cimiento_data::tokenizer::Tokenizer;
use cimiento_data::vocabulary::{Names, Vocabulary};
use serde_json::Value;
use std::path::Path;
use tempfile::TempDir;

use super::layout::{BACKBONE, EMBEDDINGS, HEAD, MANIFEST};
use super::*;
use crate::backbone::{BackboneConfig, Preset, ShapeConfig};
use crate::metrics::Scores;
use crate::objective::{Model, NoHead};
use crate::params;
use crate::tensors::Dtype;

fn tokenizer() -> Tokenizer {
    Tokenizer::train(["the miller sold the mule".to_string()].into_iter(), 270).unwrap()
}

fn card(backbone: &BackboneConfig) -> Card {
    Card {
        kind: PRETRAINING.into(),
        identity: "x".into(),
        backbone: backbone.clone(),
        task: None,
        lora: None,
        origin: None,
        data: None,
        texts: Default::default(),
    }
}

/// A checkpoint of a tiny model in `folder`.
fn make(folder: &Path, tie_embeddings: bool, seed: u64) -> Model<NoHead> {
    let tokenizer = tokenizer();
    let shape = ShapeConfig { preset: Preset::Micro, tie_embeddings, ..Default::default() };
    let backbone = shape.resolve(tokenizer.vocab_size()).unwrap();
    let card = card(&backbone);
    let model = Model::of_text(backbone.init(&mut order::rng(seed, 0, 0), &Device::flex()), NoHead::default());
    write(
        folder,
        &card,
        &tokenizer.into(),
        &model,
        &Progress { step: 5, ..Default::default() },
        &Scores::default(),
        None,
    )
    .unwrap();
    model
}

fn message(folder: &Path) -> String {
    Checkpoint::open(folder).unwrap_err().to_string()
}

#[test]
fn weights_come_back_bit_for_bit() {
    let dir = TempDir::new().unwrap();
    for tied in [true, false] {
        let folder = dir.path().join("c");
        let model = make(&folder, tied, 1);
        let opened = Checkpoint::open(&folder).unwrap();
        let back = opened.backbone(&Device::flex()).unwrap();
        assert_eq!(params::weights(&model.backbone), params::weights(&back));
        assert_eq!(opened.tokenizer().unwrap().hash(), tokenizer().hash());
        assert_eq!(opened.manifest().progress.step, 5);
    }
}

#[test]
fn the_fingerprint_tells_weights_apart() {
    let dir = TempDir::new().unwrap();
    let mut prints = Vec::new();
    for (name, seed) in [("a", 1), ("b", 1), ("c", 2)] {
        make(&dir.path().join(name), true, seed);
        prints.push(Checkpoint::open(&dir.path().join(name)).unwrap().fingerprint().unwrap());
    }
    assert_eq!(prints[0], prints[1]);
    assert_ne!(prints[0], prints[2]);
}

#[test]
fn tensors_have_the_names_of_transformers() {
    let dir = TempDir::new().unwrap();
    make(dir.path().join("c").as_path(), false, 1);
    let shapes = Checkpoint::open(&dir.path().join("c")).unwrap().shapes().unwrap();
    let names: Vec<&str> = shapes.iter().map(|(name, _)| name.as_str()).collect();
    assert!(names.contains(&"model.layers.0.self_attn.q_proj.weight"), "{names:?}");
    assert!(names.contains(&"lm_head.weight"), "{names:?}");
}

#[test]
fn damage_is_named() {
    let dir = TempDir::new().unwrap();
    let folder = dir.path().join("c");
    let check = |damage: &dyn Fn(), expected: &str| {
        make(&folder, true, 1);
        damage();
        let message = message(&folder);
        assert!(message.contains(expected), "{message}");
    };
    let weights = folder.join(BACKBONE);
    check(&|| fs::remove_file(&weights).unwrap(), "the file is missing");
    check(&|| fs::write(&weights, b"short").unwrap(), "5 bytes, the manifest says");
    let flip = || {
        let mut bytes = fs::read(&weights).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(&weights, bytes).unwrap();
    };
    check(&flip, "checksum");
    #[cfg(unix)]
    let link = || {
        let elsewhere = dir.path().join("elsewhere");
        fs::rename(&weights, &elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &weights).unwrap();
    };
    #[cfg(unix)]
    check(&link, "it is a link");
    check(&|| fs::write(folder.join(MANIFEST), b"{").unwrap(), "not JSON");
    check(&|| fs::write(folder.join(MANIFEST), br#"{"version": 99}"#).unwrap(), "checkpoint format 99");
    let unknown = || {
        let text = fs::read_to_string(folder.join(MANIFEST)).unwrap();
        fs::write(folder.join(MANIFEST), text.replacen('{', "{\"surprise\": 1,", 1)).unwrap();
    };
    check(&unknown, "surprise");
}

#[test]
fn a_damaged_newest_step_names_the_one_before() {
    let dir = TempDir::new().unwrap();
    for step in [10, 20] {
        make(&step_folder(dir.path(), step), true, step);
    }
    fs::write(step_folder(dir.path(), 20).join(HEAD), b"").unwrap();
    let message = message(dir.path());
    assert!(message.contains("step-000020") && message.contains("step-000010 is the one before it"), "{message}");
}

#[test]
fn a_run_opens_at_its_end_or_else_at_its_newest_step() {
    let dir = TempDir::new().unwrap();
    assert!(message(dir.path()).contains("neither a checkpoint nor a run"));
    for step in [9, 1000] {
        make(&step_folder(dir.path(), step), true, step);
    }
    assert!(Checkpoint::open(dir.path()).unwrap().folder().ends_with("step-001000"));
    make(&dir.path().join("final"), true, 3);
    assert!(Checkpoint::open(dir.path()).unwrap().folder().ends_with("final"));
}

#[test]
fn weights_of_another_shape_are_refused_by_name() {
    let dir = TempDir::new().unwrap();
    let model = make(&dir.path().join("c"), true, 1);
    let other = ShapeConfig { preset: Preset::Micro, layers: Some(3), ..Default::default() }.resolve(270).unwrap();
    let fresh = other.init(&mut order::rng(0, 0, 0), &Device::flex());
    let error = params::load(fresh, params::weights(&model.backbone)).unwrap_err().to_string();
    assert!(error.contains("missing [layers.2."), "{error}");
}

#[test]
fn a_copy_in_fewer_bits_is_the_same_model_rounded() {
    let dir = TempDir::new().unwrap();
    let (whole, copy) = (dir.path().join("whole"), dir.path().join("copy"));
    let model = make(&whole, true, 1);
    Checkpoint::open(&whole).unwrap().copy(&copy, Dtype::F16).unwrap();
    let opened = Checkpoint::open(&copy).unwrap();
    assert_eq!(opened.manifest().progress.step, 5);
    let bytes = |folder: &Path| fs::metadata(folder.join(BACKBONE)).unwrap().len();
    assert!(bytes(&copy) < bytes(&whole) * 11 / 20, "{} of {}", bytes(&copy), bytes(&whole));
    let rounded = params::weights(&opened.backbone(&Device::flex()).unwrap());
    for (path, exact) in params::weights(&model.backbone) {
        for (exact, rounded) in exact.iter::<f32>().zip(rounded[&path].iter::<f32>()) {
            assert!((exact - rounded).abs() <= exact.abs() / 1024.0 + 1e-7, "{path}: {exact} {rounded}");
        }
    }
}

#[test]
fn a_model_of_names_comes_back_and_reads_no_text() {
    let dir = TempDir::new().unwrap();
    let names = Names::new(["mule", "cart", "plough"].map(String::from)).unwrap();
    let backbone = ShapeConfig { preset: Preset::Micro, ..Default::default() }.resolve(names.size()).unwrap();
    let model = Model::of_text(backbone.init(&mut order::rng(1, 0, 0), &Device::flex()), NoHead::default());
    let (progress, scores) = (Progress::default(), Scores::default());
    write(dir.path(), &card(&backbone), &names.clone().into(), &model, &progress, &scores, None).unwrap();
    let opened = Checkpoint::open(dir.path()).unwrap();
    assert!(matches!(opened.vocabulary().unwrap(), Vocabulary::Names(found) if found == names));
    let error = opened.tokenizer().unwrap_err().to_string();
    assert!(error.contains("names.json") && error.contains("it reads no text"), "{error}");
}

/// Turns a checkpoint into one of the first format: the hash of a tokenizer, no embeddings of patches.
fn make_first(folder: &Path) {
    let path = folder.join(MANIFEST);
    let mut manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let fields = manifest.as_object_mut().unwrap();
    fields.insert("version".into(), 1.into());
    let vocabulary = fields.remove("vocabulary").unwrap();
    fields.insert("tokenizer".into(), vocabulary["blake3"].clone());
    manifest["files"].as_object_mut().unwrap().remove(EMBEDDINGS).unwrap();
    fs::write(&path, manifest.to_string()).unwrap();
    fs::remove_file(folder.join(EMBEDDINGS)).unwrap();
}

#[test]
fn the_first_format_is_read_and_copied_into_this_one() {
    let dir = TempDir::new().unwrap();
    let (old, new) = (dir.path().join("old"), dir.path().join("new"));
    let model = make(&old, true, 1);
    let fingerprint = Checkpoint::open(&old).unwrap().fingerprint().unwrap();
    make_first(&old);
    let opened = Checkpoint::open(&old).unwrap();
    assert_eq!(params::weights(&model.backbone), params::weights(&opened.restore(model.clone()).unwrap().backbone));
    assert_eq!(opened.fingerprint().unwrap(), fingerprint);
    assert_eq!(opened.tokenizer().unwrap().hash(), tokenizer().hash());
    opened.copy(&new, Dtype::F32).unwrap();
    let copied = Checkpoint::open(&new).unwrap();
    assert_eq!((copied.manifest().version, copied.fingerprint().unwrap()), (VERSION, fingerprint));

    Manifest::rename(&old, "y".into()).unwrap();
    assert_eq!(Checkpoint::open(&old).unwrap().manifest().identity, "y");
}

#[test]
fn the_model_in_the_box_is_of_the_first_format() {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/cimiento-nano");
    for name in ["qa", "sentiment", "summarization"] {
        let opened = Checkpoint::open(&models.join(name)).unwrap();
        assert_eq!(opened.manifest().version, 1);
        opened.tokenizer().unwrap();
        opened.backbone(&Device::flex()).unwrap();
    }
}

#[test]
fn a_checkpoint_without_its_embeddings_is_refused() {
    let dir = TempDir::new().unwrap();
    make(dir.path(), true, 1);
    fs::remove_file(dir.path().join(EMBEDDINGS)).unwrap();
    assert!(message(dir.path()).contains("embeddings.safetensors"), "{}", message(dir.path()));
}

/// A step of a run, as it was saved before there were other formats.
#[test]
fn a_kept_step_of_the_first_format_can_be_gone_on_from() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/checkpoint-1");
    let opened = Checkpoint::open(&kept).unwrap();
    assert_eq!(opened.fingerprint().unwrap(), "70383ae40cc494f74db2bd6d8a08699c68bb769a10d29f03953be9e6871d5e4b");
    let device = Device::flex();
    let fresh = opened.manifest().backbone.init(&mut order::rng(7, 0, 0), &device);
    let model = opened.restore(Model::of_text(fresh, NoHead::default())).unwrap();
    assert_eq!(params::weights(&model.backbone), params::weights(&opened.backbone(&device).unwrap()));
    let state = opened.training_state(&device).unwrap();
    assert!(!state.optimizer.is_empty());
}
