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
    let path = expanded(reference, environment: environment)
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

  /// Folders in which sample images and the bundled model are looked for, the first that exists
  /// counts: `PREFIXKV_ASSETS`, then `assets` beside the working directory or any folder above the
  /// executable.
  public static func assetFolders(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> [String] {
    if let explicit = environment["PREFIXKV_ASSETS"], !explicit.isEmpty {
      return [expanded(explicit, environment: environment)]
    }
    let working = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
    var folders = [working.appendingPathComponent("assets").path]
    var above = URL(fileURLWithPath: executablePath()).deletingLastPathComponent()
    while above.path != "/" {
      folders.append(above.appendingPathComponent("assets").path)
      above.deleteLastPathComponent()
    }
    return folders
  }

  private static func bundledModel(environment: [String: String]) throws(WeightError) -> String {
    let folders = assetFolders(environment: environment).map { $0 + "/model" }
    for folder in folders where FileManager.default.fileExists(atPath: folder) { return folder }
    throw .noSuchModel(reference: "the bundled model", looked: folders)
  }

  /// The running program, through links.
  private static func executablePath() -> String {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
      ?? CommandLine.arguments[0]
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

  /// As huggingface_hub looks for it.
  public static func hubCaches(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> [String] {
    func value(_ key: String) -> String? {
      environment[key].flatMap { $0.isEmpty ? nil : expanded($0, environment: environment) }
    }
    if let cache = value("HF_HUB_CACHE") ?? value("HUGGINGFACE_HUB_CACHE") { return [cache] }
    if let home = value("HF_HOME") { return [home + "/hub"] }
    let base = value("XDG_CACHE_HOME") ?? expanded("~/.cache", environment: environment)
    return [base + "/huggingface/hub"]
  }

  private static func folder(of id: String, in cache: String) -> String {
    cache + "/models--" + id.replacingOccurrences(of: "/", with: "--")
  }

  /// The snapshot that `refs/main` names, or nil when the model is not in the cache.
  static func snapshot(of id: String, in cache: String) throws(WeightError) -> String? {
    let folder = folder(of: id, in: cache)
    let reference = folder + "/refs/main"
    guard FileManager.default.fileExists(atPath: reference) else { return nil }
    let revision = String(decoding: try MappedFile(path: reference).contents(), as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    guard !revision.isEmpty, revision.utf8.count < 200, !revision.contains("/"), revision != ".."
    else {
      throw .damaged(path: reference, detail: "it names no revision")
    }
    let snapshot = folder + "/snapshots/" + revision
    return FileManager.default.fileExists(atPath: snapshot) ? snapshot : nil
  }

  // MARK: Paths

  private static func expanded(_ path: String, environment: [String: String]) -> String {
    guard path == "~" || path.hasPrefix("~/"), let home = environment["HOME"] else { return path }
    return home + path.dropFirst()
  }

  private static func standardised(_ path: String) -> String {
    path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  }
}
