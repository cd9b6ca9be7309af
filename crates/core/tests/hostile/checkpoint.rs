//! Checkpoints of which one file is anything, with a manifest that says it should be so: a model, or a message.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use burn::tensor::{Device, Tensor};
use cimiento_core::backbone::{Backbone, ShapeConfig};
use cimiento_core::checkpoint::{self, Card, Checkpoint, CheckpointError, PRETRAINING, Progress, TrainingState};
use cimiento_core::masked::{MixConfig, Pretraining};
use cimiento_core::metrics::Scores;
use cimiento_core::objective::{Model, NoHead};
use cimiento_core::tokens::{Attend, Sequence, Tokens};
use cimiento_data::files;
use cimiento_data::order;
use cimiento_data::tokenizer::Tokenizer;
use serde_json::{Value, json};

use crate::scratch::Scratch;

const FILES: [&str; 5] =
    ["manifest.json", "tokenizer.json", "backbone.safetensors", "head.safetensors", "optimizer.safetensors"];

/// The files of a sound checkpoint of a very small model.
pub fn sound() -> &'static BTreeMap<String, Vec<u8>> {
    static SOUND: LazyLock<BTreeMap<String, Vec<u8>>> = LazyLock::new(|| {
        let device = Device::flex();
        let tokenizer = Tokenizer::train(["the miller sold the mule".to_string()].into_iter(), 270).unwrap();
        let sizes = [Some(4), Some(1), Some(2)];
        let [d_model, layers, heads] = sizes;
        let shape = ShapeConfig { d_model, layers, heads, d_ff: Some(4), context: 16, ..Default::default() };
        let backbone = shape.resolve(tokenizer.vocab_size()).unwrap();
        let model = Model::of_text(backbone.init(&mut order::rng(1, 0, 0), &device), NoHead::default());
        let card = Card {
            kind: PRETRAINING.into(),
            identity: "x".into(),
            backbone,
            task: None,
            lora: None,
            origin: None,
            data: None,
            texts: Default::default(),
        };
        let optimizer = BTreeMap::from([("norm.weight".to_string(), Tensor::<1>::ones([4], &device))]);
        let state = TrainingState { optimizer, average: BTreeMap::new() };
        let folder = Scratch::new("sound");
        let target = folder.path().join("step-000001");
        let (progress, scores) = (Progress::default(), Scores::default());
        checkpoint::write(&target, &card, &tokenizer.into(), &model, &progress, &scores, Some(&state)).unwrap();
        let read =
            |entry: std::fs::DirEntry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap());
        std::fs::read_dir(&target).unwrap().map(|entry| read(entry.unwrap())).collect()
    });
    &SOUND
}

/// The first byte is a digit, which file the rest is: 0 the manifest, 1 the tokenizer, 2 the backbone, 3 the head, 4 the
/// optimizer's memory.
pub fn check(input: &[u8]) {
    let [which, bytes @ ..] = input else { return };
    let Some(&name) = FILES.get(usize::from(which.wrapping_sub(b'0'))) else { return };
    let mut files = sound().clone();
    files.insert(name.to_string(), bytes.to_vec());
    mend(&mut files);
    let folder = Scratch::new("checkpoint");
    files.iter().for_each(|(name, bytes)| drop(folder.file(name, bytes)));
    if let Err(e) = used(&folder) {
        assert!(e.to_string().contains("cimiento-hostile"), "{e} does not name the file");
    }
}

/// Has the manifest say of every file what it is now, so that nothing is refused for its hash alone.
fn mend(files: &mut BTreeMap<String, Vec<u8>>) {
    let Ok(mut manifest) = serde_json::from_slice::<Value>(&files["manifest.json"]) else { return };
    let print = |bytes: &Vec<u8>| json!({ "bytes": bytes.len(), "blake3": files::hash_bytes(bytes) });
    let prints: serde_json::Map<String, Value> = files
        .iter()
        .filter(|(name, _)| *name != "manifest.json")
        .map(|(name, bytes)| (name.clone(), print(bytes)))
        .collect();
    let Some(object) = manifest.as_object_mut() else { return };
    if object.contains_key("files") {
        object.insert("files".into(), prints.into());
    }
    let tokenizer = std::str::from_utf8(&files["tokenizer.json"]).ok();
    if let Some(tokenizer) = tokenizer.and_then(|json| Tokenizer::from_json(json, "tokenizer.json").ok()) {
        object.insert("vocabulary".into(), json!({ "kind": "text", "blake3": tokenizer.hash() }));
    }
    files.insert("manifest.json".into(), manifest.to_string().into_bytes());
}

/// All that is done with a checkpoint.
fn used(folder: &Scratch) -> Result<(), CheckpointError> {
    let device = Device::flex();
    let opened = Checkpoint::open(folder.path())?;
    let tokenizer = opened.tokenizer();
    let backbone = opened.backbone(&device);
    if let (Ok(tokenizer), Ok(backbone)) = (&tokenizer, &backbone) {
        reads(backbone, &tokenizer.encode("the mule"), &device);
        opened.model(&Pretraining::new(MixConfig::default(), tokenizer), &device)?;
    }
    // One file may be wrong and the others right: each is tried, whatever became of those before it.
    let rest = [
        opened.shapes().map(drop),
        opened.fingerprint().map(drop),
        opened.training_state(&device).map(drop),
        opened.text(cimiento_core::checkpoint::CHAT_TEMPLATE).map(drop),
        tokenizer.map(drop),
        backbone.map(drop),
    ];
    rest.into_iter().collect()
}

/// A model that was accepted makes states of tokens.
pub fn reads(backbone: &Backbone, ids: &[u32], device: &Device) {
    let config = backbone.config();
    let ids = ids.iter().copied().take(config.context.min(8)).collect::<Vec<_>>();
    if ids.is_empty() {
        return;
    }
    let length = ids.len();
    let tokens = Tokens::from_rows(&[vec![&Sequence::new(ids, Attend::Both)]], 0, length, device);
    assert_eq!(backbone.states(&tokens).dims(), [1, length, config.d_model]);
}
