//! Tags and the spans they stand for, in the schemes that are in use.

use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

/// How tags say where a span begins and ends (Ratinov and Roth 2009, section 4).
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// `B-` only where a span follows another of its type at once.
    Iob1,
    /// `B-` wherever a span begins.
    Iob2,
    /// As IOB2, with `E-` at the end and `S-` for a single word.
    Iobes,
    /// As IOB2, with `L-` at the end and `U-` for a single word.
    Bilou,
}

/// The scheme that a user names, or none.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "lowercase")]
pub enum Asked {
    /// As the data tell.
    #[default]
    Auto,
    /// See [`Scheme::Iob1`].
    Iob1,
    /// See [`Scheme::Iob2`].
    Iob2,
    /// See [`Scheme::Iobes`].
    Iobes,
    /// See [`Scheme::Bilou`].
    Bilou,
}

impl Asked {
    /// The scheme, where one is named.
    pub fn named(self) -> Option<Scheme> {
        match self {
            Self::Auto => None,
            Self::Iob1 => Some(Scheme::Iob1),
            Self::Iob2 => Some(Scheme::Iob2),
            Self::Iobes => Some(Scheme::Iobes),
            Self::Bilou => Some(Scheme::Bilou),
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Iob1 => "IOB1",
            Self::Iob2 => "IOB2",
            Self::Iobes => "IOBES",
            Self::Bilou => "BILOU",
        })
    }
}

/// A span of words and its type.
pub(super) type Span<'a> = (Range<usize>, &'a str);

/// A tag in its two parts.
#[derive(Clone, Copy)]
struct Part<'a> {
    prefix: char,
    kind: &'a str,
}

/// What is wrong with a tag.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Fault {
    /// It is none.
    NoTag(usize),
    /// Its prefix is of another scheme.
    Foreign(usize),
    /// It goes on with a span that was not begun.
    NotBegun(usize),
    /// A span is not ended where the scheme would.
    NotEnded(usize),
}

/// The spans that tags stand for, and the first thing that is wrong with them under `scheme`. Without a scheme the prefixes
/// are taken as they come, and what goes on with nothing begins a span.
pub(super) fn spans<'a>(tags: &'a [String], scheme: Option<Scheme>) -> (Vec<Span<'a>>, Option<Fault>) {
    let mut found: Vec<Span> = Vec::new();
    let mut fault = None;
    // The type of the span that may go on here.
    let mut open: Option<&str> = None;
    let mut note = |what: Fault| {
        fault.get_or_insert(what);
    };
    let ends = matches!(scheme, Some(Scheme::Iobes | Scheme::Bilou));
    for (at, tag) in tags.iter().enumerate() {
        let Some(part) = part(tag) else {
            if ends && open.is_some() {
                note(Fault::NotEnded(at - 1));
            }
            if !is_outside(tag) {
                note(Fault::NoTag(at));
            }
            open = None;
            continue;
        };
        if scheme.is_some_and(|scheme| !allowed(scheme).contains(part.prefix)) {
            note(Fault::Foreign(at));
        }
        let inner = matches!(part.prefix, 'I' | 'E' | 'L');
        let goes_on = inner && open == Some(part.kind);
        if inner && !goes_on && scheme.is_some_and(|scheme| scheme != Scheme::Iob1) {
            note(Fault::NotBegun(at));
        }
        if ends && open.is_some() && !goes_on {
            note(Fault::NotEnded(at - 1));
        }
        match found.last_mut().filter(|_| goes_on) {
            Some((words, _)) => words.end = at + 1,
            None => found.push((at..at + 1, part.kind)),
        }
        open = matches!(part.prefix, 'B' | 'I').then_some(part.kind);
    }
    if ends && open.is_some() {
        note(Fault::NotEnded(tags.len() - 1));
    }
    (found, fault)
}

fn allowed(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Iob1 | Scheme::Iob2 => "BI",
        Scheme::Iobes => "BIES",
        Scheme::Bilou => "BILU",
    }
}

/// Whether a tag says that a word is in no span.
fn is_outside(tag: &str) -> bool {
    matches!(tag, "O" | "o")
}

fn part(tag: &str) -> Option<Part<'_>> {
    let (prefix, kind) = tag.split_once('-')?;
    let mut signs = prefix.chars();
    let prefix = signs.next().filter(|sign| "BIESLU".contains(*sign) && signs.next().is_none())?;
    (!kind.is_empty()).then_some(Part { prefix, kind })
}

/// What the tags of many texts tell of their scheme.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Evidence {
    /// Spans that begin with `B-` though no span of their type is before them.
    begun: usize,
    /// Spans that begin with `I-`.
    not_begun: usize,
    /// Tags with `E-` or `S-`,
    ended: usize,
    /// and with `L-` or `U-`.
    last: usize,
}

impl Evidence {
    pub fn see(&mut self, tags: &[String]) {
        let mut open: Option<&str> = None;
        for tag in tags {
            let Some(part) = part(tag) else {
                open = None;
                continue;
            };
            match part.prefix {
                'B' if open != Some(part.kind) => self.begun += 1,
                'I' if open != Some(part.kind) => self.not_begun += 1,
                'E' | 'S' => self.ended += 1,
                'L' | 'U' => self.last += 1,
                _ => {}
            }
            open = Some(part.kind);
        }
    }

    /// The scheme that suits the most.
    pub fn scheme(self) -> Scheme {
        match self {
            Self { ended, last, .. } if ended > 0 && ended >= last => Scheme::Iobes,
            Self { last, .. } if last > 0 => Scheme::Bilou,
            Self { begun: 0, not_begun, .. } if not_begun > 0 => Scheme::Iob1,
            _ => Scheme::Iob2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    fn scheme_of(line: &str) -> Scheme {
        let mut evidence = Evidence::default();
        evidence.see(&tags(line));
        evidence.scheme()
    }

    #[test]
    fn every_scheme_says_the_same_spans() {
        let expected = vec![(0..2, "x"), (2..3, "x"), (4..5, "y-z")];
        for (line, scheme) in [
            ("I-x I-x B-x O I-y-z", Scheme::Iob1),
            ("B-x I-x B-x O B-y-z", Scheme::Iob2),
            ("B-x E-x S-x O S-y-z", Scheme::Iobes),
            ("B-x L-x U-x O U-y-z", Scheme::Bilou),
        ] {
            let tags = tags(line);
            assert_eq!(spans(&tags, Some(scheme)), (expected.clone(), None), "{line}");
            assert_eq!(spans(&tags, None), (expected.clone(), None), "{line}");
            assert_eq!(scheme_of(line), scheme, "{line}");
        }
    }

    #[test]
    fn what_a_scheme_does_not_allow_is_found() {
        let first = |line: &str, scheme| spans(&tags(line), Some(scheme)).1;
        assert_eq!(first("O I-x", Scheme::Iob2), Some(Fault::NotBegun(1)));
        assert_eq!(first("B-x I-y", Scheme::Iob2), Some(Fault::NotBegun(1)));
        assert_eq!(first("O I-x", Scheme::Iob1), None);
        assert_eq!(first("S-x", Scheme::Iob2), Some(Fault::Foreign(0)));
        assert_eq!(first("B-x O", Scheme::Iobes), Some(Fault::NotEnded(0)));
        assert_eq!(first("B-x I-x", Scheme::Bilou), Some(Fault::NotEnded(1)));
        assert_eq!(first("O B_x", Scheme::Iob2), Some(Fault::NoTag(1)));
        assert_eq!(first("O PER", Scheme::Iob2), Some(Fault::NoTag(1)));
        assert_eq!(first("B-", Scheme::Iob2), Some(Fault::NoTag(0)));
        // Nothing is lost where a span is not begun.
        let line = tags("O I-x I-x I-y");
        assert_eq!(spans(&line, None).0, [(1..3, "x"), (3..4, "y")]);
        assert_eq!(
            (scheme_of("B-x O I-x"), first("B-x O I-x", Scheme::Iob2)),
            (Scheme::Iob2, Some(Fault::NotBegun(2)))
        );
        assert_eq!(scheme_of("O O"), Scheme::Iob2);
    }
}
