import Configuration
import Fitting
import Foundation
import Quantities
import RealModule
import Testing

@testable import CollectiveModels

@Suite("The fit of the model of collectives")
struct FitTests {
  /// Made-up rows: the shipped model's tier 1 with some parameters moved, times a factor for each row.
  static func rows(_ factor: (Int) -> Double = { _ in 1 }, gpus: [Int] = [2, 4]) throws -> [MeasuredCollective] {
    let profile = try Shipped.profile()
    var rows: [MeasuredCollective] = []
    for count in gpus {
      let machine = try CollectiveMachine(gpu: "H100", interconnect: "NVLink4", gpus: count, nodes: 1)
      for kind in [CollectiveKind.allReduce, .allGather] {
        for octave in 9...28 {
          let values = profile.parameters.values(machine)
          let time = CollectiveModel(call(kind, octave: octave), on: machine).time(values) * factor(rows.count)
          let row = CollectiveRow(
            gpu: "H100", interconnect: "NVLink4", software: "made up", gpus: count, nodes: 1, collective: kind,
            dtype: "half", bytes: Bytes(Int64(1) << octave), time: Seconds(time * 1e-6), file: "x.csv",
            line: rows.count + 2)
          rows.append(MeasuredCollective(row: row, machine: machine))
        }
      }
    }
    return rows
  }

  @Test("Derivatives are those of the times")
  func derivatives() throws {
    let profile = try Shipped.profile()
    let machines = [
      try CollectiveMachine(gpu: "H100", interconnect: "NVLink4", gpus: 8, nodes: 1),
      try CollectiveMachine(gpu: "A100", interconnect: "InfiniBand HDR", gpus: 16, nodes: 2),
      try CollectiveMachine(gpu: "H200", interconnect: "RoCE 400Gb", gpus: 4, nodes: 4),
    ]
    for machine in machines {
      let values = profile.parameters.values(machine)
      for kind in CollectiveKind.allCases {
        for octave in [5, 14, 20, 30] {
          let call = call(kind, octave: octave, int8: true)
          for choice in machine.choices(for: call) {
            let model = CollectiveModel(call, on: machine, choice: choice)
            var derivatives = Array(repeating: 0.0, count: values.count)
            let time = model.evaluate(values, derivatives: &derivatives)
            #expect(abs(time - model.time(values)) <= 1e-12 * time)
            for number in values.indices {
              var moved = values
              moved[number] *= Double.exp(1e-5)
              let up = model.time(moved)
              moved[number] = values[number] * Double.exp(-1e-5)
              let slope = (up - model.time(moved)) / 2e-5
              #expect(abs(slope - derivatives[number]) <= 1e-5 * time, "\(choice.title), \(number)")
            }
          }
        }
      }
    }
  }

  @Test("A fit predicts what it was made from, and tier 2 takes what is left, but nothing where nothing was measured")
  func fits() throws {
    let rows = try Self.rows { [1, 1.02, 0.97, 1.01, 1.6][$0 % 40 == 17 ? 4 : $0 % 4] }
    let fit = try FittedCollectives(rows, name: "made up")
    let errors = zip(fit.logTimes(rows), rows).map { $0.both - Double.log($1.row.time.seconds * 1e6) }
    let summary = try #require(ErrorSummary(of: errors))
    #expect(summary.median < 0.03 && summary.ninetieth < 0.06, "\(summary)")
    let group = try #require(fit.residuals.groups.first)
    #expect(group.value(gpus: 8, octave: 20).applies == false && group.value(gpus: 4, octave: 40).value == 0)
    #expect(group.value(gpus: 3, octave: 20).applies && !group.value(gpus: 3, octave: 20).isMeasured)
    // A class without rows has the common value.
    let other = try CollectiveMachine(gpu: "B200", interconnect: "NVLink5", gpus: 2, nodes: 1)
    #expect(fit.parameters.values(other) == fit.parameters.common.map(\.value))
  }

  @Test("Too few rows are an error")
  func tooFew() throws {
    let rows = Array(try Self.rows().prefix(59))
    let error = #expect(throws: CollectiveModelError.self) { try FittedCollectives(rows, name: "few") }
    #expect("\(String(describing: error))".contains("found 59 rows, expected 60 or more"))
  }

  @Test("Folds leave each row out once, and hide it from its fit")
  func folds() throws {
    let rows = try Self.rows()
    for scheme in CollectiveScheme.allCases {
      let folds = scheme.folds(rows, seed: 3)
      switch scheme {
      case .randomRows, .sizes:
        #expect(folds.count == 5 && folds.flatMap(\.held).sorted() == Array(rows.indices))
      // A fit to half of the rows has too few.
      case .mostRanksAlone, .mostRanks, .fewestRanks: #expect(folds.isEmpty)
      case .nodeClass, .log, .cluster: #expect(folds.isEmpty)
      }
      for fold in folds { #expect(Set(fold.held).isDisjoint(with: fold.seen)) }
    }
    let more = try Self.rows(gpus: [2, 3, 4, 8])
    for scheme in [CollectiveScheme.mostRanks, .fewestRanks] {
      let folds = scheme.folds(more, seed: 0)
      #expect(folds.count == 1 && folds[0].held.count == 40 && folds[0].seen.count == 120)
    }
    let sizes = CollectiveScheme.sizes.folds(rows, seed: 0)
    for fold in sizes {
      let held = Set(fold.held.map { rows[$0].row.bytes })
      #expect(held.isDisjoint(with: fold.seen.map { rows[$0].row.bytes }))
    }
  }

  @Test("The text of a profile reads back as the same predictions, and a broken one says where")
  func text() throws {
    let profile = try Shipped.profile()
    let origin = ProfileOrigin(
      version: "1", source: "it's", license: "none", seed: 4, files: [("x.csv", "00", [4, 3, 1, 0])])
    let text = CollectiveProfileText(profile, origin).text
    let read = try CollectiveProfile(document: Document(yaml: text, file: "p.yaml"))
    let machine = try CollectiveMachine(gpu: "H100", interconnect: "NVLink4", gpus: 4, nodes: 1)
    for octave in [9, 16, 22, 29] {
      let (old, new) = (
        try profile.predict(call(.allReduce, octave: octave), on: machine),
        try read.predict(call(.allReduce, octave: octave), on: machine)
      )
      #expect(abs(new.time.seconds / old.time.seconds - 1) < 1e-9 && new.tier == 2 && new.cell == old.cell)
    }
    for (from, to, message) in [
      ("collective: all_reduce", "collective: all_redcue", "all_reduce"), ("  base-ll:", "  bass-ll:", "base-ll"),
      ("octaves: [9, 29]", "octaves: [29, 9]", "expected the least first"),
      ("gpu: 'NVIDIA H100 80GB HBM3'", "gpu: 'Voodoo 2'", "Voodoo 2"),
    ] {
      #expect(text.contains(from))
      let error = #expect(throws: ConfigurationError.self) {
        try CollectiveProfile(document: Document(yaml: text.replacing(from, with: to), file: "p.yaml"))
      }
      #expect("\(String(describing: error))".contains(message), "\(String(describing: error))")
    }
  }

  @Test(
    "The fit to the measurements is the profile that ships",
    .enabled(if: Shipped.hasData, "no ../shared/data/collectives-one-node.csv here"))
  func measured() throws {
    let rows =
      try Shipped.rows("collectives-one-node.csv").measurements
      + Shipped.rows("collectives-multi-node.csv").measurements
    #expect(rows.count == 911)
    let profile = try Shipped.profile()
    // The shipped parameters are at the optimum: what they predict is within the errors of the fit.
    var errors: [Double] = []
    for row in rows {
      let prediction = try profile.predict(row.call, on: row.machine)
      errors.append(Double.log(prediction.time.seconds / row.row.time.seconds))
      #expect(prediction.tier == 2 && prediction.extrapolations.isEmpty, "\(row.row)")
    }
    let summary = try #require(ErrorSummary(of: errors))
    #expect(summary.median < 0.022 && abs(summary.bias) < 0.01, "\(summary)")
    // The 2-GPU rows alone predict those of 4 GPUs: 3.3 % by an independent implementation.
    let grid = rows.filter { $0.row.source.isEmpty }
    let folds = CollectiveScheme.mostRanksAlone.folds(grid, seed: 0)
    let fits = try folds.map { try FittedCollectives($0.seen.map { grid[$0] }, name: $0.name) }
    let validation = CollectiveCrossValidation(.mostRanksAlone, grid, folds: folds, fits: fits)
    let held = try #require(ErrorSummary(of: validation.rows.map(\.error)))
    #expect(held.rows == 336 && abs(held.median - 0.033) < 0.001 && abs(held.ninetieth - 0.103) < 0.002, "\(held)")
  }
}
