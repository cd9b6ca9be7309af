//! Cells that go on over many lines, as a quote makes them that is missing or stands where it should not.

use std::path::Path;

use super::passed::warn_once;

/// So many lines are many, if the other cells of the file have far fewer,
const MANY: usize = 50;
/// which is a share of them.
const FEWER: usize = 10;

/// The records of a file that go on over several lines.
#[derive(Default)]
pub(super) struct Spans {
    /// Those whose lines look like records of their own.
    alike: usize,
    /// The longest of the others,
    longest: (usize, usize),
    /// and how many lines the next shorter one has.
    next: usize,
}

impl Spans {
    /// Takes a record from line `from` to `to`; `alike` says whether those between look like records of their own.
    pub fn add(&mut self, path: &Path, (from, to): (usize, usize), alike: bool) {
        let lines = to - from + 1;
        if alike {
            self.alike += 1;
            if self.alike == 1 {
                tell(path, (from, to), "the lines of it look like records of their own");
            }
        } else if lines > length(self.longest) {
            (self.next, self.longest) = (length(self.longest), (from, to));
        } else {
            self.next = self.next.max(lines);
        }
    }

    /// At the end of the file.
    pub fn finish(&self, path: &Path) {
        if length(self.longest) > MANY && length(self.longest) / FEWER >= self.next {
            tell(path, self.longest, "no other cell of the file is nearly as long");
        }
        if self.alike > 1 {
            let (path, more) = (path.display(), self.alike - 1);
            warn_once(format!("{path}: {more} more records go on over lines that look like records of their own"));
        }
    }
}

/// How many lines those from the first to the last are; none are (0, 0).
fn length((from, to): (usize, usize)) -> usize {
    if to == 0 { 0 } else { to + 1 - from }
}

fn tell(path: &Path, (from, to): (usize, usize), what: &str) {
    let path = path.display();
    warn_once(format!(
        "{path}:{from}: a cell in quotes goes on to line {to}, and {what}: look whether a quote is missing there; it is \
         read as one record"
    ));
}
