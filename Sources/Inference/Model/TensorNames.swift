/// The names of one weight in the two families of files, without the prefix that a layout puts in
/// front.
struct TensorNames: Sendable {
  /// In Hugging Face folders and LLaVA's own: the name that transformers gives it.
  let transformers: String
  /// In GGUF files: the name that llama.cpp gives it.
  let gguf: String

  init(_ transformers: String, gguf: String) {
    self.transformers = transformers
    self.gguf = gguf
  }
}

/// How one layout names the tensors of an architecture: the family of names, and their prefixes.
///
/// Every prefix is accepted for every part: published files, files saved by transformers from 4.52 on
/// and files built by transformers 5 differ, and a re-saved model can mix them.
struct TensorNaming: Sendable {
  /// Which of a weight's names this layout uses.
  let family: @Sendable (TensorNames) -> String
  /// Prefixes of the decoder's embedding, blocks and final norm, the likeliest first.
  let decoder: [String]
  /// Prefixes of the output head.
  let head: [String]
  /// Prefixes of the tower's weights.
  let tower: [String]
  /// What precedes "weight" and "bias" of the projector's two layers.
  let projector: (first: [String], second: [String])
  /// What precedes them in the norm in front of the projector, which only ViP-LLaVA has.
  var projectorNorm: [String] = []
  /// Names of the row that ends each row of the map of tiles.
  var newline: [String] = []
  /// Whether the tower's two feed-forward matrices have each other's name, as in the vision files
  /// that llama.cpp converted before 2025.
  var towerFeedForwardIsSwapped = false
  /// Names of tensors in the layout's containers that do not belong to the model and are skipped.
  var foreign: [TensorPattern] = []

  /// Every name that the part may have in this layout, the likeliest first.
  func names(of part: ModelPart, in configuration: ModelConfiguration) -> [String] {
    let text = configuration.text
    switch part {
    case .imageNewline: return newline
    case .projectorNormWeight: return projectorNorm.map { $0 + "weight" }
    case .projectorNormBias: return projectorNorm.map { $0 + "bias" }
    case .projector1Weight: return projector.first.map { $0 + "weight" }
    case .projector1Bias: return projector.first.map { $0 + "bias" }
    case .projector2Weight: return projector.second.map { $0 + "weight" }
    case .projector2Bias: return projector.second.map { $0 + "bias" }
    case .outputHead where text.headIsTied:
      return names(of: .tokenEmbedding, in: configuration)
    case .outputHead: return head.map { $0 + family(text.decoder.head) }
    case .tokenEmbedding: return decoder.map { $0 + family(text.decoder.embedding) }
    case .finalNorm: return decoder.map { $0 + family(text.decoder.finalNorm) }
    case .textBlock(let layer, let part):
      guard let own = text.decoder.names(of: part) else { return [] }
      return decoder.map { $0 + family(text.decoder.blocks) + "\(layer)." + family(own) }
    case .visionBlock(let layer, let part):
      let vision = configuration.vision
      guard let own = vision.tower.block[towerFeedForwardIsSwapped ? part.swapped : part] else {
        return []
      }
      return tower.map { $0 + family(vision.tower.blocks) + "\(layer)." + family(own) }
    case .visionClassEmbedding, .visionPatchEmbedding, .visionPatchBias,
      .visionPositionEmbedding, .visionPreNormWeight, .visionPreNormBias:
      guard let own = configuration.vision.tower.outside[part] else { return [] }
      return tower.map { $0 + family(own) }
    }
  }

  /// Whether a tensor that is no part of the model may be ignored without changing an answer.
  func isHarmless(_ name: String, in configuration: ModelConfiguration) -> Bool {
    let text = configuration.text
    if foreign.contains(where: { $0.matches(name) }) { return true }
    if text.headIsTied, head.contains(where: { $0 + family(text.decoder.head) == name }) {
      return true  // A tied head is a copy of the embedding, which is used instead.
    }
    for rest in remainders(of: name, behind: decoder)
    where text.decoder.unread.contains(where: { $0.matches(rest) }) {
      return true
    }
    guard let vision = configuration.sight else { return false }
    for rest in remainders(of: name, behind: tower) {
      if vision.tower.unread.contains(where: { $0.matches(rest) }) { return true }
      if isBehindFeatures(rest, vision) { return true }
    }
    return false
  }

  private func remainders(of name: String, behind prefixes: [String]) -> [Substring] {
    prefixes.filter { name.hasPrefix($0) }.map { name.dropFirst($0.count) }
  }

  /// Whether a tensor belongs to a block after the last feature layer, which is never run.
  private func isBehindFeatures(_ name: Substring, _ vision: VisionConfiguration) -> Bool {
    let blocks = family(vision.tower.blocks)
    guard name.hasPrefix(blocks) else { return false }
    let rest = name.dropFirst(blocks.count)
    guard let dot = rest.firstIndex(of: "."), let layer = Int(rest[..<dot]),
      layer >= vision.layers
    else { return false }
    let own = rest[rest.index(after: dot)...]
    return vision.tower.block.values.contains { family($0) == own }
  }
}

/// A pattern for names of tensors: a whole name, or the beginning or end of one.
enum TensorPattern: Sendable {
  case name(String)
  case prefix(String)
  case suffix(String)

  func matches(_ name: some StringProtocol) -> Bool {
    switch self {
    case .name(let whole): name == whole
    case .prefix(let begin): name.hasPrefix(begin)
    case .suffix(let end): name.hasSuffix(end)
    }
  }
}

extension VisionBlockPart {
  /// The part that has this one's name when the names of the feed-forward matrices are swapped.
  fileprivate var swapped: VisionBlockPart {
    switch self {
    case .fc1Weight: .fc2Weight
    case .fc1Bias: .fc2Bias
    case .fc2Weight: .fc1Weight
    case .fc2Bias: .fc1Bias
    default: self
    }
  }
}
