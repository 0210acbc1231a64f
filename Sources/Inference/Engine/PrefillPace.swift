import Basics

/// Estimates how long a prompt will take to read, from what the machine has done so far.
///
/// The first estimate comes from encoding the picture: the vision tower and the decoder spend their time
/// in the same kind of products. After the first prompt its own speed counts.
struct PrefillPace {
  /// Multiplications and additions of one row through the tower, and of one position through the decoder.
  private let tileOperations: Double
  private let positionOperations: Double
  private var secondsPerPosition: Double?

  /// The shortest wait that is announced.
  private static let shortest = Duration.seconds(5)

  init(_ model: LlavaModel) {
    tileOperations = model.configuration.sight.map(Self.operations) ?? 0
    positionOperations = 2 * Double(model.configuration.text.layerWeights)
  }

  private static func operations(_ vision: VisionConfiguration) -> Double {
    let (rows, width) = (Double(vision.positions), Double(vision.width))
    return Double(vision.layers) * rows
      * (8 * width * width + 4 * width * Double(vision.feedForward) + 4 * rows * width)
  }

  /// - Parameter duration: that the whole picture took.
  mutating func encoded(_ layout: PictureLayout, in duration: Duration) {
    guard secondsPerPosition == nil, tileOperations > 0 else { return }
    let operations = tileOperations * Double(layout.tileCount)
    secondsPerPosition = duration / .seconds(1) / operations * positionOperations
  }

  /// - Parameter positions: read in `duration`.
  mutating func measured(positions: Int, in duration: Duration) {
    guard positions > 0 else { return }
    secondsPerPosition = duration / .seconds(1) / Double(positions)
  }

  /// How long so many positions will take; nil before anything was measured.
  func estimate(_ positions: Int) -> Duration? {
    secondsPerPosition.map { .seconds($0 * Double(positions)) }
  }

  /// Says how long a prompt will take, when that is long.
  func announce(_ positions: Int, to observer: any AnswerObserver) {
    guard let wait = estimate(positions), wait > Self.shortest else { return }
    observer.receive(
      .notice(
        "Reading \(Format.count(positions)) positions will take about \(Format.wholeSeconds(wait))."
      ))
  }
}
