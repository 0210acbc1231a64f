/// The weights that resample a picture along one axis, for a window of the outputs.
///
/// The picture may lie inside a larger side filled with one colour. That margin is never stored:
/// its part of each output is the colour times the sum of its weights, which is exact in integers.
struct ResamplingAxis {
  struct Output {
    /// The first sample of the picture that the output depends on.
    var start: Int
    /// How many samples it depends on.
    var count: Int
    /// Where their weights begin in `weights`.
    var firstWeight: Int
    /// Sum of the weights that fall on the margin.
    var marginWeight: Int32
  }

  /// Fraction bits of a weight: of 32 bits, 8 hold the sample and 2 the overshoot of negative
  /// weights.
  private static let precision: Int32 = 32 - 8 - 2
  static let half: Int32 = 1 << (precision - 1)

  private(set) var outputs: [Output] = []
  private(set) var weights: [Int32] = []

  /// - Parameters:
  ///   - picture: Samples of the picture along this axis.
  ///   - side: Samples with the margins; the picture itself when nil.
  ///   - offset: Where in the side the picture begins.
  ///   - output: Outputs of the whole side.
  ///   - window: The outputs to compute; all when nil.
  init(picture: Int, side: Int? = nil, offset: Int = 0, output: Int, window: Range<Int>? = nil) {
    let side = side ?? picture
    let scale = Double(side) / Double(output)
    let filterScale = max(scale, 1)
    let support = 2 * filterScale
    let step = 1 / filterScale  // multiplied by, as Pillow does
    for index in window ?? 0..<output {
      let center = (Double(index) + 0.5) * scale
      let first = max(Int(center - support + 0.5), 0)
      let end = min(Int(center + support + 0.5), side)
      let shares = (first..<end).map { Self.cubic((Double($0) - center + 0.5) * step) }
      append(shares, first: first, picture: offset..<(offset + picture))
    }
  }

  /// One output whose samples begin at `first` of the side.
  private mutating func append(_ shares: [Double], first: Int, picture: Range<Int>) {
    let total = shares.reduce(0, +)
    var output = Output(
      start: max(first - picture.lowerBound, 0), count: 0, firstWeight: weights.count,
      marginWeight: 0)
    for (index, share) in shares.enumerated() {
      let weight = Self.fixedPoint(total == 0 ? share : share / total)
      if picture.contains(first + index) {
        weights.append(weight)
        output.count += 1
      } else {
        output.marginWeight = output.marginWeight &+ weight
      }
    }
    if output.count == 0 { output.start = 0 }
    outputs.append(output)
  }

  /// The samples that any output needs; empty when the window shows only margin.
  var neededRange: Range<Int> {
    let used = outputs.filter { $0.count > 0 }
    guard let first = used.map(\.start).min() else { return 0..<0 }
    return first..<(used.map { $0.start + $0.count }.max() ?? first)
  }

  private static func fixedPoint(_ weight: Double) -> Int32 {
    let scaled = weight * Double(1 << precision)
    return Int32(weight < 0 ? scaled - 0.5 : scaled + 0.5)
  }

  @inline(__always)
  static func sample(_ sum: Int32) -> UInt8 { UInt8(clamping: sum >> precision) }

  /// Keys' cubic convolution kernel with a = -0.5.
  private static func cubic(_ position: Double) -> Double {
    let a = -0.5
    let x = abs(position)
    if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    if x < 2 { return (((x - 5) * x + 8) * x - 4) * a }
    return 0
  }
}
