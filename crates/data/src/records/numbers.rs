//! Numbers of one column that are written in two ways.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value};

use super::error::Place;
use super::lenient::decimal_comma;
use super::passed::warn_once;

/// The columns of tables that hold nothing but numbers so far.
#[derive(Default)]
pub(super) struct Numbers(BTreeMap<String, Seen>);

/// Numbers of a column, each the first of its kind with its place.
#[derive(Default)]
struct Seen {
    /// `1,25`
    comma: Option<(String, Place)>,
    /// `1.500`, which may be 1500 where commas are decimal.
    point: Option<(String, Place)>,
    /// Whether something else than numbers was met.
    other: bool,
}

impl Numbers {
    /// Looks at the cells of a row, in those columns that are `used`.
    pub fn see(&mut self, (path, line): (&Path, usize), cells: &Map<String, Value>, used: impl Fn(&str) -> bool) {
        for (column, cell) in cells {
            let known = self.0.get(column);
            let Some(text) = cell.as_str().map(str::trim).filter(|text| !text.is_empty()) else { continue };
            if known.is_some_and(|seen| seen.other) || known.is_none() && !used(column) {
                continue;
            }
            let seen = self.0.entry(column.clone()).or_default();
            let kind = match text {
                _ if decimal_comma(text).is_some() => &mut seen.comma,
                _ if text.parse::<f64>().is_err() => {
                    seen.other = true;
                    continue;
                }
                _ if thousands(text) => &mut seen.point,
                _ => continue,
            };
            kind.get_or_insert_with(|| (text.to_owned(), Place::line(path, line)));
        }
    }

    /// Warns of columns with numbers of both kinds.
    pub fn tell(&self) {
        for (column, seen) in &self.0 {
            if let Seen { comma: Some((comma, first)), point: Some((point, place)), other: false } = seen {
                warn_once(format!(
                    "{place}: column `{column}` has {point}, which is read as {}, and {comma} ({first}): if {point} is {}, \
                     write it without the point",
                    point.trim_end_matches('0').trim_end_matches('.'),
                    point.replace('.', "")
                ));
            }
        }
    }
}

/// Whether a point may stand before thousands: `1.500`.
fn thousands(text: &str) -> bool {
    let Some((whole, rest)) = text.trim_start_matches(['-', '+']).split_once('.') else { return false };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    (1..=3).contains(&whole.len()) && !whole.starts_with('0') && rest.len() == 3 && digits(whole) && digits(rest)
}
