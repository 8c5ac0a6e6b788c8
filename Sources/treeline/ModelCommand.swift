import ArgumentParser
import Experiments
import Quantities
import Reporting

/// `treeline model`: what models there are.
struct ModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model", abstract: "List and show model shapes.", subcommands: [ModelList.self, ModelShow.self])
}

/// `treeline model list`: every model that can be named.
struct ModelList: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "List the models by name.")

  @OptionGroup var format: OutputOptions

  func run() throws {
    try CommandFailure.handling {
      let choice = try format.choice()
      let library = Environment.library
      let entries = library.models.names().map { name in
        NamedList.Entry(name) {
          let model = try ResolvedModel(name, from: library).model
          return (model.layers, model.summary)
        }
      }
      try NamedList(counted: "layers", entries: entries, folders: library.models.searchPaths).write(choice)
    }
  }
}

/// `treeline model show`: one model as resolved.
struct ModelShow: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "show", abstract: "Show a model as YAML.")

  @Argument(help: "A model by name or the path of a model file.")
  var model: String

  func run() throws {
    try CommandFailure.handling {
      try Output.write(ResolvedModel(model, from: Environment.library).text)
    }
  }
}
