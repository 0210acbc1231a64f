import Foundation

/// A token of an answer, and what the model found probable in its place.
public struct TokenChoice: Sendable, Equatable {
  /// A token that was not chosen.
  public struct Alternative: Sendable, Equatable {
    /// Its text, with the blank before it where it begins a word.
    public var text: String
    /// In [0, 1], at a temperature of 1 and among all tokens.
    public var probability: Double

    public init(text: String, probability: Double) {
      self.text = text
      self.probability = probability
    }
  }

  /// Where the token stands in the sequence.
  public var position: Int
  /// Its text by itself, with the blank before it where it begins a word.
  public var text: String
  /// In [0, 1], at a temperature of 1 and among all tokens.
  public var probability: Double
  /// The most probable other tokens, in descending order.
  public var others: [Alternative]

  public init(position: Int, text: String, probability: Double, others: [Alternative]) {
    self.position = position
    self.text = text
    self.probability = probability
    self.others = others
  }
}

extension TokenChoice {
  /// How many of the other tokens are kept.
  public static let alternatives = 5

  /// - Parameters:
  ///   - token: the one that was chosen.
  ///   - logits: `[vocabulary]` from which it was chosen.
  init(position: Int, token: Int, logits: [Float], tokenizer: Tokenizer) {
    let all = logits.withUnsafeBufferPointer { logits in
      logits.baseAddress.map { Vector.logSumExp($0, count: logits.count) } ?? 0
    }
    func probability(_ id: Int) -> Double { exp(Double(logits[id]) - Double(all)) }
    let others = Self.largest(Self.alternatives + 1, of: logits).filter { $0 != token }
    self.init(
      position: position, text: tokenizer.label(token), probability: probability(token),
      others: others.prefix(Self.alternatives).map {
        Alternative(text: tokenizer.label($0), probability: probability($0))
      })
  }

  /// Indices of the largest values in descending order; of equal ones the first. NaN is never among
  /// them.
  static func largest(_ count: Int, of values: [Float]) -> [Int] {
    var best: [Int] = []
    var least = -Float.infinity
    values.withUnsafeBufferPointer { values in
      for (index, value) in values.enumerated() where value > least || best.count < count {
        guard !value.isNaN else { continue }
        let place = best.firstIndex { values[$0] < value } ?? best.count
        best.insert(index, at: place)
        if best.count > count { best.removeLast() }
        if best.count == count { least = values[best[count - 1]] }
      }
    }
    return best
  }
}
