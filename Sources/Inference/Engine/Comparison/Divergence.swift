import Foundation

/// How the distributions of two caches differ.
enum Divergence {
  /// Kullback-Leibler divergence of softmax(q) from softmax(p) in nats: sum of p log(p / q).
  ///
  /// - Parameters:
  ///   - full: logits of the full cache, `[vocabulary]`.
  ///   - other: logits of another one, `[vocabulary]`.
  static func kullbackLeibler(
    _ full: UnsafeBufferPointer<Float>, _ other: UnsafeBufferPointer<Float>
  ) -> Double {
    let (p, q) = (logSum(full), logSum(other))
    var sum = 0.0
    for index in full.indices {
      let logP = Double(full[index]) - p
      sum += exp(logP) * (logP - (Double(other[index]) - q))
    }
    // Rounding can leave less than nothing.
    return max(0, sum)
  }

  /// log of the sum of exponentials.
  private static func logSum(_ logits: UnsafeBufferPointer<Float>) -> Double {
    let peak = Double(logits.max() ?? 0)
    return peak + log(logits.reduce(0.0) { $0 + exp(Double($1) - peak) })
  }
}

/// What the full cache makes of one prediction of another cache.
struct Verdict {
  /// In nats, at least 0.
  let divergence: Double
  /// The token that the full cache finds most probable; nil when both do.
  let other: Int?

  /// - Parameters:
  ///   - full: logits of the full cache, `[vocabulary]`.
  ///   - compressed: logits of the other one, `[vocabulary]`.
  init(full: UnsafeBufferPointer<Float>, compressed: UnsafeBufferPointer<Float>) {
    divergence = Divergence.kullbackLeibler(full, compressed)
    let likeliest = Sampler.argmax(full)
    other = likeliest == Sampler.argmax(compressed) ? nil : likeliest
  }
}

/// Sums of divergences over the tokens of an answer.
struct AgreementSum {
  private var divergence = 0.0
  private var agreed = 0
  private(set) var count = 0

  /// Takes up one prediction of both caches.
  mutating func add(_ verdict: Verdict) {
    divergence += verdict.divergence
    if verdict.other == nil { agreed += 1 }
    count += 1
  }

  /// The same of their logits, each `[vocabulary]`.
  mutating func add(_ full: ArraySlice<Float>, _ other: ArraySlice<Float>) {
    full.withUnsafeBufferPointer { full in
      other.withUnsafeBufferPointer { add(Verdict(full: full, compressed: $0)) }
    }
  }

  /// The agreement; full agreement for an empty answer.
  var agreement: Agreement {
    Agreement(
      meanKL: count == 0 ? 0 : divergence / Double(count),
      share: count == 0 ? 1 : Double(agreed) / Double(count))
  }
}
