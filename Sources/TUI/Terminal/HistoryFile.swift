import Foundation
import Glibc

/// Why a file of ours could not be read or written.
enum FileError: Error, Equatable, CustomStringConvertible {
  case cannot(_ action: String, path: String, reason: String)
  case exists(path: String)

  var description: String {
    switch self {
    case .cannot(let action, let path, let reason): "Cannot \(action) \(path): \(reason)."
    case .exists(let path): "\(path) exists already. Choose another name."
    }
  }

  static func last(_ action: String, _ path: String) -> FileError {
    .cannot(action, path: path, reason: String(cString: strerror(errno)))
  }
}

/// Files that are there completely or not at all, whatever happens meanwhile.
enum AtomicFile {
  static func create(_ path: String, text: String) throws {
    guard access(path, F_OK) != 0 else { throw FileError.exists(path: path) }
    try write(path, text: text)
  }

  /// Writes beside the target, then renames over it.
  static func write(_ path: String, text: String) throws {
    let temporary = "\(path).\(getpid()).tmp"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw FileError.last("write", path) }
    var text = text
    let isWritten = text.withUTF8 { bytes in
      var offset = 0
      while offset < bytes.count {
        let count = Glibc.write(descriptor, bytes.baseAddress! + offset, bytes.count - offset)
        guard count > 0 else { return false }
        offset += count
      }
      return true
    }
    let failure = FileError.last("write", path)
    close(descriptor)
    guard isWritten, rename(temporary, path) == 0 else {
      unlink(temporary)
      throw isWritten ? FileError.last("write", path) : failure
    }
  }
}

enum FileFolder {
  /// Makes the missing folders above `path`, private to the user. Whether that worked shows when
  /// the file itself is opened.
  static func makeParent(of path: String) {
    var index = path.startIndex
    while let slash = path[index...].dropFirst().firstIndex(of: "/") {
      mkdir(String(path[..<slash]), 0o700)
      index = slash
    }
  }
}

/// Earlier questions: one JSON string a line, oldest first, readable for its owner only.
final class HistoryFile {
  /// Longer lines are not worth keeping.
  static let longestEntry = 1 << 16

  private let path: String
  private var hasFailed = false

  init(path: String) { self.path = path }

  /// Lines that are no JSON string are passed over, so a damaged file costs only its damaged lines.
  func entries() -> [String] {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
    let decoder = JSONDecoder()
    return text.split(separator: "\n").suffix(PromptHistory.capacity).compactMap { line in
      try? decoder.decode(String.self, from: Data(line.utf8))
    }
  }

  /// Reads the file again first: another instance may have added to it. The first failure is told,
  /// as a sentence; later ones are not worth repeating at every question.
  func add(_ entry: String) throws -> AppEvent? {
    guard !hasFailed, entry.utf8.count <= Self.longestEntry else { return nil }
    do {
      FileFolder.makeParent(of: path)
      var all = entries()
      if all.last != entry { all.append(entry) }
      let encoder = JSONEncoder()
      encoder.outputFormatting = .withoutEscapingSlashes
      let lines = try all.suffix(PromptHistory.capacity).map { line in
        String(decoding: try encoder.encode(line), as: UTF8.self) + "\n"
      }
      try AtomicFile.write(path, text: lines.joined())
      return nil
    } catch let error as FileError {
      hasFailed = true
      throw error
    } catch {
      hasFailed = true
      throw FileError.cannot("write", path: path, reason: error.localizedDescription)
    }
  }
}
