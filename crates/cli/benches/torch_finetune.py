#!/usr/bin/env python3
"""Peer for fine-tuning throughput: the same backbone, span head, batch and optimizer in PyTorch.

The block is the one the project trains (pre-RMSNorm, RoPE, QK-norm, grouped-query attention, SwiGLU, no biases),
reading bidirectionally; a linear head scores every position as the start and as the end of the answer. Written as an
experienced PyTorch user would write it: fused SDPA, fused AdamW, optional torch.compile.

    pip install torch numpy        # any recent version; the CPU build is enough
    python torch_finetune.py --d-model 128 --layers 4 --heads 4 --kv-heads 4 --ff 352 --vocab 4096 \
        --batch 16 --seq 384 --steps 10 [--threads N] [--compile]

Prints one JSON object: parameters, last loss, median step time, tokens/s and peak resident memory.
"""
import argparse
import json
import resource
import statistics
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

EPSILON, THETA = 1e-6, 10_000.0
DEFAULTS = dict(d_model=128, layers=4, heads=4, kv_heads=4, ff=352, vocab=4096, batch=16, seq=384, steps=10, warmup=3,
                threads=0)


def rope(x, cos, sin):
    left, right = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-right, left), dim=-1) * sin


class Attention(nn.Module):
    def __init__(self, a):
        super().__init__()
        self.heads, self.kv_heads, self.head_dim = a.heads, a.kv_heads, a.d_model // a.heads
        self.qkv = nn.Linear(a.d_model, (a.heads + 2 * a.kv_heads) * self.head_dim, bias=False)
        self.out = nn.Linear(a.heads * self.head_dim, a.d_model, bias=False)
        self.q_norm, self.k_norm = nn.RMSNorm(self.head_dim, EPSILON), nn.RMSNorm(self.head_dim, EPSILON)

    def forward(self, x, cos, sin):
        batch, seq, _ = x.shape
        qkv = self.qkv(x).view(batch, seq, -1, self.head_dim)
        q, k, v = qkv.split((self.heads, self.kv_heads, self.kv_heads), dim=2)
        q = rope(self.q_norm(q).transpose(1, 2), cos, sin)
        k = rope(self.k_norm(k).transpose(1, 2), cos, sin)
        y = F.scaled_dot_product_attention(q, k, v.transpose(1, 2), enable_gqa=self.heads != self.kv_heads)
        return self.out(y.transpose(1, 2).reshape(batch, seq, -1))


class Block(nn.Module):
    def __init__(self, a):
        super().__init__()
        self.norm1, self.norm2 = nn.RMSNorm(a.d_model, EPSILON), nn.RMSNorm(a.d_model, EPSILON)
        self.attention = Attention(a)
        self.gate_up = nn.Linear(a.d_model, 2 * a.ff, bias=False)
        self.down = nn.Linear(a.ff, a.d_model, bias=False)

    def forward(self, x, cos, sin):
        x = x + self.attention(self.norm1(x), cos, sin)
        gate, up = self.gate_up(self.norm2(x)).chunk(2, dim=-1)
        return x + self.down(F.silu(gate) * up)


class Model(nn.Module):
    def __init__(self, a):
        super().__init__()
        self.embedding = nn.Embedding(a.vocab, a.d_model)
        nn.init.normal_(self.embedding.weight, std=0.02)
        self.blocks = nn.ModuleList(Block(a) for _ in range(a.layers))
        self.norm = nn.RMSNorm(a.d_model, EPSILON)
        self.span = nn.Linear(a.d_model, 2, bias=True)
        head_dim = a.d_model // a.heads
        frequencies = THETA ** -(torch.arange(0, head_dim, 2) / head_dim)
        angles = torch.outer(torch.arange(a.seq).float(), frequencies)
        angles = torch.cat((angles, angles), dim=-1)
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)

    def forward(self, ids, targets):
        """The loss of ids [batch, seq] whose answers start and end at targets [batch, 2]."""
        x = self.embedding(ids)
        for block in self.blocks:
            x = block(x, self.cos, self.sin)
        # [batch, seq, 2]: a choice among the positions for each of start and end, so the mean is over both.
        return F.cross_entropy(self.span(self.norm(x)), targets)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in DEFAULTS.items():
        arguments.add_argument("--" + name.replace("_", "-"), type=int, default=default)
    arguments.add_argument("--compile", action="store_true")
    a = arguments.parse_args()
    if a.threads:
        torch.set_num_threads(a.threads)
    torch.manual_seed(0)
    model = Model(a)
    step_model = torch.compile(model) if a.compile else model
    optimizer = torch.optim.AdamW(model.parameters(), 3e-4, weight_decay=0.1, fused=True)
    times = []
    for _ in range(a.warmup + a.steps):
        ids = torch.randint(0, a.vocab, (a.batch, a.seq))
        targets = torch.randint(0, a.seq, (a.batch, 2))
        start = time.perf_counter()
        loss = step_model(ids, targets)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        times.append(time.perf_counter() - start)
    median = statistics.median(times[a.warmup :])
    print(json.dumps(dict(peer="torch-" + torch.__version__ + ("-compile" if a.compile else ""),
                          threads=torch.get_num_threads(), params=sum(p.numel() for p in model.parameters()),
                          loss=round(loss.item(), 4), step_ms=round(median * 1e3, 2),
                          tokens_per_s=round(a.batch * a.seq / median, 1),
                          peak_rss_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)))


if __name__ == "__main__":
    main()
