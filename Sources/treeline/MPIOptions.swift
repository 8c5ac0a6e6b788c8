import ArgumentParser
import Quantities

/// Whether each rank is a process of its own, and how long ranks wait for one another.
struct MPIOptions: ParsableArguments {
  @Flag(name: .customLong("mpi"), help: "Run as one rank of those that mpirun has started.")
  var usesMPI: Bool = false

  @Option(
    name: .customLong("mpi-timeout"),
    help: ArgumentHelp(
      "How long a rank waits for one message before it ends all (default: 30).", valueName: "seconds"))
  var timeout: Double?

  /// Whether `--mpi` was given; an error where an option that needs it stands without it.
  var isOn: Bool {
    get throws {
      if let timeout {
        guard usesMPI else { throw UsageError("--mpi-timeout: found without --mpi, expected with it") }
        guard timeout >= 0.1, timeout <= 86_400 else {
          throw UsageError("--mpi-timeout: found \(timeout), expected 0.1 to 86400 seconds")
        }
      }
      return usesMPI
    }
  }

  /// How long a rank waits for one message.
  var limit: Seconds { Seconds(timeout ?? 30) }
}
