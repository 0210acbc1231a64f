import Basics

extension Format {
  /// Right-aligned in `width` columns.
  static func padded(_ text: String, to width: Int) -> String {
    String(repeating: " ", count: max(0, width - DisplayText.width(text))) + text
  }
}
