//! A conversation as the prompt that a model was taught to answer.

mod file;
mod jinja;
mod json;
mod python;
mod rewrite;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use miette::{Result, miette};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, ErrorKind, Value};

pub use file::{read, read_tools};

/// What is said, as a template sees it.
#[derive(Clone, Debug)]
pub struct Conversation {
    /// Messages, each an object with `role` and `content` and whatever else the template knows.
    pub messages: Vec<Value>,
    /// Descriptions of functions that the model may call; none where there are none.
    pub tools: Option<Value>,
}

impl Conversation {
    /// What is said, message by message, as far as it is text.
    pub fn texts(&self) -> impl Iterator<Item = String> {
        self.messages.iter().filter_map(|message| Some(message.get_attr("content").ok()?.as_str()?.to_string()))
    }
}

impl Conversation {
    /// The same without its oldest turn, from the first message that no system says to the next of the user. None if there
    /// is no other turn.
    pub fn without_oldest_turn(&self) -> Option<Self> {
        let role = |message: &Value| message.get_attr("role").ok()?.as_str().map(str::to_string);
        let is = |message: &Value, names: &[&str]| role(message).is_some_and(|role| names.contains(&role.as_str()));
        let first = self.messages.iter().position(|message| !is(message, &["system", "developer"]))?;
        let next = self.messages.iter().skip(first + 1).position(|message| is(message, &["user"]))? + first + 1;
        let (before, after) = (&self.messages[..first], &self.messages[next..]);
        Some(Self { messages: [before, after].concat(), tools: self.tools.clone() })
    }
}

/// A message of `role` (`system`, `user`, `assistant`).
pub fn message(role: &str, content: &str) -> Value {
    Value::from_pairs([("role", role), ("content", content)])
}

/// The prompt that `template`, in Jinja as `transformers` reads it, makes of a conversation; `tokens` are those that the
/// model's files name, by role (`bos_token`). The order of keys, the spelling of JSON and what is undefined are as there.
///
/// # Errors
/// What the template objects to.
pub fn prompt(template: &str, conversation: &Conversation, tokens: &BTreeMap<String, String>) -> Result<String> {
    let mut environment = Environment::new();
    // As `transformers` sets it: a block's line leaves no line.
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax.expect("two switches are no contradiction"));
    // Templates are written for Python, and use the methods of its strings and lists.
    environment.set_unknown_method_callback(python::method);
    environment.add_filter("tojson", json::filter);
    jinja::add(&mut environment);
    environment.add_function(rewrite::MODULO, python::modulo);
    environment.add_function("strftime_now", python::strftime_now);
    environment.add_function("raise_exception", |why: String| -> Result<String, minijinja::Error> {
        Err(minijinja::Error::new(ErrorKind::InvalidOperation, why))
    });
    let none = Value::from(());
    let mut said: BTreeMap<&str, Value> = BTreeMap::from([
        ("messages", conversation.messages.iter().map(python::without_none).collect()),
        ("tools", conversation.tools.clone().unwrap_or(none.clone())),
        ("documents", none),
        ("add_generation_prompt", Value::from(true)),
    ]);
    said.extend(tokens.iter().map(|(role, token)| (role.as_str(), Value::from(token.as_str()))));
    let rendered = environment.render_str(&rewrite::rewrite(template), Value::from_pairs(said));
    rendered.map_err(|e| miette!("the run's chat template: {e}"))
}
