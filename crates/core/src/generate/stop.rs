//! Texts that end before certain strings.

use cimiento_data::tokenizer::TextStream;

/// `text` up to the first of `stops`: the one whose last character comes first.
pub fn before_stop<'a>(text: &'a str, stops: &[String]) -> &'a str {
    &text[..first_stop(text, stops).unwrap_or(text.len())]
}

/// Where the stop string begins that is complete first; of two that end together, the longer one.
fn first_stop(text: &str, stops: &[String]) -> Option<usize> {
    let found = stops.iter().filter_map(|stop| text.find(stop.as_str()).map(|at| (at + stop.len(), at)));
    found.min().map(|(_, at)| at)
}

/// Text as it comes, up to a stop string. What may be the beginning of one is held back, so that none shows in part.
#[derive(Clone, Debug)]
pub struct Until {
    stops: Vec<String>,
    held: String,
    reached: bool,
}

impl Until {
    /// With any of `stops` the text ends; without stops it never does.
    pub fn new(stops: &[String]) -> Self {
        Self { stops: stops.to_vec(), held: String::new(), reached: false }
    }

    /// Whether a stop string has come.
    pub fn reached(&self) -> bool {
        self.reached
    }

    /// Takes more text; returns what is sure to stand before any stop string.
    pub fn push(&mut self, text: &str) -> String {
        if self.reached {
            return String::new();
        }
        self.held.push_str(text);
        if let Some(at) = first_stop(&self.held, &self.stops) {
            self.reached = true;
            self.held.truncate(at);
            return std::mem::take(&mut self.held);
        }
        let may_begin = |at: &usize| self.stops.iter().any(|stop| stop.starts_with(&self.held[*at..]));
        let boundaries = self.held.char_indices().map(|(at, _)| at);
        let sure = boundaries.clone().find(may_begin).unwrap_or(self.held.len());
        self.held.drain(..sure).collect()
    }

    /// What is left at the end.
    pub fn finish(&mut self) -> String {
        std::mem::take(&mut self.held)
    }
}

/// Watches ids for a stop string in the text they stand for.
pub(super) struct StopStream {
    text: TextStream,
    until: Until,
}

impl StopStream {
    pub fn new(text: TextStream, stops: &[String]) -> Self {
        Self { text, until: Until::new(stops) }
    }

    /// Takes the next id; whether a stop string is complete.
    pub fn push(&mut self, id: u32) -> bool {
        if let Some(text) = self.text.push(id) {
            self.until.push(&text);
        }
        self.until.reached()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stops(all: &[&str]) -> Vec<String> {
        all.iter().map(|stop| stop.to_string()).collect()
    }

    /// What is shown of a text that comes in pieces, and whether it was stopped.
    fn shown(pieces: &[&str], all: &[&str]) -> (String, bool) {
        let mut until = Until::new(&stops(all));
        let mut shown: String = pieces.iter().map(|piece| until.push(piece)).collect();
        shown.push_str(&until.finish());
        (shown, until.reached())
    }

    #[test]
    fn a_text_ends_before_the_string_that_is_complete_first_however_it_is_cut() {
        for (text, all, expected) in [
            ("one\n\ntwo", &["\n\n"][..], "one"),
            ("one\ntwo\n\nthree", &["\n\n", "###"], "one\ntwo"),
            ("abcde", &["abcde", "bc"], "a"),
            ("xabc", &["abc", "bc"], "x"),
            ("aaab", &["aab"], "a"),
            ("naïve – ende", &["–"], "naïve "),
            ("no end", &["###"], "no end"),
            ("half ##", &["###"], "half ##"),
            ("STOP", &["STOP"], ""),
        ] {
            assert_eq!(before_stop(text, &stops(all)), expected);
            let characters: Vec<String> = text.chars().map(String::from).collect();
            let characters: Vec<&str> = characters.iter().map(String::as_str).collect();
            let stopped = expected.len() < text.len();
            assert_eq!(shown(&characters, all), (expected.to_string(), stopped), "{text:?}");
            assert_eq!(shown(&[text], all), (expected.to_string(), stopped), "{text:?}");
        }
    }

    #[test]
    fn no_part_of_a_stop_string_is_ever_shown() {
        let mut until = Until::new(&stops(&["</s>", "\n\nUser:"]));
        assert_eq!(until.push("yes <"), "yes ");
        assert_eq!(until.push("/"), "");
        assert_eq!(until.push("b>\n"), "</b>");
        assert_eq!(until.push("\nUs"), "");
        assert_eq!(until.push("er: more"), "");
        assert!(until.reached());
        assert_eq!(until.push("even more") + &until.finish(), "");
    }
}
