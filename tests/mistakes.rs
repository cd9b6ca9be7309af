//! Commands that are mistaken in what they name: told before anything is done, and nothing of value lost.

use std::fs;

use crate::exchange::golden;
use crate::support::World;

const REVIEWS: &str =
    "[[tasks]]\ndataset = 'reviews'\nsplit = 'test'\ndata = [{ path = 'reviews.jsonl', limit = 4 }]\n";

#[test]
fn results_do_not_take_the_place_of_a_model() {
    let world = World::copy_of_trained();
    let before = world.run(&["inspect", "qa", "--json"]).ok();
    world.config("e.toml", &format!("run = 'qa'\n{REVIEWS}runs = [{{ variant = 'a', run = 'sentiment' }}]\n"));
    for overwrite in [&[][..], &["--overwrite"]] {
        world.run(&[&["evaluate", "e.toml"], overwrite].concat()).fails(&["runs/qa holds a trained model"]);
    }
    world.config("c.toml", "run = 'qa'\nquestions = 3\n[corpus]\n[[corpus.sources]]\npath = 'corpus.jsonl'\n");
    world.run(&["data", "cloze", "c.toml"]).fails(&["runs/qa holds a trained model"]);
    assert_eq!(world.run(&["inspect", "qa", "--json"]).ok(), before);
}

#[test]
fn an_export_replaces_an_export_and_nothing_else() {
    let world = World::copy_of_trained();
    let export = |target: &str| world.run(&["export", "sentiment", target, "--format", "cimiento", "--overwrite"]);
    fs::create_dir_all(world.path("docs/more")).unwrap();
    fs::write(world.path("docs/notes.txt"), "mine").unwrap();
    let words = ["this holds other things than an export"];
    for target in ["docs", ".", "runs/sentiment", "runs/sentiment/final", "runs/qa/final"] {
        export(target).fails(&words);
    }
    assert!(world.path("docs/notes.txt").is_file() && world.path("docs/more").is_dir());
    export("given").ok();
    export("given").ok();
    world.run(&["predict", "given", "--task", "sentiment", "--input", "data/reviews.jsonl"]).ok();
}

#[test]
fn a_mistake_in_the_last_stage_is_told_before_the_first() {
    let world = World::new();
    let stages = "[[stages]]\nname = 'base'\nverb = 'pretrain'\nconfig = 'base.toml'\n\
                  [[stages]]\nname = 'mood'\nverb = 'finetune'\nconfig = 'sentiment.toml'\n";
    for (set, words) in [
        ("from.rnu = 'x'", &["sentiment.toml", "unknown key `rnu`"][..]),
        ("run = 'x'", &["stages[1].set changes `run`", "all/mood"]),
        ("from.run = 'old/base'", &["\"mood\" uses \"old/base\", a run of another pipeline", "all/base"]),
    ] {
        world.config("all.toml", &format!("run = 'all'\n{stages}set = [\"{set}\"]\n"));
        world.run(&["run", "all.toml"]).fails(words);
        assert!(!world.path("runs/all/base").exists(), "{set}");
    }
    world.config("all.toml", &format!("run = 'all'\n{stages}set = [\"from.run = 'all/base'\"]\n"));
    world.run(&["run", "all.toml"]).ok();
    // With another setting it is another run; that is said.
    let again = world.run(&["run", "all.toml", "--seed", "5"]);
    assert!(again.stderr.contains("made anew"), "{}", again.stderr);
}

#[test]
fn a_dry_run_says_what_is_missing() {
    let world = World::copy_of_trained();
    let dry = |arguments: &[&str]| world.run(&[arguments, &["--dry-run"]].concat());
    dry(&["pretrain", "base.toml"]).fails(&["runs/base already holds a run"]);
    dry(&["pretrain", "base.toml", "--overwrite"]).ok();
    dry(&["finetune", "qa.toml"]).fails(&["runs/qa already holds a run"]);
    dry(&["finetune", "qa.toml", "--set", "run=new"]).ok();
    world.data("odd.jsonl", "{\"words\": \"x\"}\n");
    for (set, words) in [
        ("corpus.sources[0].path=gone.jsonl", &["data/gone.jsonl", "--data-dir"][..]),
        ("corpus.sources[0].path=odd.jsonl", &["odd.jsonl:1: no field `text`"]),
        ("corpus.exclude=[{path='gone.jsonl'}]", &["data/gone.jsonl"]),
        ("tokenizer.path=gone.json", &["tokenizer.path", "data/gone.json"]),
        ("batch.tokens_per_step=6400000000", &["of memory", "are free"]),
    ] {
        dry(&["pretrain", "base.toml", "--overwrite", "--set", set]).fails(words);
    }
    let tune = |set: &str| dry(&["finetune", "qa.toml", "--overwrite", "--set", set]);
    tune("data.train[0].path=gone.jsonl").fails(&["data/gone.jsonl"]);
    tune("data.train[0].path=odd.jsonl").fails(&["odd.jsonl:1: no field `question`"]);
    tune("from.run=gone").fails(&["no run \"gone\""]);
    // Of all stages, of which later ones use what earlier ones make.
    let stages = "run = 'all'\n[[stages]]\nname = 'base'\nverb = 'pretrain'\nconfig = 'base.toml'\n\
                  [[stages]]\nname = 'mood'\nverb = 'finetune'\nconfig = 'sentiment.toml'\n";
    for (set, words) in [
        ("\"data.validation[0].path='gone.jsonl'\"", &["mood", "data/gone.jsonl"][..]),
        ("\"data.train[0].path='odd.jsonl'\"", &["mood", "odd.jsonl:1: no field `text`"]),
        ("\"from.run='gone'\"", &["mood", "no run \"gone\""]),
    ] {
        world.config("all.toml", &format!("{stages}set = [{set}]\n"));
        dry(&["run", "all.toml"]).fails(words);
    }
    world.config("all.toml", &format!("{stages}set = [\"from.run='all/base'\"]\n"));
    dry(&["run", "all.toml"]).ok();
    assert!(!world.path("runs/all").exists());
    dry(&["predict", "sentiment", "--input", "data/odd.jsonl"]).fails(&["odd.jsonl:1", "no field `text`"]);
    world.config("e.toml", &format!("run = 'e'\n{REVIEWS}runs = [{{ variant = 'a', run = 'gone' }}]\n"));
    // Those that there are, as it may be a slip.
    dry(&["evaluate", "e.toml"]).fails(&["no run \"gone\"", "base, qa, sentiment, summarization"]);
}

#[test]
fn what_would_be_lost_in_a_table_is_refused() {
    let world = World::copy_of_trained();
    let pairs = "[[pairs]]\ndataset = 'p'\nsplit = 'test'\ndata = [{ path = 'pairs.jsonl' }]\nruns = [{ variant = 'a', run = 'base' }]\n";
    let (first, second) =
        ("{ variant = 'a', run = 'sentiment' }", "{ variant = 'a', run = 'sentiment', set = ['max_tokens=9'] }");
    for (entries, words) in [
        (format!("{REVIEWS}runs = [{first}, {second}]"), &["variant \"a\" occurs twice"][..]),
        (format!("{REVIEWS}max_skipped = 2.0\nruns = [{first}]"), &["tasks.max_skipped = 2"]),
        (format!("{pairs}scoring = []"), &["pairs: \"p\": scoring must name"]),
        (format!("{pairs}scoring = ['causal', 'causal']"), &["each once"]),
    ] {
        world.config("e.toml", &format!("run = 'e'\n{entries}\n"));
        world.run(&["evaluate", "e.toml"]).fails(words);
    }
}

#[test]
fn a_mapping_of_what_no_record_has_is_refused() {
    let world = World::copy_of_trained();
    for (set, words) in [
        (
            "data.train[0].values={lable={glad='happy'}}",
            &["reviews.jsonl: `values` names \"lable\"", "text, text_pair, label"][..],
        ),
        ("data.train[0].fields={txt='text'}", &["`fields` names \"txt\""]),
    ] {
        world.run(&["finetune", "sentiment.toml", "--set", "run=other", "--set", set]).fails(words);
    }
}

#[test]
fn settings_that_would_do_nothing_are_refused() {
    let world = World::copy_of_trained();
    for (task, sets, words) in [
        ("sentiment", &["train.patience=2"][..], &["train.patience = 2", "validate_every = 0"][..]),
        ("sentiment", &["train.patience=2", "train.validate_every=9"], &["have one only, at the end"]),
        ("qa", &["task.qa.null_threshold=inf"], &["task.qa", "infinite"]),
        ("qa", &["train.precision=bf16", "device=wgpu"], &["train.precision = \"bf16\"", "not for wgpu"]),
        ("qa", &["train.precision=fp8"], &["unknown variant `fp8`", "bf16"]),
    ] {
        let config = format!("{task}.toml");
        let mut arguments = vec!["finetune", &config, "--set", "run=other"];
        sets.iter().for_each(|set| arguments.extend(["--set", set]));
        world.run(&arguments).fails(words);
        assert!(!world.path("runs/other").exists());
    }
}

#[test]
fn a_state_that_knows_nothing_of_the_text_is_not_pooled() {
    let world = World::copy_of_trained();
    world.run(&["import", golden("qwen3-untied").to_str().unwrap(), "--as", "qwen"]).ok();
    world.feed(&["embed", "qwen", "--pooling", "first"], "a mule\n").fails(&["only looks back", "--pooling mean"]);
    let first = ["--set", "run=other", "--set", "from.run=qwen", "--set", "task.sentiment.pooling=first"];
    world
        .run(&[&["finetune", "sentiment.toml"], &first[..]].concat())
        .fails(&["pooling = \"first\"", "only looks back"]);
}

#[test]
fn a_file_with_other_columns_can_be_asked_about() {
    let world = World::copy_of_trained();
    world.data("dev.csv", "words,stars\n\"Ada sold a mule, and was glad.\",1\nBen was sad.,0\n");
    let predict = |more: &[&str]| {
        world.run(&[&["predict", "sentiment", "--task", "sentiment", "--input", "data/dev.csv"], more].concat())
    };
    predict(&[]).fails(&["data/dev.csv", "words, stars", "--field FIELD=COLUMN"]);
    assert_eq!(predict(&["--field", "text=words"]).ok().lines().count(), 2);
    assert_eq!(predict(&["--field", "review"]).code, 2);
    world.run(&["score", "base", "--input", "data/dev.csv", "--field", "text=words"]).ok();
}
