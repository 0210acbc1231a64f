import Basics

@testable import Inference

/// GPT4All's models: GGUF files in one folder.
///
/// Source: https://docs.gpt4all.io/gpt4all_desktop/settings.html, "Download Path".
struct GPT4AllStore: FolderTreeStore {
  let title = "GPT4All"
  let root: String

  static func stores(environment: [String: String]) -> [any ModelStore] {
    let home = UserFolders(environment: environment).home
    return [GPT4AllStore(root: home + "/.local/share/nomic.ai/GPT4All")]
  }
}
