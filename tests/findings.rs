//! What an evaluation leaves: names that stay apart, answers, mistakes, classes, comparisons, baselines by default.

use std::fs;

use serde_json::Value;

use crate::support::World;

/// `[[tasks]]` on some of the reviews.
fn task(dataset: &str, split: &str, file: &str, rest: &str) -> String {
    format!(
        "[[tasks]]\ndataset = '{dataset}'\nsplit = '{split}'\ndata = [{{ path = '{file}' }}]\n\
         runs = [{{ variant = 'm', run = 'sentiment' }}]\n{rest}\n"
    )
}

fn evaluate(world: &World, entries: &str) -> crate::support::Output {
    world.config("evaluate.toml", &format!("run = 'evaluation'\n{entries}"));
    world.run(&["evaluate", "evaluate.toml", "--overwrite"])
}

/// The files of a kind that an evaluation has left, and what they hold.
fn files(world: &World, kind: &str) -> Vec<(String, Vec<Value>)> {
    let folder = world.path("runs/evaluation").join(kind);
    let mut found: Vec<(String, Vec<Value>)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            let lines = serde_json::Deserializer::from_str(&text).into_iter::<Value>().map(Result::unwrap).collect();
            (path.file_name().unwrap().to_string_lossy().into_owned(), lines)
        })
        .collect();
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found
}

fn json(world: &World, name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(world.path("runs/evaluation").join(name)).unwrap()).unwrap()
}

/// Reviews whose labels are all turned round, with an id each.
fn turned(world: &World) -> String {
    let reviews = fs::read_to_string(world.path("data/reviews.jsonl")).unwrap();
    let turned = reviews.lines().enumerate().map(|(index, line)| {
        let mut record: Value = serde_json::from_str(line).unwrap();
        let label = if record["label"] == "glad" { "sad" } else { "glad" };
        record["label"] = label.into();
        record["id"] = format!("review {index}").into();
        format!("{record}\n")
    });
    turned.collect()
}

#[test]
fn two_results_under_one_name_are_refused_before_scoring() {
    let world = World::copy_of_trained();
    let entry = |list: &str, more: &str| {
        format!(
            "[[{list}]]\ndataset = 'x'\nsplit = 'test'\ndata = [{{ path = 'corpus.jsonl' }}]\nruns = [{{ variant = 'b', run = 'base' }}]\n{more}"
        )
    };
    let tasks = task("x", "test", "reviews.jsonl", "");
    evaluate(&world, &tasks).ok();
    let before = json(&world, "results.json");
    for (list, entries) in [
        ("tasks", format!("{tasks}{tasks}")),
        ("texts", entry("texts", "").repeat(2)),
        ("endings", entry("endings", "").repeat(2)),
        ("pairs", entry("pairs", "").repeat(2)),
    ] {
        let told = evaluate(&world, &entries);
        let told = told.fails(&[list, "\"x\" \"test\" occurs twice", "another `dataset` or `split`"]);
        assert!(!told.stderr.contains("examples"), "{}", told.stderr);
        assert_eq!(json(&world, "results.json"), before);
    }
    // Of lists of another kind, and of other tasks, results are told apart by their task.
    let others = tasks.clone() + &entry("texts", "") + &entry("endings", "");
    let qa = task("x", "test", "questions.jsonl", "").replace("run = 'sentiment'", "run = 'qa'");
    let table = evaluate(&world, &(others + &qa)).ok();
    for title in ["sentiment · x · test", "language · x · test", "last-word · x · test", "qa · x · test"] {
        assert!(table.contains(title), "{title:?} is not in:\n{table}");
    }
    let part = entry("pairs", "").replace("'x'", "'x/syntax'") + &entry("pairs", "");
    evaluate(&world, &part).fails(&["\"x/syntax\" \"test\" is named like a part of another entry's data set"]);
    let baseline = tasks.replace("'m'", "'baseline:majority'");
    evaluate(&world, &baseline).fails(&["variant \"baseline:majority\" begins with `baseline:`"]);
}

#[test]
fn no_two_results_share_a_file() {
    let world = World::copy_of_trained();
    world.data("turned.jsonl", turned(&world));
    let seeds = "[[tasks]]\ndataset = 'x'\nsplit = 'y'\ndata = [{ path = 'reviews.jsonl', limit = 3 }]\n\
                 runs = [{ variant = 'm', runs = ['sentiment', 'runs/sentiment'] }, { variant = 'm sentiment', run = 'sentiment' }]\n";
    let entries = task("x-y", "z", "reviews.jsonl", "") + &task("x", "y-z", "turned.jsonl", "") + seeds;
    evaluate(&world, &entries).ok();
    let counts: Vec<(String, usize)> =
        files(&world, "answers").into_iter().map(|(name, lines)| (name, lines.len())).collect();
    let expected = [
        ("sentiment.x-y.z.m.jsonl", 30),
        ("sentiment.x.y-z.m.jsonl", 30),
        ("sentiment.x.y.m sentiment.jsonl", 3),
        ("sentiment.x.y.m.runs%2Fsentiment.jsonl", 3),
        ("sentiment.x.y.m.sentiment.jsonl", 3),
    ];
    assert_eq!(counts, expected.map(|(name, count)| (name.to_string(), count)));
}

#[test]
fn a_pipeline_whose_stages_score_the_same_is_refused() {
    let world = World::copy_of_trained();
    world.config("evaluate.toml", &format!("run = 'x'\n{}", task("x", "test", "reviews.jsonl", "")));
    let stage = |name: &str| format!("[[stages]]\nname = '{name}'\nverb = 'evaluate'\nconfig = 'evaluate.toml'\n");
    world.config("run.toml", &format!("run = 'whole'\n{}{}", stage("one"), stage("two")));
    let told = world.run(&["run", "run.toml"]);
    told.fails(&["stages \"one\" and \"two\" both score", "\"x\" \"test\", variant \"m\""]);
    assert!(!world.path("runs/whole").exists());
}

#[test]
fn mistakes_and_classes_are_files_and_on_the_page() {
    let world = World::copy_of_trained();
    world.data("turned.jsonl", turned(&world));
    evaluate(&world, &task("reviews", "turned", "turned.jsonl", "")).ok();
    let answers = files(&world, "answers").remove(0).1;
    let labels: Vec<Value> =
        turned(&world).lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["label"].clone()).collect();
    let wrong = answers.iter().zip(&labels).filter(|(answer, label)| answer["label"] != **label).count();
    assert!(wrong > 0);
    assert_eq!(
        answers.iter().map(|answer| answer["line"].as_u64().unwrap()).collect::<Vec<_>>(),
        (1..=30).collect::<Vec<_>>()
    );

    let ids: Vec<&str> = answers.iter().map(|answer| answer["id"].as_str().unwrap()).collect();
    assert_eq!(ids, (0..30).map(|index| format!("review {index}")).collect::<Vec<_>>());

    let (name, mistakes) = files(&world, "mistakes").remove(0);
    assert_eq!((name.as_str(), mistakes.len()), ("sentiment.reviews.turned.m.jsonl", wrong));
    let sure: Vec<f64> = mistakes.iter().map(|mistake| mistake["confidence"].as_f64().unwrap()).collect();
    assert!(sure.is_sorted_by(|one, other| one >= other), "{sure:?}");
    for mistake in &mistakes {
        let line = mistake["line"].as_u64().unwrap() as usize;
        assert_eq!(mistake["expected"], labels[line - 1]);
        assert_eq!(mistake["id"], format!("review {}", line - 1));
        assert_eq!(mistake["answer"]["label"], answers[line - 1]["label"]);
        assert!(mistake["answer"]["label"] != mistake["expected"] && mistake["quality"] == 0.0, "{mistake}");
        assert!(mistake["text"].as_str().unwrap().starts_with("On day "), "{mistake}");
    }

    let classes = files(&world, "classes").remove(0).1.remove(0);
    let matrix: Vec<Vec<u64>> = serde_json::from_value(classes["confusion"].clone()).unwrap();
    assert_eq!(matrix.iter().flatten().sum::<u64>(), 30);
    assert_eq!((matrix[0][1] + matrix[1][0]) as usize, wrong);
    let page = fs::read_to_string(world.path("runs/evaluation/report.html")).unwrap();
    for words in ["<h2>Classes</h2>", "<h2>Mistakes</h2>", &format!("{wrong} of 30 answers"), "is ↓ taken for →"] {
        assert!(page.contains(words), "{words:?} is not in the report");
    }
}

#[test]
fn variants_are_compared_on_the_same_examples() {
    let world = World::copy_of_trained();
    let runs = "runs = [{ variant = 'whole', run = 'sentiment' }, { variant = 'again', run = 'sentiment' }, \
                { variant = 'cut', run = 'sentiment', set = ['max_tokens = 2'] }]";
    let entry = task("reviews", "test", "reviews.jsonl", "");
    let entry = entry.replace("runs = [{ variant = 'm', run = 'sentiment' }]", runs);
    let table = evaluate(&world, &entry).ok();
    let all = json(&world, "comparisons.json");
    let find = |first: &str, second: &str, metric: &str| {
        let wanted = [("first", first), ("second", second), ("metric", metric)];
        let mut found =
            all.as_array().unwrap().iter().filter(|one| wanted.iter().all(|(key, value)| one[key] == *value));
        found.next().unwrap_or_else(|| panic!("no {first} {second} {metric} in {all:#}")).clone()
    };
    let same = find("whole", "again", "macro_f1");
    assert!(same["tie"] == true && same["difference"] == 0.0 && same["p"] == 1.0, "{same}");
    // McNemar's counts are those of the files of answers.
    let answers = |variant: &str| {
        let name = format!("sentiment.reviews.test.{variant}.jsonl");
        files(&world, "answers").into_iter().find(|(other, _)| *other == name).unwrap().1
    };
    let labels: Vec<Value> = fs::read_to_string(world.path("data/reviews.jsonl"))
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["label"].clone())
        .collect();
    let right = |variant: &str| -> Vec<bool> {
        answers(variant).iter().zip(&labels).map(|(answer, label)| answer["label"] == *label).collect()
    };
    let (whole, cut) = (right("whole"), right("cut"));
    let only = |one: &[bool], other: &[bool]| one.iter().zip(other).filter(|(a, b)| **a && !**b).count();
    let found = find("whole", "cut", "accuracy");
    assert_eq!(found["mcnemar"]["only_first"], only(&whole, &cut));
    assert_eq!(found["mcnemar"]["only_second"], only(&cut, &whole));
    let difference = (only(&whole, &cut) as f64 - only(&cut, &whole) as f64) / 30.0;
    assert!((found["difference"].as_f64().unwrap() - difference).abs() < 1e-9, "{found}");
    assert!(find("baseline:majority", "cut", "mcc")["p"].as_f64().unwrap() <= 1.0);
    assert!(table.contains(" − "), "{table}");
    // What is printed again later is the same.
    assert_eq!(world.run(&["evaluate", "evaluate.toml"]).ok(), table);
    let page = fs::read_to_string(world.path("runs/evaluation/report.html")).unwrap();
    assert!(page.contains("<h2>Comparisons</h2>"));
    // Without the bag of words, which knows these texts by heart, nothing is told apart.
    let table = evaluate(&world, &format!("{entry}baseline_train = []\n")).ok();
    assert!(table.contains(": a tie"), "{table}");
}

#[test]
fn baselines_learn_from_the_runs_own_data_unless_told_otherwise() {
    let world = World::copy_of_trained();
    let with = |rest: &str| evaluate(&world, &task("reviews", "test", "reviews.jsonl", rest));
    let own = with("");
    assert!(
        own.stderr.contains(&format!(
            "baselines learn from the first run's own training data, {}",
            world.path("data/reviews.jsonl").display()
        )),
        "{}",
        own.stderr
    );
    let own = own.ok();
    assert!(own.contains("baseline:majority"), "{own}");
    let named = with("baseline_train = [{ path = 'reviews.jsonl' }]");
    assert!(!named.stderr.contains("baselines"), "{}", named.stderr);
    assert_eq!(named.ok(), own);
    let none = with("baseline_train = []");
    assert!(!none.stderr.contains("baselines"), "{}", none.stderr);
    assert!(!none.ok().contains("baseline:"));
    // Where they cannot be found, it says so and scores the models.
    fs::copy(world.path("data/reviews.jsonl"), world.path("data/test.jsonl")).unwrap();
    fs::remove_file(world.path("data/reviews.jsonl")).unwrap();
    let gone = evaluate(&world, &task("reviews", "test", "test.jsonl", ""));
    assert!(gone.stderr.contains("no baselines, as the training data of sentiment are not here"), "{}", gone.stderr);
    let gone = gone.ok();
    assert!(gone.contains("accuracy") && !gone.contains("baseline:"), "{gone}");
    fs::remove_file(world.path("runs/sentiment/config.toml")).unwrap();
    let unknown = evaluate(&world, &task("reviews", "test", "test.jsonl", ""));
    assert!(unknown.stderr.contains("keeps no config.toml"), "{}", unknown.stderr);
    unknown.ok();
}

#[test]
fn a_run_finds_its_data_again_where_they_lay_beside_its_config_only() {
    let world = World::copy_of_trained();
    fs::create_dir(world.path("mine")).unwrap();
    fs::rename(world.path("data/reviews.jsonl"), world.path("mine/mine.jsonl")).unwrap();
    let config = fs::read_to_string(world.path("sentiment.toml")).unwrap();
    let config = config.replace("reviews.jsonl", "mine.jsonl").replace("\"sentiment\"", "\"mine\"");
    world.config("mine/c.toml", &config);
    // Of that name there is another in the folder of the evaluation, with other labels.
    world.data("test.jsonl", fs::read_to_string(world.path("mine/mine.jsonl")).unwrap());
    let other = fs::read_to_string(world.path("mine/mine.jsonl")).unwrap().replace("glad\"}", "merry\"}");
    fs::write(world.path("mine.jsonl"), other).unwrap();
    world.run(&["finetune", "mine/c.toml"]).ok();
    assert_eq!(fs::read_to_string(world.path("runs/mine/config.toml")).unwrap(), config);
    let entry = "run = 'evaluation'\n[[tasks]]\ndataset = 'x'\nsplit = 'test'\ndata = [{ path = 'test.jsonl' }]\n\
                 runs = [{ variant = 'm', run = 'mine' }]\n";
    world.config("evaluate.toml", entry);
    let own = world.run(&["evaluate", "evaluate.toml"]);
    let place = world.path("mine/mine.jsonl");
    assert!(own.stderr.contains(&format!("own training data, {}", place.display())), "{}", own.stderr);
    let named = format!("{entry}baseline_train = [{{ path = '{}' }}]\n", place.display());
    world.config("evaluate.toml", &named);
    assert_eq!(world.run(&["evaluate", "evaluate.toml"]).ok(), own.ok());
    // The config that the run keeps means the same run, and trains it once more.
    let done = world.run(&["finetune", "runs/mine/config.toml", "--resume"]);
    assert!(done.stderr.contains("mine: already finished"), "{}", done.stderr);
    world.run(&["finetune", "runs/mine/config.toml", "--set", "run=again"]).ok();
    world.run(&["diff", "mine", "again"]).ok();
    // The run it makes keeps the same.
    world.run(&["finetune", "runs/again/config.toml", "--resume"]).ok();
}
