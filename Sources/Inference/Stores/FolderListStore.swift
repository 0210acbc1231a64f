import Basics

/// A folder of models that `PREFIXKV_MODELS` lists; the variable holds several with colons between
/// them.
struct FolderListStore: FolderTreeStore {
  static let variable = "PREFIXKV_MODELS"
  let title = FolderListStore.variable
  let root: String

  static func stores(environment: [String: String]) -> [any ModelStore] {
    let folders = UserFolders(environment: environment)
    return (environment[variable] ?? "").split(separator: ":").map { folder in
      FolderListStore(root: folders.expanded(String(folder)))
    }
  }
}
