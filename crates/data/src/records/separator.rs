//! What separates the columns of a table.

use super::quoted::Record;

/// What separates columns, the likeliest first.
const SEPARATORS: [char; 4] = [',', ';', '\t', '|'];
/// What else some programs write.
const RARE: [char; 3] = [':', '^', '~'];

/// What separates the columns of these lines, of which the first is the header: what gives them the most columns, and
/// as many in each line.
pub(super) fn likeliest(lines: &[&str]) -> char {
    let found = SEPARATORS.into_iter().rev().filter_map(|separator| Some((Fit::of(lines, separator)?, separator)));
    found.max_by(|(a, _), (b, _)| a.order(b)).map_or(',', |(_, separator)| separator)
}

/// How well a separator fits.
struct Fit {
    /// Whether it stands between cells of the header, and not within quotes alone.
    bare: bool,
    /// The columns that it makes beyond the first, each as much as the share of lines that have as many.
    columns: f64,
    /// Columns of the header.
    header: usize,
    /// The share of its signs that are no punctuation: no space follows, and it is no decimal comma.
    tight: f64,
}

impl Fit {
    /// None if the header is one column.
    fn of(lines: &[&str], separator: char) -> Option<Self> {
        let widths = widths(lines, separator);
        let (header, rows) = widths.split_first().filter(|(header, _)| **header > 1)?;
        let often = |width: usize| rows.iter().filter(|row| **row == width).count();
        let usual = rows.iter().copied().max_by_key(|width| (often(*width), *width)).unwrap_or(*header);
        let share = match usual {
            _ if rows.is_empty() => 1.0,
            0 | 1 => 0.0,
            _ => often(usual) as f64 / rows.len() as f64,
        };
        // Rows that agree on another number than the header speak for it still, but less.
        let share = if usual == *header { share } else { share / 2.0 };
        let signs = bare(lines, separator);
        let tight = signs.iter().filter(|tight| **tight).count() as f64 / signs.len().max(1) as f64;
        let bare =
            lines.iter().find(|line| !line.trim().is_empty()).is_some_and(|line| !bare(&[line], separator).is_empty());
        Some(Self { bare, columns: share * (header - 1) as f64, header: *header, tight })
    }

    fn order(&self, other: &Self) -> std::cmp::Ordering {
        let key = |fit: &Self| (fit.bare, fit.header);
        self.bare
            .cmp(&other.bare)
            .then(self.columns.total_cmp(&other.columns))
            .then(self.tight.total_cmp(&other.tight))
            .then(key(self).cmp(&key(other)))
    }
}

/// The columns of each record.
fn widths(lines: &[&str], separator: char) -> Vec<usize> {
    let (mut widths, mut record) = (Vec::new(), Record::default());
    for line in lines {
        if record.open || !line.trim().is_empty() {
            record.push_line(line, separator);
        }
        if !record.open && !record.done.is_empty() {
            let Record { done, stray, .. } = std::mem::take(&mut record);
            widths.push(if stray { 0 } else { done.len() });
        }
    }
    widths
}

/// The signs outside quotes: for each, whether it is no punctuation.
fn bare(lines: &[&str], separator: char) -> Vec<bool> {
    let (mut found, mut quoted) = (Vec::new(), false);
    for line in lines {
        let signs: Vec<char> = line.chars().collect();
        for (at, sign) in signs.iter().enumerate() {
            quoted ^= *sign == '"';
            if *sign == separator && !quoted {
                let (before, after) = (at.checked_sub(1).map(|at| signs[at]), signs.get(at + 1));
                let digit = |sign: Option<char>| sign.is_some_and(|sign| sign.is_ascii_digit());
                let decimal = separator == ',' && digit(before) && digit(after.copied());
                found.push(after != Some(&' ') && !decimal);
            }
        }
    }
    found
}

/// Another separator that stands within the names of columns which `separator` separates.
pub(super) fn other(names: &[String], separator: char) -> Option<char> {
    let often = |other: &char| names.iter().map(|name| name.matches(*other).count()).sum::<usize>();
    let others = SEPARATORS.into_iter().chain(RARE).rev().filter(|other| *other != separator && often(other) > 0);
    others.max_by_key(often)
}

/// A separator as it is typed.
pub(super) fn typed(separator: char) -> String {
    if separator == '\t' { "\"\\t\"".into() } else { format!("\"{separator}\"") }
}

/// What it is called.
pub(super) fn named(separator: char) -> &'static str {
    match separator {
        ',' => "a comma",
        ';' => "a semicolon",
        '\t' => "a tab",
        '|' => "a bar",
        _ => "the separator",
    }
}

/// The separator that a line `sep=;` names.
pub(super) fn excel(line: &str) -> Option<char> {
    let line = line.trim_matches('"');
    let mut signs = line.get(..4).filter(|word| word.eq_ignore_ascii_case("sep=")).map(|_| line[4..].chars())?;
    let separator = signs.next()?;
    signs.next().is_none().then_some(separator)
}

#[cfg(test)]
mod tests {
    use super::likeliest;

    #[test]
    fn it_is_what_makes_most_columns_that_lines_agree_on() {
        for (text, separator) in [
            // Decimal commas, and commas in names.
            ("Nr;Preis, EUR;Text;Klasse\n1;3,50;gut;a\n2;4,20;schlecht;b\n3;5,00;schlimm;b\n", ';'),
            ("Preis, EUR;Klasse\n3,50;a\n4,20;b\n", ';'),
            ("Preis, EUR;Preis, USD;Klasse\n3,50;4,20;a\n4,20;5,10;b\n", ';'),
            ("a,b;c\n1,2;3\n", ';'),
            ("Preis,netto;Klasse\n3,50;a\n", ';'),
            ("Nr;Preis, netto;Klasse\n0;0,50;x\n1;1,50;y;z\n2;7,50;x\n", ';'),
            ("Nr;Preis, netto;Klasse\n0;0,50;x;\n1;1,50;y;\n2;7,50;x;\n", ';'),
            // Signs within quotes.
            ("Nr;\"Text, kurz\";Datum;Ort\n1;\"gut, danke\";1;x\n", ';'),
            ("Nr;\"Text, kurz\"\n1;\"gut, danke\"\n", ';'),
            ("Nr;Datum;\"Text, kurz\";Ort\n1;1;\"gut; ja, danke\";x\n", ';'),
            ("\"a;b\",label\n\"x;y\",1\n\"x;y\",1\n", ','),
            ("id,\"a;b;c\"\n1,\"x;y;z\"\n", ','),
            ("\"Nr\"\t\"Text, kurz\"\n\"1\"\t\"gut, ja\"\n", '\t'),
            ("text;label\n\"two\nlines, of, it\";1\n", ';'),
            // Texts with other signs in them.
            ("text,label\na; b,1\nc; d,0\n", ','),
            ("Name; Vorname,Text\nMeier; Hans,gut\n", ','),
            ("text|label\na, b; c|1\nd|0\n", '|'),
            ("a|b|c,d\n1|2|3,4\n", '|'),
            ("text\tlabel, old\nfine, very\t1\n", '\t'),
            ("date,time: h;m,text\n1,2,3\n4,5,6\n", ','),
            ("5\" disk,price\nx,1\n", ','),
            ("5\" disk,3\" disk,price\nx,y,1\n", ','),
            // Lines that do not agree.
            ("text,label\nfine,1\na,b,0\n", ','),
            ("text;label\nfine;1\na;b;0\n", ';'),
            ("text;label\nfine, it is, really;1\na;b;0\n", ';'),
            ("text;label\n\"fine;1\ndull;0\n", ';'),
            ("a,b,c\n", ','),
            ("a;b;c\n", ';'),
            ("a;b;c,d\n", ';'),
            // One column.
            ("text\nfine, very\nnice; really\n", ','),
            ("", ','),
        ] {
            let lines: Vec<&str> = text.split_inclusive('\n').collect();
            assert_eq!(likeliest(&lines), separator, "{text}");
        }
    }
}
