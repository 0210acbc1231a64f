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
    guard !token.isEnd, let (index, piece) = place(of: token.position) else { return }
    transcript[index].pieces[piece].quality = token
    guard let other = token.other, transcript[index].difference == nil else { return }
    // A token whose characters were not complete yet has no place of its own.
    let place = transcript[index].pieces[piece].place
    let blanks = transcript[index].text.utf8Slice(place).prefix { $0 == " " }.utf8.count
    let start = place.lowerBound + blanks
    guard start < place.upperBound else { return }
    transcript[index].difference = Message.Difference(
      place: start..<place.upperBound, other: other.trimmingBlanks)
  }

  /// Begins or ends scoring, and says first what it costs.
  mutating func setTwin(_ isOn: Bool) -> [AppEffect] {
    quality.isOn = isOn
    guard isOn else {
      quality.begin()
      acknowledge("the twin is off; answers are no longer scored")
      return [.post(.setTwin(false))]
    }
    let bytes = cache.map { $0.bytesFull }.flatMap { $0 > 0 ? "+" + Format.bytes($0) : nil }
    let slowdown = model.map { ", about \(Format.percent($0.twinSlowdown)) slower" } ?? ""
    let cost = (bytes ?? "a second cache") + slowdown
    // The answer that is there can be scored, too: it is the same again.
    let isLater = isAnswering || lastQuestion == nil
    hasChangedSinceAnswer = true
    // As much as 80 columns hold.
    acknowledge(
      isLater
        ? "twin from the next answer on: \(cost)"
        : "twin: \(cost); /regenerate scores this answer")
    return [.post(.setTwin(true))]
  }
}

extension String {
  /// Without the blanks at both ends.
  var trimmingBlanks: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
