"""PyTorch's attention on request, so that run.py can let it and Treeline take turns; the requests of attention-bench."""

import sys
import time

import torch
import torch.nn.functional as functional

TYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


def main() -> None:
    attend = None
    torch.manual_seed(1)
    for line in sys.stdin:
        match line.split():
            case ["jobs", count]:
                torch.set_num_threads(int(count))
            case ["about"]:
                print(torch.__version__, torch.backends.cpu.get_cpu_capability())
            case ["decode", kind, query_heads, kv_heads, dim, tokens]:
                attend = None
                query = torch.randn(1, int(query_heads), 1, int(dim), dtype=TYPES[kind])
                keys, values = (
                    torch.randn(1, int(kv_heads), int(tokens), int(dim), dtype=TYPES[kind]) for _ in range(2)
                )
                grouped = query_heads != kv_heads

                def attend():
                    return functional.scaled_dot_product_attention(query, keys, values, enable_gqa=grouped)

                print(keys.nbytes + values.nbytes)
            case ["prefill", heads, dim, tokens]:
                attend = keys = values = None
                tensors = [torch.randn(1, int(heads), int(tokens), int(dim)) for _ in range(3)]

                def attend():
                    return functional.scaled_dot_product_attention(*tensors, is_causal=True)

                print(4 * int(heads) * int(dim) * (int(tokens) * (int(tokens) + 1) // 2))
            case ["time", "attention"]:
                start = time.perf_counter()
                result = attend()
                took = time.perf_counter() - start
                print(took, "NaN" if result.isnan().any() else "done")
            case _:
                raise SystemExit(f"torch_worker.py can't do '{line.strip()}'")
        sys.stdout.flush()


with torch.inference_mode():
    main()
