"""Starting a mini system from another one's language model, as the real ones all start from Llama.

What a small model learns last is where in its text it is; started from one that knows, a system
needs a fraction of the steps.
"""

from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoTokenizer, LlamaForCausalLM

from selfverify.pretraining.lm import TrainableLM


@torch.no_grad()
def start_from(lm: TrainableLM, folder: Path) -> None:
    """Starts a model from a trained one of its own kind, or from a mini Llama of equal width.

    A CSM goes on from all weights of a CSM; from a Llama come layers and text embeddings.
    Embeddings go by token. Where the new model has more layers, the added ones are copies of the
    one below them whose outputs are zero, so that it computes at first what the start computes
    (block expansion of LLaMA Pro, arXiv 2401.02415).
    """
    if AutoConfig.from_pretrained(folder).architectures != ["LlamaForCausalLM"]:
        same: Any = type(lm.model).from_pretrained(folder, dtype=torch.float32)
        # The codec that the class holds is never called, and may have any size.
        learnt = {k: v for k, v in same.state_dict().items() if not k.startswith("codec_model.")}
        lm.model.load_state_dict(lm.model.state_dict() | learnt)
        return
    source: Any = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32).model
    lm.decoder.norm.load_state_dict(source.norm.state_dict())
    _copy_layers(source.layers, lm.decoder.layers)
    known = AutoTokenizer.from_pretrained(folder).get_vocab()
    for token, row in lm.tokenizer.get_vocab().items():
        if token in known:
            lm.text_embedding.weight[row] = source.embed_tokens.weight[known[token]]


def _copy_layers(source: Any, target: Any) -> None:
    taken = -1
    for index, layer in enumerate(target):
        from_layer = index * len(source) // len(target)
        layer.load_state_dict(source[from_layer].state_dict())
        if from_layer == taken:
            layer.self_attn.o_proj.weight.zero_()
            layer.mlp.down_proj.weight.zero_()
        taken = from_layer
