/// Reads metadata by key, and checks each value when it is read.
extension GGUFFile {
  /// Whether the key is there.
  func has(_ key: String) -> Bool { metadata.values[key] != nil }

  /// A value as text; "" when there is none.
  func text(_ key: String) throws(WeightError) -> String {
    switch metadata.values[key] {
    case nil: return ""
    case .string(let bytes):
      return withExtendedLifetime(metadata.file) { String(decoding: bytes, as: UTF8.self) }
    default: throw invalid(key, expected: "a string")
    }
  }

  /// The whole number of a key.
  ///
  /// - Parameter fallback: the value when the key is absent; nil when there must be one.
  /// - Throws: `WeightError.invalidConfiguration` for anything else than a whole number in `range`.
  func integer(
    _ key: String, default fallback: Int? = nil, in range: ClosedRange<Int>
  ) throws(WeightError) -> Int {
    let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
    switch metadata.values[key] {
    case .integer(let value) where range.contains(value): return value
    case nil:
      guard let fallback else { throw invalid(key, expected: expected) }
      return fallback
    default: throw invalid(key, expected: expected)
    }
  }

  func number(
    _ key: String, default fallback: Double, in range: ClosedRange<Double>
  ) throws(WeightError) -> Double {
    switch metadata.values[key] {
    case .float(let value) where range.contains(value): return value
    case nil: return fallback
    default:
      throw invalid(key, expected: "a number from \(range.lowerBound) to \(range.upperBound)")
    }
  }

  func boolean(_ key: String, default fallback: Bool) throws(WeightError) -> Bool {
    switch metadata.values[key] {
    case .boolean(let value): return value
    case nil: return fallback
    default: throw invalid(key, expected: "true or false")
    }
  }

  /// An array of numbers; nil when there is no such key.
  func numbers(_ key: String) throws(WeightError) -> GGUFNumbers? {
    switch metadata.values[key] {
    case .numbers(let values): return values
    case nil: return nil
    default: throw invalid(key, expected: "an array of numbers")
    }
  }

  /// An array of strings in UTF-8, not checked.
  func strings(_ key: String) throws(WeightError) -> GGUFStrings {
    guard case .strings(let values) = metadata.values[key] else {
      throw invalid(key, expected: "an array of strings")
    }
    return values
  }

  /// A number, or 0 and 1 for false and true; nil for anything else.
  func double(_ key: String) -> Double? {
    switch metadata.values[key] {
    case .integer(let value): Double(value)
    case .float(let value): value
    case .boolean(let value): value ? 1 : 0
    default: nil
    }
  }

  // MARK: Sentences

  func invalid(_ key: String, expected: String) -> WeightError {
    .invalidConfiguration(path: path, key: key, value: shown(key), expected: expected)
  }

  func unsupported(_ key: String, _ detail: String) -> WeightError {
    .unsupported(path: path, detail: "\(key) \(detail)")
  }

  func unknown(_ key: String, _ value: String, available: [String]) -> WeightError {
    unsupported(
      key,
      "is '\(value)'" + (OtherFamilies.owner(of: value).map { ", " + $0 } ?? "")
        + "; available: " + available.map { "'\($0)'" }.joined(separator: ", "))
  }

  /// The value as an error message shows it.
  func shown(_ key: String) -> String {
    switch metadata.values[key] {
    case nil: "nothing"
    case .integer(let value): "\(value)"
    case .float(let value): "\(value)"
    case .boolean(let value): "\(value)"
    case .string(let bytes):
      withExtendedLifetime(metadata.file) {
        "'\(String(decoding: bytes.prefix(60), as: UTF8.self))'"
      }
    case .strings(let values): "an array of \(values.count) strings"
    case .numbers(let values): "an array of \(values.count) numbers"
    }
  }
}
