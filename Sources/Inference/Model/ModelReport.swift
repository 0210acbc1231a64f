import Basics
import Foundation
import KVCache

/// What `prefixkv inspect` shows of a model: its architecture, its tensors and the memory it takes.
public struct ModelReport: Sendable {
  /// One tensor, as it is stored.
  public struct TensorRow: Sendable {
    /// As the file calls it.
    public let name: String
    /// Outermost dimension first.
    public let shape: [Int]
    /// How its elements are stored.
    public let type: ElementType
    /// Bytes in the file.
    public let bytes: Int
  }

  /// A token that ends an answer.
  public struct EndToken: Sendable, Equatable {
    /// Its number in the vocabulary.
    public let id: Int
    /// As the tokenizer's file spells it.
    public let text: String
  }

  /// The folder's or file's name.
  public let name: String
  /// Where it was opened.
  public let path: String
  /// Where it was found, and what its store says of it.
  public let source: LocatedModel
  /// The tokens that end an answer, whichever file names them: first the one that the template writes
  /// behind an answer, then the others by their numbers.
  public let endTokens: [EndToken]
  /// Texts at which answers end, too: the template's own, and those that the store names.
  public let stopTexts: [String]
  /// "Hugging Face", "LLaVA" or "GGUF".
  public let layout: String
  /// Its prompt template, and how it was found.
  public let template: TemplateChoice
  /// Architecture and sizes.
  public let configuration: ModelConfiguration
  /// Pieces of the tokenizer.
  public let pieces: Int
  /// Numbers in the weights that the forward pass uses.
  public let parameters: Int
  /// Bytes of those weights as stored.
  public let weightBytes: Int
  /// The type that stands for the model: see `CheckpointHeaders.weightType`.
  public let weightType: ElementType
  /// Stored bytes by type over all tensors, largest first.
  public let bytesByType: [(type: ElementType, bytes: Int)]
  /// In file order.
  public let tensors: [TensorRow]

  /// Describes an open model; nothing more is read.
  public init(_ checkpoint: Checkpoint) {
    name = checkpoint.name
    path = checkpoint.path
    source = checkpoint.source
    let specials = checkpoint.tokenizer.specials
    endTokens = ([specials.end] + specials.ends.subtracting([specials.end]).sorted()).map { id in
      EndToken(id: id, text: checkpoint.tokenizer.piece(id) ?? "token \(id)")
    }
    stopTexts = [checkpoint.template.stopString].compactMap(\.self) + checkpoint.stopTexts
    layout = checkpoint.layout
    template = checkpoint.templateChoice
    configuration = checkpoint.configuration
    pieces = checkpoint.tokenizer.count
    parameters = checkpoint.parameters
    weightBytes = checkpoint.weightBytes
    weightType = checkpoint.weightType
    let sums = Dictionary(checkpoint.tensors.map { ($0.type, $0.bytes.count) }, uniquingKeysWith: +)
    bytesByType = sums.map { (type: $0.key, bytes: $0.value) }
      .sorted { ($1.bytes, $0.type.rawValue) < ($0.bytes, $1.type.rawValue) }
    tensors = checkpoint.tensors.map {
      TensorRow(name: $0.name, shape: $0.shape, type: $0.type, bytes: $0.bytes.count)
    }
  }

  /// Bytes of K and V of all layers at one position, nothing evicted; nil when the precision does not
  /// fit the heads.
  public func cacheBytesPerPosition(_ precision: CachePrecision) -> Int? {
    let text = configuration.text
    let shape = try? CacheShape(
      layers: text.layers, kvHeads: text.kvHeads, headDim: text.headDim, precision: precision)
    return shape.map { $0.bytesPerEntry * text.layers }
  }

  // MARK: Text

  /// The report in lines of text, without the list of tensors.
  public var summary: String {
    ([("model", "\(name) (\(layout) layout)"), ("path", path)] + found + architecture + memory)
      .map { label, value in
        label.padding(toLength: 14, withPad: " ", startingAt: 0) + DisplayText.oneLine(value)
      }
      .joined(separator: "\n")
  }

  /// The report with one line for each tensor.
  public var text: String {
    let names = tensors.map { DisplayText.oneLine($0.name) }
    let width = names.map { DisplayText.width($0) }.max() ?? 0
    let rows = zip(tensors, names).map { tensor, name in
      let padding = String(repeating: " ", count: width - DisplayText.width(name))
      let type = tensor.type.label.padding(toLength: 5, withPad: " ", startingAt: 0)
      return "\(name)\(padding)  \(type) \(tensor.shape)"
    }
    return ([summary, "", "\(tensors.count) tensors:"] + rows).joined(separator: "\n")
  }

  private var found: [(String, String)] {
    var rows: [(String, String)] = []
    if let store = source.store {
      let others = source.alsoIn.map { "; the name is also in \($0), which is asked later" }
      rows.append(("found in", store + others.joined()))
    }
    if let projector = source.projector { rows.append(("vision file", projector)) }
    if let system = source.system {
      let hasPlace = template.template.systemSentence != nil
      rows.append(
        (
          "system",
          "\(system.source) says: \(system.text)"
            + (hasPlace ? "" : " (the template has no place for it)")
        ))
    }
    return rows
  }

  private var architecture: [(String, String)] {
    let text = configuration.text
    return sight + [
      (
        "text",
        "\(text.decoder.name), \(text.layers) layers, width \(text.width), \(text.heads) heads of \(text.headDim), "
          + "\(text.kvHeads) key/value heads, feed-forward \(text.feedForward)"
      ),
      (
        "positions",
        "\(text.context)\(window), rotary base \(text.rotary.summary), RMS epsilon \(text.epsilon)"
      ),
      ("vocabulary", "\(text.vocabulary) rows, \(pieces) pieces"),
      ("template", "\(template.template.name), \(template.explanation)"),
      ("answers end", ends),
    ]
  }

  /// "at </s> (2), <|im_end|> (7); at the text '[INST]'".
  private var ends: String {
    let tokens = endTokens.map { "\($0.text) (\($0.id))" }.joined(separator: ", ")
    let texts = stopTexts.map { "'\($0)'" }.joined(separator: ", ")
    let word = stopTexts.count == 1 ? "text" : "texts"
    return "at \(tokens)" + (texts.isEmpty ? "" : "; at the \(word) \(texts)")
  }

  /// The window of attention, as part of a sentence; empty where every layer sees all positions.
  private var window: String {
    let windows = configuration.text.windows.compactMap(\.self)
    guard let first = windows.first else { return "" }
    let layers = configuration.text.layers
    return ", window of \(first)"
      + (windows.count == layers ? "" : " in \(windows.count) of \(layers) layers")
  }

  private var sight: [(String, String)] {
    guard let vision = configuration.sight else {
      return [("vision", "none: a text model alone, which sees no pictures")]
    }
    return [
      (
        "vision",
        "\(vision.tower.name), \(vision.imageSide) px in \(vision.patches) patches of \(vision.patch) px; "
          + "\(vision.layers) blocks, width \(vision.width), \(vision.heads) heads, "
          + "feed-forward \(vision.feedForward)"
      ),
      ("features", features),
      ("picture", picture),
      (
        "projector",
        "\(vision.featureWidth) to \(configuration.text.width) to \(configuration.text.width), GELU"
      ),
    ]
  }

  /// "hidden state 23", "hidden states 22, 19, 16, 13, 6".
  private var features: String {
    let vision = configuration.vision
    let layers = vision.featureLayers.map { "\($0)" }.joined(separator: ", ")
    let name = vision.featureLayers.count == 1 ? "hidden state" : "hidden states"
    let row =
      vision.tower.rowsBeforePatches == 0 ? "" : vision.keepsClassRow ? ", class row kept" : ""
    return "\(name) \(layers)\(row)"
  }

  /// How a picture is brought to the tower, and the rows that it takes.
  private var picture: String {
    guard let tiling = configuration.tiling else {
      return "\(configuration.route.rawValue), \(configuration.vision.features) rows"
    }
    let largest = tiling.largestMap.map { ", maps above \($0) tiles shrunk" } ?? ""
    return "anyres, \(tiling.packing.rawValue), \(tiling.canvases.count) canvases "
      + "of up to \(mostTiles) tiles\(largest); at most \(configuration.maximumImageRows) rows"
  }

  /// "288 MiB a picture, "; nothing for a text model alone.
  private func picture(_ bytesPerPosition: Int) -> String {
    guard configuration.sight != nil else { return "" }
    return Format.bytes(bytesPerPosition * configuration.maximumImageRows)
      + " a picture\(configuration.tiling == nil ? "" : " at most"), "
  }

  /// Tiles of the largest canvas.
  private var mostTiles: Int {
    let side = configuration.vision.imageSide
    return (configuration.tiling?.canvases ?? []).map { ($0.width / side) * ($0.height / side) }
      .max() ?? 0
  }

  private var memory: [(String, String)] {
    let types = bytesByType.map { "\($0.type.label) \(Format.bytes($0.bytes))" }
    var rows = [
      (
        "weights",
        "\(weightType.label), \(Format.bytes(weightBytes)) in use, \(parameters) parameters; stored: "
          + types.joined(separator: ", ")
      )
    ]
    let context = configuration.text.context
    for precision in CachePrecision.allCases {
      guard let bytes = cacheBytesPerPosition(precision) else { continue }
      rows.append(
        (
          "cache \(precision)",
          "\(Format.bytes(bytes)) a position, " + picture(bytes)
            + "\(Format.bytes(bytes * context)) for all \(context) positions; "
            + "\(Format.bytes(bytes * context / 5)) of it at a budget of 20 %"
        ))
    }
    return rows
  }
}
