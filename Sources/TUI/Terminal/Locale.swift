import CTerm

/// The character encoding of the process.
enum Locale {
  /// Takes over the environment's locale, or the C library's own UTF-8 locale where the environment
  /// asks for no encoding: `C`, `POSIX`, nothing, or a locale that is not installed.
  ///
  /// - Returns: false when it asks for another encoding.
  static func useUTF8(environment: [String: String]) -> Bool {
    let asked = asked(environment) ?? "C"
    if let codeset = cterm_locale(asked) {
      let name = String(cString: codeset)
      if name == "UTF-8" { return true }
      // What the locale C calls its seven bits.
      guard name == "ANSI_X3.4-1968" else { return false }
    } else if let encoding = asked.split(separator: ".").dropFirst().first {
      // The locale is not installed, but its name says the encoding: `de_DE.ISO-8859-1@euro`.
      let plain = encoding.prefix { $0 != "@" }.uppercased().filter { $0 != "-" }
      guard plain == "UTF8" else { return false }
    }
    return useOwnUTF8()
  }

  /// Takes over the C library's UTF-8 locale, whatever the environment asks for.
  static func useOwnUTF8() -> Bool {
    cterm_locale("C.UTF-8").map { String(cString: $0) } == "UTF-8"
  }

  /// The locale that the environment names for characters.
  static func asked(_ environment: [String: String]) -> String? {
    ["LC_ALL", "LC_CTYPE", "LANG"].compactMap { environment[$0] }.first { !$0.isEmpty }
  }
}
