import Experiments
import Quantities
import ResultStore
import Simulation

/// Why the algorithms of a stored run take the time that they take, as JSON in base units.
public struct ExplanationDocument: Encodable, Sendable {
  struct Resource: Encodable, Sendable {
    var resource: String
    var part: String
    var seconds: Double
    var share: Double
  }

  struct Step: Encodable, Sendable {
    var startSeconds: Double
    var seconds: Double
    var region: String
    var action: String
    var fromRank: Int
    var toRank: Int
    var bytes: Int64?
    var links: [String]
    var resources: [Resource]
  }

  struct Links: Encodable, Sendable {
    var linkClass: String
    var tier: String
    var links: Int
    var usedLinks: Int
    var bytes: [Double]
    var meanUtilization: [Double]
    var busiestLink: String
    var busiestUtilization: [Double]
  }

  struct Bottleneck: Encodable, Sendable {
    var resource: String
    var seconds: Double
    var share: Double
    var stepSecondsWithout: Double?
    var optionsWithout: String?
    var nextResource: String?
    var busiestLink: String?
    var busiestLinkUtilization: Double?
  }

  struct Row: Encodable, Sendable {
    var figure: String
    var of: String?
    var factor: Double
    var share: Double
    var stepSeconds: Double
    var change: Double
    var elasticity: Double
    var options: String?
    var hidden: String?
  }

  struct Algorithm: Encodable, Sendable {
    var algorithm: String
    var options: String
    var storedStepSeconds: Double?
    var stepSeconds: Double
    var isEqual: Bool
    var bottleneck: Bottleneck?
    var criticalPath: [Step]
    var resources: [Resource]
    var binSeconds: Double
    var links: [Links]
    var sensitivities: [Row]
  }

  let run: Int64
  let command: String
  let storedBy: String
  let topology: String
  let model: String
  let betterBy: Double?
  let algorithms: [Algorithm]

  /// Describes a run.
  ///
  /// - Parameters:
  ///   - stored: The run.
  ///   - recipe: What it was made from.
  ///   - reruns: Its algorithms, run again.
  public init(stored: StoredRun, recipe: StepRecipe, reruns: [Rerun]) {
    run = stored.id
    command = stored.run.command
    storedBy = stored.run.treelineVersion
    topology = recipe.topology.topology.name
    model = recipe.model.model.name
    betterBy = reruns.first?.analysis.share
    algorithms = reruns.map { Self.algorithm($0) }
  }

  private static func algorithm(_ rerun: Rerun) -> Algorithm {
    let analysis = rerun.analysis
    let path = analysis.outcome.figures.criticalPath
    let reasons = SensitivityTable(analysis: analysis)
    return Algorithm(
      algorithm: rerun.stored.algorithm, options: analysis.outcome.options,
      storedStepSeconds: rerun.storedTime?.seconds, stepSeconds: rerun.time.seconds, isEqual: rerun.isEqual,
      bottleneck: bottleneck(analysis),
      criticalPath: rerun.path.map(step),
      resources: resources(path.rankedResources, of: path.total),
      binSeconds: rerun.links.width.seconds,
      links: rerun.links.rows.map {
        Links(
          linkClass: $0.linkClass, tier: $0.tier.rawValue, links: $0.links, usedLinks: $0.usedLinks, bytes: $0.bytes,
          meanUtilization: $0.mean, busiestLink: $0.busiestLink, busiestUtilization: $0.busiest)
      },
      sensitivities: analysis.sensitivities.map {
        Row(
          figure: $0.knob.figure.rawValue, of: $0.knob.target, factor: $0.factor, share: $0.share,
          stepSeconds: $0.after.seconds, change: $0.change, elasticity: $0.elasticity, options: $0.newOptions,
          hidden: $0.hidden == nil ? nil : reasons.reason($0))
      })
  }

  private static func bottleneck(_ analysis: StepAnalysis) -> Bottleneck? {
    let figures = analysis.outcome.figures
    return analysis.unlimited.map {
      Bottleneck(
        resource: $0.resource.description, seconds: $0.time.seconds, share: $0.time / figures.criticalPath.total,
        stepSecondsWithout: $0.stepTime?.seconds, optionsWithout: $0.newOptions, nextResource: $0.next?.description,
        busiestLink: figures.busiestLink?.name, busiestLinkUtilization: figures.busiestLink?.utilization)
    }
  }

  private static func step(_ step: PathStep) -> Step {
    Step(
      startSeconds: step.start.seconds, seconds: step.duration.seconds, region: step.region,
      action: step.kind.action ?? "message", fromRank: step.from, toRank: step.to, bytes: step.bytes?.count,
      links: step.kind.links, resources: resources(step.rankedResources, of: step.duration))
  }

  private static func resources(
    _ ranked: [(resource: CriticalPath.Resource, time: Seconds)], of total: Seconds
  ) -> [Resource] {
    ranked.map {
      Resource(
        resource: $0.resource.description, part: $0.resource.part.rawValue, seconds: $0.time.seconds,
        share: total > .zero ? $0.time / total : 0)
    }
  }
}
