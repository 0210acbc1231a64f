import Basics
import Foundation

/// The models that `ollama pull` fetched: manifests by name, and files by digest.
///
/// The folder is `OLLAMA_MODELS`. If that is not set, it is `~/.ollama/models`, and the folder of
/// the service that ollama's installer for Linux sets up.
///
/// Source: `envconfig/config.go` and `server/modelpath.go` of https://github.com/ollama/ollama.
struct OllamaStore: ModelStore {
  let title = "ollama"
  let root: String

  static func stores(environment: [String: String]) -> [any ModelStore] {
    let folders = UserFolders(environment: environment)
    if let root = folders.path(in: "OLLAMA_MODELS") { return [OllamaStore(root: root)] }
    return [folders.home + "/.ollama/models", "/usr/share/ollama/.ollama/models"]
      .map { OllamaStore(root: $0) }
  }

  // MARK: Names

  func names() throws(WeightError) -> [String] {
    let manifests = root + "/manifests"
    guard FileManager.default.fileExists(atPath: root) else { return [] }
    var names: [String] = []
    for host in try list(manifests) {
      for namespace in Self.entries(manifests + "/" + host) {
        for model in Self.entries("\(manifests)/\(host)/\(namespace)") {
          for tag in Self.entries("\(manifests)/\(host)/\(namespace)/\(model)") {
            let name = OllamaName(host: host, namespace: namespace, model: model, tag: tag)
            if let name { names.append(name.text) }
          }
        }
      }
    }
    return names.sorted()
  }

  /// A store that nothing was pulled into has no manifests yet.
  private func list(_ manifests: String) throws(WeightError) -> [String] {
    do {
      return try Folder.names(in: manifests)
    } catch {
      guard MappedFile.isListed(manifests) || access(root, R_OK | X_OK) != 0 else { return [] }
      throw .unreadable(path: manifests, reason: error.reason)
    }
  }

  /// The entries of a folder; none for something that is no folder.
  private static func entries(_ folder: String) -> [String] {
    (try? Folder.names(in: folder)) ?? []
  }

  // MARK: One model

  func model(_ name: String) throws(WeightError) -> LocatedModel? {
    guard let name = OllamaName(name) else { return nil }
    let path = root + "/manifests/" + name.path
    guard MappedFile.isListed(path), !GGUFPair.isFolder(path) else { return nil }
    let manifest = try OllamaManifest(path: path, blobs: root + "/blobs")
    if manifest.layer("adapter") != nil {
      throw .unsupported(
        path: path, detail: "it has an adapter (LoRA); only whole models can be read")
    }
    guard let text = manifest.layer("model") else {
      throw .unsupported(
        path: path,
        detail: manifest.layer("tensor") == nil
          ? "it lists no model file" : "it is in ollama's own tensor layout; pull a GGUF model")
    }
    var model = LocatedModel(path: try manifest.wholeBlob(text), name: name.text, store: title)
    model.projector = try manifest.layer("projector").map { (layer) throws(WeightError) in
      try manifest.wholeBlob(layer)
    }
    // The layer was called "prompt" before 2024.
    model.template = try manifest.text("template", "prompt").map {
      .init(source: "ollama's template", text: $0)
    }
    model.system = try manifest.text("system").map { .init(source: "ollama", text: $0) }
    model.stops = try manifest.stops()
    return model
  }
}
