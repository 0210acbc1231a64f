import Foundation

/// Ends the process at once, whatever its other threads do.
///
/// `exit` runs the exit handlers and destructors of every library while the engine's thread still
/// computes, or frees its model, with what they take apart: rarely, a chat that had ended well was
/// killed by a segmentation fault in its last millisecond. Files, conversations and the terminal are
/// put in order before; text that the C library holds back is written here.
public func endProcess(_ status: Int32) -> Never {
  fflush(nil)
  _exit(status)
}
