/// What the engine reports about a model that was loaded.
public struct ModelSummary: Sendable, Equatable {
  /// As shown to users: the last part of the path.
  public var name: String
  /// Where it was loaded from.
  public var path: String
  /// For example "F16" or "Q4_0".
  public var weightType: String
  /// Decoder layers.
  public var layers: Int
  /// Weights in all.
  public var parameters: Int
  /// Bytes of all weights as they are held in memory.
  public var weightBytes: Int
  /// Positions the model was trained for.
  public var context: Int
  /// Positions that a square picture takes; 0 where the model sees none.
  public var imageTokens: Int
  /// About how much of an answer's speed a full-cache twin takes, in [0, 1).
  public var twinSlowdown: Double
  /// How questions are written for the model, and how that was found.
  public var template: TemplateChoice
  /// A sentence where a number of tiles changes nothing: see `ModelConfiguration.noTiles`.
  public var noTiles: String?
  /// A sentence when the model is not what a user would expect (the bundled one, for example).
  public var warning: String?

  /// Whether it can be shown a picture.
  public var seesPictures: Bool { imageTokens > 0 }

  package init(
    name: String, path: String, weightType: String, layers: Int, parameters: Int, weightBytes: Int,
    context: Int, imageTokens: Int, twinSlowdown: Double, template: TemplateChoice, warning: String?
  ) {
    self.name = name
    self.path = path
    self.weightType = weightType
    self.layers = layers
    self.parameters = parameters
    self.weightBytes = weightBytes
    self.context = context
    self.imageTokens = imageTokens
    self.twinSlowdown = twinSlowdown
    self.template = template
    self.warning = warning
  }
}

extension ModelSummary {
  /// What a user should know before the first question to the model that comes with the program.
  static let bundledNotice =
    "The bundled model knows simple drawings: shapes, pictograms, short texts, bar charts. "
    + "/model PATH loads a larger LLaVA."

  init(_ model: LlavaModel, template: TemplateChoice, path: String, isBundled: Bool) {
    self.init(
      name: model.checkpoint.name, path: path, weightType: model.checkpoint.weightType.label,
      layers: model.configuration.text.layers, parameters: model.checkpoint.parameters,
      weightBytes: model.weightBytes, context: model.configuration.text.context,
      imageTokens: model.configuration.maximumImageRows,
      twinSlowdown: FullCacheTwin.feeding(on: model).slowdown, template: template,
      warning: isBundled ? Self.bundledNotice : nil)
    noTiles = model.configuration.noTiles
  }
}
