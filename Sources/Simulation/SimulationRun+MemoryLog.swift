import Programs

extension SimulationRun {
  /// The allocations and frees of all ranks in the order in which they happened, as operations: what sets the peaks
  /// where several happen at one time.
  public var memoryOperations: [Int32] { MemoryLedger.operations(of: program, timeline.finishes) }
}
