//! Models that come from other programs and go to them, through the command line.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::hub::Hub;
use crate::support::{World, copy, finish};

/// A model made by transformers, with what it computes there.
pub fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/interchange").join(name)
}

/// A world in which it is a run of the same name.
pub fn with(names: &[&str]) -> World {
    let world = World::new();
    for name in names {
        world.run(&["import", golden(name).to_str().unwrap(), "--as", name]).ok();
    }
    world
}

fn fingerprint(world: &World, run: &str) -> String {
    let text = world.run(&["inspect", run, "--json"]).ok();
    serde_json::from_str::<Value>(&text).unwrap()["fingerprint"].as_str().unwrap().to_string()
}

/// Writes a fine-tuning config of one task from `from`, with more keys at its end.
fn tune(world: &World, task: &str, from: &str, run: &str, more: &str) {
    let text = fs::read_to_string(world.path(&format!("{task}.toml"))).unwrap();
    let text = text.replacen(&format!("run = \"{task}\""), &format!("run = \"{run}\""), 1);
    world.config(
        &format!("{run}.toml"),
        &format!("{}\n{more}", text.replace("run = \"base\"", &format!("run = \"{from}\""))),
    );
}

#[test]
fn a_model_of_transformers_writes_scores_and_learns_every_task() {
    let world = with(&["qwen3-gqa", "llama-untied"]);
    for name in ["qwen3-gqa", "llama-untied"] {
        let write = world.run(&["generate", name, "--prompt", "the mill", "--greedy", "--max-tokens", "8"]).ok();
        assert!(write.trim_end().len() > 1, "{name} {write:?}");
        let scored = world.feed(&["score", name], "{\"text\": \"the mill\"}\n").lines();
        assert!(scored[0]["log_probability"].as_f64().unwrap() < 0.0);
        for task in ["sentiment", "qa", "summarization"] {
            let run = format!("{name}-{task}");
            let more = if task == "sentiment" { "[lora]\nrank = 2" } else { "" };
            tune(&world, task, name, &run, more);
            world.run(&["finetune", &format!("{run}.toml")]).ok();
        }
        let answer =
            world.feed(&["predict", &format!("{name}-sentiment"), "--task", "sentiment"], "{\"text\": \"x\"}\n");
        assert!(["glad", "sad"].contains(&answer.lines()[0]["label"].as_str().unwrap()));
    }
    // A conversation is put as the model's own template says, with its special tokens; here for a user's words:
    // `<|im_start|>user\n…<|im_end|>\n`.
    let talk =
        |more: &[&str]| world.run(&[&["generate", "qwen3-gqa", "--greedy", "--max-tokens", "8"][..], more].concat());
    let answer = talk(&["--chat", "who?"]).ok();
    assert_ne!(answer, talk(&["--chat", "who?", "--system", "be brief"]).ok());
    assert_ne!(
        answer,
        talk(&["--prompt", "<|im_start|>user\nwho?<|im_end|>\n"]).ok(),
        "a user's text has no such tokens"
    );
    world.run(&["generate", "llama-untied", "--chat", "who?"]).fails(&["no chat template"]);
    // Qwen's tokenizer has a token to hide others with by name only, Llama's has none.
    world.feed(&["score", "llama-untied", "--masked"], "{\"text\": \"x\"}\n").fails(&["no token to hide others"]);
}

#[test]
fn only_factors_are_learned_and_then_taken_up() {
    let world = World::copy_of_trained();
    tune(
        &world,
        "sentiment",
        "base",
        "adapted",
        "[lora]\nrank = 2\nalpha = 8.0\ntargets = [\"q_proj\", \"down_proj\"]",
    );
    let whole = ["finetune", "adapted.toml", "--set", "train.save_every=1", "--set", "train.average=0.5"];
    world.run(&whole).ok();
    let tensors = |run: &str| -> Vec<String> {
        let shown: Value = serde_json::from_str(&world.run(&["inspect", run, "--json"]).ok()).unwrap();
        shown["tensors"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap().to_string()).collect()
    };
    let (finished, halfway) = (tensors("adapted"), tensors("runs/adapted/step-000002"));
    let factors = halfway.iter().filter(|name| name.contains("lora_")).count();
    assert_eq!(factors, 4, "two layers with two factors each: {halfway:?}");
    assert!(!finished.iter().any(|name| name.contains("lora_")));
    // What is not adapted stays, what is does not.
    let weights = |run: &str| fs::read(world.path(&format!("runs/{run}/final/backbone.safetensors"))).unwrap();
    let (base, adapted) = (weights("base"), weights("adapted"));
    let changed = |name: &str| {
        let data = |bytes: &[u8]| -> Vec<u8> {
            let size = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
            let header: Value = serde_json::from_slice(&bytes[8..8 + size]).unwrap();
            let at = |i: usize| 8 + size + header[name]["data_offsets"][i].as_u64().unwrap() as usize;
            bytes[at(0)..at(1)].to_vec()
        };
        data(&base) != data(&adapted)
    };
    assert!(changed("model.layers.0.self_attn.q_proj.weight") && changed("model.layers.0.mlp.down_proj.weight"));
    assert!(!changed("model.layers.0.self_attn.k_proj.weight") && !changed("model.embed_tokens.weight"));

    // A run of factors goes on where it stopped, bit for bit.
    let expected = fingerprint(&world, "adapted");
    fs::remove_dir_all(world.path("runs/adapted/final")).unwrap();
    fs::remove_file(world.path("runs/adapted/finished.json")).unwrap();
    world.run(&["export", "adapted", "out"]).fails(&["factors that are still being learned"]);
    world.feed(&["predict", "adapted", "--task", "sentiment"], "{\"text\": \"x\"}\n").ok();
    world.run(&[&whole[..], &["--resume"]].concat()).ok();
    assert_eq!(fingerprint(&world, "adapted"), expected);

    let other = ["finetune", "adapted.toml", "--overwrite", "--set"];
    world.run(&[&other[..], &["lora.targets=[\"qkv\"]"]].concat()).fails(&["no layer is called \"qkv\"", "q_proj"]);
    world.run(&[&other[..], &["lora.rank=0"]].concat()).fails(&["lora.rank is 0"]);
    world.run(&[&other[..], &["from.freeze=true"]].concat()).fails(&["lora and from.freeze"]);
}

#[test]
fn what_is_exported_comes_back_with_its_task() {
    let world = World::copy_of_trained();
    for run in ["base", "sentiment", "summarization"] {
        world.run(&["export", run, "out", "--overwrite"]).ok();
        for file in ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "README.md"] {
            assert!(world.path("out").join(file).is_file(), "{run}: {file}");
        }
        world.run(&["import", "out", "--as", "back", "--overwrite"]).ok();
        assert_eq!(fingerprint(&world, "back"), fingerprint(&world, run), "{run}");
    }
    let prompt = |run: &str| world.run(&["generate", run, "--prompt", "On day", "--greedy"]).ok();
    assert_eq!(prompt("back"), prompt("summarization"));
    world.run(&["export", "sentiment", "out", "--overwrite"]).ok();
    world.run(&["import", "out", "--as", "back", "--overwrite"]).ok();
    let ask = |run: &str| world.feed(&["predict", run, "--task", "sentiment"], "{\"text\": \"Ada was glad.\"}\n").ok();
    assert_eq!(ask("back"), ask("sentiment"));

    // A summary is written after a prefix that sees itself, which no stock class does: the card says so.
    world.run(&["export", "summarization", "out", "--overwrite"]).ok();
    let card = fs::read_to_string(world.path("out/README.md")).unwrap();
    assert!(card.contains("looks back only") && card.contains("On 4 of the run's validation examples"), "{card}");
    tune(&world, "qa", "base", "plain", "");
    world.run(&["finetune", "plain.toml", "--set", "task.qa.question_aware=false"]).ok();
    world.run(&["export", "plain", "out", "--overwrite", "--dtype", "bf16", "--shard-mb", "1"]).ok();
    let config: Value = serde_json::from_slice(&fs::read(world.path("out/config.json")).unwrap()).unwrap();
    assert_eq!(
        (&config["architectures"][0], &config["is_causal"]),
        (&json!("Qwen3ForQuestionAnswering"), &json!(false))
    );
}

#[test]
fn a_folder_of_small_copies_answers_every_task() {
    let world = World::copy_of_trained();
    for run in ["base", "sentiment", "qa", "summarization"] {
        world.run(&["export", run, &format!("gift/{run}"), "--format", "cimiento"]).ok();
    }
    fs::rename(world.path("runs"), world.path("elsewhere")).unwrap();
    let label = world.feed(&["predict", "gift", "--task", "sentiment"], "{\"text\": \"Ada was glad.\"}\n").lines();
    assert!(["glad", "sad"].contains(&label[0]["label"].as_str().unwrap()));
    let asked = "{\"question\": \"Who was glad?\", \"context\": \"Ada was glad.\"}\n";
    assert!(world.feed(&["predict", "gift", "--task", "qa"], asked).lines()[0]["text"].is_string());
    let size = |path: &str| fs::metadata(world.path(path)).unwrap().len();
    assert!(size("gift/base/backbone.safetensors") * 10 < size("elsewhere/base/final/backbone.safetensors") * 6);
    world.run(&["export", "elsewhere/base", "gift/base", "--format", "cimiento"]).fails(&["already there"]);
    world.run(&["export", "elsewhere/base", "q", "--format", "cimiento", "--dtype", "q8_0"]).fails(&["GGUF alone"]);
}

#[test]
fn what_cannot_be_exported_says_why() {
    let world = World::copy_of_trained();
    world.run(&["export", "qa", "out"]).fails(&["points from the question", "question_aware = false"]);
    tune(&world, "sentiment", "base", "pooled", "");
    world.run(&["finetune", "pooled.toml", "--set", "task.sentiment.pooling=mean"]).ok();
    world.run(&["export", "pooled", "out"]).fails(&["classifies another state", "without `task.sentiment.pooling`"]);
    world.run(&["export", "base", "out", "--dtype", "q8_0"]).fails(&["q8_0 is a type of GGUF alone"]);
    world.run(&["export", "base", "out", "--format", "gguf", "--dtype", "f32"]).fails(&["f16 and q8_0"]);
    assert!(!world.path("out").exists());
    world.run(&["export", "base", "out"]).ok();
    world.run(&["export", "base", "out"]).fails(&["out is already there", "--overwrite"]);
    world.run(&["export", "base", "model.gguf", "--format", "gguf"]).ok();
    assert!(fs::read(world.path("model.gguf")).unwrap().starts_with(b"GGUF\x03"));
    world.run(&["export", "base", "other", "--dry-run"]).ok();
    assert!(!world.path("other").exists());
}

#[test]
fn an_encoder_reads_and_does_not_write() {
    let world = with(&["bert", "roberta"]);
    for name in ["bert", "roberta"] {
        let expected: Value = serde_json::from_slice(&fs::read(golden(name).join("expected.json")).unwrap()).unwrap();
        let texts = expected["embedded"].as_array().unwrap();
        let lines: String = texts.iter().map(|text| format!("{}\n", json!({ "text": text }))).collect();
        let found = world.feed(&["embed", name], &lines).lines();
        for (found, expected) in found.iter().zip(expected["embeddings"].as_array().unwrap()) {
            let numbers = |value: &Value| -> Vec<f64> {
                value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
            };
            let (found, expected) = (numbers(&found["embedding"]), numbers(expected));
            assert_eq!(found.len(), expected.len());
            assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-5), "{name}: {found:?} {expected:?}");
        }
        assert_eq!(found.len(), texts.len());
        for task in ["sentiment", "qa"] {
            let run = format!("{name}-{task}");
            tune(&world, task, name, &run, "[lora]\ntargets = [\"query\", \"dense\"]");
            world.run(&["finetune", &format!("{run}.toml")]).ok();
        }
        world.feed(&["predict", &format!("{name}-sentiment"), "--task", "sentiment"], "{\"text\": \"x\"}\n").ok();
        world.run(&["export", &format!("{name}-sentiment"), "out", "--overwrite"]).ok();
        world.run(&["import", "out", "--as", "back", "--overwrite"]).ok();
        assert_eq!(fingerprint(&world, "back"), fingerprint(&world, &format!("{name}-sentiment")));
        world.run(&["export", name, "model.gguf", "--format", "gguf"]).fails(&["reads and does not write"]);
        world.run(&["generate", name, "--prompt", "x"]).fails(&["encoder", "does not write"]);
        world.feed(&["score", name], "{\"text\": \"x\"}\n").fails(&["encoder", "does not write"]);
        tune(&world, "summarization", name, "summaries", "");
        world.run(&["finetune", "summaries.toml"]).fails(&["summarization writes", "encoder"]);
    }
    let long = json!({ "text": "day ".repeat(100) }).to_string();
    let cut = world.feed(&["embed", "bert", "--pooling", "first", "--raw"], &long);
    assert!(cut.stderr.contains("stdin:1: the text is cut"), "{}", cut.stderr);
    // As transformers, which reads what surrounds a text.
    let empty = world.feed(&["embed", "bert"], "{\"text\": \"\"}\n{\"text\": \"x\"}\n");
    assert!(empty.stderr.contains("1 texts are empty"), "{}", empty.stderr);
    assert_eq!(empty.lines().len(), 2);
}

#[test]
fn a_head_made_elsewhere_answers_here() {
    let world = with(&["qwen3-classifier-both", "bert-classifier", "qwen3-span", "bert-span"]);
    for run in ["qwen3-classifier-both", "bert-classifier"] {
        let answer =
            world.feed(&["predict", run, "--task", "sentiment"], "{\"text\": \"the mill\"}\n").lines().remove(0);
        let names: Vec<&String> = answer["probabilities"].as_object().unwrap().keys().collect();
        assert_eq!(names, ["bad", "good", "so-so"]);
    }
    for run in ["qwen3-span", "bert-span"] {
        let question = json!({ "question": "who?", "context": "the miller sold the mule" }).to_string();
        world.feed(&["predict", run, "--task", "qa"], &question).ok();
    }
}

#[test]
fn heads_of_classes_answer_as_the_pipeline_of_transformers_does() {
    let names = ["bert-classifier", "bert-one-label", "bert-multi-label", "bert-regression", "qwen3-classifier-both"];
    let world = with(&names);
    for run in names {
        let expected: Value = serde_json::from_slice(&fs::read(golden(run).join("expected.json")).unwrap()).unwrap();
        let asked = expected["asked"].as_array().unwrap();
        let input: String = asked.iter().map(|text| json!({ "text": text }).to_string() + "\n").collect();
        let answers = world.feed(&["predict", run, "--task", "sentiment"], &input).lines();
        assert_eq!(answers.len(), asked.len());
        for (answer, scores) in answers.iter().zip(expected["scores"].as_array().unwrap()) {
            for (label, score) in scores.as_object().unwrap() {
                let found = answer.get("value").unwrap_or(&answer["probabilities"][label]).as_f64().unwrap();
                let score = score.as_f64().unwrap();
                assert!((found - score).abs() < 1e-4 * score.abs().max(1.0), "{run}: {answer}, expected {scores}");
            }
        }
    }
    // As a list: those that reach one half.
    let answer = world.feed(&["predict", "bert-multi-label", "--task", "sentiment"], "{\"text\": \"the mill\"}\n");
    assert_eq!(answer.lines()[0]["labels"], json!(["bad", "good"]));
    // What goes out says what it is.
    world.run(&["export", "bert-multi-label", "out"]).ok();
    let config = fs::read_to_string(world.path("out/config.json")).unwrap();
    assert!(config.contains("\"problem_type\": \"multi_label_classification\""), "{config}");
}

#[test]
fn a_bad_model_leaves_no_run() {
    let world = World::new();
    copy(&golden("qwen3-gqa"), &world.path("model"));
    let weights = world.path("model/model.safetensors");
    let bytes = fs::read(&weights).unwrap();
    fs::write(&weights, &bytes[..bytes.len() / 2]).unwrap();
    world.run(&["import", "model", "--as", "cut"]).fails(&["model.safetensors", "cut off or is damaged"]);
    world.run(&["import", "nowhere", "--as", "cut"]).fails(&["nowhere", "no such file"]);
    assert!(!world.path("runs").exists());
    fs::write(&weights, bytes).unwrap();
    world.run(&["import", "model", "--as", "whole", "--dry-run"]).ok();
    assert!(!world.path("runs").exists());
    world.run(&["import", "model", "--as", "whole"]).ok();
    world.run(&["import", "model", "--as", "whole"]).fails(&["already holds a run", "--overwrite"]);
    world.run(&["import", "model", "--as", "../out"]).fails(&["--as", "relative path"]);
}

#[test]
fn a_model_of_the_hub_is_imported_by_name() {
    let (world, hub) = (World::new(), Hub::new());
    for entry in fs::read_dir(golden("qwen3-untied")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        hub.put("cimiento/qwen3-untied", &name, fs::read(&path).unwrap());
    }
    let import = ["import", "hf://cimiento/qwen3-untied", "--as", "qwen"];
    finish(&mut hub.command(&world, &import)).ok();
    let local = with(&["qwen3-untied"]);
    assert_eq!(fingerprint(&world, "qwen"), fingerprint(&local, "qwen3-untied"));
    let data = ["import", "hub:sst2", "--as", "x"];
    finish(&mut hub.command(&world, &data)).fails(&["hub:sst2 is a data set"]);
}

/// The vectors that a run makes of texts.
fn vectors(world: &World, run: &str, texts: &[Value], more: &[&str]) -> Vec<Vec<f64>> {
    let lines: String = texts.iter().map(|text| format!("{}\n", json!({ "text": text }))).collect();
    let found = world.feed(&[&["embed", run][..], more].concat(), &lines).lines();
    found.iter().map(|line| serde_json::from_value(line["embedding"].clone()).unwrap()).collect()
}

#[test]
fn vectors_follow_the_files_of_sentence_transformers() {
    let world = World::new();
    let said = world.run(&["import", golden("bert-sentence").to_str().unwrap(), "--as", "st"]);
    assert!(said.stderr.contains("pooling cls, a dense layer to 8 numbers, normalized"), "{}", said.stderr);
    assert!(said.stderr.contains("texts cut at 24 tokens, the prompt \"query\""), "{}", said.stderr);
    let expected: Value =
        serde_json::from_slice(&fs::read(golden("bert-sentence").join("expected.json")).unwrap()).unwrap();
    let texts = expected["texts"].as_array().unwrap();
    let check = |run: &str, key: &str, more: &[&str]| {
        let there: Vec<Vec<f64>> = serde_json::from_value(expected[key].clone()).unwrap();
        for (found, there) in vectors(&world, run, texts, more).iter().flatten().zip(there.iter().flatten()) {
            assert!((found - there).abs() < 1e-4, "{key}: {found} {there}");
        }
    };
    check("st", "default", &[]);
    check("st", "passage", &["--prompt-name", "passage"]);
    check("st", "passage", &["--prompt", "the bread, "]);
    assert_ne!(vectors(&world, "st", texts, &["--pooling", "mean"]), vectors(&world, "st", texts, &[]));
    world
        .feed(&["embed", "st", "--prompt-name", "other"], "{\"text\": \"x\"}\n")
        .fails(&["\"other\"", "passage, query"]);
    let long = json!({ "text": "bread ".repeat(40) }).to_string();
    let cut = world.feed(&["embed", "st"], &format!("{long}\n{long}\n"));
    assert!(cut.stderr.contains("stdin:2: the text is cut to fit the context (24 tokens)"), "{}", cut.stderr);
    assert!(cut.stderr.contains("2 texts were cut after 24 tokens"), "{}", cut.stderr);
    // What goes out has those files again, may be replaced, and is read as what came in.
    world.run(&["export", "st", "out"]).ok();
    world.run(&["export", "st", "out", "--overwrite"]).ok();
    for file in ["modules.json", "1_Pooling/config.json", "2_Dense/model.safetensors", "sentence_bert_config.json"] {
        assert!(world.path("out").join(file).is_file(), "{file}");
    }
    world.run(&["import", "out", "--as", "back"]).ok();
    check("back", "default", &[]);
    world.run(&["export", "st", "small", "--format", "cimiento", "--dtype", "f32"]).ok();
    check("small", "default", &[]);
}

#[test]
fn a_decoder_without_a_head_is_said_to_read_only() {
    let world = World::new();
    copy(&golden("qwen3-gqa"), &world.path("model"));
    let config = fs::read_to_string(world.path("model/config.json")).unwrap();
    let untied = config.replace("\"tie_word_embeddings\": true", "\"tie_word_embeddings\": false");
    fs::write(world.path("model/config.json"), untied).unwrap();
    let said = world.run(&["import", "model", "--as", "reader"]);
    assert!(said.stderr.contains("does not write or score texts"), "{}", said.stderr);
    world.run(&["generate", "reader", "--prompt", "x"]).fails(&["no lm_head", "not tied"]);
    world.feed(&["score", "reader"], "{\"text\": \"x\"}\n").fails(&["no lm_head", "not tied"]);
    world.feed(&["embed", "reader"], "{\"text\": \"x\"}\n").ok();
    tune(&world, "summarization", "reader", "summaries", "");
    world.run(&["finetune", "summaries.toml"]).fails(&["summarization writes", "no lm_head"]);
    world.run(&["export", "reader", "model.gguf", "--format", "gguf"]).fails(&["no lm_head"]);
}

#[test]
fn a_model_of_the_hub_needs_its_scheme() {
    let world = World::new();
    world.run(&["import", "Qwen/Qwen3-0.6B", "--as", "qwen"]).fails(&["no such file", "hf://Qwen/Qwen3-0.6B"]);
}
