/// A LLaVA model: vision tower, two-layer projector, decoder.
public struct ModelConfiguration: Sendable, Equatable {
  /// The tower, as far as it is run.
  public var vision: VisionConfiguration
  /// The decoder.
  public var text: TextConfiguration
  /// The token that marks the image, where the vocabulary has one. Its embedding is never used.
  public var imageToken: Int?
}
