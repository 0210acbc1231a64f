import Basics
import Foundation

/// A store whose models lie in a tree of folders.
protocol FolderTreeStore: ModelStore {}

extension FolderTreeStore {
  private var tree: FolderTree { FolderTree(root: root, store: title) }
  func names() throws(WeightError) -> [String] { try tree.names() }
  func model(_ name: String) throws(WeightError) -> LocatedModel? { try tree.model(name) }
}

/// The models in a folder and in the folders below it, each named by its path from there:
/// "publisher/repository", "publisher/repository:Q4_K_M", "publisher/repository/name.gguf".
struct FolderTree {
  let root: String
  let store: String

  /// The levels of folders below the root that are searched.
  private static let depth = 4
  /// The most folders that are searched, so that a root that is a whole disk does not cost minutes.
  private static let maximumFolders = 2000

  // MARK: Names

  func names() throws(WeightError) -> [String] {
    guard FileManager.default.fileExists(atPath: root) else { return [] }
    var names: [String] = []
    var seen: Set<FolderIdentity> = []
    var waiting: [(path: String, name: String, depth: Int)] = [(root, "", 0)]
    while let next = waiting.popLast(), seen.count < Self.maximumFolders {
      // A folder that links lead to is searched once, even when links form a circle.
      guard let identity = FolderIdentity(next.path) else {
        guard next.depth > 0 else {
          throw .unreadable(path: root, reason: systemReason(ENOTDIR))
        }
        continue
      }
      guard seen.insert(identity).inserted else { continue }
      let entries: [String]
      do {
        entries = try Folder.names(in: next.path)
      } catch {
        guard next.depth > 0 else { throw .unreadable(path: root, reason: error.reason) }
        continue
      }
      let folder = ModelFolder(next.path, names: entries)
      names += next.depth == 0 ? ownNames(folder) : folder.selectors.map { next.name + $0 }
      guard next.depth < Self.depth, !folder.isModel else { continue }
      for entry in entries where !entry.hasPrefix(".") {
        waiting.append(
          (
            next.path + "/" + entry, next.name.isEmpty ? entry : next.name + "/" + entry,
            next.depth + 1
          ))
      }
    }
    return Set(names).sorted()
  }

  /// The models in the root itself: files by their names, and the root if it is a model.
  private func ownNames(_ folder: ModelFolder) -> [String] {
    (folder.isModel ? [lastComponent] : []) + folder.files
  }

  private var lastComponent: String { PathText.name(of: root) }

  // MARK: One model

  func model(_ name: String) throws(WeightError) -> LocatedModel? {
    guard Self.isName(name) else { return nil }
    if let path = try path(name, selector: "") {
      return LocatedModel(path: path, name: name, store: store)
    }
    if let colon = name.lastIndex(of: ":"), colon > name.startIndex, !name.hasSuffix(":"),
      let path = try path(String(name[..<colon]), selector: String(name[colon...]))
    {
      return LocatedModel(path: path, name: name, store: store)
    }
    guard name == lastComponent, GGUFPair.isFolder(root), try ModelFolder(root).isModel else {
      return nil
    }
    return LocatedModel(path: root, name: name, store: store)
  }

  /// Whether a name is a path that leads down from the root and never up again.
  private static func isName(_ name: String) -> Bool {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    return parts.count <= depth + 1 && !name.contains("\0")
      && parts.allSatisfy { !$0.isEmpty && !$0.hasPrefix(".") && !$0.hasPrefix("~") }
  }

  private func path(_ name: String, selector: String) throws(WeightError) -> String? {
    let path = root + "/" + name
    guard GGUFPair.isFolder(path) else {
      return selector.isEmpty && MappedFile.isListed(path) ? path : nil
    }
    let folder = try ModelFolder(path)
    // A folder of folders is no model itself; another store may have one of that name.
    guard folder.isModel || !folder.files.isEmpty else { return nil }
    return try folder.chosen(selector, of: name)
  }
}

/// The identity of the folder that a path leads to, the same for every path to it.
private struct FolderIdentity: Hashable {
  let device: UInt64
  let node: UInt64

  /// nil when the path leads to no folder.
  init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return nil }
    device = UInt64(status.st_dev)
    node = UInt64(status.st_ino)
  }
}
