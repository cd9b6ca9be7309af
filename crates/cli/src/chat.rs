//! A conversation as the prompt that a model was taught to answer.

use miette::{Result, miette};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, ErrorKind, Value, context};

/// One thing said.
pub struct Message<'a> {
    /// `system` or `user`.
    pub role: &'static str,
    /// What was said.
    pub content: &'a str,
}

/// The prompt that `template`, in Jinja as `transformers` reads it, makes of `messages`; `bos` and `eos` are the tokens that
/// open and close a text.
///
/// # Errors
/// What the template objects to.
pub fn prompt(template: &str, messages: &[Message], bos: &str, eos: &str) -> Result<String> {
    let mut environment = Environment::new();
    // As `transformers` sets it: a block's line leaves no line.
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax.expect("two switches are no contradiction"));
    // Templates are written for Python, and use the methods of its strings and lists.
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    environment.add_function("raise_exception", |why: String| -> Result<String, minijinja::Error> {
        Err(minijinja::Error::new(ErrorKind::InvalidOperation, why))
    });
    let messages: Vec<Value> =
        messages.iter().map(|said| context! { role => said.role, content => said.content }).collect();
    let said = context! { messages, add_generation_prompt => true, bos_token => bos, eos_token => eos };
    let rendered = environment.render_str(template, said);
    rendered.map_err(|e| miette!("the run's chat template: {e}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "\
{%- if messages[0].role == 'system' %}
    {{- '<s>' + messages[0].content.strip() + '</s>' }}
    {%- set messages = messages[1:] %}
{%- endif %}
{% for message in messages %}
{{ bos_token }}{{ message['role'] }}: {{ message.content | trim }}{{ eos_token }}
{% if message.content.startswith('!') %}
{{ raise_exception('no shouting') }}
{% endif %}
{% endfor %}
{% if add_generation_prompt %}
assistant:
{%- endif %}";

    #[test]
    fn templates_are_read_as_transformers_reads_them() {
        let said = [
            Message { role: "system", content: " be brief " },
            Message { role: "user", content: "who sold the mule? " },
        ];
        let expected = "<s>be brief</s>[b]user: who sold the mule?[e]\nassistant:";
        assert_eq!(prompt(TEMPLATE, &said, "[b]", "[e]").unwrap(), expected);
    }

    #[test]
    fn what_a_template_objects_to_is_said() {
        let said = [Message { role: "user", content: "!" }];
        assert!(prompt(TEMPLATE, &said, "", "").unwrap_err().to_string().contains("no shouting"));
        assert!(prompt("{% if %}", &[], "", "").unwrap_err().to_string().contains("chat template"));
    }
}
