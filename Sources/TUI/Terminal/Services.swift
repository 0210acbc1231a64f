import Foundation
import Glibc
import Inference

/// Does the work that `update` asks for, except what concerns the terminal itself.
struct Services {
  let engine: any EngineConnection
  let history: HistoryFile

  /// The events that answer the effect.
  func perform(_ effect: AppEffect) -> [AppEvent] {
    switch effect {
    case .post(let command):
      engine.post(command)
      return []
    case .listPaths(let prefix): return [.completions(Self.paths(from: prefix), for: prefix)]
    case .resolve(let question):
      return [.pathResolved(question, path: Self.existing(question.text))]
    case .remember(let line):
      return attempt { try history.add(line) }
    case .save(let path, let text):
      return attempt {
        let path = PathText.expandingHome(path)
        try AtomicFile.create(path, text: text)
        return .noted("The conversation is in \(path).")
      }
    case .mouseReports, .repaint, .suspend, .quit: return []
    }
  }

  private func attempt(_ body: () throws -> AppEvent?) -> [AppEvent] {
    do { return try body().map { [$0] } ?? [] } catch { return [.failed("\(error)")] }
  }

  private static func existing(_ text: String) -> String? {
    PathText.readings(of: text).first { reading in
      !reading.isEmpty && !reading.contains("\0") && access(reading, F_OK) == 0
    }
  }

  /// What may follow `prefix`, sorted; folders end in a slash.
  private static func paths(from prefix: String) -> [String] {
    let split = prefix.lastIndex(of: "/").map { prefix.index(after: $0) } ?? prefix.startIndex
    let front = String(prefix[..<split])
    let start = prefix[split...]
    let folder = front.isEmpty ? "." : PathText.expandingHome(front)
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var found: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard name.hasPrefix(start), name != ".", name != ".." else { continue }
      guard !name.hasPrefix(".") || start.hasPrefix(".") else { continue }
      var status = stat()
      let isFolder = stat(folder + "/" + name, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
      found.append(front + name + (isFolder ? "/" : ""))
    }
    return found.sorted()
  }
}
