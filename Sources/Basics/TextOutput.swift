/// The output of a command: standard output, written piece by piece, or a file that appears when
/// the command is done.
public final class TextOutput {
  private let file: OutputFile?

  /// - Parameter path: The file to write; nil stands for standard output.
  /// - Throws: `FileError.cannotCreate`.
  public init(path: String?) throws(FileError) {
    file = if let path { try OutputFile(path: path) } else { nil }
  }

  /// Appends the text as it is.
  public func write(_ text: String) throws(FileError) {
    if let file { try file.write(text.utf8) } else { try StandardStream.output.write(text) }
  }

  /// Appends the text and a line feed.
  public func line(_ text: String = "") throws(FileError) { try write(text + "\n") }

  /// Puts the file at its path. Until this is called, there is no file.
  ///
  /// - Throws: `FileError`.
  public func finish() throws(FileError) { try file?.commit() }
}
