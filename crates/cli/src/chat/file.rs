//! Conversations and tools in files of JSON.

use std::path::Path;

use cimiento_data::files;
use miette::{IntoDiagnostic, Result, miette};
use minijinja::Value;
use minijinja::value::ValueKind;

use super::Conversation;

/// The conversation in a file: a list of messages, an object with `messages` (and perhaps `tools`), or a message a line.
///
/// # Errors
/// If the file cannot be read, is no JSON, or holds something else; with the line or the message.
pub fn read(path: &Path) -> Result<Conversation> {
    let text = text(path)?;
    let whole: Result<Value, _> = serde_json::from_str(&text);
    let (messages, tools): (Vec<Value>, _) = match whole {
        Ok(list) if list.kind() == ValueKind::Seq => (items(&list), None),
        Ok(object) if is_conversation(&object) => {
            (items(&object.get_attr("messages").unwrap_or_default()), key(&object, "tools"))
        }
        Ok(message) => (vec![message], None),
        Err(error) if !error.is_syntax() || text.lines().filter(|line| !line.trim().is_empty()).count() < 2 => {
            return Err(miette!("{}: not JSON ({error})", path.display()));
        }
        Err(_) => (lines(path, &text)?, None),
    };
    if messages.iter().any(is_conversation) {
        let help = "give a file with one conversation, a message a line or as a list";
        return Err(miette!(help = help, "{}: it holds several conversations", path.display()));
    }
    if messages.is_empty() {
        return Err(miette!("{}: it holds no message", path.display()));
    }
    for (number, message) in (1..).zip(&messages) {
        check(message).map_err(|why| {
            let help = "a message is {\"role\": \"user\", \"content\": \"…\"}";
            miette!(help = help, "{}: message {number}: {why}", path.display())
        })?;
    }
    Ok(Conversation { messages, tools })
}

/// The descriptions of functions in a file: a list.
///
/// # Errors
/// If the file cannot be read, is no JSON, or holds something else.
pub fn read_tools(path: &Path) -> Result<Value> {
    let tools: Value = serde_json::from_str(&text(path)?).map_err(|e| miette!("{}: not JSON ({e})", path.display()))?;
    let objects = tools.kind() == ValueKind::Seq && items(&tools).iter().all(|tool| tool.kind() == ValueKind::Map);
    if objects { Ok(tools) } else { Err(miette!("{}: tools are a list of objects", path.display())) }
}

fn text(path: &Path) -> Result<String> {
    let bytes = files::read(path).into_diagnostic()?;
    let text = String::from_utf8(bytes).map_err(|_| miette!("{}: it is not UTF-8", path.display()))?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_string).unwrap_or(text))
}

fn items(list: &Value) -> Vec<Value> {
    list.try_iter().into_iter().flatten().collect()
}

fn key(object: &Value, name: &str) -> Option<Value> {
    object.get_attr(name).ok().filter(|value| !value.is_undefined() && !value.is_none())
}

fn is_conversation(object: &Value) -> bool {
    object.kind() == ValueKind::Map && key(object, "messages").is_some_and(|list| list.kind() == ValueKind::Seq)
}

/// A message a line.
fn lines(path: &Path, text: &str) -> Result<Vec<Value>> {
    let full = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let parsed = full.map(|(number, line)| {
        serde_json::from_str(line).map_err(|e| miette!("{}:{number}: not JSON ({e})", path.display()))
    });
    parsed.collect()
}

/// What a message lacks.
fn check(message: &Value) -> Result<(), String> {
    if message.kind() != ValueKind::Map {
        return Err(format!("it is {}, and not an object", message.kind()));
    }
    if key(message, "role").is_none_or(|role| role.as_str().is_none()) {
        return Err("it has no text `role`".into());
    }
    if key(message, "content").is_none() && key(message, "tool_calls").is_none() {
        return Err("it has no `content`".into());
    }
    Ok(())
}
