import Basics
import CImageCodecs
import Foundation

/// Reads JPEG, PNG and WebP files.
public enum ImageFile {
  /// Files above this size are refused unread: 256 MiB is ten times a large photograph.
  static let maximumBytes = 256 << 20
  /// Larger pictures are refused before their pixels are allocated (3 bytes each).
  static let maximumPixels = 100_000_000

  /// - Parameters:
  ///   - path: A path in any form `ImagePath` knows.
  ///   - applyOrientation: Turn the picture as its EXIF tag says. The reference evaluation does
  ///     not, the Hugging Face loader does.
  public static func load(path: String, applyOrientation: Bool) throws(ImageError) -> Pixels {
    let resolved = try ImagePath.resolve(path)
    let bytes = try read(resolved)
    return try decode(bytes, path: resolved, applyOrientation: applyOrientation)
  }

  /// - Parameter path: Only named in errors.
  static func decode(
    _ bytes: [UInt8], path: String, applyOrientation: Bool
  ) throws(ImageError) -> Pixels {
    guard !bytes.isEmpty else { throw .empty(path: path) }
    guard let format = ImageFormat(bytes) else {
      throw .unsupported(path: path, seen: ImageFormat.guess(bytes))
    }
    var image = ic_image()
    var text = [CChar](repeating: 0, count: Int(IC_ERROR_SIZE))
    let limit = UInt64(maximumPixels)
    let status =
      switch format {
      case .jpeg: ic_decode_jpeg(bytes, bytes.count, limit, &image, &text)
      case .png: ic_decode_png(bytes, bytes.count, limit, &image, &text)
      case .webP: ic_decode_webp(bytes, bytes.count, limit, &image, &text)
      }
    guard status == 0 else {
      let reason = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
      throw .undecodable(path: path, format: format.rawValue, reason: reason)
    }
    defer { ic_free(&image) }
    let count = image.width * image.height * 3
    let pixels = Pixels(
      width: image.width, height: image.height,
      rgb: Array(UnsafeBufferPointer(start: image.rgb, count: count)))
    guard applyOrientation else { return pixels }
    return pixels.turned(by: Orientation(in: bytes, format: format))
  }

  /// The whole file. It is asked what it is after it was opened, so that it can not be exchanged
  /// in between, and never waited for: opening a pipe without a writer returns at once.
  private static func read(_ path: String) throws(ImageError) -> [UInt8] {
    guard !path.utf8.contains(0) else { throw .notFound(path: path) }
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { throw .notFound(path: path) }
      throw .unreadable(path: path, reason: reasonForErrno())
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw .unreadable(path: path, reason: reasonForErrno())
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .notAFile(path: path, kind: kind(status.st_mode))
    }
    guard status.st_size <= maximumBytes else {
      throw .tooLarge(path: path, bytes: Int(status.st_size), limit: maximumBytes)
    }
    // A file that shrinks meanwhile gives fewer bytes and one that grows is read to this size:
    // either is then a damaged picture like any other.
    var reason: String?
    let bytes = [UInt8](unsafeUninitializedCapacity: Int(status.st_size)) { buffer, count in
      while count < buffer.count {
        let got = Foundation.read(descriptor, buffer.baseAddress! + count, buffer.count - count)
        if got < 0 && errno == EINTR { continue }
        if got < 0 { reason = reasonForErrno() }
        guard got > 0 else { break }
        count += got
      }
    }
    if let reason { throw .unreadable(path: path, reason: reason) }
    return bytes
  }

  private static func kind(_ mode: mode_t) -> String {
    switch mode & S_IFMT {
    case S_IFDIR: "a directory"
    case S_IFIFO: "a named pipe"
    case S_IFSOCK: "a socket"
    case S_IFCHR, S_IFBLK: "a device"
    default: "something else"
    }
  }

  private static func reasonForErrno() -> String {
    systemReason()
  }
}
