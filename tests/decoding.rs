//! How texts are written: prompts, conversations, ends, and what is told of each token, through the command line.

use std::fs;

use serde_json::{Value, json};

use crate::exchange::{golden, with};
use crate::support::{Output, World, copy};

fn write(world: &World, run: &str, more: &[&str]) -> Output {
    world.run(&[&["generate", run, "--greedy", "--max-tokens", "12"][..], more].concat())
}

#[test]
fn names_of_special_tokens_are_text_unless_wanted_otherwise() {
    let world = with(&["qwen3-gqa", "bert", "bert-classifier", "bert-cross"]);
    // What the model's template makes of a user's words.
    let prompt = "<|im_start|>user\nwho?<|im_end|>\n";
    let said = write(&world, "qwen3-gqa", &["--chat", "who?"]).ok();
    let plain = write(&world, "qwen3-gqa", &["--prompt", prompt]);
    assert!(plain.stderr.contains("<|im_start|>, <|im_end|>") && plain.stderr.contains("--parse-special"));
    assert_ne!(plain.ok(), said);
    let parsed = write(&world, "qwen3-gqa", &["--prompt", prompt, "--parse-special"]);
    assert!(!parsed.stderr.contains("note"), "{}", parsed.stderr);
    assert_eq!(parsed.ok(), said);
    let broken_out = write(&world, "qwen3-gqa", &["--chat", "who?<|im_end|>"]);
    assert!(broken_out.stderr.contains("what is said holds names of special tokens (<|im_end|>)"));
    let text = "{\"text\": \"the mill[SEP]the bread\"}\n{\"text\": \"x\"}\n";
    let plain = world.feed(&["embed", "bert"], text);
    assert!(plain.stderr.contains("1 texts hold names of special tokens ([SEP])"), "{}", plain.stderr);
    let parsed = world.feed(&["embed", "bert", "--parse-special"], text);
    assert!(!parsed.stderr.contains("special"), "{}", parsed.stderr);
    let (plain, parsed) = (plain.lines(), parsed.lines());
    assert_ne!(plain[0], parsed[0]);
    assert_eq!(plain[1], parsed[1]);
    let tell = "texts hold names of special tokens ([SEP]), which were read as plain text";
    for (said, count) in [
        (world.feed(&["predict", "bert-classifier"], text), 1),
        (world.feed(&["rerank", "bert-cross", "--query", "the mill"], text), 1),
        (world.feed(&["rerank", "bert-cross", "--query", "the [SEP]"], text), 2),
    ] {
        assert!(said.stderr.contains(&format!("{count} {tell}")), "{}", said.stderr);
    }
    let parsed = world.feed(&["predict", "bert-classifier", "--parse-special"], text);
    assert!(!parsed.stderr.contains("special"), "{}", parsed.stderr);
}

#[test]
fn a_conversation_longer_than_the_context_loses_its_oldest_turns() {
    let world = with(&["qwen3-gqa"]);
    let say = |role: &str, content: &str| json!({ "role": role, "content": content });
    let long = "the miller grinds the corn ".repeat(4);
    let system = say("system", "be brief");
    let turns = |count: usize| -> Vec<Value> {
        (0..count).flat_map(|_| [say("user", &long), say("assistant", "yes")]).chain([say("user", "who?")]).collect()
    };
    let write = |messages: Vec<Value>| {
        world.config("talk.json", &Value::from([vec![system.clone()], messages].concat()).to_string());
        write(&world, "qwen3-gqa", &["--messages", "talk.json"])
    };
    let short = write(turns(1));
    assert!(!short.stderr.contains("oldest"), "{}", short.stderr);
    let cut = write(turns(9));
    assert!(cut.stderr.contains("and the context 128: its 1"), "{}", cut.stderr);
    assert!(cut.stderr.contains("oldest messages are left out"), "{}", cut.stderr);
    assert_eq!(cut.ok(), short.ok());
    // One turn that is too long is no conversation to shorten.
    write(vec![say("user", &long.repeat(9))]).fails(&["leaves no room to go on"]);
}

#[test]
fn a_text_ends_before_a_stop_string_and_its_tokens_have_numbers() {
    let world = with(&["qwen3-gqa"]);
    let free = write(&world, "qwen3-gqa", &["--prompt", "the mill"]).ok();
    let text = free.strip_suffix('\n').unwrap();
    let characters: Vec<char> = text.chars().collect();
    let stop: String = characters[3..5].iter().collect();
    let at = text.find(&stop).unwrap();
    assert_eq!(
        write(&world, "qwen3-gqa", &["--prompt", "the mill", "--stop", "###", "--stop", &stop]).ok(),
        format!("{}\n", &text[..at])
    );
    let scored: Value =
        serde_json::from_str(&write(&world, "qwen3-gqa", &["--prompt", "the mill", "--logprobs", "2"]).ok()).unwrap();
    assert_eq!(scored["text"], text);
    let tokens = scored["tokens"].as_array().unwrap();
    assert_eq!(tokens.len(), 12);
    for token in tokens {
        // The likeliest is taken.
        assert_eq!(
            (&token["id"], &token["log_probability"]),
            (&token["top"][0]["id"], &token["top"][0]["log_probability"])
        );
        assert!(token["log_probability"].as_f64().unwrap() < 0.0 && token["top"].as_array().unwrap().len() == 2);
    }
    assert_eq!(world.run(&["generate", "qwen3-gqa", "--beam", "2", "--logprobs", "2"]).code, 2);
    // The space that a continuation begins with is not lost.
    world.run(&["import", golden("llama-untied").to_str().unwrap(), "--as", "llama"]).ok();
    let scored: Value =
        serde_json::from_str(&write(&world, "llama", &["--prompt", "the mill", "--logprobs", "0"]).ok()).unwrap();
    let first = scored["tokens"][0]["token"].as_str().unwrap();
    assert_eq!(scored["text"].as_str().unwrap().starts_with(' '), first.starts_with('▁'));
}

#[test]
fn a_conversation_of_several_turns_comes_from_a_file_with_its_tools() {
    let world = with(&["qwen3-gqa"]);
    let turns = json!([{ "role": "system", "content": "be brief" }, { "role": "user", "content": "who?" }]);
    world.config("talk.json", &turns.to_string());
    world.config(
        "talk.jsonl",
        "{\"role\": \"system\", \"content\": \"be brief\"}\n{\"role\": \"user\", \"content\": \"who?\"}\n",
    );
    let said = write(&world, "qwen3-gqa", &["--chat", "who?", "--system", "be brief"]).ok();
    for file in ["talk.json", "talk.jsonl"] {
        assert_eq!(write(&world, "qwen3-gqa", &["--messages", file]).ok(), said);
    }
    world.config("tools.json", "[{\"name\": \"sell\"}]");
    let deaf = write(&world, "qwen3-gqa", &["--messages", "talk.json", "--tools", "tools.json"]);
    assert!(deaf.stderr.contains("does not mention tools"), "{}", deaf.stderr);
    assert_eq!(deaf.ok(), said);
    world.config("own.jinja", "{{ tools | tojson }}{{ messages[-1].content }}");
    let own = ["--messages", "talk.json", "--tools", "tools.json", "--chat-template", "own.jinja"];
    let told = write(&world, "qwen3-gqa", &own).ok();
    assert_eq!(told, write(&world, "qwen3-gqa", &["--prompt", "[{\"name\": \"sell\"}]who?"]).ok());
    write(&world, "qwen3-gqa", &["--messages", "none.json"]).fails(&["none.json: no such file"]);
    assert_eq!(write(&world, "qwen3-gqa", &["--tools", "tools.json"]).code, 2);
}

#[test]
fn a_model_writes_as_its_files_say_unless_options_do() {
    let world = World::new();
    copy(&golden("qwen3-gqa"), &world.path("model"));
    let edit = |file: &str, change: &dyn Fn(&mut Value)| {
        let path = world.path("model").join(file);
        let mut json: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        change(&mut json);
        fs::write(path, json.to_string()).unwrap();
    };
    edit("generation_config.json", &|json| {
        json["do_sample"] = true.into();
        json["top_k"] = 1.into();
        json["max_new_tokens"] = 5.into();
        json["penalty_alpha"] = 0.5.into();
    });
    edit("tokenizer_config.json", &|json| {
        json["chat_template"] = json!([{ "name": "default", "template": "a{{ messages[0].content }}" },
            { "name": "tool_use", "template": "b{{ tools | tojson }}" }, { "name": "other", "template": "c" }]);
    });
    fs::remove_file(world.path("model").join("chat_template.jinja")).unwrap();
    world.run(&["import", "model", "--as", "m"]).ok();
    let run = |more: &[&str]| world.run(&[&["generate", "m"][..], more].concat());
    let as_it_says = run(&["--prompt", "the mill"]);
    for said in ["do_sample true", "top_k 1", "max_new_tokens 5"] {
        assert!(as_it_says.stderr.contains(said), "{}", as_it_says.stderr);
    }
    assert!(as_it_says.stderr.contains("not followed: penalty_alpha 0.5"), "{}", as_it_says.stderr);
    // The likeliest of one is the likeliest.
    assert_eq!(as_it_says.ok(), run(&["--prompt", "the mill", "--greedy"]).ok());
    assert_ne!(
        run(&["--prompt", "the mill", "--max-tokens", "9", "-q"]).ok(),
        run(&["--prompt", "the mill", "-q"]).ok()
    );
    // Templates by name, and the one for tools.
    world.config("tools.json", "[]");
    for (more, prompt) in [
        (&["--chat", "x"][..], "ax"),
        (&["--chat", "x", "--tools", "tools.json"], "b[]"),
        (&["--chat", "x", "--chat-template", "other"], "c"),
    ] {
        assert_eq!(run(more).ok(), run(&["--prompt", prompt]).ok());
    }
    run(&["--chat", "x", "--chat-template", "nine"]).fails(&["nine: no such file", "default, other, tool_use"]);
}

#[test]
fn a_model_that_is_trained_on_keeps_its_templates_and_how_it_writes() {
    let world = with(&["qwen3-gqa"]);
    let config = "run = \"more\"\n[from]\nrun = \"qwen3-gqa\"\n[corpus]\nvalidation = 0.3\n[[corpus.sources]]\n\
                  path = \"corpus.jsonl\"\n[objective]\nmasked = 0.0\ncausal = 1.0\nprefix = 0.0\n[batch]\n\
                  tokens_per_step = 128\nstages = [{ share = 1.0, length = 32 }]\n[train]\nsteps = 2\nsave_every = 1\n\
                  validate_every = 0\n[validation]\nrows = 2\n";
    world.config("more.toml", config);
    world.run(&["pretrain", "more.toml"]).ok();
    write(&world, "more", &["--chat", "who?"]).ok();
    for (run, out) in [("qwen3-gqa", "one"), ("more", "two")] {
        world.run(&["export", run, out]).ok();
    }
    for file in ["generation_config.json", "chat_template.jinja", "special_tokens_map.json", "tokenizer.json"] {
        let [one, two] = ["one", "two"].map(|folder| fs::read(world.path(folder).join(file)).unwrap());
        assert!(one == two, "{file}");
    }
}
