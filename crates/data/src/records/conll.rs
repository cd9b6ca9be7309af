//! CoNLL's columns (Tjong Kim Sang and De Meulder 2003): a word a line, its tag in the last column, a blank line behind a sentence.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::error::{Place, RecordError, Unit};
use super::input::{Input, Lines};
use super::passed::warn_once;
use super::request::Request;
use super::row::{Row, Rows};

/// A sentence of more words is a file of something else.
const LONGEST: usize = 1 << 16;

/// A record `{tokens, tags}` a sentence; without `tags` where every line is a word alone.
pub(super) fn rows(request: &Request) -> Result<Rows, RecordError> {
    let path = request.path.clone();
    let mut sentences = Sentences { lines: Input::open(request)?.into_lines(), path, comments: 0, first: 0 };
    Ok(Box::new(std::iter::from_fn(move || sentences.next())))
}

struct Sentences {
    lines: Lines,
    path: Arc<Path>,
    /// How many lines were comments, and the first of them.
    comments: usize,
    first: usize,
}

/// The words of a sentence, and their tags where they have some.
#[derive(Default)]
struct Sentence {
    line: usize,
    /// Columns of its first line.
    columns: usize,
    words: Vec<Value>,
    tags: Vec<Value>,
}

impl Sentences {
    fn next(&mut self) -> Option<Result<Row, RecordError>> {
        let mut sentence = Sentence::default();
        let mut problem = None;
        loop {
            let text = match self.lines.next() {
                None => break,
                Some(Err(e)) => return Some(Err(e)),
                Some(Ok(text)) => text.to_owned(),
            };
            let line = self.lines.line();
            if text.trim().is_empty() {
                if sentence.line > 0 {
                    break;
                }
                continue;
            }
            let columns = columns(&text);
            if is_comment(&text) {
                self.comments += 1;
                self.first = if self.first == 0 { line } else { self.first };
                continue;
            }
            if columns[0].starts_with("-DOCSTART-") {
                // A document begins here: what was read before it is a sentence.
                if sentence.line > 0 {
                    break;
                }
                continue;
            }
            if sentence.line == 0 {
                sentence.line = line;
                sentence.columns = columns.len();
                if let Some(what) = foreign(&columns) {
                    self.lines.stop();
                    return Some(Err(RecordError::Mapping {
                        path: self.path.to_path_buf(),
                        message: format!("line {line}: {what}"),
                    }));
                }
            }
            // The sentence is read to its end, so that the next one begins where it does.
            if problem.is_none() {
                problem = sentence.add(&columns, Place::line(&self.path, line)).err();
            }
            if sentence.words.len() > LONGEST && problem.is_none() {
                self.lines.stop();
                let message = format!("a sentence of more than {LONGEST} words: is a blank line behind each sentence?");
                problem = Some(RecordError::Value { place: Place::line(&self.path, sentence.line), message });
                break;
            }
        }
        if sentence.line == 0 {
            self.tell();
            return None;
        }
        Some(problem.map_or_else(|| Ok(sentence.row()), Err))
    }

    fn tell(&mut self) {
        let (count, line, path) = (std::mem::take(&mut self.comments), self.first, self.path.display());
        if count > 0 {
            warn_once(format!(
                "{path}:{line}: lines that are comments (\"# key = value\") are left out, {count} in all"
            ));
        }
    }
}

impl Sentence {
    fn add(&mut self, columns: &[&str], place: Place) -> Result<(), RecordError> {
        if columns.len() != self.columns {
            let hint = "; the lines of a sentence have as many columns each, the word first and the tag last, and a blank line ends it";
            return Err(RecordError::Columns {
                place,
                expected: self.columns,
                found: columns.len(),
                hint: hint.into(),
            });
        }
        if columns[0].is_empty() {
            return Err(RecordError::Value { place, message: "there is no word before the tag".into() });
        }
        self.words.push(columns[0].into());
        if let [_, .., tag] = columns {
            if tag.is_empty() {
                return Err(RecordError::Value {
                    place,
                    message: format!("there is no tag behind the word {:?}", columns[0]),
                });
            }
            self.tags.push((*tag).into());
        }
        Ok(())
    }

    fn row(self) -> Row {
        let mut value = Map::from_iter([("tokens".to_owned(), Value::Array(self.words))]);
        if !self.tags.is_empty() {
            value.insert("tags".to_owned(), Value::Array(self.tags));
        }
        Row::new(self.line, Unit::Line, value)
    }
}

/// The columns of a line: between tabs where there is one, else between spaces.
fn columns(line: &str) -> Vec<&str> {
    if line.contains('\t') { line.split('\t').map(str::trim).collect() } else { line.split_whitespace().collect() }
}

/// Whether a line is a comment as CoNLL-U has them, and no word `#` with its tag.
fn is_comment(line: &str) -> bool {
    let Some(rest) = line.strip_prefix("# ").filter(|rest| !rest.contains('\t')) else { return false };
    rest.contains(" = ") || ["newdoc", "newpar"].contains(&rest.trim())
}

/// What a file is whose sentence begins so, where that is no words and tags.
fn foreign(columns: &[&str]) -> Option<&'static str> {
    let numbered = columns.len() == 10 && columns[0].split(['-', '.']).all(|part| part.parse::<u32>().is_ok());
    if numbered {
        return Some(
            "ten columns of which the first is a number are CoNLL-U, which has no tags of entities; write the word first and the \
             tag last",
        );
    }
    let json = columns[0].starts_with('{') && columns.last().is_some_and(|last| last.ends_with('}'));
    json.then_some("this is JSON; set `format` to jsonl")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde::Deserialize;

    use super::super::{Format, Source, read};

    #[derive(Deserialize, Debug, PartialEq)]
    struct Tagged {
        tokens: Vec<String>,
        tags: Option<Vec<String>>,
    }

    fn all(text: &str) -> Vec<Result<(usize, String), String>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.conll");
        fs::write(&path, text).unwrap();
        assert_eq!(Format::of(&path), Some(Format::Conll));
        let shown = |record: Tagged| {
            let tags = record.tags.map_or(String::new(), |tags| format!(" | {}", tags.join(" ")));
            record.tokens.join(" ") + &tags
        };
        let found = read::<Tagged>(&Source::new(path)).unwrap();
        let name = format!("{}/", folder.path().display());
        found
            .map(|found| {
                found.map(|found| (found.line, shown(found.record))).map_err(|e| e.to_string().replace(&name, ""))
            })
            .collect()
    }

    fn good(text: &str) -> Vec<(usize, String)> {
        all(text).into_iter().map(Result::unwrap).collect()
    }

    #[test]
    fn sentences_end_at_blank_lines_and_documents() {
        let text =
            "-DOCSTART- -X- O O\n\nEU NNP I-NP B-ORG\n. . O O\n\n\t\nPeter NNP I-NP B-PER\n-DOCSTART- -X- O O\nx y z O";
        let expected = [(3, "EU . | B-ORG O"), (7, "Peter | B-PER"), (9, "x | O")];
        assert_eq!(good(text), expected.map(|(line, text)| (line, text.to_owned())));
        assert_eq!(good("New York\tB-LOC\n#\tO\n"), [(1, "New York # | B-LOC O".to_owned())]);
        assert_eq!(good("a\nb\r\n\r\nc\n"), [(1, "a b".to_owned()), (4, "c".to_owned())]);
        assert_eq!(good("# sent_id = 1\n# O\na O\n"), [(2, "# a | O O".to_owned())]);
    }

    #[test]
    fn a_bad_line_costs_its_sentence_alone() {
        let found = all("a O\nb\nc O\n\nd O\n\n\tO\n\ne\t\n");
        let message = found[0].as_ref().unwrap_err();
        assert!(message.starts_with("x.conll:2: 1 column where 2 were expected; the lines of a sentence"), "{message}");
        assert_eq!(found[1], Ok((5, "d | O".to_owned())));
        assert_eq!(found[2], Err("x.conll:7: there is no word before the tag".to_owned()));
        assert_eq!(found[3], Err("x.conll:9: there is no tag behind the word \"e\"".to_owned()));
        assert_eq!(found.len(), 4);
    }

    #[test]
    fn other_layouts_are_named() {
        let treebank = "# text = a\n1\ta\ta\tX\t_\t_\t0\troot\t_\t_\n";
        assert!(all(treebank)[0].as_ref().unwrap_err().contains("CoNLL-U"));
        assert!(all("{\"tokens\": [\"a\"]}\n")[0].as_ref().unwrap_err().contains("jsonl"));
    }
}
