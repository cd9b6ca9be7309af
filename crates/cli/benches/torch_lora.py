"""Fine-tunes a classifier with LoRA by PEFT on PyTorch: what a user would run instead of a config with `[lora]`.

    python torch_lora.py MODEL_FOLDER TEXTS.tsv [--steps 12] [--bf16]

MODEL_FOLDER is a folder of transformers (Qwen3), TEXTS.tsv has the columns sentence and label. Sixteen texts a step, cut
after 64 tokens and padded to the longest; rank 8 on all linear layers of the blocks; AdamW. Prints real tokens a second
(padding left out) without the first step, and the most memory the process held.
"""

import argparse
import csv
import random
import resource
import time

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoTokenizer, Qwen3ForSequenceClassification

arguments = argparse.ArgumentParser()
arguments.add_argument("model")
arguments.add_argument("texts")
arguments.add_argument("--steps", type=int, default=12)
arguments.add_argument("--bf16", action="store_true")
arguments = arguments.parse_args()

torch.manual_seed(1)
dtype = torch.bfloat16 if arguments.bf16 else torch.float32
tokenizer = AutoTokenizer.from_pretrained(arguments.model)
model = Qwen3ForSequenceClassification.from_pretrained(arguments.model, num_labels=2, dtype=dtype)
targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
model = get_peft_model(model, LoraConfig(task_type="SEQ_CLS", r=8, lora_alpha=16, target_modules=targets))
optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=2e-4)
with open(arguments.texts) as file:
    rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
random.Random(1).shuffle(rows)

tokens = 0
for step in range(arguments.steps):
    if step == 1:
        start, tokens = time.time(), 0
    batch = rows[step * 16 : step * 16 + 16]
    inputs = tokenizer(
        [row["sentence"] for row in batch], padding=True, truncation=True, max_length=64, return_tensors="pt",
        return_token_type_ids=False,
    )
    loss = model(**inputs, labels=torch.tensor([int(row["label"]) for row in batch])).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()
    tokens += int(inputs["attention_mask"].sum())
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
print(f"{tokens / (time.time() - start):.0f} tokens/s, peak {peak:.0f} MB, loss {loss.item():.4f}")
