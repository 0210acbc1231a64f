import Basics
import Inference

/// How far the answer is from what the full cache would have said, token by token.
struct Quality: Sendable, Equatable {
  /// Whether answers are scored.
  var isOn = false
  /// Divergences of the answer's tokens so far and of its end, in nats.
  private(set) var divergences: [Double] = []
  /// Tokens at which both caches find the same token most probable.
  private(set) var agreed = 0
  /// UTF-8 offset at which the newest piece of the answer begins.
  var lastPiece = 0
  private(set) var twinBytes = 0
  private(set) var approximateFrom: Int?
  /// The answer at other budgets; nil until it is scored there.
  var curve: BudgetCurve?

  /// An answer begins.
  mutating func begin() {
    divergences = []
    agreed = 0
    lastPiece = 0
    twinBytes = 0
    approximateFrom = nil
    curve = nil
  }

  mutating func add(_ token: TokenQuality) {
    divergences.append(token.divergence)
    if token.other == nil { agreed += 1 }
    twinBytes = token.twinBytes
    approximateFrom = token.approximateFrom
  }

  var mean: Double? {
    divergences.isEmpty ? nil : divergences.reduce(0, +) / Double(divergences.count)
  }

  /// Share of the tokens that the full cache finds most probable, too.
  var agreement: Double? {
    divergences.isEmpty ? nil : Double(agreed) / Double(divergences.count)
  }
}

extension AppState {
  mutating func take(_ token: TokenQuality) {
    quality.add(token)
    guard !token.isEnd, let index = runningAnswer else { return }
    if let last = transcript[index].pieces.indices.last {
      transcript[index].pieces[last].quality = token
    }
    guard let other = token.other, transcript[index].difference == nil else { return }
    let end = transcript[index].text.utf8.count
    // A token whose characters are not complete yet has no place of its own.
    guard quality.lastPiece < end else { return }
    let piece = transcript[index].text.utf8Slice(quality.lastPiece..<end)
    let start = quality.lastPiece + piece.prefix { $0 == " " }.utf8.count
    guard start < end else { return }
    transcript[index].difference = Message.Difference(
      place: start..<end, other: other.trimmingBlanks)
  }

  /// Begins or ends scoring, and says first what it costs.
  mutating func setTwin(_ isOn: Bool) -> [AppEffect] {
    quality.isOn = isOn
    guard isOn else {
      quality.begin()
      acknowledge("the twin is off; answers are no longer scored")
      return [.post(.setTwin(false))]
    }
    let bytes = cache.map { $0.bytesFull }.flatMap { $0 > 0 ? Format.bytes($0) : nil }
    acknowledge(
      "twin on from the next answer: a second, full cache (\(bytes ?? "as large as the first at 100 %")) "
        + "and its attention, but weights are read once; F4 ends it")
    return [.post(.setTwin(true))]
  }
}

extension String {
  /// Without the blanks at both ends.
  var trimmingBlanks: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
