//! Folders of `transformers` of which one file is anything: a model that works, or a message.

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use cimiento_core::checkpoint::Checkpoint;
use cimiento_interchange::{self as interchange, Import};

use crate::checkpoint::reads;
use crate::scratch::Scratch;

const MODELS: [&str; 5] = ["llama", "qwen3-untied", "bert-span", "qwen3-classifier", "roberta"];
const FILES: [&str; 5] =
    ["config.json", "model.safetensors.index.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"];

/// The folder of a model that the repository has.
fn model(name: &str) -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let models = package.ancestors().map(|folder| folder.join("tests/interchange")).find(|folder| folder.is_dir());
    models.expect("the repository's").join(name)
}

/// The first byte is a letter, one for each model and, within those, each file that the rest stands for.
pub fn check(input: &[u8]) {
    let [which, bytes @ ..] = input else { return };
    let which = usize::from(which.wrapping_sub(b'A'));
    let (Some(&name), replaced) = (MODELS.get(which / FILES.len()), FILES[which % FILES.len()]) else { return };
    let folder = Scratch::new("transformers");
    for entry in std::fs::read_dir(model(name)).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() && path.file_name().unwrap() != "expected.json" {
            std::fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
        }
    }
    if replaced.ends_with("index.json") {
        // Where there is a whole file, the index is not looked at.
        let _ = std::fs::rename(folder.path().join("model.safetensors"), folder.path().join("model-00001.safetensors"));
    }
    folder.file(replaced, bytes);
    let device = Device::flex();
    let opened = match interchange::open(folder.path(), &device) {
        Ok(opened) => opened,
        Err(e) => return assert!(e.to_string().contains("cimiento-hostile"), "{e} does not name the file"),
    };
    let import = Import { kind: "pretraining".into(), task: None, origin: name.into() };
    let target = folder.path().join("saved");
    if let Err(e) = opened.save(&target, &import) {
        return assert!(e.to_string().contains("cimiento-hostile"), "{e} does not name the file");
    }
    let saved = Checkpoint::open(&target).expect("what was imported is a checkpoint");
    let tokenizer = saved.tokenizer().expect("whose tokenizer can be read");
    let backbone = saved.backbone(&device).expect("and whose weights fit");
    reads(&backbone, &tokenizer.encode("the mule"), &device);
}
