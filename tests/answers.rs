//! Where answers stand and what stands beside them: an answer for each record, in its place, in every format.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Output, World};

const PREDICT: [&str; 2] = ["predict", "sentiment"];

fn feed(world: &World, more: &[&str], input: &str) -> Output {
    world.feed(&[&PREDICT[..], more].concat(), input)
}

#[test]
fn every_line_has_its_answer_in_its_place() {
    let world = World::trained();
    let input = "Ada was glad.\n\nBen was sad.\n \n";
    let quiet = feed(world, &["-q"], input);
    assert_eq!(quiet.stderr, "");
    let answers = quiet.lines();
    let blank: Vec<bool> = answers.iter().map(Value::is_null).collect();
    assert_eq!(blank, [false, true, false, true]);
    assert_eq!(feed(world, &["-q", "--format", "lines"], input).ok().lines().count(), 4);
    assert_eq!(feed(world, &["-q", "--format", "csv"], input).ok().lines().count(), 5);
    for command in ["score", "embed"] {
        let lines = world.feed(&[command, "base", "-q"], input).lines();
        assert_eq!(lines.iter().map(Value::is_null).collect::<Vec<_>>(), blank, "{command}");
    }
}

#[test]
fn a_table_in_a_pipe_is_no_text() {
    let world = World::trained();
    let table = "id,text\n7,\"Ada, who sold\na mule, was glad.\"\n8,Ben was sad.\n";
    let answers = feed(world, &[], table).lines();
    assert_eq!(answers.iter().map(|answer| answer["id"].clone()).collect::<Vec<_>>(), ["7", "8"]);
    let other = table.replace("id,text", "number,opinion");
    feed(world, &[], &other).fails(&["stdin", "header of a table (number, opinion)", "--input-format", "--field"]);
    assert_eq!(feed(world, &["--field", "text=opinion"], &other).lines().len(), 2);
    assert_eq!(feed(world, &["--input-format", "lines"], &other).lines().len(), 4);
    assert_eq!(
        feed(world, &["--input", "-", "--input-format", "csv", "--field", "text=opinion"], &other).lines().len(),
        2
    );
    let array = feed(world, &[], "[{\"text\": \"Ada was glad.\"},\n {\"text\": \"Ben\"}]\n");
    assert_eq!(array.lines().len(), 2);
    // Subtitles and logs begin so.
    assert_eq!(feed(world, &[], "[00:12] well\n[00:13] bye\n").lines().len(), 2);
    assert_eq!(feed(world, &[], "{curly} words\nmore\n").lines().len(), 2);
    feed(world, &[], "{\"curly\" words\nmore\n").fails(&["stdin:1", "invalid JSON", "--input-format lines"]);
    feed(world, &[], "PAR1\n").fails(&["Parquet cannot be read from a pipe", "--input FILE"]);
    // Of a question and a passage.
    let asked = "question,context\nWho?,\"Ada, of course.\"\n";
    assert_eq!(world.feed(&["predict", "qa"], asked).lines().len(), 1);
    let plain = world.feed(&["predict", "qa"], "Who?\n").fails(&["no record here", "question, context"]);
    assert!(!plain.stderr.contains("begins with {"), "{}", plain.stderr);
}

#[test]
fn bad_records_are_listed_or_have_their_error_in_place() {
    let world = World::copy_of_trained();
    let input =
        "{\"id\": 1, \"text\": \"Ada\"}\n{\"id\": 2, \"text\": \" \"}\nno json\n{\"id\": 4, \"text\": \"Ben\"}\n{}\n";
    let failed = feed(&world, &[], input).fails(&[
        "3 records cannot be used",
        "stdin:2: the text is empty",
        "stdin:3: invalid JSON",
        "stdin:5: no field `text`",
        "--on-bad skip",
    ]);
    assert_eq!(failed.stdout.lines().count(), 1);
    // Of a file, what stands behind the batch too; no more than five are listed.
    world.data("bad.jsonl", input.repeat(3));
    let file = ["--input", "data/bad.jsonl", "--batch", "1"];
    feed(&world, &file, "").fails(&["9 records cannot be used", "bad.jsonl:7: the text is empty", "and 4 more"]);

    let skipped = feed(&world, &["--on-bad", "skip"], input);
    assert_eq!(skipped.code, 5, "{}", skipped.stderr);
    assert!(skipped.stderr.contains("3 of 5 records could not be used"), "{}", skipped.stderr);
    let lines: Vec<Value> = skipped.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[1], json!({ "id": 2, "error": "the text is empty", "line": 2 }));
    assert_eq!((lines.len(), &lines[2]["line"], &lines[3]["id"]), (5, &json!(3), &json!(4)));
    assert!(lines[0]["label"].is_string() && lines[3]["label"].is_string());
    assert_eq!(lines[4], json!({ "error": lines[4]["error"], "line": 5 }));
    // What is kept of a record stays with it, and under one name, whatever is wrong with it.
    let input = "{\"id\": 1, \"text\": null, \"label\": \"sad\", \"line\": 70}\n\
                 {\"id\": 2, \"text\": \"Ada\", \"label\": \"glad\", \"line\": 71}\n\
                 {\"id\": 3, \"text\": \"\", \"label\": \"glad\", \"line\": 72}\n";
    let keep = ["--on-bad", "skip", "--keep", "label,line"];
    let jsonl = feed(&world, &keep, input).stdout;
    let lines: Vec<Value> = jsonl.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let column = |name: &str| lines.iter().map(|line| line[name].clone()).collect::<Vec<_>>();
    assert_eq!(column("id"), [1, 2, 3]);
    assert_eq!(column("input.label"), ["sad", "glad", "glad"]);
    assert_eq!(column("input.line"), [70, 71, 72]);
    assert_eq!((&lines[0]["label"], &lines[0]["line"], &lines[1]["line"]), (&Value::Null, &json!(1), &Value::Null));
    let csv = feed(&world, &[&keep[..], &["--format", "csv", "--batch", "1"]].concat(), input).stdout;
    let mut rows = csv.lines();
    assert_eq!(rows.next().unwrap(), "id,input.label,input.line,label,probabilities.glad,probabilities.sad,error,line");
    assert!(rows.next().unwrap().starts_with("1,sad,70,,,,") && csv.contains("\n2,glad,71,"), "{csv}");
    // A column that is called as a renamed one would be keeps its name and its value.
    let twice = "{\"text\": \"Ada\", \"label\": \"A\", \"input.label\": \"B\"}\n";
    let kept: Value = serde_json::from_str(&feed(&world, &["--keep", "label,input.label"], twice).stdout).unwrap();
    assert_eq!((&kept["input.input.label"], &kept["input.label"]), (&json!("A"), &json!("B")));
    // A file that ends inside a document is read no further.
    world.data("cut.json", "[{\"text\": \"Ada\"}, {\"text\": ");
    feed(&world, &["--input", "data/cut.json", "--on-bad", "skip"], "").fails(&["data/cut.json", "truncated"]);
}

#[test]
fn columns_are_kept_and_formats_written() {
    let world = World::copy_of_trained();
    world.data("in.csv", "id,text,label,stars\na,Ada was glad.,glad,5\nb,\"Ben, who was sad\",sad,1\n");
    let run = |more: &[&str]| feed(&world, &[&["--input", "data/in.csv"], more].concat(), "");
    let lines = run(&["--keep", "stars,label"]).lines();
    assert_eq!(
        (&lines[1]["id"], &lines[1]["stars"], &lines[1]["input.label"]),
        (&"b".into(), &"1".into(), &"sad".into())
    );
    assert!(lines[1]["label"].is_string());
    run(&["--keep", "star"]).fails(&[
        "--keep star",
        "data/in.csv:2",
        "there are: id, text, label, stars",
        "did you mean stars?",
    ]);

    let csv = run(&["--format", "csv", "--keep", "stars"]).ok();
    assert_eq!(csv.lines().next().unwrap(), "id,stars,label,probabilities.glad,probabilities.sad");
    let labels = run(&["--format", "lines"]).ok();
    let expected: Vec<&str> = lines.iter().map(|line| line["label"].as_str().unwrap()).collect();
    assert_eq!(labels.lines().collect::<Vec<_>>(), expected);

    for file in ["out.jsonl", "out.csv", "out.txt", "out.parquet"] {
        assert_eq!(run(&["--output", file]).ok(), "");
        run(&["--output", file]).fails(&[file, "already there", "--overwrite"]);
        run(&["--output", file, "--overwrite"]).ok();
    }
    assert_eq!(fs::read_to_string(world.path("out.txt")).unwrap(), labels);
    assert_eq!(fs::read_to_string(world.path("out.csv")).unwrap(), run(&["--format", "csv"]).ok());
    // What was written can be read: a label is a text too.
    let again =
        feed(&world, &["--input", "out.parquet", "--field", "text=label", "--keep", "probabilities.glad"], "").lines();
    assert_eq!((again.len(), again[0]["id"].as_str()), (2, Some("a")));
    assert!(again[0]["input.probabilities.glad"].is_f64(), "{}", again[0]);
    run(&["--output", "out.doc"]).fails(&["out.doc", ".jsonl, .csv, .txt or .parquet"]);
    for more in [&["--output", "out.csv.gz"][..], &["--output", "out.jsonl.zst", "--format", "jsonl"]] {
        run(more).fails(&["answers are not compressed", "leave the ending"]);
    }
    run(&["--format", "parquet"]).fails(&["--output FILE.parquet"]);
    // Whole or not at all.
    world.data("bad.jsonl", "{\"text\": \"Ada\"}\n{}\n");
    feed(&world, &["--input", "data/bad.jsonl", "--output", "bad.csv"], "").fails(&["bad.jsonl:2"]);
    assert!(!world.path("bad.csv").exists());
}

#[test]
fn what_is_kept_has_the_order_and_the_names_that_were_asked_for() {
    let world = World::copy_of_trained();
    world.data("in.csv", "stars,ID,text,\"price, EUR\",Date\n5,a,Ada was glad.,3,may\n1,b,Ben was sad.,4,june\n");
    let head = |keep: &[&str]| {
        let arguments = [&["--input", "data/in.csv", "--format", "csv"], keep].concat();
        feed(&world, &arguments, "").ok().lines().take(2).map(str::to_owned).collect::<Vec<_>>()
    };
    let after = "label,probabilities.glad,probabilities.sad";
    let [names, first] = head(&["--keep", "stars, date", "--keep", "price, EUR"]).try_into().unwrap();
    assert_eq!(names, format!("id,stars,date,\"price, EUR\",{after}"));
    assert!(first.starts_with("a,5,may,3,"), "{first}");
    assert_eq!(head(&["--keep", "\"price, EUR\",stars"])[0], format!("id,\"price, EUR\",stars,{after}"));
    let keep = |names: &str| feed(&world, &["--input", "data/in.csv", "--keep", names], "");
    keep("price, stars").fails(&["--keep price:", "in quotes of its own"]);
    keep("stars,").fails(&["a name is empty"]);
    // An answer that says itself whose it is does so once.
    world.data("asked.csv", "Id,question,context\n7,Who?,Ada sold it.\n8,,Ben.\n");
    let ask = |format: &str| {
        let arguments = ["predict", "qa", "--input", "data/asked.csv", "--on-bad", "skip", "--format", format];
        world.run(&arguments).stdout
    };
    let csv = ask("csv");
    assert!(csv.starts_with("id,") && csv.lines().next().unwrap().ends_with(",error,line"), "{csv}");
    assert!(!csv.contains("input.id") && csv.contains("\n7,") && csv.contains("\n8,"), "{csv}");
    assert_eq!(ask("jsonl").matches("\"id\":").count(), 2, "{}", ask("jsonl"));
}

#[test]
fn a_text_file_of_several_lines_says_that_it_is_one_text() {
    let world = World::copy_of_trained();
    world.data("three.txt", "Ada was glad.\nBen was sad.\nEve was glad.\n");
    let file = |more: &[&str]| feed(&world, &[&["--input", "data/three.txt"], more].concat(), "");
    let one = file(&[]);
    assert!(one.stderr.contains("its 3 lines are one text; --input-format lines"), "{}", one.stderr);
    assert_eq!(one.lines().len(), 1);
    // A compressed file is no other: a zstd frame of one raw block.
    let text = b"Ada was glad.\nBen was sad.\n";
    let size = text.len() as u8;
    let frame = [&[0x28, 0xb5, 0x2f, 0xfd, 0x20, size, 1 | (size << 3), 0, 0][..], text].concat();
    world.data("three.txt.zst", frame);
    let packed = feed(&world, &["--input", "data/three.txt.zst"], "");
    assert!(packed.stderr.contains("its 2 lines are one text"), "{}", packed.stderr);
    let each = file(&["--input-format", "lines"]);
    assert_eq!(each.stderr, "");
    assert_eq!(each.lines().len(), 3);
}

#[test]
fn the_task_is_asked_only_where_there_are_several() {
    let world = World::copy_of_trained();
    assert_eq!(feed(&world, &[], "Ada was glad.\n").lines().len(), 1);
    world.feed(&["predict", "base"], "Ada\n").fails(&["a pretraining run", "cimiento finetune"]);
    world.feed(&["predict", "runs"], "Ada\n").fails(&["holds several runs", "--task"]);
    assert_eq!(world.feed(&["predict", "runs", "--task", "sentiment"], "Ada\n").lines().len(), 1);
}

#[test]
fn a_seed_decides_what_is_drawn() {
    let world = World::trained();
    let hot = "generation.strategy={sample={temperature=3.0,top_p=1.0}}";
    let write = |seed: &str, set: &str| {
        world.feed(
            &["predict", "summarization", "--seed", seed, "--set", set],
            "On day 2 Ada sold a mule at the market.\n",
        )
    };
    let first = write("1", hot);
    assert_eq!(first.stderr, "");
    let first = first.ok();
    assert_eq!(write("1", hot).ok(), first);
    assert_ne!(write("2", hot).ok(), first);
    let greedy = write("1", "generation.strategy='greedy'");
    assert!(greedy.stderr.contains("--seed changes nothing: with these settings"), "{}", greedy.stderr);
    let idle = ["predict", "summarization", "--set", "quote=1", "--set", hot];
    world.feed(&idle, "Ada.\n").fails(&["generation.strategy", "beside quote", "quote = 0"]);
}

#[test]
fn nothing_but_text_goes_into_a_pipe() {
    let world = World::trained();
    let escapes = |variable: &str, value: &str| {
        let mut command = world.command(&["predict", "sentiment", "--seed", "1"]);
        command.stdin(fs::File::open(world.path("data/reviews.jsonl")).unwrap());
        let said = crate::support::finish(command.env(variable, value)).stderr;
        assert!(said.contains("--seed changes nothing"), "{said}");
        said.contains('\u{1b}')
    };
    assert!(!escapes("TERM", "xterm-256color"));
    assert!(escapes("CLICOLOR_FORCE", "1"));
}
