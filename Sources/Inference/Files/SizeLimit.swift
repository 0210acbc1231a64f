/// The sizes that a file may claim for a model. They are generous for real models (LLaVA-1.5-13B:
/// width 5120, 40 layers), and tight enough that no product of sizes overflows.
enum SizeLimit {
  static let width = 1...65_536
  static let layers = 1...512
  static let featureLayers = 1...16
  static let heads = 1...1024
  static let headDim = 2...4096
  static let feedForward = 1...1_048_576
  static let vocabulary = 1...4_194_304
  static let context = 1...16_777_216
  static let imageSide = 1...4096
  static let canvases = 1...1024
  /// LLaVA-OneVision's largest canvas has 36.
  static let canvasTiles = 1...144
  static let canvasPixels = 64 << 20
  static let epsilon = 1e-12...1e-1
  static let ropeBase = 1.0...1e12
  /// Divisors of frequencies, factors of cosines, and factors that a context is stretched by.
  static let ropeFactor = 1e-3...1e6
}
