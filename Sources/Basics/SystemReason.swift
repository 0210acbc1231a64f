import Foundation

/// The C library's text for an error number, as the end of a sentence: "no such file or directory".
/// Its first letter becomes lower case, except in words such as "I/O".
///
/// - Parameter code: an `errno` value; the last failed call's by default.
public func systemReason(_ code: Int32 = errno) -> String {
  let text = String(cString: strerror(code))
  // "Is a directory" becomes "is a directory"; "RPC struct is bad" and "I/O error" stay.
  guard let first = text.first, first.isUppercase, text.dropFirst().first?.isLowercase == true
  else { return text }
  return first.lowercased() + text.dropFirst()
}
