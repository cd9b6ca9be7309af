//! What stderr can show.

use std::env;
use std::ffi::OsString;
use std::io::{IsTerminal, stderr};

/// Whether colours and other escapes may be written to stderr. The variables are those of <https://bixense.com/clicolors>
/// and <https://no-color.org>: `NO_COLOR` forbids, `CLICOLOR_FORCE` demands, else a terminal decides, unless `TERM=dumb` or
/// `CLICOLOR=0`.
pub fn coloured() -> bool {
    decide(|name| env::var_os(name), stderr().is_terminal())
}

/// Whether stderr can redraw a line: a terminal that is not dumb.
pub fn redraws() -> bool {
    stderr().is_terminal() && env::var_os("TERM").is_none_or(|term| term != "dumb")
}

fn decide(variable: impl Fn(&str) -> Option<OsString>, terminal: bool) -> bool {
    let given = |name: &str| variable(name).filter(|value| !value.is_empty());
    if given("NO_COLOR").is_some() {
        return false;
    }
    if given("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
        return true;
    }
    let is = |name: &str, what: &str| variable(name).is_some_and(|value| value == what);
    terminal && !is("TERM", "dumb") && !is("CLICOLOR", "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_has_colours_unless_a_variable_says_otherwise() {
        let check = |variables: &[(&str, &str)], terminal: bool, expected: bool| {
            let variable =
                |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value));
            assert_eq!(decide(variable, terminal), expected, "{variables:?} {terminal}");
        };
        check(&[], true, true);
        check(&[], false, false);
        check(&[("TERM", "dumb")], true, false);
        check(&[("CLICOLOR", "0")], true, false);
        check(&[("NO_COLOR", "1")], true, false);
        check(&[("NO_COLOR", "")], true, true);
        check(&[("CLICOLOR_FORCE", "1")], false, true);
        check(&[("CLICOLOR_FORCE", "0")], false, false);
        check(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], true, false);
    }
}
