/// The exit statuses by which the program tells a shell how it ended.
///
/// Source: `sysexits.h` for 64 to 74; 128 + the signal's number for the rest, as shells count.
public enum ExitStatus: Int32, Sendable, CaseIterable {
  case success = 0
  /// An option, an argument, a variable of the environment or a combination of them is wrong.
  case usage = 64
  /// A file was read and cannot be used, nothing in it could be used, or there is not enough memory.
  case badData = 65
  /// A file, model or stream that was named does not exist or cannot be opened.
  case missingInput = 66
  /// An output file, or the folder that it belongs in, cannot be created.
  case cannotCreate = 73
  /// The output could not be written completely: a full disk, a closed descriptor.
  case cannotWrite = 74
  /// Ctrl+C ended the work early; what was finished is kept.
  case interrupted = 130
  /// The reader of a pipe went away. The program then ends without a message.
  case closedPipe = 141
}
