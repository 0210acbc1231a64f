import Foundation

/// Where the files that come with the program are: bundled model, sample pictures, configurations.
public enum AssetFolders {
  /// Folders to look in; the first that has what is wanted counts. `PREFIXKV_ASSETS` alone where it
  /// is set; otherwise, in this order: `../share/prefixkv`, where `make install` puts them; `assets`
  /// beside or above the program, which finds them in a checkout; `assets` in the working folder.
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
    folders.append(FileManager.default.currentDirectoryPath + "/assets")
    return folders
  }

  /// The running program, links resolved.
  public static let program: String =
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
    ?? CommandLine.arguments[0]
}
