/// A LLaVA model: vision tower, two-layer projector, decoder. Or a decoder alone, which reads text only.
public struct ModelConfiguration: Sendable, Equatable {
  /// The tower, as far as it is run; nil for a text model alone.
  public var sight: VisionConfiguration?
  /// The decoder.
  public var text: TextConfiguration
  /// The token that marks the image, where the vocabulary has one. Its embedding is never used.
  public var imageToken: Int?

  init(vision: VisionConfiguration?, text: TextConfiguration, imageToken: Int?) {
    sight = vision
    self.text = text
    self.imageToken = imageToken
  }

  /// The tower of a model that has one.
  public var vision: VisionConfiguration {
    get {
      guard let sight else { preconditionFailure("a text model has no vision tower") }
      return sight
    }
    set { sight = newValue }
  }
}
