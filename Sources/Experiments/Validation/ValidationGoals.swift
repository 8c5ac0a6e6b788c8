import RealModule

/// What predictions are meant to keep, beyond the sets that kernels have.
public enum ValidationGoals {
  /// Goals of sets that a run may lack: the beginning of the set's key, what the set is of, and the goal.
  public static let open: [(prefix: String, data: String, goal: String)] = [
    ("decode-out-of-fold", "decode kernels, all shapes", "median error at most 6 %, p90 at most 20 %"),
    ("prefill-out-of-fold", "prefill kernels", "median error at most 6 %"),
    ("decode-a100-left-out", "decode kernels with a GPU left out", "median error at most 12 %"),
    ("prefill-a100-left-out", "prefill kernels with a GPU left out", "median error at most 12 %"),
    ("collective-node", "collectives in a node, 512 B to 512 MB", "median error at most 8 %"),
    ("collective-4-gpus", "collectives in a node with the 4-GPU rows left out", "median error at most 12 %"),
    ("collective-multi-node", "collectives across nodes with one log left out", "median error at most 20 %"),
  ]
}

extension ValidationSet {
  /// Predicted over measured, less one, from its logarithm.
  public static func share(ofLogarithm logarithm: Double) -> Double { Double.expMinusOne(logarithm) }
}
