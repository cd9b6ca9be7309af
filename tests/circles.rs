//! No two files of a crate import each other in a circle: what a file needs can be read without the file itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A module by its path from the crate's root.
type Module = Vec<String>;

/// The modules of a crate that are files, with their text, tests left out.
fn modules(src: &Path) -> BTreeMap<Module, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![(src.to_path_buf(), Module::new())];
    while let Some((folder, at)) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
            if stem == "tests" {
                continue;
            }
            let below = |name: &str| at.iter().cloned().chain([name.to_string()]).collect::<Module>();
            if path.is_dir() {
                folders.push((path, below(&stem)));
            } else if path.extension().is_some_and(|end| end == "rs") {
                let module = if ["lib", "main", "mod"].contains(&stem.as_str()) { at.clone() } else { below(&stem) };
                found.insert(module, code(&fs::read_to_string(path).unwrap()));
            }
        }
    }
    found
}

/// A file without its comments and tests.
fn code(text: &str) -> String {
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    let lines = text[..end].lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.map(|line| line.split(" // ").next().unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

/// The paths of a tree such as `a::{b, c::{d as e}}`.
fn paths(tree: &str) -> Vec<String> {
    let Some(open) = tree.find('{') else {
        let path = tree.split(" as ").next().unwrap_or(tree).trim();
        return if path.is_empty() { Vec::new() } else { vec![path.to_string()] };
    };
    let (head, body) = (tree[..open].trim(), &tree[open + 1..tree.rfind('}').unwrap()]);
    let (mut parts, mut depth) = (vec![String::new()], 0);
    for c in body.chars() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        if c == ',' && depth == 0 { parts.push(String::new()) } else { parts.last_mut().unwrap().push(c) }
    }
    parts.iter().flat_map(|part| paths(part)).map(|path| format!("{head}{path}")).collect()
}

/// What the text says it uses: whether it hands it on, and the path.
fn uses(text: &str) -> Vec<(bool, String)> {
    let mut found = Vec::new();
    let mut rest = String::new();
    for statement in text.split_inclusive(';') {
        let start = statement.rfind("\nuse ").map(|at| at + 1).or(statement.starts_with("use ").then_some(0));
        let public = statement.rfind("\npub use ").or(statement.rfind("\npub(crate) use "));
        let begin = public.map(|at| at + 1).or(start);
        match begin.filter(|at| statement[*at..].contains("use ")) {
            Some(at) => {
                rest.push_str(&statement[..at]);
                let tree = statement[at..].split_once("use ").unwrap().1.trim_end_matches(';');
                let tree = tree.split_whitespace().collect::<Vec<_>>().join(" ");
                found.extend(paths(&tree).into_iter().map(|path| (public.is_some(), path)));
            }
            None => rest.push_str(statement),
        }
    }
    // Paths that stand in the code itself.
    for start in ["crate::", "super::"] {
        for (at, _) in rest.match_indices(start) {
            let before = rest[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':' || c == '$') {
                continue;
            }
            let path: String = rest[at..].chars().take_while(|c| c.is_alphanumeric() || "_:".contains(*c)).collect();
            found.push((false, path));
        }
    }
    found
}

/// The path from the crate's root of what `module` calls `path`; `None` if that is another crate's.
fn absolute(module: &Module, path: &str, known: &BTreeMap<Module, String>) -> Option<Module> {
    let parts: Vec<&str> = path.split("::").filter(|part| !part.is_empty()).collect();
    let own = |parts: &[&str]| parts.iter().map(|part| (*part).to_string()).collect::<Module>();
    let from = |above: &[String], parts: &[&str]| [above, &own(parts)].concat();
    match parts[0] {
        "crate" => Some(own(&parts[1..])),
        "self" => Some(from(module, &parts[1..])),
        "super" => {
            let up = parts.iter().take_while(|part| **part == "super").count();
            let above = module.len().checked_sub(up)?;
            Some(from(&module[..above], &parts[up..]))
        }
        first => known.contains_key(&from(module, &[first])).then(|| from(module, &parts)),
    }
}

/// Which files each file of a crate imports from; what is handed on counts where it is written.
fn arrows(src: &Path) -> BTreeMap<Module, BTreeSet<Module>> {
    let known = modules(src);
    let used: BTreeMap<&Module, Vec<(bool, Module)>> = known
        .iter()
        .map(|(module, text)| {
            let used = uses(text).into_iter();
            (module, used.filter_map(|(public, path)| Some((public, absolute(module, &path, &known)?))).collect())
        })
        .collect();
    let mut handed_on: BTreeMap<Module, Module> = BTreeMap::new();
    for (module, used) in &used {
        for (_, path) in used.iter().filter(|(public, path)| *public && !path.is_empty()) {
            handed_on.insert([module.as_slice(), &path[path.len() - 1..]].concat(), path.clone());
        }
    }
    let file = |path: &Module| {
        let mut path = path.clone();
        for _ in 0..8 {
            let depth = (0..=path.len()).rev().find(|n| known.contains_key(&path[..*n])).unwrap_or(0);
            match path.get(..depth + 1).and_then(|name| handed_on.get(name)) {
                Some(home) if *home != path => path = [home.as_slice(), &path[depth + 1..]].concat(),
                _ => return path[..depth].to_vec(),
            }
        }
        path
    };
    let targets = |module: &Module, used: &[(bool, Module)]| {
        used.iter().map(|(_, path)| file(path)).filter(|target| target != module).collect()
    };
    used.iter().map(|(module, used)| ((*module).clone(), targets(module, used))).collect()
}

/// Files in a circle: each can be reached from itself.
fn circle(arrows: &BTreeMap<Module, BTreeSet<Module>>) -> Vec<String> {
    let reaches_itself = |start: &&Module| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![*start]);
        while let Some(next) = open.pop() {
            for target in arrows.get(next).into_iter().flatten() {
                if target == *start {
                    return true;
                }
                if seen.insert(target) {
                    open.push(target);
                }
            }
        }
        false
    };
    arrows.keys().filter(reaches_itself).map(|module| module.join("::")).collect()
}

fn crate_folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name).join("src")
}

#[test]
fn no_files_of_a_crate_import_each_other_in_a_circle() {
    for krate in
        ["core", "data", "extraction", "interchange", "kernels", "qa", "sentiment", "summarization", "translation"]
    {
        let arrows = arrows(&crate_folder(krate));
        assert!(arrows.values().map(BTreeSet::len).sum::<usize>() > 1, "{krate}: no arrows were read");
        let found = circle(&arrows);
        assert!(found.is_empty(), "{krate}: these files are in a circle: {found:?}");
    }
}

#[test]
fn circles_are_found_through_what_is_handed_on() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("lib.rs", "pub mod a;\npub mod b;\n");
    write("a.rs", "mod deep;\n\npub use deep::{Thing, other};\n");
    write("a/deep.rs", "use std::fs;\n\npub struct Thing;\n// use crate::b::Of;\n");
    write("b.rs", "use crate::a::Thing;\n\npub struct Of(Thing);\n");
    let of = |arrows: &BTreeMap<Module, BTreeSet<Module>>, name: &str| {
        let name: Module = name.split("::").map(String::from).collect();
        arrows[&name].iter().map(|module| module.join("::")).collect::<Vec<_>>()
    };
    let found = arrows(folder.path());
    assert_eq!(
        (of(&found, "a"), of(&found, "b"), of(&found, "a::deep")),
        (vec!["a::deep".into()], vec!["a::deep".into()], vec![])
    );
    assert!(circle(&found).is_empty());
    write("a/deep.rs", "pub struct Thing;\n\npub fn f(_: &crate::b::Of) {}\n");
    assert_eq!(circle(&arrows(folder.path())), ["a::deep", "b"]);
    write("a/deep.rs", "use super::other;\n\npub struct Thing;\n");
    assert_eq!(of(&arrows(folder.path()), "a::deep"), Vec::<String>::new(), "it is its own");
}
