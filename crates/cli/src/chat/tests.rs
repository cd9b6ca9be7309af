use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::*;

/// By `transformers`: see `tests/interchange/make_decoding.py`.
#[derive(Deserialize)]
struct Case {
    name: String,
    template: String,
    messages: Vec<Value>,
    tools: Option<Value>,
    tokens: BTreeMap<String, String>,
    /// Nothing where the template is an error.
    rendered: Option<String>,
}

fn golden() -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/interchange/decoding/templates.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn prompts_are_those_of_transformers() {
    let cases = golden();
    assert!(cases.len() > 50);
    let mut wrong = Vec::new();
    for Case { name, template, messages, tools, tokens, rendered } in cases {
        let found = prompt(&template, &Conversation { messages, tools }, &tokens);
        match (&found, &rendered) {
            (Ok(found), Some(expected)) if found == expected => {}
            (Err(_), None) => {}
            _ => wrong.push(format!("{name}: {found:?} instead of {rendered:?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn say(template: &str, content: &str) -> Result<String> {
    prompt(template, &Conversation { messages: vec![message("user", content)], tools: None }, &BTreeMap::new())
}

#[test]
fn what_a_template_objects_to_is_said() {
    let refused = |template: &str, word: &str| {
        let message = say(template, "!").unwrap_err().to_string();
        assert!(message.contains("chat template") && message.contains(word), "{message}");
    };
    refused("{{ raise_exception('no shouting') }}", "no shouting");
    refused("{% if %}", "syntax error");
    refused("{{ strftime_now('%Q%!') }}", "no format of a date");
    refused("{{ 5 % 0 }}", "by zero");
    refused("{{ messages[0] % 2 }}", "map % number");
    refused("{{ x | tojson }}", "undefined");
}

#[test]
fn keys_that_hold_nothing_are_left_out() {
    let said: Value = serde_json::from_str(r#"{"role": "user", "content": "a", "tool_calls": null, "n": 0}"#).unwrap();
    let conversation = Conversation { messages: vec![said], tools: None };
    let rendered = prompt("{{ messages[0].keys() | list }}", &conversation, &BTreeMap::new()).unwrap();
    assert_eq!(rendered, "['role', 'content', 'n']");
}

#[test]
fn nothing_but_remainders_and_marks_is_rewritten() {
    for same in
        ["50 % off", "{{ 'a % b' }}", "{# 5 % 2 #}", "{% raw %}{{ a % b }}{% endraw %}", "{{ x", "{", "{%", "{% x %"]
    {
        assert_eq!(rewrite::rewrite(same), same);
    }
    for (before, after) in [
        ("{{ a % b }}", "{{ __modulo(a, b) }}"),
        ("{{a%2}}", "{{__modulo(a, 2)}}"),
        ("{{ 1 + a.b[0](c) * d % e | f + g }}", "{{ 1 + __modulo(a.b[0](c) * d, e | f) + g }}"),
        ("{% if not i % 2 %}", "{% if not __modulo(i, 2) %}"),
        ("{{ a % b % c }}", "{{ __modulo(__modulo(a, b), c) }}"),
        ("{{ f(a % (b, c)) }}", "{{ f(__modulo(a, (b, c))) }}"),
        ("{%- generation -%}x{% endgeneration %}", "{%- with -%}x{%endwith%}"),
    ] {
        assert_eq!(rewrite::rewrite(before), after);
    }
}

fn file(name: &str, text: &str) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    std::fs::write(&path, text).unwrap();
    (dir, path)
}

#[test]
fn conversations_are_read_in_the_forms_they_have() {
    let turns = [r#"{"role": "user", "content": "who?"}"#, r#"{"content": "he", "role": "assistant", "n": 1}"#];
    let list = format!("[{}]", turns.join(", "));
    for (text, tools) in [
        (list.clone(), false),
        (turns.join("\n"), false),
        (format!("\u{feff}{}\r\n\r\n{}\n", turns[0], turns[1]), false),
        (format!(r#"{{"messages": {list}, "tools": [{{"name": "x"}}]}}"#), true),
    ] {
        let (_dir, path) = file("talk.json", &text);
        let said = read(&path).unwrap();
        // Keys keep their order, which templates show.
        let shown = prompt("{{ messages | tojson }}", &said, &BTreeMap::new()).unwrap();
        assert_eq!(shown, list);
        assert_eq!(said.tools.is_some(), tools);
    }
    let (_dir, path) = file("one.json", turns[0]);
    assert_eq!(read(&path).unwrap().messages.len(), 1);
}

#[test]
fn files_that_are_no_conversation_are_refused_with_the_place() {
    for (text, words) in [
        ("[]", &["no message"][..]),
        ("", &["not JSON"]),
        ("[{\"role\": \"user\"}]", &["message 1", "no `content`", "a message is"]),
        ("{\"role\": \"user\", \"content\": \"a\"}\n{\"content\": \"b\"}", &["message 2", "no text `role`"]),
        ("{\"role\": \"user\", \"content\": \"a\"}\n\n{\"content\" \"b\"}", &["talk.jsonl:3", "not JSON"]),
        ("[\"who?\"]", &["message 1", "string", "not an object"]),
        ("[{\"messages\": []}]", &["several conversations"]),
    ] {
        let (_dir, path) = file("talk.jsonl", text);
        let error = format!("{:?}", read(&path).unwrap_err());
        assert!(words.iter().all(|word| error.contains(word)), "{words:?} are not in {error}");
    }
    let (_dir, path) = file("tools.json", "{\"name\": \"x\"}");
    assert!(read_tools(&path).unwrap_err().to_string().contains("a list of objects"));
}
