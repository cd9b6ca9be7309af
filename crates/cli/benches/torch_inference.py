#!/usr/bin/env python3
"""Peer for inference: reads a checkpoint into a plain PyTorch model and measures reading and writing with it.

    pip install torch numpy safetensors        # any recent version; the CPU build is enough
    python torch_inference.py CHECKPOINT_DIR [--threads N] [--rounds 5]

The model is written as an experienced PyTorch user would for inference on a CPU: eager mode, float32, fused projections
and attention, a key/value cache allocated once. Token ids are made up so that any program can read the same:
id(i) = 5 + (i * 7919 + 13) % (vocab - 5), where i counts the tokens of a workload from 0. The first five ids control
a text (padding, its end) and are not written either. Prints one JSON object:

    sentence_ms            the states of one row of 32 tokens, every token seeing every other
    texts_per_s            the last token's state of 256 texts of 8 to 128 tokens, in padded batches of 32 as they come
    sorted_texts_per_s     the same with the texts sorted by length first
    decode_tokens_per_s    greedy, causal, 16 tokens of prompt and 64 new ones: new tokens over the time of it all
    decode16_tokens_per_s  the same for 16 rows at once, counting the new tokens of all rows

and, to compare results, sentence_state, text_states, greedy, greedy16 (last row). Times are medians, padding included.
"""
import argparse
import json
import pathlib
import statistics
import time

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

SENTENCE, REPETITIONS = 32, 300
LENGTHS, BATCH, SHOWN = [8 + (t * 37) % 121 for t in range(256)], 32, [0, 1, 2, 255]
PROMPT, NEW, ROWS = 16, 64, 16
CONTROL = 5


class Layer:
    """One block's weights; those that meet the same input are joined."""

    def __init__(self, tensors, prefix, shape):
        get = lambda *names: torch.cat([tensors[f"{prefix}.{name}.weight"] for name in names])
        self.qkv = get("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj")
        self.out, self.down = get("self_attn.o_proj"), get("mlp.down_proj")
        self.gate_up = get("mlp.gate_proj", "mlp.up_proj")
        self.norm1, self.norm2 = get("input_layernorm"), get("post_attention_layernorm")
        # A gain for each head [heads + kv_heads, 1, head_dim]: queries and keys are normalised and rotated together.
        q, k = get("self_attn.q_norm"), get("self_attn.k_norm")
        self.gain = torch.cat([q.expand(shape["heads"], 1, -1), k.expand(shape["kv_heads"], 1, -1)])


class Model:
    def __init__(self, folder, positions):
        self.shape = json.loads((folder / "manifest.json").read_text())["backbone"]
        tensors = load_file(folder / "backbone.safetensors")
        self.params = sum(tensor.numel() for tensor in tensors.values())
        self.embedding, self.norm = tensors["model.embed_tokens.weight"], tensors["model.norm.weight"]
        self.output = tensors.get("lm_head.weight", self.embedding)
        self.layers = [Layer(tensors, f"model.layers.{n}", self.shape) for n in range(self.shape["layers"])]
        self.head_dim = self.shape["head_dim"]
        frequencies = self.shape["rope_theta"] ** -(torch.arange(0, self.head_dim, 2) / self.head_dim)
        angles = torch.outer(torch.arange(positions).float(), frequencies)
        self.cos = torch.cat((angles.cos(), angles.cos()), dim=-1)
        self.sin = torch.cat((-angles.sin(), angles.sin()), dim=-1)  # for halves that have changed places

    def rms_norm(self, x, gain=None):
        return F.rms_norm(x, x.shape[-1:], gain, self.shape["norm_epsilon"])

    def attend(self, layer, x, start, mask, cache):
        batch, seq, _ = x.shape
        heads, kv_heads, end = self.shape["heads"], self.shape["kv_heads"], start + seq
        qkv = F.linear(x, layer.qkv).view(batch, seq, -1, self.head_dim).transpose(1, 2)
        qk, v = qkv.split((heads + kv_heads, kv_heads), dim=1)
        qk = self.rms_norm(qk) * layer.gain
        qk = torch.addcmul(qk * self.cos[start:end], qk.roll(self.head_dim // 2, -1), self.sin[start:end])
        q, k = qk.split((heads, kv_heads), dim=1)
        if cache is not None:
            cache[0][:, :, start:end], cache[1][:, :, start:end] = k, v
            k, v = cache[0][:, :, :end], cache[1][:, :, :end]
        causal = cache is not None and seq > 1  # a single new token sees all that is in the cache
        y = F.scaled_dot_product_attention(q, k, v, mask, is_causal=causal, enable_gqa=heads != kv_heads)
        return F.linear(y.transpose(1, 2).reshape(batch, seq, -1), layer.out)

    def states(self, ids, start=0, mask=None, caches=None):
        """States [batch, seq, d_model] of ids [batch, seq]: causal with caches, bidirectional without."""
        x = F.embedding(ids, self.embedding)
        for layer, cache in zip(self.layers, caches or [None] * len(self.layers)):
            x += self.attend(layer, self.rms_norm(x, layer.norm1), start, mask, cache)
            gate, up = F.linear(self.rms_norm(x, layer.norm2), layer.gate_up).chunk(2, dim=-1)
            x += F.linear(F.silu(gate).mul_(up), layer.down)
        return self.rms_norm(x, self.norm)

    def last_states(self, texts, by_length):
        """The last token's state of each text [texts, d_model]."""
        order = sorted(range(len(texts)), key=lambda t: len(texts[t]) if by_length else t)
        kept = torch.empty(len(texts), self.shape["d_model"])
        for at in range(0, len(order), BATCH):
            batch = order[at : at + BATCH]
            ids = torch.nn.utils.rnn.pad_sequence([texts[t] for t in batch], batch_first=True)
            lengths = torch.tensor([len(texts[t]) for t in batch])
            mask = torch.arange(ids.shape[1]) < lengths[:, None, None, None]
            kept[batch] = self.states(ids, mask=mask)[torch.arange(len(batch)), lengths - 1]
        return kept

    def greedy(self, prompt):
        """The NEW likeliest next tokens, one after the other: [batch, NEW]."""
        size = (2, len(prompt), self.shape["kv_heads"], PROMPT + NEW, self.head_dim)
        new, ids, start, caches = [], prompt, 0, [torch.empty(size) for _ in self.layers]
        for _ in range(NEW):
            last = self.states(ids, start, caches=caches)[:, -1]
            new.append(CONTROL + F.linear(last, self.output[CONTROL:]).argmax(dim=-1, keepdim=True))
            start, ids = start + ids.shape[1], new[-1]
        return torch.cat(new, dim=1)


def timed(work, rounds, warmup=1):
    """The median of the seconds that work takes, and its result."""
    seconds = []
    for _ in range(warmup + rounds):
        start = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds[warmup:]), result


@torch.inference_mode()
def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("checkpoint", type=pathlib.Path)
    arguments.add_argument("--threads", type=int, default=0, help="PyTorch's own choice unless given")
    arguments.add_argument("--rounds", type=int, default=5)
    given = arguments.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    model = Model(given.checkpoint, max(LENGTHS + [PROMPT + NEW]))

    ids = CONTROL + (torch.arange(sum(LENGTHS)) * 7919 + 13) % (model.shape["vocab_size"] - CONTROL)
    sentence, texts, rows = ids[None, :SENTENCE], ids.split(LENGTHS), ids[: ROWS * PROMPT].view(ROWS, PROMPT)
    sentence_s, states = timed(lambda: model.states(sentence), REPETITIONS, warmup=50)
    texts_s, kept = timed(lambda: model.last_states(texts, by_length=False), given.rounds)
    sorted_s, again = timed(lambda: model.last_states(texts, by_length=True), given.rounds)
    assert torch.allclose(kept, again, atol=1e-4), "padding changes a state"
    one_s, one = timed(lambda: model.greedy(rows[:1]), given.rounds)
    many_s, many = timed(lambda: model.greedy(rows), given.rounds)
    result = dict(peer="torch-" + torch.__version__, threads=torch.get_num_threads(), params=model.params,
                  sentence_ms=round(sentence_s * 1e3, 4), texts_per_s=round(len(texts) / texts_s, 1),
                  sorted_texts_per_s=round(len(texts) / sorted_s, 1), decode_tokens_per_s=round(NEW / one_s, 1),
                  decode16_tokens_per_s=round(ROWS * NEW / many_s, 1), sentence_state=states[0, -1, :4].tolist(),
                  text_states=kept[SHOWN, 0].tolist(), greedy=one[0].tolist(), greedy16=many[-1].tolist())
    print(json.dumps(result))


if __name__ == "__main__":
    main()
