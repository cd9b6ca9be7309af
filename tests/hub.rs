//! The Hugging Face hub, as far as a stand-in on this machine can be one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::support::hub::{COMMIT, Hub, sha256};
use crate::support::{World, finish};

const DIALOGSUM: &str = "datasets/knkarthick/dialogsum";

/// The stories of the small world as DialogSum's table.
fn dialogues(world: &World) -> String {
    let text = fs::read_to_string(world.path("data/stories.jsonl")).unwrap();
    let mut table = "id,dialogue,summary,topic\n".to_string();
    for (index, line) in text.lines().enumerate() {
        let story: serde_json::Value = serde_json::from_str(line).unwrap();
        table.push_str(&format!("{index},{},{},market\n", story["document"], story["summary"]));
    }
    table
}

/// All files below a folder, links included.
fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(below(&path)),
            false => found.push(path),
        }
    }
    found
}

#[test]
fn a_known_set_is_fetched_once_and_then_needs_no_hub() {
    let world = World::copy_of_trained();
    let hub = Hub::new();
    for split in ["train.csv", "validation.csv"] {
        hub.put(DIALOGSUM, split, dialogues(&world));
    }
    let text = fs::read_to_string(world.path("summarization.toml")).unwrap();
    let (before, rest) = text.split_once("[data]").unwrap();
    let (_, after) = rest.split_once("[batch]").unwrap();
    let from_hub = before.replace("run = \"summarization\"", "run = \"chats\"\ndata = \"hub:dialogsum\"");
    world.config("chats.toml", &format!("{from_hub}[batch]{after}"));

    finish(&mut hub.command(&world, &["finetune", "chats.toml", "--dry-run"])).ok();
    assert!(hub.requests().is_empty(), "a dry run fetches nothing");
    let trained = finish(&mut hub.command(&world, &["finetune", "chats.toml"]));
    assert!(trained.stderr.contains("training: 30 records"), "{}", trained.stderr);
    trained.ok();
    assert!(hub.requests().iter().any(|request| request.path.ends_with(&format!("resolve/{COMMIT}/train.csv"))));

    // From here on without it: the cache has all.
    finish(&mut hub.command(&world, &["finetune", "chats.toml", "--overwrite"])).ok();
    assert!(hub.requests().is_empty());
    let mut again = hub.command(&world, &["finetune", "chats.toml", "--overwrite"]);
    drop(hub);
    finish(again.env("HF_HUB_OFFLINE", "1")).ok();
}

#[test]
fn a_corpus_comes_from_the_hub_and_a_mapping_of_ones_own_wins() {
    let world = World::new();
    let hub = Hub::new();
    hub.put(DIALOGSUM, "train.csv", dialogues(&world));
    let path = "corpus.sources[0].path=hf://datasets/knkarthick/dialogsum/train.csv";
    let train =
        |more: &[&str]| finish(&mut hub.command(&world, &[&["pretrain", "base.toml", "--set", path], more].concat()));
    train(&[]).fails(&["no field `text`", "dialogue"]);
    train(&["--set", "corpus.sources[0].text=dialogue"]).ok();

    let lines = fs::read_to_string(world.path("data/corpus.jsonl")).unwrap();
    let (one, two) = lines.split_at(lines.match_indices('\n').nth(9).unwrap().0 + 1);
    hub.put_large("datasets/a/b", "text/part-1.jsonl", one);
    hub.put_large("datasets/a/b", "text/part-2.jsonl", two);
    let shards = "corpus.sources[0].path=hf://datasets/a/b/text/part-*.jsonl";
    let trained = finish(&mut hub.command(&world, &["pretrain", "base.toml", "--overwrite", "--set", shards]));
    assert!(trained.stderr.contains("documents"), "{}", trained.stderr);
    trained.ok();

    // A fine-tuning source: the table's mapping, unless there is another.
    let source = "data.train=[{ path = 'hub:dialogsum/train', fields = { document = 'talk' } }]";
    let tune = finish(&mut hub.command(&world, &["finetune", "summarization.toml", "--set", source]));
    tune.fails(&["talk", "dialogue"]);
}

#[test]
fn get_prints_paths_and_looks_for_what_is_new() {
    let world = World::new();
    let hub = Hub::new();
    let shards = ["data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet"];
    for name in shards {
        hub.put_large("datasets/stanfordnlp/sst2", name, name.repeat(1000));
    }
    hub.put("datasets/stanfordnlp/sst2", "README.md", "");
    let get = ["data", "get", "sst2", "--split", "train"];
    let dry = finish(&mut hub.command(&world, &[&get[..], &["--dry-run"]].concat())).ok();
    assert_eq!(dry, "hf://datasets/stanfordnlp/sst2/data/train-*.parquet\n");
    assert!(hub.requests().is_empty());

    let printed = finish(&mut hub.command(&world, &get)).ok();
    let folder = world.path("hf/hub/datasets--stanfordnlp--sst2");
    for (line, name) in printed.lines().zip(shards) {
        assert_eq!(Path::new(line), folder.join("snapshots").join(COMMIT).join(name));
        assert_eq!(fs::read_to_string(line).unwrap(), name.repeat(1000));
    }
    assert_eq!(printed.lines().count(), 2);
    assert_eq!(fs::read_to_string(folder.join("refs/main")).unwrap(), COMMIT);
    hub.requests();
    assert_eq!(finish(&mut hub.command(&world, &get)).ok(), printed);
    let asked: Vec<String> = hub.requests().into_iter().map(|request| request.path).collect();
    assert_eq!(asked, ["/api/datasets/stanfordnlp/sst2/revision/main"], "only whether there is something new");

    // A new commit with one file more: what it shares with the old one is not fetched again.
    hub.put("datasets/stanfordnlp/sst2", "data/train-extra.parquet", "new");
    let newer = COMMIT.replace("0123", "4567");
    hub.commit(&newer);
    let printed = finish(&mut hub.command(&world, &get)).ok();
    assert_eq!(fs::read_to_string(folder.join("refs/main")).unwrap(), newer);
    assert_eq!(printed.matches(&newer).count(), 3);
    let whole = hub.requests().into_iter().filter(|request| request.range.as_deref() == Some("bytes=0-")).count();
    assert_eq!(whole, 1);

    let elsewhere = finish(hub.command(&world, &get).env("HF_HUB_CACHE", world.path("elsewhere"))).ok();
    assert!(elsewhere.contains("elsewhere"), "{elsewhere}");
}

#[test]
fn a_broken_transfer_goes_on_where_it_broke_off() {
    let world = World::new();
    let hub = Hub::new();
    let bytes = b"0123456789".repeat(10_000);
    hub.put_large("datasets/a/b", "c.csv", bytes.clone());
    hub.cut(2);
    let printed = finish(&mut hub.command(&world, &["data", "get", "hf://datasets/a/b/c.csv"])).ok();
    assert_eq!(fs::read(printed.trim()).unwrap(), bytes);
    let ranges: Vec<String> = hub.requests().into_iter().filter_map(|request| request.range).collect();
    assert!(ranges.contains(&"bytes=50000-".to_string()) && ranges.contains(&"bytes=75000-".to_string()), "{ranges:?}");

    // A command that was killed left this; the next one goes on from there.
    hub.put_large("datasets/a/b", "d.csv", b"abcdefgh".to_vec());
    fs::remove_dir_all(world.path("hf")).unwrap();
    let blobs = world.path("hf/hub/datasets--a--b/blobs");
    fs::create_dir_all(&blobs).unwrap();
    fs::write(blobs.join(format!("{}.part", sha256(b"abcdefgh"))), "abc").unwrap();
    let printed = finish(&mut hub.command(&world, &["data", "get", "hf://datasets/a/b/d.csv"])).ok();
    assert_eq!(fs::read_to_string(printed.trim()).unwrap(), "abcdefgh");
    assert!(hub.requests().iter().any(|request| request.range.as_deref() == Some("bytes=3-")));
    // One that has too much cannot be continued.
    fs::remove_dir_all(world.path("hf")).unwrap();
    fs::create_dir_all(&blobs).unwrap();
    fs::write(blobs.join(format!("{}.part", sha256(b"abcdefgh"))), "xxxxxxxx").unwrap();
    let printed = finish(&mut hub.command(&world, &["data", "get", "hf://datasets/a/b/d.csv"])).ok();
    assert_eq!(fs::read_to_string(printed.trim()).unwrap(), "abcdefgh");
}

#[test]
fn a_damaged_file_is_refused_and_leaves_nothing() {
    let world = World::new();
    let hub = Hub::new();
    hub.put_spoilt("datasets/a/b", "c.csv", "not what was promised");
    let get = ["data", "get", "hf://datasets/a/b/c.csv"];
    let (found, promised) = (sha256(b"not what was promised"), sha256(b"another"));
    finish(&mut hub.command(&world, &get)).fails(&["c.csv: damaged", &found, &promised, "nothing of it was kept"]);
    for path in below(&world.path("hf")) {
        let text = fs::read_to_string(&path).unwrap_or_default();
        assert!(!text.contains("promised") && !path.ends_with("c.csv"), "{}", path.display());
    }
    hub.put_large("datasets/a/b", "c.csv", "whole");
    assert_eq!(fs::read_to_string(finish(&mut hub.command(&world, &get)).ok().trim()).unwrap(), "whole");
}

#[test]
fn an_answer_cannot_write_elsewhere() {
    let world = World::new();
    let hub = Hub::new();
    hub.put_as("../../../evil", "datasets/a/b", "c.csv", "x");
    hub.put("datasets/a/b", "../../../../evil", "x");
    let get = |path: &str| finish(&mut hub.command(&world, &["data", "get", &format!("hf://datasets/a/b/{path}")]));
    get("c.csv").fails(&["the answer makes no sense", "cannot name a file"]);
    get("*").fails(&["cannot name a file"]);
    assert!(below(&world.path("")).iter().all(|path| !path.ends_with("evil")));
    world.config("hf-file", "");
    let mut elsewhere = hub.command(&world, &["data", "get", "hf://datasets/a/b/c.csv"]);
    finish(elsewhere.env("HF_HOME", world.path("hf-file"))).fails(&["hf-file"]);
}

#[test]
fn two_at_once_share_the_work() {
    let world = World::new();
    let hub = Hub::new();
    hub.put_large("datasets/a/b", "c.csv", b"0123456789".repeat(100_000));
    let children: Vec<_> = (0..3)
        .map(|_| {
            hub.command(&world, &["data", "get", "hf://datasets/a/b/c.csv"])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let stored = hub.requests().into_iter().filter(|request| request.path.starts_with("/storage/"));
    let whole = stored.filter(|request| request.range.as_deref() == Some("bytes=0-")).count();
    assert_eq!(whole, 1);
}

#[test]
fn what_is_not_there_is_said() {
    let world = World::new();
    let hub = Hub::new();
    hub.put("datasets/a/b", "data/train.csv", "x");
    let get = |name: &str| finish(&mut hub.command(&world, &["data", "get", name]));
    get("hf://datasets/a/none/c.csv").fails(&["hf://datasets/a/none: not found (404)", "/datasets/a/none"]);
    get("hf://datasets/a/b/data/tarin.csv").fails(&["no file data/tarin.csv", "did you mean data/train.csv?"]);
    get("hf://datasets/a/b/data/*.json").fails(&["no file data/*.json"]);
    get("sst3").fails(&["unknown data set `sst3`", "sst2", "squad_v2", "data list"]);
    get("hf://a").fails(&["expected hf://owner/name[@revision]"]);
    let offline = |name: &str| finish(hub.command(&world, &["data", "get", name]).env("HF_HUB_OFFLINE", "1"));
    offline("hf://datasets/a/c/d.csv").fails(&["hf://datasets/a/c", "not in the cache", "unset HF_HUB_OFFLINE"]);
    get("hf://datasets/a/b/data/train.csv").ok();
    offline("hf://datasets/a/b/data/train.csv").ok();
    offline("hf://datasets/a/b/data/dev.csv").fails(&["data/dev.csv is not in the cache", "unset HF_HUB_OFFLINE"]);
    let mut gone = hub.command(&world, &["data", "get", "sst2"]);
    drop(hub);
    finish(&mut gone).fails(&["hf://datasets/stanfordnlp/sst2: the hub cannot be reached", "HF_HUB_OFFLINE=1"]);
}

#[test]
fn configs_are_checked_without_a_hub() {
    let world = World::copy_of_trained();
    let check = |sets: &[&str]| {
        let sets: Vec<&str> = sets.iter().flat_map(|set| ["--set", set]).collect();
        world.run(&[&["finetune", "sentiment.toml", "--dry-run", "--overwrite"][..], &sets].concat())
    };
    check(&["data=hub:sst2"]).ok();
    check(&["data.train[0].path=hub:imdb/test"]).ok();
    check(&["data=hub:sts2"]).fails(&["unknown data set `sts2`", "did you mean", "squad_v2", "data = "]);
    check(&["data=hub:imdb"]).fails(&["hub:imdb has no split for validation (train, test, unsupervised)"]);
    check(&["data=reviews.jsonl"]).fails(&["reviews.jsonl: not a reference to the hub", "hub:name"]);
    check(&["data.train[0].path=hub:imdb/trian"]).fails(&["data.train[0].path", "split of imdb `trian`", "train"]);
    check(&["data.train[0].path=hub:imdb"]).fails(&["name one of its splits"]);
    check(&["data.train[0].path=hf://a/b"]).fails(&["hf://a/b is a model"]);
    check(&["data.trian=[]"]).fails(&["unknown key `trian`", "did you mean `train`?"]);
    let list = world.run(&["data", "list"]).ok();
    assert!(list.contains("rajpurkar/squad_v2") && list.lines().count() == 13, "{list}");
}

#[test]
fn a_gated_repository_wants_a_token() {
    let world = World::new();
    let hub = Hub::new();
    hub.put("datasets/a/b", "c.csv", "x");
    hub.gate("datasets/a/b", "hf_secret");
    let get = ["data", "get", "hf://datasets/a/b/c.csv"];
    finish(&mut hub.command(&world, &get)).fails(&["access refused (401)", "HF_TOKEN", "/datasets/a/b"]);
    let refused = finish(hub.command(&world, &get).env("HF_TOKEN", "hf_wrong"));
    assert!(!refused.fails(&["does not give access"]).stderr.contains("hf_wrong"));
    hub.requests();
    finish(hub.command(&world, &get).env("HF_TOKEN", "hf_secret")).ok();
    assert!(hub.requests().iter().all(|request| request.authorization.as_deref() == Some("Bearer hf_secret")));

    fs::remove_dir_all(world.path("hf/hub")).unwrap();
    fs::write(world.path("hf/token"), "hf_secret\n").unwrap();
    finish(&mut hub.command(&world, &get)).ok();
}

#[test]
fn a_revision_is_asked_for_and_a_commit_needs_no_question() {
    let world = World::new();
    let hub = Hub::new();
    hub.put("datasets/a/b", "c.csv", "x");
    let get = |revision: &str| {
        let printed =
            finish(&mut hub.command(&world, &["data", "get", &format!("hf://datasets/a/b@{revision}/c.csv")])).ok();
        assert!(printed.contains(COMMIT), "{printed}");
        hub.requests().into_iter().map(|request| request.path).collect::<Vec<_>>()
    };
    let asked = get("v1.0");
    assert_eq!(asked[0], "/api/datasets/a/b/revision/v1.0");
    assert!(asked[1..].iter().all(|path| *path == format!("/datasets/a/b/resolve/{COMMIT}/c.csv")), "{asked:?}");
    assert_eq!(get("refs/convert/parquet"), ["/api/datasets/a/b/revision/refs/convert/parquet"]);
    assert_eq!(get(COMMIT), [""; 0]);
}

#[test]
fn a_model_is_fetched_with_all_its_shards() {
    let world = World::new();
    let hub = Hub::new();
    let shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
    let index = serde_json::json!({ "weight_map": { "a": shards[0], "b": shards[1], "c": shards[1] } });
    hub.put("a/b", "model.safetensors.index.json", index.to_string());
    for name in shards {
        hub.put_large("a/b", name, name);
    }
    // Servers that compress send weak ETags.
    hub.put_as("W/abc", "a/b", "tokenizer.json", "{}");
    for name in ["config.json", "tokenizer_config.json", "pytorch_model.bin", "1_Pooling/config.json"] {
        hub.put("a/b", name, "{}");
    }
    let get = ["data", "get", "hf://a/b"];
    let printed = finish(&mut hub.command(&world, &get)).ok();
    let folder = Path::new(printed.trim());
    for name in
        shards.iter().chain(&["config.json", "tokenizer.json", "tokenizer_config.json", "1_Pooling/config.json"])
    {
        assert!(folder.join(name).is_file(), "{name}");
    }
    assert!(!folder.join("pytorch_model.bin").exists());
    assert_eq!(finish(hub.command(&world, &get).env("HF_HUB_OFFLINE", "1")).ok(), printed);

    for name in ["config.json", "tokenizer.json", "pytorch_model.bin"] {
        hub.put("a/old", name, "{}");
    }
    finish(&mut hub.command(&world, &["data", "get", "hf://a/old"]))
        .fails(&["hf://a/old: safetensors are needed", "it has pytorch_model.bin"]);
}
