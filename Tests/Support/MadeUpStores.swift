import Foundation

/// A home folder with models as other programs keep them, made up from the tiny models of the fixtures.
/// Whatever it does not hold, a machine without models does not have either.
public struct MadeUpStores {
  public let home: String

  public init(home: String) { self.home = home }

  /// What a process is given to see these stores and no other.
  public var environment: [String: String] {
    [
      "HOME": home, "OLLAMA_MODELS": home + "/ollama", "HF_HUB_CACHE": home + "/hub",
      "PREFIXKV_MODELS": home + "/mine",
    ]
  }

  public static let text = Oracle.path("models/tiny-mha/gguf/tiny-mha-q8_0.gguf")
  public static let otherText = Oracle.path("models/tiny-mha/gguf/tiny-mha-q4_0.gguf")
  public static let vision = Oracle.path("models/tiny-mha/gguf/mmproj-tiny-mha-q8_0.gguf")
  public static let folder = Oracle.path("models/tiny-mha/hf")

  // MARK: Files

  /// A link below the home folder to a file or a folder.
  @discardableResult
  public func link(_ target: String, at path: String) throws -> String {
    let path = home + "/" + path
    try makeFolder(above: path)
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
    return path
  }

  @discardableResult
  public func write(_ text: String, to path: String) throws -> String {
    let path = home + "/" + path
    try makeFolder(above: path)
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    return path
  }

  private func makeFolder(above path: String) throws {
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
  }

  // MARK: Stores

  /// A repository of the Hugging Face cache, its files as links to blobs.
  ///
  /// - Parameters:
  ///   - files: names and what they link to.
  ///   - reference: which revision `refs/main` names; nil writes none.
  public func repository(
    _ name: String, revision: String = "0123abcd", files: [String: String],
    reference: String? = "0123abcd"
  ) throws {
    let folder = "hub/models--" + name.replacingOccurrences(of: "/", with: "--")
    for (file, target) in files {
      try link(target, at: "\(folder)/snapshots/\(revision)/\(file)")
    }
    if let reference { try write(reference + "\n", to: folder + "/refs/main") }
  }

  /// Every file of the tiny model in the Hugging Face layout.
  public static func huggingFaceFiles() throws -> [String: String] {
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    return Dictionary(uniqueKeysWithValues: names.map { ($0, folder + "/" + $0) })
  }

  /// A model of ollama: a manifest, and a blob for each layer.
  ///
  /// - Parameters:
  ///   - path: below the folder of manifests.
  ///   - texts: the contents of layers by their kind.
  public func ollama(
    _ path: String, text: String? = text, vision: String? = vision, texts: [String: String] = [:]
  ) throws {
    var layers: [String] = []
    func add(_ kind: String, bytes: Int, place: (String) throws -> Void) throws {
      let digest = Self.digest(path + kind)
      try place("ollama/blobs/sha256-" + digest)
      layers.append(
        #"{"mediaType": "application/vnd.ollama.image.\#(kind)", "digest": "sha256:\#(digest)", "#
          + #""size": \#(bytes)}"#)
    }
    for (kind, file) in [("model", text), ("projector", vision)] {
      guard let file else { continue }
      let size = try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int
      try add(kind, bytes: size ?? 0) { _ = try link(file, at: $0) }
    }
    for (kind, content) in texts.sorted(by: { $0.key < $1.key }) {
      try add(kind, bytes: content.utf8.count) { _ = try write(content, to: $0) }
    }
    try write(
      #"{"schemaVersion": 2, "layers": [\#(layers.joined(separator: ", "))]}"#,
      to: "ollama/manifests/" + path)
  }

  /// Sixty-four hexadecimal digits that belong to a text.
  public static func digest(_ text: String) -> String {
    var state: UInt64 = 14_695_981_039_346_656_037
    for byte in text.utf8 { state = (state ^ UInt64(byte)) &* 1_099_511_628_211 }
    let digits = String(state, radix: 16)
    return String(
      (String(repeating: "0", count: 16 - digits.count) + digits + String(repeating: "0", count: 48))
        .prefix(64))
  }
}
