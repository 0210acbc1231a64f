import Basics

/// Sentences for people on stderr; stdout is for results.
enum Notice {
  static func say(_ sentence: String) { StandardStream.errors.notice(sentence) }
}
