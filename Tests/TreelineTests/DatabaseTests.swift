import Foundation
import GRDB
import Testing

/// Databases that can't be used are refused and left as they are, byte for byte.
@Suite struct DatabaseTests {
  /// A workspace that holds a sound database with one run.
  private static func workspace() throws -> Workspace {
    let workspace = try Workspace()
    let run = try workspace.run(
      "simulate --topology rtx4090-pcie-2 --tokens 8k --algorithm tree --database sound.sqlite")
    try #require(run.code == 0, "\(run.errors)")
    return workspace
  }

  /// Runs SQL on a file of a workspace.
  private static func edit(_ name: String, in workspace: Workspace, _ sql: String) throws {
    let queue = try DatabaseQueue(path: workspace.folder.appendingPathComponent(name).path)
    try queue.writeWithoutTransaction { db in try db.execute(sql: sql) }
    try queue.close()
  }

  private static func check(
    _ workspace: Workspace, _ arguments: [String], code: Int32, _ fragments: String...,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let before = try databases(of: workspace)
    let run = try workspace.run(arguments)
    #expect(!run.wasKilled, sourceLocation: sourceLocation)
    #expect(run.code == code, "\(run.errors)", sourceLocation: sourceLocation)
    #expect(run.output.isEmpty, sourceLocation: sourceLocation)
    #expect(run.errors.hasPrefix("treeline: error: "), sourceLocation: sourceLocation)
    #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)", sourceLocation: sourceLocation)
    for fragment in fragments {
      #expect(run.errors.contains(fragment), "\(run.errors)", sourceLocation: sourceLocation)
    }
    #expect(try databases(of: workspace) == before, "a file was changed", sourceLocation: sourceLocation)
  }

  /// The files of a workspace, without the empty log and its index that SQLite leaves beside a database that was read.
  private static func databases(of workspace: Workspace) throws -> [String: Data] {
    try workspace.contents().filter { name, data in
      !(name.hasSuffix("-shm") || (name.hasSuffix("-wal") && data.isEmpty))
    }
  }

  private static let saving = ["simulate", "--topology", "rtx4090-pcie-2", "--tokens", "8k", "--database"]
  /// Every way of reading a database, but for the name of the file.
  private static let readings = [
    ["results", "list", "--database"], ["results", "show", "1", "--database"],
    ["explain", "1", "--database"], ["results", "compare", "1", "1", "--database"],
    ["results", "sql", "SELECT 1", "--database"],
  ]

  @Test("A path that can't be written: under a file, in no folder, a folder, a device")
  func unwritable() throws {
    let workspace = try Self.workspace()
    try workspace.write("text", to: "file")
    for (path, fragment) in [
      ("file/results.sqlite", "is not a directory"), ("nowhere/results.sqlite", "does not exist"),
      (".", "is a directory"), ("/dev/null", "not a regular file"),
    ] {
      try Self.check(workspace, Self.saving + [path], code: 73, "can't be written", fragment)
    }
  }

  @Test(
    "No output is written over a database",
    arguments: [
      "simulate --topology rtx4090-pcie-2 --tokens 8k --no-store --trace sound.sqlite",
      "reproduce mi300x-4 --no-store --page sound.sqlite", "reproduce speed-up --no-store --plot sound.sqlite",
    ])
  func outputs(line: String) throws {
    let workspace = try Self.workspace()
    try Self.check(
      workspace, line.split(separator: " ").map(String.init), code: 73,
      "it is a database, whose stored results would be lost")
  }

  @Test("A damaged database")
  func corrupt() throws {
    let workspace = try Self.workspace()
    var bytes = try Data(contentsOf: workspace.folder.appendingPathComponent("sound.sqlite"))
    bytes.replaceSubrange(0..<64, with: Data(repeating: 0xA5, count: 64))
    try bytes.write(to: workspace.folder.appendingPathComponent("corrupt.sqlite"))
    try workspace.write("too short", to: "short.sqlite")
    try workspace.write(String(repeating: "no database ", count: 1000), to: "text.sqlite")
    for name in ["corrupt.sqlite", "short.sqlite", "text.sqlite"] {
      for arguments in Self.readings + [Self.saving] {
        try Self.check(workspace, arguments + [name], code: 65, name, "not a readable result database")
      }
    }
  }

  @Test("A database of a newer version, and one of another application")
  func foreign() throws {
    let workspace = try Self.workspace()
    let sound = workspace.folder.appendingPathComponent("sound.sqlite")
    try FileManager.default.copyItem(at: sound, to: workspace.folder.appendingPathComponent("newer.sqlite"))
    try Self.edit("newer.sqlite", in: workspace, "INSERT INTO grdb_migrations VALUES ('99-from-the-future')")
    try Self.edit("foreign.sqlite", in: workspace, "CREATE TABLE photo (name TEXT)")
    for arguments in Self.readings + [Self.saving] {
      try Self.check(workspace, arguments + ["newer.sqlite"], code: 65, "newer version", "99-from-the-future")
      try Self.check(workspace, arguments + ["foreign.sqlite"], code: 65, "another application", "photo")
    }
  }

  @Test("Reading a large database of an older version says once what makes reading it fast, and storing a run does")
  func largeOld() throws {
    let workspace = try Self.workspace()
    try Self.edit("sound.sqlite", in: workspace, "DELETE FROM grdb_migrations WHERE identifier = '7-microseconds'")
    let list = ["results", "list", "--database", "sound.sqlite"]
    #expect(try workspace.run(list).errors.isEmpty)
    // Pages behind those that the header counts make a file large, and SQLite passes over them.
    let file = try FileHandle(forWritingTo: workspace.folder.appendingPathComponent("sound.sqlite"))
    try file.truncate(atOffset: 16_384 * 4096)
    try file.close()
    let run = try workspace.run(list)
    #expect(run.code == 0, "\(run.errors)")
    #expect(run.errors.contains("treeline: warning: sound.sqlite is of an older version, and all of its 67.11 MB are"))
    #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
    #expect(try workspace.run(Self.saving + ["sound.sqlite"]).code == 0)
    #expect(try workspace.run(list).errors.isEmpty)
  }

  @Test("A database that is missing, empty or a folder, and a run that isn't there")
  func missing() throws {
    let workspace = try Self.workspace()
    try workspace.write("", to: "empty.sqlite")
    for arguments in Self.readings {
      try Self.check(workspace, arguments + ["none.sqlite"], code: 66, "none.sqlite", "no such file")
      try Self.check(workspace, arguments + ["empty.sqlite"], code: 66, "the file is empty")
      try Self.check(workspace, arguments + ["."], code: 66, "it is a directory")
    }
    for arguments in [["show", "7"], ["compare", "1", "7"], ["compare", "7", "1"], ["show", "0"]] {
      let number = arguments.contains("7") ? "7" : "0"
      try Self.check(
        workspace, ["results"] + arguments + ["--database", "sound.sqlite"], code: 66, "no run \(number)",
        "the latest is run 1")
    }
    try Self.check(
      workspace, ["explain", "7", "--database", "sound.sqlite"], code: 66, "no run 7", "the latest is run 1")
  }

  @Test(
    "A query that would do more than read, that is not one statement, or that SQLite refuses",
    arguments: [
      "DELETE FROM run", "INSERT INTO run (id) VALUES (9)", "UPDATE run SET note = 'x'", "DROP TABLE run",
      "CREATE TABLE x (a)", "PRAGMA user_version = 5", "ATTACH 'other.sqlite' AS other", "VACUUM",
      "VACUUM INTO 'copy.sqlite'", "REPLACE INTO input VALUES (1, 2, 3, 4)", "SELECT 1; SELECT 2",
      "SELECT 1; DELETE FROM run", "", " ; ", "SELEKT 1", "SELECT * FROM nowhere", "SELECT nothing FROM run",
      "WITH x AS (SELECT 1) DELETE FROM run", "BEGIN",
    ])
  func query(_ statement: String) throws {
    let workspace = try Self.workspace()
    try Self.check(workspace, ["results", "sql", statement, "--database", "sound.sqlite"], code: 65, "query ")
    #expect(try workspace.run("results list --database sound.sqlite --csv").lines.count == 3)
  }

  @Test("Nothing that a file or an argument says steers the terminal that it is printed on")
  func controlCharacters() throws {
    let workspace = try Self.workspace()
    let sql = "SELECT char(27) || '[31mred' AS colour"
    let table = try workspace.run(["results", "sql", sql, "--database", "sound.sqlite"])
    #expect(table.lines.last { !$0.isEmpty } == " [31mred")
    // What a program reads is what is stored.
    let rows = try workspace.run(["results", "sql", sql, "--csv", "--database", "sound.sqlite"])
    #expect(rows.output.contains("\u{1B}"))
    let error = try workspace.run(["topology", "show", "\u{1B}]0;title\u{7}"])
    #expect(error.code == 66 && error.errors.contains("]0;title"), "\(error.errors)")
    #expect(!error.errors.contains("\u{1B}"))
  }

  @Test("Rows past the limit are left out with a warning")
  func truncated() throws {
    let workspace = try Self.workspace()
    let run = try workspace.run([
      "results", "sql", "SELECT name FROM metric", "--limit", "3", "--csv", "--database", "sound.sqlite",
    ])
    #expect(run.code == 0)
    #expect(run.lines.count == 5)
    #expect(run.errors == "treeline: warning: only the first 3 rows; see --limit\n")
  }
}
