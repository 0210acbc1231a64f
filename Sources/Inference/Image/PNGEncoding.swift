import CImageCodecs
import Foundation

/// Why pixels could not be written as PNG.
public struct PNGError: Error, Equatable, CustomStringConvertible {
  public let reason: String
  public var description: String { "The picture can not be written as PNG: \(reason)." }
}

extension Pixels {
  /// The bytes of a PNG file, 8-bit RGB.
  public func png() throws(PNGError) -> [UInt8] {
    var bytes: UnsafeMutablePointer<UInt8>?
    var count = 0
    var text = [CChar](repeating: 0, count: Int(IC_ERROR_SIZE))
    guard ic_encode_png(rgb, width, height, &bytes, &count, &text) == 0 else {
      throw PNGError(
        reason: String(decoding: text.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self))
    }
    defer { free(bytes) }
    return Array(UnsafeBufferPointer(start: bytes, count: count))
  }
}
