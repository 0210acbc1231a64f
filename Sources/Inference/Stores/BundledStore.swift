import Basics
import Foundation

/// The model that comes with the program, under the name "bundled".
struct BundledStore: ModelStore {
  static let name = "bundled"
  static let title = "prefixkv"
  var title: String { Self.title }
  let root: String

  static func stores(environment: [String: String]) -> [any ModelStore] {
    let folders = folders(environment: environment)
    let root = folders.first(where: FileManager.default.fileExists) ?? folders[0]
    return [BundledStore(root: root)]
  }

  /// Every folder that the model may be in.
  static func folders(environment: [String: String]) -> [String] {
    AssetFolders.all(environment: environment).map { $0 + "/model" }
  }

  func names() throws(WeightError) -> [String] {
    FileManager.default.fileExists(atPath: root) ? [Self.name] : []
  }

  func model(_ name: String) throws(WeightError) -> LocatedModel? {
    guard name == Self.name, FileManager.default.fileExists(atPath: root) else { return nil }
    return LocatedModel(path: root, name: name, store: title)
  }
}

extension LocatedModel {
  /// Whether it is the model that comes with the program.
  public var isBundled: Bool { name == BundledStore.name && store == BundledStore.title }
}
