//! Lists and dictionaries as Python prints them, which is what pandas writes into the cells of a table:
//! `['a', "b"]`, `['a' 'b']` (numpy), `{'text': array(['a'], dtype=object)}`.

use serde_json::{Map, Number, Value};

/// Lists within lists deeper than this are not read.
const DEEPEST: usize = 32;

/// The value that `text` prints; `None` if it prints none, or numpy shortened it with `...`.
pub fn parse(text: &str) -> Option<Value> {
    let mut parser = Parser { rest: text.trim() };
    let value = parser.value(0)?;
    parser.rest.trim().is_empty().then_some(value)
}

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    fn value(&mut self, depth: usize) -> Option<Value> {
        self.space();
        match self.rest.chars().next().filter(|_| depth < DEEPEST)? {
            '[' => self.list(']', depth),
            '(' => self.list(')', depth),
            '{' => self.dictionary(depth),
            quote @ ('\'' | '"') => self.string(quote).map(Value::String),
            _ if self.take("array(") => {
                let value = self.value(depth + 1)?;
                let (about, rest) = self.rest.split_once(')')?;
                let about = about.trim();
                self.rest = rest;
                (about.is_empty() || about.starts_with(',')).then_some(value)
            }
            _ => self.word(),
        }
    }

    /// Elements with commas between them, or, as numpy prints them, without.
    fn list(&mut self, end: char, depth: usize) -> Option<Value> {
        self.rest = &self.rest[1..];
        let mut elements = Vec::new();
        loop {
            self.space();
            if self.take_char(end) {
                return Some(Value::Array(elements));
            }
            elements.push(self.value(depth + 1)?);
            let before = self.rest.len();
            self.space();
            let apart = self.take_char(',') || self.rest.len() < before || self.rest.starts_with(end);
            if !apart {
                return None;
            }
        }
    }

    fn dictionary(&mut self, depth: usize) -> Option<Value> {
        self.rest = &self.rest[1..];
        let mut entries = Map::new();
        loop {
            self.space();
            if self.take_char('}') {
                return Some(Value::Object(entries));
            }
            let quote = self.rest.chars().next().filter(|c| "'\"".contains(*c))?;
            let key = self.string(quote)?;
            self.space();
            if !self.take_char(':') {
                return None;
            }
            let value = self.value(depth + 1)?;
            if entries.insert(key, value).is_some() {
                return None;
            }
            self.space();
            if !self.take_char(',') && !self.rest.starts_with('}') {
                return None;
            }
        }
    }

    fn string(&mut self, quote: char) -> Option<String> {
        let mut text = String::new();
        let mut chars = self.rest[1..].chars();
        loop {
            match chars.next()? {
                '\\' => text.push(match chars.next()? {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    c @ ('\\' | '\'' | '"') => c,
                    c @ ('x' | 'u' | 'U') => {
                        let length = [('x', 2), ('u', 4), ('U', 8)].into_iter().find(|(sign, _)| *sign == c)?.1;
                        let digits = chars.as_str().get(..length)?;
                        chars = chars.as_str()[length..].chars();
                        char::from_u32(u32::from_str_radix(digits, 16).ok()?)?
                    }
                    _ => return None,
                }),
                c if c == quote => break,
                c => text.push(c),
            }
        }
        self.rest = chars.as_str();
        Some(text)
    }

    fn word(&mut self) -> Option<Value> {
        let end = self.rest.find(|c: char| c.is_whitespace() || ",:]})".contains(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        Some(match word {
            "None" | "nan" => Value::Null,
            "True" => true.into(),
            "False" => false.into(),
            _ => match word.parse::<i64>() {
                Ok(number) => number.into(),
                Err(_) if word.starts_with(|c: char| c.is_ascii_digit() || "-+.".contains(c)) => {
                    Value::Number(Number::from_f64(word.parse().ok()?)?)
                }
                Err(_) => return None,
            },
        })
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, word: &str) -> bool {
        let rest = self.rest.strip_prefix(word);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn take_char(&mut self, sign: char) -> bool {
        let rest = self.rest.strip_prefix(sign);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_python_and_numpy_print_is_read() {
        let cases = [
            (r#"['a', "it's", 'l\'\xe9\n']"#, json!(["a", "it's", "l'é\n"])),
            ("['a' 'b'\n 'c']", json!(["a", "b", "c"])),
            ("[1 2.5 -3]", json!([1, 2.5, -3])),
            ("(1,)", json!([1])),
            ("[True, None, nan]", json!([true, null, null])),
            (
                "{'text': array(['Ada', 'Ben'], dtype=object), 'answer_start': array([ 3, 17], dtype=int32)}",
                json!({"text": ["Ada", "Ben"], "answer_start": [3, 17]}),
            ),
            ("{'text': array([], dtype=object)}", json!({"text": []})),
            ("[{'speaker': 'A', 'text': 'x'}]", json!([{"speaker": "A", "text": "x"}])),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn everything_else_is_no_literal() {
        let deep = "[".repeat(100_000);
        for text in
            ["[MUSIC] hello", "['a'", "['a'] b", "['a' ... 'b']", "['a''b']", "{'a'}", "[a]", "['\\q']", "[--]", &deep]
        {
            assert_eq!(parse(text), None, "{:.20}", text);
        }
    }
}
