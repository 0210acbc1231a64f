import Foundation

/// The list of files that make up one model of ollama. The files ("blobs") are named by their digest.
///
/// Source: `server/manifest.go` and `server/images.go` of https://github.com/ollama/ollama.
struct OllamaManifest {
  /// One file of the model.
  struct Layer: Decodable {
    let mediaType: String
    let digest: String
    var size: Int?
  }

  private struct Content: Decodable { let layers: [Layer]? }

  let path: String
  /// The folder of the blobs.
  let blobs: String
  let layers: [Layer]

  /// The largest manifest that is read; real ones have about a thousand bytes.
  static let maximumBytes = 1 << 20
  private static let maximumLayers = 1000
  private static let kind = "application/vnd.ollama.image."

  init(path: String, blobs: String) throws(WeightError) {
    let file = try MappedFile(path: path)
    guard file.bytes.count <= Self.maximumBytes else {
      throw .damaged(
        path: path, detail: "it has \(file.bytes.count) bytes, too many for a manifest")
    }
    let content: Content
    do {
      content = try JSONDecoder().decode(Content.self, from: file.contents())
    } catch {
      throw .damaged(path: path, detail: "it is no manifest of ollama (JSON with a list of layers)")
    }
    let layers = content.layers ?? []
    guard 1...Self.maximumLayers ~= layers.count else {
      throw .damaged(path: path, detail: "it lists \(layers.count) layers; a model has a few")
    }
    self.path = path
    self.blobs = blobs
    self.layers = layers
  }

  /// The first layer of a kind ("model", "projector"); nil when there is none.
  func layer(_ kind: String) -> Layer? { layers.first { $0.mediaType == Self.kind + kind } }

  /// A blob's path.
  ///
  /// - Throws: `WeightError` when the digest is malformed (so that no path leads out of the folder)
  ///   or the file is not there.
  func blob(_ layer: Layer) throws(WeightError) -> String {
    let digest = layer.digest.replacing("sha256:", with: "sha256-", maxReplacements: 1)
    guard digest.wholeMatch(of: /sha256-[0-9a-f]{64}/) != nil else {
      throw .damaged(
        path: path,
        detail: "its layer '\(shown(layer.mediaType))' has the digest "
          + "'\(shown(layer.digest))', which is not 'sha256:' and 64 hexadecimal digits")
    }
    let blob = blobs + "/" + digest
    guard MappedFile.isListed(blob) else {
      throw .damaged(
        path: path,
        detail:
          "the file of its layer '\(layer.mediaType)', '\(blob)', is not there; pull the model "
          + "again with ollama")
    }
    return blob
  }

  /// A blob that has as many bytes as the manifest says.
  func wholeBlob(_ layer: Layer) throws(WeightError) -> String {
    let blob = try blob(layer)
    let bytes = try MappedFile(path: blob).bytes.count
    guard layer.size.map({ $0 == bytes }) ?? true else {
      throw .damaged(
        path: blob,
        detail: "it has \(bytes) bytes and should have \(layer.size ?? 0); pull the model "
          + "again with ollama")
    }
    return blob
  }

  /// The text of a small blob; nil when there is no such layer or when it is blank.
  func text(_ kinds: String...) throws(WeightError) -> String? {
    guard let layer = kinds.lazy.compactMap({ self.layer($0) }).first, layer.size != 0 else {
      return nil
    }
    let blob = try blob(layer)
    let file = try MappedFile(path: blob)
    guard file.bytes.count <= Self.maximumBytes else {
      throw .damaged(
        path: blob,
        detail: "it has \(file.bytes.count) bytes, too many for the layer "
          + "'\(shown(layer.mediaType))'")
    }
    let text = String(decoding: file.contents(), as: UTF8.self)
    return text.allSatisfy(\.isWhitespace) ? nil : text
  }

  /// The texts that end an answer, from the layer of parameters.
  func stops() throws(WeightError) -> [String] {
    guard let text = try text("params"), let layer = layer("params") else { return [] }
    let file = try ConfigurationFile(path: blob(layer), data: Data(text.utf8))
    guard file.has("stop") else { return [] }
    let stops = try file.isList("stop") ? file.texts("stop") : [file.string("stop", default: "")]
    guard stops.count <= 64, stops.allSatisfy({ 1...256 ~= $0.utf8.count }) else {
      throw file.invalid("stop", expected: "at most 64 words of at most 256 bytes, none empty")
    }
    return stops
  }

  private func shown(_ text: String) -> String { String(text.prefix(80)) }
}
