/// The directory of a zip file whose entries are stored, not compressed, as PyTorch and llamafile write
/// them. Names are only compared, never used as paths.
///
/// Format, with the 64-bit extension: PKWARE APPNOTE.TXT.
struct ZipArchive {
  struct Problem: Error {
    var detail: String
  }

  /// The bytes of each entry.
  let entries: [String: UnsafeRawBufferPointer]

  static let magic: [UInt8] = [0x50, 0x4b, 0x03, 0x04]

  /// - Parameter names: which entries are wanted; the others may be compressed.
  init(
    _ bytes: UnsafeRawBufferPointer, names isWanted: (String) -> Bool = { _ in true }
  ) throws {
    let directory = try Self.directory(of: bytes)
    var reader = ByteReader(bytes, at: directory.offset)
    var entries: [String: UnsafeRawBufferPointer] = [:]
    for _ in 0..<directory.count {
      guard let (name, data) = try Self.entry(&reader, isWanted) else { continue }
      guard entries.updateValue(data, forKey: name) == nil else {
        throw Problem(detail: "it has the entry '\(name)' twice")
      }
    }
    self.entries = entries
  }

  /// Where the directory starts and how many entries it has.
  private static func directory(
    of bytes: UnsafeRawBufferPointer
  ) throws -> (offset: Int, count: Int) {
    // The end record comes last in the file, followed only by a comment of at most 65535 bytes.
    var end = bytes.count - 22
    while end >= max(0, bytes.count - 22 - 65535), !signature(0x0605_4b50, in: bytes, at: end) {
      end -= 1
    }
    guard end >= max(0, bytes.count - 22 - 65535) else {
      throw Problem(detail: "it has no zip directory; it may have been cut short")
    }
    var reader = ByteReader(bytes, at: end + 10)
    var count = Int(try reader.read(UInt16.self))
    _ = try reader.read(UInt32.self)
    var offset = Int(try reader.read(UInt32.self))
    if end >= 20, signature(0x0706_4b50, in: bytes, at: end - 20) {  // 64-bit locator
      var locator = ByteReader(bytes, at: end - 12)
      let record = try locator.read(UInt64.self)
      guard record <= bytes.count - 56, signature(0x0606_4b50, in: bytes, at: Int(record)) else {
        throw Problem(detail: "its 64-bit zip directory is not where it should be")
      }
      var reader = ByteReader(bytes, at: Int(record) + 32)
      count = Int(clamping: try reader.read(UInt64.self))
      _ = try reader.read(UInt64.self)
      offset = Int(clamping: try reader.read(UInt64.self))
    }
    guard offset <= bytes.count, count <= (bytes.count - offset) / 46 else {
      throw Problem(detail: "its zip directory claims \(count) entries at byte \(offset)")
    }
    return (offset, count)
  }

  private static func signature(
    _ signature: UInt32, in bytes: UnsafeRawBufferPointer, at offset: Int
  ) -> Bool {
    offset >= 0 && offset + 4 <= bytes.count
      && UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        == signature
  }

  private static func entry(
    _ reader: inout ByteReader, _ isWanted: (String) -> Bool
  ) throws -> (String, UnsafeRawBufferPointer)? {
    guard try reader.read(UInt32.self) == 0x0201_4b50 else {
      throw Problem(detail: "its zip directory is broken at byte \(reader.position)")
    }
    _ = try reader.take(6)
    let method = try reader.read(UInt16.self)
    _ = try reader.take(8)
    let packed = try reader.read(UInt32.self)
    var size = UInt64(try reader.read(UInt32.self))
    let nameLength = try reader.read(UInt16.self)
    let extraLength = try reader.read(UInt16.self)
    let commentLength = try reader.read(UInt16.self)
    _ = try reader.take(8)
    var local = UInt64(try reader.read(UInt32.self))
    let name = String(decoding: try reader.take(Int(nameLength)), as: UTF8.self)
    var extra = ByteReader(try reader.take(Int(extraLength)))
    _ = try reader.take(Int(commentLength))
    while extra.remaining >= 4 {
      let kind = try extra.read(UInt16.self)
      var field = ByteReader(try extra.take(Int(try extra.read(UInt16.self))))
      guard kind == 1 else { continue }  // the 64-bit sizes of fields that are all ones
      if size == 0xffff_ffff { size = try field.read(UInt64.self) }
      if packed == 0xffff_ffff { _ = try field.read(UInt64.self) }
      if local == 0xffff_ffff { local = try field.read(UInt64.self) }
    }
    guard isWanted(name) else { return nil }
    guard method == 0 else {
      throw Problem(
        detail: "its entry '\(name)' is compressed; weights are stored as they are")
    }
    return (name, try data(of: name, at: local, size: size, in: reader.bytes))
  }

  /// The bytes after an entry's local header.
  private static func data(
    of name: String, at local: UInt64, size: UInt64, in bytes: UnsafeRawBufferPointer
  ) throws -> UnsafeRawBufferPointer {
    guard local <= bytes.count, signature(0x0403_4b50, in: bytes, at: Int(local)) else {
      throw Problem(detail: "its entry '\(name)' is not where the directory says")
    }
    var reader = ByteReader(bytes, at: Int(local))
    _ = try reader.take(26)
    let nameLength = try reader.read(UInt16.self)
    let extraLength = try reader.read(UInt16.self)
    _ = try reader.take(Int(nameLength) + Int(extraLength))
    guard size <= reader.remaining else {
      throw Problem(detail: "its entry '\(name)' of \(size) bytes reaches beyond the file")
    }
    return try reader.take(Int(size))
  }
}
