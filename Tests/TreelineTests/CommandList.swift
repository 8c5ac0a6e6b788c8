/// Every subcommand, by its words.
enum CommandList {
  static let help: [[String]] = [
    ["simulate"], ["explain"], ["topology"], ["topology", "list"], ["topology", "show"], ["topology", "check"],
    ["topology", "path"], ["topology", "import"], ["model"], ["model", "list"], ["model", "show"], ["scenario"],
    ["scenario", "list"],
    ["scenario", "show"],
    ["results"], ["results", "list"],
    ["results", "show"], ["results", "compare"], ["results", "repeat"], ["results", "sql"],
    ["results", "imports"],
    ["check"], ["check", "theory"], ["check", "attention"], ["check", "program"], ["check", "precision"],
    ["check", "kernels"],
    ["measure"],
    ["measure", "device"],
    ["measure", "kernel"], ["measure", "link"], ["measure", "collective"], ["measure", "attention"],
    ["measure", "compile"],
    ["import"], ["calibrate"], ["calibrate", "kernels"], ["calibrate", "collectives"],
    ["predict"], ["predict", "kernel"], ["predict", "collective"], ["validate"], ["reproduce"],
  ]
}
