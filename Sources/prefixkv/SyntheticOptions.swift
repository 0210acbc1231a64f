import ArgumentParser
import Inference

/// A model made of random weights in place of a file.
struct SyntheticOptions: ParsableArguments {
  @Option(
    name: .long,
    help: """
      Random weights of a known shape instead of a model, to measure this and other programs with: \
      \(SyntheticCheckpoint.shapes.map(\.name).joined(separator: ", ")).
      """, completion: .list(SyntheticCheckpoint.shapes.map(\.name)))
  var synthetic: String?

  @Option(
    name: .long,
    help: """
      Decoder layers of the random weights. Two depths are measured sooner than a whole model, and their \
      difference gives the time of a layer. Default: the shape's.
      """)
  var layers: Int?

  func validate() throws {
    guard let layers else { return }
    guard synthetic != nil else { throw ValidationError("--layers needs --synthetic.") }
    guard layers > 0 else { throw ValidationError("--layers \(layers) is below 1.") }
  }

  /// nil without `--synthetic`.
  func checkpoint(type: ElementType) throws -> Checkpoint? {
    try synthetic.map { try SyntheticCheckpoint.make(shape: $0, type: type, layers: layers) }
  }
}
