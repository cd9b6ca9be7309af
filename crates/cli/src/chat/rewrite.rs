//! Templates in words that the template library knows: `{% generation %}`, which only marks what is learned from, becomes
//! a block without meaning, and `%`, which the library has for numbers alone, a call.

use std::ops::Range;

/// The function that `%` becomes.
pub(super) const MODULO: &str = "__modulo";

/// The template with these parts put otherwise.
pub(super) fn rewrite(template: &str) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        let (before, block) = rest.split_at(at);
        out.push_str(before);
        let end = match block.as_bytes().get(1) {
            Some(b'#') => block.find("#}").map(|end| end + 2),
            Some(b'{') => code_end(block, "}}"),
            Some(b'%') => code_end(block, "%}"),
            _ => Some(1),
        };
        let (block, after) = block.split_at(end.unwrap_or(block.len()));
        rest = after;
        if !(block.starts_with("{{") || block.starts_with("{%")) || block.len() < 4 {
            out.push_str(block);
            continue;
        }
        let (open, close) = block.split_at(block.len() - 2);
        let (open, code) = open.split_at(2);
        let (word, dashes) = statement(code);
        match word {
            "generation" => out.push_str(&format!("{{%{}with{}%}}", dashes.0, dashes.1)),
            "endgeneration" => out.push_str(&format!("{{%{}endwith{}%}}", dashes.0, dashes.1)),
            "raw" if open == "{%" => {
                // Until its end all is text.
                out.push_str(block);
                let end = raw_end(rest);
                out.push_str(&rest[..end]);
                rest = &rest[end..];
            }
            _ => out.push_str(&format!("{open}{}{close}", with_calls(code))),
        }
    }
    out + rest
}

/// The one word of a statement, and the signs that trim white space before and behind it.
fn statement(code: &str) -> (&str, (&str, &str)) {
    let sign = |c: Option<char>| c.is_some_and(|c| c == '-' || c == '+');
    let (first, rest) = code.split_at(usize::from(sign(code.chars().next())));
    let (word, last) = rest.split_at(rest.len() - usize::from(sign(rest.chars().next_back())));
    let gap = |sign: &'static str, is: bool| if is { sign } else { "" };
    (word.trim(), (gap("- ", first == "-"), gap(" -", last == "-")))
}

/// Where the block ends that says `endraw`.
fn raw_end(text: &str) -> usize {
    let blocks = text.match_indices("{%").filter_map(|(at, _)| {
        let end = at + text[at..].find("%}")? + 2;
        (statement(&text[at + 2..end - 2]).0 == "endraw").then_some(end)
    });
    blocks.into_iter().next().unwrap_or(text.len())
}

/// Where a block of code ends, strings within it passed over.
fn code_end(block: &str, close: &str) -> Option<usize> {
    let mut at = 2;
    let mut depth = 0;
    while at < block.len() {
        if depth == 0 && block[at..].starts_with(close) {
            return Some(at + 2);
        }
        let token = token(block, at);
        match &block[token.clone()] {
            "{" | "[" | "(" => depth += 1,
            "}" | "]" | ")" => depth -= 1,
            _ => {}
        }
        at = token.end;
    }
    None
}

/// The token at a byte of some code: a string, a word or number, white space, or one sign.
fn token(code: &str, at: usize) -> Range<usize> {
    let mut chars = code[at..].char_indices();
    let Some((_, first)) = chars.next() else { return at..at };
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let length = if first == '"' || first == '\'' {
        let mut escaped = false;
        let closing = chars.find(|&(_, c)| {
            let closes = c == first && !escaped;
            escaped = c == '\\' && !escaped;
            closes
        });
        closing.map(|(end, c)| end + c.len_utf8())
    } else if word(first) {
        chars.find(|&(_, c)| !word(c)).map(|(end, _)| end)
    } else if first.is_whitespace() {
        chars.find(|&(_, c)| !c.is_whitespace()).map(|(end, _)| end)
    } else {
        Some(first.len_utf8())
    };
    at..length.map_or(code.len(), |length| at + length)
}

/// Words that stand between operands and are none.
const KEYWORDS: [&str; 12] = ["and", "or", "not", "in", "is", "if", "else", "elif", "set", "for", "print", "filter"];

/// `code` in which each `left % right` is a call.
fn with_calls(code: &str) -> String {
    let mut code = code.to_string();
    while let Some(rewritten) = with_call(&code) {
        code = rewritten;
    }
    code
}

/// `code` with its first `%` as a call; none where there is none between two operands.
fn with_call(code: &str) -> Option<String> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < code.len() {
        let token = token(code, at);
        at = token.end;
        if !code[token.clone()].trim().is_empty() {
            tokens.push(token);
        }
    }
    let text = |index: usize| tokens.get(index).map_or("", |token: &Range<usize>| &code[token.clone()]);
    let percent = (1..tokens.len()).find(|&index| text(index) == "%" && is_end(text(index - 1)))?;
    let first = left(&text, percent);
    let last = right(&text, percent + 1, tokens.len())?;
    let (start, end) = (tokens[first].start, tokens[last - 1].end);
    let (before, after) = (&code[start..tokens[percent].start], &code[tokens[percent].end..end]);
    Some(format!("{}{MODULO}({}, {}){}", &code[..start], before.trim(), after.trim(), &code[end..]))
}

/// Whether an operand may end with this token.
fn is_end(token: &str) -> bool {
    let closes = matches!(token, ")" | "]" | "}");
    closes || token.starts_with(['"', '\'']) || is_word(token)
}

/// A name or a number.
fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphanumeric() || c == '_') && !KEYWORDS.contains(&token)
}

/// The first token of what stands before the `%` at `percent`: an operand, or several that are multiplied or divided.
fn left<'a>(text: &impl Fn(usize) -> &'a str, percent: usize) -> usize {
    let mut at = percent;
    loop {
        // One operand, from its end.
        loop {
            at -= 1;
            if matches!(text(at), ")" | "]" | "}") {
                let mut depth = 1;
                while depth > 0 && at > 0 {
                    at -= 1;
                    depth += match text(at) {
                        ")" | "]" | "}" => 1,
                        "(" | "[" | "{" => -1,
                        _ => 0,
                    };
                }
                // What is called or looked into stands before it.
                if at > 0 && is_end(text(at - 1)) {
                    continue;
                }
            }
            if at > 1 && matches!(text(at - 1), "." | "|") {
                at -= 1;
                continue;
            }
            break;
        }
        // A sign that no operand stands before belongs to this one.
        while at > 0 && matches!(text(at - 1), "-" | "+") && (at == 1 || !is_end(text(at - 2))) {
            at -= 1;
        }
        let times = |index: usize| matches!(text(index), "*" | "/");
        if at < 2 || !times(at - 1) {
            return at;
        }
        at -= 1;
        while at > 1 && times(at - 1) {
            at -= 1;
        }
    }
}

/// One past the last token of the operand that begins at `from`.
fn right<'a>(text: &impl Fn(usize) -> &'a str, from: usize, length: usize) -> Option<usize> {
    let mut at = from;
    while matches!(text(at), "-" | "+") {
        at += 1;
    }
    let group = |mut at: usize| {
        let mut depth = 0;
        loop {
            depth += match text(at) {
                "(" | "[" | "{" => 1,
                ")" | "]" | "}" => -1,
                _ => 0,
            };
            at += 1;
            if depth == 0 || at >= length {
                return (depth == 0).then_some(at);
            }
        }
    };
    at = if matches!(text(at), "(" | "[" | "{") { group(at)? } else { at + 1 };
    while at < length {
        match text(at) {
            "(" | "[" => at = group(at)?,
            "." | "|" => at += 2,
            _ => break,
        }
    }
    (at <= length).then_some(at)
}
