import Basics

/// Why a picture could not be loaded. Every case names the file as it was looked for; the name "-"
/// is standard input.
public enum ImageError: Error, Equatable, CustomStringConvertible {
  /// The text names no path.
  case noPath
  /// An address on the network.
  case remoteAddress(String)
  /// There is no such file.
  case notFound(path: String)
  /// A symbolic link whose target is not there.
  case danglingLink(path: String, target: String)
  /// The file cannot be opened or read; `reason` is the system's, without a full stop.
  case unreadable(path: String, reason: String)
  /// The path leads to something else than a file; `kind` has its article: "a folder".
  case notAFile(path: String, kind: String)
  /// The file has no bytes.
  case empty(path: String)
  /// The file has more than `limit` bytes. `bytes` is nil for a pipe, whose length nobody knows.
  case tooLarge(path: String, bytes: Int?, limit: Int)
  /// A side has more than `ImageLimits.side` pixels.
  case sideTooLong(path: String, width: Int, height: Int)
  /// The picture has more than `limit` pixels. `advice` names the kind of file that the limit is for;
  /// nil where it is for every kind.
  case tooManyPixels(path: String, width: Int, height: Int, limit: Int, advice: FormatAdvice?)
  /// There is no memory for the pixels.
  case noMemory(path: String, width: Int, height: Int)
  /// `seen` is what the first bytes say, with its article: "an HTML page". `remedy` is a sentence.
  case unsupported(path: String, seen: String, remedy: String)
  /// The file is damaged; `reason` is the decoder's, without a full stop.
  case undecodable(path: String, format: String, reason: String)

  /// The sentence for the user.
  public var description: String {
    let formats = ImageFormat.list
    switch self {
    case .noPath:
      return "No picture is named. Give the path of a \(formats) file."
    case .remoteAddress(let address):
      return
        "'\(DisplayText.oneLine(address))' is an address on the network. Download the picture first, "
        + "then give the path of the file."
    case .notFound(let path):
      return "There is no file '\(DisplayText.oneLine(path))'. Give the path of a \(formats) file."
    case .danglingLink(let path, let target):
      return
        "'\(DisplayText.oneLine(path))' is a link to '\(DisplayText.oneLine(target))', which does not exist."
    case .unreadable(let path, let reason):
      return "\(subject(path)) cannot be read: \(reason)."
    case .notAFile(let path, let kind):
      return "\(subject(path)) is \(kind), not a file. Give the path of a \(formats) file."
    case .empty(let path):
      return "\(subject(path)) is empty. Give a \(formats) file."
    case .tooLarge(let path, let bytes, let limit):
      let size = bytes.map { "\($0) bytes" } ?? "more than \(limit) bytes"
      return "\(subject(path)) has \(size); pictures up to \(limit >> 20) MiB are read. "
        + "Save it smaller."
    case .sideTooLong(let path, let width, let height):
      return "\(subject(path)) is \(width) x \(height) pixels; sides up to \(ImageLimits.side) "
        + "pixels are read. Save it smaller."
    case .tooManyPixels(let path, let width, let height, let limit, let advice):
      let remedy =
        advice.map {
          "This limit is for \($0.kind); \($0.other) is read up to "
            + "\(millions(ImageLimits.shrunkPixels)) pixels. Save it \($0.how) or smaller."
        } ?? "Save it smaller."
      return "\(subject(path)) is \(width) x \(height) pixels; pictures up to \(millions(limit)) "
        + "pixels are read. \(remedy)"
    case .noMemory(let path, let width, let height):
      return "There is no memory for the \(width) x \(height) pixels of \(subject(path)). Save it "
        + "smaller."
    case .unsupported(let path, let seen, let remedy):
      return "\(subject(path)) is \(seen). \(remedy)"
    case .undecodable(let path, let format, let reason):
      return "\(subject(path)) cannot be decoded as \(format): \(reason). Copy or save the picture "
        + "again."
    }
  }
}

extension ImageError {
  /// Whether the file does not exist or cannot be opened, and not that its content is no picture.
  public var isMissingFile: Bool {
    switch self {
    case .noPath, .remoteAddress, .notFound, .danglingLink, .unreadable, .notAFile: true
    default: false
    }
  }
}

private func subject(_ path: String) -> String {
  path == ImageFile.standardInput ? "Standard input" : "'\(DisplayText.oneLine(path))'"
}

private func millions(_ count: Int) -> String { "\(count / 1_000_000) million" }
