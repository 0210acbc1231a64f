import Inference
import KVCache

/// Times of the answers so far.
struct SpeedHistory: Sendable, Equatable {
  static let capacity = 512
  /// Tokens per second after each token, newest last.
  private(set) var rates: [Double] = []
  var timeToFirstToken: Duration?
  var lastChange: ReconfigurationReport?
  /// Passes per second that the memory's bandwidth allows; nil where it was not measured.
  var bound: Double?
  /// Tokens that each pass of the last answer brought, more than 1 where it looked ahead.
  private(set) var tokensPerPass = 1.0
  /// Tokens per second of the running answer so far, or of the last one as a whole: the one figure
  /// that heading and footnote show.
  private(set) var current: Double?
  /// How long the last prompt took for each of its positions.
  private var readingTime: Duration?

  mutating func add(_ rate: Double) {
    guard rate.isFinite, rate > 0 else { return }
    if rates.count == Self.capacity { rates.removeFirst(Self.capacity / 4) }
    rates.append(rate)
    current = rate
  }

  /// A prompt was read.
  mutating func read(_ positions: Int, in time: Duration) {
    timeToFirstToken = time
    if positions > 0 { readingTime = time / positions }
  }

  /// How long it takes to read so many positions, by the last prompt; nil before there was one.
  func readingTime(_ positions: Int) -> Duration? { readingTime.map { $0 * positions } }

  mutating func finish(_ statistics: AnswerStatistics) {
    timeToFirstToken = statistics.timeToFirstToken
    guard statistics.generatedTokens > 0 else { return }
    current = statistics.decodeTokensPerSecond
    let accepted = statistics.lookAhead?.accepted ?? 0
    tokensPerPass =
      Double(statistics.generatedTokens) / Double(max(1, statistics.generatedTokens - accepted))
  }
}
