//! Bad files and bad records: a clear error that names file and line, and nothing left behind.

use std::fs;

use crate::support::World;

/// Pretraining on a corpus file that cannot be used.
fn corpus(name: &str, content: Option<&[u8]>, words: &[&str]) {
    let world = World::new();
    if let Some(content) = content {
        world.data(name, content);
    }
    world.run(&["pretrain", "base.toml", "--set", &format!("corpus.sources[0].path={name}")]).fails(words);
    assert!(!world.path("runs/base").exists(), "{name} left a run behind");
}

/// Fine-tuning for a task on records that cannot be used.
fn records(task: &str, file: &str, content: &str, sets: &[&str], words: &[&str]) {
    let world = World::copy_of_trained();
    world.data(file, content);
    let mut arguments = vec!["finetune".to_string(), format!("{task}.toml"), "--set".into(), "run=other".into()];
    for set in sets {
        arguments.extend(["--set".to_string(), set.to_string()]);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    world.run(&arguments).fails(words);
    assert!(!world.path("runs/other").exists(), "{task} left a run behind");
}

#[test]
fn a_missing_file_is_named() {
    corpus("no-such.jsonl", None, &["data/no-such.jsonl", "no such file"]);
}

#[test]
fn an_empty_file_is_named() {
    corpus("empty.jsonl", Some(b""), &["data/empty.jsonl", "the file is empty"]);
    corpus("empty.txt", Some(b""), &["data/empty.txt", "the file is empty"]);
}

#[test]
fn a_folder_without_data_is_named() {
    corpus("only/", None, &["data/only", "no such file"]);
    let world = World::new();
    std::fs::create_dir(world.path("data/notes")).unwrap();
    world.data("notes/README.md", "nothing to read here");
    world
        .run(&["pretrain", "base.toml", "--set", "corpus.sources[0].path=notes"])
        .fails(&["data/notes", "no file with a known ending"]);
}

#[test]
fn a_truncated_file_is_called_so() {
    // A stored block that announces 64 bytes and ends after 19.
    let gzip = [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 64, 0, 0xbf, 0xff][..], b"{\"text\": \"a story\"}\n"].concat();
    corpus("cut.jsonl.gz", Some(&gzip), &["data/cut.jsonl.gz", "gzip file is truncated"]);
    // A raw block that announces 64 bytes and ends after 19.
    let zstd = [&[0x28, 0xb5, 0x2f, 0xfd, 0, 0x58, 1, 2, 0][..], b"{\"text\": \"a story\"}\n"].concat();
    corpus("cut.jsonl.zst", Some(&zstd), &["data/cut.jsonl.zst", "zstd file is truncated"]);
    corpus("cut.parquet", Some(b"PAR1 and no more of it"), &["data/cut.parquet", "Parquet"]);
}

#[test]
fn a_file_of_another_kind_is_recognised() {
    let gzip = [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3][..], b"whatever"].concat();
    corpus("plain.jsonl", Some(&gzip), &["data/plain.jsonl:1", "it looks like a gzip file"]);
    corpus("story.docx", Some(b"x"), &["data/story.docx", "save its text as .txt"]);
}

#[test]
fn invalid_utf8_is_found_by_file_and_line() {
    let text = b"{\"text\": \"one\"}\n{\"text\": \"two\"}\n{\"text\": \"caf\xe9\"}\n";
    corpus("latin.jsonl", Some(text), &["data/latin.jsonl:3", "invalid UTF-8 at byte 14"]);
}

#[test]
fn a_file_in_another_encoding_is_refused_once_and_its_rows_are_not_skipped() {
    let world = World::copy_of_trained();
    let row = |i: usize| format!("Day number {i} was {};{}\n", ["schön", "cold"][i % 2], ["glad", "sad"][i % 2]);
    let text = format!("text;label\n{}", (0..30).map(row).collect::<String>());
    let latin: Vec<u8> = text.chars().map(|c| c as u8).collect();
    world.data("latin.csv", &latin);
    let told = ["data/latin.csv: the file is not UTF-8 (line 2, byte 21 of it)", "iconv -f WINDOWS-1252 -t UTF-8"];
    let sets = ["data.train[0].path=latin.csv", "data.on_bad=skip", "data.max_skipped=1.0", "run=other"];
    let sets: Vec<&str> = sets.iter().flat_map(|set| ["--set", *set]).collect();
    world.run(&[&["finetune", "sentiment.toml"], &sets[..]].concat()).fails(&told);
    world.run(&[&["data", "check", "sentiment.toml"], &sets[..]].concat()).fails(&told);
    let predict = ["predict", "sentiment", "--on-bad", "skip"];
    world.run(&[&predict[..], &["--input", "data/latin.csv"]].concat()).fails(&told);
    let line = ["finetune", "--task", "sentiment", "--from", "base", "--on-bad", "skip", "--train", "data/latin.csv"];
    let failed = world.run(&line).fails(&told);
    assert_eq!(failed.stderr.matches("not UTF-8").count(), 1, "{}", failed.stderr);
    world.run(&["init", "data/latin.csv", "--from", "base"]).fails(&told);
    // Of stdin, what waits is looked at.
    let mut command = world.command(&predict);
    command.stdin(fs::File::open(world.path("data/latin.csv")).unwrap());
    crate::support::finish(&mut command).fails(&["stdin: the file is not UTF-8", "| iconv -f WINDOWS-1252"]);
    // One damaged row of a sound file is one bad record.
    let mut damaged = text.clone().into_bytes();
    damaged.extend(b"caf\xe9;glad\ncaf\xe9;sad\n");
    world.data("damaged.csv", &damaged);
    let skipped = world.run(&[&predict[..], &["--input", "data/damaged.csv"]].concat());
    assert_eq!((skipped.code, skipped.stdout.matches("invalid UTF-8").count()), (5, 2), "{}", skipped.stderr);
}

#[test]
fn rows_of_another_width_are_told_with_the_other_bad_ones() {
    let world = World::copy_of_trained();
    let row = |i: usize| format!("What a day number {i},{}\n", ["glad", "sad"][i % 2]);
    let rows: String = (0..30).map(row).collect();
    world.data("table.csv", format!("text,label\nfine, very,glad\n,sad\nalone\n{rows}a,b,c,d\n"));
    let told = ["3 of 34 records cannot be used", "table.csv:2: 3 columns", "table.csv:4: 1 column", "table.csv:35: 4"];
    let sets = ["--set", "data.train[0].path=table.csv", "--set", "run=other"];
    for more in [&[][..], &["--dry-run"]] {
        let failed = world.run(&[&["finetune", "sentiment.toml"], &sets[..], more].concat()).fails(&told);
        assert!(failed.stderr.contains("on_bad = \"skip\""), "{}", failed.stderr);
    }
    let line = ["finetune", "--task", "sentiment", "--from", "base", "--train", "data/table.csv"];
    for more in [&[][..], &["--dry-run"]] {
        world.run(&[&line[..], more].concat()).fails(&told).fails(&["`--on-bad skip`"]);
    }
    world.run(&["evaluate", "sentiment", "--data", "data/table.csv"]).fails(&told);
    world
        .run(&["predict", "sentiment", "--input", "data/table.csv"])
        .fails(&["4 records cannot be used", "table.csv:35"]);
}

#[test]
fn a_folder_of_other_texts_says_how_they_are_read() {
    let world = World::new();
    fs::create_dir_all(world.path("data/wiki/deep")).unwrap();
    world.data("wiki/deep/page.md", "A page about the village and its mill.");
    let told = ["data/wiki: no file with a known ending", "data/wiki/**/*.md reads the .md files in it"];
    world.run(&["pretrain", "base.toml", "--set", "corpus.sources[0].path=wiki"]).fails(&told);
}

#[test]
fn invalid_json_is_found_by_file_and_line() {
    corpus("bad.jsonl", Some(b"{\"text\": \"one\"}\n{\"text\": two}\n"), &["data/bad.jsonl:2", "invalid JSON"]);
    corpus("cut.jsonl", Some(b"{\"text\": \"one\"}\n{\"text\": \"tw"), &["data/cut.jsonl:2", "truncated"]);
}

#[test]
fn a_missing_field_lists_those_there_are() {
    let text = b"{\"body\": \"one\", \"id\": 1}\n";
    corpus("body.jsonl", Some(text), &["data/body.jsonl:1", "no field `text`", "body", "id", "name it"]);
    records(
        "qa",
        "questions.jsonl",
        "{\"query\": \"Who?\", \"passage\": \"Ada did.\"}\n",
        &[],
        &["data/questions.jsonl:1", "no field `question`", "passage, query"],
    );
}

#[test]
fn a_text_without_words_is_no_corpus() {
    corpus("blank.jsonl", Some(b"{\"text\": \" \"}\n"), &["no text"]);
}

#[test]
fn a_label_unseen_in_training_is_named() {
    records(
        "sentiment",
        "new.jsonl",
        "{\"text\": \"a day\", \"label\": \"glad\"}\n{\"text\": \"a day\", \"label\": \"furious\"}\n",
        &["data.validation[0].path=new.jsonl"],
        &["data/new.jsonl:2", "label \"furious\" was not seen in training", "glad, sad"],
    );
}

#[test]
fn records_without_labels_or_with_one_label_teach_nothing() {
    records("sentiment", "reviews.jsonl", "{\"text\": \"a day\"}\n", &[], &["data/reviews.jsonl", "no label"]);
    records("sentiment", "reviews.jsonl", "{\"text\": \"a day\", \"label\": \"\"}\n", &[], &["no label"]);
    let one = "{\"text\": \"a day\", \"label\": \"glad\"}\n".repeat(4);
    records("sentiment", "reviews.jsonl", &one, &[], &["all records have the label \"glad\""]);
}

#[test]
fn answers_outside_their_passage_are_an_error_past_the_limit() {
    let good = "{\"question\": \"Who?\", \"context\": \"Ada sold it.\", \"answers\": [\"Ada\"]}\n";
    let bad = "{\"question\": \"Who?\", \"context\": \"Ada sold it.\", \"answers\": [\"Ben\"]}\n";
    let three = format!("{good}{bad}{good}");
    let words = ["1 of 3 records cannot be used", "data/questions.jsonl:2", "\"Ben\" does not occur", "max_skipped"];
    records("qa", "questions.jsonl", &three, &[], &words);

    let world = World::copy_of_trained();
    world.data("questions.jsonl", &three);
    let done = world.run(&["finetune", "qa.toml", "--set", "run=other", "--set", "data.max_skipped=0.5"]);
    assert!(done.stderr.contains("1 left out because their answer does not occur"), "{}", done.stderr);
    done.ok();
    // As it was called before.
    let done = world.run(&["finetune", "qa.toml", "--set", "run=older", "--set", "data.max_misaligned=0.5"]);
    assert_eq!(done.stderr.matches("`max_misaligned` is now called `max_skipped`").count(), 1, "{}", done.stderr);
    done.ok();
}

#[test]
fn a_text_longer_than_the_context_is_cut_and_counted() {
    let world = World::copy_of_trained();
    let long = format!("{{\"text\": \"{}\", \"label\": \"glad\"}}\n", "a very long day ".repeat(60));
    world.data("reviews.jsonl", format!("{long}{{\"text\": \"a day\", \"label\": \"sad\"}}\n"));
    let done = world.run(&["finetune", "sentiment.toml", "--set", "run=other"]);
    assert!(done.stderr.contains("2 records, 1 texts cut to fit the context"), "{}", done.stderr);
    done.ok();
}

#[test]
fn a_column_is_named_that_no_file_has_or_several_are() {
    let gathered = "data.train[0].fields.text=title, bdoy";
    records(
        "sentiment",
        "table.csv",
        "title,body,label\nMule,fine,positive\nPie,dull,negative\n",
        &["data.train[0].path=table.csv", gathered],
        &["table.csv:2", "`bdoy`", "title, body"],
    );
    records(
        "sentiment",
        "table.csv",
        "text,label,label\nfine,positive,x\n",
        &["data.train[0].path=table.csv"],
        &["table.csv: columns 2 and 3 are both called `label`", "fields = { label = \"label#3\" }"],
    );
}

#[test]
fn withheld_answers_are_not_taken_for_unanswerable_questions() {
    let squad =
        r#"{"data": [{"paragraphs": [{"context": "Ada sold it.", "qas": [{"id": "1", "question": "Who?"}]}]}]}"#;
    records("qa", "test.json", squad, &["data.train[0].path=test.json"], &["test.json", "answers"]);
}

#[test]
fn marks_between_documents_are_noted_and_may_be_named() {
    let world = World::new();
    let story = "The baker bakes bread in the village, and the miller sells flour to the baker every day.";
    world.data("marked.txt", format!("{story}\n<|endoftext|>\n").repeat(12).as_bytes());
    let path = "corpus.sources[0].path=marked.txt";
    let checked = world.run(&["data", "check", "base.toml", "--set", path]).ok();
    assert!(checked.contains("\"<|endoftext|>\" occurs 12 times"), "{checked}");
    let separator = "corpus.sources[0].separator=<|endoftext|>";
    let checked = world.run(&["data", "check", "base.toml", "--set", path, "--set", separator]).ok();
    assert!(checked.contains("12 rows") && !checked.contains("occurs"), "{checked}");
}

#[test]
fn bad_records_are_told_together_or_left_out_up_to_a_limit() {
    let world = World::copy_of_trained();
    let good = fs::read_to_string(world.path("data/reviews.jsonl")).unwrap();
    let bad = "{\"text\": \"a day\"}\nno json\n{\"text\": \" \", \"label\": \"sad\"}\n{\"txt\": \"x\"}\n";
    world.data("reviews.jsonl", format!("{bad}{good}"));
    let tune = |sets: &[&str]| {
        let sets = sets.iter().flat_map(|set| ["--set", set]);
        world.run(&["finetune", "sentiment.toml", "--set", "run=other"].into_iter().chain(sets).collect::<Vec<_>>())
    };
    let unreadable =
        ["2 of 34 records cannot be used", "reviews.jsonl:2: invalid JSON", "reviews.jsonl:4: no field `text`"];
    tune(&[]).fails(&unreadable).fails(&["on_bad = \"skip\""]);
    assert!(!world.path("runs/other").exists());
    tune(&["data.on_bad=skip"]).fails(&["4 of 34 records cannot be used", "more than the limit of 2 %", "max_skipped"]);
    let done = tune(&["data.on_bad=skip", "data.max_skipped=0.5", "data.validation[0].limit=8"]);
    assert!(done.stderr.contains("training: 4 of 34 records cannot be used and are left out"), "{}", done.stderr);
    assert!(done.stderr.contains("reviews.jsonl:3: the text is empty"), "{}", done.stderr);
    done.ok();
    // The check before it says the same.
    let config = fs::read_to_string(world.path("sentiment.toml")).unwrap().replace("limit = 4", "limit = 8");
    world.config("stop.toml", &config);
    world.config("skip.toml", &config.replace("[data]", "[data]\non_bad = 'skip'\nmax_skipped = 0.5"));
    let check = |config: &str| world.run(&["data", "check", config]).ok();
    assert!(check("stop.toml").contains("on_bad = \"skip\""), "{}", check("stop.toml"));
    assert!(check("skip.toml").contains("they are left out, all together up to the share"), "{}", check("skip.toml"));
    // A set of which nothing can be used is an error without --strict.
    world.run(&["data", "check", "sentiment.toml"]).fails(&["nothing can be used of: sentiment validation"]);
}

#[test]
fn bad_documents_of_a_corpus_and_of_texts_are_left_out_up_to_a_limit() {
    let world = World::copy_of_trained();
    let good = fs::read_to_string(world.path("data/corpus.jsonl")).unwrap();
    world.data("corpus.jsonl", format!("no json\n{good}{{\"txt\": \"x\"}}\n"));
    let pretrain = |sets: &[&str]| {
        let sets = sets.iter().flat_map(|set| ["--set", set]);
        world.run(&["pretrain", "base.toml", "--set", "run=other"].into_iter().chain(sets).collect::<Vec<_>>())
    };
    pretrain(&[]).fails(&["corpus.jsonl:1: invalid JSON", "`on_bad = \"skip\"`"]);
    let skip = "corpus.sources[0].on_bad=skip";
    pretrain(&[skip]).fails(&["2 of 32 records cannot be used", "more than the limit of 2 %", "max_skipped"]);
    let most = "corpus.sources[0].max_skipped=0.1";
    pretrain(&[most]).fails(&["max_skipped = 0.1 changes nothing without on_bad"]);
    let done = pretrain(&[skip, most]);
    assert!(done.stderr.contains("2 of 32 documents cannot be read and are left out"), "{}", done.stderr);
    assert!(done.stderr.contains("2 not readable"), "{}", done.stderr);
    done.ok();
    let check = ["data", "check", "base.toml", "--set", skip, "--set", most];
    let checked = world.run(&check).ok();
    assert!(
        checked.contains("2 of 32 documents cannot be read (6.2 %)") && checked.contains("they are left out"),
        "{checked}"
    );

    world.data("ends.jsonl", "{\"text\": \"one\"}\n{\"text\": \"Ada sold a mule\"}\n{\"text\": \"Ben was glad\"}\n");
    let entry = |list: &str, file: &str| {
        format!(
            "[[{list}]]\ndataset = '{list}'\nsplit = 'test'\ndata = [{{ path = '{file}' }}]\nON_BAD\n\
             runs = [{{ variant = 'base', run = 'base' }}]\n"
        )
    };
    let text = format!("run = 'zero'\n{}{}", entry("texts", "corpus.jsonl"), entry("endings", "ends.jsonl"));
    let evaluate = |keys: &str| {
        world.config("zero.toml", &text.replace("ON_BAD", keys));
        world.run(&["evaluate", "zero.toml", "--json"])
    };
    evaluate("").fails(&["2 of 32 records cannot be used", "corpus.jsonl:1: invalid JSON", "on_bad = \"skip\""]);
    evaluate("on_bad = 'skip'").fails(&["more than the limit of 2 %"]);
    evaluate("max_skipped = 0.4").fails(&["texts.max_skipped = 0.4 changes nothing without on_bad"]);
    let done = evaluate("on_bad = 'skip'\nmax_skipped = 0.4");
    for told in
        ["texts test: 2 of 32 records", "endings test: 1 of 3 records", "ends.jsonl:1: a text of less than two words"]
    {
        assert_eq!(done.stderr.matches(told).count(), 1, "{}", done.stderr);
    }
    let rows: Vec<serde_json::Value> = serde_json::from_str(&done.ok()).unwrap();
    let n = |task: &str| rows.iter().find(|row| row["task"] == task).unwrap()["n"].clone();
    assert_eq!((n("language"), n("last-word")), (30.into(), 2.into()));
}

#[test]
fn the_first_look_at_a_corpus_reads_tables_as_training_does() {
    let world = World::copy_of_trained();
    let rows: String = (0..30).map(|i| format!("{i}|On day {i} Ada sold a mule and was glad.\n")).collect();
    world.data("corpus.csv", format!("# made by hand | and | read\n{rows}"));
    let table = ["path='corpus.csv'", "text='#2'", "separator='|'", "header=false", "comment='#'"];
    let sets: Vec<String> = table.iter().map(|set| format!("corpus.sources[0].{set}")).collect();
    let sets: Vec<&str> = sets.iter().flat_map(|set| ["--set", set]).collect();
    let pretrain =
        |more: &[&str]| world.run(&[&["pretrain", "base.toml", "--set", "run=table"][..], &sets, more].concat());
    pretrain(&["--dry-run"]).ok();
    pretrain(&[]).ok();
}
