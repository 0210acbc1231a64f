import Basics
import Foundation
import Glibc

/// Where standard error goes while the screen is taken: what a library prints there would tear it.
final class LogFile {
  let path: String
  private let folder: String
  /// A log that has grown beyond this begins anew.
  private static let largest = 1 << 20
  private var saved: Int32 = -1

  init(folder: String) {
    self.folder = folder
    path = folder + "/prefixkv.log"
  }

  /// Written by the crash handler after the terminal is restored.
  var crashNotice: String {
    "prefixkv has crashed. What it said last is in \(DisplayText.visible(path)).\r\n"
  }

  /// Falls back to /dev/null: the screen matters more than the log.
  func takeStandardError() {
    // Without the folder the log cannot be opened either, and /dev/null takes its place.
    _ = try? Folder.create(folder, mode: 0o700)
    var descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    if descriptor >= 0, lseek(descriptor, 0, SEEK_END) > Self.largest { ftruncate(descriptor, 0) }
    if descriptor < 0 { descriptor = open("/dev/null", O_WRONLY | O_CLOEXEC) }
    guard descriptor >= 0 else { return }
    fflush(nil)
    saved = dup(STDERR_FILENO)
    dup2(descriptor, STDERR_FILENO)
    Glibc.close(descriptor)
  }

  func giveBackStandardError() {
    guard saved >= 0 else { return }
    dup2(saved, STDERR_FILENO)
    Glibc.close(saved)
    saved = -1
  }
}
