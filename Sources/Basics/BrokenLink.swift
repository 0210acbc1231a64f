import Foundation

/// Why a symbolic link leads nowhere, as the end of a sentence.
///
/// - Returns: nil when the path is no link, or a link whose target exists.
public func brokenLinkReason(_ path: String) -> String? {
  var status = stat()
  guard stat(path, &status) != 0, errno == ENOENT,
    let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path)
  else { return nil }
  return "it is a link to '\(DisplayText.oneLine(target))', which does not exist"
}
