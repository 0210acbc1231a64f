/// A model's name in ollama: `[HOST/][NAMESPACE/]MODEL[:TAG]`.
///
/// Source: `types/model/name.go` of https://github.com/ollama/ollama.
struct OllamaName: Equatable {
  var host = Self.usualHost
  var namespace = Self.usualNamespace
  let model: String
  var tag = Self.usualTag

  static let usualHost = "registry.ollama.ai"
  static let usualNamespace = "library"
  static let usualTag = "latest"

  /// nil for what cannot be such a name.
  init?(_ text: String) {
    var parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard let last = parts.popLast(), parts.count <= 2 else { return nil }
    let words = last.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    model = String(words[0])
    if words.count > 1 { tag = String(words[1]) }
    if let part = parts.popLast() { namespace = String(part) }
    if let part = parts.popLast() { host = String(part) }
    guard isValid else { return nil }
  }

  /// The name of a manifest by the folders it lies in.
  init?(host: String, namespace: String, model: String, tag: String) {
    self.host = host
    self.namespace = namespace
    self.model = model
    self.tag = tag
    guard isValid else { return nil }
  }

  private var isValid: Bool {
    Self.isPart(host, more: "-_.:", upTo: 350) && Self.isPart(namespace, more: "-_.", upTo: 80)
      && Self.isPart(model, more: "-_.", upTo: 80) && Self.isPart(tag, more: "-_.", upTo: 80)
  }

  /// Whether a text is one component of a path that leads down: it begins with a letter, digit or
  /// underscore, and may go on with these and with `more`.
  private static func isPart(_ part: String, more: String, upTo limit: Int) -> Bool {
    guard let first = part.utf8.first, part.utf8.count <= limit else { return false }
    func isWord(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
    return isWord(first) && part.utf8.allSatisfy { isWord($0) || more.utf8.contains($0) }
  }

  /// The path below the folder of manifests.
  var path: String { "\(host)/\(namespace)/\(model)/\(tag)" }

  /// The name as `ollama list` shows it: with its tag, without the usual host and namespace.
  var text: String {
    let front =
      host != Self.usualHost
      ? "\(host)/\(namespace)/" : namespace != Self.usualNamespace ? "\(namespace)/" : ""
    return "\(front)\(model):\(tag)"
  }
}
