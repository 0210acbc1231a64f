extension ModelSummary {
  /// What a user should know before the first question to the model that comes with the program.
  static let bundledNotice =
    "The bundled model knows simple drawings: shapes, pictograms, short texts, bar charts. "
    + "/model PATH loads LLaVA-1.5."

  init(_ model: LlavaModel, path: String, isBundled: Bool) {
    self.init(
      name: model.checkpoint.name, path: path, weightType: model.checkpoint.weightType.label,
      layers: model.configuration.text.layers, parameters: model.checkpoint.parameters,
      weightBytes: model.weightBytes, context: model.configuration.text.context,
      imageTokens: model.imageTokens,
      warning: isBundled ? Self.bundledNotice : nil)
  }
}
