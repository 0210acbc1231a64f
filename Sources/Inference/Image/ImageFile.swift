import CImageCodecs
import Foundation

/// Reads pictures: JPEG, PNG, WebP, GIF and BMP, whatever the file is called.
public enum ImageFile {
  /// The path that names standard input on a command line and in errors.
  public static let standardInput = "-"

  /// The formats that are read, for help texts: "JPEG, PNG, WebP, GIF or BMP".
  public static let formats = ImageFormat.list

  /// Reads a picture's file.
  ///
  /// - Parameters:
  ///   - path: A path in any form that `ImagePath` knows.
  ///   - reading: As people see the picture, or as the reference reads it.
  /// - Throws: `ImageError`, a sentence that names the file and says why it is no picture.
  public static func load(path: String, reading: ImageReading) throws(ImageError) -> Pixels {
    let resolved = try ImagePath.resolve(path)
    return try decode(FileBytes.of(path: resolved), path: resolved, reading: reading)
  }

  /// Reads a picture from a pipe, to its end, at most 256 MiB.
  ///
  /// - Parameters:
  ///   - descriptor: Open for reading; it stays open.
  ///   - reading: As people see the picture, or as the reference reads it.
  /// - Throws: `ImageError`, as `load(path:reading:)`.
  public static func load(
    standardInput descriptor: Int32 = STDIN_FILENO, reading: ImageReading
  ) throws(ImageError) -> Pixels {
    let bytes = try FileBytes.of(descriptor: descriptor, path: standardInput)
    return try decode(bytes, path: standardInput, reading: reading)
  }

  /// Decodes the bytes of a picture's file.
  ///
  /// - Parameter path: Only named in errors.
  static func decode(
    _ bytes: [UInt8], path: String, reading: ImageReading
  ) throws(ImageError) -> Pixels {
    guard !bytes.isEmpty else { throw .empty(path: path) }
    guard let format = ImageFormat.all.first(where: { $0.begins(bytes) }) else {
      let content = UnknownContent(bytes)
      throw .unsupported(path: path, seen: content.name, remedy: content.remedy)
    }
    let header = try header(of: bytes, format: format, path: path)
    let orientation =
      reading.appliesOrientation ? Orientation(in: bytes, format: format) : .upright
    let shrink = try reading.shrink(
      for: header, of: format, isTurned: orientation != .upright, path: path)
    let pixels = try pixels(
      of: bytes, format: format, width: (header.width + shrink - 1) / shrink,
      height: (header.height + shrink - 1) / shrink,
      channels: header.hasAlpha && reading.transparency == .onWhite ? 4 : 3, shrink: shrink,
      path: path)
    return pixels.turned(by: orientation)
  }

  /// What the file says about its picture; nothing of its size is allocated.
  static func header(
    of bytes: [UInt8], format: ImageFormat, path: String
  ) throws(ImageError) -> ImageHeader {
    var header = ic_header()
    var text = [CChar](repeating: 0, count: Int(IC_ERROR_SIZE))
    guard format.readHeader(bytes, bytes.count, &header, &text) == 0 else {
      throw .undecodable(path: path, format: format.name, reason: String(errorText: text))
    }
    guard header.width > 0 && header.height > 0 else {
      throw .undecodable(
        path: path, format: format.name, reason: "it is \(header.width) x \(header.height) pixels")
    }
    return ImageHeader(
      width: header.width, height: header.height, hasAlpha: header.has_alpha != 0,
      shrinks: header.shrinks != 0, workingBytes: header.working_bytes)
  }

  /// Decodes at a fraction of the sides.
  ///
  /// - Parameters:
  ///   - width, height: The sides divided by `shrink`, rounded up.
  ///   - channels: 3 drops transparency; 4 lays it on white.
  static func pixels(
    of bytes: [UInt8], format: ImageFormat, width: Int, height: Int, channels: Int, shrink: Int,
    path: String
  ) throws(ImageError) -> Pixels {
    let request = ic_request(
      width: width, height: height, channels: Int32(channels), shrink: Int32(shrink))
    let capacity = width * height * channels
    // An array that gets no memory ends the program, so the system is asked first.
    guard let probe = malloc(capacity) else {
      throw .noMemory(path: path, width: width, height: height)
    }
    free(probe)
    var text = [CChar](repeating: 0, count: Int(IC_ERROR_SIZE))
    var isDecoded = false
    var alpha: [UInt8]?
    let rgb = [UInt8](unsafeUninitializedCapacity: capacity) { samples, initialized in
      isDecoded = format.decode(bytes, bytes.count, request, samples.baseAddress!, &text) == 0
      guard isDecoded else { return }
      if channels == 4 { alpha = Pixels.layOnWhite(samples, count: width * height) }
      initialized = width * height * 3
    }
    guard isDecoded else {
      throw .undecodable(path: path, format: format.name, reason: String(errorText: text))
    }
    return Pixels(width: width, height: height, rgb: rgb, alpha: alpha)
  }
}

extension String {
  /// The text that a C function left in its error buffer, which ends with a zero.
  init(errorText: [CChar]) {
    self.init(decoding: errorText.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
  }
}
