/// What messages brought and all-reduces gave in a run that was compared.
struct StepTrace {
  /// What messages carried, on both sides.
  let digests: MessageDigests
  /// What all-reduces of a library were given, by region.
  let reductions: [Int: ReductionCheck]
  /// The steps whose results were still there at the end of the run.
  var lasting: [Int] = []
}
