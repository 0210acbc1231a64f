import Basics
import Foundation

/// Ways to the clipboard: a program of the desktop, or the terminal itself.
enum Clipboard {
  /// A program that takes the clipboard's text on standard input.
  struct Helper: Equatable {
    var path: String
    var arguments: [String]

    var name: String { PathText.name(of: path) }

    /// - Returns: whether the program took the text.
    func take(_ text: String) -> Bool {
      let process = Process()
      process.executableURL = URL(filePath: path)
      process.arguments = arguments
      let input = Pipe()
      process.standardInput = input
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      do {
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
        try input.fileHandleForWriting.close()
      } catch {
        return false
      }
      process.waitUntilExit()
      return process.terminationStatus == 0
    }
  }

  /// The program for the desktop that the environment names, if it is installed.
  static func helper(
    _ environment: [String: String],
    isExecutable: (String) -> Bool = FileManager.default.isExecutableFile(atPath:)
  ) -> Helper? {
    let choices = [
      ("WAYLAND_DISPLAY", "wl-copy", []), ("DISPLAY", "xclip", ["-selection", "clipboard"]),
    ]
    let folders = (environment["PATH"] ?? "").split(separator: ":").map(String.init)
    for (variable, name, arguments) in choices where !(environment[variable] ?? "").isEmpty {
      if let folder = folders.first(where: { isExecutable($0 + "/" + name) }) {
        return Helper(path: folder + "/" + name, arguments: arguments)
      }
    }
    return nil
  }

  /// What asks a terminal to put text into the clipboard.
  ///
  /// Source: xterm's `ctlseqs`, OSC 52. tmux hands on what stands in its own envelope, where it is
  /// allowed to (`allow-passthrough`), and takes the bare sequence itself (`set-clipboard`).
  static func sequence(_ text: String, isInTmux: Bool) -> String {
    let bare = "\u{1B}]52;c;\(Data(text.utf8).base64EncodedString())\u{7}"
    guard isInTmux else { return bare }
    return bare + Tmux.passthrough(bare)
  }
}
