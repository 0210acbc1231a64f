import Basics
import Foundation

extension KeyValueCache {
  /// The folder that evicted entries are spilled into: the state folder, or `TMPDIR` where that
  /// cannot be written to. A folder that does not exist yet is taken if it can be made.
  public static var spillFolder: String {
    SpillFile.folders.first { access(nearestExisting($0), W_OK) == 0 } ?? SpillFile.folders.last!
  }

  private static func nearestExisting(_ folder: String) -> String {
    var path = folder
    while access(path, F_OK) != 0, path != "/", path != "." { path = PathText.folder(of: path) }
    return path
  }
}
