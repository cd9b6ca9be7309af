//! `predict`: the contract of its lines, their order, and its errors.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::World;

fn lines(values: &[Value]) -> String {
    values.iter().map(|value| format!("{value}\n")).collect()
}

#[test]
fn sentiment_answers_with_a_label_and_its_probabilities() {
    let texts = ["Ada was glad.", "Ben was sad.", "Ada was glad."].map(|text| json!({ "text": text }));
    let answers = World::trained().feed(&["predict", "sentiment", "--task", "sentiment"], &lines(&texts)).lines();
    assert_eq!(answers.len(), 3);
    for answer in &answers {
        let probabilities = answer["probabilities"].as_object().unwrap();
        let sum: f64 = probabilities.values().map(|p| p.as_f64().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-5, "{answer}");
        let likeliest = probabilities.iter().max_by(|a, b| a.1.as_f64().unwrap().total_cmp(&b.1.as_f64().unwrap()));
        assert_eq!(likeliest.unwrap().0, answer["label"].as_str().unwrap());
    }
    let glad = |answer: &Value| answer["probabilities"]["glad"].as_f64().unwrap();
    assert!((glad(&answers[0]) - glad(&answers[2])).abs() < 1e-6, "equal texts have equal answers");
}

#[test]
fn qa_answers_with_a_piece_of_the_passage() {
    let context = "Zoë sold two hens — gladly — at the market.";
    let question = json!({ "question": "Who sold them?", "context": context });
    let always = ["predict", "qa", "--task", "qa", "--set", "null_threshold=inf"];
    let answer = World::trained().feed(&always, &lines(&[question])).lines().remove(0);
    let (start, end) = (answer["start"].as_u64().unwrap() as usize, answer["end"].as_u64().unwrap() as usize);
    let piece: String = context.chars().skip(start).take(end - start).collect();
    assert_eq!(answer["text"], piece.as_str());
    assert!((0.0..=1.0).contains(&answer["score"].as_f64().unwrap()));
}

#[test]
fn summarization_answers_with_a_summary() {
    let document = json!({ "document": "On day 2 Ada sold a mule at the market and was glad." });
    let answer = World::trained().feed(&["predict", "summarization", "--task", "summarization"], &lines(&[document]));
    assert!(answer.lines().remove(0)["summary"].is_string());
}

#[test]
fn order_and_answers_do_not_depend_on_the_batch() {
    let world = World::trained();
    let words = ["glad", "sad", "at the market on a very long day", "x", "a mule"];
    let texts: Vec<Value> = words.iter().cycle().take(23).map(|text| json!({ "text": text })).collect();
    let answers = |batch: &str| {
        let arguments = ["predict", "sentiment", "--task", "sentiment", "--batch", batch];
        let found = world.feed(&arguments, &lines(&texts)).lines();
        found.iter().map(|answer| answer["probabilities"]["glad"].as_f64().unwrap()).collect::<Vec<_>>()
    };
    let (alone, together) = (answers("1"), answers("23"));
    assert_eq!(alone.len(), 23);
    assert!(alone.iter().zip(&together).all(|(a, b)| (a - b).abs() < 1e-5), "{alone:?} {together:?}");
    assert_eq!(answers("4"), answers("4"));
}

#[test]
fn a_file_is_read_as_stdin_is() {
    let world = World::copy_of_trained();
    let text = lines(&[json!({ "text": "Ada was glad." }), json!({ "text": "Ben, \"sad\"" })]);
    world.data("in.jsonl", &text);
    world.data("in.txt-lines", &text);
    world.data("in.csv", "text\nAda was glad.\n\"Ben, \"\"sad\"\"\"\n");
    let predict = ["predict", "runs/sentiment/final", "--task", "sentiment"];
    let expected = world.feed(&predict, &text).ok();
    for file in ["data/in.jsonl", "data/in.txt-lines", "data/in.csv"] {
        let found = world.run(&[&predict[..], &["--input", file]].concat()).ok();
        assert_eq!(found, expected, "{file}");
    }
}

#[test]
fn a_bad_line_is_named_after_the_good_ones_before_it_are_answered() {
    let world = World::trained();
    let check = |bad: &str, words: &[&str]| {
        let text = format!("{{\"text\": \"one\"}}\n\n{{\"text\": \"two\"}}\n{bad}\n{{\"text\": \"three\"}}\n");
        let failed = world.feed(&["predict", "sentiment", "--task", "sentiment"], &text).fails(words);
        assert_eq!(failed.stdout.lines().count(), 2, "{}", failed.stdout);
    };
    check("{\"text\": ", &["stdin:4", "invalid JSON"]);
    check("{\"txet\": \"x\"}", &["stdin:4", "no field `text`", "txet"]);
    check("[1]", &["stdin:4", "a record is an object"]);
    check("{\"text\": \"  \"}", &["stdin:4", "the text is empty"]);
    world.run(&["predict", "sentiment", "--task", "sentiment"]).fails(&["stdin", "empty"]);
    world
        .run(&["predict", "sentiment", "--task", "sentiment", "--input", "none.jsonl"])
        .fails(&["none.jsonl", "no such file"]);
}

#[test]
fn lines_of_plain_text_are_texts() {
    let world = World::trained();
    let predict = ["predict", "sentiment", "--task", "sentiment"];
    let json = lines(&[json!({ "text": "Ada was glad." }), json!({ "text": "\"Sad\", said {Ben}" })]);
    let expected = world.feed(&predict, &json).ok();
    let plain = world.feed(&predict, "\nAda was glad.\r\n\"Sad\", said {Ben}");
    assert!(plain.stderr.contains("1 blank lines"), "{}", plain.stderr);
    assert_eq!(plain.ok(), format!("null\n{expected}"));
    // Whoever begins with JSON goes on with it.
    world.feed(&predict, &format!("{json}plain\n")).fails(&["stdin:3", "invalid JSON"]);
    // A text is scored as it is; a question is more than a text.
    let score = world.feed(&["score", "base"], "Ada was glad.\n").ok();
    assert_eq!(score, world.feed(&["score", "base"], "{\"text\": \"Ada was glad.\"}\n").ok());
    world
        .feed(&["predict", "qa", "--task", "qa"], "Who was glad?\n")
        .fails(&["stdin: a line of plain text is no record here"]);
}

#[test]
fn the_model_in_the_box_answers() {
    let nano = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/cimiento-nano");
    let world = World::new();
    let ask = |task: &str, input: &str| -> Vec<Value> {
        world.feed(&["predict", nano.to_str().unwrap(), "--task", task], input).lines()
    };
    let verdicts = ask(
        "sentiment",
        "a moving, funny film\na dull, lifeless mess\nI loved every minute of it\nThe food was cold\n",
    );
    let verdicts: Vec<&str> = verdicts.iter().map(|answer| answer["label"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["positive", "negative", "positive", "negative"]);
    let passage = "The miller, Anna Weber, grinds the corn of the village. Her brother Paul sells the flour in Lisbon.";
    let asked = ["Who grinds the corn?", "Where is the flour sold?"];
    let questions = asked.map(|question| json!({ "question": question, "context": passage }));
    for (answer, part) in ask("qa", &lines(&questions)).iter().zip(["Anna", "Lisbon"]) {
        assert!(answer["text"].as_str().unwrap().contains(part), "{answer}");
    }
    let sentences = ["We thank our colleagues.", "We propose a model that reads texts both ways.", "It was late."];
    let summary = ask("summarization", &sentences.join(" "));
    assert_eq!(summary[0]["summary"], sentences[1]);
    let files =
        ["sentiment", "qa", "summarization"].into_iter().flat_map(|head| fs::read_dir(nano.join(head)).unwrap());
    let bytes: u64 = files.map(|file| file.unwrap().metadata().unwrap().len()).sum();
    assert!(bytes <= 8_000_000, "{bytes}");
}

/// As `cimiento predict … | head -1` does.
#[test]
#[cfg(unix)]
fn a_reader_that_leaves_is_no_error() {
    use std::process::Stdio;

    let world = World::copy_of_trained();
    world.data("many.jsonl", lines(&vec![json!({ "text": "Ada was glad." }); 200]));
    let arguments = ["predict", "sentiment", "--task", "sentiment", "--input", "data/many.jsonl", "--batch", "1"];
    let mut child = world.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let done = crate::support::output(child.wait_with_output().unwrap());
    assert_eq!((done.code, done.stderr.as_str()), (0, ""));
}

#[test]
fn a_long_text_is_cut_and_counted() {
    let text = json!({ "text": "a very long day ".repeat(80) });
    let done = World::trained().feed(&["predict", "sentiment", "--task", "sentiment"], &lines(&[text]));
    assert!(done.stderr.contains("1 texts were cut to fit the context"), "{}", done.stderr);
    assert_eq!(done.lines().len(), 1);
}

#[test]
fn settings_of_the_task_can_be_set_and_are_checked() {
    let world = World::trained();
    let document = lines(&[json!({ "document": "On day 2 Ada sold a mule at the market and was glad." })]);
    let predict =
        |set: &str| world.feed(&["predict", "summarization", "--task", "summarization", "--set", set], &document);
    assert_eq!(predict("generation.max_tokens=1").lines().len(), 1);
    predict("generation.max_tokens=0").fails(&["max_tokens is 0"]);
    predict("generation.max_token=1").fails(&["unknown key `max_token`", "did you mean `max_tokens`?"]);
    let usage = world.run(&["predict", "base", "--task", "divination"]);
    assert_eq!(usage.code, 2);
    assert!(usage.stderr.contains("sentiment, qa, summarization, translation"), "{}", usage.stderr);
}

#[test]
fn the_id_of_a_record_is_not_its_answer() {
    let world = World::trained();
    let question = json!({ "id": 7, "question": "Who sold them?", "context": "Zoë sold two hens at the market." });
    let ask = |format: &str| {
        let arguments = ["predict", "qa", "--task", "qa", "--set", "null_threshold=inf", "--format", format];
        world.feed(&arguments, &lines(std::slice::from_ref(&question))).ok()
    };
    let answer: Value = serde_json::from_str(&ask("jsonl")).unwrap();
    assert_eq!(ask("lines").trim_end(), answer["text"].as_str().unwrap());
    assert_eq!(answer["id"], "7");
}

#[test]
fn settings_that_only_training_uses_are_refused_later() {
    let world = World::trained();
    let refused = |task: &str, set: &str, key: &str| {
        let words = [&format!("{key} is a setting of training") as &str, &format!("--set 'task.{task}.{set}'")];
        world.run(&["predict", task, "--task", task, "--set", set, "--dry-run"]).fails(&words);
        let text = format!(
            "run = 'x'\n[[tasks]]\ndataset = 'd'\nsplit = 's'\ndata = [{{ path = 'DATA.jsonl' }}]\n\
             runs = [{{ variant = 'v', run = '{task}', set = [\"{set}\"] }}]\n"
        );
        let data = [("sentiment", "reviews"), ("qa", "questions"), ("summarization", "stories")];
        let data = data.iter().find(|(name, _)| *name == task).unwrap().1;
        // Beside the world that all tests share.
        let config = world.path(&format!("{task}-{key}.toml"));
        std::fs::write(&config, text.replace("DATA", data)).unwrap();
        world.run(&["evaluate", config.to_str().unwrap(), "--dry-run"]).fails(&words);
    };
    for (set, key) in [
        ("label_smoothing=0.2", "label_smoothing"),
        ("pooling='first'", "pooling"),
        ("class_weights='balanced'", "class_weights"),
        ("class_weights.glad=2.0", "class_weights"),
        ("problem_type='regression'", "problem_type"),
    ] {
        refused("sentiment", set, key);
    }
    refused("qa", "null_threshold='fit'", "null_threshold");
    refused("qa", "question_aware=false", "question_aware");
    refused("summarization", "label_smoothing=0.3", "label_smoothing");
    let predict = |task: &str, set: &str| world.run(&["predict", task, "--task", task, "--set", set, "--dry-run"]);
    // What it was trained with changes nothing, and does no harm.
    predict("sentiment", "label_smoothing=0.0").ok();
    predict("qa", "null_threshold=1.5").ok();
    predict("sentiment", "problem_type=multi_label_classification").ok();
    predict("summarization", "max_summary_tokens=9").ok();
}
