import Basics
import Foundation

/// Writes a GGUF file: metadata first, then the names and places of all tensors, then their data, one
/// after the other, so that memory holds only a few rows at a time.
///
/// The file appears at its path when it is committed.
struct GGUFWriter {
  enum Value {
    case integer(UInt32)
    case float(Float)
    case boolean(Bool)
    case string(String)
    /// UTF-8
    case strings([[UInt8]])
    case floats([Float])
    case integers([Int32])
  }

  /// A tensor to be written, and how its rows are filled.
  struct Entry {
    var name: String
    var type: ElementType
    var source: Tensor
    /// The source row (in the model's order) that is written at a row of the file.
    var row: (Int) -> Int = { $0 }
  }

  var metadata: [(key: String, value: Value)] = []
  var entries: [Entry] = []

  static let alignment = 32
  /// Floats converted at a time: 16 MiB.
  private static let batch = 1 << 22

  /// Writes the file.
  ///
  /// - Parameter progress: called with bytes written so far and in all.
  /// - Returns: the complete file, which the caller commits.
  func write(
    to path: String, pool: ThreadPool, progress: (Int, Int) -> Void
  ) throws(WeightError) -> OutputFile {
    do {
      let output = try OutputFile(path: path)
      try output.write(header())
      let total = entries.reduce(0) { $0 + padded($1.bytes) }
      var done = 0
      for entry in entries {
        try write(entry, to: output, pool: pool)
        done += padded(entry.bytes)
        progress(done, total)
      }
      return output
    } catch let error as WeightError {
      throw error
    } catch {
      throw .unwritable(
        error as? FileError ?? .cannotWrite(path: path, reason: "\(error)"))
    }
  }

  private func padded(_ bytes: Int) -> Int {
    (bytes + Self.alignment - 1) / Self.alignment * Self.alignment
  }

  // MARK: Header

  private func header() -> [UInt8] {
    var bytes: [UInt8] = Array("GGUF".utf8)
    append(UInt32(3), to: &bytes)
    append(UInt64(entries.count), to: &bytes)
    append(UInt64(metadata.count), to: &bytes)
    for (key, value) in metadata {
      append(Array(key.utf8), to: &bytes)
      append(value, to: &bytes)
    }
    var offset = 0
    for entry in entries {
      append(Array(entry.name.utf8), to: &bytes)
      append(UInt32(entry.source.shape.count), to: &bytes)
      for dimension in entry.source.shape.reversed() { append(UInt64(dimension), to: &bytes) }
      append(entry.type.ggufNumber!, to: &bytes)
      append(UInt64(offset), to: &bytes)
      offset += padded(entry.bytes)
    }
    return bytes + [UInt8](repeating: 0, count: padded(bytes.count) - bytes.count)
  }

  private func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  private func append(_ text: [UInt8], to bytes: inout [UInt8]) {
    append(UInt64(text.count), to: &bytes)
    bytes += text
  }

  /// The type's number in `gguf_metadata_value_type`, then the value.
  private func append(_ value: Value, to bytes: inout [UInt8]) {
    func array(_ type: UInt32, _ count: Int) {
      append(UInt32(9), to: &bytes)
      append(type, to: &bytes)
      append(UInt64(count), to: &bytes)
    }
    switch value {
    case .integer(let value):
      append(UInt32(4), to: &bytes)
      append(value, to: &bytes)
    case .float(let value):
      append(UInt32(6), to: &bytes)
      append(value.bitPattern, to: &bytes)
    case .boolean(let value):
      append(UInt32(7), to: &bytes)
      bytes.append(value ? 1 : 0)
    case .string(let text):
      append(UInt32(8), to: &bytes)
      append(Array(text.utf8), to: &bytes)
    case .strings(let texts):
      array(8, texts.count)
      for text in texts { append(text, to: &bytes) }
    case .floats(let values):
      array(6, values.count)
      for value in values { append(value.bitPattern, to: &bytes) }
    case .integers(let values):
      array(5, values.count)
      for value in values { append(value, to: &bytes) }
    }
  }

  // MARK: Data

  private func write(_ entry: Entry, to output: OutputFile, pool: ThreadPool) throws {
    let (rows, columns) = (entry.source.rows, entry.source.columns)
    let rowBytes = columns / entry.type.blockSize * entry.type.blockBytes
    let batch = min(rows, max(1, Self.batch / columns))
    let floats = UnsafeMutablePointer<Float>.allocate(capacity: batch * columns)
    let bytes = UnsafeMutableRawBufferPointer.allocate(
      byteCount: batch * rowBytes, alignment: 64)
    let isFinite = UnsafeMutablePointer<Bool>.allocate(capacity: batch)
    defer {
      floats.deallocate()
      bytes.deallocate()
      isFinite.deallocate()
    }
    for start in stride(from: 0, to: rows, by: batch) {
      let count = min(batch, rows - start)
      pool.parallel(count) { index in
        let row = entry.row(start + index)
        let target = floats + index * columns
        entry.source.convert(rows: row..<(row + 1), into: target)
        isFinite[index] = (0..<columns).allSatisfy { target[$0].isFinite }
        guard isFinite[index] else { return }
        let packed = bytes.baseAddress! + index * rowBytes
        if entry.source.type == entry.type {
          // Stored blocks are copied: quantising them again would round a second time.
          let stored = entry.source.rowOrder?.storedRow(row) ?? row
          packed.copyMemory(
            from: entry.source.bytes.baseAddress! + stored * rowBytes, byteCount: rowBytes)
        } else {
          entry.type.encode(target, count: columns, into: packed)
        }
      }
      try entry.source.verifyUnchanged()
      guard (0..<count).allSatisfy({ isFinite[$0] }) else {
        throw entry.source.notFinite()
      }
      try output.write(UnsafeRawBufferPointer(rebasing: bytes[..<(count * rowBytes)]))
    }
    try output.write([UInt8](repeating: 0, count: padded(entry.bytes) - entry.bytes))
  }
}

extension GGUFWriter.Entry {
  /// Bytes of its data in the file.
  var bytes: Int { source.rows * (source.columns / type.blockSize) * type.blockBytes }
}
