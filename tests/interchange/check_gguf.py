"""Checks what `cimiento export --format gguf` writes with the reader of llama.cpp's authors and with llama.cpp itself.

    python check_gguf.py target/release/cimiento runs/quickstart/pretrain ["a prompt" ...]

Needs `pip install gguf`; what llama.cpp does with the files is checked where `llama_cpp` can be imported
(`pip install llama-cpp-python` builds it from source, for which it wants cmake, ninja and a C++ compiler). In float16
it must continue every prompt as `cimiento generate --greedy` does. In Q8_0 weights are rounded, and llama.cpp rounds
activations as well: at least nine of ten next tokens must be those of float16.
"""

import pathlib
import subprocess
import sys
import tempfile

import gguf
import numpy as np

try:
    from llama_cpp import Llama
except ImportError:
    Llama = None

TOKENS = 60
MATRIX = {"f16": {"F16"}, "q8_0": {"Q8_0", "F16"}}
PROMPTS = ["", "On market day", "The miller", '"Good morning," said', "In the year 1897 "]


def cimiento(*arguments):
    return subprocess.run([sys.argv[1], *arguments], check=True, capture_output=True, text=True).stdout


def check_file(path, precision):
    """Opens a file, checks how its tensors are stored and returns its metadata."""
    reader = gguf.GGUFReader(path)
    fields = {key: field.contents() for key, field in reader.fields.items()}
    arch = fields["general.architecture"]
    tokens = fields["tokenizer.ggml.tokens"]
    assert len(tokens) == len(set(tokens)) == fields[f"{arch}.vocab_size"]
    for tensor in reader.tensors:
        kinds = MATRIX[precision] if len(tensor.shape) == 2 else {"F32"}
        assert tensor.tensor_type.name in kinds, (tensor.name, tensor.tensor_type)
        assert tensor.data_offset % fields["general.alignment"] == 0, tensor.name
        values = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        assert values.size == tensor.n_elements and np.isfinite(values).all(), tensor.name
    print(f"{precision}: {len(reader.tensors)} tensors of a {arch} model, {path.stat().st_size} bytes")
    return fields, arch


def logits(model, ids):
    """Of every position, without the tokens that `cimiento generate` never writes."""
    model.reset()
    model.eval(ids)
    scores = np.array(model.scores[: len(ids)])
    scores[:, model.forbidden] = -np.inf
    return scores


def llama(path, fields, arch):
    model = Llama(str(path), n_ctx=fields[f"{arch}.context_length"], logits_all=True, verbose=False)
    control = [i for i, kind in enumerate(fields["tokenizer.ggml.token_type"]) if kind == gguf.TokenType.CONTROL]
    model.forbidden = [i for i in control if i != model.token_eos()]
    return model


def main():
    run, prompts = sys.argv[2], sys.argv[3:] or PROMPTS
    with tempfile.TemporaryDirectory() as folder:
        models = {}
        for precision in MATRIX:
            path = pathlib.Path(folder, f"{precision}.gguf")
            cimiento("export", run, "--format", "gguf", "--precision", precision, str(path))
            fields, arch = check_file(path, precision)
            if Llama:
                models[precision] = llama(path, fields, arch)
        if not Llama:
            print("llama_cpp cannot be imported; only the files were checked")
            return
        equal, same, total = 0, 0, 0
        for prompt in prompts:
            ids = models["f16"].tokenize(prompt.encode(), add_bos=True, special=False)
            start = len(ids)
            for _ in range(TOKENS):
                token = int(logits(models["f16"], ids)[-1].argmax())
                if token == models["f16"].token_eos():
                    break
                ids.append(token)
            theirs = models["f16"].detokenize(ids[start:]).decode(errors="replace")
            ours = cimiento("generate", run, "--greedy", "--max-tokens", str(TOKENS), "--prompt", prompt)[:-1]
            equal += ours == theirs
            if ours != theirs:
                print(f"after {prompt!r}\n  cimiento:  {ours!r}\n  llama.cpp: {theirs!r}")
            f16, q8_0 = (logits(models[precision], ids).argmax(-1) for precision in MATRIX)
            same, total = same + int((f16 == q8_0).sum()), total + len(ids)
        print(f"f16: {equal} of {len(prompts)} texts as cimiento's; q8_0: {same} of {total} next tokens as f16's")
        assert equal == len(prompts) and same >= 0.9 * total


if __name__ == "__main__":
    main()
