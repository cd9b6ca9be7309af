//! Pretraining that goes on: from another model, with more steps, without held-out text.

use std::fs;

use serde_json::Value;

use crate::support::World;

fn inspect(world: &World, run: &str) -> Value {
    serde_json::from_str(&world.run(&["inspect", run, "--json"]).ok()).unwrap()
}

/// `base.toml` without what a model gone on from decides.
fn without_shape(world: &World) {
    let text = fs::read_to_string(world.path("base.toml")).unwrap();
    let text = text.replace("[tokenizer]\nvocab_size = 300\n", "[from]\nrun = \"base\"\n");
    let shape = "[backbone]\npreset = \"micro\"\nd_model = 32\nlayers = 1\ncontext = 64\n";
    assert!(text.contains(shape));
    world.config(
        "more.toml",
        &text.replace(shape, "").replace("run = \"base\"\n", "run = \"more\"\n").replacen(
            "[from]\nrun = \"more\"",
            "[from]\nrun = \"base\"",
            1,
        ),
    );
}

#[test]
fn a_model_is_gone_on_from_with_its_shape_and_tokenizer() {
    let world = World::copy_of_trained();
    without_shape(&world);
    // With rates of nearly nothing the weights are those that were gone on from.
    let still =
        ["--set", "optimizer.lr=1e-30", "--set", "optimizer.muon_lr=1e-30", "--set", "optimizer.weight_decay=0"];
    world.run(&[&["pretrain", "more.toml"][..], &still].concat()).ok();
    let (base, more) = (inspect(&world, "base"), inspect(&world, "more"));
    assert_eq!(more["vocabulary"], base["vocabulary"]);
    assert_eq!(more["shape"], base["shape"]);
    assert_eq!(more["files"]["backbone.safetensors"]["blake3"], base["files"]["backbone.safetensors"]["blake3"]);
    assert_eq!(more["step"], 4);

    let more = |sets: &[&str]| {
        let sets: Vec<&str> = sets.iter().flat_map(|set| ["--set", *set]).collect();
        world.run(&[&["pretrain", "more.toml", "--overwrite"][..], &sets].concat())
    };
    more(&["backbone.context=128", "batch.stages=[{ share = 1.0, length = 128 }]"]).ok();
    assert_eq!(inspect(&world, "more")["shape"]["context"], 128);
    more(&["backbone.d_model=32", "backbone.layers=1"]).ok();
    more(&["backbone.d_model=64"]).fails(&["backbone.d_model = 64 is not the shape of", "d_model 32, 1 layers"]);
    more(&["backbone.preset=nano"]).fails(&["backbone.preset = \"nano\" is not the shape of"]);
    more(&["batch.stages=[{ share = 1.0, length = 128 }]"])
        .fails(&["batch.stages[0].length = 128 is above", "backbone.context"]);
    more(&["tokenizer.vocab_size=400"]).fails(&["tokenizer: a model goes on with its own tokenizer"]);
    more(&["tokenizer.path=x.json"]).fails(&["tokenizer.path", "contradict each other"]);
    world.run(&["tokenizer", "more.toml", "--out", "t.json"]).fails(&["it goes on from base, with its tokenizer"]);
    more(&["from.run=nothing"]).fails(&["no run \"nothing\""]);
}

#[test]
fn a_model_that_was_changed_is_not_gone_on_from_in_the_middle() {
    let world = World::copy_of_trained();
    without_shape(&world);
    world.run(&["pretrain", "more.toml"]).ok();
    world.run(&["pretrain", "base.toml", "--overwrite", "--seed", "5"]).ok();
    world
        .run(&["pretrain", "more.toml", "--resume"])
        .fails(&["from.run, the weights to start from: its content has changed"]);
}

#[test]
fn a_run_is_made_longer_from_where_its_rate_was_level() {
    let world = World::new();
    let pretrain = |sets: &[&str]| {
        let sets: Vec<&str> = sets.iter().flat_map(|set| ["--set", *set]).collect();
        world.run(&[&["pretrain", "base.toml"][..], &sets].concat())
    };
    let eight = ["train.save_every=1", "train.keep_last=1", "schedule.decay=0.5", "train.average=0.0"];
    pretrain(&[&["train.steps=8"][..], &eight].concat()).ok();
    // The one before the rate fell is there beside the newest.
    let kept: Vec<u64> = (0..9).filter(|step| world.path(&format!("runs/base/step-00000{step}")).exists()).collect();
    assert_eq!(kept, [4, 7]);

    let longer = |steps: &str| {
        let steps = format!("train.steps={steps}");
        let mut sets = vec![steps.as_str()];
        sets.extend(eight);
        let sets: Vec<&str> = sets.iter().flat_map(|set| ["--set", *set]).collect();
        world.run(&[&["pretrain", "base.toml", "--resume"][..], &sets].concat())
    };
    let done = longer("12");
    assert!(done.stderr.contains("from 8 to 12 steps; it goes on from step 4"), "{}", done.stderr);
    done.ok();
    assert_eq!(inspect(&world, "base")["step"], 12);
    let metrics = fs::read_to_string(world.path("runs/base/metrics.jsonl")).unwrap();
    let steps: Vec<u64> = metrics
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|line| line["lr"].is_number())
        .map(|line| line["step"].as_u64().unwrap())
        .collect();
    assert_eq!(steps, (1..=12).collect::<Vec<_>>());
    assert!(world.run(&["list"]).ok().contains("finished"));
    // Fewer steps, or other changes beside, are refused with the key.
    longer("10").fails(&["train.steps: 12 → 10"]);
}

#[test]
fn a_short_run_made_longer_ends_in_the_bits_of_a_long_one() {
    let world = World::new();
    // Nothing in this depends on how many steps there are to be.
    let even = ["schedule.warmup=0", "objective.mask_rate=0.2", "objective.mask_rate_end=0.2", "train.average=0"];
    let pretrain = |name: &str, steps: u64, more: &[&str]| {
        let (run, steps) = (format!("run={name}"), format!("train.steps={steps}"));
        let sets = [&even[..], &["schedule.decay=0.5", "train.save_every=100", &run, &steps]].concat();
        let sets: Vec<&str> = sets.iter().flat_map(|set| ["--set", *set]).collect();
        world.run(&[&["pretrain", "base.toml"][..], &sets, more].concat())
    };
    pretrain("long", 12, &[]).ok();
    pretrain("short", 8, &[]).ok();
    assert!(world.path("runs/short/step-000004").is_dir(), "the last one of the level part is kept");
    let done = pretrain("short", 12, &["--resume"]);
    assert!(done.stderr.contains("from 8 to 12 steps; it goes on from step 4"), "{}", done.stderr);
    done.ok();
    let [long, short] = ["long", "short"].map(|run| inspect(&world, run));
    assert_eq!((&short["step"], &short["fingerprint"]), (&12.into(), &long["fingerprint"]));

    // Whoever keeps nothing on the way is told what would have been kept.
    let none = ["--set", "train.save_every=0"];
    pretrain("none", 8, &none).ok();
    let words = ["no checkpoint from between step 0 and step 4", "train.save_every is above 0 keeps one"];
    pretrain("none", 12, &[&none[..], &["--resume"]].concat()).fails(&words);
    let slow = ["--set", "schedule.warmup=0.3"];
    pretrain("slow", 8, &slow).ok();
    pretrain("slow", 100, &[&slow[..], &["--resume"]].concat()).fails(&["level until step 4", "rises until step 30"]);
}

#[test]
fn a_run_whose_rate_always_fell_is_not_made_longer() {
    let world = World::new();
    let falling = ["pretrain", "base.toml", "--set", "schedule.decay=0.98"];
    world.run(&falling).ok();
    let longer = [&falling[..], &["--set", "train.steps=6", "--resume"]].concat();
    world.run(&longer).fails(&["train.steps was 4 and is 6 now", "falling all the time", "from = { run = \"base\" }"]);
    assert_eq!(inspect(&world, "base")["step"], 4, "the run is as it was");
}

#[test]
fn no_text_need_be_held_out() {
    let world = World::new();
    let none = ["pretrain", "base.toml", "--set", "corpus.validation=0"];
    world.run(&none).ok();
    assert_eq!(inspect(&world, "base")["scores"], serde_json::json!([]));
    let metrics = fs::read_to_string(world.path("runs/base/metrics.jsonl")).unwrap();
    assert!(!metrics.contains("validation"), "{metrics}");
    let best = [&none[..], &["--set", "train.keep=best", "--dry-run"]].concat();
    world.run(&best).fails(&["train.keep = \"best\" compares validations", "corpus.validation = 0"]);
    let patient = [&none[..], &["--set", "train.patience=2", "--set", "train.validate_every=1", "--dry-run"]].concat();
    world.run(&patient).fails(&["train.patience compares validations"]);
    // A share that catches nothing holds one document out.
    let tiny = ["--set", "corpus.validation=0.000001", "--set", "run=tiny"];
    let line = [&["pretrain", "base.toml"][..], &tiny].concat();
    for more in [&["--dry-run"][..], &[]] {
        let done = world.run(&[&line[..], more].concat());
        assert!(done.stderr.contains("falls into the held-out share of 0.000001: it is raised to"), "{}", done.stderr);
        done.ok();
    }
    assert_ne!(inspect(&world, "tiny")["scores"], serde_json::json!([]));
    world.run(&[&["data", "check", "base.toml", "--strict"][..], &tiny].concat()).fails(&["--strict"]);
}

#[test]
fn positions_that_no_row_reaches_are_warned_of() {
    let world = World::new();
    let told = world.run(&["pretrain", "base.toml", "--dry-run"]);
    assert!(told.stderr.contains("backbone.context = 64, but no row is longer than 32 tokens"), "{}", told.stderr);
    let fits = world.run(&["pretrain", "base.toml", "--dry-run", "--set", "backbone.context=32"]);
    assert!(!fits.stderr.contains("no row is longer"), "{}", fits.stderr);
}

#[test]
fn a_dry_run_refuses_what_going_on_would_refuse() {
    let world = World::copy_of_trained();
    let dry = |more: &[&str]| world.run(&[&["pretrain", "base.toml", "--dry-run", "--resume"][..], more].concat());
    let before = fs::read(world.path("runs/base/final/manifest.json")).unwrap();
    let said = |told: crate::support::Output, words: &str| {
        assert!(told.stderr.contains(words), "{}", told.stderr);
        told.ok();
    };
    said(dry(&[]), "runs/base: already finished");
    dry(&["--set", "optimizer.lr=0.1"]).fails(&["optimizer.lr: 0.003 → 0.1", "choose another `run` name"]);
    dry(&["--set", "tokenizer.vocab_size=290"]).fails(&["tokenizer.vocab_size: 300 → 290"]);
    dry(&["--set", "corpus.sources[0].limit=20"]).fails(&["corpus.sources[0].limit: not set → 20"]);
    said(dry(&["--set", "train.steps=8"]), "from 4 to 8 steps; it goes on from step");
    dry(&["--set", "train.steps=3"]).fails(&["train.steps: 4 → 3"]);
    // A cache that is gone is not made again for this.
    fs::remove_dir_all(world.path("runs/cache")).unwrap();
    fs::remove_file(world.path("runs/base/finished.json")).unwrap();
    said(dry(&[]), "runs/base: would go on from step 2");
    dry(&["--set", "train.seed=9"]).fails(&["train.seed: 1 → 9"]);
    assert!(!world.path("runs/cache").exists());
    let corpus = fs::read_to_string(world.path("data/corpus.jsonl")).unwrap();
    world.data("corpus.jsonl", format!("{corpus}{{\"text\": \"More.\"}}\n"));
    dry(&[]).fails(&["corpus.jsonl: its content has changed"]);
    assert!(!world.path("runs/cache").exists());
    assert_eq!(fs::read(world.path("runs/base/final/manifest.json")).unwrap(), before);

    let tune = |more: &[&str]| world.run(&[&["finetune", "qa.toml", "--dry-run", "--resume"][..], more].concat());
    said(tune(&[]), "runs/qa: already finished");
    said(tune(&["--set", "run=fresh"]), "would fine-tune fresh");
    tune(&["--set", "train.dropout=0.5"]).fails(&["train.dropout", "→ 0.5"]);
    let questions = fs::read_to_string(world.path("data/questions.jsonl")).unwrap();
    world.data("questions.jsonl", questions.replace("Who", "Which man"));
    tune(&[]).fails(&["questions.jsonl: its content has changed"]);
}
