//! The page around the figures. Whatever comes from outside passes through [`escape`].

use serde_json::Value;

use crate::results::{Group, Row, interval, number};

use super::chart;
use super::figures::Figure;
use super::{Shown, Trials};

/// Examples of a task that are shown at once; the others unfold.
const AT_ONCE: usize = 4;
/// A longer text unfolds too, in characters.
const LONG: usize = 700;

/// Text as HTML shows it, in attributes as well.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// The whole document.
pub fn document(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{}</title>\n<style>\n{}</style>\n</head>\n\
         <body>\n<main>\n{body}</main>\n</body>\n</html>\n",
        escape(title),
        include_str!("style.css")
    )
}

/// The run's name and what to know of it at a glance.
pub fn header(title: &str, facts: &[(String, String)]) -> String {
    let facts: String = facts
        .iter()
        .map(|(name, value)| format!("<div><dt>{}</dt><dd>{}</dd></div>\n", escape(name), escape(value)))
        .collect();
    format!("<header>\n<h1>{}</h1>\n<dl class=\"facts\">\n{facts}</dl>\n</header>\n", escape(title))
}

/// A section of figures, in rows of those that belong together; left out where there are none.
pub fn figures(heading: &str, note: &str, rows: &[Vec<Figure>]) -> String {
    let rows: String = rows.iter().filter(|row| !row.is_empty()).map(|row| grid(row)).collect();
    if rows.is_empty() {
        return rows;
    }
    format!("<section>\n<h2>{heading}</h2>\n<p class=\"note\">{note}</p>\n{rows}</section>\n")
}

fn grid(figures: &[Figure]) -> String {
    let figure = |figure: &Figure| {
        let key = |(name, colour): &(String, chart::Colour)| {
            format!("<li><i style=\"background:var({})\"></i>{}</li>", colour.variable, escape(name))
        };
        let keys: String = figure.keys.iter().map(key).collect();
        let keys = if keys.is_empty() { keys } else { format!("<ul class=\"keys\">{keys}</ul>") };
        format!(
            "<figure>\n<figcaption>{}{keys}</figcaption>\n{}</figure>\n",
            escape(&figure.title),
            chart::themed(&figure.svg)
        )
    };
    format!("<div class=\"grid\">\n{}</div>\n", figures.iter().map(figure).collect::<String>())
}

/// The figures of the main metrics, then every number.
pub fn results(scores: &[Figure], groups: &[Group]) -> String {
    if groups.is_empty() {
        return String::new();
    }
    let mut out = format!(
        "<section>\n<h2>Results</h2>\n<p class=\"note\">Each value with its 95 % interval (bootstrap over examples). \
         A variant of several seeds has their mean, an interval over seeds and examples, and ± the standard deviation \
         between seeds. \
         The best of a column is set in bold; of metrics with ↓ less is better.</p>\n{}",
        grid(scores)
    );
    for group in groups {
        let n = group.n.map(|n| format!(" <span class=\"n\">n = {n}</span>")).unwrap_or_default();
        let title = format!("{} · {}{n}", escape(group.task), escape(&group.title));
        let few = group.few().map(|few| format!("<p class=\"note\">{few}.</p>\n")).unwrap_or_default();
        out.push_str(&match group.parts {
            false => format!("<h3>{title}</h3>\n{}{few}", table(group)),
            true => format!("<details>\n<summary>{title}</summary>\n{}{few}</details>\n", table(group)),
        });
    }
    out + "</section>\n"
}

/// What a search tried: its figures, and a line a trial.
pub fn trials(figures: &[Figure], trials: &Trials) -> String {
    let Some((head, lines)) = trials.lines.split_first() else { return String::new() };
    let head: String = head.iter().map(|name| format!("<th scope=\"col\">{}</th>", escape(name))).collect();
    let line = |(at, line): (usize, &Vec<String>)| {
        let bold = at == 0 && trials.best;
        let (open, close) = if bold { ("<b>", "</b>") } else { ("", "") };
        let cells: String = line.iter().map(|cell| format!("<td>{open}{}{close}</td>", escape(cell))).collect();
        format!("<tr>{cells}</tr>\n")
    };
    let lines: String = lines.iter().enumerate().map(line).collect();
    format!(
        "<section>\n<h2>Trials</h2>\n<p class=\"note\">Best first, by validation; intervals are those of 95 % (bootstrap \
         over examples). Of the running means of losses, that of the best trial is in colour.</p>\n{}\
         <div class=\"wide\"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{lines}</tbody>\n</table></div>\n</section>\n",
        grid(figures)
    )
}

fn table(group: &Group) -> String {
    let arrow = |column| if !group.parts && group.lower_is_better(column) { " ↓" } else { "" };
    let heads = group
        .columns
        .iter()
        .enumerate()
        .map(|(at, column)| format!("<th scope=\"col\">{}{}</th>", escape(&group.label(column)), arrow(at)));
    let best = |column: usize| group.best(column).map(|row| row.score.value);
    let best: Vec<Option<f64>> = (0..group.columns.len()).map(best).collect();
    let line = |(name, rows): &(&str, Vec<Option<&Row>>)| {
        let cells = rows.iter().zip(&best).map(|(row, best)| cell(*row, *best, group.n.is_none()));
        format!("<tr><th scope=\"row\">{}</th>{}</tr>\n", escape(&group.label(name)), cells.collect::<String>())
    };
    format!(
        "<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">{}</th>{}</tr></thead>\n<tbody>\n{}</tbody>\n</table></div>\n",
        if group.parts { "part" } else { "variant" },
        heads.collect::<String>(),
        group.lines.iter().map(line).collect::<String>()
    )
}

fn cell(row: Option<&Row>, best: Option<f64>, with_n: bool) -> String {
    let Some(row) = row else { return "<td>–</td>".into() };
    let value = number(row.score.value);
    let value = if best == Some(row.score.value) { format!("<b>{value}</b>") } else { value };
    let interval = interval(row).map(|text| format!(" <small>{text}</small>")).unwrap_or_default();
    let n = if with_n { format!(" <small>n = {}</small>", row.score.n) } else { String::new() };
    let std = row.score.seed_std.filter(|std| std.is_finite());
    let std = std.map(|std| format!(" <small>± {}</small>", number(std))).unwrap_or_default();
    format!("<td>{value}{interval}{std}{n}</td>")
}

/// Examples by task, with the answers of every variant beneath each other.
pub fn examples(all: &[Shown]) -> String {
    if all.is_empty() {
        return String::new();
    }
    let mut out = String::from("<section>\n<h2>Examples</h2>\n");
    let mut tasks: Vec<&str> = Vec::new();
    for shown in all {
        if !tasks.contains(&shown.task.as_str()) {
            tasks.push(&shown.task);
        }
    }
    for task in tasks {
        let cards: Vec<String> = all.iter().filter(|shown| shown.task == task).map(card).collect();
        let (first, others) = cards.split_at(cards.len().min(AT_ONCE));
        out.push_str(&format!("<h3>{}</h3>\n{}", escape(task), first.concat()));
        if !others.is_empty() {
            let summary = format!("<summary>{} more</summary>", others.len());
            out.push_str(&format!("<details class=\"more\">\n{summary}\n{}</details>\n", others.concat()));
        }
    }
    out + "</section>\n"
}

fn card(shown: &Shown) -> String {
    let answer = |(variant, answer): &(String, String)| {
        let (main, rest) = read_answer(answer);
        let right = !shown.expected.is_empty() && expected_among(&shown.expected, &main);
        let class = if right { " class=\"right\"" } else { "" };
        let rest = if rest.is_empty() { rest } else { format!(" <small>{}</small>", escape(&rest)) };
        format!("<tr{class}><th scope=\"row\">{}</th><td>{}{rest}</td></tr>\n", escape(variant), escape(&main))
    };
    format!(
        "<article>\n{}<table class=\"answers\">\n<tr class=\"expected\"><th scope=\"row\">expected</th><td>{}</td></tr>\n{}</table>\n</article>\n",
        question(&shown.question),
        escape(&shown.expected),
        shown.answers.iter().map(answer).collect::<String>()
    )
}

/// A text, whose end unfolds where it is long.
pub fn question(text: &str) -> String {
    let break_at = text.char_indices().nth(LONG).and_then(|(byte, _)| text[..byte].rfind(char::is_whitespace));
    match break_at {
        None => format!("<p class=\"text\">{}</p>\n", escape(text)),
        Some(byte) => format!(
            "<p class=\"text\">{} …</p>\n<details><summary>all of it</summary><p class=\"text\">{}</p></details>\n",
            escape(&text[..byte]),
            escape(text)
        ),
    }
}

/// Whether an answer is what was expected, or one of the possibilities that are listed with bars between them.
fn expected_among(expected: &str, answer: &str) -> bool {
    let same = |one: &str| one.trim().eq_ignore_ascii_case(answer.trim());
    same(expected) || expected.split(" | ").any(same)
}

/// The value of an object that has no other.
fn only(fields: &serde_json::Map<String, Value>) -> Option<&Value> {
    fields.values().next().filter(|_| fields.len() == 1)
}

/// The main part of an answer as `predict` prints it, and the rest in short. What is no such object is shown as it is.
pub fn read_answer(answer: &str) -> (String, String) {
    let Ok(Value::Object(fields)) = serde_json::from_str::<Value>(answer) else {
        return (answer.to_string(), String::new());
    };
    let Some(main) = ["label", "labels", "value", "text"]
        .iter()
        .find_map(|key| plain(fields.get(*key)?))
        .or_else(|| only(&fields).and_then(plain))
    else {
        return (answer.to_string(), String::new());
    };
    let share = |(name, value): (&String, &Value)| Some(format!("{name} {:.2}", value.as_f64()?));
    let mut rest: Vec<String> = Vec::new();
    if let Some(Value::Object(probabilities)) = fields.get("probabilities") {
        rest.extend(probabilities.iter().filter_map(share));
    }
    rest.extend(fields.iter().filter(|(name, _)| *name == "score").filter_map(share));
    let main = if main.is_empty() { "(no answer)".into() } else { main };
    (main, rest.join(" · "))
}

/// The main part of an answer as data have it: a text, a number, or labels in the order of their names.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(value) => value.as_f64().map(number),
        Value::Array(labels) => {
            let mut labels = labels.iter().map(Value::as_str).collect::<Option<Vec<&str>>>()?;
            labels.sort_unstable();
            Some(if labels.is_empty() { "(none)".into() } else { labels.join(", ") })
        }
        _ => None,
    }
}

/// The config, folded away.
pub fn config(text: &str) -> String {
    format!(
        "<section>\n<h2>Configuration</h2>\n<details>\n<summary>as it was run</summary>\n<pre>{}</pre>\n</details>\n</section>\n",
        escape(text)
    )
}
