//! What needs no config: fine-tuning, evaluation, pretraining in one line; configs written after a look at the data; what
//! runs there are.

use std::fs;

use serde_json::Value;

use crate::support::World;

/// Reviews as a spreadsheet has them: an id, columns of its own names.
pub fn sheet(world: &World) {
    let row = |i: usize| {
        let (mood, word) = if i.is_multiple_of(2) { ("good", "fine") } else { ("bad", "poor") };
        format!("{i},{mood},\"What a {word} day it was, said number {i}.\"\n")
    };
    let rows: String = (0..40).map(row).collect();
    fs::write(world.path("reviews.csv"), format!("nr,Verdict,Words\n{rows}")).unwrap();
}

pub const FIELDS: [&str; 4] = ["--field", "text=Words", "--field", "label=Verdict"];
pub const QUICK: [&str; 4] = ["--set", "train.steps=2", "--set", "batch.size=8"];

#[test]
fn a_head_is_trained_and_scored_without_a_config() {
    let world = World::copy_of_trained();
    sheet(&world);
    let line = [&["finetune", "--task", "sentiment", "--train", "reviews.csv", "--from", "base"], &FIELDS[..], &QUICK]
        .concat();
    let dry = world.run(&[&line[..], &["--dry-run"]].concat());
    assert!(dry.stdout.contains("[data.train.fields]") && dry.stdout.contains("steps = 2"), "{}", dry.stdout);
    assert!(!world.path("runs/reviews-sentiment").exists());

    let done = world.run(&line);
    assert!(
        done.stderr.contains("training: 36 records") && done.stderr.contains("held out of data.train: 4 records"),
        "{}",
        done.stderr
    );
    done.ok();
    // The run keeps the config, which trains the same once more, wherever it lies.
    let config = world.path("runs/reviews-sentiment/config.toml");
    fs::copy(config, world.path("data/again.toml")).unwrap();
    let again = world.run(&["finetune", "data/again.toml", "--set", "run=again"]);
    again.ok();
    let fingerprint = |run: &str| {
        let shown: Value = serde_json::from_str(&world.run(&["inspect", run, "--json"]).ok()).unwrap();
        shown["fingerprint"].clone()
    };
    assert_eq!(fingerprint("again"), fingerprint("reviews-sentiment"));

    let scores =
        world.run(&[&["evaluate", "reviews-sentiment", "--data", "reviews.csv", "--json"], &FIELDS[..]].concat()).ok();
    let rows: Vec<Value> = serde_json::from_str(&scores).unwrap();
    let kept = fs::read_to_string(world.path("runs/evaluation/reviews-sentiment-reviews/results.json")).unwrap();
    assert_eq!(rows, serde_json::from_str::<Vec<Value>>(&kept).unwrap());
    let row = rows.iter().find(|row| row["metric"] == "accuracy" && row["variant"] == "reviews-sentiment").unwrap();
    assert_eq!(
        (&row["dataset"], &row["n"], &row["variant"]),
        (&"reviews".into(), &40.into(), &"reviews-sentiment".into())
    );
}

#[test]
fn validation_records_are_taken_where_they_are_given() {
    let world = World::copy_of_trained();
    sheet(&world);
    let line = [
        "finetune",
        "--task",
        "sentiment",
        "--train",
        "reviews.csv",
        "--valid",
        "reviews.csv",
        "--from",
        "base",
        "--as",
        "mine",
    ];
    let done = world.run(&[&line[..], &FIELDS, &QUICK].concat());
    assert!(
        done.stderr.contains("training: 40 records") && done.stderr.contains("validation: 40 records"),
        "{}",
        done.stderr
    );
    done.ok();
    // A head of the same task is gone on with, and the data check splits as training does.
    let check = world.run(&["data", "check", "runs/mine/config.toml", "--set", "data.validation=[]", "--json"]).ok();
    let check: Value = serde_json::from_str(&check).unwrap();
    let sets = check["sets"].as_array().unwrap();
    let held = sets.iter().find(|set| set["purpose"] == "validation").unwrap();
    assert_eq!(held["rows"], 4, "{held}");
}

#[test]
fn what_cannot_be_held_out_or_found_is_explained() {
    let world = World::copy_of_trained();
    fs::write(world.path("few.csv"), "text,label\nsame,a\nSame!,a\nother,b\n").unwrap();
    let line = |file: &'static str| ["finetune", "--task", "sentiment", "--from", "base", "--train", file];
    world.run(&line("few.csv")).fails(&["too few different records", "data.validation", "--valid"]);
    world.run(&line("none.csv")).fails(&["none.csv"]);
    assert_eq!(world.run(&["finetune", "--train", "few.csv"]).code, 2, "a task is needed");
    assert_eq!(world.run(&["finetune", "--task", "sentiment"]).code, 2, "data are needed");
    let both = ["--set", "data.held_out=0.2", "--valid", "few.csv"];
    world
        .run(&[&line("few.csv")[..], &both].concat())
        .fails(&["data.held_out takes validation records out of data.train"]);
    world.run(&["evaluate", "nothing", "--data", "few.csv"]).fails(&["no run \"nothing\""]);
}

#[test]
fn a_backbone_is_pretrained_and_scored_without_a_config() {
    let world = World::new();
    let text = ["pretrain", "--text", "data/corpus.jsonl", "--preset", "micro", "--as", "mine"];
    let small = ["train.steps=2", "tokenizer.vocab_size=300", "corpus.validation=0.3", "batch.tokens_per_step=256"];
    let small: Vec<&str> = small.iter().flat_map(|set| ["--set", *set]).collect();
    let done = world.run(&[&text[..], &small].concat());
    // A step that holds no row of the whole context is the user's choice, and told.
    assert!(done.stderr.contains("no row is longer than 256 tokens"), "{}", done.stderr);
    done.ok();
    let scores = world.run(&["evaluate", "mine", "--data", "data/corpus.jsonl", "--json"]).ok();
    assert!(scores.contains("bits_per_byte"), "{scores}");
    world.run(&["report", "mine"]).ok();
    let page = fs::read_to_string(world.path("runs/mine/report.html")).unwrap();
    assert!(
        page.contains("bits_per_byte") && page.contains("preset = &quot;micro&quot;") && page.contains("<svg"),
        "no curves"
    );
}

#[test]
fn one_text_is_learned_from_though_none_can_be_held_out() {
    let world = World::new();
    // Of the first, the share of all documents that is held out would be the whole.
    for (name, text) in [("alone", "A day in the village. ".repeat(40)), ("more", "Bread and salt. ".repeat(50))] {
        fs::write(world.path(&format!("{name}.txt")), text).unwrap();
        let file = format!("{name}.txt");
        let small = ["--set", "tokenizer.vocab_size=300", "--set", "batch.tokens_per_step=256"];
        let line = [&["pretrain", "--text", &file, "--preset", "micro"][..], &small].concat();
        let all = ["--set", "corpus.validation=0.999999"];
        for share in [&[][..], &all] {
            let best = world.run(&[&line[..], share, &["--set", "train.keep=best", "--dry-run"]].concat());
            best.fails(&["train.keep = \"best\" compares validations, and no document is held out"]);
            let dry = world.run(&[&line[..], share, &["--dry-run", "--overwrite"]].concat());
            assert!(dry.stderr.contains("1 document is too few to hold one out"), "{}", dry.stderr);
            // So small a text is read for few steps.
            assert!(dry.ok().contains("steps = 200"));
            let done = world.run(&[&line[..], share, &["--set", "train.steps=60", "--overwrite"]].concat());
            assert!(done.stderr.contains("1 document is too few to hold one out"), "{}", done.stderr);
            assert!(
                done.stderr.contains("60 steps are") && done.stderr.contains("learned by heart"),
                "{}",
                done.stderr
            );
            done.ok();
        }
    }
}

#[test]
fn what_training_says_of_asking_can_be_pasted() {
    let world = World::copy_of_trained();
    sheet(&world);
    let line = ["finetune", "--task", "sentiment", "--train", "reviews.csv", "--from", "base"];
    let done = world.run(&[&line[..], &FIELDS, &QUICK].concat());
    let told = "--task sentiment --input FILE --field text=Words` asks it";
    assert!(done.stderr.contains(told) && done.stderr.contains("--field label=Verdict` scores it"), "{}", done.stderr);
    done.ok();
    fs::write(world.path("new.csv"), "nr,Words\n1,What a day\n").unwrap();
    let asked = ["predict", "reviews-sentiment", "--input", "new.csv"];
    let said = world.run(&[&asked[..], &FIELDS].concat());
    assert!(said.stderr.contains("no label is needed to answer"), "{}", said.stderr);
    assert_eq!(said.ok().lines().count(), 1);
    world
        .run(&[&asked[..], &FIELDS, &["--keep", "nr", "--format", "lines"]].concat())
        .fails(&["--keep", "--format jsonl"]);
    // Single texts say nothing of how two go together.
    world
        .run(&[
            "rerank",
            "reviews-sentiment",
            "--query",
            "a",
            "--label",
            "good",
            "--input",
            "new.csv",
            "--field",
            "text=Words",
        ])
        .fails(&["fine-tuned on single texts", "text_pair"]);
}

#[test]
fn rows_of_a_pretraining_without_a_config_reach_the_context() {
    let world = World::copy_of_trained();
    let stages = |more: &[&str]| {
        let few = ["--set", "corpus.validation=0"];
        let line = [&["pretrain", "--text", "data/corpus.jsonl", "--as", "mine", "--dry-run"][..], &few].concat();
        let told = world.run(&[&line[..], more].concat());
        assert!(!told.stderr.contains("WARN"), "{}", told.stderr);
        let config: toml::Table = toml::from_str(&told.ok()).unwrap();
        let stages = config["batch"]["stages"].as_array().unwrap().iter();
        stages
            .map(|stage| (stage["share"].as_float().unwrap(), stage["length"].as_integer().unwrap()))
            .collect::<Vec<_>>()
    };
    assert_eq!(stages(&[]), [(0.9, 128), (0.1, 512)]);
    assert_eq!(stages(&["--set", "backbone.context=1024"]), [(0.9, 128), (0.1, 1024)]);
    assert_eq!(stages(&["--set", "backbone.context=64"]), [(1.0, 64)]);
    // Of a model that is gone on from, the context is its own.
    assert_eq!(stages(&["--from", "base"]), [(1.0, 64)]);
    assert_eq!(stages(&["--from", "base", "--set", "backbone.context=256"]), [(0.9, 128), (0.1, 256)]);
    assert_eq!(stages(&["--from", "base", "--set", "batch.stages=[{ share = 1.0, length = 32 }]"]), [(1.0, 32)]);
    assert_eq!(stages(&["--set", "batch.stages=[{ share = 1.0, length = 512 }]"]), [(1.0, 512)]);
}

#[test]
fn runs_are_listed_with_their_state_and_score() {
    let world = World::copy_of_trained();
    fs::remove_dir_all(world.path("runs/base/final")).unwrap();
    fs::remove_file(world.path("runs/base/finished.json")).unwrap();
    let runs: Vec<Value> = serde_json::from_str(&world.run(&["list", "--json"]).ok()).unwrap();
    let of = |name: &str| runs.iter().find(|run| run["run"] == name).unwrap_or_else(|| panic!("no {name} in {runs:?}"));
    assert_eq!(
        (&of("base")["state"], &of("base")["step"], &of("base")["kind"]),
        (&"unfinished".into(), &2.into(), &"pretraining".into())
    );
    assert_eq!(
        (&of("qa")["state"], &of("qa")["step"], &of("qa")["score"]["metric"]),
        (&"finished".into(), &3.into(), &"f1".into())
    );
    assert_eq!(runs.len(), 4, "{runs:?}");
    let table = world.run(&["list"]).ok();
    assert!(
        table.lines().any(|line| line.contains("sentiment") && line.contains("finished") && line.contains("accuracy")),
        "{table}"
    );
    world.run(&["report", "nothing"]).fails(&["no run \"nothing\""]);
    world.run(&["report", "runs/qa/final"]).fails(&["runs/qa/final is a checkpoint", "--out"]);
    world.run(&["report", "runs/qa/final", "--out", "page"]).ok();
    assert!(world.path("page/report.html").is_file());
}

#[test]
fn a_config_is_written_after_a_look_at_the_data_and_runs_as_it_is() {
    let world = World::copy_of_trained();
    sheet(&world);
    let told = world.run(&["init", "reviews.csv", "--from", "base"]);
    for words in [
        "40 records",
        "Verdict: 2 values: bad (20), good (20)",
        "taken for sentiment",
        "text is the column \"Words\": the longest text, 9 words on average",
        "label is the column \"Verdict\": few different values, 2",
    ] {
        assert!(told.stderr.contains(words), "{words:?} is not in:\n{}", told.stderr);
    }
    told.ok();
    let config = fs::read_to_string(world.path("reviews-sentiment.toml")).unwrap();
    assert!(config.contains("# label is the column \"Verdict\"") && config.contains("label = \"Verdict\""), "{config}");
    world.run(&["init", "reviews.csv", "--from", "base"]).fails(&["reviews-sentiment.toml is there already", "--out"]);
    world.run(&[&["finetune", "reviews-sentiment.toml"][..], &QUICK].concat()).ok();

    world
        .run(&["init", "qa", "reviews.csv", "--from", "base"])
        .fails(&["no column looks like the question of qa", "--field question=COLUMN"]);
    world
        .run(&["init", "sentiment", "reviews.csv", "--field", "text=Wrds"])
        .fails(&["there is no such column", "Words"]);
    world
        .run(&["init", "sentiments", "reviews.csv"])
        .fails(&["sentiments: neither a task nor a file", "summarization"]);
    let questions = world.run(&["init", "data/questions.jsonl", "--from", "base", "--out", "q.toml"]);
    assert!(questions.stderr.contains("taken for qa"), "{}", questions.stderr);
    world.run(&[&["finetune", "q.toml"][..], &QUICK].concat()).ok();
    let text = world.run(&["init", "data/corpus.jsonl"]);
    assert!(text.stderr.contains("taken for pretrain"), "{}", text.stderr);
    let small = ["--set", "train.steps=2", "--set", "corpus.validation=0.3"];
    world.run(&[&["pretrain", "corpus-pretrain.toml"][..], &small].concat()).ok();
}

#[test]
fn shells_complete_commands() {
    let world = World::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = world.run(&["completions", shell]).ok();
        assert!(script.contains("finetune") && script.contains("runs-dir"), "{shell}");
    }
}

/// An export of a spreadsheet in German: a byte order mark, semicolons, umlauts, decimal commas, an id, empty cells.
#[test]
fn a_spreadsheet_is_learned_from_as_it_was_exported() {
    let world = World::copy_of_trained();
    let row = |i: usize| {
        let (mark, word) = if i.is_multiple_of(3) { ("schlecht", "übel; öde") } else { ("gut", "schön, größer") };
        let price = if i.is_multiple_of(5) { String::new() } else { format!("{i},50") };
        format!("{i};\"Es war {word} als Nummer {i}\";{mark};{price}\r\n")
    };
    let rows: String = (0..30).map(row).collect();
    fs::write(world.path("Umfrage 2024.csv"), format!("\u{feff}Nr;Kommentar;Wertung;Preis\r\n{rows}")).unwrap();
    let told = world.run(&["init", "Umfrage 2024.csv", "--from", "base"]);
    for words in [
        "Preis: numbers, 6 empty",
        "text is the column \"Kommentar\"",
        "label is the column \"Wertung\": few different values, 2",
    ] {
        assert!(told.stderr.contains(words), "{words:?} is not in:\n{}", told.stderr);
    }
    told.ok();
    world.run(&[&["finetune", "Umfrage-2024-sentiment.toml"][..], &QUICK].concat()).ok();
    let labels = world.run(&["inspect", "Umfrage-2024-sentiment", "--json"]).ok();
    let labels: Value = serde_json::from_str(&labels).unwrap();
    assert_eq!(labels["task"]["state"]["labels"], serde_json::json!(["gut", "schlecht"]));
    let scores = ["evaluate", "Umfrage-2024-sentiment", "--data", "Umfrage 2024.csv"];
    let scores = [&scores[..], &["--field", "text=Kommentar", "--field", "label=Wertung", "--json"]].concat();
    assert!(world.run(&scores).ok().contains("\"n\": 30"), "all rows are scored");
}

#[test]
fn the_model_that_ships_with_the_program_is_the_start() {
    let world = World::new();
    sheet(&world);
    let done =
        world.run(&[&["finetune", "--task", "sentiment", "--train", "reviews.csv"], &FIELDS[..], &QUICK].concat());
    assert!(done.stderr.contains("models/cimiento-nano/sentiment (--from names another model)"), "{}", done.stderr);
    done.ok();
}
