"""Writes what transformers makes of chat templates, of logits before a token is drawn, of settings beside a tokenizer, and
of ids one after the other, into the folder decoding; and a model of DNA with tokenizers of letters and of 3-mers.

    python make_decoding.py

The same versions (requirements.txt) write the same bytes. Needs the folders that make_golden.py writes.
"""

import json
import pathlib
import shutil
import tempfile

import torch
import transformers
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import AutoTokenizer
from transformers.generation import logits_process as warpers
from transformers.utils.chat_template_utils import render_jinja_template

import make_golden as golden

HERE = pathlib.Path(__file__).parent
OUT = HERE / "decoding"


def lines(name, cases):
    """One case a line."""
    compact = [json.dumps(case, ensure_ascii=False, separators=(",", ":")) for case in cases]
    (OUT / name).write_text("[\n" + ",\n".join(compact) + "\n]\n")


# Chat templates.

TURNS = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": " Who sold <it> & \"why\"? "},
         {"role": "assistant", "content": "<think>\nhm\n</think>\n\nThe miller's café."}, {"role": "user", "content": "When?"}]
TOOLS = [{"type": "function", "function": {"name": "sell", "description": "Sells <a> thing & more; it's 'ok'.", "parameters": {
    "type": "object", "properties": {"what": {"type": "string", "enum": ["mule", "café"]}, "price": {"type": "number", "default": 1.5}},
    "required": ["what"]}}}]
TOKENS = {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>", "unk_token": "<unk>"}
CHATML = "{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content | trim + '<|im_end|>' + '\\n' }}{% endfor %}"
TEMPLATES = {
    "turns": CHATML + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}",
    "thinking": """{%- for m in messages -%}
    {%- set content = m.content %}
    {%- if m.role == 'assistant' and '</think>' in content %}
        {%- set reasoning = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}
        {%- set content = content.split('</think>')[-1].lstrip('\\n') %}
        {{- '[' ~ reasoning ~ ']' }}
    {%- endif %}
    {{- m.role.upper() + ': ' + content.strip() + '\\n' }}
{%- endfor %}
{%- if enable_thinking is defined and enable_thinking is false %}{{ '<think>\\n\\n</think>' }}{% endif %}""",
    "ends": "[{{ bos_token }}|{{ eos_token }}|{{ pad_token }}|{{ unk_token }}|{{ 'B' if bos_token is defined else 'none' }}]",
    "none": "{{ tools is none }} {{ documents is none }} {{ tools is defined }} {% if tools %}x{% endif %}{{ tools }}",
    "marked": "{% for m in messages %}{%- if m.role == 'assistant' %}{% generation %}{{ m.content }}{{ eos_token }}{% endgeneration %}{% endif %}{% endfor %}",
    "marked and trimmed": "a  {%- generation -%}  b  {%- endgeneration -%}  c{% set x = 1 %}{% generation %}{% set x = 2 %}{% endgeneration %}{{ x }}",
    "date": "{{ strftime_now('%Y')[:2] }}{{ strftime_now('%d %b %Y') | length }}{{ 'now' if strftime_now is defined }}",
    "json": "{{ messages | tojson }}|{{ messages[1].content | tojson }}|{{ [1, 2.0, 1e20, 0.00001, none, true, 'é\\t\\x07\"'] | tojson }}|{{ {} | tojson }}{{ [] | tojson }}",
    "json indented": "{{ tools | tojson(indent=4) }}{{ messages[:1] | tojson(indent=2) }}{{ [[], {}] | tojson(indent=1) }}",
    "json otherwise": "{{ {'b': 1, 'a': 'é🌾'} | tojson(sort_keys=True, ensure_ascii=True) }}{{ [1, 2] | tojson(separators=(',', ':')) }}",
    "tools": "{% for tool in tools or [] %}{{ tool | tojson }}\n{{ tool.function.name }}({% for k, v in tool.function.parameters.properties.items() %}{{ k }}: {{ v.type }}{{ ', ' if not loop.last }}{% endfor %})\n{% endfor %}",
    "printed": "{{ messages[0] }}{{ ['a', \"it's\", 1.0, none, True] }}{{ ('a', 1) }}{{ ('a',) }}{{ {'k': [1]} }}{{ none }}{{ true }}{{ 1.5 }}{{ 10 ** 3 }}{{ 7 / 2 }}{{ 7 // 2 }}",
    "percent": "{{ '%s has %d' % ('a', 3) }}|{{ '%.2f' % 2.5 }}|{{ '%s' % messages[0].role }}|{{ 'x%%y' }}|{{ '%05d' % 42 }}|{{ '%s!' | format('b') }}|{{ '{}-{:>3}'.format('c', 4) }}",
    "modulo": "{% for m in messages %}{{ loop.index0 % 2 }}{{ 'e' if loop.index0 % 2 == 0 else 'o' }}{% endfor %}{{ -7 % 3 }}{{ 2 * 7 % 4 }}{{ 7 % 4 * 2 }}{{ 7.5 % 2 }}{{ (1 + 6) % 4 }}{{ messages | length % 3 }}{{ 1 + 5 % 3 }}",
    "percent in text": "100 % {{ 'a%}b' }} {% set x = '%' %}{{ x }}{% raw %}{{ 5 % 2 }} {% generation %}{% endraw %}{# {% generation %} #}",
    "text methods": "{{ 'a.b.c'.rsplit('.', 1) }}{{ ' a  b c '.rsplit() }}{{ 'a b c'.rsplit(none, 1) }}{{ 'abc'.removeprefix('a').removesuffix('c') }}{{ '7'.zfill(3) }}{{ '-7'.zfill(4) }}{{ '12'.isdigit() }}{{ ''.isdigit() }}",
    "more text methods": "{{ 'a=b=c'.partition('=') }}{{ 'a=b=c'.rpartition('=') }}{{ 'ab'.center(5, '*') }}{{ 'abc'.center(6, '*') }}{{ 'ab'.ljust(4) }}|{{ 'ab'.rjust(4, '.') }}{{ 'aBc'.swapcase() }}{{ 'Straße'.casefold() }}{{ 'banana'.index('n') }}{{ 'banana'.rindex('n') }}",
    "usual text methods": "{{ messages[1].content.strip().split(' ', 1)[1] }}{{ 'a\\nb'.splitlines() }}{{ 'Hello'.startswith(('x', 'He')) }}{{ 'x'.join(['a', 'b']) }}{{ 'aXbX'.replace('X', '-', 1) }}{{ 'banana'.count('a') }}{{ 'banana'.find('z') }}{{ 'the mill'.title() }}{{ 'the mill'.capitalize() }}",
    "lists and objects": "{{ messages[0].get('name', 'N') }}{{ messages[0].get('x') }}{{ messages[0].keys() | list }}{{ messages[0].values() | list }}{{ ['a', 'b'].index('b') }}{{ ['a', 'a'].count('a') }}{{ messages[1:] | length }}{{ messages[::-1][0].content }}{{ messages[-1]['content'] }}{{ dict(a=1) }}",
    "tests": "{{ messages is iterable }}{{ messages[0] is mapping }}{{ messages[0].content is string }}{{ messages is sequence }}{{ 1 is number }}{{ x is defined }}{{ x is not defined }}{{ none is none }}{{ 'a' in 'abc' }}{{ 'tool_calls' in messages[0] }}{{ true is sameas true }}{{ 2 is divisibleby 2 }}{{ 1 is boolean }}",
    "filters": "{{ messages | selectattr('role', 'equalto', 'user') | list | length }}{{ messages | rejectattr('role', 'eq', 'user') | map(attribute='role') | join('+') }}{{ messages | map(attribute='content') | map('trim') | first }}{{ x | default('d') }}{{ '' | default('e', true) }}{{ 'one two' | wordcount }}{{ 'a' | upper }}{{ [3, 1] | sort }}{{ [1, 2] | sum }}{{ 'x' | string }}{{ '12' | int + 1 }}{{ 3.7 | round }}{{ ' a ' | trim }}{{ '<b>' | e }}{{ 'a b' | replace(' ', '_') }}{{ 'ab' | list }}{{ [1, 2, 3] | last }}{{ {'b': 1, 'a': 2} | dictsort }}{{ 'a\nb' | indent(2) }}{{ 'abc' | length }}{{ [1, 1] | unique | list }}",
    "scopes": "{% set ns = namespace(n=0, last='') %}{% for m in messages if m.role == 'user' %}{% set ns.n = ns.n + 1 %}{% set ns.last = m.content | trim %}{% endfor %}{{ ns.n }}{{ ns.last }}{% set a, b = ['x', 'y'] %}{{ a }}{{ b }}{% set c %}[{{ a }}]{% endset %}{{ c }}",
    "macros": "{% macro say(m, mark='>') %}{{ mark }}{{ m.role }}{{ caller() if caller }}{% endmacro %}{% for m in messages %}{{ say(m) }}{{ say(m, mark='#') }}{% endfor %}{% call say(messages[0]) %}!{% endcall %}",
    "loops": "{% for m in messages %}{% if m.role == 'system' %}{% continue %}{% endif %}{{ loop.index }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.previtem.role if not loop.first }}{% if loop.index > 2 %}{% break %}{% endif %}{% else %}empty{% endfor %}{% for x in [] %}{% else %}none{% endfor %}{% for i in range(1, 7, 2) %}{{ i }}{% endfor %}",
    "white space": "  a\n  {% if true %}\n  b\n  {%- endif %}\n\n{{ 'c' }}\n  {#- gone -#}\n d {#+ x #}\n{%+ if true %} e {% endif +%}\n\nf\n\n",
    "kinds": "{{ tools is iterable }}{{ none is iterable }}{{ 'a' is iterable }}{{ 'a' is sequence }}{{ {} is sequence }}{{ messages[0] is iterable }}{{ 1 is sequence }}{% if tools is iterable and tools | length > 0 %}T{% endif %}{{ none is callable }}{{ 'x' | int }}{{ '3.9' | int }}{{ 'x' | int(7) }}{{ [] | int }}{{ 'x' | float }}{{ '1.5' | float }}{{ true % 2 }}",
    "more filters": "{{ 'a' | center(5) }}|{{ 'the mill grinds the corn' | truncate(12) }}|{{ 'the mill grinds the corn' | truncate(12, true) }}|{{ 'the mill' | truncate(5) }}|{{ \"it's <a> & \\\"b\\\"\" | e }}{{ '<' | escape }}{{ '>' | forceescape }}",
    "objection": "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}",
    "not there": "{{ messages[0].x.y }}",
    "not allowed": "{% set l = [] %}{% set _ = l.append(1) %}{{ l }}",
    "not known": "{% set l = [] %}{% do l.append(1) %}",
}


def template_cases():
    for name, template in TEMPLATES.items():
        for messages, tools in [(TURNS, None), (TURNS[1:2], TOOLS)]:
            case = {"name": name, "template": template, "messages": messages, "tools": tools, "tokens": TOKENS}
            try:
                rendered, _ = render_jinja_template(
                    [messages], tools=tools, chat_template=template, add_generation_prompt=True, **TOKENS)
                case["rendered"] = rendered[0]
            except Exception:
                case["rendered"] = None
            yield case


# What is left of logits.

def warper_cases():
    generator = torch.Generator().manual_seed(5)
    for index, (penalty, temperature, top_k, top_p, min_p) in enumerate([
        (1.0, 1.0, 0, 1.0, 0.0), (1.0, 0.7, 0, 0.9, 0.0), (1.0, 1.3, 5, 1.0, 0.0), (1.0, 0.8, 8, 0.6, 0.0),
        (1.0, 1.0, 0, 1.0, 0.2), (1.0, 0.6, 10, 0.95, 0.1), (1.3, 1.0, 4, 1.0, 0.0), (1.8, 0.9, 12, 0.8, 0.05),
        (0.7, 1.0, 6, 1.0, 0.0), (1.0, 1.0, 100, 0.01, 0.0),
    ]):
        logits = torch.round(torch.randn(24, generator=generator) * 200) / 100
        # Two alike at the border of the top k.
        logits[3] = logits[7]
        seen = torch.randint(0, 24, (9,), generator=generator)
        scores, ids = logits.clone()[None], seen[None]
        steps = [warpers.RepetitionPenaltyLogitsProcessor(penalty)] if penalty != 1.0 else []
        steps += [warpers.TemperatureLogitsWarper(temperature)]
        steps += [warpers.TopKLogitsWarper(top_k)] if top_k else []
        steps += [warpers.TopPLogitsWarper(top_p)] if top_p < 1.0 else []
        steps += [warpers.MinPLogitsWarper(min_p)] if min_p else []
        for step in steps:
            scores = step(ids, scores)
        probabilities = scores.softmax(-1)[0]
        kept = {str(id): golden.digits(p.item()) for id, p in enumerate(probabilities) if p > 0}
        yield {"logits": golden.digits(logits), "seen": seen.tolist(), "repetition_penalty": penalty,
               "temperature": temperature, "top_k": top_k, "top_p": top_p, "min_p": min_p, "kept": kept}


# Settings beside a tokenizer.

WORDS = ["The Café MILL is good", "  the mill", "数据 the Bread", "", "naïve"]
OVERRIDES = [
    ("bert", {"do_lower_case": False}, {}), ("bert", {"do_lower_case": True, "strip_accents": False}, {}),
    ("bert", {}, {"normalizer": {"lowercase": False, "strip_accents": False}}),
    ("bert", {"do_lower_case": False, "strip_accents": True}, {}), ("bert", {"tokenize_chinese_chars": False}, {}),
    ("bert", {"do_lower_case": False, "tokenizer_class": "PreTrainedTokenizerFast"}, {}),
    ("bert", {"do_lower_case": False, "tokenizer_class": "BertTokenizerFast"}, {}),
    ("bert", {"do_lower_case": False, "tokenizer_class": None}, {}),
    ("bert", {"add_eos_token": True, "add_bos_token": False}, {}),
    ("roberta", {"add_prefix_space": True}, {}), ("roberta", {}, {"pre_tokenizer": {"add_prefix_space": True}}),
    ("roberta", {"tokenizer_class": "PreTrainedTokenizerFast"}, {"pre_tokenizer": {"add_prefix_space": True}}),
    ("llama", {"add_bos_token": False}, {}), ("llama", {"add_bos_token": True, "add_eos_token": True}, {}),
    ("llama", {"add_eos_token": True}, {}), ("llama-untied", {"add_bos_token": False}, {}),
    ("llama-untied", {"add_bos_token": True, "add_eos_token": True}, {}),
    ("llama-untied", {"tokenizer_class": "LlamaTokenizer"}, {}), ("llama-untied", {"tokenizer_class": None}, {}),
    ("llama-untied", {"tokenizer_class": "LlamaTokenizerFast", "legacy": True}, {}),
    ("llama-untied", {"tokenizer_class": "LlamaTokenizer", "add_prefix_space": False}, {}),
    ("llama", {"tokenizer_class": "LlamaTokenizer"}, {}), ("qwen3-gqa", {"add_bos_token": False}, {}),
]


def override_cases():
    for model, settings, parts in OVERRIDES:
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            shutil.copy(HERE / model / "config.json", folder)
            for name, changes in [("tokenizer_config.json", settings), ("tokenizer.json", parts)]:
                document = json.loads((HERE / model / name).read_text())
                for key, value in changes.items():
                    if isinstance(value, dict):
                        document[key].update(value)
                    elif value is None:
                        document.pop(key, None)
                    else:
                        document[key] = value
                (folder / name).write_text(json.dumps(document, ensure_ascii=False))
            tokenizer = AutoTokenizer.from_pretrained(folder)
            ids = [tokenizer(text)["input_ids"] for text in WORDS]
        yield {"model": model, "settings": settings, "parts": parts, "texts": WORDS, "ids": ids}


# Ids one after the other.

def stream_cases():
    generator = torch.Generator().manual_seed(9)
    for model in ["llama-untied", "bert", "qwen3-gqa"]:
        tokenizer = AutoTokenizer.from_pretrained(HERE / model)
        size = len(tokenizer)
        for prompt in ["", "the mill", "The baker bakes"]:
            before = tokenizer(prompt)["input_ids"]
            for draw in range(6):
                # Bytes are many: what follows them, and where characters are cut, is what is to be told right.
                ids = torch.randint(0, size, (14,), generator=generator).tolist()
                if draw > 3 and model == "llama-untied":
                    ids = [3 + byte for byte in "né🌾 ü".encode()] + ids[:4] + [3 + 0xF0, 3 + 0x9F]
                whole = tokenizer.decode(before + ids, skip_special_tokens=True)
                known = tokenizer.decode(before, skip_special_tokens=True)
                assert whole.startswith(known), (model, prompt, ids)
                yield {"model": model, "prompt": before, "ids": ids, "text": whole[len(known):]}


# DNA.

def dna(size):
    """A tokenizer of words of `size` letters, or of single letters where words are cut off."""
    names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    letters = list("ACGTN")
    words = [""]
    for _ in range(size):
        words = [word + letter for word in words for letter in "ACGT"]
    vocabulary = {token: at for at, token in enumerate(dict.fromkeys(names + letters + words))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Replace(" ", ""), normalizers.Replace(Regex("[acgtn]+"), "N")]
                                                if size > 1 else [normalizers.Strip()])
    pattern = Regex("[ACGT]{%d}|." % size) if size > 1 else Regex(".")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(pattern, "isolated")
    tokenizer.decoder = decoders.Fuse()
    tokenizer.add_special_tokens(golden.special(*names))
    ends = [(name, tokenizer.token_to_id(name)) for name in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", ends)
    roles = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]", "mask_token": "[MASK]"}
    return tokenizer, roles | {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 40}


SEQUENCES = ["ACGTACGTNA", "GATTACA", "acgtTTT", "", "ACG TAC"]


def write_dna(name, size, seed):
    folder = OUT / name
    folder.mkdir()
    tokenizer, config = dna(size)
    settings = dict(vocab_size=tokenizer.get_vocab_size(), hidden_size=8, num_hidden_layers=1, num_attention_heads=2,
                    intermediate_size=16, max_position_embeddings=40, type_vocab_size=2)
    model = golden.randomise(transformers.BertModel(transformers.BertConfig(**settings)), seed)
    model.save_pretrained(folder)
    golden.save_tokenizer(folder, tokenizer, config)
    loaded = golden.load(folder)
    read = AutoTokenizer.from_pretrained(folder)
    ids = [read(text)["input_ids"] for text in SEQUENCES]
    states = [loaded(torch.tensor([one])).last_hidden_state[0] for one in ids]
    golden.write(folder, {"texts": SEQUENCES, "ids": ids, "states": [golden.digits(one) for one in states]})


# Beams: texts that end at one of many tokens, or have no room to go on.


def beam_cases():
    cases = []
    for name in ["qwen3-gqa", "llama"]:
        model = golden.load(HERE / name)
        vocabulary = model.config.vocab_size
        for seed, (width, penalty, longest) in enumerate([(2, 1.0, 12), (4, 1.0, 20), (3, 0.0, 8), (2, 2.0, 10), (4, 0.5, 6), (3, -0.5, 7)]):
            for many in [24, 60, 120]:
                draw = torch.Generator().manual_seed(100 * seed + many)
                prompt = torch.randint(0, vocabulary, (1, 5), generator=draw)
                ends = sorted(torch.randperm(vocabulary, generator=draw)[:many].tolist())
                found = model.generate(prompt, attention_mask=torch.ones_like(prompt), do_sample=False, num_beams=width, max_new_tokens=longest,
                                       length_penalty=penalty, early_stopping=False, eos_token_id=ends, pad_token_id=0)[0, 5:].tolist()
                end = next((at for at, token in enumerate(found) if token in ends), len(found))
                cases.append({"model": name, "prompt": prompt[0].tolist(), "width": width, "length_penalty": penalty, "max_tokens": longest,
                              "ends": ends, "ids": found[:end]})
    return cases


def main():
    torch.set_grad_enabled(False)
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir()
    lines("templates.json", template_cases())
    lines("warpers.json", warper_cases())
    lines("overrides.json", override_cases())
    lines("streams.json", stream_cases())
    lines("beams.json", beam_cases())
    write_dna("letters", 1, 21)
    write_dna("3-mers", 3, 22)


if __name__ == "__main__":
    main()
