//! Which columns of an input are meant: those that hold a field under another usual name, and those to be kept.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Cursor, Read};

use cimiento_data::fields::Field;
use cimiento_data::quality::usual::usual;
use cimiento_data::records::{self, Kept, Located};
use miette::{MietteDiagnostic, Report, Result, miette};

use crate::diagnostic::{nearest, say_once};

/// The column that is kept unasked, where there is one.
pub const ID: &str = "id";
/// Nobody types longer lines; what a stream begins with is looked for in so many bytes.
const LONGEST: u64 = 1 << 20;

/// The columns by field: those `typed`, and of the other `fields` those that have a usual name, which is said.
///
/// # Errors
/// Where several columns have one.
pub fn completed(
    fields: &[Field],
    columns: &[String],
    typed: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>> {
    let mut all = typed.clone();
    if typed.values().any(|column| column.starts_with('#')) {
        return Ok(all);
    }
    let found = usual(fields, columns, typed).map_err(|why| {
        let options: Vec<String> = why.columns.iter().map(|column| format!("--field {}={column}", why.field)).collect();
        Report::new(MietteDiagnostic::new(why.to_string()).with_help(format!("name one: {}", options.join(" or "))))
    })?;
    for (field, column) in found {
        say_once(format!(
            "no column is called {field}: {column:?} is taken for it (--field {field}=COLUMN names another)"
        ));
        all.insert(field.to_owned(), column);
    }
    Ok(all)
}

/// Takes the `targets` out of what is `typed` whose columns an input does not have: what is asked needs none.
pub fn without_targets(typed: &mut BTreeMap<String, String>, targets: &[Field], columns: &[String]) {
    typed.retain(|field, column| {
        let known = columns.is_empty() || column.contains(['#', ',']) || columns.contains(column);
        let kept = known || targets.iter().all(|target| target.name != field);
        if !kept {
            say_once(format!("--field {field}={column}: there is no such column, and no {field} is needed to answer"));
        }
        kept
    });
}

/// The columns or keys that the first line of a stream names, and the stream from its beginning. `fields` and the columns
/// `typed` tell a header from a text.
///
/// # Errors
/// What the system says.
pub fn begun(
    stream: impl Read + Send + 'static,
    fields: &[Field],
    typed: &BTreeMap<String, String>,
) -> io::Result<(Vec<String>, Box<dyn Read + Send>)> {
    let mut stream = BufReader::with_capacity(1 << 16, stream);
    let (mut head, mut names) = (Vec::new(), Vec::new());
    // Blank lines, and the one that Excel puts before the header.
    while names.is_empty() && head.len() < LONGEST as usize {
        let from = head.len();
        if stream.by_ref().take(LONGEST).read_until(b'\n', &mut head)? == 0 {
            break;
        }
        names = records::names_at(&head, fields, typed);
        let line = head[from..].trim_ascii();
        if !line.is_empty() && !line.trim_ascii_start().to_ascii_lowercase().starts_with(b"sep=") {
            break;
        }
    }
    // A word with nothing behind it is a text.
    if names.len() == 1 && !head.trim_ascii_start().starts_with(b"{") && stream.fill_buf()?.is_empty() {
        names.clear();
    }
    Ok((names, Box::new(Cursor::new(head).chain(stream))))
}

/// Columns to keep beside answers.
pub struct Keep {
    asked: Vec<Asked>,
    /// Those that are kept, once the first record has told which there are.
    chosen: Vec<String>,
}

/// What one `--keep` says: a name with commas in it, or several names.
struct Asked {
    whole: String,
    names: Vec<String>,
}

impl Keep {
    /// What was typed.
    ///
    /// # Errors
    /// A name that is empty, or a quote that nothing closes.
    pub fn new(typed: &[String]) -> Result<Self> {
        let asked = typed.iter().map(|text| Ok(Asked { whole: text.trim().to_owned(), names: names(text)? }));
        let asked: Vec<Asked> = asked.collect::<Result<_>>()?;
        let mut keep = Self { asked, chosen: Vec::new() };
        let names = keep.asked.iter().flat_map(|asked| asked.names.clone()).collect::<Vec<_>>();
        keep.choose(names);
        Ok(keep)
    }

    fn choose(&mut self, names: Vec<String>) {
        self.chosen = vec![ID.to_owned()];
        names.into_iter().for_each(|name| {
            if !self.chosen.contains(&name) {
                self.chosen.push(name);
            }
        });
    }

    /// All names that may be meant.
    pub fn candidates(&self) -> Vec<String> {
        let mut all = self.chosen.clone();
        all.extend(self.asked.iter().map(|asked| asked.whole.clone()).filter(|whole| !self.chosen.contains(whole)));
        all
    }

    /// Decides what is meant by the first record, whose file has these columns.
    ///
    /// # Errors
    /// A column that it does not have.
    pub fn settle<R>(&mut self, first: &Located<R>, columns: &[String]) -> Result<()> {
        let there = |name: &String| first.kept.iter().any(|(known, _)| known == name);
        let mut names = Vec::new();
        for asked in &self.asked {
            if there(&asked.whole) {
                names.push(asked.whole.clone());
                continue;
            }
            if let Some(missing) = asked.names.iter().find(|name| !there(name)) {
                let near = nearest(missing, columns.iter().map(String::as_str));
                let near = near.map_or_else(String::new, |near| format!("did you mean {near}? "));
                return Err(miette!(
                    help = format!(
                        "{near}--keep takes columns as the input calls them, separated by commas; one with a comma in its \
                         name stands in quotes of its own: --keep '\"a, b\",c'"
                    ),
                    "--keep {missing}: the first record ({}:{}) has no such column; there are: {}",
                    first.path.display(),
                    first.line,
                    columns.join(", ")
                ));
            }
            names.extend(asked.names.iter().cloned());
        }
        self.choose(names);
        Ok(())
    }

    /// Of what a record brings along, what is kept, in the order in which it was asked for.
    pub fn of(&self, kept: Kept) -> Kept {
        let find = |name: &String| kept.iter().find(|(known, _)| known == name).cloned();
        self.chosen.iter().filter_map(find).collect()
    }
}

/// The names in `a, "b, c"`.
fn names(text: &str) -> Result<Vec<String>> {
    let (mut names, mut name, mut quoted) = (Vec::new(), String::new(), false);
    for sign in text.chars().chain([',']) {
        match sign {
            '"' => quoted = !quoted,
            ',' if !quoted => names.push(std::mem::take(&mut name).trim().to_owned()),
            sign => name.push(sign),
        }
    }
    if quoted {
        return Err(miette!("--keep {text}: a quote opens that nothing closes"));
    }
    if names.iter().any(String::is_empty) {
        return Err(miette!(help = "separate names by one comma: --keep stars,date", "--keep {text}: a name is empty"));
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use cimiento_data::fields::FieldKind;

    use super::*;

    #[test]
    fn names_are_trimmed_and_may_be_quoted() {
        assert_eq!(names(" a , b").unwrap(), ["a", "b"]);
        assert_eq!(names("\"a, b\", c").unwrap(), ["a, b", "c"]);
        for wrong in ["", "a,", "a,,b", "\"a"] {
            assert!(names(wrong).is_err(), "{wrong}");
        }
    }

    const FIELDS: &[Field] = &[
        Field { name: "text", kind: FieldKind::Text, also: &["review"], target: false },
        Field { name: "label", kind: FieldKind::Class, also: &["stars"], target: true },
    ];

    #[test]
    fn targets_that_are_not_there_are_not_looked_for() {
        let target = Field { name: "label", kind: cimiento_data::fields::FieldKind::Class, also: &[], target: true };
        let typed =
            || BTreeMap::from([("label", "stars"), ("text", "body")].map(|(k, v)| (k.to_owned(), v.to_owned())));
        for (columns, kept) in [(&["body"][..], 1), (&["body", "stars"], 2), (&[], 2)] {
            let mut typed = typed();
            let columns: Vec<String> = columns.iter().map(|name| (*name).to_owned()).collect();
            without_targets(&mut typed, &[target], &columns);
            assert_eq!(typed.len(), kept, "{columns:?}");
        }
    }

    #[test]
    fn the_first_line_of_a_stream_names_its_columns() {
        for (text, expected) in [
            ("review;stars\nfine;1\n", vec!["review", "stars"]),
            ("\nsep=;\nreview;stars\n", vec!["review", "stars"]),
            ("{\"review\": \"fine\", \"id\": 1}\n", vec!["id", "review"]),
            ("A text, and more of it.\nreview,stars\n", vec![]),
            ("Review , \"stars\"\nfine,1\n", vec!["Review", "stars"]),
            ("review\nfine\n", vec!["review"]),
            ("review\n", vec![]),
        ] {
            let (names, mut stream) = begun(Cursor::new(text.to_owned()), FIELDS, &BTreeMap::new()).unwrap();
            let mut whole = String::new();
            stream.read_to_string(&mut whole).unwrap();
            assert_eq!((names.iter().map(String::as_str).collect::<Vec<_>>(), whole.as_str()), (expected, text));
        }
    }
}
