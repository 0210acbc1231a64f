/// Reads little-endian values from a buffer, front to back, and never past its end.
struct ByteReader {
  /// The buffer ends before the value does.
  struct Truncated: Error {}

  let bytes: UnsafeRawBufferPointer
  private(set) var position = 0

  init(_ bytes: UnsafeRawBufferPointer, at position: Int = 0) {
    self.bytes = bytes
    self.position = position
  }

  var remaining: Int { bytes.count - position }

  mutating func read<Value: FixedWidthInteger & BitwiseCopyable>(
    _: Value.Type = Value.self
  ) throws(Truncated) -> Value {
    let size = MemoryLayout<Value>.size
    guard size <= remaining else { throw Truncated() }
    defer { position += size }
    return Value(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: Value.self))
  }

  mutating func take(_ count: Int) throws(Truncated) -> UnsafeRawBufferPointer {
    guard count >= 0, count <= remaining else { throw Truncated() }
    defer { position += count }
    return UnsafeRawBufferPointer(rebasing: bytes[position..<(position + count)])
  }

  /// Everything up to the next line feed, which is consumed but not returned.
  mutating func line() throws(Truncated) -> UnsafeRawBufferPointer {
    var end = position
    while end < bytes.count, bytes[end] != 0x0a { end += 1 }
    guard end < bytes.count else { throw Truncated() }
    defer { position = end + 1 }
    return UnsafeRawBufferPointer(rebasing: bytes[position..<end])
  }
}
