//! Plain text as documents of bounded size.

use serde_json::{Map, Value};

use super::input::Input;
use super::{RecordError, Request, Row, Rows};

/// A document past this many bytes ends at the next blank line,
const BLANK: usize = 16 << 10;
/// and past this many at the next line end, or anywhere in a line longer than that.
const ANY: usize = 64 << 10;

pub(super) fn rows(request: &Request) -> Result<Rows, RecordError> {
    let mut lines = Input::open(request)?.into_lines();
    let verbatim = request.verbatim;
    Ok(Box::new(std::iter::from_fn(move || {
        let mut document = String::new();
        let mut first = 0;
        while let Some(part) = lines.next_part(ANY as u64) {
            let part = match part {
                Ok(part) => part,
                Err(e) => return Some(Err(e)),
            };
            let blank = part.trim().is_empty();
            if blank && document.is_empty() && !verbatim {
                continue;
            }
            document.push_str(part);
            if first == 0 {
                first = lines.line();
            }
            if document.len() >= ANY || blank && document.len() >= BLANK {
                break;
            }
        }
        if !verbatim {
            document.truncate(document.trim_end_matches(['\n', '\r']).len());
        }
        let value = Map::from_iter([("text".to_owned(), Value::String(document))]);
        (first > 0).then_some(Ok(Row { line: first, value }))
    })))
}
