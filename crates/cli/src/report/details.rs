//! Sections that look closer than a table of scores: which variants differ, how each class is found, the worst answers.

use cimiento_core::metrics::ClassReport;
use serde::{Deserialize, Serialize};

use super::page::{escape, question, read_answer};
use crate::results::{Compared, Group, number, with_best};

/// Lines of a confusion matrix that are shown; of more classes only the pairs that are confused most.
const MATRIX: usize = 12;
/// Pairs of classes that are listed.
const PAIRS: usize = 15;

/// An answer that is wrong, or not quite right.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Mistake {
    /// Where its record stands.
    #[serde(flatten)]
    pub place: Place,
    /// How good it is: the higher the better, 1 is right.
    pub quality: f64,
    /// How sure the model is of it, where it tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// What was asked.
    pub text: String,
    /// What the data say.
    pub expected: String,
    /// What the model says, as `predict` prints it.
    pub answer: serde_json::Value,
}

/// Where a record stands.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Place {
    /// Its own name, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its file, where there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Its first line, or the number of the row or question.
    pub line: usize,
}

/// The worst answers of a model.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Mistakes {
    /// Task, data set, split and variant.
    pub title: String,
    /// Answers that are not quite right.
    pub count: usize,
    /// All answers.
    pub n: usize,
    /// The file with more of them, in the folder of the evaluation.
    pub file: String,
    /// Some of them, the worst first.
    pub worst: Vec<Mistake>,
}

/// The comparisons of the best variant of each table with its others.
pub fn comparisons(groups: &[Group], compared: &[Compared]) -> String {
    let mut out = String::new();
    for group in groups {
        let found = with_best(group, compared);
        if found.is_empty() {
            continue;
        }
        let line = |one: &Compared| {
            let verdict = if one.tie { "a tie" } else { "differ" };
            let cells = [one.second.as_str(), &one.difference(), &one.significance(), verdict];
            let cells: String = cells.iter().map(|cell| format!("<td>{}</td>", escape(cell))).collect();
            format!("<tr>{cells}</tr>\n")
        };
        let lines: String = found.iter().map(line).collect();
        out.push_str(&format!(
            "<h3>{} · {} · {}: {} against the others</h3>\n<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">other</th>\
             <th scope=\"col\">difference</th><th scope=\"col\">significance</th><th scope=\"col\"></th></tr></thead>\n\
             <tbody>\n{lines}</tbody>\n</table></div>\n",
            escape(group.task),
            escape(&group.title),
            escape(&found[0].metric),
            escape(&found[0].first),
        ));
    }
    section("Comparisons", COMPARISONS, out)
}

const COMPARISONS: &str = "Variants answered the same examples, so that each difference has an interval of its own, of 95 %: a \
    paired bootstrap, which leaves out what is hard for both. Where it holds 0 it is a tie: these examples cannot tell the two \
    apart. McNemar's test asks the same of right and wrong answers alone. No p is corrected for the number of comparisons; \
    comparisons.json has those of every pair and metric.";

/// How each class is found, and which is taken for which.
pub fn classes(all: &[(String, ClassReport)]) -> String {
    let one = |(title, report): &(String, ClassReport)| {
        format!(
            "<details>\n<summary>{}</summary>\n{}{}</details>\n",
            escape(title),
            each_class(report),
            report.confusion.as_ref().map(|matrix| confusion(report, matrix)).unwrap_or_default()
        )
    };
    section("Classes", CLASSES, all.iter().map(one).collect())
}

const CLASSES: &str = "Precision is the share of the answers with a class that are right, recall the share of the examples of a \
    class that are found, and F1 their harmonic mean. A line of the matrix holds the examples of one class, by the class they \
    were taken for. The folder classes/ has the same as files.";

fn each_class(report: &ClassReport) -> String {
    let areas = report.classes.iter().any(|class| class.average_precision.is_some());
    let line = |class: &cimiento_core::metrics::ClassScore| {
        let mut cells = [class.precision, class.recall, class.f1].map(number).to_vec();
        cells.extend(areas.then(|| class.average_precision.map_or("–".into(), number)));
        cells.extend([class.support, class.given].map(|count| count.to_string()));
        let cells: String = cells.iter().map(|cell| format!("<td>{cell}</td>")).collect();
        format!("<tr><th scope=\"row\">{}</th>{cells}</tr>\n", escape(&class.label))
    };
    let lines: String = report.classes.iter().map(line).collect();
    let heads = ["class", "precision", "recall", "F1"].into_iter().chain(areas.then_some("average precision"));
    let heads = heads.chain(["examples", "answers"]).map(|head| format!("<th scope=\"col\">{head}</th>"));
    let heads: String = heads.collect();
    format!("<div class=\"wide\"><table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{lines}</tbody>\n</table></div>\n")
}

fn confusion(report: &ClassReport, matrix: &[Vec<usize>]) -> String {
    let label = |class: usize| report.classes.get(class).map(|class| escape(&class.label)).unwrap_or_default();
    if matrix.len() <= MATRIX {
        let heads: String = (0..matrix.len()).map(|class| format!("<th scope=\"col\">{}</th>", label(class))).collect();
        let line = |(class, counts): (usize, &Vec<usize>)| {
            let cell = |(other, count): (usize, &usize)| match (*count, class == other) {
                (0, _) => "<td>·</td>".to_string(),
                (count, true) => format!("<td><b>{count}</b></td>"),
                (count, false) => format!("<td>{count}</td>"),
            };
            let cells: String = counts.iter().enumerate().map(cell).collect();
            format!("<tr><th scope=\"row\">{}</th>{cells}</tr>\n", label(class))
        };
        let lines: String = matrix.iter().enumerate().map(line).collect();
        return format!(
            "<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">is ↓ taken for →</th>{heads}</tr></thead>\n<tbody>\n{lines}\
             </tbody>\n</table></div>\n"
        );
    }
    let pairs = matrix.iter().enumerate().flat_map(|(class, counts)| {
        counts
            .iter()
            .enumerate()
            .filter(move |(other, _)| *other != class)
            .map(move |(other, count)| (class, other, *count))
    });
    let mut pairs: Vec<(usize, usize, usize)> = pairs.filter(|(_, _, count)| *count > 0).collect();
    pairs.sort_by_key(|(_, _, count)| std::cmp::Reverse(*count));
    let line = |&(class, other, count): &(usize, usize, usize)| {
        format!("<tr><td>{}</td><td>{}</td><td>{count}</td></tr>\n", label(class), label(other))
    };
    let lines: String = pairs.iter().take(PAIRS).map(line).collect();
    format!(
        "<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">is</th><th scope=\"col\">taken for</th><th scope=\"col\">times</th>\
         </tr></thead>\n<tbody>\n{lines}</tbody>\n</table></div>\n"
    )
}

/// The worst answers of each model.
pub fn mistakes(all: &[Mistakes]) -> String {
    let one = |found: &Mistakes| {
        let cards: String = found.worst.iter().map(card).collect();
        format!(
            "<details>\n<summary>{} · {} of {} answers; the worst {}, more in mistakes/{}</summary>\n{cards}</details>\n",
            escape(&found.title),
            found.count,
            found.n,
            found.worst.len(),
            escape(&found.file)
        )
    };
    section("Mistakes", MISTAKES, all.iter().map(one).collect())
}

const MISTAKES: &str = "Answers that are not quite right, the worst first: those furthest off, and among these the ones of which the \
    model is the surest. They show what a model has not understood, and labels that are wrong in the data.";

fn card(mistake: &Mistake) -> String {
    let (main, rest) = read_answer(&mistake.answer.to_string());
    let Place { id, file, line } = &mistake.place;
    let id = id.as_ref().map(|id| format!("{id} · ")).unwrap_or_default();
    let file = file.as_ref().map(|file| format!("{file} ")).unwrap_or_default();
    let sure = mistake.confidence.map(|sure| format!(" · confidence {}", number(sure))).unwrap_or_default();
    let place = format!("{id}{file}line {line}{sure}");
    format!(
        "<article>\n<p class=\"n\">{}</p>\n{}<table class=\"answers\">\n<tr class=\"expected\"><th scope=\"row\">expected</th><td>{}\
         </td></tr>\n<tr><th scope=\"row\">given</th><td>{} <small>{}</small></td></tr>\n</table>\n</article>\n",
        escape(&place),
        question(&mistake.text),
        escape(&mistake.expected),
        escape(&main),
        escape(&rest)
    )
}

fn section(heading: &str, note: &str, body: String) -> String {
    if body.is_empty() {
        return body;
    }
    format!("<section>\n<h2>{heading}</h2>\n<p class=\"note\">{note}</p>\n{body}</section>\n")
}
