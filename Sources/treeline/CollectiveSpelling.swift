/// Collectives and types of elements as nccl-tests and NCCL spell them, in the words of Treeline.
enum CollectiveSpelling {
  /// Such as `all-reduce` for `all_reduce_perf`, `allreduce` or `ncclAllReduce`; a text that is none of these as it is.
  static func collective(_ text: String) -> String {
    var plain = text.lowercased().filter { $0 != "_" && $0 != "-" }
    if plain.hasSuffix("perf") { plain.removeLast(4) }
    if plain.hasPrefix("nccl") { plain.removeFirst(4) }
    return [
      "allreduce": "all-reduce", "allgather": "all-gather", "reducescatter": "reduce-scatter",
      "alltoall": "all-to-all", "sendrecv": "send-recv", "broadcast": "broadcast",
    ][plain] ?? text
  }

  /// Such as `fp32` for `float`; a text that is no such type as it is.
  static func type(_ text: String) -> String {
    [
      "double": "fp64", "float64": "fp64", "float": "fp32", "float32": "fp32", "half": "fp16", "float16": "fp16",
      "bfloat16": "bf16", "int": "int32", "char": "int8",
    ][text.lowercased()] ?? text
  }
}
