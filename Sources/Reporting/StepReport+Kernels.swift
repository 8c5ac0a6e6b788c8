import Experiments
import KernelModels
import Quantities

/// The part of the report that tells how a calibrated kernel model timed the step.
extension StepReport {
  /// The lines of the heading that say which model timed the kernels.
  var kernelHeading: [(String, String)] {
    guard let kernels else { return [] }
    let drawn =
      kernels.replications > 1
      ? "; drawn from their intervals \(scenario?.replicationCount ?? kernels.replications) times, seed \(kernels.seed)"
      : ""
    return [
      (
        "Kernels",
        "attention timed as \(kernels.software.title)'s kernels by the profile \(kernels.profile.name), fitted\(drawn)"
      )
    ]
  }

  /// The interval of the step time, and the slowest kernel with its own.
  func addKernelTimes(to table: inout TextTable) {
    guard kernels != nil else { return }
    if outcomes.contains(where: { $0.kernels?.spread != nil }) {
      row(&table, "  80 % interval, by that of its kernels") { outcome in
        outcome.kernels?.interval.map { "\($0.low) to \($0.high)" } ?? "-"
      }
    }
    row(&table, "  slowest attention kernel, fitted") { Self.slowest($0)?.prediction.time.description ?? "-" }
    row(&table, "    its 80 % interval") { outcome in
      Self.slowest(outcome).map { "\($0.prediction.low) to \($0.prediction.high)" } ?? "-"
    }
    row(&table, "    from") { outcome in
      Self.slowest(outcome).map { kernel in
        "\(kernel.prediction.family.rawValue), tier \(kernel.prediction.tier)\(kernel.prediction.isExtrapolated ? ", extrapolated" : "")"
      } ?? "-"
    }
  }

  /// Why a step is extrapolated.
  var kernelNotes: [String] { extrapolationNotes("Extrapolated") { $0.kernels?.extrapolations ?? [] } }

  /// Why algorithms' steps are extrapolated: each reason once, with those that it holds of.
  func extrapolationNotes(_ title: String, _ reasons: (StepOutcome) -> [String]) -> [String] {
    var notes: [(reason: String, names: [String])] = []
    for outcome in outcomes {
      for reason in reasons(outcome) {
        if let place = notes.firstIndex(where: { $0.reason == reason }) {
          notes[place].names.append(outcome.name)
        } else {
          notes.append((reason, [outcome.name]))
        }
      }
    }
    return notes.flatMap { note in
      TextTable.wrap("\(title) (\(note.names.joined(separator: ", "))): \(note.reason).", TextTable.widest)
    }
  }

  private static func slowest(_ outcome: StepOutcome) -> KernelTimingOutcome.Kernel? { outcome.kernels?.kernels.first }
}
