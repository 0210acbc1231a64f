/// Why a picture could not be loaded. Every case names the file as it was looked for.
public enum ImageError: Error, Equatable, CustomStringConvertible {
  case noPath
  case remoteAddress(String)
  case notFound(path: String)
  case unreadable(path: String, reason: String)
  /// `kind` with its article: "a directory".
  case notAFile(path: String, kind: String)
  case empty(path: String)
  case tooLarge(path: String, bytes: Int, limit: Int)
  /// `seen` is what the first bytes say, with its article: "an HTML page".
  case unsupported(path: String, seen: String)
  case undecodable(path: String, format: String, reason: String)

  public var description: String {
    switch self {
    case .noPath:
      "No picture is named. Give the path of a \(ImageFormat.supported) file."
    case .remoteAddress(let address):
      "'\(printable(address))' is an address on the network. Download the picture first, then give "
        + "the path of the file."
    case .notFound(let path):
      "There is no file '\(printable(path))'. Give the path of a \(ImageFormat.supported) file."
    case .unreadable(let path, let reason):
      "The file '\(printable(path))' can not be read: \(reason)."
    case .notAFile(let path, let kind):
      "'\(printable(path))' is \(kind), not a file. Give the path of a \(ImageFormat.supported) file."
    case .empty(let path):
      "The file '\(printable(path))' is empty (0 bytes). Give a \(ImageFormat.supported) file."
    case .tooLarge(let path, let bytes, let limit):
      "The file '\(printable(path))' has \(bytes) bytes; pictures up to \(limit >> 20) MiB are read. "
        + "Save it smaller."
    case .unsupported(let path, let seen):
      "The file '\(printable(path))' is \(seen). Supported are \(ImageFormat.supported); convert it "
        + "to one of these."
    case .undecodable(let path, let format, let reason):
      "The \(format) file '\(printable(path))' can not be decoded: \(reason). Save it again as "
        + "\(ImageFormat.supported)."
    }
  }
}

extension ImageError {
  /// Whether there is no such file or it cannot be opened, in contrast to one that is no picture.
  public var isMissingFile: Bool {
    switch self {
    case .noPath, .remoteAddress, .notFound, .unreadable, .notAFile: true
    default: false
    }
  }
}

/// A name with its control, direction and other invisible characters written as `\u{..}`, so that
/// it can neither move the cursor nor pretend to be another name.
private func printable(_ name: String) -> String {
  var text = ""
  for scalar in name.unicodeScalars {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
      .unassigned:
      text += "\\u{\(String(scalar.value, radix: 16))}"
    default:
      text.unicodeScalars.append(scalar)
    }
  }
  return text
}
