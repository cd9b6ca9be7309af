//! Messages as those read them who typed options: they name options, where others name the keys of a config.

use std::sync::OnceLock;

use cimiento_data::shell::quoted;
use toml::Table;

/// What was typed in place of a config.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typed {
    /// `pretrain --text`.
    Pretraining,
    /// `finetune --train`.
    Training,
    /// `evaluate RUN --data`, whose config would have this list.
    Evaluation(&'static str),
    /// The records of `predict` and its like.
    Input,
}

static TYPED: OnceLock<Typed> = OnceLock::new();

/// From now on messages name options.
pub fn instead_of_a_config(typed: Typed) {
    let _ = TYPED.set(typed);
}

/// A message, which names options if there is no config.
pub fn message(text: &str) -> String {
    TYPED.get().map_or_else(|| text.to_owned(), |typed| in_options(text, *typed))
}

fn in_options(message: &str, typed: Typed) -> String {
    // What has the limit, and what has the format.
    let (skip, set, source) = match typed {
        Typed::Pretraining => {
            let source = "corpus.sources[0]".to_owned();
            ("--on-bad skip", Some(source.clone()), source)
        }
        Typed::Training => ("--on-bad skip", Some("data".into()), "data.train[0]".into()),
        Typed::Evaluation(list) => ("--on-bad skip", Some(format!("{list}[0]")), format!("{list}[0].data[0]")),
        Typed::Input => ("--on-bad skip", None, String::new()),
    };
    let format = if set.is_some() { format!("--set {source}.format=") } else { "--input-format ".into() };
    let mut text = with_fields(message, typed).replace("`on_bad = \"skip\"`", &format!("`{skip}`"));
    if let Some(set) = set {
        text = text.replace("(`max_skipped`)", &format!("(`--set {set}.max_skipped=SHARE` raises it)"));
    }
    if typed != Typed::Pretraining {
        text = text.replace("set `separator` to ", "add --separator ");
    }
    text = text.replace("set `format` to csv", &format!("add {format}csv"));
    text.replace(
        "Set `format` to one of text, jsonl, json, csv, tsv, parquet, squad",
        &format!("{format}FORMAT says which it is: text, jsonl, json, csv, tsv, parquet or squad"),
    )
}

/// A remedy that names settings of a task, which `--set` changes.
pub fn remedy(text: &str) -> String {
    match TYPED.get() {
        Some(Typed::Pretraining | Typed::Training) => with_set(text),
        _ => text.to_owned(),
    }
}

/// `set task.a.b = "c"` as `--set task.a.b=c`, which can be pasted.
fn with_set(text: &str) -> String {
    let text = text.replace("--set task.", "task.").replace("set task.", "task.");
    let (mut out, mut rest) = (String::new(), text.as_str());
    while let Some((before, after)) = rest.split_once("task.") {
        let end = after.find(|c: char| !(c.is_alphanumeric() || "._-".contains(c))).unwrap_or(after.len());
        let (key, tail) = after.split_at(end);
        let given = tail.strip_prefix(" = \"").and_then(|tail| tail.split_once('"'));
        let (setting, tail) = match given {
            Some((value, tail)) => (quoted(&format!("task.{key}={value}")), tail),
            None => (format!("task.{key}"), tail),
        };
        out.push_str(&format!("{before}--set {setting}"));
        rest = tail;
    }
    (out + rest).replace(" and --set ", " --set ")
}

/// `fields = { text = "review" }` as `--field text=review`.
fn with_fields(message: &str, typed: Typed) -> String {
    const BEGINNING: &str = "fields = { ";
    let Some((before, rest)) = message.split_once(BEGINNING) else { return message.to_owned() };
    // A name may hold a brace: the shortest text that is a table is it.
    let parsed = rest.match_indices(" }").find_map(|(at, end)| {
        let table: Table = format!("{BEGINNING}{}", &rest[..at + end.len()]).parse().ok()?;
        Some((table["fields"].as_table()?.clone(), &rest[at + end.len()..]))
    });
    let Some((fields, after)) = parsed else { return message.to_owned() };
    let option = |(field, column): (&String, &toml::Value)| {
        let (option, before) = match typed {
            Typed::Pretraining => ("--set", "corpus.sources[0]."),
            _ => ("--field", ""),
        };
        format!("{option} {}", quoted(&format!("{before}{field}={}", column.as_str().unwrap_or_default())))
    };
    let options: Vec<String> = fields.iter().map(option).collect();
    format!("{before}{}{}", options.join(" "), with_fields(after, typed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_become_options() {
        let missing = "a.csv:2: no field `text`. If it is another one, name it: fields = { label = \"my stars\", text = \"a }, b\" }";
        assert_eq!(
            in_options(missing, Typed::Input),
            "a.csv:2: no field `text`. If it is another one, name it: --field 'label=my stars' --field 'text=a }, b'"
        );
        let bad = "2 of 9 records cannot be used (mend them, or leave them out with `on_bad = \"skip\"`)";
        assert!(in_options(bad, Typed::Training).ends_with("leave them out with `--on-bad skip`)"));
        let many = "2 of 9 records cannot be used, more than the limit of 2 % (`max_skipped`)";
        assert!(in_options(many, Typed::Training).ends_with("2 % (`--set data.max_skipped=SHARE` raises it)"));
        assert!(in_options(many, Typed::Evaluation("tasks")).contains("--set tasks[0].max_skipped=SHARE"));
        assert!(in_options(bad, Typed::Pretraining).ends_with("`--on-bad skip`)"));
        let text = in_options("name it: fields = { text = \"body\" }", Typed::Pretraining);
        assert_eq!(text, "name it: --set 'corpus.sources[0].text=body'");
        assert_eq!(with_set("raise task.a.max_answer_tokens"), "raise --set task.a.max_answer_tokens");
        assert_eq!(
            with_set("set task.a.problem_type = \"several\" and task.a.separator = \"|\""),
            "--set task.a.problem_type=several --set 'task.a.separator=|'"
        );
        assert_eq!(with_fields("fields = { broken", Typed::Input), "fields = { broken");
    }
}
