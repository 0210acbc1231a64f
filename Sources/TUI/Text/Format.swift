import Foundation

/// Numbers as the panels write them.
enum Format {
  /// `12 B`, `3.4 KiB`, `280.0 MiB`, `3.9 GiB`
  static func bytes(_ count: Int) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"]
    var value = Double(count)
    var unit = 0
    while abs(value) >= 1024, unit < units.count - 1 {
      value /= 1024
      unit += 1
    }
    return unit == 0 ? "\(count) B" : "\(decimal(value, 1)) \(units[unit])"
  }

  /// `84.0 of 280.0 MiB`: both in the unit of the larger one.
  static func bytes(_ part: Int, of whole: Int) -> String {
    let text = bytes(whole)
    guard let unit = text.split(separator: " ").last, let scale = scales[String(unit)] else {
      return "\(bytes(part)) of \(text)"
    }
    return "\(decimal(Double(part) / scale, 1)) of \(text)"
  }

  private static let scales = [
    "KiB": 1024.0, "MiB": 1_048_576, "GiB": 1_073_741_824, "TiB": 1_099_511_627_776,
  ]

  /// `30 %`, `2.5 %` below ten.
  static func percent(_ share: Double) -> String {
    let percent = share * 100
    let isWhole = abs(percent - percent.rounded()) < 0.05
    return "\(decimal(percent, percent < 10 && !isWhole ? 1 : 0)) %"
  }

  /// `0.8 ms`, `42 ms`, `1.25 s`, `2 min 5 s`
  static func duration(_ duration: Duration) -> String {
    let parts = duration.components
    let seconds = Double(parts.seconds) + Double(parts.attoseconds) * 1e-18
    if seconds < 0.0995 { return "\(decimal(seconds * 1000, 1)) ms" }
    if seconds < 0.9995 { return "\(decimal(seconds * 1000, 0)) ms" }
    if seconds < 99.5 { return "\(decimal(seconds, seconds < 10 ? 2 : 1)) s" }
    let whole = Int(seconds.rounded())
    return "\(whole / 60) min \(whole % 60) s"
  }

  static func decimal(_ value: Double, _ digits: Int) -> String {
    value.isFinite ? String(format: "%.\(digits)f", value) : "–"
  }

  /// `6144` as `6144`, `123456` as `123 456`: a thin group mark only where it helps.
  static func count(_ value: Int) -> String {
    let digits = String(value)
    guard digits.count > 4 else { return digits }
    var result = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { result += " " }
      result.append(digit)
    }
    return result
  }

  static func padded(_ text: String, to width: Int) -> String {
    String(repeating: " ", count: max(0, width - DisplayText.width(text))) + text
  }
}
