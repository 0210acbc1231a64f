import Foundation

/// A JSON object in a file (or a section of one), read value by value with checks whose errors name
/// the file, the key and the value seen.
struct ConfigurationFile {
  let path: String
  private let prefix: String
  private let values: [String: Any]

  /// The largest file that is read, far larger than any configuration or shard index.
  static let maximumBytes = 16 << 20

  init(path: String) throws(WeightError) {
    self = try MappedFile(path: path).reading { (file) throws(WeightError) in
      guard file.bytes.count <= Self.maximumBytes else {
        throw .damaged(
          path: path, detail: "it has \(file.bytes.count) bytes, too many for a JSON file")
      }
      return try ConfigurationFile(path: path, data: file.contents())
    }
  }

  init(path: String, data: Data) throws(WeightError) {
    let object: Any
    do {
      object = try JSONSerialization.jsonObject(with: data)
    } catch {
      throw .damaged(path: path, detail: "it is not valid JSON")
    }
    guard let values = object as? [String: Any] else {
      throw .damaged(path: path, detail: "it is not a JSON object")
    }
    self.init(path: path, prefix: "", values: values)
  }

  private init(path: String, prefix: String, values: [String: Any]) {
    self.path = path
    self.prefix = prefix
    self.values = values
  }

  /// The file's content if there is such a file.
  static func optional(path: String) throws(WeightError) -> ConfigurationFile? {
    guard MappedFile.isListed(path) else { return nil }
    return try ConfigurationFile(path: path)
  }

  /// Whether the key is there with a value other than null.
  func has(_ key: String) -> Bool { values[key].map { !($0 is NSNull) } ?? false }

  /// Whether the key is there with the value null, which can mean something other than its absence.
  func isNull(_ key: String) -> Bool { values[key] is NSNull }

  /// Whether the value is an object.
  func isObject(_ key: String) -> Bool { values[key] is [String: Any] }

  /// Whether one of the values is an object.
  var holdsObjects: Bool { values.values.contains { $0 is [String: Any] } }

  /// Whether the value is a list.
  func isList(_ key: String) -> Bool { values[key] is [Any] }

  /// The list at `key`; nil when the value is no list or is absent.
  func values(at key: String) -> [Any]? { values[key] as? [Any] }

  /// The object at `key`; an empty one when there is none.
  func section(_ key: String) throws(WeightError) -> ConfigurationFile {
    guard has(key) else {
      return ConfigurationFile(path: path, prefix: prefix + key + ".", values: [:])
    }
    guard let section = values[key] as? [String: Any] else {
      throw invalid(key, expected: "an object")
    }
    return ConfigurationFile(path: path, prefix: prefix + key + ".", values: section)
  }

  /// The whole number at `key`.
  ///
  /// - Parameter fallback: what the library that wrote the file assumes when the key is absent;
  ///   nil when there must be a value.
  /// - Throws: `WeightError.invalidConfiguration` for anything else than a whole number in `range`.
  func integer(
    _ key: String, default fallback: Int? = nil, in range: ClosedRange<Int>
  ) throws(WeightError) -> Int {
    let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
    guard has(key) else {
      guard let fallback else { throw invalid(key, expected: expected) }
      return fallback
    }
    guard let number = values[key] as? NSNumber, !number.isBoolean,
      let value = Int(exactly: number.doubleValue), range.contains(value)
    else { throw invalid(key, expected: expected) }
    return value
  }

  func number(
    _ key: String, default fallback: Double, in range: ClosedRange<Double>
  ) throws(WeightError) -> Double {
    guard has(key) else { return fallback }
    guard let number = values[key] as? NSNumber, !number.isBoolean,
      range.contains(number.doubleValue)
    else {
      throw invalid(key, expected: "a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number.doubleValue
  }

  func string(_ key: String, default fallback: String) throws(WeightError) -> String {
    guard has(key) else { return fallback }
    guard let value = values[key] as? String else { throw invalid(key, expected: "a string") }
    return value
  }

  func boolean(_ key: String, default fallback: Bool) throws(WeightError) -> Bool {
    guard has(key) else { return fallback }
    guard let value = values[key] as? Bool else { throw invalid(key, expected: "true or false") }
    return value
  }

  /// A list of whole numbers.
  func integers(_ key: String, in range: ClosedRange<Int>) throws(WeightError) -> [Int] {
    guard let numbers = values[key] as? [NSNumber] else {
      throw invalid(key, expected: "a list of numbers")
    }
    var integers: [Int] = []
    for number in numbers {
      guard !number.isBoolean, let value = Int(exactly: number.doubleValue), range.contains(value)
      else {
        throw invalid(
          key,
          expected: "a list of whole numbers from \(range.lowerBound) to \(range.upperBound)")
      }
      integers.append(value)
    }
    return integers
  }

  /// `count` numbers, or nil when the key is absent.
  func numbers(_ key: String, count: Int) throws(WeightError) -> [Double]? {
    guard has(key) else { return nil }
    guard let values = values[key] as? [NSNumber], values.count == count else {
      throw invalid(key, expected: "\(count) numbers")
    }
    return values.map(\.doubleValue)
  }

  /// A list of texts.
  func texts(_ key: String) throws(WeightError) -> [String] {
    guard let texts = values[key] as? [String] else {
      throw invalid(key, expected: "a list of texts")
    }
    return texts
  }

  /// Texts by name: an object of texts, or a list of objects with `name` and `template`, in which the
  /// last of several with one name counts.
  func namedTexts(_ key: String) throws(WeightError) -> [String: String] {
    if let texts = values[key] as? [String: String] { return texts }
    guard let objects = values[key] as? [[String: Any]] else {
      throw invalid(key, expected: "a text, or texts with names")
    }
    var texts: [String: String] = [:]
    for object in objects {
      guard let name = object["name"] as? String, let text = object["template"] as? String else {
        throw invalid(key, expected: "a list of objects with name and template")
      }
      texts[name] = text
    }
    return texts
  }

  /// A list of strings.
  func list(_ key: String) throws(WeightError) -> [String] {
    guard let list = values[key] as? [String] else {
      throw invalid(key, expected: "a list of strings")
    }
    return list
  }

  /// An object whose values are all strings.
  func strings(at key: String) throws(WeightError) -> [String: String] {
    guard let strings = values[key] as? [String: String] else {
      throw invalid(key, expected: "an object of strings")
    }
    return strings
  }

  /// Checks that the value (or its default) is one of those that are implemented.
  func require(
    _ key: String, isOneOf supported: [String], default fallback: String
  ) throws(WeightError) {
    let value = try string(key, default: fallback)
    guard supported.contains(value) else { throw unknown(key, value, available: supported) }
  }

  // MARK: Sentences

  /// A number, or 0 and 1 for false and true; nil for anything else.
  func double(_ key: String) -> Double? { (values[key] as? NSNumber)?.doubleValue }

  /// The value as an error message shows it: on one line, at most 60 characters.
  func shown(_ key: String) -> String {
    guard let value = values[key] else { return "nothing" }
    if let number = value as? NSNumber, number.isBoolean {
      return number.boolValue ? "true" : "false"
    }
    return String("\(value)".split(whereSeparator: \.isNewline).joined(separator: " ").prefix(60))
  }

  func invalid(_ key: String, expected: String) -> WeightError {
    .invalidConfiguration(
      path: path, key: prefix + key, value: shown(key), expected: expected)
  }

  func unknown(_ key: String, _ value: String, available: [String]) -> WeightError {
    unsupported(
      key,
      "is '\(value)'" + (OtherFamilies.owner(of: value).map { ", " + $0 } ?? "")
        + "; available: " + available.map { "'\($0)'" }.joined(separator: ", "))
  }

  func unsupported(_ key: String, _ detail: String) -> WeightError {
    .unsupported(path: path, detail: "\(prefix + key) \(detail)")
  }
}

extension NSNumber {
  /// Foundation reads true and false as numbers; no other value of a JSON file is of type char.
  fileprivate var isBoolean: Bool {
    let type = UInt8(bitPattern: objCType.pointee)
    return type == UInt8(ascii: "c") || type == UInt8(ascii: "B")
  }
}
