/// The folder "models" in the folder that the program was started in.
struct WorkingFolderStore: FolderTreeStore {
  let title = "./models"
  let root = "models"

  static func stores(environment: [String: String]) -> [any ModelStore] { [WorkingFolderStore()] }
}
