#!/bin/sh
# The compiler, with coverage and checks for what is fuzzed: this program and the libraries that parse for it. The rest
# (Burn above all) is compiled as always, which saves the build most of its time and the fuzzers most of theirs.
rustc=$1
shift
name=
previous=
for argument in "$@"; do
    [ "$previous" = --crate-name ] && name=$argument
    previous=$argument
done
case $name in
build_script_* | cimiento_kernels) ;;
cimiento* | config | records | squad | tokenizer | tensors | checkpoint | transformers)
    set -- "$@" -Cdebug-assertions=on -Coverflow-checks=on -Ccodegen-units=1 -Cpasses=sancov-module \
        -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
        -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares
    ;;
parquet | safetensors | tokenizers | toml_edit | miette)
    set -- "$@" -Ccodegen-units=1 -Cpasses=sancov-module \
        -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
        -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares
    ;;
esac
exec "$rustc" "$@"
