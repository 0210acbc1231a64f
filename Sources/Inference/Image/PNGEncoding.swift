import CImageCodecs
import Foundation

/// Why pixels could not be written as PNG.
public struct PNGError: Error, Equatable, CustomStringConvertible {
  /// The encoder's reason, without a full stop.
  public let reason: String

  /// The sentence for the user.
  public var description: String { "The picture cannot be written as PNG: \(reason)." }
}

extension Pixels {
  /// The bytes of a PNG file, 8-bit RGB; transparency is not written.
  ///
  /// - Parameter isQuick: for a file that is looked at once: it is larger and takes a fraction of the time.
  /// - Throws: `PNGError` when a side is 0 or longer than PNG allows, or when memory is short.
  public func png(isQuick: Bool = false) throws(PNGError) -> [UInt8] {
    var bytes: UnsafeMutablePointer<UInt8>?
    var count = 0
    var text = [CChar](repeating: 0, count: Int(IC_ERROR_SIZE))
    guard ic_encode_png(rgb, width, height, isQuick ? 1 : 0, &bytes, &count, &text) == 0 else {
      throw PNGError(reason: String(errorText: text))
    }
    defer { free(bytes) }
    return Array(UnsafeBufferPointer(start: bytes, count: count))
  }
}
