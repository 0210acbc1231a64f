import CCrypto
import Foundation

/// SHA-256, to name the files a result was made with. The arithmetic is OpenSSL's, which uses the
/// processor's SHA instructions: a 7B model has 13 GB.
public struct SHA256: ~Copyable {
  private let context: OpaquePointer

  /// Starts with an empty message.
  public init() {
    guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
      preconditionFailure("no memory is left for a digest")
    }
    self.context = context
  }

  deinit { EVP_MD_CTX_free(context) }

  /// Appends bytes to the message.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    let isDone = EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    precondition(isDone == 1, "OpenSSL computes digests of any length")
  }

  /// 64 lower-case hexadecimal digits.
  public consuming func finish() -> String {
    let digest = [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
      let isDone = EVP_DigestFinal_ex(context, buffer.baseAddress, nil)
      precondition(isDone == 1, "a digest is finished once")
      count = 32
    }
    return digest.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }

  /// The digest of all bytes: 64 lower-case hexadecimal digits.
  public static func digest(_ bytes: [UInt8]) -> String {
    var hash = SHA256()
    bytes.withUnsafeBytes { hash.update($0) }
    return hash.finish()
  }

  /// The digest of a file's content.
  ///
  /// - Throws: `FileError.cannotRead`.
  public static func digest(file path: String) throws(FileError) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .cannotRead(path: path, reason: systemReason()) }
    defer { close(descriptor) }
    // The buffer is small enough to stay in the processor's cache.
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
    defer { buffer.deallocate() }
    var hash = SHA256()
    while true {
      let count = read(descriptor, buffer.baseAddress, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw .cannotRead(path: path, reason: systemReason()) }
      if count == 0 { return hash.finish() }
      hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
  }
}
