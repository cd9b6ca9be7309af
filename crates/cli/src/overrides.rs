//! `--set key=value`: edits of a config's document, before it is parsed.

use miette::miette;
use toml_edit::{DocumentMut, InlineTable, Item, Table, Value};

/// One step on the way to a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Into a table.
    Key(String),
    /// Into a list, from 0.
    Index(usize),
}

/// No config goes deeper, and a path of thousands of steps would exhaust the stack.
const DEEPEST: usize = 32;

/// The steps of `data.train[0].path`; `None` if that is no path of keys.
pub fn steps(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    for part in path.split('.') {
        let (name, indices) = part.split_at(part.find('[').unwrap_or(part.len()));
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)) {
            return None;
        }
        steps.push(Step::Key(name.to_string()));
        let mut rest = indices;
        while !rest.is_empty() {
            let (index, tail) = rest.strip_prefix('[')?.split_once(']')?;
            steps.push(Step::Index(index.parse().ok()?));
            rest = tail;
        }
    }
    (steps.len() <= DEEPEST).then_some(steps)
}

/// The path that [`steps`] reads.
pub fn path(steps: &[Step]) -> String {
    steps.iter().fold(String::new(), |path, step| match step {
        Step::Key(key) if path.is_empty() => key.clone(),
        Step::Key(key) => format!("{path}.{key}"),
        Step::Index(index) => format!("{path}[{index}]"),
    })
}

/// Applies every `key=value` in turn.
///
/// # Errors
/// What is wrong with which of them.
pub fn apply(mut document: DocumentMut, sets: &[String]) -> miette::Result<DocumentMut> {
    for set in sets {
        let Some((path, text)) = set.split_once('=') else {
            return Err(miette!(help = "write it as --set 'train.steps=200'", "--set {set}: there is no `=` in it"));
        };
        let steps = steps(path.trim()).ok_or_else(|| {
            miette!(
                help = "keys are joined by dots, places in lists go in brackets: data.train[0].path",
                "--set {set}: {:?} is not a key",
                path.trim()
            )
        })?;
        let value = value(text.trim()).map_err(|why| miette!("--set {set}: {why}"))?;
        put(document.as_item_mut(), &steps, value).map_err(|why| miette!("--set {set}: {why}"))?;
    }
    Ok(document)
}

/// A TOML value; a bare word is a string.
fn value(text: &str) -> Result<Value, String> {
    match text.parse::<Value>() {
        Ok(value) => Ok(value),
        Err(_) if !text.is_empty() && !text.starts_with(['"', '\'', '[', '{']) => Ok(text.into()),
        Err(e) => Err(format!("{text:?} is not a TOML value ({})", e.message().trim())),
    }
}

fn put(item: &mut Item, steps: &[Step], value: Value) -> Result<(), String> {
    let Some((step, rest)) = steps.split_first() else {
        // A value keeps the spaces and the comment around it.
        if let Some(old) = item.as_value() {
            let decor = old.decor().clone();
            let mut value = value;
            *value.decor_mut() = decor;
            *item = Item::Value(value);
        } else {
            *item = Item::Value(value);
        }
        return Ok(());
    };
    match step {
        Step::Key(key) => {
            let inline = item.is_inline_table();
            let kind = item.type_name();
            let table = item.as_table_like_mut().ok_or_else(|| format!("`{key}` cannot stand in a {kind}"))?;
            if rest.is_empty() && table.get(key).is_none_or(|old| !old.is_value()) {
                table.insert(key, Item::Value(value));
                return Ok(());
            }
            if table.get(key).is_none() {
                let fresh = if inline { Item::Value(InlineTable::new().into()) } else { Item::Table(Table::new()) };
                table.insert(key, fresh);
            }
            put(table.get_mut(key).expect("just looked for or inserted"), rest, value)
        }
        Step::Index(index) => {
            let (kind, length) = match &*item {
                Item::ArrayOfTables(tables) => ("list of tables", tables.len()),
                Item::Value(Value::Array(list)) => ("list", list.len()),
                other => return Err(format!("[{index}] needs a list, this is a {}", other.type_name())),
            };
            let missing = || format!("[{index}] is not there: the {kind} has {length} (the first is [0])");
            if let Item::Value(Value::Array(list)) = item {
                // Values of a list are not items: step into a copy and put it back.
                let old = list.get(*index).ok_or_else(missing)?.clone();
                let mut inner = Item::Value(old);
                put(&mut inner, rest, value)?;
                let inner = inner.into_value().map_err(|_| missing())?;
                list.replace_formatted(*index, inner);
                return Ok(());
            }
            if rest.is_empty() {
                return Err(format!("[{index}] is a table: name one of its keys"));
            }
            put(item.get_mut(*index).ok_or_else(missing)?, rest, value)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, set: &str, expected: &str) {
        let document = apply(text.parse().unwrap(), &[set.to_string()]).unwrap();
        assert_eq!(document.to_string(), expected, "{set}");
    }

    #[test]
    fn values_are_replaced_and_added_at_any_depth() {
        check("run = \"a\" # why\n", "run=b", "run = \"b\" # why\n");
        check("[train]\nsteps = 1\n", "train.steps = 20", "[train]\nsteps = 20\n");
        check("[train]\nsteps = 1\n", "device=cpu", "device = \"cpu\"\n[train]\nsteps = 1\n");
        check("a = 1\n", "optimizer.lr=3e-4", "a = 1\n\n[optimizer]\nlr = 3e-4\n");
        check("x = { a = 1 }\n", "x.b.c=true", "x = { a = 1 , b = { c = true } }\n");
        check(
            "[[d]]\npath = \"a\"\n[[d]]\npath = \"b\"\n",
            "d[1].path=c",
            "[[d]]\npath = \"a\"\n[[d]]\npath = \"c\"\n",
        );
        check(
            "d = [{ path = \"a\" }, { path = \"b\" }]\n",
            "d[1].path=c",
            "d = [{ path = \"a\" }, { path = \"c\" }]\n",
        );
        check("l = [1, 2]\n", "l[0]=3", "l = [3, 2]\n");
        check("", "path=/data/my file.txt", "path = \"/data/my file.txt\"\n");
    }

    #[test]
    fn a_path_is_what_its_steps_were_read_from() {
        for text in ["run", "data.train[0].path", "a[1][2].b-c"] {
            assert_eq!(path(&steps(text).unwrap()), text);
        }
    }

    #[test]
    fn what_cannot_be_set_is_explained() {
        let fails = |text: &str, set: &str, words: &str| {
            let message = apply(text.parse().unwrap(), &[set.to_string()]).unwrap_err().to_string();
            assert!(message.contains(set) && message.contains(words), "{message}");
        };
        fails("", "train", "there is no `=`");
        fails("", "a..b=1", "is not a key");
        fails("", &format!("{}a=1", "a.".repeat(100_000)), "is not a key");
        fails("a = []\n", &format!("a{}=1", "[0]".repeat(100_000)), "is not a key");
        fails("", "a=[1", "is not a TOML value");
        fails("a = 1\n", "a.b=1", "cannot stand in a integer");
        fails("a = [1]\n", "a[1]=1", "the list has 1");
        fails("a = 1\n", "a[0]=1", "needs a list");
        fails("[[a]]\nb = 1\n", "a[0]=1", "name one of its keys");
    }
}
