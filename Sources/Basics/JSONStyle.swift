import Foundation

/// The one style of the JSON that the program writes and reads back: keys in snake_case and sorted,
/// numbers that JSON cannot write as the texts "inf", "-inf" and "nan".
///
/// docs/schema describes each document.
public enum JSONStyle {
  /// One object on one line, without a line feed.
  public static func line(_ value: some Encodable) -> String { text(value, formatting: []) }

  /// One object over several lines, for files that people open; it ends with a line feed.
  public static func document(_ value: some Encodable) -> String {
    text(value, formatting: .prettyPrinted) + "\n"
  }

  /// Reads what `line` and `document` write. Keys in camelCase, which earlier versions wrote, are
  /// read as well.
  public static func decode<Value: Decodable>(_ type: Value.Type, from bytes: Data) throws -> Value
  {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return try decoder.decode(type, from: bytes)
  }

  private static func text(
    _ value: some Encodable, formatting: JSONEncoder.OutputFormatting
  ) -> String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, formatting]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    guard let bytes = try? encoder.encode(value) else {
      preconditionFailure("\(type(of: value)) holds numbers, texts and lists of them only")
    }
    return escapingInvisible(String(decoding: bytes, as: UTF8.self))
  }

  /// Writes U+007F to U+009F and the direction marks as escapes. JSON allows them as they are, and
  /// a terminal would obey them. In JSON they only occur inside texts, where escapes are allowed.
  private static func escapingInvisible(_ json: String) -> String {
    guard json.unicodeScalars.contains(where: isInvisible) else { return json }
    return json.unicodeScalars.map { scalar in
      guard isInvisible(scalar) else { return String(scalar) }
      return String(scalar).utf16.map { String(format: "\\u%04x", $0) }.joined()
    }.joined()
  }

  private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
    guard scalar.value > 0x7E else { return false }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: return true
    default: return false
    }
  }
}

/// A value that is written as null where it is nil, so that its key is always there.
@propertyWrapper
public struct Nullable<Value: Encodable & Sendable>: Encodable, Sendable {
  /// The value, or nil.
  public var wrappedValue: Value?

  /// Wraps the value.
  public init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }

  /// Writes the value, or null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if let wrappedValue { try container.encode(wrappedValue) } else { try container.encodeNil() }
  }
}
