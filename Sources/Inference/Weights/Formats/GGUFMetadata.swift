/// The metadata of a GGUF file: typed values by key.
///
/// Strings and arrays stay in the mapped file and are decoded when they are asked for, so that a large
/// array costs no memory of its own.
struct GGUFMetadata {
  enum Value {
    case integer(Int)
    case float(Double)
    case boolean(Bool)
    /// UTF-8, not checked.
    case string(UnsafeRawBufferPointer)
    case strings(GGUFStrings)
    /// An array of numbers or booleans.
    case numbers(GGUFNumbers)
  }

  /// Keeps what the values point to.
  let file: MappedFile
  let values: [String: Value]

  /// Reads `count` keys and their values.
  ///
  /// - Throws: `GGUFFile.Problem` or `ByteReader.Truncated`.
  init(count: Int, _ reader: inout ByteReader, of file: MappedFile) throws {
    var values: [String: Value] = [:]
    for _ in 0..<count {
      let key = try Self.name(&reader)
      let type = try reader.read(UInt32.self)
      let value = try Self.value(type, key, &reader, of: file)
      guard values.updateValue(value, forKey: key) == nil else {
        throw GGUFFile.Problem(detail: "its metadata has the key '\(key)' twice")
      }
    }
    self.file = file
    self.values = values
  }

  /// The name of a key or of a tensor.
  static func name(_ reader: inout ByteReader) throws -> String {
    let bytes = try string(&reader)
    guard !bytes.isEmpty, bytes.count < 65536, let name = String(validating: bytes, as: UTF8.self)
    else {
      throw GGUFFile.Problem(detail: "a name of \(bytes.count) bytes is not valid text")
    }
    return name
  }

  private static func string(_ reader: inout ByteReader) throws -> UnsafeRawBufferPointer {
    let length = try reader.read(UInt64.self)
    guard length <= reader.remaining else {
      throw GGUFFile.Problem(
        detail: "a string of \(length) bytes starts where only \(reader.remaining) are left")
    }
    return try reader.take(Int(length))
  }

  private static func value(
    _ number: UInt32, _ key: String, _ reader: inout ByteReader, of file: MappedFile
  ) throws -> Value {
    switch number {
    case 8: return .string(try string(&reader))
    case 9: return try array(key, &reader, of: file)
    default: break
    }
    guard let type = GGUFNumberType(rawValue: number) else {
      throw GGUFFile.Problem(detail: "\(key) has the unknown value type \(number)")
    }
    switch type {
    case .bool: return .boolean(try reader.read(UInt8.self) != 0)
    case .f32, .f64: return .float(type.number(in: try reader.take(type.bytes), at: 0))
    case .u64:
      let value = try reader.read(UInt64.self)
      guard let value = Int(exactly: value) else {
        throw GGUFFile.Problem(detail: "\(key) is \(value), which is too large")
      }
      return .integer(value)
    case .i64: return .integer(Int(try reader.read(Int64.self)))
    case .u8, .i8, .u16, .i16, .u32, .i32:
      // A double holds these exactly.
      return .integer(Int(type.number(in: try reader.take(type.bytes), at: 0)))
    }
  }

  private static func array(
    _ key: String, _ reader: inout ByteReader, of file: MappedFile
  ) throws -> Value {
    let number = try reader.read(UInt32.self)
    let count = try reader.read(UInt64.self)
    let type = GGUFNumberType(rawValue: number)
    guard type != nil || number == 8 else {
      throw GGUFFile.Problem(detail: "\(key) is an array of the unknown value type \(number)")
    }
    // A string takes at least the 8 bytes of its length.
    guard count <= reader.remaining / (type?.bytes ?? 8) else {
      throw GGUFFile.Problem(
        detail: "\(key) claims \(count) elements, more than the file has bytes for")
    }
    if let type {
      let bytes = try reader.take(Int(count) * type.bytes)
      return .numbers(GGUFNumbers(type: type, bytes: bytes, file: file))
    }
    let start = reader.position
    for _ in 0..<Int(count) { _ = try string(&reader) }
    return .strings(GGUFStrings(count: Int(count), start: start, file: file))
  }
}

/// A kind of number in metadata, under its number in `gguf_metadata_value_type`.
enum GGUFNumberType: UInt32 {
  case u8 = 0, i8, u16, i16, u32, i32, f32, bool
  case u64 = 10, i64, f64

  /// Bytes of one number.
  var bytes: Int {
    switch self {
    case .u8, .i8, .bool: 1
    case .u16, .i16: 2
    case .u32, .i32, .f32: 4
    case .u64, .i64, .f64: 8
    }
  }

  /// The number at an index, little-endian. Whole numbers beyond 2^53 are rounded.
  func number(in bytes: UnsafeRawBufferPointer, at index: Int) -> Double {
    func load<Value: FixedWidthInteger & BitwiseCopyable>(_: Value.Type) -> Value {
      Value(littleEndian: bytes.loadUnaligned(fromByteOffset: index * self.bytes, as: Value.self))
    }
    return switch self {
    case .u8, .bool: Double(load(UInt8.self))
    case .i8: Double(load(Int8.self))
    case .u16: Double(load(UInt16.self))
    case .i16: Double(load(Int16.self))
    case .u32: Double(load(UInt32.self))
    case .i32: Double(load(Int32.self))
    case .u64: Double(load(UInt64.self))
    case .i64: Double(load(Int64.self))
    case .f32: Double(Float(bitPattern: load(UInt32.self)))
    case .f64: Double(bitPattern: load(UInt64.self))
    }
  }
}

/// An array of numbers in a GGUF file, decoded one by one.
struct GGUFNumbers: RandomAccessCollection {
  let type: GGUFNumberType
  let bytes: UnsafeRawBufferPointer
  /// Keeps `bytes`.
  let file: MappedFile

  var startIndex: Int { 0 }
  var endIndex: Int { bytes.count / type.bytes }
  subscript(index: Int) -> Double { type.number(in: bytes, at: index) }
}

/// An array of strings in a GGUF file, walked from front to back. Its lengths have been checked.
struct GGUFStrings: Sequence {
  let count: Int
  /// Where in the file the first string's length stands.
  let start: Int
  /// Keeps the bytes.
  let file: MappedFile

  func makeIterator() -> AnyIterator<[UInt8]> {
    var reader = ByteReader(file.bytes, at: start)
    var left = count
    return AnyIterator {
      guard left > 0, let length = try? reader.read(UInt64.self),
        let bytes = try? reader.take(Int(clamping: length))
      else { return nil }
      left -= 1
      return Array(bytes)
    }
  }
}

// MARK: - Values by key

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

  /// - Parameter fallback: the value when the key is absent; nil when there must be one.
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
      "is '\(value)'; available: " + available.map { "'\($0)'" }.joined(separator: ", "))
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
