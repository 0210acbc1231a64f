extension ModelSummary {
  init(_ model: LlavaModel, path: String) {
    self.init(
      name: model.checkpoint.name, path: path, weightType: model.checkpoint.weightType.label,
      layers: model.configuration.text.layers, parameters: model.checkpoint.parameters,
      weightBytes: model.weightBytes, context: model.configuration.text.context,
      imageTokens: model.imageTokens, warning: nil)
  }
}
