/// Fraction of entries *kept* over all layers, in (0, 1].
public struct Budget: Sendable, Hashable {
  /// Fraction kept, in (0, 1].
  public let share: Double
  /// The fraction that was asked for: less than `share` where that is the least that can be kept.
  public let asked: Double
  /// The budget that keeps everything.
  public static let full = Budget(unchecked: 1)

  private init(unchecked share: Double) { (self.share, asked) = (share, share) }

  /// A budget that keeps `share` of all entries.
  ///
  /// - Throws: `BudgetError.outOfRange` unless `0 < share <= 1`.
  public init(_ share: Double) throws(BudgetError) {
    guard share > 0, share <= 1 else { throw .outOfRange("\(share)") }
    self.init(unchecked: share)
  }

  /// The least budget that can be kept, in place of a smaller one that was asked for.
  ///
  /// - Throws: `BudgetError.outOfRange` unless `0 < share <= 1`.
  init(_ share: Double, insteadOf asked: Double) throws(BudgetError) {
    guard share > 0, share <= 1 else { throw .outOfRange("\(share)") }
    (self.share, self.asked) = (share, asked)
  }

  /// The fraction forgotten, 1 minus `share`: the reference's `ratio`, a decimal as typed. Since
  /// 1 - 0.9 is not exactly 0.1 in binary, a difference within rounding error of a short decimal
  /// becomes that decimal.
  public var forgotten: Double {
    let difference = 1 - share
    let decimal = (difference * 1e12).rounded() / 1e12
    return abs(difference - decimal) < 0x1p-52 ? decimal : difference
  }
}

/// Why a budget was refused.
public enum BudgetError: Error, Equatable, CustomStringConvertible {
  /// A share outside (0, 1], as it was typed.
  case outOfRange(String)
  /// A number of entries or bytes below 1, as it was typed.
  case tooFew(String)
  /// More entries or bytes than any machine holds, as they were typed.
  case tooMany(String)
  /// Text that is no budget.
  case unreadable(String)

  /// A question about a number that was probably meant in percent; nothing for others.
  private static func asPercent(_ share: String) -> String {
    guard let number = Double(share), number >= 2, number <= 100 else { return "" }
    return "Did you mean \(share)%? "
  }

  /// The sentence for the user.
  public var description: String {
    switch self {
    case .outOfRange(let share):
      "Budget \(share) is outside (0, 1]. \(Self.asPercent(share))0.2 keeps one entry in five; 1 keeps all."
    case .tooFew(let text):
      "Budget '\(text)' keeps nothing. The least is one entry a layer, 1tok, or one byte, 1B."
    case .tooMany(let text):
      "Budget '\(text)' is more than any cache holds. 100% keeps all of it."
    case .unreadable(let text):
      "Budget '\(text)' is not understood. Write 0.3, 30%, 180tok or 200MiB."
    }
  }
}
