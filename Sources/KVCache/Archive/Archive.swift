import Basics

/// Writes plain values to a file one after the other, as they lie in memory, and at the end a digest of
/// all of them.
public final class ArchiveWriter {
  private let file: OutputFile
  /// nil when the file is finished.
  private var hash: SHA256? = SHA256()
  /// Bytes written so far.
  public private(set) var size = 0

  /// - Throws: `FileError` when the file cannot be made.
  public init(path: String) throws(FileError) { file = try OutputFile(path: path) }

  /// Writes how many values there are, and the values.
  public func array<Value: BitwiseCopyable>(_ values: [Value]) throws(FileError) {
    try raw([values.count])
    try raw(values)
  }

  /// Writes bytes whose number the reader knows.
  public func raw(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    hash?.update(bytes)
    size += bytes.count
    try file.write(bytes)
  }

  private func raw<Value: BitwiseCopyable>(_ values: [Value]) throws(FileError) {
    let result = values.withUnsafeBytes { bytes -> Result<Void, FileError> in
      do throws(FileError) { return .success(try raw(bytes)) } catch { return .failure(error) }
    }
    try result.get()
  }

  /// Puts the file at its path.
  public func finish() throws(FileError) {
    guard let hash = hash.take() else { preconditionFailure("a file is finished once") }
    try file.write(hash.finish().utf8)
    try file.commit()
  }
}

/// Reads what an `ArchiveWriter` has written.
public struct ArchiveReader {
  private let bytes: UnsafeRawBufferPointer
  private var offset = 0

  /// - Parameter file: the whole file; it must outlive the reader.
  /// - Throws: `ArchiveError` when its digest does not fit.
  public init(_ file: UnsafeRawBufferPointer) throws(ArchiveError) {
    let digits = 64
    guard file.count > digits else { throw ArchiveError("it ends early") }
    bytes = UnsafeRawBufferPointer(rebasing: file.dropLast(digits))
    var hash = SHA256()
    hash.update(bytes)
    guard file.suffix(digits).elementsEqual(hash.finish().utf8) else {
      throw ArchiveError("its digest does not fit its content")
    }
  }

  /// Whether everything has been read.
  public var isAtEnd: Bool { offset == bytes.count }

  /// - Throws: `ArchiveError` when fewer bytes are left.
  public mutating func array<Value: BitwiseCopyable>(of type: Value.Type) throws(ArchiveError)
    -> [Value]
  {
    let count = try raw(MemoryLayout<Int>.size).loadUnaligned(as: Int.self)
    let (size, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Value>.stride)
    guard count >= 0, !overflow else { throw ArchiveError("it says that it holds \(count) values") }
    let source = try raw(size)
    return [Value](unsafeUninitializedCapacity: count) { target, filled in
      UnsafeMutableRawBufferPointer(target).copyMemory(from: source)
      filled = count
    }
  }

  /// - Throws: `ArchiveError` when fewer bytes are left.
  public mutating func raw(_ count: Int) throws(ArchiveError) -> UnsafeRawBufferPointer {
    guard count >= 0, count <= bytes.count - offset else {
      throw ArchiveError("it ends early")
    }
    defer { offset += count }
    return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
  }
}

/// Why kept entries cannot be taken back.
public struct ArchiveError: Error, Equatable, CustomStringConvertible {
  /// In the middle of a sentence.
  public let description: String

  public init(_ description: String) { self.description = description }
}
