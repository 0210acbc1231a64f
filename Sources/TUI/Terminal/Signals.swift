import CTerm
import Glibc
import Inference

/// Signals as bytes that `poll` can wait for.
final class Signals {
  private let pipe = WakePipe()
  var readDescriptor: Int32 { pipe.readDescriptor }

  /// Installs the handlers of this process.
  init() { cterm_signals(pipe.writeDescriptor) }

  /// The signals that arrived since the last call.
  func drain() -> [Int32] {
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = read(readDescriptor, &buffer, buffer.count)
    return count > 0 ? buffer[..<count].map { Int32($0) } : []
  }
}

/// The character encoding of the process.
enum Locale {
  /// Takes over the environment's locale. Returns false when it asks for another encoding than
  /// UTF-8; where it asks for nothing, as in a bare container, UTF-8 is chosen.
  static func useUTF8(environment: [String: String]) -> Bool {
    if let codeset = cterm_locale(""), String(cString: codeset) == "UTF-8" { return true }
    let asked = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap { environment[$0] }.first { !$0.isEmpty }
    let isOther = asked.map { !$0.uppercased().replacing("-", with: "").contains("UTF8") } ?? false
    guard !isOther, let codeset = cterm_locale("C.UTF-8") else { return false }
    return String(cString: codeset) == "UTF-8"
  }
}
