extension ImagePreprocessor {
  /// The preprocessing a model's vision tower was trained with.
  public init(_ vision: VisionConfiguration) {
    self.init(side: vision.imageSide, mean: vision.mean, std: vision.std)
  }
}
