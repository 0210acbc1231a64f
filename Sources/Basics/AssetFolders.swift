import Foundation

/// Where the files that come with the program are: bundled model, sample pictures, configurations.
public enum AssetFolders {
  /// Folders to look in; the first that has what is wanted counts. `PREFIXKV_ASSETS` alone where it
  /// is set; otherwise `assets` in the working folder, then beside or above the program.
  public static func all(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> [String] {
    if let explicit = UserFolders(environment: environment).path(in: "PREFIXKV_ASSETS") {
      return [explicit]
    }
    let working = URL(filePath: FileManager.default.currentDirectoryPath)
    var folders = [working.appending(path: "assets").path]
    var folder = URL(filePath: program).deletingLastPathComponent()
    while folder.path != "/" {
      folders.append(folder.appending(path: "assets").path)
      folder.deleteLastPathComponent()
    }
    return folders
  }

  /// The running program, links resolved.
  private static var program: String {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
      ?? CommandLine.arguments[0]
  }
}
