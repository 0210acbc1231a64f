import Foundation

/// A folder in which some program keeps models under names of its own. Nothing is ever downloaded.
///
/// A further kind of store is one new file and one line in `ModelStores.kinds`.
public protocol ModelStore: Sendable {
  /// The stores of this kind that the environment names, in the order in which they are searched.
  /// Their folders need not exist.
  static func stores(environment: [String: String]) -> [any ModelStore]
  /// For people: "ollama".
  var title: String { get }
  /// The folder, for lists and for messages about names that were not found.
  var root: String { get }
  /// Every model, by names that `model(_:)` takes; sorted, none twice. A damaged model is listed, too.
  ///
  /// - Throws: `WeightError` when there is such a folder and it cannot be listed.
  func names() throws(WeightError) -> [String]
  /// The model of a name; nil when the store has none of that name.
  ///
  /// - Throws: `WeightError` when something has the name and is damaged, or when several models have it.
  func model(_ name: String) throws(WeightError) -> LocatedModel?
}

/// The places in which models are searched.
public enum ModelStores {
  /// The kinds in the order in which they are searched: first folders made for this program, then
  /// those of other programs.
  static let kinds: [any ModelStore.Type] = [
    FolderListStore.self, WorkingFolderStore.self, HuggingFaceStore.self, OllamaStore.self,
    LMStudioStore.self, BundledStore.self,
  ]

  /// Every store, in that order.
  public static func all(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> [any ModelStore] {
    kinds.flatMap { $0.stores(environment: environment) }
  }
}
