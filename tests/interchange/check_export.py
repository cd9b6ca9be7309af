"""Checks that what `cimiento export --format transformers` writes says in stock transformers what cimiento says.

    python check_export.py CIMIENTO_BINARY RUNS_FOLDER WORK_FOLDER

RUNS_FOLDER holds the runs of configs/quickstart.toml. A question-answering run whose head transformers has too
(`task.qa.question_aware = false`) is trained here. All is written to WORK_FOLDER/check_export, which is made anew.
Prints a line a check, with the largest difference; exits with 1 if any fails.
"""

import json
import math
import pathlib
import shutil
import subprocess
import sys

import torch
import transformers
from safetensors.torch import load_file
from tokenizers import Tokenizer

ROOT = pathlib.Path(__file__).resolve().parents[2]
VILLAGE = ROOT / "datasets" / "village"
TOLERANCE = 1e-4
# Texts that other tokenizers cut or rewrite differently.
ODD = [" leading  spaces ", "two\n\nlines\r\n\tand a tab", "it's THE'S 1492!?  ...", "cafe\u0301 \u212b", "数据 🌾\u200d\u00a0x", ""]
DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}
BINARY, RUNS, WORK = (pathlib.Path(argument).resolve() for argument in sys.argv[1:4])
WORK /= "check_export"
failures = 0


def check(what, difference, count, tolerance=TOLERANCE):
    """A line. `difference` is the largest one, or how many answers differ where the tolerance is 0."""
    global failures
    failed = not difference <= tolerance  # NaN fails.
    failures += failed
    verdict = "FAILED" if failed else "ok"
    print(f"{verdict:6} {what}: {difference:.2g} of at most {tolerance:g}, {count} compared", flush=True)


def cimiento(*arguments, records=None, runs=None):
    """What a verb prints, a line of JSON each."""
    command = [BINARY, *arguments, "--quiet", "--runs-dir", runs or RUNS, "--data-dir", ROOT / "datasets"]
    text = "".join(json.dumps(record) + "\n" for record in records or [])
    done = subprocess.run(command, input=text, capture_output=True, text=True, cwd=ROOT)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()] if records else None


def export(run, dtype="f32", runs=None):
    folder = WORK / f"{run.name}-{dtype}"
    dtypes = [] if dtype == "f32" else ["--dtype", dtype]
    cimiento("export", run, "--format", "transformers", *dtypes, folder, runs=runs)
    return folder


def load(folder, kind):
    """The model in float32, by the class that config.json names: no foreign code, no tensor missing or left over."""
    config = json.loads((folder / "config.json").read_text())
    assert "auto_map" not in config and not list(folder.glob("*.py")), "needs trust_remote_code"
    assert config["architectures"] == [kind], config["architectures"]
    auto = getattr(transformers, "AutoModelFor" + kind.removeprefix("Qwen3For"))
    model, info = auto.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
    assert type(model).__name__ == kind and not any(info.values()), info
    return model.eval()


def tokenizer_of(folder, run, texts, pairs):
    """AutoTokenizer, checked to lay texts and pairs out as cimiento does."""
    auto = transformers.AutoTokenizer.from_pretrained(folder)
    raw = Tokenizer.from_file(str(run / "final" / "tokenizer.json"))
    bos, eos, sep, pad, mask = (raw.token_to_id(f"[{role}]") for role in ("bos", "eos", "sep", "pad", "mask"))
    ids = lambda text: raw.encode(text, add_special_tokens=False).ids
    wrong = sum(auto(text)["input_ids"] != [bos, *ids(text)] for text in texts)
    wrong += sum(auto(*pair)["input_ids"] != [bos, *ids(pair[0]), sep, *ids(pair[1]), eos] for pair in pairs)
    named = [auto.bos_token_id, auto.eos_token_id, auto.sep_token_id, auto.pad_token_id, auto.mask_token_id]
    wrong += named != [bos, eos, sep, pad, mask]
    wrong += sum(auto.decode(ids(text)) != text for text in texts)
    check(f"{folder.name}: AutoTokenizer", wrong, len(texts) + len(pairs), 0)
    return auto


def log_probabilities(logits, ids):
    return logits.double().log_softmax(-1).gather(-1, torch.as_tensor(ids).unsqueeze(-1)).squeeze(-1)


def largest(ours, theirs):
    assert len(ours) == len(theirs)
    return max(abs(one - other) for one, other in zip(ours, theirs))


def check_language(run, texts):
    folder = export(run)
    model = load(folder, "Qwen3ForCausalLM")
    tokenizer = tokenizer_of(folder, run, texts + ODD, [(texts[0], texts[1])])
    read = [tokenizer(text)["input_ids"] + [tokenizer.eos_token_id] for text in texts]

    def compare(what, scored, expected):
        tokens = [[token["log_probability"] for token in line["tokens"]] for line in scored]
        check(f"{folder.name}: {what}", max(map(largest, tokens, expected)), sum(map(len, expected)))

    expected = [log_probabilities(model(torch.tensor([ids])).logits[0, :-1], ids[1:]).tolist() for ids in read]
    scored = cimiento("score", run, "--tokens", records=[{"text": text} for text in texts])
    compare("causal log-probabilities", scored, expected)

    model.config.is_causal = False
    few, expected = texts[:8], []
    for ids in read[:8]:
        places = torch.arange(1, len(ids))
        rows = torch.tensor([ids] * len(places))
        rows[torch.arange(len(places)), places] = tokenizer.mask_token_id
        logits = model(rows).logits[torch.arange(len(places)), places - 1]
        expected.append(log_probabilities(logits, ids[1:]).tolist())
    scored = cimiento("score", run, "--masked", "--tokens", records=[{"text": text} for text in few])
    compare("masked log-probabilities, both ways", scored, expected)

    full = load_file(folder / "model.safetensors")
    for name in ("bf16", "f16"):
        half = load_file(export(run, name) / "model.safetensors")
        assert half.keys() == full.keys()
        wrong = sum(not torch.equal(half[key], full[key].to(DTYPES[name])) for key in full)
        config = json.loads((WORK / f"{run.name}-{name}" / "config.json").read_text())
        wrong += config.get("dtype", config.get("torch_dtype")) != str(DTYPES[name]).removeprefix("torch.")
        check(f"{run.name}-{name}: tensors are those of f32, rounded", wrong, len(full), 0)


def check_sentiment(run, reviews):
    folder = export(run)
    model = load(folder, "Qwen3ForSequenceClassification")
    tokenizer = tokenizer_of(folder, run, reviews, [])
    answers = cimiento("predict", run, "--task", "sentiment", records=[{"text": text} for text in reviews])
    differences, labels = [], 0
    for start in range(0, len(reviews), 16):  # In padded batches, as people do.
        batch = tokenizer(reviews[start:start + 16], padding=True, return_tensors="pt")
        for row, answer in zip(model(**batch).logits.double().softmax(-1), answers[start:]):
            ours = {model.config.id2label[at]: value for at, value in enumerate(row.tolist())}
            assert ours.keys() == answer["probabilities"].keys(), ours
            differences += [abs(ours[label] - value) for label, value in answer["probabilities"].items()]
            labels += max(ours, key=ours.get) != answer["label"]
    check(f"{folder.name}: probabilities", max(differences), len(differences))
    check(f"{folder.name}: labels", labels, len(reviews), 0)


def span(context, places, start, end, settings):
    """crates/qa/src/answer.rs for one window; the first logit of each is that of [bos]."""
    inked = [bool(context[first:last].strip()) for first, last in places]
    odds = {None: 0.0}
    for first in filter(inked.__getitem__, range(len(places))):
        for last in range(first, min(len(places), first + settings["max_answer_tokens"])):
            if inked[last]:
                odds[first, last] = start[1 + first] + end[1 + last] - start[0] - end[0]
    total = math.fsum(map(math.exp, odds.values()))
    best = max(filter(None, odds), key=odds.get, default=None)
    if best is None or -odds[best] > settings["null_threshold"]:
        best = None
    text = "" if best is None else context[places[best[0]][0]:places[best[1]][1]].strip()
    return {"text": text, "score": math.exp(odds[best]) / total, "no_answer_probability": 1 / total}


def check_qa(run, questions, count):
    folder = export(run, runs=WORK / "runs")
    model = load(folder, "Qwen3ForQuestionAnswering")
    manifest = json.loads((run / "final" / "manifest.json").read_text())
    settings = manifest["task"]["config"]
    window = settings["window_tokens"] or manifest["backbone"]["context"]
    raw = Tokenizer.from_file(str(run / "final" / "tokenizer.json"))
    length = lambda text: len(raw.encode(text, add_special_tokens=False))
    fits = lambda asked, passage: asked <= settings["max_question_tokens"] and asked + passage + 3 <= window
    questions = [one for one in questions if fits(length(one["question"].strip()), length(one["context"]))][:count]
    pairs = [(one["question"].strip(), one["context"]) for one in questions]
    tokenizer = tokenizer_of(folder, run, [], pairs)
    expected = cimiento("predict", run, "--task", "qa", records=questions)
    answers = []
    for pair in pairs:
        read = tokenizer(*pair, return_offsets_mapping=True)
        output = model(torch.tensor([read["input_ids"]]))
        passage = [at for at, sequence in enumerate(read.sequence_ids()) if sequence == 1]
        logits = (one[0, [0, *passage]].double().tolist() for one in (output.start_logits, output.end_logits))
        answers.append(span(pair[1], [read["offset_mapping"][at] for at in passage], *logits, settings))
    wrong = sum(one["text"] != other["text"] for one, other in zip(answers, expected))
    check(f"{folder.name}: answers ({sum(one['text'] == '' for one in answers)} of them none)", wrong, len(questions), 0)
    for key in ("score", "no_answer_probability"):
        ours, theirs = ([one[key] for one in part] for part in (answers, expected))
        check(f"{folder.name}: {key}", largest(ours, theirs), len(questions))


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def main():
    assert transformers.__version__.startswith("5.23."), transformers.__version__
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)

    stories = [line["text"] for line in lines(VILLAGE / "corpus" / "prose.jsonl")]
    check_language(RUNS / "quickstart" / "pretrain", sorted(stories, key=len)[:300:10])
    reviews = [line["text"].strip() for line in lines(VILLAGE / "sentiment" / "test.jsonl")]
    check_sentiment(RUNS / "quickstart" / "sentiment", reviews[:64])
    changes = {"run": "'qa-plain'", "from.run": f"'{RUNS / 'quickstart' / 'pretrain'}'",
               "task.qa.question_aware": "false", "train.steps": "60"}
    settings = [part for key, value in changes.items() for part in ("--set", f"{key}={value}")]
    cimiento("finetune", "configs/finetune/village-qa.toml", *settings, runs=WORK / "runs")
    squad = json.loads((VILLAGE / "qa" / "test.json").read_text())["data"]
    questions = [{"question": asked["question"], "context": paragraph["context"]}
                 for article in squad for paragraph in article["paragraphs"] for asked in paragraph["qas"]]
    check_qa(WORK / "runs" / "qa-plain", questions, 64)
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
