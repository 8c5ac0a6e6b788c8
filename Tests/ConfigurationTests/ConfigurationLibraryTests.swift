import Configuration
import Foundation
import Testing

@Suite("Configuration library")
struct ConfigurationLibraryTests {
  /// Calls the body with a folder of its own, which is gone afterwards.
  func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("treeline-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }

  func write(_ text: String, _ path: String) throws {
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
  }

  func text(_ document: Document) throws -> String? {
    try document.root.mapping().required("name").scalarText
  }

  @Test("Names are found in the first folder that has them")
  func names() throws {
    try withFolder { folder in
      try write("name: first", "\(folder)/one/a.yaml")
      try write("name: second", "\(folder)/two/a.yaml")
      try write("name: third", "\(folder)/two/b.yaml")
      for other in ["c.yml", ".hidden.yaml", ".yaml", "d.txt", "e/f.yaml"] {
        try write("name: x", "\(folder)/two/\(other)")
      }
      let library = ConfigurationLibrary(searchPaths: ["\(folder)/none", "\(folder)/one/", "\(folder)/two"])
      #expect(library.names() == ["a", "b"])
      #expect(try text(library.load("a")) == "first")
      #expect(try text(library.load("b")) == "third")
      #expect(try library.load("b").file == "\(folder)/two/b.yaml")
      #expect(try library.locate("a") == "\(folder)/one/a.yaml")
      #expect(ConfigurationLibrary(searchPaths: []).names().isEmpty)
    }
  }

  @Test("Paths are taken as they are")
  func paths() throws {
    try withFolder { folder in
      try write("name: here", "\(folder)/x.yaml")
      try write("name: short", "\(folder)/y.yml")
      try write("name: bare", "\(folder)/z")
      let library = ConfigurationLibrary(searchPaths: [])
      #expect(try text(library.load("\(folder)/x.yaml")) == "here")
      #expect(try text(library.load("\(folder)/y.yml")) == "short")
      #expect(try text(library.load("\(folder)/z")) == "bare")
      #expect(try text(library.load("\(folder)/../\((folder as NSString).lastPathComponent)/x.yaml")) == "here")
    }
  }

  @Test("What is missing says where it was looked for, and what is near")
  func missing() throws {
    try withFolder { folder in
      try write("name: x", "\(folder)/h100-sxm.yaml")
      try write("name: x", "\(folder)/tpu.yaml")
      let library = ConfigurationLibrary(searchPaths: ["/none", folder])
      #expect(
        throws: MissingConfiguration(
          name: "h100sxm", folders: ["/none", folder], nearest: "h100-sxm", available: ["h100-sxm", "tpu"])
      ) { try library.load("h100sxm") }
      #expect(throws: MissingConfiguration(name: "\(folder)/h10-sxm.yaml", nearest: "\(folder)/h100-sxm.yaml")) {
        try library.load("\(folder)/h10-sxm.yaml")
      }
      #expect(throws: MissingConfiguration(name: "zebra.yaml")) { try library.load("zebra.yaml") }
      for name in ["", " ", "..", "tpu\0", "\0", "\(folder)/tpu.yaml\0.yaml", "/none/none/none.yaml", "/"] {
        #expect(throws: MissingConfiguration.self, "\(name.debugDescription)") { try library.load(name) }
      }
    }
  }

  @Test("A folder, and a file that can't be read, are missing too")
  func unreadable() throws {
    try withFolder { folder in
      try FileManager.default.createDirectory(atPath: "\(folder)/sub.yaml", withIntermediateDirectories: true)
      let library = ConfigurationLibrary(searchPaths: [folder])
      for name in ["sub", "\(folder)/sub.yaml", "\(folder)/"] {
        #expect {
          try library.load(name)
        } throws: {
          ($0 as? MissingConfiguration)?.reason == "is a folder"
        }
      }
      try write("name: x", "\(folder)/secret.yaml")
      try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: "\(folder)/secret.yaml")
      // The superuser reads it all the same.
      if !FileManager.default.isReadableFile(atPath: "\(folder)/secret.yaml") {
        #expect {
          try library.load("secret")
        } throws: {
          ($0 as? MissingConfiguration)?.reason == "can't be read"
        }
      }
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder)/dangling.yaml", withDestinationPath: "\(folder)/nowhere")
      #expect(throws: MissingConfiguration.self) { try library.load("dangling") }
    }
  }

  @Test("What is not UTF-8, not YAML or too large is a configuration error")
  func malformed() throws {
    try withFolder { folder in
      let library = ConfigurationLibrary(searchPaths: [folder])
      let latin = URL(fileURLWithPath: "\(folder)/latin.yaml")
      try Data(Array("name: x\ntitle: ".utf8) + [0xE9, 0x0A]).write(to: latin)
      #expect(throws: ConfigurationError(file: latin.path, line: 2, message: "not text in UTF-8")) {
        try library.load("latin")
      }
      try write("a: [", "\(folder)/broken.yaml")
      try write("", "\(folder)/empty.yaml")
      try write("name: x\n" + String(repeating: "#", count: ConfigurationLibrary.largestFile), "\(folder)/large.yaml")
      for name in ["broken", "empty", "large", "/dev/zero"] {
        #expect(throws: ConfigurationError.self, "\(name)") { try library.load(name) }
      }
      try write("\u{FEFF}name: marked\r\n", "\(folder)/bom.yaml")
      #expect(try text(library.load("bom")) == "marked")
    }
  }

  @Test("Default folders: the working directory's, then each ancestor's of the executable")
  func defaultFolders() {
    #expect(
      ConfigurationLibrary.defaultFolders("Topologies", workingDirectory: ".", executable: "/opt/tree/bin/treeline")
        == [
          "./Topologies", "/opt/tree/bin/Topologies", "/opt/tree/bin/share/treeline/Topologies", "/opt/tree/Topologies",
          "/opt/tree/share/treeline/Topologies", "/opt/Topologies", "/opt/share/treeline/Topologies", "/Topologies",
          "/share/treeline/Topologies",
        ])
    #expect(
      ConfigurationLibrary.defaultFolders("T", workingDirectory: "/w", executable: ".build/debug/../treeline") == [
        "/w/T", "/w/.build/T", "/w/.build/share/treeline/T", "/w/share/treeline/T", "/T", "/share/treeline/T",
      ])
    #expect(
      ConfigurationLibrary.defaultFolders("T", workingDirectory: ".", executable: "bin/treeline")
        == ["./T", "bin/T", "bin/share/treeline/T", "./share/treeline/T"])
    #expect(
      ConfigurationLibrary.defaultFolders("T", workingDirectory: ".", executable: "../bin/treeline")
        == ["./T", "../bin/T", "../bin/share/treeline/T"])
    #expect(
      ConfigurationLibrary.defaultFolders("T", workingDirectory: "", executable: "") == ["T", "./share/treeline/T"])
    #expect(
      ConfigurationLibrary.defaultFolders("T", workingDirectory: "/", executable: "/../../treeline")
        == ["/T", "/share/treeline/T"])
  }
}
