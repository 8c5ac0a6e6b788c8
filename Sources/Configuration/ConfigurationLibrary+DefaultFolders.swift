extension ConfigurationLibrary {
  /// The folders that a kind of configuration is looked for in when the command line names none.
  ///
  /// First `FOLDER` in the working directory; then, for each folder above the executable from the nearest up,
  /// `FOLDER` in it (a build folder inside a checkout) and `share/treeline/FOLDER` in it (an installation). Nothing is
  /// read from the disk: folders that don't exist are in the list too, and links are not followed, so the caller
  /// gives the executable's resolved path.
  ///
  /// - Parameters:
  ///   - folder: The folder's name, such as `Topologies/devices`.
  ///   - workingDirectory: The working directory, such as `.`.
  ///   - executable: The path of the executable; a relative one starts at the working directory.
  /// - Returns: The folders in the order of search, none twice.
  public static func defaultFolders(
    _ folder: String, workingDirectory: String, executable: String
  ) -> [String] {
    var folders = [join(workingDirectory, folder)]
    let path = normalized(executable.hasPrefix("/") ? executable : join(workingDirectory, executable))
    var steps = path.split(separator: "/").dropLast()
    let start = path.hasPrefix("/") ? "/" : ""
    while true {
      // What lies above a relative path's start is not known here.
      if steps.last == ".." { break }
      let ancestor = start + steps.joined(separator: "/")
      let place = ancestor.isEmpty ? "." : ancestor
      folders += [join(place, folder), join(join(place, "share/treeline"), folder)]
      if steps.isEmpty { break }
      steps.removeLast()
    }
    var seen: Set<String> = []
    return folders.filter { seen.insert(normalized($0)).inserted }
  }

  private static func normalized(_ path: String) -> String {
    let isAbsolute = path.hasPrefix("/")
    var steps: [Substring] = []
    for step in path.split(separator: "/") where step != "." {
      if step == "..", steps.last.map({ $0 != ".." }) ?? isAbsolute {
        _ = steps.popLast()
      } else {
        steps.append(step)
      }
    }
    return (isAbsolute ? "/" : "") + steps.joined(separator: "/")
  }
}
