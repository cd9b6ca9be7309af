//! `cimiento init`: a config for data, written after a look at them.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use cimiento_core::objective::Task;
use cimiento_data::fields::{Field, FieldKind, Targets};
use cimiento_data::files;
use cimiento_data::quality::columns::{self, Column, Guess, Looked};
use cimiento_data::records::Source;
use cimiento_data::unusable::max_skipped;
use miette::{IntoDiagnostic, Result, miette};

use super::pretrain::passes::{self, Suited, TOKENS_A_STEP};
use super::{dry, oneline, session};
use crate::args::{self, Global};
use crate::config::{Finetune, Pretrain};
use crate::diagnostic;
use crate::session::{Ended, Existing};
use crate::tasks::{ForTask, NAMES, for_task};

/// Records that are looked at.
const LOOKED_AT: usize = 20_000;
/// Share of the records that a config holds out.
const HELD_OUT: f64 = 0.1;
/// What is written for text alone.
const PRETRAIN: &str = "pretrain";
/// Steps of a pretraining on a large text.
const MOST_STEPS: u64 = 10_000;

/// Writes the config, and says what it was guessed from.
///
/// # Errors
/// Data that cannot be read, or that no task is seen in; a config that is there already.
pub fn init(arguments: &args::Init, global: &Global) -> Result<Ended> {
    let (task, paths) = task_and_paths(&arguments.words)?;
    let session = session(global, Existing::Refuse);
    let source = |path| Ok(Source { separator: arguments.separator.clone(), ..Source::new(oneline::here(path)?) });
    let typed: Vec<Source> = paths.iter().map(|path: &PathBuf| source(path)).collect::<Result<_>>()?;
    let local = typed.iter().map(|source| session.source(source)).collect::<Result<Vec<_>>>()?;
    let Looked { columns, rows, bad } = columns::columns(&local, LOOKED_AT).into_diagnostic()?;
    let all = rows + bad.count;
    let mut looked = format!("{all} records{}:\n", if all == LOOKED_AT { " (and perhaps more)" } else { "" });
    if let Some(first) = bad.first.first() {
        writeln!(looked, "  {} cannot be read, such as {first}", bad.count).into_diagnostic()?;
    }
    for column in &columns {
        writeln!(looked, "  {}: {}", column.name, column.described(rows)).into_diagnostic()?;
    }
    eprint!("{looked}");
    let given: BTreeMap<String, String> = arguments.field.iter().cloned().collect();
    let known = |column: &String| columns.iter().any(|known| known.name == *column);
    if let Some((field, column)) = given.iter().find(|(_, column)| !column.contains([',', '#']) && !known(column)) {
        return Err(miette!("--field {field}={column}: there is no such column; there are: {}", names(&columns)));
    }
    let chosen = match task {
        Some(task) => chosen(task, &columns, &given)?,
        None => likeliest(&columns, &given)?,
    };
    let name = match &arguments.out {
        Some(out) => oneline::stem(Path::new(out.file_name().unwrap_or(out.as_os_str()))),
        None => format!("{}-{}", oneline::stem(&paths[0]), chosen.task),
    };
    let path = arguments.out.clone().unwrap_or_else(|| PathBuf::from(format!("{name}.toml")));
    let gaps = chosen.gaps(&columns, rows);
    let skipping = chosen.skipping(&gaps, bad.count, all);
    let text = match chosen.task {
        PRETRAIN => pretraining(&name, &path, &typed, &local, &chosen, (&looked, &skipping))?,
        task => {
            let settings = settings(&chosen, &columns);
            let told = (looked.as_str(), settings.as_str(), skipping.as_str());
            finetuning(&name, task, &path, &typed, &chosen, told, arguments.from.as_deref())?
        }
    };
    // What it writes must run: the same is read back before it is written.
    match chosen.task {
        PRETRAIN => diagnostic::parse::<Pretrain>(&path, text.clone(), &[]).map(|_| ())?,
        _ => diagnostic::parse::<Finetune>(&path, text.clone(), &[]).map(|_| ())?,
    }
    for guess in &chosen.guesses {
        eprintln!("{} is the column {:?}: {}", guess.field, guess.column, guess.why);
    }
    for (Guess { field, column, .. }, empty) in gaps {
        eprintln!(
            "warning: {empty} of {all} records have nothing in {column:?}, the {field} of {}: training leaves them out (on_bad)",
            chosen.task
        );
    }
    if bad.count > 0 {
        eprintln!("warning: {} of {all} records cannot be read: training leaves them out (on_bad)", bad.count);
    }
    let command = if chosen.task == PRETRAIN { PRETRAIN } else { "finetune" };
    if path.exists() {
        return Err(miette!(help = "--out names another file", "{} is there already", path.display()));
    }
    if global.dry_run {
        return dry(&text, &format!("would write {}", path.display()));
    }
    files::write_atomic(&path, text.as_bytes()).into_diagnostic()?;
    if session.run(&name).exists() {
        eprintln!(
            "warning: there is a run {name:?} already, which keeps its place: --set run=NAME gives this one another name"
        );
    }
    eprintln!("wrote {}; `cimiento {command} {}` runs it", path.display(), path.display());
    Ok(Ended::Finished)
}

/// The first word may be a task.
fn task_and_paths(words: &[String]) -> Result<(Option<&'static str>, Vec<PathBuf>)> {
    let task = NAMES.iter().copied().chain([PRETRAIN]).find(|name| words[0] == *name);
    let rest = if task.is_some() { &words[1..] } else { words };
    if rest.is_empty() {
        return Err(miette!(
            help = format!("cimiento init {} FILE…", words[0]),
            "{} of what? name the files of data",
            words[0]
        ));
    }
    let missing = rest.iter().find(|path| !path.contains([':', '*']) && !Path::new(path).exists());
    if let Some(missing) = missing {
        let tasks = NAMES.join(", ");
        return Err(miette!(
            help = format!("the tasks are {tasks}, and {PRETRAIN} for text alone"),
            "{missing}: neither a task nor a file or folder"
        ));
    }
    Ok((task, rest.iter().map(PathBuf::from).collect()))
}

/// A task, and the columns of its fields.
struct Chosen {
    task: &'static str,
    guesses: Vec<Guess>,
}

impl Chosen {
    /// The fields that some records have nothing in, each with the number of these.
    fn gaps(&self, columns: &[Column], rows: usize) -> Vec<(&Guess, usize)> {
        let class = fields(self.task).iter().find(|field| field.kind == FieldKind::Class).map(|field| field.name);
        let filled = |guess: &Guess| {
            let column = columns.iter().find(|column| column.name == guess.column)?;
            // Of several labels, an empty cell is none of them.
            let several = matches!(column.targets(), Some(Targets::Several(_) | Targets::Lists));
            let none = if class == Some(guess.field) && several { column.blank } else { 0 };
            // A blank document is left out of a corpus anyway.
            let blank = if self.task == PRETRAIN { column.blank } else { 0 };
            Some(column.filled + none + blank)
        };
        let gaps = self.guesses.iter().filter_map(|guess| Some((guess, rows.checked_sub(filled(guess)?)?)));
        gaps.filter(|(_, empty)| *empty > 0).collect()
    }

    /// The keys that leave out the records with gaps and the `bad` ones, of `rows`; nothing where there are none.
    fn skipping(&self, gaps: &[(&Guess, usize)], bad: usize, rows: usize) -> String {
        let count = bad + gaps.iter().map(|(_, empty)| empty).sum::<usize>();
        if count == 0 {
            return String::new();
        }
        let told = gaps.iter().map(|(guess, empty)| format!("{empty} have no {}", guess.field));
        let told: Vec<String> = told.chain((bad > 0).then(|| format!("{bad} cannot be read"))).collect();
        let mut text = format!("# of {rows} records, {}: these are left out\non_bad = \"skip\"\n", told.join(", "));
        // A little more than were counted.
        let share = (100 * count / rows + 1).min(99) as f64 / 100.0;
        if share > max_skipped() {
            let _ = writeln!(text, "max_skipped = {share:<18}# share of all records that may be left out");
        }
        text
    }

    /// The columns by field, where they are called otherwise.
    fn fields(&self) -> String {
        let renamed = self.guesses.iter().filter(|guess| guess.field != guess.column);
        let pairs: Vec<String> = renamed.map(|guess| format!("{} = {}", guess.field, quoted(&guess.column))).collect();
        if pairs.is_empty() { String::new() } else { format!("fields = {{ {} }}\n", pairs.join(", ")) }
    }
}

/// Settings for the targets that the column of a field holds, where it holds no single classes.
fn settings(chosen: &Chosen, columns: &[Column]) -> String {
    let class = fields(chosen.task).iter().find(|field| field.kind == FieldKind::Class);
    let guess = chosen.guesses.iter().find(|guess| class.is_some_and(|field| field.name == guess.field));
    let column = guess.and_then(|guess| columns.iter().find(|column| column.name == guess.column));
    let Some(column) = column else { return String::new() };
    if column.has_classes_of_numbers() {
        eprintln!(
            "the numbers in {:?} are taken for classes; problem_type = \"regression\" takes them for quantities",
            column.name
        );
    }
    let found = column.targets().and_then(|targets| Some((targets, for_task(chosen.task, SettingsFor(targets))??)));
    let Some((targets, settings)) = found else { return String::new() };
    match targets {
        Targets::Lists => eprintln!("{:?} holds lists: several labels a record", column.name),
        Targets::Several(separator) => {
            eprintln!("{:?} holds several labels a record, with {separator:?} between them", column.name)
        }
        Targets::Numbers => eprintln!("{:?} holds many different numbers, which are taken for quantities", column.name),
    }
    settings
}

struct SettingsFor(Targets);

impl ForTask for SettingsFor {
    type Output = Option<String>;

    fn run<T: Task>(self) -> Self::Output {
        T::settings_for(self.0)
    }
}

struct FieldsOf;

impl ForTask for FieldsOf {
    type Output = &'static [Field];

    fn run<T: Task>(self) -> Self::Output {
        T::FIELDS
    }
}

/// What the records of a task must have; of pretraining, a text.
pub fn fields(task: &str) -> &'static [Field] {
    const TEXT: &[Field] = &[Field { name: "text", kind: FieldKind::Text, also: &["content", "body"], target: false }];
    for_task(task, FieldsOf).unwrap_or(TEXT)
}

/// The columns for a task that was named.
fn chosen(task: &'static str, columns: &[Column], given: &BTreeMap<String, String>) -> Result<Chosen> {
    let fields = fields(task);
    if let Some(field) = given.keys().find(|name| fields.iter().all(|field| field.name != **name)) {
        let known: Vec<&str> = fields.iter().map(|field| field.name).collect();
        return Err(miette!("--field {field}=…: the fields of {task} are {}", known.join(", ")));
    }
    let guesses = columns::guess(fields, columns, given);
    if let Some(missing) = fields.iter().find(|field| guesses.iter().all(|guess| guess.field != field.name)) {
        return Err(miette!(
            help = format!("name it: --field {}=COLUMN", missing.name),
            "no column looks like the {} of {task}; there are: {}",
            missing.name,
            names(columns)
        ));
    }
    Ok(Chosen { task, guesses })
}

/// The task whose fields are most likely there.
fn likeliest(columns: &[Column], given: &BTreeMap<String, String>) -> Result<Chosen> {
    let possible = NAMES.iter().filter_map(|task| chosen(task, columns, given).ok());
    let (possible, unsure): (Vec<Chosen>, Vec<Chosen>) =
        possible.partition(|chosen| chosen.guesses.iter().all(|guess| guess.weight > 0));
    // A field that is only a guess counts little beside one that is called so.
    let weight = |chosen: &Chosen| {
        let sum: u32 = chosen.guesses.iter().map(|guess| guess.weight).sum();
        (sum * 100 / chosen.guesses.len() as u32, chosen.guesses.len())
    };
    for Chosen { task, guesses } in &unsure {
        for Guess { field, column, .. } in guesses.iter().filter(|guess| guess.weight == 0) {
            eprintln!(
                "if the numbers in {column:?} are to be learned: cimiento init {task} FILE --field '{field}={column}'"
            );
        }
    }
    let found = possible.into_iter().max_by_key(weight).map_or_else(|| chosen(PRETRAIN, columns, given), Ok);
    let found = found.map_err(|_| {
        let fields: String = fields(NAMES[0]).iter().map(|field| format!(" --field {}=COLUMN", field.name)).collect();
        miette!(
            help = format!("name the task and its fields: cimiento init {} FILE{fields}", NAMES[0]),
            "no task is seen in these columns: {}",
            names(columns)
        )
    })?;
    eprintln!("taken for {}; `cimiento init TASK …` names another task", found.task);
    Ok(found)
}

fn names(columns: &[Column]) -> String {
    columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// A string as TOML has it.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// Where a source lies and, if that was typed, what separates its columns.
fn located(source: &Source) -> String {
    let separator = source.separator.as_ref().map(|sign| format!("separator = {}\n", quoted(sign)));
    format!("path = {}\n{}", quoted(&source.path.display().to_string()), separator.unwrap_or_default())
}

fn commented(text: &str) -> String {
    text.lines().map(|line| format!("# {line}\n")).collect()
}

fn heading(path: &Path, command: &str, looked: &str, chosen: &Chosen) -> String {
    let mut text =
        format!("# Written by `cimiento init`. It runs as it is:\n#   cimiento {command} {}\n", path.display());
    let _ = writeln!(text, "# configs/reference/{command}.toml documents every key.\n#");
    text.push_str(&commented(looked));
    for guess in &chosen.guesses {
        let _ = writeln!(text, "# {} is the column {}: {}", guess.field, quoted(&guess.column), guess.why);
    }
    text
}

fn finetuning(
    name: &str,
    task: &str,
    path: &Path,
    sources: &[Source],
    chosen: &Chosen,
    (looked, settings, skipping): (&str, &str, &str),
    from: Option<&str>,
) -> Result<String> {
    let from = match from {
        Some(run) => run.to_string(),
        None => oneline::from_the_box(task)?,
    };
    let mut text = heading(path, "finetune", looked, chosen);
    let _ = write!(
        text,
        "run = {}\n\n[from]\nrun = {}        # a run of yours, or the path of a checkpoint\n\n[task.{task}]\n{settings}\n\
         [data]\nheld_out = {HELD_OUT}                  # share of the records held out for validation; [[data.validation]] names others\n{skipping}\n",
        quoted(name),
        quoted(&from)
    );
    for source in sources {
        let _ = write!(text, "[[data.train]]\n{}{}\n", located(source), chosen.fields());
    }
    text.push_str(
        "[batch]\nsize = 16                       # records a step\nepochs = 4.0                    # passes over the records, \
         unless validation gets no better before\n",
    );
    Ok(text)
}

fn pretraining(
    name: &str,
    path: &Path,
    sources: &[Source],
    local: &[Source],
    chosen: &Chosen,
    (looked, skipping): (&str, &str),
) -> Result<String> {
    let bytes = passes::bytes(local)?;
    let Suited { tokens, steps, vocabulary } = passes::suited(bytes, MOST_STEPS);
    let column = &chosen.guesses[0].column;
    let mut text = heading(path, PRETRAIN, looked, chosen);
    let _ = write!(
        text,
        "# {bytes} bytes, about {tokens} tokens\nrun = {}\n\n[tokenizer]\nvocab_size = {vocabulary}\n\n[corpus]\nvalidation = 0.02               \
         # share of the documents held out\n\n",
        quoted(name)
    );
    for source in sources {
        let _ = write!(text, "[[corpus.sources]]\n{}", located(source));
        if column != "text" {
            let _ = writeln!(text, "text = {}", quoted(column));
        }
        text.push_str(skipping);
        text.push('\n');
    }
    let _ = write!(
        text,
        "[backbone]\npreset = \"nano\"                 # micro, nano, tiny, small or base\ncontext = 256\n\n[batch]\n\
         stages = [{{ share = 0.9, length = 128 }}, {{ share = 0.1, length = 256 }}]\n\n[train]\nsteps = {steps}                    \
         # each of {TOKENS_A_STEP} tokens\n"
    );
    Ok(text)
}
