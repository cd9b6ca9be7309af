use std::fs;

use burn::tensor::Device;
use cimiento_data::order;
use cimiento_data::tokenizer::Tokenizer;
use std::path::Path;
use tempfile::TempDir;

use super::layout::{BACKBONE, HEAD, MANIFEST};
use super::*;
use crate::backbone::{Preset, ShapeConfig};
use crate::metrics::Scores;
use crate::objective::{Model, NoHead};
use crate::params;
use crate::tensors::Dtype;

fn tokenizer() -> Tokenizer {
    Tokenizer::train(["the miller sold the mule".to_string()].into_iter(), 270).unwrap()
}

/// A checkpoint of a tiny model in `folder`.
fn make(folder: &Path, tie_embeddings: bool, seed: u64) -> Model<NoHead> {
    let tokenizer = tokenizer();
    let shape = ShapeConfig { preset: Preset::Micro, tie_embeddings, ..Default::default() };
    let backbone = shape.resolve(tokenizer.vocab_size()).unwrap();
    let card = Card {
        kind: PRETRAINING.into(),
        identity: "x".into(),
        backbone: backbone.clone(),
        task: None,
        lora: None,
        origin: None,
        data: None,
        texts: Default::default(),
    };
    let model =
        Model { backbone: backbone.init(&mut order::rng(seed, 0, 0), &Device::flex()), head: NoHead::default() };
    write(folder, &card, &tokenizer, &model, &Progress { step: 5, ..Default::default() }, &Scores::default(), None)
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
