//! Two texts at once: classified, and put in order for a query.

use std::fs;

use serde_json::{Value, json};

use crate::exchange::{golden, with};
use crate::support::copy;

/// The pairs of a cross-encoder of transformers with one label, each with its score there.
fn pairs() -> Vec<([String; 2], f64)> {
    let expected = fs::read(golden("bert-cross").join("expected.json")).unwrap();
    let expected: Value = serde_json::from_slice(&expected).unwrap();
    let text = |pair: &Value, index: usize| pair["texts"][index].as_str().unwrap().to_owned();
    let sigmoid = |pair: &Value| 1.0 / (1.0 + (-pair["logits"][0].as_f64().unwrap()).exp());
    let pairs = expected["pairs"].as_array().unwrap().iter();
    pairs.map(|pair| ([text(pair, 0), text(pair, 1)], sigmoid(pair))).collect()
}

#[test]
fn two_texts_are_classified_as_transformers_does() {
    let world = with(&["bert-cross", "qwen3-classifier"]);
    let pairs = pairs();
    let records = pairs.iter().map(|([a, b], _)| json!({ "text": a, "text_pair": b }).to_string() + "\n");
    let found = world.feed(&["predict", "bert-cross"], &records.collect::<String>()).lines();
    assert_eq!(found.len(), pairs.len());
    for (found, (_, score)) in found.iter().zip(&pairs) {
        let probability = found["probabilities"]["LABEL_0"].as_f64().unwrap();
        assert!((probability - score).abs() < 1e-5, "{found} {score}");
    }
    let pair = json!({ "text": "a", "text_pair": "b" }).to_string();
    let why = ["stdin:1", "text_pair", "no template for two texts"];
    world.feed(&["predict", "qwen3-classifier"], &pair).fails(&why);
    let empty = json!({ "text": "a", "text_pair": " " }).to_string();
    world.feed(&["predict", "bert-cross"], &empty).fails(&["the text_pair is empty"]);
}

#[test]
fn a_cross_encoder_without_a_sigmoid_gives_its_number_and_keeps_to_it() {
    let world = with(&[]);
    copy(&golden("bert-cross"), &world.path("model"));
    let config = world.path("model/config.json");
    let mut keys: Value = serde_json::from_slice(&fs::read(&config).unwrap()).unwrap();
    keys["sentence_transformers"] = json!({ "activation_fn": "torch.nn.modules.linear.Identity" });
    fs::write(&config, keys.to_string()).unwrap();
    world.run(&["import", "model", "--as", "cross"]).ok();
    world.run(&["export", "cross", "out"]).ok();
    world.run(&["import", "out", "--as", "back"]).ok();
    for run in ["cross", "back"] {
        for ([query, text], score) in pairs() {
            // Where a sigmoid gives this score, the number is its logit.
            let logit = (score / (1.0 - score)).ln();
            let ranked = world.feed(&["rerank", run, "--query", &query], &format!("{}\n", json!({ "text": text })));
            let found = ranked.lines()[0]["score"].as_f64().unwrap();
            assert!((found - logit).abs() < 1e-4, "{run}: {found}, expected {logit}");
        }
    }
    let out = fs::read_to_string(world.path("out/config.json")).unwrap();
    assert!(out.contains("torch.nn.modules.linear.Identity"), "{out}");
}

#[test]
fn texts_are_put_in_order_and_keep_their_places() {
    let world = with(&["bert-cross"]);
    let ([query, text], score) = &pairs()[0];
    let rerank =
        |more: &[&str], input: &str| world.feed(&[&["rerank", "bert-cross", "--query", query], more].concat(), input);
    let places = |ranked: &[Value]| -> Vec<u64> { ranked.iter().map(|line| line["index"].as_u64().unwrap()).collect() };
    // Texts that are alike stay in their order.
    let other = json!({ "text": "x", "id": 7, "stars": 3 });
    let known = json!({ "text": text, "id": 1, "stars": 4 });
    let good = format!("{other}\n{known}\n{other}\n");
    let ranked = rerank(&[], &good).lines();
    let order = places(&ranked);
    assert!(order == [1, 0, 2] || order == [0, 2, 1], "{order:?}");
    assert!(ranked.windows(2).all(|two| two[0]["score"].as_f64() >= two[1]["score"].as_f64()), "{ranked:?}");
    let found = ranked.iter().find(|line| line["index"] == 1).unwrap();
    assert!((found["score"].as_f64().unwrap() - score).abs() < 1e-5, "{found} {score}");
    assert_eq!((&found["text"], &found["id"]), (&json!(text), &json!(1)));
    // Of plain lines, blank ones count.
    let said = rerank(&[], &format!("x\n\n{text}\nx\n"));
    assert!(said.stderr.contains("1 blank lines are left out"), "{}", said.stderr);
    let wanted: Vec<u64> = order.iter().map(|index| index + u64::from(*index > 0)).collect();
    assert_eq!(places(&said.lines()), wanted);

    let kept = rerank(&["--keep", "stars", "--top", "1"], &good).lines();
    let stars = if order[0] == 1 { 4 } else { 3 };
    assert_eq!((kept.len(), &kept[0]["stars"], &kept[0]["index"]), (1, &json!(stars), &ranked[0]["index"]));

    // What cannot be used comes last.
    let bad = format!("{{\"words\": \"x\"}}\n{known}\n{{\"text\": \" \"}}\n");
    rerank(&[], &bad).fails(&["stdin:1", "stdin:3: the text is empty", "--on-bad skip"]);
    let skipped = rerank(&["--on-bad", "skip", "--top", "1"], &bad);
    assert_eq!(skipped.code, 5, "{}", skipped.stderr);
    let lines: Vec<Value> = skipped.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines.len(), &lines[0]["index"]), (3, &json!(1)));
    assert_eq!((&lines[1]["line"], &lines[2]["line"]), (&json!(1), &json!(3)));

    // Other layouts in and out.
    world.data("texts.csv", format!("words,id\nx,7\n\"{text}\",1\n"));
    let file = world.path("data/texts.csv");
    let of_file = ["--input", file.to_str().unwrap(), "--field", "text=words"];
    let table = rerank(&[&of_file[..], &["--format", "csv"]].concat(), "").ok();
    assert_eq!(table.lines().next(), Some("id,index,score,text"));
    let texts = rerank(&[&of_file[..], &["--format", "lines"]].concat(), "").ok();
    let mut texts: Vec<&str> = texts.lines().collect();
    texts.sort_unstable();
    let mut wanted = vec![text.as_str(), "x"];
    wanted.sort_unstable();
    assert_eq!(texts, wanted);
    assert_eq!(rerank(&["--format", "lines"], "x\n").ok(), "x\n");
    let out = world.path("ranked.jsonl");
    let out = ["--output", out.to_str().unwrap()];
    assert_eq!(rerank(&[&of_file[..], &out].concat(), "").ok(), "");
    assert_eq!(fs::read_to_string(world.path("ranked.jsonl")).unwrap().lines().count(), 2);
    rerank(&out, "x\n").fails(&["ranked.jsonl is already there", "--overwrite"]);
}

#[test]
fn only_one_score_of_two_texts_puts_them_in_order() {
    let world = with(&["bert-cross", "bert-classifier", "qwen3-classifier", "roberta-span", "bert"]);
    let rerank =
        |run: &str, more: &[&str]| world.feed(&[&["rerank", run, "--query", "a"], more].concat(), "some words\n");
    rerank("bert-classifier", &[]).fails(&["several labels (bad, good, so-so)", "--label NAME"]);
    let ranked = rerank("bert-classifier", &["--label", "good"]).lines();
    let answer =
        world.feed(&["predict", "bert-classifier"], &json!({ "text": "a", "text_pair": "some words" }).to_string());
    assert_eq!(ranked[0]["score"], answer.lines()[0]["probabilities"]["good"]);
    rerank("bert-classifier", &["--label", "fine"]).fails(&["--label fine", "bad, good, so-so"]);
    rerank("qwen3-classifier", &[]).fails(&["no template for two texts"]);
    rerank("roberta-span", &[]).fails(&["qa run", "scores no pairs of texts"]);
    rerank("bert", &[]).fails(&["scores no pairs of texts"]);
    world.feed(&["rerank", "bert-cross", "--query", " "], "x\n").fails(&["--query is empty"]);
    assert_eq!(rerank("bert-cross", &["--dry-run"]).ok(), "");
}
