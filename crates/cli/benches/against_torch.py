#!/usr/bin/env python3
"""How fast Cimiento is beside a peer: both in turn, several pairs, the ratio of the medians.

    cargo build --release
    python crates/cli/benches/against_torch.py step --peer torch_train.py [--shape nano] [-- --compile]
    python crates/cli/benches/against_torch.py span --peer crates/cli/benches/torch_finetune.py
    python crates/cli/benches/against_torch.py inference --peer crates/cli/benches/torch_inference.py --run CHECKPOINT
        [--python venv/bin/python] [--pairs 5] [--steps 20]

`step` and `span` are steps of training; their peer is a script that takes --d-model --layers --heads --kv-heads --ff
--vocab --batch --seq --steps (and --causal for `step`) and prints one JSON object with tokens_per_s and peak_rss_mib,
as `cimiento bench --json` does. `inference` runs a checkpoint in both and fails unless both write the same tokens
and find the same states. Leave the machine alone meanwhile: absolute times drift, and only what ran side by side
can be compared.
"""
import argparse
import json
import statistics
import subprocess
import sys

SHAPES = {
    "nano": dict(d_model=128, layers=4, heads=4, kv_heads=4, ff=352, vocab=4096, batch=32, seq=128),
    "tiny": dict(d_model=256, layers=4, heads=4, kv_heads=4, ff=704, vocab=8192, batch=16, seq=128),
    "small": dict(d_model=384, layers=12, heads=6, kv_heads=6, ff=1024, vocab=8192, batch=8, seq=256),
}
SPAN = dict(batch=16, seq=384)
# Largest difference of a state in float32 that rounding explains.
TOLERANCE = 1e-3


def last_line(command):
    """The JSON object that a command prints last."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def check_same(ours, peer):
    """Both programs have to have read and written the same."""
    for key in ("greedy", "greedy16"):
        if ours[key] != peer[key]:
            sys.exit(f"{key} differs: {ours[key]} here, {peer[key]} there")
    for key in ("sentence_state", "text_states"):
        worst = max(abs(a - b) for a, b in zip(ours[key], peer[key], strict=True))
        if worst > TOLERANCE:
            sys.exit(f"{key} differs by {worst}")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("what", choices=["step", "span", "inference"])
    arguments.add_argument("--peer", required=True)
    arguments.add_argument("--python", default=sys.executable)
    arguments.add_argument("--ours", default="target/release/cimiento")
    arguments.add_argument("--run", help="for inference: a checkpoint folder")
    arguments.add_argument("--shape", choices=SHAPES, default="nano")
    arguments.add_argument("--pairs", type=int, default=5)
    arguments.add_argument("--steps", type=int, default=20)
    # What follows `--` is for the peer.
    ours, more = sys.argv[1:], []
    if "--" in ours:
        at = ours.index("--")
        ours, more = ours[:at], ours[at + 1 :]
    given = arguments.parse_args(ours)
    peer, ours = [given.python, given.peer], [given.ours, "bench", "--json"]
    if given.what == "inference":
        peer.append(given.run)
        ours += ["--run", given.run]
        faster, keys = "sentence_ms", ["texts_per_s", "decode_tokens_per_s", "decode16_tokens_per_s"]
    else:
        shape = SHAPES[given.shape] | (SPAN if given.what == "span" else {})
        shape = [f"--{key.replace('_', '-')}={value}" for key, value in shape.items()]
        shape.append(f"--steps={given.steps}")
        peer += shape + (["--causal"] if given.what == "step" else [])
        ours += shape + (["--span"] if given.what == "span" else [])
        faster, keys = "step_ms", ["tokens_per_s"]
    peer += more

    pairs = []
    for number in range(given.pairs):
        pairs.append((last_line(peer), last_line(ours)))
        theirs, mine = pairs[-1]
        if given.what == "inference":
            check_same(mine, theirs)
        shown = ", ".join(f"{key} {mine[key]:.4g} / {theirs[key]:.4g}" for key in [faster, *keys])
        print(f"pair {number + 1}, ours / peer: {shown}", file=sys.stderr)

    def median(side, key):
        return statistics.median(pair[side][key] for pair in pairs)

    report = dict(what=given.what, shape=given.shape, peer=pairs[0][0]["peer"], threads=pairs[0][0].get("threads"))
    report["pairs"] = given.pairs
    report[f"{faster}_ratio"] = round(median(0, faster) / median(1, faster), 3)
    of_pairs = statistics.median(theirs[faster] / mine[faster] for theirs, mine in pairs)
    report[f"{faster}_ratio_within_pairs"] = round(of_pairs, 3)
    for key in keys:
        report[f"{key}_ratio"] = round(median(1, key) / median(0, key), 3)
    if "sorted_texts_per_s" in pairs[0][0]:
        ratio = median(1, "texts_per_s") / median(0, "sorted_texts_per_s")
        report["texts_per_s_ratio_to_sorted"] = round(ratio, 3)
    if given.what != "inference":
        report["memory_ratio"] = round(median(1, "peak_rss_mib") / median(0, "peak_rss_mib"), 3)
        product = max(result.get("gemm_gflops", 0) for pair in pairs for result in pair)
        report["best_product_gflops"] = product
        report["share_of_best_product"] = round(median(1, "model_gflops") / product, 3)
    print(json.dumps(report))


if __name__ == "__main__":
    main()
