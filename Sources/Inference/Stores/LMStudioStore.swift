import Basics

/// LM Studio's models: `publisher/repository/*.gguf`, the vision file beside the text model.
///
/// Folders: `~/.lmstudio/models`, and `~/.cache/lm-studio/models` of versions before 0.3.
struct LMStudioStore: FolderTreeStore {
  let title = "LM Studio"
  let root: String

  static func stores(environment: [String: String]) -> [any ModelStore] {
    let home = UserFolders(environment: environment).home
    return ["/.lmstudio/models", "/.cache/lm-studio/models"].map { LMStudioStore(root: home + $0) }
  }
}
