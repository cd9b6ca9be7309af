#!/usr/bin/env python3
"""How fast a training step is beside a peer's: both in turn, several pairs, the ratio of the medians.

    cargo build --release
    python crates/cli/benches/against_torch.py --peer torch_train.py [--python venv/bin/python] [--shape nano]
        [--pairs 5] [--steps 20] [-- --compile]

The peer is a script that takes --d-model --layers --heads --kv-heads --ff --vocab --batch --seq --steps
--causal and prints one JSON object with tokens_per_s, gemm_gflops and peak_rss_mib, as `cimiento bench --json` does. Leave the machine
alone meanwhile: absolute times drift, and only what ran side by side can be compared.
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


def last_line(command):
    """The JSON object that a command prints last."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--peer", required=True)
    arguments.add_argument("--python", default=sys.executable)
    arguments.add_argument("--ours", default="target/release/cimiento")
    arguments.add_argument("--shape", choices=SHAPES, default="nano")
    arguments.add_argument("--pairs", type=int, default=5)
    arguments.add_argument("--steps", type=int, default=20)
    arguments.add_argument("more", nargs="*", help="passed on to the peer")
    given = arguments.parse_args()
    shape = [f"--{key.replace('_', '-')}={value}" for key, value in SHAPES[given.shape].items()]
    shape.append(f"--steps={given.steps}")
    ours, peers = [], []
    for pair in range(given.pairs):
        peers.append(last_line([given.python, given.peer, "--causal", *shape, *given.more]))
        ours.append(last_line([given.ours, "bench", "--json", *shape]))
        print(
            f"pair {pair + 1}: ours {ours[-1]['tokens_per_s']:.0f} tokens/s, peer {peers[-1]['tokens_per_s']:.0f}",
            file=sys.stderr,
        )

    def median(results, key):
        return statistics.median(result[key] for result in results)

    product = max(result["gemm_gflops"] for result in ours + peers)
    print(
        json.dumps(
            dict(
                shape=given.shape,
                peer=peers[0].get("peer"),
                pairs=given.pairs,
                ours_tokens_per_s=median(ours, "tokens_per_s"),
                peer_tokens_per_s=median(peers, "tokens_per_s"),
                ratio=round(median(ours, "tokens_per_s") / median(peers, "tokens_per_s"), 3),
                share_of_best_product=round(median(ours, "model_gflops") / product, 3),
                best_product_gflops=product,
                memory_ratio=round(median(ours, "peak_rss_mib") / median(peers, "peak_rss_mib"), 3),
            )
        )
    )


if __name__ == "__main__":
    main()
