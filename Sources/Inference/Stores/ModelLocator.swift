import Basics
import Foundation

/// Finds a model's files by what a user calls it.
public enum ModelLocator {
  /// Finds a model: at a path, or by its name in the first store that has it (`ModelStores`).
  ///
  /// - Parameters:
  ///   - reference: a folder, a file (also one of a folder's weight files), a name in one of the
  ///     stores ("llava-hf/llava-1.5-7b-hf", "llava:7b"), or nil for the bundled model. ":Q4_K_M"
  ///     after a folder's path chooses one of its GGUF files.
  ///   - environment: where the stores' variables and `HOME` are looked up.
  /// - Throws: `WeightError.noSuchModel` with the places searched, or another `WeightError` when
  ///   something has the name and is damaged.
  public static func resolve(
    _ reference: String?, environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(WeightError) -> LocatedModel {
    guard let reference else { return try bundledModel(environment: environment) }
    let path = UserFolders(environment: environment).expanded(reference)
    if let model = try model(atPath: path) { return model }
    let stores = ModelStores.all(environment: environment)
    for (index, store) in stores.enumerated() {
      guard var model = try store.model(reference) else { continue }
      model.alsoIn = stores[(index + 1)...].filter { $0.has(reference) }.map(\.title)
      return model
    }
    throw .noSuchModel(
      reference: reference, looked: [path] + stores.map(\.root), near: near(reference, in: stores))
  }

  /// Up to five similar names: other tags, owners or types of the same model.
  private static func near(_ reference: String, in stores: [any ModelStore]) -> [String] {
    let last = reference.split(separator: "/").last ?? ""
    let word = last.prefix { $0 != ":" && $0 != "@" }.lowercased()
    guard word.count > 1 else { return [] }
    let names = stores.flatMap { (try? $0.names()) ?? [] }
    return Array(names.filter { $0.lowercased().contains(word) }.prefix(5))
  }

  /// Loads the model that `reference` names. When the bundled model fails, the error says how to
  /// choose another.
  ///
  /// - Parameter load: from a model that was found to one that is open.
  public static func load<Model>(
    _ reference: String?, environment: [String: String] = ProcessInfo.processInfo.environment,
    _ load: (LocatedModel) throws -> Model
  ) throws -> Model {
    do {
      return try load(resolve(reference, environment: environment))
    } catch let error as WeightError where reference == nil {
      throw WeightError.bundledModelUnusable(error)
    }
  }

  private static func bundledModel(
    environment: [String: String]
  ) throws(WeightError) -> LocatedModel {
    for store in BundledStore.stores(environment: environment) {
      if let model = try store.model(BundledStore.name) { return model }
    }
    throw .noSuchModel(
      reference: "the bundled model", looked: BundledStore.folders(environment: environment))
  }

  // MARK: Paths

  private static func model(atPath path: String) throws(WeightError) -> LocatedModel? {
    // A link that leads nowhere is taken, too: opening it reports that.
    if MappedFile.isListed(path) {
      let trimmed = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
      let path = TensorFolder.folder(ofWeights: trimmed) ?? trimmed
      return try HuggingFaceStore.model(atPath: path, selector: "") ?? LocatedModel(path: path)
    }
    // Without a slash it is a name with a tag, even when a folder has that name.
    guard let colon = path.lastIndex(of: ":"), path[..<colon].contains("/") else { return nil }
    let (folder, selector) = (String(path[..<colon]), String(path[colon...]))
    guard GGUFPair.isFolder(folder) else { return nil }
    if let model = try HuggingFaceStore.model(atPath: folder, selector: selector) { return model }
    return try ModelFolder(folder).chosen(selector, of: folder).map { LocatedModel(path: $0) }
  }
}

extension ModelStore {
  /// Whether the store has something of that name, damaged or not.
  fileprivate func has(_ name: String) -> Bool {
    do { return try model(name) != nil } catch { return true }
  }
}
