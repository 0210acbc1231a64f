import Basics
import Foundation

/// From what a user calls a model to a path that `WeightFormats` opens.
public enum ModelLocator {
  /// - Parameters:
  ///   - reference: a folder, a file, a Hugging Face id ("llava-hf/llava-1.5-7b-hf") that is in the
  ///     local cache, or nil for the bundled model.
  ///   - environment: where `HF_HUB_CACHE`, `HF_HOME`, `HOME` and `PREFIXKV_ASSETS` are looked up.
  public static func resolve(
    _ reference: String?, environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(WeightError) -> String {
    guard let reference else { return try bundledModel(environment: environment) }
    let path = UserFolders(environment: environment).expanded(reference)
    if FileManager.default.fileExists(atPath: path) { return standardised(path) }
    var looked = [path]
    if isHubID(reference) {
      for cache in hubCaches(environment: environment) {
        if let snapshot = try snapshot(of: reference, in: cache) { return snapshot }
        looked.append(folder(of: reference, in: cache))
      }
    }
    throw .noSuchModel(reference: reference, looked: looked)
  }

  /// Loads what `reference` names. When it is the bundled model that fails, the error offers another.
  ///
  /// - Parameter load: from a path that exists to a model.
  public static func load<Model>(
    _ reference: String?, environment: [String: String] = ProcessInfo.processInfo.environment,
    _ load: (String) throws -> Model
  ) throws -> Model {
    do {
      return try load(resolve(reference, environment: environment))
    } catch let error as WeightError where reference == nil {
      throw WeightError.bundledModelUnusable(error)
    }
  }

  private static func bundledModel(environment: [String: String]) throws(WeightError) -> String {
    let folders = AssetFolders.all(environment: environment).map { $0 + "/model" }
    for folder in folders where FileManager.default.fileExists(atPath: folder) { return folder }
    throw .noSuchModel(reference: "the bundled model", looked: folders)
  }

  // MARK: The Hugging Face cache

  /// "owner/name" and nothing else.
  private static func isHubID(_ reference: String) -> Bool {
    let parts = reference.split(separator: "/", omittingEmptySubsequences: false)
    return parts.count == 2
      && parts.allSatisfy { part in
        !part.isEmpty && part.first != "." && part.first != "~"
          && part.unicodeScalars.allSatisfy {
            $0.isASCII
              && ($0.properties.isAlphabetic || "0123456789-_.".unicodeScalars.contains($0))
          }
      }
  }

  /// Where downloaded models lie, by the rules of huggingface_hub.
  public static func hubCaches(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> [String] {
    let folders = UserFolders(environment: environment)
    for variable in ["HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"] {
      if let cache = folders.path(in: variable) { return [cache] }
    }
    return [(folders.path(in: "HF_HOME") ?? folders.caches + "/huggingface") + "/hub"]
  }

  private static func folder(of id: String, in cache: String) -> String {
    cache + "/models--" + id.replacingOccurrences(of: "/", with: "--")
  }

  /// The snapshot that `refs/main` names, or nil when the model is not in the cache. A model that was
  /// downloaded by its revision has no `refs/main`; then its only snapshot is meant.
  static func snapshot(of id: String, in cache: String) throws(WeightError) -> String? {
    let folder = folder(of: id, in: cache)
    let reference = folder + "/refs/main"
    guard FileManager.default.fileExists(atPath: reference) else {
      return try onlySnapshot(in: folder + "/snapshots")
    }
    let revision = String(decoding: try MappedFile(path: reference).contents(), as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    guard !revision.isEmpty, revision.utf8.count < 200, !revision.contains("/"), revision != ".."
    else {
      throw .damaged(path: reference, detail: "it names no revision")
    }
    let snapshot = folder + "/snapshots/" + revision
    return FileManager.default.fileExists(atPath: snapshot) ? snapshot : nil
  }

  private static func onlySnapshot(in folder: String) throws(WeightError) -> String? {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    guard names.count < 2 else {
      throw .unsupported(
        path: folder,
        detail:
          "it holds \(names.count) revisions and no refs/main says which is meant; give one of "
          + names.sorted().map { "'\(folder)/\($0)'" }.joined(separator: ", "))
    }
    return names.first.map { folder + "/" + $0 }
  }

  private static func standardised(_ path: String) -> String {
    path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  }
}
