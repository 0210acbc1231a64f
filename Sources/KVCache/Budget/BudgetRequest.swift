/// A budget as a person types it: `0.3`, `30%`, `180tok` (mean entries per layer) or `200MiB`.
public enum BudgetRequest: Sendable, Hashable {
  /// Fraction of all entries, in (0, 1].
  case share(Double)
  /// Mean number of entries per layer.
  case entriesPerLayer(Int)
  /// Bytes of keys and values over all layers.
  case bytes(Int)
}

extension BudgetRequest {
  /// Reads `0.3`, `30%`, `180tok`, `180 tokens`, `200MiB`, `1.5 GB`. Case and spaces do not matter.
  /// - Throws: `BudgetError.unreadable`, `.outOfRange` for shares outside (0, 1], and `.tooFew` and
  ///   `.tooMany` for counts.
  public init(parsing text: String) throws(BudgetError) {
    let compact = text.lowercased().filter { !$0.isWhitespace }
    let digits = compact.prefix { ($0.isASCII && $0.isNumber) || ".+-".contains($0) }
    let unit = String(compact.dropFirst(digits.count))
    guard let number = Double(digits), number.isFinite else { throw .unreadable(text) }

    switch unit {
    case "", "%":
      let share = unit.isEmpty ? number : number / 100
      guard share > 0, share <= 1 else { throw .outOfRange(text) }
      self = .share(share)
    case "t", "tok", "token", "tokens":
      self = .entriesPerLayer(try Self.count(number, below: 1e15, typed: text))
    default:
      guard let scale = Self.byteUnits[unit] else { throw .unreadable(text) }
      self = .bytes(try Self.count(number * scale, below: 1e18, typed: text))
    }
  }

  private static func count(
    _ number: Double, below limit: Double, typed text: String
  ) throws(BudgetError) -> Int {
    guard number >= 1 else { throw .tooFew(text) }
    guard number < limit else { throw .tooMany(text) }
    return Int(number.rounded())
  }

  private static let byteUnits: [String: Double] = [
    "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9,
    "k": 0x1p10, "kib": 0x1p10, "m": 0x1p20, "mib": 0x1p20, "g": 0x1p30, "gib": 0x1p30,
  ]

  /// The text that `init(parsing:)` reads as this request: `0.3`, `180tok`, `200MiB`.
  public var text: String {
    switch self {
    case .share(let share): return "\(share)"
    case .entriesPerLayer(let entries): return "\(entries)tok"
    case .bytes(let bytes):
      let units = [("GiB", 1 << 30), ("GB", 1_000_000_000), ("MiB", 1 << 20), ("MB", 1_000_000)]
      let unit = units.first { bytes % $0.1 == 0 } ?? ("B", 1)
      return "\(bytes / unit.1)\(unit.0)"
    }
  }

  /// The share of `seen` positions that this request means, at most 1.
  ///
  /// A request for too few entries becomes the least share that holds the two entries per layer
  /// that every policy keeps (the first and the last).
  /// - Parameter bytesPerEntry: bytes of one entry: the key and the value of one layer at one
  ///   position, over all heads.
  /// - Throws: `BudgetError.outOfRange` for a share outside (0, 1].
  public func resolved(seen: Int, bytesPerEntry: Int, layers: Int) throws(BudgetError) -> Budget {
    let share: Double
    switch self {
    case .share(let asked): share = try Budget(asked).share
    case .entriesPerLayer(let entries): share = Double(entries) / Double(max(1, seen))
    case .bytes(let bytes):
      share = Double(bytes) / (Double(max(1, seen * layers)) * Double(bytesPerEntry))
    }
    let least = seen > 2 ? 2 / Double(seen) : seen > 0 ? 1 : 0
    return try Budget(min(1, max(share, least)), insteadOf: min(1, share))
  }
}

/// A share is written as a number, everything else as the text that a person types.
extension BudgetRequest: Codable {
  /// - Throws: `BudgetError` for text that is no budget, and `DecodingError`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let share = try? container.decode(Double.self) {
      self = .share(share)
    } else {
      try self.init(parsing: container.decode(String.self))
    }
  }

  /// Writes one number or one string.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .share(let share): try container.encode(share)
    case .entriesPerLayer, .bytes: try container.encode(text)
    }
  }
}

/// Orders shares above entries and entries above bytes; within a kind the number decides.
extension BudgetRequest: Comparable {
  /// Whether `a` stands below `b`.
  public static func < (a: BudgetRequest, b: BudgetRequest) -> Bool {
    switch (a, b) {
    case (.share(let a), .share(let b)): a < b
    case (.entriesPerLayer(let a), .entriesPerLayer(let b)): a < b
    case (.bytes(let a), .bytes(let b)): a < b
    case (.bytes, _), (.entriesPerLayer, .share): true
    default: false
    }
  }
}
