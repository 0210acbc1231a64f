import Basics
import Inference
import KVCache

/// What `inspect --json` prints; docs/schema/inspect.json describes it.
struct InspectRecord: Encodable {
  struct Vision: Encodable {
    let imageSide: Int
    let patch: Int
    let patches: Int
    let layers: Int
    let width: Int
    let heads: Int
    let feedForward: Int
    let tower: String
    let featureLayers: [Int]
    /// How a picture is brought to the tower.
    let route: String
    /// null where the model looks at one square.
    @Nullable var tiles: Tiles?
    /// Rows of the largest picture in a prompt.
    let maximumRows: Int
  }

  /// How pictures are cut.
  struct Tiles: Encodable {
    /// Widths and heights in pixels, in the order of the model's files.
    let canvases: [[Int]]
    let packing: String
    /// In tiles; null where maps are never shrunk.
    @Nullable var largestMap: Int?
  }

  struct Text: Encodable {
    let layers: Int
    let width: Int
    let heads: Int
    let headDim: Int
    let kvHeads: Int
    let feedForward: Int
    let vocabulary: Int
    let context: Int
    /// By layer; null: all positions.
    let windows: [Int?]
    let ropeBase: Double
    let epsilon: Double
  }

  struct EndToken: Encodable {
    let id: Int
    let text: String
  }

  struct Tensor: Encodable {
    let name: String
    let type: String
    let shape: [Int]
    let bytes: Int
  }

  let model: String
  let path: String
  let layout: String
  /// The store that it was found in; null for a path.
  @Nullable var store: String?
  /// Stores asked later that have the name, too.
  let alsoIn: [String]
  /// Tokens that end an answer; the first is what the template writes behind one.
  let endTokens: [EndToken]
  /// Texts of those tokens, and further texts at which answers end.
  let stops: [String]
  /// The sentence that tells the model its role, as the store has it.
  @Nullable var system: String?
  let template: String
  /// How the template was found.
  let templateReason: String
  let parameters: Int
  let weightBytes: Int
  /// Left out for a text model alone.
  let vision: Vision?
  let text: Text
  /// By precision; without those that do not fit the heads.
  let cacheBytesPerPosition: [String: Int]
  let tensors: [Tensor]

  init(_ report: ModelReport) {
    model = report.name
    path = report.path
    layout = report.layout
    store = report.source.store
    alsoIn = report.source.alsoIn
    endTokens = report.endTokens.map { EndToken(id: $0.id, text: $0.text) }
    stops = report.endTokens.map(\.text) + report.stopTexts
    system = report.source.system?.text
    template = report.template.template.name
    templateReason = report.template.explanation
    parameters = report.parameters
    weightBytes = report.weightBytes
    let text = report.configuration.text
    self.vision = report.configuration.sight.map { vision in
      Vision(
        imageSide: vision.imageSide, patch: vision.patch, patches: vision.patches,
        layers: vision.layers, width: vision.width, heads: vision.heads,
        feedForward: vision.feedForward, tower: vision.tower.name,
        featureLayers: vision.featureLayers, route: report.configuration.route.rawValue,
        tiles: report.configuration.tiling.map { tiling in
          Tiles(
            canvases: tiling.canvases.map { [$0.width, $0.height] },
            packing: tiling.packing.rawValue, largestMap: tiling.largestMap)
        }, maximumRows: report.configuration.maximumImageRows)
    }
    self.text = Text(
      layers: text.layers, width: text.width, heads: text.heads, headDim: text.headDim,
      kvHeads: text.kvHeads, feedForward: text.feedForward, vocabulary: text.vocabulary,
      context: text.context, windows: text.windows, ropeBase: text.rotary.base,
      epsilon: Double(text.epsilon))
    cacheBytesPerPosition = CachePrecision.allCases.reduce(into: [:]) { bytes, precision in
      bytes["\(precision)"] = report.cacheBytesPerPosition(precision)
    }
    tensors = report.tensors.map {
      Tensor(name: $0.name, type: $0.type.rawValue, shape: $0.shape, bytes: $0.bytes)
    }
  }
}
