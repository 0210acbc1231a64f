import Foundation

/// Where the files that come with the program are: bundled model, sample pictures, configurations.
public enum AssetFolders {
  /// Folders to look in, in this order. If `PREFIXKV_ASSETS` is set, it is the only one. Otherwise
  /// they are `../share/prefixkv`, where `make install` puts the files; `assets` beside or above
  /// the program, as in a checkout; and `assets` in the working folder, unless that is one of
  /// them.
  ///
  /// - Parameter program: The program's file, links resolved.
  public static func all(
    environment: [String: String] = ProcessInfo.processInfo.environment,
    program: String = AssetFolders.program
  ) -> [String] {
    if let explicit = UserFolders(environment: environment).path(in: "PREFIXKV_ASSETS") {
      return [explicit]
    }
    var folder = URL(filePath: program).deletingLastPathComponent()
    var folders = [folder.deletingLastPathComponent().appending(path: "share/prefixkv").path]
    while folder.path != "/" {
      folders.append(folder.appending(path: "assets").path)
      folder.deleteLastPathComponent()
    }
    let here = URL(filePath: FileManager.default.currentDirectoryPath)
    let own = here.appending(path: "assets").path
    return folders.contains(own) ? folders : folders + [own]
  }

  /// The running program, links resolved.
  public static let program: String =
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
    ?? CommandLine.arguments[0]
}
