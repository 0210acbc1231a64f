/// A type of numbers in metadata; the raw value is its number in `gguf_metadata_value_type`.
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
  /// Keeps `bytes` alive.
  let file: MappedFile

  var startIndex: Int { 0 }
  var endIndex: Int { bytes.count / type.bytes }
  subscript(index: Int) -> Double { type.number(in: bytes, at: index) }
}

/// An array of strings in a GGUF file, walked from front to back. Its lengths have been checked.
struct GGUFStrings: Sequence {
  let count: Int
  /// Begins with the first string's length.
  let bytes: UnsafeRawBufferPointer
  /// Keeps `bytes` alive.
  let file: MappedFile

  func makeIterator() -> AnyIterator<[UInt8]> {
    var reader = ByteReader(bytes)
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
